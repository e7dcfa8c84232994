"""Losses of sorted errors of masks (Lovász), of classes weighted by the whole batch, and of the labels of neighbours."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, Pooled
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import Activation, Channels, HardLabel, Label, LogitVector, NonNegative, OddSize, PerClass, Real, Sign
from losscli.losses.focal import foreground, one_hot
from losscli.losses.masks import activated
from losscli.losses.overlap import apart
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax, softmax_cross_entropy
from losscli.numeric.steps import relu
from losscli.numeric.windows import window_mean, zero_bordered
from losscli.registry import loss

__all__ = ["lovasz_hinge", "lovasz_softmax", "multiclass_generalized_dice", "nacl"]

_PROBABILITIES = (looks_like_probabilities(vector=True),)


def _mean_over_classes(losses, present, average_over, class_weight):
    """The weighted sum of the losses over the number of classes, and the sum of the weights; 1 and 0 if no class counts."""
    counted = present if average_over == "present" else np.full(present.shape, True)
    total = np.where(counted, losses if class_weight is None else losses * class_weight, 0.0).sum(-1)
    n = counted.sum(-1)
    weight = n if class_weight is None else np.where(counted, class_weight, 0.0).sum(-1)
    return np.where(n > 0, total / np.maximum(n, 1), 1.0), None, weight


@loss(
    "segmentation",
    aliases=("multiclass_generalized_dice_loss",),
    reference="optax.losses.multiclass_generalized_dice_loss",
    properties="differentiable",
    units="1",
    use="imbalanced classes in masks, weighted by their size in the whole batch, from logits",
    see={"generalized_dice": "the published formula, with one fraction for all classes"},
    hints=_PROBABILITIES,
)
def multiclass_generalized_dice(
    pred: Channels, target: Label, *, smooth: NonNegative = 1.0, activation: Activation = "softmax", include_background: bool = True
):
    """Weighted mean of the Dice losses of the classes of a row; a class is weighted by 1 / size² in the whole batch.

    Σ_c w_c (1 − (Σ p t + s) / (½ Σ (p + t) + s)) / Σ_c w_c, w_c = 1 / (n_c² + 10⁻⁷), p = softmax(x), σ(x) or x

    >>> next(multiclass_generalized_dice(np.array([[0.0, 0.0]]), np.array([1]))).column
    array([[0., 1.]])
    """
    (p, q), t = activated(pred, activation), one_hot(target, pred)
    difference, size_p, size_t = (x.reshape(len(x), -1, x.shape[-1]).sum(1) for x in (apart(p, q, t), p, t))
    (all_sizes,) = yield AllRows(size_t)
    w = 1 / (all_sizes.sum(0) ** 2 + 1e-7)
    counted = foreground(w / w.sum() * (difference / (size_p + size_t + 2 * smooth)), include_background)
    return counted.sum(-1) * (w.size / counted.shape[-1])


# --- sorted errors ---------------------------------------------------------------------------------------------------------


def lovasz(errors, foreground, weight):
    """The Lovász extension of the Jaccard loss along the last axis: Σ e_i (J(1…i) − J(1…i−1)), with the errors e in falling order."""
    order = np.argsort(-errors, axis=-1, kind="stable")
    e, t, w = (np.take_along_axis(np.broadcast_to(x, errors.shape), order, -1) for x in (errors, foreground, weight))
    size = (w * t).sum(-1)[..., None]
    union = size + np.cumsum(w * (1 - t), -1)
    jaccard = np.where(union > 0, 1 - (size - np.cumsum(w * t, -1)) / np.where(union > 0, union, 1.0), 0.0)
    return (e * np.concatenate([jaccard[..., :1], np.diff(jaccard)], -1)).sum(-1)


@loss(
    "segmentation",
    aliases=("lovasz", "lovasz_hinge_loss", "LovaszLoss", "LovaszHingeLoss"),
    reference="segmentation_models_pytorch.losses.LovaszLoss",
    properties="convex",
    units="margin units",
    use="the IoU of one mask should be optimised, through a convex surrogate",
    see={"lovasz_softmax": "for several classes", "hinge": "the mean of the same errors"},
)
def lovasz_hinge(pred: Real, target: Sign):
    """Convex surrogate of 1 − IoU: hinge errors, each weighted by the increase of the Jaccard loss when its element is wrong.

    Σ_i max(0, e_i) (J(1…i) − J(1…i−1)), e = 1 − y x in falling order, J(S) the Jaccard loss if the elements S are wrong

    >>> [c.column for c in next(lovasz_hinge(np.array([0.25]), np.array([1.0])))]
    [array([0.75]), array([1.]), 1]
    """
    errors, foreground, weight = yield Pooled(1 - pred * target), Pooled((target > 0) * 1.0), Pooled(1)
    return lovasz(relu(errors), foreground, weight)


@loss(
    "segmentation",
    aliases=("lovasz_softmax_loss", "LovaszSoftmaxLoss"),
    reference="segmentation_models_pytorch.losses.LovaszLoss",
    units="1",
    use="the mean IoU of several classes should be optimised, as in fine-tuning",
    words=("semantic segmentation",),
    see={"lovasz_hinge": "for one mask", "multiclass_dice": "from sums, without sorting"},
    hints=(looks_like_probabilities(vector=True),),
)
def lovasz_softmax(
    pred: LogitVector,
    target: HardLabel,
    *,
    average_over: Literal["present", "all"] = "present",
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
):
    """Surrogate of 1 − mean IoU: the Lovász extension of the Jaccard loss of each class, averaged over the present classes, or all.

    Σ_c w_c Σ_i e_i (J_c(1…i) − J_c(1…i−1)) / C, e = |1[y = c] − softmax(x)_c| in falling order

    >>> next(lovasz_softmax(np.array([[0.0, 0.0]]), np.array([1])))[2].column
    array([[0.5, 0.5]])
    """
    t = one_hot(target, pred)
    errors = np.abs(t - softmax(pred))
    kept, weight, errors, t = yield Pooled(target != ignore_index), Pooled(1), Pooled(errors, True), Pooled(t, True)
    t, weight = np.swapaxes(t, -1, -2), np.where(kept, weight, 0.0)[..., None, :]
    losses = lovasz(np.swapaxes(errors, -1, -2), t, weight)
    return _mean_over_classes(losses, (weight * t).sum(-1) > 0, average_over, class_weight)


# --- neighbours ------------------------------------------------------------------------------------------------------------


def shares_around(labels, size):
    """The mean of the masks of the classes within a window around each pixel; outside the image are zeros."""
    dims = labels.ndim - 2
    x = zero_bordered(np.moveaxis(labels, -1, 1), size // 2, dims)
    for axis in range(-dims, 0):
        x = window_mean(x, (1 / size,) * size, axis)
    return np.moveaxis(x, 1, -1)


@loss(
    "segmentation",
    aliases=("NACLLoss", "nacl_loss", "neighbor_aware_calibration"),
    reference="monai.losses.NACLLoss",
    properties="convex",
    units="nats and logits",
    use="a segmentation should be calibrated: less sure near the borders of classes",
    words=("semantic segmentation", "calibration", "overconfidence", "label smoothing", "medical imaging"),
    see={
        "cross_entropy": "the first part alone",
        "alpha": "the weight of the distance from the logits to the shares of the classes around",
        "distance_type": "l1 is |u − x|, l2 is (u − x)²",
    },
    hints=_PROBABILITIES,
)
def nacl(
    pred: LogitVector,
    target: HardLabel,
    *,
    alpha: NonNegative = 0.1,
    kernel_size: OddSize = 3,
    distance_type: Literal["l1", "l2"] = "l1",
):
    """Mean over an image of the cross-entropy of a pixel plus the mean distance of its logits to the shares of the classes around it.

    log Σ_c e^(x_c) − x_y + α Σ_c |u_c − x_c| / C, u_c the share of class c in the window, of which pixels outside the image are none

    >>> nacl(np.array([[0.0, 0.0]]), np.array([1]), alpha=1.0).round(6)
    array([1.193147])
    """
    labels = one_hot(target, pred)
    away = shares_around(labels, kernel_size) - pred
    distance = abs(away) if distance_type == "l1" else away**2
    value = softmax_cross_entropy(pred, target) + alpha * distance.mean(-1)
    return value.reshape(len(value), -1).mean(-1)  # of an image: its pixels depend on each other
