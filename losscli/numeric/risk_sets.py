"""Risk sets of survival data: sums over the rows that are still at risk at the time of an event, for all rows from one sort."""

from __future__ import annotations

from typing import Any

from losscli.numeric.kept import kept
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import primitive
from losscli.record import Record

__all__ = ["cox_nll", "share_of_time"]

Columns = tuple[Array, Array, Array | None]  # of all rows: times, events, strata


class Sorted(Record):
    """Rows in the order of their strata and times. Rows of one stratum and time are a group; their risk set begins with the group."""

    order: Array  # the row at each place
    place: Array  # the place of each row
    first: Array  # the first place of the group of each place
    after: Array  # the first place after the group of each place
    stratum: Array  # of each place


class RiskSets(Record):
    """What the risk sets of all rows give: with w = e^(h − top), the sum is 1 + rest, without the ε."""

    rows: Sorted
    top: Array  # the largest log hazard of the risk set of each place
    values: Array  # the loss of each row
    mean_inverse: Array  # of each place: 1 / Σ w, with Efron's method its mean over the events of the group
    mean_share: Array  # with Efron's method: the mean of (l/d) / Σ w over the events of the group
    extra: Array | None  # ε e^(max h − top), for pycox


def _sorted(h: Array, times: Array, strata: Array | None, by_row: bool) -> Sorted:
    """Within a group the rows go by their hazards, so that no sum depends on the order of the rows; with `by_row` each row is a group."""
    n, times = len(times), np.asarray(times, np.float64)
    stratum = np.zeros(n, np.int64) if strata is None else np.unique(strata, return_inverse=True)[1].reshape(-1)
    tie = -np.arange(n) if by_row else np.asarray(h, np.float64)
    order = _order(times, tie) if strata is None else np.lexsort((tie, times, stratum))
    t, s = times[order], stratum[order]
    begins = np.ones(n, bool)
    begins[1:] = by_row | (t[1:] != t[:-1]) | (s[1:] != s[:-1])
    starts, group = np.flatnonzero(begins), np.cumsum(begins) - 1
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    return Sorted(order, place, starts[group], np.append(starts[1:], n)[group], s)


def _order(times: Array, tie: Array) -> Array:
    """The rows by their times, and rows of one time by `tie`: only those are sorted by two keys, which takes long."""
    order = np.argsort(times)
    same = times[order[1:]] == times[order[:-1]]
    at = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[at]
    order[at] = rows[np.lexsort((rows, tie[rows], times[rows]))]
    return order


def _from_the_end(h: Array, stratum: Array) -> tuple[Array, Array]:
    """For each place the maximum of the log hazards from there to the end of its stratum, and Σ e^(h − maximum) of all but the maximum.

    Sums of 1, 2, 4, … places are made of two halves each: log₂ n steps, in each of which a sum gets one rounding error.
    """
    top, rest, step = h, h * 0, 1
    while step < len(h):
        same = stratum[:-step] == stratum[step:]
        a, b, a_rest, b_rest = top[:-step], top[step:], rest[:-step], rest[step:]
        first = (a >= b) | ~same
        gap = np.where(same, np.exp(-abs(a - b)), 0.0)
        joined = np.where(first, a_rest, b_rest) + (1 + np.where(first, b_rest, a_rest)) * gap
        top = np.concatenate([np.where(first, a, b), top[-step:]])
        rest, step = np.concatenate([joined, rest[-step:]]).astype(h.dtype), 2 * step
    return top, rest


def _group_sums(x: Array, rows: Sorted) -> Array:
    """The sum of the numbers of each group, at each place of it."""
    starts = np.flatnonzero(rows.first == np.arange(len(x)))
    return np.add.reduceat(x, starts)[np.searchsorted(starts, rows.first)]


@kept
def _risk_sets(h: Array, times: Array, events: Array, strata: Array | None, ties: str, eps: float) -> RiskSets:
    rows = _sorted(h, times, strata, ties == "order")
    x, d = h[rows.order], events[rows.order] == 1
    top, rest = (a[rows.first] for a in _from_the_end(x, rows.stratum))
    extra = np.exp(h.max() - top) * eps if eps else None
    if extra is not None:
        rest = rest + extra
    log_sum, inverse, share = np.log1p(rest), 1 / (1 + rest), x * 0
    if ties == "efron":
        log_sum, inverse, share = _efron(x, d, rows, top, rest, extra)
    values = np.empty_like(x)
    values[rows.order] = np.where(d, (top - x) + log_sum, 0.0)
    return RiskSets(rows, top, values, inverse, share, extra)


