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

    def add(self, losses: Mapping[int, Array], numbers: Array, takes_part: Mapping[int, Array] | None = None) -> None:
        """Add rows: the losses of each job, the numbers of the rows, and which rows take part by contrast, if not all do."""
        for q, each in self.of_contrast.items():
            if each.candidate.keys() | each.baseline.keys() <= losses.keys():
                each.add(losses, numbers, (takes_part or {}).get(q))

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
        self.candidate, self.baseline = candidate, baseline
        self.count = self.unequal = 0
        self.total = self.squares = 0.0
        self.above, self.below, self.unknown = _Largest(limit), _Largest(limit), _Largest(limit)

    def add(self, losses: Mapping[int, Array], numbers: Array, takes_part: Array | None) -> None:
        a, b = (_of_side(side, losses, len(numbers)) for side in (self.candidate, self.baseline))
        with np.errstate(all="ignore"):
            d = np.subtract(a, b, dtype=np.float64)
            total = float(d.sum())
            self.total += total
            self.squares += float(np.dot(d, d))
        self.count += len(d) if takes_part is None else int(np.count_nonzero(takes_part))
        self.unequal += int(np.count_nonzero(d))
        self.above.add(d, a, b, numbers)
        self.below.add(-d, a, b, numbers)
        if total != total:
            self.unknown.add(np.where(np.isnan(d), np.inf, 0.0), a, b, numbers)

    def largest(self, top: int) -> LargestDifferences:
        above, below = self.above.rows(), self.below.rows()
        every = np.concatenate([self.unknown.rows(), above, below])
        order = np.lexsort((every[:, 3], -every[:, 0]))[:top]
        rows = [RowDifference(int(n), a, b, a - b) for _, a, b, n in every[order].tolist()]
        has_share = rows and self.total and math.isfinite(self.total)
        share = sum(r.difference for r in rows) / self.total if has_share else None
        return LargestDifferences(rows, share, self._few(above if self.total > 0 else below))

    def _few(self, in_direction: Array) -> FewRows | None:
        total = abs(self.total)
        k = few_rows(in_direction[:, 0], total, self.squares, self.unequal)
        return FewRows(k, self.count, float(in_direction[:k, 0].sum()) / total) if k else None


def _of_side(side: Side, losses: Mapping[int, Array], rows: int) -> Array:
    """The losses of the rows under one prediction: those of a loss, or the weighted sum of those of the terms of an objective."""
    if list(side.values()) == [1.0]:
        return losses[next(iter(side))][:rows]
    with np.errstate(all="ignore"):
        return np.sum([w * losses[j][:rows] for j, w in side.items()], axis=0)


class _Largest:
    """The `limit` rows with the largest numbers above 0; of equal numbers the first rows."""

    def __init__(self, limit: int) -> None:
        self.limit, self.least = limit, 0.0
        self._parts: list[Array] = []
        self._count = 0

    def add(self, x: Array, a: Array, b: Array, numbers: Array) -> None:
        at = np.flatnonzero(x > self.least)
        if len(at) > 2 * self.limit:  # drop most rows first, without sorting them
            at = at[x[at] >= np.partition(x[at], -self.limit)[-self.limit]]
        if len(at):
            self._parts.append(np.stack([x[at], a[at], b[at], numbers[at]], 1, dtype=np.float64))
            self._count += len(at)
        if self._count >= 2 * self.limit:
            self.rows()

    def rows(self) -> Array:
        """The rows, from the largest on: the number, the losses of the two jobs, and the number of the row."""
        merged = np.concatenate(self._parts) if self._parts else np.zeros((0, 4))
        kept = merged[np.lexsort((merged[:, 3], -merged[:, 0]))[: self.limit]]
        self._parts, self._count = [kept], len(kept)
        if len(kept) == self.limit:
            self.least = float(kept[-1, 0])
        return kept
