"""Memory-mapped files: their pages are released after use, and changes of the files are noticed."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from losscli.numeric.lazy import Array

__all__ = ["MAPPED", "check_before_reading", "check_unchanged", "mmap_of", "release", "rows_per_read"]

MAPPED = 2**24  # bytes of mapped files that are read before their pages are released


def mmap_of(x: Array | None) -> mmap.mmap | None:
    """The map that an array is a view of, if it is read-only: writable pages must not be released."""
    base = x
    while isinstance(base, np.ndarray) and hasattr(mmap, "MADV_DONTNEED"):
        if isinstance(base, np.memmap) and base.mode == "r" and isinstance(base.base, mmap.mmap):
            return base.base
        base = base.base
    return None


_CHECKS: WeakKeyDictionary[mmap.mmap, Callable[[], None]] = WeakKeyDictionary()


def check_before_reading(array: Array, check: Callable[[], None]) -> None:
    """Call `check` before more of a mapped array is read: a changed file changes the array, and a shortened file kills the process."""
    if (pages := mmap_of(array)) is not None:
        _CHECKS[pages] = check


def check_unchanged(arrays: Sequence[Array]) -> None:
    """Raise InputError where a mapped file has changed."""
    for x in arrays:
        if (pages := mmap_of(x)) is not None and pages in _CHECKS:
            _CHECKS[pages]()


def rows_per_read(arrays: Sequence[Array]) -> int:
    """How many rows of mapped arrays to read before a release: a power of two, as the rows of a block are."""
    return 1 << (MAPPED // max(1, sum(x[:1].nbytes for x in arrays))).bit_length()


def release(arrays: Sequence[Array]) -> None:
    """Return the pages of mapped arrays to the system, which keeps them in its cache. Otherwise they count as memory of the process."""
    check_unchanged(arrays)
    for x in arrays:
        if (pages := mmap_of(x)) is not None:
            pages.madvise(mmap.MADV_DONTNEED)
