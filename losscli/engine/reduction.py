"""A loss and its reduction are one generator: it yields columns, gets them back merged over all rows, goes on, returns.

No yield is a pointwise loss, a yield of columns to sum a statistic, of AllRows rows a batch loss; the reduction is the last yield.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, Aligned, AllRows, ByClass, CrossProduct, Max, Pooled, Sum
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Block
from losscli.engine.accumulate import Columns, Elements, sent
from losscli.engine.job import Job, View, ignored_in
from losscli.errors import InputError, counted
from losscli.numeric.arrays import is_masked, masked_to_nan
from losscli.numeric.scaling import SUM_SCALE
from losscli.numeric.sums import sum_in_order
from losscli.record import Record

__all__ = ["Program", "Reduced", "Watcher", "advance", "program", "resume", "sums_of"]


class Reduced(Record):
    """The number (or, for a statistic that keeps channels, the numbers) and what it was divided by; the sum, and what a mean divides by.

    `took` is how much took part (in each channel): where it is 0 the number was computed from nothing.
    """

    value: Any
    kind: str | None = None
    denominator: Any = None
    total: Any = None
    count: Any = None
    took: Any = 1.0


FAR = 2.0**300  # what weights come to beyond which, or below its inverse, they are taken by a unit
Program = Generator[Columns, Columns, Reduced]
Watcher = Callable[[Block, View, Any, Any], None]  # block, view, values, and which of them are ignored (or None)


def _weighted(column: Any, w: Any) -> Any:
    if w is not None and w.ndim > np.ndim(column):
        raise InputError("each value is one of a whole row here, so sample_weight needs one number for each row")
    return column if w is None else column * w.reshape(w.shape + (1,) * (np.ndim(column) - w.ndim))


def _total(column: Any, view: View, per: tuple[int, ...] = ()) -> Any:
    """A column times the sample weights, summed in float64 over all axes but the kept."""
    w = None if 0 in per else view.weight
    column = _weighted(column, w)
    if not per:
        return sum_in_order(column)
    return column.sum(tuple(a for a in range(np.ndim(column)) if a not in per), dtype=np.float64)


def _constant(c: Any, shape: tuple[int, ...], view: View, per: tuple[int, ...]) -> Any:
    """A constant column beside one of this shape: c for each number that is summed there, with the sample weights."""
    w = None if 0 in per else view.weight
    if w is None:
        return c * float(np.prod([n for a, n in enumerate(shape) if a not in per]))
    if w.ndim == 1:
        return c * w.sum() * float(np.prod([n for a, n in enumerate(shape) if a > 0 and a not in per]))
    return c * _total(np.ones(shape), view, per)


def _own(run: Generator[Any, Any, Any], job: Job, view: View) -> Generator[Columns, Columns, tuple[Any, Any]]:
    """A loss's own yields, summed; and how much took part in each number of a statistic, which is summed beside the first of them.

    Where rows are kept each row gets its own sums back at once: the dice of every image.
    """
    per, back, took = job.per, None, None
    while True:
        try:
            columns = run.send(back)
        except StopIteration as done:
            return done.value, took
        columns = columns if isinstance(columns, tuple) else (columns,)
        shape = next((s for c in columns if (s := _shape(c))), (view.rows,))
        sums = tuple(_marked(c, shape, view, per) for c in columns)
        counts = (Sum(_taking_part(job, view, shape)),) if took is None and job.loss.kind == "statistic" else ()
        sums = (*sums, *counts)
        back = tuple(s.of for s in sums) if 0 in per else (yield sums)  # type: ignore[attr-defined]
        if counts:
            took = getattr(back[-1], "value", back[-1])  # no derivative flows through it
        back = tuple(
            _in_pools(b, per, c.classes) if isinstance(c, Pooled) else _beside(b, shape, per) if isinstance(c, Aligned) else b
            for b, c in zip(back[: len(columns)], columns, strict=True)
        )


def sums_of(run: Generator[Any, Any, Any], job: Job, view: View) -> Generator[Columns, Columns, Any]:
    """What a loss yields over some rows that are all there are, without their weights, as it is merged."""
    return _own(run, replace(job, per=()), replace(view, weight=None))


def _shape(c: Any) -> tuple[int, ...]:
    """The shape of the numbers that a column sums; () of one that says nothing of it."""
    while isinstance(c, Pooled | Aligned | Max):
        c = c.of
    return np.shape(c.of)[:-1] if isinstance(c, ByClass) else np.shape(c)


def _taking_part(job: Job, view: View, shape: tuple[int, ...]) -> Any:
    """The sample weights of all numbers that are summed beside a column of this shape, without those of ignored labels."""
    ignored = ignored_in(job, view)
    return _constant(1.0, shape, view, job.per) if ignored is None else _total((~ignored).astype(np.float64), view, job.per)


def _marked(c: Any, shape: tuple[int, ...], view: View, per: tuple[int, ...]) -> Aggregation:
    """How a yielded column is merged: a plain one is summed, as far as `per` says."""
    if isinstance(c, ByClass):
        return Sum(_total(c.of, view, (*per, np.ndim(c.of) - 1)))
    if isinstance(c, CrossProduct):
        x, y = (a.astype(np.float64).reshape(-1, np.shape(a)[-1]) for a in (_weighted(c.of, view.weight), c.by))
        return Sum(x.T @ y)
    if isinstance(c, Pooled):
        return AllRows(c.of if np.ndim(c.of) else _weighted(np.full(shape, float(c.of)), None if 0 in per else view.weight))
    if isinstance(c, Max):
        return Max(_largest(c.of, None if 0 in per else view.weight, per))
    if isinstance(c, Aligned):
        return _marked(c.of, shape, view, per)
    if isinstance(c, Aggregation):
        return c
    return Sum(_total(c, view, per) if np.ndim(c) else _constant(c, shape, view, per))


def _largest(x: Any, w: Any, per: tuple[int, ...]) -> Any:
    kept = x if w is None else np.where(w.reshape(w.shape + (1,) * (np.ndim(x) - w.ndim)) > 0, x, -np.inf)
    return kept.max(tuple(a for a in range(np.ndim(x)) if a not in per))


def _beside(x: Any, shape: tuple[int, ...], per: tuple[int, ...]) -> Any:
    """A number for each place along the kept axes, as an array that broadcasts over columns of this shape."""
    return x if np.ndim(x) < len(per) else np.reshape(x, [n if a in per else 1 for a, n in enumerate(shape)])


def _in_pools(x: Any, per: tuple[int, ...], classes: bool) -> Any:
    """The axes kept, an axis for all the rest, and the classes last, if there are any."""
    kept = [np.shape(x)[a] for a in per]
    return np.moveaxis(x, per, range(len(per))).reshape(*kept, -1, *np.shape(x)[-1:] if classes else ())


def program(job: Job, view: View, shown: bool = False, out: Any = None) -> Program:
    """The loss, then its reduction, on one block; where the values are to be shown they are yielded beside their sums.

    `out` is what the formula gives, where that is known already.
    """
    out, took = (job.loss.fn(**view.roles, **job.options) if out is None else out), None
    if inspect.isgenerator(out):
        out, took = yield from _own(out, job, view)
    values, weights, terms = _parts(job, out, took)
    gone = None
    if is_masked(values) or is_masked(weights):
        values, weights, gone = _without_masked(job, values, weights)
    if 0 not in job.per and np.ndim(values) == len(job.per) and job.loss.kind != "pointwise":
        return _of_statistic(job, values, terms)
    elements = values
    if took is not None and np.ndim(terms) and not job.preset.framework:  # a row of nothing is left out, as an ignored one is
        weights, elements = (terms != 0).astype(np.float64), _known(values, terms)
        values = np.where(terms != 0, values, 0.0)
    if job.preset.last_axis and np.ndim(values) > 1:
        elements = values = values.mean(-1) if job.preset.last_axis == "mean" else values.sum(-1)
        weights = None
    if job.loss.mean == "mean of ratios" and job.reduction == "mean":
        elements = values = values / np.maximum(weights, 1)
        weights = None
    kind, count, took = _counted(job, view, values, weights, terms)
    sums = tuple(map(Sum, (_total(values, view), count, float(np.size(values)), float(view.rows), took)))
    if gone is not None:
        shown, elements = True, np.where(gone, np.nan, elements)
    total, *counts, took = yield (Elements(_weighted(elements, view.weight), gone), *sums) if shown else sums
    took = getattr(took, "value", took)  # no derivative flows through it
    if job.loss.mean == "of terms":  # the terms that are counted are those that are not 0: where there is none the loss is 0
        counts[0] = np.where(counts[0] == 0, 1.0, counts[0])
    under = dict(zip(("mean", "sum_over_batch_size", "batchmean"), zip((kind, "elements", "rows"), counts, strict=True), strict=True))
    kind_under, by = under.get(job.reduction, (None, None))
    if took != 0 and by is not None and _out_of_reach(total, by):
        value = yield from _far_mean(values, weights, view, total, by, kind_under == "weights" and job.preset.weighted != "kept")
    else:
        value = None if job.reduction == "none" else total if by is None else total / by
    if took == 0 and by is not None:
        value = _of_nothing(job, value)
    return Reduced(value, kind_under, by, total, counts[0], took)


def _out_of_reach(total: Any, by: Any) -> bool:
    """Whether a sum overflowed, or weights are so large or small that products with them may be rounded to 0, where the mean is neither."""
    total, by = (getattr(x, "value", x) for x in (total, by))
    return bool(np.isinf(total) or by > FAR or 0 < by < 1 / FAR)


def _far_mean(values: Any, weights: Any, view: View, total: Any, by: Any, weighed: bool) -> Generator[Columns, Columns, Any]:
    """A mean by sums of values and weights that are first taken by a unit, in one more pass."""
    many = SUM_SCALE if np.isinf(getattr(total, "value", total)) else 1.0
    if not weighed or view.weight is None:
        (total,) = yield (Sum(_total(values / many, view)),)
        return total / by * many
    by = getattr(by, "value", by)
    unit = 2.0 ** (np.frexp(by)[1] - 1 if by < np.inf else 1000)
    within = replace(view, weight=view.weight / unit)
    counts = np.ones(np.shape(values)) if weights is None else weights
    total, count = yield Sum(_total(values / many, within)), Sum(_total(counts, within))
    return total / count * many


def _without_masked(job: Job, values: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Values of which some are masked, so missing: their weights are 0, or they are nan; and which they are, if they are left out.

    Raises Failed where the job has no missing values.
    """
    gone = np.ma.getmaskarray(values) | (False if weights is None else np.ma.getmaskarray(weights))
    if job.nan == "error":
        raise FunctionError(
            f"{job.loss.reference}: {job.loss.name} returned {counted(int(gone.sum()), 'masked value')}: what is masked is missing; "
            "--nan omit leaves it out, --nan propagate makes it nan"
        )
    if job.nan == "propagate" or np.ndim(values) == 0:
        return masked_to_nan(values) if is_masked(values) else values, masked_to_nan(weights) if is_masked(weights) else weights, None
    kept = np.ones(np.shape(values)) if weights is None else np.ma.filled(weights, 0.0)
    return np.where(gone, 0.0, np.ma.filled(values, 0.0)), np.where(gone, 0.0, kept), gone


