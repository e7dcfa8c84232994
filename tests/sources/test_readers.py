"""Four readers of CSV give one result: the csv module defines what the compiled reader, NumPy and polars have to read."""

from __future__ import annotations

import decimal
import math
import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from losscli.data.cells import read_number
from losscli.errors import InputError, LossError
from losscli.sources import files
from losscli.sources.delimited import compiled, with_numpy, with_polars
from losscli.sources.delimited import table as delimited
from losscli.sources.delimited.table import Delimited
from losscli.sources.files import file_of_bytes
from losscli.sources.json_files import JsonLines
from tests.support.readers import READERS, forget_polars, read_by


def bits(x: float) -> bytes:
    return struct.pack("d", x) if x == x else b"nan"


def cell(x: Any) -> Any:
    """A number by its bits, a word as it is: which of both a chunk holds as text is its own affair."""
    number = read_number(x)
    return x if number is None else bits(number)


def read(text: bytes, at: Sequence[int], reader: str, first: int = 2**16, piece: int = 2**20, delimiter: str = ",") -> Any:
    """The cells of some columns without a header, or what is said against the text."""
    with pytest.MonkeyPatch.context() as patch:
        read_by(reader, patch)
        for module, name, value in (
            (files, "FIRST_BYTES", first), (files, "PIECE", piece), (delimited, "PIECE", piece), (with_polars, "PIECE", piece),
        ):  # fmt: skip
            patch.setattr(module, name, value)
        found: list[list[Any]] = [[] for _ in at]
        try:
            table = Delimited(file_of_bytes(text), delimiter, header=False)
            for chunk in table.chunks([str(i) for i in at if i < table.width()]):
                for cells, x in zip(found, chunk.values(), strict=False):
                    cells += map(cell, x)
        except LossError as error:
            return str(error)
        finally:
            forget_polars()
    return found


# --- numbers ---------------------------------------------------------------------------------------------------------------

decimals = st.from_regex(r"[-+]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][-+]?[0-9]{1,3})?", fullmatch=True)
NUMBERS = (
    "+1",
    ".5",
    "5.",
    "1e5",
    "1E+05",
    "-0",
    "1e999",
    "-1e-999",
    "9007199254740993",
    "0" * 400 + "1",
    "1" * 400,
    "1." + "0" * 999 + "1",
)


def halfway(x: float) -> str:
    """The decimal between a float and the next, where rounding is decided by the last of hundreds of digits."""
    with decimal.localcontext(prec=1200):
        return format((decimal.Decimal(x) + decimal.Decimal(math.nextafter(x, math.inf))) / 2, "e")


floats = st.floats(allow_nan=False, allow_infinity=False)
ties = st.floats(min_value=0, max_value=1e308).map(halfway)
numbers = st.one_of(
    floats.map(repr), decimals, ties, ties.map(lambda t: t.replace("e", "1e")), st.integers().map(str), st.sampled_from(NUMBERS)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(numbers, min_size=2, max_size=60))
@pytest.mark.parametrize("reader", READERS[:-1])
@pytest.mark.slow
def test_a_number_is_the_one_that_python_reads(reader: str, words: list[str]) -> None:
    text = "".join(f"{w},1\n" for w in words).encode()
    assert read(text, [0], reader) == [[bits(float(w)) for w in words]]


@pytest.mark.parametrize("reader", READERS[:-1])
@pytest.mark.parametrize(("least", "most"), [(1, 10**17), (10**17, 2**64), (2**53, 2**54)])
def test_many_numbers_of_all_sizes(reader: str, least: int, most: int) -> None:
    """A carry that is lost in a product of 128 bits shows in one of a thousand."""
    rng = np.random.default_rng(least)
    digits = rng.integers(least, most, 20_000, np.uint64)
    words = [f"{d}e{power}" for d, power in zip(digits, rng.integers(-135, 70, digits.size), strict=True)]
    words += [f"0.{d}" for d in digits] + [f"{d}e{power}" for d, power in zip(digits, rng.integers(-24, 24, digits.size), strict=True)]
    assert read("".join(f"{w},1\n" for w in words).encode(), [0], reader) == [[bits(float(w)) for w in words]]


