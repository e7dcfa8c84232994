"""What the code of a user's function mentions, read before it is called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from losscli.aggregation import Aggregation, Sum

__all__ = ["declared_aggregations", "mentioned", "mentions_random_numbers", "names_in"]

# --- what its code says, before it is called -------------------------------------------------------------------------------


def declared_aggregations(fn: Callable[..., Any], seen: frozenset[Any] = frozenset()) -> frozenset[str]:
    """What it yields: the marks that its code mentions, by any name, and those of the functions that it hands over to."""
    fn = inspect.unwrap(fn)
    if fn in seen:
        return frozenset()
    found = {Sum.__name__} if inspect.isgeneratorfunction(fn) else set()
    for value in mentioned(fn):
        if isinstance(value, type) and issubclass(value, Aggregation):
            found.add(value.__name__)
        elif inspect.isfunction(value):
            deeper = declared_aggregations(value, seen | {fn})
            found |= deeper if inspect.isgeneratorfunction(value) else set()
    return frozenset(found) if inspect.isgeneratorfunction(fn) or _returns_steps(fn) else frozenset()


_CHANCE = re.compile(r"rand|rng|default_rng|choice|shuffle|permut|urandom|uuid|secrets|normal|time|perf_counter|now")


def mentions_random_numbers(fn: Callable[..., Any], seen: frozenset[Any] = frozenset()) -> bool:
    """Whether the code mentions random numbers, or anything that holds some."""
    fn = inspect.unwrap(fn)
    if fn in seen:
        return False
    values = mentioned(fn)
    generator = any(type(getattr(x, "__self__", x)).__module__.startswith(("numpy.random", "random")) for x in values)
    return (
        generator
        or any(map(_CHANCE.search, names_in(fn)))
        or any(mentions_random_numbers(x, seen | {fn}) for x in values if inspect.isfunction(x))
    )


def _returns_steps(fn: Callable[..., Any]) -> bool:
    """Whether it may return what a generator function makes."""
    return any(inspect.isgeneratorfunction(value) for value in mentioned(fn))


def names_in(fn: Callable[..., Any]) -> list[str]:
    """Those in its code, and in that of functions within it."""
    names: list[str] = []
    todo = [fn.__code__]
    while todo:
        code = todo.pop()
        names += [*code.co_names, *code.co_freevars]
        todo += [c for c in code.co_consts if isinstance(c, CodeType)]
    return names


def mentioned(fn: Callable[..., Any]) -> list[Any]:
    """What the names in its code stand for, also behind a dot of a module."""
    names = names_in(fn)
    cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False))
    found = []
    for name in names:
        try:
            found.append(cells[name].cell_contents if name in cells else fn.__globals__[name])
        except (KeyError, ValueError):  # no global, or a cell that is still empty
            continue
    modules = [x for x in found if isinstance(x, ModuleType)]
    return found + [getattr(m, n) for m in modules for n in names if isinstance(getattr(m, n, None), type)]
