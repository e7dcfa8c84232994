"""Distances of pixels to the nearest pixel of a mask, and the morphology of soft masks."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.steps import relu
from losscli.numeric.windows import bordered

__all__ = ["distance_field", "signed_distance", "soft_skeleton"]


def distance_to(mask: Array, dims: int) -> Array:
    """The Euclidean distance of each pixel to the nearest pixel of a mask of its image (the last `dims` axes); infinite without one."""
    squares = np.where(mask, 0.0, np.inf)
    for axis in range(-dims, 0):  # exact, axis by axis: the least of the squares at k pixels' distance plus k²
        x = np.moveaxis(squares, axis, -1)
        least = x.copy()
        for k in range(1, x.shape[-1]):
            np.minimum(least[..., k:], x[..., :-k] + k * k, out=least[..., k:])
            np.minimum(least[..., :-k], x[..., k:] + k * k, out=least[..., :-k])
        squares = np.moveaxis(least, -1, axis)
    return np.sqrt(squares)


@primitive(None, None)
def distance_field(x: Array, dims: int) -> Array:
    """The distance of each pixel to the nearest one on the other side of ½; 0 in an image with one side only. It has no derivative."""
    inside = np.asarray(x > 0.5, bool)
    field = np.where(inside, distance_to(~inside, dims), distance_to(inside, dims))
    return np.where(np.isfinite(field), field, 0.0).astype(x.dtype)


@primitive(None, None)
def signed_distance(x: Array, dims: int) -> Array:
    """The distance to the mask outside it, 1 − the distance to the background inside it; 0 without a border. It has no derivative."""
    inside = np.asarray(x > 0.5, bool)
    field = np.where(inside, 1 - distance_to(~inside, dims), distance_to(inside, dims))
    return np.where(np.isfinite(field), field, 0.0).astype(x.dtype)


def _of_three(x: Array, axis: int, pick: object) -> Array:
    """The least or the largest of each number and its two neighbours along an axis."""
    x = np.moveaxis(x, axis, -1)
    x = bordered(x, 1, 1, "edge", 1)
    return np.moveaxis(pick(pick(x[..., :-2], x[..., 1:-1]), x[..., 2:]), -1, axis)  # type: ignore[operator]


def _eroded(x: Array, dims: int) -> Array:
    parts = [_of_three(x, axis, np.minimum) for axis in range(-dims, 0)]
    for part in parts[1:]:
        parts[0] = np.minimum(parts[0], part)
    return parts[0]


def _opened(x: Array, dims: int) -> Array:
    x = _eroded(x, dims)
    for axis in range(-dims, 0):
        x = _of_three(x, axis, np.maximum)
    return x


def soft_skeleton(x: Array, iterations: int, dims: int) -> Array:
    """The skeleton of a soft mask: what opening removes, in the mask and after each of some erosions."""
    skeleton = relu(x - _opened(x, dims))
    for _ in range(iterations):
        x = _eroded(x, dims)
        delta = relu(x - _opened(x, dims))
        skeleton = skeleton + relu(delta - skeleton * delta)
    return skeleton
