"""Rows that belong together: they are matched by id, or a warning says where they may not belong together.

The right values are means over hand-made rows: pred 1, 2, 4 for x, y, z beside target 10, 20, 40 are off by 9, 18, 36.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

import losscli
from losscli.registry import LOSSES
from losscli.sources.formats import FORMATS
from tests.support.command import Outcome, cli, parquet

USAGE, INPUT = 2, 3
Files = dict[str, str | bytes]

IDS, PRED, TARGET = ["x", "y", "z"], [1.0, 2.0, 4.0], [10.0, 20.0, 40.0]
RIGHT = (81 + 324 + 1296) / 3  # mean of 9², 18², 36²
AS_THEY_STAND = ((1 - 40) ** 2 + (2 - 10) ** 2 + (4 - 20) ** 2) / 3  # the targets come as z, x, y
A: Files = {"a.csv": "id,pred\nx,1\ny,2\nz,4\n"}
B: Files = {"b.csv": "id,target\nz,40\nx,10\ny,20\n"}
MSE = ["compute", "mse", "-p", "a.csv::pred", "-t", "b.csv::target", "-f", "value"]


def number(*argv: str, files: Files) -> float:
    got = cli(list(argv), files)
    assert got.code == 0, got.err
    return float(got.out.split()[-1])


def refused(got: Outcome, code: int, *said: str) -> None:
    assert (got.code, got.out) == (code, ""), got.err
    assert all(part in got.err for part in said), got.err


# --- every format beside every other ---------------------------------------------------------------------------------------


def _delimited(divider: str) -> Callable[[Mapping[str, list[Any]]], bytes]:
    return lambda c: "\n".join([divider.join(c), *(divider.join(map(str, r)) for r in zip(*c.values(), strict=True))]).encode()


def _records(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _npz(columns: Mapping[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **{name: np.array(x) for name, x in columns.items()})
    return file.getvalue()


def _npy(columns: Mapping[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    arrays = {name: np.array(x) for name, x in columns.items()}
    made = np.zeros(len(arrays["id"]), [(name, x.dtype) for name, x in arrays.items()])
    for name, x in arrays.items():
        made[name] = x
    np.save(file, made)
    return file.getvalue()


def _arrow(columns: Mapping[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(columns).write_ipc(file)
    return file.getvalue()


WRITE: dict[str, Callable[[Mapping[str, list[Any]]], bytes]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "json": lambda c: json.dumps(_records(c)).encode(),
    "jsonl": lambda c: "\n".join(map(json.dumps, _records(c))).encode(),
    "yaml": lambda c: json.dumps(dict(c)).encode(),
    "npy": _npy,
    "npz": _npz,
    "parquet": lambda c: parquet(dict(c)),
    "arrow": _arrow,
}
NAMES: dict[str, list[Any]] = {
    "words": IDS, "numbers": [12, 7, 100], "long numbers": [2**53 + 1, 2**53, 2**60 + 1], "floats": [12.0, 7.0, -3.0],
    "dates": ["2020-01-03", "2020-01-01", "2020-01-02"], "zeros in front": ["007", "7", "07"],
}  # fmt: skip


def test_every_format_is_here() -> None:
    assert WRITE.keys() <= FORMATS.keys()  # a format that has no columns by name has no ids


@pytest.mark.parametrize("ids", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize(("one", "other"), list(itertools.product(WRITE, repeat=2)))
def test_formats(one: str, other: str, ids: list[Any]) -> None:
    """By `--id` the right number; without it the warning where the order differs, and silence where it does not."""
    turned = [2, 0, 1]
    left = WRITE[one]({"id": ids, "pred": PRED})
    right = WRITE[other]({"id": [ids[i] for i in turned], "target": [TARGET[i] for i in turned]})
    files: Files = {f"a.{one}": left, f"b.{other}": right, f"c.{other}": WRITE[other]({"id": ids, "target": TARGET})}
    sources = ["compute", "mse", "-p", f"a.{one}::pred", "-f", "value", "-t"]
    got = cli([*sources, f"b.{other}::target", "--id", "id"], files)
    assert (got.code, got.err, float(got.out)) == (0, "", RIGHT)
    got = cli([*sources, f"b.{other}::target"], files)
    assert "W115" in got.err and "3 rows of 3 differ" in got.err and "--id id" in got.err, got.err
    assert float(got.out) == AS_THEY_STAND
    got = cli([*sources, f"c.{other}::target"], files)
    assert (got.err, float(got.out)) == ("", RIGHT)


# --- where --id reaches ----------------------------------------------------------------------------------------------------

W: Files = {"w.csv": "id,w\ny,2\nz,3\nx,1\n"}  # Σ w e² / Σ w = (81 + 648 + 3888) / 6
BEST: Files = {"q.csv": "id,pred\nz,40\ny,20\nx,10\n"}
OBJECTIVE = "terms:\n  e: {loss: mse, pred: 'a.csv::pred', target: 'b.csv::target'%s}\n%s"
REACHES: dict[str, tuple[Files, list[str], float]] = {
    "two files": (A | B, [*MSE, "--id", "id"], RIGHT),  # prompt P2, field F20 (SAMPL6)
    "DATA": (A | B, ["compute", "mse", "a.csv", "-t", "b.csv::target", "-f", "value", "--id", "id"], RIGHT),
    "DATA with a mark": (A | B, ["compute", "mse", "a.csv", "-t", "b.csv::target", "-f", "value", "--id", "::id"], RIGHT),
    "of a file": (A | B, [*MSE, "--id", "b.csv::id"], RIGHT),
    "weights": (A | B | W, [*MSE, "-w", "w.csv::w", "--id", "id"], (81 + 648 + 3888) / 6),
    "weights alone": (A | W, ["compute", "mse", "a.csv", "-t", "::pred", "-w", "w.csv::w", "--id", "id", "-f", "value"], 0),
    "compare": (
        A | B | BEST,
        ["compare", "-l", "mse", "-l", "mae", "-p", "q.csv::pred", "-p", "a.csv::pred", "-t", "b.csv::target", "--id", "id", "-f", "value"],
        (9 + 18 + 36) / 3,
    ),
    "weights in compare": (
        A | B | W,
        ["compare", "-l", "mse", "-p", "a.csv::pred", "-t", "b.csv::target", "-w", "w.csv::w", "--id", "id", "-f", "value"],
        (81 + 648 + 3888) / 6,
    ),
    "objective": (A | B | {"o.yaml": OBJECTIVE % ("", "")}, ["compute", "o.yaml", "--id", "id", "-f", "value"], RIGHT),
    "objective that names it": (A | B | {"o.yaml": OBJECTIVE % ("", "id: id")}, ["compute", "o.yaml", "-f", "value"], RIGHT),
    "term that names it": (A | B | {"o.yaml": OBJECTIVE % (", id: id", "")}, ["compute", "o.yaml", "-f", "value"], RIGHT),
    "objective within one": (
        A | B | {"o.yaml": OBJECTIVE % ("", "id: id"), "p.yaml": "terms: {o: {loss: o.yaml, weight: 2}}"},
        ["compute", "p.yaml", "-f", "value"],
        2 * RIGHT,
    ),
    "objective compared": (
        A | B | {"o.yaml": "terms: {e: {loss: mse}}"},
        ["compare", "-l", "o.yaml", "-p", "a.csv::pred", "-t", "b.csv::target", "--id", "id", "-f", "value"],
        RIGHT,
    ),
    "parts": (  # a glob is one file
        B | {"a-1.csv": "id,pred\nz,4\n", "a-2.csv": "id,pred\nx,1\ny,2\n"},
        ["compute", "mse", "-p", "a-*.csv::pred", "-t", "b.csv::target", "--id", "id", "-f", "value"],
        RIGHT,
    ),
    "deeper": (  # COCO: the ids stand beside what they name
        A | {"gt.json": json.dumps({"info": 1, "rows": [{"id": i, "target": t} for i, t in (("z", 40), ("x", 10), ("y", 20))]})},
        ["compute", "mse", "-p", "a.csv::pred", "-t", "gt.json::rows.target", "--id", "id", "-f", "value"],
        RIGHT,
    ),
    "inline DATA": (
        B,
        ["compute", "mse", '{"id": ["x", "y", "z"], "pred": [1, 2, 4]}', "-t", "b.csv::target", "--id", "id", "-f", "value"],
        RIGHT,
    ),
    "floats that are whole": (
        {"a.json": '{"id": [1.0, 2.0], "pred": [1, 2]}', "b.csv": "id,target\n2,20\n1,10\n"},
        ["compute", "mse", "-p", "a.json::pred", "-t", "b.csv::target", "--id", "id", "-f", "value"],
        (81 + 324) / 2,
    ),
    "quoted": (
        A | {"b.csv": '"id","target"\n"z",40\n"x",10\n"y",20\n'},
        [*MSE, "--id", "id"],
        RIGHT,
    ),
}


@pytest.mark.parametrize(("files", "argv", "right"), REACHES.values(), ids=REACHES)
def test_id_reaches(files: Files, argv: list[str], right: float) -> None:
    assert number(*argv, files=files) == pytest.approx(right, rel=1e-15)


def test_history_is_not_matched() -> None:
    """Rows that all rows share are in the order of time: mase = |1 − 2| / ((1 + 3) / 2), whatever their ids."""
    files: Files = {"a.csv": "id,pred,target\nx,1,2\n", "h.csv": "id,h\nb,1\na,2\nx,5\n"}
    assert number("compute", "mase", "a.csv", "--history", "h.csv::h", "--id", "id", "-f", "value", files=files) == 1 / ((1 + 3) / 2)


def test_ids_that_repeat_only_label() -> None:
    got = cli(["compute", "mse", "d.csv", "--id", "id", "-r", "none", "-f", "csv"], {"d.csv": "id,pred,target\nx,1,2\nx,1,3\n"})
    assert (got.code, got.out) == (0, "id,loss\nx,1.0\nx,4.0\n"), got.err
    refused(cli([*MSE, "--id", "id"], {"a.csv": "id,pred\nx,1\nx,2\n", "b.csv": "id,target\nx,1\nx,2\n"}), INPUT, "is used twice")


def test_rows_of_arrays_that_are_too_few() -> None:
    """No crash and no row lost where the ids of a file are more than its values."""
    for values, said in (("[40]", "has 1 row, but 3 ids"), ("[1, 2, 3, 4]", "has 4 rows, but 3 ids")):
        files = A | {"b.json": f'{{"id": ["z", "x", "y"], "target": {values}}}'}
        refused(cli(["compute", "mse", "-p", "a.csv::pred", "-t", "b.json::target", "--id", "id"], files), INPUT, said)


# --- what was expected -----------------------------------------------------------------------------------------------------

EXPECTED: dict[str, str] = {
    "e.csv": "id,loss\nz,1296\ny,324\nx,81\n",
    "e.jsonl": '{"id": "y", "loss": 324}\n{"id": "x", "loss": 81}\n{"id": "z", "loss": 1296}\n',
    "e.json": '{"loss": "mse", "values": [1296, 81, 324], "ids": ["z", "x", "y"]}',
}


@pytest.mark.parametrize("name", EXPECTED)
def test_expected_values_by_id(name: str) -> None:
    argv = [*MSE, "-r", "none", "--expect", name]
    got = cli([*argv, "--id", "id"], A | B | {name: EXPECTED[name]})
    assert got.code == 0, got.err
    got = cli([*argv, "--id", "b.csv::id"], A | B | {name: EXPECTED[name]})
    assert got.code == 0, got.err


def test_expected_values_by_number() -> None:
    files: Files = {"d.csv": "pred,target\n1,10\n,3\n2,20\n4,40\n", "e.csv": "row,loss\n3,1296\n0,81\n2,324\n"}
    argv = ["compute", "mse", "d.csv", "-r", "none", "--nan", "omit", "-f", "csv", "--expect", "e.csv"]
    assert cli(argv, files).code == 0
    refused(cli(argv, files | {"e.csv": "row,loss\n3,1296\n0,81\n"}), INPUT, "has a row 2")
    refused(cli(argv, files | {"e.csv": "row,loss\n3,1\n0,1\n2,1\n1,1\n"}), INPUT, "--expect has 4 rows of loss, but 3 were computed")


def test_expected_values_in_another_order_are_a_warning() -> None:
    argv = ["compute", "mse", "d.csv", "-r", "none", "-f", "value", "--expect", "e.csv"]
    got = cli(argv, {"d.csv": "id,pred,target\nx,1,10\ny,2,20\nz,4,40\n", "e.csv": EXPECTED["e.csv"]})
    assert got.code == 1 and "W115" in got.err and "--id id" in got.err


# --- the warning without --id ----------------------------------------------------------------------------------------------

ORDER: dict[str, tuple[str, str, str]] = {  # the text of a.csv and b.csv, what is said or ""
    "same": ("id,pred\nx,1\ny,2\n", "id,target\nx,1\ny,2\n", ""),
    "blanks": ("id,pred\nx,1\ny,2\n", "id,target\n x,1\ny ,2\n", ""),
    "returns": ("id,pred\nx,1\ny,2\n", "id,target\r\nx,1\r\ny,2\r\n", ""),
    "quotes": ("id,pred\nx,1\ny,2\n", '"id","target"\n"x",1\n"y",2\n', ""),
    "no end": ("pred,id\n1,x\n2,y", "target,id\n1,x\n2,y\n", ""),
    "nothing in common": ("id,pred\nx,1\ny,2\n", "id,target\nv,1\nw,2\n", ""),
    "no shared column": ("name,pred\nx,1\ny,2\n", "id,target\ny,1\nx,2\n", ""),
    "two of three": ("id,pred\nx,1\ny,2\nz,3\n", "id,target\ny,1\nx,2\nz,3\n", "2 rows of 3 differ (row 0 is x and y)"),
    "one is another": ("id,pred\nx,1\ny,2\nz,3\n", "id,target\nx,1\ny,2\nw,3\n", "1 row of 3 have another value"),
    "last column": ("pred,image_id\n1,x\n2,y\n", "target,image_id\n1,y\n2,x\n", "--id image_id"),
    "camel": ("PassengerId,pred\n1,1\n2,2\n", "PassengerId,target\n2,1\n1,2\n", "--id PassengerId"),
    "an index without a name": (",pred\n0,1\n1,2\n", ",target\n1,1\n0,2\n", "--id a.csv::"),
    "an index of another file": (",pred\n0,1\n1,2\n", ",target\n17,1\n0,2\n", ""),
    "pandas' index": ("pred,__index_level_0__\n1,7\n2,5\n", "target,__index_level_0__\n1,5\n2,7\n", "--id __index_level_0__"),
    "dates": ("ds,pred\n2020-01-01,1\n2020-01-02,2\n", "ds,target\n2020-01-02,1\n2020-01-01,2\n", "--id ds"),
    "repeated": ("id,pred\nx,1\nx,2\ny,3\n", "id,target\ny,1\nx,2\nx,3\n", "its values repeat"),
    "repeated, but not together": (
        "unique_id,ds,pred\nx,1,1\nx,2,2\ny,1,3\n",
        "unique_id,ds,target\nx,1,1\ny,1,3\nx,2,2\n",
        "add --id unique_id,ds",
    ),
    "repeated together, spelled differently": (
        "unique_id,ds,pred\nx,1,1\nx,2,2\ny,1,3\n",
        "UniqueID,ds,target\nx,1,1\ny,1,3\nx,2,2\n",
        "add --id unique_id=UniqueID,ds",
    ),
    "any unique column": ("sentence,pred\na b,1\nc d,2\n", "sentence,target\nc d,1\na b,2\n", "--id sentence"),
    "a column that repeats": ("fold,pred\n1,1\n1,2\n2,3\n", "fold,target\n2,1\n1,2\n1,3\n", ""),
    "other features": ("x1,pred\n0.1,1\n0.2,2\n", "x1,target\n0.3,1\n0.4,2\n", ""),
    "an id in order beside another column": ("id,s,pred\n1,a,1\n2,b,2\n", "id,s,target\n1,b,1\n2,a,2\n", ""),
    "zeros": ("id,pred\n01,1\n1,2\n", "id,target\n1,1\n01,2\n", "2 rows of 2"),
    "long numbers": (f"id,pred\n{2**53},1\n{2**53 + 1},2\n", f"id,target\n{2**53 + 1},1\n{2**53},2\n", "2 rows of 2"),
}


SPELLED = [("id", "ID"), ("image_id", "ImageId"), ("sample name", "Sample-Name"), ("Unnamed: 0", "")]


@pytest.mark.parametrize(("one", "other"), [*SPELLED, *(pair[::-1] for pair in SPELLED)])
def test_ids_whose_names_are_spelled_differently(one: str, other: str) -> None:
    files: Files = {"a.csv": A["a.csv"].replace("id,", f"{one},"), "b.csv": B["b.csv"].replace("id,", f"{other},")}
    got = cli(MSE, files)
    assert "W115" in got.err and float(got.out) == AS_THEY_STAND
    for name in (one, other):
        got = cli([*MSE, "--id", name], files)
        assert (got.err, float(got.out)) == ("", RIGHT)


KEYED: dict[str, tuple[str, str]] = {  # a.json, keyed by id, and the source in it
    "values": ('{"x": 1, "y": 2, "z": 4}', "a.json"),
    "records": ('{"x": {"pred": 1, "n": 0}, "y": {"pred": 2, "n": 0}, "z": {"pred": 4, "n": 0}}', "a.json::pred"),
}


@pytest.mark.parametrize(("text", "source"), KEYED.values(), ids=KEYED)
@pytest.mark.parametrize("turned", [False, True])
def test_a_keyed_table_beside_one_with_ids(text: str, source: str, turned: bool) -> None:
    """As submissions are written: MLQA#5, FreeSolv's database.json."""
    sources = ["-p", "b.csv::target", "-t", source] if turned else ["-p", source, "-t", "b.csv::target"]
    argv = ["compute", "mse", *sources, "-f", "value"]
    files: Files = {"a.json": text, **B}
    got = cli(argv, files)
    assert "W115" in got.err and "--id id" in got.err and float(got.out) == AS_THEY_STAND
    assert number(*argv, "--id", "id", files=files) == RIGHT
    assert cli(argv, files | {"b.csv": "id,target\nx,10\ny,20\nz,40\n"}).err == ""


