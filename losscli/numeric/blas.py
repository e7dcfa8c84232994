"""The threads of NumPy's matrix products: one while several threads of ours call it, or the two kinds of threads wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

from losscli.numeric.lazy import np

__all__ = ["one_thread_a_product"]

_NAMES = tuple(f"{prefix}openblas_{{}}_num_threads{suffix}" for prefix in ("scipy_", "") for suffix in ("64_", ""))


class _Limit:
    """The number of threads before the first of several calls at once, which the last of them sets again."""

    lock = Lock()
    calls = 0
    before = 1


@contextmanager
def one_thread_a_product() -> Iterator[None]:
    """While the block runs, NumPy computes each matrix product in the thread that asks for it, if its BLAS is the one of its wheels."""
    functions = _functions()
    if functions is None:
        yield
        return
    get, put = functions
    with _Limit.lock:
        if not _Limit.calls:
            _Limit.before = get()
            put(1)
        _Limit.calls += 1
    try:
        yield
    finally:
        with _Limit.lock:
            _Limit.calls -= 1
            if not _Limit.calls:
                put(_Limit.before)


@cache
def _functions() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """The functions that get and set the number of threads of the OpenBLAS that comes with NumPy; None where it comes with another."""
    import ctypes

    package = Path(np.__file__).parent
    for file in [*package.parent.glob("numpy.libs/*openblas*"), *package.glob(".dylibs/*openblas*")]:
        try:
            library = ctypes.CDLL(str(file))
        except OSError:  # it is for another platform
            continue
        for name in _NAMES:
            if hasattr(library, name.format("get")) and hasattr(library, name.format("set")):
                return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None
