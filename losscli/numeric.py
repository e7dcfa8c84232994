"""NumPy on first use, and the few functions that formulas share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "TINY", "above", "below", "binary_nll", "constant", "distances", "distribution", "exp_difference", "exp_less_line", "expit", "floored",
    "jensen_gap", "kl_excess", "log1p_ratio", "log_cosh", "log_softmax_loss", "log_softmax_losses", "log_sum_exp",
    "logit_loss", "logit_nll", "nll_with_floor", "norm", "np", "others", "pick", "primitive", "rel_entr", "relu", "root_gap",
    "root_product", "share_losses", "softmax", "softmax_gap", "softmax_kl", "softplus", "sparsemax_loss", "times", "unit", "where", "xlogy",
]  # fmt: skip

if TYPE_CHECKING:
    import numpy as np
else:

    class _OnFirstUse:
        """Stands for NumPy, so that `list` and completion never load it."""

        def __getattr__(self, name):
            import numpy

            value = getattr(numpy, name)
            setattr(self, name, value)  # the second look-up is a plain attribute
            return value

    np = _OnFirstUse()


class Noted(float):
    """0, and what it means that it is."""

    why = ""


def finite(x, why):
    """x as it is. Where it is infinite, `why` is the reason that is given."""
    return x.noted(far=why) if hasattr(x, "noted") else x


def nonzero(x, why):
    """x as it is. Where it is 0, and a result is therefore no number, `why` is the reason that is given."""
    if hasattr(x, "noted"):
        return x.noted(zero=why)
    if not isinstance(x, int | float) or x != 0:
        return x
    noted = Noted(0.0)
    noted.why = why
    return noted


def primitive(*derivatives: Any) -> Any:
    """A function with a derivative of its own: derivatives[i](g, out, *args) is the share of argument i, None that of a constant."""

    def decorate(fn: Any) -> Any:
        def call(*args: Any) -> Any:
            for a in args:
                if hasattr(a, "record"):
                    return a.record(fn, derivatives, args)
            return fn(*args)

        call.__name__, call.__doc__, call.__wrapped__ = fn.__name__, fn.__doc__, fn  # type: ignore[attr-defined]
        return call

    return decorate


def where(condition: Any, x: Any, y: Any) -> Any:
    """np.where, by the bits of float64 arrays: without a branch a condition that changes from one number to the next costs nothing."""
    if (
        not all(isinstance(a, float) or (type(a) is np.ndarray and a.dtype == np.float64) for a in (x, y))
        or type(condition) is not np.ndarray
    ):
        return np.where(condition, x, y)
    mask = np.negative(condition.view(np.int8)).astype(np.int64)  # -1, all bits, where it holds
    a, b = (np.asarray(v).view(np.int64) for v in (x, y))
    return np.bitwise_xor(np.bitwise_and(np.bitwise_xor(a, b), mask), b).view(np.float64)


MANY = 2.0**64  # more than there are rows: a sum of numbers over it does not overflow
TINY = 9.999999960041972e-13  # torch's 1e-12, which it holds in single precision


# --- steps at which a convention is needed where calculus has none ---------------------------------------------------------


@primitive(lambda g, out, x: g * (x > 0))
def relu(x):
    """max(x, 0), with derivative 0 at 0."""
    return np.maximum(x, 0)


@primitive(lambda g, out, x, least: g * (x >= least), None)
def above(x, least):
    """max(x, least), with derivative 1 at the bound, as torch's clamp_min."""
    return np.maximum(x, least)


@primitive(lambda g, out, x, most: g * (x <= most), None)
def below(x, most):
    """min(x, most), with derivative 1 at the bound, as torch's clamp_max."""
    return np.minimum(x, most)


@primitive(lambda g, out, x, least: g, None)
def floored(x, least):
    """max(x, least), which the derivative does not see."""
    return np.maximum(x, least)


@primitive(None)
def constant(x):
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
def log_sum_exp(x):
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
    below = np.maximum(np.take_along_axis(short, y[..., None], -1)[..., 0], 0)
    return (others.sum(-1) ** 2 + (others * others).sum(-1)) / 2 + below


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


def _norm_by_x(g, out, x, p=2.0):
    if p == np.inf:
        hit = np.abs(x) == out[..., None]
        return g[..., None] * np.sign(x) * hit / hit.sum(-1)[..., None]
    o = np.where(out == 0, 1, out)[..., None]
    return g[..., None] * np.sign(x) * (np.abs(x) / o) ** (p - 1)


def always(flags):
    """Whether all of them are set. A formula that is written down takes it for granted, and tiles check it."""
    return flags.assumed() if hasattr(flags, "assumed") else bool(np.all(flags))


def lossless(powers):
    """Which sums of powers hold all their digits: not those that overflowed, nor those so small that terms of them are rounded to 0."""
    if powers.dtype.kind != "f":
        return powers == powers
    limits = np.finfo(powers.dtype)
    return (powers > limits.tiny / limits.eps**2) & (powers < np.inf)


def unit_of(x):
    """What numbers of these sizes are divided by, so that no power of them overflows or is rounded to 0: a power of 2, or 1."""
    some = (x > 0) & (x < np.inf)
    return np.where(some, np.exp2(np.floor(np.log2(np.where(some, x, 1.0)))), 1.0)


