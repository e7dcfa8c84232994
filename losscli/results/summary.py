"""Accumulate the mean, sum, min, median, max and standard deviation of values, block after block."""

from __future__ import annotations

import numpy as np

from losscli.numeric.lazy import Array
from losscli.numeric.scaling import in_safe_range, power_of_two_scale
from losscli.record import Record

__all__ = ["Summary", "SummaryAccumulator"]

MEDIAN_LIMIT = 2**24  # values that are kept for a median: 128 MB


class Summary(Record):
    """The reduced values of a loss. Mean and sum are as the loss defines them; the others are over the values that are not ignored."""

    mean: float
    sum: float
    min: float
    median: float | None  # None where there are too many values to keep
    max: float
    std: float  # ddof 0
    count: int


class SummaryAccumulator:
    """Accumulates blocks of values. Keeps the values for the median, unless there are too many."""

    def __init__(self) -> None:
        self.count = 0
        self.min, self.max = np.inf, -np.inf
        self.mean = self.squares = 0.0  # squares: the sum of the squared distances to the mean
        self.kept: Array | None = _room()

    def add(self, x: Array) -> None:
        """Add the values of a block."""
        if x.size == 0:
            return
        x = x.astype(np.float64, copy=False)
        before, self.count = self.count, self.count + x.size
        with np.errstate(all="ignore"):  # values near the largest float have squares that overflow
            self._add_moments(x, before)
        if self.count > MEDIAN_LIMIT:
            self.kept = None
        elif self.kept is not None:
            if self.count > len(self.kept):
                self.kept = np.append(self.kept[:before], np.empty(min(MEDIAN_LIMIT, 2 * self.count) - before))
            self.kept[before : self.count] = x

    def _add_moments(self, x: Array, before: int) -> None:
        """Chan's update: the squares of both parts, and of the distance between their means."""
        self.min, self.max = np.minimum(self.min, x.min()), np.maximum(self.max, x.max())
        mean = x.mean()
        from_mean = x - mean
        squares = np.square(from_mean, out=from_mean).sum()
        distance = mean - self.mean
        self.squares += squares + distance * distance * (before * x.size / self.count)
        self.mean += distance * (x.size / self.count)

    def summary(self, mean: float, total: float) -> Summary | None:
        """The summary with the loss's own mean and sum; None without values. It sorts the kept values, so that it is called once."""
        if not self.count:
            return None
        with np.errstate(all="ignore"):
            std = self._deviation()
            median = None if self.kept is None else _median(self.kept[: self.count])
        return Summary(mean, total, float(self.min), median, float(self.max), std, self.count)

    def _deviation(self) -> float:
        """From the squares; where these overflowed or were rounded to 0, from the values divided by a power of two."""
        if in_safe_range(np.float64(self.squares)) or self.kept is None or not self.min < self.max < np.inf:
            return 0.0 if self.min == self.max else float(np.sqrt(self.squares / self.count))
        unit = power_of_two_scale(np.maximum(np.abs(self.min), np.abs(self.max)))
        return float(unit * np.std(self.kept[: self.count] / unit))


def _room() -> Array:
    """An array that takes memory only where it is written to; a short one, which grows, where its addresses cannot be had."""
    try:
        return np.empty(MEDIAN_LIMIT)
    except MemoryError:
        return np.empty(0)


def _median(x: Array) -> float:
    """The middle value, or halfway between the two in the middle. `x` is sorted in place: a copy would double the memory."""
    median = np.median(x, overwrite_input=True)
    return float(median if np.isfinite(median) else 2 * np.median(x / 2))  # the sum of the two may overflow
