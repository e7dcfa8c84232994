"""Resample the rows: the values and differences of jobs on bootstrap resamples, and the differences with exchanged predictions.

Where a value is a function of sums over the rows, the sums of a resample are a product of the parts of the rows with how often each row
was drawn. Other values are computed from the rows of each resample again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from losscli.data.blocks import Data
from losscli.engine.outcome import Outcome
from losscli.experiment.contrast import Contrast, Resampling, combined_values
from losscli.experiment.largest import sides_of
from losscli.experiment.row_sums import NoRowSums, RowSums
from losscli.numeric.lazy import Array
from losscli.parallel import map_blocks
from losscli.record import Record
from losscli.results.resampled import Flips, Resampled
from losscli.results.resamples import Resamples
from losscli.statistics.bootstrap import HELD, jackknife_sums, multinomial_sums, poisson_sums, poisson_sums_of_block
from losscli.statistics.random_numbers import BLOCK
from losscli.statistics.replicates import Replicates
from losscli.statistics.sign_flip import EXACT_ROWS, TIE, all_signs, flipped_sums, flipped_sums_of_block, p_value

__all__ = ["resample"]


def resample(outcomes: Sequence[Outcome], data: Data, request: Resampling, *, threads: int) -> tuple[dict[int, Resampled], dict[int, str]]:
    """Each contrast on the resamples, by its place; and why a contrast has none."""
    sums: dict[int, RowSums] = {}
    for j in sorted({j for c in request.contrasts.values() for j in c.weights}):
        try:
            sums[j] = RowSums(outcomes[j])
        except NoRowSums:
            continue
    by_sums = {q: c for q, c in request.contrasts.items() if c.weights.keys() <= sums.keys()}
    others = {q: c for q, c in request.contrasts.items() if q not in by_sums}
    found: dict[int, Resampled] = {}
    if by_sums:
        used = {j: sums[j] for j in sorted({j for c in by_sums.values() for j in c.weights})}
        found = _by_sums(used, data, request.but(contrasts=by_sums), threads)
    if not others:
        return found, {}
    from losscli.experiment.whole_rows import resample_rows

    whole, why = resample_rows(outcomes, data, request.but(contrasts=others), threads=threads)
    return found | whole, why


# --- values that are functions of sums ----------------------------------------------------------------------------------------


class Collected(Record):
    """The sums of all jobs side by side: over all rows, over each resample, and without each row (None above HELD rows).

    `differences` has for each contrast that compares the sums of its columns' differences with random signs, or with all signs.
    """

    units: int
    rows: int
    total: Array
    resampled: Array
    left_out: Array | None
    differences: Mapping[int, tuple[Array, bool]]


class Pairs(Record):
    """The columns of a contrast that compares: those of the jobs of the candidate, and those of the baseline, side by side."""

    candidate: Array  # indices of columns
    baseline: Array
    all_signs: bool  # whether all patterns of signs are computed as quickly as random ones


def _by_sums(jobs: Mapping[int, RowSums], data: Data, request: Resampling, threads: int) -> dict[int, Resampled]:
    """The contrasts of jobs whose values are functions of sums."""
    places, at = {}, 0
    for j, job in jobs.items():
        places[j] = slice(at, at + job.width)
        at += job.width
    pairs = {q: p for q, c in request.contrasts.items() if (p := _pairs(c, jobs, places)) is not None}
    rows_kept = max(job.outcome.rows_kept for job in jobs.values())
    parts = _parts(jobs, data, request.cluster, threads)
    if request.cluster:
        collected = _of_units(*_of_clusters(parts), pairs, request.resamples)
    elif rows_kept <= HELD:
        columns = np.concatenate([x for x, _ in parts])
        collected = _of_units(columns, len(columns), pairs, request.resamples)
    else:
        collected = _of_many_rows(parts, pairs, request.resamples, threads)
    values = [{j: job.values(sums[:, places[j]]) for j, job in jobs.items()} for sums in _sums_of(collected)]
    return {q: _resampled(c, q, collected, values, _Flipped(jobs, places, pairs.get(q))) for q, c in request.contrasts.items()}


def _sums_of(collected: Collected) -> list[Array]:
    """The sums over all rows, over the resamples, and without each row."""
    return [collected.total[None], collected.resampled, *([] if collected.left_out is None else [collected.left_out])]


def _pairs(contrast: Contrast, jobs: Mapping[int, RowSums], places: Mapping[int, slice]) -> Pairs | None:
    """The columns whose differences change their signs; None for a contrast that does not compare."""
    sides = sides_of(contrast)
    if sides is None:
        return None
    candidate, baseline = (np.concatenate([np.arange(places[j].start, places[j].stop) for j in side]) for side in sides)
    if len(candidate) != len(baseline):
        return None
    return Pairs(candidate, baseline, all(jobs[j].is_mean for j in contrast.weights))


def _parts(jobs: Mapping[int, RowSums], data: Data, cluster: str, threads: int) -> Iterator[tuple[Array, Array]]:
    """The columns of all jobs, (rows, columns), of the rows that take part in any of them; and the numbers of their clusters."""
    block_rows = min(min(job.outcome.block_sizes) for job in jobs.values())

    def compute(block):  # type: ignore[no-untyped-def]
        found = [job.columns(block) for job in jobs.values()]
        takes_part = np.logical_or.reduce([t for _, t in found])
        codes = block.columns[cluster] if cluster else np.zeros(0, np.int64)
        x = np.concatenate([x for x, _ in found], 1)
        return (x, codes) if takes_part.all() else (x[takes_part], codes[takes_part] if cluster else codes)

    yield from map_blocks(compute, data.blocks(block_rows), threads)


def _of_clusters(parts: Iterator[tuple[Array, Array]]) -> tuple[Array, int]:
    """The sums of the columns over each cluster that has rows, and the number of rows."""
    totals, counts = np.zeros((0, 0)), np.zeros(0, np.int64)
    for x, codes in parts:
        groups = max(len(counts), int(codes.max(initial=-1)) + 1)
        totals = np.pad(totals, [(0, groups - len(counts)), (0, x.shape[1] - totals.shape[1])])
        counts = np.pad(counts, (0, groups - len(counts)))
        counts += np.bincount(codes, minlength=groups)
        totals += np.stack([np.bincount(codes, column, groups) for column in x.T], 1)
    return totals[counts > 0], int(counts.sum())


def _of_units(columns: Array, rows: int, pairs: Mapping[int, Pairs], resamples: Resamples) -> Collected:
    """The sums of rows or clusters that are all in memory."""
    held = len(columns) <= HELD
    resampled = (multinomial_sums if held else poisson_sums)(columns, resamples.count, resamples.seed)
    differences = {q: _signed(columns[:, p.candidate] - columns[:, p.baseline], p, resamples) for q, p in pairs.items()}
    return Collected(len(columns), rows, columns.sum(0), resampled, jackknife_sums(columns) if held else None, differences)


def _signed(d: Array, pairs: Pairs, resamples: Resamples) -> tuple[Array, bool]:
    """Σ ± d with all patterns of signs of the rows that differ, where there are few; else with random ones. And whether these are all."""
    differing = d[d.any(1)]
    if len(differing) <= EXACT_ROWS and (pairs.all_signs or 2 ** len(differing) <= resamples.count):
        return all_signs(len(differing)) @ differing, True
    return flipped_sums(d, resamples.count, resamples.seed), False


def _of_many_rows(parts: Iterator[tuple[Array, Array]], pairs: Mapping[int, Pairs], resamples: Resamples, threads: int) -> Collected:
    """The sums of more rows than are kept: block after block, with Poisson weights."""
    differing: dict[int, list[Array]] = {q: [] for q in pairs}

    def compute(block: tuple[int, Array]) -> tuple[Array, Array, Array, dict[int, Array]]:
        number, x = block
        d = {q: x[:, p.candidate] - x[:, p.baseline] for q, p in pairs.items()}
        few = {q: rows[: EXACT_ROWS + 1] for q, rows in ((q, y[y.any(1)]) for q, y in d.items())}
        beside = np.concatenate([*d.values()], 1) if d else x[:, :0]
        signed = flipped_sums_of_block(beside, resamples.count, resamples.seed, number)
        return x.sum(0), poisson_sums_of_block(x, resamples.count, resamples.seed, number), signed, few

    sums: list[Array] = []
    blocks = _Numbered(_blocks(x for x, _ in parts))
    for *found, few in map_blocks(compute, blocks, threads):
        sums = [a + b for a, b in zip(sums, found, strict=True)] if sums else found
        for q, x in few.items():
            if sum(map(len, differing[q])) <= EXACT_ROWS:
                differing[q].append(x)
    total, resampled, signed = sums
    differences = _split(signed, pairs, {q: np.concatenate(x) for q, x in differing.items()}, resamples)
    return Collected(blocks.rows, blocks.rows, total, resampled, None, differences)


class _Numbered:
    """The blocks with their numbers; counts their rows."""

    def __init__(self, blocks: Iterator[Array]) -> None:
        self.blocks, self.rows = enumerate(blocks), 0

    def __iter__(self) -> Iterator[tuple[int, Array]]:
        for number, x in self.blocks:
            self.rows += len(x)
            yield number, x


def _blocks(parts: Iterator[Array]) -> Iterator[Array]:
    """The same rows in blocks of BLOCK rows, on which the random numbers depend; the last has the rest."""
    waiting: list[Array] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= BLOCK:
            whole = np.concatenate(waiting)
            full = count // BLOCK * BLOCK
            yield from (whole[a : a + BLOCK] for a in range(0, full, BLOCK))
            waiting, count = [whole[full:]], count - full
    if count:
        yield np.concatenate(waiting)


def _split(
    signed: Array, pairs: Mapping[int, Pairs], differing: Mapping[int, Array], resamples: Resamples
) -> dict[int, tuple[Array, bool]]:
    """The signed sums of each contrast; all patterns of signs where few rows differ."""
    found, at = {}, 0
    for q, p in pairs.items():
        width = len(p.candidate)
        few = differing[q]
        found[q] = _signed(few, p, resamples) if len(few) <= EXACT_ROWS else (signed[:, at : at + width], False)
        at += width
    return found


# --- contrasts of values ------------------------------------------------------------------------------------------------------


class _Flipped(Record):
    """What the differences of a contrast with exchanged predictions are computed from; `pairs` is None for one that does not compare."""

    jobs: Mapping[int, RowSums]
    places: Mapping[int, slice]
    pairs: Pairs | None

    def values(self, contrast: Contrast, total: Array, signed: Array) -> Array:
        """The value of the contrast for each row of signed sums of differences.

        With exchanged rows the sums of the two predictions are half of both together, plus and minus half of the signed differences.
        """
        sums = np.tile(total, (len(signed), 1))
        p = self.pairs
        if p is None:
            raise AssertionError("a contrast that does not compare")
        middle = (total[p.candidate] + total[p.baseline]) / 2
        sums[:, p.candidate], sums[:, p.baseline] = middle + signed / 2, middle - signed / 2
        return combined_values(contrast, {j: self.jobs[j].values(sums[:, self.places[j]]) for j in contrast.weights})


def _resampled(contrast: Contrast, q: int, collected: Collected, values: Sequence[Mapping[int, Array]], flipped: _Flipped) -> Resampled:
    value, replicates, *left_out = (combined_values(contrast, of_jobs) for of_jobs in values)
    scale = sum(abs(w) * abs(float(values[0][j][0])) for j, w in contrast.weights.items())
    made = Replicates(replicates, float(value[0]), left_out[0] if left_out else None, scale)
    if q not in collected.differences:
        return Resampled(made, collected.units, collected.rows)
    signed, exact = collected.differences[q]
    exchanged = flipped.values(contrast, collected.total, signed)
    flips = Flips(p_value(made.value, exchanged, exact, TIE * scale), len(exchanged), exact)
    return Resampled(made, collected.units, collected.rows, flips)
