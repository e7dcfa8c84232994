"""The normal distribution: its tails, integrals of its distribution function, and scores, without cancellation in the tails."""

from __future__ import annotations

from losscli.numeric.error_function import ROOT_2, ROOT_PI, erf, erfc_scaled
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["gaussian_distance", "lognormal_crps", "normal_density", "normal_tail", "squared_cdf_excess", "tail_integral"]

ROOT_2_PI = 2.5066282746310005024
DENSITY_AT_0 = 0.39894228040143267794
FAR = 40.0  # the density is 0 in float64 from 39 on


def normal_density(x: Array) -> Array:
    """The density of the standard normal distribution."""
    return np.exp(-x * x / 2) / ROOT_2_PI


@primitive(lambda g, out, x: -g * normal_density(x))
def normal_tail(x: Array) -> Array:
    """The probability that a standard normal number is above x."""
    a = np.abs(x)
    far = np.exp(-x * x / 2) * erfc_scaled(a / ROOT_2) / 2
    return np.where(x > 0, far, 1 - far)


@primitive(lambda g, out, x: g * normal_tail(x))
def tail_integral(x: Array) -> Array:
    """The integral of the tail from 0 to x ≥ 0: x Φ(−x) + φ(0) − φ(x)."""
    near = np.minimum(x, FAR)
    return near * normal_tail(near) - DENSITY_AT_0 * np.expm1(-near * near / 2)


@primitive(lambda g, out, z: g * (normal_tail(-z) ** 2 - (z > 0)))
def squared_cdf_excess(z: Array) -> Array:
    """The integral of Φ² up to z, minus max(z, 0): z Φ² + 2 φ Φ − Φ(√2 z) / √π − max(z, 0)."""
    a = np.minimum(np.abs(z), FAR)
    tail, wide, density = normal_tail(a), normal_tail(ROOT_2 * a) / ROOT_PI, normal_density(a)
    below = tail * (2 * density - a * tail) - wide
    above = (1 - tail) * 2 * (density - a * tail) - a * tail * tail + wide - 1 / ROOT_PI
    return np.where(z > 0, above, below)


def _distance_by_scale(g, out, e, s):
    return 2 * g * normal_density(e / s)


@primitive(lambda g, out, e, s: g * erf(e / s / ROOT_2), _distance_by_scale)
def gaussian_distance(e: Array, s: Array) -> Array:
    """The mean distance of 0 from a Gaussian with mean e and standard deviation s: e (2 Φ(e/s) − 1) + 2 s φ(e/s)."""
    z = e / s
    return e * erf(z / ROOT_2) + 2 * s * normal_density(z)


def _lognormal_terms(mu, sigma, t):
    """The distance of t from the median in standard deviations of log t, and the two terms of the score without t (2 F − 1).

    With m the mean, these are m erfc(σ/2) and m erfc(A), A = (σ − ω)/√2. For A > 0 the second is t e^(−ω²/2) times a scaled erfc, and
    the first is e^(μ + σ²/4) times another, so that a large m does no harm.
    """
    z = (np.log(t) - mu) / sigma
    ratio = (sigma - z) / ROOT_2
    beyond = t * np.exp(-z * z / 2) * erfc_scaled(np.abs(ratio))
    mean = np.exp(np.where(ratio < 0, mu + sigma * sigma / 2, -np.inf))
    return z, np.exp(mu + sigma * sigma / 4) * erfc_scaled(sigma / 2), np.where(ratio < 0, 2 * mean - beyond, beyond)


def _lognormal_by_mu(g, out, mu, sigma, t):
    return g * (out - t * erf((np.log(t) - mu) / sigma / ROOT_2))


def _lognormal_by_sigma(g, out, mu, sigma, t):
    z, own, other = _lognormal_terms(mu, sigma, t)
    return g * (2 * t * normal_density(z) + sigma * (own - other) - np.exp(mu + sigma * sigma / 4) / ROOT_PI)


@primitive(_lognormal_by_mu, _lognormal_by_sigma, lambda g, out, mu, sigma, t: g * erf((np.log(t) - mu) / sigma / ROOT_2))
def lognormal_crps(mu: Array, sigma: Array, t: Array) -> Array:
    """The CRPS of a number whose logarithm is normal: t (2 Φ(ω) − 1) + m (erfc(σ/2) − erfc((σ − ω)/√2)), m = e^(μ + σ²/2)."""
    z, own, other = _lognormal_terms(mu, sigma, t)
    return t * erf(z / ROOT_2) + (own - other)
