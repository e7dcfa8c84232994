"""Sources of numbers: the command line, parts of files, standard input, and columns with the name of a role."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest

from tests.support.command import cli, npy, npz
from tests.support.sources import INPUT, USAGE, Files, by_any_reader, each, losses, minus, refused

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


def test_a_structured_array_needs_the_name_of_a_field() -> None:
    array = np.array([(1.0, 2.0), (3.0, 5.0)], [("pred", float), ("target", float)])
    assert losses(each("mse", "d.npy", files={"d.npy": npy(array)})) == [1, 4]
    refused(each("mse", "-p", "d.npy", "-t", "1,2", files={"d.npy": npy(array)}), "pred, target", "name a key with ::", code=INPUT)


def test_roles_are_read_before_sample_weights() -> None:
    files = {"d.csv": "2021,x\n1,2\n3,5\n", "w.csv": "w\n1\n3\n"}
    got = cli(["compute", "mse", "-p", "d.csv::2021", "-t", "d.csv::x", "-w", "d.csv::0", "-f", "json"], files)
    assert got.code == 0, got.err
    got = cli(["compute", "mse", "-p", "d.csv::2021", "-t", "d.csv::x", "-w", "w.csv", "-f", "json"], files)
    assert list(json.loads(got.out)["header"]) == ["d.csv", "w.csv"]
    refused(cli(["compute", "mse", "d.csv", "-p", "nope", "-t", "x", "-w", "none"], files), "'nope'", code=INPUT)
