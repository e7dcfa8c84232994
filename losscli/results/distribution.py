"""The distribution of the losses of the elements: a histogram with round bins, and the tails outside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.data.blocks import Block
from losscli.engine.job import Job, View
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.statistics.float_counts import FloatCounts
from losscli.statistics.round_numbers import covering

__all__ = ["Distribution", "Histogram", "Tail"]

FEWEST, MOST = 5, 20  # the number of bins is 3 ∛n between these; 20 lines fit a terminal
FEW = 12  # different values: each has a bar of its own
FENCE = 8.0  # a value is in a tail if it is further than so many interquartile ranges from the quartiles


class Tail(Record):
    """The finite values outside the bins."""

    count: float
    extreme: float  # the value that is furthest away


class Histogram(Record):
    """Counts of values, or sums of their weights: for each of a few different values, or for bins from an edge up to the next.

    The last bin contains its upper edge if there is no tail above.
    """

    total: float  # of all values, also those of the tails, nan and the infinities
    counts: Sequence[float]
    edges: Sequence[float] = ()  # one more than counts; () where the bars are of values
    values: Sequence[float] = ()
    below: Tail | None = None
    above: Tail | None = None
    nan: float = 0.0
    infinite: float = 0.0
    ignored: int = 0
    weighted: bool = False  # whether the counts are sums of sample weights

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        number = float if self.weighted else int
        document: dict[str, Any] = {
            "total": number(self.total),
            "edges": list(self.edges),
            "values": list(self.values),
            "counts": [number(c) for c in self.counts],
            "below": None if self.below is None else {"count": number(self.below.count), "min": self.below.extreme},
            "above": None if self.above is None else {"count": number(self.above.count), "max": self.above.extreme},
            "nan": number(self.nan),
            "infinite": number(self.infinite),
            "ignored": self.ignored,
            "weighted": self.weighted or None,
        }
        return {k: v for k, v in document.items() if v not in (None, []) or k == "counts"}


class Distribution:
    """A callback that counts the losses of each block. `job` is the job of the command, whose sample weights count each loss."""

    def __init__(self, job: Job) -> None:
        self.job, self.counts, self.ignored = job, FloatCounts(), 0

    def __call__(self, block: Block, view: View, values: Array | None, ignored: Array | None) -> None:
        if values is None:
            return
        values = np.asarray(values)
        weights = None if self.job.weight is None else _weights(self.job, block, values.shape)
        if ignored is not None and ignored.shape == values.shape:
            self.ignored += int(ignored.sum())
            values, weights = values[~ignored], None if weights is None else weights[~ignored]
        self.counts.add(values, weights)

    def histogram(self) -> Histogram:
        """The histogram of all blocks."""
        counts = self.counts
        infinite = counts.below + counts.above
        empty = Histogram(
            total=counts.total + counts.nan + infinite,
            counts=(),
            nan=counts.nan,
            infinite=infinite,
            ignored=self.ignored,
            weighted=self.job.weight is not None,
        )
        return empty if counts.bins.size == 0 else _with_bars(empty, counts)


def _weights(job: Job, block: Block, shape: tuple[int, ...]) -> Array:
    """The sample weight of each value."""
    w = job.view(block).weight
    if w is None:
        raise AssertionError("a job without sample weights")
    return np.broadcast_to(w.reshape(w.shape + (1,) * (len(shape) - w.ndim)), shape)


def _with_bars(empty: Histogram, counts: FloatCounts) -> Histogram:
    values = counts.values
    if values is not None and values.size <= FEW and (values.size == 1 or counts.count >= 2 * values.size):
        return empty.but(values=values.tolist(), counts=counts.weights.tolist())
    low, high = _range(counts)
    bins = min(MOST, max(FEWEST, round(3 * counts.count ** (1 / 3))))
    edges = counts.edges(covering(low, high, bins))
    below, bars, above = counts.between(edges)
    if edges[-1] >= counts.max:  # the last bin contains its upper edge
        bars[-1] += above
        above = 0.0
    return empty.but(
        edges=edges.tolist(),
        counts=bars.tolist(),
        below=Tail(below, counts.min) if below else None,
        above=Tail(above, counts.max) if above else None,
    )


def _range(counts: FloatCounts) -> tuple[float, float]:
    """The range of the bins: all values, except those that are far from the middle half."""
    for low, high in ((0.25, 0.75), (0.05, 0.95), (0.0, 1.0)):
        a, b = counts.quantile(low), counts.quantile(high)
        if a < b:
            break
    reach = min(FENCE * (b - a), 1e308)
    return max(counts.min, a - reach), min(counts.max, b + reach)
