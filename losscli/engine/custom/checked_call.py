"""Checked calls of a user's function: it is called on a block, and again on some of its rows, which must get the same values.

The engine calls a function block by block. That is right only where the value of a row does not depend on the other rows of the block.
So its result for a block is compared, step by step, with its results for a few of these rows, in another order and alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from losscli.aggregation import Aggregation, RowIndex, Sum
from losscli.catalogue.guard import FunctionError, FunctionRefused, SingleNumber, WrongShape
from losscli.engine.custom.compare import arrays_in, as_tuple, close, copied_columns, row_arrays, same, subset_agrees
from losscli.engine.custom.row_choice import MANY, block_row_groups, first_values, many_row_groups, rows_by_value, spread_rows
from losscli.engine.job import Job, View
from losscli.numeric.arrays import read_only
from losscli.numeric.lazy import Array
from losscli.record import Record

__all__ = ["CheckedCall", "OtherRowsMatter", "RowSample", "call_on_copies", "check_repeatable", "on_fewer_rows", "other_rows_matter"]

RowGroups = Callable[[Array, Array], list[Array]]  # values of all rows, the rows to choose from -> the rows of each call


class OtherRowsMatter(FunctionError):
    """A row gets another value when it is called together with other rows."""


class RowSample(Record):
    """Some rows of a block, and their values in the first step of the function (None for a column without rows)."""

    roles: Mapping[str, Array]
    columns: list[Array | None]

    @property
    def rows(self) -> int:
        return len(next(iter(self.roles.values())))

    @property
    def nbytes(self) -> int:
        return sum(x.nbytes for x in (*self.roles.values(), *self.columns) if x is not None)


class CheckedCall:
    """A call on a block, with calls on some of its rows. `out` is the result of the function; each of its steps is compared first.

    With `row_groups` the check is thorough, for a few rows before the passes; without, it is fast, for a block in a pass.
    """

    def __init__(self, job: Job, view: View, out: Any = None, row_groups: RowGroups | None = None) -> None:
        self.job, self.view, self.row_groups = job, view, row_groups
        self.thorough = row_groups is not None
        self.columns_of = copied_columns if self.thorough else as_tuple
        self.aggregations: set[type] = set()  # the types of the columns that the function yields
        self.sample: RowSample | None = None
        self.calls: list[_RowCall] = []
        out = job.loss.call(view.roles, job.options) if out is None else out
        self.out: Any = self._steps(out) if inspect.isgenerator(out) else self._values(out)

    @property
    def reuses_memory(self) -> bool:
        """Whether two calls gave arrays in the same memory."""
        one, other = ([x for c in call.first_columns for x in arrays_in(c) if isinstance(x, np.ndarray)] for call in self.calls[:2])
        return any(np.may_share_memory(x, y) for x, y in zip(one, other, strict=False))

    def _values(self, out: Any) -> Any:
        columns = self.columns_of(out)
        self._call_on_rows(columns)
        self._compare(columns, [call.out for call in self.calls])
        return columns if isinstance(out, tuple) else columns[0]

    def _steps(self, out: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        merged: Any = None
        while True:
            try:
                columns = out.send(merged)
            except StopIteration as done:
                if merged is None:
                    self._refuse_number(done.value)
                    self._call_on_rows(as_tuple(done.value))
                self._compare(as_tuple(done.value), [call.end() for call in self.calls], last=True)
                return done.value
            self.aggregations |= {type(c) for c in as_tuple(columns)}
            columns = self.columns_of(columns)
            if merged is None:
                self._call_on_rows(columns)
            self._compare(columns, [call.step() for call in self.calls])
            merged = yield columns
            for call in self.calls:
                call.merged = tuple(self._for_rows(call.at, c, m) for c, m in zip(columns, merged, strict=True))

    def _refuse_number(self, out: Any) -> None:
        """Raise FunctionRefused for one number from a function that could yield, and did not."""
        if np.ndim(as_tuple(out)[0]) == 0:
            raise FunctionRefused(f"{self.job.loss.reference}: {self.job.loss.name} returned one number and yields nothing") from None

    def _for_rows(self, at: Array, column: Any, merged: Any) -> Any:
        """The part of a merged column of the block that a call on some of its rows receives."""
        by_row = column is RowIndex or (0 in self.job.per and np.ndim(merged))
        return merged[at] if by_row else merged

    def _call_on_rows(self, columns: Sequence[Any]) -> None:
        """Call the function on some rows: those of the smallest and the largest value, and a few between them."""
        rows = self.view.rows
        at = spread_rows(rows, columns)
        if self.row_groups is None:
            groups = block_row_groups(at, rows, first=self.view.start == 0)
        else:
            groups = self.row_groups(first_values(columns, rows), at)
        call = call_on_copies if self.thorough else _call
        self.calls = [_RowCall(self.job, self.view, group, call) for group in groups if len(group)]
        with_rows = {r: x for r, x in self.view.roles.items() if r not in self.view.shared}
        at = np.concatenate([at, *(rows_by_value(x) for x in with_rows.values())]) if rows > MANY else at
        self.sample = RowSample({r: x[at] for r, x in with_rows.items()}, [None if c is None else c[at] for c in row_arrays(columns, rows)])

    def _compare(self, block: Sequence[Any], of_calls: Sequence[Sequence[Any]], last: bool = False) -> None:
        if self.thorough and len(of_calls) > 1:
            check_repeatable(self.job, of_calls[0], of_calls[1])
            if len(of_calls) > 3 and self.row_groups is many_row_groups:
                self._compare_sums(of_calls)
        for call, columns in zip(self.calls, of_calls, strict=True):
            if not last:
                self._refuse_block_numbers(block, columns)
            if not subset_agrees(block, columns, call.at, self.view.rows, last):
                raise other_rows_matter(self.job)

    def _refuse_block_numbers(self, block: Sequence[Any], columns: Sequence[Any]) -> None:
        """Refuse a number that depends on the rows: a number next to a column counts for each row."""
        for w, p in zip(block, columns, strict=False):
            if not isinstance(w, Aggregation) and np.ndim(w) == 0 and np.ndim(p) == 0 and not same(w, p):
                raise FunctionRefused(
                    f"{self.job.loss.reference}: {self.job.loss.name} yields a number that depends on the other rows: yield the column, "
                    "which is summed over all rows, 1 to count them, or losscli.aggregation.Sum for a sum of the block"
                )

    def _compare_sums(self, of_calls: Sequence[Sequence[Any]]) -> None:
        """A Sum of all rows is the Sum of one half plus that of the other."""
        for whole, a, b in zip(of_calls[0], of_calls[2], of_calls[3], strict=True):
            sums = [np.asarray(x.column, np.float64) for x in (whole, a, b) if isinstance(x, Sum)]
            if sums and (len({x.shape for x in sums}) > 1 or not close(sums[0], sums[1] + sums[2])):
                raise other_rows_matter(self.job)


class _RowCall:
    """A call on some rows of a block. Raises OtherRowsMatter where the function can't be called on them."""

    def __init__(self, job: Job, view: View, at: Array, call: Callable[[Job, Mapping[str, Any]], Any]) -> None:
        self.job, self.at = job, at
        self.merged: Any = None
        with on_fewer_rows(job, [x.shape[1:] for x in view.roles.values() if x.shape[1:2] == (view.rows,)]):
            out = call(job, {r: x if r in view.shared else x[at] for r, x in view.roles.items()})
        # originals, no copies: while they are referenced, no other array can get their memory
        self.first_columns: tuple[Any, ...] = () if inspect.isgenerator(out) else as_tuple(out)
        self.out: Any = out if inspect.isgenerator(out) else copied_columns(out)

    def step(self) -> Sequence[Any]:
        """The columns that it yields next."""
        with on_fewer_rows(self.job):
            try:
                columns = as_tuple(self.out.send(self.merged))
                self.first_columns = self.first_columns or columns
                return copied_columns(columns)
            except StopIteration:
                raise other_rows_matter(self.job) from None

    def end(self) -> Sequence[Any]:
        """The values that it returns."""
        with on_fewer_rows(self.job):
            try:
                self.out.send(self.merged)
            except StopIteration as done:
                return as_tuple(done.value)
        raise other_rows_matter(self.job)


