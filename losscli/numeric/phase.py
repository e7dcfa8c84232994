"""Phase congruency of images: where the waves of all scales are in phase, there is an edge or a line, whatever the contrast."""

from __future__ import annotations

import math
from typing import Any

from losscli.numeric.distances import norm
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.record import Record

__all__ = ["Bank", "phase_congruency"]

_CUTOFF, _ORDER = 0.45, 15  # of the low-pass filter, which takes the corners of the spectrum away


class Bank(Record):
    """A bank of log-Gabor filters: how many there are, and how wide."""

    scales: int = 4
    orientations: int = 4
    min_length: float = 6.0  # the wavelength of the finest scale, in pixels
    mult: float = 2.0  # the factor from scale to scale
    sigma_f: float = 0.55
    delta_theta: float = 1.2


def _frequencies(size: int) -> Array:
    """From −½ to about ½; of an odd size up to ½, as in Kovesi's code."""
    return np.arange(-(size - 1) / 2, size / 2) / max(1, size - 1) if size % 2 else np.arange(-size / 2, size / 2) / size


def _filters(shape: tuple[int, int], bank: Bank) -> Array:
    """(orientations, scales, H, W), each real, with the frequency 0 first."""
    rows, columns = np.meshgrid(*(_frequencies(n) for n in shape), indexing="ij")
    radius, theta = np.fft.ifftshift(np.sqrt(rows**2 + columns**2)), np.fft.ifftshift(np.arctan2(-columns, rows))
    low_pass = 1 / (1 + (radius / _CUTOFF) ** (2 * _ORDER))
    radius[0, 0] = 1
    waves = [bank.min_length * bank.mult**s for s in range(bank.scales)]
    radial = np.stack([np.exp(-(np.log(radius * w) ** 2) / (2 * math.log(bank.sigma_f) ** 2)) * low_pass for w in waves])
    radial[:, 0, 0] = 0
    angles = [o * math.pi / bank.orientations for o in range(bank.orientations)]
    away = np.stack([np.abs(np.arctan2(np.sin(theta - a), np.cos(theta - a))) for a in angles])
    spread = math.pi / (bank.orientations * bank.delta_theta)
    return np.exp(-(away**2) / (2 * spread**2))[:, None] * radial


def _waves_by_x(g, out, x, filters):
    spectra = np.fft.fft2(g[..., 0, :, :] + 1j * g[..., 1, :, :]) * filters
    return np.fft.ifft2(spectra.sum((-4, -3))).real.astype(x.dtype)


@primitive(_waves_by_x, None)
def _waves(x: Array, filters: Array) -> Array:
    """The even and the odd response of each filter: (…, H, W) -> (…, orientations, scales, 2, H, W)."""
    found = np.fft.ifft2(np.fft.fft2(x)[..., None, None, :, :] * filters)
    return np.stack([found.real, found.imag], -3).astype(x.dtype)


def _noise_factor(filters: Array, k: float) -> Array:
    """The threshold of the energy of noise, divided by the root of the median of the finest squared amplitudes; per orientation."""
    at_places = np.fft.ifft2(filters).real * math.sqrt(filters.shape[-2] * filters.shape[-1])
    # Σ_s a_s² + 2 Σ_(s < r) a_s a_r = (Σ_s a_s)²
    power = (at_places.sum(-3) ** 2).sum((-2, -1)) / (filters[:, 0] ** 2).sum((-2, -1)) / math.log(2)
    return np.sqrt(power) * (math.sqrt(math.pi / 2) + k * math.sqrt(2 - math.pi / 2)) / 1.7


def _median(x: Array, lower: bool) -> Array:
    """The median of the last axis; of an even number the mean of the two in the middle, or the lower one."""
    n, order = x.shape[-1], np.sort(x, -1)
    return order[..., (n - 1) // 2] if lower or n % 2 else (order[..., n // 2 - 1] + order[..., n // 2]) / 2


def phase_congruency(x: Array, bank: Bank, k: float, lower: bool, least: float) -> Array:
    """From 0 to 1 for each pixel of images (…, H, W): how much of the amplitudes of the waves is in phase, less what noise would be."""
    filters = _filters(x.shape[-2:], bank)  # in double precision, as the transforms are
    waves = _waves(x, filters)
    even, odd = waves[..., 0, :, :], waves[..., 1, :, :]
    size = norm(np.moveaxis(waves, -3, -1))
    total_even, total_odd = even.sum(-3)[..., None, :, :], odd.sum(-3)[..., None, :, :]
    length = norm(np.stack([total_even, total_odd], -1)) + least
    a, b = total_even / length, total_odd / length
    energy: Any = (even * a + odd * b - np.abs(even * b - odd * a)).sum(-3)
    finest = size[..., 0, :, :]
    median = _median((finest**2).reshape(*finest.shape[:-2], -1), lower)
    noise = np.where(median > 0, np.sqrt(np.where(median > 0, median, 1.0)), 0.0) * _noise_factor(filters, k).astype(x.dtype)
    energy = np.maximum(energy - noise[..., None, None], 0.0)
    return (energy.sum(-3) + least) / (size.sum((-4, -3)) + least)
