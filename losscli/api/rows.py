"""What Python says about rows: which depend on each other, and the slices that they belong to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.api.frames import Frames
from losscli.data.columns import Column
from losscli.data.groups import Cell, Groups
from losscli.data.slices import Slices
from losscli.errors import UsageError
from losscli.numeric.lazy import Array
from losscli.results.dependence import Dependence
from losscli.results.resamples import LEAST, MOST, Resamples
from losscli.sources.slice_columns import MAX_SLICES

if TYPE_CHECKING:
    from losscli.results.intervals import Intervals

__all__ = ["check_level", "dependence_of", "intervals_of", "named_groups", "resamples_of", "slices_of"]


def check_level(ci: float | None) -> None:
    """Raise UsageError for what is no level in percent."""
    if ci is not None and (isinstance(ci, bool | str) or not 0 < ci < 100):
        raise UsageError(f"ci takes a percentage between 0 and 100, or None, not {ci!r}")


def dependence_of(cluster: Any, lag: Any, folds: Any, test_share: float | None, independent: bool) -> tuple[dict[str, Column], Dependence]:
    """The columns that number clusters or folds, and what is said about the rows."""
    if lag is not None and lag != "auto" and not (isinstance(lag, int) and lag > 0):
        raise UsageError(f"lag takes a number of steps from 1, or 'auto', not {lag!r}")
    if independent and (cluster is not None or lag is not None):
        raise UsageError("independent says that no rows depend on each other: give it without cluster and lag")
    if folds is None:
        if test_share is not None:
            raise UsageError("test_share is about the folds of a cross-validation: give folds")
        groups = {} if cluster is None else {"clusters.cluster": _groups("cluster", cluster)}
        return groups, Dependence(tuple(groups), lag, independent)
    if cluster is not None or lag is not None or independent:
        raise UsageError("folds says how scores depend on each other: give it without cluster, lag and independent")
    if test_share is not None and not 0 < test_share < math.inf:
        message = f"the rows of a test fold divided by those of its training set, such as 0.25 for 5 folds, not {test_share!r}"
        raise UsageError(f"test_share takes {message}")
    return {"clusters.fold": _groups("fold", folds)}, Dependence(("clusters.fold",), folds=True, test_share=test_share)


def _groups(name: str, cells: Any) -> Column:
    groups = Groups([name], name, missing=f"the row needs a {name}")
    return cells.but(groups=groups) if isinstance(cells, Column) else Column(name, _cells(name, cells), groups=groups)


def named_groups(frames: Frames | None, cluster: Any, lag: Any, folds: Any) -> tuple[Any, Any, Any]:
    """Cluster, lag and folds; a name of a column becomes the column. Raises UsageError for a name without a frame."""
    for name, x in (("cluster", cluster), ("folds", folds)):
        if isinstance(x, str) and frames is None:
            raise UsageError(f"{name}={x!r} names a column, and there is no data: give data=…")
    if frames is None:
        return cluster, lag, folds
    return frames.cells("cluster", cluster), lag, frames.cells("folds", folds)


def intervals_of(ci: float | None, dependence: tuple[dict[str, Column], Dependence], resamples: int | None, seed: int) -> Intervals | None:
    """How the interval of a value is computed; None for none. Raises UsageError for what only an interval needs."""
    from losscli.results.intervals import Intervals

    groups, said = dependence
    if ci is None and (groups or said.said or resamples is not None):
        raise UsageError("cluster, lag, folds, independent and resamples are about the interval: give ci=95")
    check_level(ci)
    if ci is None:
        return None
    return Intervals(ci, said, resamples_of(resamples, seed, ci, said.lag, "folds" if said.folds else None))


def slices_of(by: Any, frames: Frames | None = None) -> Slices:
    """The slices of rows by an array of words or numbers, by several in a dict or a data frame, or by the names of columns."""
    if isinstance(by, str) and frames is None:
        raise UsageError(f"by={by!r} names a column, and there is no data: give data=…")
    if frames is not None and (named := frames.slices(by)) is not None:
        return named
    given: Any = by
    columns = dict(given.items()) if isinstance(by, Mapping) or hasattr(by, "columns") else {getattr(by, "name", None) or "group": by}
    if not columns:
        raise UsageError("by takes an array, or a dict of arrays: by={'region': ['north', 'south']}")
    names = [str(name) for name in columns]
    cells = [_cells(f"by {name}" if len(names) > 1 else "by", x) for name, x in zip(names, columns.values(), strict=True)]
    if len({len(x) for x in cells}) > 1:
        counts = ", ".join(f"{name} has {len(x):,}" for name, x in zip(names, cells, strict=True))
        raise UsageError(f"the columns of by have different numbers of rows: {counts}")
    groups = Groups(names, "by", limit=MAX_SLICES)
    codes = groups.codes(cells, _number, lambda row: f"row {row}") if len(cells[0]) else np.zeros(0, np.int64)
    keys: list[tuple[Cell, ...]] = groups.keys if len(cells[0]) else []
    return Slices(tuple(names), keys, codes, source="by")


def _number(cell: Any) -> float | None:
    """A cell of an array as a number; words stay words."""
    return None if isinstance(cell, str) else float(cell)


def _cells(name: str, cells: Any) -> Array:
    """A word or a number for each row. Raises UsageError for another shape."""
    x = np.asarray(cells.detach().cpu() if hasattr(cells, "detach") else cells)
    if x.ndim != 1:
        raise UsageError(f"{name} takes one word or number for each row")
    if x.dtype.kind == "O":
        return np.array(list(map(_cell, x.tolist())), object)
    return x if x.dtype.kind in "Ufiub" else x.astype(str)


def _cell(cell: Any) -> Any:
    """A cell as a word or a number; None where pandas has none. Dates and other objects are words."""
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return None
    return cell if isinstance(cell, str | int | float) else str(cell)


def resamples_of(resamples: int | None, seed: int, ci: float | None, lag: Any, folds: Any) -> Resamples | None:
    """The resamples; None for intervals by Student's t."""
    if resamples is None and seed:
        raise UsageError("seed is the seed of resamples, and there are none: give resamples=1000")
    if resamples is None:
        return None
    if ci is None or lag is not None or folds is not None:
        advice = "give ci" if ci is None else f"leave out {'lag' if lag is not None else 'folds'}"
        raise UsageError(f"resamples are for intervals of independent rows or clusters: {advice}")
    if not isinstance(resamples, int) or not LEAST <= resamples <= MOST:
        raise UsageError(f"resamples takes a number from {LEAST} to {MOST:,}, such as 1000, not {resamples!r}")
    if not isinstance(seed, Integral) or seed < 0:
        raise UsageError(f"seed takes 0 or more, not {seed!r}")
    return Resamples(resamples, seed)
