"""What is kept of the values as they go by, block after block: all of them, the first and the last, the largest, their spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from losscli.data.blocks import Block
from losscli.engine.job import View
from losscli.numeric.scaling import in_safe_range, power_of_two_scale

__all__ = ["Collector", "Picked", "Summary", "origin"]

MEDIAN_LIMIT = 2**24  # elements that are held for a median: 128 MB


@dataclass(frozen=True)
class Summary:
    """The reduced values beside each other: mean and sum as the loss defines them, the others over the elements that are not ignored."""

    mean: float
    sum: float
    min: float
    median: float | None  # None where there are too many elements to hold
    max: float
    std: float  # ddof 0
    count: int


@dataclass(frozen=True)
class Picked:
    """Some values of the loss and what each was made from, a column each."""

    rows: Any  # as in the file
    index: Any  # their places within the row, a column for each axis
    cells: Mapping[str, Any]
    loss: Any
    ignored: Any

    def at(self, which: Any) -> Picked:
        """Those at some of the places."""
        cells = {role: x[which] for role, x in self.cells.items()}
        return Picked(self.rows[which], self.index[which], cells, self.loss[which], self.ignored[which])


def _together(parts: Sequence[Picked]) -> Picked:
    if len(parts) == 1:
        return parts[0]
    cells = {role: np.concatenate([p.cells[role] for p in parts]) for role in parts[0].cells}
    rows, index, loss, ignored = (np.concatenate([getattr(p, name) for p in parts]) for name in ("rows", "index", "loss", "ignored"))
    return Picked(rows, index, cells, loss, ignored)


def origin(block: Block) -> Any:
    """The numbers that the rows of a block have in their file."""
    return np.arange(block.start, block.start + block.rows) if block.origin is None else block.origin


@dataclass(frozen=True)
class _Shown:
    """A block's values with what they were made from, and which of them are ignored, in one row."""

    block: Block
    view: View
    values: Any
    hidden: Any

    def pick(self, at: Any) -> Picked:
        inner = self.values.shape[1:]
        row, rest = np.divmod(at, max(1, int(np.prod(inner))))
        places = np.unravel_index(rest, inner) if inner else ()
        place = (row, *places)
        own, shared = self.view.own, self.view.shared
        cells = {r: x[place[: x.ndim - own[r]]] for r, x in self.view.roles.items() if r not in shared}
        if self.view.weight is not None:
            cells["weight"] = self.view.weight[place[: self.view.weight.ndim]]
        ignored = np.zeros(len(row), bool) if self.hidden is None else self.hidden[at]
        rows = self.block.start + row if self.block.origin is None else self.block.origin[row]
        index = np.stack(places, -1) if places else np.zeros((len(row), 0), int)
        return Picked(rows, index, cells, self.values.reshape(-1)[at], ignored)


class Collector:
    """Watches the values go by, in order: the summary, the first and last elements, the largest, and all of them if wanted."""

    def __init__(self, *, values: bool = False, head: int = 0, tail: int = 0, top: int = 0, summary: bool = True) -> None:
        self.head, self.tail, self.top = head, tail, _Top(top)
        self.all = _All() if values else None
        self.spread = _Spread() if summary else None
        self.count = 0
        self._first: list[Picked] = []
        self._last: list[Picked] = []

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        values = np.asarray(values)
        hidden = None if ignored is None or ignored.shape != values.shape else ignored.reshape(-1)
        shown = _Shown(block, view, values, hidden)
        flat = values.reshape(-1)
        if self.all is not None:
            self.all.add(block, values)
        if self.count < self.head and flat.size:
            self._first.append(shown.pick(np.arange(min(self.head - self.count, flat.size))))
        if self.tail and flat.size:
            self._ends(shown.pick(np.arange(max(0, flat.size - self.tail), flat.size)))
        if self.top.wanted:
            self.top.add(shown, flat)
        self.count += flat.size
        if self.spread is not None:
            self.spread.add(flat if hidden is None else flat[~hidden])

    def _ends(self, part: Picked) -> None:
        """One more of the last parts, without those before it that are the last no more."""
        self._last.append(part)
        while sum(len(p.rows) for p in self._last[1:]) >= self.tail:
            del self._last[0]

    @property
    def first(self) -> Picked | None:
        return _together(self._first) if self._first else None

    @property
    def last(self) -> Picked | None:
        return _together(self._last).at(slice(-self.tail, None)) if self._last else None

    @property
    def largest(self) -> Picked | None:
        """The largest, in order."""
        return self.top.found()

    def values(self) -> Any:
        return np.zeros(0) if self.all is None else self.all.values()

    def rows(self) -> Any:
        """The number of each row of the values in its file."""
        return np.zeros(0, int) if self.all is None else self.all.rows()

    def summary(self, mean: float, total: float) -> Summary | None:
        """The summary, with the loss's own mean and sum."""
        return None if self.spread is None else self.spread.summary(mean, total)


