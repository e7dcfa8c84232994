"""Columns cut into blocks whose boundaries depend on the row number alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from losscli.data import progress
from losscli.data.columns import Column, Stream
from losscli.data.mapped import check_unchanged, mmap_of, release, rows_per_read
from losscli.errors import InputError, counted
from losscli.record import Record

__all__ = ["Block", "Data"]


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
        mapped = [c.array for c in arrays.values() if mmap_of(c.array) is not None]
        most = self.chunk or (2**18 if self.omit else rows_per_read(mapped) if mapped else None)
        feeds = [_Feed(stream, {n: self.columns[n] for n in names}) for stream, names in streams.values()]
        at, total = 0, lengths.pop() if lengths else None
        while True:
            check_unchanged(mapped)
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
            release(mapped)
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
                progress.report_rows(start + at, total)
                yield whole.cut(at, at + rows)
            rest = whole.cut(full, whole.rows)
            start, waiting, held = rest.start, rest.rows, [rest] if rest.rows else []
        self.read = read
        if waiting:
            progress.report_rows(start, total)
            yield _joined(start, held)
        progress.report_rows(start + waiting, total)


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
