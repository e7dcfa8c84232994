"""Losses taken through their blocks tile by tile: the formula is written down once, and `_tiles` runs it over every block in one call.

Losses stay formulas, and the loops are NumPy's own, so the bits are the same. What is gained: numbers stay in the first-level cache
between two steps, and threads do not wait for each other at every step. Without the compiled `_tiles`, and for a formula that can't be
written down, NumPy computes as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import prod
from typing import Any

import numpy as np

from losscli.blocks import Block
from losscli.gate import outside
from losscli.job import FEW, PIECE, Job, View
from losscli.own import Own
from losscli.record import Record
from losscli.tracing import AVAILABLE, BOOL, CHECK, DOUBLE, GIVEN, INT, PUT, TOTAL, Node, NotTraced, Traced, Tracing, loop_of

if AVAILABLE:
    from losscli import _tiles

__all__ = ["AVAILABLE", "Fused", "Kernel", "Total", "through"]

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
        self.width, self.across, self.summed = t.width, t.width > FEW, summed
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
                found.append(np.empty(-(-rows // PIECE)))
            else:
                found.append(np.empty((rows, *shape), dtype) if self.across else np.empty((*shape, rows), dtype).T)
        given = tuple(roles[a] if isinstance(a, str) else a for a in self.arrays)
        good = _tiles.execute(self.steps, self.registers, (*given, *found), rows, PIECE, self.width, self.tile, self.scratch, self.across)
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


# --- a loss on a block -----------------------------------------------------------------------------------------------------


class Fused(Record):
    """What came of a block."""

    view: View
    out: Any  # what the formula gives
    hints: frozenset[int]  # the hints that hold for none of its rows


class Program(Record):
    """What was written down of a loss; without a kernel it can't be."""

    kernel: Kernel | None = None
    several: bool = False  # it gives more than its values
    hints: frozenset[int] = frozenset()  # those that the kernel looks for


class Flat(Record):
    """The roles of a block as rows of one number, or of as many as a vector has."""

    lead: tuple[int, ...]
    width: int
    forms: dict[str, str]
    arrays: dict[str, Any]

    def shape(self, wide: bool) -> tuple[int, ...]:
        """The shape of a result."""
        return (*self.lead, self.width) if wide else self.lead

    def shaped(self, x: Any) -> Any:
        """A result with the axes of the roles."""
        if x.ndim == 1 or self.width > FEW:
            return x.reshape(self.shape(x.ndim > 1))
        return np.moveaxis(x.T.reshape(self.width, *self.lead), 0, -1)


_PROGRAMS: dict[Any, dict[Any, Program]] = {}  # what one call wrote down serves the next
_MOST = 256


def through(job: Job, block: Block, summed: bool) -> Fused | None:
    """What the formula of a loss gives for a block, its numbers checked; None where NumPy has to look, or to compute.

    With `summed` it is enough to know the sum: what comes back then may be a Total.
    """
    if job.dtype != DOUBLE or isinstance(job.loss, Own):  # a user's function may do more than NumPy sees
        return None
    view = job.view(block, laid=False)
    flat = _flat(job, view)
    program = Program() if flat is None else _program(job, flat, summed)
    if flat is None or program.kernel is None:
        job.written = False  # no other block needs to be looked at
        return None
    found = program.kernel(flat.arrays, prod(flat.lead))
    if found is None:
        return None
    if program.kernel.summed:
        each = zip(found, program.kernel.wide, strict=True)
        out = [Total(flat.shape(wide), float(x.sum()), partial(_values, job, block, i)) for i, (x, wide) in enumerate(each)]
    else:
        out = [flat.shaped(x) for x in found]
    return Fused(view, tuple(out) if program.several else out[0], program.hints)


def _values(job: Job, block: Block, i: int) -> Any:
    """One of the results of a formula as NumPy computes it."""
    out = job.loss.fn(**job.view(block).roles, **job.options)
    return out[i] if isinstance(out, tuple) else out


def _program(job: Job, flat: Flat, summed: bool) -> Program:
    if job.programs is None:
        if len(_PROGRAMS) >= _MOST:
            _PROGRAMS.clear()
        try:
            job.programs = _PROGRAMS.setdefault((job.loss.fn, job.nan, *((k, type(v), v) for k, v in sorted(job.options.items()))), {})
        except TypeError:  # an array among the options
            job.programs = {}
    key = (summed, len(flat.lead), flat.width, *((r, form, flat.arrays[r].dtype.char) for r, form in flat.forms.items()))
    if key not in job.programs:
        job.programs[key] = _written(job, flat, summed)
    return job.programs[key]


def _written(job: Job, flat: Flat, summed: bool) -> Program:
    tracing = Tracing(len(flat.lead), flat.width)
    roles = {}
    for role, form in flat.forms.items():
        x = tracing.add(Node(GIVEN, dtype=flat.arrays[role].dtype, wide=form == "wide", given=role), form)
        # the columns of a tile are laid apart, as those of a block that NumPy computes
        roles[role] = tracing.copied(x) if form == "wide" and flat.width <= FEW else x
    context = {**job.options, **roles}
    try:
        checks = [outside(job, job.domain(role), x, context) for role, x in roles.items()]
        out = job.loss.fn(**roles, **job.options)
        results = out if isinstance(out, tuple) else (out,)
        if not all(isinstance(x, Traced) and x.form in ("narrow", "wide") for x in results):
            return Program()
        hints = {}
        for i, hint in enumerate(job.loss.hints):
            if not hint.every:
                with suppress(Exception):  # one that can't be written down is looked for elsewhere
                    hints[i] = tracing.lift(hint.rows(context))
        # of wider rows the values are few or not summed row by row, and values with axes of their own are summed over the last one first
        summed = summed and flat.width <= FEW and all(x.form == "wide" or len(flat.lead) == 1 for x in results)
        kernel = Kernel(tracing, [*checks, *hints.values(), *tracing.assumed], results, summed)
    except Exception:  # whatever it is, the formula will say so itself where it is given arrays
        return Program()
    return Program(kernel, isinstance(out, tuple), frozenset(hints))


def _flat(job: Job, view: View) -> Flat | None:
    """The roles as rows of numbers; None where they are something else."""
    first = view.roles[job.loss.first]
    own = view.own[job.loss.first] or (first.ndim > 1 and 1 < first.shape[-1] <= FEW)
    lead, width = first.shape[: first.ndim - own], first.shape[-1] if own else 1
    if own > 1 or width == 0:
        return None
    rows = prod(lead)
    forms, arrays = {}, {}
    for role, x in view.roles.items():
        if x.dtype not in (DOUBLE, INT) or not x.flags.aligned:
            return None
        if x.shape == lead:
            forms[role], arrays[role] = "narrow", x.reshape(rows)
        elif own and x.shape == (*lead, width):
            forms[role], arrays[role] = "wide", x.reshape(rows, width)
        else:
            return None
    return Flat(lead, width, forms, arrays)
