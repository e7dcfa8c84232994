"""Checks of the data beside the loss: rows that are shifted, targets that do not vary, and the like. They share the first pass.

A check answers one question about all rows, block by block: `of` a block returns what it has found so far, or None as soon as the
answer is no. After that no other block is looked at, so that a check of data without the fault costs one block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from losscli.catalogue.custom import CustomLoss
from losscli.data.columns import Column
from losscli.domains import LabelIn
from losscli.engine.job import Job, View
from losscli.errors import DataWarning
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["Doctor", "Findings"]

F = TypeVar("F")
Findings = tuple[Any, ...]  # of one block: what each check has found, None where its answer is no

FEW = 10  # rows: in fewer, equal numbers may be chance
LEAST = 20  # rows: in fewer, one value for all of them, or a pattern from row to row, may be chance
ROWS_PER_CLASS = 10  # so many rows for each class have a row of each
MOST_CLASSES = 100  # with more, as in a vocabulary, some are absent anyhow
NEARER, MUCH_NEARER = 2, 10  # times: in the first rows of a block, and in all rows
FIRST = 64  # rows of a block that may answer for the block
VARYING = ("regression", "classification")  # tasks whose targets differ from row to row


class Check(Record, Generic[F]):
    """One question about all rows of one or two roles."""

    roles: tuple[str, ...]

    def of(self, arrays: Sequence[Array], context: Mapping[str, Any]) -> F | None:
        """What was found in a block; None where the answer is no."""
        raise NotImplementedError

    def ruled_out(self, first: Sequence[Array], context: Mapping[str, Any]) -> bool:
        """Whether the first rows of a block answer no for the block, which saves to look at the others."""
        return self.of(first, context) is None

    def merge(self, one: F, other: F) -> F | None:
        """What was found in two blocks."""
        raise NotImplementedError

    def warning(self, found: F, rows: int) -> DataWarning | None:
        """The warning after all rows, if there is one."""
        raise NotImplementedError


class Equal(Check[bool]):
    """W140: the two roles are equal in all rows."""

    def of(self, arrays: Sequence[Array], context: Mapping[str, Any]) -> bool | None:
        first, second = arrays
        return True if np.array_equal(first, second) else None

    def merge(self, one: bool, other: bool) -> bool:
        return True

    def warning(self, found: bool, rows: int) -> DataWarning | None:
        first, second = self.roles
        message = f"{first} equals {second} in all {rows:,} rows: is one a copy of the other?"
        return DataWarning("W140", message) if rows >= FEW else None


class Constant(Check[float]):
    """W141: a role has one value in all rows."""

    classes: bool = False  # whether the values are classes, and not numbers: zeros as numbers are given on purpose
    names: tuple[str, ...] = ()  # of the classes, where the values are their indices

    def of(self, arrays: Sequence[Array], context: Mapping[str, Any]) -> float | None:
        x = arrays[0].reshape(-1)
        if not x.size or x[0] != x[-1] or x[0] == context.get("ignore_index") or not (self.classes or x[0]):
            return None
        return float(x[0]) if (x == x[0]).all() else None

    def merge(self, one: float, other: float) -> float | None:
        return one if one == other else None

    def warning(self, found: float, rows: int) -> DataWarning | None:
        value = self.names[int(found)] if 0 <= found < len(self.names) else f"{found:g}"
        message = f"{self.roles[0]} is {value} in all {rows:,} rows: is it the right column, and are these all rows?"
        return DataWarning("W141", message) if rows >= LEAST else None


class Shifted(Check[tuple[float, float, float]]):
    """W142: the first role is much nearer to the second of the row before, or of the row after, than to that of its own row."""

    def of(self, arrays: Sequence[Array], context: Mapping[str, Any]) -> tuple[float, float, float] | None:
        return self._if_nearer(*self._differences(arrays))

    def _differences(self, arrays: Sequence[Array]) -> tuple[float, float, float]:
        """The sums of the squared differences: of the rows themselves, with the row before, with the row after."""
        first, second = arrays
        pairs = ((first, second), (first[1:], second[:-1]), (first[:-1], second[1:]))
        own, before, after = (float(np.square(a - b).sum()) for a, b in pairs)
        return own, before, after

    def ruled_out(self, first: Sequence[Array], context: Mapping[str, Any]) -> bool:
        own, before, after = self._differences(first)
        return not min(before, after) * NEARER < own

    def merge(self, one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float, float] | None:
        return self._if_nearer(*(a + b for a, b in zip(one, other, strict=True)))

    def _if_nearer(self, own: float, before: float, after: float) -> tuple[float, float, float] | None:
        return (own, before, after) if min(before, after) * MUCH_NEARER < own < np.inf else None

    def warning(self, found: tuple[float, float, float], rows: int) -> DataWarning | None:
        own, before, after = found
        if rows < LEAST:
            return None
        row, nearer = ("before", before) if before < after else ("after", after)
        first, second = self.roles
        message = (
            f"{first} is nearer to {second} of the row {row} than to that of its own row (mean squared difference "
            f"{nearer / (rows - 1):.3g}, and not {own / rows:.3g}): are the rows shifted by one?"
        )
        if row == "before":
            message += " A forecast that repeats the last value looks so, too"
        return DataWarning("W142", message)


class Rounded(Check[bool]):
    """W143: one role is the other one, rounded to float32."""

    def of(self, arrays: Sequence[Array], context: Mapping[str, Any]) -> bool | None:
        first, second = arrays
        rounded = np.array_equal(first, second.astype(np.float32)) and bool((first != second).any())
        return True if rounded else None

    def merge(self, one: bool, other: bool) -> bool:
        return True

    def warning(self, found: bool, rows: int) -> DataWarning | None:
        first, second = self.roles
        message = f"{first} is {second} rounded to float32 in all {rows:,} rows: the value is that of the rounding; give {first} as float64"
        return DataWarning("W143", message) if rows >= FEW else None


class Absent(Check[Array]):
    """W144: there are many rows, and none of some class."""

    domain: LabelIn
    names: tuple[str, ...] = ()

    def of(self, arrays: Sequence[Array], context: Mapping[str, Any]) -> Array | None:
        x, classes = arrays[0], self.domain.count(context)
        if classes > MOST_CLASSES or self.domain.is_soft(x, context):
            return None
        labels = x[(x >= 0) & (x < classes)].astype(np.int64)
        return self._if_absent(np.bincount(labels.reshape(-1), minlength=classes) > 0)

    def merge(self, one: Array, other: Array) -> Array | None:
        return self._if_absent(one | other)

    def _if_absent(self, present: Array) -> Array | None:
        return None if present.all() else present

    def warning(self, found: Array, rows: int) -> DataWarning | None:
        classes = len(found)
        if rows < ROWS_PER_CLASS * classes or found.sum() < 2 or not found[0]:  # W141 says of one class, W113 of labels from 1
            return None
        absent = [self.names[i] if self.names else str(i) for i in np.flatnonzero(~found).tolist()]
        kind = "class" if len(absent) == 1 else "classes"
        message = (
            f"no {self.roles[0]} is of {kind} {', '.join(absent)} among the {classes} classes: are the labels in the order of the columns?"
        )
        return DataWarning("W144", message)


class Doctor:
    """The checks of one job."""

    def __init__(self, job: Job, columns: Mapping[str, Column]) -> None:
        self.job = job
        self.checks = tuple(_checks(job, columns))
        self._found: list[Any] = [None] * len(self.checks)
        self._over = [False] * len(self.checks)
        self._blocks = 0

    def of(self, view: View) -> Findings:
        """What the checks find in a block. Any thread may call it."""
        context = {**self.job.options, **view.roles}
        return tuple(
            None if over else _found(check, view, context, self.job.block_rows) for check, over in zip(self.checks, self._over, strict=True)
        )

    def add(self, findings: Findings) -> None:
        """Merge what was found in the next block; nothing is found in a later pass."""
        if not findings:
            return
        for i, (check, found) in enumerate(zip(self.checks, findings, strict=True)):
            if not self._over[i]:  # another thread may have looked at a block before it knew
                merged = found if found is None or not self._blocks else check.merge(self._found[i], found)
                self._found[i], self._over[i] = merged, merged is None
        self._blocks += 1

    def warnings(self, rows: int) -> list[DataWarning]:
        """The warnings after all rows."""
        said = [check.warning(found, rows) for check, found in zip(self.checks, self._found, strict=True) if found is not None]
        return [w for w in said if w is not None]


def _found(check: Check[F], view: View, context: Mapping[str, Any], block_rows: int) -> F | None:
    """What a check finds in the rows, block by block: how many blocks are computed at once must not matter."""
    found: F | None = None
    for start in range(0, view.rows, block_rows):
        arrays = [view.roles[r][start : start + block_rows] for r in check.roles]
        of_block = None if check.ruled_out([x[:FIRST] for x in arrays], context) else check.of(arrays, context)
        found = of_block if of_block is None or found is None else check.merge(found, of_block)
        if found is None:
            return None
    return found


def _checks(job: Job, columns: Mapping[str, Column]) -> Iterator[Check[Any]]:
    """The checks that have a meaning for the loss."""
    given = [r for r in job.loss.roles if r in job.layouts and r in job.columns]
    if len(given) < 2 or isinstance(job.loss, CustomLoss):
        return
    first, second = given[:2]
    alike = "zero" in job.loss.properties and job.layouts[first].shape == job.layouts[second].shape
    labels_of_both = {columns[job.columns[role]].label for role in (first, second)}
    if alike and (len(labels_of_both) > 1 or "inline" in labels_of_both):  # W116 says of one column that it is compared with itself
        yield Equal((first, second))
    if alike and job.loss.task == "regression":
        yield Rounded((first, second))
        yield Rounded((second, first))
        if job.layouts[first].shape == ():
            yield Shifted((first, second))
    if second == "target" and job.loss.task in VARYING:
        labels = columns[job.columns[second]].labels
        names = () if labels is None else labels.classes
        domain = job.domain(second)
        if not domain.ndim:
            yield Constant((second,), job.loss.task == "classification", names)
        if isinstance(domain, LabelIn) and not domain.ndim:
            yield Absent((second,), domain, names)
