"""The reports of an objective: the values of its terms with the total, or its card, without values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from losscli.catalogue.objective import LEARNED, Objective, Term
from losscli.errors import counted
from losscli.record import Record
from losscli.render.cells import named_fields
from losscli.render.ci import Case, cases_of
from losscli.render.gradient_of_total import gradient_grids, gradient_lines, gradient_records
from losscli.render.grid import Grid, Style, bounds, number, row_counts, source_lines
from losscli.results.checks import Verdict
from losscli.results.objective import TermResult, Total
from losscli.version import SCHEMA

__all__ = ["ObjectiveCardReport", "ObjectiveReport"]


class ObjectiveReport(Record):
    """A Total as a report, with the verdict on it."""

    total: Total
    verdict: Verdict | None = None

    def document(self) -> dict[str, Any]:
        document = self.total.to_dict()
        if self.verdict is None:
            return document
        items, at = list(document.items()), list(document).index("warnings")
        return dict([*items[:at], ("gate", self.verdict.to_dict()), *items[at:]])

    def cases(self) -> Sequence[Case]:
        t = self.total
        cases = [
            case
            for name, term in _named_terms(t.terms)
            for case in cases_of(name, term.loss, term.result.value, term.result.empty, term.verdict)
        ]
        return cases if t.value is None else [*cases, *cases_of(t.name, "total", t.value, t.empty, self.verdict)]

    def numbers(self) -> Any:
        if self.total.gradient:
            return next(iter(self.total.gradient.values())).values
        return [self.total.value] if self.total.value is not None else [t.result.value for t in self.total.terms]

    def items(self) -> Iterable[dict[str, Any]]:
        return named_fields(self.records())

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        t = self.total
        if t.gradient:
            return gradient_records(t.gradient)
        rows = [_record(term) for term in t.terms]
        if t.value is not None:
            rows.append(("total", None, t.reduction, t.value, None, t.value, _total_share(t), None, None))
        more, of_total = _interval_record(t)
        rows = [(*row, *[None] * len(more)) for row in rows[:-1]] + [(*rows[-1], *of_total)] if more else rows
        return ("term", "loss", "reduction", "value", "weight", "contribution", "share", "denominator", "rows", *more), rows

    def grids(self, style: Style) -> list[Grid]:
        t = self.total
        has_total = t.value is not None
        header = ["term", "loss", "value", *(["weight", "contribution", "share"] if has_total else []), "gate"]
        rows = [_cells(name, term, style, has_total) for name, term in _result_tree(t.terms)]
        strong = set()
        if has_total:
            strong = {(len(rows), 4)}
            rows.append(["total", t.reduction, "", "", number(t.value, style), _percent(_total_share(t)), ""])
        if not any(row[-1] for row in rows):  # no term has a gate
            header, rows = header[:-1], [row[:-1] for row in rows]
        left = frozenset(i for i, name in enumerate(header) if name in ("term", "loss", "gate"))
        below = [
            "",
            *_interval_lines(t, style),
            *_learned_lines(t, style),
            *gradient_lines(t.gradient, style),
            *(line for name, leaf in t.leaves for line in _leaf_lines(name, leaf)),
        ]
        return [*gradient_grids(t.gradient, style), Grid(header, rows, left, strong=strong, below=below)]


def _interval_lines(t: Total, style: Style) -> list[str]:
    """The interval of the total, or why it has none."""
    if (u := t.uncertainty) is None:
        return [f"no interval: {t.without_interval}"] if t.without_interval else []
    interval = f"total: standard error {number(u.se, style)}, {u.level:g} % interval {' to '.join(bounds(u.low, u.high, style))}"
    return [interval, *t.notes_of_interval]


def _interval_record(t: Total) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The columns of the interval of the total, and its cells: nothing where none was asked for."""
    if (u := t.uncertainty) is not None:
        return ("level", "se", "low", "high"), (u.level, u.se, u.low, u.high)
    return (("without_interval",), (t.without_interval,)) if t.without_interval else ((), ())


def _learned_lines(t: Total, style: Style) -> Iterator[str]:
    """What the terms with learned weights add to the total."""
    for name, term in _named_terms(t.terms):
        if (learned := term.learned) is not None:
            a, b = (f"{x:g} " if x != 1 else "" for x in LEARNED[learned.kind])
            s = number(learned.log_variance, style)
            yield f"{name}: contribution = {a}e^−s value + {b}s, log_variance s = {s}"


def _record(term: TermResult) -> tuple[Any, ...]:
    result = term.result
    denominator = None if result.denominator is None else result.denominator.value
    rows = None if isinstance(result, Total) else result.rows.used
    return (term.name, term.loss, result.reduction, result.value, term.weight, term.contribution, term.share, denominator, rows)


def _cells(name: str, term: TermResult, style: Style, has_total: bool) -> list[str]:
    cells = [name, term.loss, number(term.result.value, style)]
    if has_total:
        cells += [number(term.weight, style), number(term.contribution, style), _percent(term.share)]
    return [*cells, "" if term.verdict is None else "passed" if term.verdict.passed else "failed"]


