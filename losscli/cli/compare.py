"""`losscli compare`: several losses of several predictions against one target, in one pass over the data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from losscli.cli.compare_plan import Plan, flag_of, plan_of, predictions_of
from losscli.cli.configuration import configured
from losscli.cli.options import COMPARE, CONTEXT, argument, given_options, parameters
from losscli.cli.request import CompareRequest
from losscli.cli.rules import check_rules
from losscli.cli.streams import to_stderr
from losscli.cli.typer_values import compare_request
from losscli.errors import ExitCode

if TYPE_CHECKING:
    from losscli.experiment.comparing import Experiment
    from losscli.render.formats import Report
    from losscli.results.calibration import Calibration
    from losscli.results.comparison import Comparison
    from losscli.results.slices import Sliced

__all__ = ["compare", "compare_command"]


def compare_command() -> Callable[..., ExitCode]:
    """The function of `losscli compare`, whose signature holds its options."""

    def command(_context: Any, **values: Any) -> ExitCode:
        return compare(compare_request(configured(values, given_options(_context, values))))

    data = argument("data", str | None, "[DATA]", "A file with the predictions and the target as columns.")
    command.__annotations__ = {}  # Typer reads them before the signature
    command.__signature__ = inspect.Signature([CONTEXT, data, *parameters(COMPARE)])  # type: ignore[attr-defined]
    return command


def compare(request: CompareRequest) -> ExitCode:
    """Run the command: every loss of every prediction, or the search for a number. Raises UsageError and InputError."""
    if request.match is not None:
        return _match(request)
    return _compare(request)


def _compare(request: CompareRequest) -> ExitCode:
    """Compare all predictions."""
    from losscli.cli.atomic import emit, show_beside
    from losscli.cli.messages import note_names, report_verdicts, warn
    from losscli.cli.progress_bar import progress
    from losscli.experiment.comparing import comparison_of, run_experiment

    plan = plan_of(request)
    with progress(request.quiet), to_stderr():  # a user's function may print
        ran = run_experiment(_with_rows(plan), threads=request.threads)
        calibrations = _calibrations(plan)
    comparison = comparison_of(ran, plan.inputs.files.headers, plan.inputs.files.warnings)
    sliced = None
    if plan.slices is not None:
        comparison, sliced = _sliced(plan, comparison)
    comparison = comparison.with_ids(plan.rows.ids, plan.rows.names) if request.top else comparison
    note_names((r.name_note or "" for r in comparison.results), quiet=request.quiet)
    warn(comparison.warnings, quiet=request.quiet, strict=request.strict)
    if request.ledger is not None:
        from losscli.cli.ledger import with_ledger

        comparison = with_ledger(request, ran, comparison)
    report = _report(plan, comparison, calibrations)
    report = report if sliced is None else _with_slices(report, comparison, sliced)
    emit(report, request.to)
    show_beside(report, request.to)
    of_slices = [] if sliced is None else sliced.verdicts
    return report_verdicts([v.verdict for v in comparison.gated], of_slices, quiet=request.quiet)


def _with_rows(plan: Plan) -> Experiment:
    """The experiment, for an earlier result with values of rows also with those of now."""
    if not plan.experiment.gates.pairs_rows:
        return plan.experiment
    from losscli.experiment.earlier_rows import with_rows
    from losscli.render.elements import RowNames

    names = None if plan.rows.ids is None else RowNames(plan.rows.ids, plan.rows.names).of
    return with_rows(plan.experiment, names, threads=plan.request.threads)


def _calibrations(plan: Plan) -> Sequence[Calibration]:
    if not plan.probabilities:
        return []
    from losscli.results.calibration import calibrate

    return calibrate(plan.probabilities, plan.experiment.members, threads=plan.request.threads)


def _report(plan: Plan, comparison: Comparison, calibrations: Sequence[Calibration]) -> Report:
    """The report of the comparison, with the pictures that were asked for."""
    from losscli.engine.groups import Part
    from losscli.render.comparison import ComparisonReport

    request, report = plan.request, ComparisonReport(comparison)
    if not request.plot and not request.calibration:
        return report
    from losscli.render.pictures.calibration import with_calibration
    from losscli.render.pictures.comparison import with_forests

    parts = zip(plan.experiment.losses, plan.experiment.members, strict=False)  # those of the first prediction
    units = {loss: part.job.loss.units for loss, part in parts if isinstance(part, Part)}
    drawn = with_forests(report, units, request.to.style) if request.plot else report
    return with_calibration(drawn, calibrations) if request.calibration else drawn


def _match(request: CompareRequest) -> ExitCode:
    """Search for the convention of a number."""
    from losscli.cli.match import match
    from losscli.sources.inputs import Inputs
    from losscli.sources.join import pairing
    from losscli.sources.open_files import OpenFiles

    check_rules(request)
    inputs = Inputs(request.data, OpenFiles(request.reading), request.classes, flag=flag_of)
    return match(request, inputs, pairing(inputs, request.joining), predictions_of(request, inputs))


def _sliced(plan: Plan, comparison: Comparison) -> tuple[Comparison, Sliced]:
    """The comparison of all rows, with the warnings and notes of the slices, and that of each slice."""
    from losscli.cli.progress_bar import progress
    from losscli.experiment.slicing import with_comparison_slices

    if plan.slices is None:
        raise AssertionError("a comparison without slices")
    with progress(plan.request.quiet), to_stderr():
        return with_comparison_slices(comparison, plan.experiment, plan.slices, threads=plan.request.threads)


def _with_slices(report: Report, comparison: Comparison, sliced: Sliced) -> Report:
    from losscli.render.slices import SlicedComparisonReport

    return SlicedComparisonReport(report, comparison, sliced)
