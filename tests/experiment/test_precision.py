"""The standard errors of values and differences: algebra, scipy, and laws over all losses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

import losscli
from losscli.api.arrays import prepared
from losscli.autodiff.influence import NoInfluence, influences_of
from losscli.cli.app import run
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine import passes
from losscli.engine.work import Work
from losscli.errors import LossError
from losscli.experiment.contrast import Contrast, Sampled, Sampling
from losscli.experiment.sampling import sample_rows
from losscli.numeric.lazy import Array
from losscli.statistics import moments
from losscli.testing.case import small_blocks
from losscli.testing.samples import example
from tests.support.large import LARGE
from tests.support.output import Cli

RNG = np.random.default_rng(0)
N = 500
A, B, T = RNG.normal(size=(3, N))
W = RNG.uniform(size=N)
LEVEL, DIFFERENCE = Contrast({0: 1.0}), Contrast({1: 1.0, 0: -1.0}, compares=True)


def sampled(name: str, *predictions: Array, weight: Array | None = None, contrasts: Any = (LEVEL,), lags: int = 0, **given: Any) -> Sampled:
    """The sums of some predictions under one loss."""
    jobs, columns = [], dict[str, Column]()
    for i, pred in enumerate(predictions):
        ready = prepared(name, {"pred": pred, **given}, weight, None, Work())
        job, data = ready.part.job, ready.data
        renamed = {role: f"{i}.{column}" for role, column in job.columns.items()}
        jobs.append(job.but(columns=renamed, weight=None if job.weight is None else f"{i}.{job.weight}"))
        columns |= {f"{i}.{name}": column for name, column in data.columns.items()}
    return sample_rows(jobs, Data(columns), Sampling(contrasts, lags))


def se(found: Sampled, q: int = 0) -> float:
    return math.sqrt(found.sums[q].variance_of_total)


# --- the standard error ----------------------------------------------------------------------------------------------------


def test_of_a_mean() -> None:
    assert se(sampled("mse", A, target=T)) == pytest.approx(stats.sem((A - T) ** 2), rel=1e-12)


def test_of_a_mean_of_vectors_takes_the_row_as_the_unit() -> None:
    x, t = RNG.normal(size=(2, 50, 4))
    assert se(sampled("mse", x, target=t)) == pytest.approx(stats.sem(((x - t) ** 2).mean(1)), rel=1e-12)


def test_of_a_weighted_mean() -> None:
    """n / (n − 1) Σ w² (l − L)² / (Σ w)²."""
    loss = (A - T) ** 2
    expected = math.sqrt(N / (N - 1) * (W**2 * (loss - np.average(loss, weights=W)) ** 2).sum()) / W.sum()
    assert se(sampled("mse", A, weight=W, target=T)) == pytest.approx(expected, rel=1e-12)


def test_of_a_root() -> None:
    """The delta method: the standard error of the mean, divided by 2 rmse."""
    loss = (A - T) ** 2
    assert se(sampled("rmse", A, target=T)) == pytest.approx(stats.sem(loss) / 2 / math.sqrt(loss.mean()), rel=1e-12)


def test_of_a_ratio() -> None:
    """wape = Σ |e| / Σ |t|, by the linear form of a ratio."""
    e, t = np.abs(A - T), np.abs(T)
    assert se(sampled("wape", A, target=T)) == pytest.approx(math.sqrt(N) * (e - e.sum() / t.sum() * t).std(ddof=1) / t.sum(), rel=1e-12)


def test_of_a_sum() -> None:
    ready = prepared("mae", {"pred": A, "target": T}, None, None, Work("sum"))
    job, data = ready.part.job, ready.data
    found = sample_rows([job], data, Sampling([LEVEL]))
    assert se(found) == pytest.approx(N * stats.sem(np.abs(A - T)), rel=1e-12)


@pytest.mark.parametrize("weight", [None, W], ids=["plain", "weighted"])
def test_a_row_of_weight_0_is_no_row(weight: Array | None) -> None:
    w = np.concatenate([np.ones(N) if weight is None else weight, np.zeros(7)])
    more = np.concatenate([A, np.full(7, 100.0)]), np.concatenate([T, np.zeros(7)])
    all_rows, kept = sampled("mse", more[0], weight=w, target=more[1]), sampled("mse", A, weight=w[:N], target=T)
    assert all_rows.sums[0].rows == kept.sums[0].rows == N
    assert se(all_rows) == pytest.approx(se(kept), rel=1e-12)


def test_ignored_rows_are_no_rows() -> None:
    logits, labels = RNG.normal(size=(60, 3)), RNG.integers(0, 3, 60)
    ignored = np.concatenate([labels, [-100, -100]])
    more = sampled("cross_entropy", np.concatenate([logits, logits[:2]]), target=ignored)
    assert se(more) == pytest.approx(se(sampled("cross_entropy", logits, target=labels)), rel=1e-12)
    assert more.sums[0].rows == 60


# --- a difference ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [None, np.ones(N)], ids=["one pass", "two passes"])
def test_a_difference_is_the_paired_t_test(weight: Array | None) -> None:
    found = sampled("mse", A, B, weight=weight, contrasts=(LEVEL, DIFFERENCE), target=T)
    a, b = (A - T) ** 2, (B - T) ** 2
    assert (b - a).mean() / se(found, 1) == pytest.approx(stats.ttest_rel(b, a).statistic, rel=1e-11)
    assert (found.sums[1].below, found.sums[1].above) == ((b < a).sum(), (b > a).sum())


def test_the_difference_of_two_roots() -> None:
    found = sampled("rmse", A, B, contrasts=(LEVEL, DIFFERENCE), target=T)
    a, b = (A - T) ** 2, (B - T) ** 2
    assert se(found, 1) == pytest.approx(stats.sem(b / 2 / math.sqrt(b.mean()) - a / 2 / math.sqrt(a.mean())), rel=1e-12)
    assert not found.sums[1].has_signs


def test_products_of_neighbours() -> None:
    found = sampled("mae", A, B, contrasts=(DIFFERENCE,), lags=3, target=T).sums[0]
    d = np.abs(B - T) - np.abs(A - T)
    d = (d - d.mean()) / N
    assert found.neighbours == pytest.approx([d[:-k] @ d[k:] for k in (1, 2, 3)], rel=1e-9)


# --- laws over all losses --------------------------------------------------------------------------------------------------

NOT_SMOOTH = {"max_error", "median_ae", "median_se", "median_ase", "median_sse", "median_spe", "median_ape", "median_rae",
              "corp_miscalibration", "lovasz_hinge", "lovasz_softmax", "concordance_survival", "d2_pinball", "cosent", "marre",
              "emp_ssl", "mmcr", "two_way", "survival_score"}  # fmt: skip  # ranks, quantiles, the range, pairs of rows, matrices of rows
PAIRS = {name for name, loss in losscli.LOSSES.items() if loss.kind == "batch"}
BATCHMEAN = {"kl_div", "asymmetric_multilabel"}  # divided by the rows, which weights do not change


def value(name: str, data: Mapping[str, Any], weight: Array | None = None) -> float:
    return losscli.compute(name, sample_weight=weight, **data).value


def of_finite_loss(name: str, rows: int) -> dict[str, Array]:
    """Example data; rows with an infinite loss, of targets outside the support of a distribution, are replaced: no slope is infinite."""
    rng = np.random.default_rng(1)
    data = example(losscli.LOSSES[name], rng, rows)
    if losscli.LOSSES[name].kind != "pointwise" or np.isfinite(value(name, data)):
        return data
    data = example(losscli.LOSSES[name], rng, 50 * rows)
    finite = np.flatnonzero(np.isfinite(losscli.compute(name, **data, reduction="none").values))[:rows]
    return {role: x[finite] for role, x in data.items()}


@pytest.mark.parametrize("name", [n for n in losscli.LOSSES if n not in NOT_SMOOTH | PAIRS | LARGE.keys()])
def test_the_influence_of_a_row_is_the_slope_of_its_weight(name: str) -> None:
    """d value / d weight of a row, by central differences; and the influences of a mean add up to 0."""
    data = of_finite_loss(name, 24)
    ready = prepared(name, data, None, None, Work())
    job, columns = ready.part.job, ready.data
    influences = influences_of(passes.run([job], columns)[0], columns)
    with np.errstate(all="ignore"):  # as the threads that call it do
        influence = np.concatenate([influences(block).influence for block in columns.blocks(influences.block_rows)])
    if name in BATCHMEAN:
        influence = influence + value(name, data) / len(influence)
    step = 1e-5
    for i in (0, 11, 23):
        weights = np.ones((2, len(influence)))
        weights[:, i] += step, -step
        try:
            above, below = (value(name, data, w) for w in weights)
        except LossError as error:
            assert "sample_weight" in str(error)  # noqa: PT017
            return
        assert influence[i] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-6 * np.abs(influence).max() + 1e-12)


@pytest.mark.parametrize("name", sorted(NOT_SMOOTH | PAIRS))
def test_losses_without_influence_say_so(name: str) -> None:
    data = example(losscli.LOSSES[name], np.random.default_rng(1), 24)
    ready = prepared(name, data, None, None, Work())
    job, columns = ready.part.job, ready.data
    outcome = passes.run([job], columns)[0]
    with pytest.raises(NoInfluence, match=r"no smooth function of sums|compares rows with each other"):
        influences_of(outcome, columns)(columns.first)


@pytest.mark.parametrize("name", ["mse", "rmse", "wape", "dice", "cross_entropy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_same_bits_for_any_chunking_and_threads(name: str, weighted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "PIECE", 32)
    data = example(losscli.LOSSES[name], np.random.default_rng(1), 170)
    weight = np.random.default_rng(2).uniform(size=170) if weighted else None
    found = []
    with small_blocks(64):
        for chunk, threads in [(None, 1), (1, 1), (13, 2), (64, 2)]:
            ready = prepared(name, data, weight, chunk, Work())
            job, columns = ready.part.job, ready.data
            s = sample_rows([job], columns, Sampling([LEVEL], 2), threads=threads).sums[0]
            found.append((s.rows, s.mean, s.squares, *s.neighbours.tolist()))
    assert len(set(found)) == 1


# --- the command -----------------------------------------------------------------------------------------------------------


def document(capsys: pytest.CaptureFixture[str], *argv: str) -> Any:
    assert run([*argv, "-f", "json", "-q"]) == 0
    return json.loads(capsys.readouterr().out)


def text(x: Array) -> str:
    return ",".join(map(repr, x.tolist()))


def test_compare_gives_the_numbers_of_scipy(capsys: pytest.CaptureFixture[str]) -> None:
    predictions = ["-p", f"a={text(A)}", "-p", f"b={text(B)}"]
    a, b = document(capsys, "compare", "-l", "mse", *predictions, "-t", text(T), "--ci", "90")["results"]
    loss_a, loss_b = (A - T) ** 2, (B - T) ** 2
    assert [a["interval"]["low"], a["interval"]["high"]] == pytest.approx(
        stats.t.interval(0.9, N - 1, loss_a.mean(), stats.sem(loss_a)), rel=1e-12
    )
    test = stats.ttest_rel(loss_b, loss_a)
    interval = test.confidence_interval(0.9)
    assert [b["paired"]["low"], b["paired"]["high"], b["paired"]["p"]] == pytest.approx(
        [interval.low, interval.high, test.pvalue], rel=1e-9
    )
    assert "paired" not in a and b["paired"]["df"] == N - 1


def test_identical_predictions_are_not_different(capsys: pytest.CaptureFixture[str]) -> None:
    """sacrebleu's failing case: p = 0.001 for two identical systems."""
    for loss in ("mse", "rmse", "wape"):
        for weight in ([], ["-w", text(W)]):
            argv = ["compare", "-l", loss, "-p", f"a={text(A)}", "-p", f"b={text(A)}", "-t", text(T), *weight]
            p = document(capsys, *argv)["results"][1]["paired"]
            assert (p["p"], p["low"], p["high"], p["detected"]) == (1.0, 0.0, 0.0, False)


