"""Kernels for derivatives: the formula of a pointwise loss and its backward pass are traced to one program, which runs tile by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from losscli.autodiff.sweep import backpropagate
from losscli.autodiff.tape import Var
from losscli.data.blocks import Block
from losscli.engine import fused, passes
from losscli.engine.fused import Kernels, Rows, inputs_of, rows_of
from losscli.engine.job import Job, View
from losscli.engine.missing import missing_in
from losscli.engine.validation import outside
from losscli.fusion.graph import DOUBLE, INPUT, Node
from losscli.fusion.kernel import Kernel
from losscli.fusion.tracing import Traced, Tracing
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["DerivativeKernels", "RowsOfBlock", "TracedDerivatives"]

SEED = "the derivative by each value"


class TracedDerivatives(Record):
    """The kernel of the derivatives with respect to some roles, None where the formula or its backward pass can't be traced."""

    kernel: Kernel | None = None
    roles: tuple[str, ...] = ()  # those with a derivative
    weights: Kernel | None = None  # what the loss returns beside its values, if it does
    wide: bool = False  # the form of the values

    @property
    def writes_in_place(self) -> bool:
        """Whether the kernel writes the derivatives where they are kept, and not the numbers of a column beside each other first."""
        return self.kernel is not None and all(map(self.kernel.is_row_after_row, range(len(self.roles))))


class RowsOfBlock(Record):
    """A block whose derivatives a kernel can compute."""

    traced: TracedDerivatives
    view: View
    rows: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the values."""
        return self.rows.shape(self.traced.wide)

    def weights(self) -> list[Array] | None:
        """What the loss returns beside its values; None where NumPy has to compute the block."""
        if self.traced.weights is None:
            return []
        results = self.traced.weights(self.rows.arrays, prod(self.rows.axes))
        return None if results is None else [self.rows.shaped(x) for x in results]

    def derivatives(self, seed: Array, into: Mapping[str, Array]) -> dict[str, Array] | None:
        """The derivatives by role, from the derivative by each value; None where NumPy has to compute the block.

        `into` are arrays for the derivatives of some roles.
        """
        kernel = self.traced.kernel
        if kernel is None:
            return None
        by_value = np.broadcast_to(seed, self.shape)
        by_value = by_value.reshape(-1, self.rows.width) if self.traced.wide else by_value.reshape(-1)
        written = {i: r for i, r in enumerate(self.traced.roles) if r in into and kernel.is_row_after_row(i)}
        size = (-1, self.rows.width)
        out = [into[r].reshape(size if kernel.wide[i] else -1) if i in written else None for i, r in enumerate(self.traced.roles)]
        results = kernel({**self.rows.arrays, SEED: by_value}, prod(self.rows.axes), out)
        if results is None:
            return None
        found = {r: self.rows.shaped(g) for r, g in zip(self.traced.roles, results, strict=True)}
        for r in into.keys() - {*written.values()}:
            into[r][...] = found.get(r, 0.0)
        return {**found, **into}


class DerivativeKernels:
    """The kernels for the derivatives of one job with respect to some roles."""

    def __init__(self, job: Job, wrt: Sequence[str], checked: bool = False) -> None:
        self.job, self.wrt, self.values = job, tuple(wrt), Kernels(job)
        # For all rows in one pass: the kernel checks that they lie in their domains, and computes few of them too.
        self.checked = checked
        self.usable = fused.AVAILABLE and self.values.usable and job.loss.kind == "pointwise" and not job.per and {*wrt} <= {*job.columns}

    def rows(self, block: Block) -> RowsOfBlock | None:
        """The rows of a block, if a kernel can compute their derivatives."""
        if not self.usable or (not self.checked and sum(x.size for x in block.columns.values()) < passes.SMALL):
            return None
        view = self.job.view(block, contiguous=False)
        if missing_in(self.job, view) is not None:
            return None
        rows = rows_of(self.job, view)
        if rows is None or (traced := self._traced(rows)).kernel is None:
            self.usable = False  # no other block can use a kernel either
            return None
        return RowsOfBlock(traced, view, rows)

    def _traced(self, rows: Rows) -> TracedDerivatives:
        key = ("derivatives", self.wrt, self.checked, *rows.key)
        if key not in self.values.traced:
            self.values.traced[key] = _trace(self.job, rows, self.wrt, self.checked)
        return self.values.traced[key]


def _trace(job: Job, rows: Rows, wrt: Sequence[str], checked: bool) -> TracedDerivatives:
    """Call the formula with Vars of tracers, and sweep back from its values: both record their steps in one graph."""
    tracing = Tracing(len(rows.axes), rows.width)
    inputs = inputs_of(tracing, rows)
    roles: dict[str, Any] = {r: Var(x) if r in wrt else x for r, x in inputs.items()}
    context = {**job.options, **inputs}
    try:
        checks = [outside(job, job.domain(r), x, context) for r, x in inputs.items()] if checked else []
        out = job.loss.call(roles, job.options)
        values, *weights = out if isinstance(out, tuple) else (out,)
        if not isinstance(values, Var) or not isinstance(values.value, Traced) or not all(isinstance(x, Traced) for x in weights):
            return TracedDerivatives()
        form = values.value.form
        values.grad = tracing.add(Node(INPUT, dtype=DOUBLE, wide=form == "wide", source=SEED), form)
        backpropagate([values])
        found = {r: tracing.in_form(roles[r].grad, rows.forms[r]) for r in wrt if roles[r].grad is not None}
        kernel = Kernel(tracing, [*checks, *tracing.assumptions], list(found.values()), summed=False)
        of_weights = Kernel(tracing, tracing.assumptions, weights, summed=False) if weights else None
    except Exception:  # an error of the formula is raised again when the tape computes it
        return TracedDerivatives()
    return TracedDerivatives(kernel, tuple(found), of_weights, form == "wide")
