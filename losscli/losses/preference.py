"""Losses of pairs of answers, one of which is preferred, and of single answers that are good or bad."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.diagnostics import Diagnostic, above_zero
from losscli.domains import BelowHalf, Count, Flag, Needs, NonNegative, Positive, Real, Series, Slope
from losscli.numeric.lazy import np
from losscli.numeric.steps import exp_difference, expit, relu, softplus, stop_gradient
from losscli.registry import loss

__all__ = ["apo_zero_unpaired", "dpo", "dpo_hinge", "dpo_robust", "ipo", "kto", "reward_bradley_terry"]


def _above_zero(role: str) -> Diagnostic:
    """W102 for the log-probability of an answer."""
    return above_zero(role, " of answers: give the sum over the tokens of an answer")


PAIR = (_above_zero("policy_chosen_logps"), _above_zero("policy_rejected_logps"))
PAIR_AND_REFERENCE = (*PAIR, _above_zero("ref_chosen_logps"), _above_zero("ref_rejected_logps"))


# --- pairs of answers, against a reference policy --------------------------------------------------------------------------


def log_ratio_difference(chosen, rejected, ref_chosen, ref_rejected):
    """log(policy / reference) of the chosen answer minus that of the rejected one."""
    return (chosen - ref_chosen) - (rejected - ref_rejected)


def logistic(x, label_smoothing=0.0):
    """−(1 − s) log σ(x) − s log σ(−x): the logistic loss if a share s of the pairs has the wrong order."""
    return (1 - label_smoothing) * softplus(-x) + label_smoothing * softplus(x)


def _f_divergence_difference(kind, coefficient, chosen, rejected):
    """f'(e^u) − f'(e^v) of two log-ratios u (chosen) and v (rejected), for an f-divergence."""
    a = {"forward_kl": -1.0, "alpha_divergence": coefficient - 1}.get(kind, 0.0)
    if kind == "js_divergence":
        return softplus(-rejected) - softplus(-chosen)
    return exp_difference(a * chosen, a * rejected) / a if abs(a) >= 1e-6 else chosen - rejected


@loss(
    "preference",
    aliases=("dpo_sigmoid", "direct_preference_optimization", "dpo_loss"),
    reference="trl.DPOTrainer, loss_type sigmoid",
    properties="convex differentiable",
    units="nats",
    use="pairs of a chosen and a rejected answer and a reference model are given: a usual start",
    words=("rlhf", "alignment", "human preferences", "preference tuning"),
    see={
        "dpo_robust": "label_smoothing without its bias",
        "ipo": "a square instead of the log-sigmoid",
        "trl.DPOTrainer": "its loss_type sigmoid has no label_smoothing; ours is that of conservative DPO",
    },
    hints=PAIR_AND_REFERENCE,
)
def dpo(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    label_smoothing: BelowHalf = 0.0,
    f_divergence_type: Literal["reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"] = "reverse_kl",
    f_alpha_divergence_coef: Annotated[float, Needs("f_divergence_type", ("alpha_divergence",), noted=True)] = 0.5,
):
    """Negative log-probability that the policy, relative to a reference, prefers the chosen answer.

    −(1 − s) log σ(β δ) − s log σ(−β δ), δ = f'(e^u) − f'(e^v), u, v = log (policy / reference) of chosen and rejected; by default f' = log

    >>> dpo(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.59813887])
    """
    chosen, rejected = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return logistic(beta * _f_divergence_difference(f_divergence_type, f_alpha_divergence_coef, chosen, rejected), label_smoothing)


@loss(
    "preference",
    aliases=("slic", "slic_hf"),
    reference="trl.DPOTrainer, loss_type hinge",
    properties="convex robust",
    units="margin units",
    use="preference pairs beyond a margin should have no gradient (SLiC-HF)",
    see={"dpo": "a smooth version"},
    hints=PAIR_AND_REFERENCE,
)
def dpo_hinge(
    policy_chosen_logps: Real, policy_rejected_logps: Real, ref_chosen_logps: Real, ref_rejected_logps: Real, *, beta: Positive = 0.1
):
    """Hinge loss: the policy, relative to a reference, should prefer the chosen answer by a margin of 1 / beta.

    max(0, 1 − β δ), δ = log (policy / reference) of the chosen answer minus that of the rejected one

    >>> dpo_hinge(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.8])
    """
    return relu(1 - beta * log_ratio_difference(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps))


@loss(
    "preference",
    aliases=("identity_preference_optimization",),
    reference="trl.DPOTrainer, loss_type ipo",
    properties="convex differentiable",
    units="squared nats a token",
    use="preference pairs are few or unanimous, so that dpo would overfit them",
    see={"dpo": "a log-sigmoid instead of the square, without lengths"},
    hints=PAIR_AND_REFERENCE,
)
def ipo(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    chosen_length: Count = None,
    rejected_length: Count = None,
    *,
    beta: Positive = 0.1,
):
    """Squared difference of the policy's preference, averaged over tokens, from 1 / 2β; lengths default to 1.

    (u / max(n_u, 1) − v / max(n_v, 1) − 1 / (2 β))², u, v = log (policy / reference) of chosen and rejected

    >>> ipo(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([9.])
    """
    u = (policy_chosen_logps - ref_chosen_logps) / (1 if chosen_length is None else np.maximum(chosen_length, 1))
    v = (policy_rejected_logps - ref_rejected_logps) / (1 if rejected_length is None else np.maximum(rejected_length, 1))
    return (u - v - 1 / (2 * beta)) ** 2


@loss(
    "preference",
    aliases=("rdpo", "robust_dpo"),
    reference="trl.DPOTrainer, loss_type robust",
    properties="convex differentiable",
    units="nats",
    use="a known share of the preference pairs has the wrong order",
    see={"dpo": "with label_smoothing it has a bias, but is never negative"},
    hints=PAIR_AND_REFERENCE,
)
def dpo_robust(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    label_smoothing: BelowHalf = 0.0,
):
    """DPO loss corrected for a share label_smoothing of pairs with the wrong order; it can be negative.

    (−(1 − s) log σ(β δ) + s log σ(−β δ)) / (1 − 2 s), δ as in dpo_hinge

    >>> dpo_robust(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]), label_smoothing=0.1)
    array([0.57313887])
    """
    x = beta * log_ratio_difference(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps)
    return softplus(-x) - label_smoothing * x / (1 - 2 * label_smoothing)  # with log σ(x) = x + log σ(−x)


# --- single answers, and rewards -------------------------------------------------------------------------------------------


@loss(
    "preference",
    aliases=("kahneman_tversky_optimization",),
    reference="trl.KTOTrainer, loss_type kto",
    properties="differentiable robust",
    units="1",
    use="single answers are labelled good or bad, without pairs",
    see={"dpo": "for pairs", "slope": "exact is the derivative of the value; trl treats k as a constant"},
    hints=(_above_zero("policy_logps"), _above_zero("ref_logps")),
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
