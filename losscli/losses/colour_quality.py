"""Losses of what people see of a coloured image: its edges and colours (MDSI), and its features, which are waves in phase (FSIM)."""

from __future__ import annotations

import math
from typing import Literal

from losscli.domains import AtLeastOne, Between0And1, JointImage, NonNegative, Period, Positive, Share0To1
from losscli.losses.image_quality import CHROMINANCE, Form, luminance, mixed, slopes, unlike
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.phase import Bank, phase_congruency
from losscli.numeric.windows import average_blocks, window_mean, zero_bordered
from losscli.registry import loss

__all__ = ["fsim", "mdsi"]

_LUMINANCE = (0.2989, 0.587, 0.114)
_CHROMINANCE = ((0.3, 0.04, -0.35), (0.34, -0.6, 0.17))  # H and M
_SMALLER = 256  # pixels: the shorter side of an image is brought near this


def made_smaller(x):
    """The means of blocks that bring the shorter side near 256 pixels, of an image with zeros around."""
    side = max(1, round(min(x.shape[-2:]) / _SMALLER))
    if side == 1:
        return x
    first = 1 - side % 2
    return average_blocks(zero_bordered(x, side // 2, 2)[..., first:, first:], side, 2)


def coloured(x):
    """Red, green and blue: three channels as they are, else the mean of the channels three times."""
    return x if x.shape[-3] == 3 else np.stack([x.mean(-3)] * 3, -3)


def unlike_colours(x, y, constant):
    """1 − the similarity of two colours, which are vectors of two numbers."""
    (a, b), (c, d) = (tuple(mixed(z, w) for w in _CHROMINANCE) for z in (x, y))
    size = np.hypot(np.hypot(np.hypot(a, b), np.hypot(c, d)), math.sqrt(constant))  # no square overflows
    return (np.hypot(a - c, b - d) / size) ** 2


def power_minus_1(gap, q):
    """(1 − gap)^q − 1 as a real and an imaginary part: a number below 0 has the angle π q."""
    below = gap > 1
    size = np.where(gap == 1, 0.0, abs(1 - np.where(gap == 1, 0.0, gap)) ** q)
    near = np.expm1(q * np.log1p(-np.where(gap < 1, gap, 0.0)))  # nothing cancels where the gap is small
    return np.where(gap < 1, near, size * math.cos(math.pi * q) - 1), np.where(below, size * math.sin(math.pi * q), 0.0)


def complex_power_minus_1(real, imaginary, q):
    """(1 + real + i imaginary)^q − 1 as a real and an imaginary part."""
    size = (real * (2 + real) + imaginary**2) / 2  # half of |z|² − 1
    logs, angle = q * np.log1p(2 * size) / 2, q * np.arctan2(imaginary, 1 + real)
    return np.expm1(logs) - 2 * np.exp(logs) * np.sin(angle / 2) ** 2, np.exp(logs) * np.sin(angle)


@loss(
    "image",
    aliases=("MDSILoss", "mean_deviation_similarity"),
    reference="piq.mdsi",
    units="1",
    use="image quality should be judged by edges and colours, at little cost",
    words=("image quality", "image similarity", "colour"),
    see={
        "gmsd": "edges alone",
        "combination": "sum: alpha of the edges and 1 − alpha of the colours; mult: powers of both, gamma and beta",
        "c1": "what is added to both parts of the fractions, for values from 0 to 255: c1 and c2 of edges, c3 of colours",
        "rho": "the order of the deviation; o is the power of its mean",
    },
)
def mdsi(
    pred: JointImage,
    target: JointImage,
    *,
    data_range: Positive = 1.0,
    c1: Positive = 140.0,
    c2: Positive = 55.0,
    c3: Positive = 550.0,
    combination: Literal["sum", "mult"] = "sum",
    alpha: Share0To1 = 0.6,
    beta: NonNegative = 0.1,
    gamma: NonNegative = 0.2,
    rho: Positive = 1.0,
    q: Positive = 0.25,
    o: Positive = 0.25,
):
    """Deviation over the pixels of how similar their edges and colours are; 0 for equal images.

    (mean |s^q − mean s^q|^ρ)^(o / ρ), s = α g + (1 − α) c, g the similarity of edges and c that of colours; s^q may be complex

    >>> mdsi(np.array([[[[0.0, 1.0]]]]), np.array([[[[1.0, 1.0]]]])).round(6)
    array([0.768226])
    """
    x, y = (made_smaller(255 * (coloured(z) / data_range)) for z in (pred, target))
    light, other = mixed(x, _LUMINANCE), mixed(y, _LUMINANCE)
    a, b, both = slopes(light), slopes(other), slopes((light + other) / 2)
    of_edges, of_colours = unlike(a, b, c1) + unlike(a, both, c2) - unlike(b, both, c2), unlike_colours(x, y, c3)
    if combination == "sum":
        parts = power_minus_1(alpha * of_edges + (1 - alpha) * of_colours, q)
    else:
        (g, of_g), (c, of_c) = power_minus_1(of_edges, gamma), power_minus_1(of_colours, beta)
        parts = complex_power_minus_1(g + c + g * c, of_g + of_c, q)
    away = norm(np.stack([p - p.mean((-2, -1), keepdims=True) for p in parts], -1))
    mean = (away**rho).mean((-2, -1))
    return np.where(mean > 0, np.where(mean > 0, mean, 1.0) ** (o / rho), 0.0)


# --- features ---------------------------------------------------------------------------------------------------------------


def scharr(x):
    """The length of the gradient of each pixel by Scharr's filters, with zeros outside."""
    x, across = zero_bordered(x, 1, 2), (3 / 16, 10 / 16, 3 / 16)
    sides = [window_mean(window_mean(x, (-1.0, 0.0, 1.0), axis), across, -3 - axis) for axis in (-1, -2)]
    return norm(np.stack(sides, -1))


@loss(
    "image",
    aliases=("FSIMLoss", "fsimc", "feature_similarity"),
    reference="piq.fsim",
    properties="symmetric zero",
    units="1",
    use="image quality should be judged by edges and lines as people see them, in any contrast",
    words=("image quality", "image similarity", "phase congruency"),
    see={
        "ssim": "means and variances in windows",
        "form": "loss is 1 − FSIM, score is FSIM",
        "chromatic": "FSIMc: the colours of red, green and blue count too",
        "k": "how many standard deviations of the noise are above its mean, below which no wave counts",
        "median": "of an even number of amplitudes, for the noise: the mean of the two in the middle, or the lower one (piq)",
        "scales": "the filters, of which orientations, min_length, mult, sigma_f and delta_theta say the rest",
    },
)
def fsim(
    pred: JointImage,
    target: JointImage,
    *,
    data_range: Positive = 1.0,
    chromatic: bool = True,
    scales: Period = 4,
    orientations: Period = 4,
    min_length: Positive = 6.0,
    mult: AtLeastOne = 2.0,
    sigma_f: Between0And1 = 0.55,
    delta_theta: Positive = 1.2,
    k: NonNegative = 2.0,
    median: Literal["mean", "lower"] = "mean",
    form: Form = "loss",
):
    """1 − the feature similarity of two images: of their phase congruency and gradients, where the larger congruency counts most.

    1 − Σ w s_p s_g |s_i s_q|^0.03 / Σ w, s = (2 a b + c) / (a² + b² + c) of congruency, gradient and two colours, w = max(p, p')

    >>> fsim(np.array([[[[0.0, 1.0, 0.0]] * 3]]), np.array([[[[0.0, 1.0, 1.0]] * 3]])).round(4)
    array([0.22])
    """
    bank = Bank(scales, orientations, float(min_length), float(mult), float(sigma_f), float(delta_theta))
    x, y = (shrunk(255 * (z / data_range)) for z in (pred, target))
    light, other = luminance(x), luminance(y)
    p, t = (phase_congruency(z, bank, float(k), median == "lower", float(np.finfo(z.dtype).eps)) for z in (light, other))
    gap = together(unlike(p, t, 0.85), unlike(scharr(light), scharr(other), 160.0))
    if chromatic and x.shape[-3] == 3:
        colours = together(*(unlike(mixed(x, w), mixed(y, w), 200.0) for w in CHROMINANCE))  # up to 2: a similarity below 0
        both = abs(1 - np.where(colours < 0.5, 0.0, colours))
        logs = np.where(colours < 0.5, np.log1p(-np.where(colours < 0.5, colours, 0.0)), np.log(np.where(both > 0, both, 1.0)))
        gap = together(gap, np.where(both > 0, -np.expm1(0.03 * logs), 1.0))
    weight = np.maximum(p, t)
    value = (weight * gap).sum((-2, -1)) / weight.sum((-2, -1))
    return value if form == "loss" else 1 - value


def shrunk(x):
    """The means of blocks that bring the shorter side near 256 pixels."""
    return average_blocks(x, max(1, round(min(x.shape[-2:]) / _SMALLER)), 2)


def together(a, b):
    """1 − (1 − a) (1 − b)"""
    return a + b - a * b
