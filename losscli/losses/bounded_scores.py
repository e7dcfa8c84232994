"""Scores of forecasts that are distributions with bounds (censored or truncated), or with two scales, one for each side of the mode."""

from __future__ import annotations

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import Positive, Real
from losscli.losses.log_scores import standard_logistic
from losscli.numeric.lazy import np
from losscli.numeric.normal import squared_cdf_excess, tail_integral
from losscli.numeric.probabilities import log_normal_interval
from losscli.numeric.steps import expit, relu, softplus
from losscli.registry import loss

__all__ = [
    "BOUNDS", "crps_2pexponential", "crps_2pnormal", "crps_clogistic", "crps_cnormal", "tlogistic_nll", "tnormal_nll",
    "two_piece_exponential_nll", "two_piece_normal_nll",
]  # fmt: skip

LOG_2, HALF_LOG_2PI = 0.69314718055994530942, 0.91893853320467274178
HALF_SQUARED_CDF = 0.11684748862755453447  # the integral of Φ² up to 0: (√2 − 1) / (2 √π)


@loss(
    "probabilistic",
    aliases=("crps_two_piece_exponential", "crps_asymmetric_laplace"),
    reference="scoringrules.crps_2pexponential",
    properties="robust",
    units="target units",
    use="a forecast with exponential tails of two scales is scored in target units",
    words=("skewed forecasts", "asymmetric laplace"),
    see={"crps_laplace": "for two equal scales", "crps_2pnormal": "with Gaussian tails"},
)
def crps_2pexponential(location: Real, scale1: Positive, scale2: Positive, target: Real):
    """Continuous ranked probability score of a two-piece exponential distribution: scale1 is below the location, scale2 above it.

    |e| + 2 p s (e^(−|e|/s) − 1) + ½ (p₁² s₁ + p₂² s₂), p_i = s_i / (s₁ + s₂), s and p those of the side of the target

    >>> crps_2pexponential(np.array([0.0]), np.array([1.0]), np.array([1.0]), np.array([0.0]))
    array([0.25])
    """
    error, left = np.abs(target - location), target < location
    share1, share2 = scale1 / (scale1 + scale2), scale2 / (scale1 + scale2)
    scale, share = np.where(left, scale1, scale2), np.where(left, share1, share2)
    return error + 2 * scale * share * np.expm1(-error / scale) + (share1 * share1 * scale1 + share2 * share2 * scale2) / 2


@loss(
    "probabilistic",
    aliases=("crps_two_piece_normal", "crps_split_normal"),
    reference="scoringrules.crps_2pnormal",
    properties="robust",
    units="target units",
    use="a fan chart of a bank, a Gaussian of two standard deviations, is scored in target units",
    words=("skewed forecasts", "split normal", "fan chart", "asymmetric gaussian"),
    see={"crps_gaussian": "for two equal scales", "crps_2pexponential": "with heavier tails"},
)
def crps_2pnormal(location: Real, scale1: Positive, scale2: Positive, target: Real):
    """Continuous ranked probability score of a two-piece normal distribution: scale1 is below the location, scale2 above it.

    |e| − 4 p s (v Φ(−v) + φ(0) − φ(v)) + 2 (√2 − 1) / √π (p₁² s₁ + p₂² s₂), v = |e| / s, p_i = s_i / (s₁ + s₂)

    >>> crps_2pnormal(np.array([0.0]), np.array([1.0]), np.array([1.0]), np.array([0.0]))
    array([0.23369498])
    """
    error, left = np.abs(target - location), target < location
    share1, share2 = scale1 / (scale1 + scale2), scale2 / (scale1 + scale2)
    scale, share = np.where(left, scale1, scale2), np.where(left, share1, share2)
    spread = 4 * HALF_SQUARED_CDF * (share1 * share1 * scale1 + share2 * share2 * scale2)
    return error - 4 * scale * share * tail_integral(error / scale) + spread


