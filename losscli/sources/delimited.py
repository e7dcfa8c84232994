"""CSV and TSV: rows of fields, read a chunk at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from losscli.blocks import BY_POSITION, MISSING, Column, read_number
from losscli.errors import InputError, UsageError, counted
from losscli.numeric import np
from losscli.sources.origin import Origin, parts

__all__ = ["Delimited"]

CHUNK = 2**15  # rows that are held at a time
LONGEST = 2**31 - 1  # characters of a field
_NAMED = MISSING - {"", "nan"}


class Delimited:
    """A table of text. The first line is the header where it holds no number; a mixture must be said (`--header`, `--no-header`)."""

    def __init__(self, origin: Origin, delimiter: str, header: bool | None = None) -> None:
        self.label, self.origin, self.delimiter = origin.label, origin, delimiter
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise UsageError(f"--delimiter takes one character (or \\t), not {delimiter!r}")
        first = next(self._records(), None)
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

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line it begins on; blank lines at the end are left out, elsewhere they are rows of empty fields."""
        csv.field_size_limit(LONGEST)
        reader = csv.reader(self.origin.lines(), delimiter=self.delimiter, strict=True)
        blank: list[int] = []
        line = 1
        try:
            for fields in reader:
                if len(fields) > 1 or (fields and fields[0].strip()):
                    for at in blank:
                        yield at, []
                    blank.clear()
                    yield line, fields
                else:
                    blank.append(line)
                line = reader.line_num + 1
        except csv.Error as error:
            raise InputError(f"{self.label}:{reader.line_num}: not {self._kind()}: {error}") from None

    def _kind(self) -> str:
        return "TSV" if self.delimiter == "\t" else "CSV"

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows below the header, each with as many fields as it."""
        records = self._records()
        if self.header:
            next(records, None)
        width = len(self.names)
        for line, fields in records:
            if len(fields) != width:
                if fields:
                    what = "the header has" if self.header else "the first line has"
                    raise InputError(f"{self.label}:{line}: {counted(len(fields), 'field')}, but {what} {width}")
                fields = [""] * width
            yield line, fields

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        at = [self._index(k) for k in keys]
        for part in parts(self._rows(), CHUNK):
            yield {k: _numbers([fields[i] for _, fields in part]) for k, i in zip(keys, at, strict=True)}

    def _index(self, key: str) -> int:
        return int(key.removeprefix(BY_POSITION)) if key.startswith(BY_POSITION) else self.names.index(key)

    def by_position(self, at: int) -> str:
        """The key of a column that its name cannot tell from another."""
        name = self.names[at]
        return name if self.names.count(name) == 1 else f"{BY_POSITION}{at % len(self.names)}"

    def texts(self, name: str) -> list[str]:
        """A column as it is written, for ids."""
        at = self._index(name)
        return [fields[at] for _, fields in self._rows()]

    def place(self, row: int) -> str:
        return next((f"line {line}" for i, (line, _) in enumerate(self._rows()) if i == row), "")


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


def _numbers(cells: list[str]) -> Any:
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
