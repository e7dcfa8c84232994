"""A function that keeps its last result while the arrays of the call exist: blocks share what is computed from the columns of all rows."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

from losscli.numeric.lazy import np

__all__ = ["kept"]


def kept(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the last result of a function of read-only arrays, which are the same objects in every block, and of plain values."""
    lock = Lock()
    last: dict[str, Any] = {}

    @wraps(fn)
    def call(*args: Any) -> Any:
        arrays = [a for a in args if isinstance(a, np.ndarray)]
        others = [a for a in args if not isinstance(a, np.ndarray)]
        if not arrays or any(a.flags.writeable for a in arrays):
            return fn(*args)
        with lock:  # a second thread waits for the result, too
            if not _same(last.get("arrays", ()), arrays) or last["others"] != others:
                result = fn(*args)
                last.update(arrays=[weakref.ref(a, lambda _: last.clear()) for a in arrays], others=others, result=result)
            return last["result"]

    return call


def _same(kept_arrays: Any, arrays: list[Any]) -> bool:
    return len(kept_arrays) == len(arrays) and all(ref() is a for ref, a in zip(kept_arrays, arrays, strict=True))
