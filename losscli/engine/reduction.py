"""A loss and its reduction as one coroutine: it yields columns of a block, receives them merged over all rows, and returns a value.

A loss without a yield is pointwise, one that yields columns to sum is a statistic, one that yields AllRows is a batch loss. The last
yield belongs to the reduction: the sum of the values, and the denominator of the mean.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np

from losscli.aggregation import EachClass, MeanOver
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Block
from losscli.engine.accumulate import Columns, Elements, merged_for
from losscli.engine.job import Job, View
from losscli.engine.missing import marks_missing, missing_in, spread
from losscli.engine.summation import is_outer, merged_steps, number_of, plain_sum, summed, times_weights, weighted_sum
from losscli.errors import UsageError, counted
from losscli.numeric.arrays import is_masked, masked_to_nan
from losscli.numeric.lazy import Array
from losscli.numeric.scaling import SUM_SCALE
from losscli.record import Record

__all__ = ["LARGE_WEIGHTS", "BlockCallback", "FirstBlock", "LossCoroutine", "Reduced", "advance", "loss_coroutine", "resume"]


class Reduced(Record):
    """The reduced value: a number, or the numbers of a statistic that keeps channels.

    `kind` and `denominator` say what the sum was divided by, `total` is the sum and `count` the denominator of a mean. `participating`
    is the sum of the weights (of each channel): where it is 0, the value was computed from nothing. `why` is the loss's reason for that.
    `elements` is the number of the values in the sum, ignored ones and those of weight 0 included.
    """

    value: Any
    kind: str | None = None
    denominator: Any = None
    total: Any = None
    count: Any = None
    participating: Any = 1.0
    why: str = ""
    elements: Any = None


LossCoroutine = Generator[Columns, Columns, Reduced]
BlockCallback = Callable[[Block, View, Any, Array | None], None]  # gets a block, its view, its values, and which are ignored


class FirstBlock(Record):
    """The first block, whose coroutine has yielded `columns` and waits for the merged ones. It returns the result of the job."""

    block: Block
    view: View
    coroutine: LossCoroutine
    columns: Columns


class _Values(Record):
    """The results of a loss for the rows of a block.

    `weights` are the weights of the values in a mean (None: 1), `terms` the number of terms in each value (None: its weight), `shown` the
    values for a callback; `missing` marks masked values.
    """

    values: Any
    weights: Any
    terms: Any
    shown: Any
    missing: Array | None = None
    over: MeanOver = MeanOver("")
    of_classes: bool = False  # whether the last axis counts classes, for each of which there is a statistic
    why: str = ""  # the reason why there are no terms


def loss_coroutine(job: Job, view: View, shown: bool = False, out: Any = None) -> LossCoroutine:
    """The loss and its reduction on one block. With `shown` the values are yielded too, as Elements.

    `out` is the result of the formula for the block, if it is computed already.
    """
    out = job.loss.call(view.roles, {**job.options, **view.options}) if out is None else out
    participating, missing = None, None
    if inspect.isgenerator(out):
        ended = yield from merged_steps(out, job, view)
        out, participating, missing = ended.out, ended.participating, ended.missing
        if 0 in job.per and not is_outer(view.weight, job.per):
            view = view.but(weight=None)  # the weights are in the sums already
    elif marks_missing(job):
        missing = missing_in(job, view)
    results = _values_of(job, out, participating)
    if missing is not None and np.any(missing):
        results = _nan_where_missing(results, np.asarray(missing) != 0)
    if 0 not in job.per and np.ndim(results.values) == len(job.per) + results.of_classes and job.loss.kind != "pointwise":
        return _reduced_statistic(job, results)
    results = _weighted_values(job, results, by_row=participating is not None)
    kind, count, participating = _counts(job, view, results)
    rows = np.ones(view.rows) if view.by_row else float(view.rows)
    parts = (weighted_sum(results.values, view), count, number_of(results.values, view), rows, participating)
    sums: Columns = tuple(summed(x, view) for x in parts)
    if shown or results.missing is not None:
        weighted = not (view.weight is None and results.weights is None and results.terms is None)
        sums = (Elements(_in_order(job, times_weights(results.shown, view.weight)), results.missing, weighted), *sums)
    merged = yield sums
    return (yield from _reduced(job, view, results, kind, merged))


# --- the values of a loss --------------------------------------------------------------------------------------------------


def _values_of(job: Job, out: Any, participating: Any) -> _Values:
    """The values of a loss, with masked values removed. Raises FunctionError for masked values with --nan error."""
    parts: tuple[Any, ...] = (*out, None, None) if isinstance(out, tuple) else (out, None, None)
    values, weights, terms, why = *parts[:3], ""
    over = weights if isinstance(weights, MeanOver) else MeanOver("")
    weights = over.weights if over.kind else weights
    of_classes = isinstance(values, EachClass)
    values = values.values if of_classes else values
    if (
        (0 in job.per or not job.per) and np.ndim(participating) and np.ndim(participating) < np.ndim(values)
    ):  # the same for each value of a row
        participating = np.reshape(participating, np.shape(participating) + (1,) * (np.ndim(values) - np.ndim(participating)))
        participating = np.broadcast_to(participating, np.shape(values))
    if job.preset.factor != 1:
        values = values * job.preset.factor
    if job.shared and any(np.size(x) == 0 for x in job.shared.values()):
        terms = np.zeros(np.shape(values))  # a shared role is empty, so that rows are compared with nothing
    else:
        why, terms = getattr(terms, "reason", ""), getattr(terms, "value", terms)
        if participating is not None:
            why = why if np.any(participating) else ""  # the rows have no weight, whatever the loss counts
            terms = participating if terms is None else np.where(terms != 0, participating, 0.0)
    missing = None
    if is_masked(values) or is_masked(weights):
        values, weights, missing = _without_masked(job, values, weights)
    return _Values(values, weights, terms, values, missing, over, of_classes, why)


def _nan_where_missing(results: _Values, missing: Array) -> _Values:
    """The results with nan where a value is computed from a missing number, which counts as a term of the mean."""
    missing = spread(missing, np.shape(results.values))
    values = results.values * np.where(missing, np.nan, 1.0)  # the derivative is nan there too
    terms = results.terms if results.terms is None else np.where(spread(missing, np.shape(results.terms)), 1.0, results.terms)
    return results.but(values=values, terms=terms, shown=values)


def _in_order(job: Job, shown: Any) -> Any:
    """Values to show. Where there is one for each class, the classes are on the axis on which the first role has them."""
    layout = job.layouts.get(job.loss.first)
    if layout is None or layout.class_axis is None or np.ndim(shown) != 1 + len(layout.shape):
        return shown
    return np.moveaxis(getattr(shown, "value", shown), -1, layout.class_axis)


def _without_masked(job: Job, values: Any, weights: Any) -> tuple[Any, Any, Array | None]:
    """Masked values get weight 0, or become nan. Returns values, weights, and which values are left out, or None.

    Raises FunctionError with --nan error.
    """
    missing = np.ma.getmaskarray(values) | (False if weights is None else np.ma.getmaskarray(weights))
    if job.nan == "error":
        raise FunctionError(
            f"{job.loss.reference}: {job.loss.name} returned {counted(int(missing.sum()), 'masked value')}: what is masked is missing; "
            "--nan omit leaves it out, --nan propagate makes it nan"
        )
    if job.nan == "propagate" or np.ndim(values) == 0:
        return masked_to_nan(values) if is_masked(values) else values, masked_to_nan(weights) if is_masked(weights) else weights, None
    filled_weights = np.ones(np.shape(values)) if weights is None else np.ma.filled(weights, 0.0)
    return np.where(missing, 0.0, np.ma.filled(values, 0.0)), np.where(missing, 0.0, filled_weights), missing


# --- weights ---------------------------------------------------------------------------------------------------------------


def _weighted_values(job: Job, results: _Values, by_row: bool) -> _Values:
    """The values that are summed and their weights, by the rules of the framework's preset and of the loss's mean.

    With `by_row` the values are a statistic for each row.
    """
    values, terms, of_values = results.values, results.terms, results.weights
    if by_row and of_values is not None and job.reduction != "sum":  # a statistic returns values and their weights, not the products
        values = values * of_values
        results = results.but(values=values)
    if by_row and np.ndim(terms) and not job.preset.framework:  # a row without terms is left out, like an ignored row
        shown = _nan_where_empty(results.shown, terms)
        values = np.where(terms != 0, values, 0.0)
        counts = (terms != 0).astype(np.float64)
        results = results.but(values=values, weights=counts if results.weights is None else counts * results.weights, shown=shown)
    if job.preset.last_axis and np.ndim(values) > 1:
        values = values.mean(-1) if job.preset.last_axis == "mean" else values.sum(-1)
        results = results.but(values=values, weights=None, shown=values)
    elif job.preset.row_mean and np.ndim(values) > 1:
        values = values.reshape(len(values), -1).mean(-1)
        results = results.but(values=values, weights=None, shown=values)
    elif job.loss.mean == "mean of ratios" and job.reduction == "mean" and job.preset.reduction != "sum_over_batch_size":
        values = values / np.maximum(results.weights, 1)
        results = results.but(values=values, weights=None, shown=values)
    if results.missing is not None:
        results = results.but(shown=np.where(results.missing, np.nan, results.shown))
    return results


def _counts(job: Job, view: View, results: _Values) -> tuple[str, Any, Any]:
    """The denominator of a mean: its kind, and the part of this block; and the block's part of the weights that took part."""
    values, weights, terms = results.values, results.weights, results.terms
    weight = None
    if weights is not None or view.weight is not None:
        weight = weighted_sum(np.ones(np.shape(values)) if weights is None else weights, view)
    if terms is None:
        participating = number_of(values, view) if weight is None else weight
    else:
        participating = weighted_sum(np.broadcast_to(terms != 0, np.shape(terms) or np.shape(values)).astype(np.float64), view)
    kind = results.over.kind
    if job.preset.weighted == "elements" or weight is None or (_counts_ignored(job) and view.weight is None):
        return kind or "elements", number_of(values, view), participating
    return kind or "weights", plain_sum(weights, view) if job.preset.weighted == "kept" and weights is not None else weight, participating


