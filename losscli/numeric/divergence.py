"""Divergences between distributions, in forms that keep all digits where the two are nearly equal or have tiny probabilities.

In the derivatives, g is the gradient with respect to the output and out is the output.
"""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.special import x_minus_log1p
from losscli.numeric.steps import expm1_minus_x, log_ratio, multiply_no_nan

__all__ = [
    "kl_div_log_input", "neg_log_near_1", "overlap_minus_1", "rel_entr_sum", "rel_entr_to_mean", "sqrt_difference", "sqrt_product",
]  # fmt: skip


def _sum_without_rounding(x):
    """The sum over the last axis as two numbers, the first of them exact, so that nothing is lost where large terms cancel.

    The first halves of the terms are multiples of one unit, and their sum needs no more digits than a float has.
    """
    unit = 2 * x.shape[-1] * np.abs(x).max(-1)[..., None]
    first = (x + unit) - unit
    return first.sum(-1), (x - first).sum(-1)


def _rel_entr(x, y):
    """x log(x / y), and 0 where x = 0 (as scipy.special.rel_entr)."""
    return x * log_ratio(np.where(x == 0, 1, x), np.where(x == 0, 1, y))


def _rel_entr_by_x(g, out, x, y):
    return g[..., None] * np.where(x == 0, 0, log_ratio(np.where(x == 0, 1, x), y) + 1)


def _rel_entr_by_y(g, out, x, y):
    return -g[..., None] * np.where(x == 0, 0, x) / np.where(x == 0, 1, y)


@primitive(_rel_entr_by_x, _rel_entr_by_y)
def rel_entr_sum(x: Array, y: Array) -> Array:
    """Σ x log(x / y) over the last axis; a term is 0 with gradient 0 where x = 0.

    Where x and y are close, it is Σ (x log(x / y) − x + y), in which no term is below 0, plus Σ (x − y) without rounding.
    """
    close = (x < 8 * y) & (y < 8 * x)
    difference = np.where(close, x - y, 0)
    excess = np.where(close, x * x_minus_log1p(-difference / np.where(close, x, 1)), 0)
    return (excess + np.where(close, 0, _rel_entr(x, y))).sum(-1) + sum(_sum_without_rounding(difference))


def _log_ratio_to_mean(x, y):
    return np.where(x == 0, 0, log_ratio(np.where(x == 0, 1, x), np.where(x == 0, 1, (x + y) / 2)))


@primitive(lambda g, out, x, y: g * _log_ratio_to_mean(x, y), lambda g, out, x, y: g * _log_ratio_to_mean(y, x))
def rel_entr_to_mean(x: Array, y: Array) -> Array:
    """x log(x / m) + y log(y / m), m = (x + y) / 2, by its series in d = (x − y) / (x + y) for |d| < ½; gradient 0 at 0."""
    total = x + y
    d = (x - y) / np.where(total == 0, 1, total)
    square = np.where(np.abs(d) < 0.5, d * d, 0)
    series = 0 * square
    for k in range(26, 0, -1):
        series = square * (1 / (k * (2 * k - 1)) + series)
    return np.where(np.abs(d) < 0.5, total / 2 * series, _rel_entr(x, total / 2) + _rel_entr(y, total / 2))


def _kl_div_log_input_by_x(g, out, x, t):
    return g * (np.exp(x) - t)


def _kl_div_log_input_by_t(g, out, x, t):
    return g * np.where(t == 0, 0, np.log(np.where(t == 0, 1, t)) - x)


@primitive(_kl_div_log_input_by_x, _kl_div_log_input_by_t)
def kl_div_log_input(x: Array, t: Array) -> Array:
    """e^x − t + t (log t − x), which is scipy.special.kl_div(t, e^x): t (e^u − 1 − u) with u = x − log t, 0 only at u = 0, never < 0."""
    u = x - np.log(np.where(t == 0, 1, t))
    near = (np.abs(u) < 1) & (t != 0)
    e = np.exp(x)
    return np.where(near, t * expm1_minus_x(np.where(near, u, 0)), np.where(e < np.inf, e - multiply_no_nan(t, 1 + u), np.inf))


@primitive(lambda g, out, x, y: g / 2 * _rsqrt(x), lambda g, out, x, y: -g / 2 * _rsqrt(y))
def sqrt_difference(x: Array, y: Array) -> Array:
    """√x − √y, as (x − y) / (√x + √y); the derivative of a square root at 0 is defined as 0."""
    roots = np.sqrt(x) + np.sqrt(y)
    return (x - y) / np.where(roots == 0, 1, roots)


def _sqrt_product_by(x, y):
    return np.where(x == 0, 0, np.sqrt(y / np.where(x == 0, 1, x)) / 2)


@primitive(lambda g, out, x, y: g * _sqrt_product_by(x, y), lambda g, out, x, y: g * _sqrt_product_by(y, x))
def sqrt_product(x: Array, y: Array) -> Array:
    """√(x y), as √x √y where x y is near underflow; the derivative of a square root at 0 is defined as 0."""
    return np.where(x * y > 1e-290, np.sqrt(x * y), np.sqrt(x) * np.sqrt(y))


@primitive(None, None)
def overlap_minus_1(x: Array, y: Array) -> Array:
    """Σ √(x y) − 1 over the last axis, as ½ (Σ x − 1) + ½ (Σ y − 1) − ½ Σ (√x − √y)². It has no derivative."""
    (x1, x2), (y1, y2) = _sum_without_rounding(x), _sum_without_rounding(y)
    distance = (sqrt_difference.__wrapped__(x, y) ** 2).sum(-1)
    return ((x1 - 1) + (y1 - 1) + (x2 + y2) - distance) / 2


@primitive(lambda g, out, x, x_minus_1: -g / x, None)
def neg_log_near_1(x: Array, x_minus_1: Array) -> Array:
    """−log x, from x − 1 where that is near 0."""
    near = np.abs(x_minus_1) < 0.5
    return np.where(near, -np.log1p(np.where(near, x_minus_1, 0)), -np.log(x))


def _rsqrt(x):
    """1 / √x, and 0 where x = 0."""
    return 1 / np.sqrt(np.where(x == 0, np.inf, x))
