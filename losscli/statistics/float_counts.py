"""Counts of floats in at most 65,536 narrow bins, which adapt to the values: a distribution in memory that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from losscli.numeric.lazy import Array

__all__ = ["FloatCounts"]

CAPACITY = 2**16  # bins


class FloatCounts:
    """A weighted count of each float, in bins of neighbouring floats.

    Floats in their order have whole numbers in the same order: their bits. A bin is all floats whose numbers have the same first bits.
    While there are few different values, each has a bin of its own. With more, the bins are doubled: how wide they are depends on the
    values alone, not on their order, and every count between two edges of bins is exact.
    """

    def __init__(self) -> None:
        self.shift = 0  # a bin holds 2 ** shift floats
        self.bins = np.zeros(0, np.int64)
        self.weights = np.zeros(0)
        self.nan = self.below = self.above = 0.0  # the weights of nan, -inf and inf
        self.count = 0  # values
        self.min, self.max = np.inf, -np.inf  # of the finite values

    def add(self, x: Array, weights: Array | None = None) -> None:
        """Add values, each with its weight (None: 1). A value of weight 0 is left out."""
        x = np.asarray(x, np.float64).reshape(-1) + 0.0  # no -0
        w = None if weights is None else np.asarray(weights, np.float64).reshape(-1)
        if w is not None:
            x, w = x[w != 0], w[w != 0]
        self.count += x.size
        finite = np.isfinite(x)
        if not finite.all():
            self.nan += _weight_of(np.isnan(x), w)
            self.below += _weight_of(x == -np.inf, w)
            self.above += _weight_of(x == np.inf, w)
            x, w = x[finite], None if w is None else w[finite]
        if x.size:
            self.min, self.max = min(self.min, float(x.min())), max(self.max, float(x.max()))
            self._merge(*_sums(_number_of(x) >> self.shift, w))

    def _merge(self, bins: Array, weights: Array) -> None:
        if self.bins.size:
            bins, weights = _sums(np.concatenate([self.bins, bins]), np.concatenate([self.weights, weights]))
        while bins.size > CAPACITY:
            self.shift += 1
            bins = bins >> 1
            starts = np.flatnonzero(np.r_[True, bins[1:] != bins[:-1]])
            bins, weights = bins[starts], np.add.reduceat(weights, starts)
        self.bins, self.weights = bins, weights

    @property
    def total(self) -> float:
        """The weight of the finite values."""
        return float(self.weights.sum())

    @property
    def values(self) -> Array | None:
        """The different finite values in order, with the weights in `weights`; None where bins hold several values."""
        return _float_of(self.bins) if self.shift == 0 else None

    def quantile(self, share: float) -> float:
        """A value with about this share of the weight below it: the lower edge of its bin, but not below the smallest value."""
        at = int(np.searchsorted(np.cumsum(self.weights), share * self.weights.sum()))
        edge = _float_of(self.bins[min(at, self.bins.size - 1)] << self.shift)
        return max(float(edge), self.min)

    def edges(self, wanted: Sequence[float]) -> Array:
        """The edges of bins that are nearest below the wanted numbers, without repetition. Few different values have edges anywhere."""
        x = np.asarray(wanted, np.float64) + 0.0
        return np.unique(_float_of((_number_of(x) >> self.shift) << self.shift))

    def between(self, edges: Array) -> tuple[float, Array, float]:
        """The weights below the first edge, in [a, b) of each pair of neighbours, and from the last edge on. The edges are from `edges`."""
        at = np.searchsorted(self.bins, _number_of(np.asarray(edges)) >> self.shift)
        below = np.concatenate([[0.0], np.cumsum(self.weights)])
        parts = [float(self.weights[a:b].sum()) for a, b in pairwise(at)]
        return float(below[at[0]]), np.array(parts), float(self.weights[at[-1] :].sum())


def _weight_of(which: Array, weights: Array | None) -> float:
    return float(which.sum() if weights is None else weights[which].sum())


def _sums(bins: Array, weights: Array | None) -> tuple[Array, Array]:
    """The different bins in order, and the sum of the weights of each, or their count."""
    if weights is None:
        different, counts = np.unique(bins, return_counts=True)
        return different, counts.astype(np.float64)
    different, at = np.unique(bins, return_inverse=True)
    return different, np.bincount(at.reshape(-1), weights, minlength=different.size)


def _number_of(x: Array) -> Array:
    """The whole number of each float: numbers and floats are in the same order."""
    bits = np.ascontiguousarray(x, np.float64).view(np.int64)
    return bits ^ ((bits >> 63) & np.int64(2**63 - 1))


def _float_of(number: Array) -> Array:
    """The float of each whole number."""
    bits = np.asarray(number, np.int64)
    return (bits ^ ((bits >> 63) & np.int64(2**63 - 1))).view(np.float64) + 0.0
