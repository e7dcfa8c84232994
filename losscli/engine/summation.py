"""Sums of the columns that a loss yields, over the rows of a block and with sample weights. The loss receives the merged sums.

This module knows how each type of `losscli.aggregation` is summed in a block; `accumulate` merges the sums of the blocks. With
`View.by_row` each row keeps its own part of every sum, as RowParts: the influence of a row on the value is computed from them.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, Aligned, AllRows, ByClass, CrossProduct, Max, Pooled, Sum
from losscli.engine.accumulate import Columns
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.missing import marks_missing, missing_in, spread
from losscli.errors import InputError
from losscli.numeric.lazy import Array
from losscli.numeric.primitive import primitive
from losscli.numeric.sums import sum_in_order
from losscli.record import Record

__all__ = [
    "Ended",
    "RowParts",
    "is_outer",
    "merged_steps",
    "number_of",
    "plain_sum",
    "summed",
    "times_weights",
    "unweighted_columns",
    "weighted_sum",
]


class RowParts(Aggregation):
    """The part of each row in a sum: an array with the rows first. It takes the place of Sum where a view is by row."""

    column: Any


def summed(x: Any, view: View) -> Aggregation:
    """What `weighted_sum` returned, as an aggregation."""
    return RowParts(x) if view.by_row else Sum(x)


class Ended(Record):
    """The end of the steps of a loss: what it returned, and two sums of weights that were computed with its first columns.

    `participating` are the weights behind each number of a statistic, None for another loss; `missing` those of missing numbers.
    """

    out: Any
    participating: Any = None
    missing: Any = None


def merged_steps(steps: Generator[Any, Any, Any], job: Job, view: View) -> Generator[Columns, Columns, Ended]:
    """Run the steps of a loss: yield its columns as aggregations, and send it the merged columns.

    With --per row nothing is yielded: the loss receives the sums of each row at once, for example for the dice of each image.
    """
    per = job.per
    merged: Any = None
    ended: Ended | None = None
    while True:
        try:
            columns = steps.send(merged)
        except StopIteration as done:
            return Ended(done.value) if ended is None else ended.but(out=done.value)
        columns = columns if isinstance(columns, tuple) else (columns,)
        shape = next((s for c in columns if (s := _shape(c))), (view.rows,))
        aggregations = tuple(_aggregation_of(c, shape, view, per) for c in columns)
        counts = _counts_of(job, view, shape) if ended is None else {}
        aggregations = (*aggregations, *(summed(x, view) for x in counts.values()))
        merged = tuple(a.column for a in aggregations) if 0 in per else (yield aggregations)  # type: ignore[attr-defined]
        if ended is None:  # no derivative flows through the counts
            ended = Ended(None, **{k: getattr(x, "value", x) for k, x in zip(counts, merged[len(columns) :], strict=True)})
        merged = tuple(_as_promised(m, c, shape, per) for m, c in zip(merged[: len(columns)], columns, strict=True))


def _counts_of(job: Job, view: View, shape: tuple[int, ...]) -> dict[str, Any]:
    """The sums of weights that `Ended` holds, for a column of this shape."""
    counts = {}
    if job.loss.kind == "statistic":
        counts["participating"] = _label_weight(job, view, shape)
    if marks_missing(job):
        missing = missing_in(job, view)
        marks = np.zeros(shape) if missing is None else spread(missing, shape).astype(np.float64)
        counts["missing"] = weighted_sum(marks, view.but(weight=None), job.per)  # of all rows: a formula may use them before the weights
    return counts


def unweighted_columns(steps: Generator[Any, Any, Any], job: Job, view: View) -> Generator[Columns, Columns, Ended]:
    """`merged_steps` for some rows alone, without sample weights and without --per."""
    return merged_steps(steps, job.but(per=()), view.but(weight=None))


def _aggregation_of(c: Any, shape: tuple[int, ...], view: View, per: tuple[int, ...]) -> Aggregation:
    """A yielded column as an aggregation: a plain column is summed over all axes except those that --per keeps."""
    if isinstance(c, ByClass):
        return summed(weighted_sum(c.column, view, (*per, np.ndim(c.column) - 1)), view)
    if isinstance(c, CrossProduct) and view.by_row:
        return CrossProduct(times_weights(c.column, view.weight), c.other)
    if isinstance(c, CrossProduct):
        x, y = (a.astype(np.float64).reshape(-1, np.shape(a)[-1]) for a in (times_weights(c.column, view.weight), c.other))
        return Sum(x.T @ y)
    if isinstance(c, Pooled):
        return AllRows(c.column if np.ndim(c.column) else times_weights(np.full(shape, float(c.column)), _inner_weight(view, per)))
    if isinstance(c, Max):
        return Max(_max(c.column, _inner_weight(view, per), per))
    if isinstance(c, Aligned):
        return _aggregation_of(c.column, shape, view, per)
    if isinstance(c, Aggregation):
        return c
    return summed(weighted_sum(c, view, per) if np.ndim(c) else _constant(c, shape, view, per), view)


def _shape(c: Any) -> tuple[int, ...]:
    """The shape of the numbers that are summed in a column; () for one that does not show it."""
    while isinstance(c, Pooled | Aligned | Max):
        c = c.column
    return np.shape(c.column)[:-1] if isinstance(c, ByClass) else np.shape(c)


def _max(x: Any, weight: Any, per: tuple[int, ...]) -> Any:
    """The maximum over all numbers whose sample weight is not 0."""
    with_weight = x if weight is None else np.where(_aligned_with(x, weight) > 0, x, -np.inf)
    return with_weight.max(_other_axes(x, per))


def _as_promised(merged: Any, column: Any, shape: tuple[int, ...], per: tuple[int, ...]) -> Any:
    """A merged column in the shape that its aggregation promises to the loss."""
    if isinstance(column, Pooled):  # the axes kept, one axis for all the rest, and the classes last, if there are any
        if np.ndim(merged) == 1 and not per:
            return merged  # the same array in every block, so that what is computed from it can be kept
        kept = [np.shape(merged)[a] for a in per]
        return np.moveaxis(merged, per, range(len(per))).reshape(*kept, -1, *np.shape(merged)[-1:] if column.classes else ())
    if isinstance(column, Aligned) and np.ndim(merged) >= len(per):  # it broadcasts over columns of this shape
        return np.reshape(merged, [n if a in per else 1 for a, n in enumerate(shape)])
    return merged


# --- sums with sample weights ----------------------------------------------------------------------------------------------


def weighted_sum(column: Any, view: View, per: tuple[int, ...] = ()) -> Any:
    """A column times the sample weights, summed in float64 over all axes except those in `per`; by row also except the rows."""
    column = times_weights(column, _inner_weight(view, per))
    if view.by_row:
        return column.sum(_other_axes(column, (0, *per)), dtype=np.float64)
    if not per:
        return sum_in_order(column)
    return column.sum(_other_axes(column, per), dtype=np.float64)


def _inner_weight(view: View, per: tuple[int, ...]) -> Array | None:
    """The sample weights within the sums: none where each weight belongs to a whole sum, as those of the rows with --per row."""
    return None if is_outer(view.weight, per) else view.weight


def is_outer(weight: Array | None, per: tuple[int, ...]) -> bool:
    """Whether sample weights have only axes that --per keeps, so that they weigh the statistics themselves."""
    return weight is None or per[: weight.ndim] == tuple(range(weight.ndim))


def number_of(values: Any, view: View) -> Any:
    """How many values there are; by row, how many in each row."""
    return np.full(view.rows, np.size(values) / view.rows) if view.by_row else float(np.size(values))


def plain_sum(x: Any, view: View) -> Any:
    """The sum of a column without the sample weights; by row, that of each row."""
    return x.sum(_other_axes(x, (0,)), dtype=np.float64) if view.by_row else sum_in_order(x)


def _other_axes(column: Any, per: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a for a in range(np.ndim(column)) if a not in per)


def times_weights(column: Any, weight: Any) -> Any:
    """A column times the sample weights of its rows, or of its values; 0 where the weight is 0, also of an infinite value.

    Raises InputError for weights with more axes.
    """
    if weight is None:
        return column
    if weight.ndim > np.ndim(column):
        raise InputError("each value is computed from a whole row here, so sample_weight needs one number for each row")
    return _times(column, _aligned_with(column, weight))


@primitive(lambda g, out, column, weight: g * weight, lambda g, out, column, weight: g * column)
def _times(column: Any, weight: Any) -> Any:
    """Their product, 0 where the weight is 0. Its derivative is nan where that of the mean is: of no data, also at a weight of 0."""
    product = column * weight
    return product if np.all(weight) else np.where(weight == 0, 0.0, product)


def _aligned_with(column: Any, weight: Any) -> Any:
    """Sample weights with as many axes as a column."""
    return weight.reshape(weight.shape + (1,) * (np.ndim(column) - weight.ndim))


def _constant(c: Any, shape: tuple[int, ...], view: View, per: tuple[int, ...]) -> Any:
    """The sum of a constant next to a column of this shape: c for each of its numbers, times the sample weights."""
    w = _inner_weight(view, per)
    if w is not None and w.ndim > 1:
        return c * weighted_sum(np.ones(shape), view, per)
    of_row = c * float(np.prod([n for a, n in enumerate(shape) if a > 0 and a not in per]))
    if 0 in per:
        return of_row
    if view.by_row:
        return of_row * (np.ones(view.rows) if w is None else w)
    return of_row * (shape[0] if w is None else w.sum())


def _label_weight(job: Job, view: View, shape: tuple[int, ...]) -> Any:
    """The sample weights of all numbers that are summed in a column of this shape, without those of ignored labels."""
    ignored = ignored_in(job, view)
    return _constant(1.0, shape, view, job.per) if ignored is None else weighted_sum((~ignored).astype(np.float64), view, job.per)
