"""A weight of 0 removes a row, also one whose loss is infinite or nan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.testing.case import small_blocks

DATA: dict[str, Any] = {"pred": [[-np.inf, 0.0], [-0.7, -0.7], [-0.1, -2.0]], "target": [0, 1, 0]}


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.filterwarnings("ignore")
def test_a_row_of_weight_0_and_an_infinite_loss_is_removed(reduction: str) -> None:
    whole = losscli.compute("nll", **DATA, sample_weight=[0, 2, 1], reduction=reduction)
    part = losscli.compute("nll", **{name: x[1:] for name, x in DATA.items()}, sample_weight=[2, 1], reduction=reduction)
    assert whole.value == part.value == pytest.approx((2 * 0.7 + 0.1) / (3 if reduction == "mean" else 1), rel=1e-15)


def test_a_row_of_weight_0_that_is_missing_is_removed() -> None:
    data: dict[str, Any] = {"pred": [np.nan, 1.0], "target": [0.0, 3.0], "nan": "propagate"}
    assert losscli.compute("mse", **data, sample_weight=[0, 1]).value == 4.0
    assert np.isnan(losscli.compute("mse", **data, sample_weight=[1, 1]).value)


@pytest.mark.filterwarnings("ignore")
def test_its_derivative_is_0_and_nan_where_all_weights_are_0() -> None:
    np.testing.assert_array_equal(losscli.gradient("nll", **DATA, sample_weight=[0, 2, 1]), [[0, 0], [0, -2 / 3], [-1 / 3, 0]])
    nothing = losscli.gradient("nll", **DATA, sample_weight=[0, 0, 0])
    np.testing.assert_array_equal(nothing, [[np.nan, 0], [0, np.nan], [np.nan, 0]])


def test_weights_of_0_alone_are_nothing_also_with_an_infinite_loss() -> None:
    found = losscli.compute("nll", **DATA, sample_weight=[0, 0, 0])
    assert np.isnan(found.value) and "W105" in [w.code for w in found.warnings]


@pytest.mark.parametrize("unit", [2.0**-1022, 2.0**-1000, 2.0**-310, 1.0, 2.0**310, 2.0**1000, 2.0**1021])
@pytest.mark.parametrize("size", [2.0**-170, 1.0, 2.0**170, 2.0**510])
@pytest.mark.parametrize("elements", [1, 4096])
def test_weights_of_any_size_give_the_mean_of_weights_near_1(unit: float, size: float, elements: int) -> None:
    """All numbers are powers of two times small integers, so that the mean is exact: (1 · 1² + 2 · 2² + 1 · 1²) / 4 = 2.5 times size²."""
    with small_blocks(elements):
        found = losscli.compute("mse", pred=np.array([1.0, 2.0, 1.0]) * size, target=np.zeros(3), sample_weight=np.array([1, 2, 1]) * unit)
    assert found.value == 2.5 * size * size
