"""TorchMetrics: each metric is a class under two names, and a function."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row

__all__ = ["TABLES"]


def _row(loss: str, name: str, function: str, **differs: Any) -> Row:
    return row(loss, name, f"regression.{name}", f"functional.{function}", **differs)


TABLES = (
    Table(
        "torchmetrics",
        rows=(
            _row("smape", "SymmetricMeanAbsolutePercentageError", "symmetric_mean_absolute_percentage_error"),
            _row("wape", "WeightedMeanAbsolutePercentageError", "weighted_mean_absolute_percentage_error", empty_mean={"rows": 0.0}),
            _row("minkowski", "MinkowskiDistance", "minkowski_distance", empty_mean={"rows": 0.0}),
            row("perplexity", "text.Perplexity", "functional.text.perplexity", "functional.perplexity", options={"shift": False}),
            _row("rse", "RelativeSquaredError", "relative_squared_error"),
            _row("nrmse", "NormalizedRootMeanSquaredError", "normalized_root_mean_squared_error"),
            _row("crps_ensemble", "ContinuousRankedProbabilityScore", "regression.continuous_ranked_probability_score"),
        ),
    ),
)
