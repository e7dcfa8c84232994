"""Cross-entropies that move the logits or weigh the rows: margins, priors, wrong labels, hard rows, several views."""

from __future__ import annotations

from math import cos, log, radians, sin

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
from losscli.frameworks import keras, optax
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax, softmax_cross_entropy, target_distribution
from losscli.numeric.steps import clamp_min, kl_div_log_input, multiply_no_nan
from losscli.registry import Preset, loss

__all__ = [
    "arcface", "asymmetric_singlelabel", "bootstrapped_ce", "cosface", "generalized_cross_entropy", "jsd_ce", "ldam", "logit_adjusted_ce",
    "poly_cross_entropy", "symmetric_ce",
]  # fmt: skip

_PROBABILITIES = looks_like_probabilities("give the logits they were made of", vector=True)
_SMOOTHING = {"smoothing": "label_smoothing"}


def _no_counts(instead):
    """W109: the option without which a loss is nothing of its own is not given."""
    return Diagnostic("W109", f"no --class-counts: {instead}", lambda c: np.full(len(c["pred"]), c["class_counts"] is None), every=True)


def _moved(logits, y, by):
    """The logits, that of the label changed to by(logit)."""
    return np.where(y[..., None] == np.arange(logits.shape[-1]), by(logits), logits)


