"""Errors over all rows: the largest, the middle one, and shares of the targets, of their spread, of what a naive forecast missed."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import Aligned, Max, Pooled
from losscli.diagnostics import Diagnostic, any_of_row
from losscli.domains import AtLeastOne, History, Period, Positive, Real
from losscli.frameworks import sklearn, torchmetrics
from losscli.losses.regression import power_sums, sums
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
    use="the worst case has to stay within a tolerance",
    presets=(sklearn("max_error"),),
    see={"minkowski": "its limit of large p"},
)
def max_error(pred: Real, target: Real):
    """The largest distance; a sample weight of 0 leaves a row out, any other makes no difference.

    max |p − t|

    >>> next(max_error(np.array([3.0]), np.array([1.0])))
    (Max(of=array([2.])), 1)
    """
    largest, n = yield Max(np.abs(pred - target)), 1
    return np.where(n > 0, largest, np.nan)


@loss(
    "regression",
    aliases=("median_absolute_error", "medae"),
    reference="sklearn.metrics.median_absolute_error",
    properties="symmetric zero robust",
    units="target units",
    use="the error of a typical row is to be reported, however wild nearly half of them are",
    per="channel",
    presets=(sklearn("median_absolute_error"),),
    see={"mae": "the mean, which outliers move"},
)
def median_ae(pred: Real, target: Real):
    """The distance that half of the sample weight does not exceed, of each output; the mean of the two in the middle where it is even.

    median |p − t|

    >>> next(median_ae(np.array([3.0]), np.array([1.0])))[0].of
    array([2.])
    """
    e, w = yield Pooled(np.abs(pred - target)), Pooled(1)
    return weighted_median(e, w)


def weighted_median(x, w):
    """Over the last axis: x where the weights of all up to it pass half of their sum; where they meet it, halfway to the next."""
    order = np.argsort(x, axis=-1, kind="stable")
    upto = np.take_along_axis(np.broadcast_to(w, x.shape), order, -1).cumsum(-1)
    half, last = upto[..., -1:] / 2, x.shape[-1] - 1
    lower, upper = ((upto < half).sum(-1), (upto <= half + 2.0**-52).sum(-1))  # as scikit-learn allows for rounding
    ends = np.stack([np.minimum(lower, last), np.minimum(upper, last)], -1)
    middle = np.take_along_axis(np.take_along_axis(x, order, -1), ends, -1)
    middle = np.where(middle.sum(-1) < np.inf, middle.mean(-1), (middle / 2).sum(-1))
    return np.where(half[..., 0] > 0, middle, np.nan)


def _both_small(context):
    size = np.abs(context["pred"]) + np.abs(context["target"])
    return any_of_row(size < context["epsilon"])


@loss(
    "regression",
    aliases=("symmetric_mape", "symmetric_mean_absolute_percentage_error"),
    reference="torchmetrics.functional.symmetric_mean_absolute_percentage_error",
    properties="robust symmetric zero",
    units="1 (from 0 to 2), or percent",
    use="forecasts are compared by relative error, bounded where targets come near 0",
    presets=(torchmetrics("SymmetricMeanAbsolutePercentageError", "symmetric_mean_absolute_percentage_error"),),
    see={"mape": "of the target alone", "wape": "of all targets at once"},
    hints=(Diagnostic("W104", "pred and target are so small that epsilon stands in for their sum", _both_small),),
)
def smape(pred: Real, target: Real, *, epsilon: Positive = 1.17e-6, percent: bool = False):
    """Distance as a share of the mean size of prediction and target: 2 where their signs differ.

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
    use="one relative error over many items, where small or zero targets should not rule",
    presets=(torchmetrics("WeightedMeanAbsolutePercentageError", "weighted_mean_absolute_percentage_error", nothing={"rows": 0.0}),),
    see={"mape": "the mean of shares, which small targets rule"},
)
def wape(pred: Real, target: Real, *, epsilon: Positive = 1.17e-6, percent: bool = False):
    """All distances as a share of all targets.

    Σ |p − t| / max(Σ |t|, ε), times 100 if percent

    >>> next(wape(np.array([3.0]), np.array([-1.0])))
    (array([4.]), array([1.]))
    """
    unit, errors, sizes = yield from sums(np.abs(pred - target), np.abs(target))
    return errors / clamp_min(sizes, epsilon / unit) * (100 if percent else 1)


