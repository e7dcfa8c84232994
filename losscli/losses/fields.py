"""Losses of fields: depth maps, displacements of pixels, and the spectra of pixels."""

from __future__ import annotations

from losscli.aggregation import Aligned
from losscli.domains import ClassScores, DisplacementField, JointImage, NonNegative, Positive, Probability, SpatialDims
from losscli.numeric.distances import norm, one_minus_cosine
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import clamp_min, log_ratio
from losscli.numeric.windows import image_scale
from losscli.registry import loss

__all__ = ["bending_energy", "diffusion", "ergas", "inverse_depth_smoothness", "silog", "spectral_angle"]

HALF_PI = 1.5707963267948966


@loss(
    "regression",
    aliases=("SiLogLoss", "silog_loss", "scale_invariant_log", "si_log"),
    reference="the formula (Eigen 2014)",
    properties="symmetric zero",
    units="1",
    use="depth maps, whose scale is not known or matters less than their shape",
    words=("depth estimation", "monocular depth", "scale invariant"),
    see={
        "rmsle": "log(1 + x), and the scale counts fully",
        "weight": "of the squared mean: 0 is the RMS error of the logarithms, 1 its standard deviation; MMSegmentation has ½",
        "target": "0 is a pixel without a depth, which does not count; with eps each below it",
    },
)
def silog(pred: Positive, target: NonNegative, *, weight: Probability = 0.5, eps: NonNegative = 0.0):
    """Root of the mean squared difference of logarithms, less a share of its squared mean.

    √ (Σ d² / N − λ (Σ d / N)²), d = log max(t, ε) − log max(p, ε), over the pixels with t > ε

    >>> next(silog(np.array([1.0]), np.array([1.0])))[1].column
    array([1.])
    """
    counts = target > eps
    p, t = (clamp_min(np.where(counts, x, 1.0), eps) for x in (pred, target))
    d, kept = np.where(counts, log_ratio(t, p), 0.0), np.asarray(counts, pred.dtype)
    total, n = yield Aligned(d), Aligned(kept)
    squares, total, n = yield np.where(counts, (d - total / np.where(n > 0, n, 1.0)) ** 2, 0.0), d, kept
    pixels = np.where(n > 0, n, 1.0)
    return np.sqrt(squares / pixels + (1 - weight) * (total / pixels) ** 2), None, n


@loss(
    "image",
    aliases=("InverseDepthSmoothnessLoss", "inverse_depth_smoothness_loss", "edge_aware_smoothness"),
    reference="kornia.losses.inverse_depth_smoothness_loss",
    units="units of pred",
    use="depth maps without labels: a term that keeps them smooth, but not across edges",
    words=("depth estimation", "monocular depth", "smooth images"),
    see={"total_variation": "without an image"},
)
def inverse_depth_smoothness(pred: JointImage, image: JointImage):
    """Mean difference of neighbouring inverse depths, with less weight where the colours of the image differ, horizontal plus vertical.

    mean |∂x d| e^(−mean_c |∂x I_c|) + mean |∂y d| e^(−mean_c |∂y I_c|)

    >>> inverse_depth_smoothness(np.array([[[[0.0, 1.0], [0.0, 1.0]]]]), np.array([[[[0.5, 0.5], [0.5, 0.5]]]]))
    array([1.])
    """
    across, down = ([np.abs(np.diff(x, axis=axis)) for x in (pred, image)] for axis in (-1, -2))
    terms = [step * np.exp(-edge.mean(-3))[..., None, :, :] for step, edge in (across, down)]
    return sum(x.sum((-3, -2, -1)) / max(1, x.shape[-3] * x.shape[-2] * x.shape[-1]) for x in terms)


# --- displacements ------------------------------------------------------------------------------------------------------------------


def inner(x, dims, **shifts):
    """The pixels of an image that are not at its border (of its last `dims` axes), moved by −1, 0 or 1 along some axes."""
    by_axis = {int(axis.removeprefix("axis")): shift for axis, shift in shifts.items()}
    slices = (slice(1 + s, x.shape[k - dims] - 1 + s) for k in range(dims) for s in (by_axis.get(k, 0),))
    return x[(..., *slices)]


def scales_of(x, dims, normalize):
    """For each spatial axis its length, and the lengths that the components are divided by; 1 without normalize."""
    sides = x.shape[-dims:]
    if not normalize:
        return (1.0,) * dims, 1.0
    return tuple(map(float, sides)), np.asarray(sides, x.dtype).reshape(-1, *(1,) * dims)


