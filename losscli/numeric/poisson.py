"""The Poisson loss, also near its minimum: it crosses 0 there, and its two large terms cancel."""

from __future__ import annotations

from losscli.numeric.distances import exact_product
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive, where
from losscli.numeric.special import tweedie_unit_deviance
from losscli.numeric.steps import xlogy

__all__ = ["poisson_excess_of_rate", "poisson_nll_of_log_rate", "poisson_nll_of_rate"]

E, REST_OF_E = 2.7182818284590452, 1.4456468917292502e-16  # e is the sum of the two
LARGE = 1e290  # the exact product of larger numbers overflows


@primitive(lambda g, out, x, t: g * (np.exp(x) - t), lambda g, out, x, t: -g * x)
def poisson_nll_of_log_rate(x: Array, t: Array) -> Array:
    """e^x − t x; where it cancels, from the exact product, and near x = 1 from e and e^x − e, since the least value for t = e is 0."""
    e = np.exp(x)
    value = e - t * x
    product, error = exact_product(t, x)
    near = np.abs(x - 0.97) < 0.28  # from log 2 on, where a float next to e^x is twice as far as below
    above_e = REST_OF_E + E * np.expm1(where(near, x - 1, 0.0))
    exact = (where(near, E, e) - product) + (where(near, above_e, 0.0) - error)
    return where((np.abs(value) < e / 4) & (e < LARGE), exact, value)


def _rate_by_x(g, out, x, t, eps):
    m = x + eps
    return g * np.where(m == 0, 1 - t, ((x - t) + eps) / np.where(m == 0, 1, m))


@primitive(_rate_by_x, lambda g, out, x, t, eps: -g * np.log(np.where(x + eps > 0, x + eps, 1)), None)
def poisson_nll_of_rate(x: Array, t: Array, eps: float) -> Array:
    """x − t log m, m = x + ε, and x where t = 0; where it cancels, from the exact product, and near m = e from log m = 1 + log(m / e)."""
    m = x + eps
    value = x - xlogy(t, m)
    off = ((m - E) - REST_OF_E) / E
    near = np.abs(off) < 0.25
    product, error = exact_product(t, np.log(where(m > 0, m, 1.0)))
    exact = where(near, (x - t) - t * np.log1p(where(near, off, 0.0)), (x - product) - error)
    return where((np.abs(value) < x / 4) & (x < LARGE), exact, value)


@primitive(_rate_by_x, lambda g, out, x, t, eps: g * (np.log(t) - np.log(x + eps)), None)
def poisson_excess_of_rate(x: Array, t: Array, eps: float) -> Array:
    """x − t log(x + ε) + t log t − t for t > 0: the excess over the minimum, in which nothing cancels."""
    return tweedie_unit_deviance(x + eps, t, 1) / 2 - eps
