"""Distributions between two bounds: the mass between them and the CRPS, by Gauss and Legendre's rule, in which nothing cancels.

Each place is an offset from an anchor, the place between the bounds where the density is largest, and each density is relative to that
at the anchor. So bounds that are far in a tail, or near each other, lose no digits. Where −log of a density is above RANGE, nothing is
left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.numeric.quadrature import gauss_rule, panels, rising_rule
from losscli.numeric.steps import relu
from losscli.record import Record

__all__ = ["Curve", "bounded_crps", "bounded_t_nll", "logistic_curve", "normal_curve", "t_curve"]

RANGE, PANELS = 40.0, 5
STEEP = 12.0  # a coordinate y is c sinh θ, with dense nodes near the anchor; its largest size is STEEP c


class Curve(Record):
    """A density around its anchor, by a coordinate y, which is 0 there.

    `place` makes y of an offset, `offset` an offset of y; `most` is the largest |y| that matters; `mass` is the mass for each dy, up to a
    constant factor, and `length` is the length for each dy.
    """

    place: Callable[[Array], Array]
    offset: Callable[[Array], Array]
    most: Array
    mass: Callable[[Array], Array]
    length: Callable[[Array], Array]


def normal_curve(m: Array) -> Curve:
    """The density of a standard normal distribution whose anchor is at m."""
    most = 2 * RANGE / (np.hypot(m, float(np.sqrt(2 * RANGE))) + np.abs(m))
    return Curve(lambda o: o, lambda y: y, most, lambda y: np.exp(-y * (m[..., None] + y / 2)), lambda y: 1 + 0 * y)


def logistic_curve(m: Array) -> Curve:
    """The density of a standard logistic distribution whose anchor is at m."""
    a, most = np.abs(m), RANGE + 2 + 0 * m
    top = (1 + np.exp(-a))[..., None]
    mass = lambda y: np.exp(-np.abs(y)) * (top / (1 + np.exp(-a[..., None] - np.abs(y)))) ** 2
    return Curve(lambda o: o, lambda y: y, most, mass, lambda y: 1 + 0 * y)


def _far(x):
    """A number whose square is below the largest of the dtype."""
    return float(np.finfo(x.dtype).max) ** 0.5 / 1e4


def _sinh_place(m, root):
    """Of a place m and a width √ν: s, cosh s and tanh s with m = √ν sinh s; and the difference of s for an offset."""
    ratio = m / root
    wide, size = np.hypot(1.0, ratio), np.abs(ratio)

    def place(o):
        sign = np.where(o < 0, -1.0 + 0 * m, 1.0 + 0 * m)
        p = np.minimum(sign * o / root, _far(m))
        more = size + p
        return sign * np.log1p(p * (1 + (more + size) / (np.hypot(1.0, more) + wide)) / (size + wide))

    return np.arcsinh(ratio), wide, ratio / wide, place


def _cosh_ratio_log(y, tanh):
    """log(cosh(s + y) / cosh s), from tanh s."""
    return np.log1p(2 * np.sinh(y / 2) ** 2 + tanh * np.sinh(y))


def t_curve(m: Array, df: Array) -> Curve:
    """The density of Student's t distribution whose anchor is at m; its places are √ν sinh of s, and y is a difference of s."""
    root = np.sqrt(df)
    s, wide, tanh, place = _sinh_place(m, root)
    log_wide = RANGE / df + np.log(wide)
    most = log_wide + np.log1p(np.sqrt(-np.expm1(-2 * log_wide))) - np.abs(s)
    s1, tanh1, root1, df1 = s[..., None], tanh[..., None], root[..., None], df[..., None]
    return Curve(
        place,
        lambda y: root * (2 * np.sinh(y / 2) * np.cosh(s + y / 2)),
        most,
        lambda y: np.exp(-df1 * _cosh_ratio_log(y, tanh1)),
        lambda y: root1 * np.cosh(s1 + y),
    )


