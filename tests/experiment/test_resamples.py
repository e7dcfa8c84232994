"""Intervals by resamples, and p-values by exchanged predictions: scipy, brute force, and a law over all losses."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from scipy import stats

import losscli
from losscli.api.arrays import prepared
from losscli.catalogue.lookup import load_all
from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.engine.job import Job
from losscli.engine.passes import run as run_jobs
from losscli.engine.work import Work
from losscli.errors import LossError
from losscli.experiment import resampling, whole_rows
from losscli.experiment.contrast import Contrast, Resampling
from losscli.experiment.resampling import resample
from losscli.experiment.row_sums import NoRowSums, RowSums
from losscli.numeric.lazy import Array
from losscli.registry import LOSSES, Loss
from losscli.results.resampled import Resampled
from losscli.results.resamples import Resamples
from losscli.statistics.bootstrap import resampled_rows
from losscli.testing.samples import example
from tests.support.output import Cli

load_all()
RNG = np.random.default_rng(1)
T = RNG.normal(size=60)
A, B = T + RNG.normal(size=60), T + RNG.normal(size=60) * 1.2
W = RNG.integers(0, 4, 60).astype(float)
FEW = slice(9)


def text(x: Array) -> str:
    return ",".join(map(repr, x.tolist()))


def compared(loss: str, a: Array = A, b: Array = B, t: Array = T, **settings: Any) -> Any:
    """The result of the second of two predictions."""
    given = {"resamples": 999, **settings}
    return losscli.compare({"a": a, "b": b}, target=t, losses=loss, **given).results[1]


# --- the p-value -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [None, W])
def test_exchanged_rows_give_the_p_of_scipy(weight: Array | None) -> None:
    d = ((B - T) ** 2 - (A - T) ** 2)[FEW] * (1 if weight is None else weight[FEW])
    peer = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
    w = None if weight is None else weight[FEW]
    found = compared("mse", A[FEW], B[FEW], T[FEW], sample_weight=w).paired
    assert found.p == pytest.approx(float(peer.pvalue), rel=1e-12)
    assert found.flips["exact"] and found.flips["patterns"] == 2 ** np.count_nonzero(d)


def test_random_exchanges_give_nearly_the_p_of_scipy() -> None:
    d = (B - T) ** 2 - (A - T) ** 2
    peer = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=99_999, rng=np.random.default_rng(0))
    found = compared("mse", resamples=20_000).paired
    assert found.p == pytest.approx(float(peer.pvalue), abs=4 * math.sqrt(0.25 / 20_000))
    assert not found.flips["exact"]


STATISTICS = {
    "rmse": lambda p, t: math.sqrt(((p - t) ** 2).mean()),
    "wape": lambda p, t: np.abs(p - t).sum() / np.abs(t).sum(),
    "median_ae": lambda p, t: float(np.median(np.abs(p - t))),
    "rse": lambda p, t: ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum(),
}


@pytest.mark.parametrize("loss", list(STATISTICS))
def test_every_exchange_of_rows_of_a_statistic(loss: str) -> None:
    f, (a, b, t) = STATISTICS[loss], (x[FEW] for x in (A, B, T))
    observed = f(b, t) - f(a, t)
    exchanged = [np.where(s, [b, a], [a, b]) for s in itertools.product([False, True], repeat=9)]
    differences = np.array([f(y, t) - f(x, t) for x, y in exchanged])
    expected = np.mean(np.abs(differences) >= abs(observed) - 1e-12)
    assert compared(loss, a, b, t).paired.p == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("loss", list(STATISTICS))
def test_identical_predictions_have_p_1(loss: str) -> None:
    found = compared(loss, A, A.copy()).paired
    assert (found.p, found.uncertainty.low, found.uncertainty.high, found.uncertainty.se) == (1, 0, 0, 0)


def test_no_p_is_0() -> None:
    assert compared("mae", T + 1, T + 9).paired.p == 1 / 1000
    assert compared("mae", T[:16] + 1, T[:16] + 9, T[:16]).paired.p == 2 / 2**16


# --- the interval ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", list(STATISTICS))
def test_intervals_are_near_those_of_scipy(loss: str) -> None:
    f = STATISTICS[loss]
    method = "percentile" if loss == "median_ae" else "BCa"
    settings: dict[str, Any] = {"paired": True, "n_resamples": 9999, "method": method, "rng": np.random.default_rng(7), "vectorized": False}
    value = stats.bootstrap((B, T), f, **settings).confidence_interval
    difference = stats.bootstrap((A, B, T), lambda a, b, t: f(b, t) - f(a, t), **settings).confidence_interval
    count = 1999 if loss in ("median_ae", "rse") else 9999
    found = compared(loss, resamples=count)
    for ours, theirs in ((found.uncertainty, value), (found.paired.uncertainty, difference)):
        width = theirs.high - theirs.low
        assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=(0.08 if count < 9999 else 0.04) * width)
        assert ours.method == method.lower()


def test_the_interval_of_many_rows_is_near_that_of_student() -> None:
    """More rows than are kept get Poisson weights."""
    t, a, b = RNG.normal(size=(3, 12_000))
    found, student = compared("mse", a, b, t, resamples=2000), compared("mse", a, b, t, resamples=None)
    for ours, theirs in ((found.uncertainty, student.uncertainty), (found.paired.uncertainty, student.paired.uncertainty)):
        assert ours.method == "percentile"
        assert ours.se == pytest.approx(theirs.se, rel=4 / math.sqrt(2 * 2000))
        assert [ours.low, ours.high] == pytest.approx([theirs.low, theirs.high], abs=0.2 * theirs.se)
    assert found.paired.p == pytest.approx(student.paired.p, abs=4 * math.sqrt(0.25 / 2000))


def test_few_differing_rows_of_many_are_exchanged_in_all_ways() -> None:
    t = RNG.normal(size=12_000)
    b = t + 1
    b[[5, 6_000, 11_999]] += [1, 2, 4]
    found = compared("mae", t + 1, b, t).paired
    assert found.flips == {"p": 0.25, "patterns": 8, "exact": True}


def test_fewer_than_two_rows_have_no_interval(cli: Cli) -> None:
    argv = ["compare", "-l", "mse", "-p", "a=1", "-p", "b=2", "-t", "3", "--resamples", "100"]
    assert "\nmse: no interval: fewer than 2 rows\n" in cli(*argv).out


def test_a_statistic_that_is_nan_on_a_resample_has_no_interval(cli: Cli) -> None:
    argv = ["compute", "dice", "--eps", "0", "-p", "1,0,0", "-t", "1,0,0", "--ci", "95", "--resamples", "100"]
    assert "\nno interval: it is no finite number on " in cli(*argv).out


# --- what must not change it -----------------------------------------------------------------------------------------------


def document(cli: Cli, *argv: str) -> dict[str, Any]:
    return json.loads(cli(*argv, "-f", "json").out)


@pytest.mark.parametrize("held", [10_000, 10])
def test_threads_and_chunks_change_no_bit(held: int) -> None:
    def found(**settings: Any) -> list[float]:
        with patch.object(resampling, "HELD", held), patch.object(resampling, "BLOCK", 16):
            x = compared("rmse", **settings)
        return [x.uncertainty.low, x.uncertainty.high, x.paired.uncertainty.low, x.paired.uncertainty.high, x.paired.p]

    assert found(threads=1) == found(threads=3)
    assert found(seed=1) != found(seed=2)


@pytest.mark.parametrize("loss", ["mse", "rmse", "median_ae"])
@pytest.mark.parametrize("held", [10_000, 10])
def test_a_weight_of_0_is_no_row(loss: str, held: int) -> None:
    weight = (W > 0).astype(float)
    with patch.object(resampling, "HELD", held):
        with_zeros = compared(loss, sample_weight=weight)
        without = compared(loss, *(x[W > 0] for x in (A, B, T)), sample_weight=np.ones(int(weight.sum())))
    assert with_zeros.uncertainty.but(replicates=None) == without.uncertainty.but(replicates=None)
    assert with_zeros.paired.p == without.paired.p


def test_rows_without_weight_count_where_the_framework_counts_them() -> None:
    """Keras divides by the number of rows, whatever their weights are."""
    weight = (W > 0).astype(float)
    ready = prepared("keras.losses.MeanSquaredError", {"pred": A[:, None], "target": T[:, None]}, weight, None, Work())
    job, data = ready.part.job, ready.data
    outcomes = run_jobs([job], data)
    found, _ = resample(outcomes, data, Resampling({0: Contrast({0: 1.0})}, Resamples(100)), threads=1)
    assert found[0].units == 60
    assert found[0].replicates.value == pytest.approx(outcomes[0].reduced.value, rel=1e-12)


@pytest.mark.parametrize("loss", ["mse", "rmse", "median_ae"])
def test_whole_clusters_are_drawn(loss: str) -> None:
    """Each row twice, in a cluster of its own, is as sure as each row once."""
    order = RNG.permutation(120)
    twice = [np.concatenate([x, x])[order] for x in (A, B, T)]
    names = np.concatenate([np.arange(60), np.arange(60)])[order]
    ranks = {name: i for i, name in enumerate(dict.fromkeys(names.tolist()))}  # clusters are numbered as they come
    once = [np.array([x[name] for name in ranks]) for x in (A, B, T)]
    found, expected = compared(loss, *twice, cluster=names), compared(loss, *once)
    assert [found.uncertainty.low, found.paired.uncertainty.high] == pytest.approx(
        [expected.uncertainty.low, expected.paired.uncertainty.high], rel=1e-9
    )
    assert found.paired.p == expected.paired.p


def test_seed_and_number_are_in_the_signature(cli: Cli) -> None:
    argv = ["-p", text(A), "-t", text(T), "--ci", "95", "--resamples", "200", "--seed", "3"]
    assert document(cli, "compute", "rmse", *argv)["signature"].startswith("rmse|reduction=mean|resamples=200,seed=3|float64|")
    compare = ["compare", "-l", "rmse", "-p", f"a={text(A)}", "-p", f"b={text(B)}", "-t", text(T), "--resamples", "200", "--seed", "3"]
    assert "resamples=200,seed=3" in document(cli, *compare)["results"][1]["signature"]
    assert document(cli, "compute", "rmse", *argv)["interval"] == document(cli, *compare)["results"][0]["interval"]


def test_the_total_of_an_objective(cli: Cli, tmp_path: Any) -> None:
    (tmp_path / "o.yaml").write_text("terms:\n  a: {loss: rmse, weight: 2}\n  b: {loss: median_ae}\n")
    argv = ["compute", "o.yaml", "-p", text(A), "-t", text(T), "--ci", "95", "--resamples", "500"]
    found = document(cli, *argv)["total"]
    peer = stats.bootstrap(
        (A, T), lambda p, t: 2 * STATISTICS["rmse"](p, t) + STATISTICS["median_ae"](p, t), paired=True, method="percentile",
        vectorized=False, rng=np.random.default_rng(3),
    )  # fmt: skip
    assert found["se"] == pytest.approx(peer.standard_error, rel=0.15)


# --- gates -----------------------------------------------------------------------------------------------------------------


def test_a_gate_uses_the_bounds_of_the_bootstrap(cli: Cli) -> None:
    argv = ["compare", "-l", "mse", "-p", f"a={text(A)}", "-p", f"b={text(B)}", "-t", text(T), "--resamples", "999"]
    check = document(cli, *argv, "--fail-if-worse", "10")["gate"]["checks"][0]
    paired = document(cli, *argv, "--ci", "90")["results"][1]["paired"]
    assert [check["low"], check["high"]] == pytest.approx([paired["low"], paired["high"]], rel=1e-12)
    assert check["passed"]


def test_a_share_of_the_baseline_is_resampled_too(cli: Cli) -> None:
    """b = 1.1 a on every row: the difference is 10 % of the baseline, without any doubt."""
    t, a = np.zeros(40), RNG.exponential(size=40)
    argv = ["compare", "-l", "mae", "-p", f"a={text(a)}", "-p", f"b={text(1.1 * a)}", "-t", text(t), "--resamples", "200"]
    assert document(cli, *argv, "--fail-if-worse", "11%")["gate"]["outcome"] == "pass"
    assert document(cli, *argv, "--fail-if-worse", "9%")["gate"]["outcome"] == "fail"


# --- whole rows ------------------------------------------------------------------------------------------------------------


def resampled_value(loss: Loss, data: dict[str, Array], count: int) -> tuple[Resampled | None, dict[int, str]]:
    ready = prepared(loss.name, data, None, None, Work())
    job, rows = ready.part.job, ready.data
    outcomes = run_jobs([job], rows)
    found, why = resample(outcomes, rows, Resampling({0: Contrast({0: 1.0})}, Resamples(count), smooth={0}), threads=1)
    return found.get(0), why


def takes_part(job: Job, block: Block) -> Array:
    """Which rows count, by the sums of the rows; all, where there are no such sums."""
    outcome = run_jobs([job], Data({name: Column(name, x) for name, x in block.columns.items()}))[0]
    try:
        return RowSums(outcome).columns(block)[1]
    except NoRowSums:
        return np.ones(block.rows, bool)


@pytest.mark.parametrize("loss", [x for x in LOSSES.values() if x.kind != "batch"], ids=lambda x: x.name)
def test_sums_of_resamples_give_what_their_rows_give(loss: Loss) -> None:
    """A law: the value from sums is that of the rows themselves."""
    data = example(loss, np.random.default_rng(5), 24)
    try:
        by_sums, why = resampled_value(loss, data, 12)
    except LossError:
        pytest.fail(f"{loss.name} cannot be computed")
    assert not why
    with (
        patch.object(resampling, "RowSums", side_effect=NoRowSums),
        patch.object(whole_rows, "_takes_part", takes_part),  # also without rows that have no term
    ):
        by_rows, _ = resampled_value(loss, data, 12)
    assert by_sums is not None and by_rows is not None
    np.testing.assert_allclose(by_sums.replicates.values, by_rows.replicates.values, rtol=1e-9, atol=1e-12)
    if by_sums.replicates.jackknife is not None and by_rows.replicates.jackknife is not None:
        np.testing.assert_allclose(by_sums.replicates.jackknife, by_rows.replicates.jackknife, rtol=1e-9, atol=1e-12)


def test_pairs_are_made_within_a_resample() -> None:
    loss = LOSSES["nt_xent"]
    data = example(loss, np.random.default_rng(5), 12)
    found, _ = resampled_value(loss, data, 5)
    assert found is not None
    for r, chosen in enumerate(itertools.islice(resampled_rows(12, 5, 0), 5)):
        expected = losscli.compute("nt_xent", **{role: x[chosen] for role, x in data.items()}).value
        assert found.replicates.values[r] == pytest.approx(expected, rel=1e-12)


def test_too_many_rows_for_whole_resamples(cli: Cli) -> None:
    with patch.object(whole_rows, "MOST", 59 * 1000), patch.object(whole_rows, "MOST_PAIRS", 1000):
        out = cli("compute", "median_ae", "-p", text(A), "-t", text(T), "--ci", "95", "--resamples", "1000").out
        reason = "median_ae is computed from 60 rows again for each resample, which takes too long: give at most --resamples 983"
        assert f"\nno interval: {reason}\n" in out
        rows = json.dumps([[x, 1.0] for x in A.tolist()])
        out = cli("compute", "nt_xent", "--z-a", rows, "--z-b", rows, "--ci", "95", "--resamples", "100").out
        assert "nt_xent is computed from 60 rows in pairs again for each resample, which takes too long: give fewer rows" in out


def test_data_of_columns_stay_as_they_are() -> None:
    """Resamples read the rows again, and change nothing in them."""
    a, data = A.copy(), {"a": Column("a", A), "t": Column("t", T)}
    compared("median_ae")
    assert (Data(data).all()["a"] == a).all() and (a == A).all()
