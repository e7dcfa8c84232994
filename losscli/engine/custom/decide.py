"""The kind of a user's function: its first calls decide whether it is called block by block, or with all rows at once.

A function that returns a single number is called with all rows, gathered as AllRows. One whose value for a row depends on other rows is
called with one block of all rows. Any other is called block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isgenerator
from time import perf_counter
from typing import Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.catalogue.guard import FunctionError, FunctionRefused, SingleNumber
from losscli.catalogue.memory import Memory
from losscli.data.blocks import Block, Data
from losscli.engine.custom.checked_call import CheckedCall, OtherRowsMatter, call_on_copies, check_repeatable
from losscli.engine.custom.checks import BlockChecks, check_few_rows, check_memory, check_random_numbers, same_rows, with_fresh_memory
from losscli.engine.custom.compare import copied
from losscli.engine.custom.row_choice import sample
from losscli.engine.job import Job, View
from losscli.engine.planning.axes import keeping_axes
from losscli.engine.reduction import FirstBlock, Reduced, advance, loss_coroutine
from losscli.engine.validation import OutOfDomain, validate
from losscli.errors import InputError, UsageError, counted
from losscli.record import Record

__all__ = ["Decision", "decide", "refuse_large", "values_of_all_rows"]

MAX_BYTES = 2**31  # of numbers that a user's function is called with at once


class Decision(Record):
    """The job with the kind of the function, and the results of its first calls that the passes use."""

    job: Job
    notes: tuple[str, ...] = ()
    first: FirstBlock | None = None  # which is computed already
    checks: BlockChecks | None = None  # None where the blocks need no check


class _FirstCall(Record):
    """A call on the first block: its result (None: call it again), and whether the check of a few rows had all rows of the block."""

    block: Block
    view: View
    out: Any
    all_checked: bool


def decide(job: Job, loss: CustomLoss, shown: bool, data: Data) -> Decision:
    """Call a function on the first block and on a few rows, and decide from its values which rows it has to be called with.

    With `shown` the values are needed, not only their sums. Raises UsageError for options that do not fit the kind of the function,
    FunctionError for a function that gives other values at each call.
    """
    first = next(data.blocks(job.block_rows), None)
    if first is None:
        return Decision(_with_loss(job, loss))
    try:
        with np.errstate(all="ignore"):
            return _decide(job, loss, shown, first, data)
    except OutOfDomain:
        return Decision(job)  # the first pass finds the value again, and reports its place
    except FunctionError as failed:
        raise failed.with_rows(first.row(0), first.row(first.rows - 1)) from failed.__cause__


def _with_loss(job: Job, loss: CustomLoss) -> Job:
    """The job with a new version of the loss. Raises UsageError for a --per that does not fit."""
    return keeping_axes(job.but(loss=loss))


def _decide(job: Job, loss: CustomLoss, shown: bool, first: Block, data: Data) -> Decision:
    view = job.view(first)
    validate(job, view)
    memory = Memory(loss.fn)
    began = perf_counter()
    try:
        out = copied(call_on_copies(job, view.roles))
    except SingleNumber as one:
        check_memory(job, view, one, memory)
        return Decision(_with_loss(job, _gathering(job, loss, view, one)))
    seconds = perf_counter() - began
    check_memory(job, view, out, memory)
    if loss.uses_random_numbers:
        check_random_numbers(job, view, out)
    some = job.view(sample(data, first, job.block_rows))
    validate(job, some)
    all_sampled = same_rows(view, some)
    try:
        aggregations, reuses = check_few_rows(job, some, *((out, seconds) if all_sampled else (None, 0.0)))
    except FunctionRefused:
        raise
    except FunctionError:  # it may fail with few rows; any other error is raised again with all rows
        return _one_block(job, loss, data)
    loss = loss.but(yielded=aggregations)
    job = _with_loss(job, with_fresh_memory(loss) if reuses else loss)
    if isgenerator(out) and (reuses or all_sampled):
        out = None  # its steps have run, or belong to the function without fresh memory
    try:
        return _block_by_block(job, shown, _FirstCall(first, view, out, all_sampled))
    except OtherRowsMatter:
        return _one_block(job, loss, data)


def _block_by_block(job: Job, shown: bool, first: _FirstCall) -> Decision:
    """The first block, computed and checked. Raises OtherRowsMatter."""
    block, view, out = first.block, first.view, first.out
    checks = None if first.all_checked and block.rows < job.block_rows else BlockChecks()
    call = None if first.all_checked else CheckedCall(job, view, out)
    coroutine = loss_coroutine(job, view, shown, out if call is None else call.out)
    columns = advance(coroutine, view, ())
    if call is not None and checks is not None:
        checks.keep(call)
    return Decision(job, (), None if isinstance(columns, Reduced) else FirstBlock(block, view, coroutine, columns), checks)


def _gathering(job: Job, loss: CustomLoss, view: View, one: SingleNumber) -> CustomLoss:
    """The loss that gathers all rows, for a function that returned one number for those of a view. Raises UsageError, FunctionError."""
    if job.weight is not None:
        raise UsageError(f"{loss.name} returns one number for all rows, which takes no sample weights")
    if job.reduction != loss.reduction:
        raise UsageError(f"{loss.name} returns one number for all rows: -r {job.reduction} has nothing to reduce")
    if loss.uses_random_numbers:
        try:
            loss.call(view.roles, job.options)
        except SingleNumber as again:
            check_repeatable(job, [one.value], [again.value])
    return loss.of_all_rows(view.rows, one.value)


def _one_block(job: Job, loss: CustomLoss, data: Data) -> Decision:
    """One block of all rows. Raises InputError where they are too many."""
    job = _with_loss(job, loss.but(yielded=loss.yields, needs_all_rows=True))
    rows = numbers = 0
    for chunk in data.chunks():
        rows += len(next(iter(chunk.values())))
        numbers += sum(chunk[n].size for n in job.columns.values())
        refuse_large(job, numbers * job.dtype.itemsize)
    return Decision(job, (f"{loss.name} depends on other rows: it was called with all {counted(rows, 'row')} at once",))


def refuse_large(job: Job, nbytes: int) -> None:
    """Raise InputError where a user's function would be called with too many numbers at once."""
    if nbytes > MAX_BYTES:
        raise InputError(
            f"{job.loss.reference}: {job.loss.name} needs all rows at once, and they take more than {MAX_BYTES / 2**30:g} GiB: "
            "yield what it needs of all rows, as in total, n = yield column, 1"
        )


def values_of_all_rows(job: Job, block: Block) -> Iterator[tuple[Block, Any]]:
    """One call on a block of all rows; its values in blocks of the usual size, so that they are summed in the usual order."""
    view = job.view(block)
    validate(job, view)
    try:
        out = copied(job.loss.call(view.roles, job.options))
    except SingleNumber:
        raise FunctionError(f"{job.loss.reference}: {job.loss.name} returned one number for all rows, and values for the first") from None
    except FunctionError as failed:
        raise failed.with_rows(block.row(0), block.row(block.rows - 1)) from failed.__cause__
    for part in block.split(job.block_rows):
        at = slice(part.start - block.start, part.start - block.start + part.rows)
        yield part, tuple(x[at] for x in out) if isinstance(out, tuple) else out[at]
