"""Read whole rows of a CSV at once with NumPy, if each field is the text between two separators, with or without quotes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from losscli.data.cells import is_special_word, read_number
from losscli.numeric.lazy import Array, np

__all__ = ["cells_to_array", "columns", "is_text", "pick", "whole_rows"]

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
    """The whole rows in a piece of whole lines; None where only the csv module can tell rows and fields apart."""
    if b"\r" in piece and piece.count(b"\r") != piece.count(b"\r\n"):
        return None
    if not is_text(piece):
        return None
    return piece[: _last_row(piece, delimiter)] or None if b'"' in piece else piece


def _last_row(piece: bytes, delimiter: bytes) -> int:
    """Where the last row ends in a piece with quotes; 0 for a quote inside a field that is not doubled."""
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


def pick(rows: bytes, delimiter: bytes, width: int, positions: Sequence[int]) -> bytes | None:
    """The fields at increasing positions, as new rows without quotes; None if a row does not have `width` fields."""
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
    if len(positions) < width:
        sizes = np.diff(ends, prepend=-1)
        text = text[np.repeat(np.tile(np.isin(np.arange(width), positions), len(after)), sizes)]
        text[sizes.reshape(-1, width)[:, positions].sum(1).cumsum() - 1] = _LINE
        rows = text.tobytes()
    if b'"' not in rows:
        return rows
    bare = rows.replace(b'"', b"")
    separators = bare.count(delimiter) + bare.count(b"\n")
    return bare if b'""' not in rows and separators == len(after) * len(positions) else None


def columns(rows: bytes, delimiter: bytes, width: int) -> list[Array]:
    """The columns of rows from `pick`, each with the values that `cells_to_array` gives."""
    numbers = _numbers(rows, delimiter, width)
    if numbers is not None:
        return list(numbers)
    cells = rows.decode().replace("\n", delimiter.decode()).split(delimiter.decode())[:-1]
    return [cells_to_array(cells[i::width]) for i in range(width)]


def _numbers(rows: bytes, delimiter: bytes, width: int) -> Array | None:
    """The columns as rows of one array; None where a field is a word, empty, or a number in another spelling."""
    if delimiter in _NUMERIC or rows.translate(None, _NUMERIC + delimiter + b"\n"):
        return None
    fields = rows[:-1].translate(bytes.maketrans(delimiter + b"\n", b",,"))
    if not fields or fields.endswith(b","):
        return None  # the only mistake that NumPy does not report
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            numbers = np.fromstring(fields, sep=",")  # no count: with one NumPy does not report a last field like 2e
        except (ValueError, DeprecationWarning):
            return None
    return np.ascontiguousarray(numbers.reshape(-1, width).T)


def cells_to_array(cells: list[str], decimal: str = ".") -> Array:
    """The cells as float64, empty ones as nan; as objects, unchanged, where one is a word."""
    try:
        numbers = np.array(list(map(float, cells)) if decimal == "." else [])
        if len(numbers) and "_" not in "".join(cells):  # 1_000 is a number in Python, but not in a file
            return numbers
    except ValueError:
        pass
    values = {cell: read_number(cell, decimal) for cell in dict.fromkeys(cells)}
    words = None in values.values() or any(map(is_special_word, values))  # NA may be the name of a class
    return np.array(cells, object) if words else np.array([values[cell] for cell in cells], np.float64)
