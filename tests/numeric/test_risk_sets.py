"""Sums over risk sets beside sums that are written out for each event: ties, strata, the order of the rows, and derivatives."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import losscli

TIES = ("breslow", "efron", "order")


def data(n: int, seed: int) -> dict[str, Any]:
    """Few different times, so that most are tied, and hazards of very different size."""
    rng = np.random.default_rng(seed)
    return {
        "pred": rng.normal(0, 20, n),
        "time": rng.integers(1, 6, n) * 1.0,
        "event": rng.integers(0, 2, n),
        "strata": rng.integers(0, 3, n),
    }


def written_out(pred: Any, time: Any, event: Any, strata: Any, ties: str) -> Any:
    """The value of each row, in 60 digits."""
    h, n, values = [mpmath.mpf(x) for x in pred], len(pred), []
    for i in range(n):
        same = [j for j in range(n) if strata[j] == strata[i]]
        at_risk = [j for j in same if time[j] > time[i] or (time[j] == time[i] and (ties != "order" or j <= i))]
        tied = [j for j in same if time[j] == time[i] and event[j]]
        d = len(tied) if ties == "efron" else 1
        logs = []
        for k in range(d):
            out = mpmath.mpf(k) / d * mpmath.fsum(mpmath.exp(h[j]) for j in tied) if k else 0
            logs.append(mpmath.log(mpmath.fsum(mpmath.exp(h[j]) for j in at_risk) - out))
        values.append(mpmath.fsum(logs) / d - h[i] if event[i] else mpmath.mpf(0))
    return values


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("seed", range(4))
def test_values_and_derivatives_are_those_that_are_written_out(ties: str, seed: int) -> None:
    with mpmath.workdps(60):
        given = data(17, seed)
        true = written_out(**given, ties=ties)
        found = losscli.compute("cox_ph", **given, ties=ties, reduction="none").values
        np.testing.assert_allclose(found, np.array(true, float), rtol=1e-13, atol=1e-300)
        slope = []
        for i in range(17):
            up, down = (
                mpmath.fsum(
                    written_out(
                        [mpmath.mpf(x) + (s * mpmath.mpf("1e-20") if j == i else 0) for j, x in enumerate(given["pred"])],
                        given["time"], given["event"], given["strata"], ties,
                    )
                )
                for s in (1, -1)
            )  # fmt: skip
            slope.append((up - down) / mpmath.mpf("2e-20"))
    by_pred = losscli.gradient("cox_ph", **given, ties=ties, reduction="sum")
    np.testing.assert_allclose(by_pred, np.array(slope, float), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_the_order_of_the_rows_does_not_change_a_bit(ties: str) -> None:
    given = data(400, 1)
    order = np.random.default_rng(2).permutation(400)
    found, moved = (
        losscli.compute("cox_ph", **d, ties=ties, reduction="none").values for d in (given, {n: x[order] for n, x in given.items()})
    )
    np.testing.assert_array_equal(moved, found[order])


@pytest.mark.parametrize("ties", TIES)
def test_blocks_and_threads_do_not_change_a_bit(ties: str) -> None:
    given = data(1000, 3)
    found = {losscli.compute("cox_ph", **given, ties=ties, chunk=chunk, threads=t).value for chunk in (None, 7, 300) for t in (1, 2)}
    assert len(found) == 1


def test_words_are_strata() -> None:
    given = data(30, 5)
    words = np.array(["b", "a", "c"])[given["strata"]]
    assert losscli.compute("cox_ph", **given).value == losscli.compute("cox_ph", **{**given, "strata": words}).value


def test_a_million_rows_are_sorted_and_not_compared_with_each_other() -> None:
    rng = np.random.default_rng(0)
    n = 200_000
    given = {"pred": rng.normal(size=n), "time": rng.exponential(size=n).round(3), "event": rng.integers(0, 2, n)}
    found = losscli.compute("cox_ph", **given).value
    order = np.argsort(-given["time"], kind="stable")
    sums = np.cumsum(np.exp(given["pred"][order]))
    last = np.searchsorted(-given["time"][order], -given["time"], side="right") - 1
    np.testing.assert_allclose(found, (np.log(sums[last]) - given["pred"])[given["event"] == 1].mean(), rtol=1e-11)


def test_strata_of_no_event_and_no_events_at_all() -> None:
    given = {"pred": np.array([1.0, 2.0]), "time": np.array([1.0, 2.0]), "event": np.array([0, 0])}
    found = losscli.compute("cox_ph", **given)
    assert np.isnan(found.value)
    assert [w.code for w in found.warnings] == ["W105"]
    assert losscli.compute("torchsurv.loss.cox.neg_partial_log_likelihood", **given).value == 0
