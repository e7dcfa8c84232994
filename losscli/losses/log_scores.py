"""The negative log-likelihood of forecasts that are distributions of a number: the logarithmic score."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import Between0And1, NonNegative, Positive, Range, Real, Switch
from losscli.numeric.lazy import np
from losscli.numeric.probabilities import beta_density_nll, gamma_density_nll
from losscli.numeric.steps import log1p_product_over, multiply_no_nan
from losscli.registry import loss

__all__ = [
    "beta_nll", "exponential_nll", "gamma_nll", "gev_nll", "gpd_nll", "logistic_nll", "loglaplace_nll", "loglogistic_nll",
    "lognormal_nll", "normal_nll", "standard_logistic", "uniform_nll",
]  # fmt: skip

INF = float("inf")
SigmaOrLog = Annotated[Any, Switch(option="log_sigma", yes=Range(above=-INF, below=INF), no=Range(above=0, below=INF))]
LOG_2, HALF_LOG_2PI = 0.69314718055994530942, 0.91893853320467274178


@loss(
    "probabilistic",
    aliases=("logs_normal", "nll_normal"),
    reference="scoringrules.logs_normal",
    properties="convex differentiable",
    units="nats",
    use="a Gaussian forecast is given by its mean and its standard deviation",
    words=("log score", "logarithmic score"),
    see={
        "gaussian_nll": "takes the variance, and leaves out ½ log 2π unless full",
        "crps_gaussian": "in target units",
        "log_sigma": "sigma is log σ, as a model predicts it that may give any number",
    },
)
def normal_nll(mu: Real, sigma: SigmaOrLog, target: Real, *, log_sigma: bool = False):
    """Negative log-density of a Gaussian with mean mu and standard deviation sigma (not the variance), or its logarithm.

    log σ + ½ log 2π + ½ ((t − μ) / σ)²

    >>> normal_nll(np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([0.91893853])
    """
    if log_sigma:
        return sigma + HALF_LOG_2PI + multiply_no_nan(target - mu, np.exp(-sigma)) ** 2 / 2
    return np.log(sigma) + HALF_LOG_2PI + ((target - mu) / sigma) ** 2 / 2


@loss(
    "probabilistic",
    aliases=("logs_logistic", "nll_logistic"),
    reference="scoringrules.logs_logistic",
    properties="convex differentiable robust",
    units="nats",
    use="the forecast is a logistic distribution, with somewhat heavier tails than a Gaussian",
    words=("log score", "logarithmic score"),
    see={"crps_logistic": "in target units", "tlogistic_nll": "for a number that has bounds"},
)
def logistic_nll(location: Real, scale: Positive, target: Real):
    """Negative log-density of a logistic distribution.

    log s + |z| + 2 log(1 + e^(−|z|)), z = (t − location) / s, s = scale

    >>> logistic_nll(np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([1.38629436])
    """
    return np.log(scale) + standard_logistic((target - location) / scale)


def standard_logistic(z):
    """−log of the density of the standard logistic distribution."""
    return np.abs(z) + 2 * np.log1p(np.exp(-np.abs(z)))


_ORDER = Diagnostic("W104", "lower is above upper, so the two are exchanged", lambda c: any_in_row(c["lower"] > c["upper"]))


@loss(
    "probabilistic",
    aliases=("logs_uniform", "nll_uniform"),
    reference="scoringrules.logs_uniform",
    units="nats",
    use="the forecast is a range in which all values are equally likely, and nothing outside is",
    words=("log score", "logarithmic score"),
    see={"crps_uniform": "finite for a target outside too"},
    hints=(_ORDER,),
)
def uniform_nll(lower: Real, upper: Real, target: Real):
    """Negative log-density of a uniform distribution from lower to upper: infinite for a target outside.

    log(u − l)

    >>> uniform_nll(np.array([0.0]), np.array([2.0]), np.array([0.5]))
    array([0.69314718])
    """
    low, high = np.minimum(lower, upper), np.maximum(lower, upper)
    return np.where((target >= low) & (target <= high), np.log(high - low), np.inf)


@loss(
    "probabilistic",
    aliases=("logs_exponential", "nll_exponential", "exponential_negative_log_likelihood"),
    reference="scoringrules.logs_exponential",
    properties="convex differentiable",
    units="nats",
    use="the forecast of a waiting time is an exponential distribution",
    words=("log score", "waiting time"),
    see={"gamma_nll": "for a shape other than 1", "crps_exponential": "in target units"},
)
def exponential_nll(rate: Positive, target: NonNegative):
    """Negative log-density of an exponential distribution with a rate, the inverse of its mean.

    λ t − log λ, λ = rate

    >>> exponential_nll(np.array([1.0]), np.array([2.0]))
    array([2.])
    """
    return rate * target - np.log(rate)


@loss(
    "probabilistic",
    aliases=("logs_gamma", "nll_gamma", "gamma_negative_log_likelihood"),
    reference="scoringrules.logs_gamma",
    properties="convex differentiable",
    units="nats",
    use="the forecast of a positive amount is a gamma distribution",
    words=("log score", "positive amounts", "gamma regression", "rainfall"),
    see={"tweedie_deviance": "of the mean alone, with power 2", "exponential_nll": "for shape 1"},
)
def gamma_nll(shape: Positive, rate: Positive, target: Positive):
    """Negative log-density of a gamma distribution with a shape and a rate, the inverse of the scale.

    log Γ(α) − α log β − (α − 1) log t + β t, α = shape, β = rate

    >>> gamma_nll(np.array([1.0]), np.array([1.0]), np.array([2.0]))
    array([2.])
    """
    return gamma_density_nll(shape, rate, target)


@loss(
    "probabilistic",
    aliases=("logs_beta", "nll_beta", "beta_negative_log_likelihood"),
    reference="scoringrules.logs_beta",
    properties="convex differentiable",
    units="nats",
    use="the forecast of a share between 0 and 1 is a beta distribution",
    words=("log score", "shares", "proportions", "beta regression"),
    see={"bce": "of a probability without its uncertainty"},
)
def beta_nll(a: Positive, b: Positive, target: Between0And1):
    """Negative log-density of a beta distribution.

    log B(a, b) − (a − 1) log t − (b − 1) log(1 − t)

    >>> beta_nll(np.array([1.0]), np.array([1.0]), np.array([0.25]))
    array([0.])
    """
    return beta_density_nll(a, b, target)


@loss(
    "probabilistic",
    aliases=("logs_lognormal", "nll_lognormal", "log_normal_nll"),
    reference="scoringrules.logs_lognormal",
    properties="convex differentiable",
    units="nats",
    use="the forecast of a positive amount is a log-normal distribution",
    words=("log score", "positive amounts"),
    see={"normal_nll": "of the logarithm of the target, less log t", "crps_lognormal": "in target units"},
)
def lognormal_nll(mu: Real, sigma: Positive, target: Positive):
    """Negative log-density of a log-normal distribution; mu and sigma are the mean and standard deviation of the logarithm.

    log t + log σ + ½ log 2π + ½ ((log t − μ) / σ)²

    >>> lognormal_nll(np.array([0.0]), np.array([1.0]), np.array([1.0]))
    array([0.91893853])
    """
    return np.log(target) + np.log(sigma) + HALF_LOG_2PI + ((np.log(target) - mu) / sigma) ** 2 / 2


@loss(
    "probabilistic",
    aliases=("logs_loglogistic", "nll_loglogistic", "log_logistic_nll"),
    reference="scoringrules.logs_loglogistic",
    properties="convex differentiable",
    units="nats",
    use="the forecast of a positive amount or a duration is a log-logistic distribution",
    words=("log score", "positive amounts", "survival analysis"),
    see={"lognormal_nll": "has a lighter tail"},
)
def loglogistic_nll(mu: Real, sigma: Positive, target: Positive):
    """Negative log-density of a log-logistic distribution; mu and sigma are the location and scale of the logarithm.

    log t + log σ + |r| + 2 log(1 + e^(−|r|)), r = (log t − μ) / σ

    >>> loglogistic_nll(np.array([0.0]), np.array([1.0]), np.array([1.0]))
    array([1.38629436])
    """
    return np.log(target) + np.log(sigma) + standard_logistic((np.log(target) - mu) / sigma)


@loss(
    "probabilistic",
    aliases=("logs_loglaplace", "nll_loglaplace", "log_laplace_nll"),
    reference="scoringrules.logs_loglaplace",
    properties="convex",
    units="nats",
    use="the forecast of a positive amount is a log-Laplace distribution, with a heavy tail",
    words=("log score", "positive amounts"),
    see={"crps_loglaplace": "in target units", "lognormal_nll": "has a lighter tail"},
)
def loglaplace_nll(mu: Real, sigma: Positive, target: Positive):
    """Negative log-density of a log-Laplace distribution; mu and sigma are the location and scale of the logarithm.

    log t + log 2σ + |log t − μ| / σ

    >>> loglaplace_nll(np.array([0.0]), np.array([0.5]), np.array([1.0]))
    array([0.])
    """
    return np.log(target) + (np.log(sigma) + LOG_2) + np.abs(np.log(target) - mu) / sigma


@loss(
    "probabilistic",
    aliases=("logs_gpd", "nll_gpd", "generalized_pareto_nll"),
    reference="scoringrules.logs_gpd",
    units="nats",
    use="the forecast is of exceedances of a threshold: a generalized Pareto distribution",
    words=("extreme values", "exceedances", "peaks over threshold"),
    see={"crps_gpd": "in target units", "exponential_nll": "for shape 0", "gev_nll": "for maxima"},
)
def gpd_nll(shape: Real, location: Real, scale: Positive, target: Real):
    """Negative log-density of a generalized Pareto distribution: infinite for a target outside its range.

    log σ + (1 + 1/ξ) log(1 + ξ z), z = (t − location) / σ; log σ + z for ξ = 0

    >>> gpd_nll(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([2.0]))
    array([2.])
    """
    z = (target - location) / scale
    possible = (z >= 0) & (multiply_no_nan(shape, z) >= -1)
    z = np.where(possible, z, 0.0)
    return np.where(possible, np.log(scale) + multiply_no_nan(1 + shape, log1p_product_over(shape, z)), np.inf)


@loss(
    "probabilistic",
    aliases=("logs_gev", "nll_gev", "generalized_extreme_value_nll"),
    reference="scoringrules.logs_gev",
    units="nats",
    use="the forecast is of a maximum, as of a year: a generalized extreme value distribution",
    words=("extreme values", "block maxima", "gumbel", "floods"),
    see={"gpd_nll": "for all values above a threshold"},
)
def gev_nll(shape: Real, location: Real, scale: Positive, target: Real):
    """Negative log-density of a generalized extreme value distribution: infinite for a target outside its range.

    log σ + (1 + ξ) L + e^(−L), L = log(1 + ξ z) / ξ, z = (t − location) / σ; L = z for ξ = 0

    >>> gev_nll(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0]))
    array([1.])
    """
    z = (target - location) / scale
    possible = multiply_no_nan(shape, z) > -1
    log = log1p_product_over(shape, np.where(possible, z, 0.0))
    rest = np.exp(-log)
    value = np.log(scale) + multiply_no_nan(1 + shape, np.where(rest < np.inf, log, 0.0)) + rest
    return np.where(possible, value, np.inf)
