"""What every opened file can do: columns by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from losscli.data.columns import Column
from losscli.sources.files import FIRST

__all__ = ["Table", "cells_of", "texts_of"]


class Table(Protocol):
    """A file that was opened: columns by name, or an array without names."""

    label: str
    names: tuple[str, ...]

    def all(self) -> Column:
        """Everything in it as one array."""

    def columns(self, names: Sequence[str], stacked: bool, label: str) -> Column:
        """Some of its columns, side by side if stacked."""

    def has(self, name: str) -> bool:
        """Whether a column, or a place deeper in the file, has this name."""

    def width(self) -> int:
        """How many columns can be chosen by position."""

    def texts(self, name: str) -> list[Any]:
        """A column as it is written, for ids. Where there is a quicker way to see whether two are alike, a table has `cells` as well."""


def texts_of(values: Sequence[Any]) -> list[str]:
    """Ids as text; they never go through a float: 007 is not 7.

    But whole numbers that a file holds as floats are these numbers, also where all of a column are written so (1.0, 2.0), as pandas does.
    """
    texts = [str(int(x)) if isinstance(x, float) and x.is_integer() else str(x).strip() for x in values]
    written = all((x.endswith(".0") and x[:-2].removeprefix("-").isdecimal()) or not x for x in texts)
    return [x.removesuffix(".0") for x in texts] if written else texts


def cells_of(table: Table, name: str) -> Iterator[bytes]:
    """A column as it is written, a line for each row, some rows at a time: what is the same here is the same column."""
    if hasattr(table, "cells"):
        yield from table.cells(name)
        return
    texts = texts_of(table.texts(name))
    for part in (texts[:FIRST], texts[FIRST:]):
        if part:
            yield "".join(f"{x}\n" for x in part).encode("utf-8", "surrogatepass")
