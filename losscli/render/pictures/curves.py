"""The report of `losscli list … --plot`: the curves of losses, as a picture or as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from losscli.catalogue.index import describe
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.registry import Loss
from losscli.render.grid import Grid, Style
from losscli.render.pictures.characters import grid_of
from losscli.render.pictures.picture import Line, Lines
from losscli.results.curves import Curve, Curves
from losscli.version import SCHEMA

__all__ = ["CurvesReport"]


class CurvesReport(Record):
    """Curves as a report, with the losses in the order of the curves."""

    curves: Curves
    losses: Sequence[Loss]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """A row for each point of the axis."""
        c = self.curves
        return (c.axis, *(curve.text for curve in c.curves)), zip(c.x.tolist(), *(curve.values.tolist() for curve in c.curves), strict=True)

    def items(self) -> Iterable[Mapping[str, Any]]:
        names, rows = self.records()
        return (dict(zip(names, row, strict=True)) for row in rows)

    def document(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "losses": [describe(loss) for loss in self.losses], "curves": self.curves.to_dict()}

    def numbers(self) -> Sequence[float]:
        return []

    def grids(self, style: Style) -> list[Grid]:
        return [grid_of(picture, style) for picture in self.pictures]

    @property
    def pictures(self) -> Sequence[Lines]:
        """One picture with all curves."""
        c = self.curves
        units = {curve.units for curve in c.curves}
        (unit,) = units if len(units) == 1 else ("",)
        low, high = _range([curve.values for curve in c.curves])
        return [
            Lines(
                title=f"{c.curves[0].text if len(c.curves) == 1 else 'losses'} over {c.over}",
                x=c.axis_label,
                y="loss" + (f" [{unit}]" if unit else ""),
                lines=[Line(curve.text, c.x.tolist(), curve.values.tolist()) for curve in c.curves],
                x_range=(float(c.x[0]), float(c.x[-1])),
                y_range=(low, high),
                below=[*_same(c.curves), *_beyond(c.curves, high)],
            )
        ]


def _range(values: Sequence[Array]) -> tuple[float, float]:
    """The range of the vertical axis. A loss that grows much faster than the others leaves it at the top, so that these are seen."""
    finite = [v[np.isfinite(v)] for v in values]
    finite = [v for v in finite if v.size]
    if not finite:
        return 0.0, 1.0
    low = min(0.0, *(float(v.min()) for v in finite))
    largest = sorted(float(v.max()) for v in finite)
    high, enough = largest[-1], 2.5 * largest[(len(largest) - 1) // 2]
    high = enough if high > 1.5 * enough > 0 else high
    return low, high if high > low else low + 1.0


def _same(curves: Sequence[Curve]) -> list[str]:
    """Which curves are hidden behind another."""
    lines = []
    for at, curve in enumerate(curves):
        behind = [c.text for c in curves[:at] if np.allclose(c.values, curve.values, rtol=1e-9, atol=1e-12, equal_nan=True)]
        if behind:
            lines.append(f"{behind[0]} is hidden: it is the same as {curve.text} here")
    return lines


def _beyond(curves: Sequence[Curve], high: float) -> list[str]:
    """Which curves leave the picture at the top."""
    names = [c.text for c in curves if np.nanmax(c.values) > high]
    return [f"above the picture: {', '.join(names)}"] if names else []
