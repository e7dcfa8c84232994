"""Plan the terms of an objective: find the columns and the gate of each, so that all can run together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.catalogue.binding import bind, option_named
from losscli.catalogue.objective import Objective, Term
from losscli.catalogue.trust import Trust
from losscli.data.columns import Column
from losscli.data.conditions import Condition
from losscli.engine.groups import Part, group_key
from losscli.engine.outcome import Outcome
from losscli.engine.work import Work
from losscli.errors import UsageError, errors_at
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.results.checks import Verdict
from losscli.results.gates import Bounds, Gate, gate_of, verdict_of
from losscli.results.objective import Total, total_of
from losscli.results.result import Result, result_of
from losscli.sources.document import to_array
from losscli.sources.inputs import Inputs
from losscli.sources.join import ByIdWherePresent, Joining, pairing
from losscli.sources.pairing import Pairing
from losscli.sources.parts import Sources, part

__all__ = ["OuterSource", "Outside", "Terms", "check_id", "objective_id", "terms_of", "to_one_number"]


class OuterSource(Record):
    """A SOURCE from outside the file of a term: from the command line, or from an outer objective. `inputs` says how to read it."""

    source: Any
    inputs: Inputs


class Outside(Record):
    """The values that terms get from outside their file."""

    roles: Mapping[str, OuterSource]  # the roles that the file leaves open
    work: Work  # nan and dtype, for terms that do not set them
    id: OuterSource | None  # the columns that name the rows
    join: str = "exact"  # what becomes of ids that not every file of a term has
    prediction: int = 0  # which of the predictions of a comparison
    where: Sequence[Condition] = ()  # the conditions that the rows of every term meet


class Terms:
    """An objective whose terms are parts, or objectives in turn, and the gate of each."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.members: list[Part | Terms] = []
        self.gates: list[Gate | None] = []
        self.outer_sources: dict[str, str] = {}  # of the roles that the file leaves open

    @property
    def gate_files(self) -> Iterator[str]:
        """The files that its gates compare with."""
        yield from (file for gate in self.gates if gate is not None for file in gate.files)
        yield from (file for member in self.members if isinstance(member, Terms) for file in member.gate_files)

    @property
    def parts(self) -> Iterator[Part]:
        """The losses that run, those of inner objectives among them."""
        for member in self.members:
            if isinstance(member, Terms):
                yield from member.parts
            else:
                yield member

    def with_parts(self, change: Callable[[Part], Part]) -> Terms:
        """The same objective with other parts."""
        terms = Terms(self.objective)
        terms.members = [m.with_parts(change) if isinstance(m, Terms) else change(m) for m in self.members]
        terms.gates, terms.outer_sources = self.gates, self.outer_sources
        return terms

    def total(self, outcomes: Iterator[Outcome], name: str = "") -> Total:
        """The total of the outcomes of its parts, in order. `name` is put before the names of its terms."""
        results: list[Result | Total] = []
        verdicts: list[Verdict | None] = []
        for term, member, gate in zip(self.objective.terms, self.members, self.gates, strict=True):
            full_name = f"{name}{term.name}"
            if isinstance(member, Terms):
                result: Result | Total = member.total(outcomes, f"{full_name}.")
            else:
                result = result_of(next(outcomes), member.bindings, name=term.loss)
            with errors_at(_place(term, "expect")):
                verdicts.append(verdict_of(full_name, result, gate))
            results.append(result)
        return total_of(self.objective, results, verdicts, self.outer_sources)


def terms_of(objective: Objective, inputs: Inputs, outside: Outside, position: tuple[int, ...] = ()) -> Terms:
    """Every term with its columns: of its own sources, of those from outside, or by name in its own DATA or that of `inputs`.

    `at` is the place of the objective among all terms. Raises InputError and UsageError with the line of the term.
    """
    terms = Terms(objective)
    folder = os.path.dirname(objective.path)
    for i, term in enumerate(objective.terms):
        terms.gates.append(_gate(term, folder, objective.trust))
        term_inputs = inputs.within(term.data or inputs.data, folder, term.settings.get("classes", ()))
        term_inputs.trust = objective.trust
        open_roles = {role: source for role, source in outside.roles.items() if role in term.open_roles}
        from_outside = outside.but(roles=open_roles)
        if isinstance(term.definition, Objective):
            member = _inner(term, term.definition, term_inputs, from_outside, (*position, i))
            terms.outer_sources |= {r: s for r, s in member.outer_sources.items() if r in open_roles}
            terms.members.append(member)
        else:
            leaf = _leaf(term, term.definition, term_inputs, from_outside, (*position, i))
            terms.outer_sources |= {role: leaf.bindings[role] for role in open_roles}
            terms.members.append(leaf)
    return terms


def objective_id(objective: Objective, inputs: Inputs) -> OuterSource | None:
    """The id that an objective names, relative to its folder."""
    if objective.id is None:
        return None
    inner = inputs.within(inputs.data, os.path.dirname(objective.path))
    inner.trust = objective.trust
    return OuterSource(objective.id, inner)


