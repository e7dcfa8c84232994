"""What polars does where it is installed (the `fast` extra): pieces of CSV on all cores that `compiled` does not read.

Without it everything reads the same, slower.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from losscli.numeric.lazy import np

__all__ = ["ENOUGH", "PIECE", "csv_columns", "failures", "polars", "silent"]

ENOUGH = 2**24  # bytes from which on polars wins back the tenth of a second that its import takes
PIECE = 2**22  # bytes that it is given at a time: enough for all cores, little to hold


@cache
def polars() -> Any:
    """The module, or None where it is not installed."""
    try:
        import polars
    except ImportError:
        return None
    return polars


def failures() -> tuple[type[BaseException], ...]:
    """What polars raises over bytes that it does not understand; its panics are no Exceptions."""
    return polars().exceptions.PolarsError, polars().exceptions.PanicException, OSError, ValueError


_SILENCE = Lock()


@contextmanager
def silent() -> Iterator[None]:
    """Without what native code writes to standard error: a panic of polars over damaged bytes, which is raised as well."""
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


def csv_columns(piece: bytes, delimiter: bytes, width: int, at: Sequence[int]) -> list[Any] | None:
    """The columns at these places of an unquoted piece as numbers, empty fields as nan.

    None where a line may not have `width` fields, a field is no number in the eyes of polars, or polars is not installed.
    """
    pl = polars()
    if pl is None:
        return None
    read = sorted({*at, width - 1})
    types = {f"column_{i + 1}": pl.String for i in range(width)} | {f"column_{i + 1}": pl.Float64 for i in at}
    try:
        frame = pl.read_csv(piece, has_header=False, columns=read, schema=types, separator=delimiter.decode(), quote_char=None)
    except failures():
        return None  # a word; or too many fields where all columns are read
    if not len(frame):
        return None  # blank lines alone, which some versions pass over
    # What lines lack is null, and without all columns what they have too much is passed over in silence. So the separators are counted:
    # with them no line is shorter or longer, unless a short one makes up for a long one.
    separators = np.count_nonzero(np.frombuffer(piece, np.uint8) == ord(delimiter if width > 1 else "\n"))
    if separators != max(width - 1, 1) * len(frame) or (len(read) < width and frame[f"column_{width}"].null_count()):
        return None
    return [frame[f"column_{i + 1}"].to_numpy() for i in at]
