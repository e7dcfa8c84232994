"""The variance of a mean, with its degrees: of independent rows, of clusters, of rows that depend on rows near, of resampled scores."""

from __future__ import annotations

import math
from typing import Literal

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.statistics.distributions import t_quantile, t_two_sided_p
from losscli.statistics.moments import ColumnSums

__all__ = [
    "Estimate",
    "clusters_and_near",
    "corrected_resampled",
    "cosine_count",
    "of_clusters",
    "of_cosines",
    "of_horizon",
    "of_rows",
    "of_series",
    "of_two_way_clusters",
    "products_of",
    "t_interval",
    "t_p",
]  # fmt: skip

_MOST_COSINES = 64  # t quantiles of 64 degrees are 2 % wider than those of the normal distribution
_FEWEST_COSINES = 3


class Estimate(Record):
    """An estimated variance.

    variance  of the mean (or of the value whose influence values were summed)
    df        the degrees of Student's t
    method    'rows', 'clusters', 'two-way clusters', 'horizon', 'cosines', 'clusters and' one of the two before, 'resampled'
    """

    variance: float
    df: float
    method: str


_NONE = Estimate(math.nan, 0.0, "none")  # fewer than 2 rows or clusters


def t_interval(value: float, estimate: Estimate, level: float) -> tuple[float, float]:
    """value ± t √variance, for a level such as 0.95; nan where there is no variance."""
    if not (estimate.df > 0 and estimate.variance >= 0):
        return math.nan, math.nan
    half = t_quantile((1 + level) / 2, estimate.df) * math.sqrt(estimate.variance) if estimate.variance else 0.0
    return value - half, value + half


def t_p(value: float, estimate: Estimate) -> float:
    """The two-sided p of value = 0: 1 for a value of 0 without variance; nan where there is no variance."""
    if not (estimate.df > 0 and estimate.variance >= 0):
        return math.nan
    if estimate.variance == 0:
        return 1.0 if value == 0 else 0.0
    return t_two_sided_p(value / math.sqrt(estimate.variance), estimate.df)


# --- rows and clusters -----------------------------------------------------------------------------------------------------


def of_rows(rows: int, squares: float) -> Estimate:
    """Independent rows: Σ (e_i − ē)² / (n (n − 1)), with n − 1 degrees; `squares` is Σ (e_i − ē)²."""
    return Estimate(squares / (rows * (rows - 1)), rows - 1.0, "rows") if rows > 1 else _NONE


def of_clusters(sums: Array, rows: int) -> Estimate:
    """Rows in G clusters: G/(G − 1) Σ_g S_g² / n², with G − 1 degrees; S_g is the sum of e_i − ē, or influence values, over a cluster."""
    groups = len(sums)
    return Estimate(groups / (groups - 1) * _squares(sums) / rows**2, groups - 1.0, "clusters") if groups > 1 else _NONE


def of_two_way_clusters(first: Array, second: Array, both: Array, rows: int) -> Estimate:
    """Rows in clusters of two kinds (Cameron, Gelbach and Miller 2011): V₁ + V₂ − V₁₂, with the smaller G − 1 degrees.

    first, second, both are the sums over the clusters of each kind and over their intersections. At least the larger of V₁ and V₂,
    as the difference can be too small by chance.
    """
    one, two, apart = (of_clusters(s, rows) for s in (first, second, both))
    if not (one.df > 0 and two.df > 0):
        return _NONE
    variance = max(one.variance, two.variance, one.variance + two.variance - apart.variance)
    return Estimate(variance, min(one.df, two.df), "two-way clusters")


def _squares(x: Array) -> float:
    return float(np.dot(x, x))


# --- rows near each other --------------------------------------------------------------------------------------------------


def of_horizon(rows: int, products: Array, horizon: int) -> Estimate:
    """Forecasts made `horizon` steps ahead: Diebold–Mariano's variance with the correction of Harvey, Leybourne and Newbold (1997).

    products are Σ (e_i − ē)(e_{i+h} − ē) for h = 0 to horizon − 1. (γ₀ + 2 Σ γ_h) / (n + 1 − 2H + H(H − 1)/n), with n − 1 degrees: valid
    where rows further apart are independent, as errors of optimal forecasts are. The sum can be 0 or below: then the variance is nan.
    """
    if not 0 < horizon <= min(rows - 1, len(products)):
        return _NONE
    long_run = (float(products[0]) + 2 * float(products[1:horizon].sum())) / rows
    divisor = rows + 1 - 2 * horizon + horizon * (horizon - 1) / rows
    if long_run <= 0 < products[0] or divisor <= 0:
        return Estimate(math.nan, rows - 1.0, "horizon")
    return Estimate(long_run / divisor, rows - 1.0, "horizon")


