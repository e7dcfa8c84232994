"""Kernels for blocks of a pointwise loss: its formula is traced once, then computed tile by tile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import prod
from typing import Any

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.data.blocks import Block
from losscli.engine.accumulate import BlockSums
from losscli.engine.job import Job, View
from losscli.engine.missing import missing_in
from losscli.engine.validation import outside
from losscli.fusion.graph import AVAILABLE, DOUBLE, INPUT, INT, Node
from losscli.fusion.kernel import Kernel
from losscli.fusion.tracing import Traced, Tracing
from losscli.numeric.lazy import Array
from losscli.numeric.sums import SHORT_AXIS, SUM_CHUNK, sum_in_order
from losscli.record import Record

__all__ = ["AVAILABLE", "Computed", "Kernels", "Rows", "inputs_of", "rows_of"]


class Total:
    """The sums of the values of consecutive blocks, in place of the values. Where one overflowed, `values` computes the values."""

    def __init__(self, shape: tuple[int, ...], sums: list[float], values: Callable[[], Any]) -> None:
        self.shape, self.ndim, self.size, self.sums, self.values = shape, len(shape), prod(shape), BlockSums(sums), values

    def sum(self, axis: Any = None, dtype: Any = None) -> float | BlockSums:
        return self.sums if len(self.sums) > 1 else self.sums[0]

    def __truediv__(self, scale: float) -> Any:
        return self.values() / scale


class Computed(Record):
    """A block that a kernel has computed and validated, or several."""

    view: View
    out: Any  # the result of the formula
    absent: frozenset[int]  # the diagnostics that apply to none of its rows


class TracedLoss(Record):
    """The kernel of a loss, None where its formula can't be traced."""

    kernel: Kernel | None = None
    gives_tuple: bool = False  # a tuple, and not its values alone
    diagnostics: frozenset[int] = frozenset()  # the indices of those that the kernel checks


class Rows(Record):
    """The roles of a block as rows of one number ("narrow"), or of `width` numbers ("wide"): the last axis of a role with vectors."""

    axes: tuple[int, ...]  # the lengths of the axes before the last one of a wide role; together they are the rows
    width: int
    forms: dict[str, str]
    arrays: dict[str, Array]

    @property
    def key(self) -> tuple[Any, ...]:
        """What a kernel depends on."""
        return len(self.axes), self.width, *((r, form, self.arrays[r].dtype.char) for r, form in self.forms.items())

    def shape(self, wide: bool) -> tuple[int, ...]:
        """The shape of a result."""
        return (*self.axes, self.width) if wide else self.axes

    def shaped(self, x: Array) -> Array:
        """A result in the shape of the roles."""
        if x.ndim == 1 or self.width > SHORT_AXIS:
            return x.reshape(self.shape(x.ndim > 1))
        return np.moveaxis(x.T.reshape(self.width, *self.axes), 0, -1)


_TRACED: dict[Any, dict[Any, Any]] = {}  # the kernels of earlier calls, by loss and options
_MAX_TRACED = 256
MOST_SUMS = 2  # values and weights. The third result counts terms: those that are not 0


class Kernels:
    """The kernels of one job: one for each combination of the dtypes and shapes of its roles."""

    def __init__(self, job: Job) -> None:
        self.job = job
        # A user's function may do things that tracing does not record; a factor is of the name, not of the formula.
        self.usable = job.dtype == DOUBLE and job.preset.factor == 1 and not isinstance(job.loss, CustomLoss)
        self.traced = _earlier_kernels(job)

    def compute(self, block: Block, only_sum: bool) -> Computed | None:
        """The result of the formula for a block, whose roles are validated; None where NumPy has to validate or compute the block.

        With `only_sum` only the sum of the values is needed, and the result may be a Total; `block` may then be several blocks of the job,
        and the result is None where that takes more than sums.
        """
        if not self.usable:
            return None
        view = self.job.view(block, contiguous=False)
        if missing_in(self.job, view) is not None:
            return None
        rows = rows_of(self.job, view)
        loss = None if rows is None else self._loss(rows, only_sum)
        if rows is None or loss is None or loss.kernel is None:
            self.usable = False  # no other block can use a kernel either
            return None
        one = block.rows <= self.job.block_rows
        if not one and not self._gives_sums(rows, loss.kernel):
            return None
        results = loss.kernel(rows.arrays, prod(rows.axes))
        if results is None:
            return None
        out: list[Any] = [x if loss.kernel.summed else rows.shaped(x) for x in results]
        if loss.kernel.summed or not one:
            out = [self._total(block, rows, i, x, loss.kernel) for i, x in enumerate(out)]
        return Computed(view, tuple(out) if loss.gives_tuple else out[0], loss.diagnostics)

    def _gives_sums(self, rows: Rows, kernel: Kernel) -> bool:
        """Whether the sums of several blocks can be told apart: where pieces are summed, a block has a whole number of them."""
        whole = self.job.block_rows * prod(rows.axes[1:]) % SUM_CHUNK == 0
        return len(kernel.wide) <= MOST_SUMS and (whole or not kernel.summed)

    def _total(self, block: Block, rows: Rows, i: int, x: Array, kernel: Kernel) -> Total:
        """The sums of result `i`, one for each block: `x` are its values, or the sums of pieces of them."""
        shape, step = rows.shape(kernel.wide[i]), self.job.block_rows
        if kernel.summed:
            step = step * prod(rows.axes[1:]) // SUM_CHUNK
        parts = [x] if block.rows <= self.job.block_rows else [x[a : a + step] for a in range(0, len(x), step)]
        sums = [float(p.sum()) if kernel.summed else sum_in_order(p) for p in parts]
        return Total(shape, sums, partial(_with_numpy, self.job, block, i))

    def _loss(self, rows: Rows, only_sum: bool) -> TracedLoss:
        key = (only_sum, *rows.key)
        if key not in self.traced:
            self.traced[key] = _trace(self.job, rows, only_sum)
        return self.traced[key]


