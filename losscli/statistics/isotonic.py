"""Isotonic regression: the non-decreasing values that are nearest to the given ones, by the pool-adjacent-violators algorithm."""

from __future__ import annotations

import numpy as np

from losscli.numeric.lazy import Array

__all__ = ["isotonic"]


def isotonic(y: Array, weights: Array) -> Array:
    """The non-decreasing z that minimises Σ w (y − z)², for weights above 0. Source: Ayer et al. 1955.

    The values are already in the order of x. Neighbours that decrease are pooled to their weighted mean, until none are left.

    >>> isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4))
    array([1. , 2.5, 2.5, 4. ])
    """
    means, sums, sizes = list[float](), list[float](), list[int]()  # of each pool: its mean, its weight, how many values it has
    for mean, weight in zip(y.tolist(), weights.tolist(), strict=True):
        size = 1
        while means and means[-1] >= mean:
            before = sums.pop()
            mean = (means.pop() * before + mean * weight) / (before + weight)
            weight += before
            size += sizes.pop()
        means.append(mean)
        sums.append(weight)
        sizes.append(size)
    return np.repeat(np.array(means, np.float64), np.array(sizes, np.int64))
