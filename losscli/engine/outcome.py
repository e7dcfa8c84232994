"""The outcome of a job: the reduced value, the merged columns of each pass, and warnings about a value that is nan, infinite or empty."""

from __future__ import annotations

from math import prod

import numpy as np

from losscli.data.blocks import Block, Data
from losscli.data.kept import Kept
from losscli.engine.accumulate import Columns
from losscli.engine.job import Job
from losscli.engine.reduction import Reduced
from losscli.errors import DataWarning, counted
from losscli.record import Record

__all__ = ["Outcome", "defined", "value_warnings"]


def defined(job: Job, reduced: Reduced, rows: int) -> Reduced:
    """The reduced value; nan for a score of a single number, which has no other to be compared with."""
    if not job.loss.score or job.loss.kind != "statistic" or 0 in job.per or reduced.value is None:
        return reduced
    shape = job.layouts[job.loss.first].shape
    values = shape[: len(shape) - job.domain(job.loss.first).ndim]
    if rows * prod(n for axis, n in enumerate(values, 1) if axis not in job.per) > 1:
        return reduced
    return reduced.but(value=reduced.value * np.nan, participating=np.zeros(np.shape(reduced.participating)))


class Outcome(Record):
    """The reduced value of a job, the merged columns of each pass (for the backward passes), the numbers of rows, warnings and notes.

    `job` is the job that ran: with class weights as numbers, and with the kind of a user's function.
    """

    job: Job
    reduced: Reduced
    merged: list[Columns]
    block_sizes: list[int]  # rows a block in each pass
    first: Block | None  # the first block of the last pass; None for no rows
    rows_read: int
    rows_kept: int  # rows after those with NaN were left out
    rows_ignored: int  # rows in which every value is ignored
    values_ignored: int
    warnings: list[DataWarning]
    notes: list[str]
    weighted: bool = True  # whether some values may count more than others in the mean; only a run with a callback knows that none does
    kept: Kept | None = None  # the rows that conditions keep

    @property
    def empty(self) -> bool:
        """Whether the value was computed from nothing: no rows, no pair, or all values ignored, masked or of weight 0."""
        return self.job.masked or not np.any(self.reduced.participating)


def value_warnings(outcome: Outcome, data: Data) -> list[DataWarning]:
    """The warning about a value that was computed from nothing, is nan or infinite, or is negative where it can't be; or no warning."""
    loss, value = outcome.job.loss, outcome.reduced.value
    single = value if value is not None and np.ndim(value) == 0 else None
    if why := _why_empty(outcome):
        return [DataWarning("W105", f"{loss.name}{'' if single is None else f' is {single}'}: {why}")]
    if single is None:
        return []
    propagate = outcome.job.nan == "propagate"
    if np.isnan(single) and propagate:
        return [DataWarning("W108", f"{loss.name} is {single}: nan or an infinity came through the input")]
    if np.isnan(single) or (np.isinf(single) and not propagate):
        return [DataWarning("W110", f"{loss.name} is {single}: {_why_no_number(outcome, data)}")]
    if loss.task == "divergence" and single < 0:
        return [DataWarning("W106", f"{loss.name} is negative, which no divergence is: pred or target is not normalised")]
    return []


def _why_empty(outcome: Outcome) -> str:
    """Why the value, or that of some channels, was computed from nothing; '' where it was not."""
    job, participating = outcome.job, np.asarray(outcome.reduced.participating)
    if outcome.rows_kept == 0:
        kept = outcome.kept
        return (
            "there are no rows" if kept is None or kept.count else f"no row of {kept.total:,} meets {' and '.join(kept.texts)}{kept.hint}"
        )
    if job.masked:
        return "nothing is left to average (all masked)"
    if participating.all():
        return ""
    if job.loss.score and outcome.rows_kept == 1:
        return "a score needs two rows or more"
    if outcome.reduced.why:
        return f"nothing is left to average: {outcome.reduced.why}"
    class_weight = job.options.get(job.loss.weight_option)
    weighted = job.weight is not None or outcome.values_ignored > 0 or (class_weight is not None and np.ndim(class_weight) > 0)
    why = "all ignored, or all weights 0" if weighted else "no pair, no positive, no elements, or all masked, padded or of weight 0"
    if participating.any():
        empty = np.count_nonzero(participating == 0)
        return f"nothing is left to average in {empty} of {counted(participating.size, 'channel')} ({why})"
    return f"nothing is left to average ({why})"


def _why_no_number(outcome: Outcome, data: Data) -> str:
    """Why the value is nan or infinite."""
    from losscli.engine.reasons import reason  # it loads the tape, which is needed only here

    large = "it is" if np.isinf(outcome.reduced.value) else "something on the way is"
    return reason(outcome.job, outcome.merged, outcome.block_sizes, data) or f"{large} too large for {outcome.job.dtype.name}"
