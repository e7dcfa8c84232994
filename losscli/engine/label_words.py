"""Labels of which only counts whether two are the same: words will do, and each word that occurs is a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from losscli.data.columns import Column
from losscli.data.labels import Labels
from losscli.errors import InputError
from losscli.registry import Loss

__all__ = ["with_words"]


def with_words(known: Loss, columns: Mapping[str, Column]) -> dict[str, Column]:
    """The columns, those of names with the words in them as their classes, the same for all.

    Raises InputError where one holds words and another numbers alone.
    """
    names = [r for r, role in known.roles.items() if role.domain.takes_words and r in columns and not columns[r].classes]
    wordy = [any(_words(columns[r], x) for x in _parts(columns[r])) for r in names]
    if not any(wordy):
        return dict(columns)
    if not all(wordy):
        words, numbers = names[wordy.index(True)], names[wordy.index(False)]
        raise InputError(
            f"{known.name}: {words} ({columns[words].label}) holds words, {numbers} ({columns[numbers].label}) numbers alone: "
            "say which word each number is with --classes (the word for 0, for 1, …)"
        )
    classes = tuple(dict.fromkeys(name for r in names for x in _parts(columns[r]) for name in _named(columns[r], x)))
    return {r: replace(c, labels=Labels(classes)) if r in names else c for r, c in columns.items()}


def _parts(column: Column) -> Iterator[Any]:
    """The cells of a column, some at a time."""
    if column.stream is None:
        yield column.array
        return
    for chunk in column.stream.chunks(column.keys):
        yield from (chunk[k] for k in column.keys)


def _words(column: Column, x: Any) -> bool:
    """Whether there is a word among them; a dash or a question mark alone is none."""
    found = set(x.reshape(-1).tolist()) if x.dtype.kind in "OU" else ()
    return any(column.number(cell) is None and any(map(str.isalnum, cell)) for cell in found)


def _named(column: Column, x: Any) -> Iterator[str]:
    """Every label of some cells, numbers by their shortest spelling; without those that are missing."""
    for cell in dict.fromkeys(x.reshape(-1).tolist()):
        number = column.number(cell)
        if number is None:
            yield cell.strip()
        elif number == number:
            yield repr(number).removesuffix(".0")
