"""Losses of policies, from advantages, returns and log-probabilities."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Flag, NonNegative, Real
from losscli.numeric.lazy import np
from losscli.numeric.steps import expm1_minus_x
from losscli.registry import loss

__all__ = ["kl_penalty", "policy_gradient", "ppo_clip", "ppo_value_clip"]


def masked(value, mask):
    """The values and what each counts for in a mean: those that the mask leaves out nothing."""
    return value if mask is None else (np.where(mask == 1, value, 0.0), mask.astype(value.dtype))


@loss(
    "preference",
    aliases=("ppo", "clipped_surrogate", "ppo_clip_loss"),
    reference="trl.GRPOTrainer, a token; arXiv:1707.06347",
    units="reward units",
    use="a policy takes several steps on the same data without straying far",
    see={"ppo_value_clip": "the loss of the value function", "policy_gradient": "without a ratio to clip"},
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
    """Minus the advantage, times how much likelier the policy has made its action, as far as that lies between the bounds.

    −min(r A, clip(r, 1 − ε, 1 + ε_high) A), r = e^(logp − old_logp); averaged over each sequence first if average is sequences

    >>> ppo_clip(np.array([-1.0]), np.array([-1.3]), np.array([1.0]))
    array([-1.2])
    """
    high = epsilon if epsilon_high is None else epsilon_high
    change, rise = logp - old_logp, advantage >= 0
    bound = np.where(rise, 1 + high, 1 - epsilon).astype(change.dtype)
    free = np.where(rise, np.exp(change) <= bound, np.exp(change) >= bound)
    ratio = np.where(free, np.exp(np.where(free, change, 0.0)), bound)  # so that no gradient comes back from an infinite ratio
    found = masked(-ratio * advantage, mask)
    return found if average == "tokens" else averages(found)


def averages(found):
    """The mean of each row, of what its mask leaves, and how many that are."""
    value, count = found if isinstance(found, tuple) else (found, np.ones(found.shape, found.dtype))
    rows = len(value)
    left = count.reshape(rows, -1).sum(-1)
    return value.reshape(rows, -1).sum(-1) / np.maximum(left, 1), None, left


@loss(
    "preference",
    aliases=("clipped_value", "value_clip"),
    reference="the formula; baselines.ppo2",
    properties="convex",
    units="squared reward units",
    use="the value function beside ppo_clip should not jump between updates",
    see={"ppo_clip": "the loss of the policy", "mse": "twice it where nothing is clipped"},
)
def ppo_value_clip(value: Real, old_value: Real, returns: Real, mask: Flag = None, *, cliprange_value: NonNegative = 0.2):
    """Half the squared distance of a value from the return, or of the value held near its old one: the larger of the two.

    ½ max((v − R)², (clip(v, v_old − ε, v_old + ε) − R)²)

    >>> ppo_value_clip(np.array([1.0]), np.array([0.0]), np.array([2.0]))
    array([1.62])
    """
    held = old_value + np.clip(value - old_value, -cliprange_value, cliprange_value)
    return masked(np.maximum((value - returns) ** 2, (held - returns) ** 2) / 2, mask)


@loss(
    "preference",
    aliases=("reinforce", "reinforce_loss"),
    reference="the formula; doi:10.1007/BF00992696",
    properties="convex differentiable",
    units="reward units",
    use="one step on fresh samples of the policy itself, as in REINFORCE",
    see={"ppo_clip": "for several steps on the same data"},
)
def policy_gradient(logp: Real, advantage: Real):
    """Minus the advantage of an action times its log-probability: a loss for its gradient only.

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
    use="a policy should stay near a reference, and only what it drew is known, as in GRPO",
    see={"kl_div": "of whole distributions, not of what was drawn from one"},
)
def kl_penalty(logp: Real, ref_logp: Real):
    """Estimate, never negative, of KL(policy ‖ reference) from the log-probabilities of what the policy drew.

    e^(q − p) − (q − p) − 1, q = ref_logp, p = logp

    >>> kl_penalty(np.array([-1.0]), np.array([-1.0]))
    array([0.])
    """
    return expm1_minus_x(ref_logp - logp)
