"""The continuous ranked probability score of forecasts that are distributions of a number, in closed form."""

from __future__ import annotations

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import (
    AboveOne,
    Between0And1,
    NonNegative,
    NonNegativeVector,
    Positive,
    PositiveVector,
    Probability,
    Real,
    ShapeBelow1,
    Vector,
)
from losscli.numeric.incomplete import gamma_shares, inverse_beta_half, student_t_density, student_t_inside
from losscli.numeric.lazy import np
from losscli.numeric.normal import gaussian_distance, lognormal_crps
from losscli.numeric.primitive import explain_infinite
from losscli.numeric.steps import clamp_max, expm1_minus_x, log1p_product_over, log_from, relu, stop_gradient
from losscli.registry import loss

__all__ = [
    "crps_exponential", "crps_gamma", "crps_gpd", "crps_laplace", "crps_logistic", "crps_loglaplace", "crps_lognormal", "crps_mixnorm",
    "crps_t", "crps_uniform",
]  # fmt: skip

LOG_2 = 0.69314718055994530942


@loss(
    "probabilistic",
    aliases=("laplace_crps",),
    reference="scoringrules.crps_laplace",
    properties="convex differentiable robust",
    units="target units",
    use="the forecast is a Laplace distribution, sharper and with heavier tails than a Gaussian",
    words=("probabilistic forecasting",),
    see={"laplace_nll": "for the same forecast, where outliers count more", "crps_gaussian": "for a Gaussian"},
)
def crps_laplace(location: Real, scale: Positive, target: Real):
    """Continuous ranked probability score of a Laplace distribution.

    |e| + b (e^(−|e|/b) − ¾), e = t − location, b = scale

    >>> crps_laplace(np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([0.25])
    """
    error = np.abs(target - location)
    return error + scale * (np.exp(-error / scale) - 0.75)


@loss(
    "probabilistic",
    aliases=("logistic_crps",),
    reference="scoringrules.crps_logistic",
    properties="convex differentiable robust",
    units="target units",
    use="a forecast with somewhat heavier tails than a Gaussian is scored in target units",
    words=("probabilistic forecasting",),
    see={"logistic_nll": "for the same forecast, where outliers count more", "crps_clogistic": "for a number that has bounds"},
)
def crps_logistic(location: Real, scale: Positive, target: Real):
    """Continuous ranked probability score of a logistic distribution.

    |e| + s (2 log(1 + e^(−|e|/s)) − 1), e = t − location, s = scale

    >>> crps_logistic(np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([0.38629436])
    """
    error = np.abs(target - location)
    return error + scale * (2 * np.log1p(np.exp(-error / scale)) - 1)


_ORDER = Diagnostic("W104", "lower is above upper, so the two are exchanged", lambda c: any_in_row(c["lower"] > c["upper"]))
_MASSES = Diagnostic(
    "W103",
    "lmass and umass are more than 1 together: give the probability of each bound itself",
    lambda c: any_in_row(sum(c.get(name, 0) for name in ("lmass", "umass")) > 1 + 0 * c["target"]),
)


@loss(
    "probabilistic",
    aliases=("uniform_crps",),
    reference="scoringrules.crps_uniform",
    units="target units",
    use="the forecast is a range in which all values are equally likely",
    words=("probabilistic forecasting",),
    see={"uniform_nll": "infinite for a target outside", "interval_score": "of a central interval of any distribution"},
    hints=(_ORDER, _MASSES),
)
def crps_uniform(lower: Real, upper: Real, target: Real, lmass: Probability = None, umass: Probability = None):
    """Continuous ranked probability score of a uniform distribution from lower to upper, whose bounds may have a probability themselves.

    distance to [l, u] + (u − l) (z (F² + F L + L²) + (1 − z) (S² + S U + U²)) / 3, z = (t − l) / (u − l) from 0 to 1,
    L = lmass, U = umass, F = L + (1 − L − U) z, S = 1 − F

    >>> crps_uniform(np.array([0.0]), np.array([1.0]), np.array([0.5]))
    array([0.08333333])
    """
    low, high = np.minimum(lower, upper), np.maximum(lower, upper)
    inside = np.minimum(np.maximum(target, low), high)
    below, above, width = inside - low, high - inside, np.where(high > low, high - low, 1.0)
    at_low, at_high = (0 * width if lmass is None else lmass), (0 * width if umass is None else umass)
    f, s = at_low + (1 - at_low - at_high) * (below / width), at_high + (1 - at_low - at_high) * (above / width)
    squares = below * (f * (f + at_low) + at_low * at_low) + above * (s * (s + at_high) + at_high * at_high)
    return np.abs(target - inside) + squares / 3


