"""Run a loss or a comparison on each slice of the rows, as if the file had only the rows of the slice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.data.slices import Slices, cut
from losscli.engine.groups import Part
from losscli.engine.outcome import Outcome
from losscli.engine.passes import run
from losscli.experiment.comparing import Experiment, comparison_of, run_experiment
from losscli.experiment.sampling import sample_value
from losscli.experiment.watching import NOTHING, watched_in, with_alarm
from losscli.record import EMPTY, Record
from losscli.results.comparison import Comparison
from losscli.results.computed import Computed, with_uncertainty
from losscli.results.intervals import Intervals
from losscli.results.result import Result, result_of
from losscli.results.slices import (
    ComparisonSlice,
    ResultSlice,
    Sliced,
    adjusted_over_slices,
    new_warnings,
    notes_of_alarms,
    slice_name,
    worst_first,
)
from losscli.results.terms import Terms
from losscli.statistics.adjust import ADJUSTMENTS
from losscli.statistics.alarm import Alarm

__all__ = ["Precision", "with_comparison_slices", "with_slices"]


class Precision(Record):
    """How the intervals of slices are computed (None for no intervals), and the columns of groups of rows."""

    intervals: Intervals | None = None
    groups: Mapping[str, Column] = EMPTY
    watched: Mapping[str, Column] = EMPTY  # columns that may number groups of rows, for the dependence alarm


def with_slices(
    result: Result, whole: Outcome, part: Part, slices: Slices, precision: Precision, *, threads: int = 0
) -> tuple[Result, Sliced]:
    """The result of all rows, with the notes and warnings of the slices, and the results of the slices, the worst first."""
    found = []
    intervals = precision.intervals
    watched = watched_in(precision.watched, slices)
    for s, columns in cut({**part.columns, **precision.groups}, slices):
        data = Data(columns, omit=part.job.nan == "omit")
        if intervals is None:
            computed = Computed(run([part.job], data, threads=threads)[0])
        else:
            computed = sample_value(part.job, data, intervals, threads=threads)
            of_rows = part.but(columns={n: columns[n] for n in part.columns})
            computed = with_alarm(computed, of_rows, intervals.dependence, watched.get(s, NOTHING), threads)
        of_slice = result_of(computed.outcome, part.bindings, name=result.named)
        if intervals is not None:
            of_slice = with_uncertainty(of_slice, computed, intervals)
        found.append((ResultSlice(slices.keys[s], of_slice), computed.outcome))
    shares = _shares([outcome for _, outcome in found], whole)
    sliced = [s.but(share=share) for (s, _), share in zip(found, shares, strict=True)]
    warnings = new_warnings(slices.names, result.warnings, {s.key: s.result.warnings for s in sliced})
    alarms = {slice_name(slices.names, s.key): s.result.alarm for s in sliced if s.result.alarm is not None}
    notes = [*result.notes, *slices.notes, *notes_of_alarms(alarms, len(sliced), [] if result.alarm is None else [result.alarm.advice])]
    result = result.but(warnings=[*result.warnings, *warnings], notes=notes)
    return result, Sliced(slices.names, worst_first(sliced, lambda s: s.result.value))


def _shares(slices: Sequence[Outcome], whole: Outcome) -> list[float | None]:
    """The part of each slice in the sum of the losses; None where the value is no mean of losses, or some sums are negative."""
    total, parts = whole.reduced.total, [outcome.reduced.total for outcome in slices]
    if total is None or any(p is None for p in parts):
        return [None for _ in parts]
    numbers = [float(p) for p in parts]
    if not 0 < float(total) < math.inf or not all(0 <= p < math.inf for p in numbers):
        return [None for _ in parts]
    return [p / float(total) for p in numbers]


def with_comparison_slices(
    comparison: Comparison, experiment: Experiment, slices: Slices, *, threads: int = 0
) -> tuple[Comparison, Sliced]:
    """The comparison of all rows, with the notes and warnings of the slices, and the comparison of every slice.

    P-values are adjusted over candidates and slices. The first slice is the one in which the first candidate is worst beside the baseline
    under the first loss; without candidates, the one with the largest value.
    """
    parts = [p for m in experiment.members for p in (m.parts if isinstance(m, Terms) else [m])]
    columns = {n: c for part in parts for n, c in part.columns.items()} | dict(experiment.groups)
    found = []
    watched = watched_in(experiment.watched.columns, slices)
    for s, of_slice in cut(columns, slices):

        def rows_of(part: Part, of_slice=of_slice) -> Part:  # type: ignore[no-untyped-def]
            return part.but(columns={n: of_slice[n] for n in part.columns})

        members = [m.with_parts(rows_of) if isinstance(m, Terms) else rows_of(m) for m in experiment.members]
        groups = {n: of_slice[n] for n in experiment.groups}
        gates = experiment.gates.of_slice(slice_name(slices.names, slices.keys[s]))
        alone = experiment.but(members=members, groups=groups, adjust="none", top=0, gates=gates)
        alone = alone.but(all_pairs=False, mcs=False, bets=False, watched=watched.get(s, NOTHING))
        found.append(ComparisonSlice(slices.keys[s], comparison_of(run_experiment(alone, threads=threads), {}, [])))
    found = adjusted_over_slices(found, ADJUSTMENTS[experiment.adjust])
    loss, base = experiment.losses[0], experiment.baseline
    candidates = [p for p in experiment.predictions if p != base]
    first = candidates[0] if candidates else base

    def badness(s: ComparisonSlice) -> float:
        r = next(r for r in s.comparison.results if (r.prediction, r.loss) == (first, loss))
        return r.difference if candidates else r.value

    warnings = new_warnings(slices.names, comparison.warnings, {s.key: s.comparison.warnings for s in found})
    alarms = {slice_name(slices.names, s.key): alarm for s in found if (alarm := _widest(s.comparison)) is not None}
    known = [alarm.advice for alarm in _alarms(comparison)]
    notes = [*comparison.notes, *slices.notes, *notes_of_alarms(alarms, len(found), known)]
    comparison = comparison.but(warnings=[*comparison.warnings, *warnings], notes=notes)
    return comparison, Sliced(slices.names, worst_first(found, badness))


def _widest(comparison: Comparison) -> Alarm | None:
    """The alarm of the difference whose interval would be the widest; None without one."""
    return max(_alarms(comparison), key=lambda alarm: alarm.wider, default=None)


def _alarms(comparison: Comparison) -> list[Alarm]:
    return [r.paired.alarm for r in comparison.results if r.paired is not None and r.paired.alarm is not None]
