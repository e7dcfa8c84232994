"""State that a user's function keeps between calls, in globals, closures and attributes: it is compared and restored.

For example, a scale that was computed from the rows of one call is wrong for the rows of the next call, and no value shows that.
"""

from __future__ import annotations

import inspect
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CellType, FunctionType, SimpleNamespace
from typing import Any

from losscli.introspect import names_in
from losscli.numeric.lazy import np
from losscli.record import Record

__all__ = ["Memory"]

DEPTH = 3  # containers within containers
ITEMS = 10_000  # items of a container, or numbers of an array: a larger one is probably a table of constants, and is not compared
_ABSENT = object()
_Scope = CellType | dict[str, Any]  # a variable around a function, or its globals


class Memory:
    """A snapshot of all variables that a function can read and change."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._places = [(scope, name, _snapshot(_get(scope, name))) for scope, name in _places(fn)]

    @property
    def changed_name(self) -> str | None:
        """The name of a variable that has changed since the snapshot; None if none has."""
        return next((name for scope, name, before in self._places if not before.equals(_get(scope, name))), None)

    def restore(self) -> None:
        """Set every variable to its value in the snapshot."""
        for scope, name, before in self._places:
            value = before.restored()
            if value is not _get(scope, name):
                _set(scope, name, value)


# --- values and what they contain ---


class _Snapshot(Record):
    """An object, and a copy of its contents: None where it has none, or too many to compare."""

    value: Any
    contents: Any = None

    def equals(self, x: Any) -> bool:
        """Whether x is this object, with the same contents."""
        if x is not self.value:
            return type(x) is type(self.value) and isinstance(x, int | float | str | bytes | None) and x == self.value
        if isinstance(x, np.ndarray):
            return self.contents is None or np.array_equal(x, self.contents, equal_nan=x.dtype.kind in "fc")
        now = _contents(x)
        if self.contents is None or now is None:
            return True
        return list(now) == list(self.contents) and all(before.equals(now[k]) for k, before in self.contents.items())

    def restored(self) -> Any:
        """The object with the contents of the snapshot."""
        if self.contents is None:
            return self.value
        if isinstance(self.value, np.ndarray):
            if self.value.flags.writeable:
                self.value[...] = self.contents
            return self.value
        _fill(self.value, {k: before.restored() for k, before in self.contents.items()})
        return self.value


def _snapshot(x: Any, depth: int = DEPTH) -> _Snapshot:
    if isinstance(x, np.ndarray):
        return _Snapshot(x, x.copy() if x.size <= ITEMS and x.dtype.kind != "O" else None)
    contents = _contents(x) if depth else None
    return _Snapshot(x, None if contents is None else {k: _snapshot(v, depth - 1) for k, v in contents.items()})


def _contents(x: Any) -> dict[Any, Any] | None:
    """The items of a container, or the attributes of a user's object, by key; None for other objects and for large containers."""
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
    """Whether a class is defined in a file outside of packages. Objects of libraries are not compared: they may contain anything."""
    module = sys.modules.get(kind.__module__)
    return kind.__module__ != "builtins" and getattr(module, "__file__", None) is not None and not getattr(module, "__package__", None)


def _fill(x: Any, contents: dict[Any, Any]) -> None:
    """Replace the contents of an object."""
    if hasattr(x, "cache_clear"):
        x.cache_clear()
    elif isinstance(x, dict | set):
        x.clear()
        x.update(contents)
    elif isinstance(x, list | deque):
        x.clear()
        x.extend(contents.values())
    else:
        for name in [n for n in vars(x) if not n.startswith("__") and n not in contents]:
            delattr(x, name)
        for name, value in contents.items():
            if vars(x).get(name, _ABSENT) is not value:
                setattr(x, name, value)


# --- variables ---


def _places(fn: Callable[..., Any]) -> Iterator[tuple[_Scope, str]]:
    """The variables that the code of a function mentions, and the code of its helpers in the same folder."""
    home = _folder(inspect.unwrap(fn))
    todo, visited = [fn], set[tuple[int, str]]()
    while todo:
        f = todo.pop()
        if inspect.isfunction(wrapped := getattr(f, "__wrapped__", None)):
            todo.append(wrapped)
        if not isinstance(f, FunctionType) or _folder(f) != home:
            continue
        cells = dict(zip(f.__code__.co_freevars, f.__closure__ or (), strict=False))
        for name in names_in(f):
            scope = cells.get(name, f.__globals__)
            if (id(scope), name) in visited:
                continue
            visited.add((id(scope), name))
            value = _get(scope, name)
            if inspect.isfunction(value) or hasattr(value, "cache_clear"):
                todo.append(value)
            if not inspect.ismodule(value) and (not isinstance(value, FunctionType | type) or _folder(value) == home):
                yield scope, name


def _folder(x: FunctionType | type) -> Path | None:
    """The folder of the file in which a function or a class is defined."""
    file = x.__code__.co_filename if isinstance(x, FunctionType) else getattr(sys.modules.get(x.__module__), "__file__", None)
    return None if file is None else Path(file).parent


def _get(scope: _Scope, name: str) -> Any:
    if isinstance(scope, CellType):
        try:
            return scope.cell_contents
        except ValueError:  # it is empty
            return _ABSENT
    return scope.get(name, _ABSENT)


def _set(scope: _Scope, name: str, value: Any) -> None:
    if isinstance(scope, CellType):
        scope.cell_contents = value
    elif value is _ABSENT:
        scope.pop(name, None)
    else:
        scope[name] = value
