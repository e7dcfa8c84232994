"""Losses whose rows are large under the default options, such as images of 176 × 176 pixels: their laws are tested with others."""

from __future__ import annotations

from typing import Any

__all__ = ["LARGE"]

# name: options that need few numbers, and the shape of a row
LARGE: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "ssim": ({"window_size": 3}, (4, 3)),
    "ssim_of_range": ({"window_size": 3}, (3, 3)),
    "unified_focal": ({}, (1, 2, 3)),
    "stft": ({"fft_size": 4, "hop_size": 2, "win_length": 3, "eps": 0.01}, (6,)),
    "multi_resolution_stft": ({"fft_sizes": [4, 2], "hop_sizes": [2, 1], "win_lengths": [4, 2]}, (5,)),
    "mel_stft": ({"fft_size": 4, "hop_size": 2, "win_length": 3, "n_mels": 1, "sample_rate": 8.0, "eps": 0.01}, (6,)),
    "stereo_stft": ({"fft_sizes": [4, 2], "hop_sizes": [2, 1], "win_lengths": [4, 2]}, (2, 5)),
    "sdr": ({"filter_length": 2}, (6,)),
    "windowed_rmse": ({"window_size": 2}, (3, 4)),
    "rase": ({"window_size": 2}, (2, 3, 3)),
    "spatial_correlation": ({"window_size": 3}, (3, 4)),
    "spectral_distortion": ({"window_size": 3}, (2, 3, 4)),
    "vif": ({"windows": [3, 1]}, (5, 6)),
    "ms_ssim": ({"window_size": 1, "scale_weights": [0.25, 0.75]}, (2, 4)),
}
