"""Comparison of the results of two calls of a user's function: the same rows must have the same values, except for rounding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, Aligned, CrossProduct, MeanOver, RowIndex, Sum
from losscli.numeric.arrays import is_masked, masked_to_nan
from losscli.numeric.lazy import Array

__all__ = ["arrays_in", "as_tuple", "close", "copied", "copied_columns", "row_arrays", "same", "subset_agrees"]


def as_tuple(out: Any) -> tuple[Any, ...]:
    """A returned or yielded value as a tuple of columns."""
    columns = out if isinstance(out, tuple) else (out,)
    return tuple(c.weights if isinstance(c, MeanOver) else c for c in columns)


def copied(out: Any) -> Any:
    """A returned value with copies of its arrays: a function may reuse their memory in the next call."""
    return copied_columns(out) if isinstance(out, tuple) else _copy(out)


def copied_columns(out: Any) -> tuple[Any, ...]:
    """A returned or yielded value as a tuple of columns with copies of their arrays."""
    return tuple(_copy(x) for x in as_tuple(out))


def _copy(x: Any) -> Any:
    if isinstance(x, Aggregation) and "column" in x._names:
        return x.but(**{n: _copy(getattr(x, n)) for n in x._names})
    return np.array(x) if type(x) is np.ndarray else x


def arrays_in(column: Any) -> list[Any]:
    """The arrays of a column that have a row for each row of the block; None for what is summed within the block already."""
    if isinstance(column, Aligned):
        return arrays_in(column.column)
    if isinstance(column, CrossProduct):
        return [column.column, column.other]
    if isinstance(column, Sum) or column is RowIndex:
        return [None]
    return [getattr(column, "column", column)]


def row_arrays(columns: Sequence[Any], rows: int) -> list[Array | None]:
    """Each array of the columns, or None in place of one whose first axis is not `rows` long."""
    arrays = [_unmasked(x) for c in columns for x in arrays_in(c)]
    return [None if x is None or np.shape(x)[:1] != (rows,) else np.asarray(x) for x in arrays]


def _unmasked(x: Any) -> Any:
    return masked_to_nan(x) if is_masked(x) else x


def subset_agrees(block: Sequence[Any], subset: Sequence[Any], at: Array, rows: int, last: bool) -> bool:
    """Whether the values from a call on rows `at` of a block are those that these rows have in the block's values.

    `block` and `subset` are the columns of the same step of both calls, `rows` the rows of the block. An array without rows has to be
    the same in both; only in the last step (`last`) may its first axis be as long as the block, by chance.
    """
    if len(block) != len(subset) or _aggregations(block) != _aggregations(subset):
        return False
    pairs = zip((x for c in block for x in arrays_in(c)), (x for c in subset for x in arrays_in(c)), strict=True)
    for whole, part in pairs:
        if whole is None or part is None:
            continue
        w, p = np.asarray(_unmasked(whole)), np.asarray(_unmasked(part))
        by_row = w.shape[:1] == (rows,)
        if by_row and p.shape == (len(at), *w.shape[1:]) and close(w[at], p):
            continue
        if w.shape != p.shape or (by_row and not last) or not close(w, p):
            return False
    return True


def _aggregations(columns: Sequence[Any]) -> list[type]:
    return [type(c) for c in columns if isinstance(c, Aggregation)]


def same(a: Any, b: Any) -> bool:
    """Whether two columns are of the same type and shape and have the same numbers, except for rounding."""
    if type(a) is not type(b) and (isinstance(a, Aggregation) or isinstance(b, Aggregation)):
        return False
    pairs = [(a.column, b.column)] if isinstance(a, Sum) else zip(arrays_in(a), arrays_in(b), strict=True)
    for one, other in pairs:
        if one is None or other is None:
            continue
        x, y = np.asarray(_unmasked(one)), np.asarray(_unmasked(other))
        if x.shape != y.shape or not close(x, y):
            return False
    return True


def close(a: Array, b: Array) -> bool:
    """Whether two arrays are equal except for rounding: a matrix product may add in another order where there are fewer rows."""
    eps = max((np.finfo(x.dtype).eps for x in (a, b) if x.dtype.kind == "f"), default=np.finfo(np.float64).eps)
    a, b = a.astype(np.float64, copy=False), b.astype(np.float64, copy=False)
    with np.errstate(all="ignore"):
        equal = (a == b) | (np.isnan(a) & np.isnan(b))
        if equal.all():
            return True
        size = np.maximum(np.abs(a), np.abs(b))
        finite = np.isfinite(size)
        largest = size[finite].max(initial=0.0)
        return bool((equal | (finite & (np.abs(a - b) <= np.sqrt(eps) / 16 * size + 64 * eps * largest))).all())