def test_keys_that_only_count_are_no_ids() -> None:
    files: Files = {"a.json": '{"0": 1, "1": 2, "2": 4}', "b.csv": "id,target\n1,10\n2,20\n3,40\n"}
    got = cli(["compute", "mse", "-p", "a.json", "-t", "b.csv::target", "-f", "value"], files)
    assert (got.err, float(got.out)) == ("", RIGHT)


def test_two_keyed_series() -> None:
    files: Files = {"a.json": '{"x": 1, "y": 2, "z": 4}', "b.yaml": "z: 40\nx: 10\ny: 20\n"}
    argv = ["compute", "mse", "-p", "a.json", "-t", "b.yaml", "-f", "value"]
    assert "--id index" in cli(argv, files).err
    assert number(*argv, "--id", "index", files=files) == RIGHT


@pytest.mark.parametrize(("ids", "others"), [([1, 2, 3], ["3.0", "1.0", "2.0"]), (["1.0", "2.0", "3.0"], ["3", "1", "2"])])
@pytest.mark.parametrize(("one", "other"), list(itertools.product(("csv", "json", "parquet"), repeat=2)))
def test_whole_ids_that_pandas_wrote_as_floats(one: str, other: str, ids: list[Any], others: list[Any]) -> None:
    """A column of integers in which one is missing becomes one of floats, and keeps its .0 in text."""
    test = WRITE[other]({"id": others, "target": [TARGET[2], *TARGET[:2]]})
    files: Files = {f"a.{one}": WRITE[one]({"id": ids, "pred": PRED}), f"b.{other}": test}
    argv = ["compute", "mse", "-p", f"a.{one}::pred", "-t", f"b.{other}::target", "-f", "value"]
    assert number(*argv, "--id", "id", files=files) == RIGHT
    got = cli(argv, files)
    assert "W115" in got.err and float(got.out) == AS_THEY_STAND


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("a", "b", "said"), ORDER.values(), ids=ORDER)
def test_order(a: str, b: str, said: str) -> None:
    got = cli(MSE, {"a.csv": a, "b.csv": b})
    assert got.code == 0, got.err
    assert ("W115" in got.err and said in got.err) if said else got.err == "", got.err


