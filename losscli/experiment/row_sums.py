"""The value of a job as a function of sums over the rows: the part of each row in them, and the value from any such sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from losscli.data.blocks import Block
from losscli.engine.accumulate import Elements
from losscli.engine.outcome import Outcome
from losscli.engine.reduction import Reduced, loss_coroutine, resume
from losscli.engine.summation import RowParts
from losscli.numeric.lazy import Array

__all__ = ["NoRowSums", "RowSums"]

MOST = 2**12  # numbers of a row; with more, the sums of all resamples take much memory
_MEAN = 5  # columns that the reduction of a pointwise loss yields


class NoRowSums(Exception):
    """The value is no function of sums over the rows, made in one pass."""


class RowSums:
    """The sums of a finished job that ends after one pass. Any thread may call its methods."""

    def __init__(self, outcome: Outcome) -> None:
        """Raises NoRowSums for a job of another kind."""
        job, reduced = outcome.job, outcome.reduced
        if outcome.first is None or len(outcome.merged) != 1 or reduced.value is None or np.ndim(reduced.value):
            raise NoRowSums
        self.outcome, self.job = outcome, job
        self.shapes = [np.shape(m) for m in outcome.merged[0]]
        self.width = sum(math.prod(shape) for shape in self.shapes)
        self.is_mean = reduced.total is not None and len(self.shapes) == _MEAN
        self._row = outcome.first.cut(0, 1)
        if job.loss.kind == "batch" or self.width > MOST:
            raise NoRowSums
        self.columns(self._row)

    def columns(self, block: Block) -> tuple[Array, Array]:
        """The part of each row in the sums, (rows, width), and which rows change the value."""
        view = self.job.view(block).but(by_row=True)
        with np.errstate(all="ignore"):  # a formula may divide by 0 where it takes another branch
            yielded = [c for c in next(loss_coroutine(self.job, view)) if not isinstance(c, Elements)]
        if not all(isinstance(c, RowParts) for c in yielded):
            raise NoRowSums
        parts = [np.asarray(c.column, np.float64).reshape(view.rows, -1) for c in yielded]
        x = np.concatenate(parts, 1)
        return x, (x[:, self._counting] != 0).any(1)

    @property
    def _counting(self) -> Any:
        """The columns that the value is computed from. A framework may count rows that have no weight."""
        divisor = {"mean": 1, "sum_over_batch_size": 2, "batchmean": 3}.get(self.job.reduction, 4)
        return [0, divisor, 4] if self.is_mean else slice(None)

    def values(self, sums: Array) -> Array:
        """The value from each row of sums, (resamples, width)."""
        with np.errstate(all="ignore"):
            return self._means(sums) if self.is_mean else np.array([self._value(s) for s in sums])

    def _means(self, sums: Array) -> Array:
        """The total over the denominator of the reduction, as the reduction of a pointwise loss computes it."""
        job = self.job
        total, count, elements, rows, participating = sums.T
        if job.loss.mean == "of terms":
            count = np.where(count == 0, 1.0, count)
        divisor = {"mean": count, "sum_over_batch_size": elements, "batchmean": rows}.get(job.reduction)
        if divisor is None:
            return total.copy()
        empty = total / divisor if job.preset.framework else np.full(len(total), np.nan)
        of_nothing = job.preset.empty_mean.get("terms", empty) if job.preset.framework else empty
        return np.where(participating == 0, of_nothing, total / divisor)

    def _value(self, sums: Array) -> float:
        """The value of a statistic, from one row of sums: its last step is run with them."""
        merged, at = [], 0
        for shape in self.shapes:
            size = math.prod(shape)
            merged.append(sums[at : at + size].reshape(shape) if shape else sums[at])
            at += size
        coroutine = loss_coroutine(self.job, self.job.view(self._row))
        next(coroutine)
        reduced = resume(coroutine, tuple(merged))
        return float(reduced.value) if isinstance(reduced, Reduced) else math.nan
