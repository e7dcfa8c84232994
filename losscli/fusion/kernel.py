"""A traced formula as a program of registers and steps, which runs tile by tile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from losscli.fusion.tracing import AVAILABLE, BOOL, CHECK, DOUBLE, GIVEN, PUT, TOTAL, Node, NotTraced, Traced, Tracing, loop_of
from losscli.numeric.sums import SHORT_AXIS, SUM_CHUNK

__all__ = ["Kernel", "Total"]

if AVAILABLE:
    from losscli.fusion import _tiles

TILE = 1024  # numbers in a register: a handful of them fit the first-level cache
LEAF = 7  # NumPy's sum halves its numbers down to 2^7 of them: tiles may not be shorter
LINE = 64  # bytes of the cache
ARRAYS, OPERANDS = 32, 4  # how many `_tiles` takes


class Total:
    """The values of a block of which the sum alone is wanted, but for a sum that overflowed: then they are computed after all."""

    def __init__(self, shape: tuple[int, ...], total: float, values: Callable[[], Any]) -> None:
        self.shape, self.ndim, self.size, self.total, self.values = shape, len(shape), prod(shape), total, values

    def sum(self, axis: Any = None, dtype: Any = None) -> float:
        return self.total

    def __truediv__(self, unit: float) -> Any:
        return self.values() / unit


class _Scratch:
    """Pieces of memory, each as long as the numbers of a tile, none beside another: some of NumPy's loops would say they overlap."""

    def __init__(self, rows: int, width: int) -> None:
        self.rows, self.width, self.size = rows, width, 0
        self.spare: dict[tuple[int, bool], list[int]] = {}

    def take(self, size: int, wide: bool) -> int:
        """Where a piece for numbers of so many bytes begins."""
        spare = self.spare.setdefault((size, wide), [])
        if not spare:
            spare.append(self.size)
            self.size += (size * self.rows * (self.width if wide else 1) // LINE + 2) * LINE
        return spare.pop()

    def give(self, size: int, wide: bool, offset: int) -> None:
        """A piece that is not needed any more."""
        self.spare[size, wide].append(offset)


class Kernel:
    """A formula as a program: registers, each an array that is handed in or a piece of scratch memory, and steps on them."""

    def __init__(self, tracing: Tracing, checks: Sequence[Traced], results: Sequence[Traced], summed: bool) -> None:
        t = tracing
        self.width, self.across, self.summed = t.width, t.width > SHORT_AXIS, summed
        self.tile = 1 << max(0 if self.across else LEAF, (TILE // t.width).bit_length() - 1)
        self.wide = [x.form == "wide" for x in results]
        ends = [(_sum(t, x) if summed else t.copied(x)).at for x in results]
        self.dtypes = [t.nodes[at].dtype for at in ends]
        order = _needed(t.nodes, ends + [t.add(Node(CHECK, (0, 0), (x.at,), BOOL), "one").at for x in checks])
        handed = [at for at in order if t.nodes[at].kind == GIVEN]
        self.arrays = [t.nodes[at].given for at in handed]
        handed += ends
        if len(handed) > ARRAYS:
            raise NotTraced("more arrays than a program takes")
        last = {of: at for at in order for of in t.nodes[at].of}
        scratch = _Scratch(self.tile, self.width)
        offset: dict[int, int] = {}  # of the results that lie in scratch memory
        number: dict[int, int] = {}  # the register of each result
        registers: list[tuple[int, ...]] = []
        steps: list[tuple[int, ...]] = []

        def release(at: int) -> None:
            for of in {of for of in t.nodes[at].of if last[of] == at and of in offset}:
                scratch.give(t.nodes[of].dtype.itemsize, t.nodes[of].wide, offset.pop(of))

        for at in order:
            node = t.nodes[at]
            result = []
            if node.kind == PUT:  # stays where the copy is that it changes
                number[at], offset[at] = number[node.of[2]], offset.pop(node.of[2])
            elif node.kind != CHECK:
                if at not in handed:  # never in place of what it is made from, for which some loops of NumPy's take another way
                    offset[at] = scratch.take(node.dtype.itemsize, node.wide)
                number[at] = len(registers)
                registers.append((handed.index(at) if at in handed else -1, offset.get(at, 0), node.dtype.itemsize, node.wide))
                result = [number[at]]
            if node.kind != GIVEN:
                operands = [*(number[of] for of in node.of), *result]
                steps.append((node.kind, *node.loop, len(operands), node.first, *operands, *[0] * (OPERANDS - len(operands))))
                release(at)
        self.registers, self.steps, self.scratch = np.array(registers, np.int64), np.array(steps, np.int64), scratch.size

    def __call__(self, roles: Mapping[str, Any], rows: int) -> list[Any] | None:
        """The results for roles of so many rows; None where a number is outside its domain, or a label none of the columns."""
        found = []
        for dtype, wide in zip(self.dtypes, self.wide, strict=True):
            shape = (self.width,) if wide else ()
            if self.summed:
                found.append(np.empty(-(-rows // SUM_CHUNK)))
            else:
                found.append(np.empty((rows, *shape), dtype) if self.across else np.empty((*shape, rows), dtype).T)
        given = tuple(roles[a] if isinstance(a, str) else a for a in self.arrays)
        good = _tiles.execute(
            self.steps, self.registers, (*given, *found), rows, SUM_CHUNK, self.width, self.tile, self.scratch, self.across
        )
        return found if good else None


def _sum(t: Tracing, x: Traced) -> Traced:
    """The sum of a result, that of each row first."""
    x = t.cast(x, DOUBLE)
    x = x.sum(-1) if x.form == "wide" else x
    found = loop_of(np.add, DOUBLE, DOUBLE)
    if found is None:
        raise NotTraced("no loop that adds")
    return t.add(Node(TOTAL, found[0], (x.at,)), "one")


def _needed(nodes: Sequence[Node], ends: Sequence[int]) -> list[int]:
    """The steps that lead to these, in order."""
    found: set[int] = set()
    todo = list(ends)
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += nodes[at].of
    return sorted(found)