def test_two_rows_of_many(reader: str) -> None:
    """Wherever they stand, behind the first piece of a file too: a look at the first rows would not see them."""
    n = 40_000 if reader == "csv" else 90_000
    rows, at = [f"row number {i},{i % 7}" for i in range(n)], n - 2
    files: Files = {"a.csv": "\n".join(["id,pred", *rows]), "b.csv": "\n".join(["id,target", *rows[:at], rows[at + 1], rows[at]])}
    said = f"2 rows of {n:,} differ (row {at} is row number {at} and row number {at + 1})"
    assert said in cli(MSE, files).err
    assert cli([*MSE, "--id", "id"], files).out == "0.0\n"


def test_the_advice_of_the_warning_gives_the_right_number() -> None:
    """What stands behind 'add' in the warning, put behind the command, gives the right number."""
    for name in ("id", "my id", "2020", "a::b", "", "it's"):
        files: Files = {"a.csv": f"{name},pred\nx,1\ny,2\nz,4\n", "b.csv": f"{name},target\nz,40\nx,10\ny,20\n"}
        said = cli([*MSE, "--header"], files).err
        import shlex

        advice = shlex.split(said.rpartition("; to match the rows by it add ")[2]) if name else ["--id", "a.csv::"]
        assert number(*MSE, "--header", *advice, files=files) == RIGHT, said


