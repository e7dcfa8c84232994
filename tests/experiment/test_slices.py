"""--by: each slice is computed as by --where, to the bit; the parts add up to the whole; and the peers agree."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.slices import Slices, cut
from losscli.errors import InputError
from losscli.sources.slice_columns import bin_labels, quantile_edges
from tests.support.command import cli, npz
from tests.support.sources import INPUT, Files, refused

N = 3000


def _table(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "region": rng.choice(["north", "south", "NA", ""], N, p=[0.2, 0.5, 0.2, 0.1]),
        "year": rng.integers(2022, 2025, N),
        "p": rng.normal(size=N),
        "q": rng.normal(size=N),
        "t": rng.normal(size=N),
        "w": rng.uniform(0.5, 2, N),
        "logit_a": rng.normal(size=N),
        "logit_b": rng.normal(size=N),
        "label": rng.choice(["a", "b"], N),
        "word": rng.choice(["b", "c", "a"], N),
        "holes": np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)),
    }


TABLE = _table()
FRAME = pl.DataFrame(TABLE)


def _parquet() -> bytes:
    file = io.BytesIO()
    FRAME.with_columns(pl.col("region").replace("", None)).write_parquet(file)
    return file.getvalue()


OWN = "def mine(pred, target):\n    return abs(pred - target)\ndef ranked(pred, target):\n    return pred[::-1] - target\n"
FILES: Files = {
    "d.csv": FRAME.write_csv().replace("NaN", ""),
    "d.json": json.dumps({k: [None if x != x else x for x in np.asarray(v).tolist()] for k, v in TABLE.items()}),
    "d.npz": npz(**TABLE),
    "d.parquet": _parquet(),
    "m.py": OWN,
    "o.yaml": "terms:\n  a: {loss: mse, pred: q, target: t}\n  b: {loss: rmse, target: t}\n",
}
LOSSES: dict[str, list[str]] = {
    "mse": ["-p", "p", "-t", "t"],
    "huber": ["-p", "p", "-t", "t", "-w", "w"],
    "rmse": ["-p", "p", "-t", "t"],
    "wape": ["-p", "p", "-t", "t", "-w", "w"],
    "median_ae": ["-p", "p", "-t", "t"],
    "mae": ["-p", "holes", "-t", "t", "--nan", "omit", "-r", "sum"],
    "smooth_l1": ["-p", "holes", "-t", "t", "--nan", "omit", "-w", "w"],
    "cross_entropy": ["-p", "logit_a,logit_b", "-t", "label", "--class-weight", "balanced"],
    "zero_one": ["-p", "label", "-t", "word"],
    "nt_xent": ["--z-a", "logit_a,logit_b", "--z-b", "p,t"],
    "m.py::mine": ["-p", "p", "-t", "t"],
}


def _document(*argv: str, files: Files = FILES) -> dict[str, Any]:
    got = cli([*argv, "-f", "json", "-q"], files)
    assert got.code == 0, got.err
    return json.loads(got.out)


def _where(key: dict[str, Any]) -> list[str]:
    return [x for name, cell in key.items() for x in ("--where", f"{name}={'' if cell is None else cell}")]


# --- the law: as --where ---------------------------------------------------------------------------------------------------


# all losses in two formats; a few in the others, which give the same columns, and by two columns of an array
AS_WHERE = [
    *((loss, "csv", by) for loss in LOSSES for by in ("region", "region,year")),
    *((loss, "npz", "region") for loss in LOSSES),
    *((loss, "npz", "region,year") for loss in ("mse", "smooth_l1", "rmse")),
    *((loss, suffix, "region") for loss in ("mse", "smooth_l1", "rmse") for suffix in ("json", "parquet")),
]


@pytest.mark.parametrize(("loss", "suffix", "by"), AS_WHERE)
def test_as_where(loss: str, suffix: str, by: str) -> None:
    command = ["compute", loss, f"d.{suffix}", *LOSSES[loss]]
    found = _document(*command, "--by", by)
    assert found["by"] == by.split(",") and len(found["slices"]) == (4 if by == "region" else 12)
    for one in found["slices"]:
        alone = _document(*command, *_where(one["slice"]), "--ci", "95")
        for key in ("value", "denominator", "se", "interval"):
            assert one.get(key) == alone.get(key), (one["slice"], key)
        expected = {k: n for k, n in alone["rows"].items() if k != "filtered"} | {"read": alone["rows"]["read"] - alone["rows"]["filtered"]}
        assert one["rows"] == expected
    whole = _document(*command, "--ci", "95")
    assert {k: found.get(k) for k in ("value", "denominator", "rows", "se", "interval")} == {
        k: whole.get(k) for k in ("value", "denominator", "rows", "se", "interval")
    }


def test_compare_as_where() -> None:
    command = ["compare", "d.csv", "-l", "mse", "-l", "rmse", "-l", "o.yaml", "-p", "p", "-p", "q", "-p", "w", "-t", "t"]
    found = _document(*command, "--by", "region")
    for one in found["slices"]:
        alone = _document(*command, *_where(one["slice"]))
        for ours, theirs in zip(one["results"], alone["results"], strict=True):
            for r in (ours, theirs):  # one is adjusted over the slices too
                r.pop("paired", {}).pop("p_adjusted", None)
            assert ours == theirs


@pytest.mark.parametrize("threads", ["1", "3"])
def test_threads_and_where_before(threads: str) -> None:
    """The slices of the rows that meet a condition."""
    argv = ["compute", "mse", "d.npz", "-p", "p", "-t", "t", "--by", "region", "--where", "year>=2023", "--threads", threads]
    found = _document(*argv)
    assert found["rows"]["filtered"] == int((TABLE["year"] < 2023).sum())
    for one in found["slices"]:
        alone = _document(*argv[:7], *_where(one["slice"]), "--where", "year>=2023", "--ci", "95")
        assert (one["value"], one["se"]) == (alone["value"], alone["se"])


def test_by_id() -> None:
    """The column of slices is in a file in another order."""
    order = np.random.default_rng(5).permutation(N)
    main = FRAME.select("p", "t").with_columns(id=pl.Series(np.arange(N)))
    other = FRAME.select("region").with_columns(id=pl.Series(np.arange(N)))[order]
    files: Files = {"a.csv": main.write_csv(), "g.csv": other.write_csv()}
    found = _document("compute", "mse", "a.csv", "-p", "p", "-t", "t", "--id", "id", "--by", "g.csv::region", files=files)
    expected = _document("compute", "mse", "d.csv", "-p", "p", "-t", "t", "--by", "region")
    assert found["slices"] == expected["slices"]


# --- the parts and the whole -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["mse", "huber", "smooth_l1", "mae"])
@pytest.mark.parametrize("by", [["--by", "region"], ["--by", "region,year", "--by-bins", "w:4"]])
def test_the_parts_add_up(loss: str, by: list[str]) -> None:
    found = _document("compute", loss, "d.csv", *LOSSES[loss], *by)
    assert math.fsum(s["share"] for s in found["slices"]) == pytest.approx(1, rel=1e-14)
    for count in ("read", "used", "omitted"):
        assert sum(s["rows"][count] for s in found["slices"]) == found["rows"][count]
    sums = [x for x in LOSSES[loss] if x not in ("-r", "sum")]
    total = _document("compute", loss, "d.csv", *sums, *by, "-r", "sum")
    assert math.fsum(s["value"] for s in total["slices"]) == pytest.approx(total["value"], rel=1e-13)
    assert [s["share"] for s in total["slices"] if s["slice"] == found["slices"][0]["slice"]] == [found["slices"][0]["share"]]


def test_no_share() -> None:
    """A statistic is no sum of losses, and losses below 0 have no shares."""
    assert all("share" not in s for s in _document("compute", "rmse", "d.csv", "-p", "p", "-t", "t", "--by", "region")["slices"])
    found = _document("compute", "gaussian_nll", "d.csv", "-p", "p", "-t", "p", "--var", "0.001", "--broadcast", "--by", "region")
    assert all("share" not in s for s in found["slices"])


def test_as_group_by() -> None:
    """Polars' group_by gives the means and the standard errors."""
    found = _document("compute", "mse", "d.csv", "-p", "p", "-t", "t", "--by", "region,year")
    square = (pl.col("p") - pl.col("t")) ** 2
    expected = FRAME.group_by("region", "year").agg(square.mean().alias("mean"), (square.std() / pl.len().sqrt()).alias("se"), pl.len())
    rows = {(r["region"] or None, r["year"]): r for r in expected.to_dicts()}
    assert len(found["slices"]) == len(rows)
    for s in found["slices"]:
        r = rows[s["slice"]["region"], s["slice"]["year"]]
        assert (s["value"], s["se"], s["rows"]["used"]) == (
            pytest.approx(r["mean"], rel=1e-13),
            pytest.approx(r["se"], rel=1e-12),
            r["len"],
        )
        half = stats.t.ppf(0.975, r["len"] - 1) * r["se"]
        assert s["interval"]["high"] == pytest.approx(r["mean"] + half, rel=1e-12)
    values = [s["value"] for s in found["slices"]]
    assert values == sorted(values, reverse=True)


