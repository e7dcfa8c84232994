"""−log of the probabilities and densities of distributions, without the cancellation of their large terms.

Loader's saddle-point form (2000) replaces large log Γ by the remainders of Stirling's formula, and powers by Poisson deviances, which are
small where the probability is large.
"""

from __future__ import annotations

from losscli.numeric.error_function import ROOT_2, erf, erfc_scaled
from losscli.numeric.lazy import Array, np
from losscli.numeric.normal import normal_density
from losscli.numeric.primitive import primitive
from losscli.numeric.special import digamma, half_poisson_deviance, log_factorial_remainder

__all__ = [
    "beta_density_nll",
    "beta_power_nll",
    "binomial_probability_nll",
    "gamma_density_nll",
    "log_normal_interval",
    "poisson_probability_nll",
]


@primitive(
    lambda g, out, m, y: g * ((m - y) / m),
    lambda g, out, m, y: g * (digamma(y + 1) - np.log(m)),
)
def poisson_probability_nll(m: Array, y: Array) -> Array:
    """m − y log m + log Γ(y + 1)."""
    y = y.astype(m.dtype)
    return half_poisson_deviance(m, y) + log_factorial_remainder(y)


def _deviance_of_product(x, y, a):
    """The Poisson deviance of a > 0 for the mean x y, also where the product underflows."""
    mean = x * y
    tiny = mean < 1e-290
    logs = a * (np.log(a) - np.log(np.where(tiny, x, 1.0)) - np.log(np.where(tiny, y, 1.0))) + (mean - a)
    return np.where(tiny, logs, half_poisson_deviance(np.where(tiny, 1.0, mean), a))


@primitive(
    lambda g, out, a, rate, t: g * (digamma(a) - np.log(rate) - np.log(t)),
    lambda g, out, a, rate, t: g * (t - a / rate),
    lambda g, out, a, rate, t: g * (rate - (a - 1) / t),
)
def gamma_density_nll(a: Array, rate: Array, t: Array) -> Array:
    """log Γ(a) − a log rate − (a − 1) log t + rate t."""
    return _deviance_of_product(rate, t, a) + log_factorial_remainder(a) + (np.log(t) - np.log(a))


@primitive(
    lambda g, out, a, b, t: g * (digamma(a) - digamma(a + b) - np.log(t)),
    lambda g, out, a, b, t: g * (digamma(b) - digamma(a + b) - np.log1p(-t)),
    lambda g, out, a, b, t: g * ((b - 1) / (1 - t) - (a - 1) / t),
)
def beta_density_nll(a: Array, b: Array, t: Array) -> Array:
    """log B(a, b) − (a − 1) log t − (b − 1) log(1 − t)."""
    n = a + b
    remainders = log_factorial_remainder(a) + log_factorial_remainder(b) - log_factorial_remainder(n)
    deviances = _deviance_of_product(n, t, a) + _deviance_of_product(n, 1 - t, b)
    return deviances + remainders + (np.log(t) + np.log1p(-t) - np.log(np.minimum(a, b)) - np.log(np.maximum(a, b) / n))


def beta_power_nll(a: Array, b: Array, t: Array) -> Array:
    """log B(a, b) − a log t − b log(1 − t)."""
    return beta_density_nll(a, b, t) - np.log(t) - np.log1p(-t)


def _per_share(count, share):
    """count / share, and 0 where nothing is counted."""
    return np.where(count > 0, count / np.where(count > 0, share, 1.0), 0.0)


@primitive(None, lambda g, out, n, p, q, k: -g * _per_share(k, p), lambda g, out, n, p, q, k: -g * _per_share(n - k, q), None)
def binomial_probability_nll(n: Array, p: Array, q: Array, k: Array) -> Array:
    """−log (n over k) − k log p − (n − k) log q, q = 1 − p, and infinity unless 0 ≤ k ≤ n."""
    possible = (k >= 0) & (k <= n)
    n, k = n.astype(p.dtype), np.where(possible, k, 0).astype(p.dtype)
    rest = n - k
    deviances = half_poisson_deviance(n * p, k) + half_poisson_deviance(n * q, rest)
    remainders = log_factorial_remainder(k) + log_factorial_remainder(rest) - log_factorial_remainder(n)
    return np.where(possible, deviances + remainders, np.inf)


def _by_low(g, out, low, high):
    return -g * normal_density(low) * np.exp(-out)


@primitive(_by_low, lambda g, out, low, high: g * normal_density(high) * np.exp(-out))
def log_normal_interval(low: Array, high: Array) -> Array:
    """log(Φ(high) − Φ(low)), also far in a tail."""
    near, far = np.minimum(np.abs(low), np.abs(high)), np.maximum(np.abs(low), np.abs(high))
    one_side = (low > 0) | (high < 0)
    a, b = np.where(one_side, near, 1.0), np.where(one_side, far, 2.0)
    ratio = np.exp(-(b - a) * (b + a) / 2) * erfc_scaled(b / ROOT_2)
    tail = np.log((erfc_scaled(a / ROOT_2) - ratio) / 2) - a * a / 2
    both = np.log((erf(high / ROOT_2) - erf(low / ROOT_2)) / 2)
    return np.where(one_side, tail, both)
