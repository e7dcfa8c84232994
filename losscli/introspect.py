"""Read from the code of a function, without calling it, which columns it yields and whether it uses random numbers.

Names are resolved, so an alias (`from losscli.aggregation import AllRows as Everything`) counts as the original.
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
    """The aggregations that the code of a generator function mentions, and Sum, the aggregation of a plain column; empty without a yield.

    The aggregations in generator functions that it mentions count too: it may yield from them, or return their generators.
    """
    fn = inspect.unwrap(fn)
    if fn in visited:
        return frozenset()
    values = mentioned_values(fn)
    # from Python 3.13 on isgeneratorfunction asks any value for attributes, and NumPy would be imported for its answer
    generators = [value for value in values if callable(value) and inspect.isgeneratorfunction(value)]
    if not inspect.isgeneratorfunction(fn) and not generators:
        return frozenset()
    aggregations = {Sum} if inspect.isgeneratorfunction(fn) else set[type[Aggregation]]()
    aggregations |= {value for value in values if isinstance(value, type) and issubclass(value, Aggregation)}
    aggregations |= {type(value) for value in values if isinstance(value, Aggregation)}
    return frozenset(aggregations).union(*(aggregations_in(generator, visited | {fn}) for generator in generators))


def mentions_random_numbers(fn: Callable[..., Any], visited: frozenset[Any] = frozenset()) -> bool:
    """Whether the code mentions random numbers, a random generator or a clock, itself or in a function that it mentions."""
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
    """The values of the names in the code: globals, outer variables, and classes of modules (`aggregation.AllRows`)."""
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
