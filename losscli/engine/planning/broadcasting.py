"""Broadcasting by NumPy's rule, with --broadcast: over whole shapes including the rows, from the last axis."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from losscli.data.columns import Column
from losscli.engine.job import Shape
from losscli.engine.planning.column_shapes import AS_ONE_OF_MANY, column_shape, in_memory, rows_up_to, shape_text
from losscli.engine.planning.draft import Draft
from losscli.errors import InputError

__all__ = ["broadcast"]


def broadcast(draft: Draft, excluded: Collection[str]) -> Shape:
    """Broadcast all roles except `excluded`, and return the shape of a row of values. A role with one row becomes constant.

    Raises InputError where NumPy's rule does not allow it.
    """
    rows = {r: c for r, c in draft.rows.items() if r not in excluded}
    shapes = {r: draft.shapes[r] for r in rows}
    ndim = max(len(shape) + 1 for shape in shapes.values())
    for role, column in rows.items():
        if len(shapes[role]) + 1 < ndim or rows_up_to(column, 2) == 1:
            rows[role] = in_memory(column)
    original = {r: column_shape(c, shapes[r]) for r, c in rows.items()}
    for role, column in rows.items():
        if column.array is not None:
            x = np.asarray(column.array)
            x = x.reshape((1,) * (ndim - x.ndim) + x.shape)
            rows[role], shapes[role] = column.but(array=x), x.shape[1:]
    value = _value_shape(rows, shapes, original)
    long = [r for r, c in rows.items() if c.array is None or len(c.array) != 1] or [draft.loss.first]
    for role, column in list(rows.items()):
        if role not in long:
            draft.constant[role] = np.broadcast_to(column.whole(), (1, *value))
        elif shapes[role] != value:
            column = in_memory(column)
            x = column.whole()
            rows[role] = column.but(array=np.broadcast_to(x, (len(x), *value)))
        draft.rows[role], draft.shapes[role] = rows[role], value
    _warn_of_last_axis(draft, original, value, rows[long[0]])
    return value


def _value_shape(rows: Mapping[str, Column], shapes: Mapping[str, Shape], original: Mapping[str, tuple[object, ...]]) -> Shape:
    lengths = {len(c.array) for c in rows.values() if c.array is not None and len(c.array) != 1}
    try:
        if len(lengths) > 1:
            raise ValueError
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        listed = ", ".join(f"{r} {shape_text(shape)}" for r, shape in original.items())
        raise InputError(f"the shapes do not broadcast: {listed}{_one_a_row(original)}") from None


def _one_a_row(original: Mapping[str, tuple[object, ...]]) -> str:
    """Advice for a role that has one number for each row of a wider role."""
    ndim = max(map(len, original.values()))
    for role, shape in original.items():
        if len(shape) == 1 < ndim and any(len(s) == ndim and s[0] in ("rows", shape[0]) for s in original.values()):
            return f"; for one number a row give {role} as {shape_text((shape[0], *(1,) * (ndim - 1)))}{AS_ONE_OF_MANY}"
    return ""


def _warn_of_last_axis(draft: Draft, original: Mapping[str, tuple[object, ...]], value: Shape, longest: Column) -> None:
    """Warn of a vector that is broadcast along the last axis, but has as many numbers as there are rows."""
    for role, shape in original.items():
        n = shape[0]
        if len(shape) != 1 or not value or not isinstance(n, int) or n == 1 or rows_up_to(longest, n + 1) != n:
            continue
        whole, column = shape_text((n, *value)), shape_text((n, *(1,) * len(value)))
        draft.warn(
            "W127",
            f"{role} {shape_text(shape)} lies along the last axis of {whole}, as in NumPy; "
            f"for one number a row give {column}{AS_ONE_OF_MANY}",
        )
