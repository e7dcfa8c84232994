"""An objective from its file: what every key takes, and the line of the one that is wrong."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import Any

from losscli.catalogue.binding import check_option
from losscli.catalogue.custom import is_file
from losscli.catalogue.lookup import find, is_objective
from losscli.catalogue.objective import TOTALS, Objective, Term
from losscli.errors import InputError, UsageError, errors_at, suggest
from losscli.registry import PER, REDUCTIONS, Loss, Preset
from losscli.sources.files import of_file
from losscli.sources.yaml_files import Noted, read_noted

__all__ = ["read_objective"]

_OWN = ("data", "id", "total", "terms")
_BOUNDS = ("max", "min", "expect", "rtol", "atol")
_OF_ALL = ("loss", "weight", "data", "id", *_BOUNDS)  # what a term that is an objective takes as well


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


def _expected(x: Any) -> str:
    return x if isinstance(x, str) and x.strip() else repr(_number(x))


def _whole(x: Any) -> int:
    if isinstance(x, bool) or not isinstance(x, int):
        raise ValueError
    return x


def _truth(x: Any) -> bool:
    if not isinstance(x, bool):
        raise ValueError
    return x


def _names(x: Any) -> tuple[str, ...]:
    if isinstance(x, str):
        x = x.split(",")
    if not isinstance(x, list) or not x or any(isinstance(n, dict | list | None) for n in x):
        raise ValueError
    return tuple(str(n).strip() for n in x)


def _source(x: Any) -> Any:
    if not isinstance(x, list):
        return _text(x) if isinstance(x, str) else _number(x)
    return x


def _one_of(*words: str) -> tuple[str, Callable[[Any], str]]:
    def read(x: Any) -> str:
        if x not in words:
            raise ValueError
        return str(x)

    return ", ".join(words[:-1]) + f" or {words[-1]}", read


_SOURCE = ("a SOURCE (a column, a file, file::part, numbers)", _source)
_TAKES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "total": _one_of(*TOTALS),
    "data": ("the name of a file", _text),
    "id": ("the name of a column, which names the rows, or file::column", _text),
    "loss": ("the name of a loss, or of another objective", _text),
    "weight": ("a number, which is what the term counts", _finite),
    "reduction": _one_of(*(r for r in REDUCTIONS if r != "none")),
    "per": _one_of(*PER),
    "sample_weight": _SOURCE,
    "nan": _one_of("error", "omit", "propagate"),
    "dtype": _one_of("float64", "float32"),
    "class_axis": ("a whole number", _whole),
    "broadcast": ("true or false", _truth),
    "classes": ("names, as [cat, dog]", _names),
    "max": ("a number", _number),
    "min": ("a number", _number),
    "expect": ("a number, or the file of an earlier result", _expected),
    "rtol": ("a number, 0 or more", _tolerance),
    "atol": ("a number, 0 or more", _tolerance),
}
_SETTINGS = tuple(key for key in _TAKES if key not in (*_OWN, *_OF_ALL))


DEEPEST, MOST = 32, 10_000  # objectives within each other, and terms in all
_Read = dict[tuple[str, str], Objective]  # what was read already, by the file and the folder that its names are relative to


def read_objective(path: str, outer: Sequence[str] = (), read: _Read | None = None) -> Objective:
    """The objective in a file; `outer` are the files that it stands in.

    Raises InputError for a file that holds none, UsageError for losses and options that there are not, both with the line.
    """
    read = {} if read is None else read
    noted = read_noted(of_file(path))
    if not isinstance(noted.value, dict):
        raise InputError(f"{path}: an objective is a file with terms: {{name: {{loss: mse, weight: 1, pred: …, target: …}}, …}}")
    for key, item in noted.items.items():
        if key not in _OWN:
            raise InputError(f"{path}:{item.line}: an objective has no key {key!r}{suggest(key, _OWN)}: it has {', '.join(_OWN)}")
    if "terms" not in noted.items:
        raise InputError(f"{path}: an objective needs terms: {{name: {{loss: mse, …}}, …}}")
    terms = noted.items["terms"]
    if not isinstance(terms.value, dict) or not terms.value:
        raise InputError(
            f"{path}:{terms.line}: terms takes one or more names, each with a loss, as class: {{loss: cross_entropy, weight: 1}}"
        )
    said = {key: _read(path, key, item) for key, item in noted.items.items() if key != "terms"}
    kind = said.get("total", "sum")
    found = [_term(path, name, item, kind, (*outer, path), read) for name, item in terms.items.items()]
    if sum(t.count for t in found) > MOST:
        raise InputError(f"{path}: an objective has at most {MOST:,} terms, those of the objectives in it among them")
    if kind == "mean" and math.fsum(t.weight for t in found) == 0:
        raise InputError(f"{path}:{noted.items['total'].line}: the weights of the terms add up to 0, so they have no mean")
    return Objective(path, kind, _beside(path, said.get("data")), found, said.get("id"))


def _read(path: str, key: str, item: Noted, about: str = "") -> Any:
    takes, read = _TAKES.get(key, _SOURCE)
    try:
        return read(item.value)
    except (ValueError, OverflowError):
        raise InputError(f"{path}:{item.line}: {about}{key} takes {takes}, not {_shown(item.value)}") from None


def _shown(x: Any) -> str:
    text = repr(x)
    return text if len(text) <= 40 else text[:39] + "…"


def _beside(path: str, name: str | None) -> str | None:
    """A file that is named in another one, which is where it is looked for."""
    return name if name is None or name == "-" else os.path.join(os.path.dirname(path), name)


def _term(path: str, name: str, noted: Noted, kind: str, outer: Sequence[str], read: _Read) -> Term:
    place = f"{path}:{noted.line}"
    if not isinstance(noted.value, dict) or "loss" not in noted.items:
        raise InputError(f"{place}: the term {name} has no loss: write {name}: {{loss: mse, weight: 1, pred: …, target: …}}")
    items = noted.items
    loss = _read(path, "loss", items["loss"], f"{name}: ")
    with errors_at(f"{path}:{items['loss'].line}: {name}"):
        of = _nested(path, loss, outer, read) if is_objective(loss) else find((_beside(path, loss) or loss) if is_file(loss) else loss)
    taken = _OF_ALL if isinstance(of, Objective) else (*_OF_ALL, *_SETTINGS)
    roles = sorted(of.wanted) if isinstance(of, Objective) else list(of[0].roles)
    if "weight" in items and kind == "none":
        raise InputError(f"{path}:{items['weight'].line}: {name}: total: none adds nothing up, so a term has no weight")
    if both := next((k for k in items if k in taken and not isinstance(of, Objective) and k in of[0].options), None):
        raise InputError(
            f"{path}:{items[both].line}: {name}: {both} is for the term, and {loss} has an option {both}: call that something else"
        )
    said = {k: _read(path, k, item, f"{name}: {_clash(k, of)}") for k, item in items.items() if k in taken or k in roles}
    for key in ("rtol", "atol"):
        if key in said and "expect" not in said:
            raise InputError(f"{path}:{items[key].line}: {name}: {key} is how far from expect the value may be, and there is no expect")
    options = {key: item for key, item in items.items() if key not in said}
    for key, item in options.items():
        with errors_at(f"{path}:{item.line}: {name}"):
            _check_option(loss, of, key, item.value, (*roles, *taken))
    return Term(
        name,
        place,
        loss,
        of,
        said.get("weight", 1.0),
        _beside(path, said.get("data")),
        said.get("id"),
        {k: v for k, v in said.items() if k in roles},
        {k: item.value for k, item in options.items()},
        {k: v for k, v in said.items() if k in _SETTINGS},
        {k: v for k, v in said.items() if k in _BOUNDS},
        {k: f"{path}:{item.line}" for k, item in items.items()},
    )


def _nested(path: str, name: str, outer: Sequence[str], read: _Read) -> Objective:
    inner = _beside(path, name) or name
    if os.path.realpath(inner) in map(os.path.realpath, outer):
        raise InputError(f"{' → '.join((*outer, inner))} goes in a circle")
    if len(outer) >= DEEPEST:
        raise InputError(f"{inner}: objectives are nested too deep: at most {DEEPEST} stand in each other")
    key = os.path.realpath(inner), os.path.realpath(os.path.dirname(inner))
    found = read[key] = read.get(key) or read_objective(inner, outer, read)
    if found.total == "none":
        raise InputError(f"{inner} has no total (total: none), so it can be no term")
    return found


def _clash(key: str, of: tuple[Loss, Preset] | Objective) -> str:
    """What to say of a key that a framework has for an option of the loss, but a term for itself."""
    if isinstance(of, Objective) or key not in of[1].renames:
        return ""
    return f"the option {key} of this loss is {of[1].renames[key]} here; "


def _check_option(loss: str, of: tuple[Loss, Preset] | Objective, key: str, value: Any, others: Sequence[str]) -> None:
    """Raise UsageError for an option that the loss does not have, or whose value is none."""
    if isinstance(of, Objective):
        raise UsageError(f"a term that is an objective has no key {key!r}{suggest(key, others)}: it takes {', '.join(others)}")
    known, preset = of
    ours = preset.renames.get(key, key)
    if ours not in known.all_options and key in preset.instead:
        raise UsageError(f"{loss} has no option {key!r}: {preset.instead[key]}")
    if ours not in known.all_options:
        has = [*known.roles, *known.all_options]
        raise UsageError(f"{loss} has no role or option {key!r}{suggest(key, has) or suggest(key, others)}: it has {', '.join(has)}")
    if not known.all_options[ours].is_source(value):
        check_option(known, known.all_options[ours], value, key)