def test_compare_as_scipy() -> None:
    """The paired test of each slice, and Holm over all slices and candidates."""
    found = _document("compare", "d.csv", "-l", "mse", "-p", "p", "-p", "q", "-p", "w", "-t", "t", "--by", "region")
    t, ps, adjusted = TABLE["t"], [], []
    for s in found["slices"]:
        rows = TABLE["region"] == (s["slice"]["region"] or "")
        base = (TABLE["p"] - t)[rows] ** 2
        for r in s["results"][1:]:
            test = stats.ttest_rel((TABLE[r["prediction"]] - t)[rows] ** 2, base)
            assert r["paired"]["p"] == pytest.approx(test.pvalue, rel=1e-9)
            low, high = test.confidence_interval()
            assert (r["paired"]["low"], r["paired"]["high"]) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))
            ps.append(r["paired"]["p"])
            adjusted.append(r["paired"]["p_adjusted"])
    assert adjusted == pytest.approx(multipletests(ps, method="holm")[1], rel=1e-12)
    differences = [s["results"][1]["difference"] for s in found["slices"]]
    assert differences == sorted(differences, reverse=True)


# --- bins ------------------------------------------------------------------------------------------------------------------


def test_bins() -> None:
    """Bins between the quantiles of NumPy's default method; a missing value is a slice of its own."""
    found = _document("compute", "mse", "d.npz", "-p", "p", "-t", "t", "--by-bins", "holes:4")
    x = TABLE["holes"]
    edges = np.quantile(x[~np.isnan(x)], [0, 0.25, 0.5, 0.75, 1])
    counts = np.histogram(x[~np.isnan(x)], edges)[0].tolist()
    by_label = {s["slice"]["holes"]: s for s in found["slices"]}
    assert sorted(s["rows"]["used"] for key, s in by_label.items() if key is not None) == sorted(counts)
    assert by_label[None]["rows"]["used"] == int(np.isnan(x).sum())
    inside = (x >= edges[1]) & (x < edges[2])
    label = next(key for key in by_label if key and key.startswith(f"[{edges[1]:.3g},"))
    assert by_label[label]["value"] == pytest.approx(float(np.mean((TABLE["p"] - TABLE["t"])[inside] ** 2)), rel=1e-13)
    assert found["notes"] == ["holes: 4 bins between its quantiles (linear), by number of rows"]


