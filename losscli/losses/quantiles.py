"""Scores of quantiles and of intervals of a forecast, also relative to a naive forecast."""

from __future__ import annotations

from typing import Literal

from losscli.diagnostics import Diagnostic
from losscli.domains import History, Level, Levels, OutsideInterval, Period, Positive, Probability, Real, Vector
from losscli.losses.forecast import SHORT_HISTORY, broadcast_rows, naive_errors, scaled_mean_power
from losscli.losses.regression import huber, quantile
from losscli.losses.scores import OverLevels, interval_score, of_levels
from losscli.numeric.lazy import np
from losscli.registry import loss

__all__ = [
    "huber_multi_quantile", "huber_quantile", "levels_of", "msis", "multi_quantile", "quantile_at_level", "scaled_multi_quantile",
    "scaled_quantile", "wis",
]  # fmt: skip


def levels_of(pred, quantiles):
    """The levels of the quantiles on the last axis; spread evenly where none are given."""
    q = pred.shape[-1]
    levels = np.arange(1, q + 1) / (q + 1) if quantiles is None else np.asarray(quantiles, float)
    return levels.astype(pred.dtype)


@loss(
    "probabilistic",
    aliases=("mqloss", "mql", "multi_quantile_loss", "mean_quantile_loss", "mean_pinball_of_levels"),
    reference="utilsforecast.losses.mqloss",
    properties="convex robust",
    units="target units",
    use="several quantiles are predicted for each target, and each level counts the same",
    words=("quantile forecasts", "probabilistic forecasting", "forecasting"),
    see={"wis": "twice this loss", "quantile": "for one level", "weighted_quantile": "relative to the sum of the targets"},
)
def multi_quantile(pred: Vector, target: Real, *, quantiles: Levels | None = None, over_levels: OverLevels = "mean"):
    """Mean pinball loss of the quantiles of a row; levels are read from the names of the columns, or default to i / (Q + 1).

    mean_q pinball_τ(p_q, t), or the sum over q

    >>> multi_quantile(np.array([[1.0, 3.0]]), np.array([2.0]), quantiles=[0.25, 0.75])
    array([0.25])
    """
    return of_levels(quantile(pred, target[..., None], tau=levels_of(pred, quantiles)), over_levels)


def _no_intervals(context):
    levels = np.sort(levels_of(context["pred"], context["quantiles"]))
    return np.full(len(context["pred"]), not np.allclose(levels + levels[::-1], 1, rtol=0, atol=1e-6))


@loss(
    "probabilistic",
    aliases=("weighted_interval_score", "wis_of_quantiles"),
    reference="the formula (Bracher et al., 2021)",
    properties="convex robust",
    units="target units",
    use="forecasts of quantiles are scored as forecast hubs do; the CRPS for many levels",
    words=("weighted interval score", "forecast hub", "epidemic forecasting", "prediction interval"),
    see={"interval_score": "of one interval", "multi_quantile": "half of this score", "quantile_at_level": "for a row for each level"},
    hints=(Diagnostic("W114", "the levels are not those of intervals around the median, q and 1 − q", _no_intervals, every=True, least=1),),
)
def wis(pred: Vector, target: Real, *, quantiles: Levels | None = None):
    """Weighted interval score of the median and K central intervals, given as 2 K + 1 quantiles; or of 2 K quantiles without the median.

    (½ |t − m| + Σ_k ½ α_k IS_αk) / (K + ½), which is twice the mean pinball loss of all quantiles

    >>> wis(np.array([[1.0, 2.0, 4.0]]), np.array([2.0]), quantiles=[0.25, 0.5, 0.75])
    array([0.5])
    """
    return 2 * multi_quantile(pred, target, quantiles=quantiles)


@loss(
    "probabilistic",
    aliases=("pinball_at_level", "quantile_loss_at_level"),
    reference="scoringrules.quantile_score",
    properties="convex robust zero",
    units="target units",
    use="a table has one row for each quantile, with its level in a column",
    words=("forecast hub", "long format", "quantile forecasts"),
    see={"quantile": "with one level for all rows", "wis": "twice the mean of this loss over the levels of a target"},
)
def quantile_at_level(pred: Real, target: Real, level: Probability):
    """Pinball loss of a quantile whose level is in its row, not an option.

    τ (t − p) where t ≥ p, else (1 − τ) (p − t); τ = level

    >>> quantile_at_level(np.array([1.0]), np.array([3.0]), np.array([0.25]))
    array([0.5])
    """
    return np.where(target >= pred, level * (target - pred), (1 - level) * (pred - target))


def naive_scaled(values, history, seasonality):
    """Values divided by the mean absolute error, in the history, of the naive forecast."""
    scale, naive = (broadcast_rows(x, values) for x in scaled_mean_power(naive_errors(history, seasonality), 1))
    return values / (scale * naive)


