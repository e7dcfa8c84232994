"""JSON and JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from losscli.data.columns import Column
from losscli.errors import InputError
from losscli.numeric.lazy import Array
from losscli.sources.document import Document, beginning, field_of, follow, names_in_short, to_array
from losscli.sources.files import PIECE, InputFile, TextReader, batches
from losscli.sources.json_records import Form, form_of
from losscli.sources.table import Table

if TYPE_CHECKING:
    from json import JSONDecoder

__all__ = ["JsonLines", "parse_json", "read_json"]

CHUNK = 2**13  # lines in memory at a time


def read_json(file: InputFile) -> Document:
    """Any JSON: an array, an object of arrays, a list of records. Raises InputError with the line."""
    if not (text := file.text()).strip():
        raise InputError(f"{file.label} is empty")
    return Document(file.label, parse_json(text, file.label))


def parse_json(text: str, place: str) -> Any:
    """A JSON value. Raises InputError, with the line if it is known, for text that is no JSON, nested too deep, or has a key twice."""
    import json

    try:
        return _decoder().decode(text)
    except json.JSONDecodeError as error:
        line = f":{error.lineno}" if "\n" in text.rstrip() or ":" not in place else ""
        raise InputError(f"{place}{line}: not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise InputError(f"{place}: nested too deep") from None
    except ValueError as error:  # a key twice, or a number of thousands of digits
        reason = str(error)
        raise InputError(f"{place}: {'a number has too many digits' if 'digits' in reason else reason}") from None


@cache
def _decoder() -> JSONDecoder:
    """The decoder, made only once: this takes as long as reading a line of JSON."""
    import json

    return json.JSONDecoder(object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object as a dict. Raises ValueError for a key that it has twice, since the json module would keep the last value."""
    value = dict(pairs)
    if len(value) < len(pairs):
        before: set[str] = set()
        for key, _ in pairs:
            if key in before:
                raise ValueError(f"the key {key!r} is used twice in one object")
            before.add(key)
    return value


class JsonLines(Table):
    """A record, a list or a number on every line, read some lines at a time."""

    def __init__(self, file: InputFile) -> None:
        self.label, self.file = file.label, file
        text = TextReader(file)
        self._first_line = next((line for line in text.lines() if line.strip()), "")
        self.first = parse_json(self._first_line, f"{self.label}:{text.line}") if self._first_line else None
        self.names = tuple(self.first) if isinstance(self.first, Mapping) else ()
        self._name_set = frozenset(self.names)
        self._width = len(self.first) if isinstance(self.first, list) else 0

    def width(self) -> int:
        return len(self.names) or self._width

    def has(self, name: str) -> bool:
        return name in self._name_set or ("." in name and follow(self.first, name)[1])

    def all(self) -> Column:
        if self.first is None:
            raise InputError(f"{self.label} is empty")
        if self.names:
            raise InputError(f"{self.label} holds records with {names_in_short(self.names)}: name a key with ::")
        return Column(self.label, stream=self, keys=("",))

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        return Column(label, stream=self, keys=tuple(names), stacked=stacked)

    def texts(self, name: str) -> list[Any]:
        return field_of([v for _, v in self._values()], name, self.label, lambda i: f"record {i}") or []

    def cells(self, name: str) -> Iterator[bytes]:
        """The cells of a field, by a pattern, since decoding takes far longer. Without a match on every line, lines are decoded."""
        field = re.compile(rb'[{,]\s*"%s"\s*:\s*(?:"([^"\\\n]*)"|([^",}\]\s\[{]+))' % re.escape(name.encode("utf-8", "surrogatepass")))
        rows = 0
        for piece in self.file.pieces(PIECE):
            cells = field.findall(piece)
            if len(cells) != piece.count(b"\n") + (piece[-1:] != b"\n"):  # blank lines, or a field in another form
                yield b"".join(b"%s\n" % str(x).replace("\n", " ").encode("utf-8", "surrogatepass") for x in self.texts(name)[rows:])
                return
            yield b"".join([b"%s%s\n" % cell for cell in cells])
            rows += len(cells)

    def _values(self) -> Iterator[tuple[int, Any]]:
        """The line number and the value of each line that is not blank."""
        text = TextReader(self.file)
        while text.rest():
            yield from self._of_piece(text)

    def check_unchanged(self) -> None:
        self.file.check_unchanged()

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Array]]:
        form = self._form(keys)
        text = TextReader(self.file, PIECE)
        while rest := text.rest():
            found = form.read(rest) if form is not None else None
            if found is not None:
                text.skip(len(rest), len(next(iter(found.values()))))
                yield found
                continue
            for batch in batches(self._of_piece(text), CHUNK):
                yield {k: to_array(self._column(k, batch), f"{self.label}::{k}" if k else self.label) for k in keys}

    def _form(self, keys: Sequence[str]) -> Form | None:
        """The form of the first line, if its values at the keys are numbers."""
        if self.first is None or not (self.names or all(key.isdecimal() for key in keys if key)):
            return None
        return form_of(self._first_line, {k: self._path(k) for k in keys})

    def _path(self, key: str) -> tuple[Any, ...]:
        """The keys and positions that lead to a value of a line."""
        if self.names:
            return (key,) if key in self._name_set else tuple(key.split("."))
        return (int(key),) if key else ()

    def _of_piece(self, text: TextReader) -> Iterator[tuple[int, Any]]:
        """The rest of the current piece, as from `_values`."""
        for line in text.lines():
            if line.strip():
                yield text.line, parse_json(line, f"{self.label}:{text.line}")
            if text.piece_is_done:
                return

    def _column(self, key: str, batch: list[tuple[int, Any]]) -> list[Any]:
        if self.names:
            return field_of([v for _, v in batch], key, self.label, lambda i: f"line {batch[i][0]}", first=False) or []
        if key == "":
            return [v for _, v in batch]
        for line, v in batch:
            if not isinstance(v, list) or len(v) != self._width:
                raise InputError(f"{self.label}:{line}: {beginning(v)} is no list of {self._width} values like the first line")
        return [v[int(key)] for _, v in batch]

    def place(self, row: int) -> str:
        return next((f"line {number}" for i, (number, _) in enumerate(self._values()) if i == row), "")
