"""The shape of a column and its number of rows. No more of the input is read than is needed."""

from __future__ import annotations

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.domains import Domain
from losscli.engine.job import Shape

__all__ = ["AS_ONE_OF_MANY", "column_shape", "has_own_rows", "in_memory", "row_shape", "rows_up_to", "shape_text", "without_ones"]

AS_ONE_OF_MANY = " (from a table: COLUMN:COLUMN)"  # how a user selects one column of a file with an axis for columns


def shape_text(shape: tuple[object, ...]) -> str:
    """'(2, 3)', '(2,)': a shape as NumPy writes it."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def without_ones(shape: Shape) -> Shape:
    """A shape without its axes of length one."""
    return tuple(n for n in shape if n != 1)


def row_shape(column: Column) -> Shape:
    """The shape of one row."""
    return (Data({"": column}).first.columns[""] if column.array is None else column.array).shape[1:]


def column_shape(column: Column, row: Shape) -> tuple[object, ...]:
    """The shape of a column whose rows have the shape `row`. A stream has the word 'rows' in place of its number of rows."""
    return (len(column.array) if column.array is not None else "rows", *row)


def rows_up_to(column: Column, most: int) -> int:
    """The number of rows of a column, but at most `most`: no more than these are read."""
    if column.array is not None:
        return min(len(column.array), most)
    return next((block.rows for block in Data({"": column}).blocks(most)), 0)


def has_own_rows(domain: Domain, column: Column) -> bool:
    """Whether a role that may be shared has a part for each row: a series for each, or K vectors for each."""
    if not domain.or_per_row:
        return False
    shape = row_shape(column)
    return len(shape) == 1 + domain.ndim and (bool(domain.ndim) or (shape[-1] > 1 and rows_up_to(column, 2) > 1))


def in_memory(column: Column) -> Column:
    """A column with all its rows in one array. Raises InputError for a cell that is no number."""
    if column.array is not None:
        return column if column.labels is None else column.but(array=column.values([column.array], 0), labels=None)
    return column.but(array=Data({"": column}).all()[""], stream=None, keys=(), stacked=False, labels=None, origin=None)