@loss(
    "probabilistic",
    aliases=("logs_2pexponential", "2pexponential_nll", "asymmetric_laplace_nll"),
    reference="scoringrules.logs_2pexponential",
    properties="convex robust",
    units="nats",
    use="the forecast has exponential tails of two scales, below and above its mode",
    words=("skewed forecasts", "asymmetric laplace", "log score"),
    see={"laplace_nll": "for two equal scales", "quantile": "this loss for scales 1/(1 − τ) and 1/τ, but for a constant"},
)
def two_piece_exponential_nll(location: Real, scale1: Positive, scale2: Positive, target: Real):
    """Negative log-density of a two-piece exponential distribution: scale1 is below the location, scale2 above it.

    log(s₁ + s₂) + |e| / s, e = t − location, s the scale of the side of the target

    >>> two_piece_exponential_nll(np.array([0.0]), np.array([0.5]), np.array([0.5]), np.array([1.0]))
    array([2.])
    """
    return np.log(scale1 + scale2) + np.abs(target - location) / np.where(target < location, scale1, scale2)


@loss(
    "probabilistic",
    aliases=("logs_2pnormal", "2pnormal_nll", "split_normal_nll"),
    reference="scoringrules.logs_2pnormal",
    properties="convex differentiable",
    units="nats",
    use="the forecast is a Gaussian with two standard deviations, as in the fan charts of banks",
    words=("skewed forecasts", "split normal", "fan chart", "log score"),
    see={"normal_nll": "for two equal scales"},
)
def two_piece_normal_nll(location: Real, scale1: Positive, scale2: Positive, target: Real):
    """Negative log-density of a two-piece normal distribution: scale1 is below the location, scale2 above it.

    log(½ (s₁ + s₂)) + ½ log 2π + ½ (e / s)², e = t − location, s the scale of the side of the target

    >>> two_piece_normal_nll(np.array([0.0]), np.array([1.0]), np.array([1.0]), np.array([0.0]))
    array([0.91893853])
    """
    z = (target - location) / np.where(target < location, scale1, scale2)
    return np.log((scale1 + scale2) / 2) + HALF_LOG_2PI + z * z / 2


# --- censored: the probability beyond a bound lies on it ----------------------------------------------------------------------


def _crossed(context):
    lower, upper = context.get("lower"), context.get("upper")
    return np.zeros(len(context["target"]), bool) if lower is None or upper is None else any_in_row(lower > upper)


BOUNDS = Diagnostic("W104", "lower is above upper, so no value is between the bounds", _crossed)


def censored(excess, location, scale, target, lower, upper):
    """∫ F² from the lower bound to the target + ∫ (1 − F)² from there to the upper one; `excess` is ∫ F² up to z, minus max(z, 0)."""
    inside = target if lower is None else np.maximum(target, lower)
    inside = inside if upper is None else np.minimum(inside, upper)
    z = (inside - location) / scale
    value = np.abs(target - inside) + np.abs(inside - location) + scale * (excess(z) + excess(-z))
    if lower is not None:
        value = value - relu(lower - location) - scale * excess((lower - location) / scale)
    return value if upper is None else value - relu(location - upper) - scale * excess((location - upper) / scale)


@loss(
    "probabilistic",
    aliases=("crps_censored_normal",),
    reference="scoringrules.crps_cnormal",
    properties="robust",
    units="target units",
    use="the forecast is a Gaussian, but values beyond a bound are set to it, as rain is 0 or more",
    words=("censored forecasts", "precipitation", "rain"),
    see={"crps_gaussian": "without bounds", "crps_clogistic": "with heavier tails"},
    hints=(BOUNDS,),
)
def crps_cnormal(location: Real, scale: Positive, target: Real, lower: Real = None, upper: Real = None):
    """Continuous ranked probability score of a censored Gaussian: the probability beyond each bound lies on it; a bound may be left out.

    ∫ Φ((x − location) / scale)² dx from lower to t + ∫ Φ((location − x) / scale)² dx from t to upper

    >>> crps_cnormal(np.array([0.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.11684749])
    """
    return censored(squared_cdf_excess, location, scale, target, lower, upper)


