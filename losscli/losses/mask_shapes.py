"""Losses of the shapes of masks: their borders, their skeletons, and small foregrounds."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Count, JointMask, Label, Mask, NonNegative, Positive, ProbabilityVector, Share, Share0To1, SpatialDims
from losscli.losses.focal import one_hot
from losscli.numeric.distance_transform import distance_field, signed_distance, soft_skeleton
from losscli.numeric.lazy import np
from losscli.numeric.steps import relu
from losscli.numeric.windows import zero_bordered
from losscli.registry import loss

__all__ = ["boundary", "cl_dice", "dice_cl_dice", "hausdorff_dt", "hausdorff_er", "log_hausdorff_dt", "unified_focal"]


def hausdorff_values(pred, target, alpha, include_background, dims):
    """The values of hausdorff_dt, and what each counts for: 0 for the first of several channels without include_background."""
    distances = distance_field(pred, dims) ** alpha + distance_field(target, dims) ** alpha
    values = ((pred - target) ** 2 * distances).mean(tuple(range(-dims, 0)))
    weights = np.ones(values.shape, values.dtype)
    if not include_background and values.ndim > 1 and values.shape[1] > 1:
        weights[:, 0] = 0
    return values * weights, weights


@loss(
    "segmentation",
    aliases=("HausdorffDTLoss", "hausdorff_loss", "hausdorff", "hausdorff_distance_loss"),
    reference="monai.losses.HausdorffDTLoss",
    properties="zero",
    units="squared probability times pixels to the power of alpha",
    use="the largest distance between the borders of two masks should be small",
    words=("boundary distance", "medical imaging"),
    see={
        "boundary": "linear in pred, with the border of the target alone",
        "alpha": "the power of the distance, not the weight of a false positive",
        "include_background": "without it the first of several channels does not count (MONAI's default)",
    },
)
def hausdorff_dt(pred: Mask, target: Mask, *, alpha: NonNegative = 2.0, include_background: bool = True, spatial_dims: SpatialDims = 2):
    """Squared errors of a mask, weighted by the distances of each pixel to the borders of both masks, whose threshold is ½.

    Σ (p − t)² (d_p^α + d_t^α) / N

    >>> hausdorff_dt(np.array([[[0.0, 1.0, 1.0]]]), np.array([[[0.0, 0.0, 1.0]]]))[0].round(4)
    array([0.6667])
    """
    return hausdorff_values(pred, target, alpha, include_background, spatial_dims)


@loss(
    "segmentation",
    aliases=("LogHausdorffDTLoss",),
    reference="monai.losses.LogHausdorffDTLoss",
    properties="zero",
    units="nats",
    use="hausdorff_dt would be too large beside other terms",
    see={"hausdorff_dt": "without the logarithm"},
)
def log_hausdorff_dt(pred: Mask, target: Mask, *, alpha: NonNegative = 2.0, include_background: bool = True, spatial_dims: SpatialDims = 2):
    """Logarithm of 1 plus the mean of hausdorff_dt over all masks.

    log (1 + mean hausdorff_dt(p, t))

    >>> next(log_hausdorff_dt(np.array([[[0.0, 1.0, 1.0]]]), np.array([[[0.0, 0.0, 1.0]]])))[1]
    array([1.])
    """
    values, weights = hausdorff_values(pred, target, alpha, include_background, spatial_dims)
    total, n = yield values, weights
    return np.log1p(total / n)


@loss(
    "segmentation",
    aliases=("HausdorffERLoss", "HausdorffERLoss3D", "hausdorff_erosion"),
    reference="kornia.losses.HausdorffERLoss",
    units="1",
    use="the borders of two masks should be near each other, without a distance transform",
    words=("boundary distance", "medical imaging"),
    see={"hausdorff_dt": "the distances themselves", "k": "how often the errors are eroded"},
)
def hausdorff_er(pred: ProbabilityVector, target: Label, *, alpha: NonNegative = 2.0, k: Count = 10):
    """Squared errors of each class, eroded k times: what is left after more erosions lies farther from a border, and counts more.

    Σ_i b_i i^α for i = 1 … k, b_0 = (p − t)², b_i = max(0, b_(i − 1) averaged over each pixel and its neighbours − ½), from 0 to 1

    >>> hausdorff_er(np.array([[[1.0], [1.0], [1.0]]]), np.array([[[0.0], [0.0], [0.0]]]), k=1).ravel().round(6)
    array([0., 1., 0.])
    """
    errors, total = np.moveaxis((pred - one_hot(target, pred)) ** 2, -1, 1), 0.0
    axes = tuple(range(2, errors.ndim))
    for i in range(1, k + 1):
        eroded = relu(neighbourhood_mean(errors, len(axes)) - 0.5)
        low = eroded.min(axes, keepdims=True)
        span = eroded.max(axes, keepdims=True) - low
        errors = np.where(span > 0, (eroded - low) / np.where(span > 0, span, 1.0), eroded)
        total = total + errors * i**alpha
    return np.moveaxis(total + np.zeros_like(errors), 1, -1)


def neighbourhood_mean(x, dims):
    """The mean of each pixel and of its two neighbours along each of the last `dims` axes, which are 0 outside."""
    padded, inside, total = zero_bordered(x, 1, dims), (slice(1, -1),) * dims, x
    for axis in range(dims):
        for moved in (slice(2, None), slice(None, -2)):
            total = total + padded[(..., *inside[:axis], moved, *inside[axis + 1 :])]
    return total / (2 * dims + 1)


@loss(
    "segmentation",
    aliases=("boundary_loss", "BoundaryLoss", "surface_loss"),
    reference="the formula (Kervadec 2019)",
    units="probability times pixels",
    use="masks of very unequal sizes: a term beside dice, for the distance from the border",
    words=("medical imaging", "boundary distance"),
    see={
        "hausdorff_dt": "also with the border of pred",
        "value": "it is below 0 where pred lies inside the target, and not 0 for equal masks",
    },
)
def boundary(pred: Mask, target: Mask, *, spatial_dims: SpatialDims = 2):
    """Mean of a mask times the signed distance to the target: positive outside it, negative inside.

    Σ p φ / N, φ the distance to the target outside it, 1 − the distance to the background inside it

    >>> boundary(np.array([[[0.5, 0.0, 1.0]]]), np.array([[[0.0, 0.0, 1.0]]])).round(4)
    array([0.3333])
    """
    return (pred * signed_distance(target, spatial_dims)).mean(tuple(range(-spatial_dims, 0)))


@loss(
    "segmentation",
    aliases=("SoftclDiceLoss", "soft_cldice", "cldice", "centerline_dice"),
    reference="monai.losses.SoftclDiceLoss",
    properties="symmetric",
    units="1",
    use="vessels, roads and other thin structures should stay connected",
    words=("vessels", "tubular structures", "medical imaging"),
    see={"dice": "of whole masks", "channels": "separate: a number for each channel; joint: the sums go over all channels (MONAI)"},
)
def cl_dice(
    pred: Mask,
    target: Mask,
    *,
    iterations: Count = 3,
    smooth_nr: NonNegative = 1.0,
    smooth_dr: Positive = 1.0,
    smooth: Positive = 1e-4,
    channels: Literal["separate", "joint"] = "separate",
    spatial_dims: SpatialDims = 2,
):
    """1 − the harmonic mean of two shares: of the skeleton of pred within the target, and of the skeleton of the target within pred.

    1 − 2 P S / (P + S + ε), P = (Σ s_p t + s) / (Σ s_p + s), S = (Σ s_t p + s) / (Σ s_t + s)

    >>> cl_dice(np.array([[[0.0, 1.0, 0.0]]]), np.array([[[0.0, 1.0, 0.0]]]), smooth=1e-30).round(9)
    array([0.])
    """
    axes = tuple(range(-spatial_dims - (channels == "joint"), 0))
    of_pred, of_target = (soft_skeleton(x, iterations, spatial_dims) for x in (pred, target))
    precision, wrong = shares(of_pred, target, axes, smooth_nr, smooth_dr)
    sensitivity, missed = shares(of_target, pred, axes, smooth_nr, smooth_dr)
    return (precision * missed + sensitivity * wrong + smooth) / (precision + sensitivity + smooth)


def shares(skeleton, mask, axes, smooth_nr, smooth_dr):
    """The share of a skeleton within a mask, and the share outside it, which is not the difference of two numbers that are nearly 1."""
    size = skeleton.sum(axes) + smooth_dr
    return ((skeleton * mask).sum(axes) + smooth_nr) / size, ((skeleton * (1 - mask)).sum(axes) + (smooth_dr - smooth_nr)) / size


@loss(
    "segmentation",
    aliases=("SoftDiceclDiceLoss", "soft_dice_cldice"),
    reference="monai.losses.SoftDiceclDiceLoss",
    properties="symmetric",
    units="1",
    use="thin structures should stay connected, and their masks should overlap",
    words=("vessels", "tubular structures", "medical imaging"),
    see={
        "cl_dice": "the skeletons alone, where channels is explained",
        "dice": "the masks alone",
        "alpha": "the weight of cl_dice",
        "within": "with channels joint the Dice losses of the channels are one number: their mean, or their sum",
    },
)
def dice_cl_dice(
    pred: Mask,
    target: Mask,
    *,
    alpha: Share0To1 = 0.5,
    iterations: Count = 3,
    smooth_nr: NonNegative = 1.0,
    smooth_dr: Positive = 1.0,
    smooth: Positive = 1e-4,
    channels: Literal["separate", "joint"] = "separate",
    within: Literal["mean", "sum"] = "mean",
    spatial_dims: SpatialDims = 2,
):
    """Weighted sum of the Dice loss of two masks and of cl_dice, the loss of their skeletons.

    (1 − α) (1 − (2 Σ p t + s) / (Σ p + Σ t + s)) + α cl_dice(p, t)

    >>> dice_cl_dice(np.array([[[0.0, 1.0, 0.0]]]), np.array([[[0.0, 1.0, 0.0]]]), smooth=1e-30).round(9)
    array([0.])
    """
    axes = tuple(range(-spatial_dims, 0))
    apart, size = (x.sum(axes) for x in (pred * (1 - target) + (1 - pred) * target, pred + target))
    dice = (apart + smooth_dr - smooth_nr) / (size + smooth_dr)
    if channels == "joint":
        dice = dice.mean(-1) if within == "mean" else dice.sum(-1)
    smooths = {"smooth_nr": smooth_nr, "smooth_dr": smooth_dr, "smooth": smooth}
    return (1 - alpha) * dice + alpha * cl_dice(
        pred, target, iterations=iterations, **smooths, channels=channels, spatial_dims=spatial_dims
    )


@loss(
    "segmentation",
    aliases=("AsymmetricUnifiedFocalLoss", "unified_focal_loss", "asymmetric_unified_focal"),
    reference="monai.losses.AsymmetricUnifiedFocalLoss",
    units="1 and nats",
    use="the foreground of a mask is small, and both single pixels and the overlap matter",
    words=("medical imaging", "class imbalance"),
    see={
        "focal_tversky": "the overlap alone",
        "weight": "of the focal part; 1 − weight is that of the Tversky part",
        "delta": "the weight of the foreground, and of what is missed of it",
        "pred": "probabilities of the foreground, or of background and foreground on a channel axis",
    },
)
def unified_focal(
    pred: JointMask, target: JointMask, *, weight: Share = 0.5, gamma: NonNegative = 0.5, delta: Share = 0.7, eps: Positive = 1e-7
):
    """Weighted sum of an asymmetric focal loss and an asymmetric focal Tversky loss of background and foreground.

    λ ½ mean (δ CE₁ + (1 − δ) (1 − p₀)^γ CE₀) + (1 − λ) ½ ((1 − T₀) + (1 − T₁)^(1 − γ)), T_c = TP / (TP + δ FN + (1 − δ) FP)

    >>> unified_focal(np.array([[[[0.5]]]]), np.array([[[[1.0]]]])).round(4)
    array([0.5317])
    """
    two = pred.shape[-3] > 1
    p = [
        np.clip(x, eps, 1 - eps)
        for x in ((pred[..., 0, :, :], pred[..., 1, :, :]) if two else (1 - pred[..., 0, :, :], pred[..., 0, :, :]))
    ]
    t = (target[..., 0, :, :], target[..., 1, :, :]) if two else (1 - target[..., 0, :, :], target[..., 0, :, :])
    ce = [-y * np.log(x) for x, y in zip(p, t, strict=True)]
    focal = (delta * ce[1] + (1 - delta) * (1 - p[0]) ** gamma * ce[0]).mean((-2, -1)) / 2
    gaps = [tversky_gap(x, y, delta, eps) for x, y in zip(p, t, strict=True)]
    return weight * focal + (1 - weight) * (gaps[0] + gaps[1] ** (1 - gamma)) / 2


def tversky_gap(p, t, delta, eps):
    """1 − the Tversky score of each image, with delta for what is missed."""
    tp, fn, fp = (x.sum((-2, -1)) for x in (t * p, t * (1 - p), (1 - t) * p))
    return (delta * fn + (1 - delta) * fp) / (tp + delta * fn + (1 - delta) * fp + eps)
