"""The sign-flip permutation test of paired differences: under no difference, each row's difference could as well have the other sign."""

from __future__ import annotations

import math

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.statistics.random_numbers import BLOCK, GROUP, random_signs

__all__ = ["EXACT_ROWS", "SignFlip", "flipped_sums", "flipped_sums_of_block", "p_of_sums", "sign_flip"]

EXACT_ROWS = 16  # up to so many rows with a difference, all 2^16 signs are tried
_TIE = 1e-13  # of Σ |d|: sums that are nearer to each other are taken as equal


class SignFlip(Record):
    """The result of a sign-flip test.

    p           the two-sided p-value: never 0, and 1 where no row has a difference
    resamples   the number of sign patterns
    exact       whether these were all patterns
    rows        the number of rows (or clusters) with a difference
    """

    p: float
    resamples: int
    exact: bool
    rows: int


def sign_flip(contributions: Array, resamples: int = 9999, seed: int = 0) -> SignFlip:
    """The two-sided test that the mean of paired differences is 0, from each row's contribution d_i to the difference of the sums.

    For a weighted mean d_i = w_i (l_i − l'_i); for rows in clusters, d_i is the sum of a cluster. p = P(|Σ s_i d_i| ≥ |Σ d_i|) over
    signs s_i: exact for up to 16 rows with d_i ≠ 0, else (1 + the number of random patterns that reach it) / (1 + resamples). nan if a
    difference is.
    """
    d = np.asarray(contributions, np.float64)
    if not np.isfinite(d).all():
        return SignFlip(math.nan, 0, False, d.size)
    d = d[d != 0]  # the sign of a zero changes nothing
    if d.size <= EXACT_ROWS:
        return _all_patterns(d)
    observed, size = abs(float(d.sum())), float(np.abs(d).sum())
    return SignFlip(p_of_sums(flipped_sums(d[:, None], resamples, seed)[:, 0], observed, size), resamples, False, d.size)


def _all_patterns(d: Array) -> SignFlip:
    sums = np.zeros(1)
    for x in d:
        sums = np.concatenate([sums + x, sums - x])
    reached = np.abs(sums) >= abs(float(d.sum())) - _TIE * float(np.abs(d).sum())
    return SignFlip(float(reached.mean()), sums.size, True, d.size)


def p_of_sums(sums: Array, observed: float, size: float) -> float:
    """(1 + #{|Σ s_i d_i| ≥ |Σ d_i|}) / (1 + N): sums of N random patterns, the observed sum, and size = Σ |d_i|, the scale of rounding."""
    reached = np.count_nonzero(np.abs(sums) >= abs(observed) - _TIE * size)
    return (1 + int(reached)) / (1 + len(sums))


def flipped_sums(contributions: Array, resamples: int, seed: int) -> Array:
    """Σ s_i d_i of each pattern and column, (resamples, columns), for contributions of the shape (rows, columns): block after block."""
    total = np.zeros((resamples, contributions.shape[1]))
    for block, start in enumerate(range(0, len(contributions), BLOCK)):
        total += flipped_sums_of_block(contributions[start : start + BLOCK], resamples, seed, block)
    return total


def flipped_sums_of_block(contributions: Array, resamples: int, seed: int, block: int) -> Array:
    """The share of a block of at most BLOCK rows in `flipped_sums`. The memory is that of GROUP patterns of the block."""
    shares = [random_signs(seed, block, group, len(contributions)).T @ contributions for group in range(math.ceil(resamples / GROUP))]
    return np.concatenate(shares)[:resamples]