def test_labels_of_bins() -> None:
    assert bin_labels(np.array([0.5, 1.2, 3.0])) == ["[0.5, 1.2)", "[1.2, 3]"]
    assert bin_labels(np.array([1.00001, 1.00002, 1.00003])) == ["[1.00001, 1.00002)", "[1.00002, 1.00003]"]
    assert bin_labels(np.array([20.0, 30.0])) == ["[20, 30]"]
    assert bin_labels(np.array([2.0, 2.0])) == ["[2, 2]"]
    assert bin_labels(np.zeros(0)) == []
    assert quantile_edges(np.array([1.0, 1.0, 1.0, 2.0]), 4).tolist() == [1.0, 1.25, 2.0]  # equal quantiles are one edge


def test_few_values_in_bins() -> None:
    files: Files = {"d.csv": "x,pred,target\n5,1,0\n5,3,0\n,2,0\n"}
    found = _document("compute", "mae", "d.csv", "--by-bins", "x:10", files=files)
    assert [(s["slice"]["x"], s["value"]) for s in found["slices"]] == [("[5, 5]", 2.0), (None, 2.0)]


# --- reports ---------------------------------------------------------------------------------------------------------------

SMALL: Files = {"d.csv": "g,loss,pred,target\na,1,1,0\nb,1,2,0\na,2,3,0\nb,2,4,0\n,1,2,0\n"}


def test_csv() -> None:
    got = cli(["compute", "mae", "d.csv", "--by", "g,loss", "--ci", "none", "-f", "csv"], SMALL)
    assert got.out.splitlines() == [
        "g,slice_loss,loss,reduction,value,denominator,rows,share",
        "b,2,mae,mean,4.0,1.0,1,0.3333333333333333",
        "a,2,mae,mean,3.0,1.0,1,0.25",
        "b,1,mae,mean,2.0,1.0,1,0.16666666666666666",
        ",1,mae,mean,2.0,1.0,1,0.16666666666666666",
        "a,1,mae,mean,1.0,1.0,1,0.08333333333333333",
    ]


def test_other_formats() -> None:
    argv = ["compute", "mae", "d.csv", "--by", "g"]
    assert cli([*argv, "-f", "value"], SMALL).out == "3.0\n2.0\n2.0\n"
    lines = [json.loads(line) for line in cli([*argv, "-f", "jsonl"], SMALL).out.splitlines()]
    assert [(line.get("g"), line["value"], line["rows"]) for line in lines] == [("b", 3.0, 2), ("a", 2.0, 2), (None, 2.0, 1)]
    assert "(missing)" in cli([*argv, "-f", "markdown"], SMALL).out
    table = cli(argv, SMALL).out.split("\n\n")[-1]
    assert [line.split() for line in table.splitlines()] == [
        ["by", "g"],
        ["g", "mae", "95", "%", "interval", "rows", "share"],
        ["b", "3", "-9.7", "to", "15.7", "2", "50.0", "%"],  # t(0.975, 1) = 12.706 times a standard error of 1
        ["a", "2", "-10.7", "to", "14.7", "2", "33.3", "%"],
        ["(missing)", "2", "1", "16.7", "%"],
    ]


