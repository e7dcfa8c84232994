"""auraloss: losses of signals and of their spectra; time is the last axis."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_INSTEAD = {
    "w_phs": "no loss of phases is available",
    "scale": "auraloss.MelSTFTLoss has the mel scale; no chroma scale is available",
    "perceptual_weighting": "filter the signals first",
    "scale_invariance": "scale the signals first",
    "mag_distance": "only L1 is available",
}

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
        rows=(
            row("stft", "STFTLoss", instead=_INSTEAD),
            row("multi_resolution_stft", "MultiResolutionSTFTLoss", instead=_INSTEAD),
            row("stereo_stft", "SumAndDifferenceSTFTLoss", instead=_INSTEAD),
            row("mel_stft", "MelSTFTLoss", instead=_INSTEAD),
            row("spectral_convergence", "SpectralConvergenceLoss"),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "ChromaSTFTLoss": "it needs librosa's filters of the tones of an octave; auraloss.MelSTFTLoss has bands of the mel scale",
    "STFTMagnitudeLoss": "it is mae of log(pred) and log(target), or with no logarithm mae",
    "RandomResolutionSTFTLoss": (
        "it draws random numbers at each call, the sizes of its frames; auraloss.STFTLoss is the loss at one size"
    ),
    "FIRFilter": "it is a filter: apply it to both signals first",
}