def test_tables_keyed_by_id() -> None:
    files: Files = {
        "a.json": '{"x": {"pred": 1}, "y": {"pred": 2}, "z": {"pred": 4}}',
        "b.json": '{"z": {"target": 40}, "x": {"target": 10}, "y": {"target": 20}}',
    }
    argv = ["compute", "mse", "-p", "a.json::pred", "-t", "b.json::target", "-f", "value"]
    assert "3 rows of 3 differ" in cli(argv, files).err
    assert number(*argv, "--id", "index", files=files) == RIGHT
    assert cli(argv, files | {"b.json": '{"x": {"target": 1}, "y": {"target": 2}, "z": {"target": 3}}'}).err == ""


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["1", "2"], ""),
        (["01", "02"], ""),
        (["a", "b"], ""),
        (["1", "3"], "W115 the names of the files of p-*.csv and t-*.csv do not match: p-2.csv is paired with t-3.csv"),
    ],
)
def test_patterns_whose_files_do_not_match_are_a_warning(parts: list[str], said: str) -> None:
    files: Files = {"p-1.csv": "v\n1\n", "p-2.csv": "v\n2\n", **{f"t-{part}.csv": "v\n1\n" for part in parts}}
    got = cli(["compute", "mse", "-p", "p-*.csv::v", "-t", "t-*.csv::v", "-f", "value"], files)
    assert got.code == 0 and (said in got.err if said else got.err == ""), got.err


