"""The tempered exponential and logarithm: probabilities with heavy or finite tails, and the divergence between them."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.special import x_minus_log1p
from losscli.numeric.steps import expm1_minus_x

__all__ = ["tempered_divergence", "tempered_log_softmax"]

# exp_t(z) = max(1 + (1 − t) z, 0)^(1 / (1 − t)), its inverse log_t(p) = (p^(1 − t) − 1) / (1 − t); at t = 1 the usual ones.
MOST_STEPS = 1000


def _log_exp(z, t):
    """log exp_t(z)."""
    return z if t == 1 else np.log1p(np.maximum((1 - t) * z, -1.0)) / (1 - t)


def _log_exp_by_t(z, t):
    """Its derivative by t; 0 where exp_t(z) is 0."""
    w = (1 - t) * z
    inside = (w > -1) & (w < np.inf)
    w = np.where(inside, w, 0.0)
    near = np.abs(w) < 1e-8
    ratio = np.where(near, 0.5, x_minus_log1p(w) / np.where(near, 1.0, w) ** 2)
    return np.where(inside, z, 0.0) ** 2 * (1 / (1 + w) - ratio)


def _normalizer(x, t):
    """The n of Σ exp_t(x − n) = 1, for x whose largest number is 0: Newton's steps from 0, which only rise as the sum is convex."""
    first = (x.argmax(-1)[..., None] == np.arange(x.shape[-1])) + 0.0
    n, active = 0 * x[..., :1], True
    for _ in range(MOST_STEPS):
        log_p = _log_exp(x - n, t)
        excess = np.where(first > 0, np.expm1(log_p), np.exp(log_p)).sum(-1)[..., None]  # the sum minus 1
        after = n + excess / np.exp(t * log_p).sum(-1)[..., None]
        active = active & (after > n)
        if not active.any():
            break
        n = np.where(active, after, n)
    return n


def _fixed_point(x, t, iterations):
    """The n of a number of the iterations of the paper's code for t > 1."""
    y = x
    for _ in range(iterations):
        y = x * np.exp(_log_exp(y, t)).sum(-1)[..., None] ** (1 - t)
    return -(np.exp(_log_exp(y, t)).sum(-1)[..., None] ** (t - 1) - 1) / (1 - t)


def _bisection(x, t, iterations):
    """The n of a number of halvings of an interval, as in the paper's code for t < 1."""
    lower = 0 * x[..., :1]
    upper = lower - ((x > -1 / (1 - t)).sum(-1)[..., None] ** (t - 1.0) - 1) / (1 - t)
    for _ in range(iterations):
        middle = (upper + lower) / 2
        low = np.exp(_log_exp(x - middle, t)).sum(-1)[..., None] < 1
        lower, upper = np.where(low, lower, middle), np.where(low, middle, upper)
    return (upper + lower) / 2


def _normalized(x, t, iterations):
    x = x - x.max(-1)[..., None]
    if iterations is None or t == 1:
        return x - _normalizer(x, t)
    return x - (_fixed_point if t > 1 else _bisection)(x, t, iterations)


def _escort(out, t):
    """What a change of each number does to the normalizer: exp_t's derivative is its power t."""
    power = np.exp(t * out)
    return power / power.sum(-1)[..., None]


def _rise(out, t):
    """The derivative of log exp_t(z) by z, 1 / (1 + (1 − t) z); 0 where exp_t(z) is 0."""
    return np.where(out > -np.inf, np.exp((t - 1) * np.where(out > -np.inf, out, 0.0)), 0.0)


def _log_softmax_by_x(g, out, x, t, iterations):
    g = g * _rise(out, t)
    return g - _escort(out, t) * g.sum(-1)[..., None]


def _log_softmax_by_t(g, out, x, t, iterations):
    direct = _log_exp_by_t(_normalized(x, t, iterations), t)
    power = np.exp(t * out)
    shift = (np.exp(out) * direct).sum(-1)[..., None] / power.sum(-1)[..., None]
    return (g * (direct - _rise(out, t) * shift)).sum()


@primitive(_log_softmax_by_x, _log_softmax_by_t, None)
def tempered_log_softmax(x: Array, t: float, iterations: int | None = None) -> Array:
    """log exp_t(x − n), where n makes a distribution of it; or that of a number of iterations of the paper's code, which may be rough."""
    return _log_exp(_normalized(x, t, iterations), t)


