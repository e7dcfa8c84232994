"""Losses of single answers that are good or bad, and of the rewards of answers."""

from __future__ import annotations

from losscli.domains import Flag, NonNegative, Positive, Real, Series, Slope
from losscli.losses.preference import answer_above_zero
from losscli.numeric.lazy import np
from losscli.numeric.steps import expit, relu, softplus, stop_gradient
from losscli.registry import loss

__all__ = ["apo_zero_unpaired", "kto", "reward_bradley_terry"]


@loss(
    "preference",
    aliases=("kahneman_tversky_optimization",),
    reference="trl.KTOTrainer, loss_type kto",
    properties="differentiable robust",
    units="1",
    use="single answers are labelled good or bad, without pairs",
    see={"dpo": "for pairs", "slope": "exact is the derivative of the value; trl treats k as a constant"},
    hints=(answer_above_zero("policy_logps"), answer_above_zero("ref_logps")),
)
def kto(
    policy_logps: Real,
    ref_logps: Real,
    label: Flag,
    kl: Series = None,
    *,
    beta: Positive = 0.1,
    desirable_weight: NonNegative = 1.0,
    undesirable_weight: NonNegative = 1.0,
    slope: Slope = "exact",
):
    """The reward of an answer should be above the divergence k from the reference if it is desirable (1), below it if not (0).

    w_d (1 − σ(β (u − k))) where y = 1, w_u (1 − σ(β (k − u))) where y = 0; u = log (policy / reference), k = max(0, mean kl), or 0

    >>> kto(np.array([-10.0]), np.array([-11.0]), np.array([1]), np.array([0.2]))
    array([0.48001066])
    """
    k = 0.0 if kl is None else relu(kl.sum() / kl.size)
    u = policy_logps - ref_logps - (k if slope == "exact" else stop_gradient(k))
    value = np.where(label == 1, desirable_weight * expit(-beta * u), undesirable_weight * expit(beta * u))
    return value if desirable_weight and undesirable_weight else (value, None, np.where(label == 1, desirable_weight, undesirable_weight))


@loss(
    "preference",
    aliases=("apo_zero_kto",),
    reference="trl.KTOTrainer, loss_type apo_zero_unpaired; arXiv:2408.06266",
    properties="differentiable robust",
    units="1",
    use="single answers are labelled, and good ones are better than what the model writes",
    see={"kto": "relative to the divergence from the reference", "apo_zero": "for pairs"},
)
def apo_zero_unpaired(
    policy_logps: Real,
    ref_logps: Real,
    label: Flag,
    *,
    beta: Positive = 0.1,
    desirable_weight: NonNegative = 1.0,
    undesirable_weight: NonNegative = 1.0,
):
    """A desirable answer (1) should become more likely than under the reference, an undesirable one (0) less likely.

    w_d (1 − σ(β u)) where y = 1, w_u σ(β u) where y = 0; u = log (policy / reference)

    >>> apo_zero_unpaired(np.array([-10.0]), np.array([-11.0]), np.array([1]))
    array([0.47502081])
    """
    u = policy_logps - ref_logps
    value = np.where(label == 1, desirable_weight * expit(-beta * u), undesirable_weight * expit(beta * u))
    return value if desirable_weight and undesirable_weight else (value, None, np.where(label == 1, desirable_weight, undesirable_weight))


@loss(
    "preference",
    aliases=("bradley_terry", "reward_model", "rm_loss"),
    reference="trl.RewardTrainer",
    properties="convex differentiable",
    units="nats",
    use="a reward model is trained on pairs of a better and a worse answer",
    words=("rlhf", "reward model", "human preferences"),
    see={"bpr": "the same for scores, with a gamma", "dpo": "from log-probabilities relative to a reference"},
)
def reward_bradley_terry(chosen: Real, rejected: Real, margin: Real = None, *, center_rewards_coefficient: NonNegative = 0.0):
    """Negative log-probability that the chosen answer is better, from two rewards; center_rewards_coefficient keeps rewards near 0.

    −log σ(c − r − m) + λ (c + r)², m = margin

    >>> reward_bradley_terry(np.array([1.0]), np.array([0.5]))
    array([0.47407698])
    """
    value = softplus(rejected - chosen + (0.0 if margin is None else margin))
    return value + center_rewards_coefficient * (chosen + rejected) ** 2 if center_rewards_coefficient else value
