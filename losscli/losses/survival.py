"""Losses of survival times, some of them censored: Cox's partial likelihood."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, MeanOver, RowIndex
from losscli.domains import AnyOrInfinite, Flag, FreeVector, NonNegative, Real, Stratum
from losscli.numeric.lazy import np
from losscli.numeric.risk_sets import cox_nll, share_of_time
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.numeric.steps import clamp_max
from losscli.registry import loss

__all__ = ["cox_cc", "cox_ph"]


@loss(
    "survival",
    aliases=("cox", "cox_partial_likelihood", "cox_ph_loss", "neg_partial_log_likelihood", "deepsurv"),
    reference="the formula (Cox 1972; ties by Breslow 1974 or Efron 1977)",
    properties="convex differentiable",
    units="nats",
    use="survival times, some of them censored, of which only relative risks are modelled",
    words=("survival analysis", "censored data", "time to event", "hazard", "proportional hazards", "churn", "deepsurv"),
    see={
        "concordance_survival": "the order alone, without a slope",
        "ties": "order takes tied rows one after the other, in the order of the file, as pycox does",
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
def cox_cc(pred: Real, control: FreeVector, *, shrink: NonNegative = 0.0, most: AnyOrInfinite = float("inf")):
    """Negative log partial likelihood of an event among itself and some controls; pred and control are log hazards.

    log (1 + Σ_k e^min(c_k − h, most)) + shrink (|h| + Σ_k |c_k|) / K, K controls

    >>> cox_cc(np.array([0.0]), np.array([[0.0, 0.0]]))
    array([1.09861229])
    """
    far = clamp_max(control - pred[..., None], most)
    rows = np.concatenate([np.zeros((len(pred), 1), pred.dtype), far], -1)
    value = softmax_cross_entropy(rows, np.zeros(len(pred), int))
    return value + shrink * (np.abs(pred) + np.abs(control).sum(-1)) / control.shape[-1] if shrink else value
