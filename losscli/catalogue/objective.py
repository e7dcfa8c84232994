"""An objective: losses with weights, as its file declares them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from losscli.catalogue.trust import Trust
from losscli.record import EMPTY, Record
from losscli.registry import Loss, Preset

__all__ = ["LEARNED", "Learned", "Objective", "Term"]

# The words of `weight: learned` -> a and b of a e^−s v + b s, where s is the log-variance of the term and v its loss.
LEARNED = {"learned": (0.5, 0.5), "learned_classification": (1.0, 0.5), "learned_doubled": (1.0, 1.0)}


class Learned(Record):
    """A weight that a model learns with the uncertainty of a task: the term adds a e^−s v + b s to the total."""

    kind: str  # one of LEARNED
    log_variance: float

    @property
    def weight(self) -> float:
        return LEARNED[self.kind][0] * math.exp(-self.log_variance)

    @property
    def added(self) -> float:
        """What the term adds besides its weighted loss."""
        return LEARNED[self.kind][1] * self.log_variance


class Term(Record):
    """A loss, or another objective, with its weight, its arrays, its options and its settings."""

    name: str
    place: str  # file and line, as in objective.yaml:5
    loss: str  # the name of the loss, as it is written
    definition: tuple[Loss, Preset] | Objective
    weight: float = 1.0
    learned: Learned | None = None  # where the weight comes from, if it is learned
    data: str | None = None
    id: str | None = None
    roles: Mapping[str, Any] = EMPTY  # for each role: a SOURCE, or numbers
    options: Mapping[str, Any] = EMPTY
    settings: Mapping[str, Any] = EMPTY  # reduction, per, nan, …, which all losses have
    bounds: Mapping[str, Any] = EMPTY  # min, max, expect, …: the bounds of its gate
    lines: Mapping[str, str] = EMPTY  # for each key: file and line

    @property
    def added(self) -> float:
        """What it adds to the total besides its weighted loss."""
        return 0.0 if self.learned is None else self.learned.added

    @property
    def constant(self) -> bool:
        """Whether it is a number that its file gives, as in `value: 12.5`."""
        return self.loss == "given" and isinstance(self.roles.get("value"), float)

    @property
    def count(self) -> int:
        """The number of losses that it computes."""
        return self.definition.count if isinstance(self.definition, Objective) else 1

    @property
    def open_roles(self) -> frozenset[str]:
        """The roles that it needs and that its file does not provide."""
        has = self.definition.open_roles if isinstance(self.definition, Objective) else frozenset(self.definition[0].roles)
        return has - self.roles.keys()


class Objective(Record):
    """A file of terms. `total` is one of `choices.TOTAL`: their weighted sum, their weighted mean, or no total."""

    path: str
    total: str
    data: str | None
    terms: Sequence[Term]
    id: str | None = None  # the column that names the rows of its terms
    trust: Trust = Trust()  # what its file may name

    @cached_property
    def count(self) -> int:
        """The number of losses that its terms compute."""
        return sum(t.count for t in self.terms)

    @cached_property
    def open_roles(self) -> frozenset[str]:
        """The roles that a term needs and that the file does not provide."""
        return frozenset().union(*(t.open_roles for t in self.terms))

    @property
    def files(self) -> Iterator[str]:
        """The name of its file, and those of the objectives in it."""
        yield self.path
        for term in self.terms:
            if isinstance(term.definition, Objective):
                yield from term.definition.files
