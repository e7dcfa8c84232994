"""Losses of spectra in bands that are as wide as the ear hears them: the mel scale."""

from __future__ import annotations

from losscli.domains import NonNegative, Period, Positive, Signal
from losscli.losses.spectra import Distance, Shape, phase_terms, stft_value, terms
from losscli.numeric.lazy import np
from losscli.numeric.spectra import centred_stft, magnitudes, mel_filters, periodic_window
from losscli.registry import loss

__all__ = ["mel_stft"]


def _no_empty_filter(options, framework):
    """What is wrong with more mel bands than the bins of a frame can fill."""
    filters = mel_filters(options["sample_rate"], int(options["fft_size"]), int(options["n_mels"]))
    empty = int((filters.max(-1) == 0).sum())
    if not empty:
        return ""
    return f"{empty} of {filters.shape[0]} mel bands lie between the bins of a frame of {options['fft_size']:g}: take fewer --n-mels"


@loss(
    "audio",
    aliases=("mel_stft_loss", "MelSTFTLoss", "mel_spectrogram_loss"),
    reference="auraloss.freq.MelSTFTLoss",
    units="1 and nats",
    use="speech or music should sound right: low frequencies are heard more finely than high ones",
    words=("mel spectrogram", "speech synthesis", "vocoder", "text to speech"),
    see={
        "stft": "of the bins themselves, where the weights are explained",
        "sample_rate": "of the signals, in Hz: give it, since the bands depend on it",
        "n_mels": "bands between 0 and half the sample rate, as librosa has them (Slaney's scale, each band of the area 1)",
    },
)
def mel_stft(
    pred: Signal,
    target: Signal,
    *,
    sample_rate: Positive = 44100.0,
    n_mels: Period = 128,
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
    """Spectral convergence plus the mean absolute difference of logarithms, of the magnitudes of two STFTs in mel bands.

    √ (Σ (Y − X)² / Σ Y²) + mean |log X − log Y|, X = F √ max(|STFT p|², ε), Y of t, F the filters of the bands

    >>> len(next(mel_stft(np.ones((1, 8)), np.ones((1, 8)), fft_size=8, hop_size=2, win_length=8, n_mels=2)))
    7
    """
    frame = periodic_window(window, int(win_length), int(fft_size))
    filters = mel_filters(sample_rate, int(fft_size), int(n_mels)).T.astype(pred.dtype)
    spectra = [centred_stft(z, frame, int(hop_size)) for z in (pred, target)]
    x, y = (np.matmul(magnitudes(z, eps), filters) for z in spectra)
    return stft_value((yield *terms(x, y, mag_distance), *phase_terms(spectra, w_phs)), (w_sc, w_log_mag, w_lin_mag, w_phs))


mel_stft.refusal = _no_empty_filter  # type: ignore[attr-defined]
