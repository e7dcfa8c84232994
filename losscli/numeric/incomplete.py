"""Incomplete gamma and beta functions, and a sum of Bessel functions, by series and continued fractions whose length the numbers decide.

They are written in NumPy functions alone, so that their derivatives follow from those, also by the shape. A number that has converged
keeps its value while others go on: the rows of a block do not change each other.
"""

from __future__ import annotations

from losscli.numeric.error_function import ROOT_PI, erfc_scaled
from losscli.numeric.lazy import Array, np
from losscli.numeric.probabilities import beta_power_nll, poisson_probability_nll
from losscli.numeric.special import half_poisson_deviance, lgamma, student_t_log_normalizer

__all__ = ["bessel_sum", "bessel_zero", "beta_shares", "gamma_shares", "inverse_beta_half", "student_t_density", "student_t_inside"]

MOST_STEPS = 10_000
CONVERGED = 1e-17
UNIFORM_FROM = 1e6  # shapes from here on: Temme's expansion, which is accurate to the last digit there
TINY = 1e-300


def _series(a, x):
    """Σ x^n / ((a + 1) … (a + n)) from n = 0."""
    term, total, n = 1.0 + 0 * x, 1.0 + 0 * x, 0
    while n < MOST_STEPS:
        n += 1
        term = term * (x / (a + n))
        active = term > CONVERGED * total
        if not active.any():
            break
        total = np.where(active, total + term, total)
        term = np.where(active, term, 0.0)
    return total


def _fraction(first, numerator, denominator, active):
    """1 / (first + n₁ / (d₁ + n₂ / (d₂ + …))) by Lentz's method; n and d are functions of the step."""
    c, d = 1 / TINY + 0 * first, 1 / first
    value, n = d, 0
    while n < MOST_STEPS and active.any():
        n += 1
        top, bottom = numerator(n), denominator(n)
        d = bottom + top * d
        d = 1 / np.where(np.abs(d) < TINY, TINY, d)
        c = bottom + top / c
        c = np.where(np.abs(c) < TINY, TINY, c)
        step = c * d
        value = np.where(active, value * step, value)
        active = active & (np.abs(step - 1) > 2e-16)
        c, d = np.where(active, c, 1.0), np.where(active, d, 1.0)
    return value


def _uniform(a, x):
    """The shares below and above x by Temme's uniform expansion for a large shape."""
    deviance = half_poisson_deviance(x, a)
    side = np.where(x > a, 1.0 + 0 * x, -1.0)
    eta = side * np.sqrt(2 * deviance / a)
    near = np.minimum(np.abs(eta), 0.1) * side
    first = -1 / 3 + near * (1 / 12 + near * (-2 / 135 + near * (1 / 864 + near / 2835)))
    rest = np.exp(-deviance) / np.sqrt(a) / (ROOT_PI * 2**0.5) * (first + (-1 / 540 - near / 288) / a)
    far = np.exp(-deviance) * erfc_scaled(np.sqrt(deviance)) / 2
    above = np.where(x > a, far, 1 - far) + rest
    below = np.where(x > a, 1 - far, far) - rest
    return below, above


def gamma_shares(a: Array, x: Array) -> tuple[Array, Array, Array]:
    """The shares of a gamma distribution of shape a and rate 1 below and above x ≥ 0, and x^a e^−x / Γ(a + 1)."""
    density = np.exp(-poisson_probability_nll(np.where(x > 0, x, 1.0), a))
    density = np.where(x > 0, density, 0.0)
    large, low = a > UNIFORM_FROM, x < a + 1
    a1, x1 = np.where(low & ~large, a, 1.0), np.where(low & ~large, x, 0.0)
    below = density * _series(a1, x1)
    high = ~(low | large)
    a2, x2 = np.where(high, a, 1.0), np.where(high, x, 3.0)
    above = density * a2 * _fraction(x2 + 1 - a2, lambda n: -n * (n - a2), lambda n: x2 + (2 * n + 1) - a2, high)
    uniform = _uniform(np.where(large, a, 1.0), np.where(large & (x > 0), x, 1.0))
    below = np.where(large, uniform[0], np.where(low, below, 1 - above))
    above = np.where(large, uniform[1], np.where(low, 1 - below, above))
    return np.where(x > 0, below, 0.0), np.where(x > 0, above, 1.0), density


def inverse_beta_half(a: Array) -> Array:
    """1 / B(½, a) = Γ(a + ½) / (√π Γ(a))."""
    near = np.minimum(a, 1.0)
    small = near * np.exp(lgamma(near + 0.5) - lgamma(near + 1))
    return np.where(a < 1, small, np.sqrt(a) * np.exp(-student_t_log_normalizer(2 * a))) / ROOT_PI


