"""NumPy on first use, and the few functions that formulas share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = [
    "TINY", "above", "binary_nll", "expit", "floored", "log1p_ratio", "log_cosh", "log_softmax_loss", "log_softmax_losses", "norm", "np",
    "primitive", "relu", "times", "xlogy",
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


@primitive(lambda g, out, x, least: g, None)
def floored(x, least):
    """max(x, least), which the derivative does not see."""
    return np.maximum(x, least)


# --- logarithms and exponentials -------------------------------------------------------------------------------------------


@primitive(lambda g, out, x: g * out * expit(-x))
def expit(x):
    """1 / (1 + e^-x), without overflow in either tail."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)


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
    return np.where(w == 0, 0, w * x)


@primitive(lambda g, out, x: g * np.tanh(x))
def log_cosh(x):
    """log cosh x: |x| + log1p(e^-2|x|) - log 2, and from cosh x - 1 = 2 sinh²(x/2) where that cancels."""
    a = np.abs(x)
    near = np.sinh(np.minimum(a, 1) / 2)
    return np.where(a < 1, np.log1p(2 * near * near), a + (np.log1p(np.exp(-2 * a)) - 0.6931471805599453094))


@primitive(lambda g, out, x, y: g / (1 + x), lambda g, out, x, y: -g / (1 + y))
def log1p_ratio(x, y):
    """log ((1 + x) / (1 + y)), from the difference where the two are near, from the quotient where they are not."""
    near, q = (x - y) / (1 + y), (1 + x) / (1 + y)
    close = np.abs(near) < 0.5
    far = np.where((q > 0) & (q < np.inf), np.log(q), np.log1p(x) - np.log1p(y))
    return np.where(close, np.log1p(np.where(close, near, 0)), far)


def _binary_nll_by_p(g, out, p, t, floor):
    return g * (p - t) / np.maximum(p * (1 - p), TINY)  # torch's bound


def _binary_nll_by_t(g, out, p, t, floor):
    return g * (np.maximum(np.log1p(-p), floor) - np.maximum(np.log(p), floor))


@primitive(_binary_nll_by_p, _binary_nll_by_t, None)
def binary_nll(p, t, floor):
    """-t log p - (1 - t) log (1 - p), each logarithm at least floor."""
    return -t * np.maximum(np.log(p), floor) - (1 - t) * np.maximum(np.log1p(-p), floor)


def _softmax_parts(x):
    """The largest m of each row, and log Σ e^(x - m) without loss where one term is nearly all: log1p of the others' sum."""
    k = x.argmax(-1)[..., None]
    m = np.take_along_axis(x, k, -1)
    e = np.exp(x - m)
    np.put_along_axis(e, k, 0, -1)
    return m[..., 0], np.log1p(e.sum(-1))


def _softmax(x):
    e = np.exp(x - x.max(-1)[..., None])
    return e / e.sum(-1)[..., None]


def _log_softmax_loss_by_x(g, out, x, y):
    share = _softmax(x)
    k = y[..., None]
    np.put_along_axis(share, k, np.take_along_axis(share, k, -1) - 1, -1)
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


# --- lengths ---------------------------------------------------------------------------------------------------------------


def _norm_by_x(g, out, x, p):
    if p == np.inf:
        hit = np.abs(x) == out[..., None]
        return g[..., None] * np.sign(x) * hit / hit.sum(-1)[..., None]
    o = np.where(out == 0, 1, out)[..., None]
    return g[..., None] * np.sign(x) * (np.abs(x) / o) ** (p - 1)


@primitive(_norm_by_x, None)
def norm(x, p=2.0):
    """The p-norm over the last axis; its derivative at 0 is 0."""
    if p == 2:
        return np.sqrt(np.einsum("...i,...i->...", x, x))
    if p == np.inf:
        return np.abs(x).max(-1)
    return (np.abs(x) ** p).sum(-1) ** (1 / p)
