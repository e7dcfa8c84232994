"""The columns of DATA that may name groups of rows: the dependence alarm looks whether the differences are alike within them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from losscli.data.columns import Column
from losscli.data.groups import EXACT, Groups
from losscli.errors import LossError
from losscli.numeric.lazy import Array, np
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Pairing
from losscli.sources.table import Table

__all__ = ["TolerantGroups", "watched_columns"]

_MOST = 8  # columns
_HEAD = 4096  # rows that are looked at before a column is chosen
_MOST_GROUPS = 100_000


class TolerantGroups(Groups):
    """Groups that give up instead of raising an error, as nobody has asked for them."""

    given_up = False

    def codes(self, parts: Sequence[Array], number: Callable[[Any], float | None], place: Callable[[int], str]) -> Array:
        """The code of each row; 0 for all rows once it has given up."""
        if not self.given_up:
            try:
                return super().codes(parts, number, place)
            except LossError:
                self.given_up = True
        return np.zeros(len(parts[0]), np.int64)


def watched_columns(inputs: Inputs, rows: Pairing, used: Collection[Column]) -> dict[str, Column]:
    """By name, the columns of DATA with words or whole numbers that repeat, except for those that are used; at most eight."""
    table = inputs.data_table
    if table is None or not table.names or not table.has_records or not inputs.data_is_used:
        return {}
    taken = {key for column in used for key in column.keys if inputs.files.table_of(column) is table}
    names = [name for name in table.names if name not in taken and table.names.count(name) == 1]
    columns = {name: column for name in names if (column := _column(table, name)) is not None}
    chosen = [name for name, x in _heads(columns).items() if _repeats(x)][:_MOST]
    aligned = {name: rows.align(columns[name])[0] for name in chosen}
    if rows.kept is not None:
        aligned = {name: column.only(rows.kept) for name, column in aligned.items()}
    return {name: column.but(groups=TolerantGroups([name], "", _MOST_GROUPS)) for name, column in aligned.items()}


def _column(table: Table, name: str) -> Column | None:
    try:
        return table.columns([name], False, f"{table.label}::{name}")
    except LossError:
        return None


def _heads(columns: Mapping[str, Column]) -> dict[str, Array]:
    """The first rows of the columns; none where they cannot be read together."""
    found = {name: column.array for name, column in columns.items() if column.array is not None}
    streamed = {name: column for name, column in columns.items() if column.stream is not None}
    if streamed:
        stream = next(iter(streamed.values())).stream
        keys = {name: column.keys[0] for name, column in streamed.items() if column.stream is stream}
        try:
            chunk = next(iter(stream.chunks(list(keys.values()))), {}) if stream is not None else {}
        except LossError:
            return {}
        found |= {name: chunk[key] for name, key in keys.items() if key in chunk}
    return {name: x[:_HEAD] for name, x in found.items() if x.ndim == 1}


def _repeats(x: Array) -> bool:
    """Whether the first rows of a column are words or whole numbers, and some repeat."""
    if x.dtype.kind == "f" and not (np.isnan(x) | ((x == np.round(x)) & (np.abs(x) < EXACT))).all():
        return False
    return x.dtype.kind in "OUfiub" and 1 < len(set(x.tolist())) <= 0.98 * len(x)
