"""Likelihoods of mixtures: a count or a number may come from any of several distributions."""

from __future__ import annotations

from losscli.domains import Count, NonNegativeVector, PositiveVector, Real, Vector
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.probabilities import poisson_probability_nll
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.special import nbinom_nll
from losscli.numeric.steps import stop_gradient
from losscli.registry import loss

__all__ = ["negative_binomial_mixture_nll", "normal_mixture_nll", "poisson_mixture_nll"]

_NO_WEIGHT = "all weights of a row are 0"
HALF_LOG_2PI = 0.91893853320467274178


def _mixed(nll, weights):
    """−log Σ_k w_k e^(−nll_k), as a sum of two terms that are not negative; weights count by their share of their sum."""
    size = np.ones_like(stop_gradient(nll)) if weights is None else weights
    size = size / power_of_two_scale(stop_gradient(size).max(-1))[..., None]  # so that neither their sum nor a quotient overflows
    w = size / explain_zero(size.sum(-1), _NO_WEIGHT)[..., None]
    least = stop_gradient(np.where(w == 0, np.inf, nll).min(-1))
    more = np.minimum(least[..., None] - nll, 700.0)  # above 0 only where the weight is 0
    likelihood, gap = (w * np.exp(more)).sum(-1), (w * np.expm1(more)).sum(-1)
    near = likelihood > 0.5
    return least - np.where(near, np.log1p(np.where(near, gap, 0.0)), np.log(np.where(near, 1.0, likelihood)))


@loss(
    "probabilistic",
    aliases=("poisson_mixture", "mixture_poisson_nll"),
    reference="torch.distributions.MixtureSameFamily of Poisson",
    properties="differentiable",
    units="nats",
    use="counts come from several rates, so that one Poisson distribution is too narrow",
    words=("count data", "mixture", "probabilistic forecasting", "demand"),
    see={"poisson_count_nll": "one component", "negative_binomial_mixture_nll": "each component may be wider than that"},
)
def poisson_mixture_nll(mean: PositiveVector, target: Count, weights: NonNegativeVector = None):
    """Negative log-probability of a count under a mixture of Poisson distributions; without weights all components have the same share.

    −log Σ_k w_k e^(−μ_k) μ_k^t / t!, w divided by its sum, μ = mean

    >>> poisson_mixture_nll(np.array([[1.0, 1.0]]), np.array([0]))
    array([1.])
    """
    return _mixed(poisson_probability_nll(mean, target[..., None] + np.zeros_like(stop_gradient(mean))), weights)


@loss(
    "probabilistic",
    aliases=("negative_binomial_mixture", "mixture_negative_binomial_nll"),
    reference="torch.distributions.MixtureSameFamily of NegativeBinomial",
    properties="differentiable",
    units="nats",
    use="counts come from several sources, each with a variance larger than its mean",
    words=("count data", "mixture", "overdispersed counts", "probabilistic forecasting", "demand"),
    see={"negative_binomial_nll": "one component", "poisson_mixture_nll": "the limit for a large total_count"},
)
def negative_binomial_mixture_nll(mean: PositiveVector, target: Count, total_count: PositiveVector, weights: NonNegativeVector = None):
    """Negative log-probability of a count under a mixture of negative binomials; without weights all components have the same share.

    −log Σ_k w_k NB(t; μ_k, r_k), w divided by its sum; NB has mean μ and variance μ + μ² / r, μ = mean, r = total_count

    >>> negative_binomial_mixture_nll(np.array([[2.0, 2.0]]), np.array([0]), np.array([[2.0, 2.0]]))
    array([1.38629436])
    """
    zeros = np.zeros_like(stop_gradient(mean))
    return _mixed(nbinom_nll(mean, target[..., None].astype(zeros.dtype) + zeros, total_count), weights)


@loss(
    "probabilistic",
    aliases=("gaussian_mixture_nll", "mixture_normal_nll", "logs_mixnorm"),
    reference="scoringrules.logs_mixnorm",
    properties="differentiable",
    units="nats",
    use="a number may come from several Gaussians, as of a mixture density network",
    words=("mixture", "mixture density network", "gaussian mixture", "probabilistic forecasting", "log score"),
    see={
        "normal_nll": "one component",
        "mixture_gaussian_nll": "from logits of the weights, as a network gives them",
        "crps_mixnorm": "for the same forecast, in target units",
    },
)
def normal_mixture_nll(mu: Vector, sigma: PositiveVector, target: Real, weights: NonNegativeVector = None):
    """Negative log-density of a mixture of normal distributions; without weights all components have the same share.

    −log Σ_k w_k φ((t − μ_k) / σ_k) / σ_k, w divided by its sum

    >>> normal_mixture_nll(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([0.0]))
    array([0.91893853])
    """
    z = (target[..., None] - mu) / sigma
    return _mixed(np.log(sigma) + z * z / 2 + HALF_LOG_2PI, weights)
