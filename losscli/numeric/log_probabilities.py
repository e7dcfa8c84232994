"""Logarithms of a probability, of its opposite and of their ratio, with derivatives that are finite where a factor of 0 makes them so."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.steps import multiply_no_nan

__all__ = ["log_odds", "neg_log", "neg_log1m", "neg_log1m_exp"]


@primitive(lambda g, out, p: -multiply_no_nan(g, 1 / p))
def neg_log(p: Array) -> Array:
    """−log p, and 0, not −0, at 1."""
    return 0.0 - np.log(p)


@primitive(lambda g, out, p: multiply_no_nan(g, 1 / (1 - p)))
def neg_log1m(p: Array) -> Array:
    """−log(1 − p)."""
    return 0.0 - np.log1p(-p)


@primitive(lambda g, out, x: multiply_no_nan(g, 1 / np.expm1(-x)))
def neg_log1m_exp(x: Array) -> Array:
    """−log(1 − e^x) for x ≤ 0; infinite where x is above 0 by rounding."""
    near = x > -0.5
    q = np.maximum(-np.expm1(np.where(near, x, -1.0)), 0.0)
    return np.where(near, 0.0 - np.log(q), 0.0 - np.log1p(-np.exp(np.where(near, -1.0, x))))


@primitive(lambda g, out, p: g / (p * (1 - p)))
def log_odds(p: Array) -> Array:
    """log(p / (1 − p)), from 2 p − 1 where p is near ½."""
    near = (p > 0.25) & (p < 0.75)
    middle = np.where(near, p, 0.5)
    return np.where(near, np.log1p((2 * middle - 1) / (1 - middle)), np.log(p) - np.log1p(-p))
