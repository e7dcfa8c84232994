"""Likelihoods of the logarithms of times: densities and intervals of the normal, the logistic and the extreme value distribution.

Each takes standardized numbers and gives −log of the density, or of the probability between two numbers, which may be infinite. The width
is the difference of the two, from the times themselves, as large numbers may round to the same.
"""

from __future__ import annotations

from typing import Any

from losscli.numeric.error_function import erf, erfc_scaled
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.steps import softplus

__all__ = ["exp_minus", "extreme_interval_nll", "logistic_interval_nll", "normal_interval_nll", "normal_nll"]

HALF_LOG_2PI = 0.91893853320467274178
LOG_2 = 0.69314718055994530942
ROOT_2 = 1.4142135623730950488
ROOT_2_OVER_PI = 0.79788456080286535588


def normal_nll(z: Array) -> Array:
    """−log of the normal density."""
    return z * z / 2 + HALF_LOG_2PI


@primitive(lambda g, out, x, y: g * np.exp(x), lambda g, out, x, y: -g)
def exp_minus(x: Array, y: Array) -> Array:
    """e^x − y: for x = y, −log of the density of the extreme value distribution."""
    return np.exp(x) - y


@primitive(lambda g, out, d: -g / np.expm1(d))
def neg_log1m_exp(d: Array) -> Array:
    """−log(1 − e^−d) for d > 0."""
    small = d < LOG_2
    return -np.where(small, np.log(-np.expm1(-np.where(small, d, 1.0))), np.log1p(-np.exp(-np.where(small, 1.0, d))))


def logistic_interval_nll(low: Array, high: Array, width: Array) -> Array:
    """σ(h) − σ(l) = σ(h) σ(−l) (1 − e^(l − h)), in which nothing cancels."""
    return softplus(low) + softplus(-high) + neg_log1m_exp(width)


def extreme_interval_nll(low: Array, high: Array, width: Array) -> Array:
    """e^−e^l − e^−e^h = e^−e^l (1 − e^−(e^h − e^l))."""
    unbounded, open_high = np.isinf(width), np.isinf(high)
    between = np.exp(np.where(unbounded, 0.0, low)) * np.expm1(np.where(unbounded, 1.0, width))
    return np.exp(low) + neg_log1m_exp(np.where(open_high, np.inf, np.where(unbounded, np.exp(np.where(open_high, 0.0, high)), between)))


# --- the normal distribution -------------------------------------------------------------------------------------------------


def _neg_log_tail(z: Array) -> Array:
    """−log(1 − Φ(z))."""
    far, below = np.maximum(z, 0.0), np.minimum(z, 0.0)
    tail = np.exp(-below * below / 2) * erfc_scaled(-below / ROOT_2) / 2
    return np.where(z > 0, far * far / 2 + LOG_2 - np.log(erfc_scaled(far / ROOT_2)), -np.log1p(-tail))


def _hazard(z: Array) -> Array:
    """φ(z) / (1 − Φ(z)) for z ≥ 0."""
    return ROOT_2_OVER_PI / erfc_scaled(np.maximum(z, 0.0) / ROOT_2)


def _tail_by_z(g: Any, out: Any, z: Array) -> Array:
    return g * np.where(z > 0, _hazard(z), np.exp(np.minimum(out, 700.0) - normal_nll(np.minimum(z, 0.0))))


neg_log_tail = primitive(_tail_by_z)(_neg_log_tail)


def _one_side(low: Array, high: Array, width: Array) -> tuple[Array, Array, Array, Array]:
    """Whether both numbers are on one side of 0; the absolute values of the nearer and of the farther one; log of the tails' quotient."""
    near, far = (np.where(low + high < 0, b, a) for a, b in ((low, -high), (high, -low)))
    same = near > 0
    a, b = np.where(same, near, 0.0), np.where(same, far, 1.0)
    w = np.where(same, width, 1.0)
    return same, a, b, w * (a + w / 2) + np.log(erfc_scaled(a / ROOT_2) / erfc_scaled(b / ROOT_2))


def _inner(low: Array, high: Array, width: Array) -> Array:
    same, near, _, d = _one_side(low, high, width)
    a, b = np.where(same, -1.0, low), np.where(same, 1.0, high)
    outside = np.exp(-_neg_log_tail(b)) + np.exp(-_neg_log_tail(-a))
    around = np.where(outside < 0.5, -np.log1p(-np.minimum(outside, 0.5)), LOG_2 - np.log(erf(b / ROOT_2) - erf(a / ROOT_2)))
    return np.where(same, _neg_log_tail(near) + neg_log1m_exp.__wrapped__(d), around)


def _by_bound(out: Any, low: Array, high: Array, width: Array, of_low: bool) -> Array:
    """The normal density at a bound, divided by the probability of the interval."""
    same, near, far, d = _one_side(low, high, width)
    is_near = (low + high < 0) ^ of_low
    of_side = np.where(is_near, _hazard(near) / -np.expm1(-d), _hazard(far) / np.expm1(d))
    return np.where(same, of_side, np.exp(np.where(same, 0.0, out) - normal_nll(np.where(same, 0.0, low if of_low else high))))


@primitive(
    lambda g, out, low, high, width: g * _by_bound(out, low, high, width, True),
    lambda g, out, low, high, width: -g * _by_bound(out, low, high, width, False),
    None,
)
def _inner_nll(low: Array, high: Array, width: Array) -> Array:
    """−log(Φ(h) − Φ(l)) of finite numbers: from the tails on one side of 0, from both tails, or from error functions."""
    return _inner(low, high, width)


def normal_interval_nll(low: Array, high: Array, width: Array) -> Array:
    """−log(Φ(h) − Φ(l)); with one infinite bound the tail alone."""
    open_low, open_high = np.isinf(low), np.isinf(high)
    both = ~open_low & ~open_high
    inner = _inner_nll(np.where(both, low, -1.0), np.where(both, high, 1.0), np.where(both, width, 2.0))
    tail = neg_log_tail(np.where(open_high, np.where(open_low, -np.inf, low), np.where(open_low, -high, 0.0)))
    return np.where(both, inner, tail)
