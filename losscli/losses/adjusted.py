"""Cross-entropies that change the logits or weigh the rows: margins, priors, noisy labels, hard rows, several views."""

from __future__ import annotations

from losscli.aggregation import AllRows
from losscli.diagnostics import Diagnostic, looks_like_probabilities
from losscli.domains import (
    ClassCosines,
    ClassCounts,
    Degrees,
    HardLabel,
    Label,
    LogitVector,
    LogitViews,
    NonNegative,
    Positive,
    Probability,
    ProbabilityVector,
    Share,
)
from losscli.numeric.divergence import kl_div_log_input
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_array, plain_float
from losscli.numeric.softmax import neg_log_softmax, softmax_cross_entropy, target_distribution
from losscli.numeric.steps import clamp_min, multiply_no_nan
from losscli.registry import loss

__all__ = [
    "arcface", "asymmetric_singlelabel", "bootstrapped_ce", "cosface", "generalized_cross_entropy", "jsd_ce", "ldam", "logit_adjusted_ce",
    "poly_cross_entropy", "symmetric_ce",
]  # fmt: skip

_PROBABILITIES = looks_like_probabilities(vector=True)


def _no_counts(instead):
    """W109: class_counts is not given, and the loss depends on it."""
    return Diagnostic("W109", f"no --class-counts: {instead}", lambda c: np.full(len(c["pred"]), c["class_counts"] is None), every=True)


def _with_label_logit(logits, y, changed):
    """The logits, with changed(logits) in place of the logit of the label."""
    return np.where(y[..., None] == np.arange(logits.shape[-1]), changed(logits), logits)


@loss(
    "classification",
    aliases=("poly_loss_cross_entropy", "PolyCrossEntropy", "poly1"),
    reference="optax.losses.poly_loss_cross_entropy",
    properties="differentiable",
    units="nats",
    use="one label of several classes, where one more coefficient can be tuned",
    see={"cross_entropy": "equal for epsilon 0", "poly_bce": "a binary label for each class"},
    hints=(_PROBABILITIES,),
)
def poly_cross_entropy(pred: LogitVector, target: Label, *, epsilon: float = 2.0, label_smoothing: Probability = 0.0):
    """Cross-entropy with extra weight epsilon on the first term of its series in 1 − p.

    Σ_c q_c (−log p_c + ε (1 − p_c)), p = softmax(x), q = (1 − s) onehot(y) + s / C

    >>> poly_cross_entropy(np.array([[0.0, 0.0]]), np.array([1]))
    array([1.69314718])
    """
    losses = neg_log_softmax(pred)
    return multiply_no_nan(target_distribution(target, pred, label_smoothing), losses - epsilon * np.expm1(-losses)).sum(-1)


@loss(
    "classification",
    aliases=("AsymmetricLossSingleLabel",),
    reference="timm.loss.AsymmetricLossSingleLabel",
    properties="differentiable",
    units="nats",
    use="one label of many classes, where classes that are clearly wrong should hardly count",
    see={"asymmetric_multilabel": "a binary label for each class"},
    hints=(_PROBABILITIES,),
)
def asymmetric_singlelabel(
    pred: LogitVector,
    target: HardLabel,
    *,
    gamma_pos: NonNegative = 1.0,
    gamma_neg: NonNegative = 4.0,
    label_smoothing: Probability = 0.1,
):
    """Smoothed cross-entropy with less weight on a label that is likely, and on other classes that are unlikely.

    −q_y (1 − p_y)^γ₊ log p_y − Σ_{c≠y} q_c p_c^γ₋ log p_c, p = softmax(x), q = (1 − s) onehot(y) + s / C

    >>> asymmetric_singlelabel(np.array([[0.0, 0.0]]), np.array([1]), label_smoothing=0.0)
    array([0.34657359])
    """
    losses = neg_log_softmax(pred)
    is_label = target_distribution(target, pred) > 0
    weight = np.where(is_label, (-np.expm1(-losses)) ** gamma_pos, np.exp(-losses) ** gamma_neg)
    return multiply_no_nan(target_distribution(target, pred, label_smoothing) * weight, losses).sum(-1)


