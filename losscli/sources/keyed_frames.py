"""Tables in JSON and YAML that are no lists: keyed by id or by index, or with the names of the columns apart, as pandas writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.errors import InputError, counted

__all__ = ["INDEX", "Frame", "framed", "keyed_values"]

INDEX = "index"  # the name of the keys of the rows, as pandas gives it to them


class Frame(Mapping[str, Any]):
    """Columns by name. Of a table that can be read both ways, the other way is taken where only it has a name that is asked for."""

    def __init__(self, label: str, columns: Mapping[str, Any], keys: Sequence[Any], turned: Frame | None = None, doubt: str = "") -> None:
        self.label, self.columns, self.keys_of_rows, self.turned, self.doubt = label, columns, keys, turned, doubt
        self._taken: Frame | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.columns or name == INDEX or (self.turned is not None and name in self.turned.columns)

    def __getitem__(self, name: str) -> Any:
        if name in self.columns:
            return self._of(self, name)
        if self.turned is not None and name in self.turned.columns:
            return self._of(self.turned, name)
        if name == INDEX:
            return self.turned.keys_of_rows if self.turned is not None and self._taken is self.turned else self.keys_of_rows
        raise KeyError(name)

    def _of(self, side: Frame, name: str) -> Any:
        if self._taken is not None and self._taken is not side:
            raise InputError(
                f"{self.label}: {name!r} is the key of a row where the other names are columns: name columns, or rows, not both"
            )
        self._taken = side
        return side.columns[name]


def framed(label: str, value: Any) -> Frame | None:
    """The table of a value that holds one, else None. Raises InputError for rows that are not as wide as the names of the columns."""
    if not isinstance(value, dict) or not value:
        return None
    if {"columns", "data"} <= set(value) <= {"columns", "data", "index", "index_names", "column_names"}:
        return _split(label, value)
    if set(value) == {"schema", "data"} and _records(value["data"]):
        return Frame(label, {str(k): [row.get(k) for row in value["data"]] for k in value["data"][0]}, list(range(len(value["data"]))))
    return _keyed(label, value)


def keyed_values(label: str, value: Mapping[str, Any]) -> Frame | None:
    """Values keyed by id, {"a": 1.5, "b": 2}, as a Series or a submission is written; None where one is no plain value."""
    return Frame(label, {}, list(value)) if _plain(list(value.values())) else None


def _records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) and set(row) == set(value[0]) for row in value)


def _split(label: str, value: Mapping[str, Any]) -> Frame | None:
    """Names of columns beside a list of rows: pandas' orient split."""
    names, rows = value["columns"], value["data"]
    if not (isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows)):
        return None
    for i, row in enumerate(rows):
        if len(row) != len(names):
            raise InputError(f"{label}::data: row {i} has {counted(len(row), 'value')}, but there are {counted(len(names), 'column')}")
    words = [".".join(map(str, name)) if isinstance(name, list) else str(name) for name in names]
    if len(set(words)) < len(words):
        raise InputError(f"{label}::columns names a column twice")
    return Frame(label, {name: [row[i] for row in rows] for i, name in enumerate(words)}, value.get("index", list(range(len(rows)))))


def _keyed(label: str, value: Mapping[Any, Any]) -> Frame | None:
    """Objects in an object: the records by their ids, or the columns with a key for each row, as pandas writes them by default.

    Keys that are whole numbers are those of rows; of words, the fewer are columns.
    """
    inner = next(iter(value.values()))
    if not (isinstance(inner, Mapping) and inner and all(isinstance(v, Mapping) for v in value.values())):
        return None
    fields = {k: [v.get(k) for v in value.values()] for k in inner if all(k in v for v in value.values())}
    fields = {str(k): cells for k, cells in fields.items() if _plain(cells)}
    whole = all(v.keys() == inner.keys() for v in value.values())
    columns = {str(k): [v[i] for i in inner] for k, v in value.items()} if whole else {}
    columns = {k: cells for k, cells in columns.items() if _plain(cells)}
    ids = Frame(label, fields, list(value))
    turned = Frame(label, columns, list(inner))
    if not fields or not columns:
        return ids if fields else turned if columns else None
    rows_outside, rows_inside = all(map(_whole, value)), all(map(_whole, inner))
    by_id = rows_outside if rows_outside != rows_inside else len(inner) <= len(value)
    first, other = (ids, turned) if by_id else (turned, ids)
    taken, not_taken = ("rows", "columns") if by_id else ("columns", "rows")
    doubt = (
        f"{label}: both keys are numbers, and the {len(value)} outer ones were taken for {taken}, not for {not_taken}: "
        "give the columns names, or write records (orient='records')"
    )
    return Frame(label, first.columns, first.keys_of_rows, other, doubt if rows_outside and rows_inside else "")


def _plain(cells: Sequence[Any]) -> bool:
    return not any(isinstance(cell, list | dict) for cell in cells)


def _whole(key: Any) -> bool:
    return isinstance(key, int) or (isinstance(key, str) and key.isdecimal())
