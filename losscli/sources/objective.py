"""Read an objective from its file, and check the value of every key. Errors have the line of the key."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from losscli.catalogue.binding import check_option, option_named
from losscli.catalogue.custom import is_file
from losscli.catalogue.lookup import find, is_objective, name_by_option, options_of_names
from losscli.catalogue.objective import Learned, Objective, Term
from losscli.catalogue.trust import Trust, trust_of
from losscli.errors import InputError, UsageError, errors_at, suggest
from losscli.record import Record
from losscli.registry import Loss, Preset
from losscli.sources.files import file_at
from losscli.sources.objective_keys import BOUNDS, LEARNED_WEIGHT, OF_FILE, OF_TERM, SETTINGS, take
from losscli.sources.open_files import check_named
from losscli.sources.yaml_files import WithLine, read_with_lines

__all__ = ["read_objective"]

MAX_DEPTH, MAX_TERMS = 32, 10_000  # of objectives inside objectives; of terms in all of them


def _relative_to(path: str, name: str | None) -> str | None:
    """The path of a file that the file `path` names: the name is relative to the folder of `path`."""
    return name if name is None or name == "-" else os.path.join(os.path.dirname(path), name)


# --- an objective ----------------------------------------------------------------------------------------------------------


class _Context(Record):
    """The current file, the files that it is nested in, what they may name, and the settings for its terms."""

    path: str
    trust: Trust
    outer: tuple[str, ...]
    cache: dict[tuple[str, str], Objective]  # objectives, by their file and the folder of relative names
    total: str = "sum"  # how the terms are added up

    def inside(self, path: str) -> _Context:
        """The context of an objective that a term names."""
        return _Context(path, self.trust, (*self.outer, self.path), self.cache)


def read_objective(path: str, trust: Trust | None = None) -> Objective:
    """The objective in a file, which may name files in its folder, or what `trust` says.

    Raises InputError for a file that holds none, UsageError for losses and options that do not exist, and for files and code that it
    may not name, all with the line.
    """
    return _objective(_Context(path, trust or trust_of(path, None, outside=False, code=False), (), {}))


def _objective(context: _Context) -> Objective:
    path = context.path
    document = read_with_lines(file_at(path))
    terms = _checked_terms(path, document)
    values = {key: take(path, key, item) for key, item in document.items.items() if key != "terms"}
    total = values.get("total", "sum")
    parsed_terms = [_term(context.but(total=total), name, item) for name, item in terms.items()]
    if sum(t.count for t in parsed_terms) > MAX_TERMS:
        raise InputError(f"{path}: an objective has at most {MAX_TERMS:,} terms, including those of nested objectives")
    if total == "mean" and math.fsum(t.weight for t in parsed_terms) == 0:
        raise InputError(f"{path}:{document.items['total'].line}: the weights of the terms add up to 0, so they have no mean")
    data = _named_file(context, values.get("data"), document)
    return Objective(path, total, data, parsed_terms, values.get("id"), context.trust)


def _checked_terms(path: str, document: WithLine) -> dict[str, WithLine]:
    """The terms of a file. Raises InputError for a file that is no objective."""
    if not isinstance(document.value, dict):
        raise InputError(f"{path}: an objective is a file with terms: {{name: {{loss: mse, weight: 1, pred: …, target: …}}, …}}")
    for key, item in document.items.items():
        if key not in OF_FILE:
            close = suggest(key, OF_FILE)
            raise InputError(f"{path}:{item.line}: an objective has no key {key!r}{close}: it has {', '.join(OF_FILE)}")
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
    path, items, place = context.path, item.items, f"{context.path}:{item.line}"
    if "loss" not in items and "value" in items:  # a number, or the mean of numbers
        items = {"loss": items["value"].but(value="given"), **items}
    if not isinstance(item.value, dict) or "loss" not in items:
        raise InputError(
            f"{place}: the term {name} has no loss: write {name}: {{loss: mse, weight: 1, pred: …, target: …}}, or {name}: {{value: 12.5}}"
        )
    loss = take(path, "loss", items["loss"], f"{name}: ")
    with errors_at(f"{path}:{items['loss'].line}: {name}"):
        loss, items = _by_option(loss, items)
        definition = _loss_or_objective(context, loss)
    keys = OF_TERM if isinstance(definition, Objective) else (*OF_TERM, *SETTINGS)
    roles = sorted(definition.open_roles) if isinstance(definition, Objective) else list(definition[0].roles)
    _check_keys(context, name, items, loss, definition)
    values = {k: take(path, k, x, f"{name}: {_other_meaning(k, definition)}") for k, x in items.items() if k in keys or k in roles}
    for key in ("rtol", "atol"):
        if key in values and "expect" not in values:
            raise InputError(f"{path}:{items[key].line}: {name}: {key} is a tolerance of expect, and the term has no expect")
    learned = _learned(context, name, items, values)
    options = {key: x for key, x in items.items() if key not in values}
    for key, x in options.items():
        with errors_at(f"{path}:{x.line}: {name}"):
            _check_option(loss, definition, key, x.value, (*roles, *keys))
    return Term(
        name,
        place,
        loss,
        definition,
        weight=values.get("weight", 1.0) if learned is None else learned.weight,
        learned=learned,
        data=_named_file(context, values.get("data"), item),
        id=values.get("id"),
        roles={k: v for k, v in values.items() if k in roles},
        options={k: x.value for k, x in options.items()},
        settings={k: v for k, v in values.items() if k in SETTINGS},
        bounds={k: v for k, v in values.items() if k in BOUNDS},
        lines={k: f"{path}:{x.line}" for k, x in items.items()},
    )


def _named_file(context: _Context, name: str | None, holder: WithLine) -> str | None:
    """The path of the file that the key `data` names. Raises UsageError, with the line, where the objective may not name it."""
    path = _relative_to(context.path, name)
    if path is not None:
        with errors_at(f"{context.path}:{holder.items['data'].line}"):
            check_named(context.trust, path)
    return path


def _by_option(loss: str, items: Mapping[str, WithLine]) -> tuple[str, Mapping[str, WithLine]]:
    """The name of the loss that a framework's options choose, trl.DPO with loss_type: ipo, and the other keys."""
    chooses = options_of_names(loss)
    name, _ = name_by_option(loss, {k: x.value for k, x in items.items() if k in chooses})
    return name, {k: x for k, x in items.items() if k not in chooses}


