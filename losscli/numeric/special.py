"""Special functions, and terms of probability distributions in which their differences would cancel."""

from __future__ import annotations

from losscli.numeric.error_function import ROOT_2, ROOT_PI, erf, polynomial
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import explain_zero, primitive
from losscli.numeric.steps import expm1_minus_x, multiply_no_nan

__all__ = [
    "digamma",
    "ensemble_crps",
    "gaussian_crps",
    "half_poisson_deviance",
    "lgamma",
    "log1p_squared_ratio",
    "log_factorial_remainder",
    "nbinom_nll",
    "student_t_log_normalizer",
    "tweedie_unit_deviance",
    "x_minus_log1p",
]  # fmt: skip

HALF_LOG_2PI = 0.91893853320467274178

# log Γ(2 + z) = (1 − γ) z + Σ (−1)^k (ζ(k) − 1) / k · z^k from k = 2
_GAMMA_AT_2 = (
    0.42278433509846713939, 0.322467033424113218, -0.0673523010531980951, 0.0205808084277845479, -0.00738555102867398527,
    0.00289051033074152329, -0.00119275391170326098, 0.000509669524743042422, -0.00022315475845357938, 9.94575127818085337e-5,
    -4.49262367381331417e-5, 2.05072127756706916e-5, -9.4394882752683959e-6, 4.3748667899074878e-6, -2.03921575380136624e-6,
    9.55141213040741983e-7, -4.49246919876456604e-7, 2.12071848055546659e-7, -1.00432248239680996e-7, 4.76981016936398057e-8,
    -2.27110946089431649e-8, 1.08386592148969541e-8, -5.18347504197004666e-9, 2.48367454380247832e-9, -1.19214014058609121e-9,
    5.73136724167886201e-10, -2.75952288512423315e-10, 1.33047643742444895e-10, -6.42296456383810002e-11, 3.10442477473222728e-11,
    -1.50213840807541422e-11, 7.27597448023907966e-12, -3.52774247657591508e-12, 1.71199179055961791e-12, -8.31538584142028482e-13,
)  # fmt: skip
# ψ^(k)(x₀) / k! from k = 1; the root x₀ of ψ is the sum of the two numbers of _ROOT
_ROOT = (1.4616321449683622, 9.549995429965697e-17)
_DIGAMMA_AT_ROOT = (
    0.96767224544762117, -0.442763168983592106, 0.258499760955651011, -0.163942705442406528, 0.107824050691262366,
    -0.0721995612564547109, 0.0488042881641431072, -0.0331611264748473593, 0.0225976482322181047, -0.0154247659049489591,
    0.0105387916166121754, -0.00720453438635686824, 0.00492678139572985345, -0.00336980165543932808, 0.00230512632673492784,
    -0.00157693677143019726, 0.00107882520191629658, -0.00073807093899600513, 0.000504953265834602035, -0.0003454680251063077,
    0.000236356015640270528, -0.000161706220919748034, 0.000110633727687474109, -7.56917958219506592e-5, 5.17857579522208087e-5,
    -3.54300709476596063e-5, 2.42400661186013177e-5, -1.65842422718541334e-5, 1.13463845846638498e-5,
)  # fmt: skip
# B_2k / (2k (2k − 1)): the remainder of Stirling's formula for log Γ(x), in powers of 1/x²; and B_2k / 2k for ψ
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400, 43867 / 244188)
_PSI = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160, 43867 / 14364)
# The same for log Γ(x + ½) − log Γ(x) − ½ log x
_HALF_STEP = (-1 / 8, 1 / 192, -1 / 640, 17 / 14336, -31 / 18432, 691 / 180224, -5461 / 425984)
_ASYMPTOTIC = 10.0  # for x from here on, the series in 1/x are accurate to the last digit


# --- special functions -----------------------------------------------------------------------------------------------------


def _stirling_remainder(x):
    """log Γ(x) − ((x − ½) log x − x + ½ log 2π), for x at least _ASYMPTOTIC."""
    return polynomial((1 / x) ** 2, _STIRLING) / x


