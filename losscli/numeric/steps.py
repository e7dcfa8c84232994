"""Elementary functions that several formulas use, each with its own derivative and without cancellation or overflow.

In the derivatives, g is the gradient with respect to the output and out is the output.
"""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive, where

__all__ = [
    "TORCH_EPS",
    "binary_nll",
    "clamp_max",
    "clamp_min",
    "clamp_min_straight_through",
    "exp_difference",
    "expit",
    "expm1_minus_x",
    "log1p_product_over",
    "log1p_ratio",
    "log_cosh",
    "log_from",
    "log_ratio",
    "log_softplus",
    "multiply_no_nan",
    "nll_with_eps",
    "relu",
    "sigmoid_cross_entropy",
    "signed_expit",
    "softplus",
    "stop_gradient",
    "weighted_sigmoid_cross_entropy",
    "xlogy",
]

TORCH_EPS = 9.999999960041972e-13  # 1e-12 rounded to single precision, as torch stores it


# --- maxima and minima: the gradient at the bound is a convention ----------------------------------------------------------


@primitive(lambda g, out, x: g * (x > 0))
def relu(x: Array) -> Array:
    """max(x, 0), with derivative 0 at 0."""
    return np.maximum(x, 0)


@primitive(lambda g, out, x, least: g * (x >= least), lambda g, out, x, least: g * (x < least))
def clamp_min(x: Array, least: float) -> Array:
    """max(x, least), with derivative 1 at the bound, as torch.clamp."""
    return np.maximum(x, least)


@primitive(lambda g, out, x, most: g * (x <= most), lambda g, out, x, most: g * (x > most))
def clamp_max(x: Array, most: float) -> Array:
    """min(x, most), with derivative 1 at the bound, as torch.clamp."""
    return np.minimum(x, most)


@primitive(lambda g, out, x, least: g, None)
def clamp_min_straight_through(x: Array, least: float) -> Array:
    """max(x, least), with derivative 1 everywhere, also below the bound (a straight-through estimator)."""
    return np.maximum(x, least)


@primitive(None)
def stop_gradient(x: Array) -> Array:
    """x, treated as a constant in the gradient."""
    return x


# --- products, logarithms and exponentials ---------------------------------------------------------------------------------


@primitive(lambda g, out, w, x: g * x, lambda g, out, w, x: g * w)
def multiply_no_nan(w: Array, x: Array) -> Array:
    """w x, and 0 where w = 0, even if x is infinite or nan (as tf.math.multiply_no_nan)."""
    product = w * x
    if type(product) is np.ndarray and product.dtype.kind == "f" and np.isfinite(product.sum()):  # the usual case: all are finite
        product += 0.0  # turns −0 into 0
        return product
    return np.where(w == 0, 0, product) + 0.0


def _expit_by_x(g, out, x):
    return g * out * expit(-x)


@primitive(_expit_by_x)
def expit(x: Array) -> Array:
    """1 / (1 + e^−x), without overflow in either tail."""
    e = np.exp(-abs(x))
    return where(x >= 0, 1.0, e) / (1 + e)


@primitive(lambda g, out, x, s: g * s * out * expit(-s * x), lambda g, out, x, s: g * x * out * expit(-s * x))
def signed_expit(x: Array, s: Array) -> Array:
    """1 / (1 + e^−sx)."""
    return expit(s * x)


@primitive(lambda g, out, x: g * expit(x))
def softplus(x: Array) -> Array:
    """log(1 + e^x), without overflow or rounding to 0 in either tail."""
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


@primitive(lambda g, out, x: g * np.where(x < -36, 1.0, expit(x) / softplus(np.maximum(x, -36))))
def log_softplus(x: Array) -> Array:
    """log log(1 + e^x); far below 0 it is x."""
    return np.where(x < -36, x, np.log(softplus(np.maximum(x, -36))))


def _logit_loss_by_x(g, out, x, t):
    # expit(x) − t would cancel where the prediction is right: so [x > 0] − t, minus the probability of the less likely label
    e = np.exp(-abs(x))
    return g * ((~np.signbit(x) - t) - np.copysign(e / (1 + e), x))


@primitive(_logit_loss_by_x, lambda g, out, x, t: -g * x)
def sigmoid_cross_entropy(x: Array, t: Array) -> Array:
    """log(1 + e^x) − t x for a target t from 0 to 1, as log(1 + e^−|x|) + |t − [x > 0]| |x|, in which nothing cancels."""
    a = abs(x)
    return np.log1p(np.exp(-a)) + multiply_no_nan(abs(t - (x > 0)), a)


