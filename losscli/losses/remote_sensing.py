"""Losses of images of several bands, such as of satellites: errors and correlations in windows, and similarities of bands."""

from __future__ import annotations

from itertools import combinations, product
from typing import Literal

from losscli.aggregation import ByClass
from losscli.domains import Image, JointImage, NonNegative, Period, Positive, SeveralBands
from losscli.losses.images import ssim
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.windows import bordered, image_scale, window_covariance, window_mean, window_moments, zero_bordered
from losscli.registry import loss

__all__ = ["rase", "spatial_correlation", "spectral_distortion", "windowed_rmse"]

Margin = Literal["none", "half"]


def root(x):
    """√x, with the derivative 0 at 0."""
    return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0)


def window_means(x, size, margin):
    """The mean in each window inside an image; with margin half only those that torchmetrics takes, round(size / 2) from each border."""
    for axis in (-2, -1):
        x = window_mean(x, (1 / size,) * size, axis)
    before, after = (0, 0) if margin == "none" else (round(size / 2) - size // 2, round(size / 2) + size // 2 + 1 - size)
    return x[..., before : x.shape[-2] - after, before : x.shape[-1] - after]


@loss(
    "image",
    aliases=("rmse_sw", "sliding_window_rmse"),
    reference="torchmetrics.functional.image.root_mean_squared_error_using_sliding_window",
    properties="symmetric zero",
    units="units of target",
    use="errors of an image should be measured place by place, with each place alike",
    words=("remote sensing", "pansharpening", "image quality"),
    see={
        "rmse": "of all pixels at once",
        "rase": "relative to the mean of the bands",
        "margin": "none: all windows inside the image; half: those that are half a window from each border (torchmetrics)",
    },
)
def windowed_rmse(pred: Image, target: Image, *, window_size: Period = 8, margin: Margin = "none"):
    """Mean of the root of the mean squared error in each window that moves over an image.

    Σ_w √(Σ (p − t)² / n) / W, over the n pixels of a window and the W windows of an image

    >>> windowed_rmse(np.array([[[1.0, 0.0, 3.0]]]), np.array([[[0.0, 0.0, 0.0]]]), window_size=1).round(6)
    array([1.333333])
    """
    unit = image_scale(pred, target, 0.0, 2)
    errors = root(window_means((pred / unit - target / unit) ** 2, window_size, margin))
    return errors.mean((-2, -1)) * unit[..., 0, 0]


@loss(
    "image",
    aliases=("relative_average_spectral_error", "RelativeAverageSpectralError"),
    reference="torchmetrics.functional.image.relative_average_spectral_error",
    properties="zero",
    units="per cent",
    use="sharpened images of several bands are compared place by place, relative to the brightness",
    words=("remote sensing", "pansharpening", "hyperspectral images"),
    see={
        "ergas": "of whole bands",
        "windowed_rmse": "in units of target, where margin is explained",
        "per": "all: errors and brightness of a place are means over all images (torchmetrics); row: of each image",
        "divide_by_area": "the mean of target is divided by the pixels of a window once more, as torchmetrics and sewar do",
    },
)
def rase(pred: JointImage, target: JointImage, *, window_size: Period = 8, margin: Margin = "none", divide_by_area: bool = False):
    """Root of the mean over the bands of their squared errors in a window, relative to the mean of target there, in per cent.

    100 Σ_w √(mean_c R_c²) / (mean_c t̄_c) / W, R the RMSE of a band in a window, a mean over the images

    >>> [c.column for c in next(rase(np.array([[[[3.0]]]]), np.array([[[[2.0]]]]), window_size=1))]
    [array([[1.]]), array([[2.]]), array([[1.]])]
    """
    errors, means = root(window_means((pred - target) ** 2, window_size, margin)), window_means(target, window_size, margin)
    bands = errors.shape[-3]
    columns = (x.reshape(len(x), -1) for x in (errors, means))
    errors, means, n = yield *(ByClass(x) for x in columns), ByClass(np.ones((len(pred), 1), pred.dtype))
    images = np.where(n > 0, n, 1.0)
    errors, means = (x.reshape(*x.shape[:-1], bands, -1) / images[..., None] for x in (errors, means))
    brightness = explain_zero(means.mean(-2), "the mean of target in a window is 0") / (window_size**2 if divide_by_area else 1)
    return 100 * (root((errors**2).mean(-2)) / brightness).mean(-1), None, n[..., 0]


@loss(
    "image",
    aliases=("scc_loss", "spatial_correlation_coefficient", "SpatialCorrelationCoefficient"),
    reference="1 − torchmetrics.functional.image.spatial_correlation_coefficient",
    properties="symmetric",
    units="1",
    use="the details of a sharpened image should be those of the reference, whatever the brightness",
    words=("remote sensing", "pansharpening", "edges", "details"),
    score="SCC",
    see={"local_ncc": "of the pixels themselves, squared", "ssim": "where brightness and contrast count"},
)
def spatial_correlation(pred: Image, target: Image, *, window_size: Period = 8):
    """1 − the mean correlation of the details of two images, within a window around each pixel; constant windows correlate with nothing.

    1 − Σ cov(h p, h t) / (σ(h p) σ(h t)) / N, h x = Σ (x − each of its 8 neighbours), in windows, of which pixels outside are 0

    >>> spatial_correlation(np.array([[[0.0, 1.0, 0.0]]]), np.array([[[0.0, 2.0, 0.0]]]), window_size=1)
    array([1.])
    """
    x, y = (details(z / image_scale(z, z, 1e-60, 2), window_size) for z in (pred, target))
    weights = (1 / window_size,) * window_size
    (_, of_x), (_, of_y), (_, of_both) = (window_moments(z, weights, 2) for z in (x, y, x - y))
    vary = (of_x > 0) & (of_y > 0)
    s, r = (np.sqrt(np.where(vary, v, 1.0)) for v in (of_x, of_y))
    # σ_x σ_y − cov = ½ (var(x − y) − (σ_x − σ_y)²), and σ_x² − σ_y² = cov(x − y, x + y), so that nothing cancels where x is near y
    gap = (of_both - (window_covariance(x - y, x + y, weights, 2) / (s + r)) ** 2) / (2 * s * r)
    return np.where(vary, gap, 1.0).mean((-2, -1))


def details(x, window_size):
    """What a pixel is above its 8 neighbours, with zeros around, so that there is a window for each pixel."""
    around, (height, width) = bordered(x, 1, 1, "symmetric", 2), x.shape[-2:]
    high = np.zeros_like(x)
    for i, j in product(range(3), range(3)):
        if (i, j) != (1, 1):
            high = high + (x - around[..., i : i + height, j : j + width])
    end = None if window_size % 2 else -1
    return zero_bordered(high, window_size // 2, 2)[..., :end, :end]


@loss(
    "image",
    aliases=("spectral_distortion_index", "SpectralDistortionIndex", "d_lambda"),
    reference="torchmetrics.functional.image.spectral_distortion_index",
    properties="zero",
    units="1",
    use="the bands of a sharpened image should be as similar as before, without a reference",
    words=("remote sensing", "pansharpening", "hyperspectral images", "no reference"),
    see={
        "uqi": "the similarity of two bands, within Gaussian windows",
        "target": "the image whose bands have the right similarities; its sides may differ from those of pred",
        "p": "a larger power counts large differences more",
    },
)
def spectral_distortion(
    pred: SeveralBands,
    target: SeveralBands,
    *,
    p: Period = 1,
    window_size: Period = 11,
    sigma: Positive = 1.5,
    eps: NonNegative = 0.0,
):
    """Mean difference between the similarities of each two bands in one image and in the other, each a mean over the images.

    (Σ |Q(p_i, p_j) − Q(t_i, t_j)|^p / N)^(1/p) over the N pairs of bands, Q the universal image quality index

    >>> [c.column for c in next(spectral_distortion(np.ones((1, 2, 1, 1)), np.ones((1, 2, 1, 1)), window_size=1))]
    [array([[0.]]), array([[1.]])]
    """
    window = dict(window_size=window_size, sigma=sigma, k1=0.0, k2=0.0, eps=eps)  # noqa: C408 - a quoted k2 is the name of a loss
    pairs = list(combinations(range(pred.shape[-3]), 2))
    of_pred, of_target = (np.stack([ssim(x[:, i], x[:, j], **window) for i, j in pairs], -1) for x in (pred, target))
    total, n = yield ByClass(of_target - of_pred), ByClass(np.ones(of_pred.shape, pred.dtype))
    powers = (abs(total / np.where(n > 0, n, 1.0)) ** p).mean(-1)
    value = powers if p == 1 else np.where(powers > 0, np.where(powers > 0, powers, 1.0) ** (1 / p), 0.0)
    return value, None, n.sum(-1)
