"""The influence of each row on the value of a loss: the derivative of the value with respect to how often the row is counted.

A value is f(S₁ … S_k) of sums over the rows, S_k = Σ_i s_ik. If row i is counted m_i times, d f / d m_i at m = 1 is Σ_k ∂f/∂S_k s_ik.
The backward passes give ∂f/∂S_k, and one more pass gives the parts s_ik of each row. For a mean the influence is (l_i − mean) / n.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.aggregation import AllRows, CrossProduct, RowIndex
from losscli.autodiff.backward import cotangents
from losscli.autodiff.tape import NoDerivative
from losscli.catalogue.custom import CustomLoss
from losscli.catalogue.guard import FunctionError
from losscli.data.blocks import Block, Data
from losscli.engine.accumulate import Elements, merged_for
from losscli.engine.job import View
from losscli.engine.outcome import Outcome
from losscli.engine.reduction import Reduced, loss_coroutine
from losscli.engine.summation import RowParts
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["Influence", "Influences", "NoInfluence", "influences_of"]


class NoInfluence(Exception):
    """The value is no smooth function of sums over the rows. The text says why, after the name of the loss."""


class Influence(Record):
    """Some rows of one job: the influence of each, whether it takes part (its weight is not 0), and its part of the sum of the loss."""

    influence: Array
    takes_part: Array
    loss: Array | None  # None for a statistic, which has no loss of a row


class Influences:
    """Computes the influence of rows on the value of one job, block by block. Any thread may call it."""

    def __init__(self, outcome: Outcome, of_merged: Sequence[Sequence[Any]]) -> None:
        self.outcome, self.of_merged = outcome, of_merged
        self.block_rows = min(outcome.block_sizes)

    def __call__(self, block: Block) -> Influence:
        """The influence of the rows of a block, which must not be larger than `block_rows`. Raises NoInfluence."""
        view = self.outcome.job.view(block).but(by_row=True)
        coroutine = loss_coroutine(self.outcome.job, view)
        influence = np.zeros(view.rows)
        first: list[Any] = []
        last: list[Any] = []
        for k, merged in enumerate(self.outcome.merged):
            yielded = coroutine.send(merged_for(view, self.outcome.merged[k - 1])) if k else next(coroutine)
            if isinstance(yielded, Reduced):
                raise AssertionError("a coroutine that ended early")
            last = [c for c in yielded if not isinstance(c, Elements)]
            first = first or last
            for column, g, m in zip(last, self.of_merged[k], merged, strict=True):
                influence += _part(self.outcome, column, g, m, view.rows)
        return self._influence(influence, first, last, view)

    def _influence(self, influence: Array, first: list[Any], last: list[Any], view: View) -> Influence:
        reduced = self.outcome.reduced
        counting = last[-1] if reduced.total is not None else first[-1]  # the weights that take part are the last column
        takes_part = _by_row(counting.column, view.rows) != 0
        loss = _by_row(last[0].column, view.rows) if reduced.total is not None and len(last) == 5 else None
        return Influence(influence, takes_part, loss)


def influences_of(outcome: Outcome, data: Data, *, threads: int = 0) -> Influences:
    """The influences of a finished job, whose backward passes are made now. Raises NoInfluence for a value that has none."""
    job = outcome.job
    if outcome.reduced.value is None or np.ndim(outcome.reduced.value):
        raise NoInfluence("is not one number")
    if job.loss.kind == "batch":
        raise NoInfluence("compares rows with each other")
    if isinstance(job.loss, CustomLoss) and job.loss.needs_all_rows:
        raise NoInfluence("is given all rows at once")
    try:
        return Influences(outcome, cotangents(outcome, data, threads=threads))
    except (NoDerivative, FunctionError) as error:
        raise NoInfluence(f"has no derivative: {error}") from error


def _part(outcome: Outcome, column: Any, g: Any, merged: Any, rows: int) -> Array | float:
    """Σ ∂f/∂S s_i of one column, for each row."""
    if column is RowIndex:
        return 0.0
    g = np.asarray(g, np.float64)
    if not g.any() and not isinstance(column, AllRows):  # what is computed from all rows may be a step function of them
        return 0.0
    if isinstance(column, RowParts):
        parts = np.asarray(column.column, np.float64).reshape(rows, -1)
        return parts @ np.broadcast_to(g, np.shape(merged)).reshape(-1)
    if isinstance(column, CrossProduct):
        x, y = (np.asarray(a, np.float64).reshape(-1, np.shape(a)[-1]) for a in (column.column, column.other))
        return ((x @ g) * y).sum(1).reshape(rows, -1).sum(1)
    raise NoInfluence("is no smooth function of sums over the rows")


def _by_row(x: Any, rows: int) -> Array:
    return np.asarray(x, np.float64).reshape(rows, -1).sum(1)
