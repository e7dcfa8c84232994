"""Pair the rows of several files for one loss: the base class of pairing by id and by position."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from losscli.data.columns import Column
from losscli.data.kept import Kept
from losscli.engine.planning.column_shapes import has_own_rows
from losscli.errors import DataWarning
from losscli.numeric.lazy import Array
from losscli.record import Record
from losscli.registry import Loss
from losscli.sources.inputs import Inputs
from losscli.sources.table import Table

__all__ = ["Matched", "Pairing", "columns_with_rows", "same_column_warnings"]


class Matched(Record):
    """The columns of one loss, all with their rows in the same order, and the notes and warnings of the pairing."""

    columns: dict[str, Column]
    weight: Column | None
    notes: list[str]
    warnings: list[DataWarning]
    unmatched: int | None = None  # the rows of all files that were left out, since an id was not in every file; None if none may be


class Pairing(ABC):
    """A way to pair the rows of files."""

    inputs: Inputs
    kept: Kept | None = None  # the rows that conditions keep, after they were read

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The words for a row in messages and outputs: the names of the id columns, or 'row'."""

    @property
    @abstractmethod
    def ids(self) -> list[Any] | None:
        """The ids of the rows, as the file has them, tuples for ids of several columns; None for rows without ids, and before `match`."""

    @abstractmethod
    def match(self, loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> Matched:
        """The columns of the roles and the sample weights, with paired rows. Raises InputError for rows that cannot be paired."""

    @abstractmethod
    def align(self, column: Column) -> tuple[Column, list[DataWarning]]:
        """Another column of the rows, with its rows in their order. Raises InputError for rows that cannot be paired."""

    @abstractmethod
    def places_in(self, table: Table) -> tuple[Array | None, list[DataWarning]]:
        """The position of each row in another table of the same rows, -1 for a missing row; None if the order is the same."""


def columns_with_rows(loss: Loss, roles: Mapping[str, Column], weight: Column | None) -> dict[str, Column]:
    """The columns with one value for each row, and the sample weights. A column that all rows share is left out."""
    domains = {r: loss.roles[r].domain for r in roles}
    columns = {r: c for r, c in roles.items() if not domains[r].shared or has_own_rows(domains[r], c)}
    if weight is None or (weight.array is not None and weight.rows is None):  # one number for all rows
        return columns
    return {**columns, "sample_weight": weight}


def same_column_warnings(inputs: Inputs, roles: Mapping[str, Column]) -> list[DataWarning]:
    """W116 for two roles that read the same column: a perfect score then means nothing."""
    warnings = []
    read = [(r, c) for r, c in roles.items() if c.label != "inline"]
    for (a, one), (b, other) in combinations(read, 2):
        if not _in_one_file(inputs, one, other):
            continue
        if one.keys == other.keys:
            warnings.append(DataWarning("W116", f"{a} and {b} are the same column, {one.label}: this compares it with itself"))
        elif common := _compared_with_itself(one.keys, other.keys):
            both = f"{a} ({one.label}) and {b} ({other.label})"
            warnings.append(DataWarning("W116", f"{both} have the column {common[0]} in common: it is compared with itself"))
    return warnings


def _compared_with_itself(keys: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """The columns that two roles have in common: where both have as many columns, at the same place, as it is there that they meet."""
    if len(keys) == len(others):
        return [k for k, other in zip(keys, others, strict=True) if k == other]
    return [k for k in keys if k in others]


def _in_one_file(inputs: Inputs, one: Column, other: Column) -> bool:
    a, b = (inputs.files.table_of(c) for c in (one, other))
    if a is None and b is None:  # arrays from Python
        return one.array is not None and one.array is other.array
    return a is b if a is None or b is None else os.path.realpath(a.label) == os.path.realpath(b.label)
