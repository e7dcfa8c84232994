"""Losses of a predicted distribution, and divergences between two."""

from __future__ import annotations

from losscli.domains import LogProbability, NonNegative, Positive, RateOrLog, Real, WeightOrLog, above_zero, unnormalised
from losscli.numeric import floored, np, times, xlogy
from losscli.registry import loss, optax, torch

__all__ = ["gaussian_nll", "kl_div", "poisson_nll"]

LOG_2PI = 1.8378770664093454836


@loss(
    "probabilistic",
    aliases=("poisson_nll_loss", "PoissonNLLLoss", "poisson_negative_log_likelihood"),
    reference="torch.nn.functional.poisson_nll_loss",
    properties="convex differentiable",
    units="nats",
    presets=(torch("PoissonNLLLoss", "functional.poisson_nll_loss"),),
    see={"gaussian_nll": "for real-valued targets"},
)
def poisson_nll(pred: RateOrLog, target: NonNegative, *, log_input: bool = True, full: bool = False, eps: NonNegative = 1e-8):
    """Minus the log of the Poisson probability of a count, without log t!, or with Stirling's approximation of it if full.

    e^p − t p from the log rate; p − t log(p + ε) from the rate; full adds t log t − t + ½ log 2πt where t > 1

    >>> poisson_nll(np.array([0.0]), np.array([2.0]))
    array([1.])
    """
    value = np.exp(pred) - target * pred if log_input else pred - xlogy(target, pred + eps)
    t = np.where(target > 1, target, 1.0)
    return value + np.where(target > 1, t * np.log(t) - t + (LOG_2PI + np.log(t)) / 2, 0.0) if full else value


@loss(
    "probabilistic",
    aliases=("gaussian_nll_loss", "GaussianNLLLoss", "gaussian_negative_log_likelihood", "heteroscedastic_nll"),
    reference="torch.nn.functional.gaussian_nll_loss",
    properties="convex differentiable",
    units="nats",
    presets=(torch("GaussianNLLLoss", "functional.gaussian_nll_loss"),),
    see={"mse": "twice it plus a constant where every variance is 1"},
)
def gaussian_nll(pred: Real, target: Real, var: NonNegative, *, full: bool = False, eps: Positive = 1e-6):
    """Minus the log density of a Gaussian with mean pred and a variance (not a deviation, not a logarithm) of its own.

    ½ (log v + (p − t)² / v), v = max(var, ε), and ½ log 2π if full

    >>> gaussian_nll(np.array([1.0]), np.array([0.0]), np.array([1.0]))
    array([0.5])
    """
    v = floored(var, eps)
    return (np.log(v) + (pred - target) ** 2 / v + (LOG_2PI if full else 0.0)) / 2


@loss(
    "divergence",
    aliases=("KLDivLoss", "kullback_leibler", "kl"),
    reference="torch.nn.functional.kl_div",
    properties="convex differentiable",
    units="nats",
    reduction="batchmean",
    presets=(
        torch("KLDivLoss", "functional.kl_div", reduction="mean"),
        optax("kl_divergence", last_axis="sum"),
        optax("kl_divergence_with_log_targets", options={"log_target": True}, last_axis="sum"),
    ),
    see={"cross_entropy": "the divergence plus the entropy of the target; it takes logits"},
    hints=(
        above_zero(),
        unnormalised("pred", lambda c: np.exp(c["pred"]), "give log-probabilities, log_softmax(logits)"),
        unnormalised("target", lambda c: np.exp(c["target"]) if c["log_target"] else c["target"], "give probabilities"),
    ),
)
def kl_div(pred: LogProbability, target: WeightOrLog, *, log_target: bool = False):
    """Kullback-Leibler divergence KL(target ‖ pred) of a prediction in log-probabilities, element by element.

    t (log t − p), and 0 where t = 0

    >>> kl_div(np.log([0.5]), np.array([1.0]))
    array([0.69314718])
    """
    t = np.exp(target) if log_target else target
    return times(t, (target if log_target else np.log(np.where(t > 0, t, 1.0))) - pred)
