"""The names of the classes, for labels that are words: from --classes, or from the names of the columns."""

from __future__ import annotations

from collections.abc import Mapping

from losscli.data.cells import read_number
from losscli.data.column_names import short_names
from losscli.data.columns import Column
from losscli.data.labels import ClassNames, Labels, describe_order
from losscli.domains import LabelIn
from losscli.errors import InputError, UsageError
from losscli.registry import Loss

__all__ = ["takes_labels", "with_class_names"]


def takes_labels(loss: Loss, role: str) -> bool:
    """Whether a role holds labels, which may be words."""
    domain = loss.roles[role].domain
    return isinstance(domain, LabelIn) or domain.takes_words or (role != loss.first and domain.pair is not None)


def with_class_names(loss: Loss, role: str, columns: Mapping[str, Column], option_names: ClassNames) -> Column:
    """The column of a role, with the names of the classes if it holds labels. `option_names` are the names from --classes.

    Raises InputError for classes that differ from the columns, UsageError for a wrong number of classes.
    """
    column, domain = columns[role], loss.roles[role].domain
    if not isinstance(domain, LabelIn):
        return _with_two_classes(loss, role, column, option_names.classes) if takes_labels(loss, role) else column
    if column.stacked or domain.ndim:
        return column
    over = columns.get(domain.over)
    column_names = over.names if over is not None and over.stacked and len(over.names) > 1 else ()
    names = _class_names(role, domain.over, column_names, option_names)
    return column if names is None else column.but(labels=Labels(names))


def _class_names(role: str, over: str, column_names: tuple[str, ...], option_names: ClassNames) -> ClassNames | None:
    """The names of the classes for labels that choose from the columns of the role `over`; None where there are none."""
    classes = option_names.classes
    words, *longer = short_names(column_names) if column_names else [()]
    for names in (words, *longer):
        if classes and set(names) == set(classes):  # the order of the columns counts, not that of --classes
            return option_names.but(classes=words, longer=longer, order=tuple(names.index(c) for c in classes))
    are_words = any(n != w and read_number(w) is None for n, w in zip(column_names, words, strict=True))
    if classes and are_words and any(read_number(c) is None for c in classes):
        raise InputError(
            f"--classes {','.join(classes)} does not agree with the columns of {over}, which are {', '.join(words)}: leave it out"
        )
    if classes or not words:
        return option_names if classes else None
    warning = (
        f"{role} holds numbers, and the columns of {over} have words as names, so the classes have the order of the columns: "
        f"{describe_order(column_names)}; --classes sets another order, or this one without a warning"
    )
    return option_names.but(classes=words, longer=longer, warning=warning if any(read_number(w) is None for w in words) else "")


def _with_two_classes(loss: Loss, role: str, column: Column, classes: tuple[str, ...]) -> Column:
    """Labels that are not class indices: two values, such as 0 and 1, or any values."""
    pair = loss.roles[role].domain.pair
    if pair is None:
        labels = Labels(ClassNames(classes)) if classes else None
        return column.but(labels=labels, hint=column.hint or "if it is a label, name all classes: --classes A,B,…")
    if not classes:
        hint = f"for words as labels add --classes A,B, where A is the word for {pair[0]:g}, B that for {pair[1]:g}"
        return column.but(hint=column.hint or hint)
    if len(classes) != 2:
        raise UsageError(f"{loss.name} has two classes: --classes takes the words for {pair[0]:g} and {pair[1]:g}, not {len(classes)}")
    return column.but(labels=Labels(ClassNames(classes, codes=() if pair == (0, 1) else pair)))
