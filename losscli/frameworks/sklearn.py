"""scikit-learn: a weighted mean over the rows, as ours."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Form

__all__ = ["TABLES"]

TABLES = (
    Table(
        "sklearn.metrics",
        rows=(
            row("mse", "mean_squared_error"),
            row("mae", "mean_absolute_error"),
            row("rmse", "root_mean_squared_error"),
            row("quantile", "mean_pinball_loss", renames={"alpha": "tau"}),
            row("mape", "mean_absolute_percentage_error"),
            row("msle", "mean_squared_log_error"),
            row("rmsle", "root_mean_squared_log_error"),
            row("max_error", "max_error"),
            row("median_ae", "median_absolute_error"),
            row("brier", "brier_score_loss"),
            row("tweedie_deviance", "mean_tweedie_deviance"),
            row("tweedie_deviance", "mean_poisson_deviance", options={"power": 1.0}),
            row("tweedie_deviance", "mean_gamma_deviance", options={"power": 2.0}),
            row("logloss", "log_loss", by_shape={"numbers": Form("bce", {"options": {"clip": 2.0**-52}})}),
            row("hinge", "hinge_loss", signs="target", by_shape={"vectors": Form("multiclass_hinge", {"signs": None})}),
            row("zero_one", "zero_one_loss"),
            row("hamming", "hamming_loss"),
            row("label_ranking", "label_ranking_loss"),
            row("coverage_error", "coverage_error"),
        ),
    ),
)
