"""Softmax, its logarithm, and losses computed from it, over the last axis."""

from __future__ import annotations

from math import log

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import explain_infinite, primitive
from losscli.numeric.special import x_minus_log1p
from losscli.numeric.steps import expm1_minus_x, multiply_no_nan

__all__ = [
    "complement",
    "gather",
    "logsumexp",
    "neg_log_softmax",
    "normalized_nll",
    "softmax",
    "softmax_cross_entropy",
    "softmax_difference",
    "softmax_jsd",
    "softmax_kl",
    "sparsemax_loss",
    "target_distribution",
    "zero_at_label",
]


def _gather_by_table(g, out, table, labels):
    by_entry = np.zeros_like(table)
    np.add.at(by_entry, labels, g)
    return by_entry


@primitive(_gather_by_table, None)
def gather(table: Array, labels: Array) -> Array:
    """table[labels]: the entry of each label."""
    return table[labels]


def _zero_at_label_by_x(g, out, x, y):
    return zero_at_label(g, y)


@primitive(_zero_at_label_by_x, None)
def zero_at_label(x: Array, y: Array) -> Array:
    """x with 0 at the label y of each row."""
    copy = x.copy("K")
    np.put_along_axis(copy, y[..., None], 0, -1)
    return copy


def _softmax_parts(x):
    """m = max x of each row, and log Σ e^(x − m) as log1p of the other terms' sum, which is accurate where one term dominates."""
    m = x.max(-1)
    e = np.exp(x - m[..., None])
    top = e == 1
    unique = type(top) is np.ndarray and np.count_nonzero(top) == m.size and (m - m == 0).all()
    ties = 0 if unique else np.where(top, e, 0).sum(-1) - 1
    e -= top
    return m, np.log1p(e.sum(-1) + ties)


def _softmax(x):
    e = np.exp(x - x.max(-1)[..., None])
    return e / e.sum(-1)[..., None]


def _softmax_by_x(g, out, x):
    return multiply_no_nan(out, g - multiply_no_nan(out, g).sum(-1)[..., None])  # g may be infinite for a class with the logit −inf


@primitive(_softmax_by_x)
def softmax(x: Array) -> Array:
    """e^x / Σ e^x over the last axis."""
    return _softmax(x)


@primitive(lambda g, out, p: -g)
def complement(p: Array) -> Array:
    """1 − p for probabilities p that sum to 1, accurate where p is near 1: there it is the sum of the others."""
    top = np.arange(p.shape[-1]) == p.argmax(-1)[..., None]
    return np.where(top, np.where(top, 0.0, p).sum(-1)[..., None], 1 - p)


def _centered_difference(x, y):
    """q = softmax(y), d = (x − y) − Σ q (x − y), and Σ q (e^d − 1 − d), in which no term is below 0."""
    losses, q = neg_log_softmax(y), _softmax(y)
    d = x - y - multiply_no_nan(q, x - y).sum(-1)[..., None]
    far = np.exp(d - losses) - q * (1 + d)
    return q, d, np.where(np.abs(d) < 1, q * expm1_minus_x(np.clip(d, -1, 1)), far).sum(-1)


def _softmax_kl_by_x(g, out, x, y):
    return g[..., None] * softmax_difference(x, y)


def _softmax_kl_by_y(g, out, x, y):
    return (g[..., None]) * multiply_no_nan(_softmax(y), neg_log_softmax(x) - neg_log_softmax(y) - out[..., None])


@primitive(_softmax_kl_by_x, _softmax_kl_by_y)
def softmax_kl(x: Array, y: Array) -> Array:
    """KL(softmax(y) ‖ softmax(x)) over the last axis, without cancellation where the two distributions are close."""
    q, _, excess = _centered_difference(x, y)
    a, b = neg_log_softmax(x), neg_log_softmax(y)
    far = np.maximum(1, multiply_no_nan(q, a + b).sum(-1)) < np.abs(x - y).max(-1)  # x − y has a larger rounding error than a − b
    return np.where(far | ~(excess < 1e300), multiply_no_nan(q, a - b).sum(-1), np.log1p(excess))


def _log_ratio(x, y):
    """p = softmax(x), q = softmax(y), and log(p / q) with the smaller of two rounding errors."""
    q, d, excess = _centered_difference(x, y)
    a, b = neg_log_softmax(x), neg_log_softmax(y)
    small = (np.abs(x - y).max(-1)[..., None] < a + b) & (excess < 1e300)[..., None]
    return _softmax(x), q, np.where(small, d - np.log1p(excess)[..., None], b - a)


@primitive(lambda g, out, x, y: _softmax_by_x(g, _softmax(x), x), lambda g, out, x, y: -_softmax_by_x(g, _softmax(y), y))
def softmax_difference(x: Array, y: Array) -> Array:
    """softmax(x) − softmax(y) over the last axis, without cancellation where the two are close."""
    p, q, ratio = _log_ratio(x, y)
    near = np.abs(ratio) < 1
    return np.where(near, q * np.expm1(np.where(near, ratio, 0)), p - q)


def _to_mixture(p, q, ratio, share):
    """log(p / m) for each class, and the parts p log(p / m) + m − p of KL(p ‖ m), m = (1 − share) p + share q, ratio = log(q / p)."""
    ratio = np.where(p == 0, 0, ratio)
    u = share * np.expm1(np.minimum(ratio, 80))  # m / p − 1, and beyond 80 a number that is too small
    log_ratio = np.where(ratio < 80, -np.log1p(u), -log(share) - np.where(ratio < 80, 0, ratio))
    near = ((ratio < 1) | (u < 0.5)) & (p > 0)
    return log_ratio, np.where(near, p * x_minus_log1p(np.where(near, u, 0)), p * log_ratio + share * (q - p))


