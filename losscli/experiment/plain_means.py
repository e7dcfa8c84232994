"""Plain means: every row counts the same, so that the influence of a row is its loss minus the mean. They need no pass of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from losscli.data.blocks import Block
from losscli.engine.job import Job, View
from losscli.engine.outcome import Outcome
from losscli.engine.reduction import BlockCallback
from losscli.experiment.contrast import Contrast, Sampling, combined
from losscli.experiment.largest import LargestRows
from losscli.numeric.lazy import Array
from losscli.results.largest import LargestDifferences
from losscli.statistics.moments import PIECE, ColumnSums

__all__ = ["PlainMeans", "plain_means"]

_DIVIDED = ("mean", "sum_over_batch_size", "batchmean")  # reductions to a mean; another one is a sum


class PlainMeans:
    """Collects the losses of the rows while jobs run, for the contrasts of jobs that may be plain means."""

    def __init__(self, jobs: Sequence[Job], sampling: Sampling, places: Sequence[int]) -> None:
        self.places = list(places)
        self.contrasts = [sampling.contrasts[q] for q in self.places]
        self.jobs = {j: jobs[j] for j in sorted({j for c in self.contrasts for j in c.weights})}
        self.names = sampling.groups
        self.moments = sampling.but(contrasts=self.contrasts).moments()
        self.rows = dict.fromkeys(self.jobs, 0)
        self._waiting: dict[int, list[Array]] = {j: [] for j in self.jobs}
        self._codes: list[Mapping[str, Array]] = []
        self._numbers: list[Array] = []  # of the rows in the file
        self._largest = LargestRows(self.contrasts, sampling.top)
        self.moments.has_signs = np.array([c.compares for c in self.contrasts], bool)

    def callbacks(self, others: Sequence[BlockCallback | None], jobs: int) -> list[BlockCallback | None]:
        """A callback for each job, which calls another one too."""
        given = [*others, *[None] * (jobs - len(others))]
        return [self._callback(j, other) if j in self.jobs else other for j, other in enumerate(given)]

    def _callback(self, j: int, other: BlockCallback | None) -> BlockCallback:
        per_element = self.jobs[j].reduction != "batchmean" and self.jobs[j].reduction in _DIVIDED
        first, last = min(self.jobs), max(self.jobs)

        def collect(block: Block, view: View, values: Array, ignored: Array | None) -> None:
            if other is not None:
                other(block, view, values, ignored)
            x = np.asarray(values, np.float64)
            if x.ndim > 1:
                x = x.reshape(len(x), -1)
                x = x.mean(1) if per_element else x.sum(1)
            self.rows[j] += len(x)
            self._waiting[j].append(x)
            if j == first:
                self._codes.append({name: block.columns[name] for name in self.names})
                self._numbers.append(block.row_numbers)
            if j == last:
                self._add()

        return collect

    def _add(self) -> None:
        """Add the rows that all jobs have computed."""
        waiting = {j: parts[0] if len(parts) == 1 else np.concatenate(parts) for j, parts in self._waiting.items()}
        rows = min(map(len, waiting.values()))
        codes = {name: np.concatenate([c[name] for c in self._codes]) for name in self.names}
        numbers = self._numbers[0] if len(self._numbers) == 1 else np.concatenate(self._numbers)
        for at in range(0, rows, PIECE):  # pieces stay in the cache of the processor
            end = min(at + PIECE, rows)
            losses = {j: w[at:end] for j, w in waiting.items()}
            columns = combined(self.contrasts, losses, end - at)
            self.moments.add(columns, None, None, {name: c[at:end] for name, c in codes.items()})
            self._largest.add(losses, numbers[at:end], columns=columns)
        self._numbers = [numbers[rows:]] if len(numbers) > rows else []
        self._waiting = {j: [w[rows:]] if len(w) > rows else [] for j, w in waiting.items()}
        self._codes = [{name: c[rows:] for name, c in codes.items()}] if self.names else []

    def sums(self, outcomes: Sequence[Outcome]) -> dict[int, ColumnSums]:
        """The sums of every contrast whose jobs turned out to be plain means, by its place among all contrasts."""
        plain = {j for j, rows in self.rows.items() if not outcomes[j].weighted and 0 < rows == outcomes[j].rows_kept}
        scale = np.array([self._scale(c) for c in self.contrasts])
        sums = self.moments.sums().scaled(scale) if plain else None
        return {
            place: sums.column(q)
            for q, (place, c) in enumerate(zip(self.places, self.contrasts, strict=True))
            if sums is not None and c.weights.keys() <= plain
        }

    def largest(self, places: Collection[int]) -> dict[int, LargestDifferences]:
        """The largest differences of contrasts, by their places among all contrasts."""
        found = {place: self._largest.largest(q) for q, place in enumerate(self.places) if place in places}
        return {place: x for place, x in found.items() if x is not None}

    def _scale(self, contrast: Contrast) -> float:
        """From the loss of a row to its part of the value."""
        j = next(iter(contrast.weights))
        return 1 / max(self.rows[j], 1) if self.jobs[j].reduction in _DIVIDED else 1.0


def plain_means(jobs: Sequence[Job], sampling: Sampling) -> list[PlainMeans]:
    """The collectors of the contrasts that may be plain means.

    A user's function may turn out to have no values of rows. So each set of contrasts that share such functions has its own collector.
    """
    places = [q for q, c in enumerate(sampling.contrasts) if _may_be_plain([jobs[j] for j in c.weights])]
    together: list[tuple[set[int], list[int]]] = []
    for q in places:
        uncertain = {j for j in sampling.contrasts[q].weights if not jobs[j].loss.kind_is_certain}
        near = [group for group in together if group[0] & uncertain or not (group[0] or uncertain)]
        merged = (uncertain.union(*(jobs_of for jobs_of, _ in near)), sorted({q, *(p for _, of in near for p in of)}))
        together = [*(group for group in together if group not in near), merged]
    return [PlainMeans(jobs, sampling, of) for _, of in together]


def _may_be_plain(jobs: Sequence[Job]) -> bool:
    """Whether the values may be plain means, all divided by the number of rows, or plain sums."""
    pointwise = all(job.loss.kind == "pointwise" and job.weight is None and job.reduction != "none" for job in jobs)
    return pointwise and len({job.reduction in _DIVIDED for job in jobs}) == 1
