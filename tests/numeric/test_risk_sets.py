"""Risk sets at the limits: hazards so far apart that the share of the largest one overflows, and ties whose rows go one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

import losscli


@pytest.mark.parametrize("ties", ["breslow", "efron", "order"])
@pytest.mark.parametrize(("far", "dtype"), [(1000.0, "float64"), (1e6, "float64"), (200.0, "float32")])
def test_the_share_of_the_largest_hazard_does_not_overflow(far: float, dtype: str, ties: str) -> None:
    """log(ε e^far + e^1 + e^0) − 1 = far + log ε − 1, to all digits."""
    data = {"pred": [far, 1.0, 0.0], "time": [1.0, 2.0, 3.0], "event": [1, 1, 0], "ties": ties, "eps": 1e-7, "dtype": dtype}
    found = losscli.compute("cox_ph", **data, reduction="none").values
    np.testing.assert_allclose(found, [math.log1p(1e-7), far + math.log(1e-7) - 1, 0.0], rtol=1e-12 if dtype == "float64" else 1e-6)
    slope = losscli.gradient("cox_ph", **data, reduction="sum")
    np.testing.assert_allclose(slope, [1.0, -1.0, 0.0], atol=1e-6)  # the first row is all of both sums


def test_a_mean_over_times_counts_the_times_of_events_in_any_order_of_ties() -> None:
    data = {"pred": [1.0, 2.0, 3.0], "time": [1.0, 1.0, 2.0], "event": [1, 1, 0]}
    for ties in ("breslow", "efron", "order"):
        found = losscli.compute("cox_ph", **data, ties=ties, mean_over="times")
        assert found.denominator is not None and found.denominator.value == 1.0
        assert found.value == losscli.compute("cox_ph", **data, ties=ties, reduction="sum").value
