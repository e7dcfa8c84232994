"""Files of one shape, one behind the other: `part-*.csv`."""

from __future__ import annotations

import glob
import os.path
from collections.abc import Iterator, Sequence
from typing import Any

from losscli.data.column_names import natural_key
from losscli.data.columns import BY_POSITION, Column
from losscli.data.mapped import release, rows_per_read
from losscli.errors import InputError, UsageError, Warned, counted
from losscli.numeric.lazy import np
from losscli.sources.table import Table, cells_of

__all__ = ["Several", "matching"]


def matching(pattern: str) -> list[str]:
    """The files that a pattern names, part-2 before part-10."""
    return sorted((f for f in glob.glob(pattern, recursive=True) if os.path.isfile(f)), key=natural_key)


class Several:
    """The tables of some files as one: the rows run on from file to file."""

    def __init__(self, label: str, tables: Sequence[Table]) -> None:
        self.label, self.tables = label, tables
        first = tables[0]
        self.names = first.names
        for table in tables[1:]:
            if sorted(table.names) != sorted(first.names) or (not first.names and table.width() != first.width()):
                if self.question is not None:
                    raise self.question
                raise InputError(f"the files of {label} differ: {first.label} has {_columns(first)}, but {table.label} {_columns(table)}")

    @property
    def files(self) -> list[str]:
        """The names of what is read."""
        return [t.label for t in self.tables]

    @property
    def header(self) -> bool | None:
        """Whether the files have headers; None where they are no text."""
        return getattr(self.tables[0], "header", None)

    @property
    def doubt(self) -> Warned | None:
        return next((d for t in self.tables if (d := getattr(t, "doubt", None)) is not None), None)

    @property
    def unsettled(self) -> bool:
        return any(getattr(t, "unsettled", False) for t in self.tables)

    @property
    def question(self) -> UsageError | None:
        """What is asked of the first lines, unless a column was named."""
        return getattr(self.tables[0], "question", None)

    @property
    def used(self) -> bool:
        return any(getattr(t, "used", False) for t in self.tables)

    @property
    def warnings(self) -> list[Warned]:
        return [w for t in self.tables for w in getattr(t, "warnings", ())]

    def with_header(self) -> Several:
        """The same files, the first line of each a header."""
        return Several(self.label, [t.with_header() if hasattr(t, "with_header") else t for t in self.tables])

    def width(self) -> int:
        return self.tables[0].width()

    def has(self, name: str) -> bool:
        return self.tables[0].has(name)

    def by_position(self, at: int) -> str:
        """The key of a column that its name cannot tell from another."""
        exact = getattr(self.tables[0], "by_position", None)
        key = exact(at) if exact else self.names[at]
        if key.startswith(BY_POSITION) and (other := next((t for t in self.tables if t.names != self.names), None)) is not None:
            raise InputError(
                f"::{at} of {self.label}: {self.tables[0].label} and {other.label} have their columns in another order, "
                f"and several are called {self.names[at]!r}"
            )
        return key

    def all(self) -> Column:
        one = self.tables[0].all()
        return Column(self.label, stream=self, keys=one.keys or ("",), stacked=one.stacked, decimal=one.decimal)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        first = self.tables[0].columns(names, False, label)  # says what is wrong with them
        return Column(label, stream=self, keys=tuple(names), stacked=stacked, decimal=first.decimal)

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids."""
        return [x for table in self.tables for x in table.texts(name)]

    def cells(self, name: str) -> Iterator[bytes]:
        """A column as it is written, a line for each row, some rows at a time."""
        for table in self.tables:
            yield from cells_of(table, name)

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        for table in self.tables:
            yield from _chunks(table, keys)

    def place(self, row: int) -> str:
        for table in self.tables:
            rows = sum(len(x) for chunk in _chunks(table, (self.names or ("",))[:1]) for x in chunk.values())
            if row < rows:
                line = table.place(row) if hasattr(table, "place") else ""
                return f"{table.label}, {line}" if line else table.label
            row -= rows
        return ""


def _chunks(table: Table, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The columns of a table, a stream or not."""
    if hasattr(table, "chunks"):
        yield from table.chunks(keys)
        return
    found = {k: table.columns((k,), False, f"{table.label}::{k}") if table.names or k else table.all() for k in keys}
    arrays = {k: np.atleast_1d(column.whole()) for k, column in found.items()}
    rows = {len(x) for x in arrays.values()}
    if len(rows) > 1:
        said = ", ".join(f"{k} {counted(len(x), 'row')}" for k, x in arrays.items())
        raise InputError(f"{table.label}: the columns differ in length: {said}")
    step = rows_per_read(list(arrays.values()))
    for at in range(0, rows.pop(), step):
        yield {k: x[at : at + step] for k, x in arrays.items()}
        release(list(arrays.values()))


def _columns(table: Table) -> str:
    return ", ".join(table.names[:15]) + (", …" if len(table.names) > 15 else "") if table.names else counted(table.width(), "column")
