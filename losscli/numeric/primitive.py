"""Functions with a derivative of their own."""

from __future__ import annotations

from typing import Any

from losscli.numeric.lazy import np

__all__ = ["primitive", "where"]


class Noted(float):
    """0, and what it means that it is."""

    why = ""


def finite(x, why):
    """x as it is. Where it is infinite, `why` is the reason that is given."""
    return x.noted(far=why) if hasattr(x, "noted") else x


def nonzero(x, why):
    """x as it is. Where it is 0, and a result is therefore no number, `why` is the reason that is given."""
    if hasattr(x, "noted"):
        return x.noted(zero=why)
    if not isinstance(x, int | float) or x != 0:
        return x
    noted = Noted(0.0)
    noted.why = why
    return noted


def primitive(*derivatives: Any) -> Any:
    """A function with a derivative of its own: derivatives[i](g, out, *args) is the share of argument i, None that of a constant."""

    def decorate(fn: Any) -> Any:
        def call(*args: Any) -> Any:
            for a in args:
                if hasattr(a, "record"):
                    return a.record(fn, derivatives, args)
            return fn(*args)

        call.__name__, call.__doc__, call.__wrapped__ = fn.__name__, fn.__doc__, fn  # type: ignore[attr-defined]
        return call

    return decorate


def where(condition: Any, x: Any, y: Any) -> Any:
    """np.where, by the bits of float64 arrays: without a branch a condition that changes from one number to the next costs nothing."""
    if (
        not all(isinstance(a, float) or (type(a) is np.ndarray and a.dtype == np.float64) for a in (x, y))
        or type(condition) is not np.ndarray
    ):
        return np.where(condition, x, y)
    mask = np.negative(condition.view(np.int8)).astype(np.int64)  # -1, all bits, where it holds
    a, b = (np.asarray(v).view(np.int64) for v in (x, y))
    return np.bitwise_xor(np.bitwise_and(np.bitwise_xor(a, b), mask), b).view(np.float64)
