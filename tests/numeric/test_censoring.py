"""Comparable pairs and the probability of no censoring, beside their definitions written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.numeric.censoring import comparable_pairs, uncensored_probability


def data(n: int, seed: int) -> tuple[Any, Any, Any, Any]:
    """Few different risks and times, so that most are tied; weights of eighths, whose sums are exact."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 6, n) / 2, rng.integers(1, 7, n) * 1.0, rng.integers(0, 2, n) * 1.0, rng.integers(0, 9, n) / 8


@pytest.mark.parametrize("n", [1, 2, 3, 8, 60])
@pytest.mark.parametrize("seed", range(3))
def test_pairs_are_those_that_are_written_out(n: int, seed: int) -> None:
    risk, time, event, w = data(n, seed)
    right = tied = pairs = 0.0
    for i in range(n):
        for j in range(n):
            if event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j])):
                right += w[i] * w[j] * (risk[i] > risk[j])
                tied += w[i] * w[j] * (risk[i] == risk[j])
                pairs += w[i] * w[j]
    assert comparable_pairs(risk, time, event, w).tolist() == [right, tied, pairs]


def test_the_order_of_the_rows_does_not_change_a_bit() -> None:
    given = dict(zip(("pred", "time", "event"), data(500, 1), strict=False))
    w = np.random.default_rng(3).random(500)
    order = np.random.default_rng(2).permutation(500)
    found = losscli.compute("concordance_survival", **given, sample_weight=w).value
    assert found == losscli.compute("concordance_survival", **{n: x[order] for n, x in given.items()}, sample_weight=w[order]).value


def test_many_rows_are_sorted_and_not_compared_with_each_other() -> None:
    rng = np.random.default_rng(0)
    time = rng.permutation(200_000) + 1.0
    given = {"pred": -time, "time": time, "event": np.ones(200_000)}
    assert losscli.compute("concordance_survival", **given).value == 0
    assert losscli.compute("concordance_survival", **given, higher="time").value == 1
    assert losscli.compute("concordance_survival", **given | {"pred": np.zeros(200_000)}).value == 0.5


def test_pairs_without_an_event_are_no_number() -> None:
    found = losscli.compute("concordance_survival", pred=[1.0, 2.0], time=[1.0, 2.0], event=[0, 0])
    assert np.isnan(found.value)
    assert [w.code for w in found.warnings] == ["W105"]


def test_events_come_before_censorings_at_the_same_time() -> None:
    time, event = np.array([1.0, 2.0, 2.0, 3.0]), np.array([0, 1, 0, 1])
    assert uncensored_probability(np.array([0.5, 1.0, 2.0, 2.5]), time, event, False).tolist() == [1.0, 0.75, 0.375, 0.375]
    assert uncensored_probability(np.array([1.0, 2.0, 3.0]), time, event, True).tolist() == [1.0, 0.75, 0.375]


def test_a_concordance_for_each_row_and_each_channel() -> None:
    rng = np.random.default_rng(4)
    pred, time, event = rng.normal(size=(5, 6)), rng.exponential(size=(5, 6)), np.ones((5, 6), int)
    each = [losscli.compute("c_index", pred=p, time=t, event=e).value for p, t, e in zip(pred, time, event, strict=True)]
    found = losscli.compute("c_index", pred=pred, time=time, event=event, per="row", reduction="none")
    assert found.values is not None
    assert found.values.tolist() == each
    assert losscli.compute("c_index", pred=pred.T, time=time.T, event=event.T, per="channel", reduction="none").values.tolist() == each


def brier(name: str, repeats: Any, w: Any, **more: Any) -> float:
    """The mean over rows that are repeated, or weighted."""
    pred, time = np.array([[0.9, 0.6], [0.8, 0.3], [0.7, 0.6], [0.95, 0.5], [0.6, 0.2]]), np.array([1.0, 2.5, 3.0, 2.0, 1.5])
    given = {"pred": pred, "time": time, "event": np.array([1, 0, 1, 0, 1])}
    given = {n: np.repeat(x, repeats, 0) for n, x in given.items()}
    return float(losscli.compute(name, **given, times=[1.25, 2.25], sample_weight=w, **more).value)


@pytest.mark.parametrize("at_event", ["before", "at"])
@pytest.mark.parametrize("name", ["brier_survival", "brier_survival_integrated"])
@pytest.mark.parametrize("w", [[1, 3, 2, 2, 1], [2, 0, 1, 3, 1], [1, 2, 0, 1, 4]])
def test_weights_are_repetitions(name: str, w: list[int], at_event: str) -> None:
    assert brier(name, 1, w, at_event=at_event) == pytest.approx(brier(name, w, None, at_event=at_event), rel=1e-13)


def test_a_row_at_which_censoring_is_certain_is_no_number() -> None:
    given = {"pred": [[0.5], [0.6]], "time": [1.0, 3.0], "event": [1, 1], "times": [2.0]}
    assert losscli.compute("brier_survival", **given).value == pytest.approx((0.25 + 0.16) / 2)  # by hand: nothing is censored
    found = losscli.compute("brier_survival", **given, train_time=[0.5, 1.5], train_event=[1, 0])
    assert np.isnan(found.value) and [w.code for w in found.warnings] == ["W110"], found.warnings
    assert "no censoring is 0" in found.warnings[0].message
