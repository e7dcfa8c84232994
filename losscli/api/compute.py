"""The loss of arrays, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from losscli.api.arrays import Prepared, check_counts, prepared
from losscli.api.frames import check_used, frames_of
from losscli.api.framework_words import OF_LOSS, in_framework_words
from losscli.api.result import ResultOfArrays
from losscli.api.rows import dependence_of, intervals_of, named_groups, slices_of
from losscli.api.words import in_python_words
from losscli.autodiff.backward import gradients
from losscli.autodiff.one_pass import derivatives_in_one_pass
from losscli.autodiff.with_respect_to import differentiable, in_users_words
from losscli.catalogue.binding import option_named
from losscli.catalogue.lookup import name_by_option
from losscli.data.blocks import Data
from losscli.engine.job import Job, Shape
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.work import Work
from losscli.errors import UsageError, suggest
from losscli.numeric.lazy import Array
from losscli.results.collect import Collector
from losscli.results.result import result_of
from losscli.results.summary import Summary

if TYPE_CHECKING:
    from losscli.data.columns import Column
    from losscli.results.computed import Computed
    from losscli.results.intervals import Intervals

__all__ = ["compute", "gradient"]


@in_python_words
def compute(
    name: str | Callable[..., Any],
    *,
    data: Any = None,
    id: str | Sequence[str] | None = None,
    classes: Sequence[str] | Sequence[int] | None = None,
    reduction: str | None = OF_LOSS,
    sample_weight: Any = None,
    per: str | None = None,
    by: Any = None,
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
) -> ResultOfArrays:
    """The loss `name` of arrays: `compute("huber", pred=[2.5, 0], target=[3, 1], delta=2.0).value`.

    The keywords in `given` are the roles and the options of the loss, which `find(name)` lists. A role (pred, target, …) is a list, an
    array or a tensor with its rows along the first axis; an option (delta, …) has a default. `name` may be a function of your own.

    - data: a frame (pandas, polars, pyarrow, …), a dict of columns or the name of a file. A role is then the name of a column, or several
      names for columns side by side; one that is not given is found by its name, as the command does. `classes` are the words of labels.
    - id: the column of ids by which the rows of several frames are paired: `data`, and frames that are given as roles.
    - reduction: "mean", "sum", "none" (the loss of each element), "batchmean" (sum / rows) or "sum_over_batch_size" (sum / elements);
      by default that of the loss. Under Keras' names None is "none".
    - sample_weight: a mean is Σ w·loss / Σ w. One number, or an array in the shape of the losses or of their leading axes.
    - per: "all", "row", "channel" or "row,channel", the axes that a statistic such as dice keeps.
    - by: the slice of each row, as in `compare`: the result then has `slices`, the worst first.
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
    given, reduction, words = in_framework_words(name, given, reduction, classes)
    frames = frames_of(data, id, words, given)
    work = Work(reduction, per, nan, dtype, class_axis, broadcast)
    ready = prepared(name, given, sample_weight, chunk, work, frames)
    dependence = dependence_of(*named_groups(frames, cluster, lag, folds), test_share, independent)
    intervals = intervals_of(ci, dependence, resamples, seed)
    if by is not None and ready.part.job.reduction == "none":
        raise UsageError("by takes one number for each slice: give reduction='mean' (or 'sum', …), not 'none'")
    slices = None if by is None else slices_of(by, frames)
    check_used(frames)
    computed = None if intervals is None else _sampled(ready, intervals, dependence[0], threads)
    result, outcome = _result(ready, name, computed, intervals, threads)
    if frames is not None and frames.rows.ids is not None:
        result = result.but(ids=frames.rows.ids, id_names=frames.rows.names)
    if slices is None:
        return result
    from losscli.experiment.slicing import Precision, with_slices

    precision = Precision() if intervals is None else Precision(intervals, dependence[0])
    sliced_result, sliced = with_slices(result, outcome, ready.part, slices, precision, threads=threads)
    fields: dict[str, Any] = {**vars(sliced_result), "sliced": sliced}
    return ResultOfArrays(**fields)


def _result(
    ready: Prepared, name: Any, computed: Computed | None, intervals: Intervals | None, threads: int
) -> tuple[ResultOfArrays, Outcome]:
    """The result of a job, and its outcome."""
    job, data, bindings = ready.part.job, ready.data, ready.part.bindings
    values = Collector(values=True, summary=False) if job.reduction == "none" else None
    outcome = run([job], data, threads=threads, callbacks=[values])[0] if computed is None else computed.outcome

    def summarize() -> Summary | None:
        collector = Collector()
        return result_of(run([outcome.job], data, threads=threads, callbacks=[collector])[0], bindings, collector).summary

    result = result_of(outcome, bindings, values, name=name, summarize=summarize)
    if computed is not None and intervals is not None:
        from losscli.results.computed import with_uncertainty

        result = with_uncertainty(result, computed, intervals)
        result = result.but(warnings=[*result.warnings, *intervals.dependence.warnings])
    return ResultOfArrays(**vars(result)), outcome


