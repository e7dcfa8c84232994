"""Rows matched by an id: no row twice, none left over, whatever the order of the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from losscli.data.cells import MISSING
from losscli.data.columns import Column
from losscli.errors import InputError, UsageError, Warned, counted, suggest
from losscli.numeric.lazy import np
from losscli.registry import Loss
from losscli.sources.by_position import ByPosition, Matched, keys_in, named_in, of_one_source, spoken, with_rows
from losscli.sources.inline import inline
from losscli.sources.inputs import Inputs, Table
from losscli.sources.selectors import holds, select
from losscli.sources.table import texts_of

__all__ = ["ById", "ByIdWherePresent", "rows_by"]


def rows_by(inputs: Inputs, written: str | None) -> ById | ByPosition:
    """How the rows of files come together: by `--id`, or as they stand."""
    return ByPosition(inputs) if written is None else ById(inputs, written)


class Ids:
    """A column of a table that names the rows."""

    def __init__(self, table: Table, name: str) -> None:
        self.table, self.name, self.spoken = table, name, spoken(table, name)
        self.label = f"{table.label}::{self.spoken}"

    @cached_property
    def values(self) -> list[Any]:
        """As they are written. Raises InputError for a row without an id."""
        ids = [x.strip() if isinstance(x, str) else x for x in self.table.texts(self.name)]
        for row, x in enumerate(ids):
            if isinstance(x, list | dict):
                raise InputError(f"{self.label} is no id: row {row} holds {str(x)[:40]}")
            if x is None or x != x or (isinstance(x, str) and x.casefold() in MISSING):
                raise InputError(f"{self.label}: {self.row(row)} has no id")
            if isinstance(x, float) and abs(x) >= 2**53:
                raise InputError(f"{self.label}: {self.row(row)} is the float {x!r}, which stands for several ids: write ids as text")
        return ids

    @cached_property
    def texts(self) -> list[str]:
        return texts_of(self.values)

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of each id. Raises InputError for an id that stands twice."""
        places = {key: row for row, key in enumerate(self.texts)}
        if len(places) < len(self.texts):
            row = next(row for row, key in enumerate(self.texts) if self.texts.index(key) < row)
            first = self.texts.index(self.texts[row])
            raise InputError(f"{self.label}: the id {self.texts[row]!r} stands twice: {self.row(first)} and {self.row(row)}")
        return places

    def row(self, row: int) -> str:
        """'row 3 (line 5)'."""
        place = self.table.place(row) if hasattr(self.table, "place") else ""
        return f"row {row} ({place})" if place else f"row {row}"


