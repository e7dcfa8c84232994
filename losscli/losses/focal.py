"""Focal losses of channels, one for each class, and focal losses that are divided by their weights."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import ByClass
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import (
    AlphaOrOff,
    ChannelLogits,
    FocalChannels,
    Label,
    Logit,
    NonNegative,
    PerClass,
    Positive,
    Probability,
    ProbabilityOrIgnored,
)
from losscli.errors import UsageError
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_array
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.steps import clamp_min, expit, multiply_no_nan, sigmoid_cross_entropy, signed_expit, softplus
from losscli.registry import loss

__all__ = [
    "class_focal", "class_reduced_focal", "focal_of_channels", "foreground", "kept_labels", "mixed_focal", "one_hot", "reduced_focal",
    "sums_in_rows", "weights_of",
]  # fmt: skip

_PROBABILITIES = (looks_like_probabilities(vector=True),)
IgnoredMasks = Literal["none", "element", "pixel"]


def one_hot(target, pred):
    """Class indices as a mask for each class; a target of such masks is returned unchanged."""
    return target if target.ndim == pred.ndim else (target[..., None] == np.arange(pred.shape[-1])).astype(pred.dtype)


def kept_labels(target, pred, ignore_index, ignore_in_masks="none"):
    """Whether each element counts, with a class axis."""
    if target.ndim < pred.ndim:
        return (target != ignore_index)[..., None]
    if ignore_index is None or ignore_in_masks == "none":
        return np.full(pred.shape, True)
    if ignore_in_masks == "element" or pred.shape[-1] == 1:  # the numbers of one mask are labels
        return target != ignore_index
    return (target[..., ignore_index] == 0 if 0 <= ignore_index < pred.shape[-1] else (target > 0).any(-1))[..., None]


def foreground(x, include_background, classes=None):
    """The channels that count, on the last axis: all, all but the first, or those of the list."""
    x = x if include_background or x.shape[-1] == 1 else x[..., 1:]
    if classes is None:
        return x
    at, n = np.atleast_1d(classes).astype(int), x.shape[-1]
    if at.size and at.max() >= n:
        raise UsageError(f"class {at.max()} is to count alone, but the classes go from 0 to {n - 1}")
    return x[..., at]


def weights_of(class_weight, channels, *chosen):
    """The class weights of the channels that count; 1 without weights. Weights for all channels are chosen from like the channels."""
    if np.ndim(class_weight) == 0 or np.shape(class_weight) != (channels,):
        return 1.0 if class_weight is None else class_weight
    return foreground(class_weight, *chosen)


def sums_in_rows(x):
    """The sum of each row and class."""
    return x.reshape(len(x), -1, x.shape[-1]).sum(1)


def focal_of_channels(x, t, gamma, alpha, use_softmax):
    """The focal loss of each channel, of its softmax or its sigmoid; alpha is one number, or one for each class, or None."""
    a = None if alpha is None else plain_array(alpha)
    if use_softmax:
        ce = neg_log_softmax(x)
        factor = 1.0 if a is None else a if a.ndim else np.where(np.arange(x.shape[-1]) == 0, 1 - a, a)
        return factor * np.where(t > 0, (-np.expm1(-ce)) ** gamma * ce, 0.0) * t
    factor = 1.0 if a is None else np.where(t == 1, a, 1.0) if a.ndim else a * t + (1 - a) * (1 - t)
    return factor * signed_expit(x, 1 - 2 * t) ** gamma * sigmoid_cross_entropy(x, t)


@loss(
    "segmentation",
    aliases=("one_hot_focal", "channel_focal"),
    reference="monai.losses.FocalLoss",
    properties="differentiable",
    units="nats",
    use="each class has a channel of logits, and rare classes should count",
    see={"focal": "for binary labels in any shape", "softmax_focal": "one number a pixel, the loss of its label"},
    hints=_PROBABILITIES,
)
def class_focal(
    pred: FocalChannels,
    target: Label,
    *,
    gamma: NonNegative = 2.0,
    alpha: PerClass | None = None,
    use_softmax: bool = False,
    class_weight: PerClass | None = None,
    include_background: bool = True,
    ignore_index: int | None = -100,
    ignore_in_masks: IgnoredMasks = "none",
    count: Literal["channels", "pixels"] = "channels",
    within: Literal["pixel", "row"] = "pixel",
):
    """Focal loss of each channel: of the sigmoid of its logit, or with use_softmax of the softmax over the channels.

    α_t (1 − p_t)^γ bce(x_c, t_c), t the mask of each class; with use_softmax −α_c t_c (1 − p_c)^γ log p_c; within row: a mean of each row

    >>> class_focal(np.array([[0.0, 0.0]]), np.array([1]))[0]
    array([[0.1732868, 0.1732868]])
    """
    kept = kept_labels(target, pred, ignore_index, ignore_in_masks)
    kept = foreground(kept, include_background) if kept.shape[-1] > 1 else kept
    x, t = foreground(pred, include_background), np.where(kept, foreground(one_hot(target, pred), include_background), 0.0)
    a = None if use_softmax and not include_background and alpha is not None and np.ndim(alpha) == 0 else alpha
    w, kept = weights_of(class_weight, pred.shape[-1], include_background), kept + np.zeros_like(x)
    values = np.where(kept > 0, w * focal_of_channels(x, t, gamma, a, use_softmax), 0.0)
    pixels = count == "pixels" and ignore_index is not None  # each pixel counts once, however many channels it has
    counts = kept / x.shape[-1] if pixels else kept
    if within == "row":
        values = values / np.maximum(sums_in_rows(kept).sum(-1) / x.shape[-1], 1).reshape(-1, *(1,) * (x.ndim - 1))
    return values, counts, kept * w


def _reduced(x, t, gamma, alpha, threshold):
    """The factor of each element, and its focal loss: the factor is ((1 − p_t) / threshold)^γ, and 1 where p_t is below the threshold."""
    bce = sigmoid_cross_entropy(x, t)
    miss = -np.expm1(-bce)
    factor = miss**gamma if threshold is None else np.where(miss > 1 - threshold, 1.0, (miss / threshold) ** gamma)
    return factor, factor * bce * (alpha * t + (1 - alpha) * (1 - t) if alpha >= 0 else 1.0)


@loss(
    "segmentation",
    aliases=("normalized_focal",),
    reference="segmentation_models_pytorch.losses.FocalLoss in the mode binary",
    units="nats",
    use="rare positives: a focal loss divided by its factors, or with a threshold",
    see={"focal": "equal without normalized and threshold", "class_reduced_focal": "each class on a channel"},
)
def reduced_focal(
    pred: Logit,
    target: ProbabilityOrIgnored,
    *,
    alpha: AlphaOrOff = -1.0,
    gamma: NonNegative = 2.0,
    threshold: Positive | None = None,
    normalized: bool = False,
    ignore_index: int | None = -100,
    within: Literal["mean", "sum"] = "mean",
):
    """Mean focal loss of binary labels; normalized: divided by the sum of the factors; with a threshold they are 1 for p_t below it.

    Σ f bce(x, t) / N, f = (1 − p_t)^γ, or ((1 − p_t) / threshold)^γ; normalized: divided by Σ f; within sum: not divided by N

    >>> next(reduced_focal(np.array([0.0]), np.array([1.0])))[1]
    array([0.25])
    """
    kept = target != ignore_index
    factor, values = _reduced(pred, np.where(kept, target, 0.0), gamma, alpha, threshold)
    total, factors, n = yield np.where(kept, values, 0.0), np.where(kept, factor, 0.0), kept * 1.0
    value = total / clamp_min(factors, 1e-6) if normalized else total
    return (value / np.where(n > 0, n, np.nan), None, n) if within == "mean" else value


@loss(
    "segmentation",
    aliases=("class_normalized_focal",),
    reference="segmentation_models_pytorch.losses.FocalLoss in the mode multiclass",
    units="nats",
    use="each class has a channel of logits, and its focal loss is divided by its factors",
    see={"reduced_focal": "binary labels in any shape", "class_focal": "alpha for each class, or the softmax"},
    hints=_PROBABILITIES,
)
def class_reduced_focal(
    pred: ChannelLogits,
    target: Label,
    *,
    alpha: AlphaOrOff = -1.0,
    gamma: NonNegative = 2.0,
    threshold: Positive | None = None,
    normalized: bool = False,
    class_weight: PerClass | None = None,
    ignore_index: int | None = -100,
    ignore_in_masks: IgnoredMasks = "none",
    within: Literal["mean", "sum"] = "mean",
):
    """Weighted mean of the focal losses of the channels against their masks; normalized: each divided by the sum of its factors.

    Σ_c w_c (Σ f bce(x_c, t_c) / N) / Σ w, f = (1 − p_t)^γ, or ((1 − p_t) / threshold)^γ; within sum: not divided by N

    >>> next(class_reduced_focal(np.array([[0.0, 0.0]]), np.array([1])))[1].column
    array([[0.25, 0.25]])
    """
    kept = kept_labels(target, pred, ignore_index, ignore_in_masks) & np.full(pred.shape, True)
    factor, values = _reduced(pred, np.where(kept, one_hot(target, pred), 0.0), gamma, alpha, threshold)
    total, factors, n = yield tuple(ByClass(np.where(kept, x, 0.0)) for x in (values, factor, np.ones_like(values)))
    losses = total / clamp_min(factors, 1e-6) if normalized else total
    losses = losses / np.where(n > 0, n, 1.0) if within == "mean" else losses
    w = np.broadcast_to(1.0 if class_weight is None else class_weight, np.shape(n))
    value, empty = (losses * w).sum(-1) / np.maximum(w.sum(-1), 1e-300), (n == 0).all(-1) & (within == "mean")
    return np.where(empty, np.nan, value), None, np.where(empty, 0.0, w.sum(-1))


@loss(
    "classification",
    aliases=("focal_with_soft_labels", "soft_label_focal"),
    reference="kornia.losses.binary_focal_loss_with_logits",
    properties="differentiable",
    units="nats",
    use="most elements are easy, and labels are between 0 and 1",
    words=("imbalanced", "class imbalance", "rare class", "soft labels", "object detection"),
    see={"focal": "the same for labels 0 and 1; for others it weighs their cross-entropy"},
)
def mixed_focal(pred: Logit, target: Probability, *, alpha: Probability = 0.25, gamma: NonNegative = 2.0, pos_weight: NonNegative = 1.0):
    """Focal losses of the labels 1 and 0, mixed by the probability of each in the target.

    t w α (1 − p)^γ (−log p) + (1 − t) (1 − α) p^γ (−log (1 − p)), p = σ(x)

    >>> mixed_focal(np.array([0.0]), np.array([1.0]))
    array([0.0433217])
    """
    of_1, of_0 = (expit(-x) ** gamma * softplus(-x) for x in (pred, -pred))
    return multiply_no_nan(pos_weight * alpha * target, of_1) + multiply_no_nan((1 - alpha) * (1 - target), of_0)
