"""Uncertainty by resampling: the bootstrap interval of a value, and the sign-flip test of a difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from losscli.record import Record
from losscli.results.noninferiority import POWER
from losscli.results.resamples import Resamples
from losscli.results.uncertainty import Paired, Uncertainty
from losscli.statistics.distributions import normal_quantile
from losscli.statistics.moments import ColumnSums
from losscli.statistics.replicates import Replicates

__all__ = ["Flips", "Resampled", "note_of", "note_of_flips", "paired_by_resamples", "uncertainty_by_resamples", "without_interval"]


_METHODS = {"bca": "BCa", "percentile": "percentile"}


class Flips(Record):
    """The paired test that exchanges the two predictions in random rows: `p` is two-sided, from `patterns` of exchanges.

    `exact` says whether these were all patterns of the rows that differ.
    """

    p: float
    patterns: int
    exact: bool


class Resampled(Record):
    """A value or a difference on resamples of rows or of clusters; `flips` is the test of a difference."""

    replicates: Replicates
    units: int  # rows or clusters that were resampled
    rows: int  # rows that take part
    flips: Flips | None = None


def uncertainty_by_resamples(resampled: Resampled, level: float, resamples: Resamples) -> Uncertainty | None:
    """The bootstrap interval of a value; None for fewer than two rows or clusters, and where a resample has no value."""
    replicates = resampled.replicates
    if resampled.units < 2 or replicates.undefined or not math.isfinite(replicates.value):
        return None
    found = replicates.interval(level / 100)
    spread = (level, resampled.rows, replicates.se, found.low, found.high, math.inf, found.method)
    return Uncertainty(*spread, resamples=resamples.count, seed=resamples.seed, replicates=replicates)


def without_interval(resampled: Resampled, resamples: Resamples, unit: str = "row") -> str:
    """Why `uncertainty_by_resamples` returns None; '' where the value itself is no number."""
    if resampled.units < 2:
        return f"fewer than 2 {unit}s"
    if undefined := resampled.replicates.undefined:
        return f"it is no finite number on {undefined:,} of {resamples.count:,} resamples"
    return ""


def paired_by_resamples(
    difference: float, resampled: Resampled, level: float, resamples: Resamples, sums: ColumnSums | None
) -> Paired | None:
    """The paired difference with its bootstrap interval and the p-value of the sign flips, which is not adjusted yet.

    `sums`, if there are any, know on how many rows the candidate has the lower loss.
    """
    uncertainty = uncertainty_by_resamples(resampled, level, resamples)
    flips = resampled.flips
    if uncertainty is None or flips is None:
        return None
    signs = (sums.below, sums.above) if sums is not None and sums.has_signs else (None, None)
    below, above = signs
    ties = None if below is None or above is None or sums is None else sums.rows - below - above
    detectable = (normal_quantile(0.5 + level / 200) + normal_quantile(POWER)) * uncertainty.se
    return Paired(difference, uncertainty, flips.p, flips.p, below, ties, above, detectable, flips={**vars(flips)})


def note_of(resamples: Resamples, clusters: str, methods: Mapping[str, str]) -> str:
    """What the intervals were computed by, in words. `clusters` is the column that names them, `methods` the method of each loss."""
    units = f"clusters ({clusters})" if clusters else "rows"
    by_method: dict[str, list[str]] = {}
    for loss, method in methods.items():
        by_method.setdefault(_METHODS[method], []).append(loss)
    words = [f"{method} for {', '.join(losses)}" if len(by_method) > 1 else method for method, losses in by_method.items()]
    return f"intervals: {resamples.count:,} bootstrap resamples of {units}, seed {resamples.seed} ({'; '.join(words)})"


def note_of_flips(flips: Sequence[Mapping[str, Any]], units: str) -> str:
    """What the p-values were computed by, in words; '' without any."""
    exact = {f["patterns"] for f in flips if f["exact"] and f["patterns"] > 1}
    random = {f["patterns"] for f in flips if not f["exact"]}
    words = [f"in all {n:,} sets of {units}" for n in sorted(exact)] + [f"in random {units}, {n:,} times" for n in sorted(random)]
    return f"p-values: the two predictions are exchanged {' or '.join(words)}" if words else ""
