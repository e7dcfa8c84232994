"""The numbers of roles that a framework takes in another form, leaves to a default, or takes as one number for all rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from losscli.catalogue.binding import BoundLoss
from losscli.data.columns import Column
from losscli.engine.planning.column_shapes import in_memory, row_shape
from losscli.engine.planning.framework_arrays import broadcast_to_rows

__all__ = ["with_default_roles", "with_made_roles"]


def with_default_roles(bound: BoundLoss, columns: Mapping[str, Column]) -> Mapping[str, Column]:
    """The columns, with the default of each role that is not given and has one under this name."""
    missing = {r: x for r, x in bound.preset.role_defaults.items() if r not in columns}
    return {**columns, **{r: Column(r, np.asarray(x)) for r, x in missing.items()}} if missing else columns


def with_made_roles(bound: BoundLoss, columns: Mapping[str, Column]) -> Mapping[str, Column]:
    """The columns, with our numbers where the framework's were given; one number of a role becomes that of all rows, where it may."""
    changed = dict(columns)
    for role, made in bound.preset.made.items():
        arrays = [in_memory(columns[r]).whole().astype(np.float64) for r in (role, *made.others)]
        with np.errstate(divide="ignore", invalid="ignore"):  # the check of the role's domain says what is wrong
            changed[role] = in_memory(columns[role]).but(array=made.make(*arrays))
    return _for_all_rows(bound, changed) if bound.preset.one_for_all else changed


def _for_all_rows(bound: BoundLoss, columns: dict[str, Column]) -> dict[str, Column]:
    """The columns, each with as many rows as the longest: one number is repeated."""
    domains = {r: bound.loss.roles[r].domain for r in columns}
    single = [r for r, c in columns.items() if c.array is not None and np.size(c.array) == 1 and np.ndim(c.array) < 2
              and not domains[r].ndim and not domains[r].shared]  # fmt: skip
    long = max((r for r in columns if r not in single and not domains[r].shared), key=lambda r: len(row_shape(columns[r])), default=None)
    if long is None:
        return columns
    for role in single:
        number = np.asarray(columns[role].array).reshape(())
        columns[role] = columns[role].but(array=broadcast_to_rows(role, number, columns[long], long, domains[long].ndim))
    return columns
