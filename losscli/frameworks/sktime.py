"""sktime: a mean over the times, weighted by horizon_weight, then over the outputs, as in scikit-learn."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import times

__all__ = ["TABLES"]
_BENCHMARK = {"y_pred_benchmark": "it is --benchmark here"}
_NOT_SYMMETRIC = {"symmetric": "only false is available", "square_root": "take the root of the result"}

TABLES = (
    Table(
        "sktime.performance_metrics.forecasting",
        rows=(
            row("mae", "mean_absolute_error", "MeanAbsoluteError"),
            row("mse", "mean_squared_error", "MeanSquaredError", instead={"square_root": "rmse is the root"}),
            row("median_ae", "median_absolute_error", "MedianAbsoluteError"),
            row(
                "mape",
                "mean_absolute_percentage_error",
                "MeanAbsolutePercentageError",
                renames={"eps": "epsilon"},
                instead={"symmetric": "smape is the symmetric one", "relative_to": "exchange pred and target for relative_to y_pred"},
            ),
            row("mase", "mean_absolute_scaled_error", "MeanAbsoluteScaledError", renames={"sp": "seasonality"}),
            row(
                "msle",
                "mean_squared_log_error",
                "MeanSquaredLogError",
                options={"clip": 0.0},
                instead={"square_root": "rmsle is the root"},
            ),
            row(
                "linex",
                "mean_linex_error",
                "MeanLinexError",
                options={"a": -1.0},
                renames={"a": times("a", -1)},
                instead={"b": "it is a factor of the loss: multiply the result by it"},
            ),
            row("geometric_mae", "geometric_mean_absolute_error", "GeometricMeanAbsoluteError"),
            row("rae", "relative_loss", "RelativeLoss", instead=_BENCHMARK | {"relative_loss_function": "only the default, mae"}),
            row("mrae", "mean_relative_absolute_error", "MeanRelativeAbsoluteError", instead=_BENCHMARK),
            row("median_rae", "median_relative_absolute_error", "MedianRelativeAbsoluteError", instead=_BENCHMARK),
            row("geometric_rae", "geometric_mean_relative_absolute_error", "GeometricMeanRelativeAbsoluteError", instead=_BENCHMARK),
            row("median_se", "median_squared_error", "MedianSquaredError", instead={"square_root": "take the root of the result"}),
            row("median_ape", "median_absolute_percentage_error", "MedianAbsolutePercentageError", instead=_NOT_SYMMETRIC),
            row("mspe", "mean_squared_percentage_error", "MeanSquaredPercentageError", instead=_NOT_SYMMETRIC),
            row("maape", "mean_arctangent_absolute_percentage_error", "MeanArctangentAbsolutePercentageError"),
            row("mean_asymmetric_error", "mean_asymmetric_error", "MeanAsymmetricError"),
            row("interval_coverage", "probabilistic.EmpiricalCoverage"),
            row("interval_width", "probabilistic.IntervalWidth"),
            row("quantile", "probabilistic.PinballLoss", renames={"alpha": "tau"}),
        ),
    ),
)