def _learned(context: _Context, name: str, items: Mapping[str, WithLine], values: Mapping[str, Any]) -> Learned | None:
    """The weight of a term, if it is learned. Raises InputError for one without a log-variance, and for a log-variance without one."""
    kind, key = values.get("weight"), "weight" if "weight" in items else "log_variance"
    place = f"{context.path}:{items[key].line}: {name}: " if key in items else ""
    if not isinstance(kind, str):
        if "log_variance" in values:
            raise InputError(f"{place}log_variance belongs to weight: {LEARNED_WEIGHT.takes}")
        return None
    if "log_variance" not in values:
        raise InputError(f"{place}weight: {kind} needs log_variance: the logarithm of the variance that was learned")
    if context.total != "sum":
        raise InputError(f"{place}weight: {kind} is for total: sum, since the term adds its log_variance to the total")
    return Learned(kind, values["log_variance"])


_LossOrObjective = tuple[Loss, Preset] | Objective


def _loss_or_objective(context: _Context, name: str) -> _LossOrObjective:
    """What the key `loss` names: an objective in another file, a loss in a file of Python, or a loss by its name."""
    if is_objective(name):
        return _nested(context, name)
    if not is_file(name):
        return find(name)
    context.trust.check_code(name)
    path = _relative_to(context.path, name) or name
    context.trust.check_file(path.partition("::")[0])
    return find(path)


def _nested(context: _Context, name: str) -> Objective:
    """An objective that is a term; each file is read once. Raises InputError for a circle, too many levels, and a missing total."""
    path = _relative_to(context.path, name) or name
    context.trust.check_file(path)
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
    if both := next((k for k in items if k in (*OF_TERM, *SETTINGS) and k in definition[0].options), None):
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
