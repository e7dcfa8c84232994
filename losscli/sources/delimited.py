"""CSV and TSV: rows of fields, read a chunk at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from losscli.blocks import BY_POSITION, MISSING, Column
from losscli.errors import InputError, UsageError, counted
from losscli.numeric import np
from losscli.sources import compiled, fast
from losscli.sources.origin import PIECE, Origin, Text, parts
from losscli.sources.plain import cells_to_array, columns, picked, whole_rows

__all__ = ["Delimited"]

CHUNK = 2**15  # rows that are held at a time
LONGEST = 2**31 - 1  # characters of a field


class Delimited:
    """A table of text. The first line is the header where it holds no number; a mixture must be said (`--header`, `--no-header`)."""

    def __init__(self, origin: Origin, delimiter: str, header: bool | None = None) -> None:
        self.label, self.origin, self.delimiter = origin.label, origin, delimiter
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise UsageError(f"--delimiter takes one character (or \\t), not {delimiter!r}")
        first = next(self._records(Text(origin)), None)
        if first is None:
            raise InputError(f"{self.label} is empty")
        fields = first[1]
        if not fields:
            raise InputError(f"{self.label}:1: the first line is empty")
        self.header = _is_header(fields, self.label) if header is None else header
        self.names: tuple[str, ...] = tuple(f.strip() for f in fields) if self.header else tuple(map(str, range(len(fields))))

    def width(self) -> int:
        return len(self.names)

    def has(self, name: str) -> bool:
        return name in self.names

    def all(self) -> Column:
        """The only column, or all of them beside each other."""
        return self.columns(self.names, len(self.names) > 1, self.label)

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        for name in names:
            if self.names.count(name) > 1:
                raise InputError(
                    f"{self.label} has {self.names.count(name)} columns called {name!r}: choose one by its position, {self._at(name)}"
                )
        return Column(label, stream=self, keys=tuple(names), stacked=stacked)

    def _at(self, name: str) -> str:
        return " or ".join(f"::{i}" for i, n in enumerate(self.names) if n == name)

    def _records(self, text: Text) -> Iterator[tuple[int, list[str]]]:
        """Each row with its first line, to where one ends with a piece, or in the next; without the blank lines at the end of the text."""
        csv.field_size_limit(LONGEST)
        reader = csv.reader(text.lines(), delimiter=self.delimiter, strict=True)
        piece, line = text.rest() and text.piece, text.line + 1
        try:
            for fields in reader:
                if len(fields) > 1 or (fields and fields[0].strip()):
                    for at in text.blank:
                        yield at, []
                    text.blank.clear()
                    yield line, fields
                else:
                    text.blank.append(line)
                if text.whole or text.piece is not piece:
                    return
                line = text.line + 1
        except csv.Error as error:
            raise InputError(f"{self.label}:{text.line}: not {self._kind()}: {error}") from None

    def _kind(self) -> str:
        return "TSV" if self.delimiter == "\t" else "CSV"

    def _text(self) -> Text:
        """The text below the header."""
        text = Text(self.origin, fast.PIECE if self._large else PIECE)
        if self.header:
            next(self._records(text), None)
        return text

    def _rows(self, text: Text) -> Iterator[tuple[int, list[str]]]:
        """The rows as far as `_records` goes, each with as many fields as the header."""
        width = len(self.names)
        for line, fields in self._records(text):
            if len(fields) != width:
                if fields:
                    what = "the header has" if self.header else "the first line has"
                    raise InputError(f"{self.label}:{line}: {counted(len(fields), 'field')}, but {what} {width}")
                fields = [""] * width
            yield line, fields

    def _all_rows(self) -> Iterator[tuple[int, list[str]]]:
        text = self._text()
        while text.rest():
            yield from self._rows(text)

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        at = [self._index(k) for k in keys]
        text = self._text()
        while text.rest():
            found = None if text.blank else self._plain(text, at)
            if found is not None:
                yield dict(zip(keys, found, strict=True))
                continue
            for part in parts(self._rows(text), CHUNK):
                yield {k: cells_to_array([fields[i] for _, fields in part]) for k, i in zip(keys, at, strict=True)}

    def _plain(self, text: Text, at: Sequence[int]) -> list[Any] | None:
        """The columns at these places, of as many rows as can be taken at once; None for none."""
        delimiter, width = self.delimiter.encode(), len(self.names)
        wanted = sorted(set(at))
        rows = text.rest()
        found, quoted = compiled.csv_columns(rows, delimiter, width, wanted), False
        if found is None:
            whole = whole_rows(rows, delimiter) if len(delimiter) == 1 else None
            if whole is None:
                return None
            rows, quoted = whole, b'"' in whole
            found = self._found(rows.replace(b"\r\n", b"\n") if b"\r" in rows else rows, delimiter, width, wanted, quoted)
        if found is None or (width == 1 and (found[0].dtype == object or np.isnan(found[0]).any())):
            return None  # perhaps a blank line, which is no row where none follows
        text.skip(len(rows), rows.count(b"\n") if quoted else len(found[0]))
        return [found[wanted.index(i)] for i in at]

    def _found(self, rows: bytes, delimiter: bytes, width: int, wanted: Sequence[int], quoted: bool) -> list[Any] | None:
        found = fast.csv_columns(rows, delimiter, width, wanted) if self._large and not quoted else None
        if found is None:
            chosen = picked(rows, delimiter, width, wanted)
            if chosen is None:
                return None
            found = fast.csv_columns(chosen, delimiter, len(wanted), range(len(wanted))) if self._large else None
            found = found or columns(chosen, delimiter, len(wanted))
        return found

    @property
    def _large(self) -> bool:
        return self.origin.size() >= fast.ENOUGH

    def _index(self, key: str) -> int:
        return int(key.removeprefix(BY_POSITION)) if key.startswith(BY_POSITION) else self.names.index(key)

    def by_position(self, at: int) -> str:
        """The key of a column that its name cannot tell from another."""
        name = self.names[at]
        return name if self.names.count(name) == 1 else f"{BY_POSITION}{at % len(self.names)}"

    def texts(self, name: str) -> list[str]:
        """A column as it is written, for ids."""
        return [cell for part in self._written(name) for cell in (part if isinstance(part, list) else part.decode().split("\n")[:-1])]

    def cells(self, name: str) -> Iterator[bytes]:
        """A column as it is written, a line for each row, some rows at a time."""
        for part in self._written(name):
            yield part if isinstance(part, bytes) else "".join(cell.replace("\n", " ") + "\n" for cell in part).encode()

    def _written(self, name: str) -> Iterator[bytes | list[str]]:
        """The cells of a column: lines of plain pieces, lists of what the csv module reads."""
        self.columns((name,), False, "")  # refuses a name that several have
        at, text = self._index(name), self._text()
        while text.rest():
            plain = None if text.blank or len(self.names) == 1 else self._lines(text.rest(), at)
            if plain is None:
                if part := [fields[at] for _, fields in self._rows(text)]:
                    yield part
                continue
            rows, cells = plain
            text.skip(len(rows), rows.count(b"\n"))
            yield cells

    def _lines(self, rows: bytes, at: int) -> tuple[bytes, bytes] | None:
        """As many rows as can be taken at once, and one of their columns, a line for each; None for none."""
        delimiter, width = self.delimiter.encode(), len(self.names)
        if (found := compiled.csv_cells(rows, delimiter, at)) is not None:
            return rows, found
        whole = whole_rows(rows, delimiter) if len(delimiter) == 1 else None
        if whole is None:
            return None
        found = picked(whole.replace(b"\r\n", b"\n") if b"\r" in whole else whole, delimiter, width, [at])
        return None if found is None else (whole, found)

    def place(self, row: int) -> str:
        return next((f"line {line}" for i, (line, _) in enumerate(self._all_rows()) if i == row), "")


def _is_header(fields: list[str], label: str) -> bool:
    numbers = [f for f in fields if _is_number(f)]
    words = [f for f in fields if not _is_number(f) and f.strip().casefold() not in MISSING]
    # A data frame's header, written with its index: an empty name, then 0, 1, 2 …
    counting = len(fields) > len(numbers) > 0 and [f.strip() for f in fields if f.strip()] == list(map(str, range(len(numbers))))
    if numbers and (words or counting):
        beside = f"words ({words[0].strip()})" if words else "empty fields"
        raise UsageError(
            f"{label}: the first line holds numbers ({numbers[0].strip()}) and {beside}: "
            "say --header if it names the columns, --no-header if it is data"
        )
    return bool(words) or (not numbers and len(fields) > 1)


def _is_number(field: str) -> bool:
    try:
        return float(field) == float(field) and "_" not in field
    except ValueError:
        return False
