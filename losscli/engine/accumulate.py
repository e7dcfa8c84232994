"""Accumulators: they merge the columns of all blocks, in the order of the blocks."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, AllRows, Max, RowIndex, Sum
from losscli.engine.job import View
from losscli.numeric.arrays import read_only
from losscli.numeric.lazy import Array

__all__ = ["Accumulator", "BlockSums", "Columns", "Elements", "accumulate", "merged_for"]


LARGE = 2**18  # bytes


class BlockSums(list[float]):
    """The sums of consecutive blocks, in place of one sum: they are merged one after the other."""


class Elements(Aggregation):
    """The values of the rows of a block, for a callback. They are not merged. `missing` marks masked values, which are left out.

    `weighted` says whether some of them may count more than others in the mean.
    """

    column: Array
    missing: Array | None = None
    weighted: bool = False


Columns = tuple[Any, ...]  # of a block: an Aggregation each; merged over all blocks: an array, a number or RowIndex each


class Accumulator:
    """A column merged over the blocks so far. A sum keeps the rounding error of each addition (two-sum)."""

    def __init__(self) -> None:
        self.total: Any = None
        self.error: Any = 0.0
        self.in_place = False  # whether the sum and the error are arrays of its own
        self.parts: list[Array] = []  # of AllRows
        self.paired = False

    def add(self, column: Aggregation) -> None:
        """Merge the column of the next block."""
        if isinstance(column, AllRows):
            self.parts.append(column.column)
            self.paired = column.paired
        elif column is RowIndex:
            self.total = RowIndex
        elif isinstance(column, Max):
            self.total = column.column if self.total is None else np.maximum(self.total, column.column)
        elif isinstance(column, Sum):
            for x in column.column if isinstance(column.column, BlockSums) else (column.column,):
                self._add_sum(x)

    def _add_sum(self, x: Any) -> None:
        if self.total is None:
            self.total = x
            return
        if isinstance(x, np.ndarray) and x.nbytes >= LARGE and x.shape == np.shape(self.total) and x.dtype == self.total.dtype:
            self._add_in_place(x)
            return
        total = self.total + x
        back = total - self.total
        error = (self.total - (total - back)) + (x - back)
        if not isinstance(total, float):
            error = np.where(np.isfinite(total), error, 0.0)
        elif not isfinite(total):  # most sums are plain numbers, for which NumPy's functions take longer than the sum of a block
            error = 0.0
        self.total, self.error = total, self.error + error

    def _add_in_place(self, x: Array) -> None:
        """The same for a large array, some rows at a time: it takes the memory of two sums, and not of six."""
        if not self.in_place:
            self.total, self.error, self.in_place = np.array(self.total), self.error + np.zeros_like(x), True
        step = max(1, LARGE // (x.nbytes // len(x)))
        for a in range(0, len(x), step):
            before, part = self.total[a : a + step], x[a : a + step]
            total = before + part
            back = total - before
            error = (before - (total - back)) + (part - back)
            self.error[a : a + step] += np.where(np.isfinite(total), error, 0.0)
            before[...] = total

    @property
    def value(self) -> Any:
        """The column merged over the blocks so far; None before the first."""
        if self.parts:
            return read_only(np.concatenate(self.parts))
        if self.total is RowIndex or self.total is None:
            return self.total
        total = self.total + self.error
        return np.float64(total) if isinstance(total, float) else total  # a float64 divided by 0 is inf or nan, not an error

    @property
    def gathered_bytes(self) -> int:
        """The number of bytes of the rows that were gathered for AllRows."""
        return sum(np.asarray(x).nbytes for x in self.parts)


def accumulate(accumulators: list[Accumulator], columns: Columns) -> list[Accumulator]:
    """Merge the columns of the next block; `accumulators` is empty before the first block."""
    merged = [c for c in columns if not isinstance(c, Elements)]
    accumulators = accumulators or [Accumulator() for _ in merged]
    for accumulator, column in zip(accumulators, merged, strict=True):
        accumulator.add(column)
    return accumulators


def merged_for(view: View, merged: Columns) -> Columns:
    """The merged columns as the loss receives them for a block: RowIndex becomes the numbers of the rows of the block."""
    return tuple(view.row_numbers if m is RowIndex else m for m in merged)
