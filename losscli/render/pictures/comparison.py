"""The pictures of `losscli compare --plot`: values and differences with their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from losscli.render.comparison import ComparisonReport
from losscli.render.grid import Style, bounds, number
from losscli.render.pictures.picture import Interval, Intervals, Picture
from losscli.render.pictures.report import PictureReport
from losscli.results.comparison import Compared, Comparison
from losscli.results.uncertainty import Uncertainty

__all__ = ["forests", "with_forests"]


def with_forests(report: ComparisonReport, units: Mapping[str, str], style: Style) -> PictureReport:
    """The report with its forest plots. `units` has the unit of each loss. The document has the numbers already."""
    return PictureReport(report, forests(report.comparison, units, style), {})


def forests(comparison: Comparison, units: Mapping[str, str], style: Style) -> list[Picture]:
    """For each loss the values of all predictions, and where there are several their differences to the baseline."""
    pictures: list[Picture] = []
    for loss in dict.fromkeys(r.loss for r in comparison.results):
        results = [r for r in comparison.results if r.loss == loss]
        candidates = [r for r in results if r.prediction != comparison.baseline]
        axis = loss + (f" [{units[loss]}]" if units.get(loss) else "")
        level = _level(results)
        pictures.append(_forest(f"{loss}{level}", axis, [_value(r, style) for r in results]))
        if candidates:
            title = f"{loss}: difference to {comparison.baseline}{level}; left of 0 is better"
            differences = [_difference(r, style) for r in candidates]
            pictures.append(_forest(title, f"difference of {axis}", differences, 0.0))
    return pictures


def _forest(title: str, x: str, rows: Sequence[Interval], reference: float | None = None) -> Intervals:
    """The picture of the rows that have a number; a line says which have none."""
    drawn = [r for r in rows if math.isfinite(r.value)]
    if not drawn:
        return Intervals(title, x, [], reference, ["nothing to draw: no value is a finite number"])
    missing = [f"{r.label}, not drawn: {r.text}" for r in rows if r not in drawn]
    return Intervals(title, x, drawn, reference, missing)


def _level(results: Sequence[Compared]) -> str:
    level = next((r.uncertainty.level for r in results if r.uncertainty is not None), None)
    return "" if level is None else f", {level:g} % intervals"


def _value(r: Compared, style: Style) -> Interval:
    return _interval(r.prediction, r.value, r.uncertainty, style).but(strong=r.best)


def _difference(r: Compared, style: Style) -> Interval:
    return _interval(r.prediction, r.difference, None if r.paired is None else r.paired.uncertainty, style)


def _interval(label: str, value: float, u: Uncertainty | None, style: Style) -> Interval:
    short = style if style.precision else style.but(precision=4)
    if u is None:
        return Interval(label, value, math.nan, math.nan, number(value, short))
    return Interval(label, value, u.low, u.high, f"{number(value, short)} ({' to '.join(bounds(u.low, u.high, style))})")
