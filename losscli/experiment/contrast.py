"""A contrast: a linear combination of the values of jobs, such as one value, a difference of two, or the total of an objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from losscli.engine.outcome import Outcome
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.results.largest import LargestDifferences
from losscli.statistics.moments import ColumnSums, Moments

__all__ = ["Contrast", "Sampled", "Sampling", "combined"]


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
