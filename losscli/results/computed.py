"""The output of one run of a loss: its outcome, and with --grad, --gradcheck or --expect its derivatives and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.record import Record
from losscli.results.result import Result
from losscli.results.uncertainty import uncertainty_or_reason

if TYPE_CHECKING:
    from losscli.engine.outcome import Outcome
    from losscli.engine.reduction import BlockCallback
    from losscli.numeric.lazy import Array
    from losscli.results.checks import ArrayCheck
    from losscli.statistics.moments import ColumnSums

__all__ = ["Callbacks", "Computed", "with_uncertainty"]


class Callbacks(Record):
    """The callback that receives each block with its values: a writer of elements, or a collector; at most one of the two."""

    writer: BlockCallback | None = None
    collector: BlockCallback | None = None


class Computed(Record):
    """The outcome of a loss; its derivatives by role, with the numbers of their rows; the checks of arrays.

    `sums` are those of the influences of the rows, for an interval; `without_sums` says why there are none.
    """

    outcome: Outcome
    gradient: Mapping[str, Array] | None = None
    gradient_rows: Array | None = None
    checks: Sequence[ArrayCheck] = ()
    sums: ColumnSums | None = None
    without_sums: str = ""


def with_uncertainty(result: Result, computed: Computed, level: float) -> Result:
    """A result with its standard error and interval, or with a note that says why it has none."""
    uncertainty, reason = uncertainty_or_reason(result.value, computed.sums, level, computed.without_sums)
    return result.but(uncertainty=uncertainty, notes=[*result.notes, *([f"no interval: {reason}"] if reason else [])])
