"""How often each class occurs: a pass over the labels alone, before a loss that is weighed by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.catalogue.class_weights import WeightsFromCounts, class_weights
from losscli.data.blocks import Block, Data
from losscli.domains import LabelIn
from losscli.engine.job import Job

__all__ = ["settle_class_weights"]

SHOWN = 20  # counts that a note spells out


def settle_class_weights(jobs: Sequence[Job], data: Data) -> None:
    """Put numbers in place of the class weights that are to be made from counts, and say in a note how they were made."""
    waiting = [
        (job, job.options[job.loss.weight_option]) for job in jobs if isinstance(job.options.get(job.loss.weight_option), WeightsFromCounts)
    ]
    counted = iter(_counts([job for job, how in waiting if how.counts is None], data))
    for job, how in waiting:
        counts = next(counted) if how.counts is None else how.counts
        job.options[job.loss.weight_option] = class_weights(counts, beta=how.beta)
        job.notes.append(_note(job, how, counts))


def _counts(jobs: Sequence[Job], data: Data) -> list[Any]:
    """For each job how many of its labels are of each class; rows that are left out and labels that are ignored do not count."""
    found = [np.zeros(_classes(job), np.int64) for job in jobs]
    if not jobs:
        return found
    names = [job.columns[_labels(job)[0]] for job in jobs]
    # which rows are left out depends on all columns
    read = data if data.omit else Data({name: data.columns[name] for name in names}, chunk=data.chunk)
    for block in read.blocks(min(job.block_rows for job in jobs)):
        for job, counts in zip(jobs, found, strict=True):
            counts += np.bincount(_known(job, block, len(counts)), minlength=len(counts))
    return found


def _labels(job: Job) -> tuple[str, LabelIn]:
    role = job.loss.labels
    if role is None or not isinstance(role.domain, LabelIn):
        raise AssertionError("a loss without labels")
    return role.name, role.domain


def _classes(job: Job) -> int:
    """How many classes there are: along an axis of the role that the labels choose from."""
    _, domain = _labels(job)
    shape = job.layouts[domain.over].shape if domain.over in job.layouts else job.shared[domain.over].shape
    return int(shape[domain.axis])


def _known(job: Job, block: Block, classes: int) -> Any:
    """The labels of a block that are a class; those that are none, and not to be ignored, are left to the check of the loss."""
    y = job.role(_labels(job)[0], block).ravel()
    return y[(y >= 0) & (y < classes) & (y == np.rint(y)) & (y != job.options.get("ignore_index"))].astype(np.int64)


def _note(job: Job, how: WeightsFromCounts, counts: Any) -> str:
    """'class_weight balanced: target counted 1,000, 100, 10'."""
    by = "balanced" if how.beta is None else f"by the effective number of samples (beta {how.beta:g})"
    said = ", ".join(f"{n:,.15g}" for n in counts[:SHOWN]) + (", …" if len(counts) > SHOWN else "")
    source = "class_counts" if how.counts is not None else f"{_labels(job)[0]} counted"
    absent = np.flatnonzero(counts == 0)[:SHOWN].tolist()
    gone = f"; none of class {', '.join(map(str, absent))}: weight 0" if absent else ""
    return f"{job.loss.weight_option} {by}: {source} {said}{gone}"
