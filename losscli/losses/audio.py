"""Losses of signals over time: signal-to-noise and signal-to-distortion ratios, and energies of errors."""

from __future__ import annotations

from itertools import permutations
from typing import Literal

from losscli.domains import Positive, Signal
from losscli.numeric.lazy import np
from losscli.numeric.windows import image_scale
from losscli.registry import loss

__all__ = ["dc_error", "esr", "sd_sdr", "si_sdr", "snr"]

EpsIn = Literal["denominators", "fractions"]
Form = Literal["loss", "score"]


def projected(p, t, eps, eps_in):
    """The part of p along t."""
    dot, energy = (p * t).sum(-1), (t**2).sum(-1) + eps
    return ((dot + eps if eps_in == "fractions" else dot) / energy)[..., None] * t


def decibels(kind, pred, target, zero_mean, eps, eps_in):
    """The ratio of a kind, for signals that were scaled by a power of two where their squares might overflow."""
    unit = image_scale(pred, target, 1.0, 1)
    p, t = pred / unit, target / unit
    p, t = (x - x.mean(-1, keepdims=True) if zero_mean else x for x in (p, t))
    small = (eps / unit / unit)[..., 0]
    scaled = t if kind == "snr" else projected(p, t, small, eps_in)
    signal, noise = (scaled**2).sum(-1), ((p - (scaled if kind == "si_sdr" else t)) ** 2).sum(-1)
    if eps_in == "fractions":
        return 10 * np.log10((signal + small) / (noise + small))
    return 10 * np.log10(signal / (noise + small) + eps)


def best_order(values):
    """The mean of the values of pairs (…, sources, sources), each source of pred with one of target, in the order with the least mean."""
    n = values.shape[-1]
    orders = np.array(list(permutations(range(n))))
    return values[..., np.arange(n), orders].mean(-1).min(-1)


def ratio_loss(kind, pred, target, permute, form, options):
    """Minus the ratio of a kind, or the ratio; with permute that of the best order of the sources."""
    if permute:
        value = best_order(-decibels(kind, pred[..., :, None, :], target[..., None, :, :], *options))
    else:
        value = -decibels(kind, pred, target, *options)
    return value if form == "loss" else -value


@loss(
    "audio",
    aliases=("si_sdr_loss", "SISDRLoss", "sisdr", "si_snr", "sisnr", "SISNRLoss", "neg_si_sdr", "scale_invariant_sdr"),
    reference="auraloss.time.SISDRLoss",
    units="dB",
    use="separated or enhanced speech should match up to its volume",
    words=("speech separation", "source separation", "speech enhancement"),
    see={
        "snr": "where the volume counts",
        "sd_sdr": "between the two: it falls where the volume is wrong",
        "zero_mean": "auraloss, asteroid and speechbrain remove the mean, and so does SI-SNR; torchmetrics' SI-SDR does not",
        "eps_in": "denominators: in each denominator and in the logarithm; fractions: above and below each fraction (torchmetrics)",
        "permute": "sources in the order that fits best, for each row (PIT)",
    },
)
def si_sdr(
    pred: Signal,
    target: Signal,
    *,
    zero_mean: bool = True,
    eps: Positive = 1e-8,
    eps_in: EpsIn = "denominators",
    permute: bool = False,
    form: Form = "loss",
):
    """Minus the scale-invariant signal-to-distortion ratio: the energy of the part of pred along target over that of the rest.

    −10 log₁₀ (‖α t‖² / (‖p − α t‖² + ε) + ε), α = p·t / (‖t‖² + ε)

    >>> si_sdr(np.array([[1.0, -1.0, 2.0]]), np.array([[2.0, -2.0, 3.0]])).round(4)
    array([-16.8124])
    """
    return ratio_loss("si_sdr", pred, target, permute, form, (zero_mean, eps, eps_in))


