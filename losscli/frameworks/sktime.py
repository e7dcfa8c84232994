"""sktime: a mean over the times, weighted by horizon_weight, then over the outputs, as in scikit-learn."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Setting, times

__all__ = ["REFUSED", "TABLES"]
_EACH = {"uniform_average": {}, "raw_values": {"per": "output", "reduction": "none"}}
_WORDS = Setting("uniform_average", _EACH, "The mean of the outputs, or each.")
_OUTPUTS = {
    "multioutput": Setting("uniform_average", _EACH, "The mean of the outputs, each, or their mean with these weights.", {"per": "output"})
}
_UNWEIGHTED = {"horizon_weight": "sktime's weights are not those of a weighted mean or median: leave it out"}
_IN = "sktime.performance_metrics.forecasting"


def _root(name: str) -> dict[str, dict[str, str]]:
    """The option square_root, which names the row of the root."""
    return {"square_root": {"false": f"{_IN}.{name}", "true": f"{_IN}.{name}.root"}}


def _symmetric(name: str) -> dict[str, dict[str, str]]:
    """The option symmetric, which names the row of the symmetric error."""
    return {"symmetric": {"false": f"{_IN}.{name}", "true": f"{_IN}.{name}.symmetric"}}


_BENCHMARK = {"y_pred_benchmark": "it is --benchmark here"}
_ORDER = "its scale is that of the rows before each row, and no loss here depends on the order of the rows; {}"
_EPS = {"eps": "epsilon"}
_RELATIVE_TO = {"relative_to": "exchange pred and target for relative_to y_pred"}

TABLES = (
    Table(
        _IN,
        shared={"settings": _OUTPUTS, "general": {"horizon_weight": "row_weight"}},
        rows=(
            row("mae", "mean_absolute_error", "MeanAbsoluteError"),
            row("mse", "mean_squared_error", "MeanSquaredError", by_option=_root("mean_squared_error")),
            row("rmse", "mean_squared_error.root", "MeanSquaredError.root"),
            row("median_ae", "median_absolute_error", "MedianAbsoluteError"),
            row(
                "mape",
                "mean_absolute_percentage_error",
                "MeanAbsolutePercentageError",
                renames={"eps": "epsilon"},
                by_option=_symmetric("mean_absolute_percentage_error"),
                instead=_RELATIVE_TO,
            ),
            row("smape", "mean_absolute_percentage_error.symmetric", "MeanAbsolutePercentageError.symmetric"),
            row("mase", "mean_absolute_scaled_error", "MeanAbsoluteScaledError", renames={"sp": "seasonality"}),
            row(
                "msse",
                "mean_squared_scaled_error",
                "MeanSquaredScaledError",
                renames={"sp": "seasonality"},
                by_option=_root("mean_squared_scaled_error"),
            ),
            row("rmsse", "mean_squared_scaled_error.root", "MeanSquaredScaledError.root", renames={"sp": "seasonality"}),
            row("median_ase", "median_absolute_scaled_error", "MedianAbsoluteScaledError", renames={"sp": "seasonality"}),
            row("median_sse", "median_squared_scaled_error", "MedianSquaredScaledError", renames={"sp": "seasonality"}),
            row("nrmse", "MSEnormalizedBySD", options={"normalization": "std"}),
            row(
                "msle",
                "mean_squared_log_error",
                "MeanSquaredLogError",
                options={"clip": 0.0},
                by_option=_root("mean_squared_log_error"),
            ),
            row("rmsle", "mean_squared_log_error.root", "MeanSquaredLogError.root"),
            row(
                "linex",
                "mean_linex_error",
                "MeanLinexError",
                options={"a": -1.0},
                renames={"a": times("a", -1)},
                instead={"b": "it is a factor of the loss: multiply the result by it"},
            ),
            row("geometric_mae", "geometric_mean_absolute_error", "GeometricMeanAbsoluteError", general={}, instead=_UNWEIGHTED),
            row(
                "rae",
                "relative_loss",
                "RelativeLoss",
                settings={"multioutput": _WORDS},  # its weights are of the errors, before the ratio
                instead=_BENCHMARK | {"relative_loss_function": "only the default, mae"},
            ),
            row("mrae", "mean_relative_absolute_error", "MeanRelativeAbsoluteError", instead=_BENCHMARK),
            row("median_rae", "median_relative_absolute_error", "MedianRelativeAbsoluteError", instead=_BENCHMARK),
            row(
                "geometric_rae",
                "geometric_mean_relative_absolute_error",
                "GeometricMeanRelativeAbsoluteError",
                general={},
                instead=_BENCHMARK | _UNWEIGHTED,
            ),
            row("median_se", "median_squared_error", "MedianSquaredError"),
            row("geometric_mse", "geometric_mean_squared_error", "GeometricMeanSquaredError", general={}, instead=_UNWEIGHTED),
            row(
                "geometric_rse",
                "geometric_mean_relative_squared_error",
                "GeometricMeanRelativeSquaredError",
                general={},
                instead=_BENCHMARK | _UNWEIGHTED,
            ),
            row(
                "median_spe",
                "median_squared_percentage_error",
                "MedianSquaredPercentageError",
                renames=_EPS,
                general={},
                instead=_UNWEIGHTED | _RELATIVE_TO,
            ),
            row(
                "mspe_of_mean",
                "MeanSquaredErrorPercentage",
                general={},
                instead={"horizon_weight": "sktime weighs the errors and not the mean of the target: leave it out"},
            ),
            row(
                "median_ape",
                "median_absolute_percentage_error",
                "MedianAbsolutePercentageError",
                renames=_EPS,
                general={},
                instead=_RELATIVE_TO | _UNWEIGHTED,
            ),
            row(
                "mspe",
                "mean_squared_percentage_error",
                "MeanSquaredPercentageError",
                renames=_EPS,
                by_option=_root("mean_squared_percentage_error"),
                instead=_RELATIVE_TO,
            ),
            row("rmspe", "mean_squared_percentage_error.root", "MeanSquaredPercentageError.root", renames=_EPS, instead=_RELATIVE_TO),
            row("maape", "mean_arctangent_absolute_percentage_error", "MeanArctangentAbsolutePercentageError"),
            row("mean_asymmetric_error", "mean_asymmetric_error", "MeanAsymmetricError"),
        ),
    ),
    Table(
        _IN,
        rows=(
            row("interval_coverage", "probabilistic.EmpiricalCoverage"),
            row("interval_width", "probabilistic.IntervalWidth"),
            row("interval_violation", "probabilistic.ConstraintViolation"),
            row("quantile", "probabilistic.PinballLoss", renames={"alpha": "tau"}),
        ),
    ),
)
REFUSED = {
    "probabilistic.AUCalibration AUCalibration": "it compares the rank of each row's probability with the place of the row;"
    " quantile_coverage_error compares the shares below quantiles with their levels",
    "probabilistic.SquaredDistrLoss SquaredDistrLoss": "it takes the logarithm of the density where its formula has the density, which"
    " gives no proper score; crps_normal and nll --dist normal are proper",
    "RMSEnormalizedByIQR": "divide rmse by the interquartile range of the target",
    "OverallWeightedAverage": "it makes the forecast of Naive 2 itself: make that forecast, and give it to owa as --benchmark",
    "TheilU2": "divide rmse by the rmse of the seasonal naive forecast; theil_u2 is of relative changes, as Theil defined it",
    "MeanAbsolutePercentageErrorStabilized": _ORDER.format("smape has --epsilon for numbers near 0"),
    "KLDivergenceNormal": _ORDER.format("mse measures the same errors without it"),
    "KLDivergenceSingleExponential KLDivergenceDoubleExponential": _ORDER.format("mae measures the same errors without it"),
    "make_forecasting_scorer": "it makes a metric of a function: give the function, losscli compute FILE.py::FUNCTION",
}
