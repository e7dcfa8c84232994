"""Losses of what people see of an image: edges and wavelets that are alike (GMSD, HaarPSI), and information that is kept (VIF)."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Image, JointImage, NonNegative, Positive, WindowSides
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float
from losscli.numeric.steps import expit, stop_gradient
from losscli.numeric.windows import (
    average_blocks,
    gaussian_weights,
    image_scale,
    window_covariance,
    window_mean,
    window_moments,
    zero_bordered,
)
from losscli.registry import loss

__all__ = ["gmsd", "haarpsi", "vif"]

Form = Literal["loss", "score"]
LUMINANCE = (0.299, 0.587, 0.114)
CHROMINANCE = ((0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))  # I and Q of the colour space YIQ
_HALF = (0.5, 0.5)
LOG_10 = 2.302585092994046


def mixed(x, weights):
    """The weighted sum of three channels, (…, 3, H, W) -> (…, H, W)."""
    first, second, third = weights
    return first * x[..., 0, :, :] + second * x[..., 1, :, :] + third * x[..., 2, :, :]


def luminance(x):
    """What is bright: of red, green and blue, or the mean of any other number of channels."""
    return mixed(x, LUMINANCE) if x.shape[-3] == 3 else x.mean(-3)


def halved(x):
    """The means of blocks of 2 × 2 pixels; an odd side gets zeros at its end."""
    for axis in (-2, -1):
        if x.shape[axis] % 2:
            x = np.concatenate([x, np.zeros_like(x[..., :1, :] if axis == -2 else x[..., :1])], axis)
    return average_blocks(x, 2, 2)


def unlike(a, b, constant):
    """1 − (2 a b + c) / (a² + b² + c), with a unit in which no square overflows"""
    unit = stop_gradient(np.maximum(np.maximum(np.abs(a), np.abs(b)), float(np.sqrt(constant))))
    unit = np.where(unit > 0, unit, 1.0)
    a, b, c = a / unit, b / unit, constant / unit / unit
    return (a - b) ** 2 / (a * a + b * b + c)


# --- edges --------------------------------------------------------------------------------------------------------------------------


def slopes(x):
    """The length of the gradient of each pixel by Prewitt's filters, with zeros outside."""
    x, third = zero_bordered(x, 1, 2), (1 / 3,) * 3
    across = window_mean(window_mean(x, (-1.0, 0.0, 1.0), -1), third, -2)
    down = window_mean(window_mean(x, (-1.0, 0.0, 1.0), -2), third, -1)
    return norm(np.stack([across, down], -1))


@loss(
    "image",
    aliases=("GMSDLoss", "gradient_magnitude_similarity_deviation"),
    reference="piq.gmsd",
    properties="symmetric zero",
    units="1",
    use="image quality should be judged by edges: distortions that differ from place to place count",
    words=("image quality", "image similarity"),
    see={
        "ssim": "means and variances in windows instead of edges",
        "t": "what is added to both parts of the fraction, for values from 0 to 1",
        "channels": "red, green and blue become one brightness; other numbers of channels their mean",
    },
)
def gmsd(pred: JointImage, target: JointImage, *, data_range: Positive = 1.0, t: Positive = 170 / 255**2):
    """Standard deviation over the pixels of how similar the lengths of their gradients are, after a reduction to half the size.

    √ mean (s − mean s)², s = (2 a b + t) / (a² + b² + t), a and b the lengths of the gradients

    >>> gmsd(np.array([[[[0.0, 0, 1, 1], [0, 0, 1, 1]]]]), np.array([[[[0.0, 0, 0, 0], [0, 0, 0, 0]]]])).round(6)
    array([0.488506])
    """
    a, b = (slopes(halved(luminance(x / data_range))) for x in (pred, target))
    gap = unlike(a, b, t)
    gap = gap.reshape(*gap.shape[:-2], -1)
    return norm(gap - gap.mean(-1)[..., None]) / float(np.sqrt(gap.shape[-1]))


# --- wavelets -----------------------------------------------------------------------------------------------------------------------