@primitive(
    lambda g, out, x, w1, w0: g * (multiply_no_nan(w0, expit(x)) - multiply_no_nan(w1, expit(-x))),
    lambda g, out, x, w1, w0: g * softplus(-x),
    lambda g, out, x, w1, w0: g * softplus(x),
)
def weighted_sigmoid_cross_entropy(x: Array, w1: Array, w0: Array) -> Array:
    """w1 log(1 + e^−x) + w0 log(1 + e^x), as (w1 + w0) log(1 + e^−|x|) + |x| (w0 if x > 0 else w1), in which nothing cancels."""
    a = abs(x)
    return (w1 + w0) * np.log1p(np.exp(-a)) + multiply_no_nan(where(x > 0, w0, w1), a)


@primitive(lambda g, out, nll, eps: g / (1 + eps * np.exp(nll)) if eps else g, lambda g, out, nll, eps: -g / (np.exp(-nll) + eps))
def nll_with_eps(nll: Array, eps: float) -> Array:
    """−log(p + eps) from nll = −log p: accurate where p is near 1, without overflow where p is near 0."""
    near = np.minimum(nll, 1)
    far = -np.log(np.exp(-nll) + eps) if eps else nll
    return where(nll < 1, near - np.log1p(eps * np.exp(near)), far)


@primitive(lambda g, out, x, y: g * np.exp(x), lambda g, out, x, y: -g * np.exp(y))
def exp_difference(x: Array, y: Array) -> Array:
    """e^x − e^y, without cancellation; 0 where x = y, even if e^x overflows."""
    return np.copysign(multiply_no_nan(-np.expm1(-np.abs(x - y)), np.exp(np.maximum(x, y))), x - y)


@primitive(lambda g, out, x: g * np.expm1(x))
def expm1_minus_x(x: Array) -> Array:
    """e^x − 1 − x, by its series x²/2 (1 + x/3 (1 + x/4 (…))) for |x| < 1, where the difference would cancel."""
    near = np.clip(x, -1, 1)
    series = 1 + 0 * near
    for k in range(19, 2, -1):
        series = 1 + near / k * series
    return where(np.abs(x) < 1, near * near / 2 * series, np.expm1(x) - x)


@primitive(
    lambda g, out, x, y: g * np.log(np.where(y > 0, y, 1)),
    lambda g, out, x, y: g * np.where(x == 0, 0, x / np.where(y == 0, 1, y)),
)
def xlogy(x: Array, y: Array) -> Array:
    """x log y, and 0 where x = 0."""
    return x * np.log(np.where(x == 0, 1, y))


@primitive(lambda g, out, x, y: 2 * g * (x / y), lambda g, out, x, y: -g * (x / y) ** 2)
def square_over(x: Array, y: Array) -> Array:
    """x² / y, even where x² overflows."""
    return x / y * x


@primitive(lambda g, out, x: g * np.tanh(x))
def log_cosh(x: Array) -> Array:
    """log cosh x, as ½ log1p(sinh² x), in which nothing cancels; beyond |x| = 20 it grows exactly as |x|."""
    a = abs(x)
    near = np.minimum(a, 20)
    s = np.sinh(near)
    return 0.5 * np.log1p(s * s) + (a - near)


def _log1p_over(x):
    """log(1 + x) / x, and 1 at x = 0."""
    return np.where(x == 0, 1.0, np.log1p(x) / np.where(x == 0, 1.0, x))


def _log1p_over_slope(x):
    """The derivative of log(1 + x) / x, by its series for |x| < 0.05, where the difference would cancel."""
    near = np.where(np.abs(x) < 0.05, x, 0.0)
    series = 0 * near
    for k in range(16, 1, -1):
        series = (k - 1) / k - near * series
    far = np.where(np.abs(x) < 0.05, 1.0, x)
    return np.where(np.abs(x) < 0.05, -series, (1 / (1 + far) - _log1p_over(far)) / far)


def _log1p_by_shape(g, out, shape, z):
    q = multiply_no_nan(shape, z)
    near, past = np.abs(q) < 1, q <= -1
    far = (np.where(near | past, 0.0, z / (1 + q)) - np.where(past, 0.0, out)) / np.where(near, 1.0, shape)
    return g * np.where(near, z * (z * _log1p_over_slope(np.where(near, q, 0.0))), far)


