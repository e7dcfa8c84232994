"""Backward passes of a job: the cotangents of the merged columns, from the last pass to the first; then the derivatives of the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from losscli.aggregation import AllRows, Max, RowIndex, Sum
from losscli.autodiff.kernels import DerivativeKernels, RowsOfBlock
from losscli.autodiff.later_passes import Differentiated, LaterPasses
from losscli.autodiff.sweep import sweep
from losscli.autodiff.tape import Var
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Accumulator, Columns, Elements, merged_for
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.missing import missing_in, spread
from losscli.engine.outcome import Outcome
from losscli.engine.reduction import BlockCallback, Reduced, advance, loss_coroutine
from losscli.numeric.lazy import Array
from losscli.parallel import WINDOW, default_threads, map_blocks
from losscli.record import Record

__all__ = ["GradientCollector", "cotangents", "differentiate", "gradients"]

ROWS_OF_SUM = 1024  # rows of blocks whose cotangents of all rows are added before they are merged


def gradients(outcome: Outcome, data: Data, wrt: Sequence[str], *, threads: int = 0) -> dict[str, Array]:
    """d value / d role for each role in wrt, in the shape of the role, and for each option.

    With reduction none, they are the derivatives of the sum of the values.
    """
    collector = GradientCollector(outcome, wrt)
    shared = differentiate(outcome, data, wrt, collector, collector.arrays_of, threads=threads)
    return collector.gradients | shared


class GradientCollector:
    """A callback that collects the derivatives of all rows, by role."""

    def __init__(self, outcome: Outcome, wrt: Sequence[str]) -> None:
        job = outcome.job
        self.rows: list[Array] = []  # the numbers of the rows in their file, block by block
        self.gradients = {n: np.zeros((outcome.rows_kept, *job.layouts[n].shape), job.dtype) for n in wrt if n in job.columns}

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        self.rows.append(block.row_numbers)
        for n, into in self.arrays_of(block).items():
            if not np.may_share_memory(view.grads[n], into):  # else a kernel has written there
                into[...] = view.grads[n]

    def arrays_of(self, block: Block) -> dict[str, Array]:
        """The arrays of the derivatives of a block, into which any thread may write."""
        return {n: g[block.start : block.start + block.rows] for n, g in self.gradients.items()}


def differentiate(
    outcome: Outcome,
    data: Data,
    wrt: Sequence[str],
    callback: BlockCallback,
    arrays_of: Callable[[Block], Mapping[str, Array]] | None = None,
    *,
    threads: int = 0,
) -> dict[str, Array]:
    """Call `callback` with each block, in order, with the derivatives of its rows and its values, if it has any.

    With `arrays_of` the derivatives of the roles of a block may be written into these arrays, and the values may be left out.

    Returns the derivatives of options and of shared roles, which have no rows.
    """
    threads = threads or default_threads()
    job = outcome.job
    shared = {n: Accumulator() for n in wrt if n not in job.columns}
    later = LaterPasses(outcome, wrt) if job.loss.kind == "batch" and {*wrt} <= {*job.columns} else None
    of_merged = cotangents(outcome, data, shared, later, threads=threads)
    blocks = data.blocks(min(outcome.block_sizes)) if outcome.merged else ()
    kernels = DerivativeKernels(job, wrt)

    def compute(block: Block) -> Differentiated:
        if later is not None:
            return later.through_all(_differentiated(outcome, block, wrt, of_merged, 1))
        return _with_kernel(outcome, block, kernels, of_merged, arrays_of) or _differentiated(outcome, block, wrt, of_merged)

    for result in map_blocks(compute, blocks, threads):
        _add_shared(job, shared, result.grads)
        missing = missing_in(job, result.view)
        grads = {n: _of_rows(job, n, g, result.block.rows) for n, g in result.grads.items() if n not in shared}
        if missing is not None:  # a branch that is not taken has no derivative, and this one is of nothing
            grads = {n: np.where(spread(missing, g.shape), np.nan, g) for n, g in grads.items()}
        callback(result.block, result.view.but(grads=grads), result.values, ignored_in(job, result.view))
    return {n: a.value if a.total is not None else np.zeros(np.shape(_without_rows(job, n))) for n, a in shared.items()}


def _add_shared(job: Job, shared: Mapping[str, Accumulator], grads: Mapping[str, Array | None]) -> None:
    """Add the derivatives of options and shared roles from one block to those of the others."""
    for n, accumulator in shared.items():
        if (g := grads[n]) is not None:
            accumulator.add(Sum(g.sum(0, keepdims=True) if n in job.constant else g))


def _differentiated(
    outcome: Outcome, block: Block, wrt: Sequence[str], of_merged: Sequence[Sequence[Any]], passes: int | None = None
) -> Differentiated:
    """The derivatives of one block, through the columns that it yields in the first passes, or in all."""
    view = outcome.job.view(block)
    taped = _with_vars(outcome.job, view, wrt)
    values = _swept(outcome, block, taped, of_merged[:passes])
    return Differentiated(block, view, {n: _var(taped, n).grad for n in wrt}, getattr(values, "value", values))


def _with_kernel(
    outcome: Outcome,
    block: Block,
    kernels: DerivativeKernels,
    of_merged: Sequence[Sequence[Any]],
    arrays_of: Callable[[Block], Mapping[str, Array]] | None,
) -> Differentiated | None:
    """The same by a kernel; None where NumPy has to compute the block."""
    rows = kernels.rows(block)
    if rows is None:
        return None
    by_value, values = _by_value(outcome, block, kernels, rows, of_merged, arrays_of is None)
    found = None if by_value is None else rows.derivatives(by_value, {} if arrays_of is None else arrays_of(block))
    return None if found is None else Differentiated(block, rows.view, {n: found.get(n) for n in kernels.wrt}, values)


def _by_value(
    outcome: Outcome, block: Block, kernels: DerivativeKernels, rows: RowsOfBlock, of_merged: Sequence[Sequence[Any]], shown: bool
) -> tuple[Array | None, Any]:
    """The derivative by each value of a block, and the values if they are shown. The sums are linear in the values, so any values do."""
    first: Any = np.broadcast_to(0.0, rows.shape)
    weights = rows.weights()
    if shown:
        computed = kernels.values.compute(block, only_sum=False)
        weights, first = (None, first) if computed is None else (weights, computed.out[0] if weights else computed.out)
    if weights is None:
        return None, None
    values = Var(first)
    found = _swept(outcome, block, rows.view, of_merged, (values, *weights) if weights else values)
    return np.zeros(()) if values.grad is None else values.grad, getattr(found, "value", found)


def _swept(outcome: Outcome, block: Block, taped: View, of_merged: Sequence[Sequence[Any]], out: Any = None) -> Any:
    """Run the loss and its reduction on a view with Vars, and sweep back from its columns. Returns the values, if the loss has any.

    `out` is the result of the formula, if it is computed already.
    """
    coroutine = loss_coroutine(outcome.job, taped, shown=True, out=out)
    columns: list[Any] = []
    of_columns: list[Any] = []
    values = None
    for k, merged in enumerate(outcome.merged[: len(of_merged)]):
        yielded = coroutine.send(merged_for(taped, outcome.merged[k - 1])) if k else next(coroutine)
        for column, g in _block_cotangents(yielded, of_merged[k], merged, block):
            columns.append(column)
            of_columns.append(g)
        values = next((c.column for c in yielded if isinstance(c, Elements)), values)
    sweep(columns, of_columns)
    return values


def _of_rows(job: Job, role: str, g: Array | None, rows: int) -> Array:
    """A derivative in the dtype of the job, 0 where there is none."""
    return np.zeros((rows, *job.layouts[role].shape), job.dtype) if g is None else g.astype(job.dtype, copy=False)


def cotangents(
    outcome: Outcome,
    data: Data,
    shared: Mapping[str, Accumulator] = MappingProxyType({}),
    later: LaterPasses | None = None,
    *,
    threads: int = 1,
) -> list[list[Any]]:
    """d value / d merged column, for each column of each pass.

    The derivatives of shared roles in the last step, from the merged columns to the value, are added to the accumulators in `shared`.
    With `later` the derivatives of rows through the columns of later passes are computed too.
    """
    of_merged = _last_step(outcome, shared)
    for k in reversed(range(1, len(of_merged))):
        accumulators: dict[tuple[int, int], Accumulator] = {}
        size = outcome.block_sizes[k]
        several = size * max(1, ROWS_OF_SUM // size)
        through, window = _through_pass(outcome, k, of_merged, later), 1 if size < several else WINDOW
        for result in map_blocks(through, data.blocks(several), threads, window):
            for at, g in result.of_earlier.items():
                accumulators.setdefault(at, Accumulator()).add(Sum(g))
            result.of_earlier.clear()  # as large as the columns of all rows: the next blocks need the memory
            if later is not None:
                for part in result.parts:
                    later.add(part)
        for (i, j), accumulator in accumulators.items():
            of_merged[i][j] = of_merged[i][j] + accumulator.value
    return of_merged


def _without_rows(job: Job, name: str) -> Any:
    """The numbers of a role without rows, or of an option."""
    return next(values[name] for values in (job.shared, job.constant, job.options) if name in values)


def _with_vars(job: Job, view: View, wrt: Sequence[str] | Mapping[str, Any]) -> View:
    """The view with Vars for the roles and options in `wrt`, whose derivatives are computed."""
    options = {n: Var(np.asarray(job.options[n], job.dtype), of_option=True) for n in wrt if n not in view.roles}
    return view.but(roles={n: Var(x) if n in wrt else x for n, x in view.roles.items()}, options=options)


def _var(taped: View, name: str) -> Var:
    """The Var of a role or of an option."""
    return taped.roles[name] if name in taped.roles else taped.options[name]


def _vars_of(merged: Sequence[Columns]) -> list[Columns]:
    """Merged columns as Vars."""
    return [tuple(m if m is RowIndex else Var(m) for m in ms) for ms in merged]


def _last_step(outcome: Outcome, shared: Mapping[str, Accumulator]) -> list[list[Any]]:
    """The cotangent of each merged column from the last step. Those of shared roles are added to their accumulators."""
    if outcome.first is None or not outcome.merged:
        return []
    with np.errstate(all="ignore"):
        taped = _with_vars(outcome.job, outcome.job.view(outcome.first), shared)
        merged = _vars_of(outcome.merged)
        out = advance(loss_coroutine(outcome.job, taped), taped, merged)
        reduced = out if isinstance(out, Reduced) else Reduced(None)
        sweep([reduced.total if reduced.value is None else reduced.value], [1.0])
    for n, accumulator in shared.items():
        if (g := _var(taped, n).grad) is not None:
            accumulator.add(Sum(g))
    return [[0.0 if m is RowIndex or m.grad is None else m.grad for m in ms] for ms in merged]


class _BlocksOfPass(Record):
    """Some blocks of one pass, and the sums over them of the cotangents of earlier merged columns, by pass and column."""

    parts: list[Differentiated]
    of_earlier: dict[tuple[int, int], Any]


def _through_pass(outcome: Outcome, k: int, of_merged: list[list[Any]], later: LaterPasses | None) -> Callable[[Block], _BlocksOfPass]:
    """A function that computes what comes from the columns of pass k in some blocks; the derivatives of their roles only for `later`.

    The cotangent of a merged column of all rows is as large as the column, for each block: to merge those of few rows would take long.
    """
    job, wrt = outcome.job, () if later is None else later.wrt

    def of_block(block: Block, sums: dict[tuple[int, int], Any]) -> Differentiated:
        view = _with_vars(job, job.view(block), wrt)
        merged = _vars_of(outcome.merged[:k])
        yielded = advance(loss_coroutine(job, view, shown=later is not None), view, merged)
        if isinstance(yielded, Reduced):
            raise AssertionError("a coroutine that ended early")
        pairs = _block_cotangents(yielded, of_merged[k], outcome.merged[k], block)
        sweep([c for c, _ in pairs], [g for _, g in pairs])
        for i, columns in enumerate(merged):
            for j, m in enumerate(columns):
                if (g := getattr(m, "grad", None)) is not None:
                    sums[i, j] = _added(sums.get((i, j)), g)
        # not the columns themselves: with their tape they hold all numbers of the block
        values = next((getattr(c.column, "value", c.column) for c in yielded if isinstance(c, Elements)), None)
        return Differentiated(block, view.but(roles={}), {n: _var(view, n).grad for n in wrt}, values)

    def compute(blocks: Block) -> _BlocksOfPass:
        sums: dict[tuple[int, int], Any] = {}
        return _BlocksOfPass([of_block(block, sums) for block in blocks.split(outcome.block_sizes[k])], sums)

    return compute


def _added(total: Any, g: Any) -> Any:
    """A sum of cotangents, in the memory of the sum so far."""
    if total is None:
        return np.array(g)
    total += g
    return total


def _block_cotangents(yielded: Columns, of_merged: Sequence[Any], merged: Columns, block: Block) -> list[tuple[Any, Any]]:
    """Each column that a block yields, with the block's part of the cotangent of the merged column."""
    columns = [c for c in yielded if not isinstance(c, Elements)]
    return [(c.column, _block_part(c, g, m, block)) for c, g, m in zip(columns, of_merged, merged, strict=True) if c is not RowIndex]


def _block_part(column: Any, g: Any, merged: Any, block: Block) -> Any:
    if isinstance(column, AllRows):
        return np.broadcast_to(g, merged.shape)[block.start : block.start + block.rows]
    if isinstance(column, Max):
        return g * (getattr(column.column, "value", column.column) == merged)
    return g