@loss(
    "probabilistic",
    aliases=("exponential_crps",),
    reference="scoringrules.crps_exponential",
    properties="robust",
    units="target units",
    use="an exponential forecast of a waiting time is scored in units of time",
    words=("probabilistic forecasting", "waiting time"),
    see={"exponential_nll": "for the same forecast", "crps_gpd": "with a location, a scale and a heavier or lighter tail"},
)
def crps_exponential(rate: Positive, target: Real):
    """Continuous ranked probability score of an exponential distribution with a rate, the inverse of its mean.

    (λ t + 2 e^(−λ t) − 3/2) / λ for t ≥ 0, else |t| + 1 / (2 λ); λ = rate

    >>> crps_exponential(np.array([1.0]), np.array([0.0]))
    array([0.5])
    """
    # λ t + 2 e^−λt − 3/2 with d = λ t − log 2, in which nothing cancels
    times = rate * relu(target)
    near = expm1_minus_x(LOG_2 - np.minimum(times, 40.0)) + (LOG_2 - 0.5)
    return np.where(times < 40, near / rate, target - 1.5 / rate) + relu(-target)


@loss(
    "probabilistic",
    aliases=("crps_log_normal",),
    reference="scoringrules.crps_lognormal",
    units="target units",
    use="a log-normal forecast of a positive amount is scored in target units",
    words=("probabilistic forecasting", "positive amounts"),
    see={"lognormal_nll": "for the same forecast", "crps_gaussian": "of the logarithm of the target: relative errors count alike"},
)
def crps_lognormal(mu: Real, sigma: Positive, target: NonNegative):
    """Continuous ranked probability score of a log-normal distribution; mu and sigma are the mean and standard deviation of the logarithm.

    t (2 Φ(ω) − 1) − 2 m (Φ(ω − σ) + Φ(σ/√2) − 1), ω = (log t − μ) / σ, m = e^(μ + σ²/2)

    >>> crps_lognormal(np.array([0.0]), np.array([1.0]), np.array([1.0]))
    array([0.26740547])
    """
    return lognormal_crps(mu, sigma, target)


@loss(
    "probabilistic",
    aliases=("gamma_crps",),
    reference="scoringrules.crps_gamma",
    units="target units",
    use="a gamma forecast of a positive amount is scored in target units",
    words=("probabilistic forecasting", "positive amounts", "rainfall"),
    see={"gamma_nll": "for the same forecast", "crps_exponential": "for shape 1"},
)
def crps_gamma(shape: Positive, rate: Positive, target: Real):
    """Continuous ranked probability score of a gamma distribution with a shape and a rate, the inverse of the scale.

    ((x − α) (2 F − 1) + 2 α D − 1 / B(½, α)) / β, x = β t, D = x^α e^(−x) / Γ(α + 1); for t < 0 as for 0, plus |t|

    >>> crps_gamma(np.array([1.0]), np.array([1.0]), np.array([0.0]))
    array([0.5])
    """
    t = relu(target)
    below, above, density = gamma_shares(shape, np.minimum(rate * t, 1e300))
    value = (t - shape / rate) * (below - above) + (2 * shape * density - inverse_beta_half(shape)) / rate + relu(-target)
    return np.where(shape / rate < np.inf, value, np.inf)


@loss(
    "probabilistic",
    aliases=("t_crps", "student_t_crps", "crps_student_t"),
    reference="scoringrules.crps_t",
    properties="robust",
    units="target units",
    use="the forecast is a Student t distribution, with heavy tails",
    words=("probabilistic forecasting", "heavy tails"),
    see={"student_t_nll": "for the same forecast", "crps_gaussian": "the limit for a large df"},
)
def crps_t(location: Real, scale: Positive, df: AboveOne, target: Real):
    """Continuous ranked probability score of Student's t distribution, for df above 1.

    s (z (2 F(z) − 1) + 2 f(z) (ν + z²) / (ν − 1) − 2 √ν B(½, ν − ½) / ((ν − 1) B(½, ν/2)²)), z = (t − location) / s, ν = df

    >>> crps_t(np.array([0.0]), np.array([1.0]), np.array([2.0]), np.array([0.0]))
    array([0.30349283])
    """
    error = np.abs(target - location)
    z = np.minimum(error / scale, 1e100)
    inside, _ = student_t_inside(z, df)
    spread = inverse_beta_half(df / 2) * (inverse_beta_half(df / 2) / inverse_beta_half(df - 0.5))
    tails = 2 * student_t_density(z, df) * (1 + z / df * z)
    return error * inside + scale * (df / (df - 1)) * (tails - 2 * spread / np.sqrt(df))


