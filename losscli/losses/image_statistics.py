"""Losses of whole images: mutual information, amplitudes of Fourier transforms, and how sharp an image is."""

from __future__ import annotations

from itertools import product
from typing import Annotated, Literal

from losscli.aggregation import Aligned
from losscli.domains import Bins, Image, Needs, NonNegative, OddSize, Positive, SpatialDims
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.spectra import amplitudes
from losscli.numeric.steps import clamp_min, xlogy
from losscli.numeric.windows import image_scale
from losscli.registry import loss

__all__ = ["fourier_amplitude", "laplacian_variance", "mutual_information"]

Channels = Literal["separate", "joint"]


def brightness(x, values, floor, dims):
    """The pixels of each image on one axis, from 0 to 1: bounded to it, or relative to the darkest and the brightest one."""
    flat = x.reshape(*x.shape[:-dims], -1)
    if values == "unit":
        return np.clip(flat, 0.0, 1.0)
    unit = image_scale(flat, flat, 0.0, 1)
    flat = flat / unit
    low, high = flat.min(-1)[..., None], flat.max(-1)[..., None]
    varies = high - low > floor / unit
    return np.where(varies, (flat - low) / np.where(varies, high - low, 1.0), 0.0)


def shares_of_bins(x, bins, kernel, sigma_ratio, radius):
    """How much each pixel counts for each bin: (…, pixels, bins)."""
    d = x[..., None] * (bins - 1) - np.arange(bins).astype(x.dtype)
    if kernel == "gaussian":
        return np.exp(-neg_log_softmax(-((d / sigma_ratio) ** 2) / 2))
    u = abs(d) / float(radius)  # its derivative is by differences: pixels lie at the ends of the kernel
    return np.where(u < 0.5, 1 - u * (0.1 + 1.8 * u), np.where(u <= 1, 1.9 - u * (3.7 - 1.8 * u), 0.0))


def information(joint, smooth_nr, smooth_dr):
    """Σ p log(p / (p_x p_y)) of a joint distribution over the last two axes."""
    product = joint.sum(-1)[..., None] * joint.sum(-2)[..., None, :]
    if smooth_nr or smooth_dr:
        return (joint * np.log((joint + smooth_nr) / (product + smooth_dr) + smooth_dr)).sum((-2, -1))
    both = joint > 0
    return np.where(both, joint * np.log(np.where(both, joint, 1.0) / np.where(both, product, 1.0)), 0.0).sum((-2, -1))


def entropy(p, axes):
    """−Σ p log p"""
    return -xlogy(p, p).sum(axes)


@loss(
    "image",
    aliases=("mutual_information_loss", "mi_loss", "nmi_loss", "global_mutual_information", "GlobalMutualInformationLoss"),
    reference="kornia.losses.mutual_information_loss_2d",
    units="nats",
    use="two images of different kinds, such as CT and MR, should be registered",
    words=("image registration", "medical imaging", "image similarity", "multimodal"),
    see={
        "local_ncc": "images whose brightness differs by a factor from place to place",
        "values": "own: from the darkest to the brightest pixel of each image; unit: from 0 to 1, as MONAI takes them",
        "kernel": "polynomial (Xu 2008), as in Kornia; gaussian with sigma_ratio bins as its spread, as in MONAI",
        "normalized": "minus (H(p) + H(t)) / H(p, t), from −2 to −1",
        "floor": "the least entry of the joint histogram, and the least range of an image that is not constant",
    },
)
def mutual_information(
    pred: Image,
    target: Image,
    *,
    bins: Bins = 64,
    kernel: Literal["polynomial", "gaussian"] = "polynomial",
    values: Literal["own", "unit"] = "own",
    radius: Annotated[Positive, Needs("kernel", ("polynomial",), noted=True)] = 1.0,
    sigma_ratio: Annotated[Positive, Needs("kernel", ("gaussian",), noted=True)] = 0.5,
    normalized: bool = False,
    smooth_nr: NonNegative = 0.0,
    smooth_dr: NonNegative = 0.0,
    floor: NonNegative = 0.0,
    channels: Channels = "separate",
    spatial_dims: SpatialDims = 2,
):
    """Minus the mutual information of the brightness of two images, from a joint histogram with a smooth kernel.

    −Σ_ij P_ij log(P_ij / (P_i P_j)), P = Σ_n w_i(p_n) w_j(t_n) / Σ; normalized: −(H(p) + H(t)) / H(p, t)

    >>> mutual_information(np.array([[[0.0, 1.0]]]), np.array([[[5.0, 3.0]]]), bins=2).round(6)
    array([-0.693147])
    """
    dims, floor = spatial_dims + (channels == "joint"), float(floor)
    x, y = (shares_of_bins(brightness(z, values, floor, dims), bins, kernel, sigma_ratio, radius) for z in (pred, target))
    joint = clamp_min(np.matmul(np.swapaxes(x, -1, -2), y), floor)
    total = joint.sum((-2, -1))[..., None, None]
    joint = joint / np.where(total > 0, total, 1.0)
    if not normalized:
        return -information(joint, smooth_nr, smooth_dr)
    of_both = entropy(joint, (-2, -1))
    return -(entropy(joint.sum(-1), -1) + entropy(joint.sum(-2), -1)) / np.where(of_both > 0, of_both, 1.0)


