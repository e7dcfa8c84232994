"""Rules: the derivatives of NumPy's ufuncs, and helpers for the derivatives of other NumPy functions.

A rule takes (g, out, *arguments): the cotangent of the output, the output, and the arguments. It returns the cotangent of one argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from losscli.fusion.tracing import Traced
from losscli.numeric.sums import SHORT_AXIS

__all__ = ["CONSTANT", "CONSTANT_UFUNCS", "UFUNCS", "Rule", "fold", "scatter", "scatter_along", "spread"]

Rule = Callable[..., Any]


def _where_tied(first: Any, tied: Any) -> Any:
    """1 for the argument that is chosen, ½ where both are equal: they share the derivative, as in torch."""
    return np.where(tied, 0.5, first)


def _quotient_by_divisor(g: Any, out: Any, x: Any, y: Any) -> Any:
    by_divisor = -g * out / y
    return by_divisor if np.ndim(y) else np.where(g == 0, 0, by_divisor)  # a score of −inf, whose g is 0, is divided by a temperature


def _power_by_base(g: Any, out: Any, x: Any, y: Any) -> Any:
    if np.ndim(y) == 0 and y == 2:
        return 2 * g * x
    return np.where((x == 0) & (y < 1), 0, g * y * x ** np.where(y == 0, 1, y - 1))  # 0 at 0, as the root


def _power_by_exponent(g: Any, out: Any, x: Any, y: Any) -> Any:
    by_exponent = g * out * np.log(np.where(x > 0, x, 1))
    return by_exponent if np.ndim(y) else np.where(g == 0, 0, by_exponent)  # a similarity below 0 that is left out


def _matmul_by_left(g: Any, out: Any, x: Any, y: Any) -> Any:
    if np.ndim(y) == 1:
        return np.expand_dims(g, -1) * y
    return (g[..., None, :] @ y.swapaxes(-1, -2))[..., 0, :] if np.ndim(x) == 1 else g @ y.swapaxes(-1, -2)


def _matmul_by_right(g: Any, out: Any, x: Any, y: Any) -> Any:
    if np.ndim(x) == 1:
        return x[:, None] * g[..., None, :] if np.ndim(y) > 1 else x * g
    return (x.swapaxes(-1, -2) @ g[..., None])[..., 0] if np.ndim(y) == 1 else x.swapaxes(-1, -2) @ g


UFUNCS: dict[Any, tuple[Rule, ...]] = {
    np.add: (lambda g, o, x, y: g, lambda g, o, x, y: g),
    np.subtract: (lambda g, o, x, y: g, lambda g, o, x, y: -g),
    np.multiply: (lambda g, o, x, y: g * y, lambda g, o, x, y: g * x),
    np.divide: (lambda g, o, x, y: g / y, _quotient_by_divisor),
    np.power: (_power_by_base, _power_by_exponent),
    np.float_power: (_power_by_base, _power_by_exponent),
    np.positive: (lambda g, o, x: g,),
    np.negative: (lambda g, o, x: -g,),
    np.absolute: (lambda g, o, x: g * np.sign(x),),
    np.fabs: (lambda g, o, x: g * np.sign(x),),
    np.square: (lambda g, o, x: 2 * g * x,),
    np.reciprocal: (lambda g, o, x: -g * o * o,),
    np.sqrt: (lambda g, o, x: g * 0.5 / np.where(o == 0, np.inf, o),),  # 0 at 0
    np.cbrt: (lambda g, o, x: g / (3 * np.where(o == 0, np.inf, o) ** 2),),
    np.exp: (lambda g, o, x: g * o,),
    np.exp2: (lambda g, o, x: g * o * np.log(2),),
    np.expm1: (lambda g, o, x: g * (o + 1),),
    np.log: (lambda g, o, x: g / x,),
    np.log2: (lambda g, o, x: g / (x * np.log(2)),),
    np.log10: (lambda g, o, x: g / (x * np.log(10)),),
    np.log1p: (lambda g, o, x: g / (1 + x),),
    np.radians: (lambda g, o, x: g * (np.pi / 180),),
    np.degrees: (lambda g, o, x: g * (180 / np.pi),),
    np.deg2rad: (lambda g, o, x: g * (np.pi / 180),),
    np.rad2deg: (lambda g, o, x: g * (180 / np.pi),),
    np.sin: (lambda g, o, x: g * np.cos(x),),
    np.cos: (lambda g, o, x: -g * np.sin(x),),
    np.tan: (lambda g, o, x: g * (1 + o * o),),
    np.arcsin: (lambda g, o, x: g / np.sqrt(1 - x * x),),
    np.arccos: (lambda g, o, x: -g / np.sqrt(1 - x * x),),
    np.arctan: (lambda g, o, x: g / (1 + x * x),),
    np.arctan2: (lambda g, o, y, x: g * x / (x * x + y * y), lambda g, o, y, x: -g * y / (x * x + y * y)),
    np.sinh: (lambda g, o, x: g * np.cosh(x),),
    np.cosh: (lambda g, o, x: g * np.sinh(x),),
    np.tanh: (lambda g, o, x: g * (1 - o * o),),
    np.arcsinh: (lambda g, o, x: g / np.sqrt(x * x + 1),),
    np.arccosh: (lambda g, o, x: g / np.sqrt(x * x - 1),),
    np.arctanh: (lambda g, o, x: g / (1 - x * x),),
    np.hypot: (lambda g, o, x, y: g * x / np.where(o == 0, 1, o), lambda g, o, x, y: g * y / np.where(o == 0, 1, o)),
    np.maximum: (lambda g, o, x, y: g * _where_tied(x > y, x == y), lambda g, o, x, y: g * _where_tied(y > x, x == y)),
    np.minimum: (lambda g, o, x, y: g * _where_tied(x < y, x == y), lambda g, o, x, y: g * _where_tied(y < x, x == y)),
    np.logaddexp: (lambda g, o, x, y: g * np.exp(x - o), lambda g, o, x, y: g * np.exp(y - o)),
    np.matmul: (_matmul_by_left, _matmul_by_right),
}
CONSTANT_UFUNCS = {
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.sign, np.floor, np.ceil, np.rint, np.trunc,
    np.isfinite, np.isnan, np.isinf, np.signbit, np.logical_and, np.logical_or, np.logical_not, np.heaviside, np.floor_divide,
}  # fmt: skip
CONSTANT = {
    np.shape, np.ndim, np.size, np.argsort, np.argmax, np.argmin, np.zeros_like, np.ones_like, np.round, np.searchsorted,
    np.result_type, np.isclose, np.allclose, np.array_equal, np.any, np.all, np.count_nonzero, np.nonzero, np.flatnonzero,
}  # fmt: skip


def spread(g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """g repeated along the reduced axes of x."""
    return np.broadcast_to(g if axis is None or keepdims else np.expand_dims(g, axis), x.shape)


def scatter(g: Any, x: Any, index: Any) -> Any:
    """Zeros in the shape of x with g at the index. Where the index has a place twice, both are added."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) == 2 and parts[0] is Ellipsis:
        if parts[1] is None:
            return g[..., 0]
        if isinstance(parts[1], int) and parts[1] == 0 and x.shape[-1] == 1:
            return g[..., None]
    z = np.zeros(x.shape, np.result_type(g))
    if all(i is None or i is Ellipsis or isinstance(i, slice | int | np.integer) for i in parts):
        z[index] = g
    else:
        np.add.at(z, index, g)
    return z


def scatter_along(g: Any, x: Any, indices: Any, axis: int) -> Any:
    """`scatter` for the indices of take_along_axis."""
    z = np.zeros_like(x, np.result_type(g))
    if indices.shape[axis] == 1:  # one index along the axis: no place occurs twice
        np.put_along_axis(z, indices, g, axis)
        return z
    lanes: list[Any] = list(np.ogrid[tuple(map(slice, indices.shape))])
    lanes[axis] = indices
    np.add.at(z, tuple(lanes), g)
    return z


def fold(g: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of an argument that was broadcast: g summed over the axes that the argument did not have."""
    g = g if isinstance(g, Traced) else np.asarray(g)
    if g.shape == shape:
        return g
    g = g.sum(tuple(range(g.ndim - len(shape))))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1)
    if isinstance(g, np.ndarray) and axes == (g.ndim - 1,) and g.shape[-1] <= SHORT_AXIS:
        g = np.moveaxis(np.ascontiguousarray(np.moveaxis(g, -1, 0)), 0, -1)  # so that the sum has one order for any memory layout
    g = g.sum(axes, keepdims=True)
    return np.broadcast_to(g, shape)
