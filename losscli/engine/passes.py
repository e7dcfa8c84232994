"""Passes over the rows: each yield of a loss or of its reduction needs one pass, which all unfinished jobs share.

The blocks of a job, and the order in which they are merged, depend on the number of rows alone. So the
result is the same to the bit for any number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.catalogue.guard import FunctionError, SingleNumber
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Accumulator, Columns, Elements, accumulate, merged_for
from losscli.engine.class_counts import with_class_weights
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.observations import NO_COUNTS, Counts, Observations
from losscli.engine.outcome import Outcome, defined, value_warnings
from losscli.engine.reduction import BlockCallback, FirstBlock, Reduced, advance, loss_coroutine, resume
from losscli.engine.validation import OutOfDomain, domain_error, validate, validate_weight
from losscli.errors import InputError, counted, fits_in_memory
from losscli.parallel import default_threads, map_blocks
from losscli.record import Record

if TYPE_CHECKING:
    from losscli.engine.custom.checked_call import CheckedCall
    from losscli.engine.custom.checks import BlockChecks
    from losscli.engine.fused import Computed, Kernels

__all__ = ["JobRun", "run"]

SMALL = 2**15  # numbers in a block: for fewer, tracing the formula takes longer than it saves
ALL = 2**62  # rows in a block of all rows
BLOCKS_OF_CALL = 4  # at most: then another thread may be free
PAIRS = 2**19  # rows of a block × all rows of a gathered column: a few MB


class Pass(Record):
    """A finished pass: its merged columns, the rows of its blocks, and the number of all rows."""

    merged: Columns
    block_rows: int
    rows: int


class BlockResult(Record):
    """A block of a job, computed up to its next columns, or up to the result."""

    block: Block
    view: View
    columns: Columns | Reduced
    counts: Counts


class JobRun:
    """A job while its passes run. Any thread may call `compute`; one thread calls the other methods, in the order of the blocks."""

    def __init__(self, job: Job, callback: BlockCallback | None, data: Data) -> None:
        self.job, self.callback = job, callback
        self.notes = list(job.notes)
        self.first: FirstBlock | None = None
        self.checks: BlockChecks | None = None  # of a user's function
        if isinstance(job.loss, CustomLoss) and not job.loss.kind_is_certain:
            self._decide(job.loss, data)
        self.custom = self.job.loss if isinstance(self.job.loss, CustomLoss) else None
        self.block_rows = ALL if self.custom is not None and self.custom.needs_all_rows else job.block_rows
        self.observations = Observations(self.job, data.columns)
        self.kernels: Kernels | None = None
        self.passes: list[Pass] = []
        self.accumulators: list[Accumulator] = []  # of the current pass
        self.rows = 0  # of the current pass
        self.weighted = callback is None
        self.reduced: Reduced | None = None  # the result

    def _decide(self, loss: CustomLoss, data: Data) -> None:
        from losscli.engine.custom.decide import decide

        decision = decide(self.job, loss, self.callback is not None, data)
        self.job, self.first, self.checks = decision.job, decision.first, decision.checks
        self.notes += decision.notes

    @property
    def merged(self) -> list[Columns]:
        """The merged columns of each finished pass."""
        return [p.merged for p in self.passes]

    # --- a block -------------------------------------------------------------------------------------------------------------

    def compute(self, block: Block) -> list[BlockResult]:
        """Split a shared block into the blocks of this job, and compute each up to its next columns."""
        if self.custom is not None and self.custom.needs_all_rows and not self.custom.yielded:
            from losscli.engine.custom.decide import values_of_all_rows

            return [self._part(part, values) for part, values in values_of_all_rows(self.job, block)]
        if block.rows > self.block_rows and self.gives_sums and (computed := self._with_kernel(block)) is not None:
            return [self._part(block, computed=computed)]
        return [self._part(part) for part in block.split(self.block_rows)]

    def _part(self, block: Block, out: Any = None, computed: Computed | None = None) -> BlockResult:
        """Compute one block, or several of which only the sums are needed.

        `out` is the result of the formula, if it is computed already; `computed` is what a kernel computed.
        """
        merged = self.merged
        if block.start == 0 and self.first is not None:
            view = self.first.view
            return BlockResult(block, view, self.first.columns, NO_COUNTS if merged else self.observations.count(view))
        if computed is None and not merged and out is None:
            computed = self._with_kernel(block)
        view = self.job.view(block) if computed is None else computed.view
        counts = NO_COUNTS
        if not merged:
            (validate if computed is None else validate_weight)(self.job, view)
            counts = self.observations.count(view, () if computed is None else computed.absent)
        columns = self._columns(block, view, out if computed is None else computed.out, merged)
        return BlockResult(block, view, columns, counts)

    def _columns(self, block: Block, view: View, out: Any, merged: list[Columns]) -> Columns | Reduced:
        """The next columns of a block. The first block is kept until the pass ends. Raises FunctionError with the rows of the block."""
        try:
            call = self._checked_call(view)
            coroutine = loss_coroutine(self.job, view, self.callback is not None, out if call is None else call.out)
            columns = advance(coroutine, view, merged)
        except FunctionError as failed:
            raise failed.with_rows(block.row(0), block.row(block.rows - 1)) from failed.__cause__
        except SingleNumber:
            loss = self.job.loss
            one = FunctionError(f"{loss.reference}: {loss.name} returned one number for some rows, and values for others")
            raise one.with_rows(block.row(0), block.row(block.rows - 1)) from None
        if call is not None and self.checks is not None and not merged:
            self.checks.keep(call)
        if block.start == 0 and not isinstance(columns, Reduced):
            self.first = FirstBlock(block, view, coroutine, columns)
        return columns

    def _checked_call(self, view: View) -> CheckedCall | None:
        """A call of a user's function on a block, checked by calls on some of its rows; None where the function is not checked."""
        if self.checks is None:
            return None
        from losscli.engine.custom.checked_call import CheckedCall

        return CheckedCall(self.job, view)

    def _with_kernel(self, block: Block) -> Computed | None:
        """Compute a large block of a pointwise loss with its kernel; None where NumPy has to compute it."""
        if self.job.loss.kind != "pointwise" or sum(x.size for x in block.columns.values()) < SMALL:
            return None
        from losscli.engine import fused

        if not fused.AVAILABLE:
            return None
        self.kernels = self.kernels or fused.Kernels(self.job)
        return self.kernels.compute(block, self._needs_only_sum)

    @property
    def _needs_only_sum(self) -> bool:
        """Whether only the sum of the values of a block is needed."""
        job = self.job
        by_value = job.preset.last_axis or job.preset.row_mean or job.loss.mean == "mean of ratios"
        return not by_value and job.weight is None and self.callback is None

    @property
    def gives_sums(self) -> bool:
        """Whether several blocks may be computed at once, since only their sums are needed, and no block is shown or checked on its own."""
        return not self.passes and self.custom is None and self.job.loss.kind == "pointwise" and self._needs_only_sum

    # --- a pass --------------------------------------------------------------------------------------------------------------

    def add(self, part: BlockResult) -> None:
        """Merge the next block, and call the callback with its values."""
        if not self.passes:
            self.observations.add_labels(part.view)
        if isinstance(part.columns, Reduced):
            self.reduced = part.columns  # a statistic for each row has nothing to merge
            return
        if self.checks is not None:
            self.checks.limit_memory()
        self.rows += part.block.rows
        self.observations.add(part.counts, part.block.rows)
        for c in part.columns:
            if isinstance(c, Elements):
                self._show(part, c)
        self.accumulators = accumulate(self.accumulators, part.columns)
        if self.custom is not None and any(a.parts for a in self.accumulators):
            from losscli.engine.custom.decide import refuse_large

            refuse_large(self.job, sum(a.gathered_bytes for a in self.accumulators))

    def _show(self, part: BlockResult, elements: Elements) -> None:
        ignored = ignored_in(self.job, part.view) if elements.missing is None else elements.missing
        self.weighted |= elements.weighted
        if elements.missing is not None:
            self.observations.add_masked(elements.missing)
        if self.callback is not None:
            self.callback(part.block, part.view, elements.column, ignored)

    def end_pass(self) -> None:
        """Send the merged columns to the first block, which returns the result or yields columns for another pass.

        Raises InputError where the pass had another number of rows than the first pass.
        """
        if self.passes and self.rows != self.passes[0].rows:
            raise InputError(f"the input changed while it was read: {counted(self.passes[0].rows, 'row')}, then {self.rows}")
        if self.first is None:
            raise AssertionError("a pass without a block")
        if self.checks is not None and not self.passes:
            self.checks.compare_blocks(self.job, self.first.view)
        self.passes.append(Pass(tuple(a.value for a in self.accumulators), self.block_rows, self.rows))
        gathered = max((len(a.value) for a in self.accumulators if a.paired), default=0)
        if gathered:
            gathered = max(gathered, *map(len, self.job.shared.values()), 0)  # rows may be compared with those of a shared role
        self.accumulators, self.rows = [], 0
        with np.errstate(all="ignore"):
            if gathered and self.block_rows < ALL:  # each of the next blocks is compared with all rows: their pairs should take a few MB
                self.block_rows = min(self.block_rows, 1 << max(4, (PAIRS // gathered).bit_length() - 1))
                self._restart_first(self.first)
                return
            self._advance_first(self.first, resume(self.first.coroutine, merged_for(self.first.view, self.passes[-1].merged)))
            if self.reduced is None and self.first.block.rows > self.block_rows:
                self._restart_first(self.first)

    def _restart_first(self, first: FirstBlock) -> None:
        """Make the first block as small as the next blocks."""
        block = first.block.cut(0, min(self.block_rows, first.block.rows))
        view = self.job.view(block)
        coroutine = loss_coroutine(self.job, view, self.callback is not None)
        self._advance_first(FirstBlock(block, view, coroutine, ()), advance(coroutine, view, self.merged))

    def _advance_first(self, first: FirstBlock, columns: Columns | Reduced) -> None:
        if isinstance(columns, Reduced):
            self.reduced = columns
        else:
            self.first = first.but(columns=columns)

    # --- the end -------------------------------------------------------------------------------------------------------------

    def end_without_rows(self) -> None:
        """Set the result for no rows: 0 for a sum, nan for a mean or a statistic, or the framework's value under a framework's name."""
        job = self.job
        mean = job.preset.empty_mean.get("rows", np.nan)
        if job.loss.kind == "statistic" and 0 not in job.per:
            self.reduced = Reduced(mean, participating=0.0)
            return
        value = {"none": None, "sum": 0.0}.get(job.reduction, mean)
        kind = {"mean": "elements", "sum_over_batch_size": "elements", "batchmean": "rows"}.get(job.reduction)
        self.reduced = Reduced(value, kind, None if kind is None else 0.0, 0.0, 0.0, 0.0)

    def outcome(self, data: Data) -> Outcome:
        """The outcome of the finished job."""
        if self.reduced is None:
            raise AssertionError("a job without a result")
        rows = self.passes[0].rows if self.passes else self.rows
        outcome = Outcome(
            job=self.job,
            reduced=defined(self.job, self.reduced, rows),
            merged=self.merged,
            block_sizes=[p.block_rows for p in self.passes],
            first=None if self.first is None else self.first.block.cut(0, min(self.first.block.rows, self.block_rows)),
            rows_read=data.read if data.kept is None else data.kept.total,
            rows_kept=rows,
            rows_ignored=self.observations.rows_ignored,
            values_ignored=self.observations.values_ignored,
            warnings=[*self.job.warnings, *self.observations.warnings(rows)],
            notes=self.notes,
            weighted=self.weighted,
            kept=data.kept,
        )
        outcome.warnings.extend(value_warnings(outcome, data))
        return outcome


def run(jobs: Sequence[Job], data: Data, *, threads: int = 0, callbacks: Sequence[BlockCallback | None] = ()) -> list[Outcome]:
    """Run all jobs on the same data, in shared passes: as many as the job with the most yields needs.

    `callbacks` has one or None for each job; it gets the values of each block. `threads` is 0 for all cores.
    Raises InputError for values outside their domain and for columns of different lengths.
    """
    each = callbacks or [None] * len(jobs)
    runs = [JobRun(job, callback, data) for job, callback in zip(with_class_weights(jobs, data), each, strict=True)]
    threads = 1 if any(r.custom is not None and r.custom.reuses_memory for r in runs) else threads or default_threads()
    with _in_memory(runs):
        while active := [r for r in runs if r.reduced is None]:
            try:
                rows = _run_pass(active, data, threads)
            except OutOfDomain as outside:
                raise _explained(runs, data, outside) from None
            for r in active:
                if not rows:
                    r.end_without_rows()
                elif r.reduced is None:
                    r.end_pass()
        return [r.outcome(data) for r in runs]


def _in_memory(runs: Sequence[JobRun]) -> AbstractContextManager[None]:
    """An error that says what to do where the rows of the jobs do not fit in memory."""
    whole = [r.job.loss.name for r in runs if r.job.loss.kind == "batch" or r.block_rows == ALL]
    if whole:
        return fits_in_memory(f"{', '.join(dict.fromkeys(whole))}, which needs all rows at once", "use fewer rows")
    names = ", ".join(dict.fromkeys(r.job.loss.name for r in runs))
    return fits_in_memory(f"the blocks of rows of {names}", "--threads 1 keeps the fewest of them")


def _run_pass(runs: Sequence[JobRun], data: Data, threads: int) -> bool:
    """One pass over all blocks; returns whether there were any rows."""
    any_rows = False
    blocks = data.blocks(_rows_at_once(runs, data, threads))
    for parts_of_runs in map_blocks(lambda block: [r.compute(block) for r in runs], blocks, threads):
        any_rows = True
        for r, parts in zip(runs, parts_of_runs, strict=True):
            for part in parts:
                r.add(part)
    return any_rows


def _rows_at_once(runs: Sequence[JobRun], data: Data, threads: int) -> int:
    """The rows of the blocks that all jobs share: several blocks of a job at a time where each job needs only their sums."""
    rows = max(r.block_rows for r in runs)
    in_memory = data.rows_in_memory
    if not in_memory or not all(r.gives_sums for r in runs):
        return rows
    blocks = -(-in_memory // rows)
    calls = threads * -(-blocks // (threads * BLOCKS_OF_CALL))  # as many for each thread
    return rows * max(1, -(-blocks // calls))


def _explained(runs: Sequence[JobRun], data: Data, outside: OutOfDomain) -> Exception:
    """The error that says which value lies outside its domain, and where."""
    for r in runs:
        concerned = outside.role == "" or outside.role in r.job.loss.roles
        if concerned and (error := domain_error(r.job, data, outside.role)) is not None:
            return error
    return outside