def _counts_ignored(job: Job) -> bool:
    """Whether the framework divides by all rows, also those that are ignored: some do where classes have no weights."""
    return job.preset.counts_ignored and job.options["class_weight"] is None


# --- the reduced value -----------------------------------------------------------------------------------------------------

LARGE_WEIGHTS = 2.0**300  # sample weights with a larger sum, or a sum below 1 / LARGE_WEIGHTS, are scaled by a power of two first


def _reduced(job: Job, view: View, results: _Values, kind: str, merged: Columns) -> Generator[Columns, Columns, Reduced]:
    """The value from the sums over all rows; a sum that overflowed takes one more pass."""
    total, count, elements, rows, participating = merged
    participating = getattr(participating, "value", participating)  # no derivative flows through it
    if job.loss.mean == "of terms":  # only terms other than 0 are counted: without any the loss is 0
        count = np.where(count == 0, 1.0, count)
    if results.over.number is not None:
        count = results.over.number
    of_batch = (kind, count) if job.preset.weighted == "kept" else ("elements", elements)  # ignored elements are not in Keras's batch
    divisors = {"mean": (kind, count), "sum_over_batch_size": of_batch, "batchmean": ("rows", rows)}
    kind_of_divisor, divisor = divisors.get(job.reduction, (None, None))
    if divisor is None:
        value = None if job.reduction == "none" else total
    elif participating != 0 and _out_of_range(total, divisor):
        weighted = kind_of_divisor == "weights" and job.preset.weighted != "kept"
        value = yield from _rescaled_mean(job, results, view, total, divisor, weighted)
    else:
        value = total / divisor
    if participating == 0 and divisor is not None:
        value = _mean_of_nothing(job, value)
    return Reduced(value, kind_of_divisor, divisor, total, count, participating, elements=elements)


