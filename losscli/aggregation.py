"""How the columns that a loss yields are merged over all rows; public, because users' functions yield them.

A loss is a function, or a generator that yields columns and gets each back merged: `total, n = yield errors, 1`. A plain column is an
array with the rows on its first axis. It is multiplied by the sample weights and summed over all rows and all other axes; a plain number
stands for a column of that number. A class of this module around a column merges it in another way:

    largest, n = yield Max(errors), 1

With `--per row` or `--per channel` there is a sum for each row or channel, and the same holds for Aligned, Pooled, Max and ByClass.
"""

from __future__ import annotations

from typing import Any

from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["Aggregation", "Aligned", "AllRows", "ByClass", "CrossProduct", "Max", "Pooled", "RowIndex", "Sum"]


class Aggregation(Record):
    """A column with the way in which it is merged."""


class Sum(Aggregation):
    """A number, vector or matrix that the function has summed over the rows of its call: the sum of these over all calls comes back.

    The sample weights do not change it.
    """

    of: Any


class ByClass(Aggregation):
    """A column (rows, …, classes): a sum for each class, with the sample weights, comes back as a vector."""

    of: Array


class Aligned(Aggregation):
    """A plain column or Max: its sum or maximum comes back in a shape that broadcasts over the rows, whatever `per` is.

    So `pred - total / n` is right with `--per channel` too.
    """

    of: Any


class Pooled(Aggregation):
    """A column: its values over all rows come back, not summed, along one axis; for a median or a sort.

    Where `classes`, the last axis stays: (values, classes) comes back. Of a number c, as in Pooled(1), c times the sample weight of each
    value of the column beside it comes back.
    """

    of: Any
    classes: bool = False


class CrossProduct(Aggregation):
    """Two columns (rows, m) and (rows, n): the matrix (m, n) of Σ s x yᵀ over all rows, with the sample weights s, comes back."""

    of: Array
    by: Array


class AllRows(Aggregation):
    """A column: the column of all rows comes back, for a loss that compares rows with each other. It holds all rows in memory."""

    of: Array


class Max(Aggregation):
    """A column: its maximum over all rows whose sample weight is not 0 comes back."""

    of: Array


class _RowIndex(Aggregation):
    """The indices of the rows of this call among all rows, counted from 0, come back: an array of whole numbers."""


RowIndex = _RowIndex()