def check_id(id: OuterSource | None, path: str) -> None:
    """Raise UsageError where no file of the terms has the column of the id."""
    if id is not None and id.source not in id.inputs.files.pairing_cache.present:
        raise UsageError(f"--id {id.source}: no file of {path} has a column {id.source!r}")


def to_one_number(work: Work, loss: Loss, preset: Preset) -> Work:
    """The work with a reduction: the mean, for a framework's loss that does not reduce."""
    unreduced = work.reduction is None and (preset.reduction or loss.reduction) == "none"
    return work.but(reduction="mean") if unreduced else work


# --- one term --------------------------------------------------------------------------------------------------------------


def _inner(term: Term, objective: Objective, term_inputs: Inputs, outside: Outside, position: tuple[int, ...]) -> Terms:
    """A term that is an objective: its terms get the roles that the term names, and those from outside."""
    inputs = term_inputs if term.data or objective.data is None else term_inputs.within(objective.data)
    roles = {**outside.roles, **{role: OuterSource(source, term_inputs) for role, source in term.roles.items()}}
    id = OuterSource(term.id, term_inputs) if term.id is not None else objective_id(objective, term_inputs) or outside.id
    return terms_of(objective, inputs, outside.but(roles=roles, id=id), position)


def _leaf(term: Term, definition: tuple[Loss, Preset], term_inputs: Inputs, outside: Outside, position: tuple[int, ...]) -> Part:
    """A term that is a loss."""
    loss, preset = definition
    rows = _rows(term, term_inputs, outside, position)
    term_inputs.id_names = getattr(rows, "id_names", None)  # before any column is read: a whole file is used without its ids
    roles, options, weight = _columns(term, term_inputs, outside), _options(term, loss, preset, term_inputs), _weight(term, term_inputs)
    sources = Sources(term_inputs, roles, rows, weight, outside.where)
    place = f"{term.place}: {term.name}"
    with errors_at(place):
        work = to_one_number(_work(term, outside.work), loss, preset)
        leaf_part = part(bind(loss, preset, options), sources, work, f"{outside.prediction}.{'.'.join(map(str, position))}.")
    same_rows = None if leaf_part.job.nan == "omit" else group_key(leaf_part.columns)  # each term omits its own rows
    group = ("alone", position) if same_rows is None else (same_rows, leaf_part.job.nan)
    bindings = leaf_part.bindings if weight is None else {**leaf_part.bindings, "sample_weight": weight.source}
    return leaf_part.but(bindings=bindings, group=group, place=place)


def _columns(term: Term, term_inputs: Inputs, outside: Outside) -> dict[str, Column]:
    columns = {role: _column(term, role, source, term_inputs) for role, source in term.roles.items()}
    for role, outer in outside.roles.items():
        inputs = outer.inputs if outer.inputs.data else outer.inputs.within(term_inputs.data, outer.inputs.folder)
        inputs.id_names = term_inputs.id_names
        columns[role] = _column(term, role, outer.source, inputs)
    return columns


def _column(term: Term, key: str, source: Any, inputs: Inputs) -> Column:
    """A SOURCE as text, or numbers as YAML has them."""
    with errors_at(_place(term, key)):
        return inputs.column(source) if isinstance(source, str) else Column("inline", np.atleast_1d(to_array(source, key)))


def _options(term: Term, loss: Loss, preset: Preset, term_inputs: Inputs) -> dict[str, Any]:
    values = {}
    for key, value in term.options.items():
        option = option_named(loss, preset, key)
        with errors_at(_place(term, key)):
            values[key] = term_inputs.option(value) if option is not None and option.is_source(value) else value
    return values


def _weight(term: Term, term_inputs: Inputs) -> Column | None:
    source = term.settings.get("sample_weight")
    return None if source is None else _column(term, "sample_weight", source, term_inputs)


def _work(term: Term, work: Work) -> Work:
    """The settings of the term, and those from outside where the term has none."""
    return work.but(**{key: value for key, value in term.settings.items() if key not in ("classes", "sample_weight")})


def _rows(term: Term, term_inputs: Inputs, outside: Outside, position: tuple[int, ...]) -> Pairing:
    """How the rows of the files of a term are matched: by its own id, or by that of all terms where its files have it."""
    outer = outside.id
    if term.id is not None or outer is None:
        return pairing(term_inputs, None if term.id is None else Joining(term.id, outside.join, position))
    joining = Joining(outer.source, outside.join, position)
    return ByIdWherePresent(outer.inputs.within(term_inputs.data, outer.inputs.folder), joining)


def _gate(term: Term, folder: str, trust: Trust) -> Gate | None:
    expect = term.bounds.get("expect")
    with errors_at(_place(term, "expect")):
        if expect is not None:
            from losscli.results.expectation import number_in

            if number_in(expect) is None:
                trust.check_file(os.path.join(folder, expect))
        return gate_of(Bounds(**term.bounds), folder)


def _place(term: Term, key: str) -> str:
    """The line of a key of a term, for messages."""
    return f"{term.lines.get(key, term.place)}: {term.name}"
