"""Whether a few rows make a difference between two means: a few that hold most of it, and most of its variance."""

from __future__ import annotations

import numpy as np

from losscli.numeric.lazy import Array

__all__ = ["MOST_ROWS", "few_rows"]

MOST_ROWS = 1000  # that count as few, however many there are
HALF, TENTH = 0.5, 0.1  # of the difference
MOST = 0.8  # of the squares: noise as wild as Student's t with 5 degrees of freedom has less in its largest rows


def few_rows(largest: Array, total: float, squares: float, rows: int) -> int:
    """The number of rows that make more than half of a sum, if these are few; 0 if not. A further row that makes a tenth is one of them.

    `largest` holds the rows with the sign of the sum, without it, from the largest on; `total` is the sum without its sign, `squares` the
    sum of the squares, and `rows` the number of rows that are not 0. Few rows are at most 3, or 0.1 % of many rows, and at most 2 %; and
    they hold 80 % of the squares, which the largest rows of ordinary noise do not, however small the sum is by chance.
    """
    most = min(max(3, rows // 1000), rows // 50, MOST_ROWS)
    if most < 1 or not 0 < total < np.inf or not squares < np.inf:
        return 0
    x = largest[:most]
    enough = (np.cumsum(x) > HALF * total) & (np.cumsum(np.square(x)) > MOST * squares)
    if not enough.any():
        return 0
    return max(int(np.argmax(enough)) + 1, int(np.count_nonzero(x > TENTH * total)))
