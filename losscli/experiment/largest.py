"""Collect the rows on which two predictions differ most, while the losses of the rows are computed. Memory does not grow with the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.experiment.contrast import Contrast
from losscli.numeric.lazy import Array
from losscli.results.largest import FewRows, LargestDifferences, RowDifference
from losscli.statistics.few_rows import MOST_ROWS, few_rows

__all__ = ["LargestRows"]


class LargestRows:
    """The largest differences of each contrast of two jobs. A row with the difference 0 or nan is not among them."""

    def __init__(self, contrasts: Sequence[Contrast], top: int) -> None:
        self.top = top
        limit = max(MOST_ROWS, top)
        pairs = {q: tuple(c.weights) for q, c in enumerate(contrasts) if _is_difference(c)}
        self.of_contrast = {q: _OfContrast(candidate, baseline, limit) for q, (candidate, baseline) in pairs.items()}

    def add(self, losses: Mapping[int, Array], numbers: Array, takes_part: Mapping[int, Array] = {}) -> None:
        """Add rows: the losses of each job, the numbers of the rows, and which rows take part by contrast, if not all do."""
        for q, each in self.of_contrast.items():
            if each.candidate in losses and each.baseline in losses:
                each.add(losses, numbers, takes_part.get(q))

    def largest(self, q: int) -> LargestDifferences | None:
        """The largest differences of a contrast; None for one that has no losses of rows."""
        each = self.of_contrast.get(q)
        return None if each is None or not each.count else each.largest(self.top)


def _is_difference(contrast: Contrast) -> bool:
    return contrast.compares and list(contrast.weights.values()) == [1.0, -1.0]


class _OfContrast:
    """The largest differences of one contrast, those above and those below 0, and sums over all rows."""

    def __init__(self, candidate: int, baseline: int, limit: int) -> None:
        self.candidate, self.baseline = candidate, baseline
        self.count = self.unequal = 0
        self.total = self.squares = 0.0
        self.above, self.below = _Largest(limit), _Largest(limit)

    def add(self, losses: Mapping[int, Array], numbers: Array, takes_part: Array | None) -> None:
        a, b = (losses[j][: len(numbers)] for j in (self.candidate, self.baseline))
        with np.errstate(all="ignore"):
            d = np.subtract(a, b, dtype=np.float64)
            self.total += float(d.sum())
            self.squares += float(np.dot(d, d))
        self.count += len(d) if takes_part is None else int(np.count_nonzero(takes_part))
        self.unequal += int(np.count_nonzero(d))
        self.above.add(d, a, b, numbers)
        self.below.add(-d, a, b, numbers)

    def largest(self, top: int) -> LargestDifferences:
        above, below = self.above.rows(), self.below.rows()
        both = np.concatenate([above, below])
        order = np.lexsort((both[:, 3], -np.abs(both[:, 0])))[:top]
        rows = [RowDifference(int(n), float(a), float(b), float(a - b)) for _, a, b, n in both[order].tolist()]
        share = sum(r.difference for r in rows) / self.total if rows and self.total else None
        return LargestDifferences(rows, share, self._few(above if self.total > 0 else below))

    def _few(self, in_direction: Array) -> FewRows | None:
        total = abs(self.total)
        k = few_rows(in_direction[:, 0], total, self.squares, self.unequal)
        return FewRows(k, self.count, float(in_direction[:k, 0].sum()) / total) if k else None


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
