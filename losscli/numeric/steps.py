"""Steps that formulas share, each with a derivative of its own."""

from __future__ import annotations

from losscli.numeric.lazy import np
from losscli.numeric.primitive import primitive, where

__all__ = [
    "TINY",
    "binary_nll",
    "clamp_max",
    "clamp_min",
    "exp_difference",
    "exp_less_line",
    "expit",
    "floored",
    "jensen_gap",
    "kl_excess",
    "log1p_ratio",
    "log_cosh",
    "logit_loss",
    "logit_nll",
    "nll_with_floor",
    "rel_entr",
    "relu",
    "root_gap",
    "root_product",
    "softplus",
    "stop_gradient",
    "times",
    "xlogy",
]

TINY = 9.999999960041972e-13  # torch's 1e-12, which it holds in single precision


# --- steps at which a convention is needed where calculus has none ---------------------------------------------------------


@primitive(lambda g, out, x: g * (x > 0))
def relu(x):
    """max(x, 0), with derivative 0 at 0."""
    return np.maximum(x, 0)


@primitive(lambda g, out, x, least: g * (x >= least), None)
def clamp_min(x, least):
    """max(x, least), with derivative 1 at the bound, as torch's clamp_min."""
    return np.maximum(x, least)


@primitive(lambda g, out, x, most: g * (x <= most), None)
def clamp_max(x, most):
    """min(x, most), with derivative 1 at the bound, as torch's clamp_max."""
    return np.minimum(x, most)


@primitive(lambda g, out, x, least: g, None)
def floored(x, least):
    """max(x, least), which the derivative does not see."""
    return np.maximum(x, least)


@primitive(None)
def stop_gradient(x):
    """x, which the derivative does not see."""
    return x


# --- logarithms and exponentials -------------------------------------------------------------------------------------------


@primitive(lambda g, out, x: g * out * expit(-x))
def expit(x):
    """1 / (1 + e^-x), without overflow in either tail."""
    e = np.exp(-abs(x))
    return where(x >= 0, 1.0, e) / (1 + e)


@primitive(lambda g, out, x: g * expit(x))
def softplus(x):
    """log(1 + e^x), so that neither tail overflows or rounds to 0."""
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def _logit_loss_by_x(g, out, x, t):
    e = np.exp(-abs(x))  # the label that x is for, less what is left for the other: expit(x) - t would cancel where x is right
    return g * ((~np.signbit(x) - t) - np.copysign(e / (1 + e), x))


@primitive(_logit_loss_by_x, lambda g, out, x, t: -g * x)
def logit_loss(x, t):
    """log(1 + e^x) - t x of a share t: |x| with the share on its wrong side, and what both sides have, so that nothing cancels."""
    a = abs(x)
    return np.log1p(np.exp(-a)) + times(abs(t - (x > 0)), a)


@primitive(
    lambda g, out, x, yes, no: g * (times(no, expit(x)) - times(yes, expit(-x))),
    lambda g, out, x, yes, no: g * softplus(-x),
    lambda g, out, x, yes, no: g * softplus(x),
)
def logit_nll(x, yes, no):
    """yes log(1 + e^-x) + no log(1 + e^x): |x| with the side it is wrong on, and what both sides share, so that nothing cancels."""
    a = abs(x)
    return (yes + no) * np.log1p(np.exp(-a)) + times(where(x > 0, no, yes), a)


@primitive(lambda g, out, loss, floor: g / (1 + floor * np.exp(loss)) if floor else g, None)
def nll_with_floor(loss, floor):
    """-log(p + floor) of a probability given by its loss = -log p: nothing is lost where p is nearly 1, nothing overflows near 0."""
    near = np.minimum(loss, 1)
    far = -np.log(np.exp(-loss) + floor) if floor else loss
    return where(loss < 1, near - np.log1p(floor * np.exp(near)), far)


@primitive(lambda g, out, x, y: g * np.exp(x), lambda g, out, x, y: -g * np.exp(y))
def exp_difference(x, y):
    """e^x - e^y, without cancellation, and 0 where x is y also if e^x overflows."""
    return np.copysign(times(-np.expm1(-np.abs(x - y)), np.exp(np.maximum(x, y))), x - y)


