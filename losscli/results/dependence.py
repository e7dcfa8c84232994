"""Which rows depend on each other, as the user says; and the standard error under it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from losscli.errors import DataWarning
from losscli.numeric.lazy import np
from losscli.record import Record

if TYPE_CHECKING:
    from losscli.results.uncertainty import Spread
    from losscli.statistics.moments import ColumnSums

__all__ = ["INDEPENDENT", "Dependence", "spread_of", "without_spread"]


class Dependence(Record):
    """What the user says about the rows.

    clusters     names of groups among the columns of the data: one; or those of two kinds, and those of both at once
    lag          the steps ahead of a forecast, or 'auto' for rows that depend on rows near for an unknown distance
    independent  whether the rows are independent, whatever the alarm finds
    folds        whether the groups are test folds, whose models were trained on overlapping rows
    test_share   the rows of a test fold over those of its training set; None for those of a cross-validation, by the sizes of the folds
    """

    clusters: tuple[str, ...] = ()
    lag: int | Literal["auto"] | None = None
    independent: bool = False
    folds: bool = False
    test_share: float | None = None

    @property
    def said(self) -> bool:
        """Whether the user has said anything."""
        return bool(self.clusters) or self.lag is not None or self.independent

    @property
    def lags(self) -> int:
        """How many distances between rows need sums, for the standard error or, where nothing is said, for the alarm."""
        from losscli.statistics.alarm import LAGS

        if self.lag is None:
            return 0 if self.said else LAGS
        return max(LAGS, self.lag - 1) if isinstance(self.lag, int) else LAGS

    @property
    def warnings(self) -> list[DataWarning]:
        """W129: a test fold that is said to be larger than its training set, as a share in percent would be."""
        if self.test_share is None or self.test_share <= 1:
            return []
        said = f"a test fold has {self.test_share:g} times the rows of its training set"
        return [DataWarning("W129", f"test share {self.test_share:g}: {said}; with 20 % of the rows in the test fold the share is 0.25")]

    @property
    def notes(self) -> list[str]:
        """What the intervals take into account."""
        from losscli.results.alarms import shown_name

        if self.folds:
            share = "" if self.test_share is None else f", each with {self.test_share:g} times the rows of its training set"
            return [f"intervals: test folds of {shown_name(self.clusters[0])}{share}; the training sets overlap (Nadeau and Bengio)"]
        kinds = " and of one ".join(shown_name(name) for name in self.clusters[:2])
        clusters = [f"rows of one {kinds} depend on each other"] if kinds else []
        near = ["rows depend on rows near"] if self.lag == "auto" else [] if self.lag is None else [f"forecasts of {self.lag} steps ahead"]
        return [f"intervals: {' and '.join([*clusters, *near])}"] if clusters or near else []


INDEPENDENT = Dependence()
MOST = 1e300  # squares above it are too large for sums of groups of rows


def spread_of(sums: ColumnSums, dependence: Dependence) -> Spread | None:
    """The standard error of a value, from the sums of the influences of the rows. None where there is none, as for one cluster."""
    if not dependence.clusters and dependence.lag is None:
        from losscli.results.uncertainty import spread_of_rows

        return spread_of_rows(sums)
    if sums.rows < 2:  # a value that is nan has no influences
        return None
    with np.errstate(all="ignore"):  # squares of large numbers overflow
        return _spread(sums, dependence)


def _spread(sums: ColumnSums, dependence: Dependence) -> Spread | None:
    if dependence.folds:
        return _spread_of_folds(sums, dependence)
    from losscli.results.uncertainty import Spread
    from losscli.statistics.alarm import estimate

    found = estimate(sums, dependence.clusters, dependence.lag)
    # The estimate is of the mean of the influences, and the value moves by their sum.
    return Spread(sums.rows * math.sqrt(found.variance), found.df, found.method) if found.df > 0 and found.variance >= 0 else None


def _spread_of_folds(sums: ColumnSums, dependence: Dependence) -> Spread | None:
    """The corrected standard error of scores on test folds.

    The score of a fold is the value on its rows: the value of all rows, plus n / n_f times the influences of the n_f rows of the fold.
    """
    from losscli.results.uncertainty import Spread
    from losscli.statistics.dependence import corrected_resampled

    groups = sums.groups[dependence.clusters[0]]
    if groups is None:
        return None
    rows, influences = (x[groups[0] > 0] for x in groups)
    count = len(rows)
    share = float((rows / (sums.rows - rows)).mean()) if dependence.test_share is None and count > 1 else dependence.test_share or 0.0
    # The value is the mean of the scores, each with the weight n_f / n, and so is their variance about it.
    squares = count * float((rows / sums.rows * (influences * sums.rows / rows) ** 2).sum())
    found = corrected_resampled(count, squares, share)
    return Spread(math.sqrt(found.variance), found.df, "folds") if found.df > 0 else None


def without_spread(sums: ColumnSums, dependence: Dependence) -> str:
    """Why there is no standard error."""
    from losscli.results.alarms import shown_name

    if sums.rows < 2:
        return "fewer than 2 rows"
    if isinstance(dependence.lag, int) and not dependence.clusters and dependence.lag >= sums.rows:
        return f"--lag {dependence.lag} needs more than {dependence.lag} rows"
    groups = sums.groups.get(dependence.clusters[0]) if dependence.clusters else None
    if groups is not None and np.count_nonzero(groups[0]) < 2:
        return f"fewer than 2 groups of {shown_name(dependence.clusters[0])}"
    return "" if math.isfinite(sums.squares) and sums.squares < MOST else "the differences of the rows are too large for float64"
