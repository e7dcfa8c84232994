"""The arrays of a framework as ours: time that comes first, another axis, and weights and masks that NumPy broadcasts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.planning.column_shapes import column_shape, in_memory, row_shape, shape_text
from losscli.engine.planning.draft import Draft
from losscli.engine.work import Work
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array

__all__ = ["broadcast_to_rows", "in_our_axes", "masks_all", "with_changed_numbers", "with_general_options"]

_BLOCK = 2**16  # rows that are read at once, to count them


# --- options that every loss has ------------------------------------------------------------------------------------------------


def with_general_options(bound: BoundLoss, columns: Mapping[str, Column], work: Work, weight: Column | None) -> tuple[Work, Column | None]:
    """The choices and the sample weights with what the user gave in the framework's words, such as weight and dim.

    Raises UsageError where an option is given under two names.
    """
    for word, value in bound.general.items():
        ours = bound.preset.general[word]
        if ours == "class_axis":
            _check_smoothing(bound, columns, value)
        if ours == "class_axis" and not bound.preset.last_axis:
            value = -1 if _counts_rows(bound.loss.first, value, columns) else value  # `in_our_axes` moves it there
            if work.class_axis not in (None, value):
                raise UsageError(f"{word} and --class-axis are one option here: give one of them")
            work = work.but(class_axis=value)
        elif ours in ("sample_weight", "row_weight") and weight is not None:
            raise UsageError(f"{word} and sample_weight both weigh the values: give one of them")
        elif ours == "sample_weight":
            weight = Column(word, _weights(bound, columns, word, np.asarray(value)))
        elif ours == "row_weight":
            weight = Column(word, np.asarray(value))
    return work, weight


def _check_smoothing(bound: BoundLoss, columns: Mapping[str, Column], axis: int) -> None:
    """Raise UsageError for smoothed labels along an axis that is not the last: Keras divides by the length of the last one."""
    last = len(row_shape(columns[bound.loss.first]))
    if bound.options.get("label_smoothing") and bound.loss.labels is not None and axis % (1 + last) != last:
        raise UsageError(
            f"{bound.preset.names[0]} smooths labels by the length of the last axis, whatever axis is: give the classes on the last axis"
        )


def _weights(bound: BoundLoss, columns: Mapping[str, Column], word: str, x: Array) -> Array:
    """The weights of all values; an array without axes is one number for all."""
    first = bound.loss.first
    return x if x.ndim == 0 else broadcast_to_rows(word, x, columns[first], first, bound.loss.roles[first].domain.ndim)


def broadcast_to_rows(word: str, x: Array, column: Column, role: str, value_axes: int = 0) -> Array:
    """An array in the shape of the values of a column, by NumPy's rule. Raises InputError where that does not fit."""
    values = row_shape(column)[: -value_axes or None]
    rows = len(column.array) if column.array is not None else sum(b.rows for b in Data({"": column}).blocks(_BLOCK))
    if x.ndim > 1 + len(values) and x.shape[0] == 1:
        x = x[0]
    try:
        return np.broadcast_to(x, (rows, *values))
    except ValueError:
        raise InputError(
            f"{word} {shape_text(x.shape)} does not broadcast to the values of {role}, {shape_text((rows, *values))}"
        ) from None


def with_changed_numbers(bound: BoundLoss, columns: Mapping[str, Column]) -> Mapping[str, Column]:
    """The columns with numbers that have no effect where the framework's `where` is false, and the target times its `weights`."""
    found = {bound.preset.general[word]: word for word in bound.general}
    if not found.keys() & {"where", "factor"}:
        return columns
    first = bound.loss.first
    full = {ours: broadcast_to_rows(word, np.asarray(bound.general[word]), columns[first], first) for ours, word in found.items()
            if ours in ("where", "factor")}  # fmt: skip
    changed = {r: in_memory(c) for r, c in columns.items() if row_shape(c) == full[next(iter(full))].shape[1:]}
    if "factor" in full:
        x = changed["target"].whole()
        changed["target"] = changed["target"].but(array=np.where(x > 0, x * full["factor"], x))
    if "where" in full:
        masked = {r: n for r, n in bound.preset.masks.items() if r in changed}
        kept = _with_labels(bound, columns, full["where"] != 0)
        changed |= {r: changed[r].but(array=np.where(kept, changed[r].whole(), n)) for r, n in masked.items()}
    return {**columns, **changed}


