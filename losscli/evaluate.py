"""A loss and its reduction are one generator: it yields columns, gets them back merged over all rows, goes on, returns.

No yield is a pointwise loss, a yield of columns to sum a statistic, of Gathered rows a batch loss; the reduction is the last yield.
Each yield is one pass over the rows, shared by all jobs that still need one; the derivative is the same passes backwards. The blocks
of a job and the order in which their shares are merged depend on the number of rows alone, so the bits do too.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from losscli.blocks import Block, Data
from losscli.errors import InputError, Warned, counted
from losscli.gate import Job, Outside, View, check, explain
from losscli.marks import Aligned, ByClass, Gathered, Largest, Mark, OwnRows, Pooled, Products, Summed

__all__ = ["Final", "Outcome", "Watcher", "differentiate", "run"]

TASK = 16  # blocks a thread takes at once: waking a thread for every block costs more than the block
PAIRS = 2**19  # block × all rows of a gathered column: a few MB


@dataclass(frozen=True)
class Elements(Mark):
    """The values of a block's own rows: shown to whoever watches, merged with nothing."""

    of: Any


@dataclass(frozen=True)
class Final:
    """The number (or, for a statistic that keeps channels, the numbers) and what it was divided by; the sum, and what a mean divides by."""

    value: Any
    kind: str | None = None
    denominator: Any = None
    total: Any = None
    count: Any = None


Columns = tuple[Any, ...]
Program = Generator[Columns, Columns, Final]
Watcher = Callable[[Block, View, Any, Any], None]  # block, view, values, and which of them are ignored (or None)


# --- the chain on one block ------------------------------------------------------------------------------------------------


def _weighted(column: Any, w: Any) -> Any:
    if w is not None and w.ndim > np.ndim(column):
        raise InputError("each value is one of a whole row here, so sample_weight needs one number for each row")
    return column if w is None else column * w.reshape(w.shape + (1,) * (np.ndim(column) - w.ndim))


def _total(column: Any, view: View, per: tuple[int, ...] = ()) -> Any:
    """A column times the sample weights, summed in float64 over all axes but the kept."""
    w = None if 0 in per else view.weight
    gone = tuple(a for a in range(np.ndim(column)) if a not in per)
    return _weighted(column, w).sum(gone, dtype=np.float64)


def _constant(c: Any, shape: tuple[int, ...], view: View, per: tuple[int, ...]) -> Any:
    """A constant column beside one of this shape: c for each number that is summed there, with the sample weights."""
    w = None if 0 in per else view.weight
    if w is None:
        return c * float(np.prod([n for a, n in enumerate(shape) if a not in per]))
    if w.ndim == 1:
        return c * w.sum() * float(np.prod([n for a, n in enumerate(shape) if a > 0 and a not in per]))
    return c * _total(np.ones(shape), view, per)


def _own(run: Generator[Any, Any, Any], view: View, per: tuple[int, ...]) -> Generator[Columns, Columns, Any]:
    """A loss's own yields, summed. Where rows are kept each row gets its own sums back at once: the dice of every image."""
    back: Any = None
    while True:
        try:
            columns = run.send(back)
        except StopIteration as done:
            return done.value
        columns = columns if isinstance(columns, tuple) else (columns,)
        shape = next((np.shape(x) for c in columns if np.ndim(x := c.of if isinstance(c, Pooled | Aligned) else c)), (view.rows,))
        sums = tuple(_marked(c, shape, view, per) for c in columns)
        back = tuple(s.of for s in sums) if 0 in per else (yield sums)  # type: ignore[attr-defined]
        back = tuple(
            _in_pools(b, per, c.classes) if isinstance(c, Pooled) else _beside(b, shape, per) if isinstance(c, Aligned) else b
            for b, c in zip(back, columns, strict=True)
        )


def _marked(c: Any, shape: tuple[int, ...], view: View, per: tuple[int, ...]) -> Mark:
    """How a yielded column is merged: a plain one is summed, as far as `per` says."""
    if isinstance(c, ByClass):
        return Summed(_total(c.of, view, (*per, np.ndim(c.of) - 1)))
    if isinstance(c, Products):
        x, y = (a.astype(np.float64).reshape(-1, np.shape(a)[-1]) for a in (_weighted(c.of, view.weight), c.by))
        return Summed(x.T @ y)
    if isinstance(c, Pooled):
        return Gathered(c.of if np.ndim(c.of) else _weighted(np.full(shape, float(c.of)), None if 0 in per else view.weight))
    if isinstance(c, Largest):
        return Largest(_largest(c.of, None if 0 in per else view.weight, per))
    if isinstance(c, Aligned):
        return _marked(c.of, shape, view, per)
    if isinstance(c, Mark):
        return c
    return Summed(_total(c, view, per) if np.ndim(c) else _constant(c, shape, view, per))


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


