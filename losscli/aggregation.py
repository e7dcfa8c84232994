"""Aggregations: how the columns that a loss yields are merged over all rows. Users' functions can yield them too.

A loss is a function, or a generator that yields columns and receives them merged: `total, n = yield errors, 1`. A plain column is an
array with the rows on its first axis. It is multiplied by the sample weights and summed over all rows and all other axes; a plain number
means a column of that number. A class of this module around a column merges it in another way:

    largest, n = yield Max(errors), 1

With `--per row` or `--per channel` there is a sum for each row or channel; also for Aligned, Pooled, Max and ByClass.
"""

from __future__ import annotations

from typing import Any

from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = [
    "Aggregation", "Aligned", "AllRows", "ByClass", "CrossProduct", "EachClass", "Matrix", "Max", "MeanOver", "Pooled", "RowIndex", "Sum",
]  # fmt: skip


class Aggregation(Record):
    """A column with the way in which it is merged."""


class Sum(Aggregation):
    """A number, vector or matrix that the function summed over the rows of its call. The loss receives the sum over all calls.

    The sample weights do not change it.
    """

    column: Any


class ByClass(Aggregation):
    """A column (rows, …, classes). The loss receives a vector with a sum for each class, with the sample weights."""

    column: Array


class Aligned(Aggregation):
    """A plain column or Max. The loss receives its sum or maximum in a shape that broadcasts over the rows, for any --per.

    So `pred - total / n` is right with `--per channel` too.
    """

    column: Any


class EachClass(Record):
    """What a loss returns that has a value for each class: classes on the last axis, which are not rows. -r reduces them."""

    values: Any


class Pooled(Aggregation):
    """A column. The loss receives its values over all rows, not summed, along one axis; for a median or a sort.

    With `classes` the last axis is kept: the loss receives (values, classes). For a number c, as in Pooled(1), it receives c times the
    sample weight of each value of the other columns.
    """

    column: Any
    classes: bool = False


class Matrix(Pooled):
    """A column (rows, features). The loss receives the matrix of all rows, for a number of it as a whole: it takes no --per."""

    classes: bool = True


class CrossProduct(Aggregation):
    """Two columns (rows, m) and (rows, n): the loss receives the matrix (m, n) of Σ s x yᵀ over all rows, with the sample weights s."""

    column: Array
    other: Array


class AllRows(Aggregation):
    """A column. The loss receives the column of all rows, to compare rows with each other. All rows are kept in memory.

    With `paired` each row of a block may be compared with each of them, so that later blocks are small.
    """

    column: Array
    paired: bool = True


class Max(Aggregation):
    """A column. The loss receives its maximum over all rows whose sample weight is not 0."""

    column: Array


class MeanOver(Record):
    """In place of the weights that a loss returns: the weights, and the word for their sum in the result, such as tokens.

    With `number` a mean is divided by this number instead.
    """

    kind: str
    weights: Any = None
    number: float | None = None


class _RowIndex(Aggregation):
    """No column. The loss receives the indices of the rows of this call among all rows, counted from 0."""


RowIndex = _RowIndex()
