"""Negative log-likelihoods of targets under a predicted distribution."""

from __future__ import annotations

from losscli.domains import NonNegative, Positive, PositiveVector, RateOrLog, Real, Slope, VarianceOfRow, Vector
from losscli.numeric.divergence import kl_div_log_input
from losscli.numeric.lazy import np
from losscli.numeric.poisson import poisson_excess_of_rate, poisson_nll_of_log_rate, poisson_nll_of_rate
from losscli.numeric.softmax import logsumexp
from losscli.numeric.special import log1p_squared_ratio, nbinom_nll, student_t_log_normalizer
from losscli.numeric.steps import clamp_min, clamp_min_straight_through, square_over
from losscli.registry import Preset, loss

__all__ = ["gaussian_nll", "laplace_nll", "mixture_gaussian_nll", "negative_binomial_nll", "poisson_nll", "student_t_nll"]

LOG_2PI = 1.8378770664093454836


@loss(
    "probabilistic",
    aliases=("poisson_nll_loss", "PoissonNLLLoss", "poisson_negative_log_likelihood"),
    reference="torch.nn.functional.poisson_nll_loss",
    properties="convex differentiable",
    units="nats",
    use="targets are counts whose variance is about equal to their mean",
    words=("count data", "counts", "poisson regression"),
    presets=(Preset(("poisson",), options={"log_input": False, "eps": 1e-7}),),  # takes the rate, as in Keras
    see={"gaussian_nll": "for real-valued targets", "negative_binomial_nll": "for counts whose variance is larger than their mean"},
)
def poisson_nll(pred: RateOrLog, target: NonNegative, *, log_input: bool = True, full: bool = False, eps: NonNegative = 1e-8):
    """Negative log-probability of a count under a Poisson distribution, without the term log t!; full adds Stirling's approximation of it.

    e^p − t p from the log rate; p − t log(p + ε) from the rate; full adds t log t − t + ½ log 2πt where t > 1

    >>> poisson_nll(np.array([0.0]), np.array([2.0]))
    array([1.])
    """
    value = poisson_nll_of_log_rate(pred, target) if log_input else poisson_nll_of_rate(pred, target, eps)
    if not full:
        return value
    t = np.where(target > 1, target, 1.0)
    # value + t log t − t, in a form in which nothing cancels
    excess = kl_div_log_input(pred, t) if log_input else poisson_excess_of_rate(pred, t, eps)
    return np.where(target > 1, excess + (LOG_2PI + np.log(t)) / 2, value)


@loss(
    "probabilistic",
    aliases=("gaussian_nll_loss", "GaussianNLLLoss", "gaussian_negative_log_likelihood", "heteroscedastic_nll"),
    reference="torch.nn.functional.gaussian_nll_loss",
    properties="convex differentiable",
    units="nats",
    use="the noise differs from row to row, and its variance is predicted together with the mean",
    words=("heteroscedastic regression", "uncertainty", "variance"),
    see={
        "mse": "twice this loss plus a constant, if every variance is 1",
        "slope": "exact is the derivative of the value: 0 for a variance below eps; torch's gradient ignores that bound",
    },
)
def gaussian_nll(pred: Real, target: Real, var: VarianceOfRow, *, full: bool = False, eps: Positive = 1e-6, slope: Slope = "exact"):
    """Negative log-density of a Gaussian with mean pred and variance var (not the standard deviation, not a logarithm).

    ½ (log v + (p − t)² / v), v = max(var, ε); full adds ½ log 2π

    >>> gaussian_nll(np.array([1.0]), np.array([0.0]), np.array([1.0]))
    array([0.5])
    """
    v = clamp_min(var, eps) if slope == "exact" else clamp_min_straight_through(var, eps)
    return (np.log(v) + square_over(pred - target, v) + (LOG_2PI if full else 0.0)) / 2


@loss(
    "probabilistic",
    aliases=("neg_binomial_nll", "negative_binomial_negative_log_likelihood"),
    reference="torch.distributions.NegativeBinomial, of the mean",
    properties="differentiable",
    units="nats",
    use="targets are counts with a variance larger than their mean (overdispersed)",
    words=("count data", "overdispersed counts"),
    see={"poisson_nll": "the limit for a large total_count, minus log t!"},
)
def negative_binomial_nll(pred: Positive, target: NonNegative, total_count: Positive):
    """Negative log-probability of a count under a negative binomial distribution with mean μ = pred and variance μ + μ² / total_count.

    −log Γ(t + r) + log Γ(r) + log Γ(t + 1) − r log(r / (r + μ)) − t log(μ / (r + μ)), r = total_count

    >>> negative_binomial_nll(np.array([2.0]), np.array([0.0]), np.array([2.0]))
    array([1.38629436])
    """
    return nbinom_nll(pred, target, total_count)


@loss(
    "probabilistic",
    aliases=("laplace_negative_log_likelihood",),
    reference="torch.distributions.Laplace",
    properties="convex robust symmetric",
    units="nats",
    use="the median is predicted with its uncertainty, and the noise has some outliers",
    see={"mae": "this loss minus log 2, if every scale is 1"},
)
def laplace_nll(pred: Real, target: Real, scale: Positive):
    """Negative log-density of a Laplace distribution with location pred and scale b.

    log 2b + |p − t| / b

    >>> laplace_nll(np.array([0.0]), np.array([1.0]), np.array([0.5]))
    array([2.])
    """
    return np.log(2 * scale) + np.abs(pred - target) / scale


@loss(
    "probabilistic",
    aliases=("student_nll", "t_nll"),
    reference="torch.distributions.StudentT",
    properties="differentiable robust symmetric",
    units="nats",
    use="uncertainty is predicted too, and the noise has heavy tails and gross outliers",
    see={"gaussian_nll": "the limit for a large df", "cauchy": "equal up to a constant for df 1 and scale √2 c"},
)
def student_t_nll(pred: Real, target: Real, scale: Positive, df: Positive):
    """Negative log-density of Student's t distribution with location pred: heavy tails for a small df, nearly Gaussian for a large one.

    ½ (ν + 1) log(1 + z²/ν) + log s + ½ log νπ + log Γ(ν/2) − log Γ((ν + 1)/2), z = (p − t) / s, ν = df

    >>> student_t_nll(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([2.0]))
    array([1.03972077])
    """
    tail = (df + 1) / 2 * log1p_squared_ratio((pred - target) / np.sqrt(df), scale)
    return tail + (np.log(scale) + (student_t_log_normalizer(df) + LOG_2PI / 2))


@loss(
    "probabilistic",
    aliases=("mdn", "mdn_loss", "mixture_density_nll"),
    reference="torch.distributions.MixtureSameFamily",
    properties="differentiable",
    units="nats",
    use="one input can have several distinct targets, so that their mean would be wrong",
    words=("mixture density network", "mdn", "multimodal"),
    see={
        "gaussian_nll": "one component, with the variance instead of the standard deviation",
        "normal_mixture_nll": "from weights, not from logits",
    },
)
def mixture_gaussian_nll(logits: Vector, mu: Vector, sigma: PositiveVector, target: Real):
    """Negative log-density of a mixture of Gaussians, given by logits of the weights, means, and standard deviations (not variances).

    −log Σ_k softmax(l)_k N(t; μ_k, σ_k²)

    >>> mixture_gaussian_nll(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]), np.array([1.0]))
    array([0.91893853])
    """
    log_weights = logits - logits.max(-1)[..., None]
    nll = ((target[..., None] - mu) / sigma) ** 2 / 2 + np.log(sigma)
    return logsumexp(log_weights) - logsumexp(log_weights - nll) + LOG_2PI / 2
