"""Losses of labels for rare classes that are shaped unlike focal: FL*, balanced cross-entropy, soft F1, focal with a cosine."""

from __future__ import annotations

from losscli.aggregation import ByClass
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import AlphaOrOff, BelowHalf, Flag, HardLabel, Logit, LogitVector, NonNegative, Positive, Probability
from losscli.numeric.distances import l2_normalize, one_minus_cosine
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax, softmax_cross_entropy, target_distribution
from losscli.numeric.steps import TORCH_EPS, expit, softplus
from losscli.registry import loss

__all__ = ["balanced_bce", "focal_cosine", "focal_star", "multiclass_soft_f1", "soft_f1"]

_PROBABILITIES = looks_like_probabilities("take their logits, log(p / (1 - p))")


@loss(
    "classification",
    aliases=("sigmoid_focal_loss_star", "fl_star"),
    reference="fvcore.nn.sigmoid_focal_loss_star",
    properties="convex differentiable robust",
    units="nats",
    use="imbalanced binary labels, where a convex loss should weigh easy elements less",
    words=("class imbalance", "dense detection"),
    see={"focal": "weighs the cross-entropy by a power of the miss", "bce_with_logits": "equal for gamma 1 and alpha -1"},
    hints=(_PROBABILITIES,),
)
def focal_star(pred: Logit, target: Probability, *, alpha: AlphaOrOff = -1.0, gamma: Positive = 1.0):
    """Binary cross-entropy of a logit times gamma, divided by gamma (FL* of the RetinaNet paper); alpha balances the labels as in focal.

    α_t log(1 + e^(−γ y x)) / γ, y = 2 t − 1, α_t = α t + (1 − α) (1 − t), or 1 if α < 0

    >>> focal_star(np.array([0.0]), np.array([1]), gamma=2.0)
    array([0.34657359])
    """
    y = 2 * target - 1
    value = softplus(-gamma * (y * pred)) / gamma
    if alpha < 0:
        return value
    weight = alpha * target + (1 - alpha) * (1 - target)
    return (weight * value, None, weight) if alpha in (0, 1) else weight * value


@loss(
    "classification",
    aliases=("balanced_bce_with_logits", "class_balanced_bce", "hed_loss"),
    reference="the formula (Xie and Tu 2015)",
    properties="convex differentiable",
    units="nats",
    use="edges or other rare positives: each label should count as much as it is rare in these rows",
    words=("edge detection", "class imbalance", "rare class"),
    see={"bce_with_logits": "with --pos-weight, whose size you choose", "focal": "weighs hard elements, not rare labels"},
    hints=(_PROBABILITIES,),
)
def balanced_bce(pred: Logit, target: Flag, *, gamma: NonNegative = 1.0, eps: NonNegative = 0.0):
    """Mean binary cross-entropy in which each label has the share of the other one, in all rows, as its weight.

    (β^γ Σ_{t=1} log(1 + e^−x) + (1 − β)^γ Σ_{t=0} log(1 + e^x)) / (n₀ + n₁), β = (n₀ / (n₀ + n₁ + ε))^γ, n₀ and n₁ the numbers of labels

    >>> next(balanced_bce(np.array([0.0, 0.0]), np.array([1, 0])))[2:]
    (array([1., 0.]), array([0., 1.]))
    """
    ones, zeros = target * 1.0, 1.0 - target
    of_ones, of_zeros, n1, n0 = yield ones * softplus(-pred), zeros * softplus(pred), ones, zeros
    share = (n0 / (n0 + n1 + eps)) ** gamma
    return (share**gamma * of_ones + (1 - share) ** gamma * of_zeros) / (n0 + n1)


def _f1_loss(hits, misses, eps):
    """1 − 2 TP / (2 TP + FP + FN + ε), in which nothing cancels; misses are FP + FN."""
    return (misses + eps) / (2 * hits + misses + eps)


