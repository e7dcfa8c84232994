"""Norms of vectors, and distances and angles between vectors."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.scaling import all_true, in_safe_range, power_of_two_scale
from losscli.numeric.steps import xlogy

__all__ = ["cdist", "exact_product", "l2_normalize", "lp_cdist", "lp_normalize", "norm", "one_minus_cosine", "snr_distances"]


def _norm_by_x(g, out, x, p=2.0):
    if p == np.inf:
        largest = np.abs(x) == out[..., None]
        return g[..., None] * np.sign(x) * largest / largest.sum(-1)[..., None]
    o = np.where(out == 0, 1, out)[..., None]
    return g[..., None] * np.sign(x) * (np.abs(x) / o) ** (p - 1)


def _norm_by_p(g, out, x, p=2.0):
    share = np.abs(x) / np.where(out == 0, 1, out)[..., None]
    return (g * out * xlogy.__wrapped__(share**p, share).sum(-1) / p).sum()


@primitive(_norm_by_x, _norm_by_p)
def norm(x: Array, p: float = 2.0) -> Array:
    """‖x‖_p = (Σ |x|^p)^(1/p) over the last axis, with gradient 0 at 0.

    Where a power would overflow or underflow, x is first divided by a power of two near its largest number.
    """
    if p == np.inf:
        return np.abs(x).max(-1)
    powers = (x * x if p == 2 else np.abs(x) ** p).sum(-1)
    direct = np.sqrt(powers) if p == 2 else powers ** (1 / p)
    safe = in_safe_range(powers)
    if all_true(safe):
        return direct
    largest = np.abs(x).max(-1)
    scale = np.where(safe, 1.0, power_of_two_scale(largest))
    return np.where(safe | (largest == 0), direct, scale * ((np.abs(x) / scale[..., None]) ** p).sum(-1) ** (1 / p))


def l2_normalize(x: Array, eps: float = 1e-12) -> Array:
    """x / max(‖x‖₂, eps) over the last axis, as torch.nn.functional.normalize."""
    return x / np.maximum(norm(x, 2.0)[..., None], eps)


def lp_normalize(x: Array, p: float = 2.0, eps: float = 1e-12) -> Array:
    """x / max(‖x‖_p, eps) over the last axis."""
    return l2_normalize(x, eps) if p == 2 else x / np.maximum(norm(x, p)[..., None], eps)


# --- 1 − cosine --------------------------------------------------------------------------------------------------------------

_SPLIT = 2.0**27 + 1  # Veltkamp's constant: splits the 53 bits of a float64 in two halves


def exact_product(a, b):
    """a b and its rounding error, whose sum is exact (Dekker 1971)."""
    product = a * b
    (a1, a2), (b1, b2) = ((s - (s - x), x - (s - (s - x))) for x, s in ((a, a * _SPLIT), (b, b * _SPLIT)))
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def _one_minus_cosine_of_small_angle(x, y):
    """1 − cos = sin² / (1 + cos). The sine is the length of y without its projection on x, which is subtracted twice for accuracy."""
    x, y = (v / power_of_two_scale(np.abs(v).max(-1))[..., None] for v in (x, y))
    squared = (x * x).sum(-1)
    product, error = exact_product(np.broadcast_to(((x * y).sum(-1) / squared)[..., None], x.shape), x)
    rejection = (y - product) - error
    rejection = rejection - ((rejection * x).sum(-1) / squared)[..., None] * x
    sine = (rejection * rejection).sum(-1) / (y * y).sum(-1)
    return sine / (1 + np.sqrt(1 - sine))


def _padded_norm(x, eps):
    """√(‖x‖² + eps)."""
    return np.hypot(norm(x), eps**0.5) if eps else norm(x)


def _one_minus_cosine_by_x(g, out, x, y, eps):
    a, b = _padded_norm(x, eps)[..., None], _padded_norm(y, eps)[..., None]
    u, difference = x / a, x / a - y / b
    return g[..., None] * (difference - ((difference * u).sum(-1)[..., None] + eps / a / a) * u) / a


@primitive(_one_minus_cosine_by_x, lambda g, out, x, y, eps: _one_minus_cosine_by_x(g, out, y, x, eps), None)
def one_minus_cosine(x: Array, y: Array, eps: float) -> Array:
    """1 − x·y / √((‖x‖² + eps) (‖y‖² + eps)) over the last axis.

    It is computed as half the squared distance of the unit vectors, and for small angles from the sine, so that nothing cancels.
    """
    a, b = _padded_norm(x, eps), _padded_norm(y, eps)
    value = ((x / a[..., None] - y / b[..., None]) ** 2).sum(-1)
    value = (value + eps / a / a + eps / b / b) / 2 if eps else value / 2
    small = value < 0.002
    if all_true(~small):
        return value
    x, y = x[small], y[small]
    shrinkage = -np.expm1(-sum(np.log1p(eps / n / n) / 2 for n in (norm(x), norm(y))))
    value[small] = _one_minus_cosine_of_small_angle(x, y) * (1 - shrinkage) + shrinkage
    return value


# --- all pairwise distances ----------------------------------------------------------------------------------------------------

_NEAR = 0.05  # times ‖x‖² + ‖y‖²: a smaller squared distance is computed from x − y, because the expanded square would cancel
_CHUNK = 2**20  # numbers of the differences that are in memory at a time


def _near_pairs(x, y, squared):
    """The pairs of rows that are near each other, in chunks: their indices in x, their indices in y, and their differences x − y."""
    rows, columns = np.nonzero(squared < _NEAR * ((x * x).sum(-1)[:, None] + (y * y).sum(-1)))
    step = max(1, _CHUNK // max(1, x.shape[-1]))
    for k in range(0, len(rows), step):
        i, j = rows[k : k + step], columns[k : k + step]
        yield i, j, x[i] - y[j]


def _cdist_by(of_x):
    def gradient(g, out, x, y):
        ratio, near = g / np.where(out == 0, np.inf, out), np.zeros_like(x if of_x else y)
        for i, j, difference in _near_pairs(x, y, out * out):
            np.add.at(near, i if of_x else j, (ratio[i, j] if of_x else -ratio[i, j])[:, None] * difference)
            ratio[i, j] = 0
        return near + (ratio.sum(1)[:, None] * x - ratio @ y if of_x else ratio.sum(0)[:, None] * y - ratio.T @ x)

    return gradient


def cdist(x: Array, y: Array) -> Array:
    """The Euclidean distances ‖x_i − y_j‖ of n rows of x from m rows of y, of shape (n, m); the gradient is 0 where a distance is 0."""
    scale: Array | float = 1.0
    for a in (x, y):
        a = np.abs(getattr(a, "value", a))
        largest = a.max(initial=0)
        scale = np.maximum(scale, power_of_two_scale(largest) if largest > 1e150 else 1.0)
    return _cdist(x, y) if scale == 1 else scale * _cdist(x / scale, y / scale)


@primitive(_cdist_by(True), _cdist_by(False))
def _cdist(x, y):
    squared = np.maximum((x * x).sum(-1)[:, None] + (y * y).sum(-1) - 2 * (x @ y.T), 0)
    for i, j, difference in _near_pairs(x, y, squared):
        squared[i, j] = (difference * difference).sum(-1)
    return np.sqrt(squared)


def lp_cdist(x: Array, y: Array, p: float) -> Array:
    """The distances ‖x_i − y_j‖_p of n rows of x from m rows of y, of shape (n, m); the gradient is 0 where a distance is 0."""
    return cdist(x, y) if p == 2 else _lp_cdist(x, y, p)


def _columns(x, y):
    """The differences x_i − y_j of each column: n m numbers at a time, not n m D."""
    return (x[:, k, None] - y[:, k] for k in range(x.shape[-1]))


def _lp_cdist_by(of_x):
    def gradient(g, out, x, y, p):
        gradient = np.zeros_like(x if of_x else y)
        nearest = np.where(out == 0, 1, out)
        ties = np.maximum(sum(np.abs(d) == out for d in _columns(x, y)), 1) if p == np.inf else 1
        for k, d in enumerate(_columns(x, y)):
            share = (np.abs(d) == out) / ties if p == np.inf else (np.abs(np.where(d == 0, 1, d)) / nearest) ** (p - 1) if p != 1 else 1.0
            by_column = g * np.sign(d) * np.where(out == 0, 0, share)
            gradient[:, k] = by_column.sum(1) if of_x else -by_column.sum(0)
        return gradient

    return gradient


@primitive(_lp_cdist_by(True), _lp_cdist_by(False), None)
def _lp_cdist(x, y, p):
    largest = np.zeros((len(x), len(y)), x.dtype)
    for d in _columns(x, y):
        np.maximum(largest, np.abs(d), out=largest)
    if p == np.inf:
        return largest
    scale = power_of_two_scale(largest)  # so that no power overflows or underflows
    return scale * sum((np.abs(d) / scale) ** p for d in _columns(x, y)) ** (1 / p)


def snr_distances(x: Array, y: Array) -> Array:
    """Var(x_i − y_j) / Var(x_i) of n rows of x and m rows of y, of shape (n, m); the variances are over the numbers of a row."""
    x, y = (v - v.mean(-1)[:, None] for v in (x, y))
    return (cdist(x, y) / norm(x)[:, None]) ** 2
