"""Checks of a user's function on a few rows, before the passes and after the first: memory, random numbers, and other rows."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Generator, Sequence
from functools import wraps
from typing import Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.catalogue.guard import FunctionError, FunctionRefused, SingleNumber
from losscli.catalogue.memory import Memory
from losscli.engine.accumulate import accumulate, merged_for
from losscli.engine.custom.checked_call import CheckedCall, RowSample, check_repeatable, not_repeatable, on_fewer_rows, other_rows_matter
from losscli.engine.custom.compare import as_tuple, close, copied, copied_columns, row_arrays, same
from losscli.engine.custom.row_choice import MANY, few_row_groups, first_values, largest_among_smallest, many_row_groups
from losscli.engine.job import Job, View
from losscli.engine.summation import unweighted_columns
from losscli.numeric.arrays import read_only

__all__ = ["BlockChecks", "check_few_rows", "check_memory", "check_random_numbers", "same_rows", "with_fresh_memory"]

SLOW = 0.05  # seconds for a call on up to 64 rows
MAX_SAMPLES = 512  # blocks
SAMPLE_BYTES = 2**25  # of the samples of all blocks


def same_rows(a: View, b: View) -> bool:
    """Whether two views have the same few rows."""
    return a.rows == b.rows <= MANY and all(np.array_equal(x, b.roles[r], equal_nan=x.dtype.kind == "f") for r, x in a.roles.items())


def check_few_rows(job: Job, view: View, out: Any, seconds: float) -> tuple[frozenset[type], bool]:
    """Run all steps of a function on a few rows: all twice, halves, reordered, single rows; fewer if a call is slow.

    `out` is its result for these rows, if it is computed already, and `seconds` the time of that. Returns the types of the columns
    that it yields, and whether it returns the same memory in the next call. Raises OtherRowsMatter where the value of a row depends on
    other rows, FunctionRefused where the values change from call to call.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy warns of the standard deviation of one row
        call = CheckedCall(job, view, out, many_row_groups if seconds < SLOW else few_row_groups)
        if inspect.isgenerator(call.out):
            _result(job, view, call.out)
        return frozenset(call.aggregations), call.reuses_memory


def check_random_numbers(job: Job, view: View, out: Any) -> None:
    """Raise FunctionRefused where a second call gives other values, or changes the state of a random number generator."""
    one = _first_step(job, view) if inspect.isgenerator(out) else as_tuple(out)
    before = job.loss.random_state() if isinstance(job.loss, CustomLoss) else None
    check_repeatable(job, one, _first_step(job, view))
    if isinstance(job.loss, CustomLoss) and job.loss.random_state() != before:
        raise not_repeatable(job)


def _first_step(job: Job, view: View) -> Sequence[Any]:
    out = job.loss.call(view.roles, job.options)
    return copied_columns(next(out) if inspect.isgenerator(out) else out)


def check_memory(job: Job, view: View, out: Any, memory: Memory) -> None:
    """Raise FunctionRefused where the function stores data of one call that change its values in the next.

    `memory` holds the variables that the function can change, as they were before the call that returned `out`.
    """
    if inspect.isgenerator(out):  # a generator has not run yet
        _values_of(job, view, slice(0, MANY))
    if (name := memory.changed_name) is None:
        return
    now, half = Memory(job.loss.fn), max(1, min(view.rows // 2, MANY))
    first, last = slice(0, half), slice(view.rows - half, view.rows)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        memory.restore()
        _values_of(job, view, first)
        after_first = _values_of(job, view, last)
        memory.restore()
        alone = _values_of(job, view, last)
    if len(after_first) == len(alone) and all(map(same, after_first, alone)):
        now.restore()
        return
    memory.restore()
    raise FunctionRefused(
        f"{job.loss.reference}: {job.loss.name} stores data of one call in {name}, and they change the values of the next "
        "call: compute them in each call, or yield what it needs of all rows, as in total, n = yield column, 1"
    )


def _values_of(job: Job, view: View, at: slice) -> Sequence[Any]:
    """The values that the function returns for some rows alone; () where it can't be called on them."""
    roles = {r: x if r in view.shared else x[at] for r, x in view.roles.items()}
    try:
        return _result(job, view.but(rows=len(range(view.rows)[at]), roles=roles), job.loss.call(roles, job.options))
    except SingleNumber as one:
        return (one.value,)
    except (FunctionError, StopIteration):
        return ()


def _result(job: Job, view: View, out: Any) -> Sequence[Any]:
    """The values that the function returns after all its steps, for the rows of a view alone."""
    if not inspect.isgenerator(out):
        return copied_columns(out)
    steps = unweighted_columns(out, job, view)
    try:
        columns = next(steps)
        while True:
            columns = steps.send(merged_for(view, tuple(a.value for a in accumulate([], columns))))
    except StopIteration as done:
        return copied_columns(done.value.out)


def with_fresh_memory(loss: CustomLoss) -> CustomLoss:
    """The same function, with copies of its results: its own arrays change in the next call."""
    fn = loss.fn

    @wraps(fn)
    def call(**roles_and_options: Any) -> Any:
        out = fn(**roles_and_options)
        return steps(out) if inspect.isgenerator(out) else copied(out)

    def steps(out: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        merged: Any = None
        while True:
            try:
                columns = out.send(merged)
            except StopIteration as done:
                return copied(done.value)
            merged = yield copied_columns(columns)

    return loss.but(fn=call, reuses_memory=True)


class BlockChecks:
    """The checks of a function during the first pass; rows of each block are kept, and compared with each other after the pass."""

    def __init__(self) -> None:
        self.samples: list[RowSample] = []

    def keep(self, call: CheckedCall) -> None:
        """Keep the sample of a call."""
        if call.sample is not None:
            self.samples.append(call.sample)

    def limit_memory(self) -> None:
        """Drop every second sample where they are too many."""
        samples = self.samples
        if len(samples) > 2 and len(samples) > min(MAX_SAMPLES, SAMPLE_BYTES // max(1, samples[0].nbytes)):
            samples[:] = samples[::2]

    def compare_blocks(self, job: Job, view: View) -> None:
        """Call the function on the sampled rows of all blocks together. Raises OtherRowsMatter where one gets another value.

        `view` is one of the blocks, for what all rows share.
        """
        samples = self.samples
        if len(samples) < 2:
            return
        roles = {r: np.concatenate([s.roles[r] for s in samples]) for r in samples[0].roles}
        columns = [None if c[0] is None else np.concatenate(c) for c in zip(*(s.columns for s in samples), strict=True)]
        rows = sum(s.rows for s in samples)
        all_rows = np.arange(rows)
        with np.errstate(all="ignore"):
            for at in (all_rows, *largest_among_smallest(first_values(columns, rows), all_rows)):
                some = {r: view.roles[r] if r in view.shared else read_only(roles[r][at]) for r in view.roles}
                self._compare(job, some, [None if c is None else c[at] for c in columns], len(at))

    def _compare(self, job: Job, roles: dict[str, Any], expected: Sequence[Any], rows: int) -> None:
        with on_fewer_rows(job):
            out = job.loss.call(roles, job.options)
            columns = as_tuple(next(out) if inspect.isgenerator(out) else out)
        for values, earlier in zip(row_arrays(columns, rows), expected, strict=True):
            if (values is None) != (earlier is None) or (values is not None and not close(values, earlier)):
                raise other_rows_matter(job)