def _program(job: Job, view: View, shown: bool = False) -> Program:
    """The loss, then its reduction, on one block; where the values are to be shown they are yielded beside their sums."""
    out = job.loss.fn(**view.roles, **job.options)
    out = (yield from _own(out, view, job.per)) if inspect.isgenerator(out) else out
    values, weights = out if isinstance(out, tuple) else (out, None)
    if 0 not in job.per and np.ndim(values) == len(job.per) and job.loss.kind != "pointwise":
        return _of_statistic(job, values)
    if job.preset.last_axis and np.ndim(values) > 1:
        values, weights = (values.mean(-1) if job.preset.last_axis == "mean" else values.sum(-1)), None
    if job.loss.mean == "mean of ratios" and job.reduction == "mean":
        values, weights = values / np.maximum(weights, 1), None
    if job.preset.weighted == "elements" or (weights is None and view.weight is None):
        kind, count = "elements", float(np.size(values))
    elif job.preset.weighted == "kept" and weights is not None:
        kind, count = "weights", weights.sum(dtype=np.float64)
    else:
        kind, count = "weights", _total(np.ones(np.shape(values)) if weights is None else weights, view)
    sums = tuple(map(Summed, (_total(values, view), count, float(np.size(values)), float(view.rows))))
    total, *counts = yield (Elements(_weighted(values, view.weight)), *sums) if shown else sums
    if job.loss.mean == "of terms":  # without a term the loss is 0, as its reference has it, and no undefined mean
        counts[0] = np.where(counts[0] == 0, 1.0, counts[0])
    under = dict(zip(("mean", "sum_over_batch_size", "batchmean"), zip((kind, "elements", "rows"), counts, strict=True), strict=True))
    kind_under, by = under.get(job.reduction, (None, None))
    value = None if job.reduction == "none" else total if by is None else total / by
    return Final(value, kind_under, by, total, counts[0])


def _of_statistic(job: Job, values: Any) -> Final:
    """What is left to reduce of a statistic over all rows: its channels, or nothing."""
    if job.reduction == "none" or np.ndim(values) == 0:
        return Final(values)
    n = len(values)
    return Final(values.sum()) if job.reduction == "sum" else Final(values.sum() / n, "channels", n)


class _Merge:
    """Shares of a column in the order of the blocks. A sum keeps the error of each addition (two-sum)."""

    def __init__(self) -> None:
        self.of: Any = None
        self.lost: Any = 0.0
        self.parts: list[Any] = []

    def add(self, column: Mark) -> None:
        if isinstance(column, Gathered):
            self.parts.append(column.of)
        elif column is OwnRows:
            self.of = OwnRows
        elif isinstance(column, Largest):
            self.of = column.of if self.of is None else np.maximum(self.of, column.of)
        elif isinstance(column, Summed) and self.of is None:
            self.of = column.of
        elif isinstance(column, Summed):
            total = self.of + column.of
            back = total - self.of
            error = (self.of - (total - back)) + (column.of - back)
            self.of, self.lost = total, self.lost + np.where(np.isfinite(total), error, 0.0)

    @property
    def value(self) -> Any:
        if self.parts:
            return np.concatenate(self.parts)
        return self.of if self.of is OwnRows or self.of is None else self.of + self.lost


def _merge(merges: list[_Merge], columns: Columns) -> list[_Merge]:
    shared = [c for c in columns if not isinstance(c, Elements)]
    merges = merges or [_Merge() for _ in shared]
    for merge, column in zip(merges, shared, strict=True):
        merge.add(column)
    return merges


def _sent(merged: Columns, view: View) -> Columns:
    return tuple(view.numbers if m is OwnRows else m for m in merged)


def _advance(run: Program, view: View, merged: Sequence[Columns]) -> Columns | Final:
    """The next columns once what is merged so far has been sent, or the end."""
    try:
        columns = next(run)
        for m in merged:
            columns = run.send(_sent(m, view))
        return columns
    except StopIteration as done:
        return done.value


