"""`--per` of losses with a value for each element: means within rows, channels and outputs, by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import losscli
from losscli.testing.case import same_bits, small_blocks

RNG = np.random.default_rng(13)
PRED, TARGET = RNG.normal(size=(2, 6, 2, 3))
ERRORS = (PRED - TARGET) ** 2
ROWS, CELLS = RNG.uniform(0.5, 2, size=6), RNG.uniform(0.5, 2, size=(6, 2, 3))


def mse(**said: Any) -> Any:
    result = losscli.compute("mse", pred=PRED, target=TARGET, **said)
    return result.value if result.values is None else result.values


@pytest.mark.parametrize(("per", "axes"), [("row", (1, 2)), ("channel", (0, 2)), ("class", (0, 2)), ("output", (0, 1)), ("row,output", 1)])
def test_means_within_what_is_kept(per: str, axes: Any) -> None:
    np.testing.assert_allclose(mse(per=per, reduction="none"), ERRORS.mean(axes), rtol=1e-14)
    np.testing.assert_allclose(mse(per=per), ERRORS.mean(axes).mean(), rtol=1e-14)
    np.testing.assert_allclose(mse(per=per, reduction="sum"), ERRORS.mean(axes).sum(), rtol=1e-14)


def test_weights_of_rows_weigh_the_mean_over_rows_or_within_outputs() -> None:
    weights = ROWS[:, None, None]
    np.testing.assert_allclose(mse(per="row", sample_weight=ROWS), np.average(ERRORS.mean((1, 2)), weights=ROWS), rtol=1e-14)
    of_outputs = (ERRORS * weights).sum((0, 1)) / (2 * ROWS.sum())
    np.testing.assert_allclose(mse(per="output", sample_weight=ROWS, reduction="none"), of_outputs, rtol=1e-14)


@pytest.mark.parametrize(("per", "axes"), [("row", (1, 2)), ("output", (0, 1))])
def test_weights_of_elements_weigh_within(per: str, axes: Any) -> None:
    means = (ERRORS * CELLS).sum(axes) / CELLS.sum(axes)
    np.testing.assert_allclose(mse(per=per, sample_weight=CELLS, reduction="none"), means, rtol=1e-14)
    np.testing.assert_allclose(mse(per=per, sample_weight=CELLS), means.mean(), rtol=1e-14)


def test_a_row_with_weights_of_0_only_is_left_out() -> None:
    weights = CELLS.copy()
    weights[1] = 0
    means = (ERRORS * CELLS).sum((1, 2)) / CELLS.sum((1, 2))
    np.testing.assert_allclose(mse(per="row", sample_weight=weights), np.delete(means, 1).mean(), rtol=1e-14)
    assert np.isnan(mse(per="row", sample_weight=weights, reduction="none")[1])


def test_ignored_elements_do_not_count_within_a_row() -> None:
    pred, target = RNG.normal(size=(3, 4, 5)), RNG.integers(0, 5, size=(3, 4))
    target[0, 1:] = target[2] = -100
    values = losscli.compute("cross_entropy", pred=pred, target=target, class_axis=-1, reduction="none").values
    result = losscli.compute("cross_entropy", pred=pred, target=target, class_axis=-1, per="row", reduction="none")
    np.testing.assert_allclose(result.values, [values[0, 0], values[1].mean(), np.nan], rtol=1e-14)
    both = losscli.compute("cross_entropy", pred=pred, target=target, class_axis=-1, per="row")
    np.testing.assert_allclose(both.value, (values[0, 0] + values[1].mean()) / 2, rtol=1e-14)


def test_a_mean_is_finite_where_the_sum_overflows() -> None:
    pred = np.array([[1e154, 3.0], [1e154, 4.0], [1e154, 5.0]])
    result = losscli.compute("mse", pred=pred, target=np.zeros((3, 2)), per="output", reduction="none")
    np.testing.assert_allclose(result.values, [1e308, 50 / 3], rtol=1e-14)


@pytest.mark.parametrize("per", ["row", "output", "row,output"])
def test_the_same_bits_for_any_chunking(per: str) -> None:
    pred, target, weight = RNG.normal(size=(3, 90, 4, 3))
    data = {"pred": pred, "target": target, "sample_weight": abs(weight)}
    with small_blocks(64):
        for reduction in ("mean", "none"):
            expected = losscli.compute("huber", **data, per=per, reduction=reduction)
            slope = losscli.gradient("huber", **data, per=per, reduction=reduction)
            for chunk, threads in ((1, 1), (7, 2), (40, 2)):
                found = losscli.compute("huber", **data, per=per, reduction=reduction, chunk=chunk, threads=threads)
                assert same_bits(
                    found.value if found.values is None else found.values, expected.value if expected.values is None else expected.values
                )
                assert same_bits(losscli.gradient("huber", **data, per=per, reduction=reduction, chunk=chunk, threads=threads), slope)


def test_gradients_are_those_of_the_means() -> None:
    slope = losscli.gradient("mse", pred=PRED, target=TARGET, per="row", sample_weight=CELLS)
    np.testing.assert_allclose(slope, 2 * (PRED - TARGET) * CELLS / CELLS.sum((1, 2), keepdims=True) / 6, rtol=1e-13)


def test_one_output_is_one_number() -> None:
    result = losscli.compute("mse", pred=PRED[:, 0, 0], target=TARGET[:, 0, 0], per="output", reduction="none")
    np.testing.assert_allclose(result.value, ERRORS[:, 0, 0].mean(), rtol=1e-14)


def test_a_comparison_weighs_rows_alike() -> None:
    target = TARGET.copy()
    found = losscli.compare({"a": PRED, "b": PRED / 2}, target=target, losses=["mse"], per="row", sample_weight=CELLS)
    np.testing.assert_allclose(found.results[0].value, mse(per="row", sample_weight=CELLS), rtol=1e-15)
    assert found.results[1].paired is not None


def test_the_result_says_what_is_kept() -> None:
    result = losscli.compute("mse", pred=PRED, target=TARGET, per="output")
    assert "per=output" in result.signature
    assert result.denominator is not None and (result.denominator.kind, result.denominator.value) == ("channels", 3)
    assert "per=" not in losscli.compute("mse", pred=PRED, target=TARGET, per="all").signature


@pytest.mark.parametrize("per", ["all", "row", "output"])
def test_the_interval_is_that_of_the_means(per: str) -> None:
    """Student's t of the means of the rows: the outputs weigh alike, so all give the same interval."""
    result = losscli.compare({"a": PRED[:, 0], "b": PRED[:, 1]}, target=TARGET[:, 0], losses=["mse"], per=per).results[0]
    means = ERRORS[:, 0].mean(1)
    assert result.uncertainty is not None
    np.testing.assert_allclose(result.uncertainty.se, means.std(ddof=1) / np.sqrt(6), rtol=1e-12)


