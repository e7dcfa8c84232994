"""Probabilities and quantiles of the normal, Student's t, F and χ² distributions, with Python's math alone, so that NumPy is not loaded."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = [
    "chi2_survival",
    "f_survival",
    "normal_cdf",
    "normal_quantile",
    "t_cdf",
    "t_quantile",
    "t_two_sided_p",
]  # fmt: skip

_ROOT_2 = math.sqrt(2.0)
_ROOT_2PI = math.sqrt(2 * math.pi)
_HALF_LOG_2PI = math.log(2 * math.pi) / 2
_LARGEST = 1.797e308
_FAR = 1e100  # for t beyond, 1 + t²/df is t²/df to the last digit
# B_2k / (2k (2k − 1)): the remainder of Stirling's formula for log Γ(x), in powers of 1/x²
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)
_FEW = 100.0  # degrees above the line up to which a power series converges fast
_ASYMPTOTIC = 10.0  # for x from here on, the series in 1/x is accurate to the last digit


# --- the distributions -----------------------------------------------------------------------------------------------------


def normal_cdf(z: float) -> float:
    """P(Z ≤ z) of the standard normal distribution."""
    return 0.5 * math.erfc(-z / _ROOT_2)


def normal_quantile(p: float) -> float:
    """The z with P(Z ≤ z) = p. Raises ValueError for p outside 0 to 1."""
    return t_quantile(p, math.inf)


def t_cdf(t: float, df: float) -> float:
    """P(T ≤ t) of Student's t with df > 0 degrees, which need not be whole; df = inf is the normal distribution."""
    tail = t_two_sided_p(t, df) / 2
    return tail if t < 0 else 1 - tail


def t_two_sided_p(t: float, df: float) -> float:
    """P(|T| ≥ |t|) of Student's t with df > 0 degrees; df = inf is the normal distribution."""
    if df == math.inf:
        return math.erfc(abs(t) / _ROOT_2)
    if abs(t) > _FAR:  # the tail is a power of t
        return f_survival(_FAR * _FAR, 1.0, df) * (_FAR / abs(t)) ** df
    return f_survival(t * t, 1.0, df)


def t_quantile(p: float, df: float) -> float:
    """The t with P(T ≤ t) = p, for df > 0 degrees, which need not be whole; df = inf is the normal distribution.

    Newton's method on a concave function, which converges from one side: near the middle on P(0 ≤ T ≤ t), in the tails on
    log P(T ≥ t) as a function of log t. Raises ValueError for p outside 0 to 1 and for df that is not above 0.
    """
    if not (0 <= p <= 1 and df > 0):
        raise ValueError(f"p must be between 0 and 1, not {p}, and df above 0, not {df}")
    tail = min(p, 1 - p)
    size = math.inf if tail == 0 else _central_quantile(abs(p - 0.5), df) if tail > 0.25 else _tail_quantile(tail, df)
    return math.copysign(size, p - 0.5)


def f_survival(f: float, d1: float, d2: float) -> float:
    """P(F ≥ f) of the F distribution with d1 and d2 > 0 degrees, which need not be whole; d2 may be inf.

    The regularised incomplete beta function I_x(d2/2, d1/2) at x = d2 / (d2 + d1 f).
    """
    if not f > 0:  # nan stays nan
        return 1.0 if f <= 0 else f
    if d2 == math.inf:
        return chi2_survival(d1 * f, d1)
    if d1 * f > _LARGEST:
        return 0.0
    below = _f_below(f, d1, d2)
    return 1 - below[0] if below[1] else below[0]


def chi2_survival(x: float, df: float) -> float:
    """P(X ≥ x) of the χ² distribution with df > 0 degrees, which need not be whole."""
    if not x > 0:
        return 1.0 if x <= 0 else x
    if x > _LARGEST:
        return 0.0
    a, y = df / 2, x / 2
    # y^a e^−y / Γ(a), in Loader's form: a small exponent where the probability is large
    power = math.exp(-a * _x_minus_log1p(y / a - 1, y / a) - _stirling_remainder(a)) * math.sqrt(a) / _ROOT_2PI
    if y < a + 1:
        return 1 - power / a * _power_series(lambda n: y / (a + n))
    return power / _continued_fraction(y + 1 - a, lambda n: (-n * (n - a), y + 2 * n + 1 - a))


# --- quantiles of t --------------------------------------------------------------------------------------------------------


def _t_times_density(t: float, df: float) -> float:
    """The density at t > 0, times t: the density alone underflows where a heavy tail does not."""
    return t * math.exp(-t * t / 2) / _ROOT_2PI if df == math.inf else _beta_power(t * t, 1.0, df)


def _central_quantile(area: float, df: float) -> float:
    """The t with P(0 ≤ T ≤ t) = area: a concave function of t, so that Newton's steps go up to the root and never beyond it."""
    if area == 0:
        return 0.0
    t = area * _ROOT_2PI if df == math.inf else area * 1e-9 / _t_times_density(1e-9, df)
    for _ in range(60):
        inside = math.erf(t / _ROOT_2) if df == math.inf else _f_series(t * t, 1.0, df)
        step = (area - inside / 2) * t / _t_times_density(t, df)
        t += step
        if abs(step) <= 4e-15 * t:
            break
    return t


