"""Derivatives of arrays in one pass, where the derivative by each value is known before the values are: of a sum, or of a plain mean.

The kernel checks the rows and computes their derivatives, and the values are not computed. The bits are those of `backward`, which
computes everything that this module leaves.
"""

from __future__ import annotations

from math import prod

import numpy as np

from losscli.aggregation import Sum
from losscli.autodiff.kernels import DerivativeKernels, RowsOfBlock
from losscli.data.blocks import Block, Data
from losscli.engine import passes
from losscli.engine.accumulate import Accumulator
from losscli.engine.job import Job
from losscli.engine.reduction import LARGE_WEIGHTS
from losscli.numeric.lazy import Array
from losscli.numeric.sums import sum_in_order
from losscli.parallel import default_threads, map_blocks, workers

__all__ = ["derivatives_in_one_pass"]

MOST_ROWS = 2**22  # of a call of the kernel: a signal waits until it ends


def derivatives_in_one_pass(job: Job, data: Data, role: str, *, threads: int = 0) -> Array | None:
    """d value / d role, in the shape of the role; None where another way has to find it, or the error."""
    block = _all_rows(job, data)
    if block is None or sum(x.size for x in block.columns.values()) < passes.SMALL:
        return None
    threads = threads or default_threads()
    kernels = DerivativeKernels(job, [role], checked=True)
    whole = kernels.rows(block)
    divisor = np.nan if whole is None else _divisor(kernels, block, whole, threads)
    if whole is None or not 1 / LARGE_WEIGHTS < divisor < LARGE_WEIGHTS:
        return None
    found = np.empty((block.rows, *job.layouts[role].shape), job.dtype)
    most = MOST_ROWS if whole.traced.writes_in_place else job.block_rows
    parts = list(block.split(min(most, max(passes.SMALL, -(-block.rows // threads)))))
    complete = [False] * len(parts)

    def compute(i: int) -> None:
        start, rows = parts[i].start, kernels.rows(parts[i])
        with np.errstate(all="ignore"):
            into = {role: found[start : start + parts[i].rows]}
            complete[i] = rows is not None and rows.derivatives(np.array(1.0 / divisor), into) is not None

    if len(parts) == 1:
        compute(0)
    else:
        workers(min(threads, len(parts)) - 1).share(compute, len(parts), threads)
    return found if all(complete) else None


def _all_rows(job: Job, data: Data) -> Block | None:
    """All rows as one block; None where they are not in memory, or where the derivative by a value depends on the values."""
    preset, rows = job.preset, data.rows_in_memory
    if rows is None:
        return None
    if job.loss.mean != "ratio of sums" or job.weight is not None or preset.last_axis or preset.row_mean:
        return None
    return next(data.blocks(rows), None)


def _divisor(kernels: DerivativeKernels, block: Block, rows: RowsOfBlock, threads: int) -> float:
    """What the sum of the values is divided by; nan where another way has to find it."""
    job = kernels.job
    values = float(prod(rows.shape))
    if job.reduction == "mean" and rows.traced.weights is not None:
        return np.nan if job.preset.counts_ignored or job.preset.weighted else _sum_of_weights(kernels, block, threads)
    return {"mean": values, "sum_over_batch_size": values, "batchmean": float(block.rows)}.get(job.reduction, 1.0)


def _sum_of_weights(kernels: DerivativeKernels, block: Block, threads: int) -> float:
    """The sum of the weights that the loss returns beside its values, which do not depend on them; nan where it returns more."""
    total = Accumulator()

    def weights(part: Block) -> list[Array] | None:
        rows = kernels.rows(part)
        return None if rows is None else rows.weights()

    for found in map_blocks(weights, block.split(kernels.job.block_rows), threads):
        if found is None or len(found) != 1:
            return np.nan
        total.add(Sum(sum_in_order(found[0])))
    return float(total.value)
