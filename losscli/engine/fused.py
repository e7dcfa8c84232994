"""A loss on a block through its compiled kernel."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from math import prod
from typing import Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.data.blocks import Block
from losscli.engine.job import Job, View
from losscli.engine.validation import outside
from losscli.fusion.kernel import Kernel, Total
from losscli.fusion.tracing import AVAILABLE, DOUBLE, GIVEN, INT, Node, Traced, Tracing
from losscli.numeric.sums import SHORT_AXIS
from losscli.record import Record

__all__ = ["AVAILABLE", "Fused", "through"]

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
        if x.ndim == 1 or self.width > SHORT_AXIS:
            return x.reshape(self.shape(x.ndim > 1))
        return np.moveaxis(x.T.reshape(self.width, *self.lead), 0, -1)


_PROGRAMS: dict[Any, dict[Any, Program]] = {}  # what one call wrote down serves the next
_MOST = 256


def through(job: Job, block: Block, summed: bool) -> Fused | None:
    """What the formula of a loss gives for a block, its numbers checked; None where NumPy has to look, or to compute.

    With `summed` it is enough to know the sum: what comes back then may be a Total.
    """
    if job.dtype != DOUBLE or isinstance(job.loss, CustomLoss):  # a user's function may do more than NumPy sees
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
        roles[role] = tracing.copied(x) if form == "wide" and flat.width <= SHORT_AXIS else x
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
        summed = summed and flat.width <= SHORT_AXIS and all(x.form == "wide" or len(flat.lead) == 1 for x in results)
        kernel = Kernel(tracing, [*checks, *hints.values(), *tracing.assumed], results, summed)
    except Exception:  # whatever it is, the formula will say so itself where it is given arrays
        return Program()
    return Program(kernel, isinstance(out, tuple), frozenset(hints))


def _flat(job: Job, view: View) -> Flat | None:
    """The roles as rows of numbers; None where they are something else."""
    first = view.roles[job.loss.first]
    own = view.own[job.loss.first] or (first.ndim > 1 and 1 < first.shape[-1] <= SHORT_AXIS)
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
