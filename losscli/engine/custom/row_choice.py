"""The choice of rows for the checks of a user's function: its values for them are compared with its values for the block.

Each list of row numbers that these functions return is one call.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.data.blocks import Block, Data
from losscli.engine.custom.compare import row_arrays
from losscli.numeric.lazy import Array

__all__ = [
    "MANY", "block_row_groups", "few_row_groups", "first_values", "largest_among_smallest", "many_row_groups", "rows_by_value", "sample",
    "spread_rows",
]  # fmt: skip

FEW = 6  # rows spread over a block
MANY = 64  # rows of the first calls, before the passes
FIRST_BLOCK, LATER_BLOCKS = 16, 128  # one row in so many: the check calls the function on them, and finds rare pairs of equal rows


def sample(data: Data, first: Block, most: int) -> Block:
    """Up to 64 rows, and up to `most`: spread over all rows where these are in memory, else over the first block."""
    most = max(2, min(MANY, most))
    rows = {c.rows for c in data.columns.values() if c.rows is not None}
    spread = first.take(_evenly(first.rows, most))
    if len(rows) == 1 and all(c.array is not None for c in data.columns.values()):
        at = _evenly(rows.pop(), most)
        some = Data({n: c.take(at) for n, c in data.columns.items()}, omit=data.omit)
        return next(some.blocks(MANY), spread)
    return spread


def _evenly(rows: int, most: int) -> Array:
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def spread_rows(rows: int, columns: Sequence[object]) -> Array:
    """A few rows of a block, not in order; the rows of the smallest and the largest value are the last ones."""
    spread = range(rows) if rows <= MANY else [k * (rows - 1) // (FEW - 1) for k in range(FEW)]
    first = row_arrays(columns, rows)[:1]
    ends = [int(k) // (x.size // rows) for x in first if x is not None and x.size for k in (x.argmin(), x.argmax())]
    return np.array([*(k for k in (*spread[1::2], *spread[::2][::-1]) if k not in ends), *dict.fromkeys(ends)], np.int64)


def rows_by_value(x: Array) -> Array:
    """About one row in 4,096, chosen by the digits of its value: a row of another block with the same value is chosen there too."""
    middle = np.ascontiguousarray(x.reshape(len(x), -1)[:, 0], np.float64).view(np.uint16)[2::4]  # digits that float32 has too
    return np.flatnonzero((middle & 0xFFF) == 0x5A5)[: 4 * MANY]


def first_values(columns: Sequence[object], rows: int) -> Array:
    """A number for each row, to sort the rows by: the sum of its numbers in the first array that has rows."""
    x = next((x for x in row_arrays(columns, rows) if x is not None and x.size), np.zeros(rows))
    return x.reshape(rows, -1).sum(-1)


def block_row_groups(at: Array, rows: int, first: bool) -> list[Array]:
    """For a block of a pass: a few rows, one row alone and, of many rows, a share whose neighbours are left out."""
    if rows <= 1:
        return []
    share = FIRST_BLOCK if first else LATER_BLOCKS
    groups = [at[-max(1, rows // 8) :], at[-1:]]
    if rows > share * MANY:
        groups.append(np.arange(rows // share) * share + np.random.default_rng(rows).integers(0, share, rows // share))
    return groups


def many_row_groups(values: Array, at: Array) -> list[Array]:
    """Before the passes: all rows twice, both halves, three rows alone, the largest row among the smallest, and the reverse."""
    if len(at) == 1:
        return [at, at]
    half = len(at) // 2
    groups = [at, at, at[:half], at[half:]]
    if len(at) > 2:
        groups += [at[:1], at[half : half + 1], at[-1:], *largest_among_smallest(values[at], at)]
    return groups


def few_row_groups(values: Array, at: Array) -> list[Array]:
    """The same for a slow function: all rows twice, and one row alone."""
    return [at, at, at[-1:]] if len(at) > 1 else [at, at]


def largest_among_smallest(values: Array, at: Array) -> list[Array]:
    """The row of the largest value with those of the smallest, and the reverse: a value that depends on a mean changes there."""
    order = at[np.argsort(values, kind="stable")]
    others = min(FEW, len(at) - 1)
    return [np.append(order[-1:], order[:others]), np.append(order[:1], order[-others:])]
