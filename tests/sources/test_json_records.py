"""JSON lines that the compiled reader takes: the same bits and errors as from the json module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.errors import InputError
from losscli.sources import json_records
from losscli.sources.delimited import compiled
from losscli.sources.files import file_of_bytes
from losscli.sources.json_files import CHUNK, JsonLines

pytestmark = pytest.mark.skipif(not compiled.AVAILABLE, reason="_fields is not compiled here")
TAKEN: list[bool] = []  # whether the compiled reader took each piece that it was given


@pytest.fixture(autouse=True)
def noted(monkeypatch: pytest.MonkeyPatch) -> None:
    TAKEN.clear()
    real = compiled.json_records

    def read(*args: Any) -> Any:
        found = real(*args)
        TAKEN.append(found is not None)
        return found

    monkeypatch.setattr(compiled, "json_records", read)


def read(text: bytes, keys: list[str]) -> Any:
    """The columns of all lines with their dtypes and bits; or the error."""
    try:
        chunks = list(JsonLines(file_of_bytes(text, "d.jsonl")).chunks(keys))
        columns = {k: np.concatenate([c[k] for c in chunks]) for k in keys} if chunks else {}
    except InputError as error:
        return str(error)
    return {k: (x.dtype, x.shape, x.tobytes()) for k, x in columns.items()}


def both(text: bytes, keys: list[str]) -> tuple[Any, Any]:
    """The same with the compiled reader, and with the json module alone."""
    taken = read(text, keys)
    compiled.AVAILABLE = False
    try:
        return taken, read(text, keys)
    finally:
        compiled.AVAILABLE = True


def lines(*records: Any) -> bytes:
    return "".join(json.dumps(r) + "\n" for r in records).encode()


PLAIN = {  # text, keys: what the compiled reader takes
    "numbers": (lines({"p": 1.5, "t": 0}, {"p": -2e-300, "t": 1}), ["p", "t"]),
    "one of several keys": (lines({"p": 1.5, "t": 0}, {"p": 2.5, "t": 7}), ["t"]),
    "keys in another order": (lines({"p": 1.5, "t": 0}, {"p": 2.5, "t": 7}), ["t", "p"]),
    "integers, then a fraction": (lines({"p": 1}, {"p": 2}, {"p": 2.5}), ["p"]),
    "signed zeros": (b'{"p": -0}\n{"p": 0.5}\n{"p": -0.0}\n', ["p"]),
    "numbers alone": (b"1\n2\n-3.25\n", [""]),
    "lists": (b"[1, 2.5]\n[3, 4]\n", ["1", "0"]),
    "lists as a whole": (b"[1, 2.5]\n[3, 4]\n", [""]),
    "a list in a record": (lines({"x": [1.0, 2.0, 3.0], "y": 1}, {"x": [4.0, 5.0, 6.5], "y": 0}), ["x", "y"]),
    "lists of lists": (lines({"x": [[1, 2], [3, 4]]}, {"x": [[5, 6], [7, 8.5]]}), ["x"]),
    "a path": (lines({"a": {"b": 1.0, "c": 2}}, {"a": {"b": 3.0, "c": 4}}), ["a.c", "a.b"]),
    "a key with a dot": (lines({"a.b": 1.0}, {"a.b": 3.0}), ["a.b"]),
    "texts beside them": (lines({"id": 'a"\\\n\u2028', "p": 1.0}, {"id": "", "p": 3.0}), ["p"]),
    "lists of any length beside them": (lines({"k": [1, [2, "]"]], "p": 1.0}, {"k": [], "p": 3.0}), ["p"]),
    "words beside them": (b'{"k": null, "p": 1}\n{"k": true, "p": 2}\n{"k": -1e5, "p": 2}\n{"k": 12345678901234567890, "p": 3}\n', ["p"]),
    "many digits": (b'{"p": 0.12345678901234567890123}\n{"p": 1e400}\n{"p": 4.9e-324}\n{"p": 1E+2}\n', ["p"]),
    "no line feed at the end": (b'{"p": 1.5}\n{"p": 2.5}', ["p"]),
    "Windows line ends": (b'{"p": 1.5}\r\n{"p": 2.5}\r\n', ["p"]),
    "carriage returns alone": (b'{"p": 1}\r{"p": 2}\r', ["p"]),
    "a byte order mark": (b'\xef\xbb\xbf{"p": 1.5}\n{"p": 2.5}\n', ["p"]),
    "blanks": (b' { "p" : 1.5 , "t":2 } \n { "p" : 2.5 , "t":3 } \n', ["p", "t"]),
    "keys with escapes": (b'{"\\u0070": 1.5}\n{"\\u0070": 2.5}\n', ["p"]),
    "many keys": (lines({f"k{i}": i for i in range(20000)}), [f"k{i}" for i in range(20000)]),
    "a list of 31 axes": (b'{"p": %s1%s}\n' % (b"[" * 31, b"]" * 31), ["p"]),
    "empty lists": (b'{"k": [], "p": 1}\n{"k": [ ], "p": 2}\n', ["p"]),
}


@pytest.mark.parametrize("what", PLAIN)
def test_plain_lines_are_read_at_once_to_the_same_bits(what: str) -> None:
    found, expected = both(*PLAIN[what])
    assert found == expected and not isinstance(found, str)
    assert TAKEN and all(TAKEN)


OTHER = {  # lines that the json module reads, or refuses
    "another order of keys": (b'{"p": 1.5, "t": 2}\n{"t": 3, "p": 4.5}\n', ["p"]),
    "another key": (b'{"p": 1.5}\n{"q": 4.5}\n', ["p"]),
    "one key more": (b'{"p": 1.5}\n{"p": 4.5, "q": 1}\n', ["p"]),
    "a key twice": (b'{"p": 1.5}\n{"p": 4.5, "p": 1}\n', ["p"]),
    "a key twice in the first line": (b'{"p": 1.5, "p": 1}\n', ["p"]),
    "other blanks": (b'{"p": 1.5}\n{"p":4.5}\n', ["p"]),
    "a blank line": (b'{"p": 1.5}\n\n{"p": 4.5}\n', ["p"]),
    "a blank line first": (b'\n{"p": 1.5}\n', ["p"]),
    "a list of another length": (b'{"p": [1, 2]}\n{"p": [1, 2, 3]}\n', ["p"]),
    "a list for a number": (b'{"p": 1}\n{"p": [1]}\n', ["p"]),
    "null": (b'{"p": 1}\n{"p": null}\n', ["p"]),
    "NaN": (b'{"p": 1}\n{"p": NaN}\n{"p": -Infinity}\n', ["p"]),
    "a word": (b'{"p": 1}\n{"p": "2"}\n', ["p"]),
    "a large integer": (b'{"p": 1}\n{"p": 9007199254740993}\n', ["p"]),
    "a huge integer": (b'{"p": 1}\n{"p": 1%s}\n' % (b"0" * 5000), ["p"]),
    "a huge integer beside it": (b'{"k": 1, "p": 1}\n{"k": 1%s, "p": 1}\n' % (b"0" * 5000), ["p"]),
    "zeros in front": (b'{"p": 1}\n{"p": 01}\n', ["p"]),
    "a plus": (b'{"p": 1}\n{"p": +1}\n', ["p"]),
    "no digit before the point": (b'{"p": 1}\n{"p": .5}\n', ["p"]),
    "no digit after the point": (b'{"p": 1}\n{"p": 5.}\n', ["p"]),
    "no digit in the exponent": (b'{"p": 1}\n{"p": 5e}\n', ["p"]),
    "only a minus": (b'{"p": 1}\n{"p": -}\n', ["p"]),
    "text after the value": (b'{"p": 1}\n{"p": 2} x\n', ["p"]),
    "a line that is cut": (b'{"p": 1}\n{"p": 2', ["p"]),
    "a text that does not end": (b'{"k": "a", "p": 1}\n{"k": "b, "p": 2}\n', ["p"]),
    "an escape that JSON has not": (b'{"k": "a", "p": 1}\n{"k": "\\x", "p": 2}\n', ["p"]),
    "an escape that is cut": (b'{"k": "a", "p": 1}\n{"k": "\\u00g0", "p": 2}\n', ["p"]),
    "a control character": (b'{"k": "a", "p": 1}\n{"k": "\x01", "p": 2}\n', ["p"]),
    "an object beside it": (b'{"k": [1], "p": 1}\n{"k": [{"a": 1, "a": 2}], "p": 2}\n', ["p"]),
    "deep lists beside it": (b'{"k": [1], "p": 1}\n{"k": %s1%s, "p": 2}\n' % (b"[" * 70, b"]" * 70), ["p"]),
    "a list with a comma too many": (b'{"k": [1], "p": 1}\n{"k": [1,], "p": 2}\n', ["p"]),
    "a byte that is no text": (b'{"k": "a", "p": 1}\n{"k": "\xff", "p": 2}\n', ["p"]),
    "a key and a part of it": (b'{"a": {"b": 1}}\n{"a": {"b": 2}}\n', ["a", "a.b"]),
    "as many axes as an array has": (b'{"p": %s1%s}\n' % (b"[" * 32, b"]" * 32), ["p"]),
    "more axes than NumPy has": (b'{"p": %s1%s}\n' % (b"[" * 70, b"]" * 70), ["p"]),
    "lists of very unequal lengths": (b'{"p": [[%s1]%s]}\n' % (b"1," * 20000, b",[1]" * 20000), ["p"]),
    "an object": (b'{"p": {"a": 1}}\n{"p": {"a": 2}}\n', ["p"]),
}


@pytest.mark.parametrize("what", OTHER)
def test_other_lines_give_what_the_json_module_gives(what: str) -> None:
    text, keys = OTHER[what]
    found, expected = both(text, keys)
    assert found == expected
    assert True not in TAKEN or what == "a line that is cut"


@settings(deadline=None)  # a line of many keys takes long
@given(st.data())
def test_a_change_of_any_bytes_gives_what_the_json_module_gives(data: st.DataObject) -> None:
    text, keys = PLAIN[data.draw(st.sampled_from(sorted(PLAIN)))]
    at = data.draw(st.integers(0, len(text)))
    size = data.draw(st.integers(0, 3))
    new = data.draw(st.one_of(st.binary(max_size=3), st.text(' \t\n\r0123456789-+.eE,:[]{}"\\tfnu', max_size=3).map(str.encode)))
    found, expected = both(text[:at] + new + text[at + size :], keys)
    assert found == expected


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3), min_size=1, max_size=9), st.integers(0, 17))
def test_any_numbers_have_their_bits(rows: list[list[float]], digits: int) -> None:
    text = "".join(f'{{"a": {a!r}, "b": [{b:.{digits}e}, {c:.{digits}f}]}}\n' for a, b, c in rows if np.isfinite([a, b, c]).all())
    found, expected = both(text.encode() or b'{"a": 1, "b": [1, 2]}', ["a", "b"])
    assert found == expected


def _pieces() -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    for i in range(9000):
        yield b'{"p": %r, "x": [%d, %.3f]}\n' % (float(rng.normal()), i, rng.normal()) if i % 4001 else b'{"x": [1, 2.5], "p": 3}\n'


def test_a_large_file_in_pieces_and_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces with a line of another form are read by the json module, the others at once, each by several threads."""
    text = b'{"p": 1.0, "x": [1, 2]}\n' + b"".join(_pieces())
    monkeypatch.setattr(compiled, "ENOUGH", 2**10)
    monkeypatch.setattr("losscli.sources.files.FIRST_BYTES", 2**14)
    monkeypatch.setattr("losscli.sources.json_files.PIECE", 2**15)
    found, expected = both(text, ["x", "p"])
    assert found == expected
    assert {*TAKEN} == {True, False}


