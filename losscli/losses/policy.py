"""Losses of policies in reinforcement learning, from advantages, returns and log-probabilities; and their means over tokens."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import MeanOver
from losscli.domains import Advantage, Flag, NonNegative, Real
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import expm1_minus_x
from losscli.registry import Preset, loss

__all__ = ["kl_penalty", "policy_gradient", "ppo_clip", "ppo_value_clip"]

# The words of verl: the mean over all tokens; or the mean over sequences of the mean, the sum, or the sum / max_length of their tokens.
Average = Literal["token-mean", "seq-mean-token-mean", "seq-mean-token-sum", "seq-mean-token-sum-norm"]
# How a sequence without tokens counts in a mean over sequences: as 0, as trl has it; not at all, as in verl; or as 0 / 0, as in OpenRLHF.
Empty = Literal["count", "skip", "undefined"]
# Of `kl_penalty`: k1, k2 and k3 of John Schulman's note, and the absolute value of k1.
Estimator = Literal["k3", "k2", "k1", "abs"]


def masked(value, mask):
    """The values, and their weights in a mean; both are 0 where the mask is 0."""
    return value if mask is None else (np.where(mask == 1, value, 0.0), mask.astype(value.dtype))


def token_weights(logp, mask):
    """1 for each token that counts, 0 for others."""
    return np.ones(logp.shape, logp.dtype) if mask is None else mask.astype(logp.dtype)


def by_row(x):
    """The sums over the tokens of each row."""
    return x.reshape(len(x), -1).sum(-1)


def averaged(losses, weights, average, num_items=None, max_length=None, empty="count"):
    """The values of tokens or of sequences, with what their mean is divided by."""
    losses = np.where(weights == 1, losses, 0.0)
    if average == "token-mean":
        return losses, MeanOver("tokens", weights) if num_items is None else MeanOver("num_items", weights, num_items)
    sums, tokens = by_row(losses), by_row(weights)
    longest = float(max_length or np.prod(losses.shape[1:])) if average == "seq-mean-token-sum-norm" else 1.0
    lengths = explain_zero(tokens, "a sequence has no tokens") if empty == "undefined" else np.maximum(tokens, 1)
    values = sums / lengths if average == "seq-mean-token-mean" else sums
    if num_items is not None:
        return values, MeanOver("num_items", None, num_items * longest), tokens
    kind = "sequences" if longest == 1 else "sequences x max_length"
    each = longest * (tokens > 0) if empty == "skip" else None if longest == 1 else np.full(sums.shape, longest)
    return values, MeanOver(kind, each), tokens


def log_ratios(logp, old_logp, weights, level="token"):
    """log (new / old probability) of each token, or for the level sequence its mean over the tokens of the row."""
    if level == "token":
        return logp - old_logp
    means = by_row(np.where(weights == 1, logp - old_logp, 0.0)) / np.maximum(by_row(weights), 1)
    return means.reshape(len(logp), *(1,) * (logp.ndim - 1)) + np.zeros(logp.shape, weights.dtype)


def clipped_ratio(log_ratio, low, high):
    """e^x between two bounds. Its gradient is 0 beyond them, also where e^x is infinite."""
    inside = (np.exp(log_ratio) >= low) & (np.exp(log_ratio) <= high)
    bound = np.where(np.exp(log_ratio) < low, low, high).astype(log_ratio.dtype)
    return np.where(inside, np.exp(np.where(inside, log_ratio, 0.0)), bound)


def surrogate(log_ratio, advantage, low, high, most=None):
    """−min(r A, clip(r, low, high) A), with r at most `most` in the first."""
    gain, limit = advantage >= 0, np.inf if most is None else most
    return -clipped_ratio(log_ratio, np.where(gain, 0.0, low), np.where(gain, min(high, limit), max(high, limit))) * advantage


@loss(
    "preference",
    aliases=("ppo", "clipped_surrogate", "ppo_clip_loss"),
    reference="trl.GRPOTrainer, for each token; arXiv:1707.06347",
    units="reward units",
    use="a policy takes several steps on the same data, but should not change much",
    words=("reinforcement learning", "rlhf", "policy optimization"),
    see={
        "ppo_value_clip": "the loss of the value function",
        "policy_gradient": "without a ratio and its clipping",
        "grpo": "with a divergence from a reference, ratios of sequences, and num_items",
    },
)
def ppo_clip(
    logp: Real,
    old_logp: Real,
    advantage: Advantage,
    mask: Flag = None,
    *,
    epsilon: NonNegative = 0.2,
    epsilon_high: NonNegative | None = None,
    average: Average = "token-mean",
):
    """Negative advantage times the ratio of new and old probability of an action, clipped so that large changes gain nothing.

    −min(r A, clip(r, 1 − ε, 1 + ε_high) A), r = e^(logp − old_logp); average seq-mean-token-mean takes a mean for each row first

    >>> ppo_clip(np.array([-1.0]), np.array([-1.3]), np.array([1.0]))
    array([-1.2])
    """
    losses = surrogate(logp - old_logp, advantage, 1 - epsilon, 1 + (epsilon if epsilon_high is None else epsilon_high))
    return masked(losses, mask) if average == "token-mean" else averaged(losses, token_weights(logp, mask), average)


@loss(
    "preference",
    aliases=("clipped_value", "value_clip"),
    reference="the formula; baselines.ppo2",
    properties="convex",
    units="squared reward units",
    use="the value function trained with ppo_clip should not change much between updates",
    see={"ppo_clip": "the loss of the policy", "mse": "twice this loss, if nothing is clipped"},
)
def ppo_value_clip(value: Real, old_value: Real, returns: Real, mask: Flag = None, *, cliprange_value: NonNegative | None = 0.2):
    """Half the squared error of a value with respect to the return R, unclipped or clipped near the old value: the larger of the two.

    ½ max((v − R)², (clip(v, v_old − ε, v_old + ε) − R)²)

    >>> ppo_value_clip(np.array([1.0]), np.array([0.0]), np.array([2.0]))
    array([1.62])
    """
    held = value if cliprange_value is None else old_value + np.clip(value - old_value, -cliprange_value, cliprange_value)
    return masked(np.maximum((value - returns) ** 2, (held - returns) ** 2) / 2, mask)


@loss(
    "preference",
    aliases=("reinforce", "reinforce_loss"),
    reference="the formula; doi:10.1007/BF00992696",
    properties="convex differentiable",
    units="reward units",
    use="a policy takes one step on fresh samples of its own, as in REINFORCE",
    words=("reinforcement learning", "reinforce"),
    see={"ppo_clip": "for several steps on the same data"},
)
def policy_gradient(logp: Real, advantage: Real):
    """Negative advantage of an action times its log-probability; only its gradient is meaningful.

    −logp A

    >>> policy_gradient(np.array([-0.5]), np.array([2.0]))
    array([1.])
    """
    return -logp * advantage


@loss(
    "preference",
    aliases=("kl_estimator", "approx_kl"),
    reference="trl.GRPOTrainer, per_token_kl; verl.trainer.ppo.core_algos.kl_penalty",
    properties="convex differentiable zero",
    units="nats",
    use="a policy should stay near a reference, and only its samples are known, as in GRPO",
    presets=(
        Preset(("k3", "k3_kl", "low_var_kl")),
        Preset(("k2", "k2_kl", "mse_kl"), options={"estimator": "k2"}),
        Preset(("k1", "k1_kl"), options={"estimator": "k1"}),
    ),
    see={
        "kl_div": "from whole distributions, not from samples",
        "estimator": "k1 has no bias, but may be negative; k2 has a bias; k3 is unbiased and never negative",
    },
)
def kl_penalty(logp: Real, ref_logp: Real, mask: Flag = None, *, estimator: Estimator = "k3"):
    """Estimate of KL(policy ‖ reference), never negative, from the log-probabilities of samples of the policy.

    k3: e^d − d − 1, k2: ½ d², k1: −d, abs: |d|; d = ref_logp − logp

    >>> kl_penalty(np.array([-1.0]), np.array([-1.0]))
    array([0.])
    """
    d = ref_logp - logp
    value = d * d / 2 if estimator == "k2" else -d if estimator == "k1" else np.abs(d) if estimator == "abs" else expm1_minus_x(d)
    return masked(value, mask)
