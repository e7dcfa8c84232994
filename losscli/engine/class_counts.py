"""Class weights from counts: one pass counts the labels of each class, before the passes of the loss."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from losscli.catalogue.class_weights import WeightsFromCounts, class_weights
from losscli.data.blocks import Block, Data
from losscli.domains import LabelIn
from losscli.engine.job import Job
from losscli.numeric.lazy import Array

__all__ = ["with_class_weights"]

MAX_SHOWN = 20  # counts in a note


def with_class_weights(jobs: Sequence[Job], data: Data) -> list[Job]:
    """The jobs with their class weights as numbers. Weights from counts are computed here, and a note says how."""
    counts_of = iter(_count_labels([job for job in jobs if (recipe := _recipe(job)) is not None and recipe.counts is None], data))
    weighted = []
    for job in jobs:
        if (recipe := _recipe(job)) is not None:
            counts = next(counts_of) if recipe.counts is None else recipe.counts
            options = {**job.options, job.loss.weight_option: class_weights(counts, beta=recipe.beta)}
            job = job.but(options=options, notes=(*job.notes, _note(job, recipe, counts)))
        weighted.append(job)
    return weighted


def _recipe(job: Job) -> WeightsFromCounts | None:
    """How the class weights of a job are made from counts; None where they are numbers."""
    recipe = job.options.get(job.loss.weight_option)
    return recipe if isinstance(recipe, WeightsFromCounts) else None


def _count_labels(jobs: Sequence[Job], data: Data) -> list[Array]:
    """The number of labels of each class, for each job. Omitted rows and ignored labels are not counted."""
    counts_of = [np.zeros(_class_count(job), np.int64) for job in jobs]
    if not jobs:
        return []
    names = [job.columns[_labels(job)[0]] for job in jobs]
    # which rows are omitted depends on all columns
    labels = data if data.omit else Data({name: data.columns[name] for name in names}, chunk=data.chunk)
    for block in labels.blocks(min(job.block_rows for job in jobs)):
        for job, counts in zip(jobs, counts_of, strict=True):
            counts += np.bincount(_valid_labels(job, block, len(counts)), minlength=len(counts))
    return list(counts_of)


def _labels(job: Job) -> tuple[str, LabelIn]:
    """The role of the labels, and its domain."""
    role = job.loss.labels
    if role is None or not isinstance(role.domain, LabelIn):
        raise AssertionError("a loss without labels")
    return role.name, role.domain


def _class_count(job: Job) -> int:
    """The number of classes: the length of the class axis of the role that the labels refer to."""
    _, domain = _labels(job)
    shape = job.layouts[domain.over].shape if domain.over in job.layouts else job.shared[domain.over].shape
    return int(shape[domain.axis])


def _valid_labels(job: Job, block: Block, classes: int) -> Array:
    """The labels of a block that are class indices and are not ignored. Validation refuses other labels in the first pass."""
    y = job.role(_labels(job)[0], block).ravel()
    return y[(y >= 0) & (y < classes) & (y == np.rint(y)) & (y != job.options.get("ignore_index"))].astype(np.int64)


def _note(job: Job, recipe: WeightsFromCounts, counts: Array) -> str:
    """'class_weight balanced: target counted 1,000, 100, 10'."""
    method = "balanced" if recipe.beta is None else f"by the effective number of samples (beta {recipe.beta:g})"
    numbers = ", ".join(f"{n:,.15g}" for n in counts[:MAX_SHOWN]) + (", …" if len(counts) > MAX_SHOWN else "")
    source = "class_counts" if recipe.counts is not None else f"{_labels(job)[0]} counted"
    absent = np.flatnonzero(counts == 0)[:MAX_SHOWN].tolist()
    without = f"; none of class {', '.join(map(str, absent))}: weight 0" if absent else ""
    return f"{job.loss.weight_option} {method}: {source} {numbers}{without}"