@loss(
    "classification",
    aliases=("gce", "categorical_generalized_cross_entropy", "CategoricalGeneralizedCrossEntropy"),
    reference="keras.losses.categorical_generalized_cross_entropy",
    units="1",
    use="noisy labels: a larger q gives wrong labels less influence, but learns more slowly",
    words=("label noise", "noisy labels", "wrong labels"),
    see={"logloss": "the limit as q tends to 0", "mae": "for q 1: of the label's probability from 1"},
)
def generalized_cross_entropy(pred: ProbabilityVector, target: HardLabel, *, q: Share = 0.5):
    """Between log loss (q → 0) and absolute error 1 − p_y (q = 1); bounded by 1/q, so that wrong labels have less influence.

    (1 − p_y^q) / q

    >>> generalized_cross_entropy(np.array([[0.25, 0.75]]), np.array([0]))
    array([1.])
    """
    p = np.take_along_axis(pred, target[..., None], -1)[..., 0]
    at_0 = 1 - np.where(p > 0, 1.0, p) ** q  # so that the gradient at p = 0 is the exact one
    return np.where(p > 0, -np.expm1(q * np.log(np.where(p > 0, p, 1.0))), at_0) / q


@loss(
    "classification",
    aliases=("sce", "symmetric_cross_entropy"),
    reference="the formula (Wang 2019)",
    properties="differentiable",
    units="nats",
    use="noisy labels that cross-entropy alone would overfit",
    words=("label noise", "noisy labels", "wrong labels"),
    see={"cross_entropy": "equal for alpha 1 and beta 0"},
    hints=(_PROBABILITIES,),
)
def symmetric_ce(pred: LogitVector, target: HardLabel, *, alpha: NonNegative = 0.1, beta: NonNegative = 1.0, clip: Share = 1e-4):
    """Cross-entropy plus reverse cross-entropy, in which log 0 is replaced by log clip; wrong labels have less influence.

    −α log p_y − β Σ_c p_c log max(onehot(y)_c, clip), p = softmax(x)

    >>> symmetric_ce(np.array([[0.0, 0.0]]), np.array([1]))
    array([4.6744849])
    """
    ce = softmax_cross_entropy(pred, target)
    return alpha * ce + beta * plain_float(np.log(clip)) * np.expm1(-ce)  # the probabilities of the other classes sum to 1 − p_y


@loss(
    "classification",
    aliases=("logit_adjustment", "logit_adjusted_cross_entropy"),
    reference="the formula (Menon 2021)",
    properties="convex differentiable",
    units="nats",
    use="imbalanced (long-tailed) classes with known counts, which should all count the same",
    words=("long tail", "class imbalance"),
    see={"cross_entropy": "equal for tau 0, or equal counts", "ldam": "a margin instead of the prior"},
    hints=(_PROBABILITIES, _no_counts("without them this is cross_entropy")),
)
def logit_adjusted_ce(pred: LogitVector, target: HardLabel, *, class_counts: ClassCounts | None = None, tau: NonNegative = 1.0):
    """Cross-entropy of logits plus the log frequencies of the classes, so that rare classes need a larger margin.

    cross_entropy(x + τ log π, y), π_c = n_c / Σ n

    >>> logit_adjusted_ce(np.array([[0.0, 0.0]]), np.array([1]), class_counts=np.array([3.0, 1.0]))
    array([1.38629436])
    """
    n = plain_array(np.ones(pred.shape[-1]) if class_counts is None else class_counts, pred.dtype)
    return softmax_cross_entropy(pred + tau * np.log(n / n.sum()), target)


@loss(
    "classification",
    aliases=("LDAMLoss", "label_distribution_aware_margin"),
    reference="the formula (Cao 2019)",
    properties="convex differentiable",
    units="nats",
    use="imbalanced (long-tailed) classes with known counts, where rare ones need a larger margin",
    words=("long tail", "class imbalance"),
    see={"cosface": "one margin for all classes", "logit_adjusted_ce": "changes all logits, by the logarithm of the counts"},
    hints=(_PROBABILITIES, _no_counts("without them every margin is max_m")),
)
def ldam(
    pred: LogitVector,
    target: HardLabel,
    *,
    class_counts: ClassCounts | None = None,
    max_m: NonNegative = 0.5,
    s: Positive = 30.0,
):
    """Cross-entropy of scaled logits after a margin is subtracted from that of the label; the rarest class has the margin max_m.

    cross_entropy(s (x − m_y onehot(y)), y), m_c = max_m (min n / n_c)^¼

    >>> ldam(np.array([[0.5, 0.0]]), np.array([0]), s=2.0)
    array([0.69314718])
    """
    n = plain_array(np.ones(pred.shape[-1]) if class_counts is None else class_counts, pred.dtype)
    return softmax_cross_entropy(s * _with_label_logit(pred, target, lambda x: x - max_m * (n.min() / n) ** 0.25), target)


