"""The CRPS of counts, by integrals of their characteristic functions in which nothing cancels, and by sums from both ends.

With t the tangent of half the angle of a characteristic function φ, and s = t² / (1 + t²), the mean distance is an integral of
(1 − |φ|²) / t², which is positive everywhere, whatever the parameters.
"""

from __future__ import annotations

from collections.abc import Callable

from losscli.numeric.incomplete import bessel_sum, bessel_zero, beta_shares, gamma_shares
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.probabilities import poisson_probability_nll
from losscli.numeric.quadrature import integral, integral_over_all
from losscli.numeric.special import nbinom_nll
from losscli.numeric.steps import stop_gradient

__all__ = ["binomial_crps", "hypergeometric_crps", "negative_binomial_crps", "poisson_crps"]

TWO_PI = 6.28318530717958647692
RANGE, PANELS = 40.0, 6
FEW, TERMS = 8.0, 60  # below a mean of 8 the terms beyond 60 are 0


def _over_angles(f, centre):
    """∫ f(t, s) / t² dt / 2π over all t > 0, where e^centre is the t at which f changes most."""

    def at(v):
        t = np.exp(v)
        return f(t, 1 / (1 + np.exp(-2 * v))) / t

    return integral_over_all(at, centre) / TWO_PI


def _half_distance(log_square, centre):
    """Half of the mean distance of two counts, from log |φ|² by s."""
    return _over_angles(lambda t, s: -np.expm1(log_square(s)), centre)


def _few_crps(p, n, t):
    """Σ (F(k) − [k ≥ t])² of a binomial distribution with a mean below FEW, in which nothing cancels."""
    shares = [np.exp(n * np.log1p(-p))]
    for k in range(1, TERMS):
        shares.append(shares[-1] * np.maximum(n - (k - 1), 0.0) / k * (p / (1 - p)))
    beyond, above = 0 * p, [0 * p] * TERMS
    for k in range(TERMS - 1, -1, -1):
        above[k], beyond = beyond, beyond + shares[k]
    below, total = 0 * p, np.maximum(t - TERMS, 0.0) + 0 * p
    for k in range(TERMS):
        below = below + shares[k]
        total = total + np.where(k < t, below, above[k]) ** 2
    return total


def _x_minus_sin(x):
    """x − sin x for |x| ≤ π, by its series."""
    square, total = x * x, 1.0 + 0 * x
    for k in range(14, 0, -1):
        total = 1 - square / ((2 * k + 2) * (2 * k + 3)) * total
    return x * square / 6 * total


def _many_crps(p, n, t):
    """∫ |1 − φ e^−iθt|² / (4 sin² ½θ) dθ / π from 0 to π, with φ of a count less its mean: Parseval's form of Σ (F(k) − [k ≥ t])²."""
    q, mean = 1 - p, n * p
    deviation = np.sqrt(mean * q)
    near = np.minimum(np.maximum(t, mean - 10 * deviation), mean + 10 * deviation)
    stop = 2 * np.arcsin(np.minimum(1.0, float(np.sqrt(RANGE / 2)) / stop_gradient(deviation)))
    p1, q1, n1, off = p[..., None], q[..., None], n[..., None], (mean - near)[..., None]

    def square(angle):
        sine = np.sin(angle / 2) ** 2
        turn = np.arctan2(q1 * _x_minus_sin(p1 * angle) - p1 * _x_minus_sin(q1 * angle), q1 * np.cos(p1 * angle) + p1 * np.cos(q1 * angle))
        size = n1 / 2 * np.log1p(-4 * p1 * q1 * sine)
        return (np.expm1(size) ** 2 + 4 * np.exp(size) * np.sin((n1 * turn + off * angle) / 2) ** 2) / (4 * sine)

    far = np.cos(stop / 2) / np.sin(stop / 2) / 2
    return np.abs(t - near) + (integral(square, 0 * stop, stop, PANELS) + far) / (TWO_PI / 2)


def binomial_crps(p: Array, n: Array, t: Array) -> Array:
    """Σ (F(k) − [k ≥ t])² over all counts k of a binomial distribution; by failures where these are fewer."""
    inside = np.minimum(t, n)
    swap = p > 0.5
    few = n * np.minimum(p, 1 - p) < FEW
    rare = np.where(few, np.where(swap, 1 - p, p), 0.0)
    some = _few_crps(rare, n, np.where(swap, n - inside, inside))
    many = _many_crps(np.where(few, 0.5, p), np.where(few, 64.0 + 0 * p, n), np.where(few, 32.0 + 0 * p, inside))
    return (t - inside) + np.where(few, some, many)


def _steps(f, ratio, start, stop, count):
    """f at each of `count` steps from start on, by its ratios; 0 beyond stop."""
    sign = np.sign(stop - start)
    for j in range(count):
        k = start + j * sign
        yield k, f
        f = np.where((stop - k) * sign > 0, f * ratio(k), 0.0)


