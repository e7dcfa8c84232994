"""Errors of point forecasts: signed ones, those relative to a baseline or to the target, and typical ones."""

from __future__ import annotations

from losscli.aggregation import Max, Pooled
from losscli.diagnostics import DIVIDED_BY_TARGET
from losscli.domains import Positive, Real
from losscli.losses.forecast import weighted_median
from losscli.losses.regression import scaled_sums
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import clamp_min
from losscli.registry import Preset, loss

__all__ = [
    "geometric_mae", "geometric_rae", "maape", "marre", "mean_error", "median_ape", "median_rae", "median_se", "mrae", "mspe", "ope", "rae",
]  # fmt: skip

HALF_PI = 1.5707963267948966192


@loss(
    "regression",
    aliases=("bias", "forecast_bias", "mean_bias_error", "mbe"),
    reference="utilsforecast.losses.bias",
    units="target units, with a sign",
    use="forecasts that are too high on average should be told from those that are too low",
    words=("forecasting", "bias", "signed error", "over-forecast"),
    presets=(Preset(("cfe", "cumulative_forecast_error"), reduction="sum"),),
    see={"mae": "without the sign", "ope": "relative to the sum of the targets"},
)
def mean_error(pred: Real, target: Real):
    """Error with its sign: above 0 where the prediction is too high. Errors of opposite signs cancel in the mean (for gates: --min, --max).

    p − t

    >>> mean_error(np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    return pred - target


@loss(
    "regression",
    aliases=("mean_arctangent_absolute_percentage_error", "arctangent_absolute_percentage_error"),
    reference="sktime.performance_metrics.forecasting.mean_arctangent_absolute_percentage_error",
    properties="robust zero",
    units="radians, from 0 to π/2",
    use="relative errors should be averaged although some targets are 0",
    words=("forecasting", "percentage error", "intermittent demand"),
    see={"mape": "about the same for small relative errors, but it has no bound"},
)
def maape(pred: Real, target: Real):
    """Arctangent of the absolute relative error; π/2 for an error where the target is 0.

    arctan(|p − t| / |t|)

    >>> maape(np.array([2.0]), np.array([1.0]))
    array([0.78539816])
    """
    error, zero = np.abs(pred - target), target == 0
    return np.where(zero, np.where(error > 0, HALF_PI, 0.0 * error), np.arctan(error / np.where(zero, 1.0, np.abs(target))))


@loss(
    "regression",
    aliases=("mean_squared_percentage_error", "rmspe_squared"),
    reference="sktime.performance_metrics.forecasting.mean_squared_percentage_error",
    properties="convex differentiable zero",
    units="1",
    use="relative errors count, and large ones most",
    words=("forecasting", "percentage error"),
    see={"mape": "without the square"},
    hints=DIVIDED_BY_TARGET,
)
def mspe(pred: Real, target: Real, *, epsilon: Positive = 2.0**-52):
    """Square of the relative error.

    ((p − t) / max(|t|, ε))²

    >>> mspe(np.array([3.0]), np.array([2.0]))
    array([0.25])
    """
    return ((pred - target) / clamp_min(np.abs(target), epsilon)) ** 2


@loss(
    "regression",
    aliases=("relative_absolute_error", "rmae", "relative_mae", "relative_mean_absolute_error", "relative_loss"),
    reference="utilsforecast.losses.rmae",
    properties="convex robust zero",
    units="1",
    use="a forecast is compared with a baseline in one number: below 1 it is better",
    words=("forecasting", "baseline", "benchmark", "naive forecast"),
    see={"mase": "relative to the naive forecast of the past", "mrae": "the mean of ratios, not the ratio of means"},
)
def rae(pred: Real, target: Real, benchmark: Real):
    """Sum of the absolute errors divided by that of a baseline forecast of the same targets.

    Σ |p − t| / Σ |b − t|, b = benchmark

    >>> next(rae(np.array([3.0]), np.array([1.0]), np.array([5.0])))
    (array([2.]), array([4.]))
    """
    _, errors, of_benchmark = yield from scaled_sums(np.abs(pred - target), np.abs(benchmark - target))
    return errors / explain_zero(of_benchmark, "the benchmark has no error")


def ratio_to_benchmark(pred, target, benchmark, epsilon):
    """|p − t| / max(|b − t|, ε)"""
    return np.abs(pred - target) / clamp_min(np.abs(benchmark - target), epsilon)


@loss(
    "regression",
    aliases=("mean_relative_absolute_error",),
    reference="sktime.performance_metrics.forecasting.mean_relative_absolute_error",
    properties="convex robust zero",
    units="1",
    use="each error counts relative to the error of a baseline at the same time",
    words=("forecasting", "baseline", "benchmark"),
    see={"rae": "the ratio of sums, in which a small error of the baseline does no harm", "geometric_rae": "the geometric mean"},
)
def mrae(pred: Real, target: Real, benchmark: Real, *, epsilon: Positive = 2.0**-52):
    """Absolute error divided by that of a baseline forecast.

    |p − t| / max(|b − t|, ε), b = benchmark

    >>> mrae(np.array([3.0]), np.array([1.0]), np.array([5.0]))
    array([0.5])
    """
    return ratio_to_benchmark(pred, target, benchmark, epsilon)


@loss(
    "regression",
    aliases=("median_relative_absolute_error", "mdrae"),
    reference="sktime.performance_metrics.forecasting.median_relative_absolute_error",
    properties="robust zero",
    units="1",
    use="errors relative to those of a baseline, without the influence of outliers",
    words=("forecasting", "baseline", "benchmark"),
    per="channel",
    see={"mrae": "the mean"},
)
def median_rae(pred: Real, target: Real, benchmark: Real, *, epsilon: Positive = 2.0**-52):
    """Median of the absolute errors divided by those of a baseline forecast.

    median |p − t| / max(|b − t|, ε), b = benchmark

    >>> next(median_rae(np.array([3.0]), np.array([1.0]), np.array([5.0])))[0].column
    array([0.5])
    """
    ratios, w = yield Pooled(ratio_to_benchmark(pred, target, benchmark, epsilon)), Pooled(1)
    return weighted_median(ratios, w)


@loss(
    "regression",
    aliases=("geometric_mean_relative_absolute_error", "gmrae"),
    reference="sktime.performance_metrics.forecasting.geometric_mean_relative_absolute_error",
    units="1",
    use="errors relative to those of a baseline, where twice and half should cancel",
    words=("forecasting", "baseline", "benchmark", "geometric mean"),
    per="channel",
    see={"mrae": "the arithmetic mean", "geometric_mae": "not relative"},
)
def geometric_rae(pred: Real, target: Real, benchmark: Real, *, epsilon: Positive = 2.0**-52):
    """Geometric mean of the absolute errors divided by those of a baseline forecast; a ratio of 0 counts as ε.

    exp(mean log r), r = |p − t| / max(|b − t|, ε), b = benchmark

    >>> next(geometric_rae(np.array([3.0]), np.array([1.0]), np.array([3.0])))[0]
    array([0.])
    """
    ratio = ratio_to_benchmark(pred, target, benchmark, epsilon)
    logs, n = yield np.log(np.where(ratio == 0, epsilon, ratio)), 1
    return np.exp(logs / n)


@loss(
    "regression",
    aliases=("geometric_mean_absolute_error", "gmae"),
    reference="sktime.performance_metrics.forecasting.geometric_mean_absolute_error",
    units="target units",
    use="errors of very different sizes should count by their ratios",
    words=("forecasting", "geometric mean"),
    per="channel",
    see={"mae": "the arithmetic mean", "geometric_rae": "relative to a baseline"},
)
def geometric_mae(pred: Real, target: Real, *, epsilon: Positive = 2.0**-52):
    """Geometric mean of the absolute errors; an error of 0 counts as ε.

    exp(mean log |p − t|)

    >>> next(geometric_mae(np.array([2.0]), np.array([1.0])))[0]
    array([0.])
    """
    error = np.abs(pred - target)
    logs, n = yield np.log(np.where(error == 0, epsilon, error)), 1
    return np.exp(logs / n)


@loss(
    "regression",
    aliases=("median_squared_error", "medse"),
    reference="sktime.performance_metrics.forecasting.median_squared_error",
    properties="symmetric zero",
    units="squared target units",
    use="the squared error of a typical row should be reported, even if there are outliers",
    words=("forecasting", "robust"),
    per="channel",
    see={"mse": "the mean", "median_ae": "its square root, for an odd number of rows"},
)
def median_se(pred: Real, target: Real):
    """The median squared error, for each output.

    median (p − t)²

    >>> next(median_se(np.array([3.0]), np.array([1.0])))[0].column
    array([4.])
    """
    squares, w = yield Pooled((pred - target) ** 2), Pooled(1)
    return weighted_median(squares, w)


@loss(
    "regression",
    aliases=("median_absolute_percentage_error", "mdape"),
    reference="sktime.performance_metrics.forecasting.median_absolute_percentage_error",
    properties="robust zero",
    units="1 (a fraction)",
    use="the relative error of a typical row should be reported, even if some targets are near 0",
    words=("forecasting", "percentage error", "real estate"),
    per="channel",
    see={"mape": "the mean"},
)
def median_ape(pred: Real, target: Real, *, epsilon: Positive = 2.0**-52):
    """The median absolute relative error, for each output.

    median |p − t| / max(|t|, ε)

    >>> next(median_ape(np.array([3.0]), np.array([2.0])))[0].column
    array([0.5])
    """
    ratios, w = yield Pooled(np.abs(pred - target) / clamp_min(np.abs(target), epsilon)), Pooled(1)
    return weighted_median(ratios, w)


@loss(
    "regression",
    aliases=("overall_percentage_error",),
    reference="darts.metrics.ope",
    properties="convex zero",
    units="1 (a fraction)",
    use="the total is forecast, as of a month, and errors of single days may cancel",
    words=("forecasting", "bias", "percentage error"),
    see={"wape": "without cancellation", "mean_error": "with its sign, not relative"},
)
def ope(pred: Real, target: Real):
    """Absolute error of the total, divided by the total of the targets.

    |Σ (p − t)| / |Σ t|

    >>> next(ope(np.array([3.0]), np.array([1.0])))
    (array([2.]), array([1.]))
    """
    errors, total = yield pred - target, target
    return np.abs(errors) / explain_zero(np.abs(total), "the sum of all targets is 0")


@loss(
    "regression",
    aliases=("mean_absolute_ranged_relative_error",),
    reference="darts.metrics.marre",
    properties="convex zero",
    units="1 (a fraction)",
    use="errors are reported relative to the range of the targets",
    words=("forecasting", "normalized error"),
    see={"nrmse": "of squared errors, with normalization range"},
)
def marre(pred: Real, target: Real):
    """Mean absolute error divided by the range of the targets.

    mean |p − t| / (max t − min t)

    >>> next(marre(np.array([3.0]), np.array([1.0])))[0]
    array([2.])
    """
    errors, largest, lowest, n = yield np.abs(pred - target), Max(target), Max(-target), 1
    return errors / n / explain_zero(largest + lowest, "target does not vary, so its range is 0")
