"""The result of an objective: the results of its terms and their weighted sum or mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.catalogue.objective import Learned, Objective
from losscli.errors import DataWarning
from losscli.record import EMPTY, Record
from losscli.results.alarms import alarm_dict
from losscli.version import SCHEMA

if TYPE_CHECKING:
    from losscli.numeric.lazy import Array
    from losscli.results.checks import Verdict
    from losscli.results.result import Denominator, Result, Rows
    from losscli.results.uncertainty import Uncertainty
    from losscli.statistics.alarm import Alarm

__all__ = ["TermResult", "Total", "TotalGradient", "total_of"]


class TotalGradient(Record):
    """The derivative of a total: for each row, with the numbers of the rows; or for an option, or a role that all rows share."""

    values: Array
    rows: Array | None


class TermResult(Record):
    """The result of one term. `contribution` is what it adds to the total, and `share` its contribution divided by the total."""

    name: str
    loss: str
    result: Result | Total
    weight: float | None = None  # None where there is no total, as are the two below
    contribution: float | None = None
    share: float | None = None  # None also where the total is 0, infinite or nan
    verdict: Verdict | None = None
    learned: Learned | None = None  # the weight, if it is learned
    constant: bool = False  # whether it is a number that the file gives

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it; keys that do not apply are absent."""
        result = self.result.to_dict()
        rest = ("total", "terms") if isinstance(self.result, Total) else ("denominator", "rows", "bindings", "notes")
        document: dict[str, Any] = {
            "name": self.name,
            "loss": self.loss,
            "named": result.get("named"),
            "name_note": result.get("name_note"),
            "params": result.get("params"),
            "reduction": result.get("reduction"),
            "weight": self.weight,
            "learned": None
            if self.learned is None
            else {"kind": self.learned.kind, "log_variance": self.learned.log_variance, "added": self.learned.added},
            "value": self.result.value,
            "contribution": self.contribution,
            "share": self.share,
            "gate": None if self.verdict is None else self.verdict.to_dict(),
            **{key: result.get(key) for key in rest},
        }
        return {k: v for k, v in document.items() if v is not None}


