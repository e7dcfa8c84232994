"""Integrals by rules with fixed nodes, whose derivatives follow from those of the integrand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from losscli.numeric.lazy import Array, np

__all__ = ["NODES", "gauss_rule", "integral", "integral_over_all", "panels", "rising_rule"]

NODES = 24
ALL_NODES, ALL_REACH = 201, 4.4  # sinh of the reach is the range of −log of the integrand, 40


@cache
def gauss_rule() -> tuple[Array, Array]:
    """Gauss and Legendre's nodes from −1 to 1, and their weights."""
    return np.polynomial.legendre.leggauss(NODES)


@cache
def rising_rule() -> Array:
    """The matrix by which the values at the nodes become their integrals from −1 to each node."""
    x, w = gauss_rule()
    p = np.polynomial.legendre.legvander(x, NODES)
    rising = [x + 1] + [p[:, n + 1] - p[:, n - 1] for n in range(1, NODES)]
    return np.sum([np.outer(w / 2 * p[:, n], rising[n]) for n in range(NODES)], axis=0)


def panels(start: Array, stop: Array, count: int) -> Iterator[tuple[Array, Array]]:
    """The nodes of each of `count` panels from `start` to `stop`, on a last axis, and half of the length of a panel (with its sign)."""
    half = (stop - start) / (2 * count)
    nodes = gauss_rule()[0].astype(half.dtype)
    for k in range(count):
        yield start[..., None] + half[..., None] * (nodes + (2 * k + 1)), half


def integral(f: Callable[[Array], Array], start: Array, stop: Array, count: int = 4) -> Array:
    """∫ f from `start` to `stop`; f takes an array with the nodes on its last axis."""
    total = 0 * start
    for nodes, half in panels(start, stop, count):
        total = total + half * (f(nodes) * gauss_rule()[1].astype(half.dtype)).sum(-1)
    return total


def integral_over_all(f: Callable[[Array], Array], centre: Array) -> Array:
    """∫ f over all numbers, where f falls as e^−|v| on both sides of the centre, or faster: steps of sinh are equal."""
    total, step = 0 * centre, 2 * ALL_REACH / (ALL_NODES - 1)
    for k in range(ALL_NODES):
        u = (k - ALL_NODES // 2) * step
        total = total + f(centre + float(np.sinh(u))) * float(step * np.cosh(u))
    return total
