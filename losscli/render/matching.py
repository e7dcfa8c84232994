"""The report of a search for the convention of a number: the matches, the simplest first, each with its command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from losscli.errors import counted
from losscli.record import Record
from losscli.render.cells import nested
from losscli.render.grid import Grid, Style, number, source_lines
from losscli.results.matching import Match, Matching

__all__ = ["MatchingReport"]

SHOWN, NAMES = 10, 4  # matches in a table, and other names of each


class MatchingReport(Record):
    """A Matching as a report."""

    matching: Matching

    def items(self) -> Iterable[dict[str, Any]]:
        return [m.to_dict() for m in self.matching.matches]

    def document(self) -> dict[str, Any]:
        return self.matching.to_dict()

    def numbers(self) -> Sequence[float]:
        return [m.value for m in self.matching.matches]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names = ("prediction", "loss", "named", "params", "reduction", "per", "transform", "form", "factor", "value", "error", "chance",
                 "command")  # fmt: skip
        rows = (m.to_dict() for m in self.matching.matches)
        return names, ([nested(row[n]) if n == "params" else row.get(n) for n in names] for row in rows)

    def grids(self, style: Style) -> list[Grid]:
        m = self.matching
        shown = _shown(m)
        commands = [f"{i}  {_command(match)}" for i, match in enumerate(shown, 1)]
        below = ["", *commands, "", *_notes(m), *source_lines(m.bindings)]
        return [_grid(m, shown, style).but(title=_title(m), below=below)]


def _shown(m: Matching) -> Sequence[Match]:
    """The matches that chance does not explain as well, or the first; the nearest values where there is no match."""
    likely = [match for match in m.matches if match.chance < 1] or m.matches[:1]
    return likely[:SHOWN] or m.nearest


def _title(m: Matching) -> str:
    given = f"{m.given.text} ({counted(m.given.digits, 'digit')}, so ± {m.given.tolerance:.2g})"
    if not m.matches:
        return f"Nothing gives {given}. The nearest:"
    return f"What gives {given}, the simplest first"


def _grid(m: Matching, shown: Sequence[Match], style: Style) -> Grid:
    several = any(match.candidate.prediction for match in shown)
    last = "by chance" if m.matches else "ratio"
    header = ["", *(["prediction"] if several else []), "loss", "as", "value", last]
    rows = []
    for i, match in enumerate(shown, 1):
        ratio = match.value / m.given.number if m.given.number else float("nan")
        end = _small(match.chance) if m.matches else f"{ratio:.4g}"
        prediction = [match.candidate.prediction or ""] if several else []
        rows.append([str(i), *prediction, match.candidate.loss.name, match.words or "it is", number(match.value, style), end])
    return Grid(header, rows, frozenset(range(len(header) - 2)), strong={(i, len(header) - 2) for i in m.tied if i < len(shown)})


def _small(chance: float) -> str:
    return f"{chance:.2g}" if chance >= 0.001 else "< 0.001"


def _command(match: Match) -> str:
    """The command, after what has to be done to its value, and before what has to be done to its inputs."""
    files = [f"{t.words.replace('(', '_of_').rstrip(')')}.npy holds {t.words}" for t in match.candidate.transforms if t.role]
    form = f"{match.form.words} of " if match.form.words else ""
    return form + match.command + (f"   # {', '.join(files)}" if files else "")


def _notes(m: Matching) -> Iterable[str]:
    shown = _shown(m) if m.matches else []
    if left_out := len(m.matches) - len(shown):
        yield f"{left_out} more, which are more complicated: -f json has them all"
    for i, match in enumerate(shown, 1):
        if match.also:
            more = f"; … {len(match.also) - NAMES} more" if len(match.also) > NAMES else ""
            yield f"{i} is also {'; '.join(match.also[:NAMES])}{more}"
    if cut := [
        f"{i} ({number(match.value, Style(precision=m.given.digits + 3))})" for i, match in enumerate(shown, 1) if m.given.cuts(match.value)
    ]:
        yield f"{m.given.text} would be the first digits, not rounded, of {', '.join(cut)}"
    if len(tied := [str(i + 1) for i in m.tied if i < len(shown)]) > 1:
        yield f"{', '.join(tied)} give the same number on these data: other data can tell them apart"
    if m.matches:
        yield "by chance: how many numbers of conventions that are as simple, or simpler, would be as near by chance"
    if m.matches and m.chance >= 1:
        yield f"{m.given.text} has few digits: of all numbers tried, about {m.chance:.2g} would be as near by chance"
    losses = "1 loss" if m.losses == 1 else f"{m.losses} losses"
    yield f"{counted(m.conventions, 'convention')} of {losses} tried: {counted(m.numbers, 'number')}"
    if m.over_pairs:
        yield f"not tried, since they compare all pairs of rows: {', '.join(m.over_pairs)}; -l NAME tries one"