def _with_labels(bound: BoundLoss, columns: Mapping[str, Column], kept: Array) -> Array:
    """Which numbers are kept; where none of a distribution is, the class of its label, whose loss is 0 then.

    Raises InputError where others are kept, but not the class of the label.
    """
    labels = bound.loss.labels
    if labels is None or labels.name in bound.preset.masks:
        return kept
    x = in_memory(columns[labels.name]).whole()
    if x.dtype.kind not in "iuf" or x.ndim != kept.ndim - 1 or not np.isfinite(x).all():
        return kept
    axis = next((x for word, x in bound.general.items() if bound.preset.general[word] == "class_axis"), bound.preset.class_axis or -1)
    place = np.expand_dims(np.clip(x.astype(int), 0, kept.shape[axis] - 1), axis)
    own, some = np.take_along_axis(kept, place, axis), kept.any(axis, keepdims=True)
    wrong = np.argwhere(some & ~own)
    if len(wrong):
        raise InputError(f"row {wrong[0][0]}: its where leaves out the class of the label, which has no probability among the others")
    with_own = kept.copy()
    np.put_along_axis(with_own, place, True, axis)
    return np.where(some, kept, with_own)


def masks_all(bound: BoundLoss) -> bool:
    """Whether the framework's `where` is false everywhere, so that nothing is computed."""
    return any(bound.preset.general[word] == "where" and not np.any(mask) for word, mask in bound.general.items())


# --- axes ------------------------------------------------------------------------------------------------------------


def in_our_axes(draft: Draft, columns: Mapping[str, Column], general: Mapping[str, Any]) -> dict[str, Column]:
    """The columns with rows first, and the axis that is reduced last, where the framework of the name has another order; with a note."""
    columns = dict(columns)
    axis = next((x for word, x in general.items() if draft.preset.general[word] == "class_axis"), None)
    if axis is not None and (draft.preset.last_axis or _counts_rows(draft.loss.first, axis, columns)):
        _put_axis_last(draft, axis, columns)
    role = draft.preset.swapped_axes
    if role in columns:
        _put_rows_first(draft, role, columns)
    return columns


def _counts_rows(first: str, axis: int, columns: Mapping[str, Column]) -> bool:
    """Whether an axis of the first role is that of the rows, where it has others."""
    ndim = 1 + len(row_shape(columns[first]))
    return ndim > 1 and axis % ndim == 0


def _put_axis_last(draft: Draft, axis: int, columns: dict[str, Column]) -> None:
    """Move an axis of all roles that have it to the end; labels lack it. Raises InputError for an axis that they do not have."""
    most = max(1 + len(row_shape(c)) for c in columns.values())
    for role, column in columns.items():
        ndim = 1 + len(row_shape(column))
        if ndim < most and draft.loss.labels is not None and role == draft.loss.labels.name:
            continue
        if not -ndim <= axis < ndim:
            raise InputError(f"axis {axis} is no axis of a row of {role}, shape {shape_text(column_shape(column, row_shape(column)))}")
        if axis % ndim != ndim - 1:
            columns[role] = _of_array(column, np.moveaxis(in_memory(column).whole(), axis, -1))
            draft.moved[role] = (axis % ndim, ndim - 1)


def _of_array(column: Column, x: Array) -> Column:
    return column.but(array=x, stream=None, keys=(), stacked=False, labels=None, origin=None)


def _put_rows_first(draft: Draft, role: str, columns: dict[str, Column]) -> None:
    """Swap the first two axes of a role. Records of one file are rows already.

    Raises InputError where its second axis does not count the rows of the other roles, but its first does.
    """
    column, name = columns[role], draft.preset.names[0]
    if len(row_shape(column)) != 2 or (
        column.stream is not None and any(c.stream is column.stream for r, c in columns.items() if r != role)
    ):
        return
    x = in_memory(column).whole()
    flat = [r for r in draft.preset.concatenated if r in columns and (a := columns[r].array) is not None and a.ndim == 1]
    sizes = {c.rows for r, c in columns.items() if r not in (role, *flat)} - {None}
    if x.shape[1] not in sizes and sizes == {x.shape[0]}:
        first = f"{name} takes time first, (T, N, C), but the rows come first in {role} {shape_text(x.shape)}"
        raise InputError(f"{first}: transpose it, or use {draft.loss.name}, which takes rows first")
    columns[role] = _of_array(column, x.swapaxes(0, 1))
    draft.moved[role] = (0, 1)
    draft.notes.append(f"{role} {shape_text(x.shape)} has time first, as in {name}")
