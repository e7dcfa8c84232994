"""Sums and means of powers within groups of numbers, with their derivatives, in which no power overflows or underflows."""

from __future__ import annotations

from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.scaling import power_of_two_scale

__all__ = ["group_powers", "group_sums", "seasonal_differences"]


@primitive(lambda g, out, x, of, n: g[of], None, None)
def group_sums(x: Array, of: Array, n: int) -> Array:
    """The sum of the numbers of each of n groups, in float64; `of` is the group of each number."""
    sums = np.zeros(n, np.result_type(x.dtype, np.float64))
    np.add.at(sums, of, x)
    return sums.astype(x.dtype)


@primitive(None, None, None)
def _scales(x: Array, of: Array, n: int) -> Array:
    """For each group a power of two near its largest number."""
    largest = np.zeros(n, x.dtype)
    np.maximum.at(largest, of, x)
    return power_of_two_scale(largest).astype(x.dtype)


def group_powers(x: Any, of: Array, w: Array, n: int, p: int) -> tuple[Any, Any, Any]:
    """For each of n groups a scale u, Σ w (x/u)^p over its numbers x ≥ 0 whose weight w is not 0, and Σ w."""
    counted = np.where(w > 0, x, 0.0)
    scale = _scales(counted, of, n)
    return scale, group_sums((counted / scale[of]) ** p * w, of, n), group_sums(w, of, n)


def seasonal_differences(history: Any, of: Array, seasonality: int) -> tuple[Any, Array]:
    """The absolute differences to the value one season before in the same series, and the series of each of them.

    The values of a series are in the order of time. For a series that is not longer than a season, a season is one value.
    """
    order = np.argsort(of, kind="stable")
    group = of[order]
    start = np.searchsorted(group, group)
    lag = np.where(np.bincount(of) > seasonality, seasonality, 1)[group]
    later = np.flatnonzero(np.arange(len(group)) - lag >= start)
    return np.abs(history[order[later]] - history[order[later - lag[later]]]), group[later]