class Index(list[str]):
    """As much of pandas' as is asked for."""

    def equals(self, other: list[str]) -> bool:
        return self == other

    def sort_values(self) -> Index:
        return Index(sorted(self))


class Series:
    def __init__(self, values: list[float], index: list[str]) -> None:
        self.values, self.index = values, Index(index)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.values, dtype)


@pytest.mark.parametrize(("index", "codes"), [(["z", "x", "y"], ["W115"]), (IDS, []), (["0", "1", "2"], [])])
def test_the_index_of_a_series(index: list[str], codes: list[str]) -> None:
    found = losscli.compute("mse", pred=Series(PRED, IDS), target=Series([40.0, 10.0, 20.0], index))
    assert [w.code for w in found.warnings] == codes


def test_the_warning_in_compare_and_objectives() -> None:
    files = A | B | {"o.yaml": OBJECTIVE % ("", "")}
    assert "W115 e: a.csv and b.csv" in cli(["compute", "o.yaml"], files).err
    got = cli(["compare", "-l", "mse", "-p", "a.csv::pred", "-p", "q=b.csv::target", "-t", "b.csv::target"], files)
    assert "W115 a.csv::pred: a.csv and b.csv" in got.err and "W116 q: pred and target are the same column" in got.err


# --- a role beside itself --------------------------------------------------------------------------------------------------

