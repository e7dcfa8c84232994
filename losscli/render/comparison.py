"""The report of a comparison: a row a prediction, a group of columns a loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from losscli.comparison import Comparison
from losscli.render.grid import Grid, Style, number

__all__ = ["ComparisonReport"]


@dataclass
class ComparisonReport:
    """A Comparison as a report."""

    comparison: Comparison

    def per_row(self) -> bool:
        return True

    def document(self) -> dict[str, Any]:
        return self.comparison.to_dict()

    def numbers(self) -> Iterable[float]:
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
        several = len(predictions) > 1
        header = ["prediction", *(h for loss in losses for h in ([loss, "difference", "ratio"] if several else [loss]))]
        by = {(r.prediction, r.loss): r for r in c.results}
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
        below = [""]
        if several:
            below.append(f"* best (lowest); difference and ratio to {c.baseline}")
        counts = f"{c.rows.read:,} rows read, {c.rows.used:,} used"
        below.append(counts + (f", {c.rows.omitted:,} omitted for nan" if c.rows.omitted else ""))
        below.append(", ".join(f"{name} = {source}" for name, source in c.bindings.items()))
        return [Grid(header, rows, frozenset({0}), strong=strong, below=below)]


def _signed(x: float, style: Style) -> str:
    return f"{x:+.{style.precision or 4}g}"
