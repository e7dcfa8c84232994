"""A contrast: a linear combination of the values of jobs, such as one value, a difference of two, or the total of an objective."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from losscli.engine.outcome import Outcome
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.intervals import Measured
from losscli.results.largest import LargestDifferences
from losscli.statistics.moments import ColumnSums, Moments

if TYPE_CHECKING:
    from losscli.results.resampled import Resampled
from losscli.results.resamples import Resamples

__all__ = ["Contrast", "Resampling", "Sampled", "Sampling", "combined", "combined_values"]


class Contrast(Record):
    """Σ w · value over some jobs; `weights` has the coefficient of each, by the position of the job.

    A contrast that compares says by its sign which of two predictions is better.
    """

    weights: Mapping[int, float]
    compares: bool = False

    def of_positions(self, place: Mapping[int, int]) -> Contrast:
        """The same contrast of jobs with other positions."""
        return self.but(weights={place[j]: w for j, w in self.weights.items()})


class Sampling(Record):
    """What is collected: the contrasts, how many distances between rows, and the columns of the data that number groups of rows."""

    contrasts: Sequence[Contrast]
    lags: int = 0
    groups: tuple[str, ...] = ()
    most_groups: int = 2**62
    top: int = 0  # how many rows with the largest differences are wanted
    lags_of_differences: bool = False  # whether only the contrasts that compare have products of neighbours
    bets: int = 0  # the least number of rows of a batch that is bet on; 0 for no bets
    resamples: Resamples | None = None  # of rows, or of the groups of the first name; None for no resamples

    def moments(self) -> Moments:
        """An accumulator for the contrasts."""
        moments = Moments(len(self.contrasts), self.lags, self.groups, self.most_groups, self.bets)
        if self.lags_of_differences:
            moments.lagged = np.array([c.compares for c in self.contrasts], bool)
        return moments


class Sampled(Record):
    """The outcomes of jobs, and for each contrast its sums over the rows, or why it has none.

    The sums are of influences in units of the value: the sum of their squares is the variance of the value, but for n / (n − 1).
    """

    outcomes: Sequence[Outcome]
    sums: Mapping[int, ColumnSums]
    reasons: Mapping[int, str]
    largest: Mapping[int, LargestDifferences]  # of the differences of losses that have a value for each row
    resampled: Mapping[int, Resampled] = MappingProxyType({})  # the contrasts on resamples of the rows

    def measured(self, q: int) -> Measured:
        """What the rows say about a contrast."""
        return Measured(self.sums.get(q), self.resampled.get(q), self.reasons.get(q, ""))


class Resampling(Record):
    """What is resampled: the contrasts of jobs, by their places, and the column of the data that numbers clusters ('' for none).

    `smooth` has the places of those that are smooth functions of the rows: a jackknife says nothing about a median or a maximum.
    """

    contrasts: Mapping[int, Contrast]
    resamples: Resamples
    cluster: str = ""
    smooth: Collection[int] = ()


def combined(contrasts: Sequence[Contrast], columns: Mapping[int, Array], rows: int) -> Array:
    """The columns of the contrasts from those of the jobs: (contrasts, rows)."""
    x = np.empty((len(contrasts), rows))
    with np.errstate(all="ignore"):
        for q, contrast in enumerate(contrasts):
            (j, w), *others = contrast.weights.items()
            if len(others) == 1 and w == 1.0 and others[0][1] == -1.0:
                np.subtract(columns[j][:rows], columns[others[0][0]][:rows], out=x[q])
                continue
            np.multiply(columns[j][:rows], w, out=x[q])
            for j, w in others:
                x[q] += w * columns[j][:rows]
    return x


def combined_values(contrast: Contrast, values: Mapping[int, Array]) -> Array:
    """Σ w · value, for arrays of the values of each job."""
    with np.errstate(all="ignore"):
        return np.sum([w * values[j] for j, w in contrast.weights.items()], axis=0)
