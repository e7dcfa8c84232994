"""Losses of the overlap of two masks, from sums over their elements."""

from __future__ import annotations

from typing import Literal

from losscli.domains import AlphaOrOff, Logit, NonNegative, Positive, Probability, ProbabilityOrIgnored, ProbabilityOrLogit
from losscli.losses.binary import focal
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import clamp_min, expit, relu
from losscli.registry import loss

__all__ = ["dice", "dice_focal", "focal_tversky", "iou", "log_dice", "mcc", "overlaps", "smoothed", "tversky"]

Absent = Literal["count", "zero"]
_EMPTY = "both masks are empty"


def smoothed(numerator, denominator, eps, smooth_nr, smooth_dr):
    """Numerator and denominator with eps added to each, or smooth_nr and smooth_dr where they are given."""
    return numerator + (eps if smooth_nr is None else smooth_nr), denominator + (eps if smooth_dr is None else smooth_dr)


def score(numerator, denominator, size_t, absent):
    """numerator / denominator; with absent "zero" it is 1, so that the loss is 0, where the target mask is empty."""
    if absent == "count":
        return numerator / denominator
    return np.where(size_t > 0, numerator / np.where(size_t > 0, denominator, 1.0), 1.0)


def overlaps(p, t, squared_pred, soft_label):
    """What each element adds to the overlap of two masks, to the first mask alone and to the second alone."""
    if squared_pred:
        return p * t, p * (p - t), t * (t - p)
    if soft_label:
        return (p + t - np.abs(p - t)) / 2, relu(p - t), relu(t - p)
    return p * t, p * (1 - t), (1 - p) * t


@loss(
    "segmentation",
    aliases=("dice_loss", "DiceLoss", "cube_loss", "soft_dice", "sorensen_dice", "f1_loss", "binary_dice_loss"),
    reference="the formula; keras.losses.Dice",
    properties="differentiable symmetric",
    units="1",
    use="masks with small foreground regions",
    see={
        "tversky": "dice is tversky with alpha = beta = 0.5",
        "iou": "as scores (1 − loss) and without eps, iou = dice / (2 − dice)",
        "multiclass_dice": "for several classes, from logits and labels",
    },
)
def dice(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    eps: NonNegative = 1e-6,
    smooth_numerator: bool = True,
    squared_pred: bool = False,
    from_logits: bool = False,
    absent: Absent = "count",
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
):
    """1 − Dice score: twice the overlap of two masks over the sum of their sizes; the numerator has eps only with smooth_numerator.

    1 − (2 Σ p t + ε) / (Σ p + Σ t + ε), with p² and t² in the denominator if squared_pred; smooth_nr, smooth_dr replace the two ε

    >>> next(dice(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.5]), array([1.]))
    """
    p, power = expit(pred) if from_logits else pred, 2 if squared_pred else 1
    intersection, size_p, size_t = yield p * target, p**power, target**power
    smooth_nr = smooth_nr if smooth_numerator or smooth_nr is not None else 0.0
    numerator, denominator = smoothed(2 * intersection, size_p + size_t, eps, smooth_nr, smooth_dr)
    return 1 - score(numerator, explain_zero(denominator, _EMPTY), size_t, absent)


@loss(
    "segmentation",
    aliases=("jaccard", "jaccard_loss", "JaccardLoss", "soft_iou", "iou_loss"),
    reference="the formula",
    properties="differentiable symmetric",
    units="1",
    use="masks are evaluated by intersection over union, which is stricter than dice",
    see={"tversky": "iou is tversky with alpha = beta = 1", "giou": "for boxes given by their corners"},
)
def iou(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    eps: NonNegative = 1e-6,
    from_logits: bool = False,
    absent: Absent = "count",
):
    """1 − IoU: the intersection of two masks over their union.

    1 − (I + ε) / (Σ p + Σ t − I + ε), I = Σ p t

    >>> next(iou(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.5]), array([1.]))
    """
    p = expit(pred) if from_logits else pred
    intersection, size_p, size_t = yield p * target, p, target
    union = size_p + size_t - intersection
    return 1 - score(intersection + eps, explain_zero(union + eps, _EMPTY), size_t, absent)


@loss(
    "segmentation",
    aliases=("tversky_loss", "TverskyLoss"),
    reference="the formula; keras.losses.Tversky",
    properties="differentiable",
    units="1",
    use="false positives and false negatives in a mask should have different costs",
    see={"dice": "equal for alpha = beta = 0.5", "keras.losses.Tversky": "its alpha is our beta"},
)
def tversky(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    alpha: NonNegative = 0.3,
    beta: NonNegative = 0.7,
    eps: NonNegative = 1e-6,
    smooth_numerator: bool = True,
    from_logits: bool = False,
    absent: Absent = "count",
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
):
    """1 − Tversky score: a Dice score with a weight for false positives (alpha) and one for false negatives (beta).

    1 − (TP + ε) / (TP + α FP + β FN + ε), TP = Σ p t, FP = Σ p (1 − t), FN = Σ (1 − p) t; smooth_nr, smooth_dr replace the two ε

    >>> next(tversky(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.]), array([0.5]))
    """
    p = expit(pred) if from_logits else pred
    tp, fp, fn = yield p * target, p * (1 - target), (1 - p) * target
    smooth_nr = smooth_nr if smooth_numerator or smooth_nr is not None else 0.0
    numerator, denominator = smoothed(tp, tp + alpha * fp + beta * fn, eps, smooth_nr, smooth_dr)
    return 1 - score(numerator, explain_zero(denominator, "the masks contain nothing that alpha and beta count"), tp + fn, absent)


