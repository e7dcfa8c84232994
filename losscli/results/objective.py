"""The terms of an objective with their values, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from losscli.errors import Warned
from losscli.version import SCHEMA

if TYPE_CHECKING:
    from losscli.results.checks import Verdict
    from losscli.results.result import Denominator, Result, Rows
from losscli.catalogue.objective import Objective

__all__ = ["Total", "Valued", "total"]

# --- what it comes to ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Valued:
    """A term with its value; `contribution` is what it adds to the total, `share` how much of it that is."""

    name: str
    loss: str
    result: Result | Total
    weight: float | None = None  # None where there is no total, and with it the two below
    contribution: float | None = None
    share: float | None = None  # None also where the total is 0 or nan
    verdict: Verdict | None = None

    def to_dict(self) -> dict[str, Any]:
        own = self.result.to_dict()
        said = {"weight": self.weight, "value": self.result.value, "contribution": self.contribution, "share": self.share}
        if isinstance(self.result, Total):
            inner = {k: own[k] for k in ("total", "terms")}
        else:
            inner = {k: own[k] for k in ("denominator", "rows", "bindings", "notes") if k in own}
            said = {"named": own.get("named"), "params": own["params"], "reduction": own["reduction"], **said}
        known = {"name": self.name, "loss": self.loss, **said, "gate": None if self.verdict is None else self.verdict.to_dict(), **inner}
        return {k: v for k, v in known.items() if v is not None}


@dataclass(frozen=True)
class Total:
    """The terms of an objective and what they add up to; it can stand in a comparison as a Result does."""

    name: str
    reduction: str  # sum, mean or none
    value: Any
    terms: Sequence[Valued]
    given: Mapping[str, str] = field(default_factory=dict)  # the sources of the roles that the file leaves open
    params: Mapping[str, Any] = field(default_factory=dict)
    denominator: Denominator | None = None
    header: Mapping[str, bool] = field(default_factory=dict)  # of each table of text, whether it was found to have one
    read: Sequence[Warned] = ()  # what is said of the files

    @property
    def leaves(self) -> Iterator[tuple[str, Valued]]:
        """The terms that are losses, by their names; those of an objective within it behind a dot."""
        for term in self.terms:
            if isinstance(term.result, Total):
                yield from ((f"{term.name}.{name}", leaf) for name, leaf in term.result.leaves)
            else:
                yield term.name, term

    @property
    def verdicts(self) -> Iterator[Verdict]:
        """Those of the terms that have a gate; the verdicts inside an objective come before its own."""
        for term in self.terms:
            if isinstance(term.result, Total):
                yield from term.result.verdicts
            if term.verdict is not None:
                yield term.verdict

    @property
    def rows(self) -> Rows:
        """Those of the term that used the fewest."""
        return min((leaf.result.rows for _, leaf in self.leaves), key=lambda rows: rows.used)

    @property
    def empty(self) -> bool:
        """Whether one of the terms that count was computed from nothing, or none counts."""
        counting = [term for term in self.terms if term.weight != 0]
        return not counting or any(term.result.empty for term in counting)

    @property
    def bindings(self) -> Mapping[str, str]:
        """By role, where all terms that have it take it from one source; else by term and role."""
        all_ = [(f"{name}.{role}", role, s) for name, leaf in self.leaves for role, s in leaf.result.bindings.items()]
        sources: dict[str, set[str]] = {}
        for _, role, s in all_:
            sources.setdefault(role, set()).add(s)
        shared = {role: s for _, role, s in all_ if len(sources[role]) == 1} | dict(self.given)
        return shared | {name: s for name, role, s in all_ if shared.get(role) != s}

    @property
    def notes(self) -> list[str]:
        """Each with the name of the term that it is about."""
        return [f"{name}: {note}" for name, leaf in self.leaves for note in leaf.result.notes]

    @property
    def warnings(self) -> list[Warned]:
        """Each once, with the names of the terms that it is about."""
        about: dict[tuple[str, str], list[str]] = {}
        for name, leaf in self.leaves:
            for w in leaf.result.warnings:
                about.setdefault((w.code, w.message), []).append(name)
        said = [*self.read, *(Warned(code, f"{', '.join(names)}: {message}") for (code, message), names in about.items())]
        if all(term.weight == 0 for term in self.terms):
            said.append(Warned("W105", f"{self.name} is {self.value}: the weight of every term is 0"))
        if self.value is not None and not math.isfinite(self.value) and all(math.isfinite(t.result.value) for t in self.terms):
            said.append(Warned("W110", f"{self.name} is {self.value}: the terms add up to something too large for float64"))
        return said

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.version import __version__

        found = {"kind": self.reduction} | ({} if self.value is None else {"value": self.value})
        return {
            "schema": SCHEMA,
            "objective": self.name,
            "total": found,
            "terms": [t.to_dict() for t in self.terms],
            **({"header": dict(self.header)} if self.header else {}),
            "warnings": [vars(w) for w in self.warnings],
            "version": __version__,
        }


def total(objective: Objective, results: Iterable[Result | Total], verdicts: Iterable[Verdict | None], given: Mapping[str, str]) -> Total:
    """What the results of its terms add up to: Σ w v, or Σ w v / Σ w."""
    found = list(zip(objective.terms, results, verdicts, strict=True))
    if objective.total == "none":
        return Total(objective.path, "none", None, [Valued(t.name, t.loss, r, verdict=v) for t, r, v in found], given)
    under = math.fsum(t.weight for t in objective.terms) if objective.total == "mean" else 1.0
    parts = [t.weight * r.value / under for t, r, _ in found]
    value = _added(t.weight * r.value for t, r, _ in found) / under
    return Total(
        objective.path,
        objective.total,
        value,
        [
            Valued(t.name, t.loss, r, t.weight, part, part / value if value and math.isfinite(value) else None, v)
            for (t, r, v), part in zip(found, parts, strict=True)
        ],
        given,
    )


def _added(parts: Iterable[float]) -> float:
    """Their sum, rounded once; as plain additions where that is infinite or nan."""
    parts = list(parts)
    try:
        return math.fsum(parts)
    except (OverflowError, ValueError):  # too large on the way; inf − inf
        return sum(parts)
