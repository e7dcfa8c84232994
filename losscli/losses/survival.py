"""Losses of survival times, some of them censored: Cox's partial likelihood, and likelihoods of accelerated failure time models."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, MeanOver, RowIndex
from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import (
    AnyOrInfinite,
    Controls,
    Flag,
    KnownTimes,
    NonNegative,
    Positive,
    PositiveOrInfinite,
    Real,
    Stratum,
    UpperBound,
    Vector,
)
from losscli.losses.survival_scores import NO_TIMES, times_of
from losscli.numeric.lazy import np
from losscli.numeric.log_times import exp_minus, extreme_interval_nll, logistic_interval_nll, normal_interval_nll, normal_nll
from losscli.numeric.risk_sets import cox_nll, share_of_time
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.numeric.steps import clamp_max, log_ratio, relu, softplus
from losscli.registry import Preset, loss

__all__ = ["aft", "aft_distance", "cox_cc", "cox_ph", "hazard_nll", "survival_nll"]


@loss(
    "survival",
    aliases=("cox", "cox_partial_likelihood", "cox_ph_loss", "cox_survival", "neg_partial_log_likelihood", "deepsurv"),
    reference="the formula (Cox 1972; ties by Breslow 1974 or Efron 1977)",
    properties="convex differentiable",
    units="nats",
    use="survival times, some of them censored, of which only relative risks are modelled",
    words=("survival analysis", "censored data", "time to event", "hazard", "proportional hazards", "churn", "deepsurv"),
    see={
        "concordance_survival": "the order alone, without a slope",
        "ties": "order takes tied rows one after the other, in the order of the file, as pycox does",
        "catboost.Cox": "CatBoost shows the log-likelihood, which is minus this sum",
        "sample_weight": "multiplies the terms of the events; the sums over the rows at risk have no weights",
    },
)
def cox_ph(
    pred: Real, time: Real, event: Flag, strata: Stratum = None, *, ties: Literal["breslow", "efron", "order"] = "breslow",
    mean_over: Literal["events", "times"] = "events", eps: NonNegative = 0.0,
):  # fmt: skip
    """Negative log partial likelihood of an event among all rows that are at risk at its time; strata have risk sets of their own.

    log (Σ_{t_j ≥ t_i} e^{h_j} + ε e^max h) − h_i for a row with an event, else 0, for log hazards h; a mean is over events or their times

    >>> next(cox_ph(np.array([0.5]), np.array([2.0]), np.array([1])))[0].column
    array([0.5])
    """
    columns = (pred, time, event) if strata is None else (pred, time, event, strata)
    *gathered, row = yield *(AllRows(c, paired=False) for c in columns), RowIndex
    hazards, times, events, *stratum = gathered
    at_risk = hazards, (times, events, stratum[0] if stratum else None), row, (ties, eps)
    return cox_nll(*at_risk), MeanOver(mean_over, event.astype(float) if mean_over == "events" else share_of_time(*at_risk))


@loss(
    "survival",
    aliases=("cox_case_control", "cox_cc_loss", "CoxCCLoss", "cox_time"),
    reference="pycox.models.loss.cox_cc_loss",
    properties="convex differentiable",
    units="nats",
    use="a Cox model is trained in batches: an event beside some rows drawn from those at risk",
    words=("survival analysis", "case-control", "censored data", "time to event"),
    see={"cox_ph": "the whole risk set instead of a sample of it"},
)
def cox_cc(pred: Real, control: Controls, *, shrink: NonNegative = 0.0, most: AnyOrInfinite = float("inf")):
    """Negative log partial likelihood of an event among itself and some controls; pred and control are log hazards.

    log (1 + Σ_k e^min(c_k − h, most)) + shrink (|h| + Σ_k |c_k|) / K, K controls

    >>> cox_cc(np.array([0.0]), np.array([[0.0, 0.0]]))
    array([1.09861229])
    """
    far = clamp_max(control - pred[..., None], most)
    rows = np.concatenate([np.zeros((*pred.shape, 1), pred.dtype), far], -1)
    value = softmax_cross_entropy(rows, np.zeros(pred.shape, int))
    return value + shrink * (np.abs(pred) + np.abs(control).sum(-1)) / control.shape[-1] if shrink else value


# --- accelerated failure time: the logarithm of the time has a distribution around a prediction -----------------------------------


_DENSITIES = {"normal": normal_nll, "logistic": lambda z: softplus(z) + softplus(-z), "extreme": lambda z: exp_minus(z, z)}
_INTERVALS = {"normal": normal_interval_nll, "logistic": logistic_interval_nll, "extreme": extreme_interval_nll}
_OF_TIMES = {"weibull": "extreme", "lognormal": "normal", "loglogistic": "logistic"}
_SWAPPED = Diagnostic(
    "W104",
    "upper below lower: the two are taken in the right order; a row with no upper bound has upper inf",
    lambda c: any_in_row(c["upper"] < c["lower"]),
)


@loss(
    "survival",
    aliases=("aft_nloglik", "accelerated_failure_time", "interval_censored_nll"),
    reference="xgboost's survival:aft, without its bound",
    properties="",
    units="nats",
    use="each time is known, or known to lie between two bounds: right, left or interval censored",
    words=("survival analysis", "accelerated failure time", "interval censored", "censored data", "time to event", "tobit"),
    see={
        "survival_nll": "takes a time and whether there was an event, and a shape for each row",
        "upper": "equal to lower for a known time; inf for right censoring; lower 0 is left censoring",
    },
    hints=(_SWAPPED,),
)
def aft(
    pred: Real, lower: NonNegative, upper: UpperBound, *, dist: Literal["normal", "logistic", "extreme"] = "normal",
    scale: Positive = 1.0, floor: NonNegative = 0.0,
):  # fmt: skip
    """Negative log-likelihood of a time between two bounds, whose logarithm is the prediction plus scale times a standard noise.

    −log max(F(z_u) − F(z_l), floor), z = (log t − p) / s; of a known time −log max(f(z) / (s t), floor)

    >>> aft(np.array([0.0]), np.array([1.0]), np.array([np.inf]))
    array([0.69314718])
    """
    known, first, last = lower == upper, np.minimum(lower, upper), np.maximum(lower, upper)
    low, high = ((np.log(t) - pred) / scale for t in (first, last))
    of_known = _DENSITIES[dist](np.where(known, low, 0.0)) + np.log(scale * np.where(known, lower, 1.0))
    between = ~known & (first > 0) & (last < np.inf)
    width = np.where(between, log_ratio(np.where(between, last, 1.0), np.where(between, first, 1.0)) / scale, np.inf)
    of_interval = _INTERVALS[dist](np.where(known, -1.0, low), np.where(known, 1.0, high), np.where(known, 2.0, width))
    return clamp_max(np.where(known, of_known, of_interval), -np.log(floor) if floor else np.inf)


@loss(
    "survival",
    aliases=("interval_distance", "survival_aft_distance"),
    reference="catboost's SurvivalAft as a metric",
    properties="",
    units="time",
    use="predicted times should lie within known bounds: left, right or interval censored",
    words=("survival analysis", "interval censored", "censored data", "time to event"),
    see={"aft": "the likelihood, which a model is trained with", "pred": "the logarithm of the time, as in aft"},
    hints=(_SWAPPED,),
)
def aft_distance(pred: Real, lower: NonNegative, upper: UpperBound):
    """How far the predicted time, e to the prediction, is from the bounds of the true time; 0 between them.

    max(0, l − e^p) + max(0, e^p − u)

    >>> aft_distance(np.array([0.0]), np.array([3.0]), np.array([np.inf]))
    array([2.])
    """
    first, last, time = np.minimum(lower, upper), np.maximum(lower, upper), np.exp(pred)
    return relu(first - time) + relu(np.where(last < np.inf, time - np.where(last < np.inf, last, 0.0), 0.0))


@loss(
    "survival",
    aliases=("parametric_survival_nll", "survival_negative_log_likelihood"),
    reference="torchsurv.loss.weibull.neg_log_likelihood_weibull",
    properties="differentiable",
    units="nats",
    use="scale and shape of the time's distribution are predicted, and some rows are censored",
    words=("weibull", "log-normal", "log-logistic", "time to event", "censored data", "churn", "lifetime"),
    presets=(
        Preset(("weibull_nll", "weibull_survival", "weibull_aft", "exponential_survival"), options={"dist": "weibull"}),
        Preset(("lognormal_survival", "lognormal_aft"), options={"dist": "lognormal"}),
        Preset(("loglogistic_survival", "loglogistic_aft"), options={"dist": "loglogistic"}),
    ),
    see={"aft": "for interval and left censoring", "log_shape": "left out it is 0: an exponential distribution for weibull"},
)
def survival_nll(
    pred: Real, time: Positive, event: Flag, log_shape: Real = None, *, dist: Literal["weibull", "lognormal", "loglogistic"] = "weibull"
):
    """Negative log-likelihood of an event at a time, or after it; pred is the log of the scale, 1 / shape is the spread of the log time.

    −log f(z) − log k + log t for an event, −log (1 − F(z)) for a censored row, z = k (log t − p), k = e^log_shape

    >>> survival_nll(np.array([0.0]), np.array([2.0]), np.array([0]))
    array([2.])
    """
    k = 0 * pred if log_shape is None else log_shape
    z, noise = np.exp(k) * (np.log(time) - pred), _OF_TIMES[dist]
    end = np.full(z.shape, np.inf, z.dtype)
    return np.where(event == 1, _DENSITIES[noise](z) - k + np.log(time), _INTERVALS[noise](z, end, end))


# --- a hazard that is given at some times ------------------------------------------------------------------------------------------


@loss(
    "survival",
    aliases=("log_hazard_nll", "hazard_curve_nll", "continuous_hazard_nll"),
    reference="torchsurv.loss.survival.neg_log_likelihood",
    properties="",
    units="nats",
    use="a model gives the log hazard at many times, such as a neural hazard model",
    words=("survival analysis", "hazard", "time to event", "censored data", "neural ode"),
    hints=(NO_TIMES,),
    see={
        "nll_pc_hazard": "a constant hazard in each interval",
        "survival_nll": "of a Weibull or another distribution of the time",
        "most": "the largest cumulative hazard of a row, which is 1e10 in torchsurv",
        "without_events": "rows of which none has an event: computed, or nothing, where torchsurv has 0",
    },
)
def hazard_nll(
    pred: Vector, time: Real, event: Flag, *, times: KnownTimes = None, most: PositiveOrInfinite = float("inf"),
    without_events: Literal["computed", "nothing"] = "computed",
):  # fmt: skip
    """Negative log-likelihood of an event, or of none, under a hazard that is given at some times and linear between them.

    −d log h(τ_K) + Σ_{k < K} (h_k + h_{k+1}) (τ_{k+1} − τ_k) / 2, K the last time up to t, or the first; h = e^pred, d = event

    >>> hazard_nll(np.array([[0.0, 0.0]]), np.array([2.0]), np.array([1]), times=[0.0, 2.0])
    array([2.])
    """
    at = times_of(pred, times)
    order = np.argsort(at, kind="stable")
    at, log_hazard = at[order].astype(pred.dtype), np.take(pred, order, -1)
    passed, hazard = at <= time[..., None], np.exp(log_hazard)
    areas = np.where(passed[..., 1:], (hazard[..., 1:] / 2 + hazard[..., :-1] / 2) * np.diff(at), 0.0)
    last = np.maximum(passed.sum(-1) - 1, 0)
    now = np.take_along_axis(log_hazard, last[..., None], -1)[..., 0]
    value = clamp_max(areas.sum(-1), most) - np.where(event == 1, now, 0.0)
    return (value, None, event) if without_events == "nothing" else value
