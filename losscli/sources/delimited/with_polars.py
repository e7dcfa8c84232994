"""Read pieces of a CSV with polars on all cores, if it is installed (the `fast` extra) and `compiled` cannot read them.

Without polars the result is the same, and reading is slower.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.parallel import address_space, default_threads

__all__ = ["ENOUGH", "PIECE", "csv_columns", "failures", "missing_room", "polars", "silent"]

ENOUGH = 2**24  # bytes of a file: above, polars saves more time than its import takes, a tenth of a second
PIECE = 2**22  # bytes at a time: enough for all cores, and little memory


@cache
def polars() -> Any:
    """The module, or None where it is not installed, or where the process may not have the addresses that its threads take."""
    if missing_room():
        return None
    try:
        import polars
    except ImportError:
        return None
    return polars


def missing_room() -> str:
    """'d GB, and the limit leaves d GB' where polars would not find room for its threads: then it waits for ever, or ends the process."""
    left, needed = address_space(), 2**30 + 2**26 * default_threads()
    return (
        "" if left is None or left >= needed else f"{needed / 1e9:.1f} GB of addresses, and a limit (ulimit -v) leaves {left / 1e9:.1f} GB"
    )


def failures() -> tuple[type[BaseException], ...]:
    """The errors of polars for bytes that it cannot read; its panics are not subclasses of Exception."""
    return polars().exceptions.PolarsError, polars().exceptions.PanicException, OSError, ValueError


_SILENCE = Lock()


@contextmanager
def silent() -> Iterator[None]:
    """Drop what native code writes to standard error: polars prints a panic over damaged bytes, and raises it as well."""
    with _SILENCE:
        try:
            kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        except OSError:  # standard error is closed
            yield
            return
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


def csv_columns(piece: bytes, delimiter: bytes, width: int, positions: Sequence[int]) -> list[Array] | None:
    """The columns at some positions of a piece without quotes as float64, empty fields as nan.

    None where a line may not have `width` fields, a field is no number for polars, or polars is not installed.
    """
    pl = polars()
    if pl is None:
        return None
    read = sorted({*positions, width - 1})
    types = {f"column_{i + 1}": pl.String for i in range(width)} | {f"column_{i + 1}": pl.Float64 for i in positions}
    try:
        frame = pl.read_csv(piece, has_header=False, columns=read, schema=types, separator=delimiter.decode(), quote_char=None)
    except failures():
        return None  # a word; or too many fields where all columns are read
    if not len(frame):
        return None  # blank lines alone, which some versions skip
    # Polars reads missing fields as null, and ignores fields behind the last column that it reads. So the separators are counted, which
    # shows a short or a long line, unless one makes up for the other. A short line has null in the last column, which is read for this.
    separators = np.count_nonzero(np.frombuffer(piece, np.uint8) == ord(delimiter if width > 1 else "\n"))
    if separators != max(width - 1, 1) * len(frame) or (len(read) < width and frame[f"column_{width}"].null_count()):
        return None
    return [frame[f"column_{i + 1}"].to_numpy() for i in positions]