def _side(curve, scale, end, z):
    """Between two θ: the mass, and the integrals over the length of the mass up to there, and of its square."""
    mass, first, second = 0 * end, 0 * end, 0 * end
    weights, rising = gauss_rule()[1].astype(scale.dtype), rising_rule().astype(scale.dtype)
    for theta, half in panels(end, z, PANELS):
        y, step = scale[..., None] * np.sinh(theta), scale[..., None] * np.cosh(theta) * np.abs(half)[..., None]
        each = curve.mass(y) * step
        up_to = mass[..., None] + np.matmul(each[..., None, :], rising)[..., 0, :]
        length = curve.length(y) * step * weights
        first, second = first + (length * up_to).sum(-1), second + (length * up_to * up_to).sum(-1)
        mass = mass + (each * weights).sum(-1)
    return mass, first, second


class _Sides(Record):
    """The mass in all, and for both sides of the target: its two integrals, and the offset of the end."""

    mass: Any
    below: Any
    above: Any
    ends: Any


def _sides(curve, m, low, high, z):
    """What is between the offsets low ≤ 0 and high ≥ 0, on both sides of z."""
    y_low, y_high = np.maximum(curve.place(low), -curve.most), np.minimum(curve.place(high), curve.most)
    y = np.minimum(np.maximum(curve.place(z), y_low), y_high)
    scale = np.maximum(np.maximum(-y_low, y_high), float(np.finfo(m.dtype).tiny) * 1e8) / STEEP
    theta = [np.arcsinh(v / scale) for v in (y_low, y_high, y)]
    below, above = _side(curve, scale, theta[0], theta[2]), _side(curve, scale, theta[1], theta[2])
    mass = below[0] + above[0]
    return _Sides(np.where(mass > 0, mass, 1.0), below[1:], above[1:], (curve.offset(y_low), curve.offset(y_high)))


def _in_scales(offset, scale):
    """offset / scale, and a far place where that is infinite."""
    far, finite = _far(scale), np.abs(offset) < np.inf
    near = np.where(finite, np.where(finite, offset, 0.0) / scale, np.sign(offset) * far)
    return np.minimum(np.maximum(near, -far), far)


def _offsets(location, scale, target, lower, upper):
    """The anchor's place in scales; and the offsets of lower, upper and the target between them, in target units."""
    low, high = (0 * scale - np.inf if lower is None else lower), (0 * scale + np.inf if upper is None else upper)
    anchor = np.minimum(np.maximum(location, low), high)
    inside = np.minimum(np.maximum(target, low), high)
    return _in_scales(anchor - location, scale), low - anchor, high - anchor, inside - anchor, inside


def bounded_crps(curve: Callable[[Array], Curve], location: Array, scale: Array, target: Array, bounds: Any, masses: Any) -> Array:
    """∫ G² from the lower bound to the target + ∫ (1 − G)² from there to the upper one, plus the target's distance from the bounds.

    `masses` are L at the lower bound, w between the bounds and U at the upper one: G = L + w H, where H is the share of the density.
    """
    m, low, high, at, inside = _offsets(location, scale, target, *bounds)
    on_low, between, on_high = masses
    sides = _sides(curve(m), m, *(_in_scales(v, scale) for v in (low, high, at)))

    def part(on, length, saturated, integrals):
        """∫ (on + w H)² over a length, H being 1 over the last part of it."""
        first, second = (scale * v for v in integrals)
        curved = 2 * on * between * (first / sides.mass + saturated) + between**2 * (second / sides.mass / sides.mass + saturated)
        return on * on * np.where(on > 0, length, 0.0) + curved

    below = part(on_low, at - low, relu(at - scale * sides.ends[1]), sides.below)
    above = part(on_high, high - at, relu(scale * sides.ends[0] - at), sides.above)
    return np.abs(target - inside) + below + above


def bounded_t_nll(location: Array, scale: Array, df: Array, target: Array, lower: Any, upper: Any) -> Array:
    """−log of the density of Student's t distribution between two bounds, at a target between them."""
    m, low, high, at, _ = _offsets(location, scale, target, lower, upper)
    curve = t_curve(m, df)
    _, wide, tanh, place = _sinh_place(m, np.sqrt(df))
    sides = _sides(curve, m, *(_in_scales(v, scale) for v in (low, high, at)))
    return (
        np.log(scale) + np.log(df) / 2 + np.log(wide) + np.log(sides.mass) + (df + 1) * _cosh_ratio_log(place(_in_scales(at, scale)), tanh)
    )
