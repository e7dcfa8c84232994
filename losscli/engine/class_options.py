"""Options that have a number for each class."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.catalogue.class_weights import WeightsFromCounts
from losscli.data.columns import Column
from losscli.domains import LabelIn
from losscli.engine.broadcasting import written
from losscli.engine.job import Job
from losscli.engine.shapes import shared_classes
from losscli.errors import InputError, UsageError, counted

__all__ = ["fit_class_weights", "fit_classes", "fit_options"]


def fit_options(job: Job) -> None:
    """Options of one number a class have as many as there are classes."""
    shape, counted_by = job.layouts[job.loss.first].shape, f"the last axis of {job.loss.first}"
    for role in job.loss.roles.values():
        if isinstance(role.domain, LabelIn) and (classes := shared_classes(job, role.name)):
            shape, counted_by = classes, role.domain.over
    for option in job.loss.options.values():
        value = job.options[option.name]
        if option.kind != "array" or option.domain is None or np.ndim(value) == 0:
            continue
        try:
            fits = np.broadcast_shapes(value.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            what = f"{value.size} numbers" if value.ndim == 1 else f"shape {written(value.shape)}"
            raise UsageError(
                f"{job.loss.name}: {job.preset.word(option.name)} has {what}, but {counted_by} has {shape[-1] if shape else 1}"
            )


def fit_class_weights(job: Job) -> None:
    """Class weights are made from a count for each class, or from labels that are class indices."""
    how, labels, first = job.options.get(job.loss.weight_option), job.loss.labels, job.layouts[job.loss.first].shape
    if not isinstance(how, WeightsFromCounts):
        return
    if how.counts is None and labels is not None and len(job.layouts[labels.name].shape) == len(first):
        raise UsageError(
            f"{job.loss.name}: {job.loss.weight_option} balanced counts class indices, but {labels.name} holds "
            "a probability for each class: "
            "give class_counts"
        )
    shared = () if labels is None else shared_classes(job, labels.name)
    classes = (*first, *shared)[-1] if (*first, *shared) else 1
    if how.counts is not None and np.shape(how.counts) != (classes,):
        raise UsageError(f"{job.loss.name}: class_counts needs {counted(classes, 'number')}, one for each class, not {np.size(how.counts)}")


def fit_classes(job: Job, rows: Mapping[str, Column]) -> None:
    """As many class names as there are classes; the ignored label by its index."""
    for role, column in rows.items():
        domain = job.loss.roles[role].domain
        if column.classes and isinstance(domain, LabelIn) and domain.over in job.layouts:
            classes = job.layouts[domain.over].shape[-1]
            if len(column.classes) != classes:
                raise InputError(f"--classes names {len(column.classes)}, but {domain.over} has {counted(classes, 'column')}")
        if column.labels is not None and column.labels.ignored != column.labels.given:
            job.given["ignore_index"], job.options["ignore_index"] = column.labels.given, column.labels.ignored
