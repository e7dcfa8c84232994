"""Columns of a piece of CSV in which a field is what stands between two separators: no quotes, no missing or blank lines."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from losscli.blocks import MISSING, read_number
from losscli.numeric import np

__all__ = ["cells_to_array", "plain_columns", "unquoted"]

_NUMERIC = b"0123456789.eE+-"
_NAMED = MISSING - {"", "nan"}


def unquoted(piece: bytes) -> bytes | None:
    """The piece with line feeds for line ends, or None where the csv module has to say what a field, a line or a text is."""
    if b'"' in piece:
        return None
    if b"\r" in piece:
        piece = piece.replace(b"\r\n", b"\n")
        if b"\r" in piece:
            return None
    if not piece.isascii():
        try:
            piece.decode()
        except UnicodeDecodeError:
            return None
    return piece


def plain_columns(piece: bytes, delimiter: bytes, width: int, at: Sequence[int]) -> list[Any] | None:
    """The columns at these places of an unquoted piece, as `cells_to_array` gives them; None where a line has not `width` fields."""
    if not piece.endswith(b"\n"):
        piece += b"\n"
    text = np.frombuffer(piece, np.uint8)
    ends = np.flatnonzero((text == ord(delimiter)) | (text == ord("\n")))
    if len(ends) % width:
        return None
    after = text[ends].reshape(-1, width)
    if (after[:, -1] != ord("\n")).any() or (after[:, :-1] == ord("\n")).any():
        return None
    wanted = sorted(at)
    if len(wanted) < width:
        chosen = np.zeros(width, bool)
        chosen[wanted] = True
        piece = text[np.repeat(np.tile(chosen, len(after)), np.diff(ends, prepend=-1))].tobytes()
    found = _numbers(piece, delimiter, len(after), len(wanted))
    if found is None:
        fields = piece.decode().replace("\n", delimiter.decode()).split(delimiter.decode())[:-1]
        if width == 1 and not all(map(str.strip, fields)):
            return None  # a blank line is no row where none follows
        found = [cells_to_array(fields[i :: len(wanted)]) for i in range(len(wanted))]
    return [found[wanted.index(i)] for i in at]


def _numbers(piece: bytes, delimiter: bytes, rows: int, columns: int) -> Any:
    """The fields as an array of numbers with the columns first, or None where one is not plainly a number."""
    if delimiter in _NUMERIC or piece.translate(None, _NUMERIC + delimiter + b"\n"):
        return None
    listed = piece[:-1].translate(bytes.maketrans(delimiter + b"\n", b",,"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy's way to say that a field is no number
        try:
            found = np.fromstring(listed, sep=",")  # no count: with one NumPy keeps silent about a bad last field
        except (ValueError, DeprecationWarning):
            return None
    if len(found) != rows * columns:
        return None  # the last field is empty
    return np.ascontiguousarray(found.reshape(rows, columns).T)


def cells_to_array(cells: list[str]) -> Any:
    """The cells as numbers, empty ones as nan; as they are where one is a word."""
    try:
        numbers = np.array(list(map(float, cells)))
        if "_" not in "".join(cells):  # Python takes 1_000 for a number, which is no number in a file
            return numbers
    except ValueError:
        pass
    found = [read_number(cell) for cell in cells]
    wordy = None in found or any(cell.strip().casefold() in _NAMED for cell in cells)  # NA may be the name of a class
    return np.array(cells, object) if wordy else np.array(found)
