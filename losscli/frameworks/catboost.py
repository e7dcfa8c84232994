"""CatBoost: weighted means over the objects; a classifier's loss takes raw scores."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["TABLES"]

TABLES = (
    Table(
        "catboost",
        rows=(
            # MAE and Quantile subtract 10⁻⁶ from each absolute error, their delta.
            row("epsilon_insensitive", "MAE", options={"epsilon": 1e-6}, renames={"delta": "epsilon"}),
            row("rmse", "RMSE", per="all"),
            row("r2", "R2", score="R2"),
            row("mape", "MAPE", options={"epsilon": 1.0}),
            row("msle", "MSLE"),
            row("smape", "SMAPE", options={"epsilon": TINY, "percent": True}),
            row("median_ae", "MedianAbsoluteError"),
            row("quantile", "Quantile", renames={"alpha": "tau"}),
            row("expectile", "Expectile", renames={"alpha": "tau"}),
            row("huber", "Huber"),
            row("poisson_nll", "Poisson"),
            row("bce_with_logits", "Logloss", "CrossEntropy"),
            row("cross_entropy", "MultiClass"),
            row("hamming", "HammingLoss"),
            row("zero_one", "ZeroOneLoss"),
        ),
    ),
)
