"""Losses of the spectra of signals: the magnitudes of short-time Fourier transforms."""

from __future__ import annotations

from typing import Literal

from losscli.domains import NonNegative, Period, Positive, Real, Signal
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.spectra import centred_stft, magnitudes, periodic_window, phases
from losscli.registry import loss

__all__ = ["multi_resolution_stft", "spectral_convergence", "stft"]

Shape = Literal["hann", "hamming", "blackman", "bartlett", "rectangular"]
Distance = Literal["L1", "L2"]


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


def terms(x, y, distance):
    """Of the magnitudes of two spectra: squared differences, squares, distances of the logarithms and of the magnitudes, and 1."""
    apart = np.square if distance == "L2" else np.abs
    return (y - x) ** 2, y**2, apart(np.log(x) - np.log(y)), apart(x - y), np.ones(x.shape, x.dtype)


def phase_terms(spectra, weight):
    """The squared differences of the phases of two spectra, and 1; nothing where they have no weight."""
    if not weight:
        return 0.0, 1.0
    x, y = (phases(z) for z in spectra)
    return (x - y) ** 2, np.ones(x.shape, x.dtype)


def stft_columns(pred, target, frame, options):
    """The columns of `terms` and of `phase_terms` for one resolution; options: eps, the distance, and the weight of phases."""
    size, hop, length, shape = frame
    eps, distance, of_phases = options
    window = periodic_window(shape, int(length), int(size))
    spectra = [centred_stft(z, window, int(hop)) for z in (pred, target)]
    x, y = (magnitudes(z, eps) for z in spectra)
    return *terms(x, y, distance), *phase_terms(spectra, of_phases)


def stft_value(columns, weights):
    """The weighted sum of spectral convergence and of the mean differences of log magnitudes, of magnitudes and of phases."""
    squares, energy, logs, differences, n, angles, m = columns
    of_convergence, of_logs, of_magnitudes, of_phases = weights
    value = of_convergence * np.sqrt(squares / energy) + of_logs * logs / n + of_magnitudes * differences / n
    return value + of_phases * angles / m if of_phases else value


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
        "w_phs": "the weight of the mean squared difference of the phases, which are from −π to π and are not unwrapped",
        "mag_distance": "L1 takes the absolute differences of magnitudes and of their logarithms, L2 their squares",
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
    w_phs: NonNegative = 0.0,
    mag_distance: Distance = "L1",
    eps: Positive = 1e-8,
):
    """Spectral convergence plus the mean absolute difference of the log magnitudes of two short-time Fourier transforms.

    √ (Σ (Y − X)² / Σ Y²) + mean |log X − log Y|, X = √ max(|STFT p|², ε), Y of t

    >>> len(next(stft(np.ones((1, 4)), np.ones((1, 4)), fft_size=4, hop_size=2, win_length=4)))
    7
    """
    columns = yield stft_columns(pred, target, (fft_size, hop_size, win_length, window), (eps, mag_distance, w_phs))
    return stft_value(columns, (w_sc, w_log_mag, w_lin_mag, w_phs))


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
    w_phs: NonNegative = 0.0,
    mag_distance: Distance = "L1",
    eps: Positive = 1e-8,
):
    """The mean of the STFT losses at several resolutions.

    Σ_j stft(p, t; fft_size_j, hop_size_j, win_length_j) / J

    >>> len(next(multi_resolution_stft(np.ones((1, 4)), np.ones((1, 4)), fft_sizes=[4, 2], hop_sizes=[2, 1], win_lengths=[4, 2])))
    14
    """
    frames = [(*frame, window) for frame in zip(fft_sizes, hop_sizes, win_lengths, strict=True)]
    columns = yield tuple(c for frame in frames for c in stft_columns(pred, target, frame, (eps, mag_distance, w_phs)))
    each = [stft_value(columns[7 * k : 7 * k + 7], (w_sc, w_log_mag, w_lin_mag, w_phs)) for k in range(len(frames))]
    return sum(each) / len(each)
