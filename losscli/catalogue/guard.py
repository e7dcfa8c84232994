"""A user's function, called: whatever it raises or returns wrongly becomes one clear error with its line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from functools import wraps
from types import CodeType
from typing import Any

from losscli.aggregation import Aggregation, Aligned, AllRows, ByClass, CrossProduct, Max, Pooled, Sum
from losscli.errors import InputError, UsageError
from losscli.numeric.arrays import as_array, is_masked, read_only
from losscli.numeric.lazy import np
from losscli.signature import Role

__all__ = ["FunctionError", "FunctionRefused", "SingleNumber", "WrongShape", "error_text", "guarded", "kind_of", "place_of"]


class FunctionError(InputError):
    """A function of the user's raised, or returned what is no loss; the cause, if any, has the traceback."""

    def with_rows(self, first: int, last: int) -> FunctionError:
        """The same with the rows that the function was called with."""
        return FunctionError(f"{self} (rows {first} to {last})" if first != last else f"{self} (row {first})")


class FunctionRefused(FunctionError):
    """A function of the user's can't be taken as it is, whatever the rows."""

    def with_rows(self, first: int, last: int) -> FunctionError:
        return self


class WrongShape(FunctionError):
    """It returned an array that has not a value for each row."""

    shape: tuple[int, ...] = ()


class SingleNumber(Exception):
    """No error: a function without a yield returned one number for the rows it was called with."""

    def __init__(self, value: Any) -> None:
        self.value = value


# --- calling it ------------------------------------------------------------------------------------------------------------


def guarded(fn: Callable[..., Any], code: CodeType, file: str, place: str, name: str, takes: Mapping[str, Role]) -> Callable[..., Any]:
    """The function, with whatever it raises or returns wrongly as an error of the user's."""

    def rows(given: Mapping[str, Any]) -> int:
        return next(len(given[r.name]) for r in takes.values() if not r.domain.shared and given.get(r.name) is not None)

    def failed(error: BaseException) -> FunctionError:
        fix = f": {_COPY}" if isinstance(error, ValueError) and "read-only" in str(error) else ""
        return FunctionError(f"{place_of(error, code.co_filename, file, code.co_firstlineno)}: {name}: {error_text(error)}{fix}")

    def wrong(what: str) -> FunctionError:
        return FunctionError(f"{place}: {name} {what}")

    @wraps(fn)
    def call(**given: Any) -> Any:
        given = {n: read_only(x) for n, x in given.items()}
        try:
            out = fn(**given)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise failed(error) from error
        if inspect.isgenerator(out):
            return steps(out, rows(given))
        out = checked(out, rows(given))
        if np.ndim(out[0] if isinstance(out, tuple) else out) == 0:
            raise SingleNumber(out)
        return out

    def checked(out: Any, n: int, lengths: tuple[int, ...] = ()) -> Any:
        """Numbers with the rows first (or as many as there are channels), with weights or without; or one number."""
        parts = [_numbers(x) for x in (out if isinstance(out, tuple) else (out,))]
        if len(parts) > 2 or any(x is None for x in parts):
            raise wrong(f"returned {kind_of(out)}: it has to return a value for each row, or one number")
        shape = np.shape(parts[0])
        if shape and shape[0] not in (n, *lengths):
            short = WrongShape(f"{place}: {name} returned shape {shape} for {n} rows: it has to return a value for each row, or one number")
            short.shape = shape
            raise short
        if len(parts) == 2 and (np.shape(parts[1]) != shape or not shape):
            raise wrong(f"returned weights of shape {np.shape(parts[1])} with values of shape {shape}")
        return tuple(parts) if len(parts) == 2 else parts[0]

    def steps(run: Generator[Any, Any, Any], n: int) -> Generator[Any, Any, Any]:
        """What it yields, checked; what is merged of that goes back into it."""
        back: Any = None
        lengths: tuple[int, ...] = ()
        while True:
            try:
                columns = run.send(back)
            except StopIteration as done:
                return checked(done.value, n, lengths)
            except MemoryError:
                raise
            except (Exception, SystemExit) as error:
                raise failed(error) from error
            together = isinstance(columns, tuple)
            parts = [_column(c, n) for c in (columns if together else (columns,))]
            if any(is_masked(getattr(c, "of", c)) for c in parts):
                raise wrong("yielded masked values: yield what is there and how many there are, np.where(mask, 0, x) and ~mask")
            if any(c is None for c in parts):
                raise wrong(
                    f"yielded {kind_of(columns)}: each column is a number, has {n} rows first here, or is one of losscli.aggregation"
                )
            lengths += tuple(np.shape(getattr(c, "of", c))[1] for c in parts if np.ndim(getattr(c, "of", c)) > 1)
            back = tuple(map(read_only, (yield tuple(parts))))

    call.__name__ = name
    return call


_COPY = "arrays are lent to read: work on a copy, as in pred = pred.copy()"


def _numbers(x: Any) -> Any:
    """An array of floats, masked if it was, or what stands for one while a derivative is taken; None for what is neither."""
    if hasattr(x, "record"):
        return x
    try:
        array = x if is_masked(x) else as_array("", x)
    except UsageError:  # ragged
        return None
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    return array if array.dtype.kind == "f" else None


def _column(c: Any, rows: int) -> Any:
    """A column that can be merged, or None."""
    if isinstance(c, Sum):
        return c if _numbers(c.of) is not None else None
    if isinstance(c, CrossProduct):
        return c if all(np.ndim(x) > 1 and len(x) == rows for x in (c.of, c.by)) else None
    if isinstance(c, Aligned):
        return c if _column(c.of, rows) is not None else None
    if isinstance(c, ByClass | AllRows | Max | Pooled):
        number = _numbers(c.of)
        alone = isinstance(c, Pooled) and np.ndim(c.of) == 0
        return c if number is not None and (alone or np.shape(number)[:1] == (rows,)) else None
    if isinstance(c, Aggregation):
        return c
    number = _numbers(c)
    return number if number is not None and np.shape(number)[:1] in ((), (rows,)) else None


def kind_of(x: Any) -> str:
    """What something is, in few words."""
    if isinstance(x, tuple):
        return "(" + ", ".join(map(kind_of, x)) + ")"
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return f"shape {x.shape} of {x.dtype}"
    return "None" if x is None else f"a value of type {type(x).__name__}"


def error_text(error: BaseException) -> str:
    """The type and the text of an exception, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def place_of(error: BaseException, filename: str, file: str, line: int) -> str:
    """FILE:LINE of the innermost step of an error within a file."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == filename:
            line = step.tb_lineno
        step = step.tb_next
    return f"{file}:{line}"
