"""Risk sets of survival data: sums over the rows that are still at risk at the time of an event, for all rows from one sort."""

from __future__ import annotations

from typing import Any

from losscli.numeric.kept import kept
from losscli.numeric.lazy import Array, np
from losscli.numeric.ordering import order_by
from losscli.numeric.primitive import primitive
from losscli.record import Record

__all__ = ["cox_nll", "share_of_time"]

Columns = tuple[Array, Array, Array | None]  # of all rows: times, events, strata
STEP = 8.0  # from one reference to the next
LEAP = 32  # places that a recurrence takes one after the other
TILE = LEAP**3  # places whose numbers stay in a cache


class Sorted(Record):
    """Rows in the order of their strata and times. Rows of one stratum and time are a group; their risk set begins with the group."""

    order: Array  # the row at each place
    starts: Any  # the first place of each group; all places where each is a group
    group: Array | None  # of each place; None where each is a group
    stratum: Array | None  # of each place; None where there is one

    def by_place(self, of_group: Array) -> Array:
        """What each group has, at each place."""
        return of_group if self.group is None else of_group[self.group]

    def sums(self, x: Array) -> Array:
        """The sum of the numbers of each group, at each place of it."""
        return x if self.group is None else np.add.reduceat(x, self.starts)[self.group]

    def group_of_rows(self) -> Array:
        """The group of each row."""
        found = np.empty(len(self.order), np.int64)
        found[self.order] = np.arange(len(self.order)) if self.group is None else self.group
        return found


class RiskSets(Record):
    """What the risk sets of all rows give: with w = e^(h − top), the sum is 1 + rest, without the ε."""

    rows: Sorted
    top: Array  # the largest log hazard of the risk set of each place
    values: Array  # the loss of each row
    rest: Array  # of each place
    extra: Array | None  # ε e^(max h − top), for pycox
    means: tuple[Array, Array] | None  # with Efron's method, over the events of a group: of 1 / Σ w and of (l/d) / Σ w, for l = 0 … d − 1


def _sorted(h: Array, times: Array, strata: Array | None, by_row: bool) -> Sorted:
    """Within a group the rows go by their hazards, so that no sum depends on the order of the rows; with `by_row` each row is a group."""
    n, times = len(times), np.asarray(times, np.float64)
    keys = times, -np.arange(n) if by_row else np.asarray(h, np.float64)
    order = order_by(*keys) if strata is None else order_by(strata, *keys)
    stratum, begins, t = None if strata is None else strata[order], np.ones(n, bool), times[order]
    if not by_row:
        begins[1:] = t[1:] != t[:-1]
        if stratum is not None:
            begins[1:] |= stratum[1:] != stratum[:-1]
    if begins.all():
        return Sorted(order, slice(None), None, stratum)
    return Sorted(order, np.flatnonzero(begins), np.cumsum(begins) - 1, stratum)


def _recurrence(factor: Array, term: Array) -> Array:
    """y[i] = factor[i] y[i − 1] + term[i], tile by tile."""
    y = np.empty_like(term)
    for begin in range(0, len(term), TILE):
        here = slice(begin, begin + TILE)
        f, t = factor[here], term[here].copy()
        if begin:
            t[0] += f[0] * y[begin - 1]
        y[here] = _of_tile(None if f.min() == 1 else f, t)
    return y


