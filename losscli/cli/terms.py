"""Losses with their sources made into parts that can be run together: those of a comparison, and the terms of an objective."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from losscli.catalogue.binding import BoundLoss, bind
from losscli.catalogue.objective import Objective, Term
from losscli.data.columns import Column
from losscli.engine.groups import Part, rows_of
from losscli.engine.passes import Outcome
from losscli.engine.plan import prepare
from losscli.engine.sample_weights import one_for_all
from losscli.engine.work import Work
from losscli.errors import UsageError, errors_at
from losscli.registry import Loss, Preset
from losscli.results.gates import Gate
from losscli.results.objective import Total, total
from losscli.results.result import Result, result_of
from losscli.sources.by_position import ByPosition
from losscli.sources.held import to_array
from losscli.sources.inputs import Inputs
from losscli.sources.join import ById, ByIdWherePresent, rows_by

__all__ = ["Given", "Terms", "Verdict", "check_id", "own_id", "part", "terms_of"]


def part(
    bound: BoundLoss,
    inputs: Inputs,
    sources: Mapping[str, str | Column],
    rows: ById | ByPosition,
    weight: Column | None,
    work: Work,
    name: str,
) -> Part:
    """One loss on the columns that its sources are, reduced to a number. Raises UsageError for a role without a source."""
    known, preset = bound.loss, bound.preset
    found = inputs.roles(known, sources, bound.options.get("ignore_index"), f"--{preset.word('ignore_index').replace('_', '-')}")
    if missing := [r.name for r in known.roles.values() if r.name not in found and not r.optional]:
        raise UsageError(f"{known.name} needs {' and '.join(missing)}: give {' '.join(map(inputs.flag, missing))}")
    if work.reduction is None and (preset.reduction or known.reduction) == "none":
        work = work.but(reduction="mean")  # a framework that does not reduce is taken by its mean
    matched = rows.matched(known, found, None if weight is None else one_for_all(weight))
    job, columns = prepare(bound, matched.columns, work, weight=matched.weight, name=name)
    job.notes += matched.notes
    job.warnings += matched.warnings
    return Part(job, columns, {r: c.source for r, c in found.items()}, None)


@dataclass(frozen=True)
class Given:
    """A SOURCE for the roles that terms leave open, and where it was written; without DATA of its own it is of the term's."""

    source: Any
    inputs: Inputs


@dataclass(frozen=True)
class Verdict:
    """What the gate of a term says of it."""

    name: str
    gate: Gate
    result: Result | Total
    said: Mapping[str, Any]


@dataclass
class Terms:
    """An objective whose terms are parts, or objectives in turn, and the gates of each."""

    objective: Objective
    members: list[Part | Terms] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)  # the sources of the roles that the file leaves open

    @property
    def judges(self) -> Iterator[str]:
        """The files that its gates compare with."""
        yield from (f for gate in self.gates for f in gate.files)
        yield from (f for member in self.members if isinstance(member, Terms) for f in member.judges)

    @property
    def parts(self) -> Iterator[Part]:
        for member in self.members:
            if isinstance(member, Terms):
                yield from member.parts
            else:
                yield member

    def total(self, outcomes: Iterator[Outcome], verdicts: list[Verdict], name: str = "") -> Total:
        """What the outcomes of its parts, in order, add up to; the verdicts on the terms are added to those there are."""
        results: list[Result | Total] = []
        said: list[Mapping[str, Any] | None] = []
        for term, member, gate in zip(self.objective.terms, self.members, self.gates, strict=True):
            own = f"{name}{term.name}"
            if isinstance(member, Terms):
                result: Result | Total = member.total(outcomes, verdicts, f"{own}.")
            else:
                result = result_of(next(outcomes), member.bindings, name=term.loss)
            with errors_at(f"{term.lines.get('expect', term.place)}: {term.name}"):
                verdict = gate.verdict(result) if gate.asked else None
            if verdict is not None:
                verdicts.append(Verdict(own, gate, result, verdict))
            results.append(result)
            said.append(verdict)
        return total(self.objective, results, said, self.given)


