"""A guard around a user's function: an exception or a wrong result becomes one error message with file and line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from functools import wraps
from types import CodeType
from typing import Any

from losscli.aggregation import Aggregation, Aligned, AllRows, ByClass, CrossProduct, Max, Pooled, Sum
from losscli.errors import InputError, UsageError, shape_or_type
from losscli.numeric.arrays import as_array, is_masked, read_only
from losscli.numeric.lazy import Array, np
from losscli.record import Record
from losscli.signature import Role

__all__ = ["FunctionError", "FunctionRefused", "SingleNumber", "WrongShape", "error_text", "guarded", "line_of"]

_TUPLE = "a yield returns a tuple, also for one column: (total,) = yield x"
_COPY = "arrays are read-only: work on a copy, as in pred = pred.copy()"


class FunctionError(InputError):
    """A user's function raised an exception, or its result is not that of a loss. The cause, if any, has the traceback."""

    def with_rows(self, first: int, last: int) -> FunctionError:
        """The same error, with the rows of the call."""
        return FunctionError(f"{self} (rows {first} to {last})" if first != last else f"{self} (row {first})")


class FunctionRefused(FunctionError):
    """A user's function cannot be a loss, whatever its rows are."""

    def with_rows(self, first: int, last: int) -> FunctionError:
        return self


class WrongShape(FunctionError):
    """A user's function returned an array that has no value for each row."""

    shape: tuple[int, ...] = ()


class SingleNumber(Exception):
    """Not an error: a function without a yield returned one number for all rows of the call."""

    def __init__(self, value: Any) -> None:
        self.value = value


def guarded(fn: Callable[..., Any], file: str, name: str, roles: Mapping[str, Role]) -> Callable[..., Any]:
    """The function under a name, with checks of its exceptions, its result and the columns that it yields. Its arrays are read-only.

    The result raises FunctionError, and SingleNumber for one number without a yield.
    """
    guard = _Guard(inspect.unwrap(fn).__code__, file, name, roles)

    @wraps(fn)
    def call(**given: Any) -> Any:
        given = {n: read_only(x) for n, x in given.items()}
        try:
            out = fn(**given)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise guard.failed(error) from error
        rows = guard.rows(given)
        if inspect.isgenerator(out):
            return guard.steps(out, rows)
        out = guard.result(out, rows)
        if np.ndim(out[0] if isinstance(out, tuple) else out) == 0:
            raise SingleNumber(out)
        return out

    call.__name__ = name
    return call


class _Guard(Record):
    """The checks of one user's function, whose messages name it."""

    code: CodeType
    file: str  # as the user writes it
    name: str
    roles: Mapping[str, Role]

    def rows(self, given: Mapping[str, Any]) -> int:
        """The number of rows of a call."""
        return next(len(given[r.name]) for r in self.roles.values() if not r.domain.shared and given.get(r.name) is not None)

    def failed(self, error: BaseException) -> FunctionError:
        """The error for an exception of the function."""
        fix = f": {_COPY}" if isinstance(error, ValueError) and "read-only" in str(error) else ""
        if isinstance(error, TypeError) and "'tuple'" in str(error) and self.code.co_flags & inspect.CO_GENERATOR:
            fix = f": {_TUPLE}"
        place = line_of(error, self.code.co_filename, self.file, self.code.co_firstlineno)
        return FunctionError(f"{place}: {self.name}: {error_text(error)}{fix}")

    def message(self, what: str) -> str:
        return f"{self.file}:{self.code.co_firstlineno}: {self.name} {what}"

    def wrong(self, what: str) -> FunctionError:
        """The error for a wrong result."""
        return FunctionError(self.message(what))

    def result(self, out: Any, rows: int, lengths: tuple[int, ...] = ()) -> Any:
        """The result as floats: values and, in a tuple, weights of the same shape; or one number.

        The first axis is that of the rows, or has one of `lengths`: the lengths of the second axes of the columns that it yielded.
        """
        given = out if isinstance(out, tuple) else (out,)
        parts = [x for x in map(_numbers, given) if x is not None]
        if len(parts) < len(given) or not 1 <= len(parts) <= 2:
            raise self.wrong(f"returned {shape_or_type(out)}: it has to return a value for each row, or one number")
        shape = np.shape(parts[0])
        if shape and shape[0] not in (rows, *lengths):
            what = f"returned shape {shape} for {rows} rows: it has to return a value for each row, or one number"
            error = WrongShape(self.message(what))
            error.shape = shape
            raise error
        if len(parts) == 2 and (np.shape(parts[1]) != shape or not shape):
            raise self.wrong(f"returned weights of shape {np.shape(parts[1])} with values of shape {shape}")
        return tuple(parts) if len(parts) == 2 else parts[0]

    def steps(self, run: Generator[Any, Any, Any], rows: int) -> Generator[Any, Any, Any]:
        """The columns that it yields, checked. The merged columns go back into the function, read-only."""
        merged: Any = None
        lengths: tuple[int, ...] = ()
        while True:
            try:
                out = run.send(merged)
            except StopIteration as done:
                return self.result(done.value, rows, lengths)
            except MemoryError:
                raise
            except (Exception, SystemExit) as error:
                raise self.failed(error) from error
            columns = self.columns(out, rows)
            arrays = [getattr(c, "column", c) for c in columns]
            lengths += tuple(np.shape(x)[1] for x in arrays if np.ndim(x) > 1)
            merged = tuple(map(read_only, (yield columns)))

    def columns(self, out: Any, rows: int) -> tuple[Any, ...]:
        """The columns that it yielded at one step, as a tuple."""
        columns = tuple(_column(c, rows) for c in (out if isinstance(out, tuple) else (out,)))
        if any(is_masked(getattr(c, "column", c)) for c in columns):
            raise self.wrong(
                "yielded masked values: yield the values without the masked ones, and their number, as np.where(mask, 0, x) and ~mask"
            )
        if any(c is None for c in columns):
            raise self.wrong(
                f"yielded {shape_or_type(out)}: each column is a number, has {rows} rows first here, or is one of losscli.aggregation"
            )
        return columns


def _numbers(x: Any) -> Array | None:
    """An array of floats, with its mask if it has one; a variable of the tape unchanged; None for anything else."""
    if hasattr(x, "record"):
        return x
    try:
        array = x if is_masked(x) else as_array("", x)
    except UsageError:  # lists of different lengths
        return None
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    return array if array.dtype.kind == "f" else None


def _column(c: Any, rows: int) -> Any:
    """A column that can be merged; None for anything else."""
    if isinstance(c, Sum):
        return c if _numbers(c.column) is not None else None
    if isinstance(c, CrossProduct):
        return c if all(np.ndim(x) > 1 and len(x) == rows for x in (c.column, c.other)) else None
    if isinstance(c, Aligned):
        return c if _column(c.column, rows) is not None else None
    if isinstance(c, ByClass | AllRows | Max | Pooled):
        number = _numbers(c.column)
        constant = isinstance(c, Pooled) and np.ndim(c.column) == 0
        return c if number is not None and (constant or np.shape(number)[:1] == (rows,)) else None
    if isinstance(c, Aggregation):
        return c
    number = _numbers(c)
    return number if number is not None and np.shape(number)[:1] in ((), (rows,)) else None


def error_text(error: BaseException) -> str:
    """The type and the text of an exception, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def line_of(error: BaseException, filename: str, file: str, line: int) -> str:
    """FILE:LINE of the innermost frame of an error within a file; the given line where there is none."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            line = step.tb_lineno
        step = step.tb_next
    return f"{file}:{line}"
