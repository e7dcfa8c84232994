"""Functions with their own derivatives, zeros with an explanation, and a `where` without branches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from losscli.numeric.lazy import Array, np

__all__ = ["ExplainedZero", "explain_infinite", "explain_zero", "plain_array", "plain_float", "primitive", "where"]


class ExplainedZero(float):
    """A 0 with the reason why it is 0, so that an error message can say why a division by it has no result."""

    reason = ""


def explain_infinite(x: Any, reason: str) -> Any:
    """Return x unchanged. If the result is not finite because x is infinite, the error message gives `reason`."""
    return x.explained(infinite=reason) if hasattr(x, "explained") else x


def explain_zero(x: Any, reason: str) -> Any:
    """Return x unchanged. If the result is not finite because x is 0, the error message gives `reason`."""
    if hasattr(x, "explained"):
        return x.explained(zero=reason)
    if not isinstance(x, int | float) or x != 0:
        return x
    zero = ExplainedZero(0.0)
    zero.reason = reason
    return zero


def plain_array(x: Any, dtype: Any = None) -> Any:
    """The numbers of an option as an array; unchanged while their derivatives are computed."""
    return x if hasattr(x, "record") else np.asarray(x, dtype)


def plain_float(x: Any) -> Any:
    """A number of options as a float, which leaves float32 values float32; unchanged while its derivative is computed."""
    return x if hasattr(x, "record") else float(x)


class Primitive(Protocol):
    """A function with derivatives of its own; __wrapped__ is the function without them."""

    __wrapped__: Callable[..., Array]

    def __call__(self, *args: Any) -> Array: ...


def primitive(*derivatives: Any) -> Callable[[Callable[..., Array]], Primitive]:
    """Decorate a function with its derivatives, one for each argument; None for an argument that has none.

    derivatives[i](g, out, *args) is the gradient with respect to argument i: g is the gradient with respect to the output,
    out the output and args the arguments of the call.
    """

    def decorate(fn: Callable[..., Array]) -> Primitive:
        def call(*args: Any) -> Any:
            recorders = [a for a in args if hasattr(a, "record")]
            if not recorders:
                return fn(*args)
            return max(recorders, key=lambda a: getattr(a, "precedence", 0)).record(fn, derivatives, args)

        call.__name__, call.__doc__, call.__wrapped__ = fn.__name__, fn.__doc__, fn  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


def where(condition: Any, x: Any, y: Any) -> Any:
    """np.where(condition, x, y) with the same bits, by bitwise operations where x and y are float64.

    np.where takes a branch for each number, which is slow where the condition changes often.
    """
    if (
        not all(isinstance(a, float) or (type(a) is np.ndarray and a.dtype == np.float64) for a in (x, y))
        or type(condition) is not np.ndarray
    ):
        return np.where(condition, x, y)
    mask = np.negative(condition.view(np.int8)).astype(np.int64)  # -1 (all bits set) where the condition is true, else 0
    a, b = (np.asarray(v).view(np.int64) for v in (x, y))
    return np.bitwise_xor(np.bitwise_and(np.bitwise_xor(a, b), mask), b).view(np.float64)
