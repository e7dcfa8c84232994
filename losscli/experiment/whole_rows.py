"""Resample whole rows, for values that are no function of sums over the rows: medians, maxima, losses over pairs of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.data.blocks import Block, Data
from losscli.data.columns import Column
from losscli.data.progress import report_resamples
from losscli.engine.job import Job, ignored_in
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.errors import counted
from losscli.experiment.contrast import Contrast, Resampling, combined_values
from losscli.experiment.largest import sides_of
from losscli.numeric.lazy import Array
from losscli.parallel import map_blocks
from losscli.results.resampled import Flips, Resampled
from losscli.statistics.bootstrap import HELD, resampled_rows
from losscli.statistics.random_numbers import exchange_generator
from losscli.statistics.replicates import Replicates
from losscli.statistics.sign_flip import EXACT_ROWS, TIE, all_signs, p_value

__all__ = ["resample_rows"]

MOST = 2**28  # rows that are computed, in all resamples of one job
MOST_PAIRS = 2**32  # the same for pairs of rows
_READ = 2**16  # rows of a block while all are read


def resample_rows(
    outcomes: Sequence[Outcome], data: Data, request: Resampling, *, threads: int
) -> tuple[dict[int, Resampled], dict[int, str]]:
    """Each contrast on the resamples, by its place; and why a contrast has none."""
    why = {j: reason for j, o in enumerate(outcomes) if (reason := _too_many(o, request.resamples.count))}
    missing = {q: next(why[j] for j in c.weights if j in why) for q, c in request.contrasts.items() if why.keys() & c.weights.keys()}
    contrasts = {q: c for q, c in request.contrasts.items() if q not in missing}
    if not contrasts:
        return {}, missing
    jobs = {j: outcomes[j].job for j in sorted({j for c in contrasts.values() for j in c.weights})}
    rows = _Rows(jobs, _all_rows(data), request.cluster, 1 if any(_one_thread(job) for job in jobs.values()) else threads)
    return _resampled(rows, contrasts, request), missing


def _too_many(outcome: Outcome, resamples: int) -> str:
    """Why a job has too many rows for so many resamples; '' where it has not."""
    name, n = outcome.job.loss.name, outcome.rows_kept
    if outcome.reduced.value is None or np.ndim(outcome.reduced.value):
        return f"{name} is not one number"
    pairs = outcome.job.loss.kind == "batch"
    most = (MOST_PAIRS if pairs else MOST) // max(n ** (1 + pairs), 1)
    if resamples <= most:
        return ""
    fewer = f"give at most --resamples {most:,}" if most >= 100 else "give fewer rows"
    return f"{name} is computed from {counted(n, 'row')}{' in pairs' * pairs} again for each resample, which takes too long: {fewer}"


def _one_thread(job: Job) -> bool:
    return isinstance(job.loss, CustomLoss) and job.loss.reuses_memory


def _all_rows(data: Data) -> Block:
    """All rows as one block."""
    blocks = list(data.blocks(_READ))
    origins = [b.row_numbers for b in blocks]
    columns = {name: np.concatenate([b.columns[name] for b in blocks]) for name in blocks[0].columns}
    return Block(0, sum(b.rows for b in blocks), columns, np.concatenate(origins))


class _Rows:
    """All rows of some jobs, the units that are resampled, and the values of the jobs on any rows."""

    def __init__(self, jobs: Mapping[int, Job], block: Block, cluster: str, threads: int) -> None:
        self.jobs, self.columns, self.threads = jobs, block.columns, threads
        self.units: Array | list[Array]
        used = np.flatnonzero(np.logical_or.reduce([_takes_part(job, block) for job in jobs.values()]))
        self.used, self.units = len(used), used
        if cluster:  # the rows of each cluster
            codes = block.columns[cluster][used]
            order = used[np.argsort(codes, kind="stable")]
            self.units = np.split(order, np.flatnonzero(np.diff(np.sort(codes))) + 1)

    def rows(self, chosen: Array) -> Array:
        """The rows of the chosen units."""
        return self.units[chosen] if isinstance(self.units, np.ndarray) else np.concatenate([self.units[u] for u in chosen])

    def values(self, rows: Array, columns: Mapping[str, Array] | None = None, only: Sequence[int] = ()) -> dict[int, float]:
        """The value of each job, or only of some, on some rows."""
        jobs = {j: self.jobs[j] for j in only or self.jobs}
        names = {name for job in jobs.values() for name in (*job.columns.values(), *([] if job.weight is None else [job.weight]))}
        taken = {name: Column(name, (columns or self.columns)[name][rows]) for name in sorted(names)}
        return {j: float(o.reduced.value) for j, o in zip(jobs, run([*jobs.values()], Data(taken), threads=1), strict=True)}

    def each(self, choices: Iterable[Array]) -> dict[int, Array]:
        """The values of each job on the rows of several choices of units."""
        done = list(map_blocks(lambda chosen: self.values(self.rows(chosen)), choices, self.threads))
        return {j: np.array([d[j] for d in done]) for j in self.jobs}


def _takes_part(job: Job, block: Block) -> Array:
    """Which rows have a weight other than 0, and a value whose label is not ignored."""
    view = job.view(block)
    takes_part = np.ones(block.rows, bool)
    if view.weight is not None:
        takes_part &= (view.weight != 0).reshape(block.rows, -1).any(1)
    if (ignored := ignored_in(job, view)) is not None:
        takes_part &= ~ignored.reshape(block.rows, -1).all(1)
    return takes_part


def _resampled(rows: _Rows, contrasts: Mapping[int, Contrast], request: Resampling) -> dict[int, Resampled]:
    n, resamples = len(rows.units), request.resamples
    observed = {j: np.array([v]) for j, v in rows.values(rows.rows(np.arange(n))).items()}
    drawn = rows.each(_reported(resampled_rows(n, resamples.count, resamples.seed), resamples.count))
    in_pairs = {q for q, c in contrasts.items() if any(rows.jobs[j].loss.kind == "batch" for j in c.weights)}
    few = 1 < n <= HELD and n * rows.used ** (1 + bool(in_pairs)) <= (MOST_PAIRS if in_pairs else MOST)
    accelerated = in_pairs.union(request.smooth) & contrasts.keys() if few else set()
    left_out = rows.each(np.delete(np.arange(n), i) for i in range(n)) if accelerated else {}
    found = {}
    for q, c in contrasts.items():
        value, replicates = float(combined_values(c, observed)[0]), combined_values(c, drawn)
        scale = sum(abs(w) * abs(float(observed[j][0])) for j, w in c.weights.items())
        jackknife = combined_values(c, left_out) if q in accelerated else None
        flips = _flips(rows, c, value, scale, request) if sides_of(c) is not None else None
        found[q] = Resampled(Replicates(replicates, value, jackknife, scale), n, rows.used, flips)
    return found


def _flips(rows: _Rows, contrast: Contrast, value: float, scale: float, request: Resampling) -> Flips | None:
    """The test with exchanged predictions; None where the predictions differ in shape."""
    swapped = _swapped_columns(rows, contrast)
    if swapped is None:
        return None
    everything = rows.rows(np.arange(len(rows.units)))
    differing = _differing(rows, swapped)
    count = 2 ** len(differing) if len(differing) <= EXACT_ROWS else request.resamples.count + 1
    exact = count <= request.resamples.count
    patterns = all_signs(len(differing)) < 0 if exact else None

    def flipped(r: int) -> dict[int, float]:
        chosen = patterns[r] if patterns is not None else exchange_generator(request.resamples.seed, r).random(len(differing)) < 0.5
        exchanged = np.zeros(len(rows.columns[next(iter(swapped))]), bool)
        if chosen.any():
            exchanged[rows.rows(differing[chosen])] = True
        columns = dict(rows.columns)
        for name, other in swapped.items():
            columns[name] = np.where(_aligned(exchanged, rows.columns[name]), rows.columns[other], rows.columns[name])
        return rows.values(everything, columns, list(contrast.weights))

    done = list(map_blocks(flipped, range(count if exact else request.resamples.count), rows.threads))
    values = combined_values(contrast, {j: np.array([d[j] for d in done]) for j in contrast.weights})
    return Flips(p_value(value, values, exact, TIE * scale), len(values), exact)


def _swapped_columns(rows: _Rows, contrast: Contrast) -> dict[str, str] | None:
    """The columns that differ between the two predictions, each with its counterpart; None where they have not the same shape."""
    candidate, baseline = sides_of(contrast) or ({}, {})
    swapped: dict[str, str] = {}
    for a, b in zip(candidate, baseline, strict=True):
        for role, name in rows.jobs[a].columns.items():
            other = rows.jobs[b].columns.get(role, name)
            if name != other:
                swapped |= {name: other, other: name}
    same = all(rows.columns[a].shape == rows.columns[b].shape for a, b in swapped.items())
    return swapped if same and swapped else None


def _differing(rows: _Rows, swapped: Mapping[str, str]) -> Array:
    """The units in which the two predictions differ."""
    differs = np.logical_or.reduce(
        [(rows.columns[a] != rows.columns[b]).reshape(len(rows.columns[a]), -1).any(1) for a, b in swapped.items()]
    )
    units = [differs[rows.rows(np.array([u]))].any() for u in range(len(rows.units))]
    return np.flatnonzero(units)


def _aligned(mask: Array, column: Array) -> Array:
    return mask.reshape(-1, *(1,) * (column.ndim - 1))


def _reported(choices: Iterable[Array], total: int) -> Iterator[Array]:
    """The same, reported to the progress bar as they are taken."""
    for done, choice in enumerate(choices):
        report_resamples(done, total)
        yield choice
