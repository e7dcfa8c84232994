"""Whole rows of CSV at once, where each field is plainly what stands between two separators, quoted or not."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from losscli.data.cells import is_special_word, read_number
from losscli.numeric.lazy import np

__all__ = ["cells_to_array", "columns", "is_text", "picked", "whole_rows"]

_NUMERIC = b"0123456789.eE+-"
_QUOTE, _LINE, _RETURN = b'"\n\r'


def is_text(piece: bytes) -> bool:
    """Whether a piece of whole lines is UTF-8."""
    if not piece.isascii():
        try:
            piece.decode()
        except UnicodeDecodeError:
            return False
    return True


def whole_rows(piece: bytes, delimiter: bytes) -> bytes | None:
    """What a piece of whole lines holds of whole rows; None where the csv module has to say what a row, a field or a text is."""
    if b"\r" in piece and piece.count(b"\r") != piece.count(b"\r\n"):
        return None
    if not is_text(piece):
        return None
    return piece[: _last_row(piece, delimiter)] or None if b'"' in piece else piece


def _last_row(piece: bytes, delimiter: bytes) -> int:
    """Where the last row ends in a piece with quotes; 0 where one is not the first or last of its field, nor doubled."""
    text = np.frombuffer(piece, np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    opening, closing = quotes[0::2], quotes[1::2]
    before = text[opening[opening > 0] - 1]
    after = text[closing[closing < len(text) - 1] + 1]
    if not np.isin(before, (ord(delimiter), _LINE, _QUOTE)).all() or not np.isin(after, (ord(delimiter), _LINE, _RETURN, _QUOTE)).all():
        return 0
    if len(quotes) % 2 == 0:
        return len(piece)
    lines = np.flatnonzero(text == _LINE)
    lines = lines[np.searchsorted(quotes, lines) % 2 == 0]
    return int(lines[-1]) + 1 if len(lines) else 0


def picked(rows: bytes, delimiter: bytes, width: int, at: Sequence[int]) -> bytes | None:
    """The fields at these places (in their order) as rows of their own, without quotes; None where a row has not `width` fields."""
    if not rows.endswith(b"\n"):
        rows += b"\n"
    text = np.frombuffer(rows, np.uint8)
    ends = np.flatnonzero((text == ord(delimiter)) | (text == _LINE))
    if b'"' in rows:
        ends = ends[np.searchsorted(np.flatnonzero(text == _QUOTE), ends) % 2 == 0]
    if len(ends) % width:
        return None
    after = text[ends].reshape(-1, width)
    if (after[:, -1] != _LINE).any() or (after[:, :-1] == _LINE).any():
        return None
    if len(at) < width:
        sizes = np.diff(ends, prepend=-1)
        text = text[np.repeat(np.tile(np.isin(np.arange(width), at), len(after)), sizes)]
        text[sizes.reshape(-1, width)[:, at].sum(1).cumsum() - 1] = _LINE
        rows = text.tobytes()
    if b'"' not in rows:
        return rows
    bare = rows.replace(b'"', b"")
    separators = bare.count(delimiter) + bare.count(b"\n")
    return bare if b'""' not in rows and separators == len(after) * len(at) else None


def columns(rows: bytes, delimiter: bytes, width: int) -> list[Any]:
    """The columns of picked rows, each as `cells_to_array` gives it."""
    found = _numbers(rows, delimiter, width)
    if found is not None:
        return list(found)
    cells = rows.decode().replace("\n", delimiter.decode()).split(delimiter.decode())[:-1]
    return [cells_to_array(cells[i::width]) for i in range(width)]


def _numbers(rows: bytes, delimiter: bytes, width: int) -> Any:
    """An array of the columns, or None where a field is not plainly a number."""
    if delimiter in _NUMERIC or rows.translate(None, _NUMERIC + delimiter + b"\n"):
        return None
    fields = rows[:-1].translate(bytes.maketrans(delimiter + b"\n", b",,"))
    if not fields or fields.endswith(b","):
        return None  # the only thing of which NumPy says nothing
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = np.fromstring(fields, sep=",")  # no count: with one NumPy says nothing of a last field like 2e
        except (ValueError, DeprecationWarning):
            return None
    return np.ascontiguousarray(found.reshape(-1, width).T)


def cells_to_array(cells: list[str], decimal: str = ".") -> Any:
    """The cells as numbers, empty ones as nan; as they are where one is a word."""
    try:
        numbers = np.array(list(map(float, cells)) if decimal == "." else [])
        if len(numbers) and "_" not in "".join(cells):  # Python takes 1_000 for a number, which is no number in a file
            return numbers
    except ValueError:
        pass
    found = [read_number(cell, decimal) for cell in cells]
    wordy = None in found or any(map(is_special_word, cells))  # NA may be the name of a class
    return np.array(cells, object) if wordy else np.array(found, np.float64)