def test_a_form_is_refused_for_too_many_values() -> None:
    line = json.dumps([0.5] * (json_records.MOST_VALUES + 1))
    assert json_records.form_of(line, {"": ()}) is None


@pytest.mark.parametrize("rows", [2, CHUNK])
def test_a_record_without_the_field_is_an_error_wherever_a_batch_begins(rows: int) -> None:
    """The compiled reader leaves a piece to the json module, whose batch of lines may begin with the record."""
    text = lines(*[{"p": 1.5, "t": 2}] * rows, {"": 0, "p": 1})
    for found in both(text, ["p", "t"]):
        assert found == f"d.jsonl: line {rows + 1} has no 't'; the first record has one"


UNREAD = [
    "1", "-1.5e+3", "0", '""', '"a"', '"\\n\\"\\\\ \\u12aF"', "true", "false", "null", "[]", "[ ]", "[\t]", "[1]", "[ 1 ]", "[1,2]",
    "[1 ,\t2 , 3\t]", '["a" , [true] ,[ ]]', '["]", ","]', "[" * 63 + "]" * 63, "9" * 4000, "1" * 20,
]  # fmt: skip
REFUSED = [
    "", "-", "01", "1.", "1.e5", "1e", "1e+", "+1", ".5", '"', '"\\x"', '"\\u12g4"', '"\\u123"', '"a\tb"', "tru", "[", "[1", "[1,", "[1,]",
    "[,1]", "[1 2]", "{}", "[" * 66 + "]" * 66, "9" * 4001, "nan", "1 2",
]  # fmt: skip


@pytest.mark.parametrize("value", [*UNREAD, *REFUSED])
def test_a_value_that_is_not_read_has_to_be_one(value: str) -> None:
    """The compiled reader itself passes over the value, and over nothing that is none; the json module reads what it refuses."""
    texts = [b'{"a": ', b', "b": ', b"}"]
    for end in ("", "\n", "\r\n", '\n{"a": 1, "b": 2}\n'):
        found = compiled.json_records(f'{{"a": {value}, "b": 0.25}}{end}'.encode(), texts, [-1, 0])
        assert (found is not None) == (value in UNREAD)
        assert found is None or found.tolist() == [[0.25, 2][: 1 + ("2" in end)]]