def _total_share(total: Total) -> float | None:
    """The share of the total in itself: 1, or None where its terms have no shares."""
    return 1.0 if any(t.share is not None for t in total.terms) else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.4g} %"


def _result_tree(terms: Sequence[TermResult]) -> Iterator[tuple[str, TermResult]]:
    """Every term; the terms of an inner objective come after it, indented."""
    for term in terms:
        yield term.name, term
        if isinstance(term.result, Total):
            yield from ((f"  {name}", inner) for name, inner in _result_tree(term.result.terms))


def _named_terms(terms: Sequence[TermResult], outer: str = "") -> Iterator[tuple[str, TermResult]]:
    """Every term by its full name: outer.inner for a term of an inner objective."""
    for term in terms:
        yield f"{outer}{term.name}", term
        if isinstance(term.result, Total):
            yield from _named_terms(term.result.terms, f"{outer}{term.name}.")


def _leaf_lines(name: str, leaf: TermResult) -> list[str]:
    """The rows and sources of a term that is a loss, then its notes and its signature."""
    r = leaf.result
    assert not isinstance(r, Total)
    first = "; ".join([f"{name}: {row_counts(r.rows, r.where)}", *source_lines(r.bindings)])
    return [first, *(f"  {note}" for note in r.notes), f"  {r.signature}"]


# --- the card, without values -------------------------------------------------------------------------------------------


class ObjectiveCardReport(Record):
    """An Objective as a report: its terms, as its file describes them."""

    objective: Objective

    def document(self) -> dict[str, Any]:
        o = self.objective
        return {"schema": SCHEMA, "objective": o.path, "total": {"kind": o.total}, "terms": list(self.items())}

    def numbers(self) -> Sequence[float]:
        return []

    def items(self) -> Iterable[dict[str, Any]]:
        return [_term_document(t, self.objective.total) for t in self.objective.terms]

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        has_weights = self.objective.total != "none"
        return ("term", "loss", "weight", "roles", "params", "settings", "gate"), [
            (name, t.loss, t.weight if has_weights else None, *map(_pairs, (t.roles, t.options, t.settings, t.bounds)))
            for name, t in _term_tree(self.objective)
        ]

    def grids(self, style: Style) -> list[Grid]:
        o = self.objective
        names, records = self.records()
        cells = [[number(c, style) for c in row] for row in records]
        shown = [k for k, name in enumerate(names) if name in ("term", "loss") or any(row[k] for row in cells)]
        rows = [[row[k] for k in shown] for row in cells]
        left = frozenset(i for i, k in enumerate(shown) if names[k] != "weight")
        below = ["", f"left open: {', '.join(sorted(o.open_roles))} (by name from DATA, or -p, -t, --role)"] if o.open_roles else []
        return [Grid([names[k] for k in shown], rows, left, title=f"{o.path}: {_formula(o)}", below=below)]


def _term_tree(objective: Objective) -> Iterator[tuple[str, Term]]:
    for term in objective.terms:
        yield term.name, term
        if isinstance(term.definition, Objective):
            yield from ((f"  {name}", inner) for name, inner in _term_tree(term.definition))


def _formula(objective: Objective) -> str:
    """The total in the names of its terms: a + 2 · b."""
    if objective.total == "none":
        return counted(len(objective.terms), "check") + ", no total"
    text = ""
    for t in objective.terms:
        factor = "" if abs(t.weight) == 1 else f"{abs(t.weight):g} · "
        sign = _sign(t.weight)
        text += (f" {sign} " if text else sign.strip("+")) + factor + t.name + (f" {_sign(t.added)} {abs(t.added):g}" if t.added else "")
    return text if objective.total == "sum" else f"({text}) / {sum(t.weight for t in objective.terms):g}"


def _sign(x: float) -> str:
    return "−" if x < 0 else "+"


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{k}={_short(v)}" for k, v in values.items())


def _short(x: Any) -> str:
    """A value in at most 40 characters."""
    text = _text(x)
    return text if len(text) <= 40 else text[:39] + "…"


def _text(x: Any) -> str:
    if isinstance(x, list | tuple):
        return ",".join(map(_short, x))
    if isinstance(x, bool):
        return str(x).lower()
    return f"{x:g}" if isinstance(x, float) else str(x)


def _term_document(t: Term, total: str) -> dict[str, Any]:
    """One term as plain data."""
    inner: dict[str, Any] = {}
    if isinstance(t.definition, Objective):
        inner = {"total": {"kind": t.definition.total}, "terms": [_term_document(term, t.definition.total) for term in t.definition.terms]}
    document = {
        "name": t.name, "loss": t.loss, "weight": None if total == "none" else t.weight if t.learned is None else t.learned.kind,
        "log_variance": None if t.learned is None else t.learned.log_variance, "data": t.data, "roles": dict(t.roles),
        "params": dict(t.options), "settings": {k: list(v) if isinstance(v, tuple) else v for k, v in t.settings.items()},
        "gate": dict(t.bounds), **inner,
    }  # fmt: skip
    return {k: v for k, v in document.items() if v is not None and v != {}}