@primitive(lambda g, out, x: g * np.expm1(x))
def exp_less_line(x):
    """e^x - 1 - x: its series x²/2 (1 + x/3 (1 + x/4 (…))) near 0, where the difference cancels."""
    near = np.clip(x, -1, 1)
    series = 1 + 0 * near
    for k in range(19, 2, -1):
        series = 1 + near / k * series
    return where(np.abs(x) < 1, near * near / 2 * series, np.expm1(x) - x)


@primitive(
    lambda g, out, x, y: g * np.log(np.where(y > 0, y, 1)),
    lambda g, out, x, y: g * np.where(x == 0, 0, x / np.where(y == 0, 1, y)),
)
def xlogy(x, y):
    """x log y, and 0 where x is 0."""
    return x * np.log(np.where(x == 0, 1, y))


@primitive(lambda g, out, w, x: g * x, lambda g, out, w, x: g * w)
def times(w, x):
    """w x, and 0 where w is 0, also for an infinite x."""
    found = w * x
    if type(found) is np.ndarray and found.dtype.kind == "f" and np.isfinite(found.sum()):  # the common case needs no look at each
        found += 0.0  # no -0
        return found
    return np.where(w == 0, 0, found) + 0.0


@primitive(lambda g, out, x, y: 2 * g * (x / y), lambda g, out, x, y: -g * (x / y) ** 2)
def square_over(x, y):
    """x² / y, also where the square overflows."""
    return x / y * x


@primitive(lambda g, out, x: g * np.tanh(x))
def log_cosh(x):
    """log cosh x, as ½ log1p(sinh² x), in which nothing cancels; from 20 on it grows as |x| to the last digit."""
    a = abs(x)
    near = np.minimum(a, 20)
    s = np.sinh(near)
    return 0.5 * np.log1p(s * s) + (a - near)


@primitive(lambda g, out, x, y: g / (1 + x), lambda g, out, x, y: -g / (1 + y))
def log1p_ratio(x, y):
    """log ((1 + x) / (1 + y)), from the difference where the two are near, from the quotient where they are not."""
    near, q = (x - y) / (1 + y), (1 + x) / (1 + y)
    close = np.abs(near) < 0.5
    far = np.where((q > 0) & (q < np.inf), np.log(q), np.log1p(x) - np.log1p(y))
    return np.where(close, np.log1p(np.where(close, near, 0)), far)


@primitive(lambda g, out, x, y: g / np.where(x == 0, np.inf, x), lambda g, out, x, y: -g / np.where(y == 0, np.inf, y))
def log_ratio(x, y):
    """log (x / y), from the difference where the two are near, else from the quotient, or two logarithms where that is none."""
    close, q = (x < 2 * y) & (y < 2 * x), x / y
    near = np.where(close, x - y, 0) / np.where(close, y, 1)
    plain = ~close & (q > 1e-300) & (q < 1e300)
    far = np.where(plain, np.log(np.where(plain, q, 1)), np.log(np.where(close, 1, x)) - np.log(np.where(close, 1, y)))
    return np.where(close, np.log1p(near), far)


@primitive(
    lambda g, out, x, y: g * np.where(x == 0, 0, log_ratio(np.where(x == 0, 1, x), y) + 1),
    lambda g, out, x, y: -g * np.where(x == 0, 0, x) / np.where(x == 0, 1, y),
)
def rel_entr(x, y):
    """x log (x / y), and 0 with derivative 0 where x is 0."""
    return x * log_ratio(np.where(x == 0, 1, x), np.where(x == 0, 1, y))


def _jensen_gap_by(x, y):
    return np.where(x == 0, 0, log_ratio(np.where(x == 0, 1, x), np.where(x == 0, 1, (x + y) / 2)))


