"""NumPy's rule of broadcasting, on the user's word: over the whole shapes, from the last axis, rows and all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.domains import Domain
from losscli.engine.job import Job, Shape
from losscli.errors import InputError, Warned

__all__ = ["TABLE", "broadcast", "full", "has_own_rows", "height", "in_memory", "row_shape", "summed_to", "written"]

TABLE = " (of a table COLUMN:COLUMN)"  # how a column of a file is one of many


def written(shape: tuple[object, ...]) -> str:
    """'(2, 3)', '(2,)': a shape as NumPy writes it."""
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def summed_to(g: Any, shape: Shape) -> Any:
    """A gradient in the shape that was given: what was repeated gets the sum of what its copies have."""
    g = g.sum(tuple(range(g.ndim - len(shape))))
    repeated = tuple(a for a, (n, given) in enumerate(zip(g.shape, shape, strict=True)) if n != given == 1)
    return g.sum(repeated, keepdims=True)


def height(column: Column, most: int) -> int:
    """How many rows a column has, as far as `most`: no more than that is read."""
    if column.array is not None:
        return min(len(column.array), most)
    return next((block.rows for block in Data({"": column}).blocks(most)), 0)


def row_shape(column: Column) -> Shape:
    """The shape of a row."""
    return (Data({"": column}).first.columns[""] if column.array is None else column.array).shape[1:]


def has_own_rows(domain: Domain, column: Column) -> bool:
    """Whether a role that could be shared has something of its own for each row: one series each, K vectors each."""
    if not domain.or_per_row:
        return False
    shape = row_shape(column)
    return len(shape) == 1 + domain.ndim and (bool(domain.ndim) or (shape[-1] > 1 and height(column, 2) > 1))


def in_memory(column: Column) -> Column:
    """A column with all its rows read, where it is not an array."""
    if column.array is not None:
        return column
    return replace(column, array=Data({"": column}).all()[""], stream=None, keys=(), stacked=False, labels=None, moved=None)


def broadcast(job: Job, rows: dict[str, Column], shapes: dict[str, Shape]) -> Shape:
    """Repeat what has one row or fewer axes, and bring columns and shapes up to date. Gives the shape of a row of values.

    Raises InputError where NumPy's rule does not allow it.
    """
    ndim = max(len(shape) + 1 for shape in shapes.values())
    for role, column in rows.items():
        if len(shapes[role]) + 1 < ndim or height(column, 2) == 1:
            rows[role] = in_memory(column)
    given = {r: full(c, shapes[r]) for r, c in rows.items()}
    for role, column in rows.items():
        if column.array is not None:
            x = np.asarray(column.array)
            rows[role] = replace(column, array=x.reshape((1,) * (ndim - x.ndim) + x.shape))
            shapes[role] = rows[role].array.shape[1:]
    value = _value(rows, shapes, given)
    long = [r for r, c in rows.items() if c.array is None or len(c.array) > 1] or [job.loss.first]
    for role, column in list(rows.items()):
        if role not in long:
            job.constant[role] = np.broadcast_to(column.array, (1, *value))
        elif shapes[role] != value:
            whole = in_memory(column)
            rows[role] = replace(whole, array=np.broadcast_to(whole.array, (len(whole.array), *value)))
        shapes[role] = value
    _say_which_axis(job, rows, given, value, long[0])
    return value


def _value(rows: Mapping[str, Column], shapes: Mapping[str, Shape], given: Mapping[str, tuple[object, ...]]) -> Shape:
    lengths = {len(c.array) for c in rows.values() if c.array is not None and len(c.array) != 1}
    try:
        if len(lengths) > 1:
            raise ValueError
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        said = ", ".join(f"{r} {written(shape)}" for r, shape in given.items())
        raise InputError(f"the shapes do not broadcast: {said}{_one_a_row(given)}") from None


def _one_a_row(given: Mapping[str, tuple[object, ...]]) -> str:
    """The way out where a role has one number for each row of a wider one."""
    ndim = max(map(len, given.values()))
    for role, shape in given.items():
        if len(shape) == 1 < ndim and any(len(s) == ndim and s[0] in ("rows", shape[0]) for s in given.values()):
            return f"; for one number a row give {role} as {written((shape[0], *(1,) * (ndim - 1)))}{TABLE}"
    return ""


def _say_which_axis(job: Job, rows: Mapping[str, Column], given: Mapping[str, tuple[object, ...]], value: Shape, longest: str) -> None:
    """Warn of a vector that could be one number for each row, but goes along the last axis."""
    for role, shape in given.items():
        n = shape[0]
        if len(shape) != 1 or not value or not isinstance(n, int) or n == 1 or height(rows[longest], n + 1) != n:
            continue
        whole = written((shape[0], *value))
        column = written((shape[0], *(1,) * len(value)))
        job.warnings.append(
            Warned(
                "W127",
                f"{role} {written(shape)} goes along the last axis of {whole}, as NumPy has it; for one number a row give {column}{TABLE}",
            )
        )


def full(column: Column, row: Shape) -> tuple[object, ...]:
    """The shape of a column, whose number of rows may not be known."""
    return (len(column.array) if column.array is not None else "rows", *row)
