"""Errors of point forecasts: signed ones, and those relative to a baseline or to the target."""

from __future__ import annotations

from losscli.aggregation import Max
from losscli.diagnostics import DIVIDED_BY_TARGET
from losscli.domains import Positive, Real
from losscli.losses.regression import scaled_power_sums, scaled_sums
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import clamp_min
from losscli.registry import Preset, loss

__all__ = ["maape", "marre", "mean_error", "mrae", "mspe", "mspe_of_mean", "ope", "rae", "rmspe"]

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


def relative_error(pred, target, symmetric, epsilon):
    """|p − t| relative to |t|, or to the mean of |p| and |t|, but at least to ε, or ε / 2"""
    size = (np.abs(pred) + np.abs(target)) if symmetric else np.abs(target)
    return np.abs(pred - target) / clamp_min(size, epsilon) * (2 if symmetric else 1)


@loss(
    "regression",
    aliases=("mean_squared_percentage_error", "rmspe_squared"),
    reference="sktime.performance_metrics.forecasting.mean_squared_percentage_error",
    properties="convex differentiable zero",
    units="1",
    use="relative errors count, and large ones most",
    words=("forecasting", "percentage error"),
    see={"mape": "without the square", "rmspe": "its root", "symmetric": "relative to the mean of the two absolute values, as in smape"},
    hints=DIVIDED_BY_TARGET,
)
def mspe(pred: Real, target: Real, *, symmetric: bool = False, epsilon: Positive = 2.0**-52):
    """Square of the relative error.

    ((p − t) / max(|t|, ε))², or if symmetric ((p − t) / (max(|p| + |t|, ε) / 2))²

    >>> mspe(np.array([3.0]), np.array([2.0]))
    array([0.25])
    """
    return relative_error(pred, target, symmetric, epsilon) ** 2


@loss(
    "regression",
    aliases=("root_mean_squared_percentage_error", "root_mean_square_percentage_error"),
    reference="sktime.performance_metrics.forecasting.mean_squared_percentage_error with square_root",
    properties="zero",
    units="1 (a fraction)",
    use="relative errors count, large ones most, and the number should be a relative error itself",
    words=("forecasting", "percentage error", "volatility"),
    per="channel",
    see={"mspe": "without the root", "mape": "without the squares"},
)
def rmspe(pred: Real, target: Real, *, symmetric: bool = False, epsilon: Positive = 2.0**-52):
    """Root of the mean squared relative error, for each output.

    √ mean ((p − t) / max(|t|, ε))², or if symmetric relative to max(|p| + |t|, ε) / 2

    >>> next(rmspe(np.array([3.0]), np.array([2.0])))
    (array([0.25]), 1)
    """
    ((scale, squares),), n = yield from scaled_power_sums([relative_error(pred, target, symmetric, epsilon)], 2, 1)
    return scale * np.sqrt(squares / n)


@loss(
    "regression",
    aliases=("mean_squared_error_percentage", "mse_percentage"),
    reference="sktime.performance_metrics.forecasting.MeanSquaredErrorPercentage",
    properties="convex zero",
    units="target units",
    use="squared errors of series on different scales are divided by the size of the series",
    words=("forecasting", "percentage error", "normalized error"),
    per="channel",
    see={"mspe": "each error relative to its own target", "nrmse": "the root, divided by the mean"},
)
def mspe_of_mean(pred: Real, target: Real, *, square_root: bool = False):
    """Mean squared error divided by the absolute value of the mean target, for each output, or the root of that.

    mean (p − t)² / |mean t|

    >>> next(mspe_of_mean(np.array([3.0]), np.array([2.0])))
    (array([1.]), array([2.]))
    """
    ((scale, squares),), total = yield from scaled_power_sums([np.abs(pred - target)], 2, target)
    size = explain_zero(np.abs(total), "the sum of all targets is 0")
    return scale * np.sqrt(squares / size) if square_root else scale * (scale * (squares / size))


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