@primitive(lambda g, out, x, y: g * _jensen_gap_by(x, y), lambda g, out, x, y: g * _jensen_gap_by(y, x))
def jensen_gap(x, y):
    """x log (x / m) + y log (y / m), m = (x + y) / 2: from its series in d = (x - y) / (x + y) where that cancels; derivative 0 at 0."""
    total = x + y
    d = (x - y) / np.where(total == 0, 1, total)
    square = np.where(np.abs(d) < 0.5, d * d, 0)
    series = 0 * square
    for k in range(26, 0, -1):
        series = square * (1 / (k * (2 * k - 1)) + series)
    return np.where(np.abs(d) < 0.5, total / 2 * series, rel_entr(x, total / 2) + rel_entr(y, total / 2))


def _kl_excess_by_x(g, out, x, t):
    return g * (np.exp(x) - t)


def _kl_excess_by_t(g, out, x, t):
    return g * np.where(t == 0, 0, np.log(np.where(t == 0, 1, t)) - x)


@primitive(_kl_excess_by_x, _kl_excess_by_t)
def kl_excess(x, t):
    """e^x - t + t (log t - x), which is t (e^u - 1 - u) with u = x - log t: never below 0, and 0 only at x = log t."""
    u = x - np.log(np.where(t == 0, 1, t))
    near = (np.abs(u) < 1) & (t != 0)
    e = np.exp(x)
    return np.where(near, t * exp_less_line(np.where(near, u, 0)), np.where(e < np.inf, e - times(t, 1 + u), np.inf))


def _bounded_logs(p, floor):
    """log p and log (1 - p), each at least floor; the two bounds that a derivative knows nothing of."""
    return np.maximum(np.log(p), floor), np.maximum(np.log1p(-p), floor)


def _binary_nll_by_p(g, out, p, t, floor):
    yes, no = np.where(np.log(p) < floor, 0, 1 / p), np.where(np.log1p(-p) < floor, 0, 1 / (1 - p))
    return g * (times(1 - t, no) - times(t, yes))


def _binary_nll_by_t(g, out, p, t, floor):
    yes, no = _bounded_logs(p, floor)
    return g * (no - yes)


@primitive(_binary_nll_by_p, _binary_nll_by_t, None)
def binary_nll(p, t, floor):
    """-t log p - (1 - t) log (1 - p), each logarithm at least floor, beyond which it has no slope."""
    return -t * np.maximum(np.log(p), floor) - (1 - t) * np.maximum(np.log1p(-p), floor)


def _binary_nll_by_p_in_torch(g, out, p, t, floor):
    return g * (p - t) / np.maximum(p * (1 - p), TINY)


def _binary_nll_by_t_in_torch(g, out, p, t, floor):
    return g * (np.log1p(-p) - np.log(p))


@primitive(_binary_nll_by_p_in_torch, _binary_nll_by_t_in_torch, None)
def torch_binary_nll(p, t, floor):
    """The same with torch's derivatives, which see no floor; that by p divides by p (1 - p), which it takes as at least 1e-12."""
    return -t * np.maximum(np.log(p), floor) - (1 - t) * np.maximum(np.log1p(-p), floor)


# --- lengths ---------------------------------------------------------------------------------------------------------------


@primitive(lambda g, out, x, y: g / 2 * _inverse_root(x), lambda g, out, x, y: -g / 2 * _inverse_root(y))
def root_gap(x, y):
    """√x - √y, as (x - y) / (√x + √y); the derivative of a root at 0 is 0."""
    roots = np.sqrt(x) + np.sqrt(y)
    return (x - y) / np.where(roots == 0, 1, roots)


def _root_product_by(x, y):
    return np.where(x == 0, 0, np.sqrt(y / np.where(x == 0, 1, x)) / 2)


@primitive(lambda g, out, x, y: g * _root_product_by(x, y), lambda g, out, x, y: g * _root_product_by(y, x))
def root_product(x, y):
    """√(x y), from two roots where the product is too small; the derivative of a root at 0 is 0."""
    return np.where(x * y > 1e-290, np.sqrt(x * y), np.sqrt(x) * np.sqrt(y))


def _inverse_root(x):
    return 1 / np.sqrt(np.where(x == 0, np.inf, x))
