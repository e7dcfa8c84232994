"""A loss run as it stands on exact numbers, of any kind: its yields are merged here as the engine merges those of one block."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, Aligned, ByClass, CrossProduct, EachClass, Max, MeanOver, Pooled, RowIndex
from losscli.numeric.given import Given
from losscli.registry import Loss
from tests.support.exact import OBJECT

Column = Callable[[Any], Any]


def plain(x: Any) -> Any:
    """The array of a role that is given in another form."""
    return x.plain() if isinstance(x, Given) else x


def merged(c: Any, shape: tuple[int, ...], rows: int) -> Any:
    """The merged column, of one block and without weights."""
    if c is RowIndex:
        return np.arange(rows)
    if isinstance(c, ByClass):
        return c.column.reshape(-1, c.column.shape[-1]).sum(0)
    if isinstance(c, CrossProduct):
        return c.column.T @ c.other
    if isinstance(c, Pooled):
        x = np.asarray(plain(c.column)) if np.ndim(c.column) else np.full(shape, c.column)
        return x.reshape(-1, x.shape[-1]) if c.classes else x.reshape(-1)
    if isinstance(c, Max):
        return np.asarray(c.column).max()
    if isinstance(c, Aligned):
        return merged(c.column, shape, rows)
    if isinstance(c, Aggregation):
        return c.column  # type: ignore[attr-defined]
    return np.asarray(c).sum() if np.ndim(c) else c * int(np.prod(shape))


def computed(known: Loss, data: Mapping[str, Any], options: Mapping[str, Any], column: Column = lambda x: x) -> Any:
    """What a loss returns for all rows as one block; `column` may change each merged column, as rounding does."""
    out: Any = known.call(data, options)
    rows = len(next(x for n, x in data.items() if not known.roles[n].domain.shared))
    back: Any = None
    while inspect.isgenerator(out):
        try:
            columns = out.send(back)
        except StopIteration as done:
            return done.value
        columns = columns if isinstance(columns, tuple) else (columns,)
        inner = (c.column if isinstance(c, Pooled | Aligned) else c for c in columns)
        shape = next((np.shape(x) for x in inner if np.ndim(x)), (rows,))
        back = tuple(column(merged(c, shape, rows)) for c in columns)
    return out


def mean_of(known: Loss, out: Any, rows: int) -> float:
    """The loss of all rows, from what `computed` returns: the mean, or the reduction that is the loss's own."""
    v, w, terms = (*out, None)[:3] if isinstance(out, tuple) else (out, None, None)
    w = w.weights if isinstance(w, MeanOver) else w
    if terms is not None and not np.any(terms):
        return np.nan  # of nothing
    if np.ndim(v) == 0:
        return float(v)
    n = np.size(v) if w is None else np.asarray(w).sum()
    total, by = np.asarray(v).sum(), {"sum": 1, "batchmean": rows}.get(known.reduction, n)
    return float(total / (by if by != 0 or known.mean != "of terms" else 1))


def values(known: Loss, data: Mapping[str, Any], options: Mapping[str, Any], column: Column = lambda x: x) -> Any:
    """The value of each row or element, or the number of all rows."""
    with np.errstate(all="ignore"):
        found = computed(known, data, options, column)
    found = found[0] if isinstance(found, tuple) else found
    return np.asarray(found.values if isinstance(found, EachClass) else found)


def moved(x: Any, rng: np.random.Generator, units: float) -> Any:
    """Exact numbers, each moved by up to `units` half units in its last place."""
    if getattr(x, "dtype", None) is not OBJECT:
        return x
    return x * (1 + np.asarray(rng.uniform(-units, units, np.shape(x)) * 2.0**-53).astype(object))


class Similarities(np.ndarray[Any, Any]):
    """Exact numbers whose products of matrices round as those of float64 do: by a few units of the sum of all sizes."""

    rng: np.random.Generator | None = None

    @classmethod
    def of(cls, rng: np.random.Generator) -> Column:
        """A function that makes arrays of exact numbers such arrays."""

        def rounded(x: Any) -> Any:
            if getattr(x, "dtype", None) is not OBJECT or not isinstance(x, np.ndarray):
                return x
            found = x.view(cls)
            found.rng = rng
            return found

        return rounded

    def __array_finalize__(self, source: Any) -> None:
        self.rng = getattr(source, "rng", None)

    def __matmul__(self, other: Any) -> Any:
        a, b = np.asarray(self), np.asarray(other)
        found, size = a @ b, np.abs(a) @ np.abs(b)
        if self.rng is not None:
            found = found + size * np.asarray(self.rng.uniform(-2, 2, found.shape) * 2.0**-53).astype(object)
        return found
