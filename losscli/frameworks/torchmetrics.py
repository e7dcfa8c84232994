"""TorchMetrics: each metric is a class under two names, and a function under two names."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Row, Table, row

__all__ = ["TABLES"]

_LOG_PROB = {"log_prob": "give exp of the logarithms"}


def _row(loss: str, name: str, function: str, group: str = "regression", **differs: Any) -> Row:
    return row(loss, name, f"{group}.{name}", f"functional.{function}", f"functional.{group}.{function}", **differs)


TABLES = (
    Table(
        "torchmetrics",
        rows=(
            _row("mae", "MeanAbsoluteError", "mean_absolute_error"),
            _row("mse", "MeanSquaredError", "mean_squared_error", instead={"squared": "squared=False is rmse"}),
            _row("msle", "MeanSquaredLogError", "mean_squared_log_error"),
            _row("mape", "MeanAbsolutePercentageError", "mean_absolute_percentage_error", options={"epsilon": 1.17e-6}),
            _row("smape", "SymmetricMeanAbsolutePercentageError", "symmetric_mean_absolute_percentage_error"),
            _row("wape", "WeightedMeanAbsolutePercentageError", "weighted_mean_absolute_percentage_error", empty_mean={"rows": 0.0}),
            _row("log_cosh", "LogCoshError", "log_cosh_error"),
            _row("minkowski", "MinkowskiDistance", "minkowski_distance", empty_mean={"rows": 0.0}),
            _row("rse", "RelativeSquaredError", "relative_squared_error"),
            _row("nrmse", "NormalizedRootMeanSquaredError", "normalized_root_mean_squared_error"),
            _row("tweedie_deviance", "TweedieDevianceScore", "tweedie_deviance_score"),
            _row("cosine_similarity", "CosineSimilarity", "cosine_similarity", options={"eps": 0.0}, reduction="sum"),
            # Its p is target here, the distribution of the data, and its q is pred.
            _row("kl_div_probs", "KLDivergence", "kl_divergence", options={"epsilon": 0.0}, instead=_LOG_PROB),
            _row("js_divergence", "JensenShannonDivergence", "jensen_shannon_divergence", instead=_LOG_PROB),
            _row("hamming", "HammingDistance", "hamming_distance", "classification"),
            _row("hamming", "BinaryHammingDistance", "binary_hamming_distance", "classification"),
            _row("hamming", "MultilabelHammingDistance", "multilabel_hamming_distance", "classification"),
            _row("coverage_error", "MultilabelCoverageError", "multilabel_coverage_error", "classification"),
            _row("label_ranking", "MultilabelRankingLoss", "multilabel_ranking_loss", "classification"),
            row(
                "crps_ensemble",
                "ContinuousRankedProbabilityScore",
                "regression.ContinuousRankedProbabilityScore",
                "regression.continuous_ranked_probability_score",
                "functional.regression.continuous_ranked_probability_score",
            ),
        ),
    ),
)
