"""The derivatives of the total of an objective: a row for each row of the data, or a line for each option."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from losscli.errors import UsageError
from losscli.numeric.lazy import Array, np
from losscli.render.grid import Grid, Style, number, vector
from losscli.results.objective import TotalGradient

__all__ = ["gradient_grids", "gradient_lines", "gradient_records"]


ROWS = 10  # that a table shows; -f csv has all


def gradient_grids(gradient: Mapping[str, TotalGradient], style: Style) -> Iterator[Grid]:
    """A table for each name with rows: the first rows and the last."""
    for name, g in gradient.items():
        if g.rows is None:
            continue
        hidden = len(g.rows) - ROWS if len(g.rows) > ROWS else 0
        cells = list(_cells(g.rows[:ROWS], g.values[:ROWS], style))
        if hidden:
            half = ROWS // 2
            cells = [*cells[:half], (f"… {hidden:,} more", ""), *_cells(g.rows[-half:], g.values[-half:], style)]
        yield Grid(("row", f"grad {name}"), cells, frozenset({1} if g.values.ndim > 1 else ()))


def _cells(rows: Array, values: Array, style: Style) -> Iterator[tuple[str, str]]:
    for row, g in zip(rows.tolist(), values, strict=True):
        yield str(row), vector(g) if np.ndim(g) else number(float(g), style)


def gradient_lines(gradient: Mapping[str, TotalGradient], style: Style) -> Iterator[str]:
    """A line for each name without rows."""
    for name, g in gradient.items():
        if g.rows is None:
            yield f"grad {name} = {vector(g.values) if g.values.ndim else number(float(g.values), style)}"


def gradient_records(gradient: Mapping[str, TotalGradient]) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """The derivatives as one flat table: grad_pred, or grad_pred_0, grad_pred_1, …; a name without rows has the same number in each row."""
    with_rows = [g.rows for g in gradient.values() if g.rows is not None]
    rows = with_rows[0] if with_rows else None
    if any(not np.array_equal(r, with_rows[0]) for r in with_rows):
        raise UsageError(f"--grad {','.join(gradient)}: they have other rows: name one of them, or write json")
    columns: dict[str, Array] = {} if rows is None else {"row": rows}
    count = 1 if rows is None else len(rows)
    for name, g in gradient.items():
        x = g.values if g.rows is not None else np.broadcast_to(g.values, (count, *g.values.shape))
        for place in np.ndindex(x.shape[1:]):
            columns["_".join(map(str, (f"grad_{name}", *place)))] = x[(slice(None), *place)] + 0.0  # no -0
    return tuple(columns), zip(*(c.tolist() for c in columns.values()), strict=True)
