"""Read plain pieces of a CSV or of JSON lines with the compiled module `_fields`, if it exists: faster than NumPy or polars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate, pairwise

from losscli.numeric.lazy import Array, np
from losscli.sources.delimited.with_numpy import cells_to_array, is_text
from losscli.version import FIELDS_EDITION

try:
    from losscli.sources.delimited import _fields

    AVAILABLE = _fields.EDITION == FIELDS_EDITION
except (ImportError, AttributeError):  # there was no compiler at installation
    AVAILABLE = False

__all__ = ["AVAILABLE", "csv_cells", "csv_columns", "csv_mixed", "json_records"]

DELIMITERS = b",;\t|:"
LINE = 10
ENOUGH = 2**18  # bytes that are worth a thread
HEAD = 2**14  # bytes that show which columns hold words
LEAST, MOST = -128, 64  # the exponents of the powers of five that `_fields` multiplies with


def csv_columns(piece: bytes, delimiter: bytes, width: int, positions: Sequence[int]) -> list[Array] | None:
    """The columns at some positions of whole rows as float64, empty fields as nan.

    None if the rows are not plain (quotes, a line of another width, bytes that are no UTF-8) or a field is no number.
    """
    if not AVAILABLE or delimiter not in DELIMITERS or not is_text(piece):
        return None
    slots = np.full(width, -1, np.int64)
    slots[list(positions)] = range(len(positions))
    parts, starts = _parts(piece)
    columns = np.empty((len(positions), starts[-1]))

    def read(k: int) -> int:
        return _fields.numbers(parts[k], delimiter[0], _powers(), slots, columns, starts[k], starts[k + 1] - starts[k])

    rows = _in_threads(read, len(parts))
    return None if min(rows) < 0 else [column[: sum(rows)] for column in columns]


def json_records(piece: bytes, texts: Sequence[bytes], slots: Sequence[int]) -> Array | None:
    """The values of JSON lines with the same `texts` around them, as float64, a row for each column; None where a line differs.

    `slots` give each value its column of the result, or -1.
    """
    if not is_text(piece):
        return None
    parts, starts = _parts(piece)
    columns = np.empty((max(slots) + 1, starts[-1]))
    form = b"".join(texts), np.array([len(t) for t in texts], np.int64), _powers(), np.array(slots, np.int64)

    def read(k: int) -> int:
        return _fields.json_records(parts[k], *form, columns, starts[k], starts[k + 1] - starts[k])

    rows = _in_threads(read, len(parts))
    return None if min(rows) < 0 else columns[:, : sum(rows)]


def csv_mixed(piece: bytes, delimiter: bytes, width: int, positions: Sequence[int]) -> list[Array] | None:
    """The columns where some hold words: those as objects, the others as from `csv_columns`.

    None if the rows are not plain, and for one column alone, whose blank lines may be no rows.
    """
    if not AVAILABLE or delimiter not in DELIMITERS or width == 1 or b'"' in piece or not _have_width(piece, delimiter, width):
        return None
    head = piece[: piece.find(b"\n", HEAD) + 1] or piece  # most columns of words have one there
    columns = _of_numbers(piece, delimiter, width, [*_of_numbers(head, delimiter, width, positions)])
    for at in (at for at in positions if at not in columns):
        if (cells := csv_cells(piece, delimiter, at)) is None:
            return None
        columns[at] = cells_to_array(cells.decode().split("\n")[:-1])
    return [columns[at] for at in positions]


def _of_numbers(piece: bytes, delimiter: bytes, width: int, positions: Sequence[int]) -> dict[int, Array]:
    """The columns without words. Those with one are found by halving: of thousands of columns each alone would take as many readings."""
    if not positions:
        return {}
    if (read := csv_columns(piece, delimiter, width, positions)) is not None:
        return dict(zip(positions, read, strict=True))
    half = len(positions) // 2
    parts = (positions[:half], positions[half:]) if half else ()
    return {at: x for part in parts for at, x in _of_numbers(piece, delimiter, width, part).items()}


def _have_width(piece: bytes, delimiter: bytes, width: int) -> bool:
    """Whether every line has `width` fields: none has fewer, and they have as many separators together."""
    last = csv_cells(piece, delimiter, width - 1)
    return last is not None and _fields.count(piece, delimiter[0]) == (width - 1) * _fields.count(last, LINE)


def csv_cells(piece: bytes, delimiter: bytes, position: int) -> bytes | None:
    """The unchanged text of one column of whole rows, a line for each row; None for rows with quotes or with other line ends."""
    if not AVAILABLE or delimiter not in DELIMITERS or b'"' in piece or not is_text(piece):
        return None
    if b"\r" in piece and piece.count(b"\r") != piece.count(b"\r\n"):
        return None
    return _fields.cells(piece, delimiter[0], position)


def _parts(piece: bytes) -> tuple[list[memoryview], list[int]]:
    """The piece in parts of whole lines, one for each core if it is long enough; and the first row of each part, with the number of all."""
    n = min(_cores(), len(piece) // ENOUGH) or 1
    ends = [piece.rfind(b"\n", 0, len(piece) * k // n) + 1 for k in range(1, n)]
    parts = [memoryview(piece)[a:b] for a, b in pairwise([0, *ends, len(piece)])]
    starts = [0, *accumulate(_fields.count(part, LINE) for part in parts)]
    starts[-1] += 1  # the last line may have no end
    return parts, starts


def _in_threads(read: Callable[[int], int], parts: int) -> list[int]:
    """What `read` returns for each part."""
    found = [0] * parts

    def keep(k: int) -> None:
        found[k] = read(k)

    if parts == 1:
        keep(0)
    else:
        from losscli.parallel import workers

        workers(_cores() - 1).share(keep, parts)
    return found


@cache
def _cores() -> int:
    from losscli.parallel import default_threads

    return default_threads()


@cache
def _powers() -> Array:
    """The first 128 bits of 5^LEAST … 5^MOST, each in two halves; a fraction is rounded up."""
    halves = []
    for q in range(LEAST, MOST + 1):
        if q >= 0:
            bits = 5**q << 127 >> (5**q).bit_length() - 1
        else:
            size = (5**-q - 1).bit_length()
            bits = (1 << (size + 127 if q >= -27 else 2 * size + 128)) // 5**-q + 1
            bits >>= max(0, bits.bit_length() - 128)
        halves += [bits >> 64, bits & (2**64 - 1)]
    return np.array(halves, np.uint64)
