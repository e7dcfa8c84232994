"""What a user's function keeps from one call to the next: in globals, in variables around it, in attributes; noticed, and put back.

A scale that is kept from the rows of one call is wrong for the rows of the next one, and nothing in its values shows that.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CellType, FunctionType, SimpleNamespace
from typing import Any

from losscli.introspect import names_in
from losscli.numeric.lazy import np

__all__ = ["Memory"]

DEPTH = 3  # containers within containers
ITEMS = 10_000  # in a container, or numbers in an array: what is larger is a table, which is not looked through
_ABSENT = object()


@dataclass(frozen=True)
class _Was:
    """A value as it was: itself, and what it held."""

    it: Any
    held: Any = None

    def is_now(self, x: Any) -> bool:
        if x is not self.it:
            return type(x) is type(self.it) and isinstance(x, int | float | str | bytes | None) and x == self.it
        if isinstance(x, np.ndarray):
            return self.held is None or np.array_equal(x, self.held, equal_nan=x.dtype.kind in "fc")
        now = _held(x)
        if self.held is None or now is None:
            return True
        return list(now) == list(self.held) and all(was.is_now(now[k]) for k, was in self.held.items())

    def restore(self) -> Any:
        """The value, which holds again what it held."""
        if self.held is None:
            return self.it
        if isinstance(self.it, np.ndarray):
            if self.it.flags.writeable:
                self.it[...] = self.held
            return self.it
        _put(self.it, {k: was.restore() for k, was in self.held.items()})
        return self.it


def _was(x: Any, deep: int = DEPTH) -> _Was:
    if isinstance(x, np.ndarray):
        return _Was(x, x.copy() if x.size <= ITEMS and x.dtype.kind != "O" else None)
    held = _held(x) if deep else None
    return _Was(x, None if held is None else {k: _was(v, deep - 1) for k, v in held.items()})


def _held(x: Any) -> dict[Any, Any] | None:
    """What a container or an object of the user's holds, by key; None for what holds nothing, or very much."""
    if isinstance(x, dict | list | set | deque):
        if len(x) > ITEMS:
            return None
        return dict(x) if isinstance(x, dict) else dict(enumerate(x)) if not isinstance(x, set) else dict.fromkeys(x)
    if hasattr(x, "cache_clear"):  # functools.lru_cache
        return {"size": x.cache_info().currsize}
    if isinstance(x, FunctionType | type | SimpleNamespace) or _is_of_a_script(type(x)):
        return {n: v for n, v in getattr(x, "__dict__", {}).items() if not n.startswith("__")}
    return None


def _is_of_a_script(kind: type) -> bool:
    """Whether a class is of a file that no package has; objects of libraries hold more than one may touch."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__ != "builtins" and getattr(module, "__file__", None) is not None and not getattr(module, "__package__", None)


def _put(x: Any, held: dict[Any, Any]) -> None:
    if hasattr(x, "cache_clear"):
        x.cache_clear()
    elif isinstance(x, dict | set):
        x.clear()
        x.update(held)
    elif isinstance(x, list | deque):
        x.clear()
        x.extend(held.values())
    else:
        for name in [n for n in vars(x) if not n.startswith("__") and n not in held]:
            delattr(x, name)
        for name, value in held.items():
            if vars(x).get(name, _ABSENT) is not value:
                setattr(x, name, value)


class Memory:
    """All that a function can reach and change, as it is now."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._places = [(name, where, _was(_get(where, name))) for where, name in _places(fn)]

    @property
    def changed_name(self) -> str | None:
        """The name of what holds something else now; None if nothing does."""
        return next((name for name, where, was in self._places if not was.is_now(_get(where, name))), None)

    def restore(self) -> None:
        for name, where, was in self._places:
            value = was.restore()
            if value is not _get(where, name):
                _set(where, name, value)


def _get(where: Any, name: str) -> Any:
    if isinstance(where, CellType):
        try:
            return where.cell_contents
        except ValueError:  # it is empty
            return _ABSENT
    return where.get(name, _ABSENT)


def _set(where: Any, name: str, value: Any) -> None:
    if isinstance(where, CellType):
        where.cell_contents = value
    elif value is _ABSENT:
        where.pop(name, None)
    else:
        where[name] = value


def _places(fn: Callable[..., Any]) -> Iterator[tuple[Any, str]]:
    """Where the names stand that its code mentions, and that of what wraps it and of its helpers beside it: in globals or in cells."""
    home = _home(inspect.unwrap(fn))
    todo, seen = [fn], set[tuple[int, str]]()
    while todo:
        f = todo.pop()
        if inspect.isfunction(wrapped := getattr(f, "__wrapped__", None)):
            todo.append(wrapped)
        if not isinstance(f, FunctionType) or _home(f) != home:
            continue
        cells = dict(zip(f.__code__.co_freevars, f.__closure__ or (), strict=False))
        for name in names_in(f):
            where = cells.get(name, f.__globals__)
            if (id(where), name) in seen:
                continue
            seen.add((id(where), name))
            value = _get(where, name)
            if inspect.isfunction(value) or hasattr(value, "cache_clear"):
                todo.append(value)
            if not inspect.ismodule(value) and (not isinstance(value, FunctionType | type) or _home(value) == home):
                yield where, name


def _home(x: Any) -> Path | None:
    """The folder of the file that a function or a class is of."""
    file = x.__code__.co_filename if isinstance(x, FunctionType) else getattr(sys.modules.get(x.__module__), "__file__", None)
    return None if file is None else Path(file).parent
