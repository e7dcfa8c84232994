"""Softmax, its logarithm, and the losses that are made of it."""

from __future__ import annotations

from losscli.numeric.lazy import np
from losscli.numeric.primitive import primitive
from losscli.numeric.steps import exp_less_line, times

__all__ = [
    "distribution",
    "log_softmax_loss",
    "log_softmax_losses",
    "logsumexp",
    "others",
    "pick",
    "share_losses",
    "softmax",
    "softmax_gap",
    "softmax_kl",
    "sparsemax_loss",
]


@primitive(None, None)
def pick(table, y):
    """The entry of each label."""
    return table[y]


@primitive(lambda g, out, x, y: others(g, y), None)
def others(x, y):
    """x, but 0 for each row's own label."""
    found = x.copy("K")
    np.put_along_axis(found, y[..., None], 0, -1)
    return found


def _softmax_parts(x):
    """The largest m of each row, and log Σ e^(x - m) without loss where one term is nearly all: log1p of the others' sum."""
    m = x.max(-1)
    e = np.exp(x - m[..., None])
    top = e == 1
    alone = type(top) is np.ndarray and np.count_nonzero(top) == m.size and (m - m == 0).all()
    ties = 0 if alone else top.sum(-1) - 1
    e -= top
    return m, np.log1p(e.sum(-1) + ties)


def _softmax(x):
    e = np.exp(x - x.max(-1)[..., None])
    return e / e.sum(-1)[..., None]


def _softmax_by_x(g, out, x):
    return times(out, g - times(out, g).sum(-1)[..., None])  # of a class that is ruled out (-inf) g may be infinite


@primitive(_softmax_by_x)
def softmax(x):
    """e^x / Σ e^x over the last axis."""
    return _softmax(x)


def _softmax_apart(x, y):
    """q = softmax(y), x - y less its average under q, and Σ q (e^that - 1 - that), of which no term is below 0."""
    losses, q = log_softmax_losses(y), _softmax(y)
    apart = x - y - times(q, x - y).sum(-1)[..., None]
    far = np.exp(apart - losses) - q * (1 + apart)
    return q, apart, np.where(np.abs(apart) < 1, q * exp_less_line(np.clip(apart, -1, 1)), far).sum(-1)


def _softmax_kl_by_y(g, out, x, y):
    return (g[..., None]) * times(_softmax(y), log_softmax_losses(x) - log_softmax_losses(y) - out[..., None])


@primitive(lambda g, out, x, y: g[..., None] * softmax_gap(x, y), _softmax_kl_by_y)
def softmax_kl(x, y):
    """KL(softmax(y) ‖ softmax(x)) over the last axis, without cancellation where the two are near."""
    q, _, more = _softmax_apart(x, y)
    a, b = log_softmax_losses(x), log_softmax_losses(y)
    far = np.maximum(1, times(q, a + b).sum(-1)) < np.abs(x - y).max(-1)  # what x - y rounds is more than what the logarithms do
    return np.where(far | ~(more < 1e300), times(q, a - b).sum(-1), np.log1p(more))


@primitive(lambda g, out, x, y: _softmax_by_x(g, _softmax(x), x), lambda g, out, x, y: -_softmax_by_x(g, _softmax(y), y))
def softmax_gap(x, y):
    """softmax(x) - softmax(y) over the last axis, without cancellation where the two are near."""
    q, apart, more = _softmax_apart(x, y)
    a, b = log_softmax_losses(x), log_softmax_losses(y)
    small = np.abs(x - y).max(-1)[..., None] < a + b
    ratio = np.where(small, apart - np.log1p(more)[..., None], b - a)  # log (p / q), the way that rounds less
    near = np.abs(ratio) < 1
    return np.where(near, q * np.expm1(np.where(near, ratio, 0)), _softmax(x) - q)


def _log_softmax_loss_by_x(g, out, x, y):
    share = _softmax(x)
    np.put_along_axis(share, y[..., None], -others.__wrapped__(share, y).sum(-1)[..., None], -1)  # p - 1, in which nothing cancels
    return g[..., None] * share


@primitive(_log_softmax_loss_by_x, None)
def log_softmax_loss(x, y):
    """-log softmax(x)_y over the last axis, as (m - x_y) + log1p(Σ of the others): a sum of two numbers ≥ 0, so nothing cancels."""
    m, rest = _softmax_parts(x)
    return (m - np.take_along_axis(x, y[..., None], -1)[..., 0]) + rest


@primitive(lambda g, out, x: _softmax(x) * g.sum(-1)[..., None] - g)
def log_softmax_losses(x):
    """-log softmax(x) of every class of the last axis."""
    m, rest = _softmax_parts(x)
    return (m[..., None] - x) + rest[..., None]


@primitive(lambda g, out, x: g[..., None] * np.exp(x - np.where(out == -np.inf, 0, out)[..., None]))
def logsumexp(x):
    """log Σ e^x over the last axis; -inf, with derivative 0, where there is nothing but -inf."""
    m = x.max(-1, initial=-np.inf)
    m = np.where(m == -np.inf, 0, m)
    return m + np.log(np.exp(x - m[..., None]).sum(-1))


def share_losses(p):
    """-log (p / Σ p) of every class of the last axis, as log1p of the others' share, which has all digits near 1; inf where p is 0."""
    top = np.arange(p.shape[-1]) == p.argmax(-1)[..., None]
    others = np.where(top, np.where(top, 0.0, p).sum(-1)[..., None], p.sum(-1)[..., None] - p)
    return np.where(p > 0, np.log1p(others / np.where(p > 0, p, 1.0)), np.inf)


def distribution(target, x, smoothing=0.0):
    """The share of each class of the last axis of x: class indices one-hot, soft labels as they are; smoothing spreads some over all."""
    q = target if target.ndim == x.ndim else (target[..., None] == np.arange(x.shape[-1])).astype(x.dtype)
    return (1 - smoothing) * q + smoothing / x.shape[-1]


def _sparsemax(x):
    """The point of the simplex nearest to x, and how far x lies below the threshold under which that point is 0."""
    z = x - x.max(-1)[..., None]
    ordered = np.flip(np.sort(z, -1), -1)
    means = (ordered.cumsum(-1) - 1) / np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    last = (ordered > means).sum(-1)[..., None] - 1
    short = np.take_along_axis(means, last, -1) - z
    return np.maximum(-short, 0), short


def _sparsemax_loss_by_x(g, out, x, y):
    return g[..., None] * (_sparsemax(x)[0] - (y[..., None] == np.arange(x.shape[-1])))


@primitive(_sparsemax_loss_by_x, None)
def sparsemax_loss(x, y):
    """½ ‖p - onehot(y)‖² + how far x_y lies below the threshold, p the projection onto the simplex: nothing that could cancel."""
    p, short = _sparsemax(x)
    others = np.where(y[..., None] == np.arange(x.shape[-1]), 0, p)
    clamp_max = np.maximum(np.take_along_axis(short, y[..., None], -1)[..., 0], 0)
    return (others.sum(-1) ** 2 + (others * others).sum(-1)) / 2 + clamp_max
