"""One more pass over the rows, for values that are no plain means: the moments of the influence of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.autodiff.influence import Influence, Influences, NoInfluence, influences_of
from losscli.data.blocks import Block, Data
from losscli.engine.outcome import Outcome
from losscli.experiment.contrast import Contrast, Sampling, combined
from losscli.experiment.largest import LargestRows
from losscli.numeric.lazy import Array
from losscli.parallel import map_blocks
from losscli.results.largest import LargestDifferences
from losscli.statistics.moments import ColumnSums, Moments

__all__ = ["sums_by_influence"]


def sums_by_influence(
    outcomes: Sequence[Outcome], data: Data, sampling: Sampling, *, threads: int
) -> tuple[dict[int, ColumnSums], dict[int, str], dict[int, LargestDifferences]]:
    """The sums of each contrast, by its position; why a contrast has none; and the rows with the largest differences."""
    influences: dict[int, Influences] = {}
    why: dict[int, str] = {}
    for j in sorted({j for c in sampling.contrasts for j in c.weights}):
        try:
            influences[j] = _tried(outcomes[j], data, threads)
        except NoInfluence as reason:
            why[j] = f"{outcomes[j].job.loss.name} {reason}{_hint(outcomes[j])}"
    missing = {q: next(why[j] for j in c.weights if j in why) for q, c in enumerate(sampling.contrasts) if why.keys() & c.weights.keys()}
    places = [q for q in range(len(sampling.contrasts)) if q not in missing]
    if not places:
        return {}, missing, {}
    contrasts = [sampling.contrasts[q] for q in places]
    moments = sampling.but(contrasts=contrasts).moments()
    largest = LargestRows([c if len(c.weights) == 2 else c.but(compares=False) for c in contrasts], sampling.top)
    _add(moments, largest, contrasts, {j: influences[j] for c in contrasts for j in c.weights}, data, threads)
    sums = moments.sums()
    found = {q: largest.largest(column) for column, q in enumerate(places)}
    return {q: sums.column(column) for column, q in enumerate(places)}, missing, {q: x for q, x in found.items() if x is not None}


def _hint(outcome: Outcome) -> str:
    """What to type for an interval; '' where resamples would not give one either."""
    single = outcome.reduced.value is not None and not np.ndim(outcome.reduced.value)
    return "; --resamples 1000 gives one" if single and outcome.rows_kept > 1 else ""


def _tried(outcome: Outcome, data: Data, threads: int) -> Influences:
    """The influences of a job, tried on its first block: so a job that has none is found before the pass."""
    if outcome.first is None:
        raise NoInfluence("has no rows")
    influences = influences_of(outcome, data, threads=threads)
    with np.errstate(all="ignore"):
        influences(outcome.first.cut(0, 1))
    return influences


def _add(
    moments: Moments,
    largest: LargestRows,
    contrasts: Sequence[Contrast],
    influences: Mapping[int, Influences],
    data: Data,
    threads: int,
) -> None:
    """Make the pass."""

    def compute(block: Block) -> tuple[Block, dict[int, Influence]]:
        return block, {j: _of_block(each, block) for j, each in influences.items()}

    block_rows = max(each.block_rows for each in influences.values())
    for block, rows in map_blocks(compute, data.blocks(block_rows), threads):
        x = combined(contrasts, {j: r.influence for j, r in rows.items()}, block.rows)
        takes_part = np.stack([np.logical_or.reduce([rows[j].takes_part for j in c.weights]) for c in contrasts])
        signs = np.stack([_signs(c, rows, block.rows) for c in contrasts])
        codes = {name: block.columns[name] for name in moments.groups}
        moments.add(x, None if takes_part.all() else takes_part, signs, codes)
        losses = {j: r.loss for j, r in rows.items() if r.loss is not None}
        largest.add(losses, block.row_numbers, dict(enumerate(takes_part)))


def _of_block(influences: Influences, block: Block) -> Influence:
    parts = [influences(part) for part in block.split(influences.block_rows)]
    if len(parts) == 1:
        return parts[0]
    losses = [p.loss for p in parts if p.loss is not None]
    influence, takes_part = (np.concatenate([getattr(p, name) for p in parts]) for name in ("influence", "takes_part"))
    return Influence(influence, takes_part, np.concatenate(losses) if losses else None)


def _signs(contrast: Contrast, rows: Mapping[int, Influence], n: int) -> Array:
    """The differences of the losses of the rows; nan where there is no such loss."""
    losses = {j: rows[j].loss for j in contrast.weights}
    known = {j: x for j, x in losses.items() if x is not None}
    if not contrast.compares or len(known) != 2 or len(losses) != 2:
        return np.full(n, np.nan)
    return combined([contrast], known, n)[0]
