"""Errors of series: of several, each relative to a history of its own; relative to those of a baseline; and of the frequencies."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from losscli.aggregation import Pooled
from losscli.diagnostics import Diagnostic
from losscli.domains import History, NonNegative, Period, Real, Share0To1, Vector, Whole
from losscli.domains.series import NameOfSeries
from losscli.domains.values import INF
from losscli.losses.forecast import SHORT_HISTORY, broadcast_rows, naive_errors, scaled_mean_power
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.grouped import group_powers, group_sums, seasonal_differences
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.spectra import amplitudes
from losscli.numeric.steps import multiply_no_nan
from losscli.presets import Preset
from losscli.registry import loss

__all__ = ["fredf", "relative_mse", "series_scaled_error"]

HistoryNames = Annotated[Any, Whole(takes_words=True, shared=True, rows_of="history", only_with="series", above=-INF, below=INF)]
SeriesName = Annotated[Any, NameOfSeries(takes_words=True, or_row=True, only_with="history_series", above=-INF, below=INF)]


def _short_history(context):
    if "history_series" not in context:
        return SHORT_HISTORY.rows(context)
    names, counts = np.unique(context["history_series"], return_counts=True)
    return np.isin(context["series"], names[counts <= context["seasonality"]])


def _value(scale, ratio, error):
    """The error of a scale and of a ratio of mean powers that belongs to it."""
    return scale * np.sqrt(ratio) if error == "root" else (scale if error == "absolute" else scale * scale) * ratio


@loss(
    "regression",
    presets=(
        Preset(("series_mase",)),
        Preset(("series_msse",), options={"error": "squared"}),
        Preset(("series_rmsse",), options={"error": "root"}),
    ),
    reference="utilsforecast.losses.mase, msse, rmsse",
    properties="zero",
    units="1",
    use="forecasts of several series are compared with the naive forecast, each by its own history",
    words=("forecasting", "time series", "several series", "mase of several series", "unique_id", "m4 competition", "m5 competition"),
    see={
        "mase": "a number for each row, or a mean over rows: series with more rows count more there",
        "--by": "the number of each series: --by with the column of --series",
        "error": "absolute is MASE, squared MSSE, and root RMSSE, the root for each series",
    },
    hints=(Diagnostic("W104", "a history is not longer than --seasonality, so a seasonality of 1 is used for its series", _short_history),),
)
def series_scaled_error(
    pred: Real, target: Real, history: History, series: SeriesName = None, history_series: HistoryNames = None, *,
    error: Literal["absolute", "squared", "root"] = "absolute",
    seasonality: Period = 1,
):  # fmt: skip
    """MASE, MSSE or RMSSE of each series, averaged over the series: its mean error divided by that of the naive forecast in its history.

    mean over series of mean_i |p_i − t_i|^k / mean_s |y_s − y_{s−m}|^k, k = 1 or 2, or of its square root; y in the order of time

    >>> next(series_scaled_error(np.array([4.0]), np.array([5.0]), np.array([1.0, 3.0])))
    (array([1.]), 1)
    """
    errors, p = np.abs(pred - target), 1 if error == "absolute" else 2
    if series is None:
        ((scale, powers),), n = yield from scaled_power_sums([errors], p, 1)
        of_naive, naive = (broadcast_rows(x, powers) for x in scaled_mean_power(naive_errors(history, seasonality), p))
        return _value(scale / of_naive, powers / n / naive, error)
    x, names, w = yield Pooled(errors), Pooled(np.broadcast_to(series, errors.shape)), Pooled(1)
    ids, of_value = np.unique(history_series, return_inverse=True)
    differences, of = seasonal_differences(history, of_value.reshape(-1), int(seasonality))
    naive = group_powers(differences, of, differences * 0 + 1, len(ids), p)
    return _mean_over_series(x, np.broadcast_to(w, x.shape), np.searchsorted(ids, names), naive, error)


_SHORT, _CONSTANT = "the history of a series holds a single value", "the history of a series does not vary, so its scale is 0"


def _mean_over_series(x, w, codes, naive, error):
    """The mean over the series, for each of the axes before the last one, of the errors x with sample weights w.

    `codes` are the series of the errors, and `naive` has the powers of the naive errors of each series, as `group_powers` returns them.
    """
    of_naive, powers, count = naive
    kept, n = x.shape[:-1], len(count)
    whole = math.prod(kept)  # a sum for each series, and for each place of the axes that --per keeps
    of = (codes.reshape(whole, -1) + n * np.arange(whole)[:, None]).reshape(-1)
    scale, power, weight = group_powers(x.reshape(-1), of, w.reshape(-1), whole * n, 1 if error == "absolute" else 2)
    some = np.flatnonzero(weight > 0)  # other series have no rows
    own = some % n
    mean = explain_zero(powers[own] / explain_zero(count[own], _SHORT), _CONSTANT)
    values = _value(scale[some] / of_naive[own], power[some] / weight[some] / mean, error)
    means = group_sums(values, some // n, whole) / np.bincount(some // n, minlength=whole)
    return means.reshape(kept) if kept else means[0]


@loss(
    "regression",
    aliases=("relmse", "relative_mean_squared_error"),
    reference="neuralforecast.losses.pytorch.relMSE, without epsilon",
    properties="zero",
    units="1",
    use="squared errors of a forecast are compared with those of a baseline: below 1 it is better",
    words=("forecasting", "baseline", "benchmark", "naive forecast"),
    see={"rae": "of absolute errors", "rse": "relative to the mean of the targets"},
)
def relative_mse(pred: Real, target: Real, benchmark: Real, *, epsilon: NonNegative = 0.0):
    """Mean squared error divided by that of a baseline forecast of the same targets.

    mean (p − t)² / (mean (b − t)² + ε), b = benchmark

    >>> next(relative_mse(np.array([3.0]), np.array([1.0]), np.array([5.0])))
    (array([4.]), array([16.]), 1)
    """
    ((scale, errors), (other, of_benchmark)), n = yield from scaled_power_sums([np.abs(pred - target), np.abs(benchmark - target)], 2, 1)
    size = explain_zero(of_benchmark / n + epsilon / other / other, "the benchmark has no error")
    return errors / n / size * (scale / other) ** 2


@loss(
    "regression",
    aliases=("FreDF", "frequency_enhanced_loss"),
    reference="neuralforecast.losses.pytorch.FreDF",
    properties="convex zero symmetric",
    units="target units, squared for a share of 1 - alpha",
    use="a forecast of many steps should have the right frequencies, too",
    words=("forecasting", "time series", "fourier transform", "frequency domain", "multi-step forecast"),
    see={"mse": "for alpha 0", "focal_frequency": "squared differences of amplitudes, of images"},
)
def fredf(pred: Vector, target: Vector, *, alpha: Share0To1 = 0.5):
    """Mean squared error of a series, and the mean size of the complex errors of its Fourier transform; a row is a series, (rows, time).

    (1 − α) mean_s (p_s − t_s)² + α mean_k |F(p − t)_k|, F(e)_k = Σ_s e_s e^(−2πi ks/n), k from 0 to n/2

    >>> fredf(np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]]))
    array([2.])
    """
    error = pred - target
    n = error.shape[-1]
    sizes = amplitudes(error, 1)[..., : n // 2 + 1] * math.sqrt(n)
    return multiply_no_nan(1 - alpha, (error * error).mean(-1)) + alpha * sizes.mean(-1)
