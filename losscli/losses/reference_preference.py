"""The losses of trl.DPOTrainer beside dpo and ipo: other shapes of the same log-ratios to a reference policy."""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import BelowHalf, Between0And1, Positive, Real
from losscli.losses.preference import (
    PAIR_AND_REFERENCE,
    AlphaCoefficient,
    FDivergence,
    logistic,
    score,
    score_difference,
)
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float
from losscli.numeric.softmax import softmax_kl
from losscli.numeric.steps import expit, softplus
from losscli.registry import loss

__all__ = ["aot", "apo_down", "apo_zero", "bco_pair", "discopop", "exo_pair", "nca_pair", "sppo_hard"]


def logits_of(x):
    """The two logits x and 0, whose softmax is σ(x) and σ(−x)."""
    return np.stack([x, 0.0 * x], -1)


@loss(
    "preference",
    aliases=(
        "exo_pref",
        "efficient_exact_optimization",
    ),
    reference="trl.DPOTrainer, loss_type exo_pair; arXiv:2402.00856",
    properties="differentiable",
    units="nats",
    use="the policy should match the preferences exactly, with a share of wrong ones",
    see={"dpo": "the divergence in the other direction"},
    hints=PAIR_AND_REFERENCE,
)
def exo_pair(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    label_smoothing: Between0And1 = 1e-3,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Divergence of the policy's preference from the labelled one, in which a share label_smoothing of the pairs has the wrong order.

    KL([σ(x), σ(−x)] ‖ [1 − ε, ε]), x = β δ, ε = label_smoothing; δ as in dpo

    >>> exo_pair(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([2.42201462])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    x = beta * score_difference(u, v, f_divergence_type, f_alpha_divergence_coef)
    odds = plain_float(np.log1p(-label_smoothing) - np.log(label_smoothing))
    return softmax_kl(logits_of(0.0 * x + odds), logits_of(x))


@loss(
    "preference",
    aliases=("noise_contrastive_alignment",),
    reference="trl.DPOTrainer, loss_type nca_pair; arXiv:2402.05369",
    properties="differentiable",
    units="nats",
    use="the likelihood of chosen answers should not fall, as it may with dpo",
    see={"dpo": "from the difference of the two alone", "bco_pair": "without the term that holds the chosen answer near the reference"},
    hints=PAIR_AND_REFERENCE,
)
def nca_pair(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Binary cross-entropy of both rewards, each of which is also held near the reference.

    −log σ(β u) − ½ log σ(−β u) − ½ log σ(−β v); u, v = f'(policy / reference) of chosen and rejected, by default f' = log

    >>> nca_pair(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([1.33879332])
    """
    answers = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    a, b = (score(log_ratio, f_divergence_type, f_alpha_divergence_coef) for log_ratio in answers)
    return softplus(-beta * a) + softplus(beta * a) / 2 + softplus(beta * b) / 2


@loss(
    "preference",
    aliases=("binary_classifier_optimization",),
    reference="trl.DPOTrainer, loss_type bco_pair; arXiv:2404.04656",
    properties="convex differentiable",
    units="nats",
    use="a reward should tell chosen from rejected answers, each on its own",
    see={
        "nca_pair": "with a term that holds the chosen answer near the reference",
        "trl.experimental.bco.BCOTrainer": "it subtracts a running mean of the rewards; this is the pair form of DPOTrainer",
    },
    hints=PAIR_AND_REFERENCE,
)
def bco_pair(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Binary cross-entropy of the two rewards: the chosen answer should have a high one, the rejected a low one.

    −log σ(β u) − log σ(−β v); u, v = f'(policy / reference) of chosen and rejected, by default f' = log

    >>> bco_pair(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([1.28879332])
    """
    answers = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    a, b = (score(log_ratio, f_divergence_type, f_alpha_divergence_coef) for log_ratio in answers)
    return softplus(-beta * a) + softplus(beta * b)


@loss(
    "preference",
    aliases=(
        "self_play_preference_optimization",
        "sppo",
    ),
    reference="trl.DPOTrainer, loss_type sppo_hard; arXiv:2405.00675",
    properties="convex differentiable",
    units="squared nats",
    use="the policy plays against itself, with a judge that is certain of each pair",
    see={"ipo": "from the difference of the two alone"},
    hints=PAIR_AND_REFERENCE,
)
def sppo_hard(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Squared distance of the two log-ratios from 1 / 2β and −1 / 2β.

    (u − 1 / (2 β))² + (v + 1 / (2 β))²; u, v = f'(policy / reference) of chosen and rejected, by default f' = log

    >>> sppo_hard(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([32.])
    """
    answers = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    a, b = (score(log_ratio, f_divergence_type, f_alpha_divergence_coef) for log_ratio in answers)
    return (a - 1 / (2 * beta)) ** 2 + (b + 1 / (2 * beta)) ** 2


@loss(
    "preference",
    aliases=("anchored_preference_optimization",),
    reference="trl.DPOTrainer, loss_type apo_zero; arXiv:2408.06266",
    properties="differentiable robust",
    units="1",
    use="chosen answers are better than what the model writes by itself",
    see={"apo_down": "chosen answers are worse than that", "apo_zero_unpaired": "for single answers"},
    hints=PAIR_AND_REFERENCE,
)
def apo_zero(
    policy_chosen_logps: Real, policy_rejected_logps: Real, ref_chosen_logps: Real, ref_rejected_logps: Real, *, beta: Positive = 0.1
):
    """The chosen answer should become more likely than under the reference, the rejected one less likely.

    1 − σ(β u) + σ(β v); u, v = log (policy / reference) of chosen and rejected

    >>> apo_zero(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.95004163])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return expit(-beta * u) + expit(beta * v)


@loss(
    "preference",
    reference="trl.DPOTrainer, loss_type apo_down; arXiv:2408.06266",
    properties="differentiable robust",
    units="1",
    use="chosen answers are worse than what the model writes by itself",
    see={"apo_zero": "chosen answers are better than that"},
    hints=PAIR_AND_REFERENCE,
)
def apo_down(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Both answers should become less likely than under the reference, the rejected one more so.

    σ(β u) + 1 − σ(β δ); u = log (policy / reference) of the chosen answer, δ as in dpo

    >>> apo_down(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.97514519])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return expit(beta * u) + expit(-beta * score_difference(u, v, f_divergence_type, f_alpha_divergence_coef))


@loss(
    "preference",
    aliases=(
        "log_ratio_modulated_loss",
        "lrml",
    ),
    reference="trl.DPOTrainer, loss_type discopop; arXiv:2406.08414",
    properties="differentiable",
    units="nats",
    use="a loss that was discovered by search should be tried in place of dpo",
    see={"dpo": "its logistic part"},
    hints=PAIR_AND_REFERENCE,
)
def discopop(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    discopop_tau: Positive = 0.05,
    f_divergence_type: FDivergence = "reverse_kl",
    f_alpha_divergence_coef: AlphaCoefficient = 0.5,
):
    """Blend of the logistic and the exponential loss: the more a pair is in order, the more of the exponential.

    (1 − m) log(1 + e^−x) + m e^−x, m = σ(x / τ), x = β δ, τ = discopop_tau; δ as in dpo

    >>> discopop(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.81476314])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    x = beta * score_difference(u, v, f_divergence_type, f_alpha_divergence_coef)
    exponential = np.exp(-x - softplus(-x / discopop_tau))  # e^−x σ(x / τ), which overflows only for τ ≥ 1
    return softplus(-x) * expit(-x / discopop_tau) + exponential


@loss(
    "preference",
    aliases=("alignment_via_optimal_transport",),
    reference="trl.DPOTrainer, loss_type aot; arXiv:2406.05882",
    properties="differentiable",
    units="nats",
    use="the whole distribution of preferences should be better than under the reference",
    see={"dpo": "each pair for itself", "unpaired": "the chosen answers against the rejected ones, in any order"},
    hints=PAIR_AND_REFERENCE,
)
def aot(
    policy_chosen_logps: Real,
    policy_rejected_logps: Real,
    ref_chosen_logps: Real,
    ref_rejected_logps: Real,
    *,
    beta: Positive = 0.1,
    label_smoothing: BelowHalf = 0.0,
    unpaired: bool = False,
):
    """The sorted log-ratios of a batch should be larger than their counterparts: each number against the one of the same rank.

    −(1 − ε) log σ(β (u₍ᵢ₎ − v₍ᵢ₎)) − ε log σ(−β (u₍ᵢ₎ − v₍ᵢ₎)); u, v = log (chosen / rejected) of policy and reference, or with
    unpaired log (policy / reference) of chosen and rejected

    >>> next(aot(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0])))[0].column
    array([4.])
    """
    others, same = (ref_chosen_logps, policy_rejected_logps) if unpaired else (policy_rejected_logps, ref_chosen_logps)
    u, v = policy_chosen_logps - others, same - ref_rejected_logps
    all_u, all_v, row = yield AllRows(u), AllRows(v), RowIndex
    rank = np.argsort(np.argsort(getattr(all_u, "value", all_u), kind="stable"), kind="stable")[row]
    return logistic(beta * (u - np.take(np.sort(all_v), rank)), label_smoothing)
