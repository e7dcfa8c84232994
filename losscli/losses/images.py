"""Losses of images: structural similarity (SSIM), peak signal-to-noise ratio and total variation."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from losscli.aggregation import Max
from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import AboveOne, Image, Needs, NonNegative, OddSize, Positive, RangeOrBounds, SpatialDims
from losscli.domains.images import window_side
from losscli.losses.regression import rmse
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.windows import average_blocks, bordered, bounded, gaussian_weights, image_scale, window_moments
from losscli.registry import Preset, loss

__all__ = ["ms_ssim", "psnr", "ssim", "ssim_of_range", "total_variation"]


def _far_above_range(context):
    x, data_range = context["target"], context["data_range"]
    return any_in_row(abs(x) > 2 * (np.inf if data_range is None or np.ndim(data_range) else data_range))


_RANGE = (Diagnostic("W130", "target is far above the data range: images of 8 bits need --data-range 255", _far_above_range),)
Window = Literal["gaussian", "uniform"]
Padding = Literal["valid", "reflect"]
Form = Literal["loss", "half", "score"]
_SMALLER = 256  # pixels: with downsample the shorter side of an image is brought near this


def window_weights(window, window_size, sigma, truncate):
    """The weights of a window along one axis."""
    side = window_side({"window": window, "window_size": window_size, "sigma": sigma, "truncate": truncate})
    return gaussian_weights(side, sigma) if window == "gaussian" else (1 / side,) * side


def constants(k1, k2, data_range, weights, covariance, dims):
    """c1 and c2 of SSIM; c2 is for population variances: n / (n − 1) of a sample is moved to it."""
    pixels = len(weights) ** dims
    return (k1 * data_range) ** 2, (k2 * data_range) ** 2 * ((pixels - 1) / pixels if covariance == "sample" else 1)


def dissimilarities(x, y, weights, constants, dims):
    """1 − l and 1 − c s of SSIM in each window, from means and variances of x, y and x − y, in which nothing cancels; and l's
    denominator times that of c s."""
    (mean_x, var_x), (mean_y, var_y), (mean_d, var_d) = (window_moments(z, weights, dims) for z in (x, y, x - y))
    of_means, of_variances = mean_x**2 + mean_y**2 + constants[0], var_x + var_y + constants[1]
    contrast = var_d / np.where(of_variances == 0, 1.0, of_variances)
    return mean_d**2 / np.where(of_means == 0, 1.0, of_means), contrast, of_means * of_variances


def shown(value, form):
    """1 − s as it is, half of it, or s."""
    return {"loss": value, "half": value / 2, "score": 1 - value}[form]


@loss(
    "image",
    aliases=("ssim_loss", "SSIMLoss", "dssim", "structural_similarity"),
    reference="monai.losses.SSIMLoss",
    properties="symmetric zero",
    units="1",
    use="restored or generated images should keep the structure that people see",
    words=("image quality", "image similarity", "structural similarity", "image restoration"),
    presets=(Preset(("uqi", "universal_image_quality_index"), options={"k1": 0.0, "k2": 0.0}),),
    see={
        "ms_ssim": "at several scales",
        "data_range": "the largest minus the smallest value that a pixel can have: 255 for 8 bits, whatever the image holds",
        "form": "loss is 1 − SSIM, half is (1 − SSIM) / 2 (DSSIM, Kornia), score is SSIM itself",
        "skimage.metrics.structural_similarity": "a uniform window of 7 and sample covariances, unless you say otherwise",
        "truncate": "the radius of the Gaussian in sigmas; window_size then counts only for a uniform window",
    },
    hints=_RANGE,
)
def ssim(
    pred: Image,
    target: Image,
    *,
    data_range: Positive = 1.0,
    window: Window = "gaussian",
    window_size: OddSize = 11,
    sigma: Annotated[Positive, Needs("window", ("gaussian",), noted=True)] = 1.5,
    truncate: NonNegative | None = None,
    padding: Padding = "valid",
    covariance: Literal["population", "sample"] = "population",
    k1: NonNegative = 0.01,
    k2: NonNegative = 0.03,
    eps: NonNegative = 0.0,
    downsample: bool = False,
    form: Form = "loss",
    spatial_dims: SpatialDims = 2,
):
    """1 − the mean structural similarity of two images: of their means, variances and covariance within a window that moves over them.

    1 − mean (2 μp μt + c₁) (2 σpt + c₂) / ((μp² + μt² + c₁) (σp² + σt² + c₂) + ε), c = (k · data_range)²

    >>> ssim(np.array([[[0.0, 0.5]]]), np.array([[[0.5, 0.5]]]), window_size=1).round(6)
    array([0.4998])
    """
    weights = window_weights(window, window_size, sigma, truncate)
    unit = image_scale(pred, target, data_range, spatial_dims)
    x, y = (prepared(z / unit, downsample, padding, len(weights) // 2, spatial_dims) for z in (pred, target))
    c = constants(k1, k2, data_range / unit, weights, covariance, spatial_dims)
    luminance, contrast, denominator = dissimilarities(x, y, weights, c, spatial_dims)
    gap = luminance + contrast * (1 - luminance)
    if eps:
        gap = (gap * denominator + eps / unit**4) / (denominator + eps / unit**4)
    return shown(gap.mean(tuple(range(-spatial_dims, 0))), form)


@loss(
    "image",
    aliases=("ssim_own_range",),
    reference="torchmetrics.functional.image.structural_similarity_index_measure",
    properties="symmetric zero",
    units="1",
    use="the number of torchmetrics is wanted, which takes the data range from the images",
    see={
        "ssim": "with a data range that you give, so that a value does not depend on the other images",
        "data_range": "where it is not given, it is the larger of max − min of all pred and of all target",
    },
)
def ssim_of_range(
    pred: Image,
    target: Image,
    *,
    data_range: RangeOrBounds | None = None,
    window: Window = "gaussian",
    window_size: OddSize = 11,
    sigma: Annotated[Positive, Needs("window", ("gaussian",), noted=True)] = 1.5,
    truncate: NonNegative | None = None,
    padding: Padding = "reflect",
    k1: NonNegative = 0.01,
    k2: NonNegative = 0.03,
    form: Form = "loss",
    spatial_dims: SpatialDims = 2,
):
    """1 − the mean structural similarity of two images; the data range is that of all images together, unless it is given.

    ssim(p, t), data_range = max(max p − min p, max t − min t)

    >>> [c.column for c in next(ssim_of_range(np.array([[[0.0, 0.5]]]), np.array([[[0.5, 0.5]]]), window_size=1))][:2]
    [array([[[0. , 0.5]]]), array([[[-0. , -0.5]]])]
    """
    if data_range is None:
        high_p, low_p, high_t, low_t = yield Max(pred), Max(-pred), Max(target), Max(-target)
        data_range = np.where(high_p + low_p >= high_t + low_t, high_p + low_p, high_t + low_t)
    pred, target, data_range = bounded(pred, target, data_range)
    shared = {"window": window, "window_size": window_size, "sigma": sigma, "truncate": truncate, "padding": padding}
    return ssim(pred, target, data_range=data_range, **shared, k1=k1, k2=k2, form=form, spatial_dims=spatial_dims)


def prepared(x, downsample, padding, radius, dims):
    """An image that is made smaller, or gets a border, as the options say."""
    if downsample and (side := round(min(x.shape[-dims:]) / _SMALLER)) > 1:
        x = average_blocks(x, side, dims)
    return x if padding == "valid" else bordered(x, radius, radius, padding, dims)


@loss(
    "image",
    aliases=("ms_ssim_loss", "multiscale_ssim", "multi_scale_ssim", "MSSSIM", "MS_SSIM"),
    reference="monai.metrics.MultiScaleSSIMMetric",
    properties="symmetric zero",
    units="1",
    use="images are seen from different distances, so that structures of all sizes should count",
    words=("image quality", "image similarity"),
    see={
        "ssim": "at one scale, where its options are explained",
        "channels": "separate: a number for each channel (piq); joint: the factors are means over all channels (torchmetrics, MONAI)",
        "negative": "a negative factor becomes 0 (relu), or every factor s becomes (1 + s) / 2 (simple)",
        "odd": "before a side of odd length is halved, its last number is dropped, or its first one repeated (piq)",
        "padding": "reflect is for the factor of the last scale alone, as in torchmetrics",
    },
    hints=_RANGE,
)
def ms_ssim(
    pred: Image,
    target: Image,
    *,
    data_range: RangeOrBounds | None = 1.0,
    window: Window = "gaussian",
    window_size: OddSize = 11,
    sigma: Annotated[Positive, Needs("window", ("gaussian",), noted=True)] = 1.5,
    truncate: NonNegative | None = None,
    padding: Padding = "valid",
    scale_weights=(0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    k1: NonNegative = 0.01,
    k2: NonNegative = 0.03,
    channels: Literal["separate", "joint"] = "separate",
    negative: Literal["relu", "simple"] = "relu",
    odd: Literal["drop", "repeat"] = "drop",
    form: Form = "loss",
    spatial_dims: SpatialDims = 2,
):
    """1 − the product of the contrast and structure terms of SSIM at several scales, each half as large, and of SSIM at the last one.

    1 − Π_j max(0, mean cs_j)^w_j, with mean SSIM in place of mean cs at the last scale

    >>> ms_ssim(np.array([[[0.0, 0.5]]]), np.array([[[0.5, 0.5]]]), window_size=1, scale_weights=[1.0]).round(6)
    array([0.4998])
    """
    weights = window_weights(window, window_size, sigma, truncate)
    pred, target, data_range = bounded(pred, target, data_range)
    axes = tuple(range(-spatial_dims - (channels == "joint"), 0))
    unit = image_scale(pred, target, data_range, len(axes))
    c = constants(k1, k2, data_range / unit, weights, "population", spatial_dims)
    x, y, gaps = pred / unit, target / unit, []
    for _ in scale_weights[:-1]:
        gaps.append(dissimilarities(x, y, weights, c, spatial_dims)[1].mean(axes))
        x, y = (halved(z, odd, spatial_dims) for z in (x, y))
    x, y = (prepared(z, False, padding, len(weights) // 2, spatial_dims) for z in (x, y))
    luminance, contrast, _ = dissimilarities(x, y, weights, c, spatial_dims)
    gaps.append((luminance + contrast * (1 - luminance)).mean(axes))
    return shown(one_minus_product([g if negative == "relu" else g / 2 for g in gaps], scale_weights), form)


def halved(x, odd, dims):
    """The means of blocks of two numbers along each axis."""
    if odd == "repeat" and any(side % 2 for side in x.shape[-dims:]):
        x = bordered(x, 1, 0, "edge", dims)
    return average_blocks(x, 2, dims)


def one_minus_product(gaps, powers):
    """1 − Π_j max(0, 1 − g_j)^w_j, without cancellation where all g are small."""
    zero, logs = False, np.zeros(gaps[0].shape, gaps[0].dtype)
    for gap, power in zip(gaps, powers, strict=True):
        if power := float(power):
            zero = zero | (gap >= 1)
            logs = logs + power * np.log1p(-np.where(gap < 1, gap, 0.0))
    return np.where(zero, 1.0, -np.expm1(logs))


@loss(
    "image",
    aliases=("psnr_loss", "PSNRLoss", "peak_signal_noise_ratio", "peak_signal_to_noise_ratio"),
    reference="kornia.losses.psnr_loss",
    properties="symmetric",
    units="dB",
    use="images are reported in decibels of peak signal-to-noise ratio",
    words=("image quality", "super resolution", "denoising"),
    see={
        "mse": "PSNR is −10 log₁₀ of it, for a data range of 1",
        "per": "all: of the MSE of all images (Kornia, torchmetrics); row: the mean of the PSNR of each (scikit-image, MONAI, piq, papers)",
        "form": "loss is −PSNR, score is PSNR",
    },
    hints=_RANGE,
)
def psnr(
    pred: Image,
    target: Image,
    *,
    data_range: RangeOrBounds = 1.0,
    eps: NonNegative = 0.0,
    form: Literal["loss", "score"] = "loss",
    base: AboveOne = 10.0,
):
    """Minus the peak signal-to-noise ratio of an image: the logarithm of its mean squared error, relative to the range of its values.

    10 log₁₀ (Σ (p − t)² / N / data_range² + ε), or of another base

    >>> next(psnr(np.array([[[0.5]]]), np.array([[[0.0]]])))
    (array([[[0.25]]]), 1)
    """
    pred, target, data_range = bounded(pred, target, data_range)
    error = yield from rmse(pred, target)
    ratio = explain_zero(error / data_range, "the images are equal")
    value = 10 * np.log10(ratio**2 + eps) if eps else 20 * np.log10(ratio)
    value = value if base == 10 else value / float(np.log10(base))
    return value if form == "loss" else -value


@loss(
    "image",
    aliases=("tv", "tv_loss", "TVLoss", "TotalVariation", "total_variation_loss"),
    reference="kornia.losses.total_variation",
    units="units of pred",
    use="a restored image should be smooth, but keep its edges: a term beside an error",
    words=("denoising", "smooth images"),
    see={
        "total_variation_distance": "between two distributions",
        "norm": "l1: |dx| + |dy| (torchmetrics, Kornia); l2: the root of the sum of all squares (piq); l2_squared: that sum",
        "within": "the sum over an image grows with its size; mean divides the vertical and the horizontal sum by their numbers",
    },
)
def total_variation(
    pred: Image,
    *,
    norm: Literal["l1", "l2", "l2_squared"] = "l1",
    within: Literal["sum", "mean"] = "sum",
    channels: Literal["separate", "joint"] = "separate",
):
    """Sum of the differences of neighbouring pixels of an image, vertical and horizontal.

    Σ |p[i + 1, j] − p[i, j]| + Σ |p[i, j + 1] − p[i, j]|; of squares with l2_squared, and its root with l2

    >>> total_variation(np.array([[[0.0, 1.0], [0.5, 1.0]]]))
    array([2.])
    """
    axes = (-3, -2, -1) if channels == "joint" else (-2, -1)
    steps = [abs(pred[..., 1:, :] - pred[..., :-1, :]), abs(pred[..., 1:] - pred[..., :-1])]
    scale = image_scale(pred, pred, 0.0, len(axes)) if norm == "l2" else 1.0  # so that the squares under the root do not overflow
    powers = [(s / scale) ** (1 if norm == "l1" else 2) for s in steps]
    total = sum(x.sum(axes) / (max(1, math.prod(x.shape[-len(axes) :])) if within == "mean" else 1) for x in powers)
    return np.sqrt(total) * np.squeeze(scale, axes) if norm == "l2" else total
