"""Variances under dependence against statsmodels, scipy, scikit-learn and published examples; sums that are merged; the alarm."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups
from statsmodels.tsa.stattools import acf

from losscli.statistics.alarm import alarm, estimate, group_finding
from losscli.statistics.dependence import (
    Estimate,
    clusters_and_near,
    corrected_resampled,
    cosine_count,
    of_clusters,
    of_cosines,
    of_horizon,
    of_rows,
    of_series,
    of_two_way_clusters,
    products_of,
    t_interval,
    t_p,
)
from losscli.statistics.moments import ColumnSums
from tests.simulations.nulls import ar1, column_sums

RNG = np.random.default_rng(11)
N = 120
CODES = RNG.integers(0, 17, N)
OTHER = RNG.integers(0, 9, N)
E = RNG.normal(size=17)[CODES] + RNG.normal(size=N) + 0.4
WEIGHTS = RNG.uniform(0.2, 3, N)


def by(codes: np.ndarray, e: np.ndarray) -> np.ndarray:
    return np.bincount(codes, e)


# --- rows and clusters -----------------------------------------------------------------------------------------------------


def test_rows_are_the_t_test_of_scipy() -> None:
    found = of_rows(N, float(((E - E.mean()) ** 2).sum()))
    peer = stats.ttest_1samp(E, 0)
    assert t_p(E.mean(), found) == pytest.approx(peer.pvalue, rel=1e-10)
    assert t_interval(E.mean(), found, 0.9) == pytest.approx(tuple(peer.confidence_interval(0.9)), rel=1e-12)


@pytest.mark.parametrize("weights", [np.ones(N), WEIGHTS], ids=["mean", "weighted mean"])
def test_clusters_are_those_of_statsmodels(weights: np.ndarray) -> None:
    """A (weighted) regression on a constant: its covariance has the factor G/(G − 1) (n − 1)/(n − 1)."""
    model = sm.WLS(E, np.ones(N), weights=weights).fit(cov_type="cluster", cov_kwds={"groups": CODES}, use_t=True)
    value = np.average(E, weights=weights)
    found = of_clusters(by(CODES, weights * (E - value) / weights.mean()), N)
    assert math.sqrt(found.variance) == pytest.approx(model.bse[0], rel=1e-12)
    assert found.df == 16
    assert t_p(value, found) == pytest.approx(model.pvalues[0], rel=1e-9)


def test_clusters_of_one_row_are_rows() -> None:
    e = E - E.mean()
    assert of_clusters(e, N).variance == pytest.approx(of_rows(N, float(e @ e)).variance, rel=1e-14)


def test_clusters_of_two_kinds_are_those_of_statsmodels() -> None:
    x = E + np.random.default_rng(2).normal(size=9)[OTHER]
    model = sm.OLS(x, np.ones(N)).fit()
    both, one, two = cov_cluster_2groups(model, CODES, OTHER, use_correction=False)
    e = x - x.mean()
    pairs = np.unique(CODES * 100 + OTHER, return_inverse=True)[1]
    found = of_two_way_clusters(by(CODES, e), by(OTHER, e), by(pairs, e), N)
    g = [17, 9, pairs.max() + 1]
    # statsmodels without the correction G/(G − 1), which is put to each of the three here
    apart = one[0, 0] + two[0, 0] - both[0, 0]
    assert found.variance == pytest.approx(
        sum(s * v * k / (k - 1) for s, v, k in zip((1, 1, -1), (one[0, 0], two[0, 0], apart), g, strict=True))
    )
    assert found.df == 8
    wide, narrow = by(CODES // 3, e), by(CODES, e)
    nested = of_two_way_clusters(wide, narrow, narrow, N)
    assert nested.variance == pytest.approx(max(of_clusters(s, N).variance for s in (wide, narrow)), rel=1e-12)


def test_too_little_has_no_interval() -> None:
    for found in (
        of_rows(1, 0.0),
        of_rows(0, 0.0),
        of_clusters(np.zeros(1), 5),
        corrected_resampled(1, 0.0, 0.1),
        of_horizon(3, np.ones(9), 3),
    ):
        assert math.isnan(t_p(0.0, found)) and math.isnan(t_interval(0.0, found, 0.95)[0])
    assert math.isnan(of_series(column_sums(np.ones(1)), "auto").variance)


def test_identical_predictions_have_p_1_and_an_interval_of_0() -> None:
    for found in (
        of_rows(9, 0.0),
        of_clusters(np.zeros(4), 9),
        of_series(column_sums(np.zeros(9)), 2),
        of_series(column_sums(np.zeros(9)), "auto"),
    ):
        assert (t_p(0.0, found), t_interval(0.0, found, 0.95)) == (1.0, (0.0, 0.0))


# --- rows near each other --------------------------------------------------------------------------------------------------

# github.com/edoannunziata/dieboldmariano, whose tests and README have these results: squared errors, h = 1
FROM_README = ([1, 1, 1, 4, 9], [9, 36, 36, 0, 81], -2.2229922805746782, 2 * 0.04515565862099125)
FROM_TESTS = ([0, 1, 4, 9, 16, 25], [0, 4, 9, 9, 25, 36], -2.4905, 0.05513)


@pytest.mark.parametrize(("one", "other", "statistic", "p"), [FROM_README, FROM_TESTS])
def test_diebold_mariano_as_published(one: list[int], other: list[int], statistic: float, p: float) -> None:
    d = np.subtract(one, other).astype(float)
    found = of_series(column_sums(d), 1)
    digits = 1e-12 if statistic == FROM_README[2] else 1e-4
    assert d.mean() / math.sqrt(found.variance) == pytest.approx(statistic, rel=digits)
    assert t_p(d.mean(), found) == pytest.approx(p, rel=digits)


def python_2_sample(seed: int) -> list[np.ndarray]:
    """Three calls of random.sample(range(100), 100), as Python 2 had it."""
    import random

    source, columns = random.Random(seed), []
    for _ in range(3):
        pool, column = list(range(100)), []
        for i in range(100):
            column.append(pool.pop(k := int(source.random() * (100 - i))))
            if k < len(pool):  # the last one takes the free place
                pool.insert(k, pool.pop())
        columns.append(np.array(column, float))
    return columns


@pytest.mark.parametrize(
    ("power", "statistic", "p"),
    [
        (1, 1.3275742446369585, 0.18737195617455585),
        (2, 1.2112523589452902, 0.22868210381769466),
        (4, 0.9124498079287283, 0.36374861695187799),
    ],
)
def test_diebold_mariano_as_in_the_example_of_dm_test(power: int, statistic: float, p: float) -> None:
    """github.com/johntwk/Diebold-Mariano-Test, which prints these results of MAD, MSE and the fourth power."""
    actual, one, other = python_2_sample(123)
    d = np.abs(actual - one) ** power - np.abs(actual - other) ** power
    found = of_series(column_sums(d), 1)
    assert d.mean() / math.sqrt(found.variance) == pytest.approx(statistic, rel=1e-13)
    assert t_p(d.mean(), found) == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("horizon", [1, 2, 4, 10])
def test_the_variance_of_a_horizon_is_that_of_statsmodels(horizon: int) -> None:
    """A regression on a constant with a flat kernel of horizon − 1 lags, and the factor of Harvey, Leybourne and Newbold."""
    e = ar1(np.random.default_rng(3), N)
    options = {"maxlags": horizon - 1, "kernel": "uniform", "use_correction": False}
    peer = sm.OLS(e, np.ones(N)).fit(cov_type="HAC", cov_kwds=options)
    factor = (N + 1 - 2 * horizon + horizon * (horizon - 1) / N) / N
    found = of_series(column_sums(e), horizon)
    assert found.variance == pytest.approx(peer.cov_params()[0, 0] / factor, rel=1e-10)
    assert (found.df, found.method) == (N - 1, "horizon")


def test_a_variance_below_0_becomes_that_of_cosines() -> None:
    d = np.tile([1.0, -1.0], 20) + np.linspace(0, 0.1, 40)
    products = products_of(column_sums(d))
    assert products[0] + 2 * products[1] < 0
    assert math.isnan(of_horizon(40, products, 2).variance)
    found = of_series(column_sums(d), 2)
    assert found.method == "cosines" and found.variance > 0


def test_cosines_are_those_of_scipy() -> None:
    """The projections are the type-II discrete cosine transform."""
    from scipy.fft import dct

    e = E - E.mean()
    found = of_cosines(e, np.ones(N), 7)
    assert found.variance == pytest.approx((dct(e, norm="ortho")[1:8] ** 2).mean() / N, rel=1e-12)
    assert found.df == 7


def test_cosines_of_batches_are_nearly_those_of_rows() -> None:
    e = ar1(np.random.default_rng(8), 5000)
    rows = of_cosines(e - e.mean(), np.ones(5000), 40).variance
    sums = column_sums(e)
    assert len(sums.batches) == 625
    assert of_cosines(sums.batches, sums.rows_of_batch, 40).variance == pytest.approx(rows, rel=0.01)


@pytest.mark.parametrize(
    ("rho", "rows", "count"), [(0.0, 100, 8), (0.5, 100, 8), (0.9, 100, 3), (0.9, 1000, 12), (0.0, 10**6, 64), (0.0, 5, 2)]
)
def test_the_number_of_cosines(rho: float, rows: int, count: int) -> None:
    assert cosine_count(rows, rho ** np.arange(11)) == count


def test_clusters_and_rows_near_each_other() -> None:
    clusters, cosines, rows = Estimate(4.0, 9.0, "clusters"), Estimate(3.0, 6.0, "cosines"), Estimate(1.0, 99.0, "rows")
    together = clusters_and_near(clusters, cosines, rows, in_runs=False)
    assert together.variance == 6.0
    assert together.df == pytest.approx(49 / (16 / 9 + 9 / 6))
    assert clusters_and_near(clusters, cosines, rows, in_runs=True) == clusters.but(method="clusters and cosines")
    assert clusters_and_near(clusters, cosines.but(variance=0.5), rows, in_runs=False).variance == 4.0


# --- scores of resampled data ----------------------------------------------------------------------------------------------


def test_resampled_scores_as_in_the_example_of_scikit_learn() -> None:
    """Statistical comparison of models using grid search: 'Corrected t-value: 0.750, Corrected p-value: 0.227' (one-sided)."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (cross_val_score(SVC(kernel=k, random_state=0), x, y, scoring="roc_auc", cv=cv) for k in ("rbf", "linear"))
    d = rbf - linear
    found = corrected_resampled(100, float(((d - d.mean()) ** 2).sum()), 10 / 90)
    assert d.mean() / math.sqrt(found.variance) == pytest.approx(0.750, abs=5e-4)
    assert t_p(d.mean(), found) / 2 == pytest.approx(0.227, abs=5e-4)