@loss(
    "classification",
    aliases=("poly_loss_cross_entropy", "PolyCrossEntropy", "poly1"),
    reference="optax.losses.poly_loss_cross_entropy",
    properties="differentiable",
    units="nats",
    use="one label of several classes, when one more coefficient may be tuned to do better",
    presets=(optax("poly_loss_cross_entropy"), Preset(("timm.loss.PolyCrossEntropy",), renames=_SMOOTHING)),
    see={"cross_entropy": "epsilon 0", "poly_bce": "yes or no for each class"},
    hints=(_PROBABILITIES,),
)
def poly_cross_entropy(pred: LogitVector, target: Label, *, epsilon: float = 2.0, label_smoothing: Probability = 0.0):
    """Cross-entropy with more weight on the first term of its series in 1 − p.

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
    use="one label among many classes, where the easy wrong classes should hardly count",
    presets=(Preset(("timm.loss.AsymmetricLossSingleLabel",), renames={"eps": "label_smoothing"}),),
    see={"asymmetric_multilabel": "yes or no for each class"},
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
    """Smoothed cross-entropy that counts the label less where it is likely, and the other classes less where they are not.

    −q_y (1 − p_y)^γ₊ log p_y − Σ_{c≠y} q_c p_c^γ₋ log p_c, p = softmax(x), q = (1 − s) onehot(y) + s / C

    >>> asymmetric_singlelabel(np.array([[0.0, 0.0]]), np.array([1]), label_smoothing=0.0)
    array([0.34657359])
    """
    losses = neg_log_softmax(pred)
    own = target_distribution(target, pred) > 0
    easy = np.where(own, (-np.expm1(-losses)) ** gamma_pos, np.exp(-losses) ** gamma_neg)
    return multiply_no_nan(target_distribution(target, pred, label_smoothing) * easy, losses).sum(-1)


@loss(
    "classification",
    aliases=("gce", "categorical_generalized_cross_entropy", "CategoricalGeneralizedCrossEntropy"),
    reference="keras.losses.categorical_generalized_cross_entropy",
    units="1",
    use="noisy labels: the larger q, the less wrong ones teach, and the slower it learns",
    presets=(keras("CategoricalGeneralizedCrossEntropy", "categorical_generalized_cross_entropy", last_axis=None),),
    see={"logloss": "the limit where q nears 0", "mae": "of the label's probability: q 1"},
)
def generalized_cross_entropy(pred: ProbabilityVector, target: HardLabel, *, q: Share = 0.5):
    """Between the log loss and the distance of the label's probability from 1: bounded by 1/q, so that wrong labels rule it less.

    (1 − p_y^q) / q

    >>> generalized_cross_entropy(np.array([[0.25, 0.75]]), np.array([0]))
    array([1.])
    """
    p = np.take_along_axis(pred, target[..., None], -1)[..., 0]
    at_0 = 1 - np.where(p > 0, 1.0, p) ** q  # with the slope that it has there
    return np.where(p > 0, -np.expm1(q * np.log(np.where(p > 0, p, 1.0))), at_0) / q


@loss(
    "classification",
    aliases=("sce", "symmetric_cross_entropy"),
    reference="the formula (Wang 2019)",
    properties="differentiable",
    units="nats",
    use="noisy labels that plain cross-entropy, which it keeps a part of, would overfit",
    see={"cross_entropy": "alpha 1 and beta 0"},
    hints=(_PROBABILITIES,),
)
def symmetric_ce(pred: LogitVector, target: HardLabel, *, alpha: NonNegative = 0.1, beta: NonNegative = 1.0, clip: Share = 1e-4):
    """Cross-entropy, and with it that of the label under the prediction, where log 0 is log clip: wrong labels rule it less.

    −α log p_y − β Σ_c p_c log max(onehot(y)_c, clip), p = softmax(x)

    >>> symmetric_ce(np.array([[0.0, 0.0]]), np.array([1]))
    array([4.6744849])
    """
    ce = softmax_cross_entropy(pred, target)
    return alpha * ce + beta * log(clip) * np.expm1(-ce)  # the shares of the others sum to 1 - p_y


@loss(
    "classification",
    aliases=("logit_adjustment", "logit_adjusted_cross_entropy"),
    reference="the formula (Menon 2021)",
    properties="convex differentiable",
    units="nats",
    use="imbalanced (long-tailed) classes of known counts, when all should count alike in the end",
    see={"cross_entropy": "tau 0, or equal counts", "ldam": "a margin in place of the prior"},
    hints=(_PROBABILITIES, _no_counts("without them this is cross_entropy")),
)
def logit_adjusted_ce(pred: LogitVector, target: HardLabel, *, class_counts: ClassCounts | None = None, tau: NonNegative = 1.0):
    """Cross-entropy of logits to which the log of how frequent each class is was added, so that rare classes have to lead by more.

    cross_entropy(x + τ log π, y), π_c = n_c / Σ n

    >>> logit_adjusted_ce(np.array([[0.0, 0.0]]), np.array([1]), class_counts=np.array([3.0, 1.0]))
    array([1.38629436])
    """
    n = np.asarray(np.ones(pred.shape[-1]) if class_counts is None else class_counts, pred.dtype)
    return softmax_cross_entropy(pred + tau * np.log(n / n.sum()), target)


@loss(
    "classification",
    aliases=("LDAMLoss", "label_distribution_aware_margin"),
    reference="the formula (Cao 2019)",
    properties="convex differentiable",
    units="nats",
    use="imbalanced (long-tailed) classes of known counts, when rare ones need a wider margin",
    see={"cosface": "one margin for all classes", "logit_adjusted_ce": "moves all logits, by a logarithm of the counts"},
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
    """Cross-entropy of scaled logits in which the label has to lead by a margin, max_m for the rarest class.

    cross_entropy(s (x − m_y onehot(y)), y), m_c = max_m (min n / n_c)^¼

    >>> ldam(np.array([[0.5, 0.0]]), np.array([0]), s=2.0)
    array([0.69314718])
    """
    n = np.asarray(np.ones(pred.shape[-1]) if class_counts is None else class_counts, pred.dtype)
    return softmax_cross_entropy(s * _moved(pred, target, lambda x: x - max_m * (n.min() / n) ** 0.25), target)


@loss(
    "classification",
    aliases=("ArcFaceLoss",),
    reference="pytorch_metric_learning.losses.ArcFaceLoss",
    units="nats",
    use="face recognition or retrieval, where identities should lie an angle apart",
    presets=(Preset(("pytorch_metric_learning.losses.ArcFaceLoss",)),),
    see={"cosface": "a margin of the cosine, not of the angle"},
)
def arcface(pred: ClassCosines, target: HardLabel, *, scale: Positive = 64.0, margin: Degrees = 28.6):
    """Cross-entropy of scaled cosines in which the label's angle θ has to be smaller by a margin, in degrees.

    cross_entropy(s x', y), x'_y = cos(θ + m) where θ ≤ π − m, else cos θ − m sin m

    >>> arcface(np.array([[1.0, 0.5]]), np.array([0]), margin=60.0)
    array([0.69314718])
    """
    m = radians(margin)

    def turned(x):
        return np.where(x >= -cos(m), x * cos(m) - np.sqrt((1 - x) * (1 + x)) * sin(m), x - m * sin(m))

    return softmax_cross_entropy(scale * _moved(pred, target, turned), target)


@loss(
    "classification",
    aliases=("CosFaceLoss", "am_softmax"),
    reference="pytorch_metric_learning.losses.CosFaceLoss",
    properties="convex differentiable",
    units="nats",
    use="face verification, by a margin of the cosine: simpler than arcface, and convex",
    presets=(Preset(("pytorch_metric_learning.losses.CosFaceLoss",)),),
    see={"arcface": "a margin of the angle", "cross_entropy": "margin 0 and scale 1"},
)
def cosface(pred: ClassCosines, target: HardLabel, *, scale: Positive = 64.0, margin: NonNegative = 0.35):
    """Cross-entropy of scaled cosines in which the label has to lead by a margin.

    cross_entropy(s (x − m onehot(y)), y)

    >>> cosface(np.array([[1.0, 0.5]]), np.array([0]), margin=0.5)
    array([0.69314718])
    """
    return softmax_cross_entropy(scale * _moved(pred, target, lambda x: x - margin), target)


@loss(
    "classification",
    aliases=("JsdCrossEntropy", "augmix_jsd"),
    reference="timm.loss.JsdCrossEntropy",
    properties="differentiable",
    units="nats",
    use="several augmented views of a row should get one prediction, as in AugMix",
    see={"cross_entropy": "alpha 0 and one view"},
)
def jsd_ce(pred: LogitViews, target: HardLabel, *, alpha: NonNegative = 12.0, label_smoothing: Probability = 0.1):
    """Cross-entropy of the first view of a row, and how far its views (rows × views × classes) differ from their mean.

    cross_entropy(x₀, y) + α / S Σ_s KL(p_s ‖ max(mean p, 10⁻⁷)), p_s = softmax(x_s)

    >>> jsd_ce(np.array([[[0.0, 0.0], [0.0, 0.0]]]), np.array([1]))
    array([0.69314718])
    """
    losses = neg_log_softmax(pred)
    ce = (target_distribution(target, pred[..., 0, :], label_smoothing) * losses[..., 0, :]).sum(-1)
    p = np.exp(-losses)
    mean = p.mean(-2)
    mixture = clamp_min(mean, 1e-7)
    apart = kl_div_log_input(np.log(mixture)[..., None, :], p).mean(-2) + (mean - mixture)  # no term below 0, so that none cancels
    return ce + alpha * apart.sum(-1)


@loss(
    "classification",
    aliases=("ohem", "online_hard_example_mining", "bootstrapped_cross_entropy"),
    reference="the formula",
    units="nats",
    use="most rows are easy, and the hardest share of a batch should teach alone",
    see={"cross_entropy": "top_k 1"},
    hints=(_PROBABILITIES,),
)
def bootstrapped_ce(pred: LogitVector, target: HardLabel, *, top_k: Positive = 0.25):
    """Cross-entropy of the hardest rows alone: a share of all up to 1, else that many; the last of several equal ones count in part.

    mean of the k largest −log softmax(x)_y

    >>> next(bootstrapped_ce(np.array([[0.0, 0.0]]), np.array([1]))).of
    array([0.69314718])
    """
    ce = softmax_cross_entropy(pred, target)
    (every,) = yield AllRows(ce)
    k = min(every.size, max(1, int(top_k * every.size if top_k <= 1 else top_k)))
    least = np.sort(every.ravel())[-k]
    part = float((k - (every > least).sum()) / (every == least).sum())
    weight = np.where(ce > least, 1.0, np.where(ce == least, part, 0.0))
    return np.where(ce > least, ce, np.where(ce == least, part * ce, 0.0)), weight
