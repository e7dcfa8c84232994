"""Sample weights: their shape, and one number for all rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from losscli.data.columns import Column
from losscli.engine.broadcasting import height, row_shape, written
from losscli.engine.job import Job, Layout, Shape
from losscli.engine.shapes import dense, full_shape
from losscli.errors import InputError, Warned

__all__ = ["as_sample_weight", "fit_weight"]


def as_sample_weight(weight: Column) -> Column:
    """One number is one weight for all rows: an array without axes, which has as many rows as the others."""
    x = weight.array
    if x is None or not (np.ndim(x) == 0 or (weight.label == "inline" and np.shape(x) == (1,))):
        return weight
    one = np.asarray(weight.values([np.reshape(x, 1)], 0), np.float64)[0]
    if not 0 <= one < np.inf:
        raise InputError(f"sample_weight is {one:g}: one number is the weight of every row, and has to be 0 or more")
    return replace(weight, array=one.reshape(()))


def _warn_of_repeated_weights(job: Job, column: Column, values: Shape) -> None:
    """Where weights have fewer axes than the losses Keras multiplies as NumPy does, from the last axis: what fits so weighs no rows."""
    given = row_shape(column)
    axes = len(given) + 1
    if job.preset.last_axis != "mean" or axes > len(values) or np.ndim(column.array if column.array is not None else [0]) == 0:
        return
    last, n = values[len(values) - axes :], height(column, max(values) + 1)
    if n == 1 or (axes == len(values) and last[-1] == 1) or any(a not in (1, b) for a, b in zip((n, *given), last, strict=True)):
        return
    full, wanted = written((n, *given)), written((n, *given, *(1,) * (len(values) + 1 - axes)))
    keras = f"{job.preset.names[0]} has it along the last axes of the losses {full_shape(column, values)}"
    job.warnings.append(Warned("W127", f"sample_weight {full} weighs rows, but {keras}: {wanted} weighs rows in both"))


def fit_weight(job: Job, column: Column) -> None:
    """Sample weights have the shape of the values or of their leading axes."""
    shape = job.layouts[job.loss.first].shape
    values = shape[: len(shape) - job.loss.roles[job.loss.first].domain.ndim]
    if job.preset.last_axis:
        values = values[:-1]  # which is reduced before the weights come in
    given = row_shape(column)
    _warn_of_repeated_weights(job, column, values)
    for k in range(len(values), -1, -1):
        if given == values[:k]:
            job.layouts[""] = Layout(None, given, given)
            return
    for k in range(len(values), -1, -1):
        if dense(given) == dense(values[:k]):
            job.layouts[""] = Layout(None, values[:k], given)
            return
    raise InputError(
        f"sample_weight {full_shape(column, given)} fits neither the values {written(('rows', *values))} nor their leading axes"
    )