# --- sums ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 2, 11, 1024, 1025, 20_000])
def test_sums_in_the_order_of_the_rows(rows: int) -> None:
    rng = np.random.default_rng(rows)
    x, codes = rng.normal(1000, 1, rows), np.repeat(np.arange(rows), 3)[:rows] % 7
    sums, e = column_sums(x, c=codes), x - x.mean()
    size = max(1, 2 ** math.ceil(math.log2(rows / 1024)) if rows < 1024 else 2 ** (math.floor(math.log2(rows / 1024)) + 1))
    np.testing.assert_allclose(sums.batches, np.add.reduceat(e, np.arange(0, rows, size)), atol=1e-8)
    assert sums.rows_of_batch.sum() == rows
    assert sums.runs["c"] == 1 + np.count_nonzero(np.diff(codes))
    expected = [float(e[: rows - lag] @ e[lag:]) if lag < rows else 0.0 for lag in range(11)]
    np.testing.assert_allclose(products_of(sums), expected, rtol=1e-9, atol=1e-6)


# --- the alarm -------------------------------------------------------------------------------------------------------------


def test_autocorrelations_and_their_p_are_those_of_statsmodels() -> None:
    e = ar1(np.random.default_rng(4), 200, 0.15)
    lag = alarm(column_sums(e)).lag
    np.testing.assert_allclose(lag.autocorrelations, acf(e, nlags=10)[1:], rtol=1e-9)
    joint = acorr_ljungbox(e, lags=[10])["lb_pvalue"].iloc[0]
    first = 2 * stats.norm.sf(abs(lag.autocorrelations[0] + 1 / 200) * math.sqrt(200))
    assert lag.p == pytest.approx(2 * min(joint, first), rel=1e-9)


