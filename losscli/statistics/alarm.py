"""The dependence alarm: do rows depend on rows near them, or on rows of the same group? How much wider is the interval, and what helps?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.statistics.adjust import holm
from losscli.statistics.dependence import Estimate, clusters_and_near, of_clusters, of_rows, of_series, of_two_way_clusters, products_of
from losscli.statistics.distributions import chi2_survival, f_survival, normal_cdf, t_quantile
from losscli.statistics.moments import ColumnSums

__all__ = ["LAGS", "Advice", "Alarm", "GroupFinding", "LagFinding", "alarm", "estimate", "group_finding", "lag_finding"]

LAGS = 10
_LAG_LEVEL, _GROUP_LEVEL = 0.05, 0.2  # the chance of a false alarm where there are few rows
_FEWEST_GROUPS = 5  # fewer groups are properties of the rows, such as a sex, and no sample of clusters
_WORTH = 1.05  # a variance that is larger by less than this is no alarm
_RUNS = 1.2  # runs per group up to which the rows of each group are taken to follow each other


class LagFinding(Record):
    """Dependence on rows near: autocorrelations at lags 1, 2, …, their joint p, whether it is an alarm, and the factor of the interval."""

    autocorrelations: tuple[float, ...]
    p: float
    fires: bool
    wider: float


class GroupFinding(Record):
    """Dependence within the groups of a column: ICC, F and its p, p adjusted over the columns (Holm), and the factor of the interval."""

    name: str
    groups: int
    icc: float
    f: float
    p: float
    adjusted_p: float
    fires: bool
    wider: float


class Advice(Record):
    """The options that take the dependence into account: clusters by no, one or two columns; and whether rows depend on rows near."""

    cluster: tuple[str, ...] = ()
    lag_auto: bool = False

    def __bool__(self) -> bool:
        return bool(self.cluster) or self.lag_auto


class Alarm(Record):
    """What was found in a series of differences, and the advice, which is empty where nothing fires."""

    lag: LagFinding
    groups: tuple[GroupFinding, ...]
    advice: Advice

    @property
    def wider(self) -> float:
        """The factor of the interval: the largest of those that the advice is about; nan without advice."""
        factors = [f.wider for f in self.groups if f.name in self.advice.cluster] + [self.lag.wider] * self.advice.lag_auto
        return max(factors, default=math.nan)


def alarm(sums: ColumnSums) -> Alarm:
    """Look for dependence in one series of differences (or influence values), along its rows and within the groups of each column.

    The order of the groups is that of their first rows.
    """
    rows = of_rows(sums.rows, sums.squares)
    lag = lag_finding(sums.rows, products_of(sums), rows, of_series(sums, "auto"))
    usable = [name for name in sums.groups if _FEWEST_GROUPS <= len(_groups(sums, name)[0]) < sums.rows]
    found = [group_finding(sums, name) for name in usable]
    level = _level(sums.rows, _GROUP_LEVEL)
    adjusted = zip(found, holm([f.p for f in found]), strict=True)
    findings = tuple(f.but(adjusted_p=p, fires=f.fires and p < level) for f, p in adjusted)
    return Alarm(lag, findings, _advice(sums, lag, findings))


def estimate(sums: ColumnSums, clusters: Sequence[str] = (), lag: int | Literal["auto"] | None = None) -> Estimate:
    """The estimate for rows in clusters, for rows that depend on rows near, for both, or for independent rows.

    `clusters` are names of groups: one; or those of two kinds, and those of both at once.
    """
    rows = of_rows(sums.rows, sums.squares)
    if not clusters:
        return rows if lag is None else of_series(sums, lag)
    first, *others = (_groups(sums, name)[1] for name in clusters)
    found = of_two_way_clusters(first, others[0], others[1], sums.rows) if others else of_clusters(first, sums.rows)
    if lag is None:
        return found
    return clusters_and_near(found, of_series(sums, lag), rows, in_runs=_in_runs(sums, clusters[0]))


# --- what is found ---------------------------------------------------------------------------------------------------------


def lag_finding(rows: int, products: Array, independent: Estimate, near: Estimate) -> LagFinding:
    """The joint test of the autocorrelations: the smaller p of lag 1 alone and of all lags (Ljung and Box 1978), doubled.

    It fires where they are above 0 on the whole: differences that alternate make the interval of independent rows too wide, not too narrow.
    """
    lags = np.arange(1, min(len(products), rows))
    if not (products[0] > 0 and len(lags)):
        return LagFinding((), math.nan, False, math.nan)
    r = products[lags] / products[0]
    first = 2 * normal_cdf(-abs(float(r[0]) + 1 / rows) * math.sqrt(rows))
    joint = chi2_survival(rows * (rows + 2) * float((r**2 / (rows - lags)).sum()), float(len(lags)))
    p = min(1.0, 2 * min(first, joint))
    clear = r[np.abs(r) > 2 / math.sqrt(rows)]
    fires = p < _level(rows, _LAG_LEVEL) and 1 + 2 * max(float(clear.sum()), float(r[0])) > _WORTH
    return LagFinding(tuple(map(float, r)), p, fires, _wider(near, independent))


def group_finding(sums: ColumnSums, name: str) -> GroupFinding:
    """The analysis of variance between and within groups of any sizes: F, its p, and ICC = (MSB − MSW) / (MSB + (n₀ − 1) MSW).

    n₀ = (n − Σ n_g² / n) / (G − 1). It fires where the variance over the groups is larger; the p-value is not adjusted yet.
    """
    counts, totals = _groups(sums, name)
    n, g = sums.rows, len(counts)
    between = float((totals**2 / counts).sum())
    msb, msw = between / (g - 1), max(0.0, sums.squares - between) / (n - g)
    n0 = (n - float((counts * (counts / n)).sum())) / (g - 1)
    if msb + msw <= 0:
        return GroupFinding(name, g, math.nan, math.nan, math.nan, math.nan, False, math.nan)
    f = msb / msw if msw > 0 else math.inf
    clusters, independent = of_clusters(totals, n), of_rows(n, sums.squares)
    fires = f > 1 and clusters.variance > _WORTH * independent.variance
    p = f_survival(f, g - 1.0, n - g)
    return GroupFinding(name, g, (msb - msw) / (msb + (n0 - 1) * msw), f, p, p, fires, _wider(clusters, independent))


def _groups(sums: ColumnSums, name: str) -> tuple[Array, Array]:
    """The rows of each group that has any, and its Σ (x − x̄); none where there are too many groups."""
    groups = sums.groups[name]
    if groups is None:
        return np.zeros(0), np.zeros(0)
    return groups[0][groups[0] > 0], groups[1][groups[0] > 0]


def _wider(dependent: Estimate, independent: Estimate) -> float:
    """How many times as wide the 95 % interval is."""
    if not (independent.variance > 0 and dependent.df > 0):
        return math.nan
    quantiles = t_quantile(0.975, dependent.df) / t_quantile(0.975, independent.df)
    return quantiles * math.sqrt(dependent.variance / independent.variance)


def _level(rows: int, most: float) -> float:
    """The level of a test: 20 / n, at most `most`. Few rows must not overlook what would matter; many rows show it at any level."""
    return min(most, 20 / rows)


def _in_runs(sums: ColumnSums, name: str) -> bool:
    return sums.runs[name] <= _RUNS * len(_groups(sums, name)[0])


# --- what to do ------------------------------------------------------------------------------------------------------------


def _advice(sums: ColumnSums, lag: LagFinding, findings: Sequence[GroupFinding]) -> Advice:
    """Clusters by the columns that fire, the widest interval first; dependence along the rows where clusters do not explain it."""
    firing = sorted((f for f in findings if f.fires), key=lambda f: -f.wider)
    cluster = tuple(f.name for f in firing[:2])
    if not (lag.fires and cluster):
        return Advice(cluster, lag.fires)
    if _in_runs(sums, cluster[0]):
        # Rows near each other are mostly of one cluster. Where sums of neighbouring clusters go together, clusters are not enough.
        totals = _groups(sums, cluster[0])[1]
        r = float(np.dot(totals[1:], totals[:-1]) / np.dot(totals, totals))
        together = r + 1 / len(totals) > 2 / math.sqrt(len(totals))
        return Advice((), True) if together else Advice(cluster)
    explained = firing[0].icc * (1 - sums.runs[cluster[0]] / sums.rows)  # the autocorrelation at lag 1 that clusters make
    return Advice(cluster, lag.autocorrelations[0] - explained > 1 / math.sqrt(sums.rows))