def lgamma(x: Array) -> Array:
    """log Γ(x) for x > 0: Stirling's formula for large x; else Γ(x + 1) = x Γ(x) moves x near 2, where a Taylor series is used."""
    large = np.maximum(x, _ASYMPTOTIC)
    far = (large - 0.5) * (np.log(large) - 1) + (HALF_LOG_2PI - 0.5 + _stirling_remainder(large))
    below, z = x < 1.25, np.where(x < _ASYMPTOTIC, x, 2.0)
    product = np.ones_like(z)
    for _ in range(8):
        product, z = np.where(z > 2.75, product * (z - 1), product), np.where(z > 2.75, z - 1, z)
    z = np.where(below, z - 1, z - 2)
    tiny = x < 0.5  # here log x is the largest term; above, log1p(x − 1) is accurate near 1
    steps = np.where(tiny, np.log(np.where(tiny, x, 1.0)), 0.0) + np.where(tiny, np.log1p(np.where(tiny, x, 0.0)), 0.0)
    steps = np.where(below & ~tiny, np.log1p(np.where(below & ~tiny, z, 0.0)), steps)
    z = np.where(tiny, x, z)
    return np.where(x < _ASYMPTOTIC, z * polynomial(z, _GAMMA_AT_2) + np.log(product) - steps, far)


def digamma(x: Array) -> Array:
    """ψ(x), the derivative of log Γ(x), for x > 0: an asymptotic series after recurrence steps, and a Taylor series near its root."""
    off = (x - _ROOT[0]) - _ROOT[1]
    at_root = np.abs(off) < 0.4
    lifted, steps = x, 0.0 * x
    for _ in range(10):
        low = lifted < _ASYMPTOTIC
        steps, lifted = steps + np.where(low, 1 / np.where(low, lifted, 1.0), 0.0), np.where(low, lifted + 1, lifted)
    far = np.log(lifted) - 0.5 / lifted - polynomial((1 / lifted) ** 2, _PSI) / lifted / lifted
    near = np.where(at_root, off, 0.0)
    return np.where(at_root, near * polynomial(near, _DIGAMMA_AT_ROOT), far - steps)


def _log1p_square_by_x(g, out, x, y):
    q = np.abs(x) / y
    large = np.where(q > 1, x, 1.0) * (1 + np.minimum(q, 1 / np.where(q > 1, q, 1.0)) ** 2)
    return 2 * g * np.where(q > 1, 1 / large, np.where(q > 1, 0.0, x / y / (1 + np.minimum(q, 1) ** 2)) / y)


def _log1p_square_by_y(g, out, x, y):
    q = np.abs(x) / y
    near, far = np.minimum(q, 1) ** 2, 1 / np.maximum(q, 1) ** 2
    return -2 * g * np.where(q > 1, 1 / (1 + far), near / (1 + near)) / y


@primitive(_log1p_square_by_x, _log1p_square_by_y)
def log1p_squared_ratio(x: Array, y: Array) -> Array:
    """log(1 + (x/y)²) for y > 0, even where the square or the quotient overflows: beyond 10⁸ as log(1 + 10¹⁶) + 2 log(|x|/y / 10⁸)."""
    a = np.abs(x)
    y = y + 0 * a  # in the dtype of x
    q = a / y
    over = q == np.inf
    far = np.where(over, np.log(np.where(over, a, 1.0)) - np.log(y * 1e8), np.log(np.where(over, 1.0, np.maximum(q, 1e8)) / 1e8))
    return np.log1p(np.minimum(q, 1e8) ** 2) + 2 * far


def x_minus_log1p(x: Array) -> Array:
    """x − log(1 + x), by the series of log(1 + x) = 2 artanh s, s = x / (2 + x), for |x| < ½, where the difference would cancel."""
    near = np.abs(x) < 0.5
    y = np.where(near, x, 0.0)
    s = y / (2 + y)
    series = polynomial(s * s, tuple(1 / (2 * k + 3) for k in range(17)))
    return np.where(near, s * (y - 2 * s * s * series), x - np.log1p(np.where(near, 0.0, x)))


# --- terms of probability distributions ------------------------------------------------------------------------------------


def _log_quotient(x, y):
    """log(x / y), from log x − log y where the quotient overflows or underflows."""
    q = x / y
    plain = (q > 0) & (q < np.inf)
    return np.where(plain, np.log(np.where(plain, q, 1.0)), np.log(np.where(plain, 1.0, x)) - np.log(np.where(plain, 1.0, y)))


