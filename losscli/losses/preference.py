"""Losses of pairs of answers, one of which is preferred, relative to a reference policy."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.diagnostics import Diagnostic, above_zero
from losscli.domains import BelowHalf, Count, Needs, Positive, Real
from losscli.numeric.lazy import np
from losscli.numeric.steps import exp_difference, relu, softplus
from losscli.registry import loss

__all__ = ["dpo", "dpo_hinge", "dpo_norm", "dpo_robust", "ipo"]


def answer_above_zero(role: str) -> Diagnostic:
    """W102 for the log-probability of an answer."""
    return above_zero(role, " of answers: give the sum over the tokens of an answer")


PAIR = (answer_above_zero("policy_chosen_logps"), answer_above_zero("policy_rejected_logps"))
PAIR_AND_REFERENCE = (*PAIR, answer_above_zero("ref_chosen_logps"), answer_above_zero("ref_rejected_logps"))


def logistic(x, label_smoothing=0.0):
    """−(1 − s) log σ(x) − s log σ(−x): the logistic loss if a share s of the pairs has the wrong order."""
    return (1 - label_smoothing) * softplus(-x) + label_smoothing * softplus(x)


FDivergence = Literal["reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"]
AlphaCoefficient = Annotated[float, Needs("f_divergence_type", ("alpha_divergence",), noted=True)]


def _power(kind, coefficient):
    """The a of f'(t) = (t^a − 1) / a, where the divergence has this form; a tiny one is 0, which is the logarithm."""
    a = {"forward_kl": -1.0, "alpha_divergence": coefficient - 1}.get(kind, 0.0)
    return a if abs(a) >= 1e-6 else 0.0


def score(log_ratio, kind, coefficient):
    """f'(e^u) of a log-ratio u for an f-divergence, without its constant: the log-ratio itself for the reverse KL."""
    if kind == "js_divergence":
        return -softplus(-log_ratio)
    a = _power(kind, coefficient)
    return np.exp(a * log_ratio) / a if a else log_ratio


def score_difference(chosen, rejected, kind, coefficient):
    """f'(e^u) − f'(e^v) of two log-ratios u (chosen) and v (rejected), for an f-divergence."""
    if kind == "js_divergence":
        return softplus(-rejected) - softplus(-chosen)
    a = _power(kind, coefficient)
    return exp_difference(a * chosen, a * rejected) / a if a else chosen - rejected


def mean_score_difference(answers, lengths, kind, coefficient):
    """The difference of the scores of two log-ratios, each divided by the number of tokens of its answer, if given."""
    u, v = answers
    n, m = (1 if length is None else np.maximum(length, 1) for length in lengths)
    a = _power(kind, coefficient)
    if a:  # as one difference of powers: of two infinite ones there is none
        return exp_difference(a * u - np.log(n), a * v - np.log(m)) / a
    return score(u, kind, coefficient) / n - score(v, kind, coefficient) / m


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
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Negative log-probability that the policy, relative to a reference, prefers the chosen answer.

    −(1 − s) log σ(β δ) − s log σ(−β δ), δ = f'(e^u) − f'(e^v), u, v = log (policy / reference) of chosen and rejected; by default f' = log

    >>> dpo(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.59813887])
    """
    chosen, rejected = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return logistic(beta * score_difference(chosen, rejected, f_divergence_type, f_alpha_divergence_coef), label_smoothing)


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
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Hinge loss: the policy, relative to a reference, should prefer the chosen answer by a margin of 1 / beta.

    max(0, 1 − β δ), δ = f'(e^u) − f'(e^v), u, v = log (policy / reference) of chosen and rejected; by default f' = log

    >>> dpo_hinge(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.8])
    """
    chosen, rejected = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return relu(1 - beta * score_difference(chosen, rejected, f_divergence_type, f_alpha_divergence_coef))


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
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Squared difference of the policy's preference, averaged over tokens, from 1 / 2β; lengths default to 1.

    (f'(e^u) / max(n_u, 1) − f'(e^v) / max(n_v, 1) − 1 / (2 β))², u, v = log (policy / reference) of both; by default f' = log

    >>> ipo(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([9.])
    """
    answers = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    preference = mean_score_difference(answers, (chosen_length, rejected_length), f_divergence_type, f_alpha_divergence_coef)
    return (preference - 1 / (2 * beta)) ** 2


@loss(
    "preference",
    aliases=(
        "sigmoid_norm",
        "length_normalized_dpo",
    ),
    reference="trl.DPOTrainer, loss_type sigmoid_norm; arXiv:2411.15124",
    properties="convex differentiable",
    units="nats",
    use="long answers should have no larger influence than short ones",
    see={"dpo": "from sums over the tokens", "ipo": "a square instead of the log-sigmoid"},
    hints=PAIR_AND_REFERENCE,
)
def dpo_norm(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    chosen_length: Count = None,
    rejected_length: Count = None,
    *,
    beta: Positive = 0.1,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Negative log-probability that the policy prefers the chosen answer, from log-ratios averaged over tokens; lengths default to 1.

    −log σ(β (u / max(n_u, 1) − v / max(n_v, 1))); u, v = f'(policy / reference) of chosen and rejected, by default f' = log

    >>> dpo_norm(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.59813887])
    """
    answers = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    lengths = chosen_length, rejected_length
    return softplus(-beta * mean_score_difference(answers, lengths, f_divergence_type, f_alpha_divergence_coef))


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
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """DPO loss corrected for a share label_smoothing of pairs with the wrong order; it can be negative.

    (−(1 − s) log σ(β δ) + s log σ(−β δ)) / (1 − 2 s), δ as in dpo_hinge

    >>> dpo_robust(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]), label_smoothing=0.1)
    array([0.57313887])
    """
    chosen, rejected = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    x = beta * score_difference(chosen, rejected, f_divergence_type, f_alpha_divergence_coef)
    return softplus(-x) - label_smoothing * x / (1 - 2 * label_smoothing)  # with log σ(x) = x + log σ(−x)
