"""`assert_loss`: compares a number, an array or an implementation with a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from losscli.api.compute import compute
from losscli.catalogue.lookup import find
from losscli.errors import LossError, UsageError, counted
from losscli.numeric.arrays import as_array
from losscli.numeric.lazy import Array
from losscli.results.result import Result

__all__ = ["assert_loss"]


def assert_loss(actual: Any, loss: str | Callable[..., Any], *, rtol: float = 1e-6, atol: float = 1e-12, **given: Any) -> None:
    """Assert that `actual` is the value of a loss: `assert_loss(value, "torch.nn.HuberLoss", pred=p, target=t, delta=2.0)`.

    `actual` is a number, an array or a tensor; or a function, which is called with the roles in their order. Roles, options and settings
    (reduction, sample_weight, …) are given as to `losscli.compute`. An array is compared with the values of the elements, so that it needs
    reduction="none", unless the framework of the name has that as its default. |actual − expected| ≤ atol + rtol |expected| must hold for
    every number; nan equals no number, and a loss that was computed from no rows fails the assertion.

    >>> assert_loss(2.5, "mse", pred=[1.0, 2.0], target=[0.0, 4.0])

    Raises AssertionError with both numbers and the call of the loss; UsageError and InputError as `losscli.compute`.
    """
    __tracebackhide__ = True  # pytest shows the line of the test, not those of this package
    try:
        _assert_loss(actual, loss, rtol, atol, given)
    except (AssertionError, LossError) as error:
        raise error.with_traceback(None) from error.__cause__


def _assert_loss(actual: Any, loss: str | Callable[..., Any], rtol: float, atol: float, given: dict[str, Any]) -> None:
    if not (0 <= rtol < np.inf and 0 <= atol < np.inf):
        raise UsageError("rtol and atol must be 0 or more, and finite")
    result = compute(loss, **given)
    expected = np.asarray(result.value if result.values is None else result.values, np.float64)
    if result.empty:
        raise AssertionError(f"{result.signature}: it is computed from nothing: {'; '.join(w.message for w in result.warnings)}")
    numbers = _numbers(actual, loss, given)
    if numbers.shape != expected.shape:
        raise AssertionError(_wrong_shape(numbers, expected, result))
    with np.errstate(all="ignore"):
        close = (numbers == expected) | (np.abs(numbers - expected) <= atol + rtol * np.abs(expected))
    if not close.all():
        raise AssertionError(_difference(numbers, expected, close, result, f"rtol {rtol:g}, atol {atol:g}"))


def _numbers(actual: Any, loss: str | Callable[..., Any], given: dict[str, Any]) -> Array:
    """The numbers of what is asserted; a function is called with the roles that were given, lists as arrays of NumPy."""
    name = "actual"
    if callable(actual) and not hasattr(actual, "__array__"):
        roles = [given[role] for role in find(loss)[0].roles if given.get(role) is not None]
        name = f"what {getattr(actual, '__name__', 'actual')} returned"
        actual = actual(*(np.array(x) if isinstance(x, list | tuple) else x for x in roles))
    numbers = as_array(name, actual)
    if actual is None or numbers.dtype.kind not in "biuf":
        raise UsageError(f"{name} is of type {type(actual).__name__}: a number or an array of numbers is needed")
    return numbers.astype(np.float64)


def _wrong_shape(numbers: Array, expected: Array, result: Result) -> str:
    fix = ""
    if numbers.ndim and not expected.ndim:
        fix = '; for the values of the elements say reduction="none"'
    elif expected.ndim and not numbers.ndim:
        fix = '; for one number say reduction="mean" or "sum"'
    return f"actual has shape {numbers.shape}, {result.loss} has {expected.shape}{fix}\n  expected: {result.signature}"


def _difference(numbers: Array, expected: Array, close: Array, result: Result, tolerance: str) -> str:
    """The message for different numbers: how many differ, the largest difference, and the call of the loss."""
    if not numbers.ndim:
        return f"{float(numbers)!r} is not {float(expected)!r} ({tolerance}){_ratio(numbers, expected)}\n  expected: {result.signature}"
    with np.errstate(all="ignore"):
        distance = np.where(np.isnan(numbers) | np.isnan(expected), np.inf, np.abs(numbers - expected))
    at = np.unravel_index(int(np.argmax(np.where(close, -1.0, distance))), numbers.shape)
    place = ", ".join(map(str, at))
    worst = f"at [{place}] {float(numbers[at])!r} is not {float(expected[at])!r}{_ratio(numbers[at], expected[at])}"
    many = f"{np.count_nonzero(~close):,} of {counted(numbers.size, 'number')} differ ({tolerance})"
    return f"{many}; {worst}\n  expected: {result.signature}"


def _ratio(number: Any, expected: Any) -> str:
    """The ratio of a number and the expected one: a factor of 2, or the number of rows or classes, often shows another convention."""
    with np.errstate(all="ignore"):
        ratio = float(np.float64(number) / np.float64(expected))
    return f": {ratio:.6g} times it" if np.isfinite(ratio) and ratio != 0 else ""
