"""Darts: the metrics of a series, a mean over its times, or a value for each time; percentages are times 100."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import TINY

__all__ = ["REFUSED", "TABLES"]

_QUANTILE = {"factor": 2.0, "renames": {"q": "tau"}}
_INTERVAL = {"instead": {"q_interval": "give its two levels as --lower-level and --upper-level"}}
_BOUNDS = {"instead": {"q_interval": "give the quantiles of these two levels as --lower and --upper"}}

TABLES = (
    Table(
        "darts.metrics",
        rows=(
            row("mae", "mae"),
            row("mse", "mse"),
            row("rmse", "rmse"),
            row("r2", "r2_score", options={"force_finite": True}, score="r2_score"),
            row("rmsle", "rmsle"),
            row("series_scaled_error", "mase", renames={"m": "seasonality"}),
            row("series_scaled_error", "rmsse", options={"error": "root"}, renames={"m": "seasonality"}),
            row("series_scaled_error", "msse", options={"error": "squared"}, renames={"m": "seasonality"}),
            row("mape", "mape", options={"epsilon": TINY, "percent": True, "at_zero": "defined"}),
            row("wape", "wmape", options={"epsilon": TINY, "percent": True}, per="output"),
            row("smape", "smape", options={"epsilon": TINY, "percent": True}),
            row("nrmse", "coefficient_of_variation", factor=100.0, per="output"),
            row("quantile", "mql", **_QUANTILE),
            row("interval_score", "miws", **_INTERVAL),
            row("interval_width", "miw", **_BOUNDS),
            row("interval_coverage", "mic", **_BOUNDS),
            row("ope", "ope", factor=100.0, per="output"),
            row("marre", "marre", factor=100.0, per="output"),
            row("mean_error", "merr", factor=-1.0),
            row("hamming", "accuracy", score="accuracy"),
        ),
    ),
    # A value for each time.
    Table(
        "darts.metrics",
        shared={"reduction": "none"},
        rows=(
            row("mae", "ae"),
            row("mse", "se"),
            row("msle", "sle"),
            row("mase", "ase", renames={"m": "seasonality"}),
            row("msse", "sse", renames={"m": "seasonality"}),
            row("mape", "ape", options={"epsilon": TINY, "percent": True, "at_zero": "missing"}),
            row("smape", "sape", options={"epsilon": TINY, "percent": True}),
            row("quantile", "ql", **_QUANTILE),
            row("interval_score", "iws", **_INTERVAL),
            row("interval_width", "iw", **_BOUNDS),
            row("interval_coverage", "ic", **_BOUNDS),
            row("mean_error", "err", factor=-1.0),
            row("crps_ensemble", "crps"),
        ),
    ),
    Table(
        "darts.metrics",
        rows=(row("crps_ensemble", "mcrps"),),
    ),
    # Losses of its models: 0 where the denominator is 0.
    Table(
        "darts.utils.losses",
        rows=(
            row("mae", "MAELoss"),
            row("mape", "MapeLoss", options={"epsilon": TINY, "at_zero": "zero"}),
            row(
                "smape",
                "SmapeLoss",
                options={"epsilon": TINY},
                factor=0.5,
                instead={"block_denom_grad": "the derivative is that of the whole value, as with its block_denom_grad=False"},
            ),
        ),
    ),
)
REFUSED = {
    "arre": "divide darts.ae by the range of the target, and multiply by 100; its mean is darts.marre",
    "incs_qr mincs_qr": "it is a signed distance from an interval, for conformal intervals; darts.miws scores an interval",
    "qr": "sum the target and each sample over time: it is darts.ql of the quantile of these sums, divided by the sum of the target",
    "dtw_metric": "it aligns the two series first, by dynamic time warping: align them, and give both to another metric of darts",
    "autc": "it is a score, the higher the better; darts.marre measures the errors relative to the same range",
}
