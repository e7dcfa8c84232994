"""Where numbers come from: every form of a SOURCE, every format, and what files in the wild look like."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import zlib
from typing import Any

import numpy as np
import pytest
import yaml

from tests import ROOT
from tests.support.command import cli, npy, npz, pickled
from tests.support.sources import INPUT, NUMBERS, USAGE, Files, each, losses, refused

by_any_reader = pytest.mark.usefixtures("reader")


def minus(pred: str, *argv: str, files: Files | None = None, stdin: str | bytes | None = None, data: str | None = None) -> list[float]:
    """The values of a source: mae against as many zeros would need their number, so each is taken against 0 by broadcasting."""
    before = [] if data is None else [data]
    got = cli(
        ["compute", "quantile", *before, "-p", "0", "-t", pred, "--tau", "1", "--broadcast", "-r", "none", "-f", "value", *argv],
        files,
        stdin,
    )
    assert got.err == ""
    return losses(got)  # max(τ e, (τ − 1) e) with τ = 1 and e = target − 0, for targets of 0 or more


# --- inline ----------------------------------------------------------------------------------------------------------------

INLINE: dict[str, tuple[str, list[float]]] = {
    "commas": ("2.5,0,2.1", [2.5, 0, 2.1]),
    "blanks": ("2.5 0 2.1", [2.5, 0, 2.1]),
    "both": (" 2.5, 0 2.1 ", [2.5, 0, 2.1]),
    "tabs": ("1\t2", [1, 2]),
    "lines": ("1\n2\n", [1, 2]),
    "one": ("3", [3]),
    "exponents": ("1e3,1.5E-2,+2,.5,3.", [1000, 0.015, 2, 0.5, 3]),
    "nested": ("[[1,2],[3,4]]", [1, 2, 3, 4]),
    "strings": ('["1", 2]', [1, 2]),
    "long": (",".join(map(str, range(5000))), list(range(5000))),
}


@pytest.mark.parametrize(("text", "values"), INLINE.values(), ids=INLINE)
def test_inline(text: str, values: list[float]) -> None:
    assert minus(text) == values


@pytest.mark.parametrize(
    "argv", [["-p", "-1,2", "-t", "-3,4"], ["-p-1,2", "-t-3,4"], ["--pred=-1,2", "--target=-3,4"], ["-t", "-3 4", "-p", "-1 2"]]
)
def test_negative_numbers_are_no_options(argv: list[str]) -> None:
    assert losses(each("mse", *argv)) == [4, 4]


@pytest.mark.parametrize("text", ["-1", "-.5", "-1e3", "-1e-3", "-1 -2", "-1,-2"])
def test_negative_numbers_alone(text: str) -> None:
    parts = [float(x) for x in text.replace(",", " ").split()]
    assert losses(each("mae", "-p", text, "-t", ",".join("0" for _ in parts))) == [abs(x) for x in parts]


NOT_INLINE: dict[str, tuple[str, str]] = {
    "gap": ("1,,2", "between two commas or at the start"),
    "comma at the start": (",1,2", "between two commas or at the start"),
    "open": ("[1,2", "not JSON: Expecting ',' delimiter at column 5"),
    "ragged": ("[[1,2],[3]]", "ragged: 1 value at [1], but 2 values at [0]"),
    "object": ('[{"a":1}]', "is an object with a"),
    "word": ('[1,"a"]', "row 1: 'a' is not a number"),
    "hexadecimal": ("0x10", "0x10"),
    "grouped": ("1_000", "1_000"),
    "deep": ("[" * 2000, "inline numbers"),
    "deep and closed": ("[" * 70 + "1" + "]" * 70, "nested too deep"),
}


@pytest.mark.parametrize(("text", "said"), NOT_INLINE.values(), ids=NOT_INLINE)
def test_not_inline(text: str, said: str) -> None:
    refused(each("mse", "-p", text, "-t", "1,2"), said)


# --- parts of files and of DATA --------------------------------------------------------------------------------------------

WIDE = "logit_10,logit_2,logit_1,logit_0,b,a,y\n10,2,1,0,7,8,9\n"
PARTS: dict[str, tuple[str, list[float]]] = {
    "column": ("b", [7]),
    "glob in natural order": ("logit_*", [0, 1, 2, 10]),
    "range of numbered columns": ("logit_0:logit_2", [0, 1, 2]),
    "range as they stand": ("logit_0:a", [0, 7, 8]),
    "range backwards": ("a:logit_0", [8, 7, 0]),
    "range of numbers backwards": ("logit_2:logit_0", [2, 1, 0]),
    "list": ("a,b", [8, 7]),
    "list with a glob": ("y,logit_*", [9, 0, 1, 2, 10]),
    "exactly": ("::b", [7]),
    "position": ("::0", [10]),
    "negative position": ("::-1", [9]),
    "list of positions": ("::0,-1", [10, 9]),
    "file and column": ("w.csv::b", [7]),
    "file and glob": ("w.csv::logit_?", [0, 1, 2]),
    "file and position": ("w.csv::-2", [8]),
    "all of a file": ("w.csv", [10, 2, 1, 0, 7, 8, 9]),
}


@by_any_reader
@pytest.mark.parametrize(("source", "values"), PARTS.values(), ids=PARTS)
def test_parts(source: str, values: list[float]) -> None:
    own = "d.csv" if not source.startswith("w.csv") else None
    if own is None:
        assert minus(source, files={"w.csv": WIDE}) == values
    else:
        assert minus(source, files={"d.csv": WIDE}, data="d.csv") == values


NO_PART = ["c", "logit_0:c", "a,c", "z*", "7", "-8", "", "0:1", "A"]


@by_any_reader
@pytest.mark.parametrize("selector", NO_PART)
def test_no_such_part(selector: str) -> None:
    refused(each("mse", "-p", f"w.csv::{selector}", "-t", "1", files={"w.csv": WIDE}), f"w.csv has no column {selector!r}", code=INPUT)


NAMED: dict[str, tuple[str, str]] = {  # header and SOURCE of the column that holds 5
    "blank": ("my pred,b", "my pred"),
    "colon": ("a:b,b", "a:b"),
    "two colons": ("a::b,b", "::a::b"),
    "dot": ("a.b,b", "a.b"),
    "comma": ('"a,b",b', "a,b"),
    "star": ("a*,ab", "a*"),
    "brackets": ("a[0],a0", "a[0]"),
    "unicode": ("цель,b", "цель"),
    "a dash": ("-,b", "::-"),
    "empty": (",b", "::"),
    "quote": ('"a""b",b', 'a"b'),
    "like a file": ("a.csv,b", "a.csv"),
    "a number": ("7,b", "::7"),
    "0, which is not first": ("x,0", "::-2"),
    "nan": ("nan,b", "::nan"),
    "blanks around": ("  a  ,b", "a"),
}


@by_any_reader
@pytest.mark.parametrize(("header", "source"), NAMED.values(), ids=NAMED)
def test_column_names(header: str, source: str) -> None:
    assert minus(source, "--header", files={"d.csv": f"{header}\n5,6\n"}, data="d.csv") == [5]


def test_long_sources() -> None:
    names = [f"feature_{i:03}" for i in range(40)]
    files: Files = {"d.csv": ",".join(names) + "\n" + ",".join(map(str, range(40))) + "\n"}
    assert minus(",".join(names), files=files, data="d.csv") == list(range(40))


@by_any_reader
def test_a_column_named_0_comes_before_the_position_0() -> None:
    assert minus("::0", "--header", files={"d.csv": "1,0\n5,7\n"}, data="d.csv") == [7]
    assert minus("::1", "--header", files={"d.csv": "1,0\n5,7\n"}, data="d.csv") == [5]


def test_column_and_file() -> None:
    files: Files = {"d.csv": "a.csv,b\n5,6\n", "a.csv": "v\n7\n"}
    refused(each("mse", "d.csv", "-p", "a.csv", "-t", "b", files=files), "::a.csv", "./a.csv", code=USAGE)
    assert minus("::a.csv", files=files, data="d.csv") == [5]
    assert losses(each("mae", "d.csv", "-p", "./a.csv", "-t", "b", files=files)) == [1]


@pytest.mark.parametrize("name", ["a b.csv", "-x.csv", "π.csv", "a.b.csv", "D.CSV", "x.Csv", "a*.csv", "sub/d.csv"])
def test_file_names(name: str) -> None:
    assert minus(name, files={name: "v\n5\n"}) == [5]


@pytest.mark.parametrize("data", ["d.csv", "-"])
def test_data_that_no_role_uses(data: str) -> None:
    refused(each("mse", data, "-p", "1", "-t", "0", files={"d.csv": "a,b\n1,2\n"}, stdin="a,b\n1,2\n"), "::1", "::0", code=USAGE)


# --- standard input --------------------------------------------------------------------------------------------------------

STDIN: dict[str, tuple[str | bytes, str]] = {
    "csv": ("a,b\n5,6\n", "-::a"),
    "tsv": ("a\tb\n5\t6\n", "-::a"),
    "json": ('{"a": [5], "b": [6]}', "-::a"),
    "json on lines": ('{\n"a": [5]\n}\n', "-::a"),
    "jsonl": ('{"a": 5}\n', "-::a"),
    "npy": (npy([5.0]), "-"),
    "npz": (npz(a=[5.0]), "-::a"),
    "gzip": (gzip.compress(b"a,b\n5,6\n"), "-::a"),
    "BOM": ("\ufeffa,b\n5,6\n", "-::a"),
    "a number": ("5\n", "-"),
    "a column": ("a\n5\n", "-"),
}


@by_any_reader
@pytest.mark.parametrize(("stdin", "source"), STDIN.values(), ids=STDIN)
def test_stdin(stdin: str | bytes, source: str) -> None:
    assert minus(source, stdin=stdin) == [5]


@by_any_reader
@pytest.mark.parametrize(
    ("stdin", "values"), [("1,2,3", [1, 2, 3]), ("1\n2\n3\n", [1, 2, 3]), ("1 2 3", [1, 2, 3]), ("[1,2]\n[3,4]\n", [1, 2, 3, 4])]
)
def test_numbers_on_stdin(stdin: str, values: list[float]) -> None:
    assert minus("-", stdin=stdin) == values


def test_stdin_as_data_and_for_two_roles() -> None:
    assert losses(each("mse", "-", stdin="pred,target\n1,3\n")) == [4]
    assert losses(each("mse", "-p", "-::a", "-t", "-::b", stdin="a,b\n1,3\n")) == [4]
    assert losses(each("mse", "-", "--input-format", "yaml", stdin="pred: [1]\ntarget: [3]\n")) == [4]


def test_input_format_is_for_what_has_no_suffix() -> None:
    assert losses(each("mse", "-p", "-", "-t", "t.npy", "--input-format", "csv", files={"t.npy": npy([1.0, 4.0])}, stdin="1\n2\n")) == [
        0,
        4,
    ]


# --- roles by name ---------------------------------------------------------------------------------------------------------

BOUND: dict[str, tuple[str, str, dict[str, str]]] = {  # loss, header, bindings
    "names": ("mse", "x,target,pred", {"pred": "pred", "target": "target"}),
    "case": ("mse", "Target,PRED", {"pred": "PRED", "target": "Target"}),
    "synonyms": ("mse", "y_true,y_pred", {"pred": "y_pred", "target": "y_true"}),
    "blanks and dashes": ("mse", "Y True,y-pred", {"pred": "y-pred", "target": "Y True"}),
    "name before synonym": ("mse", "y_pred,pred,label,target", {"pred": "pred", "target": "target"}),
    "group": ("cross_entropy", "logit_1,logit_0,label", {"pred": "logit_0,logit_1", "target": "label"}),
    "group pred": ("cross_entropy", "pred_0,pred_1,target", {"pred": "pred_0,pred_1", "target": "target"}),
    "name before group": ("mse", "pred_0,pred_1,pred,target", {"pred": "pred", "target": "target"}),
    "three roles": ("gaussian_nll", "var,y,yhat", {"pred": "yhat", "target": "y", "var": "var"}),
}


@by_any_reader
@pytest.mark.parametrize(("loss", "header", "bindings"), BOUND.values(), ids=BOUND)
def test_bound_by_name(loss: str, header: str, bindings: dict[str, str]) -> None:
    row = ",".join("1" for _ in header.split(","))
    got = cli(["compute", loss, "d.csv", "-f", "json"], {"d.csv": f"{header}\n{row}\n"})
    assert got.code == 0, got.err
    assert json.loads(got.out)["bindings"] == {r: f"d.csv::{c}" for r, c in bindings.items()}


TWO: dict[str, tuple[str, str, list[str]]] = {
    "synonyms": ("mse", "y_pred,output,target", ["y_pred", "output", "--pred"]),
    "target": ("mse", "pred,y_true,label", ["y_true", "label", "--target"]),
    "groups": ("cross_entropy", "logit_0,logit_1,pred_0,pred_1,target", ["logit_*", "pred_*", "--pred"]),
    "case": ("mse", "pred,Pred,target", ["pred", "Pred", "--pred"]),
    "spelling": ("mse", "y_pred,Y Pred,target", ["y_pred", "Y Pred", "--pred"]),
}


@pytest.mark.parametrize(("loss", "header", "said"), TWO.values(), ids=TWO)
def test_two_candidates(loss: str, header: str, said: list[str]) -> None:
    refused(each(loss, "d.csv", files={"d.csv": header + "\n" + ",".join("01010"[: header.count(",") + 1]) + "\n"}), *said, code=INPUT)


def test_groups_named_by_words_with_underscores() -> None:
    text = "logit_not_spam,logit_spam,target\n1,2,spam\n2,1,not_spam\n"
    found = losses(each("cross_entropy", "d.csv", files={"d.csv": text}))
    assert found == pytest.approx([math.log(1 + math.exp(-1))] * 2)


# --- formats: the same numbers ---------------------------------------------------------------------------------------------


def _delimited(delimiter: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(NUMBERS)
    writer.writerows(zip(*(map(repr, x) for x in NUMBERS.values()), strict=True))
    return out.getvalue().encode()


def _lines() -> bytes:
    return "\n".join(json.dumps(dict(zip(NUMBERS, row, strict=True))) for row in zip(*NUMBERS.values(), strict=True)).encode()


SAME: dict[str, bytes] = {
    "d.csv": _delimited(","),
    "d.tsv": _delimited("\t"),
    "d.json": json.dumps(NUMBERS).encode(),
    "records.json": b"[" + _lines().replace(b"\n", b",") + b"]",
    "nested.json": json.dumps({"a": {"b": NUMBERS}}).encode(),
    "d.jsonl": _lines(),
    "d.ndjson": _lines(),
    "d.yaml": yaml.safe_dump(NUMBERS).encode(),
    "d.yml": yaml.safe_dump(NUMBERS).encode(),
    "d.npz": npz(**{k: np.array(v) for k, v in NUMBERS.items()}),
    "big-endian.npz": npz(**{k: np.array(v, ">f8") for k, v in NUMBERS.items()}),
    "records.npy": npy(np.array(list(zip(*NUMBERS.values(), strict=True)), [("pred", "f8"), ("target", "f8")])),
    "columns.npy": npy(np.array(list(NUMBERS.values())).T),
    "fortran.npy": npy(np.asfortranarray(np.array(list(NUMBERS.values())).T)),
}


@by_any_reader
@pytest.mark.parametrize("gz", ["", ".gz", ".GZ"])
@pytest.mark.parametrize("name", SAME)
def test_same_bits_from_every_format(name: str, gz: str) -> None:
    e = np.array(NUMBERS["pred"]) - np.array(NUMBERS["target"])
    data = gzip.compress(SAME[name]) if gz else SAME[name]
    part = {
        "nested.json": ["-p", "a.b.pred", "-t", "a.b.target"],
        "columns.npy": ["-p", "::0", "-t", "::1"],
        "fortran.npy": ["-p", "::0", "-t", "::-1"],
    }
    got = cli(["compute", "mse", name + gz, *part.get(name, []), "-r", "none", "-f", "json"], {name + gz: data})
    assert got.code == 0, got.err
    assert np.array(json.loads(got.out)["values"]).tobytes() == (e * e).tobytes()


def test_pred_and_target_from_different_formats() -> None:
    files: Files = {"p.npy": npy(NUMBERS["pred"]), "t.json.gz": gzip.compress(json.dumps(NUMBERS["target"]).encode())}
    e = np.array(NUMBERS["pred"]) - np.array(NUMBERS["target"])
    assert np.array(losses(each("mse", "-p", "p.npy", "-t", "t.json.gz", files=files))).tobytes() == (e * e).tobytes()


DTYPES: dict[str, tuple[Any, list[float]]] = {
    "float16": (np.array([1.1, 2], "f2"), [1.099609375, 2]),
    "float32": (np.array([1.1, 2], "f4"), [float(np.float32(1.1)), 2]),
    "longdouble": (np.array([1.5, 2], "g"), [1.5, 2]),
    "uint8": (np.array([250, 2], "u1"), [250, 2]),
    "int64": (np.array([2**62, 2]), [2.0**62, 2]),
    "uint64": (np.array([2**64 - 1, 2], "u8"), [2.0**64, 2]),
    "bool": (np.array([True, False]), [1, 0]),
    "text": (np.array(["1.5", "2"]), [1.5, 2]),
    "bytes": (np.array([b"1.5", b"2"]), [1.5, 2]),
    "zero axes": (np.array(5.0), [5]),
    "idle axes": (np.array([[[5.0]]]), [5]),
}


@pytest.mark.parametrize(("array", "values"), DTYPES.values(), ids=DTYPES)
def test_npy_dtypes(array: Any, values: list[float]) -> None:
    assert minus("d.npy", files={"d.npy": npy(array)}) == values


_NPZ = npz(pred=np.array([1.0, 2.0]), target=np.array([3.0, 4.0]))


def _zipped(**members: bytes) -> bytes:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


BROKEN: dict[str, tuple[str, bytes, str]] = {
    "npy cut": ("d.npy", npy(np.arange(10.0))[:-5], "not a readable NPY file"),
    "npy head cut": ("d.npy", npy(np.arange(10.0))[:20], "not a readable NPY file"),
    "npy empty": ("d.npy", b"", "does not begin as an NPY file does"),
    "npy complex": ("d.npy", npy(np.array([1j])), "complex128, not numbers"),
    "npy dates": ("d.npy", npy(np.array(["2020-01-01"], "M8[D]")), "not numbers"),
    "npy objects": ("d.npy", pickled([1.0]), "Python objects"),
    "npy is npz": ("d.npy", npz(a=[1.0]), "d.npy is an object with a: name a key with ::"),
    "npy bytes": ("d.npy", npy(np.array([b"\xff"])), "d.npy"),
    "npz cut": ("d.npz", _NPZ[:-30], "not a readable NPZ file"),
    "npz damaged": ("d.npz::pred", _NPZ[:190] + b"XXXX" + _NPZ[194:], "d.npz::pred: not readable: "),
    "gzip cut": ("d.csv.gz", gzip.compress(b"pred\n" + b"1\n" * 99)[:-5], "ended before"),
    "gzip not": ("d.csv.gz", b"pred,target\n1,2\n", "not a gzipped file"),
}


@pytest.mark.parametrize(("name", "content", "said"), BROKEN.values(), ids=BROKEN)
def test_broken_files(name: str, content: bytes, said: str) -> None:
    refused(each("mse", "-p", name, "-t", "1", files={name.partition("::")[0]: content}), name, said, code=INPUT)


def test_npy_and_npz_are_told_by_their_content() -> None:
    assert minus("d.npz", files={"d.npz": npy([5.0])}) == [5]
    assert minus("d.npy::a", files={"d.npy": npz(a=[5.0])}) == [5]


DAMAGED = gzip.compress("".join(map(repr, NUMBERS["pred"])).encode())[:200] + b"damage" * 200


@by_any_reader
@pytest.mark.parametrize(
    "name", ["d.csv.gz", "d.tsv.gz", "d.json.gz", "d.jsonl.gz", "d.yaml.gz", "d.npy.gz", "d.npz.gz", "d.parquet.gz", "d.arrow.gz", "-"]
)
def test_damaged_gzip(name: str) -> None:
    with pytest.raises(zlib.error):
        gzip.decompress(DAMAGED)
    refused(each("mse", "-p", name, "-t", "1", files={} if name == "-" else {name: DAMAGED}, stdin=DAMAGED), code=INPUT)


@pytest.mark.parametrize("member", ["name.npy", "readme.txt", "extra.npy"])
def test_npz_members_that_are_not_asked_for(member: str) -> None:
    other = {"name.npy": npy(np.array("run 1")), "readme.txt": b"hello", "extra.npy": pickled([{}])}[member]
    assert losses(each("mse", "d.npz", files={"d.npz": _zipped(**{"pred.npy": npy([1.0]), "target.npy": npy([3.0]), member: other})})) == [
        4
    ]


# --- CSV in the wild -------------------------------------------------------------------------------------------------------

CSV: dict[str, tuple[str | bytes, list[float]]] = {  # mse of each row
    "CRLF": ("pred,target\r\n1,2\r\n3,5\r\n", [1, 4]),
    "CR": ("pred,target\r1,2\r3,5\r", [1, 4]),
    "no line end": ("pred,target\n1,2\n3,5", [1, 4]),
    "BOM": ("\ufeffpred,target\n1,2\n", [1]),
    "BOM and quotes": ('\ufeff"pred","target"\n1,2\n', [1]),
    "quotes": ('"pred","target"\n"1","2"\n', [1]),
    "line end in a field": ('pred,target,note\n1,2,"a\nb"\n3,5,"c"\n', [1, 4]),
    "comma in a field": ('pred,target,note\n1,2,"a,b"\n', [1]),
    "blanks": (" pred , target \n 1 , 2\t\n", [1]),
    "no-break blanks": ("pred,target\n\xa01\xa0,2\n", [1]),
    "blank lines at the end": ("pred,target\n1,2\n\n\n", [1]),
    "blanks on lines at the end": ("pred,target\n1,2\n   \n \n", [1]),
    "comma at the end of lines": ("pred,target,\n1,2,\n", [1]),
    "unnamed column": (",pred,target\n0,1,2\n", [1]),
    "exponents": ("pred,target\n1E0,+2.0e+00\n", [1]),
    "many digits": ("pred,target\n1." + "0" * 1000 + ",2\n", [1]),
    "long field": ("pred,target,note\n1,2," + "x" * 200_000 + "\n", [1]),
    "many columns": ("pred,target," + ",".join(f"x{i}" for i in range(3000)) + "\n1,2," + ",".join("0" * 3000) + "\n", [1]),
    "truth": ("pred,target\ntrue,2\nFalse,2\n", [1, 4]),
    "word elsewhere": ("pred,target,note\n1,2,n/a\n3,5,#N/A\n", [1, 4]),
}


@by_any_reader
@pytest.mark.parametrize(("text", "values"), CSV.values(), ids=CSV)
def test_csv(text: str | bytes, values: list[float]) -> None:
    assert losses(each("mse", "d.csv", files={"d.csv": text})) == values


BAD_CSV: dict[str, tuple[str | bytes, str]] = {
    "NUL": ("pred,target\n1,2\n3\0,5\n", "line 3"),
    "UTF-16": ("pred,target\n1,2\n".encode("utf-16"), "not UTF-8"),
    "Latin-1": (b"pred,target,caf\xe9\n1,2,3\n", "not UTF-8"),
    "open quote": ('pred,target\n"1,2\n3,4\n', "not CSV"),
    "after a quote": ('pred,target\n"1"2,3\n', "d.csv:2"),
    "short row": ("pred,target\n1,2\n3\n", "d.csv:3: 1 field, but the header has 2"),
    "long row": ("pred,target\n1,2,3\n", "d.csv:2: 3 fields, but the header has 2"),
    "twice": ("pred,pred,target\n1,2,3\n", "more than one column for pred: pred, pred: choose with ::0 or ::1"),
    "thousands": ('pred,target\n"1,234",2\n', "line 2): '1,234' is not a number"),
    "thousands with blanks": ("pred,target\n1 234,2\n", "line 2): '1 234' is not a number"),
    "thousands with dots": ("pred,target\n1.234.567,2\n", "'1.234.567' is not a number"),
    "decimal comma": ('pred,target\n"1,5",2\n', "'1,5' is not a number"),
    "hexadecimal": ("pred,target\n0x10,2\n", "'0x10' is not a number"),
    "underscore": ("pred,target\n1_0,2\n", "'1_0' is not a number"),
    "minus sign of typography": ("pred,target\n−1,2\n", "'−1' is not a number"),
    "per cent": ("pred,target\n50%,2\n", "'50%' is not a number"),
    "currency": ("pred,target\n$5,2\n", "'$5' is not a number"),
    "infinite": ("pred,target\n1e999,2\n", "row 0 (line 2) is inf"),
    "blank line inside": ("pred,target\n1,2\n\n3,4\n", "row 1 (line 3) is nan or empty"),
    "semicolons": ("pred;target\n1;2\n", "say --delimiter ';'"),
    "tabs": ("pred\ttarget\n1\t2\n", "say --delimiter '\\t'"),
    "no columns of that name": ("a,b\n1,2\n", "d.csv has a, b"),
    "empty": ("", "d.csv is empty"),
    "blank": ("\n\n", "d.csv is empty"),
    "blank line first": ("\npred,target\n1,2\n", "first line"),
}


@by_any_reader
@pytest.mark.parametrize(("text", "said"), BAD_CSV.values(), ids=BAD_CSV)
def test_bad_csv(text: str | bytes, said: str) -> None:
    refused(each("mse", "d.csv", files={"d.csv": text}), "d.csv" if not said.startswith("row") else "pred", said)


MISSING = ["", " ", "NA", "n/a", "NaN", "nan", "-nan", "NULL", "null", "None"]


@by_any_reader
@pytest.mark.parametrize("cell", MISSING)
def test_missing_values(cell: str) -> None:
    files: Files = {"d.csv": f"pred,target\n1,2\n{cell},3\n4,6\n"}
    refused(each("mse", "d.csv", files=files), "row 1 (line 3) is nan or empty", "--nan omit", code=INPUT)
    assert losses(each("mse", "d.csv", "--nan", "omit", files=files)) == [1, 4]
    found = losses(each("mse", "d.csv", "--nan", "propagate", files=files))
    assert [found[0], found[2]] == [1, 4] and math.isnan(found[1])


@by_any_reader
def test_one_mask_over_all_roles_and_weights() -> None:
    text = "pred,target,w\n1,2,1\n,2,1\n1,,1\n1,2,\n4,6,3\n"
    got = cli(["compute", "mse", "d.csv", "-w", "w", "--nan", "omit", "-f", "json"], {"d.csv": text})
    document = json.loads(got.out)
    assert document["value"] == (1 * 1 + 3 * 4) / 4
    assert document["rows"] == {"read": 5, "used": 2, "omitted": 3, "ignored": 0}


@by_any_reader
def test_top_names_the_rows_as_in_the_file() -> None:
    got = cli(["compute", "mse", "d.csv", "--nan", "omit", "--top", "1", "-f", "json"], {"d.csv": "pred,target\n,1\n1,1\n1,4\n"})
    assert json.loads(got.out)["top"] == [{"row": 2, "loss": 9.0}]


@by_any_reader
@pytest.mark.parametrize("what", ["header only", "no rows at all"])
def test_no_rows(what: str) -> None:
    files: Files = {"d.csv": "pred,target\n"} if what == "header only" else {"d.csv": ""}
    argv = (
        ["compute", "mse", "d.csv", "-f", "value"] if what == "header only" else ["compute", "mse", "-p", "[]", "-t", "[]", "-f", "value"]
    )
    got = cli(argv, files)
    assert (got.code, got.out) == (0, "nan\n") and "W105" in got.err
    assert cli([*argv, "--max", "1"], files).code == 1


# --- headers and delimiters ------------------------------------------------------------------------------------------------


@by_any_reader
def test_header_found_by_content() -> None:
    assert minus("d.csv", files={"d.csv": "5\n6\n"}) == [5, 6]
    assert minus("d.csv", files={"d.csv": "v\n5\n6\n"}) == [5, 6]
    assert minus("::1", files={"d.csv": "5,6\n7,8\n"}, data="d.csv") == [6, 8]
    assert minus("::2020", "--header", files={"d.csv": "2020,2021\n7,8\n"}, data="d.csv") == [7]
    refused(each("mse", "d.csv", "-p", "::0", "-t", "::1", files={"d.csv": "1,a\n2,3\n"}), "--header", "--no-header", code=USAGE)
    refused(each("mse", "d.csv", "--no-header", "-p", "::0", "-t", "::1", files={"d.csv": "a,b\n2,3\n"}), "'a' is not a number", code=INPUT)


def test_header_as_pandas_writes_it_for_an_array() -> None:
    got = each("mse", "d.csv", "-p", "::1", "-t", "::2", files={"d.csv": ",0,1\n0,1.5,2.5\n1,3,4\n"})
    refused(got, "--header", "--no-header")


@by_any_reader
@pytest.mark.parametrize(("delimiter", "said"), [(";", ";"), ("|", "|"), ("\t", "\\t"), ("\t", "tab"), (" ", " "), ("→", "→")])
def test_delimiter(delimiter: str, said: str) -> None:
    assert losses(each("mse", "d.csv", "--delimiter", said, files={"d.csv": f"pred{delimiter}target\n1{delimiter}3\n"})) == [4]


@by_any_reader
def test_delimiter_is_not_for_tsv() -> None:
    files: Files = {"a.tsv": "x\ty\n1\t2\n", "b.csv": "x;y\n1;2\n"}
    assert losses(each("mse", "-p", "a.tsv::x", "-t", "b.csv::y", "--delimiter", ";", files=files)) == [1]


# --- JSON, YAML ------------------------------------------------------------------------------------------------------------

NESTED: dict[str, tuple[str, str, list[float]]] = {  # file, content, mse of each row
    "nan as text": ("d.json", '{"pred": ["nan", 1], "target": [2, 2]}', [math.nan, 1]),
    "null": ("d.json", '{"pred": [null, 1], "target": [2, 2]}', [math.nan, 1]),
    "inf as text": ("d.json", '{"pred": ["-inf", 1], "target": [2, 2]}', [math.inf, 1]),
    "numbers as text": ("d.json", '{"pred": ["1", "2.5"], "target": [2, 2]}', [1, 0.25]),
    "truth": ("d.json", '{"pred": [true, false], "target": [2, 2]}', [1, 4]),
    "big": ("d.json", '{"pred": [36893488147419103232], "target": [0]}', [2.0**130]),
    "BOM": ("d.json", '\ufeff{"pred": [1], "target": [2]}', [1]),
    "records": ("d.json", '[{"pred": 1, "target": 2}, {"target": 5, "pred": 3}]', [1, 4]),
    "records of vectors": ("d.json", '[{"pred": [1, 2], "target": [2, 4]}]', [1, 4]),
    "more keys": ("d.json", '[{"pred": 1, "target": 2}, {"pred": 1, "target": 2, "x": 1}]', [1, 1]),
    "empty": ("d.json", '{"pred": [], "target": []}', []),
    "lines": ("d.jsonl", '{"pred": 1, "target": 2}\n\n{"target": 5, "pred": 3}\r\n\n', [1, 4]),
    "lines of vectors": ("d.jsonl", '{"pred": [1, 2], "target": [2, 4]}\n', [1, 4]),
    "yaml": ("d.yaml", "pred: [1, .nan, 1e3]\ntarget: [2, 2, 1000]\n", [1, math.nan, 0]),
    "yaml nan": ("d.yaml", 'pred: ["nan", nan, ~]\ntarget: [2, 2, 2]\n', [math.nan] * 3),
    "yaml records": ("d.yaml", "- pred: 1\n  target: 2\n- {pred: 3, target: 5}\n", [1, 4]),
    "yaml anchors": ("d.yaml", "pred: &a [1, 2]\ntarget: *a\n", [0, 0]),
    "yaml brackets in a text": ("d.yaml", f"note: '{'[' * 600}'\npred: [1]\ntarget: [3]\n", [4]),
    "yaml y": ("d.yaml", "y: [1]\npred: [3]\n", [4]),
}


@pytest.mark.parametrize(("name", "text", "values"), NESTED.values(), ids=NESTED)
def test_nested(name: str, text: str, values: list[float]) -> None:
    np.testing.assert_array_equal(losses(each("mse", name, "--nan", "propagate", files={name: text})), values)


BAD_NESTED: dict[str, tuple[str, str | bytes, str]] = {
    "json twice": ("d.json", '{"pred": [1], "pred": [2], "target": [3]}', "the key 'pred' stands twice"),
    "json ragged": (
        "d.json",
        '{"pred": [[1,2],[3]], "target": [[1,2],[3,4]]}',
        "d.json::pred is ragged: 1 value at [1], but 2 values at [0]",
    ),
    "json ragged deep": ("d.json", '{"pred": [[[1],[2]],[[3],[4,5]]], "target": [1]}', "2 values at [1][1], but 1 value at [1][0]"),
    "json ragged null": ("d.json", '{"pred": [[1,2],null], "target": [1,2]}', "one number at [1], but 2 values at [0]"),
    "json word": ("d.json", '{"pred": ["a"], "target": [1]}', "row 0: 'a' is not a number"),
    "json object": ("d.json", '{"pred": {"a": [1]}, "target": [1]}', "d.json::pred is an object with a"),
    "json key missing": ("d.json", '[{"pred": 1, "target": 2}, {"pred": 1}]', "[1] has no 'target'"),
    "json more": ("d.json", "[1] x", "d.json:1: not JSON"),
    "json quotes": ("d.json", "{'pred': [1]}", "d.json:1: not JSON"),
    "json empty": ("d.json", "", "not JSON"),
    "json underscore": ("d.json", '{"pred": ["1_0"], "target": [1]}', "'1_0' is not a number"),
    "json huge": ("d.json", '{"pred": [1' + "0" * 400 + '], "target": [1]}', "d.json"),
    "json endless": ("d.json", '{"pred": [1' + "0" * 5000 + '], "target": [1]}', "d.json"),
    "json deep": ("d.json", '{"pred": ' + "[" * 900 + "]" * 900 + ', "target": [1]}', "nested too deep"),
    "json 70 axes": ("d.json", '{"pred": ' + "[" * 70 + "1" + "]" * 70 + ', "target": [1]}', "nested too deep"),
    "jsonl word": ("d.jsonl", '{"pred": 1, "target": 2}\n{"pred": "a", "target": 2}\n', "row 1 (line 2): 'a' is not a number"),
    "jsonl key missing": ("d.jsonl", '{"pred": 1, "target": 2}\n{"pred": 1}\n', "line 2 has no 'target'"),
    "jsonl broken": ("d.jsonl", '{"pred": 1, "target": 2}\n{"pred": 1\n', "d.jsonl:2: not JSON"),
    "jsonl ragged": ("d.jsonl", '{"pred": [1,2], "target": 2}\n{"pred": [1], "target": 2}\n', "ragged"),
    "jsonl deep": ("d.jsonl", '{"pred": ' + "[" * 100_000, "d.jsonl:1"),
    "jsonl endless": ("d.jsonl", '{"pred": 1' + "0" * 5000 + ', "target": 1}\n', "d.jsonl:1"),
    "yaml twice": ("d.yaml", "pred: [1]\npred: [2]\ntarget: [3]\n", "'pred' stands twice"),
    "yaml minutes": ("d.yaml", "pred: [1:30]\ntarget: [3]\n", "1:30"),
    "yaml tag": ("d.yaml", "pred: !!python/object/apply:os.getcwd []\n", "d.yaml:1: not YAML"),
    "yaml two documents": ("d.yaml", "pred: [1]\n---\npred: [2]\n", "not YAML"),
    "yaml date": ("d.yaml", "pred: [2020-01-01]\ntarget: [1]\n", "row 0: '2020-01-01' is not a number"),
    "yaml underscore": ("d.yaml", "pred: [1_000]\ntarget: [1]\n", "row 0: '1_000' is not a number"),
    "yaml itself": ("d.yaml", "pred: &a [*a]\ntarget: [1]\n", "d.yaml"),
}


@pytest.mark.parametrize(("name", "text", "said"), BAD_NESTED.values(), ids=BAD_NESTED)
def test_bad_nested(name: str, text: str | bytes, said: str) -> None:
    refused(each("mse", name, files={name: text}), name, said, code=INPUT)


LINES: dict[str, str] = {
    "short": "[1,2]\n[2]\n",
    "scalar": "[1,2]\n5\n",
    "record": '[1,2]\n{"a": 5}\n',
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_lines_of_lists_that_differ(text: str) -> None:
    refused(
        each("mse", "d.jsonl", "-p", "::0", "-t", "::1", files={"d.jsonl": text}),
        "d.jsonl:2: ",
        "no list of 2 as the first line",
        code=INPUT,
    )


DEEP = {
    "brackets": "'[' * 200_000 + ']' * 200_000",
    "dashes": "'- ' * 200_000",
    "brackets after others in a text": "'- ' + repr(']' * 200_000) + chr(10) + '- ' + '[' * 200_000 + ']' * 200_000",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_yaml_nested_without_end_kills_nothing(text: str) -> None:
    with_file = f"import sys; from losscli.cli.app import run; open('d.yaml', 'w').write({text}); sys.exit(run(sys.argv[1:]))"
    argv = [sys.executable, "-c", with_file, "compute", "mse", "-p", "d.yaml", "-t", "1"]
    with tempfile.TemporaryDirectory() as folder:
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path})
    assert (done.returncode, done.stderr.count("\n"), done.stderr.startswith("error: d.yaml")) == (INPUT, 1, True)


DOTTED = '{"epoch": 3, "a.b": [5], "val": {"logits": [6], "deep": {"x": [7]}}, "log": [{"loss": {"train": 8}}]}'


@pytest.mark.parametrize(("path", "value"), [("a.b", 5), ("val.logits", 6), ("val.deep.x", 7), ("log.loss.train", 8), ("epoch", 3)])
def test_dotted_paths(path: str, value: float) -> None:
    for name, text in (("run.json", DOTTED), ("run.yaml", DOTTED)):
        assert minus(f"{name}::{path}", files={name: text}) == [value]
        assert minus(path, files={name: text}, data=name) == [value]


def test_dotted_paths_in_lines() -> None:
    assert minus("d.jsonl::val.x", files={"d.jsonl": '{"val": {"x": 5}}\n{"val": {"x": 6}}\n'}) == [5, 6]


def test_keys_that_are_numbers_in_yaml() -> None:
    assert minus("::1", files={"d.yaml": "0: [5]\n1: [6]\n"}, data="d.yaml") == [6]


def test_key_that_only_some_records_have() -> None:
    first, second = '{"pred": 1, "target": 2, "x": 0}', '{"pred": 3, "target": 5}'
    assert losses(each("mse", "d.jsonl", files={"d.jsonl": f"{first}\n{second}\n"})) == [1, 4]
    assert losses(each("mse", "d.json", files={"d.json": f"[{first}, {second}]"})) == [1, 4]


# --- words for labels ------------------------------------------------------------------------------------------------------

FIRST, SECOND = math.log(1 + math.exp(1)), math.log(1 + math.exp(-1))  # cross entropy of logits 1, 2 with the first, the second class
WORDS: dict[str, tuple[str, list[str], list[float]]] = {  # content, more arguments, cross entropy of each row
    "suffixes": ("logit_cat,logit_dog,target\n1,2,cat\n1,2,dog\n", [], [FIRST, SECOND]),
    "blanks": ("logit_cat,logit_dog,target\n1,2, cat \n", [], [FIRST]),
    "columns are the classes": ("cat,dog,target\n1,2,cat\n", ["-p", "cat,dog"], [FIRST]),
    "numbers that do not count up": ("logit_3,logit_5,target\n1,2,3\n1,2,5.0\n", [], [FIRST, SECOND]),
    "from 1": ("logit_1,logit_2,target\n1,2,1\n", [], [FIRST]),
    "a class missing": ("logit_0,logit_2,target\n1,2,2\n", [], [SECOND]),
    "classes": ("logit_0,logit_1,target\n1,2,cat\n", ["--classes", "dog,cat"], [SECOND]),
    "words and numbers": ("logit_1,logit_b,target\n1,2,1\n1,2,b\n", [], [FIRST, SECOND]),
    "class NA": ("logit_NA,logit_EU,target\n1,2,NA\n1,2,EU\n", [], [FIRST, SECOND]),
    "class NA alone": ("logit_NA,logit_EU,target\n1,2,NA\n", [], [FIRST]),
    "class none": ("logit_none,logit_some,target\n1,2,none\n", [], [FIRST]),
    "zeros before": ("logit_01,logit_02,target\n1,2,02\n", [], [SECOND]),
    "underscore": ("logit_not_spam,logit_spam,target\n1,2,not_spam\n", ["-p", "logit_*"], [FIRST]),
    "common beginnings": ("logit_new_york,logit_new_jersey,target\n1,2,new_york\n", ["-p", "logit_new_york,logit_new_jersey"], [FIRST]),
    "classes in another order": ("logit_cat,logit_dog,target\n1,2,cat\n", ["--classes", "dog,cat"], [FIRST]),
    "ignored": ("logit_cat,logit_dog,target\n1,2,-100\n1,2,cat\n", [], [0, FIRST]),
}


@by_any_reader
@pytest.mark.parametrize(("text", "argv", "values"), WORDS.values(), ids=WORDS)
def test_words(text: str, argv: list[str], values: list[float]) -> None:
    assert losses(each("cross_entropy", "d.csv", *argv, files={"d.csv": text})) == pytest.approx(values, rel=1e-15)


BAD_WORDS: dict[str, tuple[str, list[str], str]] = {
    "unknown": ("logit_cat,logit_dog,target\n1,2,bird\n", [], "line 2): label 'bird' is none of the classes: cat, dog"),
    "case": ("logit_cat,logit_dog,target\n1,2,Cat\n", [], "did you mean cat?"),
    "none given": ("logit_0,logit_1,target\n1,2,cat\n", [], "name them with --classes"),
    "missing": ("logit_cat,logit_dog,target\n1,2,\n", [], "line 2) has no label"),
    "half": ("logit_a,logit_b,target\n1,2,1.5\n", [], "label '1.5'"),
    "infinite": ("logit_a,logit_b,target\n1,2,inf\n", [], "label 'inf'"),
    "too many classes": ("logit_0,logit_1,target\n1,2,a\n", ["--classes", "a,b,c"], "--classes names 3, but pred has 2 columns"),
    "too few classes": ("logit_0,logit_1,target\n1,2,a\n", ["--classes", "a"], "--classes names 1, but pred has 2 columns"),
}


@by_any_reader
@pytest.mark.parametrize(("text", "argv", "said"), BAD_WORDS.values(), ids=BAD_WORDS)
def test_bad_words(text: str, argv: list[str], said: str) -> None:
    refused(each("cross_entropy", "d.csv", *argv, files={"d.csv": text}), said)


def test_words_in_other_formats() -> None:
    files: Files = {"d.json": '{"logits": [[1,2],[1,2]], "target": ["b","a"]}', "p.npy": npy([[1.0, 2.0]]), "t.npy": npy(np.array(["b"]))}
    assert losses(each("cross_entropy", "d.json", "--classes", "a,b", files=files)) == pytest.approx([SECOND, FIRST])
    assert losses(each("cross_entropy", "-p", "p.npy", "-t", "t.npy", "--classes", "a,b", files=files)) == pytest.approx([SECOND])


def test_classes_are_for_labels_only() -> None:
    refused(each("mse", "d.csv", "--classes", "1,0", files={"d.csv": "pred,target\n1,1\n"}), "--classes", code=USAGE)


@by_any_reader
@pytest.mark.parametrize("loss", ["bce", "hinge"])
def test_words_for_two_classes(loss: str) -> None:
    got = each(loss, "d.csv", "--classes", "no,yes", files={"d.csv": "pred,target\n0.5,yes\n"})
    assert "pred" not in got.err


def test_labels_that_wrap_around() -> None:
    files: Files = {"t.npy": npy(np.array([2**64 - 100, 1], "u8"))}
    refused(
        each("cross_entropy", "-p", "[[1,2],[1,2]]", "-t", "t.npy", files=files),
        "row 0 is 1.8446744073709552e+19, but class indices go from 0 to 1",
        code=INPUT,
    )


# --- rows by id ------------------------------------------------------------------------------------------------------------

A = "id,pred\nx,1\ny,2\nz,3\n"
B = "id,target\nz,30\nx,10\ny,20\n"
MATCHED: dict[str, tuple[Files, list[str], list[str]]] = {  # files, arguments, lines of -f csv
    "by name": ({"a.csv": A, "b.csv": B}, ["a.csv", "-t", "b.csv::target", "--id", "id"], ["x,81.0", "y,324.0", "z,729.0"]),
    "without DATA": (
        {"a.csv": A, "b.csv": B},
        ["-p", "a.csv::pred", "-t", "b.csv::target", "--id", "a.csv::id"],
        ["x,81.0", "y,324.0", "z,729.0"],
    ),
    "order of the id's file": (
        {"a.csv": A, "b.csv": B},
        ["-p", "a.csv::pred", "-t", "b.csv::target", "--id", "b.csv::id"],
        ["z,729.0", "x,81.0", "y,324.0"],
    ),
    "by position": ({"a.csv": A, "b.csv": B}, ["a.csv", "-t", "b.csv::target", "--id", "::0"], ["x,81.0", "y,324.0", "z,729.0"]),
    "numbers": (
        {"a.csv": "id,pred\n1,1\n2,2\n", "b.json": '{"id": [2, 1], "target": [20, 10]}'},
        ["a.csv", "-t", "b.json::target", "--id", "id"],
        ["1,81.0", "2,324.0"],
    ),
    "zeros before": ({"a.csv": "id,pred,target\n007,1,2\n010,2,4\n"}, ["a.csv", "--id", "id"], ["007,1.0", "010,4.0"]),
    "long numbers": (
        {"a.csv": "id,pred,target\n9007199254740993,1,2\n9007199254740992,2,4\n"},
        ["a.csv", "--id", "id"],
        ["9007199254740993,1.0", "9007199254740992,4.0"],
    ),
    "long numbers in JSON": (
        {"a.json": '{"id": [9007199254740993, 9007199254740992], "pred": [1, 2], "target": [2, 4]}'},
        ["a.json", "--id", "id"],
        ["9007199254740993,1.0", "9007199254740992,4.0"],
    ),
    "blanks": (
        {"a.csv": "id,pred\nx,1\ny,2\n", "b.csv": "id,target\n y,20\nx ,10\n"},
        ["a.csv", "-t", "b.csv::target", "--id", "id"],
        ["x,81.0", "y,324.0"],
    ),
    "weights of a third file": (
        {"a.csv": A, "b.csv": B, "w.csv": "id,w\ny,2\nz,3\nx,1\n"},
        ["a.csv", "-t", "b.csv::target", "-w", "w.csv::w", "--id", "id"],
        ["x,81.0", "y,648.0", "z,2187.0"],
    ),
    "omitted": ({"a.csv": "id,pred,target\nx,1,2\ny,,3\nz,4,6\n"}, ["a.csv", "--id", "id", "--nan", "omit"], ["x,1.0", "z,4.0"]),
    "no rows": ({"a.csv": "id,pred,target\n"}, ["a.csv", "--id", "id"], []),
}


@by_any_reader
@pytest.mark.parametrize(("files", "argv", "lines"), MATCHED.values(), ids=MATCHED)
def test_id(files: Files, argv: list[str], lines: list[str]) -> None:
    got = cli(["compute", "mse", *argv, "-r", "none", "-f", "csv"], files)
    assert got.code == 0, got.err
    assert got.out.splitlines()[1:] == lines


def test_id_of_words_and_columns() -> None:
    files: Files = {"a.csv": "id,target\ny,a\nx,b\n", "b.csv": "id,logit_a,logit_b\nx,1,2\ny,1,2\n"}
    assert losses(each("cross_entropy", "a.csv", "-p", "b.csv::logit_*", "--id", "id", files=files)) == pytest.approx([FIRST, SECOND])


BAD_ID: dict[str, tuple[Files, str]] = {
    "twice": ({"a.csv": "id,pred\nx,1\nx,2\nz,3\n", "b.csv": B}, "a.csv::id: the id 'x' stands twice: row 0 (line 2) and row 1 (line 3)"),
    "twice there": ({"a.csv": A, "b.csv": "id,target\nx,1\nx,2\ny,3\n"}, "b.csv::id: the id 'x' stands twice"),
    "missing": ({"a.csv": A, "b.csv": "id,target\nx,1\ny,2\n"}, "1 id of a.csv::id not in b.csv::id: z"),
    "too many": ({"a.csv": A, "b.csv": B + "w,1\n"}, "1 id of b.csv::id not in a.csv::id: w"),
    "no ids there": ({"a.csv": A, "b.csv": "name,target\nz,30\nx,10\ny,20\n"}, "b.csv"),
    "long numbers": ({"a.csv": "id,pred\n9007199254740993,1\n", "b.csv": "id,target\n9007199254740992,3\n"}, "not in"),
    "zeros before": ({"a.csv": "id,pred\n007,1\n", "b.csv": "id,target\n7,3\n"}, "not in"),
    "empty": ({"a.csv": "id,pred\nx,1\n,2\n,3\n", "b.csv": B}, "a.csv::id: row 1 (line 3) has no id"),
    "word": ({"a.csv": "id,pred\nx,1\ny,2\n", "b.csv": "id,target\ny,foo\nx,10\n"}, "b.csv::target: row 0 (line 2): 'foo' is not a number"),
}


@pytest.mark.parametrize(("files", "said"), BAD_ID.values(), ids=BAD_ID)
def test_bad_id(files: Files, said: str) -> None:
    refused(each("mse", "a.csv", "-t", "b.csv::target", "--id", "id", files=files), said, code=INPUT)


def test_id_null() -> None:
    got = each("mse", "d.json", "--id", "id", files={"d.json": '{"id": [1.5, null], "pred": [1, 2], "target": [2, 3]}'})
    refused(got, "row 1", code=INPUT)


@by_any_reader
def test_id_beyond_a_chunk() -> None:
    numbers = "".join(f"{i},{i}\n" for i in range(2**15))
    files: Files = {"a.csv": f"id,pred\n{numbers}last,5\n", "b.csv": f"id,target\nlast,5\n{numbers}"}
    got = cli(["compute", "mse", "a.csv", "-t", "b.csv::target", "--id", "id", "-f", "value"], files)
    assert (got.code, got.out) == (0, "0.0\n"), got.err


# --- rows that do not agree ------------------------------------------------------------------------------------------------


@by_any_reader
@pytest.mark.parametrize(("a", "b"), [(2, 3), (3, 2), (0, 1), (2**15, 2**15 + 1), (2**15 + 1, 2**15), (40_000, 70_000)])
def test_rows_differ_also_when_streamed(a: int, b: int) -> None:
    files: Files = {"a.csv": "v\n" + "1\n" * a, "b.csv": "v\n" + "1\n" * b}
    said = (f"pred has {a:,} row", f"target has {b:,} row")
    refused(each("mse", "-p", "a.csv", "-t", "b.csv", files=files), *said, code=INPUT)
    refused(each("mse", "-p", "a.csv", "-t", "b.npy", files=files | {"b.npy": npy(np.ones(b))}), *said, code=INPUT)


@by_any_reader
def test_lines_of_an_error_far_down() -> None:
    text = "pred,target\n" + "1,1\n" * 40_000 + "1,x\n"
    refused(each("mse", "d.csv", files={"d.csv": text}), "row 40000 (line 40002): 'x' is not a number", code=INPUT)