def _efron(x: Array, d: Array, rows: Sorted, top: Array, rest: Array, extra: Any) -> tuple[Array, Array, Array]:
    """Efron's method for ties: the d events of a group count as 1 − l/d of each other, for l = 0 … d − 1. Means over l of the log sums,
    of their inverses, and of l/d times the inverses."""
    w, begin = np.exp(x - top), np.cumsum(d) - d
    count = _group_sums(d * 1, rows)
    earlier = begin - begin[rows.first]  # events of the group at earlier places
    part = np.where(d, earlier / np.maximum(count, 1), 0.0).astype(x.dtype)
    tied = _group_sums(np.where(d, w, 0.0), rows)
    after, last = np.minimum(rows.after, len(x) - 1), rows.after >= len(x)
    later_top, later_rest = _from_the_end(x, rows.stratum)
    ended = last | (rows.stratum[after] != rows.stratum)
    later = np.where(ended, 0.0, np.exp(np.where(ended, 0.0, later_top[after] - top)) * (1 + later_rest[after]))
    others = _group_sums(np.where(d, 0.0, w), rows) + later + (0 if extra is None else extra)
    total = np.where(part > 0, others + (1 - part) * tied, 1.0)
    inverse = np.where(part > 0, 1 / total, 1 / (1 + rest))
    n = np.maximum(count, 1).astype(x.dtype)
    log_sum = np.where(part > 0, np.log(total), np.log1p(rest))
    means = [_group_sums(np.where(d, a, 0.0), rows) / n for a in (log_sum, inverse, part * inverse)]
    return means[0], means[1], means[2]


def _cox_by_h(g: Any, out: Any, h: Array, columns: Columns, row: Array, method: tuple[str, float]) -> Array:
    """Σ_i g_i (e^h_j [j at risk] / S_i − [i = j]): for all j at once, by sums over the groups with a g up to that of j."""
    found, events = _risk_sets(h, *columns, *method), columns[1]
    rows, x = found.rows, h[found.rows.order]
    g = np.where(events[row] == 1, g, 0.0)
    by_h = np.zeros(len(h), np.result_type(g, x))
    np.subtract.at(by_h, row, g)
    of_group = np.zeros(len(h), by_h.dtype)
    np.add.at(of_group, rows.first[rows.place[row]], g)
    begins = np.flatnonzero(of_group)
    if not len(begins):
        return by_h
    c, top, stratum = of_group[begins] * found.mean_inverse[begins], found.top[begins], rows.stratum[begins]
    so_far = _up_to(c, top, stratum)
    at = np.searchsorted(begins, rows.first, side="right") - 1
    counts = (at >= 0) & (stratum[at] == rows.stratum)
    at_risk = np.where(counts, so_far[at] * np.exp(np.where(counts, x - top[at], 0.0)), 0.0)
    if method[0] == "efron":
        own = of_group[rows.first] * found.mean_share[rows.first] * np.exp(x - found.top)
        at_risk = at_risk - np.where(events[rows.order] == 1, own, 0.0)
    by_h[rows.order] += at_risk
    if found.extra is not None:
        by_h[h.argmax()] += (c * found.extra[begins]).sum()
    return by_h


def _up_to(c: Array, top: Array, stratum: Array) -> Array:
    """Σ c e^(top of the place − top) over the places of the stratum up to each. The tops never rise, so that no exponential overflows."""
    step = 1
    while step < len(c):
        gap = np.where(stratum[step:] == stratum[:-step], np.exp(np.minimum(top[step:] - top[:-step], 0.0)), 0.0)
        c, step = np.concatenate([c[:step], c[step:] + c[:-step] * gap]), 2 * step
    return c


@primitive(_cox_by_h, None, None, None)
def cox_nll(h: Array, columns: Columns, row: Array, method: tuple[str, float]) -> Array:
    """log Σ e^h over the rows at risk at the time of each row, minus its h; 0 for a row without an event."""
    return _risk_sets(h, *columns, *method).values[row]


@primitive(None, None, None, None)
def share_of_time(h: Array, columns: Columns, row: Array, method: tuple[str, float]) -> Array:
    """1 / the number of events at the time of each row, in its stratum; 0 for a row without an event."""
    rows = _risk_sets(h, *columns, *method).rows
    d = columns[1][rows.order] == 1
    share = np.empty(len(h))
    share[rows.order] = np.where(d, 1 / np.maximum(_group_sums(d * 1.0, rows), 1), 0.0)
    return share[row]
