"""A job while it is planned: the record that the steps of `prepare` read and change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.data.blocks import Data
from losscli.data.columns import Column
from losscli.domains import Domain, LabelIn
from losscli.engine.job import Layout, Shape
from losscli.engine.planning.column_shapes import column_shape, shape_text
from losscli.engine.work import Work
from losscli.errors import DataWarning
from losscli.numeric.lazy import Array
from losscli.registry import Loss, Preset

__all__ = ["Draft"]


class Draft:
    """A job that is not finished. No module outside planning sees it; the last step of `prepare` makes a frozen Job of it."""

    def __init__(self, loss: Loss, preset: Preset, options: Mapping[str, Any], work: Work, weight: Column | None) -> None:
        self.loss = loss
        self.preset = preset
        self.options = dict(options)
        self.given_options: dict[str, Any] = {}  # the user's values, where the loss takes other values
        self.work = work
        self.reduction = work.reduction or loss.implied_reduction(options) or preset.reduction or loss.reduction
        self.weight = weight
        self.weight_layout: Layout | None = None
        self.rows: dict[str, Column] = {}  # the roles with a part for each row
        self.shapes: dict[str, Shape] = {}  # the shape of one row of each of these
        self.shared: dict[str, Array] = {}  # the roles that are the same for all rows
        self.constant: dict[str, Array] = {}  # of `rows`, those that have one row for all rows (--broadcast)
        self.layouts: dict[str, Layout] = {}
        self.moved: dict[str, tuple[int, int]] = {}  # an axis of a role, counted with the rows, and where it was moved
        self.notes: list[str] = []
        self.warnings: list[DataWarning] = []

    def measure_rows(self) -> None:
        """Set the shapes; the first row of every stream is read."""
        streams = {r: c for r, c in self.rows.items() if c.array is None}
        first = Data(streams).first.columns if streams else {}
        self.shapes = {r: (first[r] if c.array is None else c.array).shape[1:] for r, c in self.rows.items()}

    def domain(self, role: str) -> Domain:
        """The domain of a role with the options of the draft."""
        return self.loss.roles[role].domain.of(self.options)

    def word(self, option: str) -> str:
        """The name of an option for messages, as in `Job.word`."""
        return self.preset.word(option).replace("_", "-")

    def shape_text(self, role: str) -> str:
        """The shape of a role with its rows, for messages."""
        return shape_text(column_shape(self.rows[role], self.shapes[role]))

    def warn(self, code: str, message: str) -> None:
        """Add a warning."""
        self.warnings.append(DataWarning(code, message))

    def shared_classes(self, role: str) -> Shape:
        """(C,) where a shared role has a row for each class, such as the matrix that logits are computed with; else ()."""
        domain = self.domain(role)
        return (self.shared[domain.over].shape[domain.axis],) if isinstance(domain, LabelIn) and domain.over in self.shared else ()