def _scaled_x_minus_log1p(w, u, w_u, log1p_u):
    """w (u − log(1 + u)), for |u| ≥ ½ from w_u = w u and log1p_u = log(1 + u), which the caller has computed accurately."""
    near = np.abs(u) < 0.5
    return np.where(near, w * x_minus_log1p(np.where(near, u, 0.0)), w_u - multiply_no_nan(w, log1p_u))


def half_poisson_deviance(m, y):
    """y log(y / m) + m − y: half the unit deviance of a Poisson distribution with mean m."""
    above = np.where(y > 0, y, 1.0)  # at y = 0 the logarithm has no weight
    u = np.where(y > 0, (m - y) / above, 1.0)
    return _scaled_x_minus_log1p(y, u, m - y, _log_quotient(np.where(y > 0, m, 1.0), above))


def _half_gamma_deviance(m, y):
    """log(m / y) + y / m − 1: half the unit deviance of a gamma distribution with mean m."""
    u = (y - m) / m
    return _scaled_x_minus_log1p(1.0, u, u, _log_quotient(y, m))


def _half_tweedie_deviance(m, y, k):
    """m^a ((1 + x)^a − 1 − a x) / (a (a − 1)), a = 2 − k, x = y / m − 1; near x = 0 without cancellation in the bracket."""
    a, close = 2 - k, (y > m / 10) & (y < 10 * m)
    x = np.where(close, y - m, 0.0) / m
    near = m**a * (expm1_minus_x(a * np.log1p(x)) - a * x_minus_log1p(x)) / (a * (a - 1))
    positive = np.maximum(y, 0.0) ** a
    far = positive / (a * (a - 1)) - y * m ** (a - 1) / (a - 1) + m**a / a
    return np.where(close, near, far)


def _tweedie_by_target(g, out, m, y, k):
    if k == 1:
        return 2 * g * (np.log(y) - np.log(m))
    return 2 * g * ((y if k == 0 else np.maximum(y, 0.0) ** (1 - k)) - m ** (1 - k)) / (1 - k)


@primitive(lambda g, out, m, y, k: 2 * g * (m - y) / m**k, _tweedie_by_target, None)
def tweedie_unit_deviance(m: Array, y: Array, k: float) -> Array:
    """The unit deviance of y under a Tweedie distribution with mean m and variance ∝ m^k."""
    if k == 0:
        return (m - y) ** 2
    return 2 * (half_poisson_deviance(m, y) if k == 1 else _half_gamma_deviance(m, y) if k == 2 else _half_tweedie_deviance(m, y, k))


def _crps_by_scale(g, out, e, s):
    return g * ((np.exp(-((e / s) ** 2) / 2) * ROOT_2 - 1) / ROOT_PI)


@primitive(lambda g, out, e, s: g * erf(e / s / ROOT_2), _crps_by_scale)
def gaussian_crps(e: Array, s: Array) -> Array:
    """The CRPS of a Gaussian with standard deviation s and error e of its mean: e (2 Φ(e/s) − 1) + s (2 φ(e/s) − 1/√π)."""
    z = e / s
    return e * erf(z / ROOT_2) + s * (np.exp(-z * z / 2) * ROOT_2 - 1) / ROOT_PI


def _rank_differences(x):
    """For each member, the number of smaller members minus the number of larger ones."""
    order = np.argsort(x, -1)
    y, k = np.take_along_axis(x, order, -1), np.arange(x.shape[-1])
    step = y[..., 1:] != y[..., :-1]
    edge = np.ones((*x.shape[:-1], 1), bool)
    first = np.maximum.accumulate(np.where(np.concatenate([edge, step], -1), k, 0), -1)
    last = np.minimum.accumulate(np.where(np.concatenate([step, edge], -1), k, x.shape[-1])[..., ::-1], -1)[..., ::-1]
    ranks = np.zeros(x.shape)
    np.put_along_axis(ranks, order, first + last - (x.shape[-1] - 1.0), -1)
    return ranks


def _ensemble_crps_by_members(g, out, x, t, fair):
    m = x.shape[-1]
    return g[..., None] * (np.sign(x - t[..., None]) / m - _rank_differences(x) / (m * (m - 1 if fair else m)))


def _ensemble_crps_by_target(g, out, x, t, fair):
    return -g * np.sign(x - t[..., None]).mean(-1)


