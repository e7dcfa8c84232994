"""Censored times: which pairs of rows can be compared, by one sort; and the probability of no censoring up to a time."""

from __future__ import annotations

from typing import Any

from losscli.numeric.kept import kept
from losscli.numeric.lazy import Array, np
from losscli.numeric.ordering import lower_after, order_by, stable_order
from losscli.numeric.primitive import primitive

__all__ = ["comparable_pairs", "follow_up", "uncensored_probability"]


def _ends(*keys: Array) -> Array:
    """For each place, the end of its group: of the places beside each other that are equal in all keys."""
    n = len(keys[0])
    changed = np.zeros(max(n - 1, 0), bool)
    for key in keys:
        changed |= key[1:] != key[:-1]
    ends = np.append(np.flatnonzero(changed) + 1, n)
    return np.repeat(ends, np.diff(ends, prepend=0))


def _running(w: Array) -> Array:
    """The sums of the weights before each place, and of all."""
    return np.concatenate([[0.0], np.cumsum(w)])


def _groups(changed: Array, order: Array) -> Array:
    """The number of the group of each row, from the places in an order at which another group begins; the first place is left out."""
    of = np.zeros(len(order), np.int64)
    of[order[1:]] = np.cumsum(changed)
    return of


def _equal_after(rank: Array, turn: Array, w: Array) -> Array:
    """For each row, the weights of the rows of the same rank with a later turn; the rows come by their turns."""
    if int(rank.max()) == len(rank) - 1:  # all ranks differ
        return np.zeros(len(rank))
    order = stable_order(rank)
    r, sums, found = rank[order], _running(w[order]), np.empty(len(rank))
    found[order] = sums[_ends(r)] - sums[_ends(r, turn[order])]
    return found


def _of_all(risk: Array, times: Array, events: Array, w: Array) -> tuple[float, float, float]:
    if not len(risk):
        return 0.0, 0.0, 0.0
    by_time = order_by(times, 1 - events)  # at the same time events come first: who is censored then has lived longer
    t, d = times[by_time], events[by_time]
    turn = _groups((t[1:] != t[:-1]) | (d[1:] != d[:-1]), by_time)
    by_risk = order_by(risk, w)
    r = risk[by_risk]
    rank = _groups(r[1:] != r[:-1], by_risk)
    order = by_risk[stable_order(turn[by_risk])]  # within a turn by rank, so that no row of the same turn counts as lower
    rank, turn, w, d = rank[order], turn[order], w[order], events[order] == 1
    sums = _running(w)
    parts = lower_after(rank, w), _equal_after(rank, turn, w), sums[-1] - sums[_ends(turn)]
    right, tied, pairs = (float((w * x)[d].sum()) for x in parts)
    return right, tied, pairs


@primitive(None, None, None, None)
def comparable_pairs(risk: Array, times: Array, events: Array, w: Array) -> Array:
    """Of all pairs in which one row has an event before the other's time: the weights of those in which its risk is higher, of those
    with equal risks, and of all. Axes before the last hold other sets of rows."""
    columns = tuple(np.asarray(x, np.float64) for x in (risk, times, events, w))
    if np.ndim(risk) == 1:
        return np.array(_of_all(*columns))
    flat = (x.reshape(-1, x.shape[-1]) for x in columns)
    return np.array([_of_all(*rows) for rows in zip(*flat, strict=True)]).T.reshape(3, *np.shape(risk)[:-1])


def follow_up(times: Any, events: Any, w: Any) -> tuple[float, float, float]:
    """The first time, the last time and the first time of an event, of rows whose weight is not 0; ±inf where there is none."""
    return _follow_up(*(getattr(x, "value", x) for x in (times, events, w)))  # no derivative flows through them


@kept
def _follow_up(times: Array, events: Array, w: Array | None) -> tuple[float, float, float]:
    kept_rows = np.full(len(times), True) if w is None else w > 0
    t, of_event = times[kept_rows], times[kept_rows & (np.asarray(events) == 1)]
    first, last = t.min(initial=np.inf), t.max(initial=-np.inf)
    return float(first), float(last), float(of_event.min(initial=np.inf))


@kept
def _kaplan_meier(times: Array, events: Array, w: Array | None, all_at_risk: bool) -> tuple[Array, Array]:
    """The different times, and the probability of no censoring up to each: of the rows at risk, maybe without those with an event then."""
    at, of = np.unique(np.asarray(times, np.float64), return_inverse=True)
    of, weight = of.reshape(-1), np.ones(len(times)) if w is None else w
    rows = np.bincount(of, weights=weight, minlength=len(at))
    censored = np.bincount(of, weights=weight * (np.asarray(events) != 1), minlength=len(at))
    later = np.append(rows[::-1].cumsum()[::-1][1:], 0.0)[: len(at)]
    stay = later + (rows - censored if all_at_risk else 0.0)
    at_risk = stay + censored  # at the last time exactly those that are censored then
    stays = np.where(at_risk > 0, stay / np.where(at_risk > 0, at_risk, 1.0), 1.0)
    return at, np.concatenate([[1.0], np.cumprod(stays)])


@primitive(None, None, None, None, None, None)
def uncensored_probability(when: Array, times: Array, events: Array, before: Any, w: Any = None, all_at_risk: Any = False) -> Array:
    """The Kaplan–Meier estimate of the probability that a row is not censored up to a time; `before` leaves out the time itself.

    A row with weight w counts as w rows. Those at risk at a time are without the rows that have an event then, unless `all_at_risk`.
    """
    at, probability = _kaplan_meier(times, events, w, all_at_risk)
    return probability[np.searchsorted(at, np.asarray(when, np.float64), side="left" if before else "right")]
