"""Sums in an order that no version of NumPy changes."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["FEW", "PIECE", "sum_in_order"]

PIECE = 2**13  # numbers within which every version of NumPy adds in the same order
FEW = 32  # numbers on the last axis, up to which NumPy's reductions along it spend more time on starting than on adding


def sum_in_order(x: Any) -> Any:
    """The sum of all numbers of a block, in an order that no version of NumPy changes: pieces of them, then the pieces' sums."""
    if type(x) is not np.ndarray:
        return x.sum()  # that of a Var is one too
    if x.ndim > 1 and x.shape[-1] <= FEW:
        x = x.sum(-1, dtype=np.float64)  # its columns lie apart: across, then down
    x = x.ravel("K")
    whole = x.size // PIECE * PIECE
    sums = x[:whole].reshape(-1, PIECE).sum(-1, dtype=np.float64)
    if whole < x.size:
        sums = np.append(sums, x[whole:].sum(dtype=np.float64))
    return float(sums.sum())
