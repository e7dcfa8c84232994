"""Divergences and distances between two distributions."""

from __future__ import annotations

from losscli.diagnostics import Diagnostic, above_zero, any_in_row, looks_like_probabilities, unnormalised
from losscli.domains import (
    AmountLogs,
    LabelUnlessAlpha1,
    LogitVector,
    LogProbability,
    NonNegative,
    Positive,
    Probability,
    ProbabilityVector,
    Vector,
    WeightOrLog,
    WeightVector,
)
from losscli.losses.multiclass import cross_entropy
from losscli.numeric.distances import norm
from losscli.numeric.divergence import (
    kl_div_log_input,
    neg_log_near_1,
    overlap_minus_1,
    rel_entr_sum,
    rel_entr_to_mean,
    sqrt_difference,
    sqrt_product,
)
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import softmax_kl
from losscli.numeric.steps import expm1_minus_x, multiply_no_nan
from losscli.registry import Preset, loss

__all__ = [
    "bhattacharyya",
    "distillation",
    "gaussian_kl",
    "generalized_kl",
    "hellinger",
    "js_divergence",
    "kl_div",
    "kl_div_probs",
    "reverse_kl",
    "total_variation_distance",
    "wasserstein_1d",
]

ROOT_2 = 1.4142135623730951
_BOTH_SUM_TO_1 = (
    unnormalised("pred", lambda c: c["pred"], "give probabilities"),
    unnormalised("target", lambda c: c["target"], "give probabilities"),
)


@loss(
    "divergence",
    aliases=("KLDivLoss", "kullback_leibler", "kl"),
    reference="torch.nn.functional.kl_div",
    properties="convex differentiable",
    units="nats",
    use="a model that gives log-probabilities should match a whole target distribution",
    words=("compare probabilities", "distance between distributions", "relative entropy"),
    reduction="batchmean",
    presets=(Preset(("kl_divergence_with_log_targets",), options={"log_target": True}),),
    see={
        "cross_entropy": "this divergence plus the entropy of the target, from logits",
        "kl_div_probs": "from probabilities, summed over the classes; kld and kl_divergence are its aliases",
        "reverse_kl": "the other direction, KL(pred ‖ target)",
    },
    hints=(
        above_zero(instead=": --from-logits takes logits, --from-probs probabilities"),
        unnormalised("pred", lambda c: np.exp(c["pred"]), "give log-probabilities, or --from-logits with logits"),
        unnormalised("target", lambda c: np.exp(c["target"]) if c["log_target"] else c["target"], "give probabilities"),
    ),
)
def kl_div(pred: LogProbability, target: WeightOrLog, *, log_target: bool = False):
    """Kullback-Leibler divergence KL(target ‖ pred), element by element; pred holds log-probabilities.

    t (log t − p), and 0 where t = 0

    >>> kl_div(np.log([0.5]), np.array([1.0]))
    array([0.69314718])
    """
    t = np.exp(target) if log_target else target
    return multiply_no_nan(t, (target if log_target else np.log(np.where(t > 0, t, 1.0))) - pred)


def _below_epsilon(context):
    p, t, least = context["pred"], context["target"], context["epsilon"]
    return any_in_row((p < least) & (t > 0))


@loss(
    "divergence",
    aliases=("kl_divergence", "KLDivergence", "kld", "kullback_leibler_divergence", "relative_entropy"),
    reference="keras.losses.kl_divergence",
    properties="zero",
    units="nats",
    use="both are probabilities, and the prediction should cover every class of the target",
    words=("compare probabilities", "distance between distributions"),
    see={
        "kl_div": "from log-probabilities, element by element; the same sum if no probability is below epsilon; "
        "kl and kullback_leibler are its aliases"
    },
    hints=(*_BOTH_SUM_TO_1, Diagnostic("W104", "pred is below --epsilon, so it is replaced by it", _below_epsilon)),
)
def kl_div_probs(pred: ProbabilityVector, target: ProbabilityVector, *, epsilon: Probability = 1e-7):
    """Kullback-Leibler divergence KL(target ‖ pred) of probabilities, summed over the classes; both are clipped to at least epsilon.

    Σ_c t log (t / p)

    >>> kl_div_probs(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]]), epsilon=0.0)
    array([0.69314718])
    """
    p = explain_zero(np.clip(pred, epsilon, 1), "pred gives the probability 0 to a class that target does not")
    return rel_entr_sum(np.clip(target, epsilon, 1), p)