def test_holm_over_the_candidates(capsys: pytest.CaptureFixture[str]) -> None:
    others = [T + RNG.normal(size=N) * scale for scale in (1.4, 1.5, 1.6)]
    argv = ["compare", "-l", "mse", "-p", f"a={text(A)}", *(w for i, x in enumerate(others) for w in ("-p", f"c{i}={text(x)}"))]
    paired = [r["paired"] for r in document(capsys, *argv, "-t", text(T))["results"][1:]]
    ordered = sorted(paired, key=lambda x: x["p"])
    expected, largest = [], 0.0
    for i, x in enumerate(ordered):
        largest = max(largest, min(1.0, (3 - i) * x["p"]))
        expected.append(largest)
    assert [x["p_adjusted"] for x in ordered] == pytest.approx(expected, rel=1e-12)


def test_the_total_of_an_objective_is_the_sum_of_its_terms(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    file = tmp_path / "o.yaml"
    file.write_text("terms:\n  a: {loss: mse, weight: 2}\n  b: {loss: mae, weight: 0.5}\n")
    argv = ["compare", "-l", str(file), "-p", f"a={text(A)}", "-p", f"b={text(B)}", "-t", text(T)]
    a, b = document(capsys, *argv)["results"]
    total_a, total_b = (2 * (x - T) ** 2 + 0.5 * np.abs(x - T) for x in (A, B))
    assert a["se"] == pytest.approx(stats.sem(total_a), rel=1e-12)
    assert b["paired"]["p"] == pytest.approx(stats.ttest_rel(total_b, total_a).pvalue, rel=1e-9)


def test_the_interval_of_a_total(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "o.yaml"
    file.write_text("total: mean\nterms:\n  a: {loss: rmse, weight: 2}\n  b: {loss: wape}\n")
    found = json.loads(cli("compute", str(file), "-p", text(A), "-t", text(T), "--ci", "95", "-f", "json").out)["total"]
    squares, errors, size = (A - T) ** 2, np.abs(A - T), np.abs(T)
    root, ratio = math.sqrt(squares.mean()), errors.sum() / size.sum()
    influence = (2 * (squares - root**2) / 2 / root + (errors - ratio * size) / size.mean()) / 3
    assert found["se"] == pytest.approx(stats.sem(influence), rel=1e-11)
    file.write_text("terms:\n  a: {loss: mse}\n  b: {loss: median_ae}\n")
    assert "\nno interval: median_ae is no smooth function" in cli("compute", str(file), "-p", text(A), "-t", text(T), "--ci", "95").out


def test_the_verdict_in_words(cli: Cli) -> None:
    argv = ["compare", "-l", "mae", "-p", "a=1,2,3,4", "-t", "0,0,0,0"]
    assert "b: better by 0.5 (" in cli(*argv, "-p", "b=0.5,1.4,2.6,3.5").out
    assert "b: worse by " in cli(*argv, "-p", "b=2,3.1,4,5").out
    assert "b: no difference detected (a difference of " in cli(*argv, "-p", "b=2,1,5,3").out
    assert "b: no difference: both have the same loss on each of the 4 rows" in cli(*argv, "-p", "b=1,2,3,4").out
    few = cli(*argv, "-p", "b=2,3,4,5").out
    assert "b: no difference detected: all 4 rows differ by the same amount, and so few rows show nothing; lower" in few
    same = cli("compare", "-l", "rmse", "-p", "a=1,2,3", "-p", "b=1,2,3", "-t", "0,0,0").out
    assert "b: no difference on any of the 3 rows\n" in same


@pytest.mark.parametrize(
    ("loss", "rows", "reason"),
    [
        ("mse", "1", "fewer than 2 rows"),
        ("median_ae", "1,2,3", "median_ae is no smooth function of sums over the rows; --resamples 1000 gives one"),
        ("max_error", "1,2,3", "max_error is no smooth function of sums over the rows; --resamples 1000 gives one"),
    ],
)
def test_why_there_is_no_interval(cli: Cli, loss: str, rows: str, reason: str) -> None:
    assert f"\nno interval: {reason}\n" in cli("compute", loss, "-p", rows, "-t", rows, "--ci", "95").out
    assert f"\n{loss}: no interval: {reason}\n" in cli("compare", "-l", loss, "-p", f"a={rows}", "-t", rows).out


def test_compute_shows_the_interval(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "compute", "rmse", "-p", text(A), "-t", text(T), "--ci", "95")
    half = stats.t.ppf(0.975, N - 1) * found["se"]
    assert [found["interval"]["low"], found["interval"]["high"]] == pytest.approx([found["value"] - half, found["value"] + half], rel=1e-12)
    assert "se" not in document(capsys, "compute", "rmse", "-p", text(A), "-t", text(T))
