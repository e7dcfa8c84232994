"""What goes by the order of columns that are named by words: warnings where their names and the numbers beside them may not agree."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from losscli.catalogue.class_weights import WeightsFromCounts
from losscli.data.column_names import short_names
from losscli.data.columns import Column
from losscli.data.labels import classes_option
from losscli.domains import LabelIn
from losscli.engine.job import Job, View
from losscli.errors import Warned

__all__ = ["LabelsFromOne", "warn_of_order", "warnings_of_places"]

OFTEN = 4  # labels a class, among which one would expect a 0


def warn_of_order(job: Job, columns: Mapping[str, Column]) -> None:
    """Roles whose columns have the same names in another order; numbers of one a class beside classes in another order than theirs."""
    wide = {role: short_names(c.names)[0] for role, c in columns.items() if c.stacked and len(c.names) > 1}
    for (a, first), (b, second) in combinations(wide.items(), 2):
        if first != second and sorted(first) == sorted(second):
            at = next(k for k, (x, y) in enumerate(zip(first, second, strict=True)) if x != y)
            names = f"{columns[a].names[at]} with {columns[b].names[at]}"
            job.warnings.append(
                Warned("W113", f"{a} and {b} have their columns in different orders, and are paired as they stand: {names}")
            )
    for labels in (c.labels for c in columns.values() if c.labels is not None):
        if labels.order == tuple(range(len(labels.order))):
            continue
        for name, value in job.options.items():
            numbers = value.counts if isinstance(value, WeightsFromCounts) else value
            if not isinstance(numbers, str) and np.size(numbers) > 1:
                said = f"{job.word(name)} goes by the order of the columns ({', '.join(labels.classes[:12])}), not by that of --classes"
                job.warnings.append(Warned("W113", said))


def warnings_of_places(job: Job, columns: Mapping[str, Column]) -> list[Warned]:
    """After all rows: labels that are numbers, beside columns that are named by words."""
    labels = [c.labels for name in job.columns.values() if (c := columns[name]).labels is not None]
    return [Warned("W113", said.warning) for said in labels if said.by_place and said.warning]


class LabelsFromOne:
    """Watches labels go by that are places among classes: whether they may count from 1, though none is too large."""

    def __init__(self, job: Job, columns: Mapping[str, Column]) -> None:
        role = job.loss.labels
        column = None if role is None else columns.get(job.columns.get(role.name, ""))
        labels = column.labels if column is not None else None
        self.role = role.name if role is not None else ""
        by_place = labels is None or (labels.places and not labels.warning)
        self.open = role is not None and column is not None and by_place and job.options.get("ignore_index") != 0
        self.seen: Any = None
        self.count = 0

    def look(self, job: Job, view: View) -> None:
        """Look at the labels of a block, unless a 0 was found before."""
        if not self.open:
            return
        x, domain, context = view.roles.get(self.role), job.domain(self.role), {**job.options, **view.roles}
        if x is None or not isinstance(domain, LabelIn) or domain.is_soft(x, context) or bool((x == 0).any()):
            self.open = False
            return
        classes = domain.count(context)
        known = x[(x > 0) & (x < classes)].astype(np.int64)
        counts = np.bincount(known.ravel(), minlength=classes)
        self.seen = counts if self.seen is None else self.seen + counts
        self.count += known.size

    def warned(self) -> list[Warned]:
        """A warning where all classes but the first occur, or so many labels that one would expect a 0."""
        if not self.open or self.seen is None or np.count_nonzero(self.seen) < 2 or self.seen[1] == 0:
            return []
        classes = len(self.seen)
        if np.count_nonzero(self.seen) < classes - 1 and self.count < OFTEN * classes:
            return []
        fix = classes_option(1, classes)
        said = f"no {self.role} is 0, so none is of the first of {classes} classes: if the labels count from 1, say {fix}"
        return [Warned("W113", said)]
