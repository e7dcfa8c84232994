"""How a column that a loss yields is merged over all rows, where it is not summed with the sample weights."""

from __future__ import annotations

from typing import Any

from losscli.record import Record

__all__ = ["Aggregation", "Aligned", "AllRows", "ByClass", "CrossProduct", "Max", "Pooled", "RowIndex", "Sum"]


class Aggregation(Record):
    """A yielded column that says how it is merged."""


class Sum(Aggregation):
    """Summed over the block's rows already (a vector, a matrix): sample weights do not reach it."""

    of: Any


class ByClass(Aggregation):
    """Summed with the sample weights as a plain column is, but with its last axis kept: a sum for each class."""

    of: Any


class Aligned(Aggregation):
    """Summed as a plain column is, and handed back in a shape that goes with the rows: a mean to subtract from them, with any `per`."""

    of: Any


class Pooled(Aggregation):
    """Handed back whole: the numbers that a plain column would sum, along one axis (before the last, if that counts classes).

    Of a constant, the sample weight of each number of the column beside it, times the constant.
    """

    of: Any
    classes: bool = False


class CrossProduct(Aggregation):
    """The matrix Σ s x yᵀ over all vectors x of one column and y of another, with the sample weights."""

    of: Any
    by: Any


class AllRows(Aggregation):
    """Handed back whole: all rows of it."""

    of: Any


class Max(Aggregation):
    """Its maximum over all rows whose sample weight is not 0 is handed back."""

    of: Any


class _RowIndex(Aggregation):
    """Handed back: the numbers of the block's own rows, counted from 0 over all."""


RowIndex = _RowIndex()