def _tail_quantile(tail: float, df: float) -> float:
    """The t with P(T ≥ t) = tail. The logarithm of the tail is a concave function of log t: Newton's steps come down to the root."""
    t, log_tail = math.sqrt(-2 * math.log(tail)), math.log(tail)
    for _ in range(100):
        at_t = t_two_sided_p(t, df) / 2
        if at_t < 1e-307:  # too far out: the tail has no more digits
            t *= 0.9
            continue
        step = (math.log(at_t) - log_tail) * at_t / _t_times_density(t, df)
        if step + math.log(t) > math.log(_FAR):  # from here on the tail is a power of t
            step = (math.log(t_two_sided_p(_FAR, df) / 2) - log_tail) / df
            return _FAR * math.exp(step) if step < 470 else math.inf
        t *= math.exp(step)
        if abs(step) <= 4e-15:
            break
    return t


# --- the incomplete beta function, in the terms of F -----------------------------------------------------------------------


def _f_below(f: float, d1: float, d2: float) -> tuple[float, bool]:
    """P(F ≤ f) and True, or P(F ≥ f) and False: the one that is computed without a difference."""
    below = d1 * f < (d1 + 2) / (d2 + 2) * d2
    if below and d1 < _FEW:
        return _f_series(f, d1, d2), True
    a, b, x = d2 / 2, d1 / 2, d2 / (d2 + d1 * f)
    if below:
        a, b, x = b, a, d1 * f / (d2 + d1 * f)
    fraction = _continued_fraction(1.0, lambda n: (_beta_step(n, a, b, x), 1.0))
    return _beta_power(f, d1, d2) / a / fraction, below


def _f_series(f: float, d1: float, d2: float) -> float:
    """P(F ≤ f) = y^b x^a / (b B(a, b)) Σ y^n (a + b)_n / (b + 1)_n: all terms are positive."""
    a, b = d2 / 2, d1 / 2
    y = d1 * f / (d2 + d1 * f)
    return _beta_power(f, d1, d2) / b * _power_series(lambda n: (a + b + n - 1) * y / (b + n))


def _beta_power(f: float, d1: float, d2: float) -> float:
    """x^a y^b / B(a, b) for a = d2/2, b = d1/2, x = d2 / (d2 + d1 f), y = 1 − x, by Loader's saddle-point form (2000).

    Large log Γ, whose difference would cancel, are replaced by the remainders of Stirling's formula, and the powers by their ratio
    to those at f = 1, where they are largest.
    """
    a, b, s = d2 / 2, d1 / 2, d2 + d1 * f
    x_ratio, y_ratio = (d1 + d2) / s, f * ((d1 + d2) / s)
    deviance = a * _x_minus_log1p(d1 * (1 - f) / s, x_ratio) + b * _x_minus_log1p(d2 * (f - 1) / s, y_ratio)
    remainders = _stirling_remainder(a + b) - _stirling_remainder(a) - _stirling_remainder(b)
    return math.exp(remainders - deviance) * math.sqrt(a / (a + b) * b) / _ROOT_2PI


def _beta_step(n: int, a: float, b: float, x: float) -> float:
    """The n-th numerator of the continued fraction of the incomplete beta function (DLMF 8.17.22)."""
    m = n // 2
    if n % 2:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _x_minus_log1p(u: float, one_plus_u: float) -> float:
    """u − log(1 + u) without cancellation near u = 0; 1 + u is given too, as it has more digits where u is near −1."""
    if abs(u) >= 0.5:
        return u - math.log(one_plus_u)
    s = u / (2 + u)  # log(1 + u) = 2 artanh s
    square, series = s * s, 0.0
    for k in range(17, -1, -1):
        series = series * square + 1 / (2 * k + 3)
    return s * (u - 2 * square * series)


def _stirling_remainder(x: float) -> float:
    """log Γ(x) − ((x − ½) log x − x + ½ log 2π)."""
    if x < _ASYMPTOTIC:
        return math.lgamma(x) - ((x - 0.5) * math.log(x) - x + _HALF_LOG_2PI)
    total, square = 0.0, 1 / (x * x)
    for c in reversed(_STIRLING):
        total = total * square + c
    return total / x


def _power_series(ratio: Callable[[int], float]) -> float:
    """1 + r₁ + r₁ r₂ + …, of positive ratios that fall below 1."""
    total, term, n = 1.0, 1.0, 1
    while True:
        r = ratio(n)
        term *= r
        total += term
        n += 1
        if r < 1 and term <= total * 1e-17 * (1 - r):
            return total


def _continued_fraction(first: float, step: Callable[[int], tuple[float, float]]) -> float:
    """first + a₁ / (b₁ + a₂ / (b₂ + …)) for step(n) = (a_n, b_n), by Lentz's method."""
    value = c = first or 1e-300
    d, n = 0.0, 1
    while True:
        a, b = step(n)
        d, c = b + a * d, b + a / c
        d, c = 1 / (d or 1e-300), c or 1e-300
        value *= c * d
        if abs(c * d - 1) < 1e-16 or n > 100_000:
            return value
        n += 1
