"""The rows of a file that are kept, where conditions leave others out. A reader behind it sees a file with only these rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from losscli.data.mapped import mmap_of, release, rows_of, rows_per_read
from losscli.errors import DataWarning, InputError, counted
from losscli.numeric.lazy import Array

__all__ = ["Kept", "SliceRows"]

PART = 2**16  # rows of the file whose numbers are made at a time


class Kept:
    """Which rows of a file are kept: one boolean a row, so that a large file takes a byte a row.

    `texts` are the conditions; `hint` says what may be wrong with them if no row is kept.
    """

    def __init__(self, mask: Array, texts: Sequence[str], hint: str = "") -> None:
        self.mask, self.texts, self.hint = mask, tuple(texts), hint
        self._streams: dict[int, _KeptStream] = {}  # by the identity of the whole stream: columns of one stream stay together

    @property
    def total(self) -> int:
        """The number of rows of the file."""
        return len(self.mask)

    @property
    def count(self) -> int:
        """The number of rows that are kept."""
        return self._before[-1]

    @cached_property
    def _before(self) -> list[int]:
        """The number of kept rows before each part of the file, and before its end."""
        counts = [np.count_nonzero(self.mask[a : a + PART]) for a in range(0, self.total, PART)]
        return [0, *np.cumsum(counts).tolist()]

    def numbers(self, start: int, stop: int) -> Array:
        """The numbers in the file of the kept rows from `start` up to `stop`."""
        stop = min(stop, self.count)
        if start >= stop:
            return np.zeros(0, np.int64)
        first, last = (bisect_right(self._before, k) - 1 for k in (start, stop - 1))
        a = first * PART
        found = np.flatnonzero(self.mask[a : (last + 1) * PART]) + a
        return found[start - self._before[first] : stop - self._before[first]]

    def number(self, row: int) -> int:
        """The number in the file of one kept row."""
        return int(self.numbers(row, row + 1)[0])

    def rows_of(self, x: Array) -> Array | _KeptStream:
        """The kept rows of an array with all rows; as a stream where the array is a map of a file, which may be larger than memory."""
        if mmap_of(x) is None:
            return x[self.mask]
        return _KeptStream(_Mapped(x), self)

    def stream_of(self, stream: Any) -> _KeptStream:
        """The stream of the kept rows; the same object for the same stream."""
        return self._streams.setdefault(id(stream), _KeptStream(stream, self))


class _KeptStream:
    """A stream without the rows that are left out."""

    def __init__(self, stream: Any, kept: Kept) -> None:
        self.stream, self.kept = stream, kept

    @property
    def doubt(self) -> DataWarning | None:
        return getattr(self.stream, "doubt", None)

    def check_unchanged(self) -> None:
        getattr(self.stream, "check_unchanged", lambda: None)()

    def place(self, row: int) -> str:
        return self.stream.place(row)  # columns know the number of a row in the file

    def chunks(self, keys: Sequence[str]) -> Iterator[Mapping[str, Array]]:
        """The chunks with kept rows; one without rows if there are none, so that the shape of a row is known.

        Raises InputError where the stream has more or fewer rows than the file of the conditions.
        """
        mask, at, begun = self.kept.mask, 0, False
        empty: dict[str, Array] | None = None
        for chunk in self.stream.chunks(keys):
            n = len(next(iter(chunk.values())))
            keep = mask[at : at + n]
            at += n
            empty = empty or {k: x[:0] for k, x in chunk.items()}
            if len(keep) == n and keep.any():
                begun = True
                yield chunk if keep.all() else {k: x[keep] for k, x in chunk.items()}
        if at != len(mask):
            other = f"{getattr(self.stream, 'label', 'another file')} has {counted(at, 'row')}"
            raise InputError(f"the numbers of rows differ: --where has {counted(len(mask), 'row')}, {other}")
        if empty is not None and not begun:
            yield empty


class _Mapped:
    """A memory-mapped array as a stream, whose pages are released after use."""

    label = "an array"

    def __init__(self, array: Array) -> None:
        self.array = array

    def chunks(self, keys: Sequence[str]) -> Iterator[Mapping[str, Array]]:
        step = rows_per_read([self.array])
        for start in range(0, len(self.array), step):
            yield dict.fromkeys(keys, rows_of(self.array, start, start + step))
            release([self.array])

    def place(self, row: int) -> str:
        return ""


class SliceRows(Kept):
    """The rows of a slice, by their numbers in the file. They are in memory, so that nothing is left out while they are read."""

    def __init__(self, numbers: Array) -> None:
        super().__init__(np.ones(0, bool), ())
        self._numbers = numbers

    @property
    def total(self) -> int:
        return len(self._numbers)

    @property
    def count(self) -> int:
        return len(self._numbers)

    def numbers(self, start: int, stop: int) -> Array:
        return self._numbers[start:stop]
