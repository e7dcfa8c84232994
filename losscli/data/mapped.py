"""Memory-mapped files: rows are read from the file, pages are released after use, and changes of the files are noticed."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["MAPPED", "check_before_reading", "check_unchanged", "mmap_of", "release", "rows_of", "rows_per_read"]

MAPPED = 2**24  # bytes of a file that is mapped and not read as a whole
WINDOW = 2**22  # bytes of mapped files that are read at a time


def mmap_of(x: Array | None) -> mmap.mmap | None:
    """The map that an array is a view of, if it is read-only: writable pages must not be released."""
    base = x
    while isinstance(base, np.ndarray) and hasattr(mmap, "MADV_DONTNEED"):
        if isinstance(base, np.memmap) and base.mode == "r" and isinstance(base.base, mmap.mmap):
            return base.base
        base = base.base
    return None


class _MappedFile(Record):
    """The file of a map: its check, its name, and what the address of a number is above its place in the file."""

    check: Callable[[], None]
    name: str
    above: int


_FILES: WeakKeyDictionary[mmap.mmap, _MappedFile] = WeakKeyDictionary()


def check_before_reading(array: np.memmap[Any, Any], check: Callable[[], None]) -> None:
    """Call `check` before more of a mapped array is read: a changed file changes the array, and a shortened file kills the process."""
    if (pages := mmap_of(array)) is not None:
        _FILES[pages] = _MappedFile(check, str(array.filename), _address(array) - int(array.offset))


def _address(x: Array) -> int:
    return int(x.__array_interface__["data"][0])


def rows_of(x: Array, start: int, stop: int) -> Array:
    """Some rows of an array. Those of a mapped file are read, where they are contiguous: a page that is no longer there kills the process.

    Raises InputError where the file has changed before the end of the reading.
    """
    rows = x[start:stop]
    pages = mmap_of(x)
    mapped = None if pages is None else _FILES.get(pages)
    if mapped is None or not rows.flags.c_contiguous or not rows.nbytes:
        return rows
    read = np.empty_like(rows, subok=False)
    mapped.check()
    with open(mapped.name, "rb", buffering=0) as file:
        file.seek(_address(rows) - mapped.above)
        target = memoryview(read.reshape(-1).view(np.uint8).data)
        while len(target) and (size := file.readinto(target)):
            target = target[size:]
    mapped.check()
    return read


def check_unchanged(arrays: Sequence[Array]) -> None:
    """Raise InputError where a mapped file has changed."""
    for x in arrays:
        if (pages := mmap_of(x)) is not None and pages in _FILES:
            _FILES[pages].check()


def rows_per_read(arrays: Sequence[Array]) -> int:
    """How many rows of mapped arrays to read before a release: a power of two, as the rows of a block are."""
    return 1 << (WINDOW // max(1, sum(x[:1].nbytes for x in arrays))).bit_length()


def release(arrays: Sequence[Array]) -> None:
    """Return the pages of mapped arrays to the system, which keeps them in its cache. Otherwise they count as memory of the process."""
    check_unchanged(arrays)
    for x in arrays:
        if (pages := mmap_of(x)) is not None:
            pages.madvise(mmap.MADV_DONTNEED)