def _call(job: Job, roles: Mapping[str, Any]) -> Any:
    return job.loss.call(roles, job.options)


def call_on_copies(job: Job, roles: Mapping[str, Any]) -> Any:
    """The result of the function for copies of the arrays.

    Raises FunctionRefused where it changes them: other libraries can write to read-only arrays.
    """
    copies = {r: x.copy(order="K") for r, x in roles.items()}
    out = _call(job, {r: read_only(x) for r, x in copies.items()})
    for r, x in copies.items():
        if not np.array_equal(x, roles[r], equal_nan=x.dtype.kind == "f"):
            raise FunctionRefused(f"{job.loss.reference}: {job.loss.name} writes into {r}, which is read-only: work on a copy, {r}.copy()")
    return out


@contextmanager
def on_fewer_rows(job: Job, row_shapes: Sequence[tuple[int, ...]] = ()) -> Iterator[None]:
    """Turn an error, or a single number, into OtherRowsMatter: the function fails with fewer rows than it worked with.

    `row_shapes` are the shapes of a row that are as long as the block: a result of such a shape has a value for each channel, not for
    each row, which raises FunctionRefused.
    """
    try:
        yield
    except (OtherRowsMatter, FunctionRefused):
        raise
    except (FunctionError, SingleNumber) as error:
        if isinstance(error, WrongShape) and error.shape in row_shapes:
            raise FunctionRefused(str(error)) from error
        raise other_rows_matter(job) from error


def other_rows_matter(job: Job) -> OtherRowsMatter:
    """The error for a function whose value for a row depends on the other rows of a block."""
    return OtherRowsMatter(
        f"{job.loss.reference}: {job.loss.name} gives a row another value when other rows are present, which its first rows did not show: "
        "yield what it needs of all rows, as in total, n = yield column, 1"
    )


def check_repeatable(job: Job, one: Sequence[Any], other: Sequence[Any]) -> None:
    """Raise FunctionRefused where two calls on the same rows gave different values."""
    if not all(same(a, b) for a, b in zip(one, other, strict=True)):
        raise not_repeatable(job)


def not_repeatable(job: Job) -> FunctionRefused:
    """The error for a function that gives other values for the same rows."""
    return FunctionRefused(
        f"{job.loss.reference}: {job.loss.name} gives other values each time it is called with the same rows: "
        "seed its random numbers where it draws them, as in rng = np.random.default_rng(0)"
    )
