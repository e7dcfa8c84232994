"""The rows on which predictions differ most: a table for each candidate and loss, or a record for each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from losscli.numeric.lazy import np
from losscli.render.elements import RowNames
from losscli.render.grid import Grid, Style, numbers
from losscli.results.comparison import Compared, Comparison
from losscli.results.largest import RowDifference

__all__ = ["largest_grids", "largest_records"]


def largest_records(comparison: Comparison) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """A record for each row on which a candidate and the baseline differ most."""
    names = ("prediction", "loss", *_names(comparison), "value", "baseline", "difference", "share")
    return names, (
        (r.prediction, r.loss, *_cells(comparison, x), x.value, x.baseline, x.difference, r.largest.share)
        for r in comparison.results
        if r.largest is not None
        for x in r.largest.rows
    )


def largest_grids(comparison: Comparison, style: Style) -> list[Grid]:
    """A table for each candidate and loss with such rows."""
    return [_grid(comparison, r, style) for r in comparison.results if r.largest is not None and r.largest.rows]


def _grid(comparison: Comparison, r: Compared, style: Style) -> Grid:
    largest = r.largest
    if largest is None:
        raise AssertionError("a table without rows")
    base, names, count = comparison.baseline, _names(comparison), len(largest.rows)
    columns = [numbers(np.array([getattr(x, name) for x in largest.rows]), style) for name in ("value", "baseline", "difference")]
    ids = list(zip(*(map(str, _cells(comparison, x)) for x in largest.rows), strict=True))
    title = f"{r.loss}: the {'row' if count == 1 else f'{count} rows'} on which {r.prediction} and {base} differ most"
    these = "this row makes" if count == 1 else "these rows make"
    below = ["", f"{these} {100 * largest.share:.3g} % of the difference"] if largest.share is not None else []
    words = frozenset(range(len(names))) if any(x.id is not None for x in largest.rows) else frozenset()
    return Grid([*names, r.prediction, base, "difference"], list(zip(*ids, *columns, strict=True)), words, title=title, below=below)


def _names(comparison: Comparison) -> Sequence[str]:
    return RowNames(None, comparison.id_names).names


def _cells(comparison: Comparison, x: RowDifference) -> Sequence[Any]:
    """The number of a row, or its id: a cell for each column of ids."""
    if x.id is None:
        return (x.row,)
    return tuple(x.id) if len(comparison.id_names) > 1 else (x.id,)
