"""`losscli compute LOSS`: request → plan → run → result → deliver."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from losscli.cli.compute_plan import Plan, plan_of
from losscli.cli.configuration import configured
from losscli.cli.earlier_gate import EarlierGate
from losscli.cli.invocation import Invocation
from losscli.cli.loss_options import signature_of
from losscli.cli.options import given_options
from losscli.cli.request import ComputeRequest
from losscli.cli.streams import to_stderr
from losscli.cli.typer_values import compute_request
from losscli.errors import DataWarning, ExitCode, InputError, UsageError, counted, errors_by_name
from losscli.record import Record
from losscli.registry import Loss, Preset

if TYPE_CHECKING:
    from losscli.cli.atomic import Pending
    from losscli.cli.writers import AllElements, LargestElements
    from losscli.engine.reduction import BlockCallback
    from losscli.render.formats import Report
    from losscli.render.result import ResultReport
    from losscli.results.calibration import Probabilities
    from losscli.results.checks import ArrayCheck, Verdict
    from losscli.results.collect import Collector
    from losscli.results.computed import Computed
    from losscli.results.distribution import Distribution
    from losscli.results.intervals import Intervals
    from losscli.results.noninferiority import Decision
    from losscli.results.origin import Origin
    from losscli.results.paired_rows import RowGroups
    from losscli.results.result import Result
    from losscli.results.slices import Sliced

__all__ = ["compute", "compute_command", "result_alone"]


def compute_command(name: str, loss: Loss, preset: Preset) -> Callable[..., ExitCode]:
    """The function of `losscli compute NAME`, whose signature holds its options."""

    def command(_context: Any, **values: Any) -> ExitCode:
        given = given_options(_context, values)
        with errors_by_name(loss.name, name):
            request = compute_request(name, loss, preset, configured(values, given, loss.roles), given)
            invocation: Invocation = _context.obj
            return (invocation.instead or compute)(request.but(words=invocation.words))

    command.__signature__ = signature_of(loss, preset)  # type: ignore[attr-defined]
    command.__annotations__ = {}  # Typer reads them before the signature
    command.__name__ = loss.name
    return command


def compute(request: ComputeRequest) -> ExitCode:
    """Run the command: one loss of some data. The exit code says whether the gate passed."""
    from losscli.cli.atomic import pending, show_beside
    from losscli.cli.messages import note_names, report_verdicts, say, warn

    plan = plan_of(request)
    with pending(request.to) as out:
        delivery = delivery_of(plan, out)
        computed = run_plan(plan, delivery)
        result = result_of_plan(plan, computed, delivery)
        result, sliced = _sliced(plan, computed, result)
        note_names([result.name_note], quiet=request.quiet)
        warn(result.warnings, quiet=request.quiet, strict=request.strict)
        if result.score is not None and not (request.quiet or request.to.format.for_people or request.to.beside is not None):
            say(f"note: {result.loss} is the loss {result.score.of:.10g} - {result.score.name}; {result.score.text}, larger is better")
        verdict = verdict_of_plan(plan, computed, result, delivery)
        written = _writes_elements(plan, delivery, computed)
        if not written:
            _refuse_without_elements(plan, result)
        report = report_of(plan, delivery, result, verdict)
        report = report if sliced is None else _with_slices(report, result, sliced)
        if delivery.writer is not None and written:
            delivery.writer.end()
        else:
            out.report(report)
    show_beside(report, request.to)
    of_slices = [] if sliced is None else sliced.verdicts
    return report_verdicts([] if verdict is None else [verdict], of_slices, quiet=request.quiet)


# --- run -------------------------------------------------------------------------------------------------------------------


class Delivery(Record):
    """How the result is delivered: a writer writes each element as it is computed, or a report shows the elements of a collector."""

    out: Pending | None  # None where the result is written nowhere
    writer: AllElements | LargestElements | None = None
    collector: Collector | None = None
    distribution: Distribution | None = None
    probabilities: Probabilities | None = None  # what --calibration needs
    groups: RowGroups | None = None  # the groups of the rows, for a gate on paired rows


def delivery_of(plan: Plan, out: Pending) -> Delivery:
    """The writer or the collector of the elements, and what a gate needs of them."""
    delivery = _delivery_of(plan, out)
    if plan.request.calibration:
        from losscli.results.calibration import probabilities_of

        delivery = delivery.but(probabilities=probabilities_of(plan.part))
    if not plan.pairs_rows:
        return delivery
    from losscli.results.paired_rows import RowGroups

    return delivery.but(groups=RowGroups({n: c for n, c in plan.data.columns.items() if n not in plan.part.columns}))


def _delivery_of(plan: Plan, out: Pending) -> Delivery:
    """The writer or the collector that the format needs; neither for a format that shows only the value."""
    request = plan.request
    from losscli.results.collect import Collector

    format, top, rows = request.to.format, request.top or 0, request.to.style.rows
    head, tail = (2**62, 0) if rows is None else (rows, rows // 2)
    in_tables = Collector(values=plan.pairs_rows, head=head, tail=tail, top=top)
    if format.stream is not None and (request.reduction == "none" or _has_gradient_of_rows(plan)):
        return Delivery(out, _writer(plan, out), None if request.to.beside is None else in_tables)
    distribution = _distribution(plan) if request.hist else None
    if format.for_people or (format.log is not None and request.grad):  # a summary of CI shows elements for their derivatives
        return Delivery(out, None, in_tables, distribution)
    values = (request.reduction == "none" and format.holds_elements) or plan.pairs_rows
    if request.to.beside is not None:
        return Delivery(out, None, Collector(values=values, head=head, tail=tail, top=top), distribution)
    if format.value_only:
        return Delivery(out, None, Collector(values=True, summary=False) if plan.pairs_rows else None)
    return Delivery(out, None, Collector(values=values, top=top), distribution)


def _has_gradient_of_rows(plan: Plan) -> bool:
    """Whether derivatives with respect to the numbers of rows are written."""
    return plan.extras is not None and any(name in plan.part.job.columns for name in plan.extras.wrt)


def _distribution(plan: Plan) -> Distribution:
    from losscli.results.distribution import Distribution

    return Distribution(plan.part.job)


def _writer(plan: Plan, out: Pending) -> AllElements | LargestElements:
    from losscli.cli.writers import AllElements, LargestElements
    from losscli.render.elements import RowNames

    format, style, top = plan.request.to.format, plan.request.to.style, plan.request.top
    if format.stream is None:
        raise AssertionError("only a format that streams has a writer")
    elements = format.stream(RowNames(plan.rows.ids, plan.rows.names), style)
    if top is not None:
        return LargestElements(out, elements, top)
    if plan.extras is None or not plan.extras.wrt:
        return AllElements(out, elements)
    from losscli.render.gradient_columns import gradient_columns

    return AllElements(out, elements, gradient_columns(plan.part.job, plan.extras.wrt, format))


def run_plan(plan: Plan, delivery: Delivery) -> Computed:
    """Make all passes over the data. Raises InputError where there are fewer or more ids than rows."""
    from losscli.cli.progress_bar import progress
    from losscli.engine.passes import run
    from losscli.results.computed import Callbacks, Computed, all_of

    job, data, threads = plan.part.job, plan.data, plan.request.threads
    drawn = delivery.distribution
    weighted = drawn is not None and job.weight is not None
    collector = all_of(delivery.collector, None if weighted else drawn, delivery.groups, delivery.probabilities)
    with progress(plan.request.quiet), to_stderr():  # a user's function may print
        if plan.extras is None and plan.intervals is not None:
            computed = _sampled(plan, plan.intervals, all_of(delivery.writer, collector))
        elif plan.extras is None:
            computed = Computed(run([job], data, threads=threads, callbacks=[all_of(delivery.writer, collector)])[0])
        else:
            from losscli.autodiff.derivatives import run_with_extras

            computed = run_with_extras(job, data, plan.extras, Callbacks(delivery.writer, collector), threads=threads)
            if plan.intervals is not None:
                sampled = _sampled(plan, plan.intervals)
                computed = computed.but(measured=sampled.measured, alarm=sampled.alarm)
        if weighted:  # the values of the elements contain the weights, and a histogram counts each loss with its weight
            run([job.but(weight=None)], data, threads=threads, callbacks=[drawn])
    ids, read = plan.rows.ids, computed.outcome.rows_read
    if ids is not None and len(ids) != read:
        raise InputError(f"{plan.request.id} names {counted(len(ids), 'row')}, but there are {read}")
    return computed


def _sampled(plan: Plan, intervals: Intervals, callback: BlockCallback | None = None) -> Computed:
    """The run with what the rows say about its value, and with the dependence alarm."""
    from losscli.experiment.sampling import sample_value
    from losscli.experiment.watching import Watched, with_alarm

    threads = plan.request.threads
    computed = sample_value(plan.part.job, plan.data, intervals, threads=threads, callback=callback)
    return with_alarm(computed, plan.part, plan.dependence, Watched(plan.watched), threads)


# --- result ----------------------------------------------------------------------------------------------------------------


def result_of_plan(plan: Plan, computed: Computed, delivery: Delivery) -> Result:
    """The result of the plan. Raises InputError where --expect names the result of another loss."""
    from losscli.results.result import result_of

    request, expected = plan.request, plan.extras.expected if plan.extras else None
    result = result_of(computed.outcome, plan.part.bindings, delivery.collector, name=request.name)
    if expected is not None and expected.file.document is not None:
        from losscli.results.same_result import refuse_other_result

        refuse_other_result(str(request.bounds.expect), expected.file.document, result)
    warnings = [*plan.inputs.files.warnings, *result.warnings]
    if _writes_elements(plan, delivery, computed) and request.to.format.numbers_only and _left_out(result) and not request.top:
        warnings.append(_without_row_numbers(result, request.to.format.name))
    if plan.intervals is not None:
        from losscli.results.computed import with_uncertainty

        result = with_uncertainty(result, computed, plan.intervals)
        warnings += plan.dependence.warnings
    header, gradient, rows = plan.inputs.files.headers or None, computed.gradient, computed.gradient_rows
    origin = _origin(plan) if request.digest else None
    return result.but(header=header, gradient=gradient, gradient_rows=rows, warnings=warnings, origin=origin)


def _origin(plan: Plan) -> Origin:
    """The words of the command, and the digests of what it read."""
    from losscli.data.digest import digests
    from losscli.results.origin import Origin

    job = plan.part.job
    columns = job.columns | ({} if job.weight is None else {"sample_weight": job.weight})
    return Origin(plan.request.words, digests(columns, plan.data, job.shared))


def result_alone(request: ComputeRequest) -> Result:
    """The result of a request without gates, which is written nowhere."""
    from losscli.results.collect import Collector

    plan = plan_of(request)
    delivery = Delivery(None, None, Collector(values=request.reduction == "none", top=request.top or 0))
    return result_of_plan(plan, run_plan(plan, delivery), delivery)


def _sliced(plan: Plan, computed: Computed, result: Result) -> tuple[Result, Sliced | None]:
    """The result, and with --by the results of the slices."""
    if plan.slices is None:
        return result, None
    from losscli.cli.progress_bar import progress
    from losscli.experiment.slicing import Precision, with_slices
    from losscli.results.slices import judged

    groups = {n: c for n, c in plan.data.columns.items() if n not in plan.part.columns}
    precision = Precision(None if plan.request.level is None else plan.intervals, groups, plan.watched)
    with progress(plan.request.quiet), to_stderr():
        result, sliced = with_slices(result, computed.outcome, plan.part, plan.slices, precision, threads=plan.request.threads)
    return result, judged(sliced, result.loss, plan.request.bounds, strict=plan.request.strict)


def _writes_elements(plan: Plan, delivery: Delivery, computed: Computed) -> bool:
    """Whether the writer received elements. A statistic has none, but its derivatives may be written."""
    return delivery.writer is not None and (_has_gradient_of_rows(plan) or computed.outcome.reduced.value is None)


def _left_out(result: Result) -> int:
    return result.rows.omitted + (result.rows.unmatched or 0)


def _without_row_numbers(result: Result, format: str) -> DataWarning:
    """W117: the values are no longer at the positions of their rows."""
    omitted = f"{counted(result.rows.omitted, 'row')} of {result.rows.read:,} left out for nan"
    fix = "-f csv or jsonl writes the number or id of each row"
    if result.rows.omitted:
        fix += "; --nan propagate leaves none out"
    else:
        omitted = f"{counted(_left_out(result), 'row')} without a partner left out"
    return DataWarning(
        "W117", f"{omitted}, and -f {format} does not say which: the values after them are at the positions of other rows; {fix}"
    )


def verdict_of_plan(plan: Plan, computed: Computed, result: Result, delivery: Delivery) -> Verdict | None:
    """The verdict of the gate, of the checks of arrays and of the margins; None without checks."""
    from losscli.results.gates import verdict_of

    gate = EarlierGate(plan.request, plan.earlier, plan.rows, plan.dependence)
    others: list[ArrayCheck | Decision] = [*computed.checks, *gate.decisions(result, delivery.collector, delivery.groups)]
    verdict = verdict_of(plan.request.loss.name, result, plan.gate, others)
    return None if verdict is None else verdict.but(strict=plan.request.strict)


# --- deliver ---------------------------------------------------------------------------------------------------------------


def _with_slices(report: Report, result: Result, sliced: Sliced) -> Report:
    from losscli.render.slices import SlicedResultReport

    return SlicedResultReport(report, result, sliced)


def _refuse_without_elements(plan: Plan, result: Result) -> None:
    """Raise UsageError for an NPY file where the loss has no elements."""
    if plan.request.to.format.binary and not plan.request.to.format.picture and result.values is None and not result.gradient:
        raise UsageError(f"an NPY file holds the values of the elements, and {result.loss} is one number over all of them")


def report_of(plan: Plan, delivery: Delivery, result: Result, verdict: Verdict | None) -> Report:
    """The report of the result, with its pictures."""
    from losscli.render.elements import RowNames
    from losscli.render.result import ResultReport

    labels = {r: c.labels for r, c in plan.part.columns.items() if c.labels is not None and not c.labels.codes}
    names = RowNames(plan.rows.ids, plan.rows.names)
    report = ResultReport(result, names, {r: x.shown for r, x in labels.items()}, verdict)
    return _with_pictures(plan, delivery, result, report)


def _with_pictures(plan: Plan, delivery: Delivery, result: Result, report: ResultReport) -> Report:
    """The report with its pictures: the histogram, and the reliability diagram with the parts of the scores."""
    drawn = report if delivery.distribution is None else _with_histogram(plan, delivery.distribution, result, report)
    if delivery.probabilities is None:
        return drawn
    from losscli.render.pictures.calibration import with_calibration

    return with_calibration(drawn, delivery.probabilities.calibrations())


def _with_histogram(plan: Plan, distribution: Distribution, result: Result, report: ResultReport) -> Report:
    """The report with the histogram. Raises UsageError where the loss turned out to have no values of rows."""
    from losscli.render.pictures.distribution import histogram_picture
    from losscli.render.pictures.report import PictureReport

    if not result.elementwise:
        raise UsageError(f"{result.loss} is one number over all rows, so there are no losses of rows to draw: leave out --hist")
    histogram = distribution.histogram()
    picture = histogram_picture(histogram, result, plan.part.job.loss.units)
    return PictureReport(report, [picture], {"histogram": histogram.to_dict()})
