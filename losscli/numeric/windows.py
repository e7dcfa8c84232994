"""Windows that move over images: weights, means and variances within a window, borders, and blocks of pixels.

The variance within a window is a weighted sum of squares of differences, axis by axis, so that nothing cancels. In the derivatives g is
the gradient with respect to the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import plain_float, primitive
from losscli.numeric.scaling import power_of_two_scale

__all__ = [
    "average_blocks",
    "bordered",
    "bounded",
    "gaussian_weights",
    "image_scale",
    "window_covariance",
    "window_mean",
    "window_moments",
    "window_variance",
    "zero_bordered",
]


def gaussian_weights(size: int, sigma: float) -> tuple[float, ...]:
    """The weights of a Gaussian window, with the sum 1."""
    sigma = float(sigma)  # its derivative is by differences
    w = np.exp(-(((np.arange(size) - (size - 1) / 2) / sigma) ** 2) / 2)
    w = w / w.sum()
    return w if hasattr(w, "record") else tuple(w.tolist())  # while a derivative by sigma is asked for: window_mean says it has none


@primitive(None, None, None, None)
def image_scale(x: Array, y: Array, least: float, dims: int) -> Array:
    """A power of two near the largest number of an image (its last `dims` axes) in x and y, or near `least` if that is larger."""
    largest = np.maximum(abs(x), abs(y)).max(tuple(range(-dims, 0)), keepdims=True)
    return power_of_two_scale(np.maximum(largest, least))


def bounded(x: Array, y: Array, data_range: Any) -> tuple[Array, Array, Any]:
    """Two images and the range of their values. With two numbers for the range, the images are bounded to them first."""
    if np.ndim(data_range) == 0:
        return x, y, data_range
    low, high = plain_float(data_range[0]), plain_float(data_range[1])
    x, y = (np.where(z < low, low, np.where(z > high, high, z)) for z in (x, y))
    return x, y, high - low


def _at(x: Array, axis: int, first: int, size: int) -> Array:
    """A view of `size` numbers along an axis, counted from its end (-1, -2, …)."""
    index: tuple[Any, ...] = (..., slice(first, first + size), *(slice(None),) * (-1 - axis))
    return x[index]


def _moved_back(terms: Sequence[Array], shape: tuple[int, ...], axis: int) -> Array:
    """The sum of terms, of which the k-th belongs k numbers further along the axis of an array of this shape."""
    total = np.zeros(shape, terms[0].dtype)
    for k, term in enumerate(terms):
        part = _at(total, axis, k, term.shape[axis])
        part += term
    return total


def _window_mean_by_x(g, out, x, weights, axis):
    return _moved_back([w * g for w in weights], x.shape, axis)


@primitive(_window_mean_by_x, None, None)
def window_mean(x: Array, weights: Sequence[float], axis: int) -> Array:
    """The weighted mean within a window that moves along an axis and stays inside; out[i] = Σ_k w_k x[i + k]."""
    size = x.shape[axis] - len(weights) + 1
    total = weights[0] * _at(x, axis, 0, size)
    for k in range(1, len(weights)):
        total += weights[k] * _at(x, axis, k, size)
    return total


def _window_variance_by_v(g, out, v, *others):
    *_, weights, axis = others
    return _moved_back([w * g for w in weights], v.shape, axis)


def _window_variance_by_x(g, out, v, x, *others):
    mean, weights, axis = others
    size = mean.shape[axis]
    return _moved_back([2 * w * g * (_at(x, axis, k, size) - mean) for k, w in enumerate(weights)], x.shape, axis)


@primitive(_window_variance_by_v, _window_variance_by_x, None, None, None)
def window_variance(v: Array, x: Array, mean: Array, weights: Sequence[float], axis: int) -> Array:
    """The weighted variance within a window along an axis, of values whose mean is x and whose variance is v (the law of total variance).

    out[i] = Σ_k w_k (v[i + k] + (x[i + k] − mean[i])²), mean = window_mean(x). A change of the mean alone changes nothing.
    """
    size = mean.shape[axis]
    total = np.zeros_like(mean)
    for k, w in enumerate(weights):
        total += w * (_at(v, axis, k, size) + (_at(x, axis, k, size) - mean) ** 2)
    return total


def window_moments(x: Array, weights: Sequence[float], dims: int) -> tuple[Array, Array]:
    """The mean and the variance of x within a window over the last `dims` axes."""
    variance = np.zeros(x.shape, x.dtype)
    for axis in range(-dims, 0):
        mean = window_mean(x, weights, axis)
        variance, x = window_variance(variance, x, mean, weights, axis), mean
    return x, variance


def window_covariance(x: Array, y: Array, weights: Sequence[float], dims: int) -> Array:
    """The covariance of two images within a window over the last `dims` axes, axis by axis as the variance is."""
    total: Any = 0.0
    for axis in range(-dims, 0):
        mean_x, mean_y = window_mean(x, weights, axis), window_mean(y, weights, axis)
        size, before, total = mean_x.shape[axis], total, 0.0
        for k, w in enumerate(weights):
            product = (_at(x, axis, k, size) - mean_x) * (_at(y, axis, k, size) - mean_y)
            total = total + w * (product if np.ndim(before) == 0 else _at(before, axis, k, size) + product)
        x, y = mean_x, mean_y
    return total


def bordered(x: Array, before: int, after: int, mode: str, dims: int) -> Array:
    """x with more numbers before and after each of its last `dims` axes, as np.pad(mode) gives them."""
    for axis in range(-dims, 0):
        x = np.take(x, np.pad(np.arange(x.shape[axis]), (before, after), mode), axis)  # type: ignore[call-overload]
    return x


def zero_bordered(x: Array, width: int, dims: int) -> Array:
    """x with zeros before and after each of its last `dims` axes."""
    for axis in range(x.ndim - dims, x.ndim):
        shape = list(x.shape)
        shape[axis] = width
        zeros = np.zeros(shape, x.dtype)
        x = np.concatenate([zeros, x, zeros], axis)
    return x


def average_blocks(x: Array, side: int, dims: int) -> Array:
    """The mean of each block of side × side numbers (dims axes); a rest at the end of an axis is left out."""
    for axis in range(-dims, 0):
        size = x.shape[axis] // side
        x = np.moveaxis(x, axis, -1)[..., : size * side]
        x = np.moveaxis(x.reshape(*x.shape[:-1], size, side).mean(-1), -1, axis)
    return x
