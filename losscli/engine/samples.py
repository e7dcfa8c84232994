"""Vectors that are one sample, and numbers that are samples: what the shape of a role means to the name that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.catalogue.lookup import find
from losscli.data.cells import MISSING, read_number
from losscli.data.columns import Column
from losscli.data.labels import Labels
from losscli.domains import LabelIn, Range
from losscli.engine.broadcasting import TABLE, height, in_memory, row_shape, written
from losscli.errors import InputError
from losscli.registry import Loss, Preset
from losscli.signature import Role

__all__ = ["as_one_sample", "has_one_number", "is_one_label", "is_one_sample", "numbers_hint", "of_numbers"]


def has_one_number(column: Column) -> bool:
    """Whether a column has one number a row; a single number has no rows."""
    return (column.array is None or np.ndim(column.array) > 0) and row_shape(column) in ((), (1,))


def of_numbers(
    preset: Preset, options: Mapping[str, Any], columns: Mapping[str, Column]
) -> tuple[Loss, Mapping[str, Any], Mapping[str, Column]]:
    """The loss that a framework takes where its first role has one number a row: log_loss of one probability is that of two classes."""
    known, _ = find(preset.scalar_loss)
    labelled = {
        r: replace(c, labels=Labels(words)) if r == "target" and not c.classes and (words := _two_words(c)) else c
        for r, c in columns.items()
    }
    return known, {n: options.get(n, o.default) for n, o in known.options.items()}, labelled


def _two_words(column: Column) -> tuple[str, ...]:
    """The two words that labels are, in their order, of which the second is the class 1; nothing for labels that are numbers."""
    if column.stacked:
        return ()
    words: set[str] = set()
    for cells in [column.array] if column.stream is None else (chunk[column.keys[0]] for chunk in column.stream.chunks(column.keys)):
        if np.asarray(cells).dtype.kind not in "OU":
            return ()
        words |= {str(cell).strip() for cell in cells.tolist()}
        if len(words) > 2:
            return ()
    return tuple(sorted(words)) if len(words) == 2 and not any(w.casefold() in MISSING or read_number(w) is not None for w in words) else ()


def is_one_label(known: Loss, preset: Preset, role: Role, x: Any, columns: Mapping[str, Column]) -> bool:
    """Whether a vector is the soft label of one sample, a probability for each class. Raises InputError where it can only be labels."""
    domain = role.domain
    if not isinstance(domain, LabelIn) or x.ndim != 1 or len(x) < 2 or x.dtype.kind not in "fiu":
        return False
    vectors, over = columns.get(domain.beside or domain.over), columns.get(domain.over)
    if vectors is None or over is None or np.ndim(vectors.array) != 1 or over.array is None:
        return False
    classes = np.shape(over.array)[domain.axis]
    probabilities = _of_one_number(known) == "bce"
    sums = abs(x.sum() - 1) < 1e-3 and (not probabilities or abs(np.sum(vectors.array) - 1) < 1e-3)
    if domain.soft and len(x) == classes and (preset.names or sums):
        return True
    name = domain.beside or domain.over
    soft = ", or a probability for each class (they sum to 1)" if domain.soft else ""
    raise InputError(
        f"{known.name}: {name} {written(np.shape(vectors.array))} is one sample, but {role.name} {written(x.shape)} has {len(x)} numbers: "
        f"give one label{soft}{numbers_hint(known)}"
    )


def _of_one_number(known: Loss) -> str:
    """The loss of one number a row that one over classes is like: bce of probabilities, bce_with_logits of logits."""
    domain = known.roles[known.first].domain
    if known.task != "classification" or not domain.classes or known.labels is None:
        return ""
    return "bce" if isinstance(domain, Range) and (domain.least, domain.most) == (0, 1) else "bce_with_logits"


def numbers_hint(known: Loss) -> str:
    """What takes one number a row, where this loss takes one for each class."""
    other = _of_one_number(known)
    what = "probability" if other == "bce" else "logit"
    return f"; {other} takes one {what} a row" if other else ""


def is_one_sample(known: Loss, named: bool, options: Mapping[str, Any], first: Column) -> bool:
    """Whether vectors are one sample of many numbers: where a framework reduces the last axis first, or an option has one number for each.

    A mean of means is the mean, so that rows that are averaged without weights can stay rows.
    """
    if named:
        return height(first, 2) > 1
    wide = max((np.size(options[o.name]) for o in known.options.values() if o.kind == "array" and o.domain is not None), default=1)
    return wide > 1 and height(first, wide + 1) == wide


def as_one_sample(name: str, rows: dict[str, Column], weight: Column | None) -> Column | None:
    """Give every role one row. Raises InputError for weights where a framework has no use for more than one."""
    one_number = weight is not None and weight.array is not None and weight.rows is None
    if name and weight is not None and not one_number and height(weight, 2) > 1:
        raise InputError(
            f"{name} takes vectors as one sample, which has one weight, but sample_weight has {height(weight, 2**31):,}: "
            f"for samples of one number give roles of the shape (N, 1){TABLE}"
        )
    for role, column in rows.items():
        rows[role] = replace(in_memory(column), array=in_memory(column).array[None])
    return weight if weight is None or name or one_number else replace(in_memory(weight), array=in_memory(weight).array[None])
