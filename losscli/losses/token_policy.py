"""Losses of the policy of a language model, from the tokens of sampled answers: grpo and its kin, with a mean that a word names."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.diagnostics import Diagnostic
from losscli.domains import Advantage, Flag, Needs, NonNegative, Positive, Real, Slope
from losscli.losses.policy import Average, Empty, averaged, by_row, clipped_ratio, log_ratios, surrogate, token_weights
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_array
from losscli.numeric.steps import expit, expm1_minus_x, stop_gradient
from losscli.registry import Preset, loss

__all__ = ["cispo", "grpo", "sapo", "vespo"]

Level = Literal["token", "sequence"]  # the ratio of each token, or one for its whole sequence


def _one_token(c):
    """Where each row is one number, so that every sequence has one token."""
    by_sequence = c.get("average") != "token-mean" or c.get("level") == "sequence"
    return np.full(len(c["logp"]), by_sequence and c["logp"].ndim == 1)


SEQUENCES = (
    Diagnostic("W131", "each row is a sequence of one token: give logp as (sequences, tokens), with a mask", _one_token, every=True),
)


@loss(
    "preference",
    aliases=("group_relative_policy_optimization", "grpo_loss"),
    reference="trl.GRPOTrainer, loss_type grpo; arXiv:2402.03300",
    units="reward units",
    use="a language model is rewarded for whole answers, in groups of answers to the same prompt",
    words=("rlhf", "reinforcement learning", "reasoning"),
    presets=(
        Preset(("bnpo",), options={"average": "token-mean"}),
        Preset(("dapo",), options={"average": "token-mean", "epsilon_high": 0.28}),
        Preset(("dr_grpo",), options={"average": "seq-mean-token-sum-norm"}),
        Preset(("gspo",), options={"level": "sequence"}),
        Preset(("luspo",), options={"level": "sequence", "average": "seq-mean-token-sum"}),
    ),
    see={
        "average": "the denominator: grpo the sequences, bnpo and dapo the tokens, dr_grpo the sequences times max_length",
        "num_items": "the tokens of all batches of a step, as in trl's dapo; with seq-mean the sequences",
        "advantage": "one for each sequence, or one for each token",
        "empty": "a sequence without tokens counts as 0 in trl, not at all in verl, and makes a nan in OpenRLHF",
        "dapo": "its epsilon_high is 0.28, as in the paper; trl.GRPOTrainer.dapo has epsilon",
        "gspo": "the paper has epsilon 3e-4 and epsilon_high 4e-4",
        "beta": "0.04 where ref_logp is given; 0 in trl",
    },
    hints=SEQUENCES,
)
def grpo(
    logp: Real,
    old_logp: Real,
    advantage: Advantage,
    mask: Flag = None,
    ref_logp: Real = None,
    *,
    epsilon: NonNegative = 0.2,
    epsilon_high: NonNegative | None = None,
    delta: Positive | None = None,
    beta: Annotated[NonNegative, Needs("ref_logp")] = 0.04,
    level: Level = "token",
    average: Average = "seq-mean-token-mean",
    num_items: Positive | None = None,
    max_length: Annotated[Positive | None, Needs("average", ("seq-mean-token-sum-norm",), noted=True)] = None,
    empty: Empty = "count",
):
    """Clipped policy loss of each token, plus beta times the divergence k3 from a reference, averaged as `average` says.

    −min(min(r, δ) A, clip(r, 1 − ε, 1 + ε_high) A) + β (e^d − d − 1), r = e^(logp − old_logp), d = ref_logp − logp

    >>> grpo(np.array([[-1.0, -2.0]]), np.array([[-1.3, -2.0]]), np.array([[1.0]]))[0]
    array([-1.1])
    """
    weights, high = token_weights(logp, mask), 1 + (epsilon if epsilon_high is None else epsilon_high)
    losses = surrogate(log_ratios(logp, old_logp, weights, level), advantage, 1 - epsilon, high, delta)
    losses = losses if ref_logp is None else losses + beta * expm1_minus_x(ref_logp - logp)
    return averaged(losses, weights, average, num_items, max_length, empty)


@loss(
    "preference",
    aliases=("clipped_is_weight_policy_optimization", "cispo_loss"),
    reference="verl.trainer.ppo.core_algos.compute_policy_loss_cispo; arXiv:2506.13585",
    units="reward units times nats",
    use="clipped tokens of a policy should still have a gradient, as in CISPO",
    see={
        "grpo": "it clips the objective, so that clipped tokens have no gradient",
        "trl.GRPOTrainer.cispo": "its epsilon_high is the largest ratio itself, and there is no least one",
        "slope": "torch treats the ratio as a constant, as CISPO does; exact is the derivative of the value",
    },
    hints=SEQUENCES,
)
def cispo(
    logp: Real,
    old_logp: Real,
    advantage: Advantage,
    mask: Flag = None,
    ref_logp: Real = None,
    *,
    epsilon: Real = 0.2,
    epsilon_high: Real | None = None,
    beta: Annotated[NonNegative, Needs("ref_logp")] = 0.0,
    level: Level = "token",
    average: Average = "token-mean",
    num_items: Positive | None = None,
    max_length: Annotated[Positive | None, Needs("average", ("seq-mean-token-sum-norm",), noted=True)] = None,
    empty: Empty = "count",
    slope: Slope = "exact",
):
    """Policy gradient of each token, times the ratio of new and old probability, clipped; the ratio counts as a constant.

    −clip(r, 1 − ε, 1 + ε_high) A logp + β (e^d − d − 1), r = e^(logp − old_logp), d = ref_logp − logp

    >>> cispo(np.array([-1.0]), np.array([-1.3]), np.array([1.0]))[0]
    array([1.2])
    """
    weights, high = token_weights(logp, mask), 1 + (epsilon if epsilon_high is None else epsilon_high)
    ratio = clipped_ratio(log_ratios(logp, old_logp, weights, level), 1 - epsilon, high)
    losses = -(ratio if slope == "exact" else stop_gradient(ratio)) * advantage * logp
    losses = losses if ref_logp is None else losses + beta * expm1_minus_x(ref_logp - logp)
    return averaged(losses, weights, average, num_items, max_length, empty)


@loss(
    "preference",
    aliases=("soft_adaptive_policy_optimization", "sapo_loss"),
    reference="trl.GRPOTrainer, loss_type sapo; arXiv:2511.20347",
    units="reward units",
    use="a policy should be held near the old one by a smooth gate in place of clipping",
    see={"grpo": "with clipping"},
    hints=SEQUENCES,
)
def sapo(
    logp: Real,
    old_logp: Real,
    advantage: Advantage,
    mask: Flag = None,
    ref_logp: Real = None,
    *,
    temperature_pos: Positive = 1.0,
    temperature_neg: Positive = 1.05,
    beta: Annotated[NonNegative, Needs("ref_logp")] = 0.0,
    level: Level = "token",
    average: Average = "seq-mean-token-mean",
    num_items: Positive | None = None,
    max_length: Annotated[Positive | None, Needs("average", ("seq-mean-token-sum-norm",), noted=True)] = None,
    empty: Empty = "count",
):
    """Negative advantage of each token times a sigmoid of the ratio of new and old probability.

    −(4 / τ) σ(τ (r − 1)) A + β (e^d − d − 1), r = e^(logp − old_logp), d = ref_logp − logp; τ = τ_pos where A > 0, else τ_neg

    >>> sapo(np.array([[-1.0]]), np.array([[-1.0]]), np.array([[1.0]]))[0]
    array([-2.])
    """
    t = np.where(advantage > 0, *(plain_array(x, logp.dtype) for x in (temperature_pos, temperature_neg)))
    weights = token_weights(logp, mask)
    excess = np.expm1(np.minimum(log_ratios(logp, old_logp, weights, level), 100.0))  # from there on the sigmoid is 1
    losses = -4 / t * expit(t * excess) * advantage
    losses = losses if ref_logp is None else losses + beta * expm1_minus_x(ref_logp - logp)
    return averaged(losses, weights, average, num_items, max_length, empty)


@loss(
    "preference",
    aliases=("variational_sequence_policy_optimization", "vespo_loss"),
    reference="trl.GRPOTrainer, loss_type vespo",
    units="reward units times nats",
    use="a policy should be weighted by the ratio of whole sequences, without clipping",
    see={
        "sapo": "a smooth gate of each token",
        "gspo": "clips the mean ratio of a sequence",
        "slope": "torch treats the weight as a constant; exact is the derivative of the value",
    },
    hints=SEQUENCES,
)
def vespo(
    logp: Real,
    old_logp: Real,
    advantage: Advantage,
    mask: Flag = None,
    ref_logp: Real = None,
    *,
    k_pos: NonNegative = 2.0,
    lambda_pos: NonNegative = 3.0,
    k_neg: NonNegative = 3.0,
    lambda_neg: NonNegative = 2.0,
    beta: NonNegative = 0.0,
    average: Average = "token-mean",
    num_items: Positive | None = None,
    max_length: Positive | None = None,
    slope: Slope = "exact",
):
    """Policy gradient of each token, times a gamma weight of the probability ratio of its sequence, which is largest near 1.

    −e^λ w^k e^(−λ w) A logp + β (e^d − d − 1), w = e^Σ(logp − old_logp), d = ref_logp − logp; k, λ by the sign of A

    >>> vespo(np.array([-1.0]), np.array([-1.0]), np.array([2.0]))[0]
    array([2.])
    """
    weights = token_weights(logp, mask)
    log_w = np.minimum(by_row(np.where(weights == 1, logp - old_logp, 0.0)), 100.0)  # from there on the weight is 0
    log_w = log_w.reshape(-1, *(1,) * (logp.ndim - 1))
    of_sign = ((k_pos, k_neg), (lambda_pos, lambda_neg))
    k, rate = (np.where(advantage >= 0, *(plain_array(x, logp.dtype) for x in pair)) for pair in of_sign)
    phi = np.exp(k * log_w - rate * np.expm1(log_w))
    losses = -(phi if slope == "exact" else stop_gradient(phi)) * advantage * logp
    losses = losses if ref_logp is None else losses + beta * expm1_minus_x(ref_logp - logp)
    return averaged(losses, weights, average, num_items, max_length)
