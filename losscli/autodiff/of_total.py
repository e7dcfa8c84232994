"""The derivatives of the total of an objective: the terms that read a column, or have an option, are added with their weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from losscli.autodiff.backward import GradientCollector
from losscli.autodiff.derivatives import derivatives_or_differences
from losscli.autodiff.with_respect_to import differentiable, in_users_words, numeric_options, present_roles
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.groups import Part
from losscli.engine.outcome import Outcome
from losscli.errors import UsageError, suggest
from losscli.record import Record
from losscli.results.objective import TotalGradient
from losscli.results.terms import Terms

__all__ = ["Leaf", "Read", "added", "gradient_of_term", "gradients_of_total", "leaves_of", "readers_of", "same_column"]


class Leaf(Record):
    """A term that is a loss: its outcome, and what its loss is multiplied by in the total."""

    name: str
    part: Part
    outcome: Outcome
    factor: float

    @property
    def data(self) -> Data:
        return Data(dict(self.part.columns), omit=self.outcome.job.nan == "omit")

    def source(self, role: str) -> str:
        return str(self.part.bindings.get(role, role))

    def column(self, role: str) -> Column | None:
        return self.part.columns.get(self.part.job.columns.get(role, ""))


Read = tuple[Leaf, str]  # a term and a role, or an option, of its loss


def gradients_of_total(text: str, terms: Terms, outcomes: Sequence[Outcome], *, threads: int) -> dict[str, TotalGradient]:
    """The derivatives of the total for each of `--grad NAME,NAME`: a role, a column, an option, or TERM.OPTION.

    Raises UsageError for a name that no term has, and for terms whose derivatives cannot be added.
    """
    leaves = list(leaves_of(terms, iter(outcomes), 1.0))
    names = dict.fromkeys(n.strip() for n in text.split(","))
    readers = {name: readers_of(name, leaves) for name in names}
    return {name: added(name, [(leaf, gradient_of_term(leaf, what, threads)) for leaf, what in r]) for name, r in readers.items()}


def leaves_of(terms: Terms, outcomes: Iterator[Outcome], factor: float, outer: str = "") -> Iterator[Leaf]:
    """The terms that are losses, in order, with their factors in the total."""
    objective = terms.objective
    divisor = math.fsum(t.weight for t in objective.terms) if objective.total == "mean" else 1.0
    for term, member in zip(objective.terms, terms.members, strict=True):
        of_term = factor * term.weight / divisor
        if isinstance(member, Terms):
            yield from leaves_of(member, outcomes, of_term, f"{outer}{term.name}.")
        else:
            yield Leaf(f"{outer}{term.name}", member, next(outcomes), of_term)


# --- which terms read it -----------------------------------------------------------------------------------------------------


def readers_of(name: str, leaves: Sequence[Leaf]) -> list[Read]:
    """The terms that read a column, with the role that has it; or the term with an option."""
    term, _, option = name.rpartition(".")
    if leaf := next((x for x in leaves if x.name == term), None):
        return [(leaf, option)]
    role = name.replace("-", "_")
    every = [(x, r) for x in leaves for r in present_roles(x.part.job)]
    if found := [(x, r) for x, r in every if r == role]:
        first, *others = found
        if other := next((x for x in others if not same_column(first, x)), None):
            both = f"{first[0].name} reads {first[0].source(role)}, {other[0].name} reads {other[0].source(role)}"
            raise UsageError(f"--grad {name}: the {role} of the terms are several columns ({both}): name one of the columns")
        return [x for x in every if same_column(first, x)]
    if found := [(x, r) for x, r in every if name in (x.source(r), x.source(r).rpartition("::")[2]) and name != "inline"]:
        if other := next((x for x in found if x[0].source(x[1]) != found[0][0].source(found[0][1])), None):
            raise UsageError(
                f"--grad {name}: {found[0][0].source(found[0][1])} and {other[0].source(other[1])} have this name: name one of them"
            )
        return found
    with_option = [(x, role) for x in leaves if role in numeric_options(x.part.job)]
    if len(with_option) == 1:
        return with_option
    if with_option:
        raise UsageError(f"--grad {name}: several terms have it: name {' or '.join(f'{x.name}.{role}' for x, _ in with_option)}")
    known = list(dict.fromkeys([*(r for _, r in every), *(f"{x.name}.{o}" for x in leaves for o in numeric_options(x.part.job))]))
    raise UsageError(
        f"--grad takes a role, a column or an option of a term: none has {name!r}{suggest(name, known)}; there are {', '.join(known)}"
    )


def same_column(a: Read, b: Read) -> bool:
    """Whether two roles have the same numbers: the same column of a file, or the same numbers on the command line."""
    (x, r), (y, s) = a, b
    if x.source(r) != y.source(s):
        return False
    first, second = x.column(r), y.column(s)
    if first is None or second is None or first.array is None or second.array is None:
        return True
    return bool(np.array_equal(first.array, second.array, equal_nan=True))


# --- the derivatives -----------------------------------------------------------------------------------------------------------


def added(name: str, parts: Sequence[tuple[Leaf, TotalGradient]]) -> TotalGradient:
    """The sum of the derivatives of the terms. Raises UsageError where they use other numbers of rows."""
    shapes = {g.values.shape[1:] if g.rows is not None else g.values.shape for _, g in parts}
    counts = {leaf.outcome.rows_read for leaf, g in parts if g.rows is not None}
    if len(shapes) > 1 or len(counts) > 1 or len({g.rows is None for _, g in parts}) > 1:
        each = ", ".join(f"{leaf.name} {g.values.shape} of {leaf.outcome.rows_read:,} rows" for leaf, g in parts)
        raise UsageError(f"--grad {name}: the derivatives of the terms have different shapes ({each}), so they cannot be added")
    if parts[0][1].rows is None:
        return TotalGradient(np.asarray(sum(g.values for _, g in parts)), None)
    rows = np.unique(np.concatenate([g.rows for _, g in parts if g.rows is not None]))  # a term leaves out its own rows with nan
    total = np.zeros((len(rows), *shapes.pop()))
    for _, g in parts:
        if g.rows is not None:
            total[np.searchsorted(rows, g.rows)] += g.values
    return TotalGradient(total, rows)


Derivatives = Callable[..., Mapping[str, Any]]  # as derivatives_or_differences


def gradient_of_term(leaf: Leaf, what: str, threads: int, derivatives: Derivatives = derivatives_or_differences) -> TotalGradient:
    """The derivative of one term, times its factor."""
    job, data = leaf.outcome.job, leaf.data
    (name,) = differentiable(what, job, data)
    collector = GradientCollector(leaf.outcome, [name])
    with np.errstate(all="ignore"):
        shared = derivatives(leaf.outcome, data, [name], collector, threads=threads)
    if name in job.columns:
        rows = np.concatenate(collector.rows) if collector.rows else np.zeros(0, int)
        return TotalGradient(leaf.factor * job.layouts[name].undo(collector.gradients[name]), rows)
    (value,) = in_users_words(job, shared).values()
    return TotalGradient(leaf.factor * np.asarray(value), None)
