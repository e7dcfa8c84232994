"""The axes that `--per` keeps: those of a statistic, and the means within the rows or the outputs of a pointwise loss."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import cached_property, partial, wraps
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, MeanOver, Sum
from losscli.catalogue.custom import CustomLoss
from losscli.choices import AXES
from losscli.engine.job import Job
from losscli.errors import UsageError
from losscli.numeric.primitive import where
from losscli.numeric.scaling import SUM_SCALE
from losscli.registry import Loss, Preset

__all__ = ["check_per", "keeping_axes"]


def check_per(loss: Loss, per: str | None) -> None:
    """Raise UsageError where a loss does not take the user's --per."""
    if per is None or loss.kind == "pointwise":
        return
    if loss.kind == "batch":
        raise UsageError(f"{loss.name} compares rows with each other and gives a value for each: it takes no --per; -r none has the values")
    if not loss.allows_per:
        raise UsageError(f"{loss.name} is one number over all rows and features: it takes no --per")
    if not {"channel", "class", "output"}.isdisjoint(per.split(",")) and loss.roles[loss.first].domain.classes:
        raise UsageError(f"{loss.name} is one number over all its classes: --per takes all or row")


def keeping_axes(job: Job) -> Job:
    """The job with the axes that it keeps. A pointwise loss with --per becomes the mean within what is kept, which is a statistic.

    Raises UsageError where the loss has no such axes.
    """
    check_per(job.loss, job.requested_per)
    if job.loss.kind == "statistic":
        return job.but(per=_axes_of_statistic(job))
    per = job.requested_per or job.preset.per
    if job.loss.kind == "batch" or per in (None, "all"):
        return job
    return _means_within(job, per)


def _axes_of_statistic(job: Job) -> tuple[int, ...]:
    """The axes that a statistic keeps."""
    loss = job.loss
    domains = {r: loss.roles[r].domain for r in job.columns}
    own_series = [r for r, domain in domains.items() if domain.shared and not domain.ndim and not domain.of_values]
    if own_series and job.requested_per in ("all", "channel", "class", "output"):
        raise UsageError(
            f"{own_series[0]} has a row for each row of {loss.first}, so {loss.name} is a number a row: leave out --per {job.requested_per}"
        )
    per = job.requested_per or job.preset.per or ("row" if own_series and loss.per == "all" else loss.per)
    shape = job.layouts[loss.first].shape
    axes = _kept(per, 1 + len(shape), has_channels=len(shape) > job.domain(loss.first).ndim)
    _check_reduction(job, axes)
    return axes


def _kept(per: str, axes: int, has_channels: bool) -> tuple[int, ...]:
    """The axes of arrays with so many axes that a word of --per keeps; without channels at most the rows."""
    return tuple(a % axes for a in AXES[per] if a == 0 or has_channels)


def _check_reduction(job: Job, axes: tuple[int, ...]) -> None:
    """Raise UsageError for a reduction that counts rows or elements, where the value has none."""
    if 0 not in axes and job.reduction in ("batchmean", "sum_over_batch_size") and not job.preset.names:
        raise UsageError(f"{job.loss.name} is one number over all rows: -r {job.reduction} needs --per row")


# --- means of a pointwise loss -----------------------------------------------------------------------------------------------


class MeansWithin(Loss):
    """A pointwise loss as a statistic: the mean of its values within each row or output."""

    @cached_property
    def yields(self) -> frozenset[type[Aggregation]]:
        return frozenset({Sum})


