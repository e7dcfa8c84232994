"""Pictures in characters: for terminals of any width, with and without colours, and for pipes. Nothing is cut."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from losscli.render.grid import Grid, Spans, Style, width_of
from losscli.render.pictures.canvas import Canvas
from losscli.render.pictures.colours import ACCENT, MUTED, colour_of
from losscli.render.pictures.picture import Bar, Bars, Interval, Intervals, Line, Lines, Picture
from losscli.statistics.round_numbers import between, labels

__all__ = ["grid_of"]

WIDEST, PIPE = 100, 80  # columns
SHORTEST = 10  # columns of the longest bar, and of the axis of intervals
_MARKS, _ASCII_MARKS = "●○×+◆□", "*ox+#="
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def grid_of(picture: Picture, style: Style) -> Grid:
    """The picture as a grid without cells."""
    width = min(style.width, WIDEST) if style.terminal else PIPE
    if isinstance(picture, Bars):
        drawing = list(_bars(picture, width, style))
    elif isinstance(picture, Intervals):
        drawing = list(_intervals(picture, width, style))
    else:
        drawing = list(_lines(picture, width, style))
    return Grid(("",), [], title=picture.title, drawing=drawing, below=picture.below)


# --- bars ------------------------------------------------------------------------------------------------------------------


def _bars(picture: Bars, width: int, style: Style) -> Iterable[Spans]:
    """A line for each bar: its label, the bar, its length in numbers."""
    bars = picture.bars
    if not bars:
        return
    label = max(width_of(b.label) for b in bars)
    remark = max(width_of(b.remark) for b in bars)
    room = max(SHORTEST, width - label - remark - 4)
    longest = max(b.length for b in bars) or 1.0
    for b in bars:
        bar = _bar(b, room * b.length / longest, style)
        yield [(f"{_right(b.label, label)}  ", ""), (_left(bar, room), ACCENT), (f"  {_right(b.remark, remark)}", "")]


def _bar(bar: Bar, columns: float, style: Style) -> str:
    """A bar of so many columns. What is not 0 is never invisible."""
    if style.ascii:
        return "#" * max(round(columns), 1 if bar.length else 0)
    eighths = max(round(8 * columns), 1 if bar.length else 0)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


# --- intervals -------------------------------------------------------------------------------------------------------------


def _intervals(picture: Intervals, width: int, style: Style) -> Iterable[Spans]:
    """A line for each interval between its label and its numbers; in a narrow window on lines of their own."""
    rows = picture.rows
    ends = [x for r in rows for x in (r.value, r.low, r.high) if math.isfinite(x)]
    ends += [] if picture.reference is None else [picture.reference]
    if not rows or not ends:
        return
    low, high = min(ends), max(ends)
    margin = (high - low) / 20 or abs(high) / 2 or 1.0
    low, high = low - margin, high + margin
    label, text = max(width_of(r.label) for r in rows), max(width_of(r.text) for r in rows)
    room = width - label - text - 4
    one_line = room >= 2 * SHORTEST
    room, before = (room, label + 2) if one_line else (max(width - 4, SHORTEST), 2)
    for r in rows:
        line = _interval(picture, r, (low, high), room, style)
        strong = "bold" if r.strong else ""
        if one_line:
            yield [(f"{_left(r.label, label)}  ", strong), *line, (f"  {r.text}", strong)]
        else:
            together = f"{r.label}  {r.text}"
            yield from ([(t, strong)] for t in ([together] if width_of(together) <= width else [r.label, f"  {r.text}"]))
            yield [("  ", ""), *line]
    yield from _axis(low, high, before, room, style)
    yield [(" " * before + _centred(picture.x, room), "")]


def _interval(picture: Intervals, row: Interval, ends: tuple[float, float], room: int, style: Style) -> Spans:
    """The bar of one interval, and the reference behind it."""
    canvas = Canvas(room, 1)
    left, dash, right, value, rule, crossed = "|-|o:+" if style.ascii else "├─┤●┊┼"
    low, high = ((x - ends[0]) / (ends[1] - ends[0]) for x in (row.low, row.high))
    has_interval = math.isfinite(low) and math.isfinite(high)
    if has_interval:
        canvas.curve([low, high], [0, 0], dash, ACCENT)
    if picture.reference is not None:
        at = (picture.reference - ends[0]) / (ends[1] - ends[0])
        canvas.mark(at, 0, *((crossed, ACCENT) if has_interval and low <= at <= high else (rule, MUTED)))
    if has_interval:
        canvas.mark(low, 0, left, ACCENT)
        canvas.mark(high, 0, right, ACCENT)
    if math.isfinite(row.value):
        canvas.mark((row.value - ends[0]) / (ends[1] - ends[0]), 0, value, ACCENT)
    return canvas.lines()[0]


def _axis(low: float, high: float, before: int, room: int, style: Style) -> Iterable[Spans]:
    """The horizontal axis: a line with ticks, and their numbers below it."""
    ticks, texts = _ticks(low, high, room)
    line = ["-" if style.ascii else "─"] * room
    numbers = [" "] * (before + room + 12)
    for tick, text in zip(ticks, texts, strict=True):
        at = round((tick - low) / (high - low) * (room - 1))
        line[at] = "+" if style.ascii else "┬"
        start = max(0, min(before + at - len(text) // 2, before + room - len(text)))
        numbers[start : start + len(text)] = text
    yield [(" " * before + "".join(line), MUTED)]
    yield [("".join(numbers).rstrip(), MUTED)]


def _ticks(low: float, high: float, room: int) -> tuple[list[float], list[str]]:
    """As many round numbers as there is room for."""
    for most in range(max(2, room // 6), 1, -1):
        ticks = between(low, high, most)
        texts = labels(ticks)
        if sum(len(t) + 4 for t in texts) <= room:
            return ticks, texts
    return ticks[:1], texts[:1]


# --- lines -----------------------------------------------------------------------------------------------------------------


def _lines(picture: Lines, width: int, style: Style) -> Iterable[Spans]:
    """The legend, then the lines on a canvas between two axes."""
    if not any(line.x for line in picture.lines):
        return
    (x0, x1), (y0, y1) = picture.x_range, picture.y_range
    tall = 16
    ticks = between(y0, y1, 6)
    texts = labels(ticks)
    before = max(map(len, texts), default=0) + 2
    room = max(SHORTEST, width - before)
    if picture.diagonal:
        room = min(room, 2 * tall + 14)
    marks = _marks(picture.lines, style)
    yield from _legend(picture.lines, marks, width, style)
    yield [(picture.y, MUTED)]
    canvas = Canvas(room, tall)
    if picture.diagonal:
        canvas.curve([0, 1], [(x0 - y0) / (y1 - y0), (x1 - y0) / (y1 - y0)], "." if style.ascii else "·", MUTED)
    for number, (line, mark) in enumerate(zip(picture.lines, marks, strict=True)):
        _draw(canvas, line, mark, colour_of(number), picture)
    at = {round((1 - (t - y0) / (y1 - y0)) * (tall - 1)): text for t, text in zip(ticks, texts, strict=True)}
    for r, spans in enumerate(canvas.lines()):
        text = at.get(r, "")
        edge = ("|+" if style.ascii else "│┤")[bool(text)]
        yield [(f"{text:>{before - 2}} {edge}", MUTED), *spans]
    yield from _axis(x0, x1, before, room, style)
    yield [(" " * before + _centred(picture.x, room), MUTED)]


def _marks(lines: Sequence[Line], style: Style) -> list[str]:
    """The character of each line; '' for dots. Without colours, dots of several lines could not be told apart."""
    if style.ascii or (len(lines) > 1 and not style.colour):
        marks = _ASCII_MARKS if style.ascii else _MARKS
        return [marks[i % len(marks)] for i in range(len(lines))]
    return ["●" if line.points else "" for line in lines]


def _draw(canvas: Canvas, line: Line, mark: str, colour: str, picture: Lines) -> None:
    (x0, x1), (y0, y1) = picture.x_range, picture.y_range
    xs, ys = [(x - x0) / (x1 - x0) for x in line.x], [(y - y0) / (y1 - y0) for y in line.y]
    if not line.points:
        canvas.curve(xs, ys, mark, colour)
    for x, y in zip(xs, ys, strict=True) if line.points else ():
        canvas.mark(x, y, mark, colour)


def _legend(lines: Sequence[Line], marks: Sequence[str], width: int, style: Style) -> Iterable[Spans]:
    """The names of the lines behind their marks, as many in a row as there is room for."""
    row: list[tuple[str, str]] = []
    used = 0
    for number, (line, mark) in enumerate(zip(lines, marks, strict=True)):
        entry = f"{mark or '──'} {line.name}"
        if row and used + width_of(entry) + 3 > width:
            yield row
            row, used = [], 0
        row += [("   " if row else "", ""), (mark or "──", colour_of(number)), (f" {line.name}", "")]
        used += width_of(entry) + 3
    if row:
        yield row


# --- texts -----------------------------------------------------------------------------------------------------------------


def _left(text: str, width: int) -> str:
    return text + " " * (width - width_of(text))


def _right(text: str, width: int) -> str:
    return " " * (width - width_of(text)) + text


def _centred(text: str, width: int) -> str:
    return " " * max(0, (width - width_of(text)) // 2) + text
