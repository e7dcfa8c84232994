"""The report of one loss: its elements, its reduced values, its counts, its signature."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from losscli.data.columns import shown
from losscli.errors import counted
from losscli.numeric.lazy import Array, np
from losscli.render.elements import RowNames
from losscli.render.grid import Grid, Style, number, numbers
from losscli.results.checks import Verdict
from losscli.results.collect import Collector, Selection
from losscli.results.result import Result

__all__ = ["ResultReport"]


@dataclass
class ResultReport:
    """A Result as a report; `keys` name the rows, `classes` the labels of a role, `verdict` is that of its gate."""

    result: Result
    keys: RowNames = field(default_factory=RowNames)
    classes: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    verdict: Verdict | None = None

    def items(self) -> Iterable[dict[str, Any]]:
        if self.result.values is None:
            return [self.document()]
        names, rows = self.records()
        return (dict(zip(names, row, strict=True)) for row in rows)

    def numbers(self) -> Array:
        return np.asarray(self.result.value if self.result.values is None else self.result.values)

    def document(self) -> dict[str, Any]:
        document = self.result.to_dict()
        if self.keys.ids is not None:
            for row in document.get("top", []):
                row["id"] = self.keys.ids[row["row"]]
            if self.result.values is not None and self.result.seen is not None:
                document["ids"] = self.keys.of(self.result.seen.rows())
        if self.verdict is not None:
            at = list(document).index("warnings")
            items = list(document.items())
            document = dict([*items[:at], ("gate", self.verdict.to_dict()), *items[at:]])
        return document

    def records(self) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
        r = self.result
        if r.values is None:
            under = None if r.denominator is None else r.denominator.value
            return ("loss", "reduction", "value", "denominator", "rows"), [(r.loss, r.reduction, self._value(), under, r.rows.used)]
        return ("channel", "loss"), enumerate(r.values.tolist())  # a value a row is written as it is computed

    def _value(self) -> Any:
        v = self.result.value
        return v if np.ndim(v) == 0 else " ".join(map(repr, np.ravel(v).tolist()))

    # --- for the eye -----------------------------------------------------------------------------------------------------

    def grids(self, style: Style) -> list[Grid]:
        seen = self.result.seen
        found = []
        if seen is not None and (first := seen.first) is not None:
            found.append(self._of_elements(self._ends(seen, first, style), style))
        if seen is not None and (largest := seen.largest) is not None:
            grid = self._of_elements([largest], style)
            n = len(largest.rows)
            grid.title = "the largest" if n == 1 else f"the {n} largest"
            found.append(grid)
        return [*found, self._reduced(style)]

    def _ends(self, seen: Collector, first: Selection, style: Style) -> list[Selection | int]:
        """The elements to show; for many the first, how many are left out, and the last."""
        if style.rows is None or seen.count <= style.rows:
            return [first]
        head = (style.rows + 1) // 2
        tail = style.rows - head
        last = [seen.last.at(slice(-tail, None))] if tail and seen.last is not None else []
        return [first.at(slice(head)), seen.count - style.rows, *last]

    def _of_elements(self, parts: Sequence[Selection | int], style: Style) -> Grid:
        picked = [p for p in parts if isinstance(p, Selection)]
        cells = picked[0].cells
        roles = [r for r in cells if not r.startswith("grad ")]
        header = [self.keys.name, *["index"][: picked[0].index.shape[1]], *roles, *["loss"] * self._has_losses]
        header += [r for r in cells if r not in roles]
        rows: list[Sequence[str]] = []
        for part in parts:
            rows += (
                zip(*self._columns(part, style), strict=True)
                if isinstance(part, Selection)
                else [(f"… {part:,} more", *[""] * (len(header) - 1))]
            )
        vectors = {header.index(role, 1) for role, x in cells.items() if x.ndim > 1}
        return Grid(header, rows, frozenset(vectors | ({0} if self.keys.ids is not None or len(picked) < len(parts) else set())))

    def _columns(self, p: Selection, style: Style) -> list[Sequence[str]]:
        keys = list(map(str, self.keys.of(p.rows)))
        inner = [[",".join(map(str, i)) for i in p.index.tolist()]] if p.index.shape[1] else []
        loss = numbers(p.loss, style)
        for i in np.flatnonzero(p.ignored).tolist():
            loss[i] = "ignored"
        cells = {role: self._cells(role, x, style) for role, x in p.cells.items()}
        grads = [cells.pop(role) for role in list(cells) if role.startswith("grad ")]
        return [keys, *inner, *cells.values(), *[loss] * self._has_losses, *grads]

    @property
    def _has_losses(self) -> bool:
        """Whether an element has a loss of its own: in a statistic it has derivatives at most."""
        return self.result.values is not None or self.result.mean_and_sum[1] is not None

    def _cells(self, role: str, column: Any, style: Style) -> list[str]:
        if column.ndim > 1:
            return [self._vector(x) for x in column]
        cells, names = numbers(column, style), self.classes.get(role, {})
        for i in np.flatnonzero(np.isin(column, list(names))).tolist():
            cells[i] = names[int(column[i])]
        return cells

    def _vector(self, x: Any) -> str:
        flat = x.reshape(-1)
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
            lines.append(", ".join(f"{role} = {shown(source)}" for role, source in r.bindings.items()))
        shared = [f"grad {role} = {self._vector(np.asarray(g))}" for role, g in (r.gradient or {}).items()]
        return [*lines, *shared, *r.notes, r.signature]
