"""Losses of the overlap of two masks, from sums over their elements."""

from __future__ import annotations

from typing import Literal

from losscli.domains import AlphaOrOff, Logit, NonNegative, Positive, Probability, ProbabilityOrIgnored, ProbabilityOrLogit
from losscli.losses.binary import focal
from losscli.numeric.divergence import neg_log_near_1
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import clamp_min, expit, relu
from losscli.registry import loss

__all__ = ["dice", "dice_focal", "focal_tversky", "iou", "less", "log_dice", "mcc", "overlaps", "smooth_terms", "tversky"]

Absent = Literal["count", "zero", "agree"]
_EMPTY = "both masks are empty"


# 1 − score would cancel for masks that agree. So the part in which the two masks differ is summed, and divided by their size.


def smooth_terms(eps, smooth_nr, smooth_dr):
    """What is added to the numerator and to the denominator of a score: eps, or smooth_nr and smooth_dr where they are given."""
    return (eps if smooth_nr is None else smooth_nr), (eps if smooth_dr is None else smooth_dr)


def less(difference, nr, dr):
    """The difference of denominator and numerator, with what is added to each; both are the same by default."""
    return difference if nr == dr else difference - nr + dr


def mask(pred, from_logits):
    """The mask p, and 1 − p."""
    return (expit(pred), expit(-pred)) if from_logits else (pred, 1 - pred)


def apart(p, q, t):
    """p + t − 2 p t, which is 0 where both are 0 or both are 1; q = 1 − p."""
    return p * (1 - t) + q * t


def overlaps(p, q, t, squared_pred, soft_label):
    """What each element adds to the overlap of two masks, to the first mask alone and to the second alone; q = 1 − p."""
    if squared_pred:
        difference = p * (1 - t) - q * t
        return p * t, p * difference, -t * difference
    if soft_label:
        return (p + t - np.abs(p - t)) / 2, relu(p - t), relu(t - p)
    return p * t, p * (1 - t), q * t


def lost(tp, wrong, terms, floor, log_loss, empty):
    """1 − (tp + nr) / (tp + wrong + dr), or −log of the score; the denominator and a score in a logarithm are at least floor."""
    nr, dr = terms
    size = tp + wrong + dr
    sizes = clamp_min(size, floor) if floor else explain_zero(size, empty)
    ratio = (tp + nr) / sizes
    missing = np.where(size >= floor, less(wrong, nr, dr) / sizes, 1 - ratio)
    return neg_log_near_1(clamp_min(ratio, floor) if floor else ratio, -missing) if log_loss else missing


def fraction(numerator, denominator, sizes, absent):
    """numerator / denominator; 0 where the target mask is empty with absent "zero", where both are with "agree"; sizes: target, both."""
    if absent == "count":
        return numerator / denominator
    some = sizes[1 if absent == "agree" else 0] > 0
    return np.where(some, numerator / np.where(some, denominator, 1.0), 0.0)


@loss(
    "segmentation",
    aliases=("dice_loss", "DiceLoss", "cube_loss", "soft_dice", "sorensen_dice", "f1_loss", "binary_dice_loss"),
    reference="the formula; keras.losses.Dice",
    properties="differentiable symmetric",
    units="1",
    use="masks with small foreground regions",
    words=("medical imaging", "segmentation", "masks"),
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
    (p, q), power = mask(pred, from_logits), 2 if squared_pred else 1
    different = (p * (1 - target) - q * target) ** 2 if squared_pred else apart(p, q, target)
    difference, size_p, size_t = yield different, p**power, target**power
    nr, dr = smooth_terms(eps, smooth_nr if smooth_numerator or smooth_nr is not None else 0.0, smooth_dr)
    return fraction(less(difference, nr, dr), explain_zero(size_p + size_t + dr, _EMPTY), (size_t, size_p + size_t), absent)


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
    p, q = mask(pred, from_logits)
    difference, size_p, size_t = yield apart(p, q, target), p, target
    union = (size_p + size_t + difference) / 2
    return fraction(difference, explain_zero(union + eps, _EMPTY), (size_t, union), absent)


@loss(
    "segmentation",
    aliases=("tversky_loss", "TverskyLoss"),
    reference="the formula; keras.losses.Tversky",
    properties="differentiable",
    units="1",
    use="false positives and false negatives in a mask should have different costs",
    words=("medical imaging", "lesions", "segmentation"),
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
    p, q = mask(pred, from_logits)
    tp, fp, fn = yield p * target, p * (1 - target), q * target
    wrong = alpha * fp + beta * fn
    nr, dr = smooth_terms(eps, smooth_nr if smooth_numerator or smooth_nr is not None else 0.0, smooth_dr)
    size = explain_zero(tp + wrong + dr, "the masks contain nothing that alpha and beta count")
    return fraction(less(wrong, nr, dr), size, (tp + fn, tp + fp + fn), absent)


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
    p, q, t = (np.where(target != ignore_index, x, 0.0) for x in (*mask(pred, from_logits), target))
    tp, fp, fn = yield overlaps(p, q, t, False, soft_label)
    empty = "the masks contain nothing that alpha and beta count"
    value = lost(tp, alpha * fp + beta * fn, (eps, eps), floor, log_loss, empty)
    value = fraction(value, 1.0, (tp + fn, tp + fp + fn), absent)
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
    (array([0.5]), array([0.5]), array([0.5]), array([1.]))
    """
    p, q = mask(pred, from_logits)
    intersection, difference, size_p, size_t = yield p * target, apart(p, q, target), p, target
    half_size = (size_p + size_t) / 2 + smooth
    bound, sizes = clamp_min(half_size, eps), (size_t, size_p + size_t)
    missing = fraction(difference / 2 + (bound - half_size), bound, sizes, absent)  # 1 − score
    score = 1 - fraction(bound - (intersection + smooth), bound, sizes, absent)
    return neg_log_near_1(clamp_min(score, eps), -missing)


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
    root, agreement = np.sqrt(squared), tp * tn - fp * fn
    # root² − agreement² + …, as a sum of terms ≥ 0: 1 − agreement / root would cancel for masks that agree
    rest = (tp * tn + fp * fn) * (tp + tn) * (fp + fn) + (tp * fn + fp * tn) * (tp * fp + fn * tn) + 4 * tp * tn * fp * fn + eps
    near = agreement > 0
    return np.where(perfect, 0.0, np.where(near, rest / root / (root + np.where(near, agreement, 0.0)), 1 - agreement / root))


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
    (p, q), focal_loss = mask(pred, sigmoid), focal(pred, target, alpha=alpha, gamma=gamma)
    focal_loss = focal_loss[0] if isinstance(focal_loss, tuple) else focal_loss
    difference, size_p, size_t, focal_sum, n = yield apart(p, q, target), p, target, focal_loss, 1
    nr, dr = smooth_terms(eps, smooth_nr, smooth_dr)
    return lambda_dice * less(difference, nr, dr) / explain_zero(size_p + size_t + dr, _EMPTY) + lambda_focal * focal_sum / n
