"""The bootstrap: sums of resampled rows, and percentile and BCa intervals of a statistic of these sums."""

from __future__ import annotations

import math
from collections.abc import Iterator

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.statistics.distributions import normal_cdf, normal_quantile
from losscli.statistics.random_numbers import BLOCK, GROUP, index_generator, poisson_weights

__all__ = [
    "HELD",
    "Interval",
    "bca_interval",
    "jackknife_sums",
    "multinomial_sums",
    "percentile_interval",
    "poisson_sums",
    "poisson_sums_of_block",
    "resampled_rows",
]


HELD = 10_000  # rows or clusters: of so many, all are kept, and drawn with replacement; more get Poisson weights


class Interval(Record):
    """An interval of a statistic; `method` is 'percentile' or 'bca'."""

    low: float
    high: float
    method: str


# --- sums of resampled rows ------------------------------------------------------------------------------------------------


def resampled_rows(rows: int, resamples: int, seed: int) -> Iterator[Array]:
    """The row numbers of each resample, drawn with replacement. Resample r is the same for any number of resamples."""
    for replicate in range(resamples):
        yield index_generator(seed, replicate).integers(0, rows, rows)


def multinomial_sums(columns: Array, resamples: int, seed: int) -> Array:
    """The sums of the columns (rows, k) over each resample, (resamples, k): for rows that fit in memory, each resample has as many rows."""
    rows = len(columns)
    sums = np.empty((resamples, columns.shape[1]))
    for replicate, chosen in enumerate(resampled_rows(rows, resamples, seed)):
        sums[replicate] = np.bincount(chosen, minlength=rows) @ columns
    return sums


def poisson_sums(columns: Array, resamples: int, seed: int) -> Array:
    """The sums of the columns (rows, k) with Poisson(1) weights, (resamples, k), block after block.

    A resample has about as many rows as there are, so a mean is the quotient of two columns: include the column of the weights, or of ones.
    Whole clusters are resampled where a row is the sum of a cluster.
    """
    total = np.zeros((resamples, columns.shape[1]))
    for block, start in enumerate(range(0, len(columns), BLOCK)):
        total += poisson_sums_of_block(columns[start : start + BLOCK], resamples, seed, block)
    return total


def poisson_sums_of_block(columns: Array, resamples: int, seed: int, block: int) -> Array:
    """The share of a block of at most BLOCK rows in `poisson_sums`. The memory is that of GROUP replicates of the block."""
    shares = [poisson_weights(seed, block, group, len(columns)).T @ columns for group in range(math.ceil(resamples / GROUP))]
    return np.concatenate(shares)[:resamples]


def jackknife_sums(columns: Array) -> Array:
    """The sums of the columns (rows, k) without one row each, (rows, k)."""
    return columns.sum(0) - columns


# --- intervals -------------------------------------------------------------------------------------------------------------


def percentile_interval(replicates: Array, level: float) -> Interval:
    """The quantiles of the replicates at (1 ± level) / 2, for a level such as 0.95. nan if any replicate is nan."""
    if np.isnan(replicates).any():
        return Interval(math.nan, math.nan, "percentile")
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), "percentile")


def bca_interval(replicates: Array, value: float, jackknife: Array, level: float) -> Interval:
    """The bias-corrected and accelerated interval (Efron 1987).

    replicates of the statistic, its value for all rows, and its values without one row (or cluster) each. Replicates that are all equal
    to the value give the interval of that value. nan if a number is nan.
    """
    if not (np.isfinite(replicates).all() and np.isfinite(jackknife).all()):
        return Interval(math.nan, math.nan, "bca")
    if replicates.min() == replicates.max() == value:
        return Interval(value, value, "bca")
    below = (np.count_nonzero(replicates < value) + np.count_nonzero(replicates <= value)) / (2 * len(replicates))
    if not 0 < below < 1:  # the value is outside all replicates: there is no correction for that
        return Interval(math.nan, math.nan, "bca")
    bias, acceleration = normal_quantile(below), _acceleration(jackknife)
    ends = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        shifted = bias + normal_quantile(p)
        ends.append(normal_cdf(bias + shifted / (1 - acceleration * shifted)))
    low, high = np.quantile(replicates, ends)
    return Interval(float(low), float(high), "bca")


def _acceleration(jackknife: Array) -> float:
    """Σ u³ / (6 (Σ u²)^1.5), for the jackknife's deviations u from its mean."""
    u = jackknife.mean() - jackknife
    squares = float((u * u).sum())
    return float((u**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