def naive(history, seasonality):
    """What a forecast by the value one season before would have missed, at each time; of the last value, where no season is that short."""
    m = seasonality if seasonality < history.shape[-1] else 1
    return np.abs(history[..., m:] - history[..., :-m])


def mean_power(x, p):
    """The mean of x^p of each series, as the unit that x is taken in, so that nothing overflows or is rounded to 0, and the mean."""
    unit = power_of_two_scale(x.max(-1)) if x.shape[-1] else np.ones(x.shape[:-1])
    size = explain_zero(x.shape[-1], "the history holds a single value, so there is no scale")
    return unit, explain_zero(((x / unit[..., None]) ** p).sum(-1) / size, "the history does not vary, so the scale is 0")


def beside(scale, x):
    """The scale of one series for all, or that of each row's own along the other axes of x."""
    return scale.reshape(scale.shape + (1,) * (x.ndim - 1)) if np.ndim(scale) else scale


_SHORT_HISTORY = Diagnostic(
    "W104",
    "scaled with a seasonality of 1, since history is no longer than --seasonality",
    lambda c: np.full(len(c["pred"]), c["history"].shape[-1] <= c["seasonality"]),
)


@loss(
    "regression",
    aliases=("mean_absolute_scaled_error",),
    reference="gluonts.ev.metrics.MASE",
    properties="convex robust zero",
    units="1",
    use="forecasts of series on different scales are set against the naive forecast",
    see={"rmsse": "of squares"},
    hints=(_SHORT_HISTORY,),
)
def mase(pred: Real, target: Real, history: History, *, seasonality: Period = 1):
    """Distance as a share of what the naive forecast, the value one season before, missed on average in its history.

    |p − t| / mean_s |y_s − y_{s−m}|; y one series for all, (time,), or one for each row, (series, time)

    >>> mase(np.array([4.0]), np.array([5.0]), np.array([1.0, 2.0, 4.0, 3.0]))
    array([0.75])
    """
    errors = np.abs(pred - target)
    whole, scale = (beside(x, errors) for x in mean_power(naive(history, seasonality), 1))
    return errors / (whole * scale)


@loss(
    "regression",
    aliases=("root_mean_squared_scaled_error",),
    reference="the formula (M5)",
    properties="convex zero",
    units="1",
    use="series on different scales, where large misses should count most, as in the M5 contest",
    see={"mase": "of distances"},
    hints=(_SHORT_HISTORY,),
)
def rmsse(pred: Real, target: Real, history: History, *, seasonality: Period = 1):
    """Root of the mean squared distance as a share of that of the naive forecast over its history.

    √ (mean (p − t)² / mean_s (y_s − y_{s−m})²); y one series for all, (time,), or one for each row, (series, time), with a number a row

    >>> next(rmsse(np.array([4.0]), np.array([5.0]), np.array([1.0, 2.0])))
    (array([1.]), 1)
    """
    ((unit, squares),), n = yield from power_sums([np.abs(pred - target)], 2, 1)
    whole, scale = (beside(x, squares) for x in mean_power(naive(history, seasonality), 2))
    return unit / whole * np.sqrt(squares / n / scale)


