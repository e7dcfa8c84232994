"""CSV and TSV as a table: its header, its columns, and its rows some at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from losscli.data.columns import BY_POSITION, Column
from losscli.errors import DataWarning, InputError, UsageError, counted
from losscli.numeric.lazy import Array
from losscli.sources.delimited import with_polars
from losscli.sources.delimited.headers import find_first_line, refuse_index
from losscli.sources.delimited.pieces import cells_of_piece, columns_of_piece
from losscli.sources.delimited.rows import CsvLines, Dialect, records
from losscli.sources.delimited.with_numpy import cells_to_array
from losscli.sources.files import FIRST_ROWS, PIECE, InputFile, TextReader, batches
from losscli.sources.table import FirstLine, Table

__all__ = ["Delimited"]

CHUNK = 2**15  # rows in memory at a time
HEAD = 2**14  # characters of the first rows, which show whether the first line is a header


class Delimited(Table):
    """A table of text. The first line is the header if it holds words; `header` decides if it could be header or data.

    Raises InputError for an empty file, UsageError for a first line that could be either and for a
    delimiter, decimal mark or comment that cannot be used.
    """

    def __init__(self, file: InputFile, delimiter: str, header: bool | None = None, comment: str | None = None, decimal: str = ".") -> None:
        self.label, self.file, self.dialect = file.label, file, Dialect(delimiter, comment, decimal)
        self.delimiter = delimiter
        self.dialect.check()
        self._used = False
        self._named = False  # whether a SOURCE named a column by a word of the first line
        self._chosen_by_position: set[str] = set()  # names of columns
        rows = self._first_rows()
        if not rows:
            raise InputError(f"{self.label} is empty")
        first, below = rows[0], rows[1:]
        if not first:
            raise InputError(f"{self.label}:1: the first line is empty")
        if any("\0" in field for field in first):  # BY_POSITION begins with one
            kind = self.dialect.format_name
            raise InputError(f"{self.label}:1: the first line holds a NUL, so it is no {kind} in UTF-8: convert the file to UTF-8")
        self._line = find_first_line(first, below, self.label, decimal) if header is None else FirstLine(header)
        self.first_line, self.first_field = self._line, first[0].strip()
        self.names = tuple(f.strip() for f in first) if self._line.header else tuple(map(str, range(len(first))))
        if self._line.header and below and len(below[0]) == len(first) + 1 and self._begins_with_quotes():
            self.names = ("", *self.names)
            what = "the rows have one field more than the header: the first field was read as a row name, as R writes it"
            self.warnings = [DataWarning("W123", f"{self.label}: {what}")]

    def _first_rows(self) -> list[list[str]]:
        """The first line and some rows below it, up to a row that cannot be read."""
        rows: list[list[str]] = []
        size = 0
        try:
            for _, fields in islice(records(TextReader(self.file), self.dialect, self.file.max_bytes), FIRST_ROWS):
                rows.append(fields)
                size += sum(map(len, fields)) + len(fields)
                if size > HEAD:
                    break
        except InputError:
            if not rows:
                raise  # an error further down is raised when that row is read
        return rows

    def _begins_with_quotes(self) -> bool:
        """Whether the header and the row below it begin with a quote, as in a table that R writes."""
        lines = CsvLines(TextReader(self.file), self.dialect)
        starts = []
        for line in islice(lines, 2):
            starts.append(line[:1])
            lines.first = 0
        return starts == ['"', '"']

    # --- columns -----------------------------------------------------------------------------------------------------------

    @property
    def used(self) -> bool:
        return self._used

    @property
    def header_error(self) -> UsageError | None:
        return None if self._named else self._line.error

    def with_header(self) -> Delimited:
        return Delimited(self.file, self.dialect.delimiter, True, self.dialect.comment, self.dialect.decimal)

    def width(self) -> int:
        return len(self.names)

    def has(self, name: str) -> bool:
        return name in self._positions

    def all(self) -> Column:
        """The only column, or all of them side by side. Raises UsageError where one is an index."""
        refuse_index(self.names, self.label)
        if self.header_error is not None:
            raise self.header_error
        return self.columns(self.names, len(self.names) > 1, self.label)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        """Some of the columns. Raises InputError for a name that several columns have."""
        for name in names:
            if len(at := self._positions.get(name, ())) > 1:
                positions = " or ".join(f"::{i}" for i in at[:5]) + (" or …" if len(at) > 5 else "")
                raise InputError(f"{self.label} has {len(at):,} columns called {name!r}: choose one by its position, {positions}")
        self._used = True
        self._named |= not all(name in self._chosen_by_position or self._may_be_position(name) for name in names)
        return Column(label, stream=self, keys=tuple(names), stacked=stacked, decimal=self.dialect.decimal)

    def key_at(self, position: int) -> str:
        name = self.names[position]
        key = name if len(self._positions[name]) == 1 else f"{BY_POSITION}{position % len(self.names)}"
        self._chosen_by_position.add(key)
        return key

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        """The positions of the columns with each name."""
        positions: dict[str, list[int]] = {}
        for i, name in enumerate(self.names):
            positions.setdefault(name, []).append(i)
        return positions

    def _position(self, key: str) -> int:
        return int(key.removeprefix(BY_POSITION)) if key.startswith(BY_POSITION) else self._positions[key][0]

    def _may_be_position(self, name: str) -> bool:
        return re.fullmatch(r"-?\d{1,9}", name) is not None and -len(self.names) <= int(name) < len(self.names)

    # --- rows --------------------------------------------------------------------------------------------------------------

    def check_unchanged(self) -> None:
        self.file.check_unchanged()

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        at = [self._position(k) for k in keys]
        text = self._text()
        while text.rest():
            columns = None if text.blank_lines else self._fast_columns(text, at)
            if columns is not None:
                yield dict(zip(keys, columns, strict=True))
                continue
            for batch in batches(self._rows(text), CHUNK):
                yield {k: cells_to_array([fields[i] for _, fields in batch], self.dialect.decimal) for k, i in zip(keys, at, strict=True)}

    def texts(self, name: str) -> list[str]:
        return [cell for part in self._cells(name) for cell in (part if isinstance(part, list) else part.decode().split("\n")[:-1])]

    def cells(self, name: str) -> Iterator[bytes]:
        for part in self._cells(name):
            yield part if isinstance(part, bytes) else "".join(cell.replace("\n", " ") + "\n" for cell in part).encode()

    def place(self, row: int) -> str:
        return next((f"line {line}" for i, (line, _) in enumerate(self._all_rows()) if i == row), "")

    @property
    def _large(self) -> bool:
        return self.file.size() >= with_polars.ENOUGH

    def _text(self) -> TextReader:
        """The text below the header."""
        text = TextReader(self.file, with_polars.PIECE if self._large else PIECE)
        if self._line.header:
            next(records(text, self.dialect, self.file.max_bytes), None)
        return text

    def _all_rows(self) -> Iterator[tuple[int, list[str]]]:
        text = self._text()
        while text.rest():
            yield from self._rows(text)

    def _rows(self, text: TextReader) -> Iterator[tuple[int, list[str]]]:
        """The rows that `records` gives, each with as many fields as the first line. Raises InputError for another width."""
        width = len(self.names)
        for line, fields in records(text, self.dialect, self.file.max_bytes):
            if len(fields) != width:
                if fields:
                    raise InputError(f"{self.label}:{line}: {counted(len(fields), 'field')}, but {self._width_and_hint(fields)}")
                fields = [""] * width
            yield line, fields

    def _width_and_hint(self, fields: Sequence[str]) -> str:
        """The number of fields of the first line, and a hint why a row may have another number."""
        width, comment, delimiter = len(self.names), self.dialect.comment, self.dialect.delimiter
        what = f"{'the header' if self._line.header else 'the first line'} has {width}"
        for mark in ("#", "%", "//"):
            if comment is None and any(f.lstrip().startswith(mark) for f in (fields[0], self.names[0])):
                return f"{what}; if lines that begin with {mark} are comments, add --comment '{mark}'"
        if delimiter == "," and any(re.fullmatch(r"\s*[+-]?\d+\s*", f) for f in fields) and len(fields) == 2 * width:
            return f"{what}; if commas are decimal here, add the delimiter (--delimiter ';') and --decimal ,"
        if len(fields) == width + 1 and not fields[-1].strip():
            return f"{what}; it ends with a delimiter, which the first line does not"
        if self._line.header and len(fields) == width + 1:
            return f"{what}; if the first field is the name of the row, as R writes it, write the table with row.names=FALSE"
        return what

    def _fast_columns(self, text: TextReader, at: Sequence[int]) -> list[Array] | None:
        """The columns at some positions for the next rows, without the csv module; None where it is needed."""
        positions = sorted(set(at))
        result = columns_of_piece(text.rest(), self.dialect, len(self.names), positions, self._large)
        if result is None:
            return None
        columns, size, lines = result
        text.skip(size, lines)
        by_position = dict(zip(positions, columns, strict=True))
        return [by_position[i] for i in at]

    def _fast_cells(self, piece: bytes, at: int) -> tuple[bytes, bytes] | None:
        """The next rows and one of their columns, without the csv module; None where it is needed."""
        return cells_of_piece(piece, self.dialect, len(self.names), at)

    def _cells(self, name: str) -> Iterator[bytes | list[str]]:
        """The cells of a column, some rows at a time: bytes with a line for each row, or a list from the csv module."""
        self.columns((name,), False, "")  # raises an error for a name that several columns have
        at, text = self._position(name), self._text()
        while text.rest():
            result = None if text.blank_lines or len(self.names) == 1 else self._fast_cells(text.rest(), at)
            if result is None:
                if part := [fields[at] for _, fields in self._rows(text)]:
                    yield part
                continue
            rows, cells = result
            text.skip(len(rows), rows.count(b"\n"))
            yield cells