@loss(
    "classification",
    aliases=("binary_soft_f1", "soft_f1_loss"),
    reference="pytorch_toolbelt.losses.BinarySoftF1Loss",
    properties="differentiable",
    units="1 (from 0 to 1)",
    use="the F1 score of binary labels should be learned, of all rows at once",
    words=("f1", "f1 score", "class imbalance"),
    see={"dice": "the same from probabilities, without the bounds", "multiclass_soft_f1": "for one label of several classes"},
    hints=(_PROBABILITIES,),
)
def soft_f1(pred: Logit, target: Flag, *, eps: NonNegative = 1e-6, clip: BelowHalf = 1e-6):
    """1 − F1 of probabilities, from logits; a probability is kept at least clip from 0 and from 1.

    1 − 2 TP / (2 TP + FP + FN + ε), TP = Σ p t, FP = Σ p (1 − t), FN = Σ (1 − p) t, p = σ(x) in [clip, 1 − clip]

    >>> next(soft_f1(np.array([0.0]), np.array([1])))
    (array([0.5]), array([0.5]))
    """
    p, q = (np.clip(expit(x), clip, 1 - clip) for x in (pred, -pred))
    hits, misses = yield p * target, p * (1 - target) + q * target
    return _f1_loss(hits, misses, eps)


@loss(
    "classification",
    aliases=("macro_soft_f1",),
    reference="pytorch_toolbelt.losses.SoftF1Loss",
    properties="differentiable",
    units="1 (from 0 to 1)",
    use="the F1 score of several classes should be learned, each class counting the same",
    words=("f1", "f1 score", "class imbalance"),
    see={"soft_f1": "for binary labels", "multiclass_dice": "for masks"},
    hints=(looks_like_probabilities("give their logarithms", vector=True),),
)
def multiclass_soft_f1(pred: LogitVector, target: HardLabel, *, eps: NonNegative = 1e-6, clip: BelowHalf = 1e-6):
    """Mean over the classes of 1 − F1 of softmax probabilities; a probability is kept at least clip from 0 and from 1.

    mean_c (1 − 2 TP_c / (2 TP_c + FP_c + FN_c + ε)), of p = softmax(x) in [clip, 1 − clip] and onehot(y)

    >>> next(multiclass_soft_f1(np.array([[0.0, 0.0]]), np.array([1])))[0].column
    array([[0. , 0.5]])
    """
    p, t = np.clip(softmax(pred), clip, 1 - clip), target_distribution(target, pred)
    hits, misses = yield ByClass(p * t), ByClass(p * (1 - t) + (1 - p) * t)
    return _f1_loss(hits, misses, eps).mean(-1)


@loss(
    "classification",
    aliases=("FocalCosineLoss", "focal_cosine_loss"),
    reference="pytorch_toolbelt.losses.FocalCosineLoss",
    properties="differentiable",
    units="1",
    use="few images per class: the direction of the scores should be that of the label",
    words=("small data", "few samples", "image classification"),
    see={"cosine_embedding": "the first part", "softmax_focal": "the second part, of scores that are not normalized"},
)
def focal_cosine(
    pred: LogitVector,
    target: HardLabel,
    *,
    alpha: NonNegative = 1.0,
    gamma: NonNegative = 2.0,
    xent: NonNegative = 0.1,
    eps: NonNegative = TORCH_EPS,
):
    """Cosine distance of the scores from the one-hot label, plus xent times a focal loss of the scores divided by their norm.

    1 − x_y / √((‖x‖² + ε) (1 + ε)) + xent α (1 − p_y)^γ (−log p_y), p = softmax(x / ‖x‖)

    >>> focal_cosine(np.array([[0.0, 3.0]]), np.array([0]), xent=0.0)
    array([1.])
    """
    ce = softmax_cross_entropy(l2_normalize(pred), target)
    return one_minus_cosine(pred, target_distribution(target, pred), eps) + xent * alpha * (-np.expm1(-ce)) ** gamma * ce
