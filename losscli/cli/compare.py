"""`losscli compare`: several losses of several predictions against one target, in one pass over the data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from losscli.catalogue.binding import bind
from losscli.catalogue.objective import Objective
from losscli.cli.loss_argument import NamedLoss
from losscli.cli.options import COMPARE, argument, parameters
from losscli.cli.request import CompareRequest, compare_request
from losscli.cli.rules import check_rules
from losscli.cli.streams import to_stderr
from losscli.errors import ExitCode, UsageError, suggest
from losscli.record import Record
from losscli.registry import Loss, Preset

if TYPE_CHECKING:
    from losscli.data.columns import Column
    from losscli.domains import Domain
    from losscli.engine.groups import Part
    from losscli.engine.outcome import Outcome
    from losscli.results.comparison import Comparison
    from losscli.results.terms import Terms
    from losscli.sources.inputs import Inputs
    from losscli.sources.pairing import Pairing

__all__ = ["compare", "compare_command"]


def compare_command() -> Callable[..., ExitCode]:
    """The function of `losscli compare`, whose signature holds its options."""

    def command(**values: Any) -> ExitCode:
        """Compute several losses of several predictions against one target.

        The best value of each loss is marked. Difference and ratio are relative to the first prediction, or to --baseline.

        Example: losscli compare diabetes.csv -l mse -l huber:delta=2 -p ridge -p gbm -t y_true
        """
        return compare(compare_request(values))

    data = argument("data", str | None, "[DATA]", "A file with the predictions and the target as columns.")
    command.__signature__ = inspect.Signature([data, *parameters(COMPARE)])  # type: ignore[attr-defined]
    return command


def compare(request: CompareRequest) -> ExitCode:
    """Run the command: every loss of every prediction. Raises UsageError and InputError."""
    from losscli.cli.atomic import emit
    from losscli.cli.messages import warn
    from losscli.render.comparison import ComparisonReport

    if request.match is not None:
        return _match(request)
    plan = plan_of(request)
    outcomes = run_plan(plan)
    comparison = comparison_of(plan, outcomes)
    warn(comparison.warnings, quiet=request.quiet, strict=request.strict)
    emit(ComparisonReport(comparison), request.to)
    return ExitCode.DONE


def _match(request: CompareRequest) -> ExitCode:
    """Search for the convention of a number."""
    from losscli.cli.match import match
    from losscli.sources.inputs import Inputs
    from losscli.sources.join import pairing
    from losscli.sources.open_files import OpenFiles

    check_rules(request)
    inputs = Inputs(request.data, OpenFiles(request.reading), request.classes, flag=_flag)
    return match(request, inputs, pairing(inputs, request.id), _predictions(request, inputs))


# --- plan ------------------------------------------------------------------------------------------------------------------


class Plan(Record):
    """All that is decided before the first block is read."""

    request: CompareRequest
    inputs: Inputs
    predictions: Sequence[str]  # their names
    baseline: str
    members: Sequence[Part | Terms]  # of each prediction, all losses


class Shared(Record):
    """The inputs that all losses and predictions share."""

    request: CompareRequest
    inputs: Inputs
    rows: Pairing  # how the rows of several files are matched
    weight: Column | None


def plan_of(request: CompareRequest) -> Plan:
    """Open the files and plan all losses.

    Raises UsageError for options that exclude each other, InputError for files that cannot be read or whose columns do not fit together.
    """
    from losscli.sources.inputs import Inputs
    from losscli.sources.join import pairing
    from losscli.sources.open_files import OpenFiles

    check_rules(request)
    inputs = Inputs(request.data, OpenFiles(request.reading), request.classes, flag=_flag)
    predictions = _predictions(request, inputs)
    baseline = request.baseline or next(iter(predictions))
    if baseline not in predictions:
        raise UsageError(f"--baseline {baseline!r} is not one of the predictions{suggest(baseline, predictions)}: {', '.join(predictions)}")
    weight = None if request.sample_weight is None else inputs.column(request.sample_weight)
    shared = Shared(request, inputs, pairing(inputs, request.id), weight)
    members = [
        _member(shared, loss, (name, source), (p, k))
        for p, (name, source) in enumerate(predictions.items())
        for k, loss in enumerate(request.losses)
    ]
    inputs.check_used()
    _refuse_to_overwrite(request, inputs, members)
    return Plan(request, inputs, list(predictions), baseline, members)


def _flag(role: str) -> str:
    """The option that gives a role, for messages."""
    return "-t SOURCE" if role == "target" else f"--role {role}=SOURCE"


def _predictions(request: CompareRequest, inputs: Inputs) -> dict[str, str]:
    """The SOURCE of each prediction, by its name. Each of several columns is a prediction, unless a loss takes a column for each class."""
    from losscli.sources.predictions import named_predictions, target_is_one_column

    one_number_a_row = bool(request.losses) and not any(
        domain.ndim for loss in request.losses for domain in _domains_of_pred(loss.definition)
    )
    one_column_each = one_number_a_row and target_is_one_column(inputs, request.sources.get("target"))
    return named_predictions(request.predictions, inputs, one_column_each)


def _domains_of_pred(definition: tuple[Loss, Preset] | Objective) -> Iterator[Domain]:
    """The domain of pred in a loss, or in each term of an objective that leaves pred open."""
    if isinstance(definition, Objective):
        for term in definition.terms:
            yield from _domains_of_pred(term.definition) if "pred" in term.open_roles else ()
    else:
        yield definition[0].roles["pred"].domain


def _member(shared: Shared, loss: NamedLoss, prediction: tuple[str, str], position: tuple[int, int]) -> Part | Terms:
    """One loss of one prediction, given as its name and SOURCE. `position` is the index of the prediction and that of the loss."""
    name, source = prediction
    sources = {r: s for r, s in {"pred": source, **shared.request.sources}.items() if r in loss.roles}
    if isinstance(loss.definition, Objective):
        return _terms(shared, loss.text, loss.definition, sources, position)
    part = _part(shared, loss, sources, position)
    return part if name == source else part.but(place=name)


def _terms(shared: Shared, text: str, objective: Objective, sources: dict[str, str], position: tuple[int, int]) -> Terms:
    from losscli.results.terms import OuterSource, Outside, check_id, objective_id, terms_of

    request, (prediction, k) = shared.request, position
    inputs = shared.inputs.within(request.data or objective.data)
    id = objective_id(objective, inputs) if request.id is None else OuterSource(request.id, shared.inputs)
    roles = {role: OuterSource(source, shared.inputs) for role, source in sources.items()}
    terms = terms_of(objective, inputs, Outside(roles, request.work, id, prediction), (k,))
    check_id(id, text)
    return terms


def _part(shared: Shared, named: NamedLoss, sources: dict[str, str], position: tuple[int, int]) -> Part:
    from losscli.results.terms import to_one_number
    from losscli.sources.parts import Sources, part

    if isinstance(named.definition, Objective):
        raise AssertionError("an objective is not a single part")
    loss, preset = named.definition
    work = to_one_number(shared.request.work, loss, preset)
    if not any(role.domain.classes for role in loss.roles.values()):
        work = work.but(class_axis=None)  # the option is for the losses with classes
    bound = bind(loss, preset, named.options)
    return part(bound, Sources(shared.inputs, sources, shared.rows, shared.weight), work, f"{position[0]}.{position[1]}.")


def _refuse_to_overwrite(request: CompareRequest, inputs: Inputs, members: Sequence[Part | Terms]) -> None:
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.results.terms import Terms

    objectives = [loss.definition for loss in request.losses if isinstance(loss.definition, Objective)]
    gate_files = (file for member in members if isinstance(member, Terms) for file in member.gate_files)
    refuse_to_overwrite(request.to.path, [*inputs.files.names, *(file for o in objectives for file in o.files), *gate_files])


# --- run -------------------------------------------------------------------------------------------------------------------


def run_plan(plan: Plan) -> list[Outcome]:
    """Run all parts in as few passes over the data as possible. Their outcomes are in order."""
    from losscli.cli.progress_bar import progress
    from losscli.engine.groups import run_parts

    with progress(plan.request.quiet), to_stderr():  # a user's function may print
        return run_parts(_parts(plan), threads=plan.request.threads)


def _parts(plan: Plan) -> list[Part]:
    """All parts. The losses are one group, since they have the same rows. Terms with the same rows join this group."""
    from losscli.engine.groups import group_key
    from losscli.results.terms import Terms

    nan = plan.request.work.nan
    columns = {n: c for member in plan.members if not isinstance(member, Terms) for n, c in member.columns.items()}
    rows = None if nan == "omit" else group_key(columns)
    group = ("losses",) if rows is None else (rows, nan)
    return [p for m in plan.members for p in (m.parts if isinstance(m, Terms) else [m.but(group=group)])]


# --- result ----------------------------------------------------------------------------------------------------------------


def comparison_of(plan: Plan, outcomes: Sequence[Outcome]) -> Comparison:
    """The comparison of all results.

    Raises InputError where the gate of a term expects the result of another loss.
    """
    from losscli.results import comparison
    from losscli.results.result import result_of
    from losscli.results.terms import Terms

    rest, losses = iter(outcomes), plan.request.losses
    results = [m.total(rest) if isinstance(m, Terms) else result_of(next(rest), m.bindings) for m in plan.members]
    table = [results[i : i + len(losses)] for i in range(0, len(results), len(losses))]
    compared = comparison.compare_results(list(plan.predictions), [loss.text for loss in losses], table, plan.baseline)
    return compared.but(header=plan.inputs.files.headers, warnings=[*plan.inputs.files.warnings, *compared.warnings])
