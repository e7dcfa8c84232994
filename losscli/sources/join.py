"""Pair the rows of files by id. Each id must be in every file exactly once, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.data.columns import Column
from losscli.errors import DataWarning, InputError, UsageError, counted, suggest
from losscli.numeric.lazy import Array, np
from losscli.registry import Loss
from losscli.sources.by_position import ByPosition
from losscli.sources.ids import Ids, column_called, index_of
from losscli.sources.inline import inline
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Matched, Pairing, columns_with_rows, same_column_warnings
from losscli.sources.selectors import contents, select
from losscli.sources.table import Table

__all__ = ["ById", "ByIdWherePresent", "pairing"]


def pairing(inputs: Inputs, id: str | None) -> Pairing:
    """The way to pair the rows of files: by the column of `--id`, or by position without one."""
    return ByPosition(inputs) if id is None else ById(inputs, id)


class ById(Pairing):
    """Rows with the same id belong together. `--id` without a file names a column of all files. DATA, or the first file, sets the order."""

    def __init__(self, inputs: Inputs, id_source: str) -> None:
        self.inputs, self.id_source = inputs, id_source
        self._base: Ids | None = None  # the ids that set the order

    @property
    def name(self) -> str:
        """The name of the id column."""
        return self.id_source.rpartition("::")[2] if self._base is None else self._base.display_name

    @property
    def ids(self) -> list[Any] | None:
        """The ids of the rows as the file has them; None before `match`."""
        return None if self._base is None else self._base.values

    def match(self, loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns with the rows of every file in the same order.

        Raises InputError for a row without an id, an id that two rows of a file have, an id that is not in every file, and a file with
        named columns that does not have the id column.
        """
        rows = columns_with_rows(loss, roles, weight)
        base = self._base = self._base or self._find_base(rows)
        notes = []
        for role, column in rows.items():
            table = self.inputs.files.table_of(column)
            if table is None or not table.names:
                notes.append(f"{role} ({column.label}) has no ids: its rows were paired by position")
                continue
            name = column_called(table, base.display_name, column)
            if (order := self._order(base, table, index_of(table) if name is None else name)) is not None:
                rows[role] = self._reordered(base, column, order)
        if weight is not None:
            weight = rows.pop("sample_weight", weight)
        return Matched({**roles, **rows}, weight, notes, same_column_warnings(self.inputs, roles))

    def align(self, column: Column) -> tuple[Column, list[DataWarning]]:
        """The column with its rows in the order of the others; a column without ids is paired by position."""
        base = self._base = self._base or self._find_base({"": column})
        table = self.inputs.files.table_of(column)
        if table is None or not table.names:
            return column, []
        name = column_called(table, base.display_name, column)
        order = self._order(base, table, index_of(table) if name is None else name)
        return (column if order is None else self._reordered(base, column, order)), []

    def places_in(self, table: Table) -> tuple[Array | None, list[DataWarning]]:
        """The position of each row in another table of the same rows, -1 for a missing row; None for a table without ids."""
        base = self._base
        name = None if base is None else next((n for n in (base.display_name, "ids") if table.has(n)), None)
        if base is None or name is None or (table is base.table and name == base.name):
            return None, []
        places = self._ids(table, name).rows
        return np.array([places.get(k, -1) for k in base.rows], int), []

    def _ids(self, table: Table, name: str) -> Ids:
        return self.inputs.files.pairing_cache.ids.setdefault((table.label, name), Ids(table, name))

    def _order(self, base: Ids, table: Table, name: str | None) -> Array | None:
        """The position of each row in a table; None where the table has the same order."""
        if table is base.table and name in (base.name, None):
            return None
        if name is None:
            has = ", ".join(table.names)
            raise InputError(
                f"{table.label} has no column {base.display_name!r} (--id {self.id_source}), so its rows cannot be paired: it has {has}"
            )
        orders, key = self.inputs.files.pairing_cache.orders, (base.label, table.label, name)
        if key not in orders:
            orders[key] = _places(base, self._ids(table, name))
        return orders[key]

    def _reordered(self, base: Ids, column: Column, order: Array) -> Column:
        """The column with its rows in the order of the base, read once for all losses that use it."""
        arrays, key = self.inputs.files.pairing_cache.reordered, (base.label, column.label)
        if key not in arrays:
            whole = np.atleast_1d(column.whole())
            if len(whole) != len(order):
                raise InputError(f"{column.label} has {counted(len(whole), 'row')}, but {counted(len(order), 'id')}")
            arrays[key] = whole[order]
        return column.but(array=arrays[key], stream=None, origin=(column, order))

    def _find_base(self, columns: Mapping[str, Column]) -> Ids:
        """The ids that set the order. Raises InputError where no file has them."""
        if (base := self.find(columns)) is not None:
            return base
        tables = self._tables(columns)
        if not tables:
            raise InputError(f"--id {self.id_source}: no role is a column of a file, so there is no column {self.id_source!r} of ids")
        close = suggest(self.id_source, [n for t in tables for n in t.names])
        raise InputError(f"--id {self.id_source}: no file has a column {self.id_source!r}{close}: {'; '.join(map(contents, tables))}")

    def find(self, columns: Mapping[str, Column]) -> Ids | None:
        """The ids in the file that `--id` names, else in DATA, else in the first file of a role that has them; None for none.

        Raises InputError for a part of a file that is no column, UsageError for numbers.
        """
        if "::" in self.id_source:
            table, selection = self.inputs.part(self.id_source)
            if selection.stacked or not table.names:
                raise InputError(f"{table.label}::{self.name} is no column, so it cannot hold ids")
            return self._ids(table, selection.names[0])
        if inline(self.id_source) is not None:
            raise UsageError(f"--id {self.id_source} was read as numbers: for a column by its position write ::{self.id_source}")
        data = self.inputs.data_table
        if data is not None and data.names:
            selected = select(data, self.id_source)
            if selected is not None and not selected.stacked:
                return self._ids(data, selected.names[0])
        for column in columns.values():
            other = self.inputs.files.table_of(column)
            if other is not None and other.names and (name := column_called(other, self.id_source, column)) is not None:
                return self._ids(other, name)
        return None

    def _tables(self, columns: Mapping[str, Column]) -> list[Table]:
        """The files that may have the ids, each once."""
        tables = [self.inputs.data_table, *map(self.inputs.files.table_of, columns.values())]
        return list({t.label: t for t in tables if t is not None and t.names}.values())


class ByIdWherePresent(ById):
    """The id column for all terms of an objective. The rows of a term are paired by id if its files have the column, else by position."""

    def match(self, loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns, their rows paired by id or by position."""
        if self.find(columns_with_rows(loss, roles, weight)) is None:
            return ByPosition(self.inputs).match(loss, roles, weight)
        self.inputs.files.pairing_cache.present.add(self.id_source)
        return super().match(loss, roles, weight)


def _places(base: Ids, other: Ids) -> Array | None:
    """The row of each id of `base` in another file; None where the order is the same. Raises InputError for ids that only one file has."""
    rows, other_rows = base.rows, other.rows
    if base.texts == other.texts:
        return None
    for missing, has, lacks in (
        ([k for k in rows if k not in other_rows], base, other),
        ([k for k in other_rows if k not in rows], other, base),
    ):
        if missing:
            some = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            raise InputError(f"{counted(len(missing), 'id')} of {has.label} not in {lacks.label}: {some}")
    return np.array([other_rows[k] for k in base.texts])
