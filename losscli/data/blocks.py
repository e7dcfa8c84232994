"""Columns cut into blocks. The boundaries depend on the row number alone, never on the chunks of a reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from losscli.data import progress
from losscli.data.columns import Column, Stream
from losscli.data.kept import Kept
from losscli.data.mapped import check_unchanged, mmap_of, release, rows_of, rows_per_read
from losscli.errors import InputError, counted
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["Block", "Data"]

OMIT_CHUNK = 2**18  # rows of a chunk where rows are omitted, since the rows that remain are copied


class Block(Record):
    """Some rows of every column, and the place of the first."""

    start: int
    rows: int
    columns: Mapping[str, Array]
    origin: Array | None = None  # the numbers of the rows in their file, where rows were left out

    def row(self, at: int) -> int:
        """The number of row `at` of the block in its file."""
        return int(self.start + at if self.origin is None else self.origin[at])

    @property
    def row_numbers(self) -> Array:
        """The numbers of all its rows in their file."""
        return np.arange(self.start, self.start + self.rows) if self.origin is None else self.origin

    def split(self, rows: int) -> Iterator[Block]:
        """The same rows in smaller blocks."""
        if self.rows <= rows:
            yield self
            return
        for a in range(0, self.rows, rows):
            yield self.cut(a, min(a + rows, self.rows))

    def take(self, at: Array) -> Block:
        """Some rows, in any order, as a block that starts at 0."""
        return Block(0, len(at), {n: x[at] for n, x in self.columns.items()}, None if self.origin is None else self.origin[at])

    def cut(self, a: int, b: int) -> Block:
        """The rows from `a` up to `b`."""
        origin = None if self.origin is None else self.origin[a:b]
        return Block(self.start + a, b - a, {n: x[a:b] for n, x in self.columns.items()}, origin)


class Data:
    """Columns with the same rows. `chunk` limits how many rows are in memory at a time; the blocks are the same for any limit."""

    def __init__(self, columns: dict[str, Column], omit: bool = False, chunk: int | None = None) -> None:
        self.columns = columns
        self.omit = omit  # omit the rows in which any column is NaN
        self.chunk = chunk
        self.read = 0  # the rows of the last complete pass

    @cached_property
    def first(self) -> Block:
        """A block of the first row, for its shapes; a block without rows where there is none."""
        return next(self.blocks(1), None) or Block(0, 0, {n: _no_rows(c) for n, c in self.columns.items()})

    @property
    def kept(self) -> Kept | None:
        """The rows that conditions keep; None without conditions."""
        return next((c.kept for c in self.columns.values() if c.kept is not None), None)

    @property
    def rows_in_memory(self) -> int | None:
        """The number of rows where all columns are arrays in memory that agree on it, and no row is left out; else None."""
        columns = self.columns.values()
        lengths = {len(c.array) for c in columns if c.array is not None and c.array.ndim}
        if self.omit or self.chunk or len(lengths) != 1 or any(c.array is None or c.kept is not None for c in columns):
            return None
        return None if any(mmap_of(c.array) is not None for c in columns) else lengths.pop()

    def all(self) -> dict[str, Array]:
        """All rows of every column. Raises InputError for a cell that is no number."""
        parts = list(self.chunks())
        return {n: np.concatenate([p[n] for p in parts]) if parts else np.zeros(0) for n in self.columns}

    def chunks(self) -> Iterator[dict[str, Array]]:
        """The same rows of all columns, a chunk at a time. Raises InputError where columns differ in their number of rows."""
        try:
            yield from self._chunks()
        except InputError:
            for column in self.columns.values():  # a file that changed is the cause of any other error
                getattr(column.stream, "check_unchanged", lambda: None)()
            raise

    def _chunks(self) -> Iterator[dict[str, Array]]:
        arrays = {n: c.array for n, c in self.columns.items() if c.array is not None}
        lengths = {n: len(x) for n, x in arrays.items() if x.ndim}
        if len(set(lengths.values())) > 1:
            raise self._uneven(lengths)
        total = next(iter(lengths.values()), None)
        mapped = [x for x in arrays.values() if mmap_of(x) is not None]
        most = self.chunk or (OMIT_CHUNK if self.omit else rows_per_read(mapped) if mapped else None)
        feeds = self._feeds()
        at = 0
        while True:
            check_unchanged(mapped)
            rows = min([*(f.ready(at) for f in feeds), *([total - at] if total is not None else [])])
            if rows == 0:
                break
            rows = min(rows, most or rows)
            read = {id(x): _rows(x, at, rows) for x in {id(x): x for x in arrays.values()}.values()}  # one array may have several names
            numbers = {name: self.columns[name].values([read[id(x)]], at) for name, x in arrays.items()}
            for f in feeds:
                numbers |= f.take(rows)
            yield {name: numbers[name] for name in self.columns}
            at += rows
            release(mapped)
        counts = {n: f.count() for f in feeds for n in f.columns} | lengths
        if len(set(counts.values())) > 1:
            raise self._uneven(counts)

    def _feeds(self) -> list[_Feed]:
        """One feed for each stream, with all its columns."""
        streams: dict[int, tuple[Stream, dict[str, Column]]] = {}
        for n, c in self.columns.items():
            if c.stream is not None:
                streams.setdefault(id(c.stream), (c.stream, {}))[1][n] = c
        return [_Feed(stream, columns) for stream, columns in streams.values()]

    def _uneven(self, counts: Mapping[str, int]) -> InputError:
        # Name only the role, and each source once: a comparison has the same target under several names.
        sources = {(n.rpartition(".")[2], self.columns[n].label): k for n, k in counts.items()}
        listed = "; ".join(f"{n} has {counted(k, 'row')} ({label})" for (n, label), k in sources.items())
        doubts = {d.message for c in self.columns.values() if (d := getattr(c.stream, "doubt", None)) is not None}
        single = [n for (n, label), k in sources.items() if k == 1 and label == "inline"]
        if single and len({*sources.values()} - {1}) == 1 and list(sources.values()).count(1) == len(single):
            listed += f"; to use the one number of {' and '.join(single)} for all rows add --broadcast"
        return InputError("; ".join([f"the numbers of rows differ: {listed}", *sorted(doubts)]))

    def blocks(self, rows: int) -> Iterator[Block]:
        """Blocks of `rows` rows each; the last has the remaining rows."""
        parts: list[Block] = []
        start = read = waiting = 0  # the first row of the next block, the rows read, and the rows that wait for a full block
        total = max((c.rows or 0 for c in self.columns.values()), default=0)
        for chunk in self.chunks():
            part = self._part(chunk, read)
            read += len(next(iter(chunk.values())))
            parts.append(part)
            waiting += part.rows
            if waiting < rows:
                continue
            whole = _joined(start, parts)
            full = whole.rows // rows * rows
            for at in range(0, full, rows):
                progress.report_rows(start + at, total)
                yield whole.cut(at, at + rows)
            rest = whole.cut(full, whole.rows)
            start, waiting, parts = rest.start, rest.rows, [rest] if rest.rows else []
        self.read = read
        if waiting:
            progress.report_rows(start, total)
            yield _joined(start, parts)
        progress.report_rows(start + waiting, total)

    def _part(self, chunk: dict[str, Array], read: int) -> Block:
        """A chunk as a block, without the omitted rows; `read` is the number of rows before it."""
        n, kept = len(next(iter(chunk.values()))), self.kept
        if not self.omit:
            return Block(0, n, chunk, None if kept is None else kept.numbers(read, read + n))
        numbers = np.arange(read, read + n) if kept is None else kept.numbers(read, read + n)
        missing = [np.isnan(x.reshape(n, -1)).any(-1) for x in chunk.values() if x.dtype.kind == "f"]
        if missing and (omitted := np.any(missing, 0)).any():
            chunk, numbers = {k: x[~omitted] for k, x in chunk.items()}, numbers[~omitted]
        return Block(0, len(numbers), chunk, numbers)


def _no_rows(column: Column) -> Array:
    """An array without rows, in the shape of the rows of a column if that is known."""
    for parts in column.cells():
        return column.values([x[:0] for x in parts], 0)
    return np.zeros((0, len(column.keys)) if column.stacked else 0)


def _rows(x: Array, at: int, rows: int) -> Array:
    """Some rows of an array; a single number is repeated for each row."""
    return rows_of(x, at, at + rows) if x.ndim else np.broadcast_to(x, (rows,))


def _joined(start: int, parts: Sequence[Block]) -> Block:
    """Several blocks joined to one. A comparison has the same arrays under many names: they are joined once."""
    if len(parts) == 1:
        return Block(start, parts[0].rows, parts[0].columns, parts[0].origin)
    joined: dict[tuple[object, ...], Array] = {}
    columns = {}
    for n in parts[0].columns:
        arrays = [p.columns[n] for p in parts]
        memory = tuple((x.__array_interface__["data"][0], x.shape, x.strides, x.dtype.str) for x in arrays)
        if memory not in joined:
            joined[memory] = np.concatenate(arrays)
        columns[n] = joined[memory]
    origins = [p.origin for p in parts if p.origin is not None]
    return Block(start, sum(p.rows for p in parts), columns, np.concatenate(origins) if origins else None)


class _Feed:
    """The columns of one stream as numbers, taken in pieces of any size."""

    def __init__(self, stream: Stream, columns: Mapping[str, Column]) -> None:
        self.columns = columns
        self.keys = list(dict.fromkeys(k for c in columns.values() for k in c.keys))
        self.chunks = stream.chunks(self.keys)
        self.first: dict[str, Array] = {}  # arrays without rows, in the shape of the first chunk
        self.rest: dict[str, Array] = {}  # the rows of the last chunk that are not taken yet
        self.taken = 0
        self.waiting = 0  # the number of these rows

    def ready(self, at: int) -> int:
        """The number of rows that can be taken now, after `at` rows; 0 at the end of the stream."""
        if self.waiting == 0:
            for chunk in self.chunks:
                n = len(next(iter(chunk.values())))
                if n:
                    self.first = self.first or {k: x[:0] for k, x in chunk.items()}
                    for c in self.columns.values():
                        c.check_shapes([self.first[k] for k in c.keys], [chunk[k] for k in c.keys], at)
                    self.rest = {name: c.values([chunk[k] for k in c.keys], at) for name, c in self.columns.items()}
                    self.waiting = n
                    break
        return self.waiting

    def take(self, n: int) -> dict[str, Array]:
        """The next n rows of each column."""
        part = {name: x[:n] for name, x in self.rest.items()}
        self.rest = {name: x[n:] for name, x in self.rest.items()}
        self.taken, self.waiting = self.taken + n, self.waiting - n
        return part

    def count(self) -> int:
        """The number of rows of the stream, which is read to its end."""
        rest = sum(len(next(iter(c.values()))) for c in self.chunks)
        return self.taken + self.waiting + rest
