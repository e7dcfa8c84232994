"""LightGBM: its metrics, weighted means over the rows; poisson takes the mean, binary_logloss and multi_logloss probabilities."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_EPSILON = 1.0000000036274937e-15  # its 1e-15 in single precision

TABLES = (
    Table(
        "lightgbm",
        rows=(
            row("mae", "l1", "mean_absolute_error", "mae", "regression_l1"),
            row("mse", "l2", "mean_squared_error", "mse", "regression", "regression_l2"),
            row("rmse", "rmse", "root_mean_squared_error", "l2_root", per="all"),
            row("quantile", "quantile", options={"tau": 0.9}, renames={"alpha": "tau"}),
            row("mape", "mape", "mean_absolute_percentage_error", options={"epsilon": 1.0}),
            row("huber", "huber", options={"delta": 0.9}, renames={"alpha": "delta"}),
            row("poisson_nll", "poisson", options={"log_input": False, "eps": 0.0}),
            row("bce", "binary_logloss", "binary", options={"floor": -34.53877639128682}),
            row("bce", "cross_entropy", "xentropy", options={"floor": -27.631021115928547}),
            row("logloss", "multi_logloss", "multiclass", "softmax", options={"clip": _EPSILON}),
        ),
    ),
)
