"""How far the reading is: told by what reads, shown by whoever watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Meter", "metered", "report_bytes", "report_rows"]


class Meter:
    """What has been read of how much: bytes of the files, or rows where what is read is in memory or mapped."""

    def __init__(self) -> None:
        self.bytes: dict[str, tuple[int, int]] = {}  # by file: done, and all of it
        self.rows: tuple[int, int] = (0, 0)

    @property
    def state(self) -> tuple[int, int, str]:
        """Done, in all, and the unit; in all is 0 where nothing is known of it."""
        if self.bytes:
            done, all_ = (sum(n) for n in zip(*list(self.bytes.values()), strict=True))
            return done, all_, "bytes"
        return *self.rows, "rows"


_METERS: list[Meter] = []


@contextmanager
def metered() -> Iterator[Meter]:
    """A meter that is told of all that is read meanwhile."""
    meter = Meter()
    _METERS.append(meter)
    try:
        yield meter
    finally:
        _METERS.remove(meter)


def report_bytes(name: str, done: int, size: int) -> None:
    """So many bytes of a file are read; a file that is read again begins anew."""
    for meter in _METERS:
        meter.bytes[name] = done, size


def report_rows(done: int, total: int) -> None:
    """So many rows are read."""
    for meter in _METERS:
        meter.rows = done, total
