"""A sweep over a tape: the cotangents of all Vars, from the outputs back to the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.autodiff.rules import fold
from losscli.autodiff.tape import Var

__all__ = ["backpropagate", "sweep"]


def sweep(outputs: Sequence[Any], cotangents: Sequence[Any]) -> None:
    """Set the .grad of each Var from which the outputs were computed: the derivative of Σ cotangent · output."""
    for out, g in zip(outputs, cotangents, strict=True):
        if isinstance(out, Var):
            g = np.broadcast_to(np.asarray(g, out.dtype), out.shape)
            out.grad = g if out.grad is None else out.grad + g
    backpropagate(outputs)


def backpropagate(outputs: Sequence[Any]) -> None:
    """Set the .grad of each Var from which the outputs were computed. Those of the outputs are set already."""
    for v in reversed(_ordered(outputs)):
        if v.grad is not None:
            for parent, rule, raw in v.parents:
                part = fold(rule(v.grad, v.value, *raw), parent.shape)
                parent.grad = part if parent.grad is None else parent.grad + part
            if v.parents:
                v.grad = None  # a block with all rows has large ones, and nothing needs them any more


def _ordered(outputs: Sequence[Any]) -> list[Var]:
    """Every Var from which the outputs were computed, each after its parents."""
    # a loop, since a recursion over a long recurrence would exceed Python's limit
    order: list[Var] = []
    visited: set[int] = set()
    todo = [(v, False) for v in outputs if isinstance(v, Var)]
    while todo:
        v, done = todo.pop()
        if done:
            order.append(v)
        elif id(v) not in visited:
            visited.add(id(v))
            todo.append((v, True))
            todo.extend((p, False) for p, *_ in v.parents)
    return order
