"""What a loss receives for each column that it yields, and how what it returns is reduced: by NumPy, for any blocks and weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import losscli
from losscli.aggregation import Aligned, AllRows, ByClass, CrossProduct, Max, Pooled, RowIndex
from losscli.testing.case import small_blocks

RNG = np.random.default_rng(16)
ROWS, WIDTH = 7, 3
PRED, TARGET = RNG.normal(size=(2, ROWS, WIDTH))
WEIGHT = np.array([2.0, 0.0, 0.5, 1.0, 3.0, 0.25, 1.5])
PRED[1] = 50  # the row of weight 0 is the largest
EACH = np.broadcast_to(WEIGHT[:, None], PRED.shape)


class Yielded(NamedTuple):
    """A column of x and y, and what a loss receives for it from all rows, with the weight of each number, for the axes that are summed."""

    column: Callable[[Any, Any], Any]
    received: Callable[[Any, Any, Any, Any], Any]


YIELDED = {
    "a sum": Yielded(lambda x, y: x * y, lambda x, y, w, axes: (w * x * y).sum(axes)),
    "a number for each value": Yielded(lambda x, y: 2.0, lambda x, y, w, axes: (2 * w).sum(axes)),
    "a maximum": Yielded(lambda x, y: Max(x), lambda x, y, w, axes: np.where(w > 0, x, -np.inf).max(axes)),
    "an aligned sum": Yielded(lambda x, y: Aligned(x), lambda x, y, w, axes: (w * x).sum(axes, keepdims=True)),
    "an aligned maximum": Yielded(lambda x, y: Aligned(Max(x)), lambda x, y, w, axes: np.where(w > 0, x, -np.inf).max(axes, keepdims=True)),
}
MATRICES = {
    "a sum for each class": Yielded(lambda x, y: ByClass(x * y), lambda x, y, w, axes: (w * x * y).sum(0)),
    "a product of matrices with an axis between": Yielded(
        lambda x, y: CrossProduct(np.stack([x, y], 1), np.stack([y, x], 1)[..., :2]),
        lambda x, y, w, axes: (w * x).T @ y[:, :2] + (w * y).T @ x[:, :2],
    ),
    "a product of matrices": Yielded(lambda x, y: CrossProduct(x, y[:, :2]), lambda x, y, w, axes: (w * x).T @ y[:, :2]),
    "all rows": Yielded(lambda x, y: AllRows(y), lambda x, y, w, axes: y),
    "all rows and classes": Yielded(lambda x, y: Pooled(x, classes=True), lambda x, y, w, axes: x),
    "all values": Yielded(lambda x, y: Pooled(x), lambda x, y, w, axes: x.ravel()),
    "all weights": Yielded(lambda x, y: Pooled(3.0), lambda x, y, w, axes: 3 * w.ravel()),
}


def received(one: Yielded, **said: Any) -> Any:
    """What a statistic that yields this column receives."""
    found = []

    def statistic(pred: Any, target: Any) -> Any:
        merged, n = yield one.column(pred, target), 0.0 * pred + 1
        found.append(merged)
        return n * 0.0

    losscli.compute(statistic, pred=PRED, target=TARGET, **said)
    return found[-1]


@pytest.mark.parametrize("elements", [4, 8, 4096])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["plain", "weighted"])
@pytest.mark.parametrize("what", [*YIELDED, *MATRICES])
def test_a_column_is_merged_over_all_rows(what: str, weight: Any, elements: int) -> None:
    one = (YIELDED | MATRICES)[what]
    w = np.ones(PRED.shape) if weight is None else EACH
    with small_blocks(elements):
        found = received(one, sample_weight=weight)
    wanted = one.received(PRED, TARGET, w, (0, 1))
    assert np.size(found) == np.size(wanted) and np.shape(found) in (np.shape(wanted), (1,) * np.ndim(wanted))
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("weight", [None, WEIGHT, EACH * [1, 0, 2]], ids=["plain", "weighted", "each"])
@pytest.mark.parametrize("what", YIELDED)
def test_a_column_is_merged_for_each_output(what: str, weight: Any) -> None:
    w = np.ones(PRED.shape) if weight is None else EACH * ([1, 0, 2] if np.ndim(weight) > 1 else 1)
    with small_blocks(4):
        found = received(YIELDED[what], sample_weight=weight, per="output", reduction="none")
    np.testing.assert_allclose(found, YIELDED[what].received(PRED, TARGET, w, (0,)), rtol=1e-13)


def test_the_numbers_of_the_rows_count_from_the_first_row_of_all() -> None:
    def formula(pred: Any, target: Any) -> Any:
        (rows,) = yield (RowIndex,)
        return rows * 1.0

    with small_blocks(2):
        values = losscli.compute(formula, pred=PRED[:, 0], target=TARGET[:, 0], reduction="none").values
    assert values is not None and values.tolist() == [*range(ROWS)]


ERRORS = ((PRED - TARGET) ** 2).mean(0)


def mean_errors(pred: Any, target: Any) -> Any:
    n, total = yield 1.0, (pred - target) ** 2
    return total / n


def with_weights(weights: Any) -> Any:
    def weighted(pred: Any, target: Any) -> Any:
        n, total = yield 1.0, (pred - target) ** 2
        return total / n, np.array(weights)

    return weighted


@pytest.mark.parametrize(
    ("loss", "reduction", "value", "kind", "denominator"),
    [
        (mean_errors, "mean", ERRORS.sum() / 3, "channels", 3),
        (mean_errors, "sum", ERRORS.sum(), None, None),
        (with_weights([1.0, 0.0, 3.0]), "mean", (ERRORS[0] + 3 * ERRORS[2]) / 4, "weights", 4),
        (with_weights([1.0, 0.0, 3.0]), "sum", ERRORS.sum(), None, None),
        (with_weights([0.0, 0.0, 0.0]), "mean", ERRORS.sum() / 3, "channels", 3),
    ],
    ids=["mean", "sum", "weighted mean", "sum of weighted ones", "weights of 0"],
)
def test_the_numbers_of_outputs_are_reduced(loss: Any, reduction: str, value: float, kind: str | None, denominator: float | None) -> None:
    found = losscli.compute(loss, pred=PRED, target=TARGET, per="output", reduction=reduction)
    np.testing.assert_allclose(found.value, value, rtol=1e-13)
    assert (found.denominator and found.denominator.kind, found.denominator and found.denominator.value) == (kind, denominator)


@pytest.mark.parametrize(
    ("formula", "value", "kind"),
    [
        (lambda pred, target: (target * pred, target), 10 / 4, "weights"),
        (lambda pred, target: target * pred, 10 / 7, "elements"),
    ],
    ids=["weights", "elements"],
)
@pytest.mark.parametrize("elements", [2, 4096])
def test_a_mean_divides_by_what_a_loss_returns(formula: Any, value: float, kind: str, elements: int) -> None:
    weights = [1.0, 0, 2, 0, 0, 0, 1]
    with small_blocks(elements):
        found = losscli.compute(formula, pred=np.arange(7.0), target=weights)
        doubled = losscli.compute(formula, pred=np.arange(7.0), target=weights, sample_weight=np.full(7, 2.0))
    np.testing.assert_allclose(found.value, value, rtol=1e-15)
    assert found.denominator is not None and found.denominator.kind == kind
    assert doubled.value == found.value


@pytest.mark.parametrize("elements", [2, 4096])
def test_a_mean_of_terms_is_0_where_no_term_counts_and_nan_where_there_is_none(elements: int) -> None:
    far = {"pred": np.array([[0.0, 0.0], [0.0, 0.0], [99.0, 99.0], [99.0, 99.0]]), "target": [0, 0, 1, 1]}
    with small_blocks(elements):
        found = losscli.compute("triplet_all", **far)
        nothing = losscli.compute("triplet_all", pred=far["pred"], target=[0, 0, 0, 0])
    assert found.value == 0 and not found.warnings
    assert np.isnan(nothing.value) and "W105" in [w.code for w in nothing.warnings]


@pytest.mark.parametrize("name", ["r2", "rmse", "max_error", "median_ae"])
@pytest.mark.parametrize("per", ["output", "row"])
def test_statistics_of_nothing_are_nan_with_a_warning(name: str, per: str) -> None:
    found = losscli.compute(name, pred=PRED, target=TARGET, per=per, sample_weight=np.zeros(ROWS))
    assert np.isnan(found.value) and "W105" in [w.code for w in found.warnings]
