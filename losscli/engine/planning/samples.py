"""Vectors without further axes: one sample of many numbers, or many samples of one number each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.catalogue.given import same_forms
from losscli.catalogue.lookup import find
from losscli.data.cells import MISSING, read_number
from losscli.data.columns import Column
from losscli.data.labels import ClassNames, Labels
from losscli.domains import LabelIn, Range
from losscli.engine.planning.column_shapes import AS_ONE_OF_MANY, in_memory, row_shape, rows_up_to, shape_text
from losscli.engine.planning.draft import Draft
from losscli.errors import InputError, UsageError
from losscli.numeric.lazy import Array
from losscli.presets import ROW_SHAPES
from losscli.registry import Loss, Preset
from losscli.signature import Role

__all__ = ["form_of_shape", "is_one_soft_label", "single_number_hint", "take_as_one_sample"]


# --- the form that a shape chooses ----------------------------------------------------------------------------------------------


def form_of_shape(bound: BoundLoss, columns: Mapping[str, Column]) -> tuple[BoundLoss, Mapping[str, Column]]:
    """The loss that a framework's name means for the shape of the first role, and the columns.

    For example, log_loss of one probability for each row is that of two classes. Two words as labels become its classes 0 and 1, sorted.
    Raises UsageError for an option or a role that the other loss does not have.
    """
    if not bound.preset.by_shape:  # so that no row is read for a shape that nobody asks for
        return bound, columns
    shape = _row_shape(columns[bound.loss.first])
    if "flags" in bound.preset.by_shape and shape == "vectors" and row_shape(columns["target"]) == row_shape(columns[bound.loss.first]):
        shape = "flags"
    if (form := bound.preset.by_shape.get(shape)) is None:
        return bound, columns
    loss = same_forms(bound.loss, find(form.loss)[0])
    preset = bound.preset.but(by_shape={}, **form.differs)
    if absent := [r for r in columns if r not in loss.roles and r not in loss.options]:
        advice = preset.instead.get(absent[0], "leave it out")
        raise UsageError(f"{preset.names[0]} of {ROW_SHAPES[shape]} is {loss.name}, which takes no {absent[0]}: {advice}")
    columns = dict(columns)
    target = columns.get("target")
    if shape == "numbers" and target is not None and not target.classes and (words := _two_words(target)):
        columns["target"] = target.but(labels=Labels(ClassNames(words)))
    return bound.but(loss=loss, options=_options_of_form(bound, loss, preset, ROW_SHAPES[shape]), preset=preset), columns


def _row_shape(column: Column) -> str:
    """The one of ROW_SHAPES that the rows of a column have; '' for one number for all rows."""
    if column.array is not None and np.ndim(column.array) == 0:
        return ""
    return "numbers" if row_shape(column) in ((), (1,)) else "vectors"


def _options_of_form(bound: BoundLoss, loss: Loss, preset: Preset, shape: str) -> dict[str, Any]:
    """The defaults of the other loss, with the options that the user changed. Raises UsageError for one that it does not have."""
    defaults = {n: bound.preset.options.get(n, o.default) for n, o in bound.loss.options.items()}
    changed = {n: v for n, v in bound.options.items() if not np.array_equal(v, defaults[n])}
    if absent := [bound.preset.word(n) for n in changed if n not in loss.options]:
        raise UsageError(f"{preset.names[0]} of {shape} is {loss.name}, which has no option {absent[0]!r}: leave it out")
    return {n: changed.get(n, preset.options.get(n, o.default)) for n, o in loss.options.items()}


def _two_words(column: Column) -> tuple[str, ...]:
    """The two words that all labels of a column are, sorted; () for numbers, and for more or fewer words."""
    if column.stacked:
        return ()
    words: set[str] = set()
    for cells, *_ in column.cells():
        if cells.dtype.kind not in "OU":
            return ()
        words |= {str(cell).strip() for cell in cells.tolist()}
        if len(words) > 2:
            return ()
    numbers = any(w.casefold() in MISSING or read_number(w) is not None for w in words)
    return tuple(sorted(words)) if len(words) == 2 and not numbers else ()


def _loss_of_one_number(loss: Loss) -> str:
    """The loss of single numbers for a loss over classes: bce for probabilities, bce_with_logits for logits; '' for none."""
    domain = loss.roles[loss.first].domain
    if loss.task != "classification" or not domain.classes or loss.labels is None:
        return ""
    return "bce" if isinstance(domain, Range) and (domain.least, domain.most) == (0, 1) else "bce_with_logits"


def single_number_hint(loss: Loss) -> str:
    """'; bce takes one probability a row', for a loss that takes a number for each class; else ''."""
    other = _loss_of_one_number(loss)
    number = "probability" if other == "bce" else "logit"
    score = ", as sklearn.metrics.log_loss does" if other == "bce" else ""
    return f"; {other} takes one {number} a row{score}" if other else ""


# --- one sample -----------------------------------------------------------------------------------------------------------------


def is_one_soft_label(loss: Loss, preset: Preset, role: Role, x: Array, columns: Mapping[str, Column]) -> bool:
    """Whether a vector is the label of one sample: a probability for each class.

    Raises InputError where the vector can only be a label for each of several samples, but there is one sample.
    """
    domain = role.domain
    if not isinstance(domain, LabelIn) or x.ndim != 1 or len(x) < 2 or x.dtype.kind not in "fiu":
        return False
    name = domain.beside or domain.over
    sample, over = columns.get(name), columns.get(domain.over)
    if sample is None or sample.array is None or np.ndim(sample.array) != 1 or over is None or over.array is None:
        return False
    classes = np.shape(over.array)[domain.axis]
    sums_to_one = abs(x.sum() - 1) < 1e-3
    one_hot = sums_to_one and (_loss_of_one_number(loss) != "bce" or abs(np.sum(sample.array) - 1) < 1e-3)
    if preset.names:  # frameworks take any weights as the label of a sample; whole numbers may be the labels of several
        one_hot = sums_to_one or bool((x != np.floor(x)).any())
    if domain.soft and len(x) == classes and one_hot:
        return True
    soft = ", or a probability for each class (they sum to 1)" if domain.soft else ""
    raise InputError(
        f"{loss.name}: {name} {shape_text(np.shape(sample.array))} is one sample, but {role.name} {shape_text(x.shape)} has {len(x)} "
        f"numbers: give one label{soft}{single_number_hint(loss)}"
    )


def take_as_one_sample(draft: Draft) -> None:
    """Give every role one row, with a note, where vectors are one sample of many numbers.

    Raises InputError for several sample weights where a framework takes one for a sample.
    """
    numbers = all(not (d.ndim or d.shared) for d in map(draft.domain, draft.rows)) and not any(draft.shapes.values())
    if not numbers or not _is_one_sample(draft):
        return
    draft.notes.append(f"{draft.loss.first} {draft.shape_text(draft.loss.first)} is one sample")
    draft.weight = _weight_of_sample(draft, draft.weight)
    for role, column in draft.rows.items():
        draft.rows[role] = _one_row(column)
    draft.measure_rows()


def _is_one_sample(draft: Draft) -> bool:
    """Whether a framework reduces the last axis first, or an option has a number for each number of the sample.

    A mean of means is the mean, so that rows that are averaged without weights can stay rows.
    """
    first, preset = draft.rows[draft.loss.first], draft.preset
    if preset.last_axis:
        averaged = preset.last_axis == "mean" and draft.reduction in ("mean", "sum_over_batch_size") and draft.weight is None
        if not averaged:
            return rows_up_to(first, 2) > 1
    arrays = [o.name for o in draft.loss.options.values() if o.kind == "array" and o.domain is not None]
    wide = max((np.size(draft.options[name]) for name in arrays), default=1)
    return wide > 1 and rows_up_to(first, wide + 1) == wide


def _weight_of_sample(draft: Draft, weight: Column | None) -> Column | None:
    """The sample weights, in one row like the other roles; one weight for all rows stays as it is."""
    if weight is None or (weight.array is not None and weight.rows is None):
        return weight
    if not draft.preset.last_axis:
        return _one_row(weight)
    if rows_up_to(weight, 2) > 1:
        raise InputError(
            f"{draft.preset.names[0]} treats vectors as one sample, which has one weight, but sample_weight has "
            f"{rows_up_to(weight, 2**31):,}: for samples of one number give roles of the shape (N, 1){AS_ONE_OF_MANY}"
        )
    return weight


def _one_row(column: Column) -> Column:
    """All rows of a column as one row."""
    column = in_memory(column)
    return column.but(array=column.whole()[None], kept=None)
