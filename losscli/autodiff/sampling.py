"""Run losses, and collect what the rows say about the precision of their values: moments of the influence of each row.

The plain mean of a loss needs no pass of its own: the influence of a row is its loss minus the mean, divided by the number of rows. Every
other value takes one more pass over the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from losscli.autodiff.influence import Influence, Influences, NoInfluence, influences_of
from losscli.data.blocks import Block, Data
from losscli.engine.job import Job, View
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.numeric.lazy import Array
from losscli.parallel import default_threads, map_blocks
from losscli.record import EMPTY, Record
from losscli.statistics.moments import Moments, Sums

__all__ = ["Contrast", "Sampled", "Sampling", "sample_rows"]


class Contrast(Record):
    """A linear combination of the values of jobs: one value, a difference of two, or the total of an objective.

    `weights` has the coefficient of each job, by its position.
    """

    weights: Mapping[int, float]

    @property
    def is_difference(self) -> bool:
        """Whether it is the value of one job minus that of another."""
        return sorted(self.weights.values()) == [-1.0, 1.0]


class Sampled(Record):
    """The outcomes of jobs, and for each contrast its sums over the rows: a column of `sums`.

    The columns are influences, which add up to the variance of the value: their mean is 0 for a mean of rows. `reasons` says for each
    contrast without sums why it has none.
    """

    outcomes: Sequence[Outcome]
    sums: Sums | None
    columns: Mapping[int, int]  # contrast -> column of the sums
    reasons: Mapping[int, str]


class Sampling(Record):
    """What is collected: the contrasts, how many distances between rows, and the columns of the data that number groups of rows."""

    contrasts: Sequence[Contrast]
    lags: int = 0
    groups: tuple[str, ...] = ()
    most_groups: int = 2**62


def sample_rows(jobs: Sequence[Job], data: Data, sampling: Sampling, *, threads: int = 0, callbacks: Sequence[Any] = ()) -> Sampled:
    """Run the jobs on the same data, and collect the sums of all contrasts. Raises what `run` raises."""
    if not _may_be_plain(jobs, sampling.contrasts):
        return _with_influences(run(jobs, data, threads=threads, callbacks=callbacks), data, sampling, threads)
    plain = _PlainMeans(len(jobs), sampling)
    collecting = [plain.callback(j, None if not callbacks else callbacks[j]) for j in range(len(jobs))]
    outcomes = run(jobs, data, threads=threads, callbacks=collecting)
    if any(o.weighted or not o.rows_kept for o in outcomes):
        return _with_influences(outcomes, data, sampling, threads)
    return plain.sampled(outcomes)


def _may_be_plain(jobs: Sequence[Job], contrasts: Sequence[Contrast]) -> bool:
    """Whether all values may be plain means, and all contrasts one value or a difference of values of the same loss."""
    pointwise = all(job.loss.kind == "pointwise" and job.weight is None and job.reduction != "none" for job in jobs)
    return pointwise and all(_of_one_loss([jobs[j] for j in c.weights]) and (c.is_difference or {*c.weights.values()} == {1.0}) for c in contrasts)


def _of_one_loss(jobs: Sequence[Job]) -> bool:
    return len(jobs) == 1 or all(j.loss is jobs[0].loss and j.reduction == jobs[0].reduction and j.preset is jobs[0].preset for j in jobs)


class _PlainMeans:
    """Collects the losses of the rows while the jobs run: all rows count the same."""

    def __init__(self, jobs: int, sampling: Sampling) -> None:
        self.sampling = sampling
        self.moments = Moments(len(sampling.contrasts), sampling.lags, sampling.groups, sampling.most_groups)
        self.waiting: list[list[Array]] = [[] for _ in range(jobs)]
        self.codes: list[Mapping[str, Array]] = []
        self.signs = np.array([1.0 if c.is_difference else 0.0 for c in sampling.contrasts])

    def callback(self, j: int, other: Any) -> Any:
        """The callback of job `j`, which calls another one too."""

        def collect(block: Block, view: View, values: Array, ignored: Array | None) -> None:
            if other is not None:
                other(block, view, values, ignored)
            x = np.asarray(values, np.float64)
            self.waiting[j].append(x if x.ndim == 1 else x.reshape(len(x), -1).sum(1))
            if j == 0:
                self.codes.append({name: block.columns[name] for name in self.sampling.groups})
            if j == len(self.waiting) - 1:
                self._add()

        return collect

    def _add(self) -> None:
        """Add the rows that all jobs have computed."""
        waiting = [np.concatenate(parts) if len(parts) != 1 else parts[0] for parts in self.waiting]
        rows = min(map(len, waiting))
        codes = {n: np.concatenate([c[n] for c in self.codes]) for n in self.sampling.groups}
        x = _combined(self.sampling.contrasts, dict(enumerate(waiting)), rows)
        self.moments.add(x, None, x * self.signs[:, None], {n: c[:rows] for n, c in codes.items()})
        self.waiting = [[w[rows:]] if len(w) > rows else [] for w in waiting]
        self.codes = [{n: c[rows:] for n, c in codes.items()}] if self.sampling.groups else []

    def sampled(self, outcomes: Sequence[Outcome]) -> Sampled:
        """The sums, in units of the values."""
        divisors = [1.0 if o.reduced.denominator is None else float(o.reduced.denominator) for o in outcomes]
        scale = np.array([1 / divisors[next(iter(c.weights))] for c in self.sampling.contrasts])
        everything = range(len(self.sampling.contrasts))
        return Sampled(outcomes, self.moments.sums().scaled(scale), dict(zip(everything, everything, strict=True)), EMPTY)


def _combined(contrasts: Sequence[Contrast], columns: Mapping[int, Array], rows: int) -> Array:
    """The columns of the contrasts from those of the jobs: (contrasts, rows)."""
    x = np.empty((len(contrasts), rows))
    for q, contrast in enumerate(contrasts):
        (a, wa), *others = contrast.weights.items()
        if contrast.is_difference:
            (b, _), = others
            plus, minus = (a, b) if wa > 0 else (b, a)
            np.subtract(columns[plus][:rows], columns[minus][:rows], out=x[q])
            continue
        np.multiply(columns[a][:rows], wa, out=x[q])
        for b, wb in others:
            x[q] += wb * columns[b][:rows]
    return x


# --- values that are no plain means ----------------------------------------------------------------------------------------


def _with_influences(outcomes: Sequence[Outcome], data: Data, sampling: Sampling, threads: int) -> Sampled:
    """The sums from one more pass over the rows, after the backward passes of each job."""
    influences: dict[int, Influences] = {}
    why: dict[int, str] = {}
    for j in sorted({j for c in sampling.contrasts for j in c.weights}):
        try:
            influences[j] = _tried(outcomes[j], data, threads)
        except NoInfluence as reason:
            why[j] = f"{outcomes[j].job.loss.name} {reason}"
    missing = {q: next(why[j] for j in c.weights if j in why) for q, c in enumerate(sampling.contrasts) if why.keys() & c.weights.keys()}
    possible = [q for q in range(len(sampling.contrasts)) if q not in missing]
    if not possible:
        return Sampled(outcomes, None, {}, missing)
    moments = Moments(len(possible), sampling.lags, sampling.groups, sampling.most_groups)
    contrasts = [sampling.contrasts[q] for q in possible]
    used = {j: influences[j] for c in contrasts for j in c.weights}
    _add_influences(moments, contrasts, used, data, threads or default_threads())
    return Sampled(outcomes, moments.sums(), {q: column for column, q in enumerate(possible)}, missing)


def _tried(outcome: Outcome, data: Data, threads: int) -> Influences:
    """The influences of a job, computed for the first row once: so a job that has none is found before the pass."""
    if not outcome.rows_kept:
        raise NoInfluence("has no rows")
    influences = influences_of(outcome, data, threads=threads)
    first = data.first
    if first.rows:
        with np.errstate(all="ignore"):
            influences(first)
    return influences


def _add_influences(moments: Moments, contrasts: Sequence[Contrast], influences: Mapping[int, Influences], data: Data, threads: int) -> None:
    def compute(block: Block) -> tuple[Block, dict[int, Influence]]:
        return block, {j: _of_block(each, block) for j, each in influences.items()}

    names = moments.groups
    for block, rows in map_blocks(compute, data.blocks(max(each.block_rows for each in influences.values())), threads):
        x = _combined(contrasts, {j: r.influence for j, r in rows.items()}, block.rows)
        takes_part = np.array([np.any([rows[j].takes_part for j in c.weights], 0) for c in contrasts])
        signs = np.array([_signs(c, rows, block.rows) for c in contrasts])
        moments.add(x, None if takes_part.all() else takes_part, signs, {n: block.columns[n] for n in names})


def _of_block(influences: Influences, block: Block) -> Influence:
    parts = [influences(part) for part in block.split(influences.block_rows)]
    if len(parts) == 1:
        return parts[0]
    loss = None if parts[0].loss is None else np.concatenate([p.loss for p in parts if p.loss is not None])
    return Influence(np.concatenate([p.influence for p in parts]), np.concatenate([p.takes_part for p in parts]), loss)


def _signs(contrast: Contrast, rows: Mapping[int, Influence], n: int) -> Array:
    """The differences of the losses of the rows; 0 where the jobs have no loss for each row."""
    if not contrast.is_difference or any(rows[j].loss is None for j in contrast.weights):
        return np.zeros(n)
    return sum((w * rows[j].loss for j, w in contrast.weights.items()), np.zeros(n))  # type: ignore[operator]
