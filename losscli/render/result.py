"""The report of one loss: its elements, its reduced values, its rows and its signature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.render.elements import RowNames
from losscli.render.grid import Grid, Style, bounds, number, numbers, row_counts, source_lines, vector
from losscli.results.collect import Collector, Selection
from losscli.results.result import Result

if TYPE_CHECKING:
    from losscli.render.ci import Case
    from losscli.results.checks import Verdict

__all__ = ["ResultReport"]


class ResultReport(Record):
    """A Result as a report. `classes` holds for each role the words of its labels."""

    result: Result
    names: RowNames
    classes: Mapping[str, Mapping[int, str]]
    verdict: Verdict | None

    def items(self) -> Iterable[dict[str, Any]]:
        if self.result.values is None:
            return [self.document()]
        names, rows = self.records()
        return (dict(zip(names, row, strict=True)) for row in rows)

    def cases(self) -> Sequence[Case]:
        from losscli.render.ci import cases_of

        r = self.result
        return cases_of(r.loss, r.loss, r.value, r.empty, self.verdict)

    def numbers(self) -> Array:
        """The values, or the derivatives that were asked for: those of rows are written as they are computed."""
        if self.result.gradient:
            return np.asarray(next(iter(self.result.gradient.values())))
        return np.asarray(self.result.value if self.result.values is None else self.result.values)

    def document(self) -> dict[str, Any]:
        document = self.result.document()
        if self.names.ids is not None:
            for row in document.get("top", []):
                row["id"] = _plain(self.names.ids[row["row"]])
            if self.result.values is not None and self.result.collector is not None:
                document["ids"] = list(map(_plain, self.names.of(self.result.collector.rows())))
        if self.verdict is not None:
            items = list(document.items())
            at = list(document).index("warnings")
            document = dict([*items[:at], ("gate", self.verdict.to_dict()), *items[at:]])
        return document

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        """The reduced value, or the values of a statistic; the elements of other losses are written as they are computed."""
        r = self.result
        if r.values is not None:
            return ("channel" if r.per == "all" else r.per, "loss"), enumerate(r.values.tolist())
        value = r.value if np.ndim(r.value) == 0 else " ".join(map(repr, np.ravel(r.value).tolist()))
        denominator = None if r.denominator is None else r.denominator.value
        more, slopes = zip(*_gradient_cells(r), strict=True) if r.gradient else ((), ())
        names = ("loss", "reduction", "value", "denominator", "rows", *more)
        row = (r.loss, r.reduction, value, denominator, r.rows.used, *slopes)
        if r.without_interval is not None:
            return (*names, "without_interval"), [(*row, r.without_interval)]
        if (u := r.uncertainty) is None:
            return names, [row]
        return (*names, "level", "se", "low", "high"), [(*row, u.level, u.se, u.low, u.high)]

    def grids(self, style: Style) -> list[Grid]:
        grids = []
        if (collector := self.result.collector) is not None:
            if (first := collector.first) is not None:
                grids.append(self._element_grid(_first_and_last(collector, first, style.rows), style))
            if (largest := collector.largest) is not None:
                count = len(largest.rows)
                grids.append(self._element_grid([largest], style, "the largest" if count == 1 else f"the {count} largest"))
        return [*grids, _reduced_grid(self.result, style)]

    # --- elements --------------------------------------------------------------------------------------------------------

    def _element_grid(self, parts: Sequence[Selection | int], style: Style, title: str = "") -> Grid:
        """A line for each element of the parts; a number becomes a line that says how many elements are left out."""
        selections = [p for p in parts if isinstance(p, Selection)]
        header = [name for name, _ in self._element_columns(selections[0], style)]
        rows: list[Sequence[str]] = []
        for part in parts:
            if isinstance(part, Selection):
                rows += zip(*(cells for _, cells in self._element_columns(part, style)), strict=True)
            else:
                rows.append((f"… {part:,} more", *[""] * (len(header) - 1)))
        vectors = {header.index(role, 1) for role, x in selections[0].cells.items() if x.ndim > 1}
        words = set(range(len(self.names.names))) if self.names.ids is not None or len(selections) < len(parts) else set()
        return Grid(header, rows, frozenset(vectors | words), title=title)

    def _element_columns(self, elements: Selection, style: Style) -> list[tuple[str, Sequence[str]]]:
        """The row, the index within the row, the roles, the loss and the derivatives of some elements, with the names of these columns."""
        columns: list[tuple[str, Sequence[str]]] = [(n, list(map(str, x))) for n, x in self.names.columns(elements.rows).items()]
        if elements.index.shape[1]:
            columns.append(("index", [",".join(map(str, i)) for i in elements.index.tolist()]))
        cells = [(role, self._role_cells(role, x, style)) for role, x in elements.cells.items()]
        columns += [c for c in cells if not c[0].startswith("grad ")]
        if self.result.elementwise:
            losses = numbers(elements.loss, style)
            for i in np.flatnonzero(elements.ignored).tolist():
                losses[i] = "ignored"
            columns.append(("loss", losses))
        return columns + [c for c in cells if c[0].startswith("grad ")]

    def _role_cells(self, role: str, column: Array, style: Style) -> list[str]:
        if column.ndim > 1:
            return [vector(x) for x in column]
        cells, words = numbers(column, style), self.classes.get(role, {})
        for i in np.flatnonzero(np.isin(column, list(words))).tolist():
            cells[i] = words[int(column[i])]
        return cells


def _plain(id: Any) -> Any:
    """An id of several columns as a list."""
    return list(id) if isinstance(id, tuple) else id


def _first_and_last(collector: Collector, first: Selection, rows: int | None) -> list[Selection | int]:
    """The elements to show. Where there are more than `rows`: the first, how many are left out, and the last."""
    if rows is None or collector.count <= rows:
        return [first]
    head, tail = (rows + 1) // 2, rows // 2
    last = [collector.last.take(slice(-tail, None))] if tail and collector.last is not None else []
    return [first.take(slice(head)), collector.count - rows, *last]


def _gradient_cells(r: Result) -> Iterator[tuple[str, float]]:
    """The derivatives with respect to options, and to roles without rows: grad_delta, or grad_class_weight_0, grad_class_weight_1, …"""
    for name, g in (r.gradient or {}).items():
        for place in np.ndindex(np.shape(g)):
            yield "_".join(map(str, (f"grad_{name}", *place))), float(np.asarray(g)[place])


# --- reduced values --------------------------------------------------------------------------------------------------------


def _reduced_grid(r: Result, style: Style) -> Grid:
    """The value and the summary, above the rows, the sources, the notes and the signature."""
    strong = {(0, 1)} if r.value is not None and np.ndim(r.value) == 0 else set()
    shared = [f"grad {n} = {vector(np.asarray(g)) if np.ndim(g) else number(float(g), style)}" for n, g in (r.gradient or {}).items()]
    below = ["", row_counts(r.rows, r.where), *source_lines(r.bindings), *shared, *r.notes, r.signature]
    values = [*_value_rows(r, style), *_uncertainty_rows(r, style), *_summary_rows(r, style)]
    return Grid(("", "", ""), values, frozenset({0, 2}), strong=strong, below=below)


def _value_rows(r: Result, style: Style) -> list[tuple[str, str, str]]:
    """The value, with what it was divided by; a line for each channel where there are several."""
    if r.value is not None and np.ndim(r.value) == 0:
        divided = "" if r.denominator is None else f"sum / {r.denominator.value:.10g} ({r.denominator.kind})"
        score = [] if r.score is None else [(r.score.name, number(r.score.value, style), f"{r.score.of:.10g} - loss, larger is better")]
        return [(r.loss if r.summary is None else r.reduction, number(r.value, style), divided), *score]
    several = r.value if r.value is not None else r.values if r.summary is None else None
    if several is None:
        return [] if r.score is None else [(r.score.name, number(r.score.value, style), "1 - mean, larger is better")]
    flat = np.ravel(several).tolist()
    scores = (
        [""] * len(flat) if r.score is None else [f"{r.score.name} {number(float(v), style)}" for v in np.ravel(r.score.value).tolist()]
    )
    return [
        (r.loss if r.per == "all" else f"{r.per} {i}", number(float(v), style), s)
        for i, (v, s) in enumerate(zip(flat, scores, strict=True))
    ]


def _uncertainty_rows(r: Result, style: Style) -> list[tuple[str, str, str]]:
    """The standard error and the interval of the value."""
    if (u := r.uncertainty) is None:
        return []
    return [("standard error", number(u.se, style), ""), (f"{u.level:g} % interval", " to ".join(bounds(u.low, u.high, style)), "")]


def _summary_rows(r: Result, style: Style) -> list[tuple[str, str, str]]:
    if r.summary is None:
        return []
    values = {name: getattr(r.summary, name) for name in ("mean", "sum", "min", "median", "max", "std") if name != r.reduction}
    return [(name, "not kept: too many elements" if x is None else number(x, style), "") for name, x in values.items()]
