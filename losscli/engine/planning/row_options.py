"""Options with a value for each element: they become a role, whose rows are those of the data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.catalogue.role_words import LossOfRoles
from losscli.data.columns import Column
from losscli.domains import Range
from losscli.engine.planning.column_shapes import row_shape
from losscli.engine.planning.framework_arrays import broadcast_to_rows
from losscli.registry import Loss
from losscli.signature import Option, Role, Signature

__all__ = ["with_options_as_roles"]


def with_options_as_roles(bound: BoundLoss, columns: Mapping[str, Column]) -> tuple[BoundLoss, Mapping[str, Column]]:
    """The loss and its columns, in which an option with a value for each row is a role. An axis of one row is left out.

    Raises InputError for values that do not broadcast to those of the first role.
    """
    for option in bound.loss.options.values():
        value = bound.options[option.name]
        if option.domain is None or not option.domain.or_per_row or not np.ndim(value):
            continue
        first = columns[bound.loss.first]
        axes = 1 + len(row_shape(first))
        if value.ndim > axes or (value.shape[0] > 1 and value.ndim == axes):
            word = bound.preset.word(option.name)
            x = broadcast_to_rows(word, value, first, bound.loss.first)
            bound, columns = _as_role(bound, option), {**columns, option.name: Column(word, x)}
        elif value.ndim == axes:
            bound = bound.but(options={**bound.options, option.name: value[0] if value.ndim > 1 else float(value[0])})
    return bound, columns


def _as_role(bound: BoundLoss, option: Option) -> BoundLoss:
    """The loss with an option as one more role."""
    loss, domain = bound.loss, option.domain or Range()
    role = Role(option.name, domain.but(ndim=0, shared=False, or_per_row=False), optional=True)
    options = {n: o for n, o in loss.options.items() if n != option.name}
    takes = Signature({**loss.roles, role.name: role}, options)
    given = {n: v for n, v in bound.options.items() if n != option.name}
    fields = {name: getattr(loss, name) for name in Loss._names}
    return bound.but(loss=LossOfRoles(**fields, takes=takes), options=given)