@primitive(_norm_by_x, None)
def norm(x, p=2.0):
    """The p-norm over the last axis, its largest number taken out where a power would overflow or be rounded to 0; derivative 0 at 0."""
    if p == np.inf:
        return np.abs(x).max(-1)
    powers = (x * x if p == 2 else np.abs(x) ** p).sum(-1)
    plain = np.sqrt(powers) if p == 2 else powers ** (1 / p)
    held = lossless(powers)
    if always(held):
        return plain
    largest = np.abs(x).max(-1)
    unit = np.where(held, 1.0, unit_of(largest))
    return np.where(held | (largest == 0), plain, unit * ((np.abs(x) / unit[..., None]) ** p).sum(-1) ** (1 / p))


def unit(x, least=1e-12):
    """Vectors of length one, those shorter than `least` divided by that (torch's normalize)."""
    return x / np.maximum(norm(x, 2.0)[..., None], least)


def _twice(a, b):
    """a b, and what that rounds away (Dekker)."""
    product = a * b
    (a1, a2), (b1, b2) = ((s - (s - x), x - (s - (s - x))) for x, s in ((a, a * SPLIT), (b, b * SPLIT)))
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _small_turn(x, y):
    """1 - cos of an angle that is small: its sine from what is left of y without its share along x, which is taken out twice."""
    x, y = (v / unit_of(np.abs(v).max(-1))[..., None] for v in (x, y))
    squared = (x * x).sum(-1)
    product, lost = _twice(np.broadcast_to(((x * y).sum(-1) / squared)[..., None], x.shape), x)
    left = (y - product) - lost
    left = left - ((left * x).sum(-1) / squared)[..., None] * x
    sine = (left * left).sum(-1) / (y * y).sum(-1)
    return sine / (1 + np.sqrt(1 - sine))


def _lengthened(x, added):
    """The length of vectors to whose square something is added."""
    return np.hypot(norm(x), added**0.5) if added else norm(x)


def _turn_by(g, out, x, y, added):
    a, b = _lengthened(x, added)[..., None], _lengthened(y, added)[..., None]
    u, apart = x / a, x / a - y / b
    return g[..., None] * (apart - ((apart * u).sum(-1)[..., None] + added / a / a) * u) / a


@primitive(_turn_by, lambda g, out, x, y, added: _turn_by(g, out, y, x, added), None)
def turn(x, y, added):
    """1 - x·y / √((‖x‖² + added) (‖y‖² + added)), from the difference of vectors of length one; from the sine where that cancels."""
    a, b = _lengthened(x, added), _lengthened(y, added)
    plain = ((x / a[..., None] - y / b[..., None]) ** 2).sum(-1)
    plain = (plain + added / a / a + added / b / b) / 2 if added else plain / 2
    small = plain < 0.002
    if always(~small):
        return plain
    x, y = x[small], y[small]
    lost = -np.expm1(-sum(np.log1p(added / n / n) / 2 for n in (norm(x), norm(y))))
    plain[small] = _small_turn(x, y) * (1 - lost) + lost
    return plain


SPLIT = 2.0**27 + 1
NEAR = 0.05  # of the sum of two squared lengths: a squared distance below that is taken from the differences, which keep its digits
PIECE = 2**20  # numbers in the differences that are held at once


def _near_pairs(x, y, squared):
    """The pairs that are near each other, in pieces: the rows of x, those of y, and their differences."""
    rows, columns = np.nonzero(squared < NEAR * ((x * x).sum(-1)[:, None] + (y * y).sum(-1)))
    step = max(1, PIECE // max(1, x.shape[-1]))
    for k in range(0, len(rows), step):
        i, j = rows[k : k + step], columns[k : k + step]
        yield i, j, x[i] - y[j]


def _distances_by(of_x):
    def share(g, out, x, y):
        pull, near = g / np.where(out == 0, np.inf, out), np.zeros_like(x if of_x else y)
        for i, j, apart in _near_pairs(x, y, out * out):
            np.add.at(near, i if of_x else j, (pull[i, j] if of_x else -pull[i, j])[:, None] * apart)
            pull[i, j] = 0
        return near + (pull.sum(1)[:, None] * x - pull @ y if of_x else pull.sum(0)[:, None] * y - pull.T @ x)

    return share


def distances(x, y):
    """The Euclidean distance of each row of x from each row of y; its derivative at 0 is 0."""
    unit = 1.0
    for a in (x, y):
        a = np.abs(getattr(a, "value", a))
        largest = a.max(initial=0)
        unit = np.maximum(unit, unit_of(largest) if largest > 1e150 else 1.0)
    return _distances(x, y) if unit == 1 else unit * _distances(x / unit, y / unit)


@primitive(_distances_by(True), _distances_by(False))
def _distances(x, y):
    squared = np.maximum((x * x).sum(-1)[:, None] + (y * y).sum(-1) - 2 * (x @ y.T), 0)
    for i, j, apart in _near_pairs(x, y, squared):
        squared[i, j] = (apart * apart).sum(-1)
    return np.sqrt(squared)
