"""Read a piece of a CSV at once, with the fastest reader that can: compiled, polars or NumPy. None if only the csv module can."""

from __future__ import annotations

import re
from collections.abc import Sequence

from losscli.numeric.lazy import Array, np
from losscli.sources.delimited import compiled, with_polars
from losscli.sources.delimited.rows import Dialect
from losscli.sources.delimited.with_numpy import columns, pick, whole_rows

__all__ = ["cells_of_piece", "columns_of_piece"]


def columns_of_piece(
    piece: bytes, dialect: Dialect, width: int, positions: Sequence[int], large: bool
) -> tuple[list[Array], int, int] | None:
    """The columns at some positions, for as many rows as can be read at once; and the bytes and lines that these rows take.

    `positions` are in increasing order. `large`: the file is large enough for the import of polars. None for no rows.
    """
    delimiter = b"\t" if dialect.by_blanks else dialect.delimiter.encode()
    plain = _with_plain_marks(piece, dialect)
    if plain is None:
        return None
    rows, quoted = piece, False
    arrays = compiled.csv_columns(plain, delimiter, width, positions)
    if arrays is None and plain is piece:
        arrays = compiled.csv_mixed(piece, delimiter, width, positions)
    if arrays is None:
        whole = whole_rows(plain, delimiter) if len(delimiter) == 1 else None
        if whole is None:
            return None
        quoted = b'"' in whole
        rows = whole if len(whole) < len(plain) else piece  # the rows before a quote that is not closed
        text = whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole
        arrays = _without_compiler(text, delimiter, width, positions, large)
    if arrays is None or (width == 1 and (arrays[0].dtype == object or np.isnan(arrays[0]).any())):
        return None  # a blank line among them may be no row, if no row follows
    if dialect.decimal != "." and any(x.dtype == object for x in arrays):
        return None  # points have replaced commas in its words too
    return arrays, len(rows), rows.count(b"\n") if quoted else len(arrays[0])


def cells_of_piece(piece: bytes, dialect: Dialect, width: int, position: int) -> tuple[bytes, bytes] | None:
    """As many rows of a piece as can be read at once, and one of their columns, a line for each row; None for no rows."""
    delimiter = dialect.delimiter.encode()
    if (cells := compiled.csv_cells(piece, delimiter, position)) is not None:
        return piece, cells
    whole = whole_rows(piece, delimiter) if len(delimiter) == 1 else None
    if whole is None:
        return None
    cells = pick(whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole, delimiter, width, [position])
    return None if cells is None else (whole, cells)


def _without_compiler(text: bytes, delimiter: bytes, width: int, positions: Sequence[int], large: bool) -> list[Array] | None:
    """The columns by polars or NumPy. Polars reads only fields without quotes."""
    arrays = with_polars.csv_columns(text, delimiter, width, positions) if large and b'"' not in text else None
    if arrays is not None:
        return arrays
    picked = pick(text, delimiter, width, positions)
    if picked is None:
        return None
    arrays = with_polars.csv_columns(picked, delimiter, len(positions), range(len(positions))) if large else None
    return arrays or columns(picked, delimiter, len(positions))


def _with_plain_marks(piece: bytes, dialect: Dialect) -> bytes | None:
    """The piece with a tab for each run of blanks and a point for each decimal comma; None if it has comments, or quotes."""
    comment = (dialect.comment or "").encode()
    if comment and comment in piece and re.search(rb"^[ \t]*" + re.escape(comment), piece, re.MULTILINE):
        return None
    if dialect.by_blanks:
        if b'"' in piece:
            return None
        piece = _tabbed(piece)
    if dialect.decimal != ".":
        if dialect.delimiter == "," or b'"' in piece or b"." in piece:
            return None
        piece = piece.replace(b",", b".")
    return piece


def _tabbed(piece: bytes) -> bytes:
    """One tab for each run of blanks, none at the ends of lines."""
    piece = piece.replace(b"\t", b" ")
    while b"  " in piece:
        piece = piece.replace(b"  ", b" ")
    piece = piece.replace(b"\n ", b"\n").replace(b" \n", b"\n").replace(b" \r", b"\r")
    return piece.strip(b" ").replace(b" ", b"\t")
