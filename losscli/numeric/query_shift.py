"""The shift of the logits of a query with which they fit its labels best."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.steps import expit

__all__ = ["query_shift"]

# Halvings bring the shift within 3·10⁻⁶ of the best one; from there two steps of Newton's method leave an error below 10⁻²³.
_HALVINGS, _STEPS = 24, 2


def _by_shift(x: Array, t: Array, is_item: Array, shift: Array) -> tuple[Array, Array]:
    """The derivative of the log-likelihood by the shift of a query, and minus its second derivative."""
    z = x + shift[..., None]
    p, q = expit(z), expit(-z)
    return np.where(is_item, t * q - (1 - t) * p, 0.0).sum(-1), np.where(is_item, p * q, 0.0).sum(-1)


# No derivatives: the shift is the best one, so that a small change of it does not change the likelihood.
@primitive(None, None, None, None)
def query_shift(x: Array, t: Array, is_item: Array, most: float) -> Array:
    """The shift s from −most to most with the least cross-entropy of the items' logits x + s with their labels t."""
    low, high = x.sum(-1) * 0 - most, x.sum(-1) * 0 + most
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rises = _by_shift(x, t, is_item, middle)[0] > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    shift = (low + high) / 2
    for _ in range(_STEPS):
        slope, curvature = _by_shift(x, t, is_item, shift)
        shift = np.minimum(np.maximum(shift + slope / np.maximum(curvature, 1e-300), low), high)
    return shift
