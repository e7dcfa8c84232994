"""Named columns of rows, from arrays or streams, cut into blocks whose boundaries depend on the row number alone."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from losscli import meter
from losscli.cells import MISSING, read_number, why
from losscli.errors import InputError, counted
from losscli.record import Record

__all__ = [
    "BY_POSITION",
    "MAPPED",
    "MISSING",
    "Block",
    "Column",
    "Data",
    "Naming",
    "Source",
    "Stream",
    "let_go",
    "read_number",
    "rows_at_a_time",
    "shown",
    "watch",
]

MAPPED = 2**24  # bytes of files mapped into memory that are read before they are let go of


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
        said = why(cell, self.decimal) or (f": {self.hint}" if self.hint else "")
        return InputError(f"{self.label}: {self.row(row)}{which}: {str(cell)!r} is not a number{said}")


BY_POSITION = "\0"  # begins the key of a column that its name cannot tell from another


class Block(Record):
    """Some rows of every column, and where they stand."""

    start: int
    rows: int
    columns: Mapping[str, Any]
    origin: Any = None  # the numbers that the rows have in their file, where rows were left out

    def row(self, at: int) -> int:
        """The number that row `at` of the block has in its file."""
        return int(self.start + at if self.origin is None else self.origin[at])

    def split(self, rows: int) -> Iterator[Block]:
        """The same rows in blocks of fewer."""
        if self.rows <= rows:
            yield self
            return
        for a in range(0, self.rows, rows):
            yield self.cut(a, min(a + rows, self.rows))

    def take(self, at: Any) -> Block:
        """Some of its rows, in any order, as a block of their own."""
        return Block(0, len(at), {n: x[at] for n, x in self.columns.items()}, None if self.origin is None else self.origin[at])

    def cut(self, a: int, b: int) -> Block:
        origin = None if self.origin is None else self.origin[a:b]
        return Block(self.start + a, b - a, {n: x[a:b] for n, x in self.columns.items()}, origin)


@dataclass
class Data:
    """Columns with the same rows. `chunks` limits what is held of a stream or an array at a time; the blocks are the same for any."""

    columns: dict[str, Column]
    omit: bool = False  # leave out the rows in which any column is NaN
    chunk: int | None = None
    read: int = 0  # rows read in the last complete pass

    @cached_property
    def first(self) -> Block:
        """The first rows, so that their shapes can be seen."""
        return next(self.blocks(1), Block(0, 0, {n: np.zeros(0) for n in self.columns}))

    def all(self) -> dict[str, Any]:
        """Every column, whole. Raises InputError for what is no number."""
        parts = list(self.chunks())
        return {n: np.concatenate([p[n] for p in parts]) if parts else np.zeros(0) for n in self.columns}

    def chunks(self) -> Iterator[dict[str, Any]]:
        """All columns, some rows at a time, in step. Raises InputError where they have different numbers of rows."""
        arrays = {n: c for n, c in self.columns.items() if c.array is not None}
        streams: dict[int, tuple[Stream, list[str]]] = {}
        for n, c in self.columns.items():
            if c.stream is not None:
                streams.setdefault(id(c.stream), (c.stream, []))[1].append(n)
        known = {n: c.rows for n, c in arrays.items() if c.rows is not None}
        lengths = set(known.values())
        if len(lengths) > 1:
            raise self._uneven(known)
        mapped = [c.array for c in arrays.values() if _mapped(c.array) is not None]
        most = self.chunk or (2**18 if self.omit else rows_at_a_time(mapped) if mapped else None)
        feeds = [_Feed(stream, {n: self.columns[n] for n in names}) for stream, names in streams.values()]
        at, total = 0, lengths.pop() if lengths else None
        while True:
            _check_unchanged(mapped)
            ready = [f.ready(at) for f in feeds]
            rows = min([*ready, *([total - at] if total is not None else [])])
            if rows == 0:
                break
            rows = min(rows, most or rows)
            found = {name: c.values([_rows(c.array, at, rows)], at) for name, c in arrays.items()}
            for f in feeds:
                found |= f.take(rows)
            yield {name: found[name] for name in self.columns}
            at += rows
            let_go(mapped)
        counts = {n: f.count() for f in feeds for n in f.columns} | known
        if len(set(counts.values())) > 1:
            raise self._uneven(counts)

    def _uneven(self, counts: Mapping[str, int]) -> InputError:
        # By the name of the role alone, each source once: a comparison has the same target under several names.
        found = {(n.rpartition(".")[2], self.columns[n].label): k for n, k in counts.items()}
        said = "; ".join(f"{n} has {counted(k, 'row')} ({label})" for (n, label), k in found.items())
        doubts = {d.message for c in self.columns.values() if (d := getattr(c.stream, "doubt", None)) is not None}
        return InputError("; ".join([f"the numbers of rows differ: {said}", *sorted(doubts)]))

    def blocks(self, rows: int) -> Iterator[Block]:
        """Blocks of `rows` rows each but the last, whatever the chunks."""
        held: list[Block] = []
        start = read = waiting = 0
        total = max((c.rows or 0 for c in self.columns.values()), default=0)
        for chunk in self.chunks():
            n = len(next(iter(chunk.values())))
            numbers = np.arange(read, read + n) if self.omit else None
            read += n
            if self.omit:
                gone = np.any([np.isnan(x.reshape(n, -1)).any(-1) for x in chunk.values() if x.dtype.kind == "f"] or [[False] * n], 0)
                if gone.any():
                    chunk, numbers = {k: x[~gone] for k, x in chunk.items()}, numbers[~gone]  # type: ignore[index]
            part = Block(0, len(next(iter(chunk.values()))), chunk, numbers)
            held.append(part)
            waiting += part.rows
            if waiting < rows:
                continue
            whole = _joined(start, held)
            full = whole.rows // rows * rows
            for at in range(0, full, rows):
                meter.rows(start + at, total)
                yield whole.cut(at, at + rows)
            rest = whole.cut(full, whole.rows)
            start, waiting, held = rest.start, rest.rows, [rest] if rest.rows else []
        self.read = read
        if waiting:
            meter.rows(start, total)
            yield _joined(start, held)
        meter.rows(start + waiting, total)


def _rows(x: Any, at: int, rows: int) -> Any:
    """Some rows of an array; one number is the same in all of them."""
    return x[at : at + rows] if x.ndim else np.broadcast_to(x, (rows,))


def _joined(start: int, parts: Sequence[Block]) -> Block:
    """Some blocks as one."""
    if len(parts) == 1:
        return Block(start, parts[0].rows, parts[0].columns, parts[0].origin)
    columns = {n: np.concatenate([p.columns[n] for p in parts]) for n in parts[0].columns}
    origin = None if parts[0].origin is None else np.concatenate([p.origin for p in parts])
    return Block(start, sum(p.rows for p in parts), columns, origin)


def _mapped(x: Any) -> mmap.mmap | None:
    """The pages of the file that an array is a view of, for reading only: others could lose what was written to them."""
    while isinstance(x, np.ndarray) and hasattr(mmap, "MADV_DONTNEED"):
        if isinstance(x, np.memmap) and x.mode == "r" and isinstance(x.base, mmap.mmap):
            return x.base
        x = x.base
    return None


_WATCHED: WeakKeyDictionary[mmap.mmap, Callable[[], None]] = WeakKeyDictionary()


def watch(array: Any, check: Callable[[], None]) -> None:
    """Call `check` whenever more of a mapped array is read: what is written to its file shows, and what is cut off kills the process."""
    if (pages := _mapped(array)) is not None:
        _WATCHED[pages] = check


def _check_unchanged(arrays: Sequence[Any]) -> None:
    """Raise InputError for a mapped file that is no longer what it was."""
    for x in arrays:
        if (pages := _mapped(x)) is not None and pages in _WATCHED:
            _WATCHED[pages]()


def rows_at_a_time(arrays: Sequence[Any]) -> int:
    """How many rows of some arrays in files are read before they are let go of: a power of two, as the rows of a block are."""
    return 1 << (MAPPED // max(1, sum(x[:1].nbytes for x in arrays))).bit_length()


def let_go(arrays: Sequence[Any]) -> None:
    """What was read of mapped files counts as this process's memory until it lets go of it; it stays in the system's cache."""
    _check_unchanged(arrays)
    for x in arrays:
        if (pages := _mapped(x)) is not None:
            pages.madvise(mmap.MADV_DONTNEED)


class _Feed:
    """A stream's columns as numbers, taken out in pieces of any size."""

    def __init__(self, stream: Stream, columns: Mapping[str, Column]) -> None:
        self.columns = columns
        self.keys = list(dict.fromkeys(k for c in columns.values() for k in c.keys))
        self.chunks = stream.chunks(self.keys)
        self.first: dict[str, Any] = {}  # no rows, but their shape
        self.held: dict[str, Any] = {}
        self.taken = 0
        self.waiting = 0

    def ready(self, at: int) -> int:
        """How many rows can be taken; 0 at the end."""
        if self.waiting == 0:
            for chunk in self.chunks:
                n = len(next(iter(chunk.values())))
                if n:
                    self.first = self.first or {k: x[:0] for k, x in chunk.items()}
                    for c in self.columns.values():
                        c.check_shapes([self.first[k] for k in c.keys], [chunk[k] for k in c.keys], at)
                    self.held = {name: c.values([chunk[k] for k in c.keys], at) for name, c in self.columns.items()}
                    self.waiting = n
                    break
        return self.waiting

    def take(self, n: int) -> dict[str, Any]:
        """The next n rows of each column."""
        part = {name: x[:n] for name, x in self.held.items()}
        self.held = {name: x[n:] for name, x in self.held.items()}
        self.taken, self.waiting = self.taken + n, self.waiting - n
        return part

    def count(self) -> int:
        """All rows of the stream, the rest read through."""
        rest = sum(len(next(iter(c.values()))) for c in self.chunks)
        return self.taken + self.waiting + rest