def test_the_variance_between_groups_is_that_of_scipy() -> None:
    found = group_finding(column_sums(E, c=CODES), "c")
    peer = stats.f_oneway(*(E[c == CODES] for c in range(17)))
    assert (found.f, found.p) == pytest.approx((peer.statistic, peer.pvalue), rel=1e-10)
    # The moment estimator of the variance component, from the table of statsmodels
    table = anova_lm(sm.OLS.from_formula("e ~ C(c)", pd.DataFrame({"e": E, "c": CODES})).fit())
    msb, msw = table["mean_sq"]
    n0 = (N - (np.bincount(CODES) ** 2).sum() / N) / 16
    assert found.icc == pytest.approx((msb - msw) / n0 / ((msb - msw) / n0 + msw), rel=1e-10)
    ratio = of_clusters(by(CODES, E - E.mean()), N).variance / (E.var(ddof=1) / N)
    assert found.wider == pytest.approx(stats.t.ppf(0.975, 16) / stats.t.ppf(0.975, N - 1) * math.sqrt(ratio), rel=1e-10)


def test_columns_that_cannot_tell_are_left_out() -> None:
    """A column of few groups is a property such as a sex; one without a repeated value has no groups."""
    assert alarm(column_sums(E, few=np.arange(N) % 4, apart=np.arange(N))).groups == ()


