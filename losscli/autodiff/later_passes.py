"""Derivatives of a loss that compares all rows: those through later passes are kept, so that each pair of rows is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from losscli.data.blocks import Block
from losscli.engine.job import View
from losscli.engine.outcome import Outcome
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["Differentiated", "LaterPasses"]


class Differentiated(Record):
    """A block with the derivatives of its roles (None: no derivative) and its values, if it has any."""

    block: Block
    view: View
    grads: dict[str, Array | None]
    values: Any


class LaterPasses:
    """The derivatives of rows through the columns of all passes but the first, for a loss that compares all rows.

    They are computed together with the cotangents of earlier passes, since each pair of rows costs more than keeping a number for each row.
    """

    def __init__(self, outcome: Outcome, wrt: Sequence[str]) -> None:
        self.outcome, self.wrt = outcome, wrt
        self.rows: dict[str, Array] = {}
        self.values: Array | None = None

    def add(self, part: Differentiated) -> None:
        """Keep the derivatives of a block of one pass, and its values if it has any."""
        at = slice(part.block.start, part.block.start + part.block.rows)
        for n, g in part.grads.items():
            if g is not None and n in self.outcome.job.columns:
                kept = self.rows.setdefault(n, np.zeros((self.outcome.rows_kept, *g.shape[1:]), g.dtype))
                kept[at] += g
        if (values := part.values) is not None:
            self.values = np.zeros((self.outcome.rows_kept, *values.shape[1:]), values.dtype) if self.values is None else self.values
            self.values[at] = values

    def through_all(self, first: Differentiated) -> Differentiated:
        """The derivatives of a block through all passes, from those through the first."""
        at = slice(first.block.start, first.block.start + first.block.rows)
        grads = dict(first.grads)
        for n, kept in self.rows.items():
            grads[n] = kept[at] if (g := grads[n]) is None else g + kept[at]
        return first.but(grads=grads, values=first.values if self.values is None else self.values[at])
