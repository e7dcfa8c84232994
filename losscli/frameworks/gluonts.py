"""GluonTS: means over all times and series; a quantile loss is twice the pinball loss."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["REFUSED", "TABLES"]

_LEVELS = {"quantile_levels": "quantiles"}
_RATIO = {"options": {"epsilon": TINY}}

TABLES = (
    Table(
        "gluonts.ev.metrics",
        rows=(
            row("mae", "MAE"),
            row("mse", "MSE"),
            row("rmse", "RMSE", per="all"),
            row("mape", "MAPE", **_RATIO),
            row("smape", "SMAPE", **_RATIO),
            row("wape", "ND", **_RATIO),
            row("mase", "MASE"),
            row("mae", "SumAbsoluteError", "sum_absolute_error", reduction="sum"),
            row("mean_error", "SumError", "sum_error", factor=-1.0, reduction="sum"),
            row("quantile", "SumQuantileLoss", factor=2.0, reduction="sum", renames={"q": "tau"}),
            row("weighted_quantile", "MeanWeightedSumQuantileLoss", renames=_LEVELS),
            row("multi_quantile", "MeanSumQuantileLoss", factor=2.0, reduction="sum", renames=_LEVELS),
            row("scaled_quantile", "MeanScaledQuantileLoss", factor=2.0, renames={"q": "tau"}),
            row("scaled_multi_quantile", "AverageMeanScaledQuantileLoss", factor=2.0, renames=_LEVELS),
            row("quantile_coverage", "Coverage", instead={"q": "give the quantile of this level as --pred"}),
            row("quantile_coverage_error", "MAECoverage", renames=_LEVELS),
            row("msis", "MSIS"),
            row("owa", "OWA"),
            row("nrmse", "NRMSE", options={"normalization": "mean_absolute"}, per="all"),
        ),
    ),
    Table(
        "gluonts.evaluation.metrics",
        rows=(
            row("mse", "mse"),
            row("mae", "abs_error", reduction="sum"),
            row("mape", "mape", **_RATIO),
            row("smape", "smape", **_RATIO),
            row("mase", "mase"),
            row("quantile_coverage", "coverage"),
            row("msis", "msis", instead={"seasonal_error": "give the --history that it is computed from"}),
            row("quantile", "quantile_loss", factor=2.0, reduction="sum", renames={"q": "tau"}),
        ),
    ),
)

REFUSED = {
    "WeightedSumQuantileLoss": "it is gluonts.MeanWeightedSumQuantileLoss of one level, whose rows are vectors of one number: [[1.5], [2]]",
    "BaseMetricDefinition DerivedMetric DirectMetric Metric MetricCollection MetricDefinition MetricDefinitionCollection": (
        "it is a class that metrics are made of, not a loss: name the metric"
    ),
    "MeanAbsoluteLabel SumAbsoluteLabel abs_target_mean abs_target_sum": (
        "it is the size of the targets alone; gluonts.ND is the error divided by it"
    ),
    "SumNumMaskedTargetValues num_masked_values": "it counts targets that are missing: a result here says how many rows were left out",
    "calculate_seasonal_error": "it is the scale of gluonts.MASE, which computes it from --history and --seasonality",
}
