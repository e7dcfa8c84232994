"""The pictures of --calibration: the reliability diagram, and the parts of the scores as a table."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.render.formats import Report
from losscli.render.grid import Grid, Style, number
from losscli.render.pictures.picture import Line, Lines
from losscli.render.pictures.report import PictureReport
from losscli.results.calibration import EVENT, TOP_CLASS, Calibration

__all__ = ["with_calibration"]

_SCORES, _PARTS = ("brier", "log"), ("value", "MCB", "DSC", "UNC")
_LEGEND = (
    "value = MCB − DSC + UNC (CORP decomposition)",
    "MCB: miscalibration, lower is better; DSC: discrimination, higher is better",
    "UNC: uncertainty of the target; brier: mean (p − y)²; log: in nats",
)


def with_calibration(report: Report, calibrations: Sequence[Calibration]) -> PictureReport:
    """A report with the reliability diagram, the parts of the scores as a table, and their numbers."""
    before = report if isinstance(report, PictureReport) else PictureReport(report, [], {})
    return before.but(
        pictures=[*before.pictures, _reliability_picture(calibrations)],
        numbers_shown={**before.numbers_shown, "calibration": [c.to_dict() for c in calibrations]},
        tables=lambda style: _grids(calibrations, style),
    )


def _reliability_picture(calibrations: Sequence[Calibration]) -> Lines:
    """The share of events over the probability, for each prediction. On the diagonal both are equal."""
    drawn = [c for c in calibrations if c.event in (EVENT, TOP_CLASS)]
    lines = [Line(c.prediction, *_corners(c)) for c in drawn if c.reliability is not None]
    empty = [f"{c.prediction}: nothing to draw, there are no probabilities" for c in drawn if c.reliability is None]
    top = any(c.event == TOP_CLASS for c in drawn)
    return Lines(
        title="reliability diagram",
        x="probability of the top class" if top else "predicted probability of target 1",
        y="share of rows where the top class is right" if top else "share of target 1",
        lines=lines,
        x_range=(0.0, 1.0),
        y_range=(0.0, 1.0),
        diagonal=True,
        below=[*empty, *_same(lines)],
    )


def _corners(calibration: Calibration) -> tuple[list[float], list[float]]:
    """The ends of the intervals on which the share is constant."""
    if (r := calibration.reliability) is None:
        return [], []
    x = [end for pair in zip(r.lower.tolist(), r.upper.tolist(), strict=True) for end in pair]
    return x, [share for share in r.share.tolist() for _ in range(2)]


def _same(lines: Sequence[Line]) -> list[str]:
    return [
        f"{a.name} is hidden: it is the same as {b.name}"
        for at, b in enumerate(lines) for a in lines[:at] if (a.x, a.y) == (b.x, b.y)
    ]  # fmt: skip


def _grids(calibrations: Sequence[Calibration], style: Style) -> list[Grid]:
    """A row for each score of each prediction and event; in a narrow window a table for each score and event. Empty without any."""
    events = list(dict.fromkeys(c.event for c in calibrations))
    drawn = [c for c in calibrations if c.reliability is not None]
    rows = [[c.prediction, *([c.event] if len(events) > 1 else []), score, *_numbers(c, score, style)] for c in drawn for score in _SCORES]
    header = ["prediction", *(["event"] if len(events) > 1 else []), "score", *_PARTS]
    below = ["", *_LEGEND, *(["top class: the class with the highest probability"] if TOP_CLASS in events else [])]
    narrow = [
        Grid(["prediction", *_PARTS], cells, frozenset({0}), title=f"{event}, {score}")
        for event in events
        for score in _SCORES
        if (cells := [[c.prediction, *_numbers(c, score, style)] for c in drawn if c.event == event])
    ]
    legend = Grid(("",), [], below=below[1:])
    words = frozenset(range(len(header) - 4))
    return [Grid(header, rows, words, title="calibration", below=below, narrow=[*narrow, legend])] if rows else []


def _numbers(calibration: Calibration, score: str, style: Style) -> list[str]:
    parts = getattr(calibration.reliability, score)
    values = (parts.score, parts.miscalibration, parts.discrimination, parts.uncertainty)
    return [f"{x:.4f}" if style.precision is None else number(x, style) for x in values]
