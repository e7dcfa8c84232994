"""The report of an objective: a row a term, and the total."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from losscli.catalogue.objective import Objective, Term
from losscli.data.columns import shown
from losscli.errors import counted
from losscli.render.grid import Grid, Style, number
from losscli.results.checks import Verdict
from losscli.results.objective import Total, Valued
from losscli.version import SCHEMA

__all__ = ["CardReport", "ObjectiveReport"]


@dataclass
class ObjectiveReport:
    """A Total as a report, with the verdict on it."""

    total: Total
    verdict: Verdict | None = None

    def document(self) -> dict[str, Any]:
        items = list(self.total.to_dict().items())
        at = next(i for i, (key, _) in enumerate(items) if key == "warnings")
        return dict(items if self.verdict is None else [*items[:at], ("gate", self.verdict.to_dict()), *items[at:]])

    def numbers(self) -> Sequence[float]:
        return [self.total.value] if self.total.value is not None else [t.result.value for t in self.total.terms]

    def items(self) -> Iterable[dict[str, Any]]:
        names, rows = self.records()
        return [{k: v for k, v in zip(names, row, strict=True) if v is not None} for row in rows]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        t = self.total
        rows = [_record(term) for term in t.terms]
        if t.value is not None:
            rows.append(("total", None, t.reduction, t.value, None, t.value, _whole(t), None, None))
        return ("term", "loss", "reduction", "value", "weight", "contribution", "share", "denominator", "rows"), rows

    def grids(self, style: Style) -> list[Grid]:
        t = self.total
        summed = t.value is not None
        rows: list[Sequence[str]] = []
        for name, term in _all(t.terms):
            cells = [name, term.loss, number(term.result.value, style)]
            if summed:
                cells += [number(term.weight, style), number(term.contribution, style), _percent(term.share)]
            rows.append([*cells, "" if term.verdict is None else "passed" if term.verdict.passed else "failed"])
        strong = set()
        if summed:
            strong = {(len(rows), 4)}
            rows.append(["total", t.reduction, "", "", number(t.value, style), _percent(_whole(t)), ""])
        header = ["term", "loss", "value", *(["weight", "contribution", "share"] if summed else []), "gate"]
        if not any(row[-1] for row in rows):
            header, rows = header[:-1], [row[:-1] for row in rows]
        lines = [line for name, leaf in t.leaves for line in _said(name, leaf)]
        return [Grid(header, rows, frozenset({0, 1, 6 if summed else 3}), strong=strong, below=["", *lines])]


def _record(term: Valued) -> tuple[Any, ...]:
    under = term.result.denominator
    rows = None if isinstance(term.result, Total) else term.result.rows.used
    return (
        term.name, term.loss, term.result.reduction, term.result.value, term.weight, term.contribution, term.share,
        under and under.value, rows,
    )  # fmt: skip


def _whole(total: Total) -> float | None:
    """The share of the total in itself: none where its terms have none."""
    return 1.0 if any(t.share is not None for t in total.terms) else None


def _all(terms: Sequence[Valued], before: str = "") -> Iterator[tuple[str, Valued]]:
    """Every term, those of an objective behind it."""
    for term in terms:
        yield before + term.name, term
        if isinstance(term.result, Total):
            yield from ((f"  {name}", inner) for name, inner in _all(term.result.terms))


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.4g} %"


def _said(name: str, leaf: Valued) -> list[str]:
    r = leaf.result
    assert not isinstance(r, Total)
    omitted = f", {r.rows.omitted:,} omitted for nan" if r.rows.omitted else ""
    ignored = f", {counted(r.rows.ignored, 'label')} ignored" if r.rows.ignored else ""
    counts = f"{name}: {counted(r.rows.read, 'row')} read, {r.rows.used:,} used{omitted}{ignored}"
    sources = (
        "" if all(s == "inline" for s in r.bindings.values()) else "; " + ", ".join(f"{k} = {shown(s)}" for k, s in r.bindings.items())
    )
    return [counts + sources, *(f"  {note}" for note in r.notes), f"  {r.signature}"]


# --- as it is asked for ----------------------------------------------------------------------------------------------------


@dataclass
class CardReport:
    """An Objective as a report: its terms, before anything is computed."""

    objective: Objective

    def document(self) -> dict[str, Any]:
        o = self.objective
        return {"schema": SCHEMA, "objective": o.path, "total": {"kind": o.total}, "terms": list(self.items())}

    def numbers(self) -> Sequence[float]:
        return []

    def items(self) -> Iterable[dict[str, Any]]:
        return [_asked(t, self.objective.total) for t in self.objective.terms]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        weighed = self.objective.total != "none"
        return ("term", "loss", "weight", "roles", "params", "settings", "gate"), [
            (name, t.loss, t.weight if weighed else None, *map(_pairs, (t.roles, t.options, t.settings, t.bounds)))
            for name, t in _terms(self.objective)
        ]

    def grids(self, style: Style) -> list[Grid]:
        o = self.objective
        names, records = self.records()
        cells = [[number(c, style) for c in row] for row in records]
        kept = [k for k in range(len(names)) if k < 2 or any(row[k] for row in cells)]
        header = [names[k] for k in kept]
        left = frozenset(i for i, k in enumerate(kept) if names[k] != "weight")
        below = [f"left open: {', '.join(sorted(o.wanted))} (by name from DATA, or -p, -t, --role)"] if o.wanted else []
        return [
            Grid(
                header,
                [[row[k] for k in kept] for row in cells],
                left,
                title=f"{o.path}: {_formula(o)}",
                below=["", *below] if below else [],
            )
        ]


def _terms(objective: Objective) -> Iterator[tuple[str, Term]]:
    for term in objective.terms:
        yield term.name, term
        if isinstance(term.of, Objective):
            yield from ((f"  {name}", inner) for name, inner in _terms(term.of))


def _formula(objective: Objective) -> str:
    """What the total is, in the names of the terms."""
    if objective.total == "none":
        return counted(len(objective.terms), "check") + ", no total"
    text = ""
    for t in objective.terms:
        factor = "" if abs(t.weight) == 1 else f"{abs(t.weight):g} · "
        sign = "−" if t.weight < 0 else "+"
        text += (f" {sign} " if text else sign.strip("+")) + factor + t.name
    return text if objective.total == "sum" else f"({text}) / {sum(t.weight for t in objective.terms):g}"


def _pairs(said: Mapping[str, Any]) -> str:
    return " ".join(f"{k}={_shown(v)}" for k, v in said.items())


def _shown(x: Any) -> str:
    text = (
        ",".join(map(_shown, x))
        if isinstance(x, list | tuple)
        else f"{x:g}"
        if isinstance(x, float)
        else str(x).lower()
        if isinstance(x, bool)
        else str(x)
    )
    return text if len(text) <= 40 else text[:39] + "…"


def _asked(t: Term, kind: str) -> dict[str, Any]:
    """One term as plain data."""
    inner = {} if not isinstance(t.of, Objective) else {"total": {"kind": t.of.total}, "terms": [_asked(i, t.of.total) for i in t.of.terms]}
    known = {
        "name": t.name, "loss": t.loss, "weight": None if kind == "none" else t.weight, "data": t.data, "roles": dict(t.roles),
        "params": dict(t.options), "settings": {k: list(v) if isinstance(v, tuple) else v for k, v in t.settings.items()},
        "gate": dict(t.bounds), **inner,
    }  # fmt: skip
    return {k: v for k, v in known.items() if v is not None and v != {}}
