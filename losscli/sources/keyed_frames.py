"""Tables of pandas in JSON and YAML that are no list of records: with a key for each row, or with a separate list of column names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.errors import InputError, counted

__all__ = ["INDEX", "KeyedTable", "keyed_table", "keyed_values"]

INDEX = "index"  # the name of the row keys in pandas


class KeyedTable(Mapping[str, Any]):
    """Columns by name, and the keys of the rows.

    If the outer keys may name rows or columns, `transposed` is the other reading. It is used for a name that only it has.
    """

    def __init__(
        self, label: str, columns: Mapping[str, Any], row_keys: Sequence[Any], transposed: KeyedTable | None = None, doubt: str = ""
    ) -> None:
        self.label, self.columns, self.row_keys, self.transposed, self.doubt = label, columns, row_keys, transposed, doubt
        self._side: KeyedTable | None = None  # this table or the transposed one, after a column of it was used

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns or name == INDEX or (self.transposed is not None and name in self.transposed.columns)

    def __getitem__(self, name: str) -> Any:
        if name in self.columns:
            return self._column(self, name)
        if self.transposed is not None and name in self.transposed.columns:
            return self._column(self.transposed, name)
        if name == INDEX:
            return self.transposed.row_keys if self.transposed is not None and self._side is self.transposed else self.row_keys
        raise KeyError(name)

    def _column(self, side: KeyedTable, name: str) -> Any:
        if self._side is not None and self._side is not side:
            raise InputError(
                f"{self.label}: {name!r} is the key of a row, but the other names are columns: name only columns, or only rows"
            )
        self._side = side
        return side.columns[name]


def keyed_table(label: str, value: Any) -> KeyedTable | None:
    """The table in a value; None where there is none. Raises InputError for a row with too few or too many values."""
    if not isinstance(value, dict) or not value:
        return None
    if {"columns", "data"} <= set(value) <= {"columns", "data", "index", "index_names", "column_names"}:
        return _split(label, value)
    if set(value) == {"schema", "data"} and _are_records(value["data"]):
        records = value["data"]
        return KeyedTable(label, {str(k): [row.get(k) for row in records] for k in records[0]}, list(range(len(records))))
    return _nested(label, value)


def keyed_values(label: str, value: Mapping[str, Any]) -> KeyedTable | None:
    """Values keyed by id, {"a": 1.5, "b": 2}, as pandas writes a Series; None if one is a list or an object."""
    return KeyedTable(label, {}, list(value)) if _are_plain(list(value.values())) else None


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) and set(row) == set(value[0]) for row in value)


def _split(label: str, value: Mapping[str, Any]) -> KeyedTable | None:
    """A list of column names and a list of rows: pandas' orient='split'."""
    names, rows = value["columns"], value["data"]
    if not (isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)):
        return None
    for i, row in enumerate(rows):
        if len(row) != len(names):
            raise InputError(f"{label}::data: row {i} has {counted(len(row), 'value')}, but there are {counted(len(names), 'column')}")
    words = [".".join(map(str, name)) if isinstance(name, list) else str(name) for name in names]
    if len(set(words)) < len(words):
        raise InputError(f"{label}::columns names a column twice")
    columns = {name: [row[i] for row in rows] for i, name in enumerate(words)}
    return KeyedTable(label, columns, value.get("index", list(range(len(rows)))))


def _nested(label: str, value: Mapping[Any, Any]) -> KeyedTable | None:
    """Objects in an object: records by their ids, or columns with a key for each row, as pandas writes them by default.

    Whole numbers are the keys of rows. If both levels have words as keys, the smaller set of keys names the columns.
    """
    inner = next(iter(value.values()))
    if not (isinstance(inner, Mapping) and inner and all(isinstance(v, Mapping) for v in value.values())):
        return None
    fields = {k: [v.get(k) for v in value.values()] for k in inner if all(k in v for v in value.values())}
    fields = {str(k): cells for k, cells in fields.items() if _are_plain(cells)}
    same_keys = all(v.keys() == inner.keys() for v in value.values())
    columns = {str(k): [v[i] for i in inner] for k, v in value.items()} if same_keys else {}
    columns = {k: cells for k, cells in columns.items() if _are_plain(cells)}
    by_id, by_column = KeyedTable(label, fields, list(value)), KeyedTable(label, columns, list(inner))
    if not fields or not columns:
        return by_id if fields else by_column if columns else None
    numbers_outside, numbers_inside = all(map(_is_whole, value)), all(map(_is_whole, inner))
    rows_outside = numbers_outside if numbers_outside != numbers_inside else len(inner) <= len(value)
    table, transposed = (by_id, by_column) if rows_outside else (by_column, by_id)
    chosen, other = ("rows", "columns") if rows_outside else ("columns", "rows")
    doubt = (
        f"{label}: both levels of keys are numbers, and the {len(value)} outer keys were read as {chosen}, not as {other}: "
        "give the columns names, or write records (orient='records')"
    )
    return KeyedTable(label, table.columns, table.row_keys, transposed, doubt if numbers_outside and numbers_inside else "")


def _are_plain(cells: Sequence[Any]) -> bool:
    return not any(isinstance(cell, list | dict) for cell in cells)


def _is_whole(key: Any) -> bool:
    return isinstance(key, int) or (isinstance(key, str) and key.isdecimal())
