"""A report with pictures: the report itself, the pictures below it, and the numbers that they show under a key of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from losscli.record import Record
from losscli.render.ci import Case, gated
from losscli.render.formats import Report
from losscli.render.grid import Grid, Style
from losscli.render.pictures.characters import grid_of
from losscli.render.pictures.picture import Picture

__all__ = ["PictureReport"]


class PictureReport(Record):
    """A report and its pictures. `tables` makes the tables that belong to the pictures."""

    report: Report
    pictures: Sequence[Picture]
    numbers_shown: Mapping[str, Any]  # by key of the document
    tables: Callable[[Style], Sequence[Grid]] | None = None

    def items(self) -> Iterable[Mapping[str, Any]]:
        items = self.report.items()
        return [self.document()] if items == [self.report.document()] else items

    def document(self) -> dict[str, Any]:
        """The document of the report, with the numbers before its warnings."""
        items = list(self.report.document().items())
        at = next((i for i, (key, _) in enumerate(items) if key in ("gate", "warnings", "version")), len(items))
        return dict([*items[:at], *self.numbers_shown.items(), *items[at:]])

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        return self.report.records()

    def cases(self) -> Sequence[Case]:
        return gated(self.report).cases()

    def numbers(self) -> Any:
        return self.report.numbers()

    def grids(self, style: Style) -> list[Grid]:
        tables = [] if self.tables is None else self.tables(style)
        return [*self.report.grids(style), *(grid_of(p, style) for p in self.pictures), *tables]