def cosine_count(rows: int, products: Array) -> int:
    """How many cosines `of_cosines` should use, from Σ (e_i − ē)(e_{i+h} − ē), h = 0, 1, …

    At most 0.4 n^(2/3) (Lazarus, Lewis, Stock and Watson 2018), and so few that the spectrum of a first-order autoregression with
    coefficient ρ falls by at most 5 % below its value at 0, on average: 0.123 n (1 − ρ) / √ρ. ρ is the largest r_h^(1/h) over the lags
    whose autocorrelation r_h is above 2/√n.
    """
    most = max(2, min(_MOST_COSINES, int(0.4 * rows ** (2 / 3))))
    decay = 0.0
    for lag, product in enumerate(products[1:], start=1):
        r = product / products[0] if products[0] > 0 else 0.0
        if r > 2 / math.sqrt(rows):
            decay = max(decay, min(r, 0.99) ** (1 / lag))
    if decay == 0:
        return most
    return min(most, max(_FEWEST_COSINES, int(0.123 * rows * (1 - decay) / math.sqrt(decay))))


def of_cosines(batches: Array, rows_of_batch: Array, count: int) -> Estimate:
    """Rows that depend on rows near them, for an unknown distance: the mean square of B projections on cosines, with B degrees.

    Λ_j = √(2/n) Σ_i cos(π j (i + ½) / n) (e_i − ē), V = Σ_j Λ_j² / (B n), j = 1 to B (Müller 2004; Lazarus, Lewis, Stock and Watson
    2018; for Diebold–Mariano tests Coroneo and Iacone 2020). batches are sums of e_i − ē over consecutive rows, and stand in their middle.
    """
    rows = float(rows_of_batch.sum())
    count = min(count, len(batches) - 1)
    if count < 1:
        return _NONE
    middle = np.cumsum(rows_of_batch) - rows_of_batch / 2
    cosines = np.cos(np.pi / rows * np.outer(np.arange(1, count + 1), middle))
    projections = cosines @ batches / np.sqrt(cosines**2 @ rows_of_batch)
    return Estimate(_squares(projections) / count / rows, float(count), "cosines")


def clusters_and_near(clusters: Estimate, near: Estimate, rows: Estimate, *, in_runs: bool) -> Estimate:
    """Rows in clusters that also depend on rows near them.

    Where the rows of a cluster are scattered, the two kinds of dependence add up: V_clusters + V_near − V_rows, at least V_clusters,
    with the degrees of Welch and Satterthwaite. Where they follow each other (in_runs), each variance contains most of the other, and the
    larger one is taken.
    """
    if not (clusters.df > 0 and near.df > 0):
        return _NONE
    method = f"clusters and {near.method}"
    if in_runs:
        larger = max(clusters, near, key=lambda e: e.variance)
        return Estimate(larger.variance, larger.df, method)
    variance = max(clusters.variance, clusters.variance + near.variance - rows.variance)
    spread = clusters.variance**2 / clusters.df + near.variance**2 / near.df
    degrees = (clusters.variance + near.variance) ** 2 / spread if spread > 0 else min(clusters.df, near.df)
    return Estimate(variance, min(degrees, clusters.df + near.df), method)


def products_of(sums: ColumnSums) -> Array:
    """Σ (x_i − x̄)(x_{i+h} − x̄) for h = 0, 1, …"""
    return np.concatenate([[sums.squares], sums.neighbours])


def of_series(sums: ColumnSums, lag: int | Literal["auto"]) -> Estimate:
    """The estimate from streamed sums: `of_horizon` for a number, `of_cosines` for 'auto' and where that of a horizon is not above 0."""
    products = products_of(sums)
    if lag != "auto":
        estimate = of_horizon(sums.rows, products, lag)
        if estimate.df == 0 or estimate.variance >= 0:
            return estimate
    return of_cosines(sums.batches, sums.rows_of_batch, cosine_count(sums.rows, products))


# --- scores of resampled data ----------------------------------------------------------------------------------------------


def corrected_resampled(scores: int, squares: float, test_share: float) -> Estimate:
    """Differences of scores on overlapping training sets: (1/k + test/train) s², with k − 1 degrees (Nadeau and Bengio 2003).

    `squares` is Σ (d_i − d̄)² over the k scores; test_share is n_test / n_train.
    """
    return Estimate((1 / scores + test_share) * squares / (scores - 1), scores - 1.0, "resampled") if scores > 1 else _NONE
