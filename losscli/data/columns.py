"""A role's column of rows, in memory or read as a stream, and how its cells become numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from losscli.data.cells import explain_word, read_number
from losscli.data.groups import Groups
from losscli.data.kept import Kept
from losscli.data.labels import Labels
from losscli.errors import InputError, counted
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["BY_POSITION", "Column", "Source", "Stream", "shown"]

BY_POSITION = "\0"  # begins the key of a column whose name is not unique


class Stream(Protocol):
    """Rows that can be read again from the start, a chunk at a time."""

    def chunks(self, keys: Sequence[str]) -> Iterator[Mapping[str, Array]]:
        """Chunks of some columns, each an array with the rows first. A column with cells that are not numbers is an array of objects."""
        ...

    def place(self, row: int) -> str:
        """The place of a row in its file, as an editor shows it: 'line 5', or ''."""
        ...


class Source(str):
    """The text of the source of a role, which a user can paste back; `short` is the form for a table."""

    short: str

    def __new__(cls, text: str, short: str) -> Source:
        source = super().__new__(cls, text)
        source.short = short
        return source


def shown(source: str) -> str:
    """The short form of a source, for a table."""
    return source.short if isinstance(source, Source) else source


class Column(Record):
    """The data of a role: an array, or columns of a stream (several columns are stacked along the last axis).

    An array without axes is one number for all rows.
    """

    label: str  # for messages: the source as the user wrote it, or short
    array: Array | None = None
    stream: Stream | None = None
    keys: tuple[str, ...] = ()
    stacked: bool = False
    listed: Source | None = None  # the source with all its columns, where `label` is shortened
    names: tuple[str, ...] = ()  # the names of the columns in the header
    labels: Labels | None = None  # reads labels that are words, or numbers that name classes
    groups: Groups | None = None  # reads cells as the codes of groups of rows
    decimal: str = "."  # the decimal mark of text
    hint: str = ""  # advice for an error about a cell that is a word
    origin: tuple[Column, Array] | None = None  # the column that these rows are from, and the place of each row there
    kept: Kept | None = None  # the rows that it has, where conditions leave others out

    @property
    def source(self) -> Source:
        """The source of the column, for a result."""
        return self.listed or Source(self.label, self.label)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes 0, 1, 2 …; () where labels are numbers."""
        return self.labels.classes if self.labels is not None else ()

    @property
    def rows(self) -> int | None:
        """The number of rows of an array; None for a stream, and for one number for all rows."""
        return len(self.array) if self.array is not None and self.array.ndim else None

    def take(self, rows: Any) -> Column:
        """Some rows of an array. A stream, and one number for all rows, are returned unchanged."""
        if self.array is None or not self.array.ndim:
            return self
        return self.but(array=self.array[rows], origin=None, kept=None)

    def only(self, kept: Kept) -> Column:
        """The kept rows. One row, or one number, for all rows is returned unchanged. Raises InputError for another number of rows."""
        if self.array is None:
            return self.but(stream=kept.stream_of(self.stream), kept=kept)
        if not self.array.ndim or len(self.array) == 1 != kept.total:
            return self
        if len(self.array) != kept.total:
            counts = f"--where has {counted(kept.total, 'row')}, {self.label} has {counted(len(self.array), 'row')}"
            raise InputError(f"the numbers of rows differ: {counts}")
        rows = kept.rows_of(self.array)
        if isinstance(rows, np.ndarray):
            return self.but(array=rows, kept=kept)
        return self.but(array=None, stream=rows, keys=("",), stacked=False, kept=kept)

    def describe_row(self, row: int) -> str:
        """'row 3 (line 5)': the place of a row, given by its number in its file."""
        if self.origin is not None:
            column, order = self.origin
            return column.describe_row(int(order[row]))
        line = self.stream.place(row) if self.stream is not None else ""
        return f"row {row} ({line})" if line else f"row {row}"

    def _place(self, row: int) -> str:
        """The place of one of the rows that the column has."""
        return self.describe_row(row if self.kept is None else self.kept.number(row))

    def values(self, parts: Sequence[Array], start: int) -> Array:
        """The numbers of a chunk that begins at row `start`, from one array for each key. Raises InputError for a cell that is a word."""
        if self.groups is not None:
            columns = parts if self.stream is not None or not self.stacked else parts[0].T
            return self.groups.codes(list(columns), self.number, lambda row: f"{self.label}: {self._place(start + row)}")
        if self.stream is None:
            return self._numbers(parts[0], start, "")
        return self._beside([self._numbers(p, start, key) for p, key in zip(parts, self.keys, strict=True)])

    def _beside(self, parts: Sequence[Array]) -> Array:
        """The only array, or several along a new last axis. Raises InputError for arrays of different shapes."""
        if not self.stacked:
            return parts[0]
        for key, x in zip(self.keys, parts, strict=True):
            if x.shape != parts[0].shape:
                raise InputError(
                    f"{self.label}: its columns cannot stand side by side: a row of {self.keys[0]} has the shape {parts[0].shape[1:]}, of"
                    f" {key} {x.shape[1:]}: choose one of them, or columns of one shape"
                )
        return np.stack(parts, -1)

    def cells(self) -> Iterator[list[Array]]:
        """All rows, a chunk at a time, as one array for each key; words stay words."""
        if self.array is not None:
            yield [self.array]
        elif self.stream is not None:
            for chunk in self.stream.chunks(self.keys):
                yield [chunk[k] for k in self.keys]

    def whole(self) -> Array:
        """All rows at once; words stay words. Raises InputError where rows differ in shape."""
        if self.array is not None:
            return self.array
        chunks: list[list[Array]] = []
        rows = 0
        for chunk in self.cells():
            chunks.append(chunk)
            self.check_shapes(chunks[0], chunk, rows)
            rows += len(chunk[0])
        parts = [np.concatenate([c[i] for c in chunks]) if chunks else np.zeros(0) for i in range(len(self.keys))]
        return self._beside(parts)

    def check_shapes(self, before: Sequence[Array], parts: Sequence[Array], start: int) -> None:
        """Raise InputError where the rows of a chunk that begins at row `start` have another shape than those before."""
        for a, b in zip(before, parts, strict=True):
            if a.shape[1:] != b.shape[1:]:
                raise InputError(
                    f"{self.label}: {self._place(start)} has the shape {b.shape[1:]}, but the rows before it have {a.shape[1:]}"
                )

    def number(self, cell: Any) -> float | None:
        """A cell as a number; None for a word."""
        return read_number(cell, self.decimal)

    def _numbers(self, x: Array, start: int, key: str) -> Array:
        if self.labels is not None:
            return self.labels.indices(x, self.number, lambda row: f"{self.label}: {self._place(start + row)}")
        if x.dtype.kind not in "OU":
            return x
        numbers = list(map(self.number, x.reshape(-1).tolist()))
        if None in numbers:
            raise self._not_a_number(x, numbers.index(None), start, key)
        return np.array(numbers, np.float64).reshape(x.shape)

    def _not_a_number(self, x: Array, at: int, start: int, key: str) -> InputError:
        """The error for a cell that is a word; `at` is its index in the flat chunk."""
        row = start + (at * len(x) // x.size if x.ndim else 0)
        column = f" in column {key.replace(BY_POSITION, '::')!r}" if self.stacked and key else ""
        cell = x.reshape(-1)[at]
        advice = explain_word(cell, self.decimal) or (f": {self.hint}" if self.hint else "")
        return InputError(f"{self.label}: {self._place(row)}{column}: {str(cell)!r} is not a number{advice}")