def test_every_reader_is_used() -> None:
    """The tests above would say little if every text went to the csv module."""
    rows = b"1.5,2\n-3e1,4\n"
    ways = [with_polars.csv_columns(rows, b",", 2, [0, 1]), with_numpy.columns(rows, b",", 2)]
    for found in ways + [compiled.csv_columns(rows, b",", 2, [0, 1])] * compiled.AVAILABLE:
        assert found is not None
        assert [x.tolist() for x in found] == [[1.5, -30.0], [2.0, 4.0]]
    for text in (b"\n", b"\n\n"):
        assert with_polars.csv_columns(text, b",", 2, [0]) is None
    for text in (b'a,"x, y",1\nb,"z\n",2\n', b"1,2\r\n3,4\r\n"):
        assert with_numpy.whole_rows(text, b",") == text


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
def test_one_word_among_many_columns_takes_few_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    real, readings = compiled.csv_columns, list[int]()

    def counted(piece: bytes, *args: Any) -> Any:
        readings.append(len(piece))
        return real(piece, *args)

    monkeypatch.setattr(compiled, "csv_columns", counted)
    row = b",".join(b"%d" % k for k in range(1000)) + b"\n"
    late = 9 * row + b"NA" + row[1:]
    found = compiled.csv_mixed(late, b",", 1000, range(1000))
    assert found is not None and found[0][-1] == "NA" and [x[-1] for x in found[1:]] == [*range(1, 1000)]
    assert len(readings) < 50
    readings.clear()
    assert compiled.csv_mixed(late + b"\n", b",", 1000, range(1000)) is None  # a blank line: no column is read
    assert not readings


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
def test_the_compiled_reader_reads_only_plain_rows() -> None:
    from losscli.sources.delimited import _fields

    def found(text: bytes, width: int, at: Sequence[int], delimiter: bytes = b",") -> Any:
        columns = compiled.csv_columns(text, delimiter, width, at)
        return None if columns is None else [x.tolist() for x in columns]

    assert found(b"1,x y,-2.5e1\r\n 4 ,,+.5", 3, [0, 2]) == [[1, 4], [-25, 0.5]]
    assert found(b"1;2\n", 2, [1], b";") == [[2]]
    assert found(b'"1","x, y"," -2.5e1 "\r\n"4",z,"5"\n"6","",7', 3, [0, 2]) == [[1, 4, 6], [-25, 5, 7]]
    assert found(b'"1"\n"2"', 1, [0]) == [[1, 2]]
    assert compiled.csv_columns(b'"",1\n', b",", 2, [0])[0].tobytes() == np.array([np.nan]).tobytes()  # type: ignore[index]
    assert found("1,é\n2,日本\n".encode(), 2, [0]) == [[1, 2]]
    assert found(b"", 2, [0]) == [[]]
    many = [f"0.{'0' * (k % 40)}{k * 7919**4}{'5' * (k % 9)}e{k % 300 - 150}" for k in range(5000)]
    assert found("".join(f"{m},0\n" for m in many).encode(), 2, [0]) == [[float(m) for m in many]]
    assert compiled.csv_columns(b",1\n", b",", 2, [0])[0].tobytes() == np.array([np.nan]).tobytes()  # type: ignore[index]
    odd = [
        b"1,2\n3\n",
        b"1,2,3\n",
        b'"1"",2\n',
        b'"1""",2\n',
        b'"1" ,2\n',
        b' "1",2\n',
        b'"1,2\n',
        b'"1\n",2\n',
        b'"1,5",2\n',
        b'1,"a""b"\n',
        b'1,"a\nb"\n',
        b'1,"a\n',
        b'1"",2\n',
        b'1,2"',
        b"1,2\n\n",
        b"1,2\r3,4\n",
        b"1,2\r",
        b"1,\xc3\n",
        b"\xd9\xa1,2\n",
        b"x,2\n",
        b"1e,2\n",
        b"1_0,2\n",
        b"NA,2\n",
        b"-,2\n",
    ]
    for text in [*odd, b"1" * 600 + b",2\n", b"0x1,2\n", b"1 2,3\n", b"nanx,1\n"]:
        assert found(text, 2, [0]) is None, text
    assert found(b"1e2\n", 2, [0], b"e") is None
    for first, capacity in ((0, 1), (1, 2), (5, 1)):  # room for one row of two, or none
        room = np.empty((1, 2))
        assert _fields.numbers(b"1,2\n3,4\n", 44, compiled._powers(), np.array([0, -1]), room, first, capacity) == -1