@loss(
    "classification",
    aliases=("ArcFaceLoss",),
    reference="pytorch_metric_learning.losses.ArcFaceLoss",
    units="nats",
    use="face recognition or retrieval, where identities should be separated by an angle",
    words=("face recognition", "face verification", "identity"),
    see={"cosface": "a margin on the cosine, not on the angle"},
)
def arcface(pred: ClassCosines, target: HardLabel, *, scale: Positive = 64.0, margin: Degrees = 28.6):
    """Cross-entropy of scaled cosines after a margin, in degrees, is added to the angle θ of the label.

    cross_entropy(s x', y), x'_y = cos(θ + m) if θ ≤ π − m, else cos θ − m sin m

    >>> arcface(np.array([[1.0, 0.5]]), np.array([0]), margin=60.0)
    array([0.69314718])
    """
    m, cosine, sine = (plain_float(f(np.radians(margin))) for f in (np.positive, np.cos, np.sin))

    def with_margin(x):
        return np.where(x >= -cosine, x * cosine - np.sqrt((1 - x) * (1 + x)) * sine, x - m * sine)

    return softmax_cross_entropy(scale * _with_label_logit(pred, target, with_margin), target)


@loss(
    "classification",
    aliases=("CosFaceLoss", "am_softmax"),
    reference="pytorch_metric_learning.losses.CosFaceLoss",
    properties="convex differentiable",
    units="nats",
    use="face verification with a margin on the cosine: simpler than arcface, and convex",
    words=("face recognition", "face verification", "identity"),
    see={"arcface": "a margin on the angle", "cross_entropy": "equal for margin 0 and scale 1"},
)
def cosface(pred: ClassCosines, target: HardLabel, *, scale: Positive = 64.0, margin: NonNegative = 0.35):
    """Cross-entropy of scaled cosines after a margin is subtracted from that of the label.

    cross_entropy(s (x − m onehot(y)), y)

    >>> cosface(np.array([[1.0, 0.5]]), np.array([0]), margin=0.5)
    array([0.69314718])
    """
    return softmax_cross_entropy(scale * _with_label_logit(pred, target, lambda x: x - margin), target)


@loss(
    "classification",
    aliases=("JsdCrossEntropy", "augmix_jsd"),
    reference="timm.loss.JsdCrossEntropy",
    properties="differentiable",
    units="nats",
    use="several augmented views of a row should get the same prediction, as in AugMix",
    see={"cross_entropy": "equal for alpha 0, of the first view"},
)
def jsd_ce(pred: LogitViews, target: HardLabel, *, alpha: NonNegative = 12.0, label_smoothing: Probability = 0.1):
    """Cross-entropy of the first of S views of a row, plus the divergence of all views from their mean; pred is rows × views × classes.

    cross_entropy(x₀, y) + α / S Σ_s KL(p_s ‖ max(mean p, 10⁻⁷)), p_s = softmax(x_s)

    >>> jsd_ce(np.array([[[0.0, 0.0], [0.0, 0.0]]]), np.array([1]))
    array([0.69314718])
    """
    losses = neg_log_softmax(pred)
    ce = (target_distribution(target, pred[..., 0, :], label_smoothing) * losses[..., 0, :]).sum(-1)
    p = np.exp(-losses)
    mean = p.mean(-2)
    mixture = clamp_min(mean, 1e-7)
    # KL with a correction for the clamp: no term is below 0, so that nothing cancels
    divergence = kl_div_log_input(np.log(mixture)[..., None, :], p).mean(-2) + (mean - mixture)
    return ce + alpha * divergence.sum(-1)


@loss(
    "classification",
    aliases=("ohem", "online_hard_example_mining", "bootstrapped_cross_entropy"),
    reference="the formula",
    units="nats",
    use="most rows are easy, and only the hardest rows of a batch should count",
    see={"cross_entropy": "equal for top_k 1"},
    hints=(_PROBABILITIES,),
)
def bootstrapped_ce(pred: LogitVector, target: HardLabel, *, top_k: Positive = 0.25):
    """Mean cross-entropy of the k hardest rows: top_k ≤ 1 is a fraction of all rows, above 1 a number; ties for the last place share it.

    mean of the k largest −log softmax(x)_y

    >>> next(bootstrapped_ce(np.array([[0.0, 0.0]]), np.array([1]))).column
    array([0.69314718])
    """
    ce = softmax_cross_entropy(pred, target)
    (all_ce,) = yield AllRows(ce)
    k = min(all_ce.size, max(1, int(top_k * all_ce.size if top_k <= 1 else top_k)))
    threshold = np.sort(all_ce.ravel())[-k]
    tied = float((k - (all_ce > threshold).sum()) / (all_ce == threshold).sum())
    weight = np.where(ce > threshold, 1.0, np.where(ce == threshold, tied, 0.0))
    return np.where(ce > threshold, ce, np.where(ce == threshold, tied * ce, 0.0)), weight
