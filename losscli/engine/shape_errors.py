"""What to say where two shapes do not agree. The advice must never lead to another number than the user means."""

from __future__ import annotations

import numpy as np

from losscli.engine.column_shapes import AS_ONE_OF_MANY, shape_text
from losscli.engine.draft import Draft
from losscli.errors import InputError, counted

__all__ = ["shapes_disagree"]


def shapes_disagree(draft: Draft, first: str, role: str) -> InputError:
    """The error for two roles whose shapes do not agree, with what to do."""
    both = f"{first} {draft.shape_text(first)} and {role} {draft.shape_text(role)}"
    return InputError(f"{draft.loss.name}: {both} do not go together: {_advice(draft, first, role)}")


def _advice(draft: Draft, first: str, role: str) -> str:
    a, b = draft.shapes[first], draft.shapes[role]
    x, y = draft.rows[first].array, draft.rows[role].array
    if draft.domain(first).classes and not draft.domain(role).ndim:
        return f"{role} needs one label for each row of {first}, or a probability for each class"
    if x is not None and y is not None and x.shape == y.shape[::-1]:
        return "transpose one of them"
    if any(r.domain.ndim for r in draft.loss.roles.values()):
        return "their rows must hold vectors of one length" if draft.domain(role).ndim else f"{role} needs one number for each row"
    if not a or not b:
        other = f"multiclass_{draft.loss.name}"
        if a and other in draft.loss.see:
            return f"{other} takes one number for each class; or choose one column of {first} ({draft.rows[first].label})"
        return _advice_for_column(draft, *((first, role) if a else (role, first)))
    return "give both the same shape" + (", or say --broadcast" if _broadcasts(draft, first, role) else "")


def _advice_for_column(draft: Draft, wide: str, flat: str) -> str:
    """What to do with one number a row in one role beside several in another."""
    x, y = draft.rows[wide].array, draft.rows[flat].array
    if x is not None and y is not None and len(x) != len(y):
        advice = f"{flat} needs {counted(len(x), 'number')}, one a row"
        repeats = len(y) in (1, draft.shapes[wide][-1])
        return f"{advice}; --broadcast repeats it for every row of {wide}" if repeats else advice
    column = shape_text((len(y) if y is not None else "rows", *(1,) * len(draft.shapes[wide])))
    return (
        f"choose one column of {wide} ({draft.rows[wide].label}), or, for one number of {flat} a row, "
        f"give it as {column}{AS_ONE_OF_MANY} and say --broadcast"
    )


def _broadcasts(draft: Draft, *roles: str) -> bool:
    """Whether NumPy would broadcast two roles."""
    shapes = [(1 if (x := draft.rows[r].array) is None else len(x), *draft.shapes[r]) for r in roles]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True