@primitive(_ensemble_crps_by_members, _ensemble_crps_by_target, None)
def ensemble_crps(x: Array, t: Array, fair: bool) -> Array:
    """∫ (F(z) − [t ≤ z])² dz for the empirical distribution F of the members on the last axis of x; `fair` corrects its bias.

    It is summed over the intervals between neighbouring members: all terms are ≥ 0, so that nothing cancels.
    """
    y, m = np.sort(x, -1), x.shape[-1]
    low, high, target = y[..., :-1], y[..., 1:], t[..., None]
    k = np.arange(1.0, m)  # the number of members up to `low`
    weights = ((n * (n - 1) / m if fair else (n / m) ** 2).astype(x.dtype) for n in (k, m - k))  # fair: of pairs of two members
    below, above = np.clip(target, low, high) - low, high - np.clip(target, low, high)
    outside = np.maximum(y[..., 0] - t, 0) + np.maximum(t - y[..., -1], 0)
    of_below, of_above = (part * w for part, w in zip((below, above), weights, strict=True))
    inside = (of_below + of_above).sum(-1)
    return outside + (inside / explain_zero(m - 1, "an ensemble of one member has no spread") if fair else inside)


def log_factorial_remainder(x):
    """log Γ(x + 1) − x log x + x."""
    small, large = np.minimum(x, _ASYMPTOTIC), np.maximum(x, _ASYMPTOTIC)
    direct = lgamma(small + 1) - small * np.log(np.where(small > 0, small, 1.0)) + small
    return np.where(x < _ASYMPTOTIC, direct, np.log(large) / 2 + (HALF_LOG_2PI + _stirling_remainder(large)))


def _nbinom_nll_by_count(g, out, m, y, r):
    return g * (digamma(r) - digamma(y + r) + np.log1p(m / r) + (y - m) / (r + m))


def _nbinom_nll_by_target(g, out, m, y, r):
    return g * (digamma(y + 1) - digamma(y + r) + np.log1p(r / m))


@primitive(lambda g, out, m, y, r: g * (r / (r + m)) * ((m - y) / m), _nbinom_nll_by_target, _nbinom_nll_by_count)
def nbinom_nll(m: Array, y: Array, r: Array) -> Array:
    """−log of the probability of y under a negative binomial distribution with mean m and r failures.

    Loader's saddle-point form (2000) replaces large log Γ, whose difference would cancel, by the remainders of Stirling's formula
    and two Poisson deviances, which are small where the probability is large.
    """
    n, y1, large = y + r, np.where(y > 0, y, 1.0), np.maximum(r, _ASYMPTOTIC)
    far = np.log1p(y / large) / 2 + _stirling_remainder(large) - _stirling_remainder(large + y)
    near = log_factorial_remainder(r) - log_factorial_remainder(n) + _log_quotient(n, r)
    u, log, r_u = (y - m) / (r + m), _log_quotient(n, r + m), r / (r + m) * (y - m)
    ratio = m / (r + m) * (n / y1)
    in_range = (ratio > 0) & (ratio < np.inf)
    log_ratio = np.where(in_range, np.log(np.where(in_range, ratio, 1.0)), log + _log_quotient(m, y1))
    deviances = _scaled_x_minus_log1p(r, u, r_u, log) + _scaled_x_minus_log1p(y1, -r_u / y1, -r_u, log_ratio)
    remainders = log_factorial_remainder(y) + np.where(r < _ASYMPTOTIC, near, far)
    small = m / r < np.inf
    of_none = np.where(small, np.log1p(np.where(small, m / r, 0.0)), _log_quotient(m, r))
    return np.where(y > 0, remainders + deviances, r * of_none)


@primitive(lambda g, out, df: g * (digamma(df / 2) / 2 - digamma(df / 2 + 0.5) / 2 + 0.5 / df))
def student_t_log_normalizer(df: Array) -> Array:
    """log Γ(ν/2) − log Γ((ν + 1)/2) + ½ log(ν/2): −log of the t density's constant, minus that of the Gaussian's; 0 as ν → ∞."""
    x = df / 2
    small, large = np.minimum(x, _ASYMPTOTIC), np.maximum(x, _ASYMPTOTIC)
    direct = lgamma(small) - lgamma(small + 0.5) + np.log(small) / 2
    return np.where(x < _ASYMPTOTIC, direct, -polynomial((1 / large) ** 2, _HALF_STEP) / large)
