"""The picture of the distribution of the losses: a histogram, and what lies outside its bins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import floor, log10

from losscli.errors import counted
from losscli.render.grid import Style, number
from losscli.render.pictures.picture import Bar, Bars
from losscli.results.distribution import Histogram, Tail
from losscli.results.result import Result
from losscli.statistics.round_numbers import labels

__all__ = ["histogram_picture"]


def histogram_picture(histogram: Histogram, result: Result, units: str) -> Bars:
    """The histogram of the losses of a result. `units` is the unit of the loss, or ''."""
    name = result.named or result.loss
    bars = [Bar(label, count, _remark(count, histogram)) for label, count in zip(_labels(histogram), histogram.counts, strict=True)]
    return Bars(
        title=f"distribution of the losses: {name}",
        x=name + (f" [{units}]" if units else ""),
        y="sum of the weights" if histogram.weighted else "number of values",
        bars=bars,
        edges=histogram.edges,
        mean=None if result.summary is None else result.summary.mean,
        weighted=histogram.weighted,
        below=_below(histogram),
    )


def _labels(histogram: Histogram) -> list[str]:
    """The label of each bar: a value, or 'a to b'."""
    if not histogram.edges:
        return [number(x, Style()) for x in histogram.values]
    texts = labels(histogram.edges)
    widest = max(map(len, texts))
    return [f"{a:>{widest}} to {b:>{widest}}" for a, b in pairwise(texts)]


def _remark(count: float, histogram: Histogram) -> str:
    return f"{_amount(count, histogram)}  {count / histogram.total:6.1%}"


def _amount(count: float, histogram: Histogram) -> str:
    """A count; a sum of weights with as many decimals as give the total six digits."""
    if not histogram.weighted:
        return f"{count:,.0f}"
    if not 1e-3 <= histogram.total < 1e15:
        return f"{count:.6g}"
    decimals = 0 if all(float(c).is_integer() for c in histogram.counts) else max(0, 5 - floor(log10(histogram.total)))
    return f"{count:,.{decimals}f}"


def _below(histogram: Histogram) -> Sequence[str]:
    """How many values there are, and how many are not in the bars."""
    if not histogram.counts:
        lines = ["nothing to draw: there are no finite losses"]
    else:
        total = _amount(histogram.total, histogram)
        lines = [f"sum of the weights: {total}" if histogram.weighted else counted(int(histogram.total), "value")]
        ends = labels(histogram.edges)
        lines += _tail("below", ends[:1], histogram.below, histogram) + _tail("above", ends[-1:], histogram.above, histogram)
    if histogram.nan:
        lines.append(f"nan, not drawn: {_amount(histogram.nan, histogram)}")
    if histogram.infinite:
        lines.append(f"infinite, not drawn: {_amount(histogram.infinite, histogram)}")
    if histogram.ignored:
        lines.append(f"ignored and not counted: {histogram.ignored:,}")
    return lines


def _tail(side: str, end: Sequence[str], tail: Tail | None, histogram: Histogram) -> list[str]:
    if tail is None:
        return []
    extreme = "smallest" if side == "below" else "largest"
    share = f"{tail.count / histogram.total:.2%}"
    return [f"{side} {end[0]}, not drawn: {_amount(tail.count, histogram)} ({share}), the {extreme} {number(tail.extreme, Style())}"]
