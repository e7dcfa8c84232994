"""The tables of all pairs: each prediction beside every other, with letters; and the lines of the model confidence set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from losscli.errors import counted
from losscli.render.grid import Grid, Style, number
from losscli.results.comparison import Compared, Comparison
from losscli.results.uncertainty import ADJUSTED

__all__ = ["model_set_lines", "pair_records", "pairs_grid", "signed"]

_NAMES = ("loss", "prediction", "other", "difference", "se", "level", "low", "high", "p", "p_adjusted", "wins", "ties", "losses")


def pairs_grid(comparison: Comparison, loss: str, style: Style) -> Grid | None:
    """A triangle of differences under one loss, from the best prediction to the worst; None where no pair has an interval.

    In a narrow window it is the letters alone.
    """
    best_first = sorted((r for r in comparison.results if r.loss == loss and r.letters is not None), key=lambda r: r.value)
    if not best_first:
        return None
    found = {(p.prediction, p.other): p.paired for p in comparison.pairs if p.loss == loss}
    rows = []
    for i, r in enumerate(best_first):
        cells = [r.prediction, _aligned(r, best_first)]
        for other in best_first[: min(i, len(best_first) - 1)]:
            paired = found.get((r.prediction, other.prediction)) or found.get((other.prediction, r.prediction))
            difference = r.value - other.value
            cells.append("" if paired is None else signed(difference, style) + (" !" if paired.detected else "  "))
        rows.append([*cells, *[""] * (len(best_first) + 1 - len(cells))])
    level = next(iter(found.values())).uncertainty.level
    how = f"{counted(len(found), 'pair')}{ADJUSTED[comparison.adjust]}"
    legend = f"with a letter in common: no difference detected ({level:g} %, {how})"
    title = f"all pairs: {loss}"
    names = [r.prediction for r in best_first[:-1]]
    few = [[r.prediction, number(r.value, style), row[1]] for r, row in zip(best_first, rows, strict=True)]
    narrow = Grid(["prediction", loss, "letters"], few, frozenset({0, 2}), title, below=[legend, "-f csv has the difference of each pair"])
    below = [f"the row less the column; ! detected; {legend}"]
    return Grid(["prediction", "letters", *names], rows, frozenset({0, 1}), title, below=below, narrow=[narrow])


def _aligned(r: Compared, results: Sequence[Compared]) -> str:
    """The letters of a prediction, each at its place among all letters."""
    every = sorted({letter for other in results for letter in _split(other.letters or "")}, key=lambda x: (len(x), x.isupper(), x))
    own = set(_split(r.letters or ""))
    return "".join(letter if letter in own else " " * len(letter) for letter in every).rstrip()


def _split(text: str) -> list[str]:
    """The letters of a text, in which dots belong to the letter after them."""
    letters, dots = [], ""
    for character in text:
        if character == ".":
            dots += character
        else:
            letters.append(dots + character)
            dots = ""
    return letters


def model_set_lines(results: Sequence[Compared]) -> list[str]:
    """Which predictions the model confidence set of one loss has, and with which p the others are outside."""
    known = [(r, r.model_set) for r in results if r.model_set is not None]
    level = next((r.uncertainty.level for r in results if r.uncertainty is not None), None)
    if not known or level is None:
        return []
    inside = ", ".join(r.prediction for r, of in known if of.in_set)
    outside = ", ".join(f"{r.prediction} (p = {of.p:.2g})" for r, of in known if not of.in_set)
    return [f"model confidence set ({level:g} %): {inside}" + (f"; outside: {outside}" if outside else "")]


def pair_records(comparison: Comparison) -> tuple[Sequence[str], list[Sequence[Any]]]:
    """A record for each pair."""
    letters = {(r.prediction, r.loss): r.letters for r in comparison.results}
    rows: list[Sequence[Any]] = []
    for pair in comparison.pairs:
        document = pair.to_dict()
        both = (letters[pair.prediction, pair.loss], letters[pair.other, pair.loss])
        rows.append([*(document.get(name) for name in _NAMES), document["detectable"], document["detected"], *both])
    return (*_NAMES, "detectable", "detected", "letters", "other_letters"), rows


def signed(x: float, style: Style) -> str:
    """A difference with its sign."""
    return f"{x:+.{style.precision or 4}g}" if x == x else "nan"
