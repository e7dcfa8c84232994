"""The output of one run of a loss: its outcome, and with --grad, --gradcheck or --expect its derivatives and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.record import Record

if TYPE_CHECKING:
    from losscli.data.blocks import Block
    from losscli.engine.job import View
    from losscli.engine.outcome import Outcome
    from losscli.engine.reduction import BlockCallback
    from losscli.numeric.lazy import Array
    from losscli.results.checks import ArrayCheck
    from losscli.results.intervals import Intervals, Measured
    from losscli.results.result import Result
    from losscli.results.uncertainty import Uncertainty
    from losscli.statistics.alarm import Alarm

__all__ = ["Callbacks", "Computed", "all_of", "notes_of_interval", "with_uncertainty"]


class Callbacks(Record):
    """The callback that receives each block with its values: a writer of elements, or a collector; at most one of the two."""

    writer: BlockCallback | None = None
    collector: BlockCallback | None = None


class Computed(Record):
    """The outcome of a loss; its derivatives by role, with the numbers of their rows; the checks of arrays.

    `measured` is what the rows say about the value, for an interval; None where none was asked for.
    """

    outcome: Outcome
    gradient: Mapping[str, Array] | None = None
    gradient_rows: Array | None = None
    checks: Sequence[ArrayCheck] = ()
    measured: Measured | None = None
    alarm: Alarm | None = None  # dependence of the rows that the interval does not take into account


def with_uncertainty(result: Result, computed: Computed, intervals: Intervals) -> Result:
    """A result with its standard error and interval, or with a note that says why it has none."""
    from losscli.results.intervals import Measured

    uncertainty, reason = intervals.uncertainty(result.value, computed.measured or Measured())
    if uncertainty is not None:
        notes = [*result.notes, *notes_of_interval(intervals, result.loss, uncertainty, computed.alarm)]
        return result.but(uncertainty=uncertainty, alarm=computed.alarm, notes=notes)
    reason = reason or f"the value is {result.value}"
    return result.but(notes=[*result.notes, f"no interval: {reason}"], without_interval=reason)


def notes_of_interval(intervals: Intervals, loss: str, uncertainty: Uncertainty, alarm: Alarm | None) -> list[str]:
    """What the interval takes into account, and what it does not."""
    from losscli.results.alarms import sentence

    return [*intervals.notes({loss: uncertainty}), *([] if alarm is None else [sentence(alarm)])]


def all_of(*callbacks: BlockCallback | None) -> BlockCallback | None:
    """One callback that calls several; None for none."""
    present = [c for c in callbacks if c is not None]
    if len(present) < 2:
        return present[0] if present else None

    def callback(block: Block, view: View, values: Array | None, ignored: Array | None) -> None:
        for each in present:
            each(block, view, values, ignored)

    return callback
