"""Losses of masks with a channel for each class: overlap by class, and its sum with a loss of each pixel."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import ByClass, EachClass
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import (
    Activation,
    ChannelProbabilities,
    Channels,
    ClassList,
    DiceCEChannels,
    DiceFocalChannels,
    Label,
    NonNegative,
    PerClass,
    Positive,
    Probability,
)
from losscli.losses.focal import IgnoredMasks, focal_of_channels, foreground, kept_labels, one_hot, sums_in_rows, weights_of
from losscli.losses.multiclass import cross_entropy
from losscli.losses.overlap import apart, less, lost, mask, overlaps, smooth_terms
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import complement, softmax
from losscli.numeric.steps import expit, weighted_sigmoid_cross_entropy
from losscli.registry import loss

__all__ = ["dice_ce", "generalized_dice", "multiclass_dice", "multiclass_dice_focal", "probabilities"]

_PROBABILITIES = (looks_like_probabilities(vector=True),)
_EMPTY = "a class is in neither mask"
LoneWeight = Literal["counts", "ignored"]


def probabilities(x):
    """Softmax over the last axis, or the sigmoid if there is only one class; and 1 minus it."""
    if x.shape[-1] == 1:
        return expit(x), expit(-x)
    p = softmax(x)
    return p, complement(p)


def activated(x, activation):
    """The probabilities of the channels, and 1 minus them: of the softmax or the sigmoid of x, or of x itself."""
    if activation == "softmax_or_none":  # MONAI ignores softmax=True where there is one channel
        activation = "none" if x.shape[-1] == 1 else "softmax"
    if activation == "strict_softmax":  # Kornia's of one channel is 1
        return softmax(x), complement(softmax(x))
    return probabilities(x) if activation == "softmax" else mask(x, activation == "sigmoid")


def _of_dice(w, channels, lone_weight):
    """The class weights of the Dice losses; with lone_weight "ignored" that of a single channel does not count, as in MONAI."""
    return 1.0 if channels == 1 and lone_weight == "ignored" else w


def _over_classes(losses, present, average, average_over, w):
    """The weighted losses of the classes, or one number of them; with "present" those of classes that are in the target."""
    counted = np.where(present if average_over == "present" else True, w + np.zeros(losses.shape), 0.0)
    total = np.where(counted > 0, losses * w, 0.0)
    if average == "none":
        return EachClass(total), None, counted
    n = (present if average_over == "present" else np.full(present.shape, True)).sum(-1)
    size = counted.sum(-1) if average == "weighted" else n
    return np.where(size > 0, total.sum(-1) / np.where(size > 0, size, 1.0), 1.0), None, counted.sum(-1)


@loss(
    "segmentation",
    aliases=("optax_dice", "multiclass_tversky", "softmax_dice"),
    reference="optax.losses.dice_loss",
    properties="differentiable",
    units="1",
    use="the overlap of masks of several classes, one label a pixel, from logits",
    words=("semantic segmentation",),
    see={
        "dice": "for one mask; numerator and denominator are twice those here, so eps 2 there is eps 1 here",
        "class_weight": "with average micro it weighs the counts of a class, otherwise its loss",
        "lone_weight": "MONAI ignores the weight of a single class",
    },
    hints=_PROBABILITIES,
)
def multiclass_dice(
    pred: Channels,
    target: Label,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    eps: NonNegative = 1e-6,
    smooth_numerator: bool = True,
    average: Literal["macro", "micro", "weighted", "none"] = "macro",
    average_over: Literal["all", "present"] = "all",
    class_weight: PerClass | None = None,
    ignore_index: int | None = -100,
    activation: Activation = "softmax",
    gamma: Positive = 1.0,
    log_loss: bool = False,
    squared_pred: bool = False,
    soft_label: bool = False,
    include_background: bool = True,
    only_classes: ClassList | None = None,
    absent: Literal["count", "zero"] = "count",
    floor: NonNegative = 0.0,
    ignore_in_masks: IgnoredMasks = "none",
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
    lone_weight: LoneWeight = "counts",
):
    """Tversky loss of each class (Dice for alpha = beta = ½), averaged over all or the present classes; micro: of all classes together.

    Σ_c w_c (1 − (TP_c + ε) / (TP_c + α FP_c + β FN_c + ε)) / C, p = softmax(x); to the power of γ; −log of the score with log_loss

    >>> next(multiclass_dice(np.array([[0.0, 0.0]]), np.array([1])))[0].column
    array([[0. , 0.5]])
    """
    kept = kept_labels(target, pred, ignore_index, ignore_in_masks)
    p, q, t = (np.where(kept, x, 0.0) for x in (*activated(pred, activation), one_hot(target, pred)))
    sums = yield tuple(map(ByClass, overlaps(p, q, t, squared_pred, soft_label)))
    tp, fp, fn = (foreground(x, include_background, only_classes) for x in sums)
    w = _of_dice(weights_of(class_weight, pred.shape[-1], include_background, only_classes), tp.shape[-1], lone_weight)
    if average == "micro":
        (tp, fp, fn), w = ((w * x).sum(-1)[..., None] for x in (tp, fp, fn)), np.any(w) * 1.0
    terms = smooth_terms(eps, smooth_nr if smooth_numerator or smooth_nr is not None else 0.0, smooth_dr)
    losses = lost(tp, alpha * fp + beta * fn, terms, floor, log_loss, _EMPTY)
    losses, present = np.where((absent == "count") | (tp + fn > 0), losses, 0.0), tp + fn > 0
    value, *rest = _over_classes(losses, present, average, average_over, w)
    return (value if gamma == 1 else value**gamma, *rest)


@loss(
    "segmentation",
    aliases=("GeneralizedDiceLoss", "generalized_dice_loss", "generalised_dice", "gdl"),
    reference="monai.losses.GeneralizedDiceLoss",
    properties="differentiable",
    units="1",
    use="imbalanced classes in a mask, where small ones should count as much as large ones",
    words=("medical imaging", "class imbalance"),
    see={"multiclass_generalized_dice": "weighs the losses of the classes, not the terms of one fraction"},
)
def generalized_dice(
    pred: ChannelProbabilities,
    target: Label,
    *,
    w_type: Literal["square", "simple", "uniform"] = "square",
    eps: NonNegative = 1e-5,
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
    activation: Activation = "none",
    include_background: bool = True,
    soft_label: bool = False,
):
    """Dice loss with all classes in one fraction; a class is weighted by 1 / size² in the target (1 / size if simple, 1 if uniform).

    1 − (2 Σ_c w_c Σ p t + ε) / (Σ_c w_c Σ (p + t) + ε), w_c = 1 / (Σ t)²; an empty class gets the largest other weight

    >>> next(generalized_dice(np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])))[0].column
    array([[0.5, 0.5]])
    """
    p, q, t = (foreground(x, include_background) for x in (*activated(pred, activation), one_hot(target, pred)))
    differences, sizes, size_t = yield ByClass(np.abs(p - t) if soft_label else apart(p, q, t)), ByClass(p + t), ByClass(t)
    power = {"square": 2, "simple": 1, "uniform": 0}[w_type]
    w = 1 / np.where(size_t > 0, size_t, np.inf) ** power
    w = np.where(w > 0, w, w.max(-1, keepdims=True))
    nr, dr = smooth_terms(eps, smooth_nr, smooth_dr)
    denominator = explain_zero((w * sizes).sum(-1) + dr, "both masks are empty")
    return less((w * differences).sum(-1), nr, dr) / denominator, None, w.sum(-1)


def _dice_of(sums, w, jaccard, eps, smooth_nr, smooth_dr):
    """w_c (1 − (2 TP + ε) / (2 TP + FP + FN + ε)) of each class; with jaccard FP and FN are doubled."""
    tp, fp, fn = sums
    return w * lost(2 * tp, (1 + jaccard) * (fp + fn), smooth_terms(eps, smooth_nr, smooth_dr), 0.0, False, _EMPTY)


@loss(
    "segmentation",
    aliases=("DiceCELoss", "dice_ce_loss", "dice_cross_entropy"),
    reference="monai.losses.DiceCELoss with softmax=True",
    properties="differentiable",
    units="1 and nats",
    use="masks of several classes, as a first choice: overlap and single pixels together",
    words=("semantic segmentation", "medical imaging"),
    see={
        "multiclass_dice_focal": "with the focal loss of each mask",
        "dice_focal": "for one mask",
        "one_channel": "what softmax does with one mask: sigmoid, or none where it is ignored, as in MONAI",
        "class_weight": "of one mask: of its Dice loss, and of the cross-entropy of its foreground",
    },
    hints=_PROBABILITIES,
)
def dice_ce(
    pred: DiceCEChannels,
    target: Label,
    *,
    lambda_dice: NonNegative = 1.0,
    lambda_ce: NonNegative = 1.0,
    eps: NonNegative = 1e-5,
    softmax: bool = True,
    sigmoid: bool = False,
    within: Literal["mean", "sum"] = "mean",
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
    class_weight: PerClass | None = None,
    label_smoothing: Probability = 0.0,
    batch: bool = True,
    include_background: bool = True,
    squared_pred: bool = False,
    jaccard: bool = False,
    one_channel: Literal["sigmoid", "none"] = "sigmoid",
    lone_weight: LoneWeight = "counts",
):
    """Weighted sum of the mean Dice loss of the classes, p = softmax(x), or x itself without softmax, and the mean cross-entropy.

    λ_dice Σ_c (1 − (2 Σ p t + ε) / (Σ (p + t) + ε)) / C + λ_ce Σ cross_entropy(x, y) / N; with within sum, not divided by C and N

    >>> next(dice_ce(np.array([[0.0, 0.0]]), np.array([1])))[3]
    array([0.69314718])
    """
    softmaxed = "softmax" if one_channel == "sigmoid" else "softmax_or_none"
    both = activated(pred, "sigmoid" if sigmoid else softmaxed if softmax else "none")
    p, q, t = (foreground(x, include_background) for x in (*both, one_hot(target, pred)))
    parts, w = overlaps(p, q, t, squared_pred, False), weights_of(class_weight, pred.shape[-1], include_background)
    w = _of_dice(w, p.shape[-1], lone_weight)
    ce, counts = _cross_entropy(pred, target, class_weight, label_smoothing)
    if batch:
        *sums, ce_sum, n = yield *map(ByClass, parts), ce, counts
        dice_losses = _dice_of(sums, w, jaccard, eps, smooth_nr, smooth_dr)
        dice_sum, dice_count = dice_losses.sum(-1), p.shape[-1]
    else:
        dice_losses = _dice_of(map(sums_in_rows, parts), w, jaccard, eps, smooth_nr, smooth_dr)
        dice_sum, dice_count, ce_sum, n = yield dice_losses, np.ones(dice_losses.shape), ce, counts
    dice_term, ce_term = lambda_dice * dice_sum, lambda_ce * ce_sum
    value = dice_term / dice_count + ce_term / n if within == "mean" else dice_term + ce_term
    return value, None, np.sum(w) + np.zeros(np.shape(value))


def _cross_entropy(pred, target, class_weight, label_smoothing):
    """The cross-entropy of each pixel, and what it counts for in a mean; of one channel the binary one."""
    if pred.shape[-1] == 1:
        weight = 1.0 if class_weight is None else class_weight
        value = weighted_sigmoid_cross_entropy(pred, weight * one_hot(target, pred), 1 - one_hot(target, pred))
        return value, np.ones(value.shape)
    value = cross_entropy(pred, target, class_weight=class_weight, ignore_index=-100, label_smoothing=label_smoothing)
    value, counts = value[:2] if isinstance(value, tuple) else (value, None)
    return value, np.ones(value.shape) if counts is None else counts


@loss(
    "segmentation",
    aliases=("channel_dice_focal",),
    reference="monai.losses.DiceFocalLoss",
    properties="differentiable",
    units="1 and nats",
    use="masks of several classes with rare foreground: overlap and the hardest pixels together",
    see={"dice_focal": "for one mask in any shape", "dice_ce": "with the cross-entropy of classes"},
    hints=_PROBABILITIES,
)
def multiclass_dice_focal(
    pred: DiceFocalChannels,
    target: Label,
    *,
    lambda_dice: NonNegative = 1.0,
    lambda_focal: NonNegative = 1.0,
    gamma: NonNegative = 2.0,
    alpha: Probability | None = None,
    eps: NonNegative = 1e-5,
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
    activation: Activation = "sigmoid",
    class_weight: PerClass | None = None,
    include_background: bool = True,
    squared_pred: bool = False,
    jaccard: bool = False,
    average: Literal["macro", "none"] = "macro",
    within: Literal["mean", "rows"] = "mean",
    lone_weight: LoneWeight = "counts",
):
    """Weighted sum of the Dice loss of each class, p = σ(x), softmax(x) or x, and the mean focal loss of its logits.

    Σ_c w_c (λ_dice dice_c(p, t) + λ_focal Σ focal(x_c, t_c) / N) / C; within rows: N is the pixels of one row; average none: of each class

    >>> next(multiclass_dice_focal(np.array([[0.0, 0.0]]), np.array([1])))[3].column
    array([[0.1732868, 0.1732868]])
    """
    x, t = (foreground(x, include_background) for x in (pred, one_hot(target, pred)))
    p, q = (foreground(x, include_background) for x in activated(pred, activation))
    parts = overlaps(p, q, t, squared_pred, False)
    *sums, focal_sum, n = yield *map(ByClass, parts), ByClass(focal_of_channels(x, t, gamma, alpha, False)), ByClass(np.ones_like(x))
    w = weights_of(class_weight, pred.shape[-1], include_background)
    dice_losses = _dice_of(sums, _of_dice(w, x.shape[-1], lone_weight), jaccard, eps, smooth_nr, smooth_dr)
    focal_losses = w * focal_sum / (n if within == "mean" else max(1, int(np.prod(x.shape[1:-1]))))
    losses, w = lambda_dice * dice_losses + lambda_focal * focal_losses, w + np.zeros(dice_losses.shape)
    return (EachClass(losses), None, w) if average == "none" else (losses.sum(-1) / x.shape[-1], None, w.sum(-1))