ITSELF: dict[str, list[str]] = {
    "standard input": ["compute", "mse", "-p", "-", "-t", "-"],
    "by name": ["compute", "mse", "d.csv", "-p", "y_true"],
    "a file": ["compute", "mse", "-p", "v.npy", "-t", "./v.npy"],
    "by position": ["compute", "mse", "d.csv", "-p", "::0", "-t", "y_true"],
    "another way": ["compute", "mse", "d.csv", "-p", "./d.csv::y_true", "-t", "y_true"],
    "one of several": ["compute", "mse", "d.csv", "-p", "y_true,y_pred", "-t", "y_true,y_true", "-r", "sum"],
}


@pytest.mark.parametrize("argv", ITSELF.values(), ids=ITSELF)
def test_two_roles_with_the_same_column_are_a_warning(argv: list[str]) -> None:
    file = io.BytesIO()
    np.save(file, np.ones(3))
    got = cli([*argv, "-f", "value"], {"d.csv": "y_true,y_pred\n1,2\n3,4\n", "v.npy": file.getvalue()}, "1\n2\n")
    assert got.code == 0 and "W116" in got.err, got.err


def test_columns_that_are_crossed_are_not_compared_with_themselves() -> None:
    got = cli(["compute", "mse", "d.csv", "-p", "a,b", "-t", "b,a", "-f", "value"], {"d.csv": "a,b\n1,2\n3,5\n"})
    assert got.out == "2.5\n" and "W113" in got.err and "W116" not in got.err, got.err


