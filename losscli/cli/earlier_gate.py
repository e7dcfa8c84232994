"""The gate of `compute` on the difference to an earlier result: --baseline FILE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from losscli.cli.request import ComputeRequest
from losscli.record import Record

if TYPE_CHECKING:
    from losscli.data.columns import Column
    from losscli.engine.groups import Part
    from losscli.results.collect import Collector
    from losscli.results.dependence import Dependence
    from losscli.results.earlier import Earlier
    from losscli.results.noninferiority import Decision
    from losscli.results.paired_rows import RowGroups
    from losscli.results.result import Result
    from losscli.sources.inputs import Inputs
    from losscli.sources.pairing import Pairing

__all__ = ["EarlierGate", "earlier_of", "has_rows", "watched_of"]


def earlier_of(request: ComputeRequest) -> Earlier | None:
    """The earlier result that the request names. Raises UsageError without the file, InputError for a file without a result."""
    if request.against is None:
        return None
    from losscli.results.earlier import read_earlier

    return read_earlier(request.against, "--baseline")


def has_rows(earlier: Earlier | None) -> bool:
    """Whether an earlier result has values of rows."""
    return earlier is not None and earlier.has_rows


def watched_of(inputs: Inputs, rows: Pairing, part: Part) -> dict[str, Column]:
    """The other columns of the data that may name groups of rows, for the dependence alarm."""
    from losscli.sources.watched_columns import watched_columns

    return {f"columns.{name}": column for name, column in watched_columns(inputs, rows, list(part.columns.values())).items()}


class EarlierGate(Record):
    """An earlier result as the baseline of a request. `rows` says how the rows of now are named."""

    request: ComputeRequest
    earlier: Earlier | None
    rows: Pairing
    dependence: Dependence

    def decisions(self, result: Result, collector: Collector | None, groups: RowGroups | None) -> list[Decision]:
        """The decisions of the margins. Raises InputError for an earlier result of another loss, or of other rows."""
        if self.earlier is None:
            return []
        from losscli.results.alarms import sentence

        name, margins = self.request.loss.name, self.request.margins
        if not has_rows(self.earlier) or collector is None:
            estimate = self.earlier.estimate(name, result, precision=result.uncertainty)
            return margins.decisions(estimate.but(doubt="" if result.alarm is None else sentence(result.alarm)))
        from losscli.render.elements import RowNames
        from losscli.results.paired_rows import RowValues, paired_estimate

        rows = collector.rows()
        ids = None if self.rows.ids is None else RowNames(self.rows.ids, self.rows.names).of(rows)
        now = RowValues(collector.values(), rows, ids, {} if groups is None else groups.codes)
        return margins.decisions(paired_estimate(self.earlier, name, result, now, self.dependence))
