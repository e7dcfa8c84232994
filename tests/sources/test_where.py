"""--where: the result is that of a file with only these rows, to the bit, in every format and for every kind of loss."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.conditions import read_condition
from losscli.data.kept import PART, Kept
from losscli.errors import UsageError
from tests.support.command import cli, npy, npz
from tests.support.sources import INPUT, USAGE, Files, by_any_reader, refused

# --- which cells meet a condition ------------------------------------------------------------------------------------------

NUMBERS = ["3", "-1", "2.5", "", "nan", "3.0"]
WORDS = ["north", "South", "", "NA", "true", "7", "north east", "2024-02-03"]
CELLS: dict[str, tuple[list[str], str, list[int]]] = {  # the cells, the condition on the column x, the rows that meet it
    "number": (NUMBERS, "x=3", [0, 5]),
    "number in another spelling": (NUMBERS, "x=3e0", [0, 5]),
    "not": (NUMBERS, "x!=3", [1, 2, 3, 4]),
    "less": (NUMBERS, "x<2.5", [1]),
    "at most": (NUMBERS, "x<=2.5", [1, 2]),
    "more": (NUMBERS, "x>2.5", [0, 5]),
    "at least": (NUMBERS, " x >= 2.5 ", [0, 2, 5]),
    "missing": (NUMBERS, "x=", [3, 4]),
    "present": (NUMBERS, "x!=", [0, 1, 2, 5]),
    "nan": (NUMBERS, "x=nan", [3, 4]),
    "a word among numbers": (NUMBERS, "x=north", []),
    "no word among numbers": (NUMBERS, "x!=north", [0, 1, 2, 3, 4, 5]),
    "word": (WORDS, "x=north", [0]),
    "not the word": (WORDS, "x!=north", [1, 2, 3, 4, 5, 6, 7]),
    "word with a blank": (WORDS, "x=north east", [6]),
    "in quotes": (WORDS, "x='north east'", [6]),
    "missing among words": (WORDS, "x=", [2]),
    "missing in quotes": (WORDS, "x=''", [2]),
    "NA is a word": (WORDS, "x=NA", [3]),
    "true is a word": (WORDS, "x=true", [4]),
    "the number 7": (WORDS, "x=7.0", [5]),
    "order of words": (WORDS[:2] + WORDS[-1:], "x<north", [1, 2]),
    "order of dates": (["2024-02-03", "2023-12-31", ""], "x>=2024-01-01", [0]),
    "order of words in quotes": (["2024-02-03", "2023-12-31", ""], "x>='2024'", [0]),
    "a number in quotes is a word": (["7", "07", "a"], "x='07'", []),
}


@by_any_reader
@pytest.mark.parametrize(("cells", "condition", "rows"), CELLS.values(), ids=CELLS)
def test_cells(cells: list[str], condition: str, rows: list[int]) -> None:
    files: Files = {"d.csv": "x,pred,target\n" + "".join(f'"{c}",{i},0\n' if " " in c else f"{c},{i},0\n" for i, c in enumerate(cells))}
    got = cli(["compute", "mae", "d.csv", "--where", condition, "-r", "none", "-f", "value"], files)
    assert (got.code, [int(float(x)) for x in got.out.split()]) == (0, rows), got.err


def test_typed_columns() -> None:
    """Whole numbers are exact, true is 1 in a column of booleans, and a Parquet file has both."""
    columns: dict[str, Any] = {
        "pred": np.arange(3.0),
        "target": np.zeros(3),
        "id": np.array([2**60, 2**60 + 1, 5]),
        "ok": [True, False, True],
    }
    parquet = io.BytesIO()
    pl.DataFrame(columns).write_parquet(parquet)
    files: Files = {"d.npz": npz(**columns), "d.parquet": parquet.getvalue()}
    for file in files:
        for condition, rows in (("id=1152921504606846977", [1]), ("ok=true", [0, 2]), ("ok!=true", [1]), ("ok=1", [0, 2]), ("id<6", [2])):
            got = cli(["compute", "mae", file, "--where", condition, "-r", "none", "-f", "value"], files)
            assert [int(float(x)) for x in got.out.split()] == rows, (file, condition, got.err)


QUOTED = {
    "'a=b'<3": ("a=b", "<", "3"),
    '"a b" = "c = d"': ("a b", "=", "c = d"),
    "a=b=c": ("a", "=", "b=c"),
    "f.csv::a>=-1": ("f.csv::a", ">=", "-1"),
}


@pytest.mark.parametrize(("text", "parts"), QUOTED.items(), ids=QUOTED)
def test_quotes(text: str, parts: tuple[str, str, str]) -> None:
    condition = read_condition(text)
    assert (condition.column, condition.operator, condition.value) == parts


BAD_TEXTS = {
    "x==3": "== is no operator: write =;",
    "x<>3": "<> is no operator: write !=;",
    "x=>3": "=> is no operator: write >=;",
    "x~3": "~ is no operator: the operators are = != < <= > >=;",
    "x": "takes a column, an operator and a value, such as 'region=north' or 'year>=2020', not 'x'",
    "=3": "takes a column, an operator and a value",
    "x='a": "the quote before 'a' is not closed",
}


@pytest.mark.parametrize(("text", "said"), BAD_TEXTS.items(), ids=BAD_TEXTS)
def test_bad_texts(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_condition(text)
    assert said in str(raised.value)
    refused(cli(["compute", "mae", "-p", "1", "-t", "1", "--where", text]), said, code=USAGE)


TABLE = "region,score,pred,target\nnorth,1,1,0\nsouth,unknown,2,0\n"
BAD: dict[str, tuple[list[str], str, int]] = {
    "unknown column": (["regoin=north"], "--where regoin=north: no column or file 'regoin' (did you mean region?)", INPUT),
    "number for a column": (["3=3"], "--where 3=3: --where 3 was read as numbers: for a column by its position write ::3", USAGE),
    "several columns": (["region,score=3"], "--where region,score names 2 columns: give one", INPUT),
    "order of a number and a word": (
        ["score>0"],
        "row 1 (line 3): 'unknown' and '0' are a number and a word, which have no order; for the order of words write",
        INPUT,
    ),
    "order of a word and a number": (["pred>north"], "row 0 (line 2): 1.0 and 'north' are a number and a word, which have no order", INPUT),
    "other rows": (["o.npy=1"], "--where has 3 rows", INPUT),
    "vectors": (["v.npy=1"], "has 2 values in a row: a condition takes one", INPUT),
}


@pytest.mark.parametrize(("conditions", "said", "code"), BAD.values(), ids=BAD)
def test_refused(conditions: list[str], said: str, code: int) -> None:
    files: Files = {"d.csv": TABLE, "o.npy": npy([1, 2, 3]), "v.npy": npy(np.ones((2, 2)))}
    refused(cli(["compute", "mae", "d.csv", *(x for c in conditions for x in ("--where", c))], files), said, code=code)


# --- the law: as a file with only these rows -------------------------------------------------------------------------------

N = 5000
LOSSES: dict[str, list[str]] = {
    "mse": ["-p", "p", "-t", "t"],
    "rmse": ["-p", "p", "-t", "t"],
    "huber": ["-p", "p", "-t", "t", "--delta", "0.7", "-w", "w"],
    "rse": ["-p", "p", "-t", "t", "-w", "w"],
    "median_ae": ["-p", "p", "-t", "t"],
    "cross_entropy": ["-p", "logit_a,logit_b", "-t", "label", "--class-weight", "balanced"],
    "zero_one": ["-p", "region", "-t", "label"],
    "nt_xent": ["--z-a", "logit_a,logit_b", "--z-b", "p,t"],
    "mae": ["-p", "p", "-t", "t", "-r", "sum"],
}


def _table(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "region": rng.choice(["north", "south", "east"], N, p=[0.2, 0.7, 0.1]),
        "year": rng.integers(2019, 2025, N),
        "p": rng.normal(size=N),
        "t": rng.normal(size=N),
        "w": rng.uniform(0.5, 2, N),
        "logit_a": rng.normal(size=N),
        "logit_b": rng.normal(size=N),
        "label": rng.choice(["a", "b"], N),
    }


def _files(table: dict[str, Any], stem: str) -> Files:
    frame, parquet = pl.DataFrame(table), io.BytesIO()
    frame.write_parquet(parquet)
    return {
        f"{stem}.csv": frame.write_csv(),
        f"{stem}.json": json.dumps({k: np.asarray(x).tolist() for k, x in table.items()}),
        f"{stem}.jsonl": frame.write_ndjson(),
        f"{stem}.npz": npz(**table),
        f"{stem}.parquet": parquet.getvalue(),
    }


ALL = _table()
MASK = (ALL["region"] != "south") & (ALL["year"] >= 2021)
WHERE = ["--where", "region!=south", "--where", "year>=2021"]
FILES = _files(ALL, "all") | _files({k: x[MASK] for k, x in ALL.items()}, "some")


def _document(argv: list[str]) -> dict[str, Any]:
    got = cli([*argv, "-f", "json"], FILES)
    assert got.code == 0, got.err
    return json.loads(got.out)


SLOW = ("nt_xent", "median_ae")  # in two formats only: all formats give the same columns
AS_A_FILE = [(loss, suffix) for loss in LOSSES for suffix in ("csv", "npz", *(() if loss in SLOW else ("json", "jsonl", "parquet")))]


@pytest.mark.parametrize(("loss", "suffix"), AS_A_FILE)
def test_as_a_file_with_only_these_rows(loss: str, suffix: str) -> None:
    argv = LOSSES[loss]
    filtered = _document(["compute", loss, f"all.{suffix}", *argv, *WHERE])
    alone = _document(["compute", loss, f"some.{suffix}", *argv])
    for key in ("value", "denominator", "summary", "signature", "notes", "warnings"):
        assert filtered.get(key) == alone.get(key), key
    assert filtered["rows"] == {"read": N, "used": int(MASK.sum()), "omitted": 0, "ignored": 0, "filtered": int((~MASK).sum())}
    assert filtered["where"] == ["region!=south", "year>=2021"]


@pytest.mark.parametrize("threads", ["1", "3"])
def test_threads_and_many_blocks(threads: str) -> None:
    rng = np.random.default_rng(1)
    p, g = rng.normal(size=700_000), rng.integers(0, 3, 700_000)
    files: Files = {"all.npz": npz(pred=p, target=-p, g=g), "some.npz": npz(pred=p[g == 1], target=-p[g == 1])}
    argv = ["-f", "value", "--threads", threads]
    got = cli(["compute", "rmse", "all.npz", "--where", "g=1", *argv], files)
    assert got.out == cli(["compute", "rmse", "some.npz", *argv], files).out and got.code == 0


def test_rows_keep_their_numbers() -> None:
    files: Files = {"d.csv": "g,pred,target\n" + "".join(f"{'ab'[i % 2]},{i},0\n" for i in range(10))}
    got = cli(["compute", "mae", "d.csv", "--where", "g=b", "-r", "none", "-f", "csv"], files)
    assert got.out == "row,loss\n1,1.0\n3,3.0\n5,5.0\n7,7.0\n9,9.0\n"
    got = cli(["compute", "mae", "d.csv", "--where", "g=b", "--top", "2", "-f", "json"], files)
    assert json.loads(got.out)["top"] == [{"row": 9, "loss": 9.0}, {"row": 7, "loss": 7.0}]
    got = cli(["compute", "mae", "d.csv", "--where", "g=b", "-r", "none", "-f", "json"], files)
    assert json.loads(got.out)["values_rows"] == [1, 3, 5, 7, 9]
    got = cli(["compute", "mae", "d.csv", "--where", "g=b", "--grad", "pred", "-f", "json"], files)
    assert json.loads(got.out)["gradient_rows"] == [1, 3, 5, 7, 9]
    got = cli(["compute", "mae", "d.csv", "--where", "g=b"], files)
    assert "10 rows read, 5 used, 5 left out (where g=b)" in got.out


def test_bad_values_in_other_rows_do_not_matter() -> None:
    """A word, a missing value or a value outside the domain is an error in the rows that are kept alone, with their numbers."""
    text = "g,pred,target\na,0.5,1\nb,word,1\nb,7,1\na,,0\na,0.25,0\n"
    argv = ["compute", "bce", "d.csv", "--where", "g=a"]
    refused(cli(argv, {"d.csv": text}), "row 3 (line 5)", code=INPUT)
    got = cli([*argv, "--nan", "omit", "-f", "json"], {"d.csv": text})
    assert json.loads(got.out)["rows"] == {"read": 5, "used": 2, "omitted": 1, "ignored": 0, "filtered": 2}
    assert json.loads(got.out)["value"] == pytest.approx((np.log(2) - np.log(0.75)) / 2, rel=1e-15)


def test_by_id() -> None:
    """The condition may be in another file; rows are matched by id first."""
    files: Files = {"p.csv": "id,pred\nx,1\ny,2\nz,4\n", "t.csv": "id,target,g\nz,0,a\nx,0,b\ny,0,a\n"}
    argv = ["compute", "mae", "p.csv", "-t", "t.csv::target", "--id", "id", "--where", "t.csv::g=a", "-r", "none", "-f", "csv"]
    assert cli(argv, files).out == "id,loss\ny,2.0\nz,4.0\n"
    got = cli(
        ["compare", "p.csv", "-l", "mae", "-p", "pred", "-t", "t.csv::target", "--id", "id", "--where", "t.csv::g=a", "-f", "json"], files
    )
    assert json.loads(got.out)["results"][0]["value"] == 3.0


def test_compare() -> None:
    argv = ["-l", "mse", "-l", "rmse", "-p", "p", "-p", "w", "-t", "t"]
    filtered, alone = (_document(["compare", file, *argv, *where]) for file, where in (("all.csv", WHERE), ("some.csv", [])))
    assert filtered["results"] == alone["results"] and filtered["where"] == ["region!=south", "year>=2021"]
    assert filtered["rows"]["filtered"] == int((~MASK).sum())


def test_objective() -> None:
    """Every term has the rows that meet the condition, and an objective in a comparison too."""
    text = "terms:\n  a: {loss: mse, pred: p, target: t}\n  b: {loss: rmse, target: t}\n"
    files = {**FILES, "o.yaml": text}
    for suffix in ("csv", "npz"):
        filtered, alone = (
            json.loads(cli(["compute", "o.yaml", f"{stem}.{suffix}", "-p", "w", *where, "-f", "json"], files).out)
            for stem, where in (("all", WHERE), ("some", []))
        )
        assert filtered["total"] == alone["total"] and filtered["where"] == ["region!=south", "year>=2021"]
        argv = ["-l", "o.yaml", "-l", "mae", "-p", "w", "-t", "t", "-f", "json"]
        both = [json.loads(cli(["compare", f"{s}.{suffix}", *argv, *w], files).out) for s, w in (("all", WHERE), ("some", []))]
        assert both[0]["results"] == both[1]["results"]


@pytest.mark.parametrize("loss", ["mse", "rmse", "dice", "cross_entropy", "median_ae"])
def test_nothing_left_passes_no_gate(loss: str) -> None:
    argv = ["-p", "logit_a,logit_b", "-t", "label"] if loss == "cross_entropy" else ["-p", "w", "-t", "w"]
    for suffix in ("csv", "npz", "parquet"):
        got = cli(["compute", loss, f"all.{suffix}", *argv, "--where", "region=noth", "--max", "1e9", "--min", "-1e9"], FILES)
        assert got.code == 1 and "no row of 5,000 meets region=noth" in got.err and "nan" in got.out


def test_similar_word() -> None:
    got = cli(["compute", "mae", "all.csv", "-p", "p", "-t", "t", "--where", "region=North"], FILES)
    assert "meets region=North (did you mean north" in got.err


def test_mapped_file() -> None:
    """A large NPY file is read in pieces, and only the kept rows of each."""
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(2**21 + 17, 2)), rng.integers(0, 50, 2**21 + 17)
    files: Files = {"x.npy": npy(x), "y.npy": npy(x[g == 7]), "g.npy": npy(g), "z.npy": npy(np.zeros((1, 2)))}
    filtered, alone = (
        cli(["compute", "rmse", "-p", file, "-t", "z.npy", "--broadcast", *where, "-f", "value"], files)
        for file, where in (("x.npy", ["--where", "g.npy=7"]), ("y.npy", []))
    )
    assert filtered.out == alone.out and filtered.code == 0, filtered.err


@pytest.mark.parametrize("share", [0, 1e-5, 0.5, 1])
def test_numbers_of_kept_rows(share: float) -> None:
    mask = np.random.default_rng(3).random(3 * PART + 5) < share
    kept, expected = Kept(mask, ["x"]), np.flatnonzero(mask)
    assert (kept.total, kept.count) == (len(mask), len(expected))
    ends = [0, 1, len(expected) // 3, len(expected) // 2, len(expected) - 1, len(expected), len(expected) + 9]
    for a in ends:
        for b in ends:
            assert np.array_equal(kept.numbers(max(a, 0), b), expected[max(a, 0) : max(b, 0)])
    column = Column("", np.arange(len(mask))).only(kept)
    assert np.array_equal(Data({"": column}).all()[""], expected)