def test_numbers_that_are_typed_twice_are_no_warning() -> None:
    assert cli(["compute", "mse", "-p", "1,2", "-t", "1,2"]).err == ""


# --- options given twice ---------------------------------------------------------------------------------------------------

SEVERAL = {"loss", "role"}  # of compare and objectives, beside pred of compare


@pytest.mark.parametrize("known", list(LOSSES.values())[::12], ids=lambda known: known.name)
def test_every_option_is_given_once(known: Any) -> None:
    for flag in (f"--{name.replace('_', '-')}" for name in (*known.roles, *known.options, "max", "nan", "id", "format", "sample_weight")):
        if known.options.get(flag[2:].replace("-", "_")) is None or known.options[flag[2:].replace("-", "_")].kind != "bool":
            got = cli(["compute", known.name, flag, "1", flag, "1"])
            assert got.code == USAGE and "given twice" in got.err, (flag, got.err)
        else:
            got = cli(["compute", known.name, flag, f"--no-{flag[2:]}"])
            assert got.code == USAGE and "are both given" in got.err, (flag, got.err)


def test_an_option_that_is_given_twice_is_refused() -> None:
    assert cli(["compute", "mse", "-p", "1", "-t", "1", "-q", "-q", "-f", "value"]).code == 0
    assert cli(["compare", "-l", "mse", "-l", "mae", "-p", "1", "-p", "2", "-t", "3", "-f", "value"]).code == 0
    refused(cli(["compare", "-l", "mse", "-p", "1", "-t", "1", "-t", "2"]), USAGE, "-t is given twice: it takes one value")
    refused(cli(["compute", "mse", "-p", "1", "-t", "1", "--header", "--no-header"]), USAGE, "--header and --no-header are both given")


# --- rows left out ---------------------------------------------------------------------------------------------------------

HOLES = ["compute", "mse", "-p", "1,nan,3", "-t", "1,2,4", "-r", "none", "--nan", "omit"]


@pytest.mark.parametrize("to", [["-f", "value"], ["-o", "x.npy"], ["-f", "value", "--grad", "pred"]])
def test_rows_left_out(to: list[str]) -> None:
    got = cli([*HOLES, *to])
    assert got.code == 0 and "W117 1 row of 3 left out" in got.err
    refused(cli([*HOLES, *to, "--strict"]), INPUT, "W117")


@pytest.mark.parametrize("to", ["csv", "jsonl", "json", "table"])
def test_rows_left_out_that_are_numbered(to: str) -> None:
    assert cli([*HOLES, "-f", to]).err == ""


def test_rows_left_out_of_arrays() -> None:
    found = losscli.compute("mse", pred=[1.0, np.nan, 3.0], target=[1.0, 2.0, 4.0], reduction="none", nan="omit")
    assert (found.values.tolist(), found.values_rows.tolist(), found.to_dict()["values_rows"]) == ([0.0, 1.0], [0, 2], [0, 2])


# --- compare: what a prediction is, and whose an error is --------------------------------------------------------------------

M: Files = {"m.csv": "m_1,m_2,y\n1,2,1\n3,5,5\n"}  # squared errors 0, 4 and 1, 0
EACH: dict[str, tuple[list[str], list[str]]] = {  # what is asked for, the names of the predictions
    "list": (["-l", "mse", "-p", "m_1,m_2"], ["m_1", "m_2"]),
    "pattern": (["-l", "mse", "-p", "m_*"], ["m_1", "m_2"]),
    "range": (["-l", "mse", "-p", "m_1:m_2"], ["m_1", "m_2"]),
    "of a file": (["-l", "mse", "-p", "m.csv::m_*"], ["m.csv::m_1", "m.csv::m_2"]),
    "beside another": (["-l", "mse", "-p", "a=m_1", "-p", "m_*"], ["a", "m_1", "m_2"]),
}


@pytest.mark.parametrize(("argv", "names"), EACH.values(), ids=EACH)
def test_a_prediction_for_each_column(argv: list[str], names: list[str]) -> None:
    got = cli(["compare", "m.csv", "-t", "y", *argv, "-f", "json"], M)
    results = {r["prediction"]: r["value"] for r in json.loads(got.out)["results"]}
    assert results == {n: {"1": 2.0, "2": 0.5, "a": 2.0}[n[-1]] for n in names}


