"""Columns of blocks merged in the order of the blocks."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, AllRows, Max, RowIndex, Sum
from losscli.engine.job import View

__all__ = ["Accumulator", "Columns", "Elements", "accumulate", "sent"]


class Elements(Aggregation):
    """The values of a block's own rows: shown to whoever watches, merged with nothing. `gone` are those that are missing, if any."""

    of: Any
    gone: Any = None


Columns = tuple[Any, ...]


class Accumulator:
    """Shares of a column in the order of the blocks. A sum keeps the error of each addition (two-sum)."""

    def __init__(self) -> None:
        self.of: Any = None
        self.lost: Any = 0.0
        self.parts: list[Any] = []

    def add(self, column: Aggregation) -> None:
        if isinstance(column, AllRows):
            self.parts.append(column.of)
        elif column is RowIndex:
            self.of = RowIndex
        elif isinstance(column, Max):
            self.of = column.of if self.of is None else np.maximum(self.of, column.of)
        elif isinstance(column, Sum) and self.of is None:
            self.of = column.of
        elif isinstance(column, Sum):
            total = self.of + column.of
            back = total - self.of
            error = (self.of - (total - back)) + (column.of - back)
            if not isinstance(total, float):
                error = np.where(np.isfinite(total), error, 0.0)
            elif not isfinite(total):  # a number, by far the most: NumPy's functions would take longer than a block's sum
                error = 0.0
            self.of, self.lost = total, self.lost + error

    @property
    def value(self) -> Any:
        if self.parts:
            return np.concatenate(self.parts)
        if self.of is RowIndex or self.of is None:
            return self.of
        total = self.of + self.lost
        return np.float64(total) if isinstance(total, float) else total  # whose division by 0 is inf or nan, and no error


def accumulate(merges: list[Accumulator], columns: Columns) -> list[Accumulator]:
    """The shares of one more block, in its turn."""
    shared = [c for c in columns if not isinstance(c, Elements)]
    merges = merges or [Accumulator() for _ in shared]
    for accumulate, column in zip(merges, shared, strict=True):
        accumulate.add(column)
    return merges


def sent(merged: Columns, view: View) -> Columns:
    """What a block gets back."""
    return tuple(view.row_numbers if m is RowIndex else m for m in merged)
