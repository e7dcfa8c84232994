"""Warnings about labels, after all rows: labels that are positions of columns, and labels that may count from 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.data.columns import Column
from losscli.data.labels import classes_option
from losscli.domains import LabelIn
from losscli.engine.job import Job, View
from losscli.errors import DataWarning
from losscli.numeric.lazy import Array

__all__ = ["LabelsFromOne", "warnings_of_positions"]

LABELS_PER_CLASS = 4  # so many labels for each class would have a 0 among them


def warnings_of_positions(job: Job, columns: Mapping[str, Column]) -> list[DataWarning]:
    """After all rows are read: a warning for labels that are numbers, where the columns of the classes have words as names."""
    labels = [c.labels for name in job.columns.values() if (c := columns[name]).labels is not None]
    return [DataWarning("W113", x.names.warning) for x in labels if x is not None and x.by_position and x.names.warning]


class LabelsFromOne:
    """Counts labels block by block, to find labels that may count from 1 though none is too large."""

    def __init__(self, job: Job, columns: Mapping[str, Column]) -> None:
        role = job.loss.labels
        column = None if role is None else columns.get(job.columns.get(role.name, ""))
        labels = column.labels if column is not None else None
        by_position = labels is None or (labels.takes_positions and not labels.names.warning)
        self.role = role.name if role is not None else ""
        tokens = role is not None and role.domain.ndim > 0  # a vocabulary's first token may be of no text
        self.possible = role is not None and not tokens and column is not None and by_position and job.options.get("ignore_index") != 0
        self.counts: Array | None = None  # of each class

    def add(self, job: Job, view: View) -> None:
        """Count the labels of a block."""
        if not self.possible:
            return
        x, domain, context = view.roles.get(self.role), job.domain(self.role), {**job.options, **view.roles}
        if x is None or not isinstance(domain, LabelIn) or domain.is_soft(x, context) or bool((x == 0).any()):
            self.possible = False
            return
        classes = domain.count(context)
        labels = x[(x > 0) & (x < classes)].astype(np.int64)
        counts = np.bincount(labels.ravel(), minlength=classes)
        self.counts = counts if self.counts is None else self.counts + counts

    def warnings(self) -> list[DataWarning]:
        """A warning where every class but the first occurs, or where there are so many labels that one would expect a 0."""
        if not self.possible or self.counts is None or np.count_nonzero(self.counts) < 2 or self.counts[1] == 0:
            return []
        classes = len(self.counts)
        if np.count_nonzero(self.counts) < classes - 1 and self.counts.sum() < LABELS_PER_CLASS * classes:
            return []
        option = classes_option(1, classes)
        message = f"no {self.role} is 0, so none is of the first of {classes} classes: if the labels count from 1, use {option}"
        return [DataWarning("W113", message)]
