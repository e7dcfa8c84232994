"""Sample weights: one number for all rows, or the shape of the values or of their leading axes."""

from __future__ import annotations

import numpy as np

from losscli.data.columns import Column
from losscli.engine.job import Layout, Shape
from losscli.engine.planning.column_shapes import column_shape, row_shape, rows_up_to, shape_text, without_ones
from losscli.engine.planning.draft import Draft
from losscli.errors import InputError

__all__ = ["as_sample_weight", "fit_weight"]


def as_sample_weight(column: Column) -> Column:
    """A column of sample weights. One number alone becomes an array without axes: it is the weight of every row.

    Raises InputError for one number that is negative or not finite.
    """
    x = column.array
    if x is None or not (np.ndim(x) == 0 or (column.label == "inline" and np.shape(x) == (1,))):
        return column
    one = np.asarray(column.values([np.reshape(x, 1)], 0), np.float64)[0]
    if not 0 <= one < np.inf:
        raise InputError(f"sample_weight is {one:g}: one number is the weight of every row, and has to be 0 or more")
    return column.but(array=one.reshape(()))


def fit_weight(draft: Draft) -> None:
    """Give the sample weights a layout. Raises InputError where they have neither the shape of the values nor of their leading axes."""
    if draft.weight is None:
        return
    if draft.preset.weights_ignored:
        draft.weight = None
        draft.warn("W127", f"{draft.preset.names[0]} ignores weights: sample_weight has no effect")
        return
    column = draft.weight = as_sample_weight(draft.weight)
    shape = draft.layouts[draft.loss.first].shape
    values = shape if draft.preset.item_weights == "values" else shape[: len(shape) - draft.domain(draft.loss.first).ndim]
    if draft.preset.last_axis:
        values = values[:-1]  # that axis is reduced before the weights are applied
    elif draft.preset.row_mean:
        values = ()
    given = row_shape(column)
    _warn_of_keras(draft, column, values)
    draft.weight_layout = Layout(None, _weight_shape(column, given, values), given)
    if draft.preset.weight_note:
        draft.warn("W127", f"sample_weight weighs elements; {draft.preset.names[0]} {draft.preset.weight_note}")


def _weight_shape(column: Column, given: Shape, values: Shape) -> Shape:
    """The leading axes of the values to which the weights apply. Raises InputError where the weights fit no leading axes."""
    leading = [values[:k] for k in range(len(values), -1, -1)]
    if given in leading:
        return given
    for shape in leading:
        if without_ones(given) == without_ones(shape):
            return shape
    text = shape_text(column_shape(column, given))
    raise InputError(f"sample_weight {text} fits neither the values {shape_text(('rows', *values))} nor their leading axes")


def _warn_of_keras(draft: Draft, column: Column, values: Shape) -> None:
    """Warn of weights for rows that Keras applies along the last axes of the losses, since NumPy broadcasts from the last axis."""
    given = row_shape(column)
    axes = len(given) + 1
    one_number = column.array is not None and np.ndim(column.array) == 0
    if draft.preset.last_axis != "mean" or axes > len(values) or one_number:
        return
    last, n = values[len(values) - axes :], rows_up_to(column, max(values) + 1)
    if n == 1 or (axes == len(values) and last[-1] == 1) or any(a not in (1, b) for a, b in zip((n, *given), last, strict=True)):
        return
    has, wanted = shape_text((n, *given)), shape_text((n, *given, *(1,) * (len(values) + 1 - axes)))
    keras = f"{draft.preset.names[0]} applies it along the last axes of the losses {shape_text(column_shape(column, values))}"
    draft.warn("W127", f"sample_weight {has} weighs rows, but {keras}: {wanted} weighs rows in both")
