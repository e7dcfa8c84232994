"""The dependence alarm: do rows depend on rows near them, or on rows of the same group? How much wider is the interval, and what helps?"""

from __future__ import annotations

import math
from collections.abc import Sequence

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.statistics.adjust import holm
from losscli.statistics.dependence import Estimate, clusters_and_cosines, of_clusters, of_rows, of_series
from losscli.statistics.distributions import chi2_survival, f_survival, normal_cdf, t_quantile
from losscli.statistics.series import SeriesSums, centred_products

__all__ = ["Advice", "Alarm", "GroupFinding", "GroupSums", "LagFinding", "alarm", "estimate", "group_finding", "lag_finding"]

_LAG_LEVEL, _GROUP_LEVEL = 0.05, 0.2  # the chance of a false alarm where there are few rows
_FEWEST_GROUPS = 5  # fewer groups are properties of the rows, such as a sex, and no sample of clusters
_WORTH = 1.05  # a variance that is larger by less than this is no alarm
_RUNS = 1.2  # runs per group up to which the rows of each group are taken to follow each other


class GroupSums(Record):
    """Sums over the groups of one column, in the order of first appearance.

    counts  the number of rows of each group, sums Σ e over them (centred or not)
    runs    the number of runs of consecutive rows of one group
    """

    name: str
    counts: Array
    sums: Array
    runs: int


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
    """The options that take the dependence into account: clusters by no, one or two columns; and whether rows near each other depend."""

    cluster: tuple[str, ...] = ()
    lag_auto: bool = False

    def __bool__(self) -> bool:
        return bool(self.cluster) or self.lag_auto


class Alarm(Record):
    """What was found in a series of differences, and the advice, which is empty where nothing fires."""

    lag: LagFinding
    groups: tuple[GroupFinding, ...]
    advice: Advice


def alarm(series: SeriesSums, groups: Sequence[GroupSums], column: int = 0) -> Alarm:
    """Look for dependence in one series of differences (or influence values), along its rows and within the groups of each column."""
    products = centred_products(series, column)
    rows = of_rows(series.rows, float(products[0]))
    lag = lag_finding(series.rows, products, rows, of_series(series, column, lag="auto"))
    usable = [g for g in groups if _FEWEST_GROUPS <= len(g.counts) < series.rows]
    found = [group_finding(g, float(products[0]), rows) for g in usable]
    findings = tuple(
        f.but(adjusted_p=p, fires=f.fires and p < _level(series.rows, _GROUP_LEVEL))
        for f, p in zip(found, holm([f.p for f in found]), strict=True)
    )
    return Alarm(lag, findings, _advice(lag, findings, {g.name: g for g in usable}, series.rows))


def estimate(series: SeriesSums, column: int, groups: GroupSums | None, lag_auto: bool) -> Estimate:
    """The estimate under the advice of one column of clusters, of dependence on rows near, of both, or of neither."""
    products = centred_products(series, column)
    rows = of_rows(series.rows, float(products[0]))
    if groups is None:
        return of_series(series, column, lag="auto") if lag_auto else rows
    clusters = of_clusters(_centred(groups), series.rows)
    if not lag_auto:
        return clusters
    return clusters_and_cosines(clusters, of_series(series, column, lag="auto"), rows, in_runs=_in_runs(groups))


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


def group_finding(groups: GroupSums, squares: float, independent: Estimate) -> GroupFinding:
    """The analysis of variance between and within groups of any sizes: F, its p, and ICC = (MSB − MSW) / (MSB + (n₀ − 1) MSW).

    n₀ = (n − Σ n_g² / n) / (G − 1); squares is Σ (e_i − ē)².
    """
    counts, sums = groups.counts, _centred(groups)
    rows, g = float(counts.sum()), len(counts)
    between = float((sums**2 / counts).sum())
    msb, msw = between / (g - 1), max(0.0, squares - between) / (rows - g)
    n0 = (rows - float((counts * (counts / rows)).sum())) / (g - 1)
    if msb + msw <= 0:
        return GroupFinding(groups.name, g, math.nan, math.nan, math.nan, math.nan, False, math.nan)
    f = msb / msw if msw > 0 else math.inf
    clusters = of_clusters(sums, round(rows))
    fires = f > 1 and clusters.variance > _WORTH * independent.variance
    p = f_survival(f, g - 1.0, rows - g)
    return GroupFinding(groups.name, g, (msb - msw) / (msb + (n0 - 1) * msw), f, p, p, fires, _wider(clusters, independent))


def _wider(dependent: Estimate, independent: Estimate) -> float:
    """How many times as wide the 95 % interval is."""
    if not (independent.variance > 0 and dependent.df > 0):
        return math.nan
    quantiles = t_quantile(0.975, dependent.df) / t_quantile(0.975, independent.df)
    return quantiles * math.sqrt(dependent.variance / independent.variance)


def _level(rows: int, most: float) -> float:
    """The level of a test: 20 / n, at most `most`. Few rows must not overlook what would matter; many rows show it at any level."""
    return min(most, 20 / rows)


def _centred(groups: GroupSums) -> Array:
    return groups.sums - groups.counts * (float(groups.sums.sum()) / float(groups.counts.sum()))


def _in_runs(groups: GroupSums) -> bool:
    return groups.runs <= _RUNS * len(groups.counts)


# --- what to do ------------------------------------------------------------------------------------------------------------


def _advice(lag: LagFinding, findings: Sequence[GroupFinding], groups: dict[str, GroupSums], rows: int) -> Advice:
    """Clusters by the columns that fire, the widest interval first; dependence along the rows where clusters do not explain it."""
    firing = sorted((f for f in findings if f.fires), key=lambda f: -f.wider)
    cluster = tuple(f.name for f in firing[:2])
    if not (lag.fires and cluster):
        return Advice(cluster, lag.fires)
    widest = groups[cluster[0]]
    if _in_runs(widest):
        # Rows near each other are mostly of one cluster. Where sums of neighbouring clusters go together, clusters are not enough.
        sums = _centred(widest)
        r = float(np.dot(sums[1:], sums[:-1]) / np.dot(sums, sums))
        together = r + 1 / len(sums) > 2 / math.sqrt(len(sums))
        return Advice((), True) if together else Advice(cluster)
    explained = firing[0].icc * (1 - widest.runs / rows)  # the autocorrelation at lag 1 that clusters make
    return Advice(cluster, lag.autocorrelations[0] - explained > 1 / math.sqrt(rows))
