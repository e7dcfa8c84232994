"""Accumulators: they merge the columns of all blocks, in the order of the blocks."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, AllRows, Max, RowIndex, Sum
from losscli.engine.job import View
from losscli.numeric.arrays import read_only
from losscli.numeric.lazy import Array

__all__ = ["Accumulator", "Columns", "Elements", "accumulate", "merged_for"]


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
        elif isinstance(column, Sum) and self.total is None:
            self.total = column.column
        elif isinstance(column, Sum):
            total = self.total + column.column
            back = total - self.total
            error = (self.total - (total - back)) + (column.column - back)
            if not isinstance(total, float):
                error = np.where(np.isfinite(total), error, 0.0)
            elif not isfinite(total):  # most sums are plain numbers, for which NumPy's functions take longer than the sum of a block
                error = 0.0
            self.total, self.error = total, self.error + error

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
