"""scikit-image: scores of one image; of several, their mean."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "skimage.metrics",
        shared={"options": {"form": "score"}},
        rows=(
            row(
                "ssim",
                "structural_similarity",
                options={"window": "uniform", "window_size": 7, "covariance": "sample", "truncate": 3.5},
                renames={"win_size": "window_size", "K1": "k1", "K2": "k2"},
                instead={
                    "gaussian_weights": "--window gaussian",
                    "use_sample_covariance": "--covariance population",
                    "channel_axis": "channels are on axis 1, (rows, channels, H, W)",
                    "full": "only the mean over an image is available",
                    "gradient": "--grad",
                },
            ),
            row("psnr", "peak_signal_noise_ratio", per="row"),
        ),
    ),
)
