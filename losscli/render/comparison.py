"""The report of a comparison: a row for each prediction, and a group of columns for each loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from losscli.record import Record
from losscli.render.grid import Grid, Style, number, row_counts, source_lines
from losscli.results.comparison import Comparison

__all__ = ["ComparisonReport"]


class ComparisonReport(Record):
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
        several = any(r.prediction != c.baseline for r in c.results)
        legend = [f"* best (lowest); difference and ratio to {c.baseline}"] if several else []
        rows = c.rows.but(ignored=0)  # each loss has its own ignored labels
        below = [*legend, row_counts(rows, c.where), *source_lines({**c.bindings, **c.predictions}), *c.notes]
        narrow = [*(self._grid([loss], style) for loss in losses), Grid(("",), [], below=below)] if len(losses) > 1 else []
        return [self._grid(losses, style).but(below=["", *below], narrow=narrow)]

    def _grid(self, losses: Sequence[str], style: Style) -> Grid:
        """The predictions under some losses, without the lines below."""
        c = self.comparison
        results = {(r.prediction, r.loss): r for r in c.results}
        predictions = list(dict.fromkeys(r.prediction for r in c.results))
        several = len(predictions) > 1
        rows: list[Sequence[str]] = []
        strong = set()
        for i, prediction in enumerate(predictions):
            cells = [prediction]
            for r in (results[prediction, loss] for loss in losses):
                if not several:
                    cells.append(number(r.value, style))
                    continue
                if r.best:
                    strong.add((i, len(cells)))
                cells.append(number(r.value, style) + (" *" if r.best else "  "))
                is_base = prediction == c.baseline
                cells.append("" if is_base else _signed(r.difference, style))
                cells.append("" if is_base or r.ratio is None else f"{r.ratio:.4g}")
            rows.append(cells)
        header = ["prediction", *(h for loss in losses for h in ([loss, "difference", "ratio"] if several else [loss]))]
        return Grid(header, rows, frozenset({0}), strong=strong)


def _signed(x: float, style: Style) -> str:
    return f"{x:+.{style.precision or 4}g}" if x == x else "nan"