def _softmax_jsd_by_x(g, out, x, y, beta):
    p, q, ratio = _log_ratio(x, y)
    log_ratio, _ = _to_mixture(p, q, -ratio, beta)
    log_ratio = log_ratio - np.take_along_axis(log_ratio, p.argmax(-1)[..., None], -1)  # 0 for the class of most weight: nothing cancels
    return (1 - beta) * g[..., None] * p * (log_ratio - (p * log_ratio).sum(-1)[..., None])


def _softmax_jsd_by_beta(g, out, x, y, beta):
    p, q, ratio = _log_ratio(x, y)
    return g * (_to_mixture(q, p, ratio, 1 - beta)[1] - _to_mixture(p, q, -ratio, beta)[1]).sum(-1)


@primitive(_softmax_jsd_by_x, lambda g, out, x, y, beta: _softmax_jsd_by_x(g, out, y, x, 1 - beta), _softmax_jsd_by_beta)
def softmax_jsd(x: Array, y: Array, beta: float) -> Array:
    """(1 − β) KL(p ‖ m) + β KL(q ‖ m), p = softmax(x), q = softmax(y), m = (1 − β) p + β q, 0 < β < 1, over the last axis."""
    p, q, ratio = _log_ratio(x, y)
    return ((1 - beta) * _to_mixture(p, q, -ratio, beta)[1] + beta * _to_mixture(q, p, ratio, 1 - beta)[1]).sum(-1)


def _log_softmax_loss_by_x(g, out, x, y):
    p = _softmax(x)
    # at the label p − 1 is −Σ of the other probabilities, in which nothing cancels
    np.put_along_axis(p, y[..., None], -zero_at_label.__wrapped__(p, y).sum(-1)[..., None], -1)
    return g[..., None] * p


@primitive(_log_softmax_loss_by_x, None)
def softmax_cross_entropy(x: Array, y: Array) -> Array:
    """−log softmax(x)_y for class indices y: (max x − x_y) + log Σ e^(x − max x), two numbers ≥ 0, so that nothing cancels."""
    m, rest = _softmax_parts(x)
    return (m - np.take_along_axis(x, y[..., None], -1)[..., 0]) + rest


def _neg_log_softmax_by_x(g, out, x):
    p = _softmax(x)
    return p * (g.sum(-1)[..., None] - g) - complement.__wrapped__(p) * g  # p − 1 would cancel where one class has nearly all


@primitive(_neg_log_softmax_by_x)
def neg_log_softmax(x: Array) -> Array:
    """−log softmax(x) for every class of the last axis."""
    m, rest = _softmax_parts(x)
    return (m[..., None] - x) + rest[..., None]


@primitive(lambda g, out, x: g[..., None] * np.exp(x - np.where(out == -np.inf, 0, out)[..., None]))
def logsumexp(x: Array) -> Array:
    """log Σ e^x over the last axis; −inf, with gradient 0, where all numbers are −inf."""
    m = x.max(-1, initial=-np.inf)
    m = np.where(m == -np.inf, 0, m)
    return m + np.log(np.exp(x - m[..., None]).sum(-1))


def normalized_nll(p: Array) -> Array:
    """−log(p / Σ p) for every class of the last axis, as log1p(Σ of the others / p), which is accurate near p = 1; inf where p is 0."""
    top = np.arange(p.shape[-1]) == p.argmax(-1)[..., None]
    others = np.where(top, np.where(top, 0.0, p).sum(-1)[..., None], p.sum(-1)[..., None] - p)
    far = others > 2.0**100 * p  # here others / p may overflow, and 1 + others / p is others / p
    ratio = others / np.where(p > 0, np.where(far, 2.0**100 * p, p), 1.0)
    nll = np.where(far, np.log(np.where(far, ratio, 1.0)) + 100 * log(2), np.log1p(ratio))
    return explain_infinite(np.where(p > 0, nll, np.inf), "the logarithm of 0")


def target_distribution(target: Array, x: Array, smoothing: float = 0.0) -> Array:
    """(1 − smoothing) q + smoothing / K: q is one-hot for class indices, or the soft labels; K is the number of classes in x."""
    q = target if target.ndim == x.ndim else (target[..., None] == np.arange(x.shape[-1])).astype(x.dtype)
    return (1 - smoothing) * q + smoothing / x.shape[-1]


def _sparsemax(x):
    """The projection max(x − τ, 0) of x onto the probability simplex (Martins & Astudillo 2016), and τ − x."""
    z = x - x.max(-1)[..., None]
    ordered = np.flip(np.sort(z, -1), -1)
    means = (ordered.cumsum(-1) - 1) / np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    last = (ordered > means).sum(-1)[..., None] - 1
    shortfall = np.take_along_axis(means, last, -1) - z
    return np.maximum(-shortfall, 0), shortfall


def _sparsemax_loss_by_x(g, out, x, y):
    return g[..., None] * (_sparsemax(x)[0] - (y[..., None] == np.arange(x.shape[-1])))


@primitive(_sparsemax_loss_by_x, None)
def sparsemax_loss(x: Array, y: Array) -> Array:
    """½ ‖p − onehot(y)‖² + max(τ − x_y, 0), p = max(x − τ, 0) the sparsemax of x: two numbers ≥ 0, so that nothing cancels."""
    p, shortfall = _sparsemax(x)
    others = np.where(y[..., None] == np.arange(x.shape[-1]), 0, p)
    below = np.maximum(np.take_along_axis(shortfall, y[..., None], -1)[..., 0], 0)
    return (others.sum(-1) ** 2 + (others * others).sum(-1)) / 2 + below
