"""The Python interface: the loss of arrays, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from numbers import Integral
from typing import Any

import numpy as np

from losscli.autodiff.backward import gradients
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.job import Job, Shape
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.plan import prepare
from losscli.engine.work import Work
from losscli.errors import DataWarning, UsageError, suggest
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array
from losscli.results.collect import Collector
from losscli.results.result import Result, result_of
from losscli.results.summary import Summary

__all__ = ["compute", "gradient"]


def compute(
    name: str | Callable[..., Any],
    *,
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
) -> Result:
    """The loss `name` of arrays: `compute("huber", pred=[2.5, 0], target=[3, 1], delta=2.0).value`.

    The keywords in `given` are the roles and the options of the loss, which `find(name)` lists. A role (pred, target, …) is a list, an
    array or a tensor with its rows along the first axis; an option (delta, …) has a default. `name` may be a function of your own.

    - reduction: "mean", "sum", "none" (the loss of each element), "batchmean" (sum / rows) or "sum_over_batch_size" (sum / elements);
      by default that of the loss.
    - sample_weight: a mean is Σ w·loss / Σ w. One number, or an array in the shape of the losses or of their leading axes.
    - per: "all", "row", "channel" or "row,channel", the axes that a statistic such as dice keeps.
    - nan: "error" refuses missing values, "omit" leaves out their rows, "propagate" computes with them.
    - dtype: the type of the computation; sums are float64 in any case.
    - class_axis: the axis of the classes in an array of more than two axes; by default 1, or the last where the target shows it.
    - broadcast: repeat roles of other shapes by NumPy's rule.
    - threads, chunk: how many threads (0 is one for each core), and how many rows at a time. Neither changes a bit of the result.

    Raises UsageError for names and options, InputError for shapes and values; both are ValueErrors.
    """
    _check_counts(threads=threads, chunk=chunk)
    job, data, labels = _prepared(name, given, sample_weight, chunk, Work(reduction, per, nan, dtype, class_axis, broadcast))
    values = Collector(values=True, summary=False) if job.reduction == "none" else None
    outcome = run([job], data, threads=threads, callbacks=[values])[0]

    def summarize() -> Summary | None:
        collector = Collector()
        return result_of(run([outcome.job], data, threads=threads, callbacks=[collector])[0], labels, collector).summary

    return result_of(outcome, labels, values, name=name, summarize=summarize)


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
    """The derivative of the loss by the role `wrt`, in the shape of that role: `gradient("mse", pred=[1, 2], target=[0, 4])`.

    The derivative is that of the value, or with reduction "none" of the sum of the values. By default `wrt` is the first role of the
    loss, such as pred. The other arguments are those of `compute`.

    Raises UsageError and InputError as `compute` does, UsageError also for a role without a derivative (class indices) and for rows that
    are left out; TypeError where the loss uses a NumPy function whose derivative is not defined here.
    """
    _check_counts(threads=threads, chunk=chunk)
    job, data, _ = _prepared(name, given, sample_weight, chunk, Work(reduction, per, nan, dtype, class_axis, broadcast))
    wrt = wrt or job.loss.first
    if wrt not in job.loss.roles or given.get(wrt) is None:
        raise UsageError(f"{job.loss.name} has no role {wrt!r} here{suggest(wrt, job.loss.roles)}; its roles: {', '.join(job.loss.roles)}")
    if np.asarray(job.shared.get(wrt, 0.0)).dtype.kind in "iu" or (wrt in job.columns and _is_index(job, wrt, data)):
        raise UsageError(f"{job.loss.name}: {wrt} holds class indices, which have no derivative")
    outcome = run([job], data, threads=threads)[0]
    derivative = gradients(outcome, data, [wrt], threads=threads)[wrt]
    return _in_given_shape(outcome, wrt, derivative, as_array(wrt, given[wrt]).shape)


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
    return _summed_to(back, shape) if back.size > np.prod(shape) else back.reshape(shape)


def _summed_to(derivative: Array, shape: Shape) -> Array:
    """The derivative of a role that was broadcast, in the shape of the role: a number gets the sum over its copies."""
    summed = derivative.sum(tuple(range(derivative.ndim - len(shape))))
    repeated = tuple(a for a, (n, given) in enumerate(zip(summed.shape, shape, strict=True)) if n != given == 1)
    return summed.sum(repeated, keepdims=True)


def _check_counts(**counts: int | None) -> None:
    """Raise UsageError for what is no number of threads or rows: a chunk of -1 rows would never reach the end."""
    for name, count in counts.items():
        if count is not None and (not isinstance(count, Integral) or count < 0):
            raise UsageError(f"{name} takes 0 or more, not {count!r}")


def _prepared(
    name: str | Callable[..., Any], given: Mapping[str, Any], sample_weight: Any, chunk: int | None, work: Work
) -> tuple[Job, Data, dict[str, str]]:
    """The job, its data, and a word for the source of each role."""
    loss, preset = find(name)
    arrays = {r: as_array(r, given[r]) for r in loss.roles if given.get(r) is not None}
    bound = bind(loss, preset, {k: v for k, v in given.items() if k not in loss.roles})
    columns = {r: Column(r, x if loss.roles[r].domain.takes_words and x.dtype.kind == "U" else _numbers(r, x)) for r, x in arrays.items()}
    weight = None
    if sample_weight is not None:
        weight = Column("sample_weight", _numbers("sample_weight", as_array("sample_weight", sample_weight)))
    job, needed = prepare(bound, columns, work, weight=weight)
    if disordered := _in_another_order({r: given[r] for r in arrays}):
        job = job.but(warnings=(*job.warnings, *disordered))
    return job, Data(needed, omit=work.nan == "omit", chunk=chunk), dict.fromkeys(arrays, "array")


def _in_another_order(given: Mapping[str, Any]) -> list[DataWarning]:
    """W115 for Series or data frames that have the same index in different orders: rows are paired by position, not by the index."""
    indices = {r: x.index for r, x in given.items() if hasattr(getattr(x, "index", None), "sort_values")}
    return [
        DataWarning(
            "W115", f"{a} and {b} have the same index, but in another order, and rows were paired by position: give {b}.loc[{a}.index]"
        )
        for (a, one), (b, other) in combinations(indices.items(), 2)
        if len(one) == len(other) and not one.equals(other) and one.sort_values().equals(other.sort_values())
    ]


def _numbers(role: str, x: Array) -> Array:
    """The array of a role. Raises UsageError where it does not hold numbers."""
    if x.dtype.kind not in "fiub":
        raise UsageError(f"{role} holds {x.dtype}, not numbers")
    return x
