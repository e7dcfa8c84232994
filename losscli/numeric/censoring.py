"""Censored times: which pairs of rows can be compared, by one sort; and the probability of no censoring up to a time."""

from __future__ import annotations

from typing import Any

from losscli.numeric.kept import kept
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive

__all__ = ["comparable_pairs", "follow_up", "uncensored_probability"]


def _lower_after(rank: Array, w: Array) -> Array:
    """For each place, the weights of the later places with a lower rank. Ranks are split by one bit after the other, the highest first:
    of two places that agree in all bits before, the one with a 0 is lower. Each bit moves those with a 0 to the front of their group."""
    n = len(rank)
    order, found, at = np.arange(n), np.zeros(n), np.arange(n)
    for bit in reversed(range(int(rank.max(initial=0)).bit_length())):
        zero, group = (rank >> bit) & 1 == 0, rank >> (bit + 1)
        begins = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
        ends = np.append(begins[1:], n)
        size = ends - begins
        sums = np.concatenate([[0.0], np.cumsum(np.where(zero, w, 0.0))])
        found += np.where(zero, 0.0, np.repeat(sums[ends], size) - sums[1:])
        zeros = np.concatenate([[0], np.cumsum(zero)])
        before = zeros[:-1] - np.repeat(zeros[begins], size)  # zeros of the group at earlier places
        to = np.where(zero, np.repeat(begins, size) + before, at - before + np.repeat(zeros[ends] - zeros[begins], size))
        moved: list[Any] = [np.empty_like(x) for x in (rank, w, order, found)]
        for x, y in zip((rank, w, order, found), moved, strict=True):
            y[to] = x
        rank, w, order, found = moved
    back = np.empty(n)
    back[order] = found
    return back


def _equal_after(rank: Array, turn: Array, w: Array) -> Array:
    """For each row, the weights of the rows of the same rank with a later turn."""
    order = np.lexsort((turn, rank))
    r, key = rank[order], rank[order] * (turn.max(initial=0) + 1) + turn[order]
    sums, found = np.concatenate([[0.0], np.cumsum(w[order])]), np.empty(len(rank))
    found[order] = sums[np.searchsorted(r, r, side="right")] - sums[np.searchsorted(key, key, side="right")]
    return found


def _of_all(risk: Array, times: Array, events: Array, w: Array) -> tuple[float, float, float]:
    by_time = np.lexsort((1 - events, times))  # at the same time events come first: who is censored then has lived longer
    t, d = times[by_time], events[by_time]
    turn = np.empty(len(t), np.int64)
    turn[by_time] = np.concatenate([[0], np.cumsum((t[1:] != t[:-1]) | (d[1:] != d[:-1]))]) if len(t) else 0
    rank = np.unique(risk, return_inverse=True)[1].reshape(-1)
    order = np.lexsort((w, rank, turn))  # within a turn by rank, so that no row of the same turn counts as lower
    rank, turn, w, d = rank[order], turn[order], w[order], events[order] == 1
    sums = np.concatenate([[0.0], np.cumsum(w)])
    all_later = sums[-1] - sums[np.searchsorted(turn, turn, side="right")]
    parts = _lower_after(rank, w), _equal_after(rank, turn, w), all_later
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