@loss(
    "regression",
    aliases=("minkowski_distance",),
    reference="torchmetrics.functional.minkowski_distance",
    properties="convex symmetric zero",
    units="target units",
    use="how much large errors count should be one exponent, from their sum to the largest",
    presets=(torchmetrics("MinkowskiDistance", "minkowski_distance", nothing={"rows": 0.0}),),
    see={"max_error": "the limit of large p", "rmse": "p 2, of the mean instead of the sum"},
)
def minkowski(pred: Real, target: Real, *, p: AtLeastOne = 2.0):
    """The p-norm of all errors together.

    (Σ |p − t|^p)^(1/p)

    >>> next(minkowski(np.array([3.0]), np.array([1.0]), p=3.0))
    (array([8.]),)
    """
    ((unit, powers),) = (yield from power_sums([np.abs(pred - target)], p))[0]
    return unit * powers ** (1 / p)


def centred(x):
    """Its differences from its mean over all rows: a pass, since Σ x² − (Σ x)² / N would lose the digits of a small spread."""
    total, n = yield Aligned(x), Aligned(1)
    return x - total / n


@loss(
    "regression",
    aliases=("relative_squared_error",),
    reference="torchmetrics.functional.relative_squared_error",
    properties="convex differentiable zero",
    units="1",
    use="the share of the variance that is left unexplained is to be reported",
    per="channel",
    presets=(torchmetrics("RelativeSquaredError", "relative_squared_error"),),
    see={"nrmse": "by the deviation (std) it is the root of rse", "sklearn.metrics.r2_score": "1 − rse"},
)
def rse(pred: Real, target: Real, *, squared: bool = True, epsilon: Positive = 2.0**-52):
    """Squared distances as a share of those of the mean target, of each output: 1 less the r² score.

    Σ (p − t)² / max(Σ (t − mean t)², ε), and its root if not squared

    >>> next(rse(np.array([3.0]), np.array([1.0])))[0].of
    array([1.])
    """
    spread = yield from centred(target)
    found = yield from power_sums([np.abs(pred - target), np.abs(spread)], 2)
    (unit, missed), (whole, total) = found[0]
    whole, total = np.maximum(whole, 1.0), total * np.minimum(whole, 1.0) ** 2  # epsilon is more than what is rounded to 0 there
    ratio, share = unit / whole, missed / clamp_min(total, epsilon / whole / whole)
    return share * ratio * ratio if squared else np.sqrt(share) * ratio


_NO_SCALE = {
    "mean": "the mean of target is 0",
    "range": "target does not vary, so its range is 0",
    "std": "target does not vary, so its deviation is 0",
    "l2": "target is 0 throughout, so its length is 0",
}


@loss(
    "regression",
    aliases=("normalized_rmse", "normalized_root_mean_squared_error"),
    reference="torchmetrics.functional.normalized_root_mean_squared_error",
    properties="zero",
    units="1",
    use="rmse is to be compared between targets of different scales",
    presets=(torchmetrics("NormalizedRootMeanSquaredError", "normalized_root_mean_squared_error"),),
    see={"rmse": "in the units of the target", "rse": "the square of nrmse by the deviation (std)"},
)
def nrmse(pred: Real, target: Real, *, normalization: Literal["mean", "range", "std", "l2"] = "mean"):
    """Root of the mean squared distance as a share of the targets' mean (with its sign), range, deviation or length.

    √ (Σ (p − t)² / N) / s; s = mean t, max t − min t, √ (Σ (t − mean t)² / N) or √ (Σ t²)

    >>> next(nrmse(np.array([3.0]), np.array([1.0])))[:2]
    (array([4.]), array([1.]))
    """
    t = (yield from centred(target)) if normalization == "std" else target
    found, total, top, bottom, n = yield from power_sums([np.abs(pred - target), np.abs(t)], 2, t, Max(t), Max(-t), 1)
    (unit, squares), (whole, length) = found
    scale = {"mean": total / n, "range": top + bottom, "std": whole * np.sqrt(length / n), "l2": whole * np.sqrt(length)}[normalization]
    return np.sqrt(squares / n) / explain_zero(scale, _NO_SCALE[normalization]) * unit