def _parts(job: Job, out: Any, took: Any) -> tuple[Any, Any, Any]:
    """The values of a loss, what each counts for in a mean (None: 1), and how many terms each was made of (None: as it counts)."""
    values, weights, terms = (*out, *(None,) * (3 - len(out))) if isinstance(out, tuple) else (out, None, None)
    if job.shared and any(np.size(x) == 0 for x in job.shared.values()):
        return values, weights, np.zeros(np.shape(values))  # rows that are held against nothing
    terms = getattr(terms, "value", terms)
    return values, weights, terms if took is None else took if terms is None else np.where(terms != 0, took, 0.0)


def _counted(job: Job, view: View, values: Any, weights: Any, terms: Any) -> tuple[str, Any, Any]:
    """What a mean divides by: its kind and the block's share of it; and the share of how much took part."""
    weighted = (
        _total(np.ones(np.shape(values)) if weights is None else weights, view) if weights is not None or view.weight is not None else None
    )
    if terms is None:
        took = float(np.size(values)) if weighted is None else weighted
    else:
        took = _total(np.broadcast_to(terms != 0, np.shape(terms) or np.shape(values)).astype(np.float64), view)
    if job.preset.weighted == "elements" or weighted is None:
        return "elements", float(np.size(values)), took
    return "weights", sum_in_order(weights) if job.preset.weighted == "kept" and weights is not None else weighted, took