def _means_within(job: Job, per: str) -> Job:
    """The job of a pointwise loss as means within the rows or outputs. Raises UsageError where these have no meaning."""
    loss, preset = job.loss, job.preset
    shape, domain = job.layouts[loss.first].shape, job.domain(loss.first)
    value_axes = 1 + len(shape) - domain.ndim - (preset.last_axis == "sum")
    axes = _kept(per, value_axes, has_channels=value_axes > 1)
    _check_means(job, per, value_axes, axes)
    if job.reduction == (preset.reduction or loss.reduction) in ("batchmean", "sum_over_batch_size"):  # the default, or as good as it
        job = job.but(reduction="mean")
    _check_reduction(job, axes)
    fn = _mean_of(loss, preset, partial(_check_values, job, per, value_axes, axes))
    fields = {name: getattr(loss, name) for name in Loss._names} | {"fn": fn, "mean": "ratio of sums"}
    return job.but(loss=MeansWithin(**fields), preset=preset.but(last_axis=None, row_mean=False), per=axes)


def _check_means(job: Job, per: str, value_axes: int, axes: tuple[int, ...]) -> None:
    """Raise UsageError where means within the rows or the outputs of a pointwise loss have no meaning."""
    loss, preset = job.loss, job.preset
    if isinstance(loss, CustomLoss):
        raise UsageError(
            f"{loss.name} is a function with a value for each element: --per is for our losses, and for functions that yield sums"
        )
    vectors = job.domain(loss.first).ndim
    if value_axes == 1 and vectors and per != "row":
        raise UsageError(f"{loss.name} has no outputs here: leave out --per {per}; -r none has the values")
    if value_axes == 1 and not vectors and 0 in axes:  # a row that is a vector or an image may have a value for each number or pixel
        raise UsageError(f"{loss.name} gives one value for each row here: leave out --per; -r none has the values")
    if len(axes) == value_axes > 1 and not vectors:
        raise UsageError(f"{loss.name} --per {per} keeps every value here: leave out --per; -r none has the values")
    if job.weight is not None and preset.weighted is not None:
        raise UsageError(f"{preset.names[0]} divides by the number of elements, not by the weights: leave out --per or --sample-weight")


def _mean_of(loss: Loss, preset: Preset, check: Callable[[int], None]) -> Callable[..., Any]:
    """The function of a pointwise loss as that of a statistic: the mean of its values, also of all within a vector or an image."""

    @wraps(loss.fn)
    def mean(**given: Any) -> Generator[Any, Any, Any]:
        out = loss.fn(**given)
        found: tuple[Any, ...] = (*out, None, None) if isinstance(out, tuple) else (out, None, None)
        values, weights, terms = found[:3]
        if isinstance(weights, MeanOver):
            if weights.number is not None:
                raise UsageError(f"{loss.name} divides by a number that is given: it takes no --per")
            weights = weights.weights
        if preset.last_axis == "sum":
            values, weights = values.sum(-1), None
        check(np.ndim(values))
        counts = 1 if weights is None or preset.weighted == "elements" or preset.counts_ignored else weights
        total, n, parts = yield values, counts, counts if terms is None else _counted(terms)
        infinite = np.isinf(getattr(total, "value", total))
        if not infinite.any():
            return total / n, None, parts
        (scaled,) = yield (values / SUM_SCALE,)  # the sum overflows, but the mean may not
        return where(infinite, scaled / n * SUM_SCALE, total / n), None, parts

    return mean


def _check_values(job: Job, per: str, value_axes: int, axes: tuple[int, ...], found: int) -> None:
    """Raise UsageError where the values of vectors have so many axes that no mean is left, or that an axis may be one of pixels."""
    name = job.loss.name
    if found < value_axes or found == value_axes == len(axes) == 1:
        raise UsageError(f"{name} gives one value for each row, whatever its elements: leave out --per; -r none has the values")
    if found == value_axes == len(axes):
        raise UsageError(f"{name} --per {per} keeps every value here: leave out --per; -r none has the values")
    if found > value_axes and job.domain(job.loss.first).classes and axes != (0,):
        raise UsageError(f"{name} has a value for each class of each pixel: --per takes all or row; -r none has the values")


def _counted(terms: Any) -> Any:
    """1 for each value with terms, else 0; no derivative flows through it."""
    return (getattr(terms, "value", terms) != 0).astype(np.float64)
