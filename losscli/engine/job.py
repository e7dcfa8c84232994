"""One loss on some columns, with everything decided: how each block of rows becomes what the loss sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from losscli.data.blocks import Block
from losscli.domains import Domain, LabelIn, Whole
from losscli.errors import Warned
from losscli.numeric.arrays import read_only
from losscli.numeric.sums import SHORT_AXIS
from losscli.record import Record
from losscli.registry import Loss, Preset

__all__ = ["Job", "Layout", "Shape", "View", "ignored_in"]

Shape = tuple[int, ...]


@dataclass(frozen=True)
class View:
    """A block as a loss sees it."""

    start: int
    rows: int
    roles: dict[str, Any]
    weight: Any
    own: Mapping[str, int]  # the axes of each role that belong to one value
    shared: Mapping[str, Any]
    grads: Mapping[str, Any] = field(default_factory=dict)  # the derivatives that were asked for, by role

    @property
    def numbers(self) -> Any:
        return np.arange(self.start, self.start + self.rows)


class Layout(Record):
    """How the rows of a column become the rows of a role: the class axis to the end, then a shape without idle axes."""

    moved: int | None
    shape: Shape
    given: Shape

    def apply(self, x: Any) -> Any:
        x = x if self.moved is None else np.moveaxis(x, self.moved, -1)
        return x if x.shape[1:] == self.shape else x.reshape(len(x), *self.shape)

    def undo(self, g: Any) -> Any:
        """A gradient in the shape of the column."""
        if self.moved is None:
            return g.reshape(len(g), *self.given)
        at = self.moved - 1
        last = (*self.given[:at], *self.given[at + 1 :], self.given[at])
        return np.moveaxis(g.reshape(len(g), *last), -1, self.moved)


@dataclass
class Job:
    """One loss on some columns of the data, with everything decided."""

    loss: Loss
    preset: Preset
    options: dict[str, Any]
    reduction: str
    per: tuple[int, ...]  # the axes that are kept
    asked_per: str | None
    columns: dict[str, str]  # role -> column of the data
    layouts: dict[str, Layout]
    shared: dict[str, Any]
    constant: dict[str, Any]  # one row for all rows (--broadcast)
    weight: str | None
    nan: str
    dtype: Any
    block_rows: int
    given: dict[str, Any] = field(default_factory=dict)  # options as they were given, where the loss takes something else
    notes: list[str] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    programs: dict[Any, Any] | None = None  # what was written down of the formula, by the make of its roles
    written: bool = True  # until a block shows that it can't be

    @property
    def params(self) -> dict[str, Any]:
        """The options, as a result shows them."""
        return self.options | self.given

    def word(self, option: str) -> str:
        """What an option is called under the name that was asked for."""
        return self.preset.word(option).replace("_", "-")

    def domain(self, role: str) -> Domain:
        return self.loss.roles[role].domain.of(self.options)

    def view(self, block: Block, laid: bool = True) -> View:
        """The block's roles in the dtype asked for, labels as integers, contiguous or (not laid) as they lie; nothing is checked.

        All are lent to read: what a loss writes into its arrays would change the data of others.
        """
        roles: dict[str, Any] = {}
        for role in self.loss.roles:
            if role in self.columns:
                roles[role] = self.role(role, block, laid)
            elif role in self.constant:
                one = self.constant[role]
                roles[role] = self._cast(role, np.broadcast_to(one, (block.rows, *one.shape[1:])), laid)
            elif role in self.shared:
                roles[role] = self.shared[role]
        weight = None if self.weight is None else self._weight(block.columns[self.weight])
        roles = {r: read_only(x) for r, x in roles.items()}
        return View(block.start, block.rows, roles, weight, {r: self._own(r) for r in roles}, self.shared)

    def _own(self, role: str) -> int:
        """How many axes of a role belong to one value; of what could be shared, but has rows, one more."""
        domain = self.loss.roles[role].domain
        return domain.ndim + (domain.shared and role not in self.shared)

    def role(self, role: str, block: Block, laid: bool = True) -> Any:
        """What the loss sees of one role that has rows."""
        return self._cast(role, self.layouts[role].apply(block.columns[self.columns[role]]), laid)

    def _cast(self, role: str, x: Any, laid: bool) -> Any:
        domain = self.domain(role)
        if isinstance(domain, Whole) or (isinstance(domain, LabelIn) and self._is_index(x)):
            return x if x.dtype == np.int64 else _whole(x)
        x = self._laid(x, self.dtype) if laid else x.astype(self.dtype, copy=False)
        if self.preset.signs == role:
            x = np.where(x == 0, -1, x)
        return x

    def _laid(self, x: Any, dtype: Any) -> Any:
        """Contiguous; a short last axis outermost in memory, so that a sum over few classes runs down long columns."""
        if self.loss.kind == "batch" or x.ndim < 2 or not 1 < x.shape[-1] <= SHORT_AXIS:
            return np.ascontiguousarray(x, dtype)
        return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 0), dtype), 0, -1)

    def _is_index(self, x: Any) -> bool:
        first = self.loss.first
        return x.ndim == 1 + len(self.layouts[first].shape) - self.loss.roles[first].domain.ndim

    def _weight(self, w: Any) -> Any:
        return self._laid(self.layouts[""].apply(w), np.float64)


def ignored_in(job: Job, view: View) -> Any:
    """Which values are ignored (label = ignore_index), or None."""
    context = {**job.options, **view.roles}
    for role in view.roles:
        domain = job.domain(role)
        if hasattr(domain, "ignored"):
            return domain.ignored(view.roles[role], context)
    return None


def _whole(x: Any) -> Any:
    """Labels as integers where they are, else as they were: the check will refuse them."""
    if x.dtype.kind == "i" or (x.dtype.kind == "u" and not (x.size and x.max() > np.iinfo(np.int64).max)):
        return np.ascontiguousarray(x, np.int64)
    whole = np.isfinite(x) & (x == np.rint(x)) & (np.abs(x) < 2**53)
    return np.ascontiguousarray(x, np.int64 if whole.all() else np.float64)
