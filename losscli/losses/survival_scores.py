"""Scores of survival models: concordance, and the Brier score at given times, with weights for rows that are censored."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, Pooled
from losscli.diagnostics import Diagnostic
from losscli.domains import Flag, KnownTimes, Real, SurvivalCurve, TrainEvent, TrainTime
from losscli.errors import UsageError
from losscli.numeric.censoring import comparable_pairs, follow_up, uncensored_probability
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_infinite
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


_NOTHING = "at one of the times no row counts, or one counts at which the probability of no censoring is 0: give earlier --times"


def _times_of(pred, times):
    """The time of each column: as given, else 1, 2, 3, …"""
    return np.arange(1.0, pred.shape[-1] + 1) if times is None else np.reshape(np.asarray(times, np.float64), -1)


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


def _weighted_squares(pred, time, event, rows, train, limits, at_event):
    """(0 − S)² after an event and (1 − S)² before it, and its weight 1 / G; nan where no row counts or G is 0; and which are known."""
    *train, w = train

    def uncensored(when, before):
        return uncensored_probability(when, *train, before, w)

    if at_event == "at":
        _refuse_as_scikit_survival(rows, (*train, w), limits)
    alive, died = time[:, None] > limits, (time[:, None] <= limits) & (event[:, None] == 1)
    g = np.where(alive, uncensored(limits, False), np.where(died, uncensored(time, at_event == "before")[:, None], np.inf))
    _, last, first_event = follow_up(*rows)
    known = (g > 0) & ((last > limits) | (first_event <= limits))
    weight = np.where(known, 1 / np.where(known, g, 1.0), np.nan).astype(pred.dtype)
    return np.where(alive, 1 - pred, pred) ** 2, weight, known


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
        "at_event": "censoring before the time of an event, or also at it (scikit-survival, which refuses times outside those of the rows)",
        "sample_weight": "a row of weight 2 is two rows, also in the probability of no censoring",
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
    rows = yield AllRows(time, paired=False), AllRows(event, paired=False), Pooled(1)
    train = rows if train_time is None else (train_time, train_event, None)
    squares, weight, known = _weighted_squares(pred, time, event, rows, train, _times_of(pred, times), at_event)
    return explain_infinite(squares * weight, _NOTHING), None if divide == "rows" else weight, known.all(-1)[:, None] * 1.0


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
    rows = yield AllRows(time, paired=False), AllRows(event, paired=False), Pooled(1)
    train = rows if train_time is None else (train_time, train_event, None)
    limits = _times_of(pred, times)
    if len(limits) < 2 or (np.diff(limits) <= 0).any():
        raise UsageError("--times needs two times or more, in increasing order, for an integral over them")
    squares, weight, known = _weighted_squares(pred, time, event, rows, train, limits, at_event)
    steps = np.diff(limits) / (limits[-1] - limits[0]) / 2
    share = (np.append(steps, 0.0) + np.append(0.0, steps)).astype(pred.dtype)
    return explain_infinite((squares * weight * share).sum(-1), _NOTHING), None, known.all(-1) * 1.0
