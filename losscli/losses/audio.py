"""Losses of signals: signal-to-noise and signal-to-distortion ratios, and distances of spectra."""

from __future__ import annotations

from itertools import permutations
from typing import Literal

from losscli.domains import NonNegative, Period, Positive, Real, Signal
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.spectra import magnitudes, periodic_window
from losscli.numeric.windows import image_scale
from losscli.registry import loss

__all__ = ["dc_error", "esr", "multi_resolution_stft", "sd_sdr", "si_sdr", "snr", "spectral_convergence", "stft"]

EpsIn = Literal["denominators", "fractions"]
Form = Literal["loss", "score"]
Shape = Literal["hann", "hamming", "blackman", "bartlett", "rectangular"]


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


# --- spectra ---------------------------------------------------------------------------------------------------------------


@loss(
    "audio",
    aliases=("spectral_convergence_loss", "SpectralConvergenceLoss"),
    reference="auraloss.freq.SpectralConvergenceLoss",
    properties="zero",
    units="1",
    use="magnitudes of spectra that you have already are compared, and large ones should count most",
    see={"stft": "from signals, with the logarithms of the magnitudes"},
)
def spectral_convergence(pred: Real, target: Real):
    """The norm of the difference of two spectra over the norm of the target.

    √ (Σ (t − p)²) / √ (Σ t²)

    >>> next(spectral_convergence(np.array([1.0]), np.array([2.0])))
    (array([1.]), array([4.]))
    """
    (((a, error), (b, size)),) = yield from scaled_power_sums([abs(target - pred), abs(target)], 2)
    return a * np.sqrt(error) / explain_zero(b * np.sqrt(size), "the target is 0")


def stft_columns(pred, target, frame, eps):
    """Of one resolution: squared differences and squares of magnitudes, absolute differences of them and of their logarithms, and 1."""
    size, hop, length, shape = frame
    window = periodic_window(shape, int(length), int(size))
    x, y = (magnitudes(z, window, int(hop), eps) for z in (pred, target))
    return (y - x) ** 2, y**2, abs(np.log(x) - np.log(y)), abs(x - y), np.ones(x.shape, x.dtype)


def stft_value(columns, weights):
    """The weighted sum of spectral convergence and of the mean differences of log magnitudes and of magnitudes."""
    squares, energy, logs, differences, n = columns
    of_convergence, of_logs, of_magnitudes = weights
    return of_convergence * np.sqrt(squares / energy) + of_logs * logs / n + of_magnitudes * differences / n


@loss(
    "audio",
    aliases=("stft_loss", "STFTLoss"),
    reference="auraloss.freq.STFTLoss",
    units="1 and nats",
    use="generated audio should have the right spectrum, whatever its phase",
    see={
        "multi_resolution_stft": "the mean over several frame sizes, which is the usual choice",
        "w_sc": "the weight of spectral convergence; its norms go over all rows, or over each with --per row",
        "w_log_mag": "the weight of the mean difference of log magnitudes; w_lin_mag that of magnitudes",
    },
)
def stft(
    pred: Signal,
    target: Signal,
    *,
    fft_size: Period = 1024,
    hop_size: Period = 256,
    win_length: Period = 1024,
    window: Shape = "hann",
    w_sc: NonNegative = 1.0,
    w_log_mag: NonNegative = 1.0,
    w_lin_mag: NonNegative = 0.0,
    eps: Positive = 1e-8,
):
    """Spectral convergence plus the mean absolute difference of the log magnitudes of two short-time Fourier transforms.

    √ (Σ (Y − X)² / Σ Y²) + mean |log X − log Y|, X = √ max(|STFT p|², ε), Y of t

    >>> len(next(stft(np.ones((1, 4)), np.ones((1, 4)), fft_size=4, hop_size=2, win_length=4)))
    5
    """
    columns = yield stft_columns(pred, target, (fft_size, hop_size, win_length, window), eps)
    return stft_value(columns, (w_sc, w_log_mag, w_lin_mag))


@loss(
    "audio",
    aliases=("mrstft", "mr_stft", "multi_resolution_stft_loss", "MultiResolutionSTFTLoss"),
    reference="auraloss.freq.MultiResolutionSTFTLoss",
    units="1 and nats",
    use="a vocoder or an audio model is trained, where no single frame size fits all sounds",
    words=("audio synthesis", "vocoder"),
    see={"stft": "for one frame size, where the weights are explained"},
)
def multi_resolution_stft(
    pred: Signal,
    target: Signal,
    *,
    fft_sizes=(1024.0, 2048.0, 512.0),
    hop_sizes=(120.0, 240.0, 50.0),
    win_lengths=(600.0, 1200.0, 240.0),
    window: Shape = "hann",
    w_sc: NonNegative = 1.0,
    w_log_mag: NonNegative = 1.0,
    w_lin_mag: NonNegative = 0.0,
    eps: Positive = 1e-8,
):
    """The mean of the STFT losses at several resolutions.

    Σ_j stft(p, t; fft_size_j, hop_size_j, win_length_j) / J

    >>> len(next(multi_resolution_stft(np.ones((1, 4)), np.ones((1, 4)), fft_sizes=[4, 2], hop_sizes=[2, 1], win_lengths=[4, 2])))
    10
    """
    frames = [(*frame, window) for frame in zip(fft_sizes, hop_sizes, win_lengths, strict=True)]
    columns = yield tuple(c for frame in frames for c in stft_columns(pred, target, frame, eps))
    each = [stft_value(columns[5 * k : 5 * k + 5], (w_sc, w_log_mag, w_lin_mag)) for k in range(len(frames))]
    return sum(each) / len(each)