def haar(x, scale):
    """The sizes of the vertical and of the horizontal Haar coefficients of a scale, 0, 1 or 2, with zeros outside."""
    half = 2**scale
    signs, ones = (1.0,) * half + (-1.0,) * half, (1 / (2 * half),) * (2 * half)
    x = zero_bordered(x, half, 2)[..., 1:, 1:]  # half − 1 zeros before, half behind
    return [abs(window_mean(window_mean(x, ones, -1 - k), signs, -2 + k)) for k in (0, 1)]


def dissimilarities(x, y, constant):
    """For each direction 1 − the mean similarity of the two fine scales, and the weights: the larger coefficient of the coarse one."""
    fine = [(haar(x, scale), haar(y, scale)) for scale in (0, 1)]
    gaps = [sum(unlike(a[k], b[k], constant) for a, b in fine) / 2 for k in (0, 1)]
    return gaps, [np.maximum(a, b) for a, b in zip(haar(x, 2), haar(y, 2), strict=True)]


def colour_dissimilarity(x, y, constant):
    """1 − the mean similarity of the two colour differences, each the size of the mean of 2 × 2 pixels with zeros outside."""
    total = 0.0
    for weights in CHROMINANCE:
        a, b = (abs(window_mean(window_mean(zero_bordered(mixed(z, weights), 1, 2)[..., 1:, 1:], _HALF, -1), _HALF, -2)) for z in (x, y))
        total = total + unlike(a, b, constant) / 2
    return total


@loss(
    "image",
    aliases=("HaarPSILoss", "haar_psi", "haar_perceptual_similarity"),
    reference="piq.haarpsi",
    properties="symmetric zero",
    units="1",
    use="image quality should agree with what people say, and be cheap to compute",
    words=("image quality", "image similarity"),
    see={
        "gmsd": "edges instead of wavelets",
        "form": "loss is 1 − HaarPSI, score is HaarPSI",
        "c": "what is added to both parts of the fractions, for values from 0 to 255",
        "subsample": "half the size first, as from a usual distance",
        "channels": "of red, green and blue the colours count too; other numbers of channels become their mean",
    },
)
def haarpsi(
    pred: JointImage,
    target: JointImage,
    *,
    data_range: Positive = 1.0,
    subsample: bool = True,
    c: Positive = 30.0,
    alpha: Positive = 4.2,
    form: Form = "loss",
):
    """1 − the Haar wavelet-based perceptual similarity of two images: a weighted mean of the similarities of wavelet coefficients.

    1 − (σ⁻¹(Σ w σ(α s) / Σ w) / α)², s = (2 a b + c) / (a² + b² + c), w the larger coefficient of the coarse scale

    >>> haarpsi(np.array([[[[0.0, 1.0], [1.0, 0.0]]]]), np.array([[[[1.0, 1.0], [1.0, 1.0]]]]), subsample=False).round(4)
    array([0.7122])
    """
    x, y = (255 * (z / data_range) for z in (pred, target))
    x, y = (halved(z) if subsample else z for z in (x, y))
    gaps, weights = dissimilarities(luminance(x), luminance(y), c)
    if x.shape[-3] == 3:
        gaps, weights = [*gaps, colour_dissimilarity(x, y, c)], [*weights, (weights[0] + weights[1]) / 2]
    total = sum(w.sum((-2, -1)) for w in weights)
    more = sum((w * logistic_step(alpha, g)).sum((-2, -1)) for g, w in zip(gaps, weights, strict=True))
    more = np.where(total > 0, more / np.where(total > 0, total, 1.0), 0.0)
    gap = (
        np.log1p(more / plain_float(expit(-alpha))) - np.log1p(-more / plain_float(expit(alpha)))
    ) / alpha  # of the logits, divided by alpha
    return gap * (2 - gap) if form == "loss" else (1 - gap) ** 2


def logistic_step(alpha, gap):
    """σ(α) − σ(α (1 − gap)), without cancellation where the gap is small."""
    return -np.expm1(-alpha * gap) * expit(-alpha * (1 - gap)) * plain_float(expit(alpha))


