"""Columns whose cells are used as they are, words or numbers: those that name groups of rows, and those of conditions."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.data.columns import BY_POSITION, Column
from losscli.data.groups import Groups
from losscli.errors import InputError, UsageError
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Pairing

__all__ = ["cell_column", "cluster_columns", "group_column"]


def group_column(inputs: Inputs, rows: Pairing, text: str, flag: str, *, limit: int | None = None, missing: str = "") -> Column:
    """The column of a SOURCE as a column of Data, whose numbers are the codes of the groups: `column.groups` has their names.

    Several columns (a,b) make one key. `rows` is called after its `match` for the roles. Raises what `cell_column` raises; `limit` and
    `missing` are those of Groups.
    """
    column = cell_column(inputs, rows, text, flag, several=True)
    return column.but(groups=Groups(_names(column), flag, limit, missing))


def cluster_columns(inputs: Inputs, rows: Pairing, texts: Sequence[str]) -> dict[str, Column]:
    """The columns of clusters by the names that they have in the data: one; or those of two kinds, and of both at once."""
    every = [*texts, *[",".join(text.removeprefix("::") for text in texts)] * (len(texts) == 2)]
    return {f"clusters.{t}": group_column(inputs, rows, t, "--cluster", missing="the row needs a cluster") for t in every}


def cell_column(inputs: Inputs, rows: Pairing, text: str, flag: str, *, several: bool = False) -> Column:
    """The column of a SOURCE, its rows in the order of the roles. `flag` is the option for messages.

    Raises UsageError for numbers, InputError for a column that does not exist, and for several columns unless `several`.
    """
    column = inputs.column(text)
    if column.label == "inline":
        raise UsageError(f"{flag} {text} was read as numbers: for a column by its position write ::{text}")
    if column.stacked and not several:
        raise InputError(f"{flag} {text} names {len(column.keys)} columns: give one")
    column, warnings = rows.align(column)
    inputs.files.doubts |= {w.message: w for w in warnings}
    return column


def _names(column: Column) -> tuple[str, ...]:
    """The names of its columns for a result."""
    keys = tuple(key.replace(BY_POSITION, "::") for key in column.keys) or ("",)
    return tuple(key or column.label.rpartition("::")[2] for key in (column.names or keys))