def _resume(run: Program, merged: Columns) -> Columns | Final:
    try:
        return run.send(merged)
    except StopIteration as done:
        return done.value


# --- passes over the rows --------------------------------------------------------------------------------------------------


def default_threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _each(fn: Callable[[Any], Any], blocks: Iterable[Any], threads: int) -> Iterator[Any]:
    """fn of every block, in order. This thread takes a share of the work; no more than a window of blocks is held."""

    def work(run: list[Any]) -> list[Any]:
        with np.errstate(all="ignore"):  # a thread has its own
            return [fn(b) for b in run]

    blocks = iter(blocks)
    if threads == 1:
        for block in blocks:
            yield from work([block])
        return
    window = list(islice(blocks, 2))
    if len(window) < 2:
        yield from work(window)
        return
    with ThreadPoolExecutor(threads - 1) as pool:
        while window:
            window += islice(blocks, TASK * threads - len(window))
            size = -(-len(window) // threads)
            mine, *others = [window[i : i + size] for i in range(0, len(window), size)]
            waiting = [pool.submit(work, run) for run in others]
            yield from work(mine)
            for run in waiting:
                yield from run.result()
            window = list(islice(blocks, 1))


@dataclass
class Outcome:
    """What came of a job: the end of its chain, what each pass merged (for the passes backwards), and what was noticed on the way."""

    job: Job
    final: Final
    merged: list[Columns]
    sizes: list[int]  # rows a block in each pass
    read: int
    kept: int  # rows after those with NaN were left out
    unused: int  # rows of which every value is ignored
    ignored: int  # values
    warnings: list[Warned]


_Noticed = tuple[int, int, list[int]]
_NOTHING: _Noticed = (0, 0, [])


class _Running:
    """A job under way."""

    def __init__(self, job: Job, watch: Watcher | None) -> None:
        self.job, self.watch = job, watch
        self.size = job.block_rows
        self.sizes: list[int] = []
        self.merged: list[Columns] = []
        self.merges: list[_Merge] = []
        self.final: Final | None = None
        self.first: Block | None = None
        self.alive: tuple[Program, View, Columns] | None = None  # the first block's, so that it need not be computed again
        self.rows: list[int] = []
        self.used = 0
        self.ignored = 0
        self.unused = 0  # rows of which every value is ignored
        self.hinted: dict[int, int] = {}

    def columns(self, block: Block) -> list[tuple[Block, View, Columns | Final, _Noticed]]:
        """For each of the job's own blocks in the shared one: its columns, and what was noticed in it."""
        done: list[tuple[Block, View, Columns | Final, _Noticed]] = []
        out: Columns | Final
        for part in block.split(self.size):
            if part.start == 0 and self.alive is not None:
                _, view, out = self.alive
                done.append((part, view, out, _NOTHING))
                continue
            view = self.job.view(part)
            noticed = _NOTHING
            if not self.merged:
                check(self.job, view)
                noticed = self._noticed(view)
            run = _program(self.job, view, self.watch is not None)
            out = _advance(run, view, self.merged)
            if part.start == 0 and not isinstance(out, Final):
                self.first, self.alive = part, (run, view, out)
            done.append((part, view, out, noticed))
        return done

    def _noticed(self, view: View) -> _Noticed:
        """How many values are ignored, how many rows hold nothing else, and how many rows each hint is about."""
        mask = ignored_in(self.job, view)
        context = {**self.job.options, **view.roles}
        unused = 0 if mask is None else int(mask.reshape(len(mask), -1).all(-1).sum())
        return (0 if mask is None else int(mask.sum())), unused, [int(h.rows(context).sum()) for h in self.job.loss.hints]

    def add(self, part: Block, view: View, out: Columns | Final, noticed: _Noticed) -> None:
        if isinstance(out, Final):
            self.final = out  # a statistic of one row at a time has nothing to merge
            return
        self.used += part.rows
        self.ignored += noticed[0]
        self.unused += noticed[1]
        for i, n in enumerate(noticed[2]):
            self.hinted[i] = self.hinted.get(i, 0) + n
        for c in out:
            if isinstance(c, Elements) and self.watch is not None:
                self.watch(part, view, c.of, ignored_in(self.job, view))
        self.merges = _merge(self.merges, out)

    def close(self) -> None:
        """After a pass: what was merged goes on to the first block, which ends the chain or asks for another pass."""
        self.rows.append(self.used)
        self.sizes.append(self.size)
        if self.used != self.rows[0]:
            raise InputError(f"the input changed while it was read: {counted(self.rows[0], 'row')}, then {self.used}")
        if self.alive is None or self.first is None:
            raise AssertionError("a pass without a block")
        self.merged.append(tuple(m.value for m in self.merges))
        gathered = max((len(m.value) for m in self.merges if m.parts), default=0)
        self.merges, self.used = [], 0
        run, view, _ = self.alive
        with np.errstate(all="ignore"):
            if gathered:  # from here on a block meets all rows: it shrinks, so that the two together stay at a few MB
                self.size = min(self.size, 1 << max(4, (PAIRS // gathered).bit_length() - 1))
                self.first = self.first.cut(0, min(self.size, self.first.rows))
                view = self.job.view(self.first)
                run = _program(self.job, view, self.watch is not None)
                out = _advance(run, view, self.merged)
            else:
                out = _resume(run, _sent(self.merged[-1], view))
        if isinstance(out, Final):
            self.final = out
        else:
            self.alive = run, view, out


def ignored_in(job: Job, view: View) -> Any:
    """Which values are ignored (label = ignore_index), or None."""
    context = {**job.options, **view.roles}
    for role in view.roles:
        domain = job.domain(role)
        if hasattr(domain, "ignored"):
            return domain.ignored(view.roles[role], context)
    return None


def run(jobs: Sequence[Job], data: Data, *, threads: int = 0, watch: Sequence[Watcher | None] = ()) -> list[Outcome]:
    """Every job on the same data, in as few passes over it as the hungriest job needs.

    Raises InputError for values outside their domain and for rows that do not agree.
    """
    threads = threads or default_threads()
    running = [_Running(job, w) for job, w in zip(jobs, watch or [None] * len(jobs), strict=True)]
    while active := [r for r in running if r.final is None]:
        size = max(r.size for r in active)
        seen = False
        try:
            for found in _each(lambda block: [r.columns(block) for r in active], data.blocks(size), threads):
                seen = True
                for r, parts in zip(active, found, strict=True):
                    for part in parts:
                        r.add(*part)
        except Outside as outside:
            raise _explained(jobs, data, outside) from None
        if not seen:
            _without_rows(active)
            continue
        for r in active:
            if r.final is None:
                r.close()
    return [_outcome(r, data) for r in running]


def _explained(jobs: Sequence[Job], data: Data, outside: Outside) -> Exception:
    for job in jobs:
        if outside.role == "" or outside.role in job.loss.roles:
            try:
                return explain(job, data, outside.role)
            except AssertionError:
                continue
    raise outside


def _without_rows(active: Sequence[_Running]) -> None:
    """No rows at all: a sum is 0, a mean and a statistic nan, as their references have it."""
    kinds = {"mean": "elements", "sum_over_batch_size": "elements", "batchmean": "rows"}
    for r in active:
        reduction = r.job.reduction
        if r.job.loss.kind == "statistic" and 0 not in r.job.per:
            r.final = Final(np.nan)
        else:
            value = {"none": None, "sum": 0.0}.get(reduction, np.nan)
            r.final = Final(value, kinds.get(reduction), 0.0 if reduction in kinds else None, 0.0, 0.0)


def _outcome(r: _Running, data: Data) -> Outcome:
    if r.final is None:
        raise AssertionError("a chain that did not end")
    used = r.rows[0] if r.rows else r.used
    warnings = list(r.job.warnings)
    for i, n in r.hinted.items():
        hint = r.job.loss.hints[i]
        if n >= max(used, 2) if hint.every else n > 0:
            warnings.append(Warned(hint.code, hint.message if hint.every else f"{counted(n, 'row')}: {hint.message}"))
    value = r.final.value
    single = value is not None and np.ndim(value) == 0
    if single and (np.isnan(value) or used == r.unused):
        warnings.append(_undefined(r, used))
    elif single and np.isinf(value) and r.job.nan != "propagate":
        warnings.append(Warned("W110", f"{r.job.loss.name} is {value}: it is infinite, or too large for {r.job.dtype.name}"))
    elif r.job.loss.task == "divergence" and value is not None and np.ndim(value) == 0 and value < 0:
        warnings.append(Warned("W106", f"{r.job.loss.name} is negative, which no divergence is: pred or target is not normalised"))
    return Outcome(r.job, r.final, r.merged, r.sizes, data.read, used, r.unused, r.ignored, warnings)


def _undefined(r: _Running, used: int) -> Warned:
    name = f"{r.job.loss.name} is {r.final.value if r.final is not None else None}"
    if used == 0:
        return Warned("W105", f"{name}: there are no rows")
    if used == r.unused or (r.final is not None and r.final.count == 0):
        return Warned("W105", f"{name}: nothing is left to average (all ignored, or all weights 0)")
    if r.job.nan == "propagate":
        return Warned("W108", f"{name}: nan or an infinity came through the input")
    return Warned("W110", f"{name}: something on the way is too large for {r.job.dtype.name}")


# --- and backwards ---------------------------------------------------------------------------------------------------------


def differentiate(outcome: Outcome, data: Data, wrt: Sequence[str], *, threads: int = 0) -> dict[str, Any]:
    """d value / d role for each role in wrt, in the shape of the role: the passes again, last first, each block on a tape.

    With reduction none, the derivative of the sum of the values.
    """
    from losscli.tape import Var, backward

    threads = threads or default_threads()
    job, merged = outcome.job, outcome.merged

    def taped(view: View, upto: int) -> tuple[View, list[Columns], Columns | Final]:
        lent = replace(view, roles={n: Var(x) if n in wrt else x for n, x in view.roles.items()})
        ahead = [tuple(m if m is OwnRows else Var(m) for m in ms) for ms in merged[:upto]]
        return lent, ahead, _advance(_program(job, lent), lent, ahead)

    found = {n: np.zeros((outcome.kept, *job.layouts[n].shape), job.dtype) for n in wrt if n in job.columns}
    shared = {n: _Merge() for n in wrt if n not in found}
    pull: list[list[Any]] = []
    head = next(data.blocks(outcome.sizes[-1]), None) if merged else None
    if head is not None:
        with np.errstate(all="ignore"):
            lent, ahead, out = taped(job.view(head), len(merged))
            end = out if isinstance(out, Final) else Final(None)
            backward([end.total if end.value is None else end.value], [1.0])
        pull = [[0.0 if m is OwnRows or m.grad is None else m.grad for m in ms] for ms in ahead]
        for n in shared:
            if (g := lent.roles[n].grad) is not None:
                shared[n].add(Summed(g))

    for k in reversed(range(len(pull))):

        def one(block: Block, k: int = k) -> tuple[Block, dict[str, Any], list[list[Any]]]:
            lent, ahead, columns = taped(job.view(block), k)
            if isinstance(columns, Final):
                raise AssertionError("a chain that ended early")
            live = [c for c in columns if not isinstance(c, Elements)]
            pairs = [(c.of, _share(c, g, m, block)) for c, g, m in zip(live, pull[k], merged[k], strict=True) if c is not OwnRows]
            backward([c for c, _ in pairs], [g for _, g in pairs])
            return block, {n: lent.roles[n].grad for n in wrt}, [[getattr(m, "grad", None) for m in ms] for ms in ahead]

        earlier: dict[tuple[int, int], _Merge] = {}
        for block, grads, stages in _each(one, data.blocks(outcome.sizes[k]), threads):
            for n, g in grads.items():
                if g is None:
                    continue
                if n in found:
                    found[n][block.start : block.start + block.rows] += g
                else:
                    shared[n].add(Summed(g if n in job.shared else g.sum(0, keepdims=True)))
            for s, ms in enumerate(stages):
                for j, g in enumerate(ms):
                    if g is not None:
                        earlier.setdefault((s, j), _Merge()).add(Summed(g))
        for (s, j), merge in earlier.items():
            pull[s][j] = pull[s][j] + merge.value
    return found | {
        n: m.value if m.of is not None else np.zeros(np.shape(job.shared[n] if n in job.shared else job.constant[n]))
        for n, m in shared.items()
    }


def _share(column: Any, g: Any, merged: Any, block: Block) -> Any:
    """The block's part of the pull on a merged column."""
    if isinstance(column, Gathered):
        return np.broadcast_to(g, merged.shape)[block.start : block.start + block.rows]
    if isinstance(column, Largest):
        hit = getattr(column.of, "value", column.of) == merged
        return g * hit
    return g