def _earlier_kernels(job: Job) -> dict[Any, Any]:
    """The kernels that earlier calls compiled for the same loss with the same options."""
    if len(_TRACED) >= _MAX_TRACED:
        _TRACED.clear()
    try:
        return _TRACED.setdefault((job.loss.fn, job.nan, *((k, type(v), v) for k, v in sorted(job.options.items()))), {})
    except TypeError:  # an array among the options
        return {}


def _with_numpy(job: Job, block: Block, i: int) -> Array:
    """Result `i` of a formula, computed by NumPy."""
    out = job.loss.call(job.view(block).roles, job.options)
    return out[i] if isinstance(out, tuple) else out


def _trace(job: Job, rows: Rows, only_sum: bool) -> TracedLoss:
    """Call the formula with tracers, and compile the steps that they recorded. There is no kernel where the formula cannot be traced."""
    tracing = Tracing(len(rows.axes), rows.width)
    roles = inputs_of(tracing, rows)
    context = {**job.options, **roles}
    try:
        checks = [outside(job, job.domain(role), x, context) for role, x in roles.items()]
        out = job.loss.call(roles, job.options)
        results = out if isinstance(out, tuple) else (out,)
        if not all(isinstance(x, Traced) and x.form in ("narrow", "wide") for x in results):
            return TracedLoss()
        diagnostics = {}
        for i, diagnostic in enumerate(job.loss.hints):
            if not diagnostic.every:
                with suppress(Exception):  # NumPy computes a diagnostic that can't be traced
                    diagnostics[i] = tracing.lift(diagnostic.rows(context))
        # NumPy adds wider rows, and values with more axes, in another order; and the values of wide rows are few
        summed = only_sum and len(results) <= MOST_SUMS and rows.width <= SHORT_AXIS
        summed = summed and all(x.form == "wide" or len(rows.axes) == 1 for x in results)
        kernel = Kernel(tracing, [*checks, *diagnostics.values(), *tracing.assumptions], results, summed)
    except Exception:  # an error of the formula is raised again when NumPy computes it
        return TracedLoss()
    return TracedLoss(kernel, isinstance(out, tuple), frozenset(diagnostics))


def inputs_of(tracing: Tracing, rows: Rows) -> dict[str, Traced]:
    """The roles as inputs of a graph."""
    roles = {}
    for role, form in rows.forms.items():
        x = tracing.add(Node(INPUT, dtype=rows.arrays[role].dtype, wide=form == "wide", source=role), form)
        # the columns of a narrow tile are separate in memory, as in a block that NumPy computes
        roles[role] = tracing.copied(x) if form == "wide" and rows.width <= SHORT_AXIS else x
    return roles


def rows_of(job: Job, view: View) -> Rows | None:
    """The roles as rows of numbers; None where they have other dtypes or shapes."""
    first = view.roles[job.loss.first]
    vector_axes = view.value_axes[job.loss.first] or (first.ndim > 1 and 1 < first.shape[-1] <= SHORT_AXIS)
    axes, width = first.shape[: first.ndim - vector_axes], first.shape[-1] if vector_axes else 1
    if vector_axes > 1 or width == 0:
        return None
    rows = prod(axes)
    forms: dict[str, str] = {}
    arrays: dict[str, Array] = {}
    for role, x in view.roles.items():
        if x.dtype not in (DOUBLE, INT) or not x.flags.aligned:
            return None
        if x.shape == axes:
            forms[role], arrays[role] = "narrow", x.reshape(rows)
        elif vector_axes and x.shape == (*axes, width):
            forms[role], arrays[role] = "wide", x.reshape(rows, width)
        else:
            return None
    return Rows(axes, width, forms, arrays)
