"""NeuralForecast: a mean weighted by the mask and the horizon weights, which is 0 where all of them are 0."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["TABLES"]

TABLES = (
    Table(
        "neuralforecast.losses.pytorch",
        shared={"empty_mean": {"rows": 0.0, "terms": 0.0}},
        rows=(
            row("mae", "MAE"),
            row("mse", "MSE"),
            row("rmse", "RMSE", per="all"),
            row("mape", "MAPE", options={"epsilon": TINY, "at_zero": "zero"}),
            row("smape", "SMAPE", options={"epsilon": TINY}),
            row("mase", "MASE"),
            row("quantile", "QuantileLoss", renames={"q": "tau"}),
            row("huber", "HuberLoss"),
            row("multi_quantile", "MQLoss"),
            row("huber_quantile", "HuberQLoss", renames={"q": "tau"}),
            row("huber_multi_quantile", "HuberMQLoss"),
        ),
    ),
)
