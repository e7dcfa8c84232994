"""Collect elements from the blocks: all values, the first and the last, the largest, and a summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.data.blocks import Block
from losscli.engine.job import View
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.stored import Stored
from losscli.results.summary import Summary, SummaryAccumulator

__all__ = ["Collector", "Selection"]


class Selection(Record):
    """Some elements in order: their rows and indices, the values of their roles, and their losses."""

    rows: Array  # the numbers of their rows in the file
    index: Array  # their indices within the row: one column for each axis
    cells: Mapping[str, Array]  # by role
    loss: Array
    ignored: Array

    def take(self, at: Array | slice) -> Selection:
        """The elements at some positions."""
        cells = {role: x[at] for role, x in self.cells.items()}
        return Selection(self.rows[at], self.index[at], cells, self.loss[at], self.ignored[at])


def _concatenate(parts: Sequence[Selection]) -> Selection:
    if len(parts) == 1:
        return parts[0]
    cells = {role: np.concatenate([p.cells[role] for p in parts]) for role in parts[0].cells}
    rows, index, loss, ignored = (np.concatenate([getattr(p, name) for p in parts]) for name in ("rows", "index", "loss", "ignored"))
    return Selection(rows, index, cells, loss, ignored)


class _BlockElements(Record):
    """The elements of a block, from which some can be selected by their position in row-major order."""

    block: Block
    view: View
    values: Array
    ignored: Array | None  # flat

    def select(self, at: Array) -> Selection:
        inner = self.values.shape[1:]
        row, within = np.divmod(at, max(1, int(np.prod(inner))))
        indices = np.unravel_index(within, inner) if inner else ()
        place = (row, *indices)
        value_axes, shared = self.view.value_axes, self.view.shared
        cells = {r: x[place[: x.ndim - value_axes[r]]] for r, x in self.view.roles.items() if r not in shared}
        if self.view.weight is not None:
            cells["weight"] = self.view.weight[place[: self.view.weight.ndim]]
        ignored = np.zeros(len(row), bool) if self.ignored is None else self.ignored[at]
        index = np.stack(indices, -1) if indices else np.zeros((len(row), 0), int)
        rows = self.block.start + row if self.block.origin is None else self.block.origin[row]
        return Selection(rows, index, cells, self.values.reshape(-1)[at], ignored)


class Collector:
    """A callback for every block, in order. It keeps all values, the first `head`, the last `tail` and the `top` largest elements."""

    def __init__(self, *, values: bool = False, head: int = 0, tail: int = 0, top: int = 0, summary: bool = True) -> None:
        self.head, self.tail, self.top = head, tail, top
        self.count = 0
        self._values = _AllValues() if values else None
        self._largest = _Largest(top)
        self._summary = SummaryAccumulator() if summary else None
        self._first: list[Selection] = []
        self._last: list[Selection] = []

    def __call__(self, block: Block, view: View, values: Array, ignored: Array | None) -> None:
        values = np.asarray(values)
        flat_ignored = None if ignored is None or ignored.shape != values.shape else ignored.reshape(-1)
        elements = _BlockElements(block, view, values, flat_ignored)
        flat = values.reshape(-1)
        if self._values is not None:
            self._values.add(block, values)
        if self.count < self.head and flat.size:
            self._first.append(elements.select(np.arange(min(self.head - self.count, flat.size))))
        if self.tail and flat.size:
            self._add_last(elements.select(np.arange(max(0, flat.size - self.tail), flat.size)))
        if self.top:
            self._largest.add(elements, flat)
        self.count += flat.size
        if self._summary is not None:
            self._summary.add(flat if flat_ignored is None else flat[~flat_ignored])

    def _add_last(self, part: Selection) -> None:
        """Add a part, and drop the parts that are no longer among the last."""
        self._last.append(part)
        while sum(len(p.rows) for p in self._last[1:]) >= self.tail:
            del self._last[0]

    @property
    def first(self) -> Selection | None:
        """The first elements; None without any."""
        return _concatenate(self._first) if self._first else None

    @property
    def last(self) -> Selection | None:
        """The last elements; None without any."""
        return _concatenate(self._last).take(slice(-self.tail, None)) if self._last else None

    @property
    def largest(self) -> Selection | None:
        """The largest losses, nan before all others, then from the largest on; None without any."""
        return self._largest.selection()

    def values(self) -> Array:
        """The losses of all elements, with the rows first."""
        return np.zeros(0) if self._values is None else self._values.values()

    def rows(self) -> Array:
        """The number in the file of each row of `values`."""
        return np.zeros(0, int) if self._values is None else self._values.rows()

    def summary(self, mean: float, total: float) -> Summary | None:
        """The summary with the loss's own mean and sum; to be called once."""
        return None if self._summary is None else self._summary.summary(mean, total)


class _AllValues:
    """Every value, and the numbers of the rows where rows were left out."""

    def __init__(self) -> None:
        self.stored, self.origins = Stored(), Stored()
        self.count = 0
        self.has_origins = False

    def add(self, block: Block, values: Array) -> None:
        self.stored.add(values)
        self.count += len(values)
        if block.origin is not None:
            self.origins.add(block.origin)
            self.has_origins = True

    def values(self) -> Array:
        return self.stored.array()

    def rows(self) -> Array:
        return self.origins.array() if self.has_origins else np.arange(self.count)


class _Largest:
    """The largest `limit` values: nan before all others, and of equal values the first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.parts: list[Selection] = []
        self.least: float | None = None  # the least of the largest, once there are `limit` of them: a new value must be above it

    def add(self, elements: _BlockElements, flat: Array) -> None:
        above = np.ones(flat.size, bool) if self.least is None else ~(flat <= self.least)  # nan is above any number
        at = np.flatnonzero(above if elements.ignored is None else above & ~elements.ignored)
        if at.size == 0 or (self.least is not None and np.isnan(self.least)):
            return
        at = at[_rank(flat[at], self.limit)]
        self.parts.append(elements.select(at))
        if sum(len(p.rows) for p in self.parts) >= 2 * self.limit:  # each element is sorted a few times, however many there are
            self._keep_largest()

    def _keep_largest(self) -> None:
        merged = _concatenate(self.parts)
        kept = merged.take(_rank(merged.loss, self.limit))
        self.parts = [kept]
        if len(kept.rows) == self.limit:
            self.least = kept.loss[-1]

    def selection(self) -> Selection | None:
        if not self.parts:
            return None
        self._keep_largest()
        return self.parts[0]


def _rank(x: Array, limit: int) -> Array:
    """The positions of the largest values of x, in order."""
    at = np.arange(x.size)
    if x.size > 4 * limit:  # drop most values first, without sorting them
        bound = np.partition(np.where(np.isnan(x), np.inf, x), -limit)[-limit]
        at = np.flatnonzero(~(x < bound))
        x = x[at]
    nan = np.isnan(x)
    return at[np.lexsort((-np.where(nan, 0, x), ~nan))[:limit]]