def test_columns_that_are_one_prediction() -> None:
    """A column for each class, and a prediction of several outputs."""
    got = cli(["compare", "m.csv", "-l", "cross_entropy", "-p", "m_*", "-t", "1,2", "-f", "json"], M)
    assert [r["prediction"] for r in json.loads(got.out)["results"]] == ["m_*"]
    got = cli(["compare", "m.csv", "-l", "mse", "-p", "m_*", "-t", "y,m_1", "-f", "json"], M)  # (0 + 1 + 4 + 4) / 4
    assert [r["value"] for r in json.loads(got.out)["results"]] == [9 / 4]


def test_a_path_with_an_equals_sign(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lr=0.1").mkdir()
    (tmp_path / "lr=0.1" / "p.csv").write_text("p\n1\n3\n")
    monkeypatch.chdir(tmp_path)
    from losscli.cli.app import run

    argv = ["compare", "-l", "mse", "-p", "./lr=0.1/p.csv", "-p", "lr=0.1/p.csv::p", "-p", "q=2,3", "-t", "1,3", "-o", "r.json"]
    assert run(argv) == 0
    found = json.loads((tmp_path / "r.json").read_text())
    assert {r["prediction"]: r["value"] for r in found["results"]} == {"./lr=0.1/p.csv": 0.0, "lr=0.1/p.csv::p": 0.0, "q": 0.5}


def test_class_weights_as_the_signature_has_them() -> None:
    """Logits 0 and 0 cost log 2 whatever the weights: Σ w log 2 / Σ w."""
    argv = ["compare", "-p", "[[0,0],[0,0]]", "-t", "0,1", "-f", "value"]
    for written in ("1:3", "[1,3]"):
        assert number(*argv, "-l", f"cross_entropy:class_weight={written}", files={}) == pytest.approx(np.log(2), rel=1e-15)
    refused(cli([*argv, "-l", "cross_entropy:class_weight=1,3"]), USAGE, "write numbers in brackets: class_weight=[1,3]")


WHOSE: dict[str, tuple[list[str], Files, str]] = {
    "a column": (
        ["compute", "mse", "d.csv", "-p", "a", "-t", "y"],
        {"d.csv": "a,y\n1,2\n,3\n"},
        "pred = d.csv::a: row 1 (line 3) is nan or empty",
    ),
    "a prediction": (
        ["compare", "d.csv", "-l", "mse", "-p", "y", "-p", "best=a", "-t", "y"],
        {"d.csv": "a,y\n1,2\n,3\n"},
        "best: pred = d.csv::a: row 1 (line 3) is nan or empty",
    ),
    "weights": (
        ["compute", "mse", "d.csv", "-p", "y", "-t", "1,2", "-w", "a"],
        {"d.csv": "a,y\n1,2\n-1,3\n"},
        "sample_weight = d.csv::a: row 1 (line 3) is -1",
    ),
}


@pytest.mark.parametrize(("argv", "files", "said"), WHOSE.values(), ids=WHOSE)
def test_an_error_names_its_prediction_and_loss(argv: list[str], files: Files, said: str) -> None:
    refused(cli(argv, files), INPUT, f"error: {said}")


def test_a_warning_names_its_predictions_and_losses() -> None:
    """Of a probability of 0 with label 1 the logarithm is bounded: q has one such row, r two, p none."""
    files: Files = {"d.csv": "p,q,r,y\n0.5,0,0,1\n0.5,0.5,0,1\n"}
    err = cli(["compare", "d.csv", "-l", "bce", "-l", "mse", "-p", "p", "-p", "q", "-p", "r", "-t", "y"], files).err
    assert "W104 q under bce: 1 row" in err and "W104 r under bce: 2 rows" in err


UNQUOTED = {
    "compute": ["compute", "mse", "-p", "p-1.csv", "p-2.csv", "p-3.csv", "-t", "y"],
    "compare": ["compare", "-l", "mse", "-p", "p-1.csv", "p-2.csv", "p-3.csv", "-t", "y"],
}


@pytest.mark.parametrize("argv", UNQUOTED.values(), ids=UNQUOTED)
def test_a_pattern_that_the_shell_expanded_is_explained(argv: list[str]) -> None:
    refused(cli(argv), USAGE, "p-3.csv", "quote it")


def test_two_losses_in_one_option_are_refused() -> None:
    refused(cli(["compare", "-l", "rmse,mae", "-p", "1", "-t", "1"]), USAGE, "repeat -l for each, -l rmse -l mae")
    refused(cli(["compare", "-l", "huber:delta=1,mae", "-p", "1", "-t", "1"]), USAGE, "repeat -l: -l mae")
