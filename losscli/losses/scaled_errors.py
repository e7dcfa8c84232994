"""Errors of point forecasts relative to the history of their series, to the value before, or with a cost for each side."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from losscli.aggregation import Pooled
from losscli.diagnostics import DIVIDED_BY_TARGET
from losscli.domains import Demands, History, NonNegative, Period, Positive, Range, Real
from losscli.domains.values import INF
from losscli.losses.forecast import SHORT_HISTORY, broadcast_rows, mase, naive_errors, scaled_mean_power, smape, weighted_median
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.steps import clamp_min
from losscli.registry import loss

__all__ = ["mean_asymmetric_error", "mean_percentage_error", "median_ase", "median_sse", "msse", "owa", "spis", "theil_u2"]

Size = Literal["squared", "absolute"]
Histories = Annotated[Any, Range(shared=True, or_per_row=True, of_values=True, above=-INF, below=INF)]


@loss(
    "regression",
    aliases=("mean_squared_scaled_error",),
    reference="utilsforecast.losses.msse",
    properties="convex zero",
    units="1",
    use="series on different scales, where large errors should count most",
    words=("forecasting", "time series"),
    see={"rmsse": "its root", "mase": "with absolute errors", "series_msse": "of several series, told by an id (--series)"},
    hints=(SHORT_HISTORY,),
)
def msse(pred: Real, target: Real, history: History, *, seasonality: Period = 1):
    """Squared error divided by the mean squared error, in the history, of the naive forecast (the value one season before).

    (p − t)² / mean_s (y_s − y_{s−m})²; y one series for all, (time,), or one for each row, (series, time)

    >>> msse(np.array([4.0]), np.array([5.0]), np.array([1.0, 3.0]))
    array([0.25])
    """
    errors = np.abs(pred - target)
    scale, naive = (broadcast_rows(x, errors) for x in scaled_mean_power(naive_errors(history, seasonality), 2))
    return (errors / scale) ** 2 / naive


def _median_naive(history, seasonality):
    """For each series the median absolute error of the naive forecast, and the errors divided by it."""
    naive = naive_errors(history, seasonality)
    if not naive.shape[-1]:
        return explain_zero(0, "the history holds a single value, so there is no scale"), naive
    scale = weighted_median(naive, 1)[()]
    return explain_zero(scale, "the median error of the naive forecast in the history is 0"), naive / scale[..., None]


@loss(
    "regression",
    aliases=("median_absolute_scaled_error", "mdase"),
    reference="sktime.performance_metrics.forecasting.median_absolute_scaled_error",
    properties="robust zero",
    units="1",
    use="the error of a typical row is compared with that of the naive forecast",
    words=("forecasting", "time series"),
    see={"mase": "the mean, which depends on outliers", "median_ae": "in target units"},
    hints=(SHORT_HISTORY,),
)
def median_ase(pred: Real, target: Real, history: History, *, seasonality: Period = 1):
    """Median absolute error divided by that of the naive forecast in the history (the value one season before).

    median |p − t| / median_s |y_s − y_{s−m}|; y one series for all, (time,), or one for each row, (series, time)

    >>> next(median_ase(np.array([4.0]), np.array([5.0]), np.array([1.0, 3.0])))[0].column
    array([0.5])
    """
    scale, _ = _median_naive(history, seasonality)
    errors = np.abs(pred - target)
    errors, w = yield Pooled(errors / broadcast_rows(scale, errors)), Pooled(1)
    return weighted_median(errors, w)


@loss(
    "regression",
    aliases=("median_squared_scaled_error", "mdsse"),
    reference="sktime.performance_metrics.forecasting.median_squared_scaled_error",
    properties="zero",
    units="1",
    use="the squared error of a typical row is compared with that of the naive forecast",
    words=("forecasting", "time series"),
    see={"msse": "the mean, which depends on outliers", "median_ase": "its root, up to the mean of two middle errors"},
    hints=(SHORT_HISTORY,),
)
def median_sse(pred: Real, target: Real, history: History, *, seasonality: Period = 1, square_root: bool = False):
    """Median squared error divided by that of the naive forecast in the history (the value one season before), or its square root.

    median (p − t)² / median_s (y_s − y_{s−m})²; y one series for all, (time,), or one for each row, (series, time)

    >>> next(median_sse(np.array([4.0]), np.array([5.0]), np.array([1.0, 3.0])))[0].column
    array([0.25])
    """
    scale, naive = _median_naive(history, seasonality)
    errors, of_naive = np.abs(pred - target), weighted_median(naive**2, 1) if naive.shape[-1] else 1.0
    squares = (errors / broadcast_rows(scale, errors)) ** 2 / broadcast_rows(of_naive, errors)
    squares, w = yield Pooled(squares), Pooled(1)
    return np.sqrt(weighted_median(squares, w)) if square_root else weighted_median(squares, w)


@loss(
    "regression",
    aliases=("scaled_pis", "scaled_periods_in_stock"),
    reference="utilsforecast.losses.spis",
    properties="convex robust zero",
    units="1 (mean demands)",
    use="the errors of a whole horizon are reported in mean demands of the past",
    words=("forecasting", "demand", "inventory", "periods in stock"),
    reduction="sum",
    see={"mase": "relative to the errors of the naive forecast"},
)
def spis(pred: Real, target: Real, history: Demands):
    """Absolute error divided by the mean of the history; summed by default.

    |p − t| / mean_s y_s; y one series for all, (time,), or one for each row, (series, time)

    >>> spis(np.array([4.0]), np.array([5.0]), np.array([1.0, 3.0]))
    array([0.5])
    """
    errors, size = np.abs(pred - target), explain_zero(history.shape[-1], "the history is empty")
    return errors / broadcast_rows(explain_zero(history.sum(-1) / size, "the mean of the history is 0"), errors)


@loss(
    "regression",
    aliases=("overall_weighted_average",),
    reference="gluonts.ev.metrics.OWA",
    properties="zero",
    units="1",
    use="a forecast is compared with a baseline as in the M4 contest: below 1 it is better",
    words=("forecasting", "m4 competition", "baseline"),
    see={"rae": "of absolute errors alone"},
    hints=(SHORT_HISTORY,),
)
def owa(pred: Real, target: Real, benchmark: Real, history: Histories, *, seasonality: Period = 1):
    """Mean of two ratios to a baseline forecast, such as Naive 2: of smape, and of mase, each over all rows and series.

    ½ (smape(p) / smape(b) + mase(p) / mase(b)), b = benchmark

    >>> next(owa(np.array([3.0]), np.array([1.0]), np.array([3.0]), np.array([1.0, 2.0])))[0]
    array([1.])
    """
    percent, of_benchmark = smape(pred, target, epsilon=1e-300), smape(benchmark, target, epsilon=1e-300)
    scaled, also = (mase(x, target, history, seasonality=seasonality) for x in (pred, benchmark))
    percent, of_benchmark, scaled, also = yield percent, of_benchmark, scaled, also
    no_error = "the benchmark has no error"
    return (percent / explain_zero(of_benchmark, no_error) + scaled / explain_zero(also, no_error)) / 2


@loss(
    "regression",
    aliases=("theils_u2", "theil_u", "TheilU2"),
    reference="the formula (Theil, 1966)",
    properties="zero",
    units="1",
    use="relative changes are forecast, and compared with no change: below 1 it is better",
    words=("forecasting", "baseline", "no change forecast"),
    see={"rae": "of absolute errors, for any baseline"},
)
def theil_u2(pred: Real, target: Real, previous: Real, *, epsilon: Positive = 2.0**-52):
    """Theil's U2: the root of the squared relative errors divided by those of no change; previous is the value before each target.

    √ (Σ ((p − t) / m)² / Σ ((t − y) / m)²), y = previous, m = max(|y|, ε)

    >>> next(theil_u2(np.array([3.0]), np.array([2.0]), np.array([1.0])))[0]
    array([1.])
    """
    y = clamp_min(np.abs(previous), epsilon)
    ((scale, errors), (other, changes)), *_ = yield from scaled_power_sums([np.abs(pred - target) / y, np.abs(target - previous) / y], 2)
    return scale / other * np.sqrt(errors / explain_zero(changes, "target does not change"))


@loss(
    "regression",
    aliases=("asymmetric_error",),
    reference="sktime.performance_metrics.forecasting.mean_asymmetric_error",
    properties="convex zero",
    units="target units, squared on a side of squares",
    use="errors on one side cost more, or grow faster, than on the other",
    words=("forecasting", "asymmetric cost", "inventory"),
    see={"quantile": "absolute on both sides", "expectile": "squared on both sides", "linex": "exponential on one side"},
)
def mean_asymmetric_error(
    pred: Real,
    target: Real,
    *,
    asymmetric_threshold: float = 0.0,
    left_error_function: Size = "squared",
    right_error_function: Size = "absolute",
    left_error_penalty: NonNegative = 1.0,
    right_error_penalty: NonNegative = 1.0,
):
    """Error of one size for predictions that are too high (left: t − p below the threshold), and of another for those that are too low.

    w_l f_l(t − p) where t − p < threshold, else w_r f_r(t − p); f is the square or the absolute value

    >>> mean_asymmetric_error(np.array([3.0, 0.0]), np.array([1.0, 2.0]))
    array([4., 2.])
    """
    error, size = target - pred, np.abs(target - pred)
    left = left_error_penalty * (size * size if left_error_function == "squared" else size)
    right = right_error_penalty * (size * size if right_error_function == "squared" else size)
    return np.where(error < asymmetric_threshold, left, right)


@loss(
    "regression",
    aliases=("mpe", "MeanPercentageError"),
    reference="yardstick.mpe, with the opposite sign",
    units="1 (a fraction), or percent",
    use="the bias of a forecast is reported relative to the target; opposite errors cancel",
    words=("forecasting", "percentage error", "bias"),
    see={"mape": "without the sign", "mean_error": "in target units"},
    hints=DIVIDED_BY_TARGET,
)
def mean_percentage_error(pred: Real, target: Real, *, epsilon: Positive = 2.0**-52, percent: bool = False):
    """Error divided by the target, with its sign: above 0 where the prediction is further from 0 than the target.

    (p − t) / t, times 100 if percent; a |t| below ε counts as ε

    >>> mean_percentage_error(np.array([90.0]), np.array([100.0]))
    array([-0.1])
    """
    near = np.where(target < 0, -epsilon + 0 * target, epsilon)
    return (pred - target) / np.where(np.abs(target) < epsilon, near, target) * (100 if percent else 1)