def _share(x, a):
    """(e^(a x) − 1) / a, which is x at a = 0."""
    return x if a == 0 else np.expm1(a * x) / a


def _share_by_a(x, a):
    """Its derivative by a."""
    w = a * x
    near = np.abs(w) < 1
    inner = np.where(near, w, 0.0)
    x2 = np.where(near, x, 0.0) ** 2
    tiny = np.abs(inner) < 1e-8
    series = np.where(tiny, 0.5 + inner / 3, (inner * np.expm1(inner) - expm1_minus_x(inner)) / np.where(tiny, 1.0, inner) ** 2)
    w = np.where(near | (w == -np.inf), -1.0, w)
    far = np.where(np.isfinite(x), (w - 1) * np.exp(w), 0.0) + 1
    return np.where(near, x2 * series, far / (a * a if a else 1.0))


def _excess(x, a):
    """_share(x, a + 1) − _share(x, a), which is about x² / 2 near 0; for x > 1 divided by e^((a + 1) x)."""
    near, high = np.abs(x) < 1, x >= 1
    y, z = np.where(near, x, 0.0), np.where(near, -1.0, -np.abs(x))
    small = expm1_minus_x((a + 1) * y) / (a + 1) - (expm1_minus_x(a * y) / a if a else 0.0)
    far = _share(z, a + 1), _share(z, a)
    return np.where(near, small, np.where(high, np.exp(z) * far[1] - far[0], far[0] - far[1]))


def _excess_by_a(x, a):
    """The derivative of _excess by a, where the power that it is divided by stays the same."""
    high = x >= 1
    z = np.where(high, -x, x)
    first, second = _share_by_a(z, a + 1), _share_by_a(z, a)
    return np.where(high, np.exp(np.where(high, z, 0.0)) * second - first, first - second)


def _parts(log_p, q):
    """Whether the target is above 0, log(p / q) there, and the logarithm of the larger of both: it is that of p from p = e q on."""
    some = q > 0
    log_q = np.log(np.where(some, q, 1.0))
    ratio = np.where(some, log_p, 0.0) - log_q
    return some, ratio, np.where(ratio < 1, log_q, log_p)


def _divergence_by_log_p(g, out, log_p, q, t):
    some, ratio, base = _parts(log_p, q)
    low = np.where(ratio < 1, ratio, 0.0)
    with_target = np.exp((2 - t) * base) * np.where(ratio < 1, _scaled(low, 1 - t) * np.expm1(low), -np.expm1(-ratio))
    return g * np.where(some, with_target, np.exp((2 - t) * log_p))


def _scaled(x, a):
    return 1.0 if a == 0 else np.exp(a * x)


def _divergence_by_q(g, out, log_p, q, t):
    some, ratio, base = _parts(log_p, q)
    slope = np.where(ratio < 1, -_share(np.minimum(ratio, 1.0), 1 - t), _share(-np.maximum(ratio, 1.0), 1 - t))
    with_target = _scaled(base, 1 - t) * slope
    return g * np.where(some, with_target, -_share(log_p, 1 - t) - (1 / (1 - t) if t < 1 else np.inf))


def _divergence_by_t(g, out, log_p, q, t):
    some, ratio, base = _parts(log_p, q)
    with_target = -np.where(some, base * out, 0.0) - np.exp((2 - t) * base) * _excess_by_a(ratio, 1 - t)
    power = np.where(some | (log_p == -np.inf), 0.0, log_p)
    without = np.where(log_p > -np.inf, np.exp((2 - t) * power) * (1 / (2 - t) - power) / (2 - t), 0.0)
    return (g * np.where(some, with_target, without)).sum()


@primitive(_divergence_by_log_p, _divergence_by_q, _divergence_by_t)
def tempered_divergence(log_p: Array, q: Array, t: float) -> Array:
    """q (log_t q − log_t p) − (q^(2 − t) − p^(2 − t)) / (2 − t), from log p: never below 0, and 0 only at p = q."""
    some, ratio, base = _parts(log_p, q)
    return np.where(some, np.exp((2 - t) * base) * _excess(ratio, 1 - t), np.exp((2 - t) * log_p) / (2 - t))
