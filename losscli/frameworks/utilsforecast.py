"""utilsforecast: one number a series, a mean over its times; the rows here are the times of one series, or of several (--series)."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import ALPHA_OF_LEVEL, TINY
from losscli.registry import times

__all__ = ["TABLES"]

TABLES = (
    Table(
        "utilsforecast.losses",
        rows=(
            row("mae", "mae"),
            row("mse", "mse"),
            row("rmse", "rmse"),
            row("mae", "pis", reduction="sum"),
            row("mape", "mape", options={"epsilon": TINY, "at_zero": "omit"}),
            row("smape", "smape", options={"epsilon": TINY}, factor=0.5),  # over |p| + |t|, not over their mean
            row("wape", "wape", "nd", options={"epsilon": TINY}),
            row("series_scaled_error", "mase"),
            row("series_scaled_error", "rmsse", options={"error": "root"}),
            row("quantile", "quantile_loss", renames={"q": "tau"}),
            row("interval_score", "winkler_score", renames={"level": ALPHA_OF_LEVEL}),
            row("weighted_quantile", "scaled_crps"),
            row("tweedie_deviance", "tweedie_deviance", options={"power": 1.5}),
            row("mean_error", "bias"),
            row("mean_error", "cfe", reduction="sum"),
            row("spis", "spis"),
            row("rae", "rmae", instead={"baseline": "it is --benchmark here"}),
            row("series_scaled_error", "msse", options={"error": "squared"}),
            row("multi_quantile", "mqloss"),
            row("scaled_quantile", "scaled_quantile_loss", renames={"q": "tau"}),
            row("scaled_multi_quantile", "scaled_mqloss"),
            row("interval_coverage", "coverage", instead={"level": "give the bounds of this level as --lower and --upper"}),
            row("quantile_coverage", "calibration"),
            row("linex", "linex", options={"a": -1.0}, renames={"a": times("a", -1)}),  # of target − pred
        ),
    ),
)