@loss(
    "image",
    aliases=("JukeboxLoss", "jukebox_loss", "spectral_amplitude"),
    reference="monai.losses.JukeboxLoss",
    properties="zero",
    units="squared units of pred",
    use="generated images or sounds should have the right frequencies, wherever they lie",
    words=("image synthesis", "frequency"),
    see={"stft": "of the spectrum of each moment of a sound", "channels": "joint: the transform goes over the channels, too (MONAI)"},
)
def fourier_amplitude(pred: Image, target: Image, *, channels: Channels = "separate", spatial_dims: SpatialDims = 2):
    """Squared differences of the amplitudes of two Fourier transforms, each divided by the root of the number of pixels.

    (|F p| − |F t|)²

    >>> fourier_amplitude(np.array([[[1.0, -1.0]]]), np.array([[[0.0, 0.0]]])).round(6)
    array([[[0., 2.]]])
    """
    dims = spatial_dims + (channels == "joint")
    return (amplitudes(pred, dims) - amplitudes(target, dims)) ** 2


def above_neighbours(x, size):
    """Σ (a pixel − each other one) of each window of size × size pixels inside an image, of which the pixel is the middle."""
    height, width = (side - size + 1 for side in x.shape[-2:])
    middle, total = x[..., size // 2 : size // 2 + height, size // 2 : size // 2 + width], 0.0
    for i, j in product(range(size), range(size)):
        if (i, j) != (size // 2, size // 2):
            total = total + (middle - x[..., i : i + height, j : j + width])
    return total


@loss(
    "image",
    aliases=("LaplacianVarianceLoss", "variance_of_laplacian", "blur_loss"),
    reference="speechbrain.nnet.losses.LaplacianVarianceLoss",
    units="squared units of pred",
    use="images or spectrograms should not be blurred: a term beside an error",
    words=("blur", "sharpness", "focus measure"),
    see={
        "total_variation": "which should be small: the opposite aim",
        "per": "all: of all images together; row: the mean of the variances of the images",
    },
)
def laplacian_variance(pred: Image, *, window_size: OddSize = 3):
    """Minus the variance of how much each pixel is above its neighbours, with n − 1.

    −Σ (h − mean h)² / (n − 1), h = Σ (x − each other pixel of a window around x, which lies inside the image)

    >>> next(laplacian_variance(np.array([[[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]])))[0].column
    array([[[8.]]])
    """
    edges = above_neighbours(pred, window_size)
    total, n = yield Aligned(edges), Aligned(np.ones_like(edges))
    squares, n = yield (edges - total / n) ** 2, np.ones_like(edges)
    return -squares / explain_zero(n - 1, "there is one window, which has no variance")
