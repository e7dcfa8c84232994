"""The sign-flip permutation test of paired differences: under no difference, each row's difference could as well have the other sign."""

from __future__ import annotations

import math

from losscli.numeric.lazy import Array, np
from losscli.statistics.random_numbers import BLOCK, GROUP, random_signs

__all__ = ["EXACT_ROWS", "TIE", "all_signs", "flipped_sums", "flipped_sums_of_block", "p_value"]

EXACT_ROWS = 16  # up to so many rows with a difference, all 2^16 patterns of signs are tried
TIE = 1e-13  # of the values: differences that are nearer to each other are taken as equal


def all_signs(rows: int) -> Array:
    """All patterns of signs of some rows, (2^rows, rows). The first has no sign changed."""
    bits = np.arange(2**rows)[:, None] >> np.arange(rows) & 1
    return 1.0 - 2.0 * bits


def p_value(observed: float, flipped: Array, exact: bool, tolerance: float) -> float:
    """The two-sided p-value: the share of patterns whose difference is as large as the observed one. Never 0.

    Random patterns are counted with the observed one among them: (1 + #{|d'| ≥ |d|}) / (1 + N). Differences that are nearer to each
    other than the tolerance are equal. A difference that is nan counts as large.
    """
    reached = int(np.count_nonzero(~(np.abs(flipped) < abs(observed) - tolerance)))
    return reached / len(flipped) if exact else (1 + reached) / (1 + len(flipped))


def flipped_sums(contributions: Array, resamples: int, seed: int) -> Array:
    """Σ s_i d_i of each pattern and column, (resamples, columns), for contributions of the shape (rows, columns): block after block."""
    total = np.zeros((resamples, contributions.shape[1]))
    for block, start in enumerate(range(0, len(contributions), BLOCK)):
        total += flipped_sums_of_block(contributions[start : start + BLOCK], resamples, seed, block)
    return total


def flipped_sums_of_block(contributions: Array, resamples: int, seed: int, block: int) -> Array:
    """The share of a block of at most BLOCK rows in `flipped_sums`. The memory is that of GROUP patterns of the block."""
    if not contributions.size:
        return np.zeros((resamples, contributions.shape[1]))
    shares = [random_signs(seed, block, group, len(contributions)).T @ contributions for group in range(math.ceil(resamples / GROUP))]
    return np.concatenate(shares)[:resamples]
