"""The labels of a framework as ours: one row after the other, class indices for a number of each class, and views below each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.engine.planning.column_shapes import column_shape, in_memory, row_shape, shape_text
from losscli.engine.planning.draft import Draft
from losscli.errors import InputError
from losscli.numeric.lazy import Array

__all__ = ["with_our_labels"]

_PEEK = 2**16  # rows of a file that are read to see which labels it has


def with_our_labels(draft: Draft, columns: Mapping[str, Column], general: Mapping[str, Any]) -> dict[str, Column]:
    """The columns with labels as our loss takes them, with a note. Raises InputError for labels or views that do not fit the rows."""
    columns = dict(columns)
    for labels, lengths in draft.preset.concatenated.items():
        if labels in columns and lengths in columns:
            columns[labels] = _padded(draft, labels, columns[labels], columns[lengths])
    said = {draft.preset.general[word]: value for word, value in general.items()}
    if "count" in said:
        _check_count(draft, columns, said["count"])
    if "one_hot_smoothing" in said or said.get("index_smoothing"):
        columns["target"] = _as_probabilities(draft, columns, said)
    if "labels" in said:
        columns["target"] = _as_indices(draft, columns["target"], said["labels"])
    if "pos_label" in said:
        column = in_memory(columns["target"])
        columns["target"] = column.but(array=(np.asarray(column.whole()) == said["pos_label"]).astype(np.float64))
    elif draft.preset.two_labels and "labels" not in said and "target" in columns:
        columns["target"] = _of_two_labels(draft, columns[draft.loss.first], columns["target"])
    if "views" in said:
        _stack_views(draft, columns, said["views"])
    return columns


def _check_count(draft: Draft, columns: Mapping[str, Column], count: int) -> None:
    """Raise InputError where a framework's num_classes is not the number of columns."""
    first, word = draft.loss.first, next(word for word, ours in draft.preset.general.items() if ours == "count")
    shape = row_shape(columns[first])
    if shape and draft.loss.roles[first].domain.ndim and count not in shape:
        sizes = " × ".join(map(str, shape))
        raise InputError(f"{draft.preset.names[0]}: {word} is {count}, but {first} has {sizes} numbers a row")


def _padded(draft: Draft, role: str, column: Column, lengths: Column) -> Column:
    """The labels of each row, where one array holds those of all rows, one row after the other.

    Raises InputError for another number of labels.
    """
    flat, counts = column.array, lengths.array
    if flat is None or counts is None or np.ndim(flat) != 1 or np.ndim(counts) != 1 or len(counts) < 2:
        return column
    n = np.asarray(counts, np.int64)
    if len(flat) != n.sum() or (n < 0).any():
        total = f"{role} has {len(flat)} labels, one row after the other, but the lengths of the rows sum to {n.sum()}"
        raise InputError(f"{draft.preset.names[0]}: {total}")
    filled = np.arange(max(n.max(), 1)) < n[:, None]
    padded = np.zeros(filled.shape, flat.dtype)
    padded[filled] = flat
    draft.notes.append(f"{role} {shape_text(column_shape(column, ()))} holds the labels of {len(n)} rows, one row after the other")
    return column.but(array=padded)


def _as_probabilities(draft: Draft, columns: Mapping[str, Column], said: Mapping[str, Any]) -> Column:
    """A number for each class: 1 − s + s / C for the label, s / C for others; numbers for each class are smoothed where that is said."""
    column, classes = in_memory(columns["target"]), row_shape(columns[draft.loss.first])
    x, smoothing = np.asarray(column.whole()), said.get("one_hot_smoothing", said.get("index_smoothing"))
    if len(classes) == 1 and x.shape[1:] in ((), (1,)) and classes != (1,):
        x = _one_hot(draft, x.reshape(-1), classes[0]) * (1 - smoothing) + smoothing / classes[0]
    elif said.get("smooth_dense"):
        x = x * (1 - smoothing) + smoothing / 2
    if said.get("threshold") is not None:
        x = (x > said["threshold"]).astype(np.float64)
    return column.but(array=x)


def _as_indices(draft: Draft, column: Column, labels: Array) -> Column:
    """Labels as class indices, by the sorted labels of all classes. Raises InputError for another label."""
    column, classes = in_memory(column), np.unique(labels)
    x = np.asarray(column.whole())
    if x.ndim > 1 and x.shape[-1] > 1:
        return column  # a number for each class already
    wrong = np.flatnonzero(~np.isin(x, classes))
    if wrong.size:
        raise InputError(
            f"{draft.preset.names[0]}: target: row {wrong[0]} is {x.reshape(-1)[wrong[0]]:g}, which is none of the labels "
            f"{', '.join(f'{c:g}' for c in classes)}"
        )
    return column.but(array=np.searchsorted(classes, x).astype(np.float64))


def _of_two_labels(draft: Draft, pred: Column, column: Column) -> Column:
    """Two labels as 0 and 1: the larger one is the positive one. Others are left, as are rows that are vectors."""
    if column.labels is not None or row_shape(pred):
        return column
    begin = next((b.columns[""] for b in Data({"": column}).blocks(_PEEK)), np.zeros(0))
    lone_negative = draft.preset.lone_negative
    if begin.dtype.kind not in "iuf" or (np.isin(begin, (0, 1)).all() and not (lone_negative and len(np.unique(begin)) < 2)):
        return column
    column = in_memory(column)
    found = np.unique(column.whole())
    if not 1 <= len(found) <= 2 or not (np.isfinite(found) & (found == np.round(found))).all() or column.whole().ndim != 1:
        return column
    if np.array_equal(found, (0, 1)):
        return column
    positive = found[-1] if len(found) == 2 or (len(found) and found[0] > 0 and not lone_negative) else np.inf
    which = "1" if positive < np.inf else "0"
    draft.notes.append(
        f"target has the label{'s' * (len(found) - 1)} {' and '.join(f'{x:g}' for x in found)}: {found[-1]:g} is taken as {which}"
    )
    return column.but(array=(column.whole() == positive).astype(np.float64))


def _one_hot(draft: Draft, labels: Array, classes: int) -> Array:
    """1 for the label of each row, 0 for other classes. Raises InputError for what is no class index."""
    wrong = np.flatnonzero(~np.isin(labels, np.arange(classes)))
    if wrong.size:
        raise InputError(
            f"{draft.preset.names[0]}: target: row {wrong[0]} is {labels[wrong[0]]:g}, but class indices go from 0 to {classes - 1}"
        )
    draft.notes.append("target holds class indices: each is a 1 among zeros, smoothed")
    return (labels[:, None] == np.arange(classes)).astype(np.float64)


def _stack_views(draft: Draft, columns: dict[str, Column], views: int) -> None:
    """Make (rows, views, classes) of logits with all rows of the first view, then all of the second, …; the first labels count.

    Raises InputError where the rows are no multiple of the views.
    """
    first = draft.loss.first
    if len(row_shape(columns[first])) != 1:
        return
    x, y = (in_memory(columns[r]) for r in (first, "target"))
    total = len(x.whole())
    if total % views:
        raise InputError(f"{draft.preset.names[0]}: {first} has {total} rows, which are no multiple of num_splits {views}")
    rows = total // views
    columns[first] = x.but(array=np.moveaxis(x.whole().reshape(views, rows, -1), 0, 1))
    if len(y.whole()) == total:
        columns["target"] = y.but(array=y.whole()[:rows])
    draft.moved[first] = (0, 1)
    draft.notes.append(f"{first} has {views} views of {rows} rows, below each other")