def _logistic_excess(z):
    return np.log1p(np.exp(-np.abs(z))) - expit(z)


@loss(
    "probabilistic",
    aliases=("crps_censored_logistic",),
    reference="scoringrules.crps_clogistic",
    properties="robust",
    units="target units",
    use="the forecast is logistic, but values beyond a bound are set to it, as rain is 0 or more",
    words=("censored forecasts", "precipitation", "rain"),
    see={"crps_logistic": "without bounds", "crps_cnormal": "for a Gaussian"},
    hints=(BOUNDS,),
)
def crps_clogistic(location: Real, scale: Positive, target: Real, lower: Real = None, upper: Real = None):
    """Continuous ranked probability score of a censored logistic distribution: the probability beyond each bound lies on it.

    ∫ F² dx from lower to t + ∫ (1 − F)² dx from t to upper, F = 1 / (1 + e^(−(x − location) / scale))

    >>> crps_clogistic(np.array([0.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.19314718])
    """
    return censored(_logistic_excess, location, scale, target, lower, upper)


# --- truncated: the probability beyond a bound is shared among the values between the bounds ----------------------------------


def truncated(density, log_interval, location, scale, target, lower, upper):
    """log s + density(z) + log of the probability between the bounds; infinite beyond them."""
    low = -np.inf if lower is None else (lower - location) / scale
    high = np.inf if upper is None else (upper - location) / scale
    value = np.log(scale) + density((target - location) / scale)
    value = value if lower is upper is None else value + log_interval(low, high)
    inside = (target == target) if lower is None else target >= lower
    inside = inside if upper is None else inside & (target <= upper)
    return np.where(inside, value, np.inf)


@loss(
    "probabilistic",
    aliases=("logs_tnormal", "nll_tnormal", "truncated_normal_nll"),
    reference="scoringrules.logs_tnormal",
    units="nats",
    use="the forecast is a Gaussian of a number that has bounds, as a speed is 0 or more",
    words=("truncated forecasts", "wind speed", "log score"),
    see={"crps_cnormal": "a value beyond a bound is set to it instead", "normal_nll": "without bounds"},
    hints=(BOUNDS,),
)
def tnormal_nll(location: Real, scale: Positive, target: Real, lower: Real = None, upper: Real = None):
    """Negative log-density of a truncated Gaussian: infinite for a target beyond a bound; a bound may be left out.

    log s + ½ log 2π + ½ z² + log(Φ(u) − Φ(l)), z = (t − location) / s, l and u the same of the bounds

    >>> tnormal_nll(np.array([0.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.22579135])
    """
    return truncated(lambda z: HALF_LOG_2PI + z * z / 2, log_normal_interval, location, scale, target, lower, upper)


def _log_logistic_interval(low, high):
    """log(F(high) − F(low)) of the standard logistic distribution, as the product of F(high), 1 − F(low) and 1 − e^(low − high)."""
    return np.log(-np.expm1(low - high)) - softplus(-high) - softplus(low)


@loss(
    "probabilistic",
    aliases=("logs_tlogistic", "nll_tlogistic", "truncated_logistic_nll"),
    reference="scoringrules.logs_tlogistic",
    units="nats",
    use="the forecast is logistic, of a number that has bounds, as a speed is 0 or more",
    words=("truncated forecasts", "wind speed", "log score"),
    see={"crps_clogistic": "a value beyond a bound is set to it instead", "logistic_nll": "without bounds"},
    hints=(BOUNDS,),
)
def tlogistic_nll(location: Real, scale: Positive, target: Real, lower: Real = None, upper: Real = None):
    """Negative log-density of a truncated logistic distribution: infinite for a target beyond a bound; a bound may be left out.

    log s + |z| + 2 log(1 + e^(−|z|)) + log(F(u) − F(l)), z = (t − location) / s, l and u the same of the bounds

    >>> tlogistic_nll(np.array([0.0]), np.array([1.0]), np.array([0.0]), np.array([0.0]))
    array([0.69314718])
    """
    return truncated(standard_logistic, _log_logistic_interval, location, scale, target, lower, upper)
