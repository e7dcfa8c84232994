"""Words for labels, rows that are matched by an id, and rows that do not agree."""

from __future__ import annotations

import math

import numpy as np
import pytest

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
