"""Scores of survival models: concordance, and the Brier score at given times, with weights for rows that are censored."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, ByClass, EachClass, Matrix, Pooled
from losscli.diagnostics import Diagnostic
from losscli.domains import (
    CensoringWeights,
    Flag,
    KnownTimes,
    NonNegativeAtTimes,
    PositiveOrInfinite,
    Probability,
    Real,
    SurvivalCurve,
    TrainEvent,
    TrainTime,
)
from losscli.errors import UsageError
from losscli.numeric.censoring import comparable_pairs, follow_up, uncensored_probability
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_infinite, explain_zero
from losscli.registry import loss

__all__ = [
    "brier_survival", "brier_survival_integrated", "brier_survival_weighted", "concordance_survival", "nbll_survival", "survival_score",
]  # fmt: skip

AtEvent = Literal["before", "at"]
AtRisk = Literal["without_events", "all"]
OverTimes = Literal["times", "none"]


@loss(
    "survival",
    aliases=("c_index", "cindex", "concordance_index", "harrell_c", "harrells_c", "concordance_index_censored"),
    reference="sksurv.metrics.concordance_index_censored",
    units="1",
    use="risks are evaluated by the order of the events alone: which pairs are in the wrong order",
    words=("concordance", "c-index", "time to event", "censored data", "churn", "score"),
    see={
        "cox_ph": "has a slope, for training",
        "form": "loss is 1 − C, score is C itself: a score that is higher is better",
        "higher": "what a higher prediction means: a higher risk, or a longer time",
    },
)
def concordance_survival(
    pred: Real, time: Real, event: Flag, *, higher: Literal["risk", "time"] = "risk", form: Literal["loss", "score"] = "loss"
):
    """Share of the pairs, of those in which one row has an event before the other's time, whose predictions are in the wrong order.

    1 − C = (wrong + tied / 2) / pairs; at one time an event comes before a censoring, and two events are no pair

    >>> next(concordance_survival(np.array([0.5]), np.array([2.0]), np.array([1])))[0].column
    array([0.5])
    """
    risk, times, events, w = yield Pooled(pred if higher == "risk" else -pred), Pooled(time), Pooled(event * 1.0), Pooled(1)
    right, tied, pairs = comparable_pairs(risk, times, events, w)
    good = right + tied / 2
    return (good if form == "score" else pairs - good) / pairs, None, pairs


NO_TIMES = Diagnostic(
    "W114",
    "no --times: the columns of pred are taken for the times 1, 2, 3, …",
    lambda c: np.full(len(c["pred"]), c["times"] is None),
)


_NO_ROW = "at one of the times no row counts: give earlier --times"
_NOTHING = "at one of the times no row counts, or one counts at which the probability of no censoring is 0: give earlier --times"


def times_of(pred, times):
    """The time of each column: as given, else 1, 2, 3, …"""
    return np.arange(1.0, pred.shape[-1] + 1) if times is None else np.reshape(np.asarray(times, np.float64), -1)


def _over_times(at_times, counted, average):
    """The number at each time, or their mean, and what it is a mean of: nothing where no row counts at a time."""
    if average == "none":
        return EachClass(at_times), None, counted
    return at_times.mean(-1), None, explain_zero(counted.min(-1), _NO_ROW)


def _refuse_as_scikit_survival(rows, train, limits):
    """Raise UsageError for what scikit-survival refuses: only censored rows, and times outside the times of the rows."""
    first, last, first_event = follow_up(*rows)
    if first > last:
        return  # there are no rows
    for text, event in (("event", first_event), ("train_event", follow_up(*train)[2])):
        if event == np.inf:
            raise UsageError(f"--at-event at, as scikit-survival: {text} is 0 in every row, and all rows censored say nothing")
    if limits.min() < first or limits.max() >= last:
        raise UsageError(
            f"--at-event at, as scikit-survival: times has to be at least {first:g}, the first time, and below {last:g}, the last"
        )
    last_train = follow_up(*train)[1]
    if last > last_train and uncensored_probability(last_train, *train[:2], False, train[2]) > 0:
        raise UsageError(f"--at-event at, as scikit-survival: time has {last:g}, which is after {last_train:g}, the last train_time")


def _alive_and_weights(time, event, rows, train, limits, at_event, at_risk="without_events", most=float("inf")):
    """Which rows live at each time; the weight 1 / G of each, 0 for one that is censored before, nan where G is 0; and which are known."""
    *train, w = train

    def uncensored(when, before):
        return np.maximum(uncensored_probability(when, *train, before, w, at_risk == "all"), 1 / most)

    if at_event == "at":
        _refuse_as_scikit_survival(rows, (*train, w), limits)
    alive, died = time[:, None] > limits, (time[:, None] <= limits) & (event[:, None] == 1)
    g = np.where(alive, uncensored(limits, False), np.where(died, uncensored(time, at_event == "before")[:, None], np.inf))
    _, last, first_event = follow_up(*rows)
    known = (g > 0) & ((last > limits) | (first_event <= limits))
    return alive, np.where(known, 1 / np.where(known, g, 1.0), np.nan), known


@loss(
    "survival",
    aliases=("survival_brier", "brier_score_survival", "ipcw_brier", "graf_score"),
    reference="sksurv.metrics.brier_score (Graf et al. 1999)",
    properties="convex differentiable",
    units="squared probability units",
    use="survival curves are scored at given times: are their probabilities right?",
    words=("calibration", "survival curve", "time to event", "censored data", "ipcw", "score"),
    hints=(NO_TIMES,),
    see={
        "brier_survival_integrated": "one number for all times",
        "brier": "without censoring",
        "train_time": "with train_event: the rows that say how likely censoring is; left out, it is the rows themselves",
        "at_event": "censoring before the time of an event, or also at it (scikit-survival, which refuses times outside those of the rows)",
        "at_risk": "of censoring at a time: without the rows that have an event then, or all rows that lived up to then (pycox)",
        "brier_survival_weighted": "with weights that are given",
        "sample_weight": "a row of weight 2 is two rows, also in the probability of no censoring",
    },
)
def brier_survival(
    pred: SurvivalCurve, time: Real, event: Flag, train_time: TrainTime = None, train_event: TrainEvent = None, *,
    times: KnownTimes = None, at_event: AtEvent = "before", at_risk: AtRisk = "without_events",
    max_weight: PositiveOrInfinite = float("inf"), divide: Literal["rows", "weights"] = "rows",
):  # fmt: skip
    """Squared error of the probability of survival at each time, weighted by the inverse probability of no censoring up to then.

    ([t ≤ τ, d] S² / G(t) + [t > τ] (1 − S)² / G(τ)), G by Kaplan and Meier; a mean is over rows and times, or over the weights

    >>> next(brier_survival(np.array([[0.5]]), np.array([2.0]), np.array([1]), times=np.array([1.0])))[0].column
    array([2.])
    """
    rows = yield AllRows(time, paired=False), AllRows(event, paired=False), Pooled(1)
    train = rows if train_time is None else (train_time, train_event, None)
    of_censoring = at_event, at_risk, max_weight
    alive, weight, known = _alive_and_weights(time, event, rows, train, times_of(pred, times), *of_censoring)
    weight = weight.astype(pred.dtype)
    values = np.where(alive, 1 - pred, pred) ** 2 * weight
    return explain_infinite(values, _NOTHING), None if divide == "rows" else weight, known.all(-1)[:, None] * 1.0


def _weighted_nll(pred, alive, weight, eps):
    """−log S of the rows that live, and −log (1 − S) of those that died, times the weight; of a row with weight 0 it is 0."""
    p, known, died = np.clip(pred, eps, 1 - eps) if eps else pred, weight >= 0, ~alive & (weight > 0)
    nll = -np.log(np.where(alive, p, 1.0)) - np.log1p(-np.where(died, p, 0.0))
    return np.where(known, nll * np.where(known, weight, 0.0), explain_infinite(pred * weight, _NOTHING))


@loss(
    "survival",
    aliases=("survival_nbll", "ipcw_binomial_log_likelihood", "binomial_log_likelihood", "survival_log_score"),
    reference="pycox.evaluation.ipcw.binomial_log_likelihood, with its sign changed",
    properties="convex differentiable",
    units="nats",
    use="survival curves are scored at given times, and a confident mistake should cost much",
    words=("calibration", "survival curve", "time to event", "censored data", "ipcw", "score", "log score"),
    hints=(NO_TIMES,),
    see={
        "brier_survival": "the same with squared errors, and more about its options",
        "bce": "without censoring",
        "eps": "probabilities are clipped to [eps, 1 − eps]; pycox has 1e-7",
    },
)
def nbll_survival(
    pred: SurvivalCurve, time: Real, event: Flag, train_time: TrainTime = None, train_event: TrainEvent = None, *,
    times: KnownTimes = None, at_event: AtEvent = "before", at_risk: AtRisk = "without_events",
    max_weight: PositiveOrInfinite = float("inf"), divide: Literal["rows", "weights"] = "rows", eps: Probability = 0.0,
):  # fmt: skip
    """Negative log-likelihood of being alive at each time or not, weighted by the inverse probability of no censoring up to then.

    −[t ≤ τ, d] log(1 − S) / G(t) − [t > τ] log S / G(τ), G by Kaplan and Meier; a mean is over rows and times, or over the weights

    >>> next(nbll_survival(np.array([[0.5]]), np.array([2.0]), np.array([1]), times=np.array([1.0])))[0].column
    array([2.])
    """
    rows = yield AllRows(time, paired=False), AllRows(event, paired=False), Pooled(1)
    train = rows if train_time is None else (train_time, train_event, None)
    of_censoring = at_event, at_risk, max_weight
    alive, weight, known = _alive_and_weights(time, event, rows, train, times_of(pred, times), *of_censoring)
    weight = weight.astype(pred.dtype)
    return _weighted_nll(pred, alive, weight, eps), None if divide == "rows" else weight, known.all(-1)[:, None] * 1.0


@loss(
    "survival",
    aliases=("brier_survival_given_weights", "weighted_brier_survival"),
    reference="torchsurv.metrics.brier_score.BrierScore",
    properties="convex differentiable",
    units="squared probability units",
    use="survival curves are scored at given times, with weights for censoring from a model",
    words=("calibration", "survival curve", "time to event", "censored data", "ipcw", "score"),
    hints=(NO_TIMES,),
    see={
        "brier_survival": "computes the weights from the rows, or from --train-time and --train-event",
        "censoring_weight": "of each row at its own time, (rows, 1), or of each row at each of the times, (rows, times); 1 if left out",
        "time_weight": "of each of the times, for the rows that live longer; left out, it is that of the row",
    },
)
def brier_survival_weighted(
    pred: SurvivalCurve, time: Real, event: Flag, censoring_weight: CensoringWeights = None, *, times: KnownTimes = None,
    time_weight: NonNegativeAtTimes = None, average: OverTimes = "times",
):  # fmt: skip
    """Mean squared error of the probability of survival at each time, with given weights, and its mean over the times, or none.

    mean_i [t ≤ τ, d] w S² + [t > τ] w_τ (1 − S)², for each τ; w = 1 / G(t) and w_τ = 1 / G(τ) are usual

    >>> next(brier_survival_weighted(np.array([[0.5]]), np.array([2.0]), np.array([1]), np.array([[3.0]]), times=np.array([1.0])))[0].column
    array([[0.75]])
    """
    limits, w = times_of(pred, times), np.ones(1) if censoring_weight is None else censoring_weight
    alive, died = time[..., None] > limits, (time[..., None] <= limits) & (event[..., None] == 1)
    weight = np.where(alive, w if time_weight is None else time_weight, np.where(died, w, 0.0)).astype(pred.dtype)
    squares = np.where(alive, 1 - pred, pred) ** 2 * weight
    total, n, counted = yield ByClass(squares), ByClass(np.ones_like(pred)), ByClass((weight > 0) * 1.0)
    return _over_times(total / n, counted, average)


@loss(
    "survival",
    aliases=("ipcw_score", "ipcw_scores"),
    reference="pycox.evaluation.EvalSurv.brier_score",
    properties="convex differentiable",
    units="squared probability units, or nats",
    use="survival curves are scored by a number for each of some times",
    words=("calibration", "survival curve", "time to event", "censored data", "ipcw", "brier score", "log score"),
    hints=(NO_TIMES,),
    see={
        "brier_survival": "a number for each row and time, and more about the options",
        "nbll_survival": "a number for each row and time",
        "score": "brier is the squared error, nbll the negative log-likelihood, of probabilities clipped to [eps, 1 − eps]",
    },
)
def survival_score(
    pred: SurvivalCurve, time: Real, event: Flag, train_time: TrainTime = None, train_event: TrainEvent = None, *,
    score: Literal["brier", "nbll"] = "brier", times: KnownTimes = None, at_event: AtEvent = "before",
    at_risk: AtRisk = "without_events", max_weight: PositiveOrInfinite = float("inf"), eps: Probability = 0.0,
    average: OverTimes = "times",
):  # fmt: skip
    """Score of survival at each time, of rows weighted by the inverse probability of no censoring; and its mean over times, or none.

    Σ_i w_i s_i / Σ_i w_i for each τ, w = [t ≤ τ, d] / G(t) + [t > τ] / G(τ); s is that of brier_survival or nbll_survival

    >>> next(survival_score(np.array([[0.5]]), np.array([2.0]), np.array([1]), times=np.array([1.0])))[0].column
    array([[2., 1.]])
    """
    both, w = yield Matrix(np.stack([time, event], -1)), Pooled(1)
    rows = both[:, 0], both[:, 1], w.reshape(both.shape)[:, 0]
    train = rows if train_time is None else (train_time, train_event, None)
    of_censoring = at_event, at_risk, max_weight
    alive, weight, known = _alive_and_weights(time, event, rows, train, times_of(pred, times), *of_censoring)
    weight = weight.astype(pred.dtype)
    squares = explain_infinite(np.where(alive, 1 - pred, pred) ** 2 * weight, _NOTHING)
    values = squares if score == "brier" else _weighted_nll(pred, alive, weight, eps)
    total, n, counted = yield ByClass(values), ByClass(weight), ByClass((known & (weight > 0)) * 1.0)
    return _over_times(total / explain_zero(n, _NOTHING), counted, average)


@loss(
    "survival",
    aliases=("integrated_brier_score", "ibs", "integrated_brier"),
    reference="sksurv.metrics.integrated_brier_score (Graf et al. 1999)",
    properties="convex differentiable",
    units="squared probability units",
    use="survival curves are scored by one number over all times",
    words=("survival curve", "time to event", "censored data", "ipcw", "score"),
    hints=(NO_TIMES,),
    see={"brier_survival": "a number for each time", "concordance_survival": "the order of the rows alone"},
)
def brier_survival_integrated(
    pred: SurvivalCurve, time: Real, event: Flag, train_time: TrainTime = None, train_event: TrainEvent = None, *,
    times: KnownTimes = None, at_event: AtEvent = "before",
):  # fmt: skip
    """Area under brier_survival over time, by trapezoids, divided by the length of time.

    Σ_k (τ_{k+1} − τ_k) (B_k + B_{k+1}) / 2 / (τ_K − τ_1), B brier_survival of the row at each time

    >>> next(brier_survival_integrated(np.array([[1.0, 0.5]]), np.array([2.0]), np.array([1]), times=np.array([1.0, 3.0])))[0].column
    array([2.])
    """
    rows = yield AllRows(time, paired=False), AllRows(event, paired=False), Pooled(1)
    train = rows if train_time is None else (train_time, train_event, None)
    limits = times_of(pred, times)
    if len(limits) < 2 or (np.diff(limits) <= 0).any():
        raise UsageError("--times needs two times or more, in increasing order, for an integral over them")
    alive, weight, known = _alive_and_weights(time, event, rows, train, limits, at_event)
    steps = np.diff(limits) / (limits[-1] - limits[0]) / 2
    share = np.append(steps, 0.0) + np.append(0.0, steps)
    values = np.where(alive, 1 - pred, pred) ** 2 * (weight * share).astype(pred.dtype)
    return explain_infinite(values.sum(-1), _NOTHING), None, known.all(-1) * 1.0