def _sampled(ready: Prepared, intervals: Intervals, groups: Mapping[str, Column], threads: int) -> Computed:
    """Run a loss, and collect what its interval needs. Raises UsageError for an interval of values."""
    from losscli.experiment.sampling import sample_value
    from losscli.experiment.watching import NOTHING, with_alarm

    part, data = ready.part, ready.data
    if part.job.reduction == "none":
        raise UsageError("an interval needs one number: give reduction='mean' (or 'sum', …), not 'none'")
    with_groups = Data({**data.columns, **groups}, omit=data.omit, chunk=data.chunk)
    computed = sample_value(part.job, with_groups, intervals, threads=threads)
    return with_alarm(computed, part, intervals.dependence, NOTHING, threads)


@in_python_words
def gradient(
    name: str | Callable[..., Any],
    *,
    wrt: str | None = None,
    data: Any = None,
    id: str | Sequence[str] | None = None,
    classes: Sequence[str] | Sequence[int] | None = None,
    reduction: str | None = OF_LOSS,
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
    given, reduction, words = in_framework_words(name, given, reduction, classes)
    work = Work(reduction, per, nan, dtype, class_axis, broadcast)
    frames = frames_of(data, id, words, given)
    ready = prepared(name, given, sample_weight, chunk, work, frames)
    check_used(frames)
    job, rows = ready.part.job, ready.data
    wrt = job.preset.our_role(wrt or job.loss.first)
    if option_named(job.loss, job.preset, wrt) is not None:
        return _by_option(job, rows, wrt, threads)
    if wrt not in job.loss.roles or wrt not in ready.roles:
        raise UsageError(f"{job.loss.name} has no role {wrt!r} here{suggest(wrt, job.loss.roles)}; its roles: {', '.join(job.loss.roles)}")
    if np.asarray(job.shared.get(wrt, 0.0)).dtype.kind in "iu" or (wrt in job.columns and _is_index(job, wrt, rows)):
        raise UsageError(f"{job.loss.name}: {wrt} holds class indices, which have no derivative")
    shape = np.shape(ready.roles[wrt].whole())
    derivative = derivatives_in_one_pass(job, rows, wrt, threads=threads)
    if derivative is not None:
        return _in_given_shape(job, wrt, derivative, shape)
    outcome = run([job], rows, threads=threads)[0]
    derivative = gradients(outcome, rows, [wrt], threads=threads)[wrt]
    if wrt in job.columns and outcome.rows_kept != outcome.rows_read:
        raise UsageError(
            "rows with nan were omitted, so the gradient cannot have the shape of the array: remove these rows from the arrays"
        )
    return _in_given_shape(outcome.job, wrt, derivative, shape)


def _by_option(job: Job, data: Data, wrt: str, threads: int) -> Any:
    """The derivative with respect to an option: a number, or an array."""
    (name,) = differentiable(wrt, job, data)
    outcome = run([job], data, threads=threads)[0]
    (derivative,) = in_users_words(outcome.job, gradients(outcome, data, [name], threads=threads)).values()
    return derivative if np.ndim(derivative) else float(derivative)


def _is_index(job: Job, role: str, data: Data) -> bool:
    return job.view(data.first).roles[role].dtype.kind in "iu"


def _in_given_shape(job: Job, role: str, derivative: Array, shape: Shape) -> Array:
    """A derivative in the shape that the caller gave the role, with its class axis and its axes of length one."""
    if role not in job.columns:
        return derivative.reshape(shape) if derivative.size == np.prod(shape) else _summed_to(derivative, shape)
    back = job.layouts[role].undo(derivative)
    back = np.moveaxis(back, *reversed(job.moved[role])) if role in job.moved else back
    return _summed_to(back, shape) if back.size > np.prod(shape) else back.reshape(shape)


def _summed_to(derivative: Array, shape: Shape) -> Array:
    """The derivative of a role that was broadcast, in the shape of the role: a number gets the sum over its copies."""
    summed = derivative.sum(tuple(range(derivative.ndim - len(shape))))
    repeated = tuple(a for a, (n, given) in enumerate(zip(summed.shape, shape, strict=True)) if n != given == 1)
    return summed.sum(repeated, keepdims=True)
