"""The line of an element in each format: the separator, the text around each cell, the spelling of words and numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from losscli.record import Record
from losscli.render.cells import exact, json_text, strict
from losscli.render.grid import Style

__all__ = ["LineLayout", "csv_layout", "jsonl_layout", "tsv_layout", "value_layout"]


class LineLayout(Record):
    """The cells of a line in one format."""

    separator: str
    header: str  # the first line, with its line end; '' for none
    around: Sequence[tuple[str, str]]  # for each cell, the text before it and after it
    words: Callable[[Sequence[Any]], list[str]]
    number: Callable[[float], str] | None = None  # None: the shortest text that reads back to the same number
    nonfinite: str = "%s"  # the template for nan and the infinities
    missing: str | None = None  # the loss of an ignored label; None: its number, 0


def csv_layout(names: Sequence[str], style: Style) -> LineLayout:
    """Columns separated by commas."""
    return _delimited(",", names)


def tsv_layout(names: Sequence[str], style: Style) -> LineLayout:
    """Columns separated by tabs."""
    return _delimited("\t", names)


def jsonl_layout(names: Sequence[str], style: Style) -> LineLayout:
    """A JSON object on each line."""
    last = len(names) - 1
    around = [(f"{' ' if k else '{'}{_json_word(name)}: ", "}" if k == last else "") for k, name in enumerate(names)]
    return LineLayout(",", "", around, lambda words: list(map(_json_word, words)), nonfinite='"%s"', missing="null")


def value_layout(names: Sequence[str], style: Style) -> LineLayout:
    """A bare number on each line."""
    number = None if style.precision is None else f"%.{style.precision}g".__mod__
    return LineLayout("", "", [("", "")], list, number)


def _delimited(separator: str, names: Sequence[str]) -> LineLayout:
    header = separator.join(_quoted(names, separator)) + "\n"
    return LineLayout(separator, header, [("", "")] * len(names), lambda words: _quoted(words, separator), missing="")


def _quoted(words: Sequence[Any], separator: str) -> list[str]:
    """Words as the csv module writes them."""
    import csv

    lines = _Lines()
    csv.writer(lines, delimiter=separator, lineterminator="\n").writerows([exact(w)] for w in words)
    return [line[:-1] for line in lines]


class _Lines(list[str]):
    """A list that the csv module can write to."""

    def write(self, line: str) -> None:
        self.append(line)


def _json_word(word: Any) -> str:
    return json_text(strict(word))
