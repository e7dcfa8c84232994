"""The keys of an objective's file: what each takes, and the check of its value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from losscli.catalogue.objective import LEARNED
from losscli.choices import DTYPE, NAN, PER, REDUCTION, TOTAL, Choice
from losscli.errors import InputError
from losscli.sources.yaml_files import WithLine

__all__ = ["BOUNDS", "LEARNED_WEIGHT", "OF_FILE", "OF_TERM", "SETTINGS", "take"]

MAX_LOG_VARIANCE = 700  # so that its exponential is finite
LEARNED_WEIGHT = Choice(tuple(LEARNED))

# Each function returns the checked value of a key, and raises ValueError for a value that the key cannot have.


def _text(x: Any) -> str:
    if not isinstance(x, str) or not x.strip():
        raise ValueError
    return x


def _number(x: Any) -> float:
    if isinstance(x, bool) or not isinstance(x, int | float) or x != x:
        raise ValueError
    return float(x)


def _finite(x: Any) -> float:
    if not math.isfinite(_number(x)):
        raise ValueError
    return float(x)


def _weight(x: Any) -> float | str:
    return x if isinstance(x, str) and x in LEARNED else _finite(x)


def _log_variance(x: Any) -> float:
    if abs(_finite(x)) > MAX_LOG_VARIANCE:
        raise ValueError
    return float(x)


def _tolerance(x: Any) -> float:
    if _finite(x) < 0:
        raise ValueError
    return float(x)


def _number_or_file(x: Any) -> str:
    return x if isinstance(x, str) and x.strip() else repr(_number(x))


def _integer(x: Any) -> int:
    if isinstance(x, bool) or not isinstance(x, int):
        raise ValueError
    return x


def _boolean(x: Any) -> bool:
    if not isinstance(x, bool):
        raise ValueError
    return x


def _names(x: Any) -> tuple[str, ...]:
    if isinstance(x, str):
        x = x.split(",")
    if not isinstance(x, list) or not x or any(isinstance(n, dict | list | None) for n in x):
        raise ValueError
    return tuple(str(n).strip() for n in x)


def _source(x: Any) -> str | float | list[Any]:
    if not isinstance(x, list):
        return _text(x) if isinstance(x, str) else _number(x)
    return x


def _one_of(choice: Choice) -> tuple[str, Callable[[Any], str]]:
    def read(x: Any) -> str:
        if x not in choice.words:
            raise ValueError
        return str(x)

    return choice.takes, read


_SOURCE: tuple[str, Callable[[Any], Any]] = ("a SOURCE (a column, a file, file::part, numbers)", _source)
_TAKES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "total": _one_of(TOTAL),
    "data": ("the name of a file", _text),
    "id": ("the name of the column of ids, or file::column", _text),
    "loss": ("the name of a loss, or of another objective", _text),
    "weight": (f"a number, by which the term is multiplied, or {LEARNED_WEIGHT.takes}", _weight),
    "log_variance": (f"a number from -{MAX_LOG_VARIANCE} to {MAX_LOG_VARIANCE}", _log_variance),
    "reduction": _one_of(REDUCTION.without("none")),
    "per": _one_of(PER),
    "sample_weight": _SOURCE,
    "nan": _one_of(NAN),
    "dtype": _one_of(DTYPE),
    "class_axis": ("a whole number", _integer),
    "broadcast": ("true or false", _boolean),
    "classes": ("names, as [cat, dog]", _names),
    "max": ("a number", _number),
    "min": ("a number", _number),
    "expect": ("a number, or the file of an earlier result", _number_or_file),
    "rtol": ("a number, 0 or more", _tolerance),
    "atol": ("a number, 0 or more", _tolerance),
}
OF_FILE = ("data", "id", "total", "terms")  # keys of an objective
BOUNDS = ("max", "min", "expect", "rtol", "atol")
OF_TERM = ("loss", "weight", "log_variance", "data", "id", *BOUNDS)  # keys of any term, also one that is an objective
SETTINGS = tuple(key for key in _TAKES if key not in (*OF_FILE, *OF_TERM))  # keys of a term that is a loss


def take(path: str, key: str, item: WithLine, prefix: str = "") -> Any:
    """The value of a key. Raises InputError, with `prefix` in front of the key, for a value that it cannot have."""
    takes, read = _TAKES.get(key, _SOURCE)
    try:
        return read(item.value)
    except (ValueError, OverflowError):
        raise InputError(f"{path}:{item.line}: {prefix}{key} takes {takes}, not {_short(item.value)}") from None


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 40 else text[:39] + "…"
