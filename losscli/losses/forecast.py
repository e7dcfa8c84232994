"""Errors over all rows: the largest, the median, and errors relative to the targets, to their variance, to a naive forecast."""

from __future__ import annotations

import math
from typing import Literal

from losscli.aggregation import Aligned, Max, Pooled
from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import AtLeastOne, History, Period, Positive, Real
from losscli.losses.regression import scaled_power_sums, scaled_sums
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.steps import clamp_min
from losscli.registry import loss

__all__ = ["mase", "max_error", "median_ae", "minkowski", "nrmse", "rmsse", "rse", "smape", "wape"]


@loss(
    "regression",
    aliases=("linf", "chebyshev"),
    reference="sklearn.metrics.max_error",
    properties="convex symmetric zero",
    units="target units",
    use="even the largest error has to stay within a tolerance",
    see={"minkowski": "tends to this loss for large p"},
)
def max_error(pred: Real, target: Real):
    """The largest absolute error; a sample weight of 0 excludes a row, any other weight has no effect.

    max |p − t|

    >>> next(max_error(np.array([3.0]), np.array([1.0])))
    (Max(column=array([2.])), 1)
    """
    largest, n = yield Max(np.abs(pred - target)), 1
    return np.where(n > 0, largest, np.nan)


@loss(
    "regression",
    aliases=("median_absolute_error", "medae"),
    reference="sklearn.metrics.median_absolute_error",
    properties="symmetric zero robust",
    units="target units",
    use="the error of a typical row should be reported, even if nearly half of them are outliers",
    per="channel",
    see={"mae": "the mean, which depends on outliers"},
)
def median_ae(pred: Real, target: Real):
    """The median absolute error, for each output, with sample weights; the mean of the two middle errors if their number is even.

    median |p − t|

    >>> next(median_ae(np.array([3.0]), np.array([1.0])))[0].column
    array([2.])
    """
    e, w = yield Pooled(np.abs(pred - target)), Pooled(1)
    return weighted_median(e, w)


def weighted_median(x, w):
    """The median over the last axis, as `quantile_of`."""
    return quantile_of(x, w, 0.5)


def middle_two(x, w, level):
    """The x at which the cumulative weight exceeds the level, over the last axis, twice; if it equals it, with the next x: (…, 2)."""
    order = np.argsort(x, axis=-1, kind="stable")
    cumulative = np.take_along_axis(np.broadcast_to(w, x.shape), order, -1).cumsum(-1)
    half, last = cumulative[..., -1:] * level, x.shape[-1] - 1
    lower, upper = ((cumulative < half).sum(-1), (cumulative <= half + 2.0**-52).sum(-1))  # the tolerance of scikit-learn
    ends = np.stack([np.minimum(lower, last), np.minimum(upper, last)], -1)
    return np.take_along_axis(np.take_along_axis(x, order, -1), ends, -1), cumulative[..., -1]


def quantile_of(x, w, level):
    """The quantile over the last axis: the x at which the cumulative weight exceeds the level; if it equals it, the mean with the next x.

    It is nan where all weights are 0.
    """
    middle, total = middle_two(x, w, level)
    middle = np.where(middle.sum(-1) < np.inf, middle.mean(-1), (middle / 2).sum(-1))
    return np.where(total > 0, middle, np.nan)


def root_median_square(x, w):
    """The square root of the median of the squares of x over the last axis, which neither overflow nor underflow."""
    middle, total = middle_two(x, w, 0.5)
    return np.where(total > 0, norm(middle / math.sqrt(2)), np.nan)


def _both_small(context):
    size = np.abs(context["pred"]) + np.abs(context["target"])
    return any_in_row(size < context["epsilon"])


@loss(
    "regression",
    aliases=("symmetric_mape", "symmetric_mean_absolute_percentage_error"),
    reference="torchmetrics.functional.symmetric_mean_absolute_percentage_error",
    properties="robust symmetric zero",
    units="1 (from 0 to 2), or percent",
    use="forecasts are compared by relative error, which should be bounded for targets near 0",
    words=("forecasting", "percentage error"),
    see={"mape": "relative to the target alone", "wape": "relative to the sum of all targets"},
    hints=(Diagnostic("W104", "pred and target are so small that epsilon replaces the sum of their absolute values", _both_small),),
)
def smape(pred: Real, target: Real, *, epsilon: Positive = 1.17e-6, percent: bool = False):
    """Absolute error divided by the mean of the absolute values of prediction and target; 2 where their signs differ.

    2 |p − t| / max(|p| + |t|, ε), times 100 if percent

    >>> smape(np.array([3.0]), np.array([1.0]))
    array([1.])
    """
    size = clamp_min(np.abs(pred) + np.abs(target), epsilon)
    return 2 * np.abs(pred - target) / size * (100 if percent else 1)


