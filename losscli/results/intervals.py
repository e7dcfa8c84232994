"""How intervals are computed: by Student's t from sums over the rows, or by resamples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.record import Record
from losscli.results.alarms import shown_name
from losscli.results.dependence import INDEPENDENT, Dependence, spread_of, without_spread
from losscli.results.uncertainty import Paired, Uncertainty, paired_of, uncertainty_of
from losscli.statistics.moments import ColumnSums

if TYPE_CHECKING:
    from losscli.results.resampled import Resampled
from losscli.results.resamples import Resamples

__all__ = ["Intervals", "Measured"]


class Measured(Record):
    """What the rows say about a value: the sums of their influences, its values on resamples; or why there is neither."""

    sums: ColumnSums | None = None
    resampled: Resampled | None = None
    reason: str = ""


class Intervals(Record):
    """The level of the intervals, what the user says about the dependence of the rows, and the resamples (None for Student's t)."""

    level: float  # in percent
    dependence: Dependence = INDEPENDENT
    resamples: Resamples | None = None

    def notes(self, uncertain: Mapping[str, Uncertainty], paired: Sequence[Paired] = ()) -> list[str]:
        """What the intervals take into account, and what they were computed by, for an interval of each loss."""
        if self.resamples is None:
            return self.dependence.notes
        from losscli.results.resampled import note_of, note_of_flips

        clusters = ", ".join(shown_name(name) for name in self.dependence.clusters)
        methods = {loss: u.method for loss, u in uncertain.items()}
        of_flips = note_of_flips([p.flips for p in paired if p.flips is not None], "clusters" if clusters else "rows")
        return [note_of(self.resamples, clusters, methods), *([of_flips] if of_flips else [])] if methods else []

    def uncertainty(self, value: float, measured: Measured) -> tuple[Uncertainty | None, str]:
        """The interval of a value; or None, and the reason."""
        if self.resamples is None:
            return self._by_student(value, measured)
        from losscli.results.resampled import uncertainty_by_resamples, without_interval

        if measured.resampled is None:
            return None, measured.reason
        found = uncertainty_by_resamples(measured.resampled, self.level, self.resamples)
        return found, "" if found is not None else without_interval(measured.resampled, self.resamples, self._unit)

    def _by_student(self, value: float, measured: Measured) -> tuple[Uncertainty | None, str]:
        if measured.sums is None:
            return None, measured.reason
        found = uncertainty_of(value, measured.sums, self.level, spread_of(measured.sums, self.dependence))
        if found is not None:
            return found, ""
        return None, without_spread(measured.sums, self.dependence) if math.isfinite(value) else ""

    def paired(self, difference: float, measured: Measured) -> tuple[Paired | None, str]:
        """The paired difference with its interval and p-value; or None, and the reason."""
        if self.resamples is None:
            if measured.sums is None:
                return None, measured.reason
            return paired_of(difference, measured.sums, self.level, spread_of(measured.sums, self.dependence)), ""
        from losscli.results.resampled import paired_by_resamples

        if measured.resampled is None:
            return None, measured.reason
        found = paired_by_resamples(difference, measured.resampled, self.level, self.resamples, measured.sums)
        without = measured.resampled.flips is None
        return found, "the predictions have different shapes, so that their rows cannot be exchanged" if without else ""

    @property
    def _unit(self) -> str:
        return "cluster" if self.dependence.clusters else "row"
