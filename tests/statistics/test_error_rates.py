"""Short simulations of error rates; `python -m tests.tools simulate` runs the long ones. The seeds are fixed, so the tests are exact."""

from __future__ import annotations

import pytest

from tests.simulations.nulls import NULLS, rejections
from tests.simulations.values import KINDS, VALUES, coverage

REPEATS = 400
MOST = 0.05 + 3 * (0.05 * 0.95 / REPEATS) ** 0.5  # three standard errors


@pytest.mark.parametrize("null", NULLS)
def test_false_alarms_after_following_the_advice(null: str) -> None:
    """Without the advice they are 26 % for the autoregression, and 25 % to 40 % for the clusters."""
    rate, _ = rejections(null, 300, REPEATS, 5)
    assert rate <= MOST


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", VALUES)
def test_coverage(value: str, kind: str) -> None:
    assert coverage(value, kind, 300, REPEATS, 6) >= 1 - MOST
