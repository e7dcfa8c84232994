"""sktime: a mean over the times, weighted by horizon_weight, then over the outputs, as in scikit-learn."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import times

__all__ = ["TABLES"]

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
            row("quantile", "probabilistic.PinballLoss", renames={"alpha": "tau"}),
        ),
    ),
)
