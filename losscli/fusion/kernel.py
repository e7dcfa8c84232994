"""Kernels: the graph of a formula becomes a program of registers and steps, which runs tile by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.fusion.branches import with_branches_of_few_rows
from losscli.fusion.graph import AVAILABLE, BOOL, CHECK, DOUBLE, INPUT, MAP, PICK, PUT, REDUCE, SUM, TOTAL, WITHIN, Node, NotTraced, loop_of
from losscli.fusion.tracing import Traced, Tracing
from losscli.numeric.lazy import Array
from losscli.numeric.sums import SHORT_AXIS, SUM_CHUNK

__all__ = ["Kernel"]

if AVAILABLE:
    from losscli.fusion import _tiles

TILE = 1024  # numbers in a register: a few registers fit the first-level cache
LEAF = 7  # NumPy's pairwise sum halves its numbers down to 2^7: a tile may not be shorter
LINE = 64  # bytes of a cache line
ARRAYS, OPERANDS = 32, 4  # the maximum that _tiles.c takes


class _Scratch:
    """Scratch memory in pieces, each for the numbers of a tile. There is a gap between two pieces: some loops of NumPy use other code for
    arrays that seem to overlap.
    """

    def __init__(self, rows: int, width: int) -> None:
        self.rows, self.width, self.size = rows, width, 0
        self.free: dict[tuple[int, bool], list[int]] = {}

    def allocate(self, itemsize: int, wide: bool) -> int:
        """The offset of a piece for numbers of `itemsize` bytes."""
        free = self.free.setdefault((itemsize, wide), [])
        if not free:
            free.append(self.size)
            self.size += (itemsize * self.rows * (self.width if wide else 1) // LINE + 2) * LINE
        return free.pop()

    def release(self, itemsize: int, wide: bool, offset: int) -> None:
        """Return a piece that is not needed any more."""
        self.free[itemsize, wide].append(offset)


class _Program:
    """Registers, each an array that is passed in or a piece of scratch memory, and steps on them."""

    def __init__(self, nodes: Sequence[Node], order: Sequence[int], passed: Sequence[int], scratch: _Scratch) -> None:
        self.nodes, self.passed, self.scratch = nodes, passed, scratch
        self.last_use = {source: at for at in order for source in nodes[at].inputs}
        self.offsets: dict[int, int] = {}  # of the results in scratch memory
        self.register_of: dict[int, int] = {}
        self.registers: list[tuple[int, ...]] = []
        self.steps: list[tuple[int, ...]] = []
        for at in order:
            self._add(at, nodes[at])

    def _add(self, at: int, node: Node) -> None:
        result = []
        if node.kind == PUT:  # it writes its result into the copy
            copy = node.inputs[2]
            self.register_of[at], self.offsets[at] = self.register_of[copy], self.offsets.pop(copy)
        elif node.kind not in (CHECK, WITHIN):
            result = [self._register(at, node)]
        if node.kind == INPUT:
            return
        operands = [*(self.register_of[source] for source in node.inputs), *result]
        self.steps.append(
            (node.kind, *node.loop, len(operands), node.from_first, node.compact, *operands, *[0] * (OPERANDS - len(operands)))
        )
        self._release(at, node)

    def _register(self, at: int, node: Node) -> int:
        """A register for a result."""
        if at not in self.passed:  # never the memory of an input of the step: some of NumPy's loops use other code then
            self.offsets[at] = self.scratch.allocate(node.dtype.itemsize, node.wide)
        self.register_of[at] = len(self.registers)
        array = self.passed.index(at) if at in self.passed else -1
        self.registers.append((array, self.offsets.get(at, 0), node.dtype.itemsize, node.wide))
        return self.register_of[at]

    def _release(self, at: int, node: Node) -> None:
        """Release the memory of inputs that no later step uses."""
        for source in {s for s in node.inputs if self.last_use[s] == at and s in self.offsets}:
            self.scratch.release(self.nodes[source].dtype.itemsize, self.nodes[source].wide, self.offsets.pop(source))


class Kernel:
    """A compiled formula: call it with the arrays of its roles.

    `checks` are flags: the program stops where one is true. With `summed` only the sums of the results are computed, in pieces.
    Raises NotTraced for a formula with too many arrays.
    """

    def __init__(self, tracing: Tracing, checks: Sequence[Traced], results: Sequence[Traced], summed: bool) -> None:
        t = tracing
        self.width, self.across, self.summed = t.width, t.width > SHORT_AXIS, summed
        self.tile = 1 << max(0 if self.across else LEAF, (TILE // t.width).bit_length() - 1)
        self.wide = [x.form == "wide" for x in results]
        ends = [_sum(t, x).at for x in results] if summed else _ends(t, results, checks)
        self.dtypes = [t.nodes[at].dtype for at in ends]
        order = _needed(t.nodes, ends + [t.add(_check(t.nodes[x.at], x.at), "scalar").at for x in checks])
        inputs = [at for at in order if t.nodes[at].kind == INPUT]
        self.sources = [t.nodes[at].source for at in inputs]
        if len(inputs) + len(ends) > ARRAYS:
            raise NotTraced("more arrays than a program takes")
        scratch = _Scratch(self.tile, self.width)
        nodes, order = with_branches_of_few_rows(t.nodes, order, ends) if t.width == 1 else (t.nodes, order)
        program = _Program(nodes, order, inputs + ends, scratch)
        self.registers, self.steps = np.array(program.registers, np.int64), np.array(program.steps, np.int64)
        self.scratch = scratch.size

    def __call__(self, roles: Mapping[str, Array], rows: int, out: Sequence[Array | None] = ()) -> list[Array] | None:
        """The results for `rows` rows of the roles; None where a check fails, or a label is not the index of a column.

        `out` are arrays for the results, None for a new array; they have the memory layout of `result_of`.
        """
        given = out or [None] * len(self.wide)
        results = [self.result_of(i, rows) if x is None else x for i, x in enumerate(given)]
        arrays = (*(roles[s] if isinstance(s, str) else s for s in self.sources), *results)
        completed = _tiles.execute(self.steps, self.registers, arrays, rows, SUM_CHUNK, self.width, self.tile, self.scratch, self.across)
        return results if completed else None

    def is_row_after_row(self, i: int) -> bool:
        """Whether result i has the numbers of a row beside each other, as other arrays have; else those of a column."""
        return self.across or not self.wide[i]

    def result_of(self, i: int, rows: int) -> Array:
        """An array for result i."""
        if self.summed:
            return np.empty(-(-rows // SUM_CHUNK))
        shape = (self.width,) if self.wide[i] else ()
        return np.empty((rows, *shape), self.dtypes[i]) if self.across else np.empty((*shape, rows), self.dtypes[i]).T


def _check(flags: Node, at: int) -> Node:
    """The step that stops where a flag is true. Where the flags say which numbers lie outside of bounds, they need not be written."""
    if flags.kind == MAP and flags.loop[0] in (_tiles.DOUBLE_OUTSIDE, _tiles.INT_OUTSIDE):
        return Node(WITHIN, (0, int(flags.loop[0] == _tiles.INT_OUTSIDE)), flags.inputs, BOOL)
    return Node(CHECK, (0, 0), (at,), BOOL)


def _sum(t: Tracing, x: Traced) -> Traced:
    """The sum of a result: of each row first, then over the rows."""
    x = t.cast(x, DOUBLE)
    x = x.sum(-1) if x.form == "wide" else x
    add = loop_of(np.add, DOUBLE, DOUBLE)
    if add is None:
        raise NotTraced("no loop that adds")
    return t.add(Node(TOTAL, add[0], (x.at,)), "scalar")


def _ends(t: Tracing, results: Sequence[Traced], checks: Sequence[Traced]) -> list[int]:
    """The nodes whose results are written to arrays: a step that no other step needs writes there at once, else a copy does."""
    others = {source for at in _needed(t.nodes, [x.at for x in [*results, *checks]]) for source in t.nodes[at].inputs}
    ends: list[int] = []
    for x in results:
        apart = x.at not in {*others, *ends, *(c.at for c in checks)} and t.nodes[x.at].kind in (MAP, REDUCE, SUM, PICK) and x.dtype != BOOL
        ends.append(x.at if apart else t.copied(x).at)
    return ends


def _needed(nodes: Sequence[Node], ends: Sequence[int]) -> list[int]:
    """The nodes from which `ends` are computed, in order."""
    needed: set[int] = set()
    todo = list(ends)
    while todo:
        at = todo.pop()
        if at not in needed:
            needed.add(at)
            todo += nodes[at].inputs
    return sorted(needed)
