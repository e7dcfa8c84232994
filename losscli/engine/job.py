"""A job: one loss on some columns, with every choice made before it runs; and the view of a block, with which the loss is called."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from losscli.choices import AXES
from losscli.data.blocks import Block
from losscli.domains import Domain, LabelIn, Whole
from losscli.errors import DataWarning
from losscli.numeric.arrays import read_only
from losscli.numeric.lazy import Array
from losscli.numeric.sums import SHORT_AXIS
from losscli.record import EMPTY, Record
from losscli.registry import Loss, Preset

__all__ = ["Job", "Layout", "Shape", "View", "as_integers", "ignored_in"]

Shape = tuple[int, ...]


class View(Record):
    """The arguments of a loss for one block: its roles, with the rows on the first axis, and the sample weights of its rows or values."""

    start: int
    rows: int
    roles: dict[str, Any]  # arrays, or Vars while derivatives are computed
    weight: Array | None
    value_axes: Mapping[str, int]  # how many axes of each role belong to one value
    shared: Mapping[str, Array]  # the roles without rows, which all blocks share
    grads: Mapping[str, Array] = EMPTY  # the derivatives, by role, if they are computed
    by_row: bool = False  # whether columns are summed within each row, and not over the rows
    options: Mapping[str, Any] = EMPTY  # Vars instead of options, whose derivatives are computed

    @property
    def row_numbers(self) -> Array:
        """The numbers of its rows, counted from 0 over all blocks."""
        return np.arange(self.start, self.start + self.rows)


class Layout(Record):
    """How the rows of a column become the rows of a role: the class axis is moved to the end, and axes of length 1 are dropped."""

    class_axis: int | None  # of the column, where it is not the last
    shape: Shape  # of a row of the role
    column_shape: Shape  # of a row of the column

    @property
    def _repeats(self) -> bool:
        """Whether one number of a row stands for all numbers of other roles."""
        return self.class_axis is None and prod(self.shape) != prod(self.column_shape)

    def apply(self, x: Array) -> Array:
        """Rows of the column as rows of the role."""
        x = x if self.class_axis is None else np.moveaxis(x, self.class_axis, -1)
        if x.shape[1:] == self.shape:
            return x
        if self._repeats:
            more = len(self.shape) - len(self.column_shape)
            return np.broadcast_to(x.reshape(*x.shape, *(1,) * more), (len(x), *self.shape))
        return x.reshape(len(x), *self.shape)

    def undo(self, g: Array) -> Array:
        """A derivative with respect to the role in the shape of the column."""
        if self._repeats:
            return g.reshape(len(g), *self.column_shape, -1).sum(-1)
        if self.class_axis is None:
            return g.reshape(len(g), *self.column_shape)
        at = self.class_axis - 1
        moved = (*self.column_shape[:at], *self.column_shape[at + 1 :], self.column_shape[at])
        return np.moveaxis(g.reshape(len(g), *moved), -1, self.class_axis)


class Job(Record):
    """One loss on some columns of the data, with every choice made. A run of it returns an Outcome."""

    loss: Loss
    preset: Preset
    options: dict[str, Any]
    reduction: str
    per: tuple[int, ...]  # the axes that are kept
    requested_per: str | None  # the user's --per
    columns: dict[str, str]  # role -> column of the data
    layouts: dict[str, Layout]
    shared: dict[str, Array]
    constant: dict[str, Array]  # one row for all rows (--broadcast)
    weight: str | None  # the column of the sample weights
    nan: str
    dtype: np.dtype[Any]
    block_rows: int
    given_options: Mapping[str, Any] = EMPTY  # the user's values, where the loss takes other values
    notes: tuple[str, ...] = ()
    warnings: tuple[DataWarning, ...] = ()
    moved: Mapping[str, tuple[int, int]] = EMPTY  # an axis of a role, counted with the rows, and where it was moved
    masked: bool = False  # the framework's `where` is false everywhere
    rows_unmatched: int | None = None  # the rows of all files that were left out by `--join inner`

    @property
    def params(self) -> dict[str, Any]:
        """The options as a result shows them."""
        weights = {"output_weights": list(self.preset.output_weights)} if self.preset.output_weights else {}
        return {**self.options, **self.given_options, **weights}

    @property
    def per_word(self) -> str:
        """The word of --per for the axes that are kept: the user's, or one for the same axes."""
        if not self.per:
            return "all"
        found = next((word for word, axes in AXES.items() if axes == self.per), "row,output" if 0 in self.per else "output")
        return self.requested_per or self.preset.per or found

    def word(self, option: str) -> str:
        """The name of an option for messages: the framework's, where the user gave the framework's name of the loss, else ours."""
        return self.preset.word(option).replace("_", "-")

    def domain(self, role: str) -> Domain:
        """The domain of a role with these options."""
        return self.loss.roles[role].domain.of(self.options)

    def view(self, block: Block, contiguous: bool = True) -> View:
        """The block's roles in the dtype of the job, labels as integers. Nothing is validated.

        With `contiguous` the arrays are made contiguous, else they keep their memory layout. They are read-only: a loss that writes to
        them would change the data of other losses.
        """
        roles: dict[str, Array] = {}
        for role in self.loss.roles:
            if role in self.columns:
                roles[role] = self.role(role, block, contiguous)
            elif role in self.constant:
                row = self.constant[role]
                roles[role] = self._cast(role, np.broadcast_to(row, (block.rows, *row.shape[1:])), contiguous)
            elif role in self.shared:
                roles[role] = self.shared[role]
        weight = None if self.weight is None else self._weight(block.columns[self.weight])
        roles = {r: read_only(x) for r, x in roles.items()}
        return View(block.start, block.rows, roles, weight, {r: self._value_axes(r) for r in roles}, self.shared)

    def _value_axes(self, role: str) -> int:
        """How many axes of a role belong to one value; one more for a role that may be shared, but has rows."""
        domain = self.domain(role)
        return domain.ndim + (domain.shared and role not in self.shared)

    def role(self, role: str, block: Block, contiguous: bool = True) -> Array:
        """The values of one role that has rows, as in `view`."""
        return self._cast(role, self.layouts[role].apply(block.columns[self.columns[role]]), contiguous)

    def _cast(self, role: str, x: Array, contiguous: bool) -> Array:
        domain = self.domain(role)
        if isinstance(domain, Whole) or (isinstance(domain, LabelIn) and (not domain.soft or self._is_index(x))):
            return x if x.dtype == np.int64 else as_integers(x)
        x = self._contiguous(x, self.dtype) if contiguous else x.astype(self.dtype, copy=False)
        if self.preset.signs == role:
            x = np.where(x == 0, -1, x)
        return x

    def _contiguous(self, x: Array, dtype: Any) -> Array:
        """Contiguous; a short last axis comes first in memory, so that a sum over few classes adds long columns."""
        if self.loss.kind == "batch" or x.ndim < 2 or not 1 < x.shape[-1] <= SHORT_AXIS:
            return np.ascontiguousarray(x, dtype)
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 0), dtype), 0, -1)

    def _is_index(self, x: Array) -> bool:
        """Whether labels are class indices, one for each value, and not probabilities of the classes."""
        first = self.loss.first
        return x.ndim == 1 + len(self.layouts[first].shape) - self.loss.roles[first].domain.ndim

    def _weight(self, w: Array) -> Array:
        return self._contiguous(self.layouts[""].apply(w), np.float64)


def ignored_in(job: Job, view: View) -> Array | None:
    """Which values are ignored (label = ignore_index); None for a loss that ignores none."""
    context = {**job.options, **view.roles}
    for role in view.roles:
        if (ignored := getattr(job.domain(role), "ignored", None)) is not None:
            return ignored(view.roles[role], context)
    return None


def as_integers(x: Array) -> Array:
    """Labels as integers where all of them are whole; else as floats, which validation refuses."""
    if x.dtype.kind == "i" or (x.dtype.kind == "u" and not (x.size and x.max() > np.iinfo(np.int64).max)):
        return np.ascontiguousarray(x, np.int64)
    whole = np.isfinite(x) & (x == np.rint(x)) & (np.abs(x) < 2**53)
    return np.ascontiguousarray(x, np.int64 if whole.all() else np.float64)
