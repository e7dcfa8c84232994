"""Special functions and steps of distributions against mpmath, over the whole range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import losscli
from losscli.numeric import error_function, incomplete, normal, primitive, special, steps

pytestmark = pytest.mark.filterwarnings("ignore:overflow", "ignore:divide", "ignore:invalid")  # as the engine has it
RNG = np.random.default_rng(0)
ULP = 2.0**-52


def wide(low: float, high: float, n: int = 200) -> Any:
    """Numbers of all sizes between two powers of ten."""
    return 10.0 ** RNG.uniform(low, high, n)


def near(x: Any) -> Any:
    """Numbers that agree with x to any number of digits."""
    return x * (1 + RNG.choice([-1, 1], np.shape(x)) * 10.0 ** RNG.uniform(-15, -1, np.shape(x)))


def either_sign(x: Any) -> Any:
    return x * RNG.choice([-1, 1], x.shape)


POSITIVE = np.concatenate([wide(-300, 300), wide(-3, 3), RNG.uniform(0.3, 12, 400), near(np.full(100, 1.0)), near(np.full(100, 2.0))])
ROOT = np.concatenate([POSITIVE, near(np.full(100, 1.4616321449683622))])
MEAN, TARGET = wide(-3, 3), wide(-3, 3)
MEAN, TARGET = np.concatenate([MEAN, MEAN]), np.concatenate([TARGET, near(MEAN)])


def tweedie(k: str) -> tuple[Callable[..., Any], Callable[..., Any], list[Any], float]:
    a = 2 - mp.mpf(k)
    exact = lambda m, y: 2 * (y**a / (a * (a - 1)) - y * m ** (a - 1) / (a - 1) + m**a / a)
    return lambda m, y: special.tweedie_unit_deviance(m, y, float(k)), exact, [MEAN, TARGET], 16


def negative_binomial(m: Any, y: Any, r: Any) -> Any:
    factorials = mp.loggamma(r) + mp.loggamma(y + 1) - mp.loggamma(y + r)
    return factorials - r * mp.log(r / (r + m)) - y * mp.log(m / (r + m))


CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any], list[Any], float]] = {
    "lgamma": (special.lgamma, mp.loggamma, [POSITIVE], 4),
    "digamma": (special.digamma, mp.digamma, [ROOT], 16),
    "erf": (error_function.erf, mp.erf, [np.concatenate([either_sign(wide(-300, 2)), RNG.uniform(-7, 7, 400)])], 4),
    "erfc_scaled": (
        error_function.erfc_scaled,
        lambda x: mp.exp(x * x) * mp.erfc(x),
        [np.concatenate([wide(-20, 2), RNG.uniform(0, 8, 400)])],
        4,
    ),
    "normal_tail": (normal.normal_tail, lambda x: mp.ncdf(-x), [RNG.uniform(-6, 5, 400)], 16),
    "tail_integral": (
        normal.tail_integral,
        lambda x: x * mp.ncdf(-x) + mp.npdf(0) - mp.npdf(x),
        [np.concatenate([wide(-8, 1), RNG.uniform(0, 8, 400)])],
        4,
    ),
    "squared_cdf_excess": (  # it is added to numbers of the size of 1
        lambda z: 1 + normal.squared_cdf_excess(z),
        lambda z: 1 + z * mp.ncdf(z) ** 2 + 2 * mp.npdf(z) * mp.ncdf(z) - mp.ncdf(mp.sqrt(2) * z) / mp.sqrt(mp.pi) - max(z, 0),
        [RNG.uniform(-9, 9, 400)],
        6,
    ),
    "log1p_product_over": (
        steps.log1p_product_over,
        lambda x, z: mp.log1p(x * z) / x,
        [np.concatenate([wide(-12, 3), -RNG.uniform(0, 0.2, 200)]), np.concatenate([wide(-3, 3), RNG.uniform(0, 4, 200)])],
        4,
    ),
    "log1p_squared_ratio": (
        special.log1p_squared_ratio,
        lambda x, y: mp.log1p((x / y) ** 2),
        [either_sign(wide(-100, 300)), wide(-100, 40)],
        4,
    ),
    "x_minus_log1p": (
        special.x_minus_log1p,
        lambda x: x - mp.log1p(x),
        [np.concatenate([either_sign(wide(-40, -0.001)), wide(-40, 100), RNG.uniform(-0.99, 2, 400)])],
        4,
    ),
    "poisson": (lambda m, y: special.tweedie_unit_deviance(m, y, 1), lambda m, y: 2 * (y * mp.log(y / m) + m - y), [MEAN, TARGET], 6),
    "gamma": (lambda m, y: special.tweedie_unit_deviance(m, y, 2), lambda m, y: 2 * (mp.log(m / y) + y / m - 1), [MEAN, TARGET], 6),
    **{f"tweedie {k}": tweedie(k) for k in ("-1", "1.25", "1.5", "1.75", "2.5", "3")},
    "gaussian_crps": (
        special.gaussian_crps,
        lambda e, s: e * mp.erf(e / s / mp.sqrt(2)) + s * (2 * mp.npdf(e / s) - 1 / mp.sqrt(mp.pi)),
        [either_sign(wide(-3, 3)), wide(-3, 3)],
        6,
    ),
    "negative_binomial": (special.nbinom_nll, negative_binomial, [wide(-3, 6), np.rint(wide(-0.5, 6)), wide(-3, 12)], 16),
    "student_t_log_normalizer": (
        lambda v: 1 + special.student_t_log_normalizer(v),  # it is added to a constant near 1
        lambda v: 1 + mp.loggamma(v / 2) - mp.loggamma((v + 1) / 2) + mp.log(v / 2) / 2,
        [wide(-6, 12, 600)],
        8,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_special_functions_are_accurate_to_a_few_units_in_the_last_place(
    case: tuple[Callable[..., Any], Callable[..., Any], list[Any], float],
) -> None:
    function, exact, columns, ulps = case
    found = function(*columns)
    with mp.workdps(150):
        for value, *numbers in zip(found, *columns, strict=True):
            truth = exact(*(mp.mpf(float(x)) for x in numbers))
            assert abs(mp.mpf(float(value)) - truth) <= ulps * ULP * abs(truth) + 1e-300, numbers


def test_special_functions_at_the_ends_of_their_domains() -> None:
    np.testing.assert_array_equal(error_function.erf(np.array([0.0, np.inf, -np.inf])), [0, 1, -1])
    np.testing.assert_array_equal(special.lgamma(np.array([1.0, 2.0])), [0, 0])
    np.testing.assert_array_equal(special.tweedie_unit_deviance(np.array([1.5, 2.0]), np.array([0.0, 2.0]), 1), [3, 0])


# --- choosing and multiplying ----------------------------------------------------------------------------------------------

ODD = np.array([0.0, -0.0, 1.5, -2.25, np.inf, -np.inf, np.nan, 5e-324, 1.7e308])


@pytest.mark.parametrize("order", ["C", "F"])
def test_where_has_the_bits_of_numpy(order: Any) -> None:
    x, y = (np.array(v, order=order) for v in np.meshgrid(ODD, ODD))
    for condition in (x > y, x == y, np.isnan(x), np.zeros(x.shape, bool)):
        for a, b in ((x, y), (x, 0.25), (-1.0, y), (x[:1], y), (2.0, -0.0)):
            expected = np.where(condition, a, b)
            found = primitive.where(condition, a, b)
            assert found.shape == expected.shape and found.dtype == expected.dtype
            assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes()


def test_where_takes_other_dtypes() -> None:
    single = np.array([1, 2], np.float32)
    assert primitive.where(np.array([True, False]), single, single[::-1]).dtype == np.float32
    assert primitive.where(True, 1.0, 2.0) == 1.0
    assert primitive.where(np.array([True, False]), np.array([1, 2]), 0.5).tolist() == [1.0, 0.5]


def test_multiply_no_nan_is_0_where_the_weight_is_0() -> None:
    w, x = np.meshgrid([0.0, -0.0, 2.0, -3.0], ODD)
    found = steps.multiply_no_nan(w, x)
    assert not np.signbit(found[w == 0]).any() and (found[w == 0] == 0).all()
    assert np.array_equal(found[w != 0], (w * x)[w != 0], equal_nan=True)
    finite = steps.multiply_no_nan(np.array([0.0, 0.0, 2.0]), np.array([-3.0, 3.0, 1.0]))  # the way without a look at each
    assert finite.tolist() == [0.0, 0.0, 2.0] and not np.signbit(finite).any()


# --- series and continued fractions of the length that they need ------------------------------------------------------------

SHAPES = np.concatenate([wide(-3, 4), np.full(3, 2e6)])
LIMITS = np.concatenate(
    [np.maximum(SHAPES[:-3] + np.sqrt(SHAPES[:-3]) * RNG.normal(0, 2, 200), 1e-3 * SHAPES[:-3]), [1.998e6, 2e6, 2.002e6]]
)


def test_shares_of_a_gamma_distribution() -> None:
    below, above, _ = incomplete.gamma_shares(SHAPES, LIMITS)
    np.testing.assert_allclose(below + above, 1, rtol=0, atol=4 * ULP)
    with mp.workdps(30):
        for a, x, found in zip(SHAPES[:-3:4], LIMITS[:-3:4], below[:-3:4], strict=True):
            truth = mp.gammainc(mp.mpf(float(a)), 0, mp.mpf(float(x)), regularized=True)
            assert abs(float(found - truth)) <= 32 * ULP
    np.testing.assert_allclose(below[-3:], [0.0786037418, 0.5000940298, 0.9213963478], rtol=1e-3)  # Φ of −√2, 0 and √2, with their skewness


def test_share_of_t_inside() -> None:
    z, df = wide(-4, 3, 60), 1 + wide(-2, 4, 60)
    inside, outside = incomplete.student_t_inside(z, df)
    np.testing.assert_allclose(inside + outside, 1, rtol=0, atol=4 * ULP)
    with mp.workdps(30):
        for x, v, found in zip(z, df, inside, strict=True):
            square = mp.mpf(float(x)) ** 2
            truth = mp.betainc(0.5, mp.mpf(float(v)) / 2, 0, square / (mp.mpf(float(v)) + square), regularized=True)
            assert abs(float(found - truth)) <= 32 * ULP


def test_bessel_sum() -> None:
    z = np.concatenate([wide(-6, 3, 60), [30.0]])
    with mp.workdps(30):
        truth = [float(mp.exp(-x) * (mp.besseli(0, x) + mp.besseli(1, x))) for x in map(mp.mpf, map(float, z))]
    np.testing.assert_allclose(incomplete.bessel_sum(z), truth, rtol=8 * ULP)


def test_bessel_zero() -> None:
    z = np.concatenate([[0.0, 1e-300, 1e-8, 29.999, 30.0, 1e8], 10 ** np.random.default_rng(5).uniform(-3, 4, 200)])
    with mp.workdps(30):
        truth = [float(mp.exp(-x) * mp.besseli(0, x)) for x in map(mp.mpf, map(float, z))]
    np.testing.assert_allclose(incomplete.bessel_zero(z), truth, rtol=8 * ULP)


def test_the_derivative_of_the_crps_of_a_poisson_distribution() -> None:
    """P(K ≥ t) − P(K < t) − e^(−2μ) I₀(2μ), on both sides of the mean of 8, and for a target far from it."""
    means = [1e-9, 0.25, 1.0, 7.999, 8.0, 14.5, 15.5, 300.0, 2e6]
    pairs = [(m, t) for m in means for t in {0, 1, int(m), int(m) + 1, int(m) + 70, 2 * int(m)}]
    m, t = (np.array(x, np.float64) for x in zip(*pairs, strict=True))
    found = losscli.gradient("crps_poisson", mean=m, target=t, reduction="sum")
    truth = []
    with mp.workdps(30):
        for x, target in ((mp.mpf(mean), target) for mean, target in pairs):
            below = mp.gammainc(target, x, regularized=True) if target else mp.mpf(0)
            truth.append(float(1 - 2 * below - mp.exp(-2 * x) * mp.besseli(0, 2 * x)))
    np.testing.assert_allclose(found, truth, rtol=2e-13, atol=4e-15)
