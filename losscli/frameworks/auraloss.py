"""auraloss: losses of signals and of their spectra; time is the last axis."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import Setting

__all__ = ["REFUSED", "TABLES"]

_INSTEAD = {
    "scale": "auraloss.MelSTFTLoss has the mel scale; no chroma scale is available",
    "perceptual_weighting": "filter the signals first",
    "scale_invariance": "scale the signals first",
}

_WINDOWS = {
    "window": Setting(
        "hann_window",
        {f"{name}{end}": {"options": {"window": name}} for end in ("_window", "") for name in ("hann", "hamming", "blackman", "bartlett")},
        "The window of a frame, by torch's name of it.",
    )
}
_ONE_NUMBER = {"sum": None, "none": None}  # its sum and none leave only the differences of logarithms unreduced

TABLES = (
    Table(
        "auraloss.time",
        rows=(
            row("si_sdr", "SISDRLoss"),
            row("sd_sdr", "SDSDRLoss"),
            row("snr", "SNRLoss"),
            row("esr", "ESRLoss"),
            row("dc_error", "DCLoss"),
        ),
    ),
    Table(
        "auraloss.freq",
        shared={"settings": _WINDOWS, "by_reduction": _ONE_NUMBER, "instead": _INSTEAD},
        rows=(
            row("stft", "STFTLoss"),
            row("multi_resolution_stft", "MultiResolutionSTFTLoss"),
            row("stereo_stft", "SumAndDifferenceSTFTLoss"),
            row("mel_stft", "MelSTFTLoss"),
        ),
    ),
    Table("auraloss.freq", rows=(row("spectral_convergence", "SpectralConvergenceLoss"),)),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "ChromaSTFTLoss": "it needs librosa's filters of the tones of an octave; auraloss.MelSTFTLoss has bands of the mel scale",
    "STFTMagnitudeLoss": "it is mae of log(pred) and log(target), or with no logarithm mae",
    "RandomResolutionSTFTLoss": (
        "it draws random numbers at each call, the sizes of its frames; auraloss.STFTLoss is the loss at one size"
    ),
    "LogCoshLoss": "it adds 1e-8 inside the logarithm; log_cosh is the loss without it, for a = 1",
    "FIRFilter": "it is a filter: apply it to both signals first",
    "SumAndDifference": "it makes the sum and the difference of stereo: auraloss.SumAndDifferenceSTFTLoss is the loss of them",
}