@loss(
    "divergence",
    aliases=("reverse_kullback_leibler", "exclusive_kl"),
    reference="the formula",
    properties="convex differentiable zero",
    units="nats",
    use="a prediction should concentrate on one mode of the target instead of covering all",
    see={"kl_div_probs": "the other direction: infinite where only pred is 0; this one is infinite where only target is 0"},
    hints=_BOTH_SUM_TO_1,
)
def reverse_kl(pred: ProbabilityVector, target: ProbabilityVector):
    """Kullback-Leibler divergence KL(pred ‖ target) of probabilities, summed over the classes.

    Σ_c p log (p / t), and 0 where p = 0

    >>> reverse_kl(np.array([[1.0, 0.0]]), np.array([[0.5, 0.5]]))
    array([0.69314718])
    """
    return rel_entr_sum(pred, explain_zero(target, "target gives the probability 0 to a class that pred does not"))


@loss(
    "divergence",
    aliases=("generalized_kl_divergence", "convex_kl_divergence", "i_divergence"),
    reference="optax.losses.generalized_kl_divergence",
    properties="convex differentiable",
    units="nats",
    use="both are non-negative amounts that need not sum to 1, such as spectra or topic counts",
    see={"kl_div": "without the term Σ (e^x − t), which is 0 for probabilities"},
)
def generalized_kl(pred: AmountLogs, target: WeightVector):
    """Kullback-Leibler divergence of amounts that need not sum to 1; pred holds the logarithm of the predicted amount of each class.

    Σ_c t (log t − x) + e^x − t

    >>> generalized_kl(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]]))
    array([1.])
    """
    return kl_div_log_input(pred, target).sum(-1)


@loss(
    "divergence",
    aliases=("jensen_shannon", "jensen_shannon_divergence", "jsd", "js_div"),
    reference="the formula",
    properties="convex differentiable symmetric zero",
    units="nats",
    use="two distributions are compared symmetrically, even if they have no class in common",
    words=("compare probabilities", "distance between distributions"),
    see={"kl_div_probs": "not symmetric, and not bounded"},
    hints=_BOTH_SUM_TO_1,
)
def js_divergence(pred: ProbabilityVector, target: ProbabilityVector):
    """Mean of the Kullback-Leibler divergences of two distributions from their average; at most log 2.

    ½ KL(p ‖ m) + ½ KL(t ‖ m), m = ½ (p + t)

    >>> js_divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    array([0.69314718])
    """
    return rel_entr_to_mean(pred, target).sum(-1) / 2


@loss(
    "divergence",
    aliases=("hellinger_distance",),
    reference="the formula",
    properties="symmetric zero",
    units="1",
    use="a distance between distributions is needed that is a metric and at most 1",
    see={"bhattacharyya": "hellinger² = 1 − e^−bhattacharyya"},
    hints=_BOTH_SUM_TO_1,
)
def hellinger(pred: ProbabilityVector, target: ProbabilityVector):
    """Euclidean distance of the square roots of two distributions, divided by √2; at most 1.

    √ (½ Σ_c (√p − √t)²)

    >>> hellinger(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    array([1.])
    """
    return norm(sqrt_difference(pred, target), 2.0) / ROOT_2


@loss(
    "divergence",
    aliases=("bhattacharyya_distance",),
    reference="the formula",
    properties="convex differentiable symmetric",
    units="nats",
    use="the overlap of two histograms should show how well two classes can be separated",
    see={"hellinger": "hellinger² = 1 − e^−bhattacharyya"},
    hints=_BOTH_SUM_TO_1,
)
def bhattacharyya(pred: ProbabilityVector, target: ProbabilityVector):
    """Negative logarithm of the overlap of two distributions: 0 if they are equal, infinite if they have no class in common.

    −log Σ_c √(p t)

    >>> bhattacharyya(np.array([[1.0, 0.0]]), np.array([[0.25, 0.75]]))
    array([0.69314718])
    """
    overlap = explain_zero(sqrt_product(pred, target).sum(-1), "two distributions have no class in common")
    return neg_log_near_1(overlap, overlap_minus_1(pred, target))


