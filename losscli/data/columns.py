"""Named columns of rows, from arrays or streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from losscli.data.cells import explain_word, read_number
from losscli.errors import InputError

__all__ = ["BY_POSITION", "Column", "Naming", "Source", "Stream", "shown"]


class Stream(Protocol):
    """Rows that can be read again from the start, a chunk at a time."""

    def chunks(self, keys: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Chunks of the columns asked for, each an array with the rows first; cells that are no numbers make an array of objects."""

    def place(self, row: int) -> str:
        """Where a row stands, as an editor shows it: 'line 5', or ''."""


class Naming(Protocol):
    """What the labels of a column stand for."""

    classes: tuple[str, ...]
    codes: tuple[float, ...]  # what the classes stand for, where that is not 0, 1, 2 …
    order: tuple[int, ...]  # the classes that --classes names, one after the other
    given: float | None  # the label that is no class
    ignored: float | None  # its index
    warning: str  # what to say where numbers were taken for places
    by_place: bool  # whether they were
    places: bool  # whether numbers would be

    @property
    def shown(self) -> Mapping[int, str]:
        """What each index is called."""

    def indices(self, column: Column, x: Any, start: int) -> Any:
        """The class index of each label of a chunk that begins at row `start`."""


class Source(str):
    """What a role was made from, as it can be pasted back; `short` is what a table shows of it."""

    short: str

    def __new__(cls, text: str, short: str) -> Source:
        made = super().__new__(cls, text)
        made.short = short
        return made


def shown(source: str) -> str:
    """What a table shows of where a role is from."""
    return source.short if isinstance(source, Source) else source


@dataclass(frozen=True)
class Column:
    """What a role is made from: an array in memory, or columns of a stream (several are stacked behind each other).

    An array without axes is one number for all rows.
    """

    label: str  # for messages: as it was written, or short
    array: Any = None
    stream: Stream | None = None
    keys: tuple[str, ...] = ()
    stacked: bool = False
    listed: Source | None = None  # several columns, all of them
    names: tuple[str, ...] = ()  # what a header calls the columns
    labels: Naming | None = None  # of labels that are words, or numbers that name classes
    decimal: str = "."  # the decimal mark of its text
    hint: str = ""  # what to do about a word
    moved: tuple[Column, Any] | None = None  # the column whose rows these are, and where each of them stood there

    @property
    def source(self) -> Source:
        """Where it is from, for a result."""
        return self.listed or Source(self.label, self.label)

    @property
    def classes(self) -> tuple[str, ...]:
        """The words that stand for 0, 1, 2 …"""
        return self.labels.classes if self.labels is not None else ()

    @property
    def rows(self) -> int | None:
        """How many rows there are in memory; None for a stream, and for one number, which has as many as are needed."""
        return len(self.array) if self.array is not None and self.array.ndim else None

    def at(self, rows: Any) -> Column:
        """Some rows of what is in memory."""
        return self if self.rows is None else replace(self, array=self.array[rows], moved=None)

    def place(self, row: int) -> str:
        """' (line 5)', where rows of this column have lines."""
        where = self.stream.place(row) if self.stream is not None else ""
        return f" ({where})" if where else ""

    def row(self, row: int) -> str:
        """'row 3 (line 5)': where a row stands in its own file."""
        if self.moved is not None:
            column, order = self.moved
            return column.row(int(order[row]))
        return f"row {row}{self.place(row)}"

    def values(self, parts: Sequence[Any], start: int) -> Any:
        """The numbers of a chunk that begins at row `start`."""
        if self.stream is None:
            return self._numbers(parts[0], start, "")
        parts = [self._numbers(p, start, key) for p, key in zip(parts, self.keys, strict=True)]
        return np.stack(parts, -1) if self.stacked else parts[0]

    def whole(self) -> Any:
        """All rows at once, words as they are."""
        if self.stream is None:
            return self.array
        chunks: list[list[Any]] = []
        rows = 0
        for chunk in self.stream.chunks(self.keys):
            chunks.append([chunk[k] for k in self.keys])
            self.check_shapes(chunks[0], chunks[-1], rows)
            rows += len(chunks[-1][0])
        parts = [np.concatenate([c[i] for c in chunks]) if chunks else np.zeros(0) for i in range(len(self.keys))]
        return np.stack(parts, -1) if self.stacked else parts[0]

    def check_shapes(self, before: Sequence[Any], parts: Sequence[Any], start: int) -> None:
        """Raise InputError where the rows of a chunk that begins at row `start` are not shaped as those before."""
        for a, b in zip(before, parts, strict=True):
            if a.shape[1:] != b.shape[1:]:
                raise InputError(f"{self.label}: {self.row(start)} has the shape {b.shape[1:]}, but the rows before it have {a.shape[1:]}")

    def number(self, cell: Any) -> float | None:
        """A cell as a number, None for a word."""
        return read_number(cell, self.decimal)

    def _numbers(self, x: Any, start: int, key: str) -> Any:
        if self.labels is not None:
            return self.labels.indices(self, x, start)
        if x.dtype.kind not in "OU":
            return x
        found = list(map(self.number, x.reshape(-1).tolist()))
        if None in found:
            raise self._no_number(x, found.index(None), start, key)
        return np.array(found, np.float64).reshape(x.shape)

    def _no_number(self, x: Any, at: int, start: int, key: str) -> InputError:
        row = start + at * len(x) // x.size
        which = f" in column {key.replace(BY_POSITION, '::')!r}" if self.stacked and key else ""
        cell = x.reshape(-1)[at]
        said = explain_word(cell, self.decimal) or (f": {self.hint}" if self.hint else "")
        return InputError(f"{self.label}: {self.row(row)}{which}: {str(cell)!r} is not a number{said}")


BY_POSITION = "\0"  # begins the key of a column that its name cannot tell from another
