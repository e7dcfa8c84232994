"""Minus the log density that a predicted distribution gives to what happened."""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import Flag, NonNegative, Positive, PositiveVector, RateOrLog, Real, Slope, Vector
from losscli.frameworks import keras, torch
from losscli.numeric.lazy import np
from losscli.numeric.softmax import logsumexp, softmax_cross_entropy
from losscli.numeric.special import log1p_squared_ratio, nbinom_nll, student_t_log_normalizer, tweedie_unit_deviance
from losscli.numeric.steps import clamp_min, clamp_min_straight_through, kl_div_log_input, square_over, xlogy
from losscli.registry import Preset, loss

__all__ = ["cox_ph", "gaussian_nll", "laplace_nll", "mixture_gaussian_nll", "negative_binomial_nll", "poisson_nll", "student_t_nll"]

LOG_2PI = 1.8378770664093454836


@loss(
    "probabilistic",
    aliases=("poisson_nll_loss", "PoissonNLLLoss", "poisson_negative_log_likelihood"),
    reference="torch.nn.functional.poisson_nll_loss",
    properties="convex differentiable",
    units="nats",
    use="targets are counts whose variance is about their mean",
    presets=(
        torch("PoissonNLLLoss", "functional.poisson_nll_loss"),
        keras("Poisson", "poisson", options={"log_input": False, "eps": 1e-7}),
        Preset(("poisson",), {"log_input": False, "eps": 1e-7}),  # from the rate, as Keras has it
    ),
    see={"gaussian_nll": "for real-valued targets", "negative_binomial_nll": "for counts that vary more than their mean"},
)
def poisson_nll(pred: RateOrLog, target: NonNegative, *, log_input: bool = True, full: bool = False, eps: NonNegative = 1e-8):
    """Minus the log of the Poisson probability of a count, without log t!, or with Stirling's approximation of it if full.

    e^p − t p from the log rate; p − t log(p + ε) from the rate; full adds t log t − t + ½ log 2πt where t > 1

    >>> poisson_nll(np.array([0.0]), np.array([2.0]))
    array([1.])
    """
    value = np.exp(pred) - target * pred if log_input else pred - xlogy(target, pred + eps)
    if not full:
        return value
    t = np.where(target > 1, target, 1.0)
    excess = (
        kl_div_log_input(pred, t) if log_input else tweedie_unit_deviance(pred + eps, t, 1) / 2 - eps
    )  # value + t log t − t, in which nothing cancels
    return np.where(target > 1, excess + (LOG_2PI + np.log(t)) / 2, value)


@loss(
    "probabilistic",
    aliases=("gaussian_nll_loss", "GaussianNLLLoss", "gaussian_negative_log_likelihood", "heteroscedastic_nll"),
    reference="torch.nn.functional.gaussian_nll_loss",
    properties="convex differentiable",
    units="nats",
    use="the noise differs from row to row, and its variance is predicted with the mean",
    presets=(torch("GaussianNLLLoss", "functional.gaussian_nll_loss", options={"slope": "torch"}),),
    see={
        "mse": "twice it plus a constant where every variance is 1",
        "slope": "exact is the derivative of the value, 0 by a variance below eps; torch's does not see that bound",
    },
)
def gaussian_nll(pred: Real, target: Real, var: NonNegative, *, full: bool = False, eps: Positive = 1e-6, slope: Slope = "exact"):
    """Minus the log density of a Gaussian with mean pred and a variance (not a deviation, not a logarithm) of its own.

    ½ (log v + (p − t)² / v), v = max(var, ε), and ½ log 2π if full

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
    use="targets are counts that vary more than their mean (overdispersed)",
    see={"poisson_nll": "the limit of a large total_count, less log t!"},
)
def negative_binomial_nll(pred: Positive, target: NonNegative, total_count: Positive):
    """Minus the log probability of a count of mean pred and variance pred + pred² / total_count.

    −log Γ(t + r) + log Γ(r) + log Γ(t + 1) − r log(r / (r + μ)) − t log(μ / (r + μ))

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
    use="the median is predicted with its uncertainty, under noise with some outliers",
    see={"mae": "where every scale is 1, it plus log 2"},
)
def laplace_nll(pred: Real, target: Real, scale: Positive):
    """Minus the log density of a Laplace distribution with a scale of its own.

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
    use="uncertainty is predicted too, under heavy tails and gross outliers",
    see={"gaussian_nll": "the limit of a large df", "cauchy": "where df is 1 and scale √2 c, less a constant"},
)
def student_t_nll(pred: Real, target: Real, scale: Positive, df: Positive):
    """Minus the log density of Student's t distribution: heavy tails for small df, nearly Gaussian for large.

    ½ (ν + 1) log(1 + z²/ν) + log s + ½ log νπ + log Γ(ν/2) − log Γ((ν + 1)/2), z = (p − t) / s

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
    use="one input has several distinct answers, and their mean would be none of them",
    see={"gaussian_nll": "one component; it takes the variance"},
)
def mixture_gaussian_nll(logits: Vector, mu: Vector, sigma: PositiveVector, target: Real):
    """Minus the log density of a mixture of Gaussians: their weights as logits, means, and deviations (not variances).

    −log Σ_k softmax(l)_k N(t; μ_k, σ_k²)

    >>> mixture_gaussian_nll(np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]), np.array([[1.0, 1.0]]), np.array([1.0]))
    array([0.91893853])
    """
    share = logits - logits.max(-1)[..., None]
    own = ((target[..., None] - mu) / sigma) ** 2 / 2 + np.log(sigma)
    return logsumexp(share) - logsumexp(share - own) + LOG_2PI / 2


@loss(
    "probabilistic",
    aliases=("cox", "cox_partial_likelihood", "cox_ph_loss"),
    reference="the formula (Breslow, 1974)",
    properties="convex differentiable",
    units="nats",
    use="survival times, some of them censored, when only relative risks are modelled",
    see={"info_nce": "the same softmax, over all who are still at risk"},
)
def cox_ph(pred: Real, time: Real, event: Flag):
    """Minus the log of the share of an event in the hazard of all who are at risk at its time, ties as Breslow has them.

    −(h_i − log Σ e^{h_j} over t_j ≥ t_i) where there is an event, of log hazards h; the mean is over events

    >>> next(cox_ph(np.array([0.5]), np.array([2.0]), np.array([1])))[0].of
    array([0.5])
    """
    hazards, times, row = yield AllRows(pred), AllRows(time), RowIndex
    at_risk = np.where(times >= time[:, None], hazards, -np.inf)
    happened = event.astype(float)
    return np.where(event, softmax_cross_entropy(at_risk, row), 0.0), happened
