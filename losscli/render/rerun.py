"""The report of a result that was computed again: whether the bits are the same, and if not, what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losscli.record import Record
from losscli.render.cells import named_fields
from losscli.render.ci import Case
from losscli.render.grid import Grid, Style
from losscli.results.origin import Rerun

__all__ = ["RerunReport"]


class RerunReport(Record):
    """A Rerun as a report."""

    result: Rerun

    def items(self) -> Iterable[Mapping[str, Any]]:
        return named_fields(self.records())

    def document(self) -> dict[str, Any]:
        return self.result.to_dict()

    def numbers(self) -> Sequence[float]:
        return [] if self.result.now is None else [self.result.now]

    def cases(self) -> Sequence[Case]:
        r = self.result
        return [Case(f"{r.loss} computed again", r.loss, "pass" if r.passed else "fail", "; ".join(r.lines))]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        r = self.result
        return ("loss", "same_bits", "then", "now", "changed"), [(r.loss, r.same_bits, r.then, r.now, "; ".join(r.lines[1:]))]

    def grids(self, style: Style) -> list[Grid]:
        return [Grid(("",), [], below=self.result.lines)]