def _of_tile(factor: Array | None, term: Array) -> Array:
    """The same for stretches of a few places, all beside each other, and then for what enters each: an error of rounding enters few sums.

    No factor stands for factors of 1."""
    n, stretches = len(term), -(-len(term) // LEAP)
    y, f = (_in_stretches(x, stretches) for x in (term, factor))
    for k in range(1, len(y)):
        if f is None:
            y[k] += y[k - 1]
        else:
            y[k] += f[k] * y[k - 1]
            f[k] *= f[k - 1]
    if stretches > 1:
        before = np.zeros(stretches, y.dtype)
        before[1:] = _of_tile(None if f is None else f[-1], y[-1])[:-1]
        y += before if f is None else f * before
    return y.T.reshape(-1)[:n]


def _in_stretches(x: Any, stretches: int) -> Any:
    """The k-th place of each stretch in the k-th row; zeros after the last place."""
    return None if x is None else np.concatenate([x, np.zeros(stretches * LEAP - len(x), x.dtype)]).reshape(stretches, LEAP).T.copy()


def _reference(top: Array) -> Array:
    """A number a little above each maximum, which few places change: e^(h − reference) of several places can be added as they are."""
    found = np.ceil(np.asarray(top, np.float64) / STEP) * STEP
    return found if top.dtype == np.float64 else found.astype(top.dtype) + top * 0


def _from_the_end(h: Array, stratum: Array | None) -> tuple[Array, Array]:
    """For each place the maximum of the log hazards from there to the end of its stratum, and Σ e^(h − maximum) of all but the maximum."""
    top = _top(h, stratum)
    reference, term, factor = _reference(top), np.zeros_like(h), np.ones_like(h)
    np.minimum(h[:-1], top[1:], out=term[:-1])  # of a maximum and its place, the lower one is added
    changed, last = reference[1:] != reference[:-1], np.array([len(h) - 1])
    if stratum is not None:
        ends = stratum[1:] != stratum[:-1]
        changed, last = changed & ~ends, np.append(np.flatnonzero(ends), last)
    term -= reference
    term[last] *= 0
    np.exp(term, out=term)
    term[last] = factor[last] = 0
    changed = np.flatnonzero(changed)
    factor[changed] = np.exp(reference[changed + 1] - reference[changed])
    reference -= top
    return top, _recurrence(factor[::-1], term[::-1])[::-1] * np.exp(reference, out=reference)


def _top(h: Array, stratum: Array | None) -> Array:
    """The maximum from each place to the end of its stratum."""
    if stratum is None:
        return np.maximum.accumulate(h[::-1])[::-1]
    top, ends = np.empty_like(h), np.append(np.flatnonzero(stratum[1:] != stratum[:-1]) + 1, len(h))
    for begin, end in zip(np.append(0, ends[:-1]).tolist(), ends.tolist(), strict=True):
        np.maximum.accumulate(h[begin:end][::-1], out=top[begin:end][::-1])
    return top


@kept
def _risk_sets(h: Array, times: Array, events: Array, strata: Array | None, ties: str, eps: float) -> RiskSets:
    if any(len(x) and x.min() != x.min() for x in (h, times)):  # nan: who is at risk is not known
        h = np.full_like(h, np.nan)
    rows = _sorted(h, times, strata, ties == "order")
    x, d = h[rows.order], (events == 1)[rows.order]
    sums = _from_the_end(x, rows.stratum)
    top, rest = (rows.by_place(a[rows.starts]) for a in sums)
    extra, beyond = None, 0.0
    if eps:
        gap = h.max() - top
        near = np.minimum(gap, 0.98 * np.log(np.finfo(x.dtype).max))  # further up ε e^gap is all of the sum, and its log is added
        extra, beyond = np.exp(near) * eps, gap - near
        rest = rest + extra
    if ties == "efron" and rows.group is not None:
        log_sum, inverse, share = _efron(x, d, rows, (top, rest, extra), sums)
        means: Any = (inverse, share)
    else:
        log_sum, means = np.log1p(rest), None
    of_place = top - x
    of_place += log_sum
    of_place += beyond
    of_place *= d
    values = np.empty_like(x)
    values[rows.order] = of_place
    return RiskSets(rows, top, values, rest, extra, means)


def _efron(x: Array, d: Array, rows: Sorted, own: tuple[Array, Array, Any], sums: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Efron's method for ties: the d events of a group count as 1 − l/d of each other, for l = 0 … d − 1. Means over l of the log sums,
    of their inverses, and of l/d times the inverses."""
    (top, rest, extra), begin = own, np.cumsum(d) - d
    w = np.exp(x - top)
    count = rows.sums(d * 1)
    earlier = begin - rows.by_place(begin[rows.starts])  # events of the group at earlier places
    part = np.where(d, earlier / np.maximum(count, 1), 0.0).astype(x.dtype)
    tied = rows.sums(np.where(d, w, 0.0))
    later = _later(top, rows, sums)
    others = rows.sums(np.where(d, 0.0, w)) + later + (0 if extra is None else extra)
    total = np.where(part > 0, others + (1 - part) * tied, 1.0)
    inverse = np.where(part > 0, 1 / total, 1 / (1 + rest))
    n = np.maximum(count, 1).astype(x.dtype)
    log_sum = np.where(part > 0, np.log(total), np.log1p(rest))
    means = [rows.sums(np.where(d, a, 0.0)) / n for a in (log_sum, inverse, part * inverse)]
    return means[0], means[1], means[2]


def _later(top: Array, rows: Sorted, sums: tuple[Array, Array]) -> Array:
    """At each place Σ e^(h − top) over the groups of its stratum after its own."""
    after = np.append(rows.starts[1:], 0)
    ended = after == 0
    if rows.stratum is not None:
        ended |= rows.stratum[after] != rows.stratum[rows.starts]
    gap = np.where(ended, 0.0, sums[0][after] - top[rows.starts])
    return rows.by_place(np.where(ended, 0.0, np.exp(gap) * (1 + sums[1][after])))


def _cox_by_h(g: Any, out: Any, h: Array, columns: Columns, row: Array, method: tuple[str, float]) -> Array:
    """Σ_i g_i (e^h_j [j at risk] / S_i − [i = j]): for all j at once, by sums over the groups with a g up to that of j."""
    found, events = _risk_sets(h, *columns, *method), columns[1]
    rows, x = found.rows, h[found.rows.order]
    g = np.where(events[row] == 1, g, 0.0)
    by_h = np.zeros(len(h), np.result_type(g, x))
    np.subtract.at(by_h, row, g)
    top, stratum = found.top[rows.starts], None if rows.stratum is None else rows.stratum[rows.starts]
    of_group = np.zeros(len(top), by_h.dtype)
    np.add.at(of_group, rows.group_of_rows()[row], g)
    mean_inverse, mean_share = found.means or (1 / (1 + found.rest), None)
    c = of_group * mean_inverse[rows.starts]
    at_risk = rows.by_place(_up_to(c, top, stratum)) * np.exp(x - found.top)
    if mean_share is not None:
        own = rows.by_place(of_group) * mean_share * np.exp(x - found.top)
        at_risk = at_risk - np.where(events[rows.order] == 1, own, 0.0)
    by_h[rows.order] += at_risk
    if found.extra is not None:
        by_h[h.argmax()] += (c * found.extra[rows.starts]).sum()
    return by_h


def _up_to(c: Array, top: Array, stratum: Array | None) -> Array:
    """Σ c e^(top of the place − top) over the places of the stratum up to each. The tops never rise, so that no exponential overflows."""
    reference = _reference(top)
    factor, changed = np.ones_like(c), reference[1:] != reference[:-1]
    if stratum is not None:
        ends = stratum[1:] != stratum[:-1]
        factor[1:][ends], changed = 0, changed & ~ends
    changed = np.flatnonzero(changed)
    factor[1:][changed] = np.exp(reference[changed + 1] - reference[changed])
    return _recurrence(factor, c * np.exp(reference - top)) * np.exp(top - reference)


@kept
def _by_time(h: Array, times: Array, strata: Array | None) -> Sorted:
    """The rows in groups of one time, where the risk sets take each row for a group."""
    return _sorted(h, times, strata, False)


@primitive(_cox_by_h, None, None, None)
def cox_nll(h: Array, columns: Columns, row: Array, method: tuple[str, float]) -> Array:
    """log Σ e^h over the rows at risk at the time of each row, minus its h; 0 for a row without an event."""
    return _risk_sets(h, *columns, *method).values[row]


@primitive(None, None, None, None)
def share_of_time(h: Array, columns: Columns, row: Array, method: tuple[str, float]) -> Array:
    """1 / the number of events at the time of each row, in its stratum; 0 for a row without an event."""
    rows = _by_time(h, columns[0], columns[2]) if method[0] == "order" else _risk_sets(h, *columns, *method).rows
    d = columns[1][rows.order] == 1
    share = np.empty(len(h))
    share[rows.order] = np.where(d, 1 / np.maximum(rows.sums(d * 1.0), 1), 0.0)
    return share[row]