def hypergeometric_crps(good: Array, bad: Array, drawn: Array, t: Array, nll: Callable[..., Array]) -> Array:
    """Σ (F(k) − [k ≥ t])² of a hypergeometric distribution, over the counts whose probability is above e^−RANGE."""
    size = np.maximum(good + bad, 2.0)
    least, most = np.maximum(0.0, drawn - bad), np.minimum(good, drawn)
    mode = np.minimum(np.maximum(np.floor((drawn + 1) * ((good + 1) / (size + 2))), least), most)
    deviation = np.sqrt(np.maximum(drawn * (good / size) * (bad / size) * ((size - drawn) / (size - 1)), 0.0))
    first, last = (np.minimum(np.maximum(mode + side * np.ceil(9.5 * deviation + 50), least), most) for side in (-1, 1))
    up = lambda k: (good - k) * (drawn - k) / ((k + 1) * (bad - drawn + k + 1))
    down = lambda k: k * (bad - drawn + k) / ((good - k + 1) * (drawn - k + 1))
    here, count = np.exp(-nll(mode)), int(np.max(last - first, initial=0)) + 1
    total = np.abs(t - np.minimum(np.maximum(t, first), last))
    for stop, start, ratio, back in ((last, first, up, down), (first, last, down, up)):
        f = here
        for k, value in _steps(here, back, mode, start, count):
            f = np.where(k == start, value, f)
        up_to = 0.0 * here
        for k, value in _steps(f, ratio, start, stop, count):
            up_to = up_to + value
            counted = (k < np.minimum(t, last)) if stop is last else (k > np.maximum(t, first)) & (k > first)
            total = total + np.where(counted & ((stop - k) * np.sign(stop - start) > 0), up_to, 0.0) ** 2
    return total


def negative_binomial_crps(p: Array, r: Array, t: Array) -> Array:
    """Σ (F(k) − [k ≥ t])² over all counts k before r successes of probability p > 0.

    Where most counts are 0, it is ∫ |1 − φ|² / t² for a target of 0, and what the target adds.
    """
    q = np.where(p < 1, 1 - p, 0.5)
    odds, mean = 4 * (q / p) / p, r * (q / p)
    centre = np.log(p) - np.log(4 * q * np.maximum(r, 1.0)) / 2
    _, above, _ = beta_shares(r, t + 1.0, p, 1 - p)
    here = np.exp(-nbinom_nll(mean, t, r))
    more = (q / p) * (t + r) * here + (mean - t) * above  # of the mean above t
    mostly_0 = r * np.log(p) > -0.69314718055994530942

    def from_0(angle, s):
        size = r * np.log1p(odds * s) / 2
        turn = r * np.arctan2(q * 2 * angle / (1 + angle * angle), p + 2 * q * s)
        return np.expm1(-size) ** 2 + 4 * np.exp(-size) * np.sin(turn / 2) ** 2

    rare = _over_angles(from_0, centre) + (t - 2 * (mean - more))
    often = (t - mean) + 2 * more - _half_distance(lambda s: -r * np.log1p(odds * s), centre)
    return np.where(p < 1, np.where(mostly_0, rare, often), t + 0 * p)


# --- the Poisson distribution ----------------------------------------------------------------------------------------------


def _poisson_shares(m):
    """The probabilities of 0, 1, … TERMS − 1 for a mean of at most FEW, and of more than each."""
    shares = [np.exp(-m)]
    for k in range(1, TERMS):
        shares.append(shares[-1] * m / k)
    beyond, above = 0.0 * m, [0.0 * m] * TERMS
    for k in range(TERMS - 1, -1, -1):
        above[k], beyond = beyond, beyond + shares[k]
    return shares, above


def _few_poisson(m, t):
    """Σ (F(k) − [k ≥ t])² for a mean of at most FEW, in which nothing cancels."""
    shares, above = _poisson_shares(m)
    below, total = 0.0 * m, np.maximum(t - TERMS, 0.0) + 0.0 * m
    for k in range(TERMS):
        below = below + shares[k]
        total = total + np.where(k < t, below, above[k]) ** 2
    return total


def _few_poisson_slope(m, t):
    """2 Σ f(k) ([k ≥ t] − F(k)), the derivative by the mean, since that of F(k) is −f(k)."""
    shares, above = _poisson_shares(m)
    below, total = 0.0 * m, 0.0 * m
    for k in range(TERMS):
        below = below + shares[k]
        total = total + 2 * shares[k] * np.where(k < t, -below, above[k])
    return total


def _many_poisson(m, t):
    """(t − μ) (2 F(t) − 1) + 2 μ f(t) − μ e^(−2μ) (I₀(2μ) + I₁(2μ))"""
    below, above, _ = gamma_shares(t + 1, m)
    own = m * np.exp(-poisson_probability_nll(m, t))
    return (t - m) * (above - below) + 2 * own - m * bessel_sum(2 * m)


def _many_poisson_slope(m, t):
    """P(K ≥ t) − P(K < t) − e^(−2μ) I₀(2μ), the derivative by the mean."""
    below, above, _ = gamma_shares(t + 1, m)
    return (below - above) + 2 * np.exp(-poisson_probability_nll(m, t)) - bessel_zero(2 * m)


def _by_size(few_formula, many_formula, m, t):
    """One formula for the means below FEW and another for the rest; each is computed for its own numbers alone."""
    few, result = m < FEW, 0.0 * m
    for rows, formula in ((few, few_formula), (~few, many_formula)):
        if rows.any():
            result[rows] = formula(m[rows], t[rows])
    return result


@primitive(lambda g, out, m, t: g * _by_size(_few_poisson_slope, _many_poisson_slope, m, t), None)
def poisson_crps(m: Array, t: Array) -> Array:
    """Σ (F(k) − [k ≥ t])² over all counts k of a Poisson distribution of mean m, in the shape of both."""
    return _by_size(_few_poisson, _many_poisson, m, t)