# --- information --------------------------------------------------------------------------------------------------------------------


def moments(x, y, weights):
    """The variances of two images within a window, and their covariance."""
    (_, of_x), (_, of_y) = (window_moments(z, weights, 2) for z in (x, y))
    return of_x, of_y, window_covariance(x, y, weights, 2)


def shrunk(x, weights):
    """Every second pixel of the weighted means of a window."""
    for axis in (-2, -1):
        x = window_mean(x, weights, axis)
    return x[..., ::2, ::2]


def information_kept(of_x, of_y, both, noise, eps):
    """Of each window: the information that x has about its source, and that y, without distortion, has."""
    sees = (of_y >= eps) & (of_y > 0) & (of_x >= eps)
    gain = np.where(sees & (both > 0), both / np.where(sees, of_y + eps, 1.0), 0.0)
    rest = np.where(gain > 0, of_x - gain * both, of_x)
    rest = np.where((of_x >= eps) | (of_y < eps), np.maximum(rest, eps), eps)
    source = np.where(of_y >= eps, of_y, 0.0)
    return np.log1p(gain * gain * source / (rest + noise)), np.log1p(source / noise)


@loss(
    "image",
    aliases=("VIFLoss", "vif_p", "visual_information_fidelity"),
    reference="piq.vif_p",
    units="1",
    use="image quality should be judged by how much of the information of the reference is kept",
    words=("image quality", "image fusion", "image restoration"),
    see={
        "form": "loss is 1 − VIF, which is below 0 for more contrast; bounded at least 0; score is VIF",
        "data_range": "255 where pixels are from 0 to 255: the noise of the eye is of such values",
        "luminance": "one brightness of red, green and blue (piq), or a value for each channel (torchmetrics)",
        "windows": "the sides of the window at each scale, each half the size of the last one",
    },
)
def vif(
    pred: Image,
    target: Image,
    *,
    data_range: Positive = 1.0,
    sigma_n_sq: Positive = 2.0,
    windows: WindowSides = (17.0, 9.0, 5.0, 3.0),
    luminance: bool = False,
    eps: NonNegative = 0.0,
    ratio_eps: NonNegative = 0.0,
    form: Literal["loss", "bounded", "score"] = "loss",
):
    """1 − visual information fidelity in the pixel domain: the information about the reference that is in pred, over that in the reference.

    1 − Σ log(1 + g² σ_t² / (σ_p² − g σ_pt + σ_n²)) / Σ log(1 + σ_t² / σ_n²), g = σ_pt / σ_t² in each window, at several scales

    >>> vif(np.array([[[0.0, 0.2, 0.4]] * 3]), np.array([[[0.0, 0.4, 0.8]] * 3]), windows=np.array([3.0])).round(4)
    array([0.1857])
    """
    x, y = (mixed(z, LUMINANCE)[..., None, :, :] if luminance and z.ndim > 3 and z.shape[-3] == 3 else z for z in (pred, target))
    unit = image_scale(x, y, 1e-100, 2)
    shrink = (255 / data_range * unit) ** 2  # of squares
    x, y, kept, all_of_it = x / unit, y / unit, 0.0, 0.0
    for scale, side in enumerate(round(float(n)) for n in windows):
        weights = gaussian_weights(side, side / 5)
        if scale:
            x, y = shrunk(x, weights), shrunk(y, weights)
        of_x, of_y, both = moments(x, y, weights)
        of_pred, of_target = information_kept(of_x, of_y, both, sigma_n_sq / shrink, eps / shrink)
        kept, all_of_it = kept + of_pred.sum((-2, -1)) / LOG_10, all_of_it + of_target.sum((-2, -1)) / LOG_10
    size = all_of_it + ratio_eps
    lost = np.where(size > 0, (all_of_it - kept) / np.where(size > 0, size, 1.0), 0.0)
    return 1 - lost if form == "score" else np.maximum(lost, 0.0) if form == "bounded" else lost