@loss(
    "probabilistic",
    aliases=("loglaplace_crps", "log_laplace_crps"),
    reference="scoringrules.crps_loglaplace",
    units="target units",
    use="a log-Laplace forecast of a positive amount is scored in target units",
    words=("probabilistic forecasting", "positive amounts"),
    see={"loglaplace_nll": "for the same forecast", "crps_lognormal": "has a lighter tail"},
)
def crps_loglaplace(mu: Real, sigma: Between0And1, target: NonNegative):
    """Continuous ranked probability score of a log-Laplace distribution; mu and sigma are the location and scale of the logarithm.

    t (2 F − 1) + e^μ (A + σ / (4 − σ²)), r = (log t − μ) / σ; for r < 0 F = ½ e^r and A = (1 − e^((1+σ) r)) / (1 + σ),
    else F = 1 − ½ e^(−r) and A = (e^(−(1−σ) r) − 1) / (1 − σ)

    >>> crps_loglaplace(np.array([0.0]), np.array([0.5]), np.array([1.0]))
    array([0.13333333])
    """
    r = (log_from(target) - mu) / sigma
    below, above = np.minimum(r, 0.0), np.maximum(r, 0.0)
    share = np.expm1(below) - np.expm1(-above)
    rest = np.expm1(-(1 - sigma) * above) / (1 - sigma) - np.expm1((1 + sigma) * below) / (1 + sigma)
    return target * share + np.exp(mu) * (rest + sigma / (4 - sigma * sigma))


@loss(
    "probabilistic",
    aliases=("gpd_crps", "generalized_pareto_crps", "crps_generalized_pareto"),
    reference="scoringrules.crps_gpd",
    units="target units",
    use="a forecast of exceedances of a threshold is scored in target units",
    words=("extreme values", "exceedances", "peaks over threshold"),
    see={"gpd_nll": "for the same forecast", "crps_exponential": "for shape 0"},
)
def crps_gpd(shape: ShapeBelow1, location: Real, scale: Positive, target: Real, *, mass: Probability = 0.0):
    """Continuous ranked probability score of a generalized Pareto distribution, with a point mass at the location.

    σ (|z| − 2 (1 − M) (1 − (1 − F)^(1−ξ)) / (1 − ξ) + (1 − M)² / (2 − ξ)), z = (t − location) / σ, 1 − F = (1 + ξ z)^(−1/ξ), M = mass

    >>> crps_gpd(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([0.5])
    """
    e, continuous = target - location, 1 - mass
    log_tail = clamp_max(log1p_product_over(shape, relu(e) / scale), 1e300)  # −log(1 − F)
    beyond = 2 * np.expm1(-(1 - shape) * log_tail) / (1 - shape)
    return np.abs(e) + scale * continuous * (beyond + continuous / (2 - shape))


def _not_shares(context):
    weights = context.get("weights")
    return np.zeros(len(context["target"]), bool) if weights is None else any_in_row(np.abs(weights.sum(-1) - 1) > 1e-3)


_SHARES = Diagnostic("W103", "weights do not sum to 1 over the last axis: give the share of each component", _not_shares)


@loss(
    "probabilistic",
    aliases=("crps_mixture_normal", "crps_gaussian_mixture", "mixnorm_crps"),
    reference="scoringrules.crps_mixnorm",
    properties="robust",
    units="target units",
    use="the forecast is a mixture of Gaussians, or an ensemble whose members are smoothed",
    words=("probabilistic forecasting", "mixture density network", "kernel dressing"),
    see={"mixture_gaussian_nll": "for the same forecast", "crps_ensemble": "for members without a width"},
    hints=(_SHARES,),
)
def crps_mixnorm(mu: Vector, sigma: PositiveVector, target: Real, weights: NonNegativeVector = None):
    """Continuous ranked probability score of a mixture of Gaussians; without weights all components have the same share.

    Σ_k w_k A(t − μ_k, σ_k) − ½ Σ_kl w_k w_l A(μ_k − μ_l, √(σ_k² + σ_l²)); A(m, s) is the mean of |X|, X Gaussian

    >>> crps_mixnorm(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([0.0]))
    array([0.23369498])
    """
    w = 0 * mu + 1 / mu.shape[-1] if weights is None else weights
    some = (stop_gradient(w).max(-1) > 0).astype(stop_gradient(mu).dtype)
    near = explain_infinite((w * gaussian_distance(target[..., None] - mu, sigma)).sum(-1) / some, "all weights of a row are 0")
    own, other = sigma[..., None], sigma[..., None, :]
    apart = gaussian_distance(mu[..., None] - mu[..., None, :], np.hypot(own, other))
    return near - (w[..., None] * w[..., None, :] * apart).sum((-1, -2)) / 2