def student_t_density(z: Array, df: Array) -> Array:
    """The density of Student's t distribution."""
    return np.exp(-(df + 1) / 2 * np.log1p(z / df * z)) * inverse_beta_half(df / 2) / np.sqrt(df)


def _beta_fraction(a, b, x, active):
    """The continued fraction of the incomplete beta function, times a B(a, b) / (x^a (1 − x)^b)."""

    def numerator(n):
        m, odd = n // 2, n % 2
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)) if odd else m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))

    return _fraction(1.0 + 0 * x, numerator, lambda n: 1.0, active)


def beta_shares(a: Array, b: Array, x: Array, rest: Array | None = None) -> tuple[Array, Array, Array]:
    """The shares of a beta distribution below and above x, and x^a (1 − x)^b / (a B(a, b)); `rest` is 1 − x, where it has more digits."""
    rest = 1 - x if rest is None else rest
    low, inside = x * (a + b + 2) < a + 1, (x > 0) & (rest > 0)
    near = np.where(low, np.where(inside, x, 0.5), np.where(inside, rest, 0.5))
    p, q = np.where(low, a, b), np.where(low, b, a)
    density = np.where(inside, np.exp(-beta_power_nll(p, q, near)), 0.0)
    share = density / p * _beta_fraction(p, q, near, inside)
    share = np.where(inside, share, 0.0)
    return np.where(low, share, 1 - share), np.where(low, 1 - share, share), density / a


def _inside_series(b, y):
    """Σ y^n (b + ½) … (b + n − ½) / (3/2 … (n + ½)) from n = 0."""
    term, total, n = 1.0 + 0 * y, 1.0 + 0 * y, 0
    while n < MOST_STEPS:
        term = term * (y * (b + 0.5 + n) / (1.5 + n))
        n += 1
        active = term > CONVERGED * total
        if not active.any():
            break
        total = np.where(active, total + term, total)
        term = np.where(active, term, 0.0)
    return total


def student_t_inside(z: Array, df: Array) -> tuple[Array, Array]:
    """The shares of Student's t distribution between −z and z, and outside, for z ≥ 0."""
    square = z / df * z
    y, rest = square / (1 + square), 1 / (1 + square)
    near = np.where(df > 30, z < 9, y < 0.5)  # elsewhere the sum is long
    far = ~near & (df < 1000)  # and for a larger df the share outside is less than 1e-17
    density = z * student_t_density(z, df)
    inside = 2 * density * _inside_series(np.where(near, df, 2.0) / 2, np.where(near, y, 0.0))
    outside = 2 * density / df * _beta_fraction(np.where(far, df, 2.0) / 2, 0.5 + 0 * df, np.where(far, rest, 0.0), far)
    outside = np.where(far, outside, 0.0)
    return np.where(near, inside, 1 - outside), np.where(near, 1 - inside, outside)


def bessel_sum(z: Array) -> Array:
    """e^−z (I₀(z) + I₁(z)) for z ≥ 0: a power series, and an asymptotic series for large z."""
    near, far = np.where(z < 30, z, 0.0), np.where(z < 30, 30.0, z)
    half = near / 2
    term, total = 1.0 + 0 * near, 1 + half
    for k in range(1, 80):
        term = term * (half / k) * (half / k)
        total = total + term * (1 + half / (k + 1))
    zero, one, large = 1.0 + 0 * far, 1.0 + 0 * far, 2.0 + 0 * far
    for k in range(1, 30):
        zero, one = zero * ((2 * k - 1) ** 2 / (8 * k)) / far, one * (((2 * k - 1) ** 2 - 4) / (8 * k)) / far
        large = large + (zero + one)
    return np.where(z < 30, np.exp(-near) * total, large / (ROOT_PI * 2**0.5 * np.sqrt(far)))


def bessel_zero(z: Array) -> Array:
    """e^−z I₀(z) for z ≥ 0: a power series, and an asymptotic series for large z."""
    near, far = np.where(z < 30, z, 0.0), np.where(z < 30, 30.0, z)
    term, total, large = 1.0 + 0 * far, 1.0 + 0 * near, 1.0 + 0 * far
    for k in range(1, 30):
        term = term * ((2 * k - 1) ** 2 / (8 * k)) / far
        large = large + term
    term = 1.0 + 0 * near
    for k in range(1, 80):
        term = term * (near / 2 / k) * (near / 2 / k)
        total = total + term
    return np.where(z < 30, np.exp(-near) * total, large / (ROOT_PI * 2**0.5 * np.sqrt(far)))
