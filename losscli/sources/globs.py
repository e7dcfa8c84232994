"""Several files with the same columns as one table, one file after the other: `part-*.csv`."""

from __future__ import annotations

import glob
import os.path
from collections.abc import Iterator, Sequence
from typing import Any

from losscli.data.column_names import natural_key
from losscli.data.columns import BY_POSITION, Column
from losscli.errors import InputError, UsageError, counted
from losscli.numeric.lazy import Array
from losscli.sources.table import FirstLine, Table

__all__ = ["Several", "matching"]


def matching(pattern: str) -> list[str]:
    """The files that a pattern matches, part-2 before part-10."""
    return sorted((f for f in glob.glob(pattern, recursive=True) if os.path.isfile(f)), key=natural_key)


class Several(Table):
    """The tables of several files as one table with all their rows. Raises InputError for files with different columns."""

    def __init__(self, label: str, tables: Sequence[Table]) -> None:
        self.label, self.tables = label, tables
        first = tables[0]
        self.names = first.names
        self.files = [t.label for t in tables]
        self.warnings = [w for t in tables for w in t.warnings]
        self.first_line = _first_line(tables)
        for table in tables[1:]:
            if sorted(table.names) != sorted(first.names) or (not first.names and table.width() != first.width()):
                if self.header_error is not None:
                    raise self.header_error
                raise InputError(f"the files of {label} differ: {first.label} has {_columns(first)}, but {table.label} {_columns(table)}")

    @property
    def header_error(self) -> UsageError | None:
        return self.tables[0].header_error

    @property
    def used(self) -> bool:
        return any(t.used for t in self.tables)

    def with_header(self) -> Several:
        return Several(self.label, [t.with_header() for t in self.tables])

    def width(self) -> int:
        return self.tables[0].width()

    def has(self, name: str) -> bool:
        return self.tables[0].has(name)

    def key_at(self, position: int) -> str:
        key, first = self.tables[0].key_at(position), self.tables[0]
        if key.startswith(BY_POSITION) and (other := next((t for t in self.tables if t.names != self.names), None)) is not None:
            raise InputError(
                f"::{position} of {self.label}: {first.label} and {other.label} have their columns in different orders, "
                f"and several are called {self.names[position]!r}"
            )
        return key

    def all(self) -> Column:
        one = self.tables[0].all()
        return Column(self.label, stream=self, keys=one.keys or ("",), stacked=one.stacked, decimal=one.decimal)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        first = self.tables[0].columns(names, False, label)  # raises an error for bad names
        return Column(label, stream=self, keys=tuple(names), stacked=stacked, decimal=first.decimal)

    def texts(self, name: str) -> list[Any]:
        return [x for table in self.tables for x in table.texts(name)]

    def cells(self, name: str) -> Iterator[bytes]:
        for table in self.tables:
            yield from table.cells(name)

    def check_unchanged(self) -> None:
        for table in self.tables:
            getattr(table, "check_unchanged", lambda: None)()

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        for table in self.tables:
            yield from table.chunks(keys)

    def place(self, row: int) -> str:
        """'part-2.csv, line 5'."""
        for table in self.tables:
            rows = sum(len(x) for chunk in table.chunks((self.names or ("",))[:1]) for x in chunk.values())
            if row < rows:
                line = table.place(row)
                return f"{table.label}, {line}" if line else table.label
            row -= rows
        return ""


def _first_line(tables: Sequence[Table]) -> FirstLine | None:
    """The first line of the first table of text, with the first doubt about any of the tables; None without tables of text."""
    lines = [t.first_line for t in tables if t.first_line is not None]
    if not lines:
        return None
    doubt = next((line.doubt for line in lines if line.doubt is not None), None)
    return lines[0].but(doubt=doubt, doubt_is_error=any(line.doubt_is_error for line in lines))


def _columns(table: Table) -> str:
    return ", ".join(table.names[:15]) + (", …" if len(table.names) > 15 else "") if table.names else counted(table.width(), "column")
