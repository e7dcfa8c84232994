"""The error function, and polynomials and quotients of them."""

from __future__ import annotations

from losscli.numeric.lazy import Array, np

__all__ = ["ROOT_2", "ROOT_PI", "erf", "erfc_scaled", "polynomial"]

ROOT_2 = 1.4142135623730950488
ROOT_PI = 1.7724538509055160273

# W. J. Cody, Rational Chebyshev approximations for the error function, 1969: erf x / x up to 0.46875, e^x² erfc x up to 4, and from
# there on 1/√π − x e^x² erfc x over 1/x², in powers of 1/x²
_ERF = (0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021, 3209.37758913846947), (
    1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062,
)  # fmt: skip
_ERFC = (
    2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
    881.952221241769090, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725,
), (
    1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
    3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
)  # fmt: skip

_ERFC_FAR = (
    0.0163153871373020978, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246, 0.0160837851487422766,
    6.58749161529837803e-4,
), (
    1.0, 2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191, 0.00233520497626869185,
)  # fmt: skip


def polynomial(x, coefficients):
    """Σ c_k x^k, the lowest power first."""
    total = coefficients[-1] + 0 * x
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def _rational(x, coefficients):
    """The quotient of two polynomials, given with the highest power first."""
    numerator, denominator = coefficients
    return polynomial(x, numerator[::-1]) / polynomial(x, denominator[::-1])


def erf(x: Array) -> Array:
    """The error function 2/√π ∫ e^−t² dt from 0 to x."""
    a = np.abs(x)
    middle = np.clip(a, 0.46875, 6.0)
    far = 1 - np.exp(-middle * middle) * _rational(middle, _ERFC)
    near = np.clip(x, -0.46875, 0.46875)
    return np.where(a <= 0.46875, near * _rational(near * near, _ERF), np.sign(x) * far)


def erfc_scaled(x: Array) -> Array:
    """e^x² (1 − erf x), for x ≥ 0."""
    near, middle, far = np.minimum(x, 0.46875), np.clip(x, 0.46875, 4.0), np.maximum(x, 4.0)
    first = np.exp(near * near) * (1 - near * _rational(near * near, _ERF))
    inverse = (1 / far) ** 2
    last = (1 / ROOT_PI - inverse * _rational(inverse, _ERFC_FAR)) / far
    return np.where(x < 0.46875, first, np.where(x <= 4, _rational(middle, _ERFC), last))
