"""Losses of two images within windows that move over them: their correlation, and their similarity and errors at several scales."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Image, NonNegative, OddSize, Positive, Share0To1, Sigmas, SpatialDims
from losscli.losses.images import dissimilarities
from losscli.numeric.lazy import np
from losscli.numeric.windows import gaussian_weights, image_scale, window_mean, window_moments, zero_bordered
from losscli.registry import loss

__all__ = ["local_ncc", "ms_ssim_l1"]


@loss(
    "image",
    aliases=("LocalNormalizedCrossCorrelationLoss", "lncc", "local_normalized_cross_correlation", "ncc_loss"),
    reference="monai.losses.LocalNormalizedCrossCorrelationLoss",
    properties="symmetric",
    units="1",
    use="two images should be registered, whose brightness may differ from place to place",
    words=("image registration", "medical imaging", "image similarity"),
    see={
        "ssim": "the brightness counts, too",
        "smooth_dr": "the least sum of squares of a window, so that a constant window correlates with nothing",
        "spatial_dims": "2 or 3; MONAI's default is 3",
    },
)
def local_ncc(
    pred: Image,
    target: Image,
    *,
    kernel_size: OddSize = 3,
    smooth_nr: NonNegative = 0.0,
    smooth_dr: Positive = 1e-5,
    spatial_dims: SpatialDims = 2,
):
    """Minus the squared correlation of two images within a window around each pixel; outside the images are zeros.

    −((Σ (p − p̄) (t − t̄))² + s) / (max(Σ (p − p̄)², ε) max(Σ (t − t̄)², ε)), sums over a window

    >>> local_ncc(np.array([[[0.0, 1.0, 0.0]]]), np.array([[[0.0, 2.0, 0.0]]])).round(6)
    array([[[-1., -1., -1.]]])
    """
    u, v = (image_scale(x, x, 1e-60, spatial_dims) for x in (pred, target))  # so that the sum of the two has the digits of both
    n, weights = kernel_size**spatial_dims, (1 / kernel_size,) * kernel_size
    p, t = (zero_bordered(x / unit, kernel_size // 2, spatial_dims) for x, unit in ((pred, u), (target, v)))
    both, apart, of_p, of_t = (n * window_moments(x, weights, spatial_dims)[1] for x in (p + t, p - t, p, t))
    product = ((both - apart) / 4) ** 2 + smooth_nr / u**2 / v**2
    return -product / (np.maximum(of_p, smooth_dr / u**2) * np.maximum(of_t, smooth_dr / v**2))


@loss(
    "image",
    aliases=("ms_ssim_l1_loss", "mssim_l1"),
    reference="kornia.losses.MS_SSIMLoss",
    properties="symmetric zero",
    units="1",
    use="restored images should keep their structures, and their colours and brightness too",
    words=("image restoration", "super resolution", "denoising", "image quality"),
    see={
        "ms_ssim": "of images that are halved from scale to scale; here a window of each sigma moves over the whole image",
        "mae": "the second part without the window",
        "alpha": "the weight of the similarity; 0.84 is that of the paper (Zhao 2017), 0.025 Kornia's",
        "compensation": "a factor of the loss, in Kornia 200",
        "channels": "separate: a value for each pixel of each channel; joint: the mean over the channels (Kornia)",
    },
)
def ms_ssim_l1(
    pred: Image,
    target: Image,
    *,
    sigmas: Sigmas = (0.5, 1.0, 2.0, 4.0, 8.0),
    data_range: Positive = 1.0,
    k1: NonNegative = 0.01,
    k2: NonNegative = 0.03,
    alpha: Share0To1 = 0.84,
    compensation: Positive = 1.0,
    channels: Literal["separate", "joint"] = "separate",
):
    """Weighted sum of 1 − the similarity of two images around each pixel, and of their absolute errors there; outside are zeros.

    C (α (1 − l_M Π_j cs_j) + (1 − α) G_M * |p − t| / data_range), l and cs of SSIM in Gaussian windows, the last of which is M

    >>> ms_ssim_l1(np.array([[[0.0, 0.5]]]), np.array([[[0.5, 0.5]]]), sigmas=np.array([0.25]), alpha=0.5).round(6)
    array([[[0.7498, 0.    ]]])
    """
    windows = sliding_gaussians(sigmas)
    unit = image_scale(pred, target, data_range, 2)
    x, y = (zero_bordered(z / unit, len(windows[-1]) // 2, 2) for z in (pred, target))
    c1, c2 = ((k * (data_range / unit)) ** 2 for k in (k1, k2))
    parts = [dissimilarities(x, y, weights, (c1, c2), 2)[:2] for weights in windows]
    gap = parts[-1][0]  # of the luminance, at the last scale alone
    for _, of_contrast in parts:
        gap = gap + of_contrast * (1 - gap)
    error = window_mean(window_mean(abs(x - y), windows[-1], -2), windows[-1], -1) / (data_range / unit)
    value = compensation * (alpha * gap + (1 - alpha) * error)
    return value.mean(-3) if channels == "joint" else value


def sliding_gaussians(sigmas):
    """The weights of a Gaussian window of each sigma, all as wide as two sigmas of the last one on both sides."""
    sigmas = [float(s) for s in np.atleast_1d(sigmas)]
    return [gaussian_weights(2 * int(2 * sigmas[-1]) + 1, s) for s in sigmas]