SPELLINGS = [
    "0", "-0", "7", "-7", "+7", "10", "0012", "1.5", ".5", "-.5", "5.", "-0.25", "0.00012345678", "0.12345678", "0.1234567812345678",
    "12345678.12345678", "1e5", "1E5", "1e+05", "1e-05", "2.5E-3", "-2.5e+3", "1e22", "1e-22", "1e-23",
    "9007199254740992", "9007199254740993e1", "1234567890123456789", "0.1234567890123456789",
    "123456789012345678e-40", "1234567e64", "7e-128", "0e99999", "",
    "0000000000000000000000000000000000000000.5", "0.00000000000000000000000000000000000000005",
    "100000000.5 ", "1e000001", "1e00000000000001",
]  # fmt: skip


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b",1\n", b" ,1\n", b'",1\n'], ids=repr)
def test_the_compiled_reader_reads_usual_numbers_by_itself(end: bytes) -> None:
    """A field of 512 bytes is not left to Python: behind many blanks, a number that is found was read without it."""
    quote, width = b'"' * (b'"' in end), 1 + (b"," in end)
    for word in SPELLINGS if width == 2 else SPELLINGS[:10]:
        found = compiled.csv_columns(quote + 600 * b" " + word.encode() + end, b",", width, [0])
        assert found is not None and found[0].tobytes() == np.array([float(word) if word.strip() else np.nan]).tobytes(), word


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
def test_a_field_that_python_reads_has_at_most_511_bytes() -> None:
    for size, read in ((510, True), (511, True), (512, False), (513, False)):
        word = "1" * (size - 2) + "e2"
        found = compiled.csv_columns(f"{word},2\n".encode(), b",", 2, [0])
        assert (found is not None) == read, size
        assert found is None or found[0].tolist() == [float(word)]
    many = ",".join(["1" * 511] * 200)  # the list of such fields grows
    found = compiled.csv_columns(f"{many}\n".encode(), b",", 200, range(200))
    assert found is not None and {x[0] for x in found} == {float("1" * 511)}


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
@pytest.mark.parametrize("other", [b"/", b":", b"\x00", b"p", b"\xc2\xb1"])
@pytest.mark.parametrize("place", range(8))
def test_eight_characters_are_digits_only_if_each_is(place: int, other: bytes) -> None:
    digits = b"12345678"
    text = b"0." + digits[:place] + other + digits[place + 1 :] + b",1\n"
    assert compiled.csv_columns(text, b",", 2, [0]) is None


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
@pytest.mark.parametrize("text", [b"1,2\n", b"1,x\n"], ids=["numbers", "a word"])
def test_the_compiled_reader_keeps_no_buffer(text: bytes) -> None:
    from losscli.sources.delimited import _fields

    room = lambda x: bytearray(np.ascontiguousarray(x).tobytes())
    powers, slots, out = room(compiled._powers()), room(np.array([0, 1])), room(np.empty((2, 2)))
    csv, line, texts, sizes = bytearray(text), bytearray(b"[" + text[:-1] + b"]\n"), bytearray(b"[,]"), room(np.array([1, 1, 1]))
    for _ in range(3):
        assert _fields.numbers(csv, 44, powers, slots, out, 0, 2) == (1 if text == b"1,2\n" else -1)
        assert _fields.json_records(line, texts, sizes, powers, slots, out, 0, 2) == (1 if text == b"1,2\n" else -1)
        assert _fields.cells(csv, 44, 0) == b"1\n" and _fields.cells(csv, 44, 2) is None and _fields.count(csv, 44) == 1
    for buffer in (powers, slots, out, csv, line, texts, sizes):
        buffer.append(0)  # BufferError where another holds it


@pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
def test_the_compiled_reader_strips_the_blanks_of_what_python_reads() -> None:
    for word in ("inf", "-inf", "12345678901234567890123", "1e999", "1.5e-200"):
        for text in (f"{word},1\n", f"  {word},1\n", f"{word}  ,1\n", f" {word} ,1\n"):
            found = compiled.csv_columns(text.encode(), b",", 2, [0])
            assert found is not None and found[0].tolist() == [float(word)], text


