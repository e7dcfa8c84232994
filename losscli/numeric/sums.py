"""Sums in a fixed order, which is the same in every version of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["SHORT_AXIS", "SUM_CHUNK", "sum_in_order"]

SUM_CHUNK = 2**13  # numbers: up to this length every version of NumPy adds in the same order
SHORT_AXIS = 32  # up to this length of the last axis, the overhead of a NumPy reduction is larger than the time of the additions


def sum_in_order(x: Any) -> Any:
    """The sum of all numbers of a block in a fixed order: the sum of each chunk, then the sum of these sums."""
    if type(x) is not np.ndarray:
        return x.sum()  # an array under differentiation
    if x.ndim > 1 and x.shape[-1] <= SHORT_AXIS:
        x = x.sum(-1, dtype=np.float64)  # along the short axis first, then along the rows
    x = x.ravel("K")
    whole = x.size // SUM_CHUNK * SUM_CHUNK
    sums = x[:whole].reshape(-1, SUM_CHUNK).sum(-1, dtype=np.float64)
    if whole < x.size:
        sums = np.append(sums, x[whole:].sum(dtype=np.float64))
    return float(sums.sum())