@loss(
    "probabilistic",
    aliases=("scaled_quantile_loss", "sql", "spl", "scaled_pinball"),
    reference="utilsforecast.losses.scaled_quantile_loss",
    properties="convex robust zero",
    units="1",
    use="quantiles of series on different scales are scored, as in the M5 contest",
    words=("forecasting", "m5 competition", "quantile forecasts"),
    see={"quantile": "not scaled", "mase": "twice this loss for the median"},
    hints=(SHORT_HISTORY,),
)
def scaled_quantile(pred: Real, target: Real, history: History, *, tau: Level = 0.5, seasonality: Period = 1):
    """Pinball loss divided by the mean absolute error, in the history, of the naive forecast (the value one season before).

    pinball_τ(p, t) / mean_s |y_s − y_{s−m}|; y one series for all, (time,), or one for each row, (series, time)

    >>> scaled_quantile(np.array([4.0]), np.array([5.0]), np.array([1.0, 2.0, 4.0, 3.0]))
    array([0.375])
    """
    return naive_scaled(quantile(pred, target, tau=tau), history, seasonality)


@loss(
    "probabilistic",
    aliases=("scaled_mqloss", "scaled_multi_quantile_loss"),
    reference="utilsforecast.losses.scaled_mqloss",
    properties="convex robust",
    units="1",
    use="several quantiles of series on different scales are scored, as in the M5 contest",
    words=("forecasting", "m5 competition", "quantile forecasts"),
    see={"multi_quantile": "not scaled", "scaled_quantile": "for one level"},
    hints=(SHORT_HISTORY,),
)
def scaled_multi_quantile(pred: Vector, target: Real, history: History, *, quantiles: Levels | None = None, seasonality: Period = 1):
    """Mean pinball loss of the quantiles of a row, divided by the mean absolute error of the naive forecast in the history.

    mean_q pinball_τ(p_q, t) / mean_s |y_s − y_{s−m}|

    >>> scaled_multi_quantile(np.array([[4.0, 6.0]]), np.array([5.0]), np.array([1.0, 2.0]), quantiles=[0.25, 0.75])
    array([0.25])
    """
    return naive_scaled(multi_quantile(pred, target, quantiles=quantiles), history, seasonality)


@loss(
    "probabilistic",
    aliases=("mean_scaled_interval_score", "scaled_interval_score"),
    reference="gluonts.evaluation.metrics.msis",
    properties="convex robust",
    units="1",
    use="intervals of series on different scales are scored, as in the M4 contest",
    words=("forecasting", "m4 competition", "prediction interval"),
    see={"interval_score": "not scaled", "mase": "for point forecasts"},
    hints=(SHORT_HISTORY,),
)
def msis(lower: Real, upper: Real, target: Real, history: History, *, alpha: OutsideInterval = 0.05, seasonality: Period = 1):
    """Interval score divided by the mean absolute error, in the history, of the naive forecast (the value one season before).

    ((u − l) + 2/α max(0, l − t) + 2/α max(0, t − u)) / mean_s |y_s − y_{s−m}|

    >>> msis(np.array([0.0]), np.array([2.0]), np.array([2.5]), np.array([1.0, 3.0]), alpha=0.5)
    array([2.])
    """
    return naive_scaled(interval_score(lower, upper, target, alpha=alpha), history, seasonality)


@loss(
    "regression",
    aliases=("huber_quantile_loss", "huberized_quantile", "quantile_huber"),
    reference="the formula in its documentation, neuralforecast.losses.pytorch.HuberQLoss",
    properties="convex differentiable robust zero",
    units="squared target units near the target, then target units",
    use="a quantile is predicted, and the loss should be smooth at the target",
    words=("quantile forecasts", "distributional reinforcement learning"),
    see={
        "quantile": "not smooth",
        "expectile": "smooth everywhere, but it is no quantile",
        "huber_of": "error is the form of QR-DQN, times its κ, and of NeuralForecast's HuberQLoss",
    },
)
def huber_quantile(
    pred: Real, target: Real, *, tau: Level = 0.5, delta: Positive = 1.0, huber_of: Literal["pinball", "error"] = "pinball"
):  # fmt: skip
    """Huber loss of the pinball loss, or of the error, times the weight of its side: a square near the target, linear above delta.

    huber_δ(pinball_τ(p, t)), or huber_δ(t − p) times τ where t > p and 1 − τ elsewhere

    >>> huber_quantile(np.array([1.0]), np.array([3.0]), tau=0.5)
    array([0.5])
    """
    if huber_of == "error":
        return np.where(target > pred, tau, 1 - tau) * huber(pred, target, delta=delta)
    return huber(quantile(pred, target, tau=tau), 0.0, delta=delta)


@loss(
    "regression",
    aliases=("huber_mqloss", "huber_multi_quantile_loss"),
    reference="neuralforecast.losses.pytorch.HuberMQLoss",
    properties="convex robust",
    units="squared target units near the target, then target units",
    use="several quantiles are predicted, and the loss should be smooth at the target",
    words=("quantile forecasts",),
    see={"multi_quantile": "not smooth", "huber_quantile": "for one level"},
)
def huber_multi_quantile(
    pred: Vector, target: Real, *, quantiles: Levels | None = None, delta: Positive = 1.0, over_levels: OverLevels = "mean"
):  # fmt: skip
    """Mean over the quantiles of a row of the Huber loss of the pinball loss.

    mean_q huber_δ(pinball_τ(p_q, t)), or the sum over q

    >>> huber_multi_quantile(np.array([[1.0, 3.0]]), np.array([2.0]), quantiles=[0.5, 0.5])
    array([0.125])
    """
    return of_levels(huber(quantile(pred, target[..., None], tau=levels_of(pred, quantiles)), 0.0, delta=delta), over_levels)
