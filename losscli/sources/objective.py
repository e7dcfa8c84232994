"""Read an objective from its file, and check the value of every key. Errors have the line of the key."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.catalogue.binding import check_option, option_named
from losscli.catalogue.custom import is_file
from losscli.catalogue.lookup import find, is_objective
from losscli.catalogue.objective import Objective, Term
from losscli.choices import DTYPE, NAN, PER, REDUCTION, TOTAL, Choice
from losscli.errors import InputError, UsageError, errors_at, suggest
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.sources.files import file_at
from losscli.sources.yaml_files import WithLine, read_with_lines

__all__ = ["read_objective"]

MAX_DEPTH, MAX_TERMS = 32, 10_000  # of objectives inside objectives; of terms in all of them


# --- what a key takes ------------------------------------------------------------------------------------------------------
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
    "weight": ("a number, by which the term is multiplied", _finite),
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
_OF_FILE = ("data", "id", "total", "terms")  # keys of an objective
_BOUNDS = ("max", "min", "expect", "rtol", "atol")
_OF_TERM = ("loss", "weight", "data", "id", *_BOUNDS)  # keys of any term, also one that is an objective
_SETTINGS = tuple(key for key in _TAKES if key not in (*_OF_FILE, *_OF_TERM))  # keys of a term that is a loss


def _take(path: str, key: str, item: WithLine, prefix: str = "") -> Any:
    """The value of a key. Raises InputError, with `prefix` in front of the key, for a value that it cannot have."""
    takes, read = _TAKES.get(key, _SOURCE)
    try:
        return read(item.value)
    except (ValueError, OverflowError):
        raise InputError(f"{path}:{item.line}: {prefix}{key} takes {takes}, not {_short(item.value)}") from None


def _short(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 40 else text[:39] + "…"


def _relative_to(path: str, name: str | None) -> str | None:
    """The path of a file that the file `path` names: the name is relative to the folder of `path`."""
    return name if name is None or name == "-" else os.path.join(os.path.dirname(path), name)


# --- an objective ----------------------------------------------------------------------------------------------------------


class _Context(Record):
    """The current file, the files that it is nested in, and the settings for its terms."""

    path: str
    outer: tuple[str, ...]
    cache: dict[tuple[str, str], Objective]  # objectives, by their file and the folder of relative names
    total: str = "sum"  # how the terms are added up

    def inside(self, path: str) -> _Context:
        """The context of an objective that a term names."""
        return _Context(path, (*self.outer, self.path), self.cache)


def read_objective(path: str) -> Objective:
    """The objective in a file.

    Raises InputError for a file that holds none, UsageError for losses and options that do not exist, both with the line.
    """
    return _objective(_Context(path, (), {}))


def _objective(context: _Context) -> Objective:
    path = context.path
    document = read_with_lines(file_at(path))
    terms = _checked_terms(path, document)
    values = {key: _take(path, key, item) for key, item in document.items.items() if key != "terms"}
    total = values.get("total", "sum")
    parsed_terms = [_term(context.but(total=total), name, item) for name, item in terms.items()]
    if sum(t.count for t in parsed_terms) > MAX_TERMS:
        raise InputError(f"{path}: an objective has at most {MAX_TERMS:,} terms, including those of nested objectives")
    if total == "mean" and math.fsum(t.weight for t in parsed_terms) == 0:
        raise InputError(f"{path}:{document.items['total'].line}: the weights of the terms add up to 0, so they have no mean")
    return Objective(path, total, _relative_to(path, values.get("data")), parsed_terms, values.get("id"))


def _checked_terms(path: str, document: WithLine) -> dict[str, WithLine]:
    """The terms of a file. Raises InputError for a file that is no objective."""
    if not isinstance(document.value, dict):
        raise InputError(f"{path}: an objective is a file with terms: {{name: {{loss: mse, weight: 1, pred: …, target: …}}, …}}")
    for key, item in document.items.items():
        if key not in _OF_FILE:
            close = suggest(key, _OF_FILE)
            raise InputError(f"{path}:{item.line}: an objective has no key {key!r}{close}: it has {', '.join(_OF_FILE)}")
    if "terms" not in document.items:
        raise InputError(f"{path}: an objective needs terms: {{name: {{loss: mse, …}}, …}}")
    terms = document.items["terms"]
    if not isinstance(terms.value, dict) or not terms.value:
        raise InputError(
            f"{path}:{terms.line}: terms takes one or more names, each with a loss, as class: {{loss: cross_entropy, weight: 1}}"
        )
    return dict(terms.items)


def _term(context: _Context, name: str, item: WithLine) -> Term:
    """One term. Raises InputError and UsageError with the line."""
    path, items = context.path, item.items
    place = f"{path}:{item.line}"
    if not isinstance(item.value, dict) or "loss" not in items:
        raise InputError(f"{place}: the term {name} has no loss: write {name}: {{loss: mse, weight: 1, pred: …, target: …}}")
    loss = _take(path, "loss", items["loss"], f"{name}: ")
    with errors_at(f"{path}:{items['loss'].line}: {name}"):
        definition = _loss_or_objective(context, loss)
    keys = _OF_TERM if isinstance(definition, Objective) else (*_OF_TERM, *_SETTINGS)
    roles = sorted(definition.open_roles) if isinstance(definition, Objective) else list(definition[0].roles)
    _check_keys(context, name, items, loss, definition)
    values = {k: _take(path, k, x, f"{name}: {_other_meaning(k, definition)}") for k, x in items.items() if k in keys or k in roles}
    for key in ("rtol", "atol"):
        if key in values and "expect" not in values:
            raise InputError(f"{path}:{items[key].line}: {name}: {key} is a tolerance of expect, and the term has no expect")
    options = {key: x for key, x in items.items() if key not in values}
    for key, x in options.items():
        with errors_at(f"{path}:{x.line}: {name}"):
            _check_option(loss, definition, key, x.value, (*roles, *keys))
    return Term(
        name,
        place,
        loss,
        definition,
        weight=values.get("weight", 1.0),
        data=_relative_to(path, values.get("data")),
        id=values.get("id"),
        roles={k: v for k, v in values.items() if k in roles},
        options={k: x.value for k, x in options.items()},
        settings={k: v for k, v in values.items() if k in _SETTINGS},
        bounds={k: v for k, v in values.items() if k in _BOUNDS},
        lines={k: f"{path}:{x.line}" for k, x in items.items()},
    )


_LossOrObjective = tuple[Loss, Preset] | Objective


def _loss_or_objective(context: _Context, name: str) -> _LossOrObjective:
    """What the key `loss` names: an objective in another file, a loss in a file of Python, or a loss by its name."""
    if is_objective(name):
        return _nested(context, name)
    return find((_relative_to(context.path, name) or name) if is_file(name) else name)


def _nested(context: _Context, name: str) -> Objective:
    """An objective that is a term; each file is read once. Raises InputError for a circle, too many levels, and a missing total."""
    path = _relative_to(context.path, name) or name
    inner = context.inside(path)
    if os.path.realpath(path) in map(os.path.realpath, inner.outer):
        raise InputError(f"{' → '.join((*inner.outer, path))}: these objectives form a circle")
    if len(inner.outer) >= MAX_DEPTH:
        raise InputError(f"{path}: objectives are nested too deep: at most {MAX_DEPTH} levels")
    key = os.path.realpath(path), os.path.realpath(os.path.dirname(path))
    objective = context.cache[key] = context.cache.get(key) or _objective(inner)
    if objective.total == "none":
        raise InputError(f"{path} has no total (total: none), so it can be no term")
    return objective


def _check_keys(context: _Context, name: str, items: Mapping[str, WithLine], loss: str, definition: _LossOrObjective) -> None:
    """Raise InputError for a weight without a total, and for a key of a term that is also an option of its loss."""
    if "weight" in items and context.total == "none":
        raise InputError(f"{context.path}:{items['weight'].line}: {name}: total: none adds nothing up, so a term has no weight")
    if isinstance(definition, Objective):
        return
    if both := next((k for k in items if k in (*_OF_TERM, *_SETTINGS) and k in definition[0].options), None):
        raise InputError(
            f"{context.path}:{items[both].line}: {name}: {both} is a key of the term, and also an option of {loss}: rename the option"
        )


def _other_meaning(key: str, definition: _LossOrObjective) -> str:
    """A hint for a key of a term that is also the name of an option in a framework; '' for other keys."""
    if isinstance(definition, Objective) or key not in definition[1].renames:
        return ""
    return f"the option {key} of this loss is {definition[1].renames[key]} here; "


def _check_option(name: str, definition: _LossOrObjective, key: str, value: Any, others: Sequence[str]) -> None:
    """Raise UsageError for an option that the loss does not have, or for a value that it cannot have."""
    if isinstance(definition, Objective):
        raise UsageError(f"a term that is an objective has no key {key!r}{suggest(key, others)}: it takes {', '.join(others)}")
    loss, preset = definition
    option = option_named(loss, preset, key)
    if option is None and key in preset.instead:
        raise UsageError(f"{name} has no option {key!r}: {preset.instead[key]}")
    if option is None:
        has = [*loss.roles, *loss.all_options, *preset.settings]
        raise UsageError(f"{name} has no role or option {key!r}{suggest(key, has) or suggest(key, others)}: it has {', '.join(has)}")
    if not option.is_source(value):
        check_option(loss, option, value, key)
