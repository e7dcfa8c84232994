"""The shapes of all roles are matched, or refused. Class axes move to the end; nothing is broadcast without --broadcast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.domains import Decided, Domain, Images, LabelIn, Signals
from losscli.engine.job import Layout, Shape
from losscli.engine.planning.broadcasting import broadcast
from losscli.engine.planning.class_axis import class_axes, is_soft, with_classes_last
from losscli.engine.planning.column_shapes import AS_ONE_OF_MANY, column_shape, shape_text, without_ones
from losscli.engine.planning.draft import Draft
from losscli.engine.planning.samples import single_number_hint
from losscli.errors import FOR_SCORES, InputError, counted
from losscli.registry import Loss

__all__ = ["agree_on_shapes", "check_axes", "drop_idle_axes"]


def check_axes(draft: Draft) -> None:
    """Raise InputError for axes in another order than ours."""
    for role in draft.rows:
        domain = draft.domain(role)
        if domain.shared and not domain.ndim:
            _check_series(draft, role)


def _check_series(draft: Draft, role: str) -> None:
    """Raise InputError where there is a series for each row, but not as many series as rows."""
    first = draft.loss.first
    series, numbers = draft.rows[role].array, draft.rows[first].array
    if series is None or numbers is None or len(series) == len(numbers):
        return
    advice = ": transpose it" if draft.shapes[role] == (len(numbers),) else "; one series for all is (time,)"
    raise InputError(
        f"{draft.loss.name}: {role} {draft.shape_text(role)} has {counted(len(series), 'row')}, a series each, but {first} has "
        f"{counted(len(numbers), 'row')}{advice}"
    )


def drop_idle_axes(draft: Draft) -> None:
    """Reshape arrays whose shapes differ only in axes of length one to the shape of the first role, with a note.

    A warning says where the loss depends on which of the two shapes has the rows.
    """
    first = draft.loss.first
    model = draft.rows[first].array if first in draft.rows else None
    if model is None or any(r.domain.ndim for r in draft.loss.roles.values()):
        return
    for role, column in draft.rows.items():
        x = column.array
        if x is None or len(x) == len(model) or draft.domain(role).shared or without_ones(x.shape) != without_ones(model.shape):
            continue
        given, taken = shape_text(x.shape), shape_text(model.shape)
        draft.rows[role] = column.but(array=x.reshape(model.shape))
        draft.shapes[role] = draft.shapes[first]
        draft.notes.append(f"{role} {given} is read as {taken}")
        if _depends_on_rows(draft):
            both = f"{first} {taken} and {role} {given} are read as {taken}"
            draft.warn("W127", f"{both}; {draft.loss.name} depends on which are rows: give both one shape")


def _depends_on_rows(draft: Draft) -> bool:
    """Whether a value depends on which axis has the rows: a mean over rows, or a statistic for each row or channel."""
    per = draft.work.per or draft.preset.per or (draft.loss.per if draft.loss.kind == "statistic" else "all")
    return draft.reduction == "batchmean" or per != "all"


def agree_on_shapes(draft: Draft) -> None:
    """Give every role a layout. Without the axes of one value, the rows of all roles have the same shape.

    Raises InputError where the shapes do not match, UsageError for a class axis that the loss does not have.
    """
    for role in draft.rows:
        if 0 in draft.shapes[role][draft.domain(role).shared :]:  # a row may have no vectors, where it may have several
            raise InputError(f"{draft.loss.name}: the rows of {role} hold no numbers: its shape is {draft.shape_text(role)}")
    moved = class_axes(draft)
    vectors = [r for r in draft.rows if draft.domain(r).ndim]
    shapes = _shapes_with_vectors(draft, vectors, moved) if vectors else _shapes_of_numbers(draft)
    _check_shared(draft, vectors, shapes)
    draft.layouts = {r: Layout(moved[r], shapes[r], draft.shapes[r]) for r in draft.rows}


def _shapes_with_vectors(draft: Draft, vectors: Sequence[str], moved: dict[str, int | None]) -> dict[str, Shape]:
    """The shape of a row of each role, where some roles have vectors."""
    shapes = {r: with_classes_last(draft.shapes[r], moved[r]) or ((1,) if draft.domain(r).or_number else ()) for r in draft.rows}
    first, domain = vectors[0], draft.domain(vectors[0])
    value = _value_shape(draft, first, shapes[first])
    if value and draft.loss.kind == "batch" and not domain.classes:
        raise InputError(f"{draft.loss.name}: a row of {first} must be one vector, but its shape is {draft.shape_text(first)}")
    for role in vectors:
        same_length = _equal_length(domain, draft.domain(role), shapes[first], shapes[role])
        if _value_shape(draft, role, shapes[role]) != value or not same_length:
            raise _shapes_disagree(draft, first, role)
    for role in draft.rows:
        if role in vectors:
            continue
        if draft.domain(role).shared:  # a series for each row has a shape of its own
            shapes[role] = draft.shapes[role]
            continue
        given, classes = draft.shapes[role], draft.shared_classes(role)
        if classes and is_soft(draft.domain(role), given, (*value, *classes)):
            shapes[role] = given
        elif not classes and (moved[role] is not None or is_soft(draft.domain(role), given, draft.shapes[first])):
            shapes[role] = shapes[first]
        else:
            shapes[role] = _without_idle_axes(draft, role, first, value)
    return shapes


def _shapes_of_numbers(draft: Draft) -> dict[str, Shape]:
    """The shape of a row of each role, where a value needs one number of each."""
    first = draft.loss.first
    own = {r for r in draft.rows if draft.domain(r).shared}  # a series for each row has a shape of its own
    value = broadcast(draft, own) if draft.work.broadcast else draft.shapes[first]
    if draft.loss.kind == "batch" and draft.loss.task != "own" and value:  # it compares rows with each other, so each row has one number
        if without_ones(value):
            shape = shape_text(column_shape(draft.rows[first], value))
            raise InputError(f"{draft.loss.name}: {first} needs one number for each row, but its shape is {shape}")
        value = ()
    return {r: draft.shapes[r] if r in own else _without_idle_axes(draft, r, first, value) for r in draft.rows}


def _without_idle_axes(draft: Draft, role: str, first: str, value: Shape) -> Shape:
    """The shape of a row of a role that has one number for each value. Raises InputError for another shape than that of a value."""
    given = draft.shapes[role]
    if role in draft.constant or given == value:
        return value
    if draft.domain(role).or_row and (one_a_row := without_ones(given)) == value[: len(one_a_row)]:
        return value
    if without_ones(given) == without_ones(value):
        taken = shape_text(column_shape(draft.rows[role], value))
        draft.notes.append(f"{role} {draft.shape_text(role)} is read as {taken}")
        return value
    raise _shapes_disagree(draft, first, role)


def _check_shared(draft: Draft, vectors: Sequence[str], shapes: dict[str, Shape]) -> None:
    """Raise InputError for a shared role whose vectors or whose number of rows do not fit the other roles."""
    for role, x in draft.shared.items():
        domain = draft.domain(role)
        if domain.rows_of and domain.rows_of not in draft.shared:
            has = f"{domain.rows_of} {draft.shape_text(domain.rows_of)} has one series for each row"
            raise InputError(f"{draft.loss.name}: {has}: leave out {role} and {domain.only_with}")
        if domain.rows_of and len(x) != (rows := len(draft.shared[domain.rows_of])):
            raise InputError(f"{draft.loss.name}: {role} has {counted(len(x), 'number')}, but {domain.rows_of} has {counted(rows, 'row')}")
        if domain.ndim and vectors and not _equal_length(draft.domain(vectors[0]), domain, shapes[vectors[0]], x.shape[1:]):
            first = f"{vectors[0]} {draft.shape_text(vectors[0])}"
            raise InputError(
                f"{draft.loss.name}: {role} {shape_text(x.shape)} and {first} do not match: their vectors must be of one length"
            )


def _value_shape(draft: Draft, role: str, shape: Shape) -> Shape:
    """The axes of a row without those of one value. Raises InputError where a role has too few axes or numbers."""
    domain, name = draft.domain(role), draft.loss.name
    ndim = domain.ndim + domain.shared  # a role that may be shared has one more axis where each row has its own part
    text = shape_text(column_shape(draft.rows[role], shape))
    if len(shape) < ndim:
        what = "classes" if domain.classes else "vectors" if domain.ndim == 2 else "numbers"
        if isinstance(domain, Images | Signals):
            raise InputError(f"{name}: {role} needs {domain.says_rows}, but {draft.rows[role].label} has shape {text}")
        has = "one number a row" if not shape else "vectors"
        advice = single_number_hint(draft.loss) if not shape else ""
        raise InputError(f"{name}: {role} needs rows of {what}, but {draft.rows[role].label} has {has}, shape {text}{advice}")
    if domain.size is not None and shape[-1] != domain.size:
        raise InputError(f"{name}: {role} needs {domain.size} numbers a row, but has shape {text}")
    return shape[: len(shape) - ndim]


def _equal_length(a: Domain, b: Domain, x: Shape, y: Shape) -> bool:
    """Whether the vectors of two roles have the same length, where they need it."""
    if isinstance(b, LabelIn):  # a label for each vector of a matrix
        return x[len(x) - a.ndim : -1] == y[len(y) - b.ndim :]
    own = 1 if a.ragged and b.ragged else min(a.ndim, b.ndim)
    return a.free or b.free or x[len(x) - own :] == y[len(y) - own :]


# --- errors ---------------------------------------------------------------------------------------------------------------------
# The advice must never lead to another number than the user means.


def _shapes_disagree(draft: Draft, first: str, role: str) -> InputError:
    """The error for two roles whose shapes do not match, with what to do."""
    both = f"{first} {draft.shape_text(first)} and {role} {draft.shape_text(role)}"
    return InputError(f"{draft.loss.name}: {both} do not match: {_advice(draft, first, role)}")


def _advice(draft: Draft, first: str, role: str) -> str:
    a, b = draft.shapes[first], draft.shapes[role]
    x, y = draft.rows[first].array, draft.rows[role].array
    if draft.domain(first).classes and not draft.domain(role).ndim:
        return _advice_for_labels(draft, first, role)
    if x is not None and y is not None and x.shape == y.shape[::-1]:
        return "transpose one of them"
    if isinstance(draft.domain(first), Images):
        return "give images of one size, and as many channels of each"
    if isinstance(draft.domain(first), Signals):
        return "give signals of one length, and as many of each"
    if any(r.domain.ndim for r in draft.loss.roles.values()):
        return "their rows must hold vectors of one length" if draft.domain(role).ndim else f"{role} needs one number for each row"
    if a and not b and isinstance(draft.domain(first), Decided):
        return f"if {first} has scores of classes, {FOR_SCORES}; else choose one column of {first} ({draft.rows[first].label})"
    if not a or not b:
        if a and (other := _for_several_classes(draft.loss)):
            return f"{other} takes one number for each class; or choose one column of {first} ({draft.rows[first].label})"
        return _advice_for_column(draft, *((first, role) if a else (role, first)))
    if a[1:] == b and (other := _for_several_classes(draft.loss)):
        return f"{other} takes one number for each class; or give both the same shape"
    return "give both the same shape" + (", or use --broadcast" if _broadcasts(draft, first, role) else "")


def _advice_for_labels(draft: Draft, first: str, role: str) -> str:
    """What to do with labels that are not one for each row."""
    soft = getattr(draft.domain(role), "soft", False)
    x, y = draft.rows[first].array, draft.rows[role].array
    if not soft and x is not None and y is not None and x.shape == y.shape:
        return f"{role} has a number for each class, and {draft.loss.name} takes one label a row: the index of its class, counted from 0"
    each = f"{role} needs one label for each row of {first}" + (", or a probability for each class" if soft else "")
    exchanged = x is not None and y is not None and y.ndim > 1 and x.size == len(y) != len(x)
    return f"{each}; {first} and {role} may be the other way round" if exchanged else each


def _for_several_classes(loss: Loss) -> str:
    """The loss for a number of each class and labels, beside one for a number of the only class; '' for none."""
    other = {"bce": "logloss", "bce_with_logits": "cross_entropy"}.get(loss.name)
    return other or next((name for name in loss.see if name in (f"multiclass_{loss.name}", f"softmax_{loss.name}")), "")


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
        f"give it as {column}{AS_ONE_OF_MANY} and use --broadcast"
    )


def _broadcasts(draft: Draft, *roles: str) -> bool:
    """Whether NumPy would broadcast two roles."""
    shapes = [(1 if (x := draft.rows[r].array) is None else len(x), *draft.shapes[r]) for r in roles]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True