def _out_of_range(total: Any, divisor: Any) -> bool:
    """Whether the sum overflowed, or the weights are so large or small that products with them may. The mean can still be finite."""
    total, divisor = (getattr(x, "value", x) for x in (total, divisor))
    return bool(np.isinf(total) or divisor > LARGE_WEIGHTS or 0 < divisor < 1 / LARGE_WEIGHTS)


def _rescaled_mean(job: Job, results: _Values, view: View, total: Any, divisor: Any, weighted: bool) -> Generator[Columns, Columns, Any]:
    """The mean, by one more pass over values and weights that are scaled by powers of two."""
    scale = SUM_SCALE if np.isinf(getattr(total, "value", total)) else 1.0
    if weighted:
        results, of_classes = _with_scaled_classes(job, view, results)
    values = results.values
    if not weighted or (view.weight is None and of_classes == 1):
        (total,) = yield (summed(weighted_sum(values / scale, view), view),)
        return total / divisor * scale
    divisor = getattr(divisor, "value", divisor) / of_classes
    unit = 2.0 ** (np.frexp(divisor)[1] - 1 if divisor < np.inf else 1000)
    scaled = view if view.weight is None else view.but(weight=view.weight / unit)
    counts = np.ones(np.shape(values)) if results.weights is None else results.weights
    total, count = yield summed(weighted_sum(values / scale, scaled), view), summed(weighted_sum(counts, scaled), view)
    return total / count * scale