def _log1p_by_factor(g, out, shape, z):
    q = multiply_no_nan(shape, z)
    return g * np.where(q > -1, 1 / (1 + np.where(q > -1, q, 0.0)), 0.0)


@primitive(_log1p_by_shape, _log1p_by_factor)
def log1p_product_over(shape: Array, z: Array) -> Array:
    """log(1 + shape z) / shape, and z where the shape is 0; where shape z ≤ −1 as at −1, with slope 0."""
    q = np.maximum(multiply_no_nan(shape, z), -1.0)
    near, over = np.abs(q) < 1, q == np.inf
    apart = np.log(np.where(over, np.abs(shape), 1.0)) + np.log(np.where(over, np.abs(z), 1.0))
    log = np.where(over, apart, np.log1p(np.where(over, 0.0, q)))
    return np.where(near, z * _log1p_over(np.where(near, q, 0.0)), log / np.where(near, 1.0, shape))


def log_from(x: Array) -> Array:
    """log x for x ≥ 0; −1e300 at 0, so that a distribution of logarithms has a finite distance and no slope there."""
    return np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), -1e300)


@primitive(lambda g, out, x, y: g / (1 + x), lambda g, out, x, y: -g / (1 + y))
def log1p_ratio(x: Array, y: Array) -> Array:
    """log((1 + x) / (1 + y)), from the difference x − y where x and y are close, else from the quotient."""
    near, q = (x - y) / (1 + y), (1 + x) / (1 + y)
    close = np.abs(near) < 0.5
    far = np.where((q > 0) & (q < np.inf), np.log(q), np.log1p(x) - np.log1p(y))
    return np.where(close, np.log1p(np.where(close, near, 0)), far)


@primitive(lambda g, out, x, y: g / np.where(x == 0, np.inf, x), lambda g, out, x, y: -g / np.where(y == 0, np.inf, y))
def log_ratio(x: Array, y: Array) -> Array:
    """log(x / y), from x − y where x and y are close, else from the quotient, or from log x − log y where the quotient is out of range."""
    close, q = (x < 2 * y) & (y < 2 * x), x / y
    near = np.where(close, x - y, 0) / np.where(close, y, 1)
    plain = ~close & (q > 1e-300) & (q < 1e300)
    far = np.where(plain, np.log(np.where(plain, q, 1)), np.log(np.where(close, 1, x)) - np.log(np.where(close, 1, y)))
    return np.where(close, np.log1p(near), far)


def _clamped_logs(p, floor):
    """max(log p, floor) and max(log(1 − p), floor)."""
    return np.maximum(np.log(p), floor), np.maximum(np.log1p(-p), floor)


def _binary_nll_by_p(g, out, p, t, floor):
    by_log_p, by_log_q = np.where(np.log(p) < floor, 0, 1 / p), np.where(np.log1p(-p) < floor, 0, 1 / (1 - p))
    return g * (multiply_no_nan(1 - t, by_log_q) - multiply_no_nan(t, by_log_p))


def _binary_nll_by_t(g, out, p, t, floor):
    log_p, log_q = _clamped_logs(p, floor)
    return g * (log_q - log_p)


@primitive(_binary_nll_by_p, _binary_nll_by_t, None)
def binary_nll(p: Array, t: Array, floor: float) -> Array:
    """−t max(log p, floor) − (1 − t) max(log(1 − p), floor); a clamped logarithm has gradient 0."""
    return -t * np.maximum(np.log(p), floor) - (1 - t) * np.maximum(np.log1p(-p), floor)


def _torch_binary_nll_by_p(g, out, p, t, floor):
    return g * (p - t) / np.maximum(p * (1 - p), TORCH_EPS)


def _torch_binary_nll_by_t(g, out, p, t, floor):
    return g * (np.log1p(-p) - np.log(p))


@primitive(_torch_binary_nll_by_p, _torch_binary_nll_by_t, None)
def torch_binary_nll(p: Array, t: Array, floor: float) -> Array:
    """binary_nll with torch's gradients, which ignore the floor; by p it is (p − t) / max(p (1 − p), 1e-12)."""
    return -t * np.maximum(np.log(p), floor) - (1 - t) * np.maximum(np.log1p(-p), floor)
