"""Files mapped into memory: how much of them is held, and whether they changed."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

__all__ = ["MAPPED", "check_before_reading", "check_unchanged", "mmap_of", "release", "rows_per_read"]

MAPPED = 2**24  # bytes of files mapped into memory that are read before they are let go of


def mmap_of(x: Any) -> mmap.mmap | None:
    """The pages of the file that an array is a view of, for reading only: others could lose what was written to them."""
    while isinstance(x, np.ndarray) and hasattr(mmap, "MADV_DONTNEED"):
        if isinstance(x, np.memmap) and x.mode == "r" and isinstance(x.base, mmap.mmap):
            return x.base
        x = x.base
    return None


_WATCHED: WeakKeyDictionary[mmap.mmap, Callable[[], None]] = WeakKeyDictionary()


def check_before_reading(array: Any, check: Callable[[], None]) -> None:
    """Call `check` whenever more of a mapped array is read: what is written to its file shows, and what is cut off kills the process."""
    if (pages := mmap_of(array)) is not None:
        _WATCHED[pages] = check


def check_unchanged(arrays: Sequence[Any]) -> None:
    """Raise InputError for a mapped file that is no longer what it was."""
    for x in arrays:
        if (pages := mmap_of(x)) is not None and pages in _WATCHED:
            _WATCHED[pages]()


def rows_per_read(arrays: Sequence[Any]) -> int:
    """How many rows of some arrays in files are read before they are let go of: a power of two, as the rows of a block are."""
    return 1 << (MAPPED // max(1, sum(x[:1].nbytes for x in arrays))).bit_length()


def release(arrays: Sequence[Any]) -> None:
    """What was read of mapped files counts as this process's memory until it lets go of it; it stays in the system's cache."""
    check_unchanged(arrays)
    for x in arrays:
        if (pages := mmap_of(x)) is not None:
            pages.madvise(mmap.MADV_DONTNEED)
