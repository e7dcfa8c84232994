"""Typical errors of point forecasts: medians and geometric means, which a few large errors hardly change."""

from __future__ import annotations

from losscli.aggregation import Pooled
from losscli.domains import Positive, Real
from losscli.losses.forecast import root_median_square, weighted_median
from losscli.losses.forecast_errors import ratio_to_benchmark, relative_error
from losscli.numeric.lazy import np
from losscli.registry import loss

__all__ = ["geometric_mae", "geometric_mse", "geometric_rae", "geometric_rse", "median_ape", "median_rae", "median_se", "median_spe"]


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
def median_se(pred: Real, target: Real, *, square_root: bool = False):
    """The median squared error, for each output, or its square root.

    median (p − t)²

    >>> next(median_se(np.array([3.0]), np.array([1.0])))[0].column
    array([2.])
    """
    errors, w = yield Pooled(np.abs(pred - target)), Pooled(1)
    return root_median_square(errors, w) if square_root else weighted_median(errors**2, w)


@loss(
    "regression",
    aliases=("median_absolute_percentage_error", "mdape"),
    reference="sktime.performance_metrics.forecasting.median_absolute_percentage_error",
    properties="robust zero",
    units="1 (a fraction)",
    use="the relative error of a typical row should be reported, even if some targets are near 0",
    words=("forecasting", "percentage error", "real estate"),
    per="channel",
    see={"mape": "the mean", "median_spe": "of squares"},
)
def median_ape(pred: Real, target: Real, *, symmetric: bool = False, epsilon: Positive = 2.0**-52):
    """The median absolute relative error, for each output.

    median |p − t| / max(|t|, ε), or if symmetric median 2 |p − t| / max(|p| + |t|, ε)

    >>> next(median_ape(np.array([3.0]), np.array([2.0])))[0].column
    array([0.5])
    """
    ratios, w = yield Pooled(relative_error(pred, target, symmetric, epsilon)), Pooled(1)
    return weighted_median(ratios, w)


@loss(
    "regression",
    aliases=("median_squared_percentage_error", "mdspe"),
    reference="sktime.performance_metrics.forecasting.median_squared_percentage_error",
    properties="zero",
    units="1",
    use="the squared relative error of a typical row should be reported, even if there are outliers",
    words=("forecasting", "percentage error", "robust"),
    per="channel",
    see={"mspe": "the mean", "median_ape": "its root, for an odd number of rows"},
)
def median_spe(pred: Real, target: Real, *, symmetric: bool = False, square_root: bool = False, epsilon: Positive = 2.0**-52):
    """The median squared relative error, for each output, or its square root.

    median ((p − t) / max(|t|, ε))², or if symmetric median (2 (p − t) / max(|p| + |t|, ε))²

    >>> next(median_spe(np.array([3.0]), np.array([2.0])))[0].column
    array([0.5])
    """
    errors, w = yield Pooled(relative_error(pred, target, symmetric, epsilon)), Pooled(1)
    return root_median_square(errors, w) if square_root else weighted_median(errors**2, w)


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
    aliases=("geometric_mean_squared_error", "gmse"),
    reference="sktime.performance_metrics.forecasting.geometric_mean_squared_error",
    units="squared target units",
    use="squared errors of very different sizes should count by their ratios",
    words=("forecasting", "geometric mean"),
    per="channel",
    see={"mse": "the arithmetic mean", "geometric_mae": "its root, for one output"},
)
def geometric_mse(pred: Real, target: Real, *, square_root: bool = False, epsilon: Positive = 2.0**-52):
    """Geometric mean of the squared errors, for each output, or its square root; an error of 0 counts as ε.

    exp(mean log (p − t)²)

    >>> next(geometric_mse(np.array([2.0]), np.array([1.0])))[0]
    array([0.])
    """
    error = np.abs(pred - target)
    logs, n = yield np.log(np.where(error == 0, epsilon, error)), 1
    return np.exp(logs / n) if square_root else np.exp(2 * (logs / n))


@loss(
    "regression",
    aliases=("geometric_mean_relative_squared_error", "gmrse"),
    reference="sktime.performance_metrics.forecasting.geometric_mean_relative_squared_error",
    units="1",
    use="squared errors relative to those of a baseline, where twice and half should cancel",
    words=("forecasting", "baseline", "benchmark", "geometric mean"),
    per="channel",
    see={"geometric_rae": "its root, for one output, where no error is 0"},
)
def geometric_rse(pred: Real, target: Real, benchmark: Real, *, square_root: bool = False, epsilon: Positive = 2.0**-52):
    """Geometric mean of the squared errors relative to those of a baseline forecast, or its root; a ratio of 0 counts as ε.

    exp(mean log r²), r = (p − t) / max(|b − t|, ε), b = benchmark; r² = 0 counts as ε

    >>> next(geometric_rse(np.array([3.0]), np.array([1.0]), np.array([3.0])))[0]
    array([0.])
    """
    ratio = ratio_to_benchmark(pred, target, benchmark, epsilon)
    zero = ratio == 0
    logs, n = yield np.log(np.where(zero, epsilon, ratio)) * np.where(zero, 1.0, 2.0), 1
    return np.exp(logs / n / 2) if square_root else np.exp(logs / n)
