"""The sums of DeepHit's ranks over more rows than are summed at a time, beside their definition written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.numeric.later_risks import ROWS

SIGMA = 0.3


def data(rows: int) -> dict[str, Any]:
    rng = np.random.default_rng(rows)
    return {"pred": rng.normal(size=(rows, 2, 3)), "interval": rng.integers(0, 3, rows), "event": rng.integers(0, 3, rows)}


def written_out(pred: Any, interval: Any, event: Any) -> Any:
    """1/N Σ_j e^((F_j − F_i) / σ) over the rows j that outlive the interval of each row i with an event."""
    e = np.exp(pred).reshape(len(pred), -1)
    risk = (e / (1 + e.sum(1, keepdims=True))).reshape(pred.shape).cumsum(-1)
    values = np.zeros(len(pred))
    for i in np.flatnonzero(event):
        k, cause = interval[i], event[i] - 1
        outlive = (interval > k) | ((interval == k) & (event == 0))
        values[i] = np.exp((risk[outlive, cause, k] - risk[i, cause, k]) / SIGMA).sum() / len(pred)
    return values


@pytest.mark.parametrize("rows", [1, 40, ROWS + 5])
def test_ranks_are_those_that_are_written_out(rows: int) -> None:
    given = data(rows)
    found = losscli.compute("rank_loss_deephit_cr", **given, sigma=SIGMA, reduction="sum").value
    assert found == pytest.approx(written_out(**given).sum(), rel=1e-12)


def test_derivatives_of_many_rows_are_those_of_the_value() -> None:
    given = data(ROWS + 5)
    direction = np.random.default_rng(1).normal(size=given["pred"].shape)
    slope = (losscli.gradient("rank_loss_deephit_cr", **given, sigma=SIGMA) * direction).sum()
    ends = [written_out(**given | {"pred": given["pred"] + h * direction}) for h in (1e-5, -1e-5)]
    counted = losscli.compute("rank_loss_deephit_cr", **given, sigma=SIGMA).denominator
    assert counted is not None
    assert slope == pytest.approx((ends[0] - ends[1]).sum() / 2e-5 / counted.value, rel=1e-6)
