"""The passes of a chain backwards: what pulls on each merged column, last first; then one pass that gives the rows their derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from losscli.aggregation import AllRows, Max, RowIndex, Sum
from losscli.autodiff.tape import Var, backward
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Accumulator, Columns, Elements, sent
from losscli.engine.job import Job, View, ignored_in
from losscli.engine.passes import Outcome
from losscli.engine.reduction import Program, Reduced, Watcher, advance, program
from losscli.parallel import default_threads, map_blocks
from losscli.results.collect import origin

__all__ = ["Kept", "cotangents", "differentiate", "gradients"]


def gradients(outcome: Outcome, data: Data, wrt: Sequence[str], *, threads: int = 0) -> dict[str, Any]:
    """d value / d role for each role in wrt, in the shape of the role. With reduction none, the derivative of the sum of the values."""
    kept = Kept(outcome, wrt)
    shared = differentiate(outcome, data, wrt, kept, threads=threads)
    return kept.found | shared


class Kept:
    """A watcher that holds the derivatives of all rows."""

    def __init__(self, outcome: Outcome, wrt: Sequence[str]) -> None:
        job = outcome.job
        self.rows: list[Any] = []  # their numbers in the file
        self.found = {n: np.zeros((outcome.kept, *job.layouts[n].shape), job.dtype) for n in wrt if n in job.columns}

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        self.rows.append(origin(block))
        for n, g in view.grads.items():
            self.found[n][block.start : block.start + block.rows] = g


def differentiate(outcome: Outcome, data: Data, wrt: Sequence[str], watch: Watcher, *, threads: int = 0) -> dict[str, Any]:
    """Each block goes to `watch`, in order, with the derivatives of its rows and, where there are any, its values.

    Those of what all rows share come back.
    """
    threads = threads or default_threads()
    job, merged = outcome.job, outcome.merged
    shared = {n: Accumulator() for n in wrt if n not in job.columns}
    pull = cotangents(outcome, data, shared, threads=threads)

    def one(block: Block) -> tuple[Block, View, dict[str, Any], Any]:
        view = job.view(block)
        lent = replace(view, roles={n: Var(x) if n in wrt else x for n, x in view.roles.items()})
        run = program(job, lent, shown=True)
        columns, cotangents, values = [], [], None
        for k, m in enumerate(merged):
            out = run.send(sent(merged[k - 1], lent)) if k else next(run)
            stage = _columns(out)
            columns += [c.of for c in stage if c is not RowIndex]
            cotangents += [_share(c, g, whole, block) for c, g, whole in zip(stage, pull[k], m, strict=True) if c is not RowIndex]
            values = next((c.of for c in out if isinstance(c, Elements)), values)
        backward(columns, cotangents)
        return block, view, {n: lent.roles[n].grad for n in wrt}, getattr(values, "value", values)

    for block, view, grads, values in map_blocks(one, data.blocks(min(outcome.sizes)) if merged else (), threads):
        for n in shared:
            if (g := grads.pop(n)) is not None:
                shared[n].add(Sum(g if n in job.shared else g.sum(0, keepdims=True)))
        full = {
            n: np.zeros((block.rows, *job.layouts[n].shape), job.dtype) if g is None else g.astype(job.dtype, copy=False)
            for n, g in grads.items()
        }
        watch(block, replace(view, grads=full), values, ignored_in(job, view))
    return {n: m.value if m.of is not None else np.zeros(np.shape(_whole(job, n))) for n, m in shared.items()}


def cotangents(
    outcome: Outcome, data: Data, shared: Mapping[str, Accumulator] = MappingProxyType({}), *, threads: int = 1
) -> list[list[Any]]:
    """d value / d merged column, for the columns of each pass; what pulls on shared roles where the chain ends is added to those."""
    pull = _end(outcome, data, shared)
    for k in reversed(range(1, len(pull))):
        _pull_through(outcome, data, k, pull, threads)
    return pull


def _whole(job: Job, role: str) -> Any:
    return job.shared[role] if role in job.shared else job.constant[role]


def _columns(out: Columns) -> list[Any]:
    return [c for c in out if not isinstance(c, Elements)]


def _taped(merged: Sequence[Columns]) -> list[Columns]:
    return [tuple(m if m is RowIndex else Var(m) for m in ms) for ms in merged]


def _end(outcome: Outcome, data: Data, shared: Mapping[str, Accumulator]) -> list[list[Any]]:
    """What pulls on each merged column where the chain ends; what pulls there on shared roles is added to them."""
    job, merged = outcome.job, outcome.merged
    head = next(data.blocks(outcome.sizes[-1]), None) if merged else None
    if head is None:
        return []
    with np.errstate(all="ignore"):
        view = job.view(head)
        lent = replace(view, roles={n: Var(x) if n in shared else x for n, x in view.roles.items()})
        ahead = _taped(merged)
        out = advance(program(job, lent), lent, ahead)
        end = out if isinstance(out, Reduced) else Reduced(None)
        backward([end.total if end.value is None else end.value], [1.0])
    for n, merge in shared.items():
        if (g := lent.roles[n].grad) is not None:
            merge.add(Sum(g))
    return [[0.0 if m is RowIndex or m.grad is None else m.grad for m in ms] for ms in ahead]


def _pull_through(outcome: Outcome, data: Data, k: int, pull: list[list[Any]], threads: int) -> None:
    """Add to the earlier pulls what reaches them through the columns of pass k."""
    job, merged = outcome.job, outcome.merged

    def one(block: Block) -> list[list[Any]]:
        view = job.view(block)
        ahead = _taped(merged[:k])
        run: Program = program(job, view)
        out = advance(run, view, ahead)
        if isinstance(out, Reduced):
            raise AssertionError("a chain that ended early")
        pairs = [(c.of, _share(c, g, m, block)) for c, g, m in zip(_columns(out), pull[k], merged[k], strict=True) if c is not RowIndex]
        backward([c for c, _ in pairs], [g for _, g in pairs])
        return [[getattr(m, "grad", None) for m in ms] for ms in ahead]

    earlier: dict[tuple[int, int], Accumulator] = {}
    for stages in map_blocks(one, data.blocks(outcome.sizes[k]), threads):
        for s, ms in enumerate(stages):
            for j, g in enumerate(ms):
                if g is not None:
                    earlier.setdefault((s, j), Accumulator()).add(Sum(g))
    for (s, j), merge in earlier.items():
        pull[s][j] = pull[s][j] + merge.value


def _share(column: Any, g: Any, merged: Any, block: Block) -> Any:
    """The block's part of the pull on a merged column."""
    if isinstance(column, AllRows):
        return np.broadcast_to(g, merged.shape)[block.start : block.start + block.rows]
    if isinstance(column, Max):
        hit = getattr(column.of, "value", column.of) == merged
        return g * hit
    return g