def _with_scaled_classes(job: Job, view: View, results: _Values) -> tuple[_Values, float]:
    """The results for class weights that are divided by a power of two, and this number; 1 where none is very large or small."""
    option = job.loss.weight_option
    weights = job.options.get(option)
    if weights is None or job.loss.kind != "pointwise" or marks_missing(job):
        return results, 1.0
    largest = float(np.max(getattr(weights, "value", weights)))
    if 1 / LARGE_WEIGHTS <= largest <= LARGE_WEIGHTS:
        return results, 1.0
    unit = 2.0 ** (math.frexp(largest)[1] - 1)
    out = job.loss.call(view.roles, {**job.options, **view.options, option: weights / unit})
    return _weighted_values(job, _values_of(job, out, None), by_row=False), unit


def _nan_where_empty(values: Any, participating: Any) -> Any:
    """The values, with nan where nothing took part. The derivatives are nan there too."""
    return values * np.where(participating != 0, 1.0, np.nan)


def _mean_of_nothing(job: Job, value: Any) -> Any:
    """The mean where nothing took part: nan, and so is its derivative. Under a framework's name it is the framework's value."""
    if not job.preset.framework:
        return _nan_where_empty(value, 0)
    return job.preset.empty_mean.get("terms", value)


def _reduced_statistic(job: Job, results: _Values) -> Reduced:
    """The reduced value of a statistic over all rows: its channels are reduced, if it has any, with the weights that it returned."""
    values, participating = results.values, results.terms
    participating = np.ones(np.shape(values)) if participating is None else np.broadcast_to(participating, np.shape(values))
    if not participating.all() and np.size(participating):
        if not job.preset.framework:
            values = _nan_where_empty(values, participating)
        elif not participating.any():
            values = _mean_of_nothing(job, values)
    if np.isinf(participating).any():
        values = values * np.where(np.isinf(participating), np.nan, 1.0)  # the sum of the weights overflows float64
    if job.reduction == "none" or np.ndim(values) == 0:
        return Reduced(values, participating=participating, why=results.why)
    if job.reduction == "sum":
        return Reduced(values.sum(), participating=participating)
    weights = results.weights if not job.preset.output_weights else _output_weights(job, values)
    if weights is not None and getattr(weights, "value", weights).any():
        return Reduced((weights * values).sum() / weights.sum(), "weights", weights.sum(), participating=participating)
    n = len(values)
    return Reduced(values.sum() / n, "channels", n, participating=participating)


def _output_weights(job: Job, values: Any) -> Array:
    """The weights of the outputs. Raises UsageError where there is not one for each output."""
    weights = np.array(job.preset.output_weights)
    if len(weights) != len(values):
        raise UsageError(
            f"{job.preset.names[0]}: {counted(len(weights), 'weight')} for {counted(len(values), 'output')}: give one for each"
        )
    if not weights.any():
        raise UsageError(f"{job.preset.names[0]}: the weights of the outputs are all 0")
    return weights


# --- running a coroutine ---------------------------------------------------------------------------------------------------


def advance(coroutine: LossCoroutine, view: View, merged: Sequence[Columns]) -> Columns | Reduced:
    """Start the coroutine of a block and send it the merged columns of each earlier pass; returns its next columns, or the result."""
    try:
        columns = next(coroutine)
        for m in merged:
            columns = coroutine.send(merged_for(view, m))
        return columns
    except StopIteration as done:
        return done.value


def resume(coroutine: LossCoroutine, merged: Columns) -> Columns | Reduced:
    """Send the merged columns of a pass to a coroutine that waits for them; returns its next columns, or the result."""
    try:
        return coroutine.send(merged)
    except StopIteration as done:
        return done.value
