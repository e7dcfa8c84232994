"""The functions of the package: a loss of arrays, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from losscli.autodiff.backward import gradients
from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.broadcasting import summed_to
from losscli.engine.job import Job
from losscli.engine.passes import Outcome, run
from losscli.engine.plan import prepare
from losscli.engine.work import Work
from losscli.errors import UsageError, Warned, suggest
from losscli.numeric.arrays import as_array
from losscli.results.collect import Collector
from losscli.results.result import Result, result_of

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

    Roles (pred, target, …) and options are given by name; the rest as on the command line. threads=0 takes all cores; chunk limits how
    many rows are looked at together. Neither changes a bit of the result. The loss may be a function of yours, too.

    Raises UsageError (a ValueError) for names and options, InputError (a ValueError) for shapes and values.
    """
    job, data, labels = _prepared(name, given, sample_weight, chunk, Work(reduction, per, nan, dtype, class_axis, broadcast))
    seen = Collector(values=True, summary=False) if job.reduction == "none" else None
    result = result_of(run([job], data, threads=threads, watch=[seen])[0], labels, seen, name=name)
    result.seen = None

    def look() -> Result:
        watcher = Collector()
        return result_of(run([job], data, threads=threads, watch=[watcher])[0], labels, watcher)

    result.look = look
    return result


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
    """d value / d wrt (by default the loss's first role), in the shape of that role; with reduction "none", of the sum of the values.

    Raises UsageError and InputError as `compute`, and TypeError where the loss uses a NumPy function that has no derivative here.
    """
    job, data, _ = _prepared(name, given, sample_weight, chunk, Work(reduction, per, nan, dtype, class_axis, broadcast))
    wrt = wrt or job.loss.first
    if wrt not in job.loss.roles or given.get(wrt) is None:
        raise UsageError(f"{job.loss.name} has no role {wrt!r} here{suggest(wrt, job.loss.roles)}; its roles: {', '.join(job.loss.roles)}")
    if np.asarray(job.shared.get(wrt, 0.0)).dtype.kind in "iu" or (wrt in job.columns and _is_index(job, wrt, data)):
        raise UsageError(f"{job.loss.name}: {wrt} holds class indices, which have no derivative")
    outcome = run([job], data, threads=threads)[0]
    found = gradients(outcome, data, [wrt], threads=threads)[wrt]
    return _given_shape(job, outcome, wrt, found, as_array(wrt, given[wrt]).shape)


def _is_index(job: Job, role: str, data: Data) -> bool:
    return job.view(data.first).roles[role].dtype.kind in "iu"


def _given_shape(job: Job, outcome: Outcome, role: str, found: Any, shape: tuple[int, ...]) -> Any:
    """A gradient as the caller gave the role: class axis back in its place, idle axes too, omitted rows 0."""
    if role not in job.columns:
        return found.reshape(shape) if found.size == np.prod(shape) else summed_to(found, shape)
    back = job.layouts[role].undo(found)
    if outcome.kept == outcome.read and back.size > np.prod(shape):
        return summed_to(back, shape)
    if outcome.kept == outcome.read:
        return back.reshape(shape)
    raise UsageError("a gradient with rows left out has no shape to go back to: leave them out of the arrays")


def _prepared(
    name: str | Callable[..., Any], given: Mapping[str, Any], sample_weight: Any, chunk: int | None, work: Work
) -> tuple[Job, Data, dict[str, str]]:
    known, preset = find(name)
    arrays = {r: as_array(r, given[r]) for r in known.roles if given.get(r) is not None}
    bound = bind(known, preset, {k: v for k, v in given.items() if k not in known.roles})
    columns = {r: Column(r, x if known.roles[r].domain.takes_words and x.dtype.kind == "U" else _numbers(r, x)) for r, x in arrays.items()}
    weight = None
    if sample_weight is not None:
        weight = Column("sample_weight", _numbers("sample_weight", as_array("sample_weight", sample_weight)))
    job, needed = prepare(bound, columns, work, weight=weight)
    job.warnings += _in_another_order({r: given[r] for r in arrays})
    return job, Data(needed, omit=work.nan == "omit", chunk=chunk), dict.fromkeys(arrays, "array")


def _in_another_order(given: Mapping[str, Any]) -> list[Warned]:
    """W115 for Series or data frames with the same index in another order: rows are paired as they stand, not by it."""
    found = {r: x.index for r, x in given.items() if hasattr(getattr(x, "index", None), "sort_values")}
    return [
        Warned(
            "W115", f"{a} and {b} have the same index, but in another order, and rows were paired as they stand: give {b}.loc[{a}.index]"
        )
        for (a, one), (b, other) in combinations(found.items(), 2)
        if len(one) == len(other) and not one.equals(other) and one.sort_values().equals(other.sort_values())
    ]


def _numbers(role: str, x: Any) -> Any:
    if x.dtype.kind not in "fiub":
        raise UsageError(f"{role} holds {x.dtype}, not numbers")
    return x
