"""The report of a comparison: a row a prediction, a group of columns a loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from losscli.data.columns import shown
from losscli.errors import counted
from losscli.render.grid import Grid, Style, number
from losscli.results.comparison import Comparison

__all__ = ["ComparisonReport"]


@dataclass
class ComparisonReport:
    """A Comparison as a report."""

    comparison: Comparison

    def items(self) -> Iterable[dict[str, Any]]:
        names, rows = self.records()
        return [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in rows]

    def document(self) -> dict[str, Any]:
        return self.comparison.to_dict()

    def numbers(self) -> Sequence[float]:
        return [r.value for r in self.comparison.results]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        names = ("prediction", "loss", "reduction", "value", "denominator", "best", "difference", "ratio")
        return names, (
            (r.prediction, r.loss, r.reduction, r.value, r.denominator and r.denominator.value, r.best, r.difference, r.ratio)
            for r in self.comparison.results
        )

    def grids(self, style: Style) -> list[Grid]:
        c = self.comparison
        losses = list(dict.fromkeys(r.loss for r in c.results))
        predictions = list(dict.fromkeys(r.prediction for r in c.results))
        below = [""]
        if len(predictions) > 1:
            below.append(f"* best (lowest); difference and ratio to {c.baseline}")
        omitted = f", {c.rows.omitted:,} omitted for nan" if c.rows.omitted else ""
        below.append(f"{counted(c.rows.read, 'row')} read, {c.rows.used:,} used{omitted}")
        sources = {**c.bindings, **c.predictions}
        if any(source != "inline" for source in sources.values()):
            below.append(", ".join(f"{name} = {shown(source)}" for name, source in sources.items()))
        below += c.notes
        wide = self._of(losses, predictions, style)
        wide.below = below
        if len(losses) > 1:
            wide.narrow = [*(self._of([loss], predictions, style) for loss in losses), Grid(("",), [], below=below[1:])]
        return [wide]

    def _of(self, losses: Sequence[str], predictions: Sequence[str], style: Style) -> Grid:
        c = self.comparison
        by = {(r.prediction, r.loss): r for r in c.results}
        several = len(predictions) > 1
        header = ["prediction", *(h for loss in losses for h in ([loss, "difference", "ratio"] if several else [loss]))]
        rows: list[Sequence[str]] = []
        strong = set()
        for p, name in enumerate(predictions):
            cells = [name]
            for loss in losses:
                r = by[name, loss]
                if r.best and several:
                    strong.add((p, len(cells)))
                base = name == c.baseline
                cells.append(number(r.value, style) + (" *" if r.best else "  ") * several)
                if several:
                    cells += ["" if base else _signed(r.difference, style), "" if base or r.ratio is None else f"{r.ratio:.4g}"]
            rows.append(cells)
        return Grid(header, rows, frozenset({0}), strong=strong)


def _signed(x: float, style: Style) -> str:
    return f"{x:+.{style.precision or 4}g}" if x == x else "nan"
