"""Calibration of probabilities: the CORP reliability curve, and the decomposition of proper scores that belongs to it.

Source: Dimitriadis, Gneiting and Jordan, Stable reliability diagrams for probabilistic classifiers, PNAS 118 (2021).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.statistics.isotonic import isotonic

__all__ = ["Decomposition", "Reliability", "brier_score", "log_score", "recalibrated", "reliability"]


class Decomposition(Record):
    """A mean score = miscalibration − discrimination + uncertainty. The first two are 0 or more."""

    score: float
    miscalibration: float  # what the score loses against the recalibrated probabilities
    discrimination: float  # what the recalibrated probabilities gain against the share of events
    uncertainty: float  # the score of the share of events


class Reliability(Record):
    """The share of events as a non-decreasing function of the probability, constant on each of some intervals."""

    lower: Array  # the smallest probability of each interval
    upper: Array  # the largest
    share: Array  # the share of events there
    weight: Array  # the sum of the weights there
    event_share: float  # over all
    brier: Decomposition
    log: Decomposition


def reliability(p: Array, y: Array, w: Array | None = None) -> Reliability:
    """The CORP reliability of probabilities `p` of events `y` (0 or 1, or between), with weights `w` of 0 or more.

    At least one weight is above 0. Equal probabilities are one point of the isotonic regression.
    """
    w = np.ones(p.shape) if w is None else w
    p, y, w = p[w > 0], y[w > 0], w[w > 0]
    points, at, weights, recalibrated = _isotonic_at_points(p, y, w)
    mean = float(np.clip((w * y).sum() / w.sum(), 0.0, 1.0))
    starts = np.flatnonzero(np.r_[True, recalibrated[1:] != recalibrated[:-1]])
    ends = np.r_[starts[1:], points.size] - 1

    def decomposed(score: Callable[[Array, Array], Array]) -> Decomposition:
        given, best, constant = (float((w * score(q, y)).sum() / w.sum()) for q in (p, recalibrated[at], np.full(p.shape, mean)))
        return Decomposition(given, max(given - best, 0.0), max(constant - best, 0.0), constant)

    return Reliability(
        lower=points[starts],
        upper=points[ends],
        share=recalibrated[starts],
        weight=np.add.reduceat(weights, starts),
        event_share=mean,
        brier=decomposed(brier_score),
        log=decomposed(log_score),
    )


def recalibrated(p: Array, y: Array, w: Array) -> Array:
    """The share of events that CORP gives each of the probabilities `p`, which are a vector; their own where the weight is 0."""
    kept, found = w > 0, np.array(p, np.float64)
    if kept.any():
        _, at, _, shares = _isotonic_at_points(p[kept], y[kept], w[kept])
        found[kept] = shares[at]
    return found


def _isotonic_at_points(p: Array, y: Array, w: Array) -> tuple[Array, Array, Array, Array]:
    """The different probabilities; the place of each probability among them; their weights, and the shares of events there."""
    points, at = np.unique(p, return_inverse=True)
    at = at.reshape(-1)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(points.size))
    weights, events = (np.add.reduceat(x[order], starts) for x in (w, w * y))
    return points, at, weights, np.clip(isotonic(events / weights, weights), 0.0, 1.0)


def brier_score(p: Array, y: Array) -> Array:
    """(p − y)²"""
    return (p - y) ** 2


def log_score(p: Array, y: Array) -> Array:
    """−y log p − (1 − y) log(1 − p), with 0 log 0 = 0; infinite where an event of probability 0 happened."""
    with np.errstate(divide="ignore"):
        return -_times_log(y, np.log(p)) - _times_log(1 - y, np.log1p(-p))


def _times_log(y: Array, log: Array) -> Array:
    return np.where(y == 0, 0.0, y * np.where(y == 0, 0.0, log))
