"""Lengths of vectors, angles and distances between them."""

from __future__ import annotations

from losscli.numeric.lazy import np
from losscli.numeric.primitive import primitive
from losscli.numeric.scaling import always, lossless, unit_of

__all__ = ["cdist", "l2_normalize", "norm"]


def _norm_by_x(g, out, x, p=2.0):
    if p == np.inf:
        hit = np.abs(x) == out[..., None]
        return g[..., None] * np.sign(x) * hit / hit.sum(-1)[..., None]
    o = np.where(out == 0, 1, out)[..., None]
    return g[..., None] * np.sign(x) * (np.abs(x) / o) ** (p - 1)


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
    normalize = np.where(held, 1.0, unit_of(largest))
    return np.where(held | (largest == 0), plain, normalize * ((np.abs(x) / normalize[..., None]) ** p).sum(-1) ** (1 / p))


def l2_normalize(x, least=1e-12):
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


def cdist(x, y):
    """The Euclidean distance of each row of x from each row of y; its derivative at 0 is 0."""
    normalize = 1.0
    for a in (x, y):
        a = np.abs(getattr(a, "value", a))
        largest = a.max(initial=0)
        normalize = np.maximum(normalize, unit_of(largest) if largest > 1e150 else 1.0)
    return _cdist(x, y) if normalize == 1 else normalize * _cdist(x / normalize, y / normalize)


@primitive(_distances_by(True), _distances_by(False))
def _cdist(x, y):
    squared = np.maximum((x * x).sum(-1)[:, None] + (y * y).sum(-1) - 2 * (x @ y.T), 0)
    for i, j, apart in _near_pairs(x, y, squared):
        squared[i, j] = (apart * apart).sum(-1)
    return np.sqrt(squared)
