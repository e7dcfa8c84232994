"""The short-time Fourier transform of signals, with its derivative."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.windows import bordered

__all__ = ["amplitudes", "centred_stft", "magnitudes", "mel_filters", "periodic_window", "phases", "stft"]

# Cosine series of periodic windows: w[n] = Σ_k c_k cos(2π k n / N).
_COSINES = {"hann": (0.5, -0.5), "hamming": (0.54, -0.46), "blackman": (0.42, -0.5, 0.08), "rectangular": (1.0,)}


def periodic_window(name: str, length: int, size: int) -> tuple[float, ...]:
    """A periodic window of a length, with zeros on both sides up to `size`, as torch.stft places it."""
    n = np.arange(length)
    if name == "bartlett":
        w = 1 - np.abs(2 * n / length - 1)
    else:
        w = sum(c * np.cos(2 * np.pi * k * n / length) for k, c in enumerate(_COSINES[name])) + 0 * n
    before = (size - length) // 2
    return tuple(np.pad(w, (before, size - length - before)).tolist())


# Slaney's mel scale: linear up to 1000 Hz, then a factor of 6.4 for each 27 mels.
_HZ_OF_A_MEL, _BREAK, _LOG_STEP = 200 / 3, 1000.0, 1.8562979903656263 / 27  # log 6.4


def mel_filters(sample_rate: float, size: int, bands: int) -> Array:
    """Triangular filters of mel bands over the bins of a frame, (bands, size // 2 + 1), each of the area 1 in Hz, as librosa has them."""
    highest = sample_rate / 2
    mels = highest / _HZ_OF_A_MEL if highest < _BREAK else _BREAK / _HZ_OF_A_MEL + np.log(highest / _BREAK) / _LOG_STEP
    m = np.linspace(0.0, mels, bands + 2)
    edges = np.where(m < _BREAK / _HZ_OF_A_MEL, m * _HZ_OF_A_MEL, _BREAK * np.exp(_LOG_STEP * (m - _BREAK / _HZ_OF_A_MEL)))
    width, away = np.diff(edges), edges[:, None] - np.arange(size // 2 + 1) * (sample_rate / size)
    rising, falling = -away[:-2] / width[:-1, None], away[2:] / width[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]


def _frames(x: Array, size: int, hop: int) -> Array:
    """A view of the frames of `size` numbers along the last axis, one after every `hop` numbers."""
    return np.lib.stride_tricks.sliding_window_view(x, size, axis=-1)[..., ::hop, :]


def _stft_by_x(g, out, x, window, hop):
    size = len(window)
    of_bins = g[..., 0, :, :] + 1j * g[..., 1, :, :]
    of_bins[..., 1 : (size + 1) // 2] /= 2  # bins that stand for two frequencies, of which irfft adds both
    of_frames = np.fft.irfft(of_bins, size) * size * np.asarray(window)
    total = np.zeros(x.shape, x.dtype)
    for k in range(of_frames.shape[-2]):
        total[..., k * hop : k * hop + size] += of_frames[..., k, :]
    return total


@primitive(_stft_by_x, None, None)
def stft(x: Array, window: Sequence[float], hop: int) -> Array:
    """The spectrum of each frame of a signal: (…, time) -> (…, 2, frames, bins), the real part, then the imaginary part."""
    spectrum = np.fft.rfft(_frames(x, len(window), hop) * np.asarray(window, x.dtype))
    return np.stack([spectrum.real, spectrum.imag], -3).astype(x.dtype)


def _magnitudes_by_spectrum(g, out, spectrum, least):
    square = spectrum[..., 0, :, :] ** 2 + spectrum[..., 1, :, :] ** 2
    inside = (g * (square >= least) / np.where(out == 0, np.inf, out))[..., None, :, :]
    return inside * spectrum


@primitive(_magnitudes_by_spectrum, None)
def magnitudes(spectrum: Array, least: float) -> Array:
    """The magnitudes of a spectrum as `stft` gives it; their squares are at least `least`."""
    return np.sqrt(np.maximum(spectrum[..., 0, :, :] ** 2 + spectrum[..., 1, :, :] ** 2, least))


def _phases_by_spectrum(g, out, spectrum):
    real, imaginary = spectrum[..., 0, :, :], spectrum[..., 1, :, :]
    square = real**2 + imaginary**2
    slope = g / np.where(square > 0, square, np.inf)
    return np.stack([-slope * imaginary, slope * real], -3)


@primitive(_phases_by_spectrum)
def phases(spectrum: Array) -> Array:
    """The phases of a spectrum as `stft` gives it, from −π to π; 0 has the phase 0 and the derivative 0."""
    return np.arctan2(spectrum[..., 1, :, :], spectrum[..., 0, :, :])


def centred_stft(x: Array, window: Sequence[float], hop: int) -> Array:
    """The STFT of a signal with reflected ends, as torch.stft centres its frames."""
    half = len(window) // 2
    return stft(bordered(x, half, half, "reflect", 1), window, hop)


def _amplitudes_by_x(g, out, x, dims):
    scale = _scale(x, dims)
    spectrum, sizes = _spectrum(x / scale, dims), out / scale
    phases = spectrum / np.where(sizes == 0, np.inf, sizes)
    return np.fft.ifftn(g * phases, axes=tuple(range(-dims, 0)), norm="ortho").real.astype(x.dtype)


def _scale(x, dims):
    """A power of two near the largest number, so that no square of a part of the spectrum overflows or underflows."""
    return power_of_two_scale(np.abs(x).max(tuple(range(-dims, 0)), keepdims=True))


def _spectrum(x, dims):
    return np.fft.fftn(x, axes=tuple(range(-dims, 0)), norm="ortho")


@primitive(_amplitudes_by_x, None)
def amplitudes(x: Array, dims: int) -> Array:
    """The amplitudes of the Fourier transform over the last `dims` axes, which keeps the sum of squares; 0 has the derivative 0."""
    scale = _scale(x, dims)
    return np.abs(_spectrum(x / scale, dims)).astype(x.dtype) * scale
