"""Missing numbers with --nan propagate: a value that is computed from one is nan, whatever the formula makes of a nan.

A formula may lose a nan: a comparison with it is false, so that a hinge, a bin or a rank of it is a number.
"""

from __future__ import annotations

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.engine.job import Job, View, ignored_in
from losscli.numeric.lazy import Array

__all__ = ["marks_missing", "missing_in", "spread"]


def marks_missing(job: Job) -> bool:
    """Whether the values of a job that are computed from a missing number become nan. A user's function decides for itself."""
    return job.nan == "propagate" and not isinstance(job.loss, CustomLoss)


def missing_in(job: Job, view: View) -> Array | None:
    """Which values of a block are computed from a missing number, for the axes that all roles share; None where none is.

    What is ignored or masked does not count, nor a row of weight 0 whose value depends on nothing but this row.
    """
    if not marks_missing(job):
        return None
    found: Array | None = None
    for role, x in view.roles.items():
        missing = _missing_in_role(view, role, getattr(x, "value", x))
        if missing is not None:
            found = missing if found is None else _either(found, missing)
    if found is None:
        return None
    ignored = ignored_in(job, view.but(roles={r: getattr(x, "value", x) for r, x in view.roles.items()}))
    if ignored is not None:
        found = _but(found, ignored)
    if view.weight is not None and job.loss.kind == "pointwise":
        found = _but(found, view.weight == 0)
    return found if found.any() else None


def _missing_in_role(view: View, role: str, x: Array) -> Array | None:
    """Which values are computed from a missing number of a role: those of all rows, where all share it."""
    if x.dtype.kind != "f" or not np.isnan(x).any():
        return None
    missing: Array = np.isnan(x)
    mask = view.roles.get("mask")
    if mask is not None and role != "mask" and mask.shape == missing.shape[: mask.ndim]:
        missing = _but(missing, mask == 0)
    if role in view.shared:
        return np.full(view.rows, missing.any())
    axes = view.value_axes[role]
    return _first_axes(missing, missing.ndim - axes)


def _either(a: Array, b: Array) -> Array:
    """Where one of the two marks is set: for the axes that both have."""
    axes = min(a.ndim, b.ndim)
    if a.shape[:axes] != b.shape[:axes]:
        axes = 1
    return np.asarray(_first_axes(a, axes) | _first_axes(b, axes))


def _first_axes(x: Array, axes: int) -> Array:
    """Marks for the first axes alone: set where one of the others is."""
    return np.asarray(x.any(tuple(range(axes, x.ndim)))) if x.ndim > axes else x


def _but(found: Array, left_out: Array) -> Array:
    """The marks without those of what is left out, such as an ignored label."""
    axes = min(found.ndim, left_out.ndim)
    if found.shape[:axes] != left_out.shape[:axes]:
        axes = 1
    out = left_out.all(tuple(range(axes, left_out.ndim))) if left_out.ndim > axes else left_out
    return found & ~out.reshape(out.shape + (1,) * (found.ndim - axes))


def spread(found: Array, shape: tuple[int, ...]) -> Array:
    """The marks for values of a shape: an axis that only the values have gets the marks of its row."""
    axes = min(found.ndim, len(shape))
    while axes > 1 and found.shape[:axes] != shape[:axes]:
        axes -= 1
    marks = _first_axes(found, axes)
    return np.broadcast_to(marks.reshape(marks.shape + (1,) * (len(shape) - axes)), shape)
