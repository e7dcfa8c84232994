"""Adjusted p-values for several tests: Holm and Benjamini–Hochberg. A nan stays nan and is not counted."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["benjamini_hochberg", "holm"]


def holm(ps: Sequence[float]) -> list[float]:
    """p adjusted so that the chance of any false finding is bounded: max over the smaller p_(j) of (m − j + 1) p_(j), at most 1."""
    order = _order(ps)
    adjusted, largest = [float(p) for p in ps], 0.0
    for position, i in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * ps[i]))
        adjusted[i] = largest
    return adjusted


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """p adjusted so that the share of false findings is bounded: min over the larger p_(j) of m p_(j) / j, at most 1."""
    order = _order(ps)
    adjusted, smallest = [float(p) for p in ps], 1.0
    for position, i in reversed(list(enumerate(order, start=1))):
        smallest = min(smallest, len(order) * ps[i] / position)
        adjusted[i] = smallest
    return adjusted


def _order(ps: Sequence[float]) -> list[int]:
    """The places of the numbers, from the smallest p to the largest."""
    return sorted((i for i, p in enumerate(ps) if not math.isnan(p)), key=lambda i: ps[i])
