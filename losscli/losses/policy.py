"""Losses of policies in reinforcement learning, from advantages, returns and log-probabilities."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Flag, NonNegative, Real
from losscli.numeric.lazy import np
from losscli.numeric.steps import expm1_minus_x
from losscli.registry import loss

__all__ = ["kl_penalty", "policy_gradient", "ppo_clip", "ppo_value_clip"]


def masked(value, mask):
    """The values, and their weights in a mean; both are 0 where the mask is 0."""
    return value if mask is None else (np.where(mask == 1, value, 0.0), mask.astype(value.dtype))


@loss(
    "preference",
    aliases=("ppo", "clipped_surrogate", "ppo_clip_loss"),
    reference="trl.GRPOTrainer, for each token; arXiv:1707.06347",
    units="reward units",
    use="a policy takes several steps on the same data, but should not change much",
    words=("reinforcement learning", "rlhf", "policy optimization"),
    see={"ppo_value_clip": "the loss of the value function", "policy_gradient": "without a ratio and its clipping"},
)
def ppo_clip(
    logp: Real,
    old_logp: Real,
    advantage: Real,
    mask: Flag = None,
    *,
    epsilon: NonNegative = 0.2,
    epsilon_high: NonNegative | None = None,
    average: Literal["tokens", "sequences"] = "tokens",
):
    """Negative advantage times the ratio of new and old probability of an action, clipped so that large changes gain nothing.

    −min(r A, clip(r, 1 − ε, 1 + ε_high) A), r = e^(logp − old_logp); average sequences takes a mean for each row first

    >>> ppo_clip(np.array([-1.0]), np.array([-1.3]), np.array([1.0]))
    array([-1.2])
    """
    high = epsilon if epsilon_high is None else epsilon_high
    log_ratio, gain = logp - old_logp, advantage >= 0
    bound = np.where(gain, 1 + high, 1 - epsilon).astype(log_ratio.dtype)
    unclipped = np.where(gain, np.exp(log_ratio) <= bound, np.exp(log_ratio) >= bound)
    ratio = np.where(unclipped, np.exp(np.where(unclipped, log_ratio, 0.0)), bound)  # the gradient of an infinite ratio is 0
    losses = masked(-ratio * advantage, mask)
    return losses if average == "tokens" else row_means(losses)


def row_means(losses):
    """The mean of each row over its unmasked tokens, and the number of these."""
    value, weight = losses if isinstance(losses, tuple) else (losses, np.ones(losses.shape, losses.dtype))
    rows = len(value)
    tokens = weight.reshape(rows, -1).sum(-1)
    return value.reshape(rows, -1).sum(-1) / np.maximum(tokens, 1), None, tokens


@loss(
    "preference",
    aliases=("clipped_value", "value_clip"),
    reference="the formula; baselines.ppo2",
    properties="convex",
    units="squared reward units",
    use="the value function trained with ppo_clip should not change much between updates",
    see={"ppo_clip": "the loss of the policy", "mse": "twice this loss, if nothing is clipped"},
)
def ppo_value_clip(value: Real, old_value: Real, returns: Real, mask: Flag = None, *, cliprange_value: NonNegative = 0.2):
    """Half the squared error of a value with respect to the return R, unclipped or clipped near the old value: the larger of the two.

    ½ max((v − R)², (clip(v, v_old − ε, v_old + ε) − R)²)

    >>> ppo_value_clip(np.array([1.0]), np.array([0.0]), np.array([2.0]))
    array([1.62])
    """
    clipped = old_value + np.clip(value - old_value, -cliprange_value, cliprange_value)
    return masked(np.maximum((value - returns) ** 2, (clipped - returns) ** 2) / 2, mask)


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
    aliases=("k3_kl", "k3"),
    reference="trl.GRPOTrainer, per_token_kl",
    properties="convex differentiable zero",
    units="nats",
    use="a policy should stay near a reference, and only its samples are known, as in GRPO",
    see={"kl_div": "from whole distributions, not from samples"},
)
def kl_penalty(logp: Real, ref_logp: Real):
    """Estimate of KL(policy ‖ reference), never negative, from the log-probabilities of samples of the policy.

    e^(q − p) − (q − p) − 1, q = ref_logp, p = logp

    >>> kl_penalty(np.array([-1.0]), np.array([-1.0]))
    array([0.])
    """
    return expm1_minus_x(ref_logp - logp)
