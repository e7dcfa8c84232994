"""The loss of arrays, and its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from losscli.api.arrays import check_counts, prepared
from losscli.api.words import in_python_words
from losscli.autodiff.backward import gradients
from losscli.autodiff.with_respect_to import differentiable, in_users_words
from losscli.catalogue.binding import option_named
from losscli.catalogue.lookup import name_by_option
from losscli.data.blocks import Data
from losscli.engine.groups import Part
from losscli.engine.job import Job, Shape
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.work import Work
from losscli.errors import UsageError, suggest
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.collect import Collector
from losscli.results.result import Result, result_of
from losscli.results.summary import Summary

if TYPE_CHECKING:
    from losscli.results.computed import Computed
    from losscli.results.intervals import Intervals

__all__ = ["compute", "gradient"]


@in_python_words
def compute(
    name: str | Callable[..., Any],
    *,
    reduction: str | None = None,
    sample_weight: Any = None,
    per: str | None = None,
    ci: float | None = None,
    cluster: Any = None,
    lag: int | Literal["auto"] | None = None,
    folds: Any = None,
    test_share: float | None = None,
    independent: bool = False,
    resamples: int | None = None,
    seed: int = 0,
    nan: str = "error",
    dtype: Any = np.float64,
    class_axis: int | None = None,
    broadcast: bool = False,
    threads: int = 0,
    chunk: int | None = None,
    **given: Any,
) -> Result:
    """The loss `name` of arrays: `compute("huber", pred=[2.5, 0], target=[3, 1], delta=2.0).value`.

    The keywords in `given` are the roles and the options of the loss, which `find(name)` lists. A role (pred, target, …) is a list, an
    array or a tensor with its rows along the first axis; an option (delta, …) has a default. `name` may be a function of your own.

    - reduction: "mean", "sum", "none" (the loss of each element), "batchmean" (sum / rows) or "sum_over_batch_size" (sum / elements);
      by default that of the loss.
    - sample_weight: a mean is Σ w·loss / Σ w. One number, or an array in the shape of the losses or of their leading axes.
    - per: "all", "row", "channel" or "row,channel", the axes that a statistic such as dice keeps.
    - ci: the level in percent of an interval of the value, such as 95: the result then has an `uncertainty` with se, low and high.
    - cluster, lag, folds, test_share, independent, resamples, seed: how the interval is computed, as in `compare`.
    - nan: "error" refuses missing values, "omit" leaves out their rows, "propagate" computes with them.
    - dtype: the type of the computation; sums are float64 in any case.
    - class_axis: the axis of the classes in an array of more than two axes; by default 1, or the last where the target shows it.
    - broadcast: repeat roles of other shapes by NumPy's rule.
    - threads, chunk: how many threads (0 is one for each core), and how many rows at a time. Neither changes a bit of the result.

    Raises UsageError for names and options, InputError for shapes and values; both are ValueErrors.
    """
    check_counts(threads=threads, chunk=chunk)
    name, given = name_by_option(name, given)
    job, data, labels = prepared(name, given, sample_weight, chunk, Work(reduction, per, nan, dtype, class_axis, broadcast))
    values = Collector(values=True, summary=False) if job.reduction == "none" else None
    said, drawn = (cluster, lag, folds, test_share, independent), (resamples, seed)
    if ci is None and all(x is None or x is False for x in (*said, resamples)):
        sampled, outcome = None, run([job], data, threads=threads, callbacks=[values])[0]
    else:
        sampled = _sampled(Part(job, data.columns, labels, None), data, ci, (said, drawn), threads)
        outcome = sampled.computed.outcome

    def summarize() -> Summary | None:
        collector = Collector()
        return result_of(run([outcome.job], data, threads=threads, callbacks=[collector])[0], labels, collector).summary

    result = result_of(outcome, labels, values, name=name, summarize=summarize)
    return result if sampled is None else sampled.added_to(result)


class _Sampled(Record):
    """A run with what its interval needs, and how the interval is computed."""

    computed: Computed
    intervals: Intervals

    def added_to(self, result: Result) -> Result:
        """The result with its interval, or with the reason why it has none."""
        from losscli.results.computed import with_uncertainty

        result = with_uncertainty(result, self.computed, self.intervals)
        return result.but(warnings=[*result.warnings, *self.intervals.dependence.warnings])


_Said = tuple[tuple[Any, Any, Any, float | None, bool], tuple[int | None, int]]


def _sampled(part: Part, data: Data, ci: float | None, said: _Said, threads: int) -> _Sampled:
    """Run a loss, and collect what its interval needs. Raises UsageError for an interval of values, and for no interval."""
    from losscli.api.rows import check_level, dependence_of, resamples_of
    from losscli.experiment.sampling import sample_value
    from losscli.experiment.watching import NOTHING, with_alarm
    from losscli.results.intervals import Intervals

    check_level(ci)
    groups, dependence = dependence_of(*said[0])
    if ci is None:
        raise UsageError("cluster, lag, folds, independent and resamples are about the interval: give ci=95")
    if part.job.reduction == "none":
        raise UsageError("an interval needs one number: give reduction='mean' (or 'sum', …), not 'none'")
    with_groups = Data({**data.columns, **groups}, omit=data.omit, chunk=data.chunk)
    intervals = Intervals(ci, dependence, resamples_of(*said[1], ci, said[0][1], said[0][2]))
    computed = sample_value(part.job, with_groups, intervals, threads=threads)
    return _Sampled(with_alarm(computed, part, dependence, NOTHING, threads), intervals)


@in_python_words
def gradient(
    name: str | Callable[..., Any],
    *,
    wrt: str | None = None,
    reduction: str | None = None,
    sample_weight: Any = None,
    per: str | None = None,
    nan: str = "error",
    dtype: Any = np.float64,
    class_axis: int | None = None,
    broadcast: bool = False,
    threads: int = 0,
    chunk: int | None = None,
    **given: Any,
) -> Any:
    """The derivative of the loss by the role or option `wrt`, in its shape: `gradient("mse", pred=[1, 2], target=[0, 4])`.

    The derivative is that of the value, or with reduction "none" of the sum of the values. By default `wrt` is the first role of the
    loss, such as pred. With an option, such as wrt="delta", it is a number, or an array where the option is one. The other arguments are
    those of `compute`.

    Raises UsageError and InputError as `compute` does, UsageError also for a role or an option without a derivative (class indices,
    words) and for rows that are left out; TypeError where the loss uses a NumPy function whose derivative is not defined here.
    """
    check_counts(threads=threads, chunk=chunk)
    name, given = name_by_option(name, given)
    job, data, _ = prepared(name, given, sample_weight, chunk, Work(reduction, per, nan, dtype, class_axis, broadcast))
    wrt = wrt or job.loss.first
    if option_named(job.loss, job.preset, wrt) is not None:
        return _by_option(job, data, wrt, threads)
    if wrt not in job.loss.roles or given.get(wrt) is None:
        raise UsageError(f"{job.loss.name} has no role {wrt!r} here{suggest(wrt, job.loss.roles)}; its roles: {', '.join(job.loss.roles)}")
    if np.asarray(job.shared.get(wrt, 0.0)).dtype.kind in "iu" or (wrt in job.columns and _is_index(job, wrt, data)):
        raise UsageError(f"{job.loss.name}: {wrt} holds class indices, which have no derivative")
    outcome = run([job], data, threads=threads)[0]
    derivative = gradients(outcome, data, [wrt], threads=threads)[wrt]
    return _in_given_shape(outcome, wrt, derivative, as_array(wrt, given[wrt]).shape)


def _by_option(job: Job, data: Data, wrt: str, threads: int) -> Any:
    """The derivative with respect to an option: a number, or an array."""
    (name,) = differentiable(wrt, job, data)
    outcome = run([job], data, threads=threads)[0]
    (derivative,) = in_users_words(outcome.job, gradients(outcome, data, [name], threads=threads)).values()
    return derivative if np.ndim(derivative) else float(derivative)


def _is_index(job: Job, role: str, data: Data) -> bool:
    return job.view(data.first).roles[role].dtype.kind in "iu"


def _in_given_shape(outcome: Outcome, role: str, derivative: Array, shape: Shape) -> Array:
    """A derivative in the shape that the caller gave the role, with its class axis and its axes of length one.

    Raises UsageError where rows were left out.
    """
    job = outcome.job
    if role not in job.columns:
        return derivative.reshape(shape) if derivative.size == np.prod(shape) else _summed_to(derivative, shape)
    if outcome.rows_kept != outcome.rows_read:
        raise UsageError(
            "rows with nan were omitted, so the gradient cannot have the shape of the array: remove these rows from the arrays"
        )
    back = job.layouts[role].undo(derivative)
    back = np.moveaxis(back, *reversed(job.moved[role])) if role in job.moved else back
    return _summed_to(back, shape) if back.size > np.prod(shape) else back.reshape(shape)


def _summed_to(derivative: Array, shape: Shape) -> Array:
    """The derivative of a role that was broadcast, in the shape of the role: a number gets the sum over its copies."""
    summed = derivative.sum(tuple(range(derivative.ndim - len(shape))))
    repeated = tuple(a for a, (n, given) in enumerate(zip(summed.shape, shape, strict=True)) if n != given == 1)
    return summed.sum(repeated, keepdims=True)
