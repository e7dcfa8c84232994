"""An objective as it was asked for: losses with weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from losscli.registry import Loss, Preset

if TYPE_CHECKING:
    pass

__all__ = ["Objective", "Term"]


# --- as it is asked for ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Term:
    """A loss, or another objective, with its weight and all that its file says of it."""

    name: str
    place: str  # objective.yaml:5
    loss: str  # as it is written
    of: tuple[Loss, Preset] | Objective
    weight: float = 1.0
    data: str | None = None
    id: str | None = None
    roles: Mapping[str, Any] = field(default_factory=dict)  # SOURCEs, or numbers
    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)  # reduction, per, nan, …
    bounds: Mapping[str, Any] = field(default_factory=dict)  # of its gate
    lines: Mapping[str, str] = field(default_factory=dict)  # the place of each key

    @property
    def count(self) -> int:
        """How many losses it stands for."""
        return self.of.count if isinstance(self.of, Objective) else 1

    @property
    def wanted(self) -> frozenset[str]:
        """The roles that it does not name itself."""
        has = self.of.wanted if isinstance(self.of, Objective) else frozenset(self.of[0].roles)
        return has - self.roles.keys()


@dataclass(frozen=True)
class Objective:
    """A file of terms. The total is their weighted sum, their weighted mean, or none."""

    path: str
    total: str
    data: str | None
    terms: Sequence[Term]
    id: str | None = None  # what names the rows of its terms

    @cached_property
    def count(self) -> int:
        """How many losses its terms stand for."""
        return sum(t.count for t in self.terms)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The roles that some term does not name itself."""
        return frozenset().union(*(t.wanted for t in self.terms))

    @property
    def files(self) -> Iterator[str]:
        """Its own name and those of the objectives in it."""
        yield self.path
        for term in self.terms:
            if isinstance(term.of, Objective):
                yield from term.of.files