def _known(values: Any, took: Any) -> Any:
    """The values, and their derivatives, nan where nothing took part."""
    return values * np.where(took != 0, 1.0, np.nan)


def _of_nothing(job: Job, value: Any) -> Any:
    """The mean of nothing: nan, as its derivative; under the name of a framework what that gives."""
    if not job.preset.framework:
        return _known(value, 0)
    return job.preset.empty_mean.get("terms", value)


def _of_statistic(job: Job, values: Any, took: Any) -> Reduced:
    """What is left to reduce of a statistic over all rows: its channels, or nothing."""
    took = np.ones(np.shape(values)) if took is None else np.broadcast_to(took, np.shape(values))
    if not took.all() and np.size(took):
        values = _known(values, took) if not job.preset.framework else values if took.any() else _of_nothing(job, values)
    if np.isinf(took).any():
        values = values * np.where(np.isinf(took), np.nan, 1.0)  # the weights add up to more than float64 holds
    if job.reduction == "none" or np.ndim(values) == 0:
        return Reduced(values, took=took)
    n = len(values)
    return Reduced(values.sum(), took=took) if job.reduction == "sum" else Reduced(values.sum() / n, "channels", n, took=took)


def advance(run: Program, view: View, merged: Sequence[Columns]) -> Columns | Reduced:
    """The next columns once what is merged so far has been sent, or the end."""
    try:
        columns = next(run)
        for m in merged:
            columns = run.send(sent(m, view))
        return columns
    except StopIteration as done:
        return done.value


def resume(run: Program, merged: Columns) -> Columns | Reduced:
    """The same for a block that has waited."""
    try:
        return run.send(merged)
    except StopIteration as done:
        return done.value
