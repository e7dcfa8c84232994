"""Run losses, and collect what the rows say about the precision of their values: sums of the influence of each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from losscli.data.blocks import Data
from losscli.engine.job import Job
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.reduction import BlockCallback
from losscli.experiment.contrast import Contrast, Resampling, Sampled, Sampling
from losscli.experiment.plain_means import plain_means
from losscli.parallel import default_threads
from losscli.results.computed import Computed
from losscli.results.intervals import Intervals, Measured
from losscli.results.largest import LargestDifferences
from losscli.statistics.moments import ColumnSums

if TYPE_CHECKING:
    from losscli.results.resampled import Resampled

__all__ = ["GroupSampler", "sample_rows", "sample_value"]


def sample_rows(
    jobs: Sequence[Job], data: Data, sampling: Sampling, *, threads: int = 0, callbacks: Sequence[BlockCallback | None] = ()
) -> Sampled:
    """Run the jobs on the same data, and collect the sums of all contrasts, and their values on resamples. Raises what `run` raises.

    Plain means are collected in the pass of their values. All other contrasts share one more pass, and resamples need another one.
    """
    threads = threads or default_threads()
    sampled = _sums_of_rows(jobs, data, sampling, threads, callbacks)
    return sampled if sampling.resamples is None else _resampled(sampled, data, sampling, threads)


def _sums_of_rows(jobs: Sequence[Job], data: Data, sampling: Sampling, threads: int, callbacks: Sequence[BlockCallback | None]) -> Sampled:
    collectors = plain_means(jobs, sampling)
    for plain in collectors:
        callbacks = plain.callbacks(callbacks, len(jobs))
    outcomes = run(jobs, data, threads=threads, callbacks=callbacks)
    sums: dict[int, ColumnSums] = {}
    largest: dict[int, LargestDifferences] = {}
    for plain in collectors:
        found = plain.sums(outcomes)
        sums, largest = sums | found, largest | plain.largest(found)
    rest = [q for q in range(len(sampling.contrasts)) if q not in sums]
    if not rest:
        return Sampled(outcomes, sums, {}, largest)
    from losscli.experiment.influence_pass import sums_by_influence  # it loads the tape

    contrasts = [sampling.contrasts[q] for q in rest]
    others, missing, others_largest = sums_by_influence(outcomes, data, sampling.but(contrasts=contrasts), threads=threads)
    return Sampled(
        outcomes,
        sums | {rest[q]: s for q, s in others.items()},
        {rest[q]: why for q, why in missing.items()},
        largest | {rest[q]: x for q, x in others_largest.items()},
    )


def _resampled(sampled: Sampled, data: Data, sampling: Sampling, threads: int) -> Sampled:
    """The same with the values of the contrasts on resamples, where there are rows."""
    if sampling.resamples is None or any(o.first is None for o in sampled.outcomes):
        return sampled
    from losscli.experiment.resampling import resample

    cluster = sampling.groups[0] if sampling.groups else ""
    request = Resampling(dict(enumerate(sampling.contrasts)), sampling.resamples, cluster, sampled.sums.keys())
    resampled, missing = resample(sampled.outcomes, data, request, threads=threads)
    reasons = {q: why for q, why in sampled.reasons.items() if q not in resampled} | missing
    return sampled.but(resampled=resampled, reasons=reasons)


def sample_value(job: Job, data: Data, intervals: Intervals, *, threads: int = 0, callback: BlockCallback | None = None) -> Computed:
    """Run one job, and collect what the rows say about its value."""
    dependence = intervals.dependence
    sampling = Sampling([Contrast({0: 1.0})], dependence.lags, dependence.clusters)
    sampling = sampling.but(resamples=intervals.resamples)
    sampled = sample_rows([job], data, sampling, threads=threads, callbacks=[callback])
    return Computed(sampled.outcomes[0], measured=sampled.measured(0))


class GroupSampler:
    """Runs groups of parts, each with its own rows, and keeps the sums of every contrast whose jobs have the same rows."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.sums: dict[int, ColumnSums] = {}
        self.resampled: dict[int, Resampled] = {}
        self.largest: dict[int, LargestDifferences] = {}
        self.reasons = dict.fromkeys(range(len(sampling.contrasts)), "its terms have different rows")

    def measured(self, q: int) -> Measured:
        """What the rows say about a contrast."""
        return Measured(self.sums.get(q), self.resampled.get(q), self.reasons.get(q, ""))

    def run(self, members: Sequence[int], jobs: Sequence[Job], data: Data, threads: int) -> Sequence[Outcome]:
        """Run the jobs of a group; `members` are their positions among all parts."""
        place = {part: j for j, part in enumerate(members)}
        inside = [q for q, c in enumerate(self.sampling.contrasts) if c.weights.keys() <= place.keys()]
        contrasts = [self.sampling.contrasts[q].of_positions(place) for q in inside]
        sampled = sample_rows(jobs, data, self.sampling.but(contrasts=contrasts), threads=threads)
        for q in inside:
            del self.reasons[q]
        self.sums |= {inside[q]: sums for q, sums in sampled.sums.items()}
        self.resampled |= {inside[q]: x for q, x in sampled.resampled.items()}
        self.largest |= {inside[q]: x for q, x in sampled.largest.items()}
        self.reasons |= {inside[q]: reason for q, reason in sampled.reasons.items()}
        return sampled.outcomes
