"""Replicates of a statistic on resampled rows: its standard error, and its intervals."""

from __future__ import annotations

import math

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.statistics.bootstrap import Interval, bca_interval, percentile_interval

__all__ = ["Replicates"]

_ROUNDING = 1e-13  # of the numbers that are added or subtracted


class Replicates(Record):
    """A statistic on each resample.

    values     on each resample
    value      on the rows themselves
    jackknife  without one row (or cluster) each, for the BCa interval; None for the percentile interval
    scale      the size of the numbers whose rounding errors the values have
    """

    values: Array
    value: float
    jackknife: Array | None = None
    scale: float = 0.0

    @property
    def constant(self) -> bool:
        """Whether all resamples give the value itself, but for rounding errors."""
        return bool((np.abs(self.values - self.value) <= _ROUNDING * max(self.scale, abs(self.value))).all())

    @property
    def se(self) -> float:
        """The standard deviation of the values."""
        return 0.0 if self.constant else float(self.values.std(ddof=1))

    @property
    def undefined(self) -> int:
        """The number of resamples on which the statistic is nan or infinite."""
        return int(np.count_nonzero(~np.isfinite(self.values)))

    def interval(self, level: float) -> Interval:
        """The interval of a level such as 0.95. BCa where there is a jackknife, unless the value is outside all replicates."""
        if self.constant:
            return Interval(self.value, self.value, "percentile" if self.jackknife is None else "bca")
        if self.jackknife is not None:
            found = bca_interval(self.values, self.value, self.jackknife, level)
            if math.isfinite(found.low):
                return found
        return percentile_interval(self.values, level)

    def minus(self, other: Replicates, factor: float) -> Replicates:
        """The replicates of this statistic minus a factor times another one, on the same resamples."""
        jackknife = None if self.jackknife is None or other.jackknife is None else self.jackknife - factor * other.jackknife
        scale = max(self.scale, abs(factor) * max(other.scale, abs(other.value)))
        return Replicates(self.values - factor * other.values, self.value - factor * other.value, jackknife, scale)
