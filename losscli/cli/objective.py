"""`losscli compute objective.yaml`: the terms of an objective, their total, and the gates of both."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.cli.compute_plan import LEVEL
from losscli.cli.configuration import configured
from losscli.cli.options import CONTEXT, OBJECTIVE, argument, given_options, parameters
from losscli.cli.request import ObjectiveRequest
from losscli.cli.rules import check_rules
from losscli.cli.streams import to_stderr
from losscli.cli.typer_values import objective_request
from losscli.errors import ExitCode
from losscli.record import EMPTY, Record

if TYPE_CHECKING:
    from losscli.engine.outcome import Outcome
    from losscli.results.checks import ArrayCheck
    from losscli.results.dependence import Dependence
    from losscli.results.earlier import Earlier
    from losscli.results.gates import Gate
    from losscli.results.intervals import Intervals, Measured
    from losscli.results.noninferiority import Decision
    from losscli.results.objective import Total, TotalGradient
    from losscli.results.terms import Terms
    from losscli.sources.inputs import Inputs

__all__ = ["compute_objective", "objective_command"]


def objective_command(path: str) -> Callable[..., ExitCode]:
    """The function of `losscli compute FILE`, whose signature holds its options."""

    def command(_context: Any, **values: Any) -> ExitCode:
        return compute_objective(objective_request(path, configured(values, given_options(_context, values))))

    data = argument("data", str | None, "[DATA]", "A file whose columns are the roles, instead of the data file of the objective.")
    command.__annotations__ = {}  # Typer reads them before the signature
    command.__signature__ = inspect.Signature([CONTEXT, data, *parameters(OBJECTIVE)])  # type: ignore[attr-defined]
    command.__name__ = "objective"
    return command


def compute_objective(request: ObjectiveRequest) -> ExitCode:
    """Run the command: the total of an objective. The exit code says whether its gates passed."""
    from losscli.cli.atomic import emit, show_beside
    from losscli.cli.messages import note_names, report_verdicts, warn
    from losscli.render.objective import ObjectiveReport
    from losscli.results.gates import verdict_of
    from losscli.results.result import Result

    plan = plan_of(request)
    ran = run_plan(plan)
    total = total_of(plan, ran)
    note_names((term.result.name_note for _, term in total.leaves if isinstance(term.result, Result)), quiet=request.quiet)
    warn(total.warnings, quiet=request.quiet, strict=request.strict)
    verdict = verdict_of(request.objective.path, total, plan.gate, [*_decisions(plan, total), *ran.checks])
    verdict = None if verdict is None else verdict.but(strict=request.strict)
    report = ObjectiveReport(total, verdict)
    emit(report, request.to)
    show_beside(report, request.to)
    return report_verdicts([*total.verdicts, *([] if verdict is None else [verdict])], quiet=request.quiet)


def _decisions(plan: Plan, total: Total) -> list[Decision]:
    """The decisions of the margins. Raises InputError for an earlier result of something else."""
    if plan.earlier is None:
        return []
    from losscli.results.alarms import sentence

    estimate = plan.earlier.estimate(plan.request.objective.path, total, precision=total.uncertainty)
    return plan.request.margins.decisions(estimate.but(doubt="" if total.alarm is None else sentence(total.alarm)))


class Plan(Record):
    """All that is decided before the first block is read."""

    request: ObjectiveRequest
    inputs: Inputs
    terms: Terms
    gate: Gate | None
    earlier: Earlier | None  # the baseline of the margins
    dependence: Dependence  # of the rows

    @property
    def intervals(self) -> Intervals | None:
        """How the interval is computed; a gate on a difference needs the standard error also where no interval was asked for."""
        from losscli.results.intervals import Intervals

        level = LEVEL if self.request.level is None and self.request.margins.worse is not None else self.request.level
        return None if level is None else Intervals(level, self.dependence, self.request.resamples)


def plan_of(request: ObjectiveRequest) -> Plan:
    """Open the files and plan all terms.

    Raises UsageError for options that exclude each other, InputError for files that cannot be read or whose columns do not fit together.
    """
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.results.dependence import Dependence
    from losscli.results.earlier import read_earlier
    from losscli.results.gates import gate_of
    from losscli.results.terms import OuterSource, Outside, check_id, objective_id, terms_of
    from losscli.sources.inputs import Inputs
    from losscli.sources.open_files import OpenFiles

    check_rules(request)
    objective, gate = request.objective, gate_of(request.bounds)
    earlier = None if request.against is None else read_earlier(request.against, "--baseline")
    command_line = Inputs(request.data, OpenFiles(request.reading))
    inputs = command_line.within(request.data or objective.data)
    id = objective_id(objective, inputs) if request.id is None else OuterSource(request.id, command_line)
    roles = {role: OuterSource(source, command_line) for role, source in request.roles.items()}
    terms = terms_of(objective, inputs, Outside(roles, request.work, id, request.join, where=request.where))
    check_id(id, objective.path)
    inputs.check_used()
    gate_files = [*(() if gate is None else gate.files), *terms.gate_files, *([] if earlier is None else [earlier.path])]
    refuse_to_overwrite(request.to.path, [*inputs.files.names, *objective.files, *gate_files])
    return Plan(request, inputs, terms, gate, earlier, Dependence((), request.lag, request.independent))


class Ran(Record):
    """The outcomes of the terms, in order; what the rows say about the total, for an interval."""

    outcomes: Sequence[Outcome]
    measured: Measured | None = None
    gradient: Mapping[str, TotalGradient] = EMPTY
    checks: Sequence[ArrayCheck] = ()  # of the gradient


def run_plan(plan: Plan) -> Ran:
    """Run all terms in as few passes over the data as possible."""
    from losscli.cli.progress_bar import progress
    from losscli.engine.groups import run_parts

    parts, threads = list(plan.terms.parts), plan.request.threads
    with to_stderr(), progress(plan.request.quiet):  # a user's function may print
        if plan.intervals is None:
            return _with_gradient(plan, Ran(run_parts(parts, threads=threads)))
        from losscli.experiment.contrast import Sampling
        from losscli.experiment.design import contrasts_of
        from losscli.experiment.sampling import GroupSampler

        sampling = Sampling(contrasts_of([plan.terms], 1, []).contrasts, plan.dependence.lags, resamples=plan.request.resamples)
        sampler = GroupSampler(sampling)
        outcomes = run_parts(parts, threads=threads, runner=sampler.run)
        return _with_gradient(plan, Ran(outcomes, sampler.measured(0)))


def _with_gradient(plan: Plan, ran: Ran) -> Ran:
    """The run with the derivatives of the total and their check, if they are asked for."""
    request, terms = plan.request, plan.terms
    if request.grad:
        from losscli.autodiff.of_total import gradients_of_total

        ran = ran.but(gradient=gradients_of_total(request.grad, terms, ran.outcomes, threads=request.threads))
    if request.gradcheck:
        from losscli.autodiff.gradcheck_of_total import gradcheck_of_total

        ran = ran.but(checks=gradcheck_of_total(request.grad, terms, ran.outcomes, request.bounds, threads=request.threads))
    return ran


def total_of(plan: Plan, ran: Ran) -> Total:
    """The total of the terms. Raises InputError where the gate of a term expects the result of another loss."""
    total = plan.terms.total(iter(ran.outcomes)).but(header=plan.inputs.files.headers, file_warnings=plan.inputs.files.warnings)
    total = total.but(gradient=ran.gradient)
    if plan.intervals is None or ran.measured is None:
        return total
    from losscli.experiment.watching import alarm_of
    from losscli.results.computed import notes_of_interval

    uncertainty, reason = plan.intervals.uncertainty(total.value, ran.measured)
    if uncertainty is None:
        return total.but(without_interval=reason or f"the value is {total.value}")
    sums = None if plan.dependence.said else ran.measured.sums
    alarm = None if sums is None else alarm_of(sums, None)
    notes = notes_of_interval(plan.intervals, total.name, uncertainty, alarm)
    return total.but(uncertainty=uncertainty, alarm=alarm, notes_of_interval=notes)
