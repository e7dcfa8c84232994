"""Collect the rows on which two predictions differ most, while the losses of the rows are computed. Memory does not grow with the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from losscli.experiment.contrast import Contrast
from losscli.numeric.lazy import Array
from losscli.results.largest import FewRows, LargestDifferences, RowDifference
from losscli.statistics.few_rows import MOST_ROWS, few_rows

__all__ = ["LargestRows", "sides_of"]


class LargestRows:
    """The largest differences of each contrast that compares: nan before all others. A row with the difference 0 is not among them."""

    def __init__(self, contrasts: Sequence[Contrast], top: int) -> None:
        self.top = top
        sides = {q: sides_of(c) for q, c in enumerate(contrasts)}
        self.of_contrast = {q: _OfContrast(*pair, max(MOST_ROWS, top)) for q, pair in sides.items() if pair is not None}

    def add(
        self, losses: Mapping[int, Array], numbers: Array, takes_part: Mapping[int, Array] | None = None, columns: Array | None = None
    ) -> None:
        """Add rows: the losses of each job, the numbers of the rows, and which rows take part by contrast, if not all do.

        `columns` are those of the contrasts, (contrasts, rows), where they are known.
        """
        for q, each in self.of_contrast.items():
            if each.candidate.keys() | each.baseline.keys() <= losses.keys():
                each.add(losses, numbers, (takes_part or {}).get(q), None if columns is None else columns[q])

    def largest(self, q: int) -> LargestDifferences | None:
        """The largest differences of a contrast; None for one that has no losses of rows."""
        each = self.of_contrast.get(q)
        return None if each is None or not each.count else each.largest(self.top)


Side = Mapping[int, float]  # the coefficients of the jobs of one prediction


def sides_of(contrast: Contrast) -> tuple[Side, Side] | None:
    """The jobs of the candidate and those of the baseline; None for a contrast that has no such sides."""
    weights = list(contrast.weights.items())
    half = len(weights) // 2
    if not contrast.compares or [w for _, w in weights[:half]] != [-w for _, w in weights[half:]]:
        return None
    return dict(weights[:half]), {j: -w for j, w in weights[half:]}


class _OfContrast:
    """The largest differences of one contrast, those above and those below 0 and those that are nan, and sums over all rows."""

    def __init__(self, candidate: Side, baseline: Side, limit: int) -> None:
        self.candidate, self.baseline, self.limit = candidate, baseline, limit
        self.is_plain = [*candidate.values(), *baseline.values()] == [1.0, 1.0]  # a loss minus a loss
        self.count = self.unequal = 0
        self.total = self.squares = 0.0
        self._above = self._below = self._unknown = np.zeros((4, 0))
        self._least_above = self._least_below = 0.0  # without its sign; a row that is not further from 0 is not among the largest
        self._new: list[Array] = []  # rows that may be among the largest: their differences, both losses and their numbers
        self._new_rows = 0

    def add(self, losses: Mapping[int, Array], numbers: Array, takes_part: Array | None, column: Array | None) -> None:
        a, b = (_of_side(side, losses, len(numbers)) for side in (self.candidate, self.baseline))
        with np.errstate(all="ignore"):
            d = np.subtract(a, b, dtype=np.float64) if column is None or not self.is_plain else column
            squares = float(np.dot(d, d))
            self.total += float(d.sum())
        self.squares += squares
        self.count += len(d) if takes_part is None else int(np.count_nonzero(takes_part))
        self.unequal += int(np.count_nonzero(d != 0))
        if len(d) and d.max() <= self._least_above and d.min() >= -self._least_below:  # none of them is nan
            return
        far = (d > self._least_above) | (d < -self._least_below)
        if squares != squares:
            far |= np.isnan(d)
        at = np.flatnonzero(far)
        if len(at):
            self._new.append(np.array([d[at], a[at], b[at], numbers[at]], np.float64))
            self._new_rows += len(at)
            if self._new_rows >= 2 * self.limit:
                self._drop()

    def _drop(self) -> None:
        """Drop the rows that are not among the largest."""
        rows = np.concatenate([self._above, self._below, self._unknown, *self._new], 1)
        self._new, self._new_rows = [], 0
        self._above, self._least_above = _largest(rows, rows[0], self.limit)
        self._below, self._least_below = _largest(rows, -rows[0], self.limit)
        self._unknown = rows[:, np.flatnonzero(np.isnan(rows[0]))[: self.limit]]

    def largest(self, top: int) -> LargestDifferences:
        self._drop()
        every = np.concatenate([self._above, self._below, self._unknown], 1)
        size = np.where(np.isnan(every[0]), np.inf, np.abs(every[0]))
        order = np.lexsort((every[3], -size))[:top]
        rows = [RowDifference(int(n), a, b, a - b) for _, a, b, n in every[:, order].T.tolist()]
        has_share = rows and self.total and math.isfinite(self.total)
        share = sum(r.difference for r in rows) / self.total + 0.0 if has_share else None  # 0.0, not -0.0
        return LargestDifferences(rows, share, self._few(self._above[0] if self.total > 0 else -self._below[0]))

    def _few(self, in_direction: Array) -> FewRows | None:
        total, largest = abs(self.total), np.sort(in_direction)[::-1]
        k = few_rows(largest, total, self.squares, self.unequal)
        return FewRows(k, self.count, float(largest[:k].sum()) / total) if k else None


def _of_side(side: Side, losses: Mapping[int, Array], rows: int) -> Array:
    """The losses of the rows under one prediction: those of a loss, or the weighted sum of those of the terms of an objective."""
    if list(side.values()) == [1.0]:
        return losses[next(iter(side))][:rows]
    with np.errstate(all="ignore"):
        return np.sum([w * losses[j][:rows] for j, w in side.items()], axis=0)


def _largest(rows: Array, size: Array, limit: int) -> tuple[Array, float]:
    """The `limit` rows of the largest sizes above 0, and the least of these; 0 for fewer rows. Of equal sizes the first rows."""
    at = np.flatnonzero(size > 0)
    if len(at) < limit:
        return rows[:, at], 0.0
    size = size[at]
    least = np.partition(size, -limit)[-limit]
    larger, equal = np.flatnonzero(size > least), np.flatnonzero(size == least)
    return rows[:, at[np.sort(np.concatenate([larger, equal[: limit - len(larger)]]))]], float(least)