@loss(
    "segmentation",
    aliases=("focal_tversky_loss", "FocalTverskyLoss"),
    reference="segmentation_models_pytorch.losses.TverskyLoss",
    properties="differentiable",
    units="1",
    use="masks with a poor overlap, such as small lesions, should count most (gamma above 1)",
    see={"tversky": "equal for gamma 1; papers write the power as 1 / gamma"},
)
def focal_tversky(
    pred: ProbabilityOrLogit,
    target: ProbabilityOrIgnored,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    gamma: Positive = 1.0,
    eps: NonNegative = 1e-6,
    from_logits: bool = False,
    absent: Absent = "count",
    log_loss: bool = False,
    floor: NonNegative = 0.0,
    soft_label: bool = False,
    ignore_index: int | None = -100,
):
    """Tversky loss to the power of gamma; gamma > 1 gives more weight to masks with a poor overlap.

    tversky(p, t; α, β)^γ; with log_loss (−log (1 − tversky(p, t; α, β)))^γ; the denominator and the score are at least floor

    >>> next(focal_tversky(np.array([0.5]), np.array([1.0]), gamma=2.0))
    (array([0.5]), array([0.]), array([0.5]))
    """
    kept = target != ignore_index
    p, t = np.where(kept, expit(pred) if from_logits else pred, 0.0), np.where(kept, target, 0.0)
    tp, fp, fn = yield overlaps(p, t, False, soft_label)
    sizes = tp + alpha * fp + beta * fn + eps
    sizes = clamp_min(sizes, floor) if floor else explain_zero(sizes, "the masks contain nothing that alpha and beta count")
    ratio = score(tp + eps, sizes, tp + fn, absent)
    value = -np.log(clamp_min(ratio, floor) if floor else ratio) if log_loss else 1 - ratio
    return value if gamma == 1 else value**gamma


@loss(
    "segmentation",
    aliases=("log_dice_loss",),
    reference="segmentation_models_pytorch.losses.DiceLoss with log_loss=True",
    units="nats",
    use="masks overlap poorly at first, where the gradient of dice is too small",
    see={"dice": "1 − score instead of −log score"},
)
def log_dice(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    smooth: NonNegative = 0.0,
    eps: Positive = 1e-7,
    from_logits: bool = False,
    absent: Absent = "count",
):
    """Negative logarithm of the Dice score; the score and its denominator are clamped to at least eps.

    −log max(ε, (Σ p t + s) / max(ε, ½ (Σ p + Σ t) + s))

    >>> next(log_dice(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.5]), array([1.]))
    """
    p = expit(pred) if from_logits else pred
    intersection, size_p, size_t = yield p * target, p, target
    dice_score = score(intersection + smooth, clamp_min((size_p + size_t) / 2 + smooth, eps), size_t, absent)
    return -np.log(clamp_min(dice_score, eps))


@loss(
    "segmentation",
    aliases=("MCCLoss", "mcc_loss", "matthews", "matthews_correlation"),
    reference="monai.losses.MCCLoss",
    properties="symmetric",
    units="1",
    use="masks with few pixels, where correctly found background should count too",
    see={"dice": "ignores the true negatives"},
)
def mcc(pred: Probability, target: Probability, *, eps: NonNegative = 1e-5, smooth: NonNegative = 0.0):
    """1 − Matthews correlation coefficient of two masks: from 0 to 2; 0 for a perfect mask, even if it is empty or full.

    1 − (TP TN − FP FN) / √ ((TP + FP) (TP + FN) (TN + FP) (TN + FN) + ε); smooth is added to each count

    >>> next(mcc(np.array([0.75]), np.array([1.0])))
    (array([0.75]), array([0.]), array([0.]), array([0.25]))
    """
    counts = yield pred * target, (1 - pred) * (1 - target), pred * (1 - target), (1 - pred) * target
    tp, tn, fp, fn = (n + smooth for n in counts)
    squared = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn) + eps
    perfect = (fp == 0) & (fn == 0)
    squared = explain_zero(np.where(perfect, 1.0, squared), "a mask is empty or full")
    return np.where(perfect, 0.0, 1 - (tp * tn - fp * fn) / np.sqrt(squared))


@loss(
    "segmentation",
    aliases=("DiceFocalLoss", "dice_focal_loss"),
    reference="monai.losses.DiceFocalLoss with sigmoid=True",
    properties="differentiable",
    units="1 and nats",
    use="foreground is rare, and both the overlap and the hardest pixels matter",
    see={"dice_ce": "with the cross-entropy of classes"},
)
def dice_focal(
    pred: Logit,
    target: Probability,
    *,
    lambda_dice: NonNegative = 1.0,
    lambda_focal: NonNegative = 1.0,
    gamma: NonNegative = 2.0,
    alpha: AlphaOrOff = -1.0,
    eps: NonNegative = 1e-5,
    sigmoid: bool = True,
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
):
    """Weighted sum of the Dice loss of σ(x), or of x itself without sigmoid, and the mean focal loss of the logits x.

    λ_dice dice(σ(x), t) + λ_focal Σ focal(x, t) / N

    >>> next(dice_focal(np.array([0.0]), np.array([1.0])))
    (array([0.5]), array([0.5]), array([1.]), array([0.1732868]), 1)
    """
    p, focal_loss = expit(pred) if sigmoid else pred, focal(pred, target, alpha=alpha, gamma=gamma)
    focal_loss = focal_loss[0] if isinstance(focal_loss, tuple) else focal_loss
    intersection, size_p, size_t, focal_sum, n = yield p * target, p, target, focal_loss, 1
    numerator, denominator = smoothed(2 * intersection, size_p + size_t, eps, smooth_nr, smooth_dr)
    return lambda_dice * (1 - numerator / explain_zero(denominator, _EMPTY)) + lambda_focal * focal_sum / n