def terms_of(
    objective: Objective, inputs: Inputs, given: Mapping[str, Given], how: Mapping[str, Any], at: tuple[int, ...] = (), prediction: int = 0
) -> Terms:
    """Every term with its columns: of its own sources, of those given, or bound by name in its own DATA or that of `inputs`.

    `how` is what a term does not say itself (nan, dtype, id); `at` its place among all there are. Raises InputError and UsageError with the
    line of the term.
    """
    found = Terms(objective)
    folder = os.path.dirname(objective.path)
    for i, term in enumerate(objective.terms):
        found.gates.append(_gate(term, folder))
        own = inputs.within(term.data or inputs.data, folder, term.settings.get("classes", ()))
        known = {role: source for role, source in given.items() if role in term.wanted}
        if isinstance(term.of, Objective):
            beneath = own if term.data or term.of.data is None else inputs.within(term.of.data)
            inner = known | {role: Given(source, own) for role, source in term.roles.items()}
            member = terms_of(term.of, beneath, inner, {**how, "id": _id_of(term, own, how["id"])}, (*at, i), prediction)
            found.given |= {role: source for role, source in member.given.items() if role in known}
            found.members.append(member)
            continue
        leaf = _leaf(term, *term.of, own, known, how, (*at, i), prediction)
        found.given |= {role: leaf.bindings[role] for role in known}
        found.members.append(leaf)
    return found


def own_id(objective: Objective, inputs: Inputs) -> Given | None:
    """The id that an objective names, as seen from its folder."""
    return None if objective.id is None else Given(objective.id, inputs.within(inputs.data, os.path.dirname(objective.path)))


def check_id(given: Given | None, path: str) -> None:
    """Raise UsageError where an id reached no term."""
    if given is not None and ("reached", given.source) not in given.inputs.orders:
        raise UsageError(f"--id {given.source}: no file of {path} has a column {given.source!r}")


def _id_of(term: Term, own: Inputs, outer: Given | None) -> Given | None:
    """The id of a term that is an objective: its own, or what its file names, or that of all terms."""
    named = own_id(term.of, own) if isinstance(term.of, Objective) else None
    return Given(term.id, own) if term.id is not None else named or outer


def _rows(term: Term, own: Inputs, outer: Given | None) -> ById | ByPosition:
    """How the rows of the files of a term come together: by its own id, or by that of all terms where its files have it."""
    if term.id is not None or outer is None:
        return rows_by(own, term.id)
    return ByIdWherePresent(outer.inputs.within(own.data, outer.inputs.folder), outer.source)


def _gate(term: Term, folder: str) -> Gate:
    limits: dict[str, Any] = {"max": None, "min": None, "expect": None}
    with errors_at(f"{term.lines.get('expect', term.place)}: {term.name}"):
        return Gate(**{**limits, **term.bounds}, folder=folder)


def _leaf(
    term: Term,
    known: Loss,
    preset: Preset,
    own: Inputs,
    given: Mapping[str, Given],
    how: Mapping[str, Any],
    at: tuple[int, ...],
    prediction: int,
) -> Part:
    place = f"{term.place}: {term.name}"
    sources = {role: _column(term, role, source, own) for role, source in term.roles.items()}
    for role, outer in given.items():
        sources[role] = _column(
            term, role, outer.source, outer.inputs if outer.inputs.data else outer.inputs.within(own.data, outer.inputs.folder)
        )
    options = {}
    for key, value in term.options.items():
        option = known.all_options[preset.renames.get(key, key)]
        with errors_at(f"{term.lines[key]}: {term.name}"):
            options[key] = own.option(value) if option.is_source(value) else value
    rows = _rows(term, own, how["id"])
    settings = {
        **{k: v for k, v in how.items() if k != "id"},
        **{k: v for k, v in term.settings.items() if k not in ("classes", "sample_weight")},
    }
    weight = _column(term, "sample_weight", term.settings["sample_weight"], own) if "sample_weight" in term.settings else None
    name = f"{prediction}.{'.'.join(map(str, at))}."
    with errors_at(place):
        bound = bind(known, preset, options)
        made = part(bound, own, sources, rows, weight, Work(**settings), name)
    same = None if made.job.nan == "omit" else rows_of(made.columns)  # what is left out of a term is left out of no other
    said = {} if weight is None else {"sample_weight": weight.source}
    group = ("alone", at) if same is None else (same, made.job.nan)
    return Part(made.job, made.columns, {**made.bindings, **said}, group, place)


def _column(term: Term, key: str, source: Any, inputs: Inputs) -> Column:
    """A SOURCE as text, or numbers as YAML has them."""
    with errors_at(f"{term.lines.get(key, term.place)}: {term.name}"):
        return inputs.column(source) if isinstance(source, str) else Column("inline", np.atleast_1d(to_array(source, key)))
