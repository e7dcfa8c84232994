"""Losses of the spectra of signals: the magnitudes of short-time Fourier transforms."""

from __future__ import annotations

from typing import Literal

from losscli.domains import NonNegative, Period, Positive, Real, Signal
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.spectra import magnitudes, periodic_window
from losscli.registry import loss

__all__ = ["multi_resolution_stft", "spectral_convergence", "stft"]

Shape = Literal["hann", "hamming", "blackman", "bartlett", "rectangular"]


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
