"""The pictures that can be drawn: bars, intervals and lines, as records of the numbers and texts that are shown."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.record import Record

__all__ = ["Bar", "Bars", "Interval", "Intervals", "Line", "Lines", "Picture"]


class Bar(Record):
    """One bar: its text, how long it is, and a remark behind it."""

    label: str
    length: float
    remark: str = ""


class Bars(Record):
    """A bar for each bin or value, from the smallest. `edges` are the edges of the bins, if the bars are of bins."""

    title: str
    x: str  # what the values are, with their unit
    y: str  # what the length of a bar is
    bars: Sequence[Bar]
    edges: Sequence[float] = ()
    mean: float | None = None
    weighted: bool = False  # whether the lengths are sums of weights, not counts
    below: Sequence[str] = ()  # lines of text


class Interval(Record):
    """An estimate with its interval; without one, low and high are nan."""

    label: str
    value: float
    low: float
    high: float
    text: str  # the numbers in words
    strong: bool = False


class Intervals(Record):
    """A forest plot: an interval for each row, on one axis, and a vertical line at a reference."""

    title: str
    x: str
    rows: Sequence[Interval]
    reference: float | None = None
    below: Sequence[str] = ()


class Line(Record):
    """A line through points, or with `points` the points alone."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    points: bool = False


class Lines(Record):
    """Lines on two axes, and a legend. With `diagonal` also the line y = x, in a square."""

    title: str
    x: str
    y: str
    lines: Sequence[Line]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    diagonal: bool = False
    below: Sequence[str] = ()


Picture = Bars | Intervals | Lines
