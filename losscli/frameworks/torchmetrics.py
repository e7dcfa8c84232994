"""TorchMetrics: each metric is a class under two names, and a function."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row

__all__ = ["TABLES"]


def _image(loss: str, name: str, function: str, **differs: Any) -> Row:
    return row(loss, name, f"image.{name}", f"functional.{function}", f"functional.image.{function}", **differs)


def _audio(loss: str, name: str, function: str, **differs: Any) -> Row:
    return row(loss, name, f"audio.{name}", f"functional.{function}", f"functional.audio.{function}", **differs)


def _row(loss: str, name: str, function: str, **differs: Any) -> Row:
    return row(loss, name, f"regression.{name}", f"functional.{function}", **differs)


TABLES = (
    Table(
        "torchmetrics",
        rows=(
            _row("smape", "SymmetricMeanAbsolutePercentageError", "symmetric_mean_absolute_percentage_error"),
            _row("wape", "WeightedMeanAbsolutePercentageError", "weighted_mean_absolute_percentage_error", empty_mean={"rows": 0.0}),
            _row("minkowski", "MinkowskiDistance", "minkowski_distance", empty_mean={"rows": 0.0}),
            _row("rse", "RelativeSquaredError", "relative_squared_error"),
            _row("nrmse", "NormalizedRootMeanSquaredError", "normalized_root_mean_squared_error"),
            _row("crps_ensemble", "ContinuousRankedProbabilityScore", "regression.continuous_ranked_probability_score"),
        ),
    ),
    # The scores of images: a mean over the channels, then over the images. A Gaussian window has a radius of 3.5 sigmas.
    Table(
        "torchmetrics",
        shared={"last_axis": "mean"},
        rows=(
            _image(
                "ssim_of_range",
                "StructuralSimilarityIndexMeasure",
                "structural_similarity_index_measure",
                options={"form": "score", "truncate": 3.5},
                renames={"kernel_size": "window_size"},
                instead={"gaussian_kernel": "--window uniform"},
            ),
            _image(
                "ms_ssim",
                "MultiScaleStructuralSimilarityIndexMeasure",
                "multiscale_structural_similarity_index_measure",
                options={"form": "score", "truncate": 3.5, "padding": "reflect", "channels": "joint", "data_range": None},
                renames={"kernel_size": "window_size", "betas": "scale_weights", "normalize": "negative"},
                instead={"gaussian_kernel": "--window uniform"},
                last_axis=None,
            ),
            _image(
                "psnr",
                "PeakSignalNoiseRatio",
                "peak_signal_noise_ratio",
                options={"form": "score"},
                per="all",
                last_axis=None,
                instead={"dim": "--per row", "base": "only base 10 is available"},
            ),
            _image("total_variation", "TotalVariation", "total_variation", reduction="sum", last_axis="sum"),
        ),
    ),
    # Ratios of signals, with the precision of float64 above and below each fraction.
    Table(
        "torchmetrics",
        shared={"options": {"form": "score", "eps": 2.0**-52, "eps_in": "fractions", "zero_mean": False}},
        rows=(
            _audio("si_sdr", "ScaleInvariantSignalDistortionRatio", "scale_invariant_signal_distortion_ratio"),
            _audio("si_sdr", "ScaleInvariantSignalNoiseRatio", "scale_invariant_signal_noise_ratio", options={"zero_mean": True}),
            _audio("snr", "SignalNoiseRatio", "signal_noise_ratio"),
        ),
    ),
)