class ById:
    """Rows matched by `--id`. A name alone is that column in every file that has it; DATA, or else the first file, says the order."""

    def __init__(self, inputs: Inputs, written: str) -> None:
        self.inputs, self.written = inputs, written
        self._base: Ids | None = None

    @property
    def name(self) -> str:
        """What the id is called."""
        return self.written.rpartition("::")[2] if self._base is None else self._base.spoken

    @property
    def ids(self) -> list[Any] | None:
        """The ids of the rows as written, once a file has given them."""
        return None if self._base is None else self._base.values

    def matched(self, known: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns with the rows of every file in the same order.

        Raises InputError for a row without an id, an id that stands twice in files that are matched, ids that one file has and another
        lacks, and a file with named columns that has no such ids.
        """
        rows = with_rows(known, roles, weight)
        base = self._base = self._base or self._named(rows)
        notes = []
        for role, column in rows.items():
            table = self.inputs.holder(column)
            if table is None or not table.names:
                notes.append(f"{role} ({column.label}) has no ids: its rows were taken as they stand")
                continue
            name = named_in(table, base.spoken, column)
            if (order := self._order(base, table, keys_in(table) if name is None else name)) is not None:
                rows[role] = self._in_order(base, column, order)
        if weight is not None:
            weight = rows.pop("sample_weight", weight)
        return Matched({**roles, **rows}, weight, notes, of_one_source(self.inputs, roles))

    def like(self, table: Table) -> tuple[Any, list[Warned]]:
        """Where each row stands in a table with other values of the same rows, -1 where it does not; None where that has no ids."""
        base = self._base
        name = None if base is None else next((n for n in (base.spoken, "ids") if table.has(n)), None)
        if base is None or name is None or (table is base.table and name == base.name):
            return None, []
        there = self._ids(table, name).places
        return np.array([there.get(k, -1) for k in base.places], int), []

    def _ids(self, table: Table, name: str) -> Ids:
        return self.inputs.orders.setdefault(("ids", table.label, name), Ids(table, name))

    def _order(self, base: Ids, table: Table, name: str | None) -> Any:
        """Where each row stands in a table; None where it is in the same place."""
        if table is base.table and name in (base.name, None):
            return None
        if name is None:
            has = ", ".join(table.names)
            raise InputError(f"{table.label} has no column {base.spoken!r} to match its rows by (--id {self.written}): it has {has}")
        key = ("order", base.label, table.label, name)
        if key not in self.inputs.orders:
            self.inputs.orders[key] = _places(base, self._ids(table, name))
        return self.inputs.orders[key]

    def _in_order(self, base: Ids, column: Column, order: Any) -> Column:
        """The column with its rows put in order; it is read once for all losses that have it."""
        key = ("moved", base.label, column.label)
        if key not in self.inputs.orders:
            whole = np.atleast_1d(column.whole())
            if len(whole) != len(order):
                raise InputError(f"{column.label} has {counted(len(whole), 'row')}, but {counted(len(order), 'id')}")
            self.inputs.orders[key] = whole[order]
        return replace(column, array=self.inputs.orders[key], stream=None, origin=(column, order))

    def _named(self, columns: Mapping[str, Column]) -> Ids:
        """The ids that say the order. Raises InputError where there are none."""
        if (found := self._found(columns)) is not None:
            return found
        tables = self._tables(columns)
        if not tables:
            raise InputError(f"--id {self.written}: no role is a column of a file, so there is no column {self.written!r} to name the rows")
        like = suggest(self.written, [n for t in tables for n in t.names])
        raise InputError(f"--id {self.written}: no file has a column {self.written!r}{like}: {'; '.join(map(holds, tables))}")

    def _found(self, columns: Mapping[str, Column]) -> Ids | None:
        if "::" in self.written:
            table, keys = self.inputs.part(self.written)
            if keys.stacked or not table.names:
                raise InputError(f"{table.label}::{self.name} is no column, so it cannot name the rows")
            return self._ids(table, keys.names[0])
        if inline(self.written) is not None:
            raise UsageError(f"--id {self.written} was read as numbers: for a column by its position say ::{self.written}")
        data = None if self.inputs.data is None else self.inputs.table(self.inputs.data)
        if data is not None and data.names and (keys_ := select(data, self.written)) is not None and not keys_.stacked:
            return self._ids(data, keys_.names[0])
        for column in columns.values():
            table_ = self.inputs.holder(column)
            if table_ is not None and table_.names and (name := named_in(table_, self.written, column)) is not None:
                return self._ids(table_, name)
        return None

    def _tables(self, columns: Mapping[str, Column]) -> list[Table]:
        """The files that may have the ids, each once."""
        data = [] if self.inputs.data is None else [self.inputs.table(self.inputs.data)]
        return list({t.label: t for t in [*data, *map(self.inputs.holder, columns.values())] if t is not None and t.names}.values())


class ByIdWherePresent(ById):
    """An id that is given to all terms of an objective: it matches the rows of those whose files have it."""

    def matched(self, known: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        if self._found(with_rows(known, roles, weight)) is None:
            return ByPosition(self.inputs).matched(known, roles, weight)
        self.inputs.orders["reached", self.written] = True
        return super().matched(known, roles, weight)


def _places(base: Ids, other: Ids) -> Any:
    """Where each id of `base` stands in another column; None where all stand in the same place."""
    here, there = base.places, other.places
    if base.texts == other.texts:
        return None
    for missing, has, lacks in (
        ([k for k in here if k not in there], base, other),
        ([k for k in there if k not in here], other, base),
    ):
        if missing:
            some = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            raise InputError(f"{counted(len(missing), 'id')} of {has.label} not in {lacks.label}: {some}")
    return np.array([there[k] for k in base.texts])
