"""Progress of reading: readers report how much they have read, and a progress bar shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

__all__ = ["Meter", "metered", "report_bytes", "report_resamples", "report_rows"]

Unit = Literal["bytes", "rows", "resamples"]


class Meter:
    """The amount that is read and the total: bytes of files, or rows where no reader reports bytes; or the resamples that are computed."""

    def __init__(self) -> None:
        self.bytes: dict[str, tuple[int, int]] = {}  # by file: the bytes read, and its size
        self.rows: tuple[int, int] = (0, 0)
        self.resamples: tuple[int, int] | None = None

    @property
    def state(self) -> tuple[int, int, Unit]:
        """How much is read, the total, and the unit of both. The total is 0 where it is not known."""
        if self.resamples is not None:
            return *self.resamples, "resamples"
        if self.bytes:
            read, total = (sum(n) for n in zip(*list(self.bytes.values()), strict=True))
            return read, total, "bytes"
        return *self.rows, "rows"


_METERS: list[Meter] = []


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter of all that is read inside the block."""
    meter = Meter()
    _METERS.append(meter)
    try:
        yield meter
    finally:
        _METERS.remove(meter)


def report_bytes(name: str, read: int, size: int) -> None:
    """Report the bytes of a file that are read. A file that is read again starts at 0 again."""
    for meter in _METERS:
        meter.bytes[name] = read, size


def report_rows(read: int, total: int) -> None:
    """Report the rows that are read; `total` is 0 where it is not known."""
    for meter in _METERS:
        meter.rows = read, total


def report_resamples(done: int, total: int) -> None:
    """Report the resamples that are computed."""
    for meter in _METERS:
        meter.resamples = done, total
