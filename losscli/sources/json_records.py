"""JSON lines that have the form of the first line, with the same text between their values: compiled code reads the numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from math import prod
from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.sources.delimited import compiled
from losscli.sources.document import MAX_AXES

__all__ = ["Form", "form_of"]

MOST_VALUES = 2**16  # of a line
Path = tuple[Any, ...]  # the keys and positions that lead to a value

_TOKEN = re.compile(r'[ \t]*("(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+)[ \t]*')


class Form(Record):
    """The form of lines. `texts` are the bytes around their values; `slots` give each value its column of the result, or -1.

    `fields` are the keys that are read, each with its columns and the shape of one value.
    """

    texts: Sequence[bytes]
    slots: Sequence[int]
    fields: Mapping[str, tuple[slice, tuple[int, ...]]]

    def read(self, piece: bytes) -> dict[str, Array] | None:
        """The fields of all lines of a piece; None where a line has another form."""
        if (columns := compiled.json_records(piece, self.texts, self.slots)) is None:
            return None
        return {key: columns[at].T.reshape(-1, *shape) for key, (at, shape) in self.fields.items()}


def form_of(line: str, paths: Mapping[str, Path]) -> Form | None:
    """The form of a line of JSON, whose values at these paths are read; None where they are no numbers or no lists of numbers."""
    if not compiled.AVAILABLE:
        return None
    texts: list[str] = [""]
    leaves: list[tuple[Path, str]] = []
    for path, text in _pieces(line.rstrip("\r\n"), paths):
        if path is None:
            texts[-1] += text
        else:
            leaves.append((path, text))
            texts.append("")
    if len(leaves) > MOST_VALUES:
        return None
    slots = [-1] * len(leaves)
    fields: dict[str, tuple[slice, tuple[int, ...]]] = {}
    column = 0
    below = _below({*paths.values()}, [leaf for leaf, _ in leaves])
    for key, path in paths.items():
        at = below[path]
        shape = _shape([leaves[i][0][len(path) :] for i in at])
        if shape is None or not all(_is_number(leaves[i][1]) for i in at) or any(slots[i] >= 0 for i in at):
            return None
        for k, i in enumerate(at):
            slots[i] = column + k
        fields[key] = slice(column, column + len(at)), shape
        column += len(at)
    return Form([t.encode() for t in texts], slots, fields)


def _below(paths: Set[Path], leaves: Sequence[Path]) -> Mapping[Path, Sequence[int]]:
    """For each path the leaves that it leads to. The time does not grow with the number of paths times that of leaves."""
    below: dict[Path, list[int]] = {path: [] for path in paths}
    sizes = {len(path) for path in paths}
    for i, leaf in enumerate(leaves):
        for path in {leaf[:n] for n in sizes} & paths:
            below[path].append(i)
    return below


def _is_number(text: str) -> bool:
    return text[0] in "-0123456789"


def _shape(places: Sequence[Path]) -> tuple[int, ...] | None:
    """The shape of values at these places of nested lists, such as (2,) for (0,) and (1,); None where they fill no array."""
    if not places or not all(isinstance(i, int) for place in places for i in place):
        return None
    shape = tuple(max(i) + 1 for i in zip(*places, strict=False))
    if len(shape) >= MAX_AXES or prod(shape) != len(places):  # the rows are one axis more
        return None
    return shape if list(places) == list(np.ndindex(shape)) else None


def _pieces(line: str, paths: Mapping[str, Path]) -> Iterator[tuple[Path | None, str]]:
    """The line in pieces, each with the path of the value that it is, or None for text around values.

    A list with no value that is read is one value, of any length.
    """
    tokens = [(m.start(1), m.end(1), m[1]) for m in _TOKEN.finditer(line)]
    read = {*paths.values()}
    above = {path[:n] for path in read for n in range(len(path) + 1)}
    sizes = {len(path) for path in read}
    stack: list[Any] = []  # the key or position in each container that is open; None before a key
    done = k = 0
    while k < len(tokens):
        start, end, text = tokens[k]
        path = tuple(stack)
        if text in "{[":
            if text == "[" and path not in above and read.isdisjoint(path[:n] for n in sizes):
                k = _closing(tokens, k)
                end = tokens[k][1]
                yield from ((None, line[done:start]), (path, line[start:end]))
                done = end
            else:
                stack.append(None if text == "{" else 0)
        elif text in "}]":
            stack.pop()
        elif text == ",":
            stack[-1] = None if not isinstance(stack[-1], int) else stack[-1] + 1
        elif text == ":":
            pass
        elif stack and stack[-1] is None:
            import json

            stack[-1] = json.loads(text)
        else:
            yield from ((None, line[done:start]), (path, text))
            done = end
        k += 1
    yield None, line[done:]


def _closing(tokens: Sequence[tuple[int, int, str]], k: int) -> int:
    """The token that closes the list that token k opens."""
    depth = 0
    for i in range(k, len(tokens)):
        depth += (tokens[i][2] in "[{") - (tokens[i][2] in "]}")
        if depth == 0:
            return i
    return k
