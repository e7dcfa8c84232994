"""Sums of exponentials of the risks of the rows that outlive a time interval, for each cause and interval: the ranks of DeepHit."""

from __future__ import annotations

from typing import Any

from losscli.numeric.kept import kept
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["largest_later", "later_sums"]

ROWS = 2**12  # rows at a time, so that their exponentials stay in a cache


Ended = tuple[Array, Array]  # of all rows: the interval in which the row ends, and its event, 0 for a row that is censored


def _outlive(intervals: Array, events: Array, count: int) -> Array:
    """Which rows (rows, 1, intervals) outlive each interval: their own is later, or it is the same and they are censored in it."""
    place = np.arange(count)
    own, censored = intervals[:, None], (events == 0)[:, None]
    return ((own > place) | ((own == place) & censored))[:, None]


def _parts(risk: Array, intervals: Array, events: Array) -> Any:
    """Some rows at a time: where they begin, their risks, and which of these count."""
    for at in range(0, len(risk), ROWS):
        rows = slice(at, at + ROWS)
        yield at, risk[rows], _outlive(intervals[rows], events[rows], risk.shape[-1])


@kept
def _largest(risk: Array, intervals: Array, events: Array) -> Array:
    found = np.full(risk.shape[1:], -np.inf, risk.dtype)
    for _, some, outlive in _parts(risk, intervals, events):
        found = np.maximum(found, np.where(outlive, some, -np.inf).max(0))
    return np.where(found > -np.inf, found, 0.0).astype(risk.dtype)


def largest_later(risk: Array, ended: Ended) -> Array:
    """The largest risk (causes, intervals) among the rows that outlive the interval, 0 where none does."""
    return _largest(risk, *ended)


def _in_pairs(x: Array) -> Array:
    """The sum along the first axis, of pairs, of pairs of these sums and so on: many terms round as few do."""
    while len(x) > 1:
        half = len(x) // 2
        y = x[:half] + x[half : 2 * half]
        if len(x) % 2:
            y[0] += x[-1]
        x = y
    return x[0]


def _by_risk(g: Any, out: Any, risk: Array, ended: Ended, top: Array, sigma: Any) -> Array:
    found, scaled = np.empty_like(risk, np.result_type(risk, g)), np.asarray(g) / sigma
    for at, some, outlive in _parts(risk, *ended):
        found[at : at + ROWS] = np.exp(np.where(outlive, some - top, -np.inf) / sigma) * scaled
    return found


def _by_sigma(g: Any, out: Any, risk: Array, ended: Ended, top: Array, sigma: Any) -> Any:
    total = 0.0
    for _, some, outlive in _parts(risk, *ended):
        below = np.where(outlive, some - top, 0.0) / sigma
        total = total - (np.where(outlive, np.exp(below) * below, 0.0) * g).sum() / sigma
    return total


@kept
def _later_sums(risk: Array, intervals: Array, events: Array, top: Array, sigma: Any) -> Array:
    parts = _parts(risk, intervals, events)
    return _in_pairs(np.stack([_in_pairs(np.exp(np.where(outlive, some - top, -np.inf) / sigma)) for _, some, outlive in parts]))


@primitive(_by_risk, None, None, _by_sigma)
def later_sums(risk: Array, ended: Ended, top: Array, sigma: Any) -> Array:
    """Σ e^((F_j − top) / σ) over the rows j that outlive each interval, for risks F (rows, causes, intervals): (causes, intervals)."""
    return _later_sums(risk, *ended, top, sigma)