@loss(
    "regression",
    aliases=("wmape", "weighted_mape", "weighted_mean_absolute_percentage_error", "normalized_deviation", "nd"),
    reference="torchmetrics.functional.weighted_mean_absolute_percentage_error",
    properties="convex robust zero",
    units="1 (a fraction), or percent",
    use="one relative error over many items, where small or zero targets should not dominate",
    words=("forecasting", "demand", "retail", "percentage error"),
    see={"mape": "the mean of relative errors, which small targets dominate"},
)
def wape(pred: Real, target: Real, *, epsilon: Positive = 1.17e-6, percent: bool = False):
    """Sum of the absolute errors divided by the sum of the absolute targets.

    Σ |p − t| / max(Σ |t|, ε), times 100 if percent

    >>> next(wape(np.array([3.0]), np.array([-1.0])))
    (array([4.]), array([1.]))
    """
    scale, errors, sizes = yield from scaled_sums(np.abs(pred - target), np.abs(target))
    return errors / clamp_min(sizes, epsilon / scale) * (100 if percent else 1)


def naive_errors(history, seasonality):
    """The absolute errors of the naive forecast: the value one season before, or the last value if the history is shorter than that."""
    m = seasonality if seasonality < history.shape[-1] else 1
    return np.abs(history[..., m:] - history[..., :-m])


def scaled_mean_power(x, p):
    """For each series a scale u, and the mean of (x/u)^p over the last axis, so that no power overflows or underflows."""
    scale = power_of_two_scale(x.max(-1)) if x.shape[-1] else np.ones(x.shape[:-1])
    size = explain_zero(x.shape[-1], "the history holds a single value, so there is no scale")
    return scale, explain_zero(((x / scale[..., None]) ** p).sum(-1) / size, "the history does not vary, so the scale is 0")


def broadcast_rows(scale, x):
    """Scales of a series for each row, with axes added so that they broadcast along x; the scale of one series is unchanged."""
    return scale.reshape(scale.shape + (1,) * (x.ndim - 1)) if np.ndim(scale) else scale


SHORT_HISTORY = Diagnostic(
    "W104",
    "history is not longer than --seasonality, so a seasonality of 1 is used",
    lambda c: np.full(len(c["target"]), c["history"].shape[-1] <= c["seasonality"]),
)


@loss(
    "regression",
    aliases=("mean_absolute_scaled_error",),
    reference="gluonts.ev.metrics.MASE",
    properties="convex robust zero",
    units="1",
    use="forecasts of series on different scales are compared with the naive forecast",
    words=("forecasting", "time series"),
    see={"rmsse": "the same with squared errors", "series_mase": "of several series, told by an id (--series)"},
    hints=(SHORT_HISTORY,),
)
def mase(pred: Real, target: Real, history: History, *, seasonality: Period = 1):
    """Absolute error divided by the mean absolute error, in the history, of the naive forecast (the value one season before).

    |p − t| / mean_s |y_s − y_{s−m}|; y one series for all, (time,), or one for each row, (series, time)

    >>> mase(np.array([4.0]), np.array([5.0]), np.array([1.0, 2.0, 4.0, 3.0]))
    array([0.75])
    """
    errors = np.abs(pred - target)
    scale, naive = (broadcast_rows(x, errors) for x in scaled_mean_power(naive_errors(history, seasonality), 1))
    return errors / (scale * naive)


@loss(
    "regression",
    aliases=("root_mean_squared_scaled_error",),
    reference="the formula (M5)",
    properties="convex zero",
    units="1",
    use="series on different scales, where large errors should count most, as in the M5 contest",
    words=("forecasting", "time series", "m5 competition"),
    see={"mase": "the same with absolute errors", "series_rmsse": "of several series, told by an id (--series)"},
    hints=(SHORT_HISTORY,),
)
def rmsse(pred: Real, target: Real, history: History, *, seasonality: Period = 1):
    """Root mean squared error divided by that of the naive forecast in the history.

    √ (mean (p − t)² / mean_s (y_s − y_{s−m})²); y one series for all, (time,), or one for each row, (series, time), and one number per row

    >>> next(rmsse(np.array([4.0]), np.array([5.0]), np.array([1.0, 2.0])))
    (array([1.]), 1)
    """
    ((scale, squares),), n = yield from scaled_power_sums([np.abs(pred - target)], 2, 1)
    naive_scale, naive = (broadcast_rows(x, squares) for x in scaled_mean_power(naive_errors(history, seasonality), 2))
    return scale / naive_scale * np.sqrt(squares / n / naive)