def test_compare_reports() -> None:
    argv = ["compare", "d.csv", "-l", "mae", "-l", "mse", "-p", "pred", "-p", "loss", "-t", "target", "--by", "g"]
    rows = list(csv.DictReader(io.StringIO(cli([*argv, "-f", "csv"], SMALL).out)))
    assert len(rows) == 3 * 2 * 2 and {r["g"] for r in rows} == {"a", "b", ""}
    assert [r["rows"] for r in rows if r["g"] == "a"] == ["2"] * 4
    table = cli(argv, SMALL).out
    assert "mae by g, loss beside pred" in table and "mse by g, loss beside pred" in table
    assert "loss in its worst slice, g=" in table
    one = cli([*argv[:6], "-p", "pred", "-t", "target", "--by", "g"], SMALL)
    assert "mae by g\ng" in one.out and "worst slice" not in one.out
    assert len(cli([*argv, "-f", "value"], SMALL).out.split()) == 12


def test_many_slices_in_a_table() -> None:
    text = "g,pred,target\n" + "".join(f"{i},{i},0\n" for i in range(60))
    got = cli(["compute", "mae", "d.csv", "--by", "g"], {"d.csv": text})
    assert "… 20 more slices; -f csv writes all" in got.out
    assert len(cli(["compute", "mae", "d.csv", "--by", "g", "-f", "csv"], {"d.csv": text}).out.splitlines()) == 61


def test_a_slice_of_nothing() -> None:
    """A slice whose rows are all left out is nan, said, and the last."""
    files: Files = {"d.csv": "g,pred,target\na,1,0\nb,,0\nc,2,0\n"}
    got = cli(["compute", "mae", "d.csv", "--by", "g", "--nan", "omit", "-f", "csv", "--ci", "none"], files)
    assert [line.split(",")[0] for line in got.out.splitlines()[1:]] == ["c", "a", "b"]
    assert "warning: W105 g=b: mae is nan: there are no rows" in got.err


def test_errors_name_the_row() -> None:
    files: Files = {"d.csv": "g,pred,target\na,0.5,1\nb,0.5,1\na,7,1\n"}
    refused(cli(["compute", "bce", "d.csv", "--by", "g"], files), "row 2 (line 4)", code=INPUT)


# --- cutting ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [1, 30_000, 2**30])
def test_slices_in_any_memory(memory: int) -> None:
    """Slices that do not fit together are read in several passes; each has its rows in their order, and their numbers."""
    rng = np.random.default_rng(6)
    codes, x = rng.integers(0, 7, 200_000), rng.normal(size=(200_000, 2))
    slices = Slices(("g",), [(float(k),) for k in range(7)], codes)
    found = dict(cut({"x": Column("x", x), "y": Column("y", np.arange(200_000))}, slices, memory))
    assert sorted(found) == list(range(7))
    for s, columns in found.items():
        (block,) = Data(columns).blocks(2**20)
        assert np.array_equal(block.columns["x"], x[codes == s])
        assert np.array_equal(block.row_numbers, np.flatnonzero(codes == s)) and np.array_equal(block.row_numbers, block.columns["y"])


def test_another_number_of_rows() -> None:
    slices = Slices(("g",), [(1.0,)], np.zeros(3, np.int64))
    with pytest.raises(InputError, match="the numbers of rows differ: --by has 3 rows, the roles have 2 rows"):
        list(cut({"x": Column("x", np.zeros(2))}, slices))


@pytest.mark.parametrize("format", ["csv", "jsonl", "json", "table", "value", "github"])
@pytest.mark.parametrize("by", [("--by", "g"), ("--by-bins", "a:3")])
def test_no_rows_have_no_slices(by: tuple[str, str], format: str) -> None:
    argv = ("-t", "t", *by, "-f", format, "-q")
    files = {"e.csv": "a,b,t,g\n"}
    for command in (("compare", "e.csv", "-l", "mse", "-p", "a", "-p", "b"), ("compute", "mse", "e.csv", "-p", "a")):
        assert cli([*command, *argv], files).code == 0
    assert cli(["compare", "e.csv", "-l", "mse", "-p", "a", "-p", "b", *argv, "--fail-if-worse", "9"], files).code == 1
