"""The passes of a chain backwards, last first, each block on a tape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.blocks import Block, Data
from losscli.chain import Columns, Elements, Final, Merge, advance, program
from losscli.evaluate import Outcome, default_threads, each
from losscli.job import View
from losscli.marks import Gathered, Largest, OwnRows, Summed
from losscli.tape import Var, backward

__all__ = ["differentiate"]


def differentiate(outcome: Outcome, data: Data, wrt: Sequence[str], *, threads: int = 0) -> dict[str, Any]:
    """d value / d role for each role in wrt, in the shape of the role: the passes again, last first, each block on a tape.

    With reduction none, the derivative of the sum of the values.
    """
    threads = threads or default_threads()
    job, merged = outcome.job, outcome.merged

    def taped(view: View, upto: int) -> tuple[View, list[Columns], Columns | Final]:
        lent = replace(view, roles={n: Var(x) if n in wrt else x for n, x in view.roles.items()})
        ahead = [tuple(m if m is OwnRows else Var(m) for m in ms) for ms in merged[:upto]]
        return lent, ahead, advance(program(job, lent), lent, ahead)

    found = {n: np.zeros((outcome.kept, *job.layouts[n].shape), job.dtype) for n in wrt if n in job.columns}
    shared = {n: Merge() for n in wrt if n not in found}
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

        earlier: dict[tuple[int, int], Merge] = {}
        for block, grads, stages in each(one, data.blocks(outcome.sizes[k]), threads):
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
                        earlier.setdefault((s, j), Merge()).add(Summed(g))
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