@loss(
    "audio",
    aliases=("sd_sdr_loss", "SDSDRLoss", "sdsdr", "scale_dependent_sdr"),
    reference="auraloss.time.SDSDRLoss",
    units="dB",
    use="separated speech should match, and a wrong volume should cost, too high or too low",
    see={"si_sdr": "where the volume does not count, and where zero_mean, eps_in and permute are explained"},
)
def sd_sdr(
    pred: Signal,
    target: Signal,
    *,
    zero_mean: bool = True,
    eps: Positive = 1e-8,
    eps_in: EpsIn = "denominators",
    permute: bool = False,
    form: Form = "loss",
):
    """Minus the scale-dependent signal-to-distortion ratio: the energy of the part of pred along target over that of their difference.

    −10 log₁₀ (‖α t‖² / (‖p − t‖² + ε) + ε), α = p·t / (‖t‖² + ε)

    >>> sd_sdr(np.array([[1.0, -1.0, 2.0]]), np.array([[2.0, -2.0, 3.0]])).round(4)
    array([-2.3408])
    """
    return ratio_loss("sd_sdr", pred, target, permute, form, (zero_mean, eps, eps_in))


@loss(
    "audio",
    aliases=("snr_loss", "SNRLoss", "signal_to_noise_ratio", "signal_noise_ratio"),
    reference="auraloss.time.SNRLoss",
    units="dB",
    use="a signal should be kept with its volume, and noise is measured in decibels",
    words=("speech enhancement", "source separation"),
    see={
        "si_sdr": "where the volume does not count, and where zero_mean, eps_in and permute are explained",
        "esr": "the inverse ratio itself",
    },
)
def snr(
    pred: Signal,
    target: Signal,
    *,
    zero_mean: bool = True,
    eps: Positive = 1e-8,
    eps_in: EpsIn = "denominators",
    permute: bool = False,
    form: Form = "loss",
):
    """Minus the signal-to-noise ratio: the energy of the target over that of the difference.

    −10 log₁₀ (‖t‖² / (‖p − t‖² + ε) + ε)

    >>> snr(np.array([[1.0, -1.0, 2.0]]), np.array([[2.0, -2.0, 3.0]])).round(4)
    array([-7.2016])
    """
    return ratio_loss("snr", pred, target, permute, form, (zero_mean, eps, eps_in))


@loss(
    "audio",
    aliases=("esr_loss", "ESRLoss", "error_to_signal_ratio"),
    reference="auraloss.time.ESRLoss",
    properties="convex differentiable zero",
    units="1",
    use="audio effects and amplifiers are modelled, and loud and quiet parts should count alike",
    see={"snr": "minus its logarithm, in decibels", "dc_error": "of the means alone"},
)
def esr(pred: Signal, target: Signal, *, eps: Positive = 1e-8):
    """Error-to-signal ratio: the energy of the difference over that of the target.

    Σ (t − p)² / (Σ t² + ε)

    >>> esr(np.array([[1.0, -1.0]]), np.array([[2.0, -2.0]]), eps=1e-30)
    array([0.25])
    """
    unit = image_scale(pred, target, 1.0, 1)
    return (((target - pred) / unit) ** 2).sum(-1) / (((target / unit) ** 2).sum(-1) + (eps / unit / unit)[..., 0])


@loss(
    "audio",
    aliases=("dc_loss", "DCLoss", "dc_offset"),
    reference="auraloss.time.DCLoss",
    properties="convex differentiable zero",
    units="1",
    use="an audio model should not shift the mean of a signal: a term beside esr",
    see={"esr": "of the signals, not of their means"},
)
def dc_error(pred: Signal, target: Signal, *, eps: Positive = 1e-8):
    """The squared difference of the means of two signals over the mean energy of the target.

    (mean(t − p))² / (mean t² + ε)

    >>> dc_error(np.array([[1.0, 0.0]]), np.array([[2.0, 0.0]]), eps=1e-30)
    array([0.125])
    """
    unit = image_scale(pred, target, 1.0, 1)
    return ((target - pred) / unit).mean(-1) ** 2 / (((target / unit) ** 2).mean(-1) + (eps / unit / unit)[..., 0])