class Total(Record):
    """The terms of an objective and their total. A comparison can use it instead of a Result."""

    name: str
    reduction: str  # sum, mean or none
    value: Any  # a number, or None where there is no total
    terms: Sequence[TermResult]
    outer_sources: Mapping[str, str] = EMPTY  # by role that the file leaves open
    params: Mapping[str, Any] = EMPTY
    denominator: Denominator | None = None
    header: Mapping[str, bool] = EMPTY  # by table of text, whether its first line was read as a header
    file_warnings: Sequence[DataWarning] = ()
    uncertainty: Uncertainty | None = None  # of the value
    without_interval: str = ""  # why an interval that was requested is missing
    alarm: Alarm | None = None  # dependence of the rows that the interval does not take into account
    notes_of_interval: Sequence[str] = ()
    gradient: Mapping[str, TotalGradient] = EMPTY  # by the name that was asked for

    @property
    def leaves(self) -> Iterator[tuple[str, TermResult]]:
        """The terms that are losses, by name. The name of a term inside an inner objective begins with the inner objective: outer.inner."""
        for term in self.terms:
            if isinstance(term.result, Total):
                yield from ((f"{term.name}.{name}", leaf) for name, leaf in term.result.leaves)
            else:
                yield term.name, term

    @property
    def verdicts(self) -> Iterator[Verdict]:
        """The verdicts of the terms that have a gate; those inside an objective come before its own."""
        for term in self.terms:
            if isinstance(term.result, Total):
                yield from term.result.verdicts
            if term.verdict is not None:
                yield term.verdict

    @property
    def rows(self) -> Rows:
        """The rows of the term that used the fewest."""
        leaves = [leaf for _, leaf in self.leaves]
        return min((leaf.result.rows for leaf in [x for x in leaves if not x.constant] or leaves), key=lambda rows: rows.used)

    @property
    def where(self) -> Sequence[str]:
        """The conditions that the rows of all terms meet."""
        return next(self.leaves)[1].result.where

    @property
    def empty(self) -> bool:
        """Whether a term with a weight other than 0 was computed from no data, or all weights are 0."""
        weighted = [term for term in self.terms if term.weight != 0]
        return not weighted or any(term.result.empty for term in weighted)

    @property
    def bindings(self) -> Mapping[str, str]:
        """The sources: by role, if all terms with the role have the same source for it; else by term and role."""
        bindings = [(f"{name}.{role}", role, source) for name, leaf in self.leaves for role, source in leaf.result.bindings.items()]
        sources: dict[str, set[str]] = {}
        for _, role, source in bindings:
            sources.setdefault(role, set()).add(source)
        shared = {role: source for _, role, source in bindings if len(sources[role]) == 1} | dict(self.outer_sources)
        return shared | {name: source for name, role, source in bindings if shared.get(role) != source}

    @property
    def notes(self) -> list[str]:
        """The notes on all terms, each after the name of its term."""
        return [f"{name}: {note}" for name, leaf in self.leaves for note in leaf.result.notes]

    @property
    def warnings(self) -> list[DataWarning]:
        """The warnings of the files, of the terms (each once, after the names of its terms), and of the total."""
        names_of: dict[DataWarning, list[str]] = {}
        for name, leaf in self.leaves:
            for warning in leaf.result.warnings:
                names_of.setdefault(warning, []).append(name)
        of_terms = [DataWarning(w.code, f"{', '.join(names)}: {w.message}") for w, names in names_of.items()]
        return [*self.file_warnings, *of_terms, *self._own_warnings()]

    def _own_warnings(self) -> Iterator[DataWarning]:
        if all(term.weight == 0 for term in self.terms):
            yield DataWarning("W105", f"{self.name} is {self.value}: the weight of every term is 0")
        if self.value is not None and not math.isfinite(self.value) and all(math.isfinite(t.result.value) for t in self.terms):
            yield DataWarning("W110", f"{self.name} is {self.value}: the terms add up to something too large for float64")

    def _interval(self) -> dict[str, Any]:
        if (u := self.uncertainty) is None:
            return {"without_interval": self.without_interval} if self.without_interval else {}
        return {"se": u.se, "interval": u.to_dict(), **({} if self.alarm is None else {"dependence": alarm_dict(self.alarm)})}

    def _gradient(self) -> dict[str, Any]:
        if not self.gradient:
            return {}
        rows = next((g.rows for g in self.gradient.values() if g.rows is not None), None)
        left_out = rows is not None and (self.rows.omitted or bool(self.where))
        values = {name: g.values.tolist() for name, g in self.gradient.items()}
        return {"gradient": values, **({"gradient_rows": rows.tolist()} if rows is not None and left_out else {})}

    def to_dict(self) -> dict[str, Any]:
        """As `-f json` writes it."""
        from losscli.version import __version__

        return {
            "schema": SCHEMA,
            "objective": self.name,
            "total": {"kind": self.reduction} | ({} if self.value is None else {"value": self.value}) | self._interval(),
            "terms": [t.to_dict() for t in self.terms],
            **({"where": list(self.where)} if self.where else {}),
            **({"header": dict(self.header)} if self.header else {}),
            **self._gradient(),
            "warnings": [vars(w) for w in self.warnings],
            "version": __version__,
        }


def total_of(
    objective: Objective, results: Iterable[Result | Total], verdicts: Iterable[Verdict | None], outer_sources: Mapping[str, str]
) -> Total:
    """The total of an objective from the results of its terms: Σ w v, or Σ w v / Σ w, or none."""
    parts = list(zip(objective.terms, results, verdicts, strict=True))
    if objective.total == "none":
        return Total(
            objective.path,
            "none",
            None,
            [TermResult(t.name, t.loss, r, verdict=v, constant=t.constant) for t, r, v in parts],
            outer_sources,
        )
    divisor = math.fsum(t.weight for t in objective.terms) if objective.total == "mean" else 1.0
    value = _sum([*(t.weight * r.value for t, r, _ in parts), *(t.added for t in objective.terms)]) / divisor
    terms = []
    for t, r, verdict in parts:
        contribution = (t.weight * r.value + t.added) / divisor
        share = contribution / value if value and math.isfinite(value) else None
        terms.append(TermResult(t.name, t.loss, r, t.weight, contribution, share, verdict, t.learned, t.constant))
    return Total(objective.path, objective.total, value, terms, outer_sources)


def _sum(numbers: Iterable[float]) -> float:
    """The sum, rounded once. If it is infinite or nan, plain addition computes which."""
    numbers = list(numbers)
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # a partial sum is too large, or inf − inf
        return sum(numbers)
