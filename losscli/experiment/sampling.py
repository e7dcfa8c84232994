"""Run losses, and collect what the rows say about the precision of their values: sums of the influence of each row."""

from __future__ import annotations

from collections.abc import Sequence

from losscli.data.blocks import Data
from losscli.engine.job import Job
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.engine.reduction import BlockCallback
from losscli.experiment.contrast import Contrast, Sampled, Sampling
from losscli.experiment.plain_means import PlainMeans
from losscli.parallel import default_threads
from losscli.results.computed import Computed
from losscli.results.dependence import INDEPENDENT, Dependence
from losscli.results.largest import LargestDifferences
from losscli.statistics.moments import ColumnSums

__all__ = ["GroupSampler", "sample_rows", "sample_value"]


def sample_rows(
    jobs: Sequence[Job], data: Data, sampling: Sampling, *, threads: int = 0, callbacks: Sequence[BlockCallback | None] = ()
) -> Sampled:
    """Run the jobs on the same data, and collect the sums of all contrasts. Raises what `run` raises.

    Plain means are collected in the pass of their values. All other contrasts share one more pass.
    """
    plain = PlainMeans(jobs, sampling)
    outcomes = run(jobs, data, threads=threads, callbacks=plain.callbacks(callbacks, len(jobs)))
    sums = plain.sums(outcomes)
    rest = [q for q in range(len(sampling.contrasts)) if q not in sums]
    if not rest:
        return Sampled(outcomes, sums, {}, plain.largest(sums))
    from losscli.experiment.influence_pass import sums_by_influence  # it loads the tape

    contrasts = [sampling.contrasts[q] for q in rest]
    others, missing, largest = sums_by_influence(outcomes, data, sampling.but(contrasts=contrasts), threads=threads or default_threads())
    return Sampled(
        outcomes,
        sums | {rest[q]: s for q, s in others.items()},
        {rest[q]: why for q, why in missing.items()},
        plain.largest(sums) | {rest[q]: x for q, x in largest.items()},
    )


def sample_value(
    job: Job, data: Data, *, threads: int = 0, callback: BlockCallback | None = None, dependence: Dependence = INDEPENDENT
) -> Computed:
    """Run one job, and collect the sums of its value."""
    sampling = Sampling([Contrast({0: 1.0})], dependence.lags, dependence.clusters)
    sampled = sample_rows([job], data, sampling, threads=threads, callbacks=[callback])
    return Computed(sampled.outcomes[0], sums=sampled.sums.get(0), without_sums=sampled.reasons.get(0, ""))


class GroupSampler:
    """Runs groups of parts, each with its own rows, and keeps the sums of every contrast whose jobs have the same rows."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self.sums: dict[int, ColumnSums] = {}
        self.largest: dict[int, LargestDifferences] = {}
        self.reasons = dict.fromkeys(range(len(sampling.contrasts)), "its terms have different rows")

    def run(self, members: Sequence[int], jobs: Sequence[Job], data: Data, threads: int) -> Sequence[Outcome]:
        """Run the jobs of a group; `members` are their positions among all parts."""
        place = {part: j for j, part in enumerate(members)}
        inside = [q for q, c in enumerate(self.sampling.contrasts) if c.weights.keys() <= place.keys()]
        contrasts = [self.sampling.contrasts[q].of_positions(place) for q in inside]
        sampled = sample_rows(jobs, data, self.sampling.but(contrasts=contrasts), threads=threads)
        for q in inside:
            del self.reasons[q]
        self.sums |= {inside[q]: sums for q, sums in sampled.sums.items()}
        self.largest |= {inside[q]: x for q, x in sampled.largest.items()}
        self.reasons |= {inside[q]: reason for q, reason in sampled.reasons.items()}
        return sampled.outcomes