def test_constant_differences_raise_no_alarm() -> None:
    found = alarm(column_sums(np.zeros(N), c=CODES))
    assert not found.advice and not found.lag.fires and not found.groups[0].fires


def clustered(layout: str, between: float, near: float) -> ColumnSums:
    """1000 rows in 50 clusters, with a part of the clusters, and of a first-order autoregression along the rows."""
    rng = np.random.default_rng(6)
    codes = np.arange(1000) // 20 if layout == "in runs" else np.arange(1000) % 50
    e = between * rng.normal(size=50)[codes] + near * ar1(rng, 1000) + (1 - near) * rng.normal(size=1000)
    return column_sums(e, c=codes)


@pytest.mark.parametrize(
    ("layout", "between", "near", "cluster", "lag_auto"),
    [
        ("in runs", 0.0, 0.0, (), False),
        ("in turn", 0.0, 1.0, (), True),
        ("in runs", 0.7, 0.0, ("c",), False),  # neighbours are alike, but by their clusters alone
        ("in turn", 0.7, 0.0, ("c",), False),
        ("in runs", 0.7, 1.0, ("c",), False),  # the autoregression is mostly within the clusters
        ("in turn", 0.7, 1.0, ("c",), True),
    ],
)
def test_the_advice(layout: str, between: float, near: float, cluster: tuple[str, ...], lag_auto: bool) -> None:
    sums = clustered(layout, between, near)
    advice = alarm(sums).advice
    assert (advice.cluster, advice.lag_auto) == (cluster, lag_auto)
    found = estimate(sums, cluster, "auto" if lag_auto else None)
    words = {((), False): "rows", ((), True): "cosines", (("c",), False): "clusters", (("c",), True): "clusters and cosines"}
    assert found.method == words[cluster, lag_auto]


def test_alternating_differences_raise_no_alarm() -> None:
    """The interval of independent rows is too wide for them, not too narrow."""
    e = ar1(np.random.default_rng(1), 500, -0.5)
    found = alarm(column_sums(e)).lag
    assert found.p < 1e-6 and not found.fires and found.wider < 1
