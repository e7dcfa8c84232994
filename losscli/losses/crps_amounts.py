"""The continuous ranked probability score of forecasts of shares, positive amounts, amounts of which some are exactly 0, and maxima."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import Between0And1, NonNegative, Positive, Probability, Range, Real
from losscli.losses.crps import crps_gamma
from losscli.numeric.extreme_values import extreme_value_crps
from losscli.numeric.incomplete import beta_shares, gamma_shares, inverse_beta_half
from losscli.numeric.lazy import np
from losscli.numeric.steps import expit, log_from, relu
from losscli.registry import loss

__all__ = ["crps_beta", "crps_csg0", "crps_exponential_mass", "crps_gev", "crps_loglogistic", "shifted_exponential_nll"]

_ORDER = Diagnostic(
    "W104", "lower is above upper, so the two are exchanged", lambda c: any_in_row(c.get("lower", 0) > c.get("upper", 1) + 0 * c["a"])
)
ExtremeShape = Annotated[Any, Range(least=-20, below=1)]


@loss(
    "probabilistic",
    aliases=("beta_crps",),
    reference="scoringrules.crps_beta",
    units="target units",
    use="a beta forecast of a share between 0 and 1 is scored in units of the share",
    words=("probabilistic forecasting", "shares", "proportions", "cloud cover"),
    see={"beta_nll": "for the same forecast", "crps_uniform": "for a = b = 1"},
    hints=(_ORDER,),
)
def crps_beta(a: Positive, b: Positive, target: Real, lower: Real = None, upper: Real = None):
    """Continuous ranked probability score of a beta distribution from lower to upper, 0 to 1 if left out.

    w ((z − m) (2 F − 1) + 2 z^a (1 − z)^b / (n B(a, b)) − s(a) s(b) / (n s(n))) + distance of t to the bounds, z = (t − lower) / w
    within 0 to 1, w = upper − lower, m = a / n, n = a + b, s(x) = 1 / B(½, x)

    >>> crps_beta(np.array([1.0]), np.array([1.0]), np.array([0.5]))
    array([0.08333333])
    """
    bounds, n = ((0 * a if lower is None else lower), (1 + 0 * a if upper is None else upper)), a + b
    low, high = np.minimum(*bounds), np.maximum(*bounds)
    inside = np.minimum(np.maximum(target, low), high)
    t = (inside - low) / np.where(high > low, high - low, 1.0)
    below, above, density = beta_shares(a, b, t)
    spread = inverse_beta_half(a) * (inverse_beta_half(b) / inverse_beta_half(n))
    return (high - low) * ((t - a / n) * (below - above) + (2 * a * density - spread) / n) + np.abs(target - inside)


@loss(
    "probabilistic",
    aliases=("loglogistic_crps", "crps_log_logistic"),
    reference="scoringrules.crps_loglogistic",
    units="target units",
    use="a log-logistic forecast of a positive amount or a duration is scored in target units",
    words=("probabilistic forecasting", "positive amounts"),
    see={"loglogistic_nll": "for the same forecast", "crps_lognormal": "has a lighter tail"},
)
def crps_loglogistic(mu: Real, sigma: Between0And1, target: NonNegative):
    """Continuous ranked probability score of a log-logistic distribution; mu and sigma are the location and scale of the logarithm.

    t (2 F − 1) − e^μ πσ / sin(πσ) (2 I − 1 + σ), F = 1 / (1 + e^(−(log t − μ)/σ)), I the beta(1 + σ, 1 − σ) probability below F

    >>> crps_loglogistic(np.array([0.0]), np.array([0.5]), np.array([1.0]))
    array([0.21460184])
    """
    r = (log_from(target) - mu) / sigma
    below, _, _ = beta_shares(1 + sigma, 1 - sigma, expit(r), expit(-r))
    mean = np.exp(mu) * (np.pi * sigma / np.sin(np.pi * np.minimum(sigma, 1 - sigma)))
    return target * np.tanh(r / 2) - mean * (2 * below - (1 - sigma))


@loss(
    "probabilistic",
    aliases=("crps_exponentialm", "exponentialm_crps"),
    reference="scoringrules.crps_exponentialM",
    properties="robust",
    units="target units",
    use="a forecast has a point mass at the location, as of no rain, and an exponential tail",
    words=("probabilistic forecasting", "rain", "point mass", "zero inflated amounts"),
    see={"crps_exponential": "without a point mass", "crps_gpd": "with a heavier or lighter tail", "crps_csg0": "with a gamma tail"},
)
def crps_exponential_mass(location: Real, scale: Positive, target: Real, *, mass: Probability = 0.0):
    """Continuous ranked probability score of an exponential distribution with a point mass at its location.

    |e| − 2 (1 − M) s (1 − e^(−e/s)) + ½ (1 − M)² s, e = t − location, and 1 − e^(−e/s) is 0 for e < 0; s = scale, M = mass

    >>> crps_exponential_mass(np.array([0.0]), np.array([1.0]), np.array([0.0]), mass=0.5)
    array([0.125])
    """
    e, tail = target - location, 1 - mass
    return np.abs(e) + scale * tail * (2 * np.expm1(-relu(e) / scale) + tail / 2)


@loss(
    "probabilistic",
    aliases=("csg0_crps", "crps_censored_shifted_gamma"),
    reference="scoringrules.crps_csg0",
    units="target units",
    use="a forecast of rain is a gamma distribution, shifted to the left and set to 0 below 0",
    words=("probabilistic forecasting", "rain", "precipitation", "censored forecasts", "zero inflated amounts"),
    see={"crps_gamma": "without a shift", "crps_exponential_mass": "with an exponential tail"},
)
def crps_csg0(shape: Positive, rate: Positive, shift: NonNegative, target: NonNegative):
    """Continuous ranked probability score of a gamma distribution that is shifted by −shift, and whose values below 0 count as 0.

    CRPS of the gamma at t + δ, minus ∫ F² up to δ: (δ − α/β) F² + 2 (α/β) F D − F₂ / (β B(½, α)), D = (βδ)^α e^(−βδ) / Γ(α + 1),
    δ = shift; F is the probability below δ, and F₂ that of a gamma of twice the shape below 2 δ

    >>> crps_csg0(np.array([1.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.5])
    """
    x, mean = np.minimum(rate * shift, 1e300), shape / rate
    (below, _, density), twice = gamma_shares(shape, x), gamma_shares(2 * shape, 2 * x)[0]
    missed = below * ((shift - mean) * below + mean * (2 * density)) - twice * inverse_beta_half(shape) / rate
    return crps_gamma(shape, rate, target + shift) - np.where(mean < np.inf, missed, 0.0)


@loss(
    "probabilistic",
    aliases=("logs_exponential2", "exponential2_nll", "two_parameter_exponential_nll"),
    reference="scoringrules.logs_exponential2",
    properties="robust",
    units="nats",
    use="the forecast of a waiting time is an exponential distribution that begins at a location",
    words=("log score", "waiting time"),
    see={"exponential_nll": "by its rate, from 0 on", "gpd_nll": "with a heavier or lighter tail"},
)
def shifted_exponential_nll(location: Real, scale: Positive, target: Real):
    """Negative log-density of an exponential distribution that begins at a location: infinite for a target below it.

    (t − location) / s + log s, s = scale

    >>> shifted_exponential_nll(np.array([1.0]), np.array([1.0]), np.array([3.0]))
    array([2.])
    """
    e = target - location
    return np.where(e >= 0, e / scale + np.log(scale), np.inf)


@loss(
    "probabilistic",
    aliases=("gev_crps", "crps_generalized_extreme_value"),
    reference="scoringrules.crps_gev",
    units="target units",
    use="a forecast of a maximum, as of a year, is scored in target units",
    words=("extreme values", "block maxima", "gumbel", "floods"),
    see={"gev_nll": "for the same forecast", "crps_gpd": "for all values above a threshold"},
)
def crps_gev(shape: ExtremeShape, location: Real, scale: Positive, target: Real):
    """Continuous ranked probability score of a generalized extreme value distribution.

    ∫ F² dx up to t + ∫ (1 − F)² dx from t on, F = e^(−e^(−L)), L = log(1 + ξ z) / ξ, z = (x − location) / scale, ξ = shape

    >>> crps_gev(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([0.32283635])
    """
    error = target - location
    far = np.abs(error) > 1e15 * scale  # where the distribution is a point
    return np.where(far, np.abs(error), scale * extreme_value_crps(shape, np.where(far, 0.0, error) / scale))
