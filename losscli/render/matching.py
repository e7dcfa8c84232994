"""The report of a search for the convention of a number: the matches, the simplest first, each with its command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from losscli.errors import counted
from losscli.record import Record
from losscli.render.cells import nested
from losscli.render.grid import Grid, Style, number, source_lines
from losscli.results.matching import Match, Matching

__all__ = ["MatchingReport"]

SHOWN, TIED, NAMES = 8, 3, 4  # matches in a table, of these with the number of the first, and other names of each
FIELDS = ("prediction", "loss", "named", "params", "reduction", "per", "transform", "form", "factor", "value", "error", "chance", "command")


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
        return FIELDS, ([nested(v) if isinstance(v := m.get(n), dict) else v for n in FIELDS] for m in self.items())

    def grids(self, style: Style) -> list[Grid]:
        m = self.matching
        shown, left_out = _shown(m)
        commands = [f"{i}  {_command(match)}" for i, match in enumerate(shown, 1)]
        below = ["", *commands, "", *_notes(m, shown, left_out), *_counts(m), *_where(m), *source_lines(m.bindings)]
        return [_grid(m, shown, style).but(title=_title(m), below=below)]


def _shown(m: Matching) -> tuple[Sequence[Match], Sequence[Match]]:
    """The matches for a table, or the nearest values; and the matches of other losses that give the number of the first as well."""
    if not m.matches:
        return m.nearest, []
    tied = set(m.tied[TIED:])
    likely = [match for i, match in enumerate(m.matches) if i not in tied and (match.chance < 1 or i == 0)]
    return likely[:SHOWN], [m.matches[i] for i in m.tied[TIED:]]


def _title(m: Matching) -> str:
    given = f"{m.given.text} ({counted(m.given.digits, 'digit')}, ± {m.given.tolerance:.2g})"
    return f"What gives {given}, the simplest first" if m.matches else f"Nothing gives {given}; the nearest"


def _grid(m: Matching, shown: Sequence[Match], style: Style) -> Grid:
    several = any(match.candidate.prediction for match in shown)
    header = ["", *(["prediction"] if several else []), "loss", "convention", "value", "by chance" if m.matches else "ratio"]
    rows = []
    for i, match in enumerate(shown, 1):
        ratio = match.value / m.given.number if m.given.number else float("nan")
        end = ("< 0.001" if match.chance < 0.001 else f"{match.chance:.2g}") if m.matches else f"{ratio:.4g}"
        prediction = [match.candidate.prediction or ""] if several else []
        rows.append([str(i), *prediction, match.candidate.loss.name, match.words or "as it is", number(match.value, style), end])
    return Grid(header, rows, frozenset(range(len(header) - 2)))


def _command(match: Match) -> str:
    """The command, after what has to be done to its value, and before what the files hold that it reads."""
    files = [f"{t.file} holds {t.words}" for t in match.candidate.transforms if t.role]
    form = f"{match.form.words} of: " if match.form.words else ""
    return form + match.command + (f"   # {', '.join(files)}" if files else "")


def _notes(m: Matching, shown: Sequence[Match], tied: Sequence[Match]) -> Iterator[str]:
    """What is to be known of the matches in the table."""
    if not m.matches:
        return
    places = [str(i) for i, match in enumerate(shown, 1) if match in [m.matches[t] for t in m.tied]]
    if len(places) > 1:
        others = "".join(f"; {match.candidate.loss.name}{f' ({match.words})' if match.words else ''}" for match in tied)
        yield f"{', '.join(places)} give the same number on these data{', and so do' if tied else ''}{others[1:]}"
    for i, match in enumerate(shown, 1):
        if match.also:
            more = f"; … {len(match.also) - NAMES} more" if len(match.also) > NAMES else ""
            yield f"{i} is also {'; '.join(match.also[:NAMES])}{more}"
    if cut := [f"{i} ({match.value:.{m.given.digits + 3}g})" for i, match in enumerate(shown, 1) if m.given.cuts(match.value)]:
        yield f"{m.given.text} has the first digits of {', '.join(cut)}, cut off and not rounded"
    if left := m.found - len(shown) - len(tied):
        yield f"{left} more, which are more complicated, or which chance explains as well: -f json"


def _where(m: Matching) -> Iterator[str]:
    """The conditions on the rows."""
    if m.where:
        yield f"only the rows where {' and '.join(m.where)}"


def _counts(m: Matching) -> Iterator[str]:
    """How much was tried, and how many numbers would match by chance."""
    losses = "1 loss" if m.losses == 1 else f"{m.losses} losses"
    tried = f"{counted(m.conventions, 'convention')} of {losses} tried: {counted(m.numbers, 'number')}"
    chance = f"{m.chance:,.0f}" if m.chance >= 10 else f"{m.chance:.2g}"
    yield f"{tried}, of which about {chance} would match by chance" if m.matches else tried
    if m.matches:
        yield "by chance: of the numbers whose convention is as simple, how many would match by chance"
    if m.over_pairs:
        yield f"not tried, since they compare all pairs of so many rows: {', '.join(m.over_pairs)}; -l NAME tries one"