def test_a_piece_is_cut_into_lines_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "ENOUGH", 4)
    for cores in (1, 2, 3, 7):
        monkeypatch.setattr(compiled, "_cores", lambda n=cores: n)
        for text in (b"", b"1,2", b"1,2\n3,4\n", b"1,2\n" * 50 + b"3,4", b"x" * 99):
            parts, starts = compiled._parts(text)
            found = [bytes(p) for p in parts]
            assert b"".join(found) == text and starts == [0, *accumulate(p.count(b"\n") for p in found[:-1]), text.count(b"\n") + 1]
            assert all(p.endswith(b"\n") or not p for p in found[:-1])
            assert len(found) == max(1, min(cores, len(text) // 4))


# --- texts -----------------------------------------------------------------------------------------------------------------

PLAIN = ("1", "2.5", "-3e-2", "")
WORDS = (" ", " 4", "5 ", "x", "NA", "nan", "inf", "Infinity", "1_0", "0x1", "\u0661", "é", "1\xa0", "1e", ".", "-", "1f", "+-1", "true",
         "#1", "\0", "\t9")  # fmt: skip
QUOTED = ('"6"', '"7,8"', '"a\nb"', '"a""b"', '""')
ODD = ('"', 'a"b', '"a"b', '"\r\n"', '"c\rd"')
ENDS = ("\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n \n", "")


@st.composite
def texts(draw: st.DrawFn, fields: Sequence[str], ends: Sequence[str]) -> bytes:
    width = draw(st.integers(1, 4))
    wrong = draw(st.sampled_from([0, 0, 0, 1]))
    rows = draw(
        st.lists(st.tuples(st.lists(st.sampled_from(fields), min_size=width - (width > 1) * wrong, max_size=width + wrong)), max_size=12)
    )
    end = draw(st.sampled_from(ends))
    ended = [",".join(row) + (end if draw(st.booleans()) else draw(st.sampled_from(ends))) for (row,) in rows]
    return ",".join(["0"] * width).encode() + b"\n" + "".join(ended).encode()


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        texts(PLAIN, ENDS), texts(PLAIN + WORDS, ENDS[:4]), texts(PLAIN + QUOTED, ENDS[:4]), texts(PLAIN + WORDS + QUOTED + ODD, ENDS)
    ),
    st.integers(1, 40),
    st.data(),
)
@example(b'0,0\n1,"\n', 5, None)
@pytest.mark.slow
def test_any_text_is_read_as_by_the_csv_module(text: bytes, piece: int, data: st.DataObject | None) -> None:
    """The same cells, the same complaint with the same line; wherever the text is cut into pieces."""
    width = text.partition(b"\n")[0].count(b",") + 1
    at = list(range(width)) if data is None else data.draw(st.lists(st.sampled_from(range(width)), min_size=1, unique=True))
    wanted = read(text, at, "csv")
    for reader in READERS:
        for size in (piece, 2**20):
            assert read(text, at, reader, size, size) == wanted, (reader, size)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("delimiter", ["\t", ";", " ", ".", "e", "-", "7", "→"])
def test_any_delimiter(reader: str, delimiter: str) -> None:
    text = f"1{delimiter}2\n3{delimiter}4\n".encode()
    assert read(text, [0, 1], reader, delimiter=delimiter) == read(text, [0, 1], "csv", delimiter=delimiter)


def test_a_text_that_is_not_utf_8_is_refused_by_its_line_in_any_column() -> None:
    text = b"1,a\n" * 50 + b"1,\xff\n" + b"1,a\n" * 50
    assert {read(text, [0], reader) for reader in READERS} == {"-:51: not UTF-8 text: convert the file to UTF-8"}


# --- rows that are shaped otherwise ----------------------------------------------------------------------------------------


def test_lists_of_other_lengths_in_a_later_chunk() -> None:
    """A chunk cannot know what those before it held."""
    from losscli.data.blocks import Data

    lines = JsonLines(file_of_bytes(b'{"a": [1, 2]}\n' * 64 + b'{"a": [1, 2, 3]}\n'))
    column = lines.columns(("a",), False, "d.jsonl::a")
    said = r"d.jsonl::a: row 64 \(line 65\) has the shape \(3,\), but the rows before it have \(2,\)"
    with pytest.raises(InputError, match=said):
        list(Data({"a": column}).blocks(16))
    with pytest.raises(InputError, match=said):
        column.whole()


def test_the_numbers_of_classes_mean_the_same_in_every_chunk() -> None:
    """1 is the first class, whether the chunk that it stands in has words or not."""
    from losscli.data.blocks import Data
    from losscli.data.labels import ClassNames, Labels

    table = Delimited(file_of_bytes(b"target,x\n" + b"1,0\n" * 40_000 + b"b,0\n" + b"1,0\n" * 9), ",")
    column = table.columns(("target",), False, "d.csv::target").but(labels=Labels(ClassNames(("1", "b"))))
    found = np.concatenate([c["t"] for c in Data({"t": column}).chunks()])
    assert np.flatnonzero(found).tolist() == [40_000]