@loss(
    "divergence",
    aliases=("tvd", "tv_distance"),
    reference="the formula",
    properties="convex symmetric zero",
    units="1",
    use="the largest difference in the probability of any event is of interest",
    hints=_BOTH_SUM_TO_1,
)
def total_variation_distance(pred: ProbabilityVector, target: ProbabilityVector):
    """Largest difference of the probabilities that two distributions give to the same event.

    ½ Σ_c |p − t|

    >>> total_variation_distance(np.array([[0.7, 0.3]]), np.array([[0.5, 0.5]]))
    array([0.2])
    """
    return np.abs(pred - target).sum(-1) / 2


@loss(
    "divergence",
    aliases=("earth_mover", "emd_1d", "earth_movers_distance"),
    reference="the formula; scipy.stats.wasserstein_distance",
    properties="convex symmetric zero",
    units="bins",
    use="classes are ordered, as ages or ratings are, and distant errors should cost more",
    words=("earth mover", "optimal transport", "ordinal classes", "age estimation"),
    see={"total_variation_distance": "ignores how far apart two bins are"},
    hints=_BOTH_SUM_TO_1,
)
def wasserstein_1d(pred: ProbabilityVector, target: ProbabilityVector):
    """Least work that turns one histogram into the other: probability times the number of bins it is moved.

    Σ_c |Σ_{k ≤ c} (p_k − t_k)|

    >>> wasserstein_1d(np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0]]))
    array([2.])
    """
    return np.abs(np.cumsum(pred - target, -1)).sum(-1)


@loss(
    "divergence",
    aliases=("kl_normal_standard", "vae_kl", "kld_loss", "gaussian_kld"),
    reference="torch.distributions.kl_divergence",
    properties="convex differentiable",
    units="nats",
    use="the latent code of a variational autoencoder should stay near a standard Gaussian",
    words=("variational autoencoder", "vae"),
    see={"gaussian_nll": "for one observation, not between two distributions"},
)
def gaussian_kl(mu: Vector, logvar: Vector, *, beta: NonNegative = 1.0):
    """Kullback-Leibler divergence of independent Gaussians from the standard Gaussian, times beta; logvar holds the log variances.

    ½ β Σ_d (μ² + e^v − 1 − v), v = logvar

    >>> gaussian_kl(np.array([[2.0, 0.0]]), np.array([[0.0, 0.0]]))
    array([2.])
    """
    return beta / 2 * (mu * mu + expm1_minus_x(logvar)).sum(-1)


@loss(
    "divergence",
    aliases=("knowledge_distillation", "kd", "hinton_kd"),
    reference="torch.nn.functional.kl_div of the softmaxes with temperature",
    properties="convex differentiable zero",
    units="nats",
    use="a small model should learn from the logits of a teacher, with or without labels",
    words=("knowledge distillation", "teacher and student", "model compression"),
    see={"kl_div": "equal for alpha 1 and temperature 1, from log-probabilities and probabilities"},
    hints=(
        looks_like_probabilities(vector=True),
        looks_like_probabilities("--teacher-from-probs takes probabilities", "teacher", vector=True),
    ),
)
def distillation(
    pred: LogitVector,
    teacher: LogitVector,
    target: LabelUnlessAlpha1 = None,
    *,
    temperature: Positive = 1.0,
    alpha: Probability = 1.0,
):
    """Divergence of a student from its teacher, both softened by a temperature, plus the cross-entropy of the labels.

    α T² KL(softmax(z/T) ‖ softmax(x/T)) + (1 − α) cross_entropy(x, y); z the teacher's logits, x the student's

    >>> distillation(np.array([[0.0, 0.0]]), np.array([[1000.0, 0.0]]))
    array([0.69314718])
    """
    soft = alpha * temperature**2 * softmax_kl(pred / temperature, teacher / temperature)
    return soft if alpha == 1 else soft + (1 - alpha) * cross_entropy(pred, target)[0]
