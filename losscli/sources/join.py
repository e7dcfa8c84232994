"""Pair the rows of files by id, in any order. An id that not every file has is an error, or its rows are left out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from losscli.data.columns import Column
from losscli.errors import DataWarning, InputError, UsageError, counted, suggest
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.registry import Loss
from losscli.sources.by_position import ByPosition
from losscli.sources.id_names import IdNames
from losscli.sources.ids import Ids, index_of
from losscli.sources.inline import inline
from losscli.sources.inputs import Inputs
from losscli.sources.pairing import Matched, Pairing, columns_with_rows, same_column_warnings
from losscli.sources.selectors import contents
from losscli.sources.table import Table

__all__ = ["ById", "ByIdWherePresent", "Joining", "pairing"]


class Joining(Record):
    """How `--id` and `--join` pair the rows. Losses with the same `place` join the same files, so that they have the same rows."""

    id: str
    join: str = "exact"
    place: Hashable = ()


def pairing(inputs: Inputs, joining: Joining | None) -> Pairing:
    """The way to pair the rows of files: by the columns of `--id`, or by position without it."""
    return ByPosition(inputs) if joining is None else ById(inputs, joining)


class ById(Pairing):
    """Rows with the same id belong together. `--id` without a file names columns of all files. DATA, or the first file, sets the order."""

    def __init__(self, inputs: Inputs, joining: Joining) -> None:
        from losscli.sources.joined import Joined

        self.inputs, self.id_source, self.place = inputs, joining.id, joining.place
        self.id_names = inputs.id_names = IdNames(joining.id)
        self.joined: Joined = inputs.files.pairing_cache.joined.setdefault(joining.place, Joined(joining.join))

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id_names.text,) if self.joined.base is None else self.joined.base.display_names

    @property
    def ids(self) -> list[Any] | None:
        return self.joined.values

    def match(self, loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns with the rows of every file in the same order.

        Raises InputError for a row without an id, an id that two rows of a file have, an id that is not in every file (unless its rows are
        left out), and a file with named columns that does not have those of the ids.
        """
        rows = columns_with_rows(loss, roles, weight)
        base = self.joined.base = self.joined.base or self._find_base(rows)
        notes = []
        ids = {role: self._ids_beside(base, column) for role, column in rows.items()}
        for role, of_role in ids.items():
            if of_role is None:
                notes.append(f"{role} ({rows[role].label}) has no ids: its rows were paired by position")
            elif not self.joined.has(of_role):
                self.joined.add(base, of_role, self._places(base, of_role))
        for role, column in rows.items():
            of_role = ids[role] or base
            if (order := self.joined.order(of_role)) is not None:
                rows[role] = self._reordered(of_role, column, order)
        if weight is not None:
            weight = rows.pop("sample_weight", weight)
        repeated = [] if any(of_role not in (None, base) for of_role in ids.values()) else base.warnings  # else it was refused
        warnings = [*self.joined.warnings(), *repeated, *same_column_warnings(self.inputs, roles)]
        return Matched({**roles, **rows}, weight, [*notes, *self.joined.notes()], warnings, self.joined.unmatched)

    def align(self, column: Column) -> tuple[Column, list[DataWarning]]:
        """The column with its rows in the order of the others. A column without ids is paired by position.

        Raises InputError for a file that lacks an id of the rows, and what `match` raises.
        """
        base = self.joined.base = self.joined.base or self._find_base({"": column})
        ids = self._ids_beside(base, column) or base
        places = None if ids is base else self._places(base, ids)
        order = self.joined.order_beside(base, ids, places)
        return (column if order is None else self._reordered(ids, column, order)), []

    def places_in(self, table: Table) -> tuple[Array | None, list[DataWarning]]:
        base = self.joined.base
        if base is None or (table is base.table and self.joined.kept is None):
            return None, []
        if (names := self.id_names.in_other(table, base.display_names)) is not None:
            places = self._ids(table, names).rows
        elif table.has("ids"):
            places = Ids(table, ("ids",), len(base.names)).rows
        else:
            return None, []
        return np.array([places.get(k, -1) for k in self.joined.texts], int), []

    def _ids(self, table: Table, names: tuple[str, ...]) -> Ids:
        return self.inputs.files.pairing_cache.ids.setdefault((table.label, names), Ids(table, names))

    def _ids_beside(self, base: Ids, column: Column) -> Ids | None:
        """The ids in the file of a column; None for numbers without names. Raises InputError for a file without them."""
        table = self.inputs.files.table_of(column)
        if table is None or not table.names:
            return None
        names = self.id_names.in_other(table, base.display_names, column)
        if names is None and len(base.names) == 1 and (keys := index_of(table)) is not None:
            names = (keys,)
        if table is base.table and names in (base.names, None):
            return base
        if names is None:
            lacking, longer = self.id_names.lacking(table, base.display_names, column)
            raise InputError(
                f"{table.label} has no column {lacking} (--id {self.id_source}), so its rows cannot be paired: it has"
                f" {', '.join(table.names)}; if one of these has the ids use {longer}"
            )
        return self._ids(table, names)

    def _places(self, base: Ids, other: Ids) -> Array | None:
        places, key = self.inputs.files.pairing_cache.places, (base.key, other.key)
        if key not in places:
            from losscli.sources.joined import places_of

            places[key] = places_of(base, other)
        return places[key]

    def _reordered(self, ids: Ids, column: Column, order: Array) -> Column:
        """The column with its rows in the order of the base, read once for all losses that use it."""
        kept = None if self.joined.kept is None else (self.place, len(self.joined.kept))
        arrays, key = self.inputs.files.pairing_cache.reordered, (ids.key, column.label, kept)
        if key not in arrays:
            whole = np.atleast_1d(column.whole())
            if len(whole) != len(ids.texts):
                raise InputError(f"{column.label} has {counted(len(whole), 'row')}, but {counted(len(ids.texts), 'id')}")
            arrays[key] = whole[order]
        return column.but(array=arrays[key], stream=None, origin=(column, order))

    # --- the ids that set the order ------------------------------------------------------------------------------------------

    def _find_base(self, columns: Mapping[str, Column]) -> Ids:
        """The ids that set the order. Raises InputError where no file has them."""
        if (base := self.find(columns)) is not None:
            return base
        tables, wanted = self._tables(columns), f"a column {self.id_source!r}"
        if not tables:
            raise InputError(f"--id {self.id_source}: no role is a column of a file, so there is no column {self.id_source!r} of ids")
        if len(self.id_names.keys) > 1:
            wanted = f"all of these columns, {', '.join(' or '.join(key) for key in self.id_names.keys)}"
        every = [n for t in tables for n in t.names]
        unknown = [key[0] for key in self.id_names.keys if not {*key} & {*every}]
        close = suggest(unknown[0], every) if unknown else ""
        raise InputError(f"--id {self.id_source}: no file has {wanted}{close}: {'; '.join(map(contents, tables))}")

    def find(self, columns: Mapping[str, Column]) -> Ids | None:
        """The ids in the file that `--id` names, else in DATA, else in the first file of a role that has them; None for none.

        Raises InputError for a part of a file that it does not have, UsageError for numbers.
        """
        if "::" in self.id_source:
            return self._in_file()
        if inline(self.id_source) is not None:
            raise UsageError(f"--id {self.id_source} was read as numbers: for a column by its position write ::{self.id_source}")
        data = self.inputs.data_table
        if data is not None and data.names and (names := self.id_names.selected(data)) is not None:
            return self._ids(data, names)
        for column in columns.values():
            other = self.inputs.files.table_of(column)
            if other is not None and other.names and (names := self.id_names.named(other, column)) is not None:
                return self._ids(other, names)
        return None

    def _in_file(self) -> Ids:
        """The ids in FILE::COLUMNS or ::COLUMNS."""
        table, names = self.inputs.part_table(self.id_source), None
        if table.names:
            names = self.id_names.selected(table)
        if names is None:
            table, selection = self.inputs.part(self.id_source)
            names = selection.names
        if not table.names:
            raise InputError(f"{table.label}::{self.id_names.text} is no column, so it cannot hold ids")
        return self._ids(table, names)

    def _tables(self, columns: Mapping[str, Column]) -> list[Table]:
        """The files that may have the ids, each once."""
        tables = [self.inputs.data_table, *map(self.inputs.files.table_of, columns.values())]
        return list({t.label: t for t in tables if t is not None and t.names}.values())


class ByIdWherePresent(ById):
    """The id columns for all terms of an objective. The rows of a term are paired by id if its files have them, else by position."""

    def match(self, loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns, their rows paired by id or by position."""
        if self.find(columns_with_rows(loss, roles, weight)) is None:
            return ByPosition(self.inputs).match(loss, roles, weight)
        self.inputs.files.pairing_cache.present.add(self.id_source)
        return super().match(loss, roles, weight)