@loss(
    "penalty",
    aliases=("BendingEnergyLoss", "bending_energy_loss"),
    reference="monai.losses.BendingEnergyLoss",
    units="squared pixels",
    use="the displacements of a registration should bend little: a term beside a similarity",
    words=("image registration", "medical imaging", "deformation"),
    see={"diffusion": "the first derivatives", "normalize": "relative to the sides of the image"},
)
def bending_energy(pred: DisplacementField, *, normalize: bool = False, spatial_dims: SpatialDims = 2):
    """Squared second derivatives of a field of displacements, a number for each component and inner pixel.

    Σ_i (∂ᵢᵢ u)² + 2 Σ_(i < j) (∂ᵢⱼ u)², from central differences

    >>> bending_energy(np.array([[[[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]], [[0.0] * 3] * 3]])).ravel()
    array([8., 0.])
    """
    sides, components = scales_of(pred, spatial_dims, normalize)
    energy = 0.0
    for i in range(spatial_dims):
        ahead, here, behind = (inner(pred, spatial_dims, **{f"axis{i}": s}) for s in (1, 0, -1))
        energy = energy + (((ahead - here) - (here - behind)) * (sides[i] ** 2 / components)) ** 2
        for j in range(i + 1, spatial_dims):
            corner = {(s, t): inner(pred, spatial_dims, **{f"axis{i}": s, f"axis{j}": t}) for s in (1, -1) for t in (1, -1)}
            mixed = ((corner[1, 1] - corner[1, -1]) - (corner[-1, 1] - corner[-1, -1])) / 4
            energy = energy + 2 * (mixed * (sides[i] * sides[j] / components)) ** 2
    return energy


@loss(
    "penalty",
    aliases=("DiffusionLoss", "diffusion_loss", "diffusion_regularization"),
    reference="monai.losses.DiffusionLoss",
    units="squared pixels",
    use="the displacements of a registration should change slowly: a term beside a similarity",
    words=("image registration", "medical imaging", "deformation"),
    see={"bending_energy": "the second derivatives", "total_variation": "absolute differences of neighbours"},
)
def diffusion(pred: DisplacementField, *, normalize: bool = False, spatial_dims: SpatialDims = 2):
    """Squared first derivatives of a field of displacements, a number for each component and inner pixel.

    Σ_i (∂ᵢ u)², from central differences

    >>> diffusion(np.array([[[[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 0.0, 0.0]], [[0.0] * 3] * 3]])).ravel()
    array([1., 0.])
    """
    sides, components = scales_of(pred, spatial_dims, normalize)
    slopes = [
        (inner(pred, spatial_dims, **{f"axis{i}": 1}) - inner(pred, spatial_dims, **{f"axis{i}": -1})) / 2 for i in range(spatial_dims)
    ]
    return sum((slope * (sides[i] / components)) ** 2 for i, slope in enumerate(slopes))


# --- spectra ------------------------------------------------------------------------------------------------------------------------


@loss(
    "image",
    aliases=("sam_loss", "spectral_angle_mapper", "SpectralAngleMapper"),
    reference="torchmetrics.functional.image.spectral_angle_mapper",
    properties="symmetric zero",
    units="radians",
    use="the spectra of the pixels of hyperspectral images should have the same shape",
    words=("hyperspectral images", "remote sensing", "pansharpening"),
    see={"cosine_distance": "1 − the cosine of the same angle", "ergas": "the errors of whole bands"},
)
def spectral_angle(pred: ClassScores, target: ClassScores):
    """Angle between the spectra (the vectors over the channels) of two pixels; a right angle where one of them is 0.

    arccos(p·t / (‖p‖ ‖t‖))

    >>> spectral_angle(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(6)
    array([0.785398])
    """
    ends = ((norm(pred) > 0) & (norm(target) > 0))[..., None]
    x, y = np.where(ends, pred, 1.0), np.where(ends, target, 1.0)
    near, far = one_minus_cosine(x, y, 0.0), one_minus_cosine(x, -y, 0.0)
    # arccos c = 2 arcsin √((1 − c) / 2), and near c = −1 π − 2 arcsin √((1 + c) / 2), each where the number under the root is exact
    smaller = np.where(near <= 1, near, far) / 2
    half = np.where(smaller > 0, np.arcsin(np.sqrt(np.where(smaller > 0, smaller, 0.5))), 0.0)
    return np.where(ends[..., 0], np.where(near <= 1, 2 * half, 2 * HALF_PI - 2 * half), HALF_PI)


@loss(
    "image",
    aliases=("error_relative_global_dimensionless_synthesis", "relative_dimensionless_global_error"),
    reference="torchmetrics.functional.image.error_relative_global_dimensionless_synthesis",
    properties="zero",
    units="per cent",
    use="images of several bands that were sharpened, whose bands have different means",
    words=("remote sensing", "pansharpening", "hyperspectral images"),
    see={"rmse": "of one band, in its units", "ratio": "of the resolutions of the sharp and the coarse image"},
)
def ergas(pred: JointImage, target: JointImage, *, ratio: Positive = 4.0):
    """Root of the mean over the bands of their squared errors relative to the mean of the band, in per cent of the ratio.

    100 / r √(mean_c (RMSE_c / mean t_c)²)

    >>> ergas(np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 1.0]]]])).round(6)
    array([17.67767])
    """
    unit = image_scale(pred, target, 0.0, 3)
    d, t = pred / unit - target / unit, target / unit
    mean = explain_zero(t.mean((-2, -1)), "the mean of a band of target is 0")
    errors = (d * d).mean((-2, -1))
    return 100 / ratio * np.sqrt(np.where(errors > 0, errors / mean**2, 0.0).mean(-1))
