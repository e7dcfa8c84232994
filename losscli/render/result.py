"""The report of one loss: its elements, its reduced values, its counts, its signature."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from losscli.errors import counted
from losscli.numeric import np
from losscli.render.grid import Grid, Style, number
from losscli.result import Element, Result

__all__ = ["ResultReport"]


@dataclass
class ResultReport:
    """A Result as a report; `ids` name the rows, `classes` the labels of a role, `gate` is the verdict."""

    result: Result
    ids: Sequence[Any] | None = None
    id_name: str = "row"
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gate: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.id_name == "loss" or self.id_name.startswith("index_"):
            self.id_name = "id"  # so that it is not taken for a column of ours

    def items(self) -> Iterable[dict[str, Any]]:
        if self.result.values is None:
            return [self.document()]
        names, rows = self.records()
        return (dict(zip(names, row, strict=True)) for row in rows)

    def numbers(self) -> Iterable[float]:
        if self.result.values is None:
            return [self.result.value] if np.ndim(self.result.value) == 0 else np.ravel(self.result.value).tolist()
        return np.ravel(self.result.values).tolist()

    def document(self) -> dict[str, Any]:
        document = self.result.to_dict()
        if self.ids is not None:
            for row in document.get("top", []):
                row["id"] = self.ids[row["row"]]
            if self.result.values is not None and self.result.seen is not None:
                document["ids"] = [self.ids[row] for row in self.result.seen.rows().tolist()]
        if self.gate is not None:
            at = list(document).index("warnings")
            items = list(document.items())
            document = dict([*items[:at], ("gate", dict(self.gate)), *items[at:]])
        return document

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        r = self.result
        if r.values is None:
            under = None if r.denominator is None else r.denominator.value
            return ("loss", "reduction", "value", "denominator", "rows"), [(r.loss, r.reduction, self._value(), under, r.rows.used)]
        values = np.asarray(r.values)
        if r.per == "channel":
            return ("channel", "loss"), enumerate(values.tolist())
        assert r.seen is not None
        names = [self.id_name, *(f"index_{i}" for i in range(1, values.ndim)), "loss"]
        return names, self._elements(values, r.seen.rows())

    def _value(self) -> Any:
        v = self.result.value
        return v if np.ndim(v) == 0 else " ".join(map(repr, np.ravel(v).tolist()))

    def _elements(self, values: Any, rows: Any) -> Iterator[Sequence[Any]]:
        for row, inner in zip(rows.tolist(), values, strict=True):
            key = row if self.ids is None else self.ids[row]
            if values.ndim == 1:
                yield key, inner.item()
            else:
                for place, x in np.ndenumerate(inner):
                    yield key, *place, x.item()

    # --- for the eye -----------------------------------------------------------------------------------------------------

    def grids(self, style: Style) -> list[Grid]:
        seen = self.result.seen
        found = []
        if seen is not None and seen.first:
            first, last, gap = self._ends(style)
            found.append(self._of_elements(first, last, gap, style))
        if seen is not None and seen.largest:
            grid = self._of_elements(seen.largest, [], 0, style)
            grid.title = "the largest" if len(seen.largest) == 1 else f"the {len(seen.largest)} largest"
            found.append(grid)
        return [*found, self._reduced(style)]

    def _ends(self, style: Style) -> tuple[list[Element], list[Element], int]:
        seen = self.result.seen
        assert seen is not None
        if style.rows is None or seen.count <= style.rows:
            return seen.first, [], 0
        head = (style.rows + 1) // 2
        tail = style.rows - head
        return seen.first[:head], seen.last[len(seen.last) - tail :], seen.count - style.rows

    def _of_elements(self, first: Sequence[Element], last: Sequence[Element], gap: int, style: Style) -> Grid:
        roles = list(first[0].cells)
        deep = bool(first[0].inner)
        header = [self.id_name, *(["index"] if deep else []), *roles, "loss"]
        rows: list[Sequence[str]] = [self._row(e, roles, deep, style) for e in first]
        if gap:
            rows.append([f"… {gap:,} more", *[""] * (len(header) - 1)])
            rows += [self._row(e, roles, deep, style) for e in last]
        vectors = {header.index(role, 1) for role, x in first[0].cells.items() if np.ndim(x)}
        return Grid(header, rows, frozenset(vectors | ({0} if self.ids is not None or gap else set())))

    def _row(self, e: Element, roles: Sequence[str], deep: bool, style: Style) -> list[str]:
        key = e.row if self.ids is None else self.ids[e.row]
        cells = [self._cell(role, e.cells[role], style) for role in roles]
        said = "ignored" if e.ignored else number(float(e.loss), style)
        return [str(key), *([",".join(map(str, e.inner))] if deep else []), *cells, said]

    def _cell(self, role: str, x: Any, style: Style) -> str:
        if np.ndim(x) == 0:
            names = self.classes.get(role, ())
            if names and x in range(len(names)):
                return names[int(x)]
            return number(x.item(), style)
        flat = np.ravel(x)
        shown = " ".join(number(v, Style(3)) for v in flat[:4].tolist())
        return f"[{shown}{f' … {flat.size}' if flat.size > 4 else ''}]"

    def _reduced(self, style: Style) -> Grid:
        r = self.result
        rows: list[Sequence[str]] = []
        under = "" if r.denominator is None else f"sum / {r.denominator.value:.10g} ({r.denominator.kind})"
        strong: set[tuple[int, int]] = set()
        if r.value is not None:
            if np.ndim(r.value):
                rows += [(f"{r.per} {i}", number(float(v), style), "") for i, v in enumerate(np.ravel(r.value))]
            else:
                rows.append((r.reduction if r.summary is not None else r.loss, number(r.value, style), under))
                strong = {(0, 1)}
        if r.values is not None and r.summary is None:
            rows += [(f"{r.per} {i}" if r.per != "all" else r.loss, number(float(v), style), "") for i, v in enumerate(np.ravel(r.values))]
        if r.summary is not None:
            for name in ("mean", "sum", "min", "median", "max", "std"):
                if name != r.reduction:
                    x = getattr(r.summary, name)
                    rows.append((name, "not held: too many elements" if x is None else number(x, style), ""))
        return Grid(("", "", ""), rows, frozenset({0, 2}), strong=strong, below=["", *self._said()])

    def _said(self) -> list[str]:
        r = self.result
        counts = [f"{counted(r.rows.read, 'row')} read", f"{r.rows.used:,} used"]
        counts += [f"{r.rows.omitted:,} omitted for nan"] * bool(r.rows.omitted) + [f"{counted(r.rows.ignored, 'label')} ignored"] * bool(
            r.rows.ignored
        )
        lines = [", ".join(counts)]
        if any(source not in ("inline", "array") for source in r.bindings.values()):
            lines.append(", ".join(f"{role} = {source}" for role, source in r.bindings.items()))
        return [*lines, *r.notes, r.signature]
