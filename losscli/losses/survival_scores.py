"""Scores of survival models: concordance, and the Brier score at given times, with weights for rows that are censored."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, Pooled
from losscli.diagnostics import Diagnostic
from losscli.domains import Flag, KnownTimes, Real, SurvivalCurve, TrainEvent, TrainTime
from losscli.errors import UsageError
from losscli.numeric.censoring import comparable_pairs, uncensored_probability
from losscli.numeric.lazy import np
from losscli.registry import loss

__all__ = ["brier_survival", "brier_survival_integrated", "concordance_survival"]


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


_NO_TIMES = Diagnostic(
    "W114",
    "no --times: the columns of pred are taken for the times 1, 2, 3, …",
    lambda c: np.full(len(c["pred"]), c["times"] is None),
)


def _times_of(pred, times):
    """The time of each column: as given, else 1, 2, 3, …"""
    return np.arange(1.0, pred.shape[-1] + 1) if times is None else np.asarray(times, np.float64)


def _weighted_squares(pred, time, event, train, limits, at_event):
    """(0 − S)² after an event and (1 − S)² before it, and the weight 1 / G of each."""
    alive, died = time[:, None] > limits, (time[:, None] <= limits) & (event[:, None] == 1)
    g_time = uncensored_probability(time, *train, at_event == "before")[:, None]
    g = np.where(alive, uncensored_probability(limits, *train, False), np.where(died, g_time, 0.0))
    weight = np.where(g > 0, 1 / np.where(g > 0, g, 1.0), 0.0).astype(pred.dtype)
    return np.where(alive, 1 - pred, pred) ** 2, weight


@loss(
    "survival",
    aliases=("survival_brier", "brier_score_survival", "ipcw_brier", "graf_score"),
    reference="sksurv.metrics.brier_score (Graf et al. 1999)",
    properties="convex differentiable",
    units="squared probability units",
    use="survival curves are scored at given times: are their probabilities right?",
    words=("calibration", "survival curve", "time to event", "censored data", "ipcw", "score"),
    hints=(_NO_TIMES,),
    see={
        "brier_survival_integrated": "one number for all times",
        "brier": "without censoring",
        "train_time": "with train_event: the rows that say how likely censoring is; left out, it is the rows themselves",
        "at_event": "censoring before the time of an event, or also at it (scikit-survival)",
    },
)
def brier_survival(
    pred: SurvivalCurve, time: Real, event: Flag, train_time: TrainTime = None, train_event: TrainEvent = None, *,
    times: KnownTimes = None, at_event: Literal["before", "at"] = "before", divide: Literal["rows", "weights"] = "rows",
):  # fmt: skip
    """Squared error of the probability of survival at each time, weighted by the inverse probability of no censoring up to then.

    ([t ≤ τ, d] S² / G(t) + [t > τ] (1 − S)² / G(τ)), G by Kaplan and Meier; a mean is over rows and times, or over the weights

    >>> next(brier_survival(np.array([[0.5]]), np.array([2.0]), np.array([1]), times=np.array([1.0])))[0].column
    array([2.])
    """
    of_rows = yield AllRows(time, paired=False), AllRows(event, paired=False)
    train = of_rows if train_time is None else (train_time, train_event)
    squares, weight = _weighted_squares(pred, time, event, train, _times_of(pred, times), at_event)
    return squares * weight, None if divide == "rows" else weight, weight


@loss(
    "survival",
    aliases=("integrated_brier_score", "ibs", "integrated_brier"),
    reference="sksurv.metrics.integrated_brier_score (Graf et al. 1999)",
    properties="convex differentiable",
    units="squared probability units",
    use="survival curves are scored by one number over all times",
    words=("survival curve", "time to event", "censored data", "ipcw", "score"),
    hints=(_NO_TIMES,),
    see={"brier_survival": "a number for each time", "concordance_survival": "the order of the rows alone"},
)
def brier_survival_integrated(
    pred: SurvivalCurve, time: Real, event: Flag, train_time: TrainTime = None, train_event: TrainEvent = None, *,
    times: KnownTimes = None, at_event: Literal["before", "at"] = "before",
):  # fmt: skip
    """Area under brier_survival over time, by trapezoids, divided by the length of time.

    Σ_k (τ_{k+1} − τ_k) (B_k + B_{k+1}) / 2 / (τ_K − τ_1), B brier_survival of the row at each time

    >>> next(brier_survival_integrated(np.array([[1.0, 0.5]]), np.array([2.0]), np.array([1]), times=np.array([1.0, 3.0])))[0].column
    array([2.])
    """
    of_rows = yield AllRows(time, paired=False), AllRows(event, paired=False)
    train = of_rows if train_time is None else (train_time, train_event)
    limits = _times_of(pred, times)
    squares, weight = _weighted_squares(pred, time, event, train, limits, at_event)
    if len(limits) < 2 or (np.diff(limits) <= 0).any():
        raise UsageError("--times needs two times or more, in increasing order, for an integral over them")
    steps = np.diff(limits) / (limits[-1] - limits[0]) / 2
    share = (np.append(steps, 0.0) + np.append(0.0, steps)).astype(pred.dtype)
    return (squares * weight * share).sum(-1), None, (weight != 0).any(-1)