@loss(
    "regression",
    aliases=("minkowski_distance",),
    reference="torchmetrics.functional.minkowski_distance",
    properties="convex symmetric zero",
    units="target units",
    use="one exponent should set how much large errors count, from their sum to the largest",
    see={"max_error": "the limit for large p", "rmse": "for p 2, with the mean instead of the sum"},
)
def minkowski(pred: Real, target: Real, *, p: AtLeastOne = 2.0):
    """The p-norm of the vector of all errors.

    (Σ |p − t|^p)^(1/p)

    >>> next(minkowski(np.array([3.0]), np.array([1.0]), p=3.0))
    (array([8.]),)
    """
    ((scale, powers),) = (yield from scaled_power_sums([np.abs(pred - target)], p))[0]
    return scale * powers ** (1 / p)


def centred(x):
    """x minus its mean over all rows, which takes a separate pass: Σ x² − (Σ x)² / N would cancel where x varies little."""
    total, n = yield Aligned(x), Aligned(1)
    return x - total / n


@loss(
    "regression",
    aliases=("relative_squared_error",),
    reference="torchmetrics.functional.relative_squared_error",
    properties="convex differentiable zero",
    units="1",
    use="the share of the variance that is not explained should be reported",
    per="channel",
    see={"nrmse": "with normalization std it is the square root of rse", "r2": "the same without epsilon, with the score R² beside it"},
)
def rse(pred: Real, target: Real, *, squared: bool = True, epsilon: Positive = 2.0**-52):
    """Sum of squared errors divided by that of predicting the mean target, for each output: 1 − R².

    Σ (p − t)² / max(Σ (t − mean t)², ε), or its square root if not squared

    >>> next(rse(np.array([3.0]), np.array([1.0])))[0].column
    array([1.])
    """
    deviation = yield from centred(target)
    (errors,) = yield from scaled_power_sums([np.abs(pred - target), np.abs(deviation)], 2)
    (scale, squares), (total_scale, total) = errors
    # a total_scale below 1 can be multiplied in: epsilon is larger than any square that underflows there
    total_scale, total = np.maximum(total_scale, 1.0), total * np.minimum(total_scale, 1.0) ** 2
    ratio, share = scale / total_scale, squares / clamp_min(total, epsilon / total_scale / total_scale)
    return share * ratio * ratio if squared else np.sqrt(share) * ratio


_NO_SCALE = {
    "mean": "the mean of target is 0",
    "mean_absolute": "every target is 0, so their mean is 0",
    "range": "target does not vary, so its range is 0",
    "std": "target does not vary, so its standard deviation is 0",
    "l2": "every target is 0, so their norm is 0",
}


@loss(
    "regression",
    aliases=("normalized_rmse", "normalized_root_mean_squared_error"),
    reference="torchmetrics.functional.normalized_root_mean_squared_error",
    properties="zero",
    units="1",
    use="rmse should be comparable between targets of different scales",
    see={"rmse": "in the units of the target", "rse": "the square of nrmse with normalization std"},
)
def nrmse(pred: Real, target: Real, *, normalization: Literal["mean", "mean_absolute", "range", "std", "l2"] = "mean"):
    """Root mean squared error divided by the mean (with its sign, or of absolute values), range, standard deviation or norm of the targets.

    √ (Σ (p − t)² / N) / s; s = mean t, mean |t|, max t − min t, √ (Σ (t − mean t)² / N) or √ (Σ t²)

    >>> next(nrmse(np.array([3.0]), np.array([1.0])))[:2]
    (array([4.]), array([1.]))
    """
    t = (yield from centred(target)) if normalization == "std" else target
    size = np.abs(t)
    summed = size if normalization == "mean_absolute" else t
    sums, total, largest, lowest, n = yield from scaled_power_sums([np.abs(pred - target), size], 2, summed, Max(t), Max(-t), 1)
    (scale, squares), (t_scale, t_squares) = sums
    norm = t_scale * np.sqrt(t_squares)
    divisors = {"range": largest + lowest, "std": t_scale * np.sqrt(t_squares / n), "l2": norm}
    return np.sqrt(squares / n) / explain_zero(divisors.get(normalization, total / n), _NO_SCALE[normalization]) * scale
