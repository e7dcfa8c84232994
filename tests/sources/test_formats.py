"""The same numbers from every format, and from files as people have them: CSV, JSON and YAML."""

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
from tests.support.sources import INPUT, NUMBERS, USAGE, Files, by_any_reader, each, losses, minus, refused

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
    "npy empty": ("d.npy", b"", "d.npy is empty"),
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


def test_npy_and_npz_are_recognized_by_their_content() -> None:
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
def test_unused_npz_members_may_be_damaged(member: str) -> None:
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
    "semicolons": ("pred;target\n1;2\n", "add --delimiter ';'"),
    "tabs": ("pred\ttarget\n1\t2\n", "add --delimiter '\\t'"),
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
    "json twice": ("d.json", '{"pred": [1], "pred": [2], "target": [3]}', "the key 'pred' is used twice"),
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
    "json empty": ("d.json", "", "d.json is empty"),
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
    "yaml twice": ("d.yaml", "pred: [1]\npred: [2]\ntarget: [3]\n", "'pred' is used twice"),
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
        "no list of 2 values like the first line",
        code=INPUT,
    )


DEEP = {
    "brackets": "'[' * 200_000 + ']' * 200_000",
    "dashes": "'- ' * 200_000",
    "brackets after others in a text": "'- ' + repr(']' * 200_000) + chr(10) + '- ' + '[' * 200_000 + ']' * 200_000",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deeply_nested_yaml_is_an_error_and_no_crash(text: str) -> None:
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