class _All:
    """Every value, and where the rows stand in their file."""

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.origins: list[Any] = []

    def add(self, block: Block, values: Any) -> None:
        self.parts.append(values)
        if block.origin is not None:
            self.origins.append(block.origin)

    def values(self) -> Any:
        return _end_to_end(self.parts) if self.parts else np.zeros(0)

    def rows(self) -> Any:
        return _end_to_end(self.origins) if self.origins else np.arange(sum(map(len, self.parts)))


def _end_to_end(parts: list[Any]) -> Any:
    """The parts as one array, which takes their place. Each is let go as it is copied: all are never held twice."""
    if len(parts) > 1:
        end = sum(map(len, parts))
        whole = np.empty((end, *parts[0].shape[1:]), np.result_type(*{p.dtype for p in parts}))
        while parts:
            part = parts.pop()
            whole[end - len(part) : end] = part
            end -= len(part)
        parts.append(whole)
    return parts[0]


class _Top:
    """The largest values, nan before all others, the first of equals first."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.parts: list[Picked] = []
        self.bound: Any = None  # what a value must be above, once there are as many as wanted

    def add(self, shown: _Shown, flat: Any) -> None:
        above = np.ones(flat.size, bool) if self.bound is None else ~(flat <= self.bound)  # nan is not below any bound
        at = np.flatnonzero(above if shown.hidden is None else above & ~shown.hidden)
        if at.size == 0 or (self.bound is not None and np.isnan(self.bound)):
            return
        at = at[_ranked(flat[at], self.wanted)]
        self.parts.append(shown.pick(at))
        if sum(len(p.rows) for p in self.parts) >= 2 * self.wanted:  # so that each is sorted a few times, however many come
            self._keep()

    def _keep(self) -> None:
        found = _together(self.parts)
        kept = found.at(_ranked(found.loss, self.wanted))
        self.parts = [kept]
        if len(kept.rows) == self.wanted:
            self.bound = kept.loss[-1]

    def found(self) -> Picked | None:
        if not self.parts:
            return None
        self._keep()
        return self.parts[0]


def _ranked(x: Any, wanted: int) -> Any:
    """Where the largest of x are, in order."""
    at = np.arange(x.size)
    if x.size > 4 * wanted:  # a quick look first: few are as large as the last of the largest
        bound = np.partition(np.where(np.isnan(x), np.inf, x), -wanted)[-wanted]
        at = np.flatnonzero(~(x < bound))
        x = x[at]
    nan = np.isnan(x)
    return at[np.lexsort((-np.where(nan, 0, x), ~nan))[:wanted]]


class _Spread:
    """The smallest, the largest, the mean and the spread of what has come by; and the median, where all can be held."""

    def __init__(self) -> None:
        self.count = 0
        self.low, self.high = np.inf, -np.inf
        self.mean = self.squares = 0.0
        self.held: Any = np.empty(MEDIAN_LIMIT)  # takes memory where it is written to alone

    def add(self, x: Any) -> None:
        if x.size == 0:
            return
        x = x.astype(np.float64, copy=False)
        before, self.count = self.count, self.count + x.size
        with np.errstate(all="ignore"):  # of values near the largest there are, the spread may overflow
            self._merge(x, before)
        if self.count > MEDIAN_LIMIT:
            self.held = None
        else:
            self.held[before : self.count] = x

    def _merge(self, x: Any, before: int) -> None:
        self.low, self.high = np.minimum(self.low, x.min()), np.maximum(self.high, x.max())
        mean = x.mean()
        from_mean = x - mean
        squares = np.square(from_mean, out=from_mean).sum()
        apart = mean - self.mean  # Chan: the spread of both, and of their means
        self.squares += squares + apart * apart * (before * x.size / self.count)
        self.mean += apart * (x.size / self.count)

    def summary(self, mean: float, total: float) -> Summary | None:
        if not self.count:
            return None
        with np.errstate(all="ignore"):
            std = self._deviation()
            # in place: a second copy would double what is held, and the order of the values is of no more use
            middle = None if self.held is None else _median(self.held[: self.count])
        return Summary(mean, total, float(self.low), middle, float(self.high), std, self.count)

    def _deviation(self) -> float:
        """From the squares, or from all values, taken by a unit, where these overflowed or were rounded to 0."""
        if in_safe_range(np.float64(self.squares)) or self.held is None or not self.low < self.high < np.inf:
            return 0.0 if self.low == self.high else float(np.sqrt(self.squares / self.count))
        unit = power_of_two_scale(np.maximum(np.abs(self.low), np.abs(self.high)))
        return float(unit * np.std(self.held[: self.count] / unit))


def _median(x: Any) -> float:
    """The middle value, or halfway between the two in the middle, whose sum may overflow."""
    middle = np.median(x, overwrite_input=True)
    return float(middle if np.isfinite(middle) else 2 * np.median(x / 2))