@pytest.mark.parametrize("elements", [8, 4096])
@pytest.mark.parametrize(("per", "axis"), [("row", 1), ("output", 0)])
@pytest.mark.parametrize("weights", [None, [1.0, 0.0, 2.0, 0.5]])
def test_the_statistics_of_rows_are_weighed_by_the_variances_as_those_of_outputs_are(
    per: str, axis: int, weights: Any, elements: int
) -> None:
    """The mean of several R², each weighed by the variance of its targets, is the ratio of the sums of all squares."""
    pred, target = np.random.default_rng(5).normal(size=(2, 4, 6))
    of_row = np.ones(4) if weights is None or per == "output" else np.array(weights)
    squares = ((pred - target) ** 2).sum(axis), ((target - target.mean(axis, keepdims=True)) ** 2).sum(axis)
    of_row = of_row if per == "row" else np.ones(6)
    said: dict[str, Any] = {"pred": pred, "target": target, "per": per, "average": "variance"}
    if per == "row":
        said["sample_weight"] = weights
    with small_blocks(elements):
        mean, total, each = (losscli.compute("r2", **said, reduction=r) for r in ("mean", "sum", "none"))
    np.testing.assert_allclose(mean.value, (of_row * squares[0]).sum() / (of_row * squares[1]).sum(), rtol=1e-12)
    np.testing.assert_allclose(total.value, (of_row * squares[0] / squares[1]).sum(), rtol=1e-12)
    np.testing.assert_allclose(each.values, of_row * squares[0] / squares[1], rtol=1e-12)
