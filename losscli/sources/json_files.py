"""JSON and JSON lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from losscli.data.columns import Column
from losscli.errors import InputError
from losscli.sources.files import PIECE, Origin, Text, parts
from losscli.sources.held import Held, deeper, field_of, listed, shown, to_array

__all__ = ["JsonLines", "parse_json", "read_json"]

CHUNK = 2**13  # lines that are held at a time


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


@cache
def _decoder() -> Any:
    """Made once: that takes as long as a line of JSON."""
    import json

    return json.JSONDecoder(object_pairs_hook=_unique)


def parse_json(text: str, place: str) -> Any:
    """A JSON value. Raises InputError, with the line where it is known, for text that is none, too deep, or has a key twice."""
    import json

    try:
        return _decoder().decode(text)
    except json.JSONDecodeError as error:
        line = f":{error.lineno}" if "\n" in text.rstrip() or ":" not in place else ""
        raise InputError(f"{place}{line}: not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise InputError(f"{place}: nested too deep") from None
    except ValueError as error:  # a key twice; or a number of thousands of digits
        said = str(error)
        raise InputError(f"{place}: {'a number has too many digits' if 'digits' in said else said}") from None


def read_json(origin: Origin) -> Held:
    """Any JSON: an array, an object of arrays, a list of records. Raises InputError with the line."""
    return Held(origin.label, parse_json(origin.text(), origin.label))


class JsonLines:
    """A record, a list or a number on every line, read a chunk at a time."""

    def __init__(self, origin: Origin) -> None:
        self.label, self.origin = origin.label, origin
        self.first = next((v for _, v in self._values()), None)
        self.names: tuple[str, ...] = tuple(self.first) if isinstance(self.first, Mapping) else ()
        self._known = frozenset(self.names)
        self._width = len(self.first) if isinstance(self.first, list) else 0

    def width(self) -> int:
        return len(self.names) or self._width

    def has(self, name: str) -> bool:
        return name in self._known or ("." in name and deeper(self.first, name)[1])

    def all(self) -> Column:
        if self.first is None:
            raise InputError(f"{self.label} is empty")
        if self.names:
            raise InputError(f"{self.label} holds records with {listed(self.names)}: name a key with ::")
        return Column(self.label, stream=self, keys=("",))

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        return Column(label, stream=self, keys=tuple(names), stacked=stacked)

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids."""
        return field_of([v for _, v in self._values()], name, self.label, lambda i: f"record {i}") or []

    def cells(self, name: str) -> Iterator[bytes]:
        """A field as it is written, a line for each record, some at a time: looked for, as to read whole records takes far longer."""
        field = re.compile(rb'[{,]\s*"%s"\s*:\s*(?:"([^"\\\n]*)"|([^",}\]\s\[{]+))' % re.escape(name.encode("utf-8", "surrogatepass")))
        rows = 0
        for piece in self.origin.pieces(PIECE):
            found = field.findall(piece)
            if len(found) != piece.count(b"\n") + (piece[-1:] != b"\n"):  # blank lines, or fields that are written otherwise
                yield b"".join(b"%s\n" % str(x).replace("\n", " ").encode("utf-8", "surrogatepass") for x in self.texts(name)[rows:])
                return
            yield b"".join([b"%s%s\n" % cell for cell in found])
            rows += len(found)

    def _values(self) -> Iterator[tuple[int, Any]]:
        text = Text(self.origin)
        for line in text.lines():
            if line.strip():
                yield text.line, parse_json(line, f"{self.label}:{text.line}")

    def chunks(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        for part in parts(self._values(), CHUNK):
            yield {k: to_array(self._column(k, part), f"{self.label}::{k}" if k else self.label) for k in keys}

    def _column(self, key: str, part: list[tuple[int, Any]]) -> list[Any]:
        if self.names:
            return field_of([v for _, v in part], key, self.label, lambda i: f"line {part[i][0]}") or []
        if key == "":
            return [v for _, v in part]
        for line, v in part:
            if not isinstance(v, list) or len(v) != self._width:
                raise InputError(f"{self.label}:{line}: {shown(v)} is no list of {self._width} as the first line")
        return [v[int(key)] for _, v in part]

    def place(self, row: int) -> str:
        return next((f"line {number}" for i, (number, _) in enumerate(self._values()) if i == row), "")
