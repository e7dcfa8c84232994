"""Probabilities and quantiles against scipy, mpmath and closed forms; adjusted p-values against statsmodels."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from mpmath import betainc, findroot, mp, mpf
from scipy import stats
from statsmodels.stats.multitest import multipletests

from losscli.statistics.adjust import benjamini_hochberg, holm
from losscli.statistics.distributions import chi2_survival, f_survival, normal_cdf, normal_quantile, t_cdf, t_quantile, t_two_sided_p

DEGREES = [1, 1.5, 2, 2.7, 3, 4, 5, 7, 9.99, 10, 19, 21.3, 30, 99, 100, 333.3, 1000, 1e4, 123456.7, 1e6, math.inf]
TAILS = [1e-100, 1e-50, 1e-20, 1e-10, 1e-6, 1e-4, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.249, 0.25, 0.251, 0.3, 0.4, 0.45]
T = [0.001, 0.1, 0.5, 0.9, 1, 1.1, 1.6, 1.7, 1.8, 2, 2.5, 3, 5, 10, 30, 1000, 1e10, 1e120]


@pytest.mark.parametrize("df", DEGREES)
def test_quantiles_of_t_are_those_of_scipy(df: float) -> None:
    peer = stats.norm.ppf(TAILS) if df == math.inf else stats.t.ppf(TAILS, df)
    np.testing.assert_allclose([t_quantile(p, df) for p in TAILS], peer, rtol=1e-10)
    uppers = [1 - p for p in TAILS if p > 1e-7]
    peer = stats.norm.ppf(uppers) if df == math.inf else stats.t.ppf(uppers, df)
    np.testing.assert_allclose([t_quantile(p, df) for p in uppers], peer, rtol=1e-10)


@pytest.mark.parametrize("df", [0.5, *DEGREES])
def test_probabilities_of_t_are_those_of_scipy(df: float) -> None:
    peer = stats.norm if df == math.inf else stats.t(df)
    np.testing.assert_allclose([t_two_sided_p(-t, df) for t in T], 2 * peer.sf(T), rtol=1e-10)
    np.testing.assert_allclose([t_cdf(t, df) for t in T], peer.cdf(T), rtol=1e-12)
    np.testing.assert_allclose([t_cdf(-t, df) for t in T], peer.sf(T), rtol=1e-10)


def exact_quantile(p: float, df: float) -> float:
    """The quantile in the upper tail, by 40 digits of mpmath."""
    with mp.workdps(40):

        def log_tail(s: mpf) -> mpf:
            x = df / (df + mp.e ** (2 * s))
            return mp.log(betainc(mpf(df) / 2, mpf(1) / 2, 0, x, regularized=True) / 2) - mp.log(mpf(p))

        return float(mp.e ** findroot(log_tail, mp.log(abs(t_quantile(p, df)) * 1.001)))


# scipy has few digits here: far out, and near the median
@pytest.mark.parametrize(("p", "df"), [(1e-200, 3), (1e-100, 2.7), (1e-300, 30), (1e-300, 1e4), (0.4999, 4), (0.499999, 7), (1e-12, 0.8)])
def test_quantiles_of_t_are_those_of_mpmath(p: float, df: float) -> None:
    assert -t_quantile(p, df) == pytest.approx(exact_quantile(p, df), rel=1e-12)


@pytest.mark.parametrize("p", [1e-299, 1e-150, 1e-9, 0.1, 0.3, 0.49, 0.4999999, 0.6, 0.9999])
def test_quantiles_that_have_a_formula(p: float) -> None:
    assert t_quantile(p, 1) == pytest.approx(-1 / math.tan(math.pi * p), rel=1e-10)
    assert t_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-12)


@pytest.mark.parametrize(("d1", "d2", "f"), [(2, 7, 1.3), (2, 1e6, 4.0), (2, 0.5, 100.0), (2, 30, 0.01), (2, 50.5, 12.0)])
def test_f_with_2_degrees_has_a_formula(d1: float, d2: float, f: float) -> None:
    assert f_survival(f, d1, d2) == pytest.approx(math.exp(-d2 / 2 * math.log1p(2 * f / d2)), rel=1e-13)
    assert f_survival(1 / f, d2, d1) == pytest.approx(-math.expm1(-d2 / 2 * math.log1p(2 * f / d2)), rel=1e-12)


@pytest.mark.parametrize("d1", [0.3, 1, 2, 3, 5.5, 9, 10, 50, 99, 101, 1000, 12345, 1e6])
def test_f_is_that_of_scipy(d1: float) -> None:
    f = np.array([1e-8, 1e-3, 0.1, 0.5, 0.9, 0.99, 1, 1.01, 1.1, 1.5, 2, 3, 10])
    for d2 in (0.7, 1, 2, 5, 9.5, 30, 100, 1000, 1e5, 1e6):
        np.testing.assert_allclose([f_survival(x, d1, d2) for x in f], stats.f.sf(f, d1, d2), rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("df", [0.5, 1, 2, 3, 10, 11.5, 50, 1000, 1e6])
def test_chi2_is_that_of_scipy(df: float) -> None:
    x = np.array([1e-6, 0.01, 0.5, 1, 2, 5, 10, 20, 50, 100, 500, 990, 1000, 1010, 1100, 1e6, 1.01e6])
    np.testing.assert_allclose([chi2_survival(v, df) for v in x], stats.chi2.sf(x, df), rtol=1e-10, atol=1e-300)
    assert f_survival(1.5, df, math.inf) == chi2_survival(1.5 * df, df)


def test_the_ends() -> None:
    assert (t_quantile(0, 3), t_quantile(1, 3), t_quantile(0.5, 3)) == (-math.inf, math.inf, 0)
    assert (t_two_sided_p(0, 3), t_two_sided_p(math.inf, 3), t_cdf(-math.inf, 3), t_cdf(math.inf, 3)) == (1, 0, 0, 1)
    assert (f_survival(0, 2, 3), f_survival(math.inf, 2, 3), chi2_survival(math.inf, 3)) == (1, 0, 0)
    assert math.isnan(t_two_sided_p(math.nan, 3)) and math.isnan(f_survival(math.nan, 2, 3)) and math.isnan(t_cdf(math.nan, 3))
    assert normal_cdf(1.0) == pytest.approx(0.8413447460685429, rel=1e-15)
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-15)
    assert t_quantile(1e-300, 0.5) == -math.inf
    for p, df in ((-0.1, 3), (1.1, 3), (math.nan, 3), (0.5, 0)):
        with pytest.raises(ValueError, match="p must be between 0 and 1"):
            t_quantile(p, df)


def test_numpy_is_not_loaded() -> None:
    code = "import sys, losscli.statistics.distributions, losscli.statistics.adjust; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["False"]


@pytest.mark.parametrize("ps", [[0.01, 0.04, 0.03, 0.005], [0.2], [0.5, 0.5, 0.5], [0.04, 0.03, 0.02, 0.01], [0.0, 1.0, 0.6, 0.7], []])
def test_adjusted_p_is_that_of_statsmodels(ps: list[float]) -> None:
    for ours, name in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        peer = multipletests(ps, method=name)[1] if ps else []
        np.testing.assert_allclose(ours(ps), peer, rtol=1e-15)
        nan_too = ours([math.nan, *ps, math.nan])
        assert nan_too[1:-1] == ours(ps) and math.isnan(nan_too[0]) and math.isnan(nan_too[-1])
