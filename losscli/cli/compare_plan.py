"""The plan of `losscli compare`: the files are opened, and every loss of every prediction is planned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from losscli.catalogue.binding import bind
from losscli.catalogue.objective import Objective
from losscli.cli.loss_argument import NamedLoss
from losscli.cli.request import CompareRequest
from losscli.cli.rules import check_rules
from losscli.errors import UsageError, suggest
from losscli.record import EMPTY, Record
from losscli.registry import Loss, Preset

if TYPE_CHECKING:
    from losscli.data.columns import Column
    from losscli.data.slices import Slices
    from losscli.domains import Domain
    from losscli.engine.groups import Part
    from losscli.experiment.comparing import Experiment
    from losscli.experiment.watching import Watched
    from losscli.results.comparison_gates import ComparisonGates
    from losscli.results.dependence import Dependence
    from losscli.results.terms import Terms
    from losscli.sources.inputs import Inputs
    from losscli.sources.pairing import Pairing

__all__ = ["Plan", "flag_of", "plan_of", "predictions_of"]


class Plan(Record):
    """All that is decided before the first block is read."""

    request: CompareRequest
    inputs: Inputs
    experiment: Experiment
    rows: Pairing
    probabilities: Mapping[str, Part] = EMPTY  # by prediction, the loss that takes its probabilities, with --calibration
    slices: Slices | None = None


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
    from losscli.experiment.comparing import Experiment
    from losscli.sources.inputs import Inputs
    from losscli.sources.join import pairing
    from losscli.sources.open_files import OpenFiles

    check_rules(request)
    inputs = Inputs(request.data, OpenFiles(request.reading), request.classes, flag=flag_of)
    predictions = predictions_of(request, inputs)
    baseline = request.baseline or next(iter(predictions))
    if baseline not in predictions:
        raise UsageError(f"--baseline {baseline!r} is not one of the predictions{suggest(baseline, predictions)}: {', '.join(predictions)}")
    gates = _gates(request, predictions)
    rows = pairing(inputs, request.joining)  # before any column is read: a whole file is used without its ids
    weight = None if request.sample_weight is None else inputs.column(request.sample_weight)
    shared = Shared(request, inputs, rows, weight)
    members = _members(shared, predictions)
    if inputs.files.pairing_cache.begin_again():  # a later file left out more rows
        shared = shared.but(rows=pairing(inputs, request.joining))
        members = _members(shared, predictions)
    groups, dependence = _dependence(shared)
    watched = _watched(shared, members, wanted=not dependence.said and (request.level is not None or gates.pairs_rows))
    slices = None
    if request.by is not None:
        from losscli.sources.slice_columns import slices_of

        slices = slices_of(inputs, shared.rows, request.by)
    inputs.check_used()
    _refuse_to_overwrite(request, inputs, members)
    losses = [loss.text for loss in request.losses]
    experiment = Experiment(list(predictions), losses, members, baseline, request.work.nan, request.level, top=request.top)
    experiment = experiment.but(groups=groups, watched=watched, dependence=dependence, gates=gates, bets=request.ledger is not None)
    experiment = experiment.but(adjust=request.adjust or "holm", all_pairs=request.all_pairs, mcs=request.mcs)
    experiment = experiment.but(resamples=request.resamples)
    return Plan(request, inputs, experiment, shared.rows, _probabilities(experiment) if request.calibration else EMPTY, slices)


def _gates(request: CompareRequest, predictions: Collection[str]) -> ComparisonGates:
    """The gates. Raises UsageError where there is nothing to compare a single prediction with."""
    from losscli.results.comparison_gates import ComparisonGates

    flags = [*request.of_intervals, *(["--top"] if request.top else [])]
    if flags and len(predictions) == 1:
        raise UsageError(f"{flags[0]} compares predictions, and there is one: add another -p")
    if request.margins and request.against is None and len(predictions) == 1:
        raise UsageError("a gate on a difference needs a baseline, and there is one prediction: add another -p, or --against FILE")
    earlier = None
    if request.against is not None:
        from losscli.results.earlier import read_earlier

        earlier = read_earlier(request.against, "--against")
    return ComparisonGates(request.bounds, request.margins, earlier, request.strict)


def _dependence(shared: Shared) -> tuple[dict[str, Column], Dependence]:
    """The columns that number groups of rows, and what the user says about them."""
    from losscli.results.dependence import Dependence
    from losscli.sources.cell_columns import cluster_columns

    request = shared.request
    if request.folds is not None:
        groups = cluster_columns(shared.inputs, shared.rows, [request.folds], "--folds")
        return groups, Dependence(tuple(groups), folds=True, test_share=request.test_share)
    groups = cluster_columns(shared.inputs, shared.rows, request.clusters)
    return groups, Dependence(tuple(groups), request.lag, request.independent)


def _watched(shared: Shared, members: Sequence[Part | Terms], *, wanted: bool) -> Watched:
    """The columns that may number groups of rows. None for an objective, whose terms may have other rows."""
    from losscli.engine.groups import Part
    from losscli.experiment.watching import NOTHING, Watched
    from losscli.sources.watched_columns import watched_columns

    parts = [m for m in members if isinstance(m, Part)]
    if not wanted or len(parts) < len(members):
        return NOTHING
    used = [column for part in parts for column in part.columns.values()]
    columns = watched_columns(shared.inputs, shared.rows, used)
    return Watched({f"columns.{name}": column for name, column in columns.items()})


def _probabilities(experiment: Experiment) -> Mapping[str, Part]:
    from losscli.results.calibration import losses_of_probabilities

    return losses_of_probabilities(experiment.predictions, experiment.members)


def flag_of(role: str) -> str:
    """The option that gives a role, for messages."""
    return "-t SOURCE" if role == "target" else f"--role {role}=SOURCE"


def predictions_of(request: CompareRequest, inputs: Inputs) -> dict[str, str]:
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


def _members(shared: Shared, predictions: Mapping[str, str]) -> list[Part | Terms]:
    """Every loss of every prediction. `predictions` holds the SOURCE of each, by its name."""
    return [
        _member(shared, loss, (name, source), (p, k))
        for p, (name, source) in enumerate(predictions.items())
        for k, loss in enumerate(shared.request.losses)
    ]


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
    terms = terms_of(objective, inputs, Outside(roles, request.work, id, request.join, prediction, request.where), (k,))
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
    return part(
        bound, Sources(shared.inputs, sources, shared.rows, shared.weight, shared.request.where), work, f"{position[0]}.{position[1]}."
    )


def _refuse_to_overwrite(request: CompareRequest, inputs: Inputs, members: Sequence[Part | Terms]) -> None:
    from losscli.cli.destination import refuse_to_overwrite
    from losscli.results.terms import Terms

    objectives = [loss.definition for loss in request.losses if isinstance(loss.definition, Objective)]
    gate_files = (file for member in members if isinstance(member, Terms) for file in member.gate_files)
    against = [file for file in (request.against, request.ledger) if file is not None]
    refuse_to_overwrite(request.to.path, [*inputs.files.names, *(file for o in objectives for file in o.files), *gate_files, *against])
