"""Passes over the rows: one for each yield of a chain, shared by all jobs that still need one.

The blocks of a job and the order in which their shares are merged depend on the number of rows alone, so the bits do too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from inspect import isgenerator
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.aggregation import AllRows
from losscli.catalogue.custom import CustomLoss
from losscli.catalogue.guard import FunctionError, FunctionRefused, SingleNumber
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Accumulator, Columns, Elements, accumulate, sent
from losscli.engine.class_counts import settle_class_weights
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.label_order import FromOne, warn_of_places
from losscli.engine.plan import fit_per
from losscli.engine.reduction import Program, Reduced, Watcher, advance, program, resume
from losscli.engine.validation import OutOfDomain, explain, validate, validate_weight
from losscli.errors import InputError, UsageError, Warned, counted

if TYPE_CHECKING:
    from losscli.engine.fused import Fused
    from losscli.engine.trial import CheckedCall, Kept
from losscli.parallel import default_threads, map_blocks

__all__ = ["Outcome", "run"]

SMALL = 2**15  # numbers in a block, below which writing its formula down takes longer than it saves
ALL = 2**62  # rows in a block that has all of them
PAIRS = 2**19  # block × all rows of a gathered column: a few MB
TOGETHER = 2**31  # bytes of numbers that a user's function is given at once
MIXED = 2**25  # bytes of rows of all blocks, 512 blocks at most, that a user's function is tried on once more


@dataclass
class Outcome:
    """What came of a job: the end of its chain, what each pass merged (for the passes backwards), and what was noticed on the way."""

    job: Job
    final: Reduced
    merged: list[Columns]
    sizes: list[int]  # rows a block in each pass
    read: int
    kept: int  # rows after those with NaN were left out
    unused: int  # rows of which every value is ignored
    ignored: int  # values
    nothing: bool  # whether nothing took part: no rows, all ignored, masked or of weight 0, no pair
    warnings: list[Warned]


_Noticed = tuple[int, int, list[int]]
_NOTHING: _Noticed = (0, 0, [])


class _Running:
    """A job under way."""

    def __init__(self, job: Job, watch: Watcher | None, data: Data) -> None:
        self.job, self.watch = job, watch
        self.from_one = FromOne(job, data.columns)
        self.size = ALL if isinstance(job.loss, CustomLoss) and job.loss.needs_all_rows else job.block_rows
        self.sizes: list[int] = []
        self.merged: list[Columns] = []
        self.merges: list[Accumulator] = []
        self.final: Reduced | None = None
        self.first: Block | None = None
        self.alive: tuple[Program, View, Columns] | None = None  # the first block's, so that it need not be computed again
        self.rows: list[int] = []
        self.used = 0
        self.ignored = 0
        self.unused = 0  # rows of which every value is ignored
        self.hinted = [0] * len(job.loss.hints)
        self.trying = False  # a user's function, of which no block may show that it looks at other rows
        self.kept: list[Kept | None] = []
        self.held = 0  # bytes gathered for a user's function
        self.dropped = [False] * len(job.loss.hints)  # those that would have to hold for every row, and do not

    def decide(self, data: Data) -> None:
        """A user's function is called on the first rows before all others, and on some rows: what it gives says what it has to be given.

        Raises UsageError for options that do not go with what it is, and Failed for one that gives other values at each call.
        """
        known = self.job.loss
        if not isinstance(known, CustomLoss) or known.kind_is_certain:
            return
        first = next(data.blocks(self.size), None)
        if first is None:
            fit_per(self.job)
            return
        try:
            with np.errstate(all="ignore"):
                self._called(known, first, data)
        except OutOfDomain:
            pass  # the pass over all rows comes to it, and says where
        except FunctionError as failed:
            raise failed.with_rows(first.row(0), first.row(first.rows - 1)) from failed.__cause__

    def _called(self, known: CustomLoss, first: Block, data: Data) -> None:
        from losscli.catalogue.memory import Memory
        from losscli.engine import trial

        view = self.job.view(first)
        validate(self.job, view)
        memory = Memory(known.fn)
        try:
            began = perf_counter()
            out = trial.copied(trial.on_copies(self.job, view.roles))
            seconds = perf_counter() - began
        except SingleNumber as one:
            trial.forgetful(self.job, view, one, memory)
            self._whole(known, one, view)
            return
        trial.forgetful(self.job, view, out, memory)
        if known.uses_random_numbers:
            trial.undrawn(self.job, view, out)
        some = self.job.view(trial.sample(data, first, self.size))
        validate(self.job, some)
        known_already = trial.same_rows(view, some)
        try:
            yielded, reuses = trial.thoroughly(self.job, some, out if known_already else None, seconds if known_already else 0.0)
        except FunctionRefused:
            raise
        except FunctionError:  # or it can't do with few rows; what else is wrong with it shows where it has all of them
            self._all_at_once(known, data)
            return
        self.job.loss = known = trial.apart(known.but(yielded=yielded)) if reuses else known.but(yielded=yielded)
        fit_per(self.job)
        self.trying = not known_already or first.rows == self.size
        again = isgenerator(out) and (reuses or known_already)
        try:
            call = None if known_already else trial.CheckedCall(self.job, view, None if again else out)
            run = program(self.job, view, self.watch is not None, call.out if call is not None else None if again else out)
            columns = advance(run, view, ())
        except trial.Differs:
            self._all_at_once(known, data)
            return
        self.kept = [] if call is None else [call.kept]
        if not isinstance(columns, Reduced):
            self.first, self.alive = first, (run, view, columns)

    def _whole(self, known: CustomLoss, one: SingleNumber, view: View) -> None:
        """It gave one number, so it is given all rows at once."""
        if self.job.weight is not None:
            raise UsageError(f"{known.name} returns one number for all rows, which takes no sample weights")
        if self.job.reduction != known.reduction:
            raise UsageError(f"{known.name} returns one number for all rows: -r {self.job.reduction} has nothing to reduce")
        if known.uses_random_numbers:
            from losscli.engine.trial import steady

            try:
                known.fn(**view.roles, **self.job.options)
            except SingleNumber as again:
                steady(self.job, [one.value], [again.value])
        self.job.loss = known.of_all_rows(view.rows, one.value)
        fit_per(self.job)

    def _all_at_once(self, known: CustomLoss, data: Data) -> None:
        """What it gives for a row depends on others, so that all rows are one block. Raises InputError where they are too many."""
        job = self.job
        yielded = job.loss.yields if isinstance(job.loss, CustomLoss) and job.loss.kind_is_certain else known.yields
        job.loss = known.but(yielded=yielded, needs_all_rows=True)
        fit_per(job)
        rows = size = 0
        for chunk in data.chunks():
            rows += len(next(iter(chunk.values())))
            size += sum(chunk[n].size for n in job.columns.values()) * job.dtype.itemsize
            _refuse_many(job, size)
        self.size, self.trying = ALL, False
        self.alive = self.first = None
        job.notes.append(f"{known.name} looks at other rows: it was given all {counted(rows, 'row')} at once")

    def columns(self, block: Block) -> list[tuple[Block, View, Columns | Reduced, _Noticed]]:
        """For each of the job's own blocks in the shared one: its columns, and what was noticed in it."""
        done: list[tuple[Block, View, Columns | Reduced, _Noticed]] = []
        out: Columns | Reduced
        for part, given in self._parts(block):
            if part.start == 0 and self.alive is not None:
                _, view, out = self.alive
                done.append((part, view, out, _NOTHING if self.merged else self._noticed(view)))
                continue
            found = None if self.merged or given is not None else self._fused(part)
            view = self.job.view(part) if found is None else found.view
            noticed = _NOTHING
            if not self.merged:
                (validate if found is None else validate_weight)(self.job, view)
                noticed = self._noticed(view, () if found is None else found.hints)
            try:
                call = self._tried(view)
                given = found.out if found is not None else call.out if call is not None else given
                run = program(self.job, view, self.watch is not None, given)
                out = advance(run, view, self.merged)
            except FunctionError as failed:
                raise failed.with_rows(part.row(0), part.row(part.rows - 1)) from failed.__cause__
            except SingleNumber:
                one = FunctionError(
                    f"{self.job.loss.reference}: {self.job.loss.name} returned one number for some rows, and values for others"
                )
                raise one.with_rows(part.row(0), part.row(part.rows - 1)) from None
            if call is not None and not self.merged:
                self.kept.append(call.kept)
            if part.start == 0 and not isinstance(out, Reduced):
                self.first, self.alive = part, (run, view, out)
            done.append((part, view, out, noticed))
        return done

    def _parts(self, block: Block) -> Iterator[tuple[Block, Any]]:
        """The job's own blocks in the shared one; with their values, where those are of all rows at once, but summed as ever."""
        job = self.job
        if not isinstance(job.loss, CustomLoss) or not job.loss.needs_all_rows or job.loss.yielded:
            yield from ((part, None) for part in block.split(self.size))
            return
        from losscli.engine.trial import copied

        view = job.view(block)
        validate(job, view)
        try:
            out = copied(job.loss.fn(**view.roles, **job.options))
        except SingleNumber:
            raise FunctionError(
                f"{job.loss.reference}: {job.loss.name} returned one number for all rows, and values for the first"
            ) from None
        except FunctionError as failed:
            raise failed.with_rows(block.row(0), block.row(block.rows - 1)) from failed.__cause__
        for part in block.split(job.block_rows):
            at = slice(part.start - block.start, part.start - block.start + part.rows)
            yield part, tuple(x[at] for x in out) if isinstance(out, tuple) else out[at]

    def _tried(self, view: View) -> CheckedCall | None:
        """A user's function on a block, which is compared with what it gives for some of the rows."""
        if not self.trying:
            return None
        from losscli.engine.trial import CheckedCall

        return CheckedCall(self.job, view)

    def _fused(self, part: Block) -> Fused | None:
        """A large block taken through the formula of a pointwise loss tile by tile; None where that can't be."""
        job = self.job
        if job.loss.kind != "pointwise" or not job.written or sum(x.size for x in part.columns.values()) < SMALL:
            return None
        from losscli.engine import fused

        plain = not job.preset.last_axis and job.loss.mean != "mean of ratios" and job.weight is None
        return fused.through(job, part, plain and self.watch is None) if fused.AVAILABLE else None

    def _noticed(self, view: View, none: Collection[int] = ()) -> _Noticed:
        """How many values are ignored, how many rows hold nothing else, and how many rows each hint is about (none, for some)."""
        mask = ignored_in(self.job, view)
        context = {**self.job.options, **view.roles}
        hinted = [
            0 if gone or i in none else int(np.count_nonzero(h.rows(context)))
            for i, (h, gone) in enumerate(zip(self.job.loss.hints, self.dropped, strict=True))
        ]
        if mask is None or not mask.any():
            return 0, 0, hinted
        return int(mask.sum()), int(mask.reshape(len(mask), -1).all(-1).sum()), hinted

    def add(self, part: Block, view: View, out: Columns | Reduced, noticed: _Noticed) -> None:
        if not self.merged:
            self.from_one.look(self.job, view)
        if isinstance(out, Reduced):
            self.final = out  # a statistic of one row at a time has nothing to merge
            return
        if len(self.kept) > 2 and len(self.kept) > min(512, MIXED // max(1, getattr(self.kept[0], "size", 1))):
            self.kept[:] = self.kept[::2]
        self.used += part.rows
        self.ignored += noticed[0]
        self.unused += noticed[1]
        for i, n in enumerate(noticed[2]):
            self.hinted[i] += n
            self.dropped[i] |= n < part.rows and self.job.loss.hints[i].every
        for c in out:
            if isinstance(c, Elements):
                ignored = ignored_in(self.job, view) if c.gone is None else c.gone
                if c.gone is not None:
                    self.ignored += int(c.gone.sum())
                    self.unused += int(c.gone.reshape(len(c.gone), -1).all(-1).sum())
                if self.watch is not None:
                    self.watch(part, view, c.of, ignored)
            elif isinstance(c, AllRows) and isinstance(self.job.loss, CustomLoss):
                self.held += np.asarray(c.of).nbytes
                _refuse_many(self.job, self.held)
        self.merges = accumulate(self.merges, out)

    def _mixed(self) -> None:
        """After the first pass: rows of all blocks together give what they gave in their blocks."""
        kept = [k for k in self.kept if k is not None]
        if len(kept) > 1 and self.alive is not None:
            from losscli.engine.trial import mixed

            with np.errstate(all="ignore"):
                mixed(self.job, kept, {r: self.alive[1].roles[r] for r in self.alive[1].shared})

    def close(self) -> None:
        """After a pass: what was merged goes on to the first block, which ends the chain or asks for another pass."""
        self.rows.append(self.used)
        self.sizes.append(self.size)
        if self.used != self.rows[0]:
            raise InputError(f"the input changed while it was read: {counted(self.rows[0], 'row')}, then {self.used}")
        if self.alive is None or self.first is None:
            raise AssertionError("a pass without a block")
        if self.trying and not self.merged:
            self._mixed()
        self.merged.append(tuple(m.value for m in self.merges))
        gathered = max((len(m.value) for m in self.merges if m.parts), default=0)
        self.merges, self.used = [], 0
        run, view, _ = self.alive
        with np.errstate(all="ignore"):
            if gathered and self.size < ALL:  # from here on a block meets all rows: it shrinks, so that the two together stay at a few MB
                self.size = min(self.size, 1 << max(4, (PAIRS // gathered).bit_length() - 1))
                self.first = self.first.cut(0, min(self.size, self.first.rows))
                view = self.job.view(self.first)
                run = program(self.job, view, self.watch is not None)
                out = advance(run, view, self.merged)
            else:
                out = resume(run, sent(self.merged[-1], view))
        if isinstance(out, Reduced):
            self.final = out
        else:
            self.alive = run, view, out


def _refuse_many(job: Job, size: int) -> None:
    """Raise InputError where a user's function would be given too much at once."""
    if size > TOGETHER:
        raise InputError(
            f"{job.loss.reference}: {job.loss.name} needs all rows at once, and they take more than {TOGETHER / 2**30:g} GiB: "
            "yield what it needs of all rows, as in total, n = yield column, 1"
        )


def run(jobs: Sequence[Job], data: Data, *, threads: int = 0, watch: Sequence[Watcher | None] = ()) -> list[Outcome]:
    """Every job on the same data, in as few passes over it as the hungriest job needs.

    Raises InputError for values outside their domain and for rows that do not agree.
    """
    threads = threads or default_threads()
    settle_class_weights(jobs, data)
    running = [_Running(job, w, data) for job, w in zip(jobs, watch or [None] * len(jobs), strict=True)]
    for r in running:
        r.decide(data)
    threads = 1 if any(isinstance(r.job.loss, CustomLoss) and r.job.loss.reuses_memory for r in running) else threads
    while active := [r for r in running if r.final is None]:
        size = max(r.size for r in active)
        seen = False
        try:
            for found in map_blocks(lambda block: [r.columns(block) for r in active], data.blocks(size), threads):
                seen = True
                for r, parts in zip(active, found, strict=True):
                    for part in parts:
                        r.add(*part)
        except OutOfDomain as outside:
            raise _explained(jobs, data, outside) from None
        if not seen:
            _without_rows(active)
            continue
        for r in active:
            if r.final is None:
                r.close()
    return [_outcome(r, data) for r in running]


def _explained(jobs: Sequence[Job], data: Data, outside: OutOfDomain) -> Exception:
    for job in jobs:
        concerned = outside.role == "" or outside.role in job.loss.roles
        if concerned and (error := explain(job, data, outside.role)) is not None:
            return error
    return outside


def _without_rows(active: Sequence[_Running]) -> None:
    """No rows at all: a sum is 0, a mean and a statistic nan, or what a framework gives under its name."""
    kinds = {"mean": "elements", "sum_over_batch_size": "elements", "batchmean": "rows"}
    for r in active:
        reduction = r.job.reduction
        mean = r.job.preset.empty_mean.get("rows", np.nan)
        if r.job.loss.kind == "statistic" and 0 not in r.job.per:
            r.final = Reduced(mean, took=0.0)
        else:
            value = {"none": None, "sum": 0.0}.get(reduction, mean)
            r.final = Reduced(value, kinds.get(reduction), 0.0 if reduction in kinds else None, 0.0, 0.0, 0.0)


def _outcome(r: _Running, data: Data) -> Outcome:
    if r.final is None:
        raise AssertionError("a chain that did not end")
    used = r.rows[0] if r.rows else r.used
    warnings = [*r.job.warnings, *warn_of_places(r.job, data.columns), *r.from_one.warned()]
    for hint, n in zip(r.job.loss.hints, r.hinted, strict=True):
        if n >= max(used, hint.least) if hint.every else n > 0:
            warnings.append(Warned(hint.code, hint.message if hint.every else f"{counted(n, 'row')}: {hint.message}"))
    nothing = not np.any(r.final.took)
    outcome = Outcome(r.job, r.final, r.merged, r.sizes, data.read, used, r.unused, r.ignored, nothing, warnings)
    value = r.final.value
    single = value is not None and np.ndim(value) == 0
    if why := _nothing(r, used):
        warnings.append(Warned("W105", f"{r.job.loss.name}{f' is {value}' if single else ''}: {why}"))
    elif single and np.isnan(value):
        warnings.append(_undefined(outcome, data))
    elif single and np.isinf(value) and r.job.nan != "propagate":
        warnings.append(Warned("W110", f"{r.job.loss.name} is {value}: {_reason(outcome, data)}"))
    elif r.job.loss.task == "divergence" and value is not None and np.ndim(value) == 0 and value < 0:
        warnings.append(Warned("W106", f"{r.job.loss.name} is negative, which no divergence is: pred or target is not normalised"))
    return outcome


def _nothing(r: _Running, used: int) -> str:
    """Why the value, or that of some channels, was computed from nothing; else ''."""
    took = np.asarray(1.0 if r.final is None else r.final.took)
    if used == 0:
        return "there are no rows"
    if took.all():
        return ""
    by_class = r.job.options.get(r.job.loss.weight_option)
    weighed = r.job.weight is not None or r.ignored > 0 or (by_class is not None and np.ndim(by_class) > 0)
    why = "all ignored, or all weights 0" if weighed else "no pair, no positive, no elements, or all masked, padded or of weight 0"
    if took.any():
        return f"nothing is left to average in {np.count_nonzero(took == 0)} of {counted(took.size, 'channel')} ({why})"
    return f"nothing is left to average ({why})"


def _undefined(outcome: Outcome, data: Data) -> Warned:
    name = f"{outcome.job.loss.name} is {outcome.final.value}"
    if outcome.job.nan == "propagate":
        return Warned("W108", f"{name}: nan or an infinity came through the input")
    return Warned("W110", f"{name}: {_reason(outcome, data)}")


def _reason(outcome: Outcome, data: Data) -> str:
    """Why a result is no number."""
    from losscli.engine.reasons import reason  # pays only where there is something to explain

    large = "it is" if np.isinf(outcome.final.value) else "something on the way is"
    return reason(outcome.job, outcome.merged, outcome.sizes, data) or f"{large} too large for {outcome.job.dtype.name}"
