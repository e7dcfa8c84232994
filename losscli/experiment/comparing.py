"""Run a comparison: every loss of every prediction, with the precision of the values and of the differences to the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.catalogue.other_numbers import name_note
from losscli.data.columns import Column
from losscli.engine.groups import Part, group_key, run_parts
from losscli.engine.outcome import Outcome
from losscli.errors import DataWarning
from losscli.experiment.contrast import Sampling
from losscli.experiment.design import Design, contrasts_of
from losscli.experiment.sampling import GroupSampler
from losscli.experiment.watching import NOTHING, Watched, alarm_of, watch
from losscli.record import EMPTY, Record
from losscli.results.alarms import sentence
from losscli.results.all_pairs import with_letters, with_model_set
from losscli.results.comparison import Comparison, Precision, compare_results, doubts_of, notes_of_alarms
from losscli.results.comparison_gates import NO_GATES, ComparisonGates, with_verdicts
from losscli.results.dependence import INDEPENDENT, Dependence
from losscli.results.intervals import Intervals
from losscli.results.objective import Total
from losscli.results.result import Result, result_of
from losscli.results.terms import Terms
from losscli.results.uncertainty import Paired, Uncertainty
from losscli.statistics.moments import ColumnSums

if TYPE_CHECKING:
    from losscli.results.resamples import Resamples

__all__ = ["Experiment", "Ran", "comparison_of", "run_experiment"]


class Experiment(Record):
    """A planned comparison. `members` are all losses of the first prediction, then all of the next."""

    predictions: Sequence[str]
    losses: Sequence[str]
    members: Sequence[Part | Terms]
    baseline: str
    nan: str
    level: float | None = 95.0  # of the intervals, in percent; None for no intervals
    adjust: str = "holm"  # how the p-values are adjusted: a name of ADJUSTMENTS
    all_pairs: bool = False  # whether every prediction is compared with every other, not only with the baseline
    mcs: bool = False  # whether the model confidence set is wanted
    groups: Mapping[str, Column] = EMPTY  # columns that number groups of rows
    gates: ComparisonGates = NO_GATES
    bets: bool = False  # whether bets on the differences are wanted
    watched: Watched = NOTHING  # columns that may number groups of rows, for the dependence alarm
    dependence: Dependence = INDEPENDENT  # of the rows, as the user says
    resamples: Resamples | None = None  # None for intervals by Student's t
    top: int = 0  # the rows to show, on which predictions differ most

    @property
    def intervals(self) -> Intervals | None:
        """How intervals are computed; None for no intervals."""
        return None if self.level is None else Intervals(self.level, self.dependence, self.resamples)

    @property
    def design(self) -> Design:
        """The value of each cell, and its difference to the baseline, or to every other prediction."""
        base = self.predictions.index(self.baseline)
        others = [p for p in range(len(self.predictions)) if p != base]
        pairs = [(p, base) for p in others]
        if self.all_pairs or self.mcs:
            pairs += [(p, q) for p in others for q in others if q < p]
        return contrasts_of(self.members, len(self.losses), pairs)


class Ran(Record):
    """The outcomes of the parts of an experiment, in order, and the sums of its contrasts."""

    experiment: Experiment
    outcomes: Sequence[Outcome]
    sampler: GroupSampler | None
    design: Design | None
    first: Mapping[int, ColumnSums] | None = None  # of the contrasts over the first rows, with the groups of the watched columns


def run_experiment(experiment: Experiment, *, threads: int = 0) -> Ran:
    """Run all parts in as few passes over the data as possible. Raises InputError with the place of the part that fails."""
    parts = _parts(experiment)
    if experiment.level is None and not experiment.top:
        return Ran(experiment, run_parts(parts, threads=threads), None, None)
    design = experiment.design
    sampling = Sampling(design.contrasts, experiment.dependence.lags, tuple(experiment.groups), top=experiment.top)
    alarms = experiment.dependence.lag is None and experiment.gates.earlier is None  # about differences; else about all
    sampling = sampling.but(resamples=experiment.resamples, bets=int(experiment.bets), lags_of_differences=alarms)
    sampler = GroupSampler(sampling)
    outcomes = run_parts(parts, threads=threads, runner=sampler.run, extra=experiment.groups)
    if not experiment.watched.columns:
        return Ran(experiment, outcomes, sampler, design)
    return Ran(experiment, outcomes, sampler, design, watch(parts, design.contrasts, experiment.watched, threads))


def _parts(experiment: Experiment) -> list[Part]:
    """All parts. The losses are one group, since they have the same rows. Terms with the same rows join this group."""
    columns = {n: c for member in experiment.members if not isinstance(member, Terms) for n, c in member.columns.items()}
    rows = None if experiment.nan == "omit" else group_key(columns)
    group = ("losses",) if rows is None else (rows, experiment.nan)
    return [p for m in experiment.members for p in (m.parts if isinstance(m, Terms) else [m.but(group=group)])]


def comparison_of(ran: Ran, header: Mapping[str, bool], warnings: Sequence[DataWarning]) -> Comparison:
    """The comparison of all results. Raises InputError where a gate expects the result of another loss."""
    experiment, rest = ran.experiment, iter(ran.outcomes)
    losses = len(experiment.losses)
    results = [
        m.total(rest) if isinstance(m, Terms) else _result_of(m, next(rest), experiment.losses[i % losses])
        for i, m in enumerate(experiment.members)
    ]
    table = [results[i : i + losses] for i in range(0, len(results), losses)]
    precision = _precision(ran, table)
    compared = compare_results(experiment.predictions, experiment.losses, table, experiment.baseline, precision)
    compared = with_letters(compared) if experiment.all_pairs else compared
    compared = with_model_set(compared, precision) if experiment.mcs else compared
    reasons = {experiment.losses[k]: reason for k, reason in precision.reasons.items()}
    compared = with_verdicts(compared, table, experiment.gates, reasons, _doubts(ran, compared))
    notes = [*compared.notes, *notes_of_alarms(compared), *_notes_of_intervals(experiment, compared)]
    compared = compared.but(header=header, warnings=[*warnings, *compared.warnings, *experiment.dependence.warnings], notes=notes)
    return _with_largest(compared, ran)


def _result_of(part: Part, outcome: Outcome, loss: str) -> Result:
    """The result of a loss, named in the table as the user wrote it with its options."""
    note = name_note(loss.partition(":")[0], part.job.loss.name, part.job.options, part.job.reduction)
    return result_of(outcome, part.bindings).but(name_note=note)


def _doubts(ran: Ran, compared: Comparison) -> dict[tuple[str, str], str]:
    """By prediction and loss, the dependence of the rows that a gate does not take into account: in the differences, or in the values."""
    experiment, sampler, design = ran.experiment, ran.sampler, ran.design
    if experiment.gates.earlier is None:
        return doubts_of(compared)
    if sampler is None or design is None or experiment.dependence.said:
        return {}
    first = ran.first or {}
    alarms = {cell: alarm_of(sampler.sums[q], first.get(q)) for cell, q in design.values.items() if q in sampler.sums}
    return {(experiment.predictions[p], experiment.losses[k]): sentence(alarm) for (p, k), alarm in alarms.items() if alarm is not None}


def _notes_of_intervals(experiment: Experiment, compared: Comparison) -> list[str]:
    uncertain = {r.loss: r.uncertainty for r in compared.results if r.uncertainty is not None}
    paired = [r.paired for r in compared.results if r.paired is not None]
    return [] if experiment.intervals is None else experiment.intervals.notes(uncertain, paired)


def _with_largest(comparison: Comparison, ran: Ran) -> Comparison:
    """The comparison with the rows on which each candidate and the baseline differ most."""
    experiment, sampler, design = ran.experiment, ran.sampler, ran.design
    if sampler is None or design is None:
        return comparison
    losses = len(experiment.losses)
    largest = {p * losses + k: sampler.largest.get(q) for (p, _, k), q in design.differences.items()}
    results = [r.but(largest=largest.get(m)) for m, r in enumerate(comparison.results)]
    without = [loss for k, loss in enumerate(experiment.losses) if all(x is None for m, x in largest.items() if m % losses == k)]
    notes = [f"{loss} has no loss of a row, so --top lists no rows" for loss in without if experiment.top and comparison.rows.used]
    return comparison.but(results=results, top=experiment.top, notes=[*comparison.notes, *notes])


def _precision(ran: Ran, results: Sequence[Sequence[Result | Total]]) -> Precision:
    """The uncertainty of every value and difference that has sums."""
    experiment, sampler, design = ran.experiment, ran.sampler, ran.design
    if sampler is None or design is None or (intervals := experiment.intervals) is None:
        return Precision({}, {}, {})
    values: dict[tuple[int, int], Uncertainty] = {}
    differences: dict[tuple[int, int, int], Paired] = {}
    reasons: dict[int, str] = {}
    for (p, k), q in design.values.items():
        u, reason = intervals.uncertainty(results[p][k].value, sampler.measured(q))
        if u is not None:
            values[p, k] = u
        elif reason:
            reasons.setdefault(k, reason)
    for (p, base, k), q in design.differences.items():
        paired, reason = intervals.paired(results[p][k].value - results[base][k].value, measured := sampler.measured(q))
        if paired is not None:
            sums = None if experiment.dependence.said else measured.sums
            alarm = None if sums is None else alarm_of(sums, (ran.first or {}).get(q))
            differences[p, base, k] = paired.but(alarm=alarm)
        elif reason:
            reasons.setdefault(k, reason)
    return Precision(values, differences, reasons, experiment.adjust, experiment.all_pairs, asked=True)
