"""Negative log-likelihoods of amounts and counts, of a mean or its logarithm, as boosters with a logarithmic link have them."""

from __future__ import annotations

from losscli.domains import BetweenOneAndTwo, MeanOrLog, NonNegative
from losscli.numeric.lazy import np
from losscli.numeric.steps import multiply_no_nan
from losscli.registry import loss

__all__ = ["gamma_nloglik", "tweedie_nloglik"]


@loss(
    "probabilistic",
    aliases=("gamma_loss", "half_gamma_loss"),
    reference="sklearn._loss.HalfGammaLoss",
    units="nats",
    use="amounts above 0 with a constant relative error, such as costs, from a log link",
    words=("claim severity", "log link"),
    see={"tweedie_deviance": "with power 2: twice its excess over the loss at pred = target", "log_input": "pred is log μ"},
)
def gamma_nloglik(pred: MeanOrLog, target: NonNegative, *, log_input: bool = True):
    """Negative log-likelihood of a gamma distribution with shape 1 and mean μ, without terms of the target alone.

    t / μ + log μ, μ = e^p, or p without log_input

    >>> gamma_nloglik(np.array([0.0]), np.array([2.0]))
    array([2.])
    """
    return multiply_no_nan(target, np.exp(-pred)) + pred if log_input else target / pred + np.log(pred)


@loss(
    "probabilistic",
    aliases=("tweedie_nll", "half_tweedie_loss"),
    reference="sklearn._loss.HalfTweedieLoss",
    units="target units to the power of 2 − power",
    use="amounts with many exact zeros, such as rain or sales, from a log link",
    words=("pure premium", "log link"),
    see={"tweedie_deviance": "twice its excess over the loss at pred = target", "log_input": "pred is log μ"},
)
def tweedie_nloglik(pred: MeanOrLog, target: NonNegative, *, power: BetweenOneAndTwo = 1.5, log_input: bool = True):
    """Negative log-likelihood of a Tweedie distribution with mean μ and a variance ∝ μ^power, without terms of the target alone.

    μ^(2 − ρ) / (2 − ρ) + t μ^(1 − ρ) / (ρ − 1), ρ = power, μ = e^p, or p without log_input

    >>> tweedie_nloglik(np.array([0.0]), np.array([2.0]))
    array([6.])
    """
    above, below = 2 - power, power - 1
    if log_input:
        return np.exp(above * pred) / above + multiply_no_nan(target, np.exp(-below * pred)) / below
    return pred**above / above + target * pred**-below / below
