"""Losses of two images within windows that move over them: their correlation."""

from __future__ import annotations

from losscli.domains import Image, NonNegative, OddSize, Positive, SpatialDims
from losscli.numeric.lazy import np
from losscli.numeric.windows import image_scale, window_moments, zero_bordered
from losscli.registry import loss

__all__ = ["local_ncc"]


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
