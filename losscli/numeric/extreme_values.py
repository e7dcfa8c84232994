"""The CRPS of generalized extreme values, by integrals over L = −log(−log F), in which nothing cancels for any shape."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np
from losscli.numeric.quadrature import integral
from losscli.numeric.steps import log1p_product_over, relu

__all__ = ["extreme_value_crps"]

MEDIAN = 0.36651292058166432701  # of L
RANGE, PANELS = 40.0, 6


def _place(shape, level):
    """(e^(shape L) − 1) / shape, and L for shape 0."""
    whole = np.where(shape == 0, 1.0, shape)
    return np.where(shape == 0, level + 0 * shape, np.expm1(whole * level) / whole)


def _low_bounds(shape, rate):
    """Between which L the function e^(shape L − rate e^−L) matters; it is largest at e^−L = −shape / rate."""
    tilt = relu(-shape)
    peak, wide = tilt / rate, np.sqrt(2 * RANGE * tilt) / rate
    return -np.log(peak + wide + RANGE), -np.log(np.maximum(peak - wide, float(np.exp(-MEDIAN))))


def _own(shape):
    """The score of the median: ∫ F² below it and ∫ (1 − F)² above it."""
    start, stop = _low_bounds(shape, 2)
    tilt = shape[..., None]
    below = integral(lambda v: np.exp(tilt * v - 2 * np.exp(-v)), start, stop, PANELS)
    median = MEDIAN + 0 * shape
    above = integral(lambda v: np.expm1(-np.exp(-v)) ** 2 * np.exp(tilt * v), median, median + RANGE / (2 - shape), PANELS)
    return below + above


def _beyond(shape, level):
    """∫ 1 − F from the median to a level above it, or ∫ F from a level below it to the median."""
    tilt, median = shape[..., None], MEDIAN + 0 * shape
    stop = np.minimum(np.maximum(level, MEDIAN), MEDIAN + RANGE / np.maximum(1 - shape, 0.02))
    above = integral(lambda v: -np.expm1(-np.exp(-v)) * np.exp(tilt * v), median, stop, PANELS)
    start, end = _low_bounds(shape, 1)
    start = np.minimum(np.maximum(level, start), end)
    return above + integral(lambda v: np.exp(tilt * v - np.exp(-v)), start, end, PANELS)


def extreme_value_crps(shape: Array, z: Array) -> Array:
    """The score of a standard generalized extreme value distribution with a shape below 1, at z."""
    edge = -1 / np.where(shape == 0, 1.0, shape)
    inside = np.where(shape > 0, np.maximum(z, edge), np.where(shape < 0, np.minimum(z, edge), z))
    reach = np.where(shape == 0, inside, shape * inside)
    at_edge = (shape != 0) & (reach <= -1)
    level = np.where(at_edge, np.where(shape > 0, -np.inf, np.inf + 0 * shape), log1p_product_over(shape, np.where(at_edge, 0.0, inside)))
    return np.abs(z - inside) + _own(shape) + np.abs(inside - _place(shape, MEDIAN)) - 2 * _beyond(shape, level)
