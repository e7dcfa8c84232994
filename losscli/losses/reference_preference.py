"""The losses of trl.DPOTrainer beside dpo and ipo: other shapes of the same log-ratios to a reference policy."""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import BelowHalf, Between0And1, Count, Positive, Real
from losscli.losses.preference import PAIR_AND_REFERENCE, log_ratio_difference, logistic
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float
from losscli.numeric.softmax import softmax_kl
from losscli.numeric.steps import expit, softplus
from losscli.registry import loss

__all__ = ["aot", "apo_down", "apo_zero", "bco_pair", "discopop", "dpo_norm", "exo_pair", "nca_pair", "sppo_hard"]


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
):
    """Divergence of the policy's preference from the labelled one, in which a share label_smoothing of the pairs has the wrong order.

    KL([σ(x), σ(−x)] ‖ [1 − ε, ε]), x = β (u − v), ε = label_smoothing; u, v = log (policy / reference) of chosen and rejected

    >>> exo_pair(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([2.42201462])
    """
    x = beta * log_ratio_difference(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps)
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
    policy_chosen_logps: Real, policy_rejected_logps: Real, ref_chosen_logps: Real, ref_rejected_logps: Real, *, beta: Positive = 0.1
):
    """Binary cross-entropy of both rewards, each of which is also held near the reference.

    −log σ(β u) − ½ log σ(−β u) − ½ log σ(−β v); u, v = log (policy / reference) of chosen and rejected

    >>> nca_pair(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([1.33879332])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return softplus(-beta * u) + softplus(beta * u) / 2 + softplus(beta * v) / 2


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
    policy_chosen_logps: Real, policy_rejected_logps: Real, ref_chosen_logps: Real, ref_rejected_logps: Real, *, beta: Positive = 0.1
):
    """Binary cross-entropy of the two rewards: the chosen answer should have a high one, the rejected a low one.

    −log σ(β u) − log σ(−β v); u, v = log (policy / reference) of chosen and rejected

    >>> bco_pair(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([1.28879332])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return softplus(-beta * u) + softplus(beta * v)


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
    policy_chosen_logps: Real, policy_rejected_logps: Real, ref_chosen_logps: Real, ref_rejected_logps: Real, *, beta: Positive = 0.1
):
    """Squared distance of the two log-ratios from 1 / 2β and −1 / 2β.

    (u − 1 / (2 β))² + (v + 1 / (2 β))²; u, v = log (policy / reference) of chosen and rejected

    >>> sppo_hard(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([32.])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return (u - 1 / (2 * beta)) ** 2 + (v + 1 / (2 * beta)) ** 2


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
    policy_chosen_logps: Real, policy_rejected_logps: Real, ref_chosen_logps: Real, ref_rejected_logps: Real, *, beta: Positive = 0.1
):
    """Both answers should become less likely than under the reference, the rejected one more so.

    σ(β u) + 1 − σ(β (u − v)); u, v = log (policy / reference) of chosen and rejected

    >>> apo_down(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.97514519])
    """
    u, v = policy_chosen_logps - ref_chosen_logps, policy_rejected_logps - ref_rejected_logps
    return expit(beta * u) + expit(-beta * (u - v))


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
):
    """Blend of the logistic and the exponential loss: the more a pair is in order, the more of the exponential.

    (1 − m) log(1 + e^−x) + m e^−x, m = σ(x / τ), x = β (u − v), τ = discopop_tau; u, v = log (policy / reference) of chosen and rejected

    >>> discopop(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.81476314])
    """
    x = beta * log_ratio_difference(policy_chosen_logps, policy_rejected_logps, ref_chosen_logps, ref_rejected_logps)
    exponential = np.exp(-x - softplus(-x / discopop_tau))  # e^−x σ(x / τ), which overflows only for τ ≥ 1
    return softplus(-x) * expit(-x / discopop_tau) + exponential


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
):
    """Negative log-probability that the policy prefers the chosen answer, from log-ratios averaged over tokens; lengths default to 1.

    −log σ(β (u / max(n_u, 1) − v / max(n_v, 1))); u, v = log (policy / reference) of chosen and rejected

    >>> dpo_norm(np.array([-10.0]), np.array([-14.0]), np.array([-11.0]), np.array([-13.0]))
    array([0.59813887])
    """
    u = (policy_chosen_logps - ref_chosen_logps) / (1 if chosen_length is None else np.maximum(chosen_length, 1))
    v = (policy_rejected_logps - ref_rejected_logps) / (1 if rejected_length is None else np.maximum(rejected_length, 1))
    return softplus(-beta * (u - v))


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
