"""How often each class occurs: one pass over the labels alone, before the passes of a loss whose class weights are made from counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from losscli.catalogue.class_weights import WeightsFromCounts, class_weights
from losscli.data.blocks import Block, Data
from losscli.domains import LabelIn
from losscli.engine.job import Job
from losscli.numeric.lazy import Array

__all__ = ["with_class_weights"]

SHOWN = 20  # counts in a note


def with_class_weights(jobs: Sequence[Job], data: Data) -> list[Job]:
    """The jobs with numbers in place of class weights that are to be made from counts; a note says how they were made."""
    counts_of = iter(_counts([job for job in jobs if (how := _from_counts(job)) is not None and how.counts is None], data))
    done = []
    for job in jobs:
        if (how := _from_counts(job)) is not None:
            counts = next(counts_of) if how.counts is None else how.counts
            options = {**job.options, job.loss.weight_option: class_weights(counts, beta=how.beta)}
            job = replace(job, options=options, notes=[*job.notes, _note(job, how, counts)])
        done.append(job)
    return done


def _from_counts(job: Job) -> WeightsFromCounts | None:
    """How the class weights of a job are made from counts; None where they are not."""
    how = job.options.get(job.loss.weight_option)
    return how if isinstance(how, WeightsFromCounts) else None


def _counts(jobs: Sequence[Job], data: Data) -> list[Array]:
    """For each job how many of its labels are of each class; rows that are left out and labels that are ignored do not count."""
    counts_of = [np.zeros(_classes(job), np.int64) for job in jobs]
    if not jobs:
        return []
    names = [job.columns[_labels(job)[0]] for job in jobs]
    # which rows are left out depends on all columns
    read = data if data.omit else Data({name: data.columns[name] for name in names}, chunk=data.chunk)
    for block in read.blocks(min(job.block_rows for job in jobs)):
        for job, counts in zip(jobs, counts_of, strict=True):
            counts += np.bincount(_valid_labels(job, block, len(counts)), minlength=len(counts))
    return list(counts_of)


def _labels(job: Job) -> tuple[str, LabelIn]:
    """The role of the labels, and its domain."""
    role = job.loss.labels
    if role is None or not isinstance(role.domain, LabelIn):
        raise AssertionError("a loss without labels")
    return role.name, role.domain


def _classes(job: Job) -> int:
    """How many classes there are: the length of an axis of the role that the labels choose from."""
    _, domain = _labels(job)
    shape = job.layouts[domain.over].shape if domain.over in job.layouts else job.shared[domain.over].shape
    return int(shape[domain.axis])


def _valid_labels(job: Job, block: Block, classes: int) -> Array:
    """The labels of a block that are a class and are not ignored; validation, in the first pass, refuses any others."""
    y = job.role(_labels(job)[0], block).ravel()
    return y[(y >= 0) & (y < classes) & (y == np.rint(y)) & (y != job.options.get("ignore_index"))].astype(np.int64)


def _note(job: Job, how: WeightsFromCounts, counts: Array) -> str:
    """'class_weight balanced: target counted 1,000, 100, 10'."""
    method = "balanced" if how.beta is None else f"by the effective number of samples (beta {how.beta:g})"
    numbers = ", ".join(f"{n:,.15g}" for n in counts[:SHOWN]) + (", …" if len(counts) > SHOWN else "")
    source = "class_counts" if how.counts is not None else f"{_labels(job)[0]} counted"
    absent = np.flatnonzero(counts == 0)[:SHOWN].tolist()
    without = f"; none of class {', '.join(map(str, absent))}: weight 0" if absent else ""
    return f"{job.loss.weight_option} {method}: {source} {numbers}{without}"
