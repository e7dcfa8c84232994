"""Classes: words as labels, names from --classes, options with a number for each class, and the order of classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np

from losscli.catalogue.class_weights import WeightsFromCounts
from losscli.data.column_names import short_names
from losscli.data.columns import Column
from losscli.data.labels import ClassNames, Labels
from losscli.domains import LabelIn
from losscli.domains.series import NameOfSeries
from losscli.engine.planning.column_shapes import shape_text
from losscli.engine.planning.draft import Draft
from losscli.errors import InputError, UsageError, counted
from losscli.numeric.lazy import Array
from losscli.registry import Loss

__all__ = ["check_class_options", "fit_classes", "warn_of_order", "with_words_as_classes"]


# --- words ----------------------------------------------------------------------------------------------------------------------


def with_words_as_classes(loss: Loss, columns: Mapping[str, Column]) -> dict[str, Column]:
    """The columns, with words as classes in the roles that only compare labels. A word is the same class in all these roles.

    Raises InputError where one of them holds words and another only numbers.
    """
    names = [r for r, role in loss.roles.items() if role.domain.takes_words and r in columns and not columns[r].classes]
    has_words = [any(_has_word(columns[r], x) for chunk in columns[r].cells() for x in chunk) for r in names]
    if not any(has_words):
        return dict(columns)
    if not all(has_words):
        words, numbers = names[has_words.index(True)], names[has_words.index(False)]
        series = any(isinstance(loss.roles[r].domain, NameOfSeries) for r in names)
        raise InputError(
            f"{loss.name}: {words} ({columns[words].label}) holds words, {numbers} ({columns[numbers].label}) numbers alone: "
            + ("a series needs the same name in both" if series else "name the classes with --classes (the word for 0, then for 1, …)")
        )
    parts = ((columns[r], x) for r in names for chunk in columns[r].cells() for x in chunk)
    classes = tuple(dict.fromkeys(label for column, x in parts for label in _labels(column, x)))
    return {r: c.but(labels=Labels(ClassNames(classes))) if r in names else c for r, c in columns.items()}


def _has_word(column: Column, x: Array) -> bool:
    """Whether some cells hold a word. A dash or a question mark alone is no word."""
    cells = set(x.reshape(-1).tolist()) if x.dtype.kind in "OU" else ()
    return any(column.number(cell) is None and any(map(str.isalnum, cell)) for cell in cells)


def _labels(column: Column, x: Array) -> Iterator[str]:
    """The different labels in some cells, without missing ones; a number by its shortest spelling."""
    for cell in dict.fromkeys(x.reshape(-1).tolist()):
        number = column.number(cell)
        if number is None:
            yield cell.strip()
        elif number == number:
            yield repr(number).removesuffix(".0")


# --- classes and their numbers --------------------------------------------------------------------------------------------------


def fit_classes(draft: Draft) -> None:
    """Replace the ignored label by its index. Raises InputError where --classes names more or fewer classes than there are."""
    for role, column in draft.rows.items():
        domain, labels = draft.domain(role), column.labels
        if labels is None:
            continue
        if column.classes and isinstance(domain, LabelIn) and domain.over in draft.layouts:
            classes = draft.layouts[domain.over].shape[-1]
            if len(column.classes) != classes:
                raise InputError(f"--classes names {len(column.classes)}, but {domain.over} has {counted(classes, 'column')}")
        if labels.ignored_index != labels.names.ignored:
            draft.given_options["ignore_index"] = labels.names.ignored
            draft.options["ignore_index"] = labels.ignored_index


def check_class_options(draft: Draft) -> None:
    """Raise UsageError for an option with a number for each class, and for counts, that do not fit the number of classes."""
    _check_numbers(draft)
    _check_counts(draft)


def _check_numbers(draft: Draft) -> None:
    """Raise UsageError for an option that has more or fewer numbers than there are classes."""
    shape, counted_by = draft.layouts[draft.loss.first].shape, f"the last axis of {draft.loss.first}"
    for role, r in draft.loss.roles.items():
        if isinstance(r.domain, LabelIn) and (classes := draft.shared_classes(role)):
            shape, counted_by = classes, r.domain.over
    for option in draft.loss.options.values():
        value = draft.options[option.name]
        if option.kind != "array" or option.domain is None or option.domain.free or np.ndim(value) == 0 or option.name == "only_classes":
            continue
        without_background = option.is_class_weight and not draft.options.get("include_background", True)
        try:
            fits = np.broadcast_shapes(value.shape, shape) == shape or (without_background and value.shape == (shape[-1] - 1,))
        except ValueError:
            fits = without_background and value.shape == (shape[-1] - 1,)
        if not fits:
            word = draft.preset.word(option.name)
            ours = "" if word == option.name else f" ({option.name})"  # the user may have written either
            has = f"{value.size} numbers" if value.ndim == 1 else f"shape {shape_text(value.shape)}"
            raise UsageError(f"{draft.loss.name}: {word}{ours} has {has}, but {counted_by} has {shape[-1] if shape else 1}")


def _check_counts(draft: Draft) -> None:
    """Raise UsageError where class weights cannot be computed: labels are not class indices, or some class has no count."""
    recipe = draft.options.get(draft.loss.weight_option)
    if not isinstance(recipe, WeightsFromCounts):
        return
    labels, first = draft.loss.labels, draft.layouts[draft.loss.first].shape
    if recipe.counts is None and labels is not None and len(draft.layouts[labels.name].shape) == len(first):
        raise UsageError(
            f"{draft.loss.name}: {draft.loss.weight_option} balanced counts class indices, but {labels.name} holds "
            "a probability for each class: give class_counts"
        )
    shape = (*first, *(() if labels is None else draft.shared_classes(labels.name)))
    classes = shape[-1] if shape else 1
    if recipe.counts is not None and np.shape(recipe.counts) != (classes,):
        raise UsageError(
            f"{draft.loss.name}: class_counts needs {counted(classes, 'number')}, one for each class, not {np.size(recipe.counts)}"
        )


# --- the order of classes --------------------------------------------------------------------------------------------------------


def warn_of_order(draft: Draft) -> None:
    """Warn of two roles with the same columns in different orders, and of an option whose numbers are not in the order of --classes."""
    columns = draft.rows if draft.weight is None else {**draft.rows, "sample_weight": draft.weight}
    ends = {role: short_names(c.names)[0] for role, c in columns.items() if c.stacked and len(c.names) > 1}
    for (a, first), (b, second) in combinations(ends.items(), 2):
        if first != second and sorted(first) == sorted(second):
            at = next(k for k, (x, y) in enumerate(zip(first, second, strict=True)) if x != y)
            names = f"{columns[a].names[at]} with {columns[b].names[at]}"
            draft.warn("W113", f"{a} and {b} have their columns in different orders, and are paired by position: {names}")
    for labels in (c.labels for c in columns.values() if c.labels is not None):
        if labels.order == tuple(range(len(labels.order))):
            continue
        listed = ", ".join(labels.classes[:12])
        for name, value in draft.options.items():
            numbers = value.counts if isinstance(value, WeightsFromCounts) else value
            if not isinstance(numbers, str) and np.size(numbers) > 1:
                draft.warn("W113", f"{draft.word(name)} follows the order of the columns ({listed}), not that of --classes")
