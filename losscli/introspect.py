"""What the code of a function mentions, read without calling it: the columns that it yields, and whether it uses random numbers.

Names are looked up, so an alias (`from losscli.aggregation import AllRows as Everything`) counts as what it stands for.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from losscli.aggregation import Aggregation, Sum

__all__ = ["aggregations_in", "mentioned_values", "mentions_random_numbers", "names_in"]

_RANDOM = re.compile(r"rand|rng|default_rng|choice|shuffle|permut|urandom|uuid|secrets|normal|time|perf_counter|now")


def aggregations_in(fn: Callable[..., Any], visited: frozenset[Any] = frozenset()) -> frozenset[type[Aggregation]]:
    """The aggregations that the code of a generator function mentions, and Sum, which is that of a plain column; empty without a yield.

    Those of generator functions that it mentions count too: it may yield from them, or return what they make.
    """
    fn = inspect.unwrap(fn)
    if fn in visited:
        return frozenset()
    values = mentioned_values(fn)
    makers = [value for value in values if inspect.isgeneratorfunction(value)]
    if not inspect.isgeneratorfunction(fn) and not makers:
        return frozenset()
    found = {Sum} if inspect.isgeneratorfunction(fn) else set[type[Aggregation]]()
    found |= {value for value in values if isinstance(value, type) and issubclass(value, Aggregation)}
    found |= {type(value) for value in values if isinstance(value, Aggregation)}
    return frozenset(found).union(*(aggregations_in(maker, visited | {fn}) for maker in makers))


def mentions_random_numbers(fn: Callable[..., Any], visited: frozenset[Any] = frozenset()) -> bool:
    """Whether the code, or that of a function which it mentions, has a name of random numbers or of clocks, or a random generator."""
    fn = inspect.unwrap(fn)
    if fn in visited:
        return False
    values = mentioned_values(fn)
    return (
        any(type(getattr(x, "__self__", x)).__module__.startswith(("numpy.random", "random")) for x in values)
        or any(map(_RANDOM.search, names_in(fn)))
        or any(mentions_random_numbers(x, visited | {fn}) for x in values if inspect.isfunction(x))
    )


def names_in(fn: Callable[..., Any]) -> list[str]:
    """The names of globals, attributes and outer variables in its code, and in that of functions within it."""
    names: list[str] = []
    todo = [fn.__code__]
    while todo:
        code = todo.pop()
        names += [*code.co_names, *code.co_freevars]
        todo += [c for c in code.co_consts if isinstance(c, CodeType)]
    return names


def mentioned_values(fn: Callable[..., Any]) -> list[Any]:
    """What the names in its code stand for: globals, outer variables, and the classes of modules (`aggregation.AllRows`)."""
    names = names_in(fn)
    cells = dict(zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=False))
    values = []
    for name in names:
        try:
            values.append(cells[name].cell_contents if name in cells else fn.__globals__[name])
        except (KeyError, ValueError):  # no global, or a cell that is still empty
            continue
    modules = [x for x in values if isinstance(x, ModuleType)]
    return values + [getattr(m, n) for m in modules for n in names if isinstance(getattr(m, n, None), type | Aggregation)]
