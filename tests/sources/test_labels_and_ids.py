"""Words for labels, rows that are matched by an id, and rows that do not agree."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from losscli import LOSSES
from losscli.errors import InputError
from losscli.sources.inputs import Inputs
from losscli.sources.join import Joining, pairing
from tests.support.command import cli, npy
from tests.support.sources import INPUT, USAGE, Files, by_any_reader, each, losses, refused

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
    "twice": ({"a.csv": "id,pred\nx,1\nx,2\nz,3\n", "b.csv": B}, "a.csv::id: the id 'x' is used twice: row 0 (line 2) and row 1 (line 3)"),
    "twice there": ({"a.csv": A, "b.csv": "id,target\nx,1\nx,2\ny,3\n"}, "b.csv::id: the id 'x' is used twice"),
    "missing": ({"a.csv": A, "b.csv": "id,target\nx,1\ny,2\n"}, "1 id of a.csv::id not in b.csv::id: z"),
    "too many": ({"a.csv": A, "b.csv": B + "w,1\n"}, "1 id of b.csv::id not in a.csv::id: w"),
    "no ids there": ({"a.csv": A, "b.csv": "name,target\nz,30\nx,10\ny,20\n"}, "b.csv"),
    "long numbers": (
        {"a.csv": "id,pred\n9007199254740993,1\n", "b.csv": "id,target\n9007199254740992,3\n"},
        "no id of a.csv::id is in b.csv::id",
    ),
    "zeros before": ({"a.csv": "id,pred\n007,1\n", "b.csv": "id,target\n7,3\n"}, "a.csv::id has 007; b.csv::id has 7"),
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


# --- several columns, other names ------------------------------------------------------------------------------------------

# The rows H1 1, H1 2, H2 1, H2 2 with pred 1, 2, 3, 4 and y 10, 20, 30, 40: squares 81, 324, 729, 1296.
P = "unique_id,ds,pred\nH1,1,1\nH1,2,2\nH2,1,3\nH2,2,4\n"
Y = "Series,ds,y\nH2,1,30\nH1,1,10\nH2,2,40\nH1,2,20\n"
TWO: dict[str, tuple[Files, list[str], list[str]]] = {  # files, arguments, lines of -f csv
    "names": (
        {"p.csv": P, "y.csv": Y.replace("Series", "unique_id")},
        ["-p", "p.csv::pred", "-t", "y.csv::y", "--id", "unique_id,ds"],
        ["H1,1,81.0", "H1,2,324.0", "H2,1,729.0", "H2,2,1296.0"],
    ),
    "another name": (
        {"p.csv": P, "y.csv": Y},
        ["-p", "p.csv::pred", "-t", "y.csv::y", "--id", "unique_id=Series,ds"],
        ["H1,1,81.0", "H1,2,324.0", "H2,1,729.0", "H2,2,1296.0"],
    ),
    "another name first": (
        {"p.csv": P, "y.csv": Y},
        ["-p", "y.csv::y", "-t", "p.csv::pred", "--id", "unique_id=Series,ds"],
        ["H2,1,729.0", "H1,1,81.0", "H2,2,1296.0", "H1,2,324.0"],
    ),
    "three names": (
        {"a.csv": A, "b.csv": B.replace("id", "Key"), "w.csv": "image,w\ny,2\nz,3\nx,1\n"},
        ["a.csv", "-t", "b.csv::target", "-w", "w.csv::w", "--id", "id=Key=image"],
        ["x,81.0", "y,648.0", "z,2187.0"],
    ),
    "the first of the names": (  # key is in both files, but a.csv and b.csv have an id
        {"a.csv": "id,key,pred\nx,1,1\ny,2,2\nz,3,3\n", "b.csv": "id,key,target\nz,1,30\nx,2,10\ny,3,20\n"},
        ["a.csv", "-t", "b.csv::target", "--id", "id=key"],
        ["x,81.0", "y,324.0", "z,729.0"],
    ),
    "DATA": (
        {"p.csv": P, "y.csv": Y},
        ["p.csv", "-t", "y.csv::y", "--id", "unique_id=Series,ds"],
        ["H1,1,81.0", "H1,2,324.0", "H2,1,729.0", "H2,2,1296.0"],
    ),
    "positions": (
        {"p.csv": P, "y.csv": Y.replace("Series", "unique_id")},
        ["p.csv", "-t", "y.csv::y", "--id", "::0,1"],
        ["H1,1,81.0", "H1,2,324.0", "H2,1,729.0", "H2,2,1296.0"],
    ),
    "of a file": (
        {"p.csv": P, "y.csv": Y},
        ["-p", "p.csv::pred", "-t", "y.csv::y", "--id", "y.csv::unique_id=Series,ds"],
        ["H2,1,729.0", "H1,1,81.0", "H2,2,1296.0", "H1,2,324.0"],
    ),
    "other types": (
        {"p.csv": P, "y.json": '{"unique_id": ["H2","H1","H2","H1"], "ds": [1.0, 1, 2, 2], "y": [30, 10, 40, 20]}'},
        ["p.csv", "-t", "y.json::y", "--id", "unique_id,ds"],
        ["H1,1,81.0", "H1,2,324.0", "H2,1,729.0", "H2,2,1296.0"],
    ),
    "parts that join to the same text": (  # a + bc is not ab + c
        {"p.csv": "i,j,pred\na,bc,1\nab,c,2\n", "y.csv": "i,j,target\nab,c,20\na,bc,10\n"},
        ["p.csv", "-t", "y.csv::target", "--id", "i,j"],
        ["a,bc,81.0", "ab,c,324.0"],
    ),
    "parts with the separator": (
        {"p.csv": "i,j,pred\na\x1fb,c,1\na,b\x1fc,2\n", "y.csv": "i,j,target\na,b\x1fc,20\na\x1fb,c,10\n"},
        ["p.csv", "-t", "y.csv::target", "--id", "i,j"],
        ["a\x1fb,c,81.0", "a,b\x1fc,324.0"],
    ),
    "names with commas and =": (
        {"p.csv": '"a,b",c=d,pred\nx,1,1\ny,2,2\n', "y.csv": '"a,b",c=d,target\ny,2,20\nx,1,10\n'},
        ["p.csv", "-t", "y.csv::target", "--id", "a,b"],
        ["x,81.0", "y,324.0"],
    ),
    "a name with =": (
        {"p.csv": "c=d,pred\nx,1\ny,2\n", "y.csv": "c=d,target\ny,20\nx,10\n"},
        ["-p", "p.csv::pred", "-t", "y.csv::target", "--id", "c=d"],
        ["x,81.0", "y,324.0"],
    ),
    "a column called loss": (
        {"p.csv": "i,loss,pred\na,1,1\n", "y.csv": "i,loss,target\na,1,10\n"},
        ["p.csv", "-t", "y.csv::target", "--id", "i,loss"],
        ["a,1,81.0"],
    ),
}


@by_any_reader
@pytest.mark.parametrize(("files", "argv", "lines"), TWO.values(), ids=TWO)
def test_ids_of_several_columns(files: Files, argv: list[str], lines: list[str]) -> None:
    got = cli(["compute", "mse", *argv, "-r", "none", "-f", "csv"], files)
    assert (got.code, got.err) == (0, "")
    assert [line.replace("\x1e", "") for line in got.out.split("\n")[1:-1]] == lines


def test_ids_of_several_columns_in_every_format() -> None:
    argv = ["compute", "mse", "p.csv", "-t", "y.csv::y", "--id", "unique_id=Series,ds", "--top", "1"]
    files: Files = {"p.csv": P, "y.csv": Y}
    lines = {"csv": "unique_id,ds,loss\nH2,2,1296.0", "jsonl": '{"unique_id": "H2", "ds": "2", "loss": 1296.0}'}
    for name, line in lines.items():
        assert cli([*argv, "-r", "none", "-f", name], files).out.strip() == line
    assert json.loads(cli([*argv, "-f", "json"], files).out)["top"] == [{"row": 3, "loss": 1296.0, "id": ["H2", "2"]}]
    assert json.loads(cli([*argv, "-r", "none", "-f", "json"], files).out)["ids"][0] == ["H1", "1"]
    assert "unique_id  ds  pred  target  loss\nH1         1      1      10    81\n" in cli(argv, files).out
    for name in ("csv", "json", "jsonl"):
        expected = cli([*argv[:-2], "-r", "none", "-f", name], files).out
        turned = [
            "compute",
            "mse",
            "-p",
            "y.csv::y",
            "-t",
            "p.csv::pred",
            "--id",
            "Series=unique_id,ds",
            "-r",
            "none",
            "--expect",
            f"e.{name}",
        ]
        got = cli(turned, {**files, f"e.{name}": expected})
        assert got.code == 0, got.err


def test_an_objective_with_ids_of_several_columns() -> None:
    files: Files = {"o.yaml": "id: unique_id=Series,ds\nterms: {a: {loss: mse}, b: {loss: mae}}\n", "p.csv": P, "y.csv": Y}
    got = cli(["compute", "o.yaml", "-p", "p.csv::pred", "-t", "y.csv::y", "-f", "value"], files)
    assert (got.code, got.out) == (0, f"{607.5 + 22.5}\n"), got.err


# --- ids without a partner -------------------------------------------------------------------------------------------------

C = "id,target\nz,30\nv,1\nx,10\nw,5\n"  # without y; with two of which a.csv has none
INNER = ["--id", "id", "--join", "inner"]


@by_any_reader
def test_inner_join() -> None:
    argv = ["compute", "mse", "a.csv", "-t", "c.csv::target", *INNER]
    files: Files = {"a.csv": A, "c.csv": C}
    assert cli([*argv, "-r", "none", "-f", "csv"], files).out == "id,loss\nx,81.0\nz,729.0\n"
    document = json.loads(cli([*argv, "-f", "json"], files).out)
    assert document["value"] == 405 and document["rows"] == {"read": 2, "used": 2, "omitted": 0, "ignored": 0, "unmatched": 3}
    assert "1 of 3 rows of a.csv::id (y); 2 of 4 rows of c.csv::id (v, w)" in document["notes"][0]
    assert "2 rows read, 2 used, 3 without a partner left out" in cli(argv, files).out
    for weight, value in (("1,5,3", (81 + 3 * 729) / 4), ("w.csv::w", (81 * 2 + 729) / 3)):  # by position, and by id
        got = cli([*argv, "-w", weight, "-f", "value"], {**files, "w.csv": "id,w\nz,1\nx,2\nu,9\ny,4\n"})
        assert (got.code, float(got.out)) == (0, value), got.err
    got = cli([*argv, "-r", "none", "-f", "value", "--expect", "e.csv"], {**files, "e.csv": "id,loss\nz,729\nx,81\n"})
    assert got.code == 0 and "W117" in got.err, got.err


def test_an_inner_join_of_files_that_match_changes_nothing() -> None:
    argv = ["compute", "mse", "a.csv", "-t", "b.csv::target", "--id", "id", "-f", "json"]
    exact, inner = (json.loads(cli([*argv, "--join", j], {"a.csv": A, "b.csv": B}).out) for j in ("exact", "inner"))
    assert inner.pop("rows") == {**exact.pop("rows"), "unmatched": 0}
    assert inner == exact


@by_any_reader
def test_an_inner_join_of_nothing_passes_no_gate() -> None:
    files: Files = {"a.csv": A, "c.csv": "id,target\n1,30\n2,1\n"}
    got = cli(["compute", "mse", "a.csv", "-t", "c.csv::target", *INNER, "-f", "value", "--max", "9e9"], files)
    assert (got.code, got.out) == (1, "nan\n") and "W105 no id is in every file" in got.err and "a.csv::id has x, y, z" in got.err


@by_any_reader
@pytest.mark.parametrize("order", ["pq", "qp"])
def test_a_comparison_of_files_with_other_rows_is_on_the_rows_of_all(order: str) -> None:
    """p has x, y, z, q has y, z, w, and the target all but w: y and z are left for every loss and every prediction."""
    files: Files = {"p.csv": "id,pred\nx,1\ny,2\nz,3\n", "q.csv": "id,pred\nw,9\nz,4\ny,2\n", "t.csv": "id,target\nz,3\ny,4\nx,7\n"}
    files["o.yaml"] = "terms: {a: {loss: mae}}\n"
    predictions = [word for name in order for word in ("-p", f"{name}={name}.csv::pred")]
    got = cli(["compare", "-l", "mse", "-l", "o.yaml", *predictions, "-t", "t.csv::target", *INNER, "-f", "json"], files)
    document = json.loads(got.out)
    assert document["rows"]["read"] == 2 and document["rows"]["unmatched"] == 3
    values = {(r["prediction"], r["loss"]): r["value"] for r in document["results"]}
    assert values == {("p", "mse"): 2, ("q", "mse"): 2.5, ("p", "o.yaml"): 1, ("q", "o.yaml"): 1.5}


def test_an_inner_join_of_terms_with_files_of_their_own() -> None:
    """Each term has the rows of its own files."""
    files: Files = {
        "o.yaml": "id: id\nterms:\n  a: {loss: mae, pred: 'a.csv::pred', target: 'c.csv::target'}\n"
        "  b: {loss: mae, pred: 'a.csv::pred', target: 'b.csv::target'}\n",
        "a.csv": A, "b.csv": B, "c.csv": C,
    }  # fmt: skip
    got = cli(["compute", "o.yaml", "--join", "inner", "-f", "value"], files)
    assert (got.code, float(got.out)) == (0, (9 + 27) / 2 + (9 + 18 + 27) / 3), got.err


@pytest.mark.parametrize("join", ["exact", "inner"])
def test_another_column_of_the_joined_rows(join: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for groups of rows: a file may have more rows than are joined, but none less."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"a": A, "c": C if join == "inner" else B, "g": "id,g\nz,3\ny,2\nx,1\n", "h": "id,g\ny,2\nx,1\n"}.items():
        Path(f"{name}.csv").write_text(text)
    inputs = Inputs()
    rows = pairing(inputs, Joining("id", join))
    target = inputs.column("c.csv::target")
    mse = LOSSES["mse"]
    matched = rows.match(mse, {"pred": inputs.column("a.csv::pred"), "target": target}, None)
    expected = [1, 3] if join == "inner" else [1, 2, 3]
    assert np.asarray(matched.columns["pred"].whole(), float).tolist() == expected
    assert np.asarray(rows.align(inputs.column("g.csv::g"))[0].whole(), float).tolist() == expected
    assert np.asarray(rows.align(inputs.column("a.csv::pred"))[0].whole(), float).tolist() == expected
    with pytest.raises(InputError, match=r"1 id of a.csv::id not in h.csv::id: z"):
        rows.align(inputs.column("h.csv::g"))


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
