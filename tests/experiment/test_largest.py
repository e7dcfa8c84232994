"""The rows on which predictions differ most: the expected rows come from NumPy on whole arrays."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.experiment.contrast import Contrast
from losscli.experiment.largest import LargestRows
from losscli.numeric.lazy import Array
from losscli.testing.case import small_blocks
from tests.support.command import cli

RNG = np.random.default_rng(3)
N = 5000
A, B, T = RNG.normal(size=(3, N))
W = RNG.uniform(size=N)
D = (B - T) ** 2 - (A - T) ** 2


def largest_of(result: Any) -> Any:
    return result.largest


def compared(top: int = 7, **more: Any) -> Any:
    """The candidate b beside a under mse."""
    arguments: dict[str, Any] = {"target": T, "losses": "mse", "top": top, **more}
    return losscli.compare({"a": A, "b": B}, **arguments).results[1]


def expected(d: Array, top: int) -> list[int]:
    return np.argsort(-np.abs(d), kind="stable")[:top].tolist()


def test_of_a_mean() -> None:
    largest = compared().largest
    assert [r.row for r in largest.rows] == expected(D, 7)
    assert [r.difference for r in largest.rows] == pytest.approx(D[expected(D, 7)], rel=1e-12)
    assert [r.value for r in largest.rows] == pytest.approx(((B - T) ** 2)[expected(D, 7)], rel=1e-12)
    assert largest.share == pytest.approx(D[expected(D, 7)].sum() / D.sum(), rel=1e-9)


def test_of_a_weighted_mean() -> None:
    largest = compared(sample_weight=W).largest
    assert [r.row for r in largest.rows] == expected(D * W, 7)
    assert [r.difference for r in largest.rows] == pytest.approx((D * W)[expected(D * W, 7)], rel=1e-9)
    assert largest.share == pytest.approx((D * W)[expected(D * W, 7)].sum() / (D * W).sum(), rel=1e-9)


def test_without_intervals() -> None:
    assert [r.row for r in compared(ci=None).largest.rows] == expected(D, 7)


@pytest.mark.parametrize("top", [1, 1500, N])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_any_number_of_rows(top: int, reduction: str) -> None:
    assert [r.row for r in compared(top, reduction=reduction).largest.rows] == expected(D, top)


def test_the_share_of_all_rows_is_1() -> None:
    assert compared(N).largest.share == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("weight", [None, W])
def test_any_blocks_and_threads(weight: Array | None) -> None:
    before = compared(sample_weight=weight).largest
    with small_blocks(64):
        for threads in (1, 3):
            after = compared(sample_weight=weight, threads=threads).largest
            assert after.rows == before.rows
            assert after.share == pytest.approx(before.share, rel=1e-9)


def test_rows_of_a_file_where_some_are_omitted() -> None:
    a = A.copy()
    a[[0, 5, 17]] = np.nan
    d = np.where(np.isnan(a), 0, D)
    got = losscli.compare({"a": a, "b": B}, target=T, losses="mse", top=3, nan="omit").results[1]
    assert [r.row for r in largest_of(got).rows] == expected(d, 3)


def test_equal_differences_are_those_of_the_first_rows() -> None:
    ones = np.ones(3000)
    got = losscli.compare({"a": ones, "b": 2 * ones}, target=ones, losses="mae", top=2)
    assert [r.row for r in largest_of(got.results[1]).rows] == [0, 1]
    largest = LargestRows([], 3)
    assert largest.largest(0) is None


@pytest.mark.parametrize("rows", [97, 20_000])
@pytest.mark.parametrize("kind", ["any", "ever larger", "above 0", "a few values", "one side", "nan and inf"])
def test_rows_that_arrive_in_parts(kind: str, rows: int) -> None:
    """The largest of 20,000 rows, more than are kept, as whole arrays give them."""
    d = np.random.default_rng(4).normal(size=20_000)
    if kind == "ever larger":
        d = np.linspace(1, 2, 20_000) * np.where(np.arange(20_000) % 3, 1.0, -1.0)
    elif kind == "above 0":
        d = np.abs(d)
    elif kind == "a few values":
        d = np.round(d)
    elif kind == "one side":
        d[d > 0] = 0
    elif kind == "nan and inf":
        d[[3, 7000, 19_999]], d[[5, 9000]] = np.nan, [np.inf, -np.inf]
    largest = LargestRows([Contrast({1: 1.0, 0: -1.0}, compares=True)], 50)
    for at in range(0, len(d), rows):
        part = d[at : at + rows]
        largest.add({0: np.zeros(len(part)), 1: part}, np.arange(at, at + len(part)))
    found = largest.largest(0)
    assert found is not None
    order = expected(np.where(np.isnan(d), np.inf, d), 50)
    assert [r.row for r in found.rows] == [i for i in order if d[i] != 0]
    np.testing.assert_array_equal([r.difference for r in found.rows], d[[i for i in order if d[i] != 0]])
    if kind != "nan and inf":
        assert found.share == pytest.approx(d[order].sum() / d.sum(), rel=1e-9)


def test_few_rows_in_one_direction_and_many_larger_ones_in_the_other() -> None:
    """10 rows of -1000 hold most of the squares, and 3 of -5 complete half of the sum; 1000 rows of +6 come before these."""
    d = np.repeat([6.0, -1000.0, -15980 / 18_000, -5.0], [1000, 10, 18_000, 10])
    largest = LargestRows([Contrast({1: 1.0, 0: -1.0}, compares=True)], 0)
    for at in range(0, len(d), 1000):
        part = d[at : at + 1000]
        largest.add({0: np.zeros(len(part)), 1: part}, np.arange(at, at + len(part)))
    found = largest.largest(0)
    assert found is not None
    few = found.few
    assert few is not None
    assert (few.rows, few.of) == (13, 19_020)
    assert few.share == pytest.approx(10_015 / 20_030)


def test_no_difference_has_no_rows() -> None:
    same = losscli.compare({"a": A, "b": A}, target=T, losses="mse", top=2).results[1]
    assert "top" not in same.to_dict() and largest_of(same).share is None


def test_a_statistic_has_no_losses_of_rows() -> None:
    comparison = losscli.compare({"a": A, "b": B}, target=T, losses=["rmse", "mse"], top=2)
    assert [r.largest is None for r in comparison.results] == [True, True, True, False]
    assert "rmse has no loss of a row, so top lists no rows" in comparison.notes


def test_few_rows_are_said_in_the_verdict() -> None:
    b = T + 1.01 * (A - T)
    b[[10, 20, 30]] = [40, -50, 45]
    comparison = losscli.compare({"a": A, "b": b}, target=T, losses=["mse", "mae"])
    d = (b - T) ** 2 - (A - T) ** 2
    share = d[[10, 20, 30]].sum() / d.sum()
    said = f"; 3 rows of 5,000 make {100 * share:.3g} % of the difference, the others {(1 - share) * d.mean():+.4g};"
    assert said in comparison.verdicts["b", "mse"]
    few = comparison.results[2].to_dict()["few_rows"]
    assert few == {"rows": 3, "of": N, "share": pytest.approx(share, rel=1e-9)}
    assert "few_rows" not in comparison.results[0].to_dict()
    assert "rows of 5,000 make" not in losscli.compare({"a": A, "b": B}, target=T, losses="mse").table


def test_few_rows_on_which_the_candidate_is_better() -> None:
    a = np.where(np.arange(N) == 7, 60.0, A)
    said = losscli.compare({"a": a, "b": T + 0.99 * (A - T)}, target=T, losses="mse").verdicts["b", "mse"]
    assert "1 row of 5,000 makes " in said


def test_the_only_rows_that_differ_are_not_few_of_many() -> None:
    """The verdict counts the rows on which both are equal."""
    b = np.where(np.arange(N) == 7, 60.0, A)
    comparison = losscli.compare({"a": A, "b": b}, target=T, losses="mse")
    assert largest_of(comparison.results[1]).few is None and "tied on 4,999" in comparison.verdicts["b", "mse"]


def test_more_than_all_of_the_difference() -> None:
    b = np.where(np.arange(N) == 7, 60.0, T + 0.9 * (A - T))  # better on every row but one
    said = losscli.compare({"a": A, "b": b}, target=T, losses="mse").verdicts["b", "mse"]
    assert "1 row of 5,000 makes more than all of the difference, the others -0.3" in said


def test_rows_that_are_nan_come_first() -> None:
    a = A.copy()
    a[[5, 40]] = np.nan
    got = largest_of(losscli.compare({"a": a, "b": B}, target=T, losses="mse", top=4, nan="propagate").results[1])
    assert [r.row for r in got.rows] == [5, 40, *expected(np.where(np.isnan(a), 0, D), 2)]
    assert got.share is None and np.isnan(got.rows[0].difference)


def test_of_an_objective() -> None:
    """The loss of a row is the weighted sum of those of the terms: e² + 2 |e|."""
    files: dict[str, str | bytes] = {
        "o.yaml": "terms: {a: {loss: mse}, b: {loss: mae, weight: 2}}\n",
        "d.csv": "t,a,b\n" + "\n".join(f"{t},{a},{b}" for t, a, b in zip(T[:300], A[:300], B[:300], strict=True)),
    }
    got = cli(["compare", "d.csv", "-l", "o.yaml", "-p", "a", "-p", "b", "-t", "t", "--top", "3", "-f", "json"], files)
    top = json.loads(got.out)["results"][1]["top"]
    of_b, of_a = (((x - T) ** 2 + 2 * abs(x - T))[:300] for x in (B, A))
    rows = expected(of_b - of_a, 3)
    assert [r["row"] for r in top["rows"]] == rows
    assert [r["value"] for r in top["rows"]] == pytest.approx(of_b[rows], rel=1e-12)
    assert top["share"] == pytest.approx((of_b - of_a)[rows].sum() / (of_b - of_a).sum(), rel=1e-9)


FILES: dict[str, str | bytes] = {
    "a.csv": "id,ds,pred\nx,1,1\ny,1,2\nz,1,5\nv,1,7\n",
    "b.csv": "id,ds,pred\nz,1,4\ny,1,2\nx,1,3\n",
    "t.csv": "id,ds,t\ny,1,2\nx,1,1\nz,1,5\nw,1,5\n",
}
ARGV = ["compare", "-l", "mse", "-p", "a=a.csv::pred", "-p", "b=b.csv::pred", "-t", "t.csv::t", "--join", "inner", "--top", "2"]


def test_rows_with_ids_in_every_format() -> None:
    """b is off by 2 at x and by 1 at z, so that the differences are 4 and 1."""
    by_id = [*ARGV, "--id", "id"]
    assert (
        cli([*by_id, "-f", "csv"], FILES).out
        == "prediction,loss,id,value,baseline,difference,share\nb,mse,x,4.0,0.0,4.0,1.0\nb,mse,z,1.0,0.0,1.0,1.0\n"
    )
    lines = cli([*by_id, "-f", "jsonl"], FILES).out.splitlines()
    assert json.loads(lines[0]) == {"prediction": "b", "loss": "mse", "id": "x", "value": 4, "baseline": 0, "difference": 4, "share": 1}
    top = json.loads(cli([*by_id, "-f", "json"], FILES).out)["results"][1]["top"]
    assert top == {"rows": [{"row": 0, "id": "x", "value": 4, "baseline": 0, "difference": 4},
                            {"row": 2, "id": "z", "value": 1, "baseline": 0, "difference": 1}], "share": 1}  # fmt: skip
    table = cli(by_id, FILES).out
    assert table.startswith(
        "mse: the 2 rows on which b and a differ most\nid  b  a  difference\nx   4  0           4\nz   1  0           1\n"
    )
    assert "these rows make 100 % of the difference" in table
    assert "| x | 4 | 0 | 4 |" in cli([*by_id, "-f", "markdown"], FILES).out


def test_rows_with_ids_of_several_columns() -> None:
    by_id = [*ARGV, "--id", "id,ds"]
    assert cli([*by_id, "-f", "csv"], FILES).out.splitlines()[:2] == [
        "prediction,loss,id,ds,value,baseline,difference,share",
        "b,mse,x,1,4.0,0.0,4.0,1.0",
    ]
    assert json.loads(cli([*by_id, "-f", "json"], FILES).out)["results"][1]["top"]["rows"][0]["id"] == ["x", "1"]
    assert "id  ds  b  a  difference\nx   1   4  0           4\n" in cli(by_id, FILES).out
