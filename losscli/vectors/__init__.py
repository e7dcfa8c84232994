"""Test vectors: inputs, options, value and gradient of each loss, with the origin of the numbers; a YAML table for each family.

People write the rows, but not the numbers: the peer that a row names computes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find, name_by_option, options_of_names
from losscli.errors import InputError, UsageError
from losscli.registry import Loss, Preset

__all__ = ["CONVENTIONS", "rows", "tolerance", "vectors"]

Row = dict[str, Any]  # the keys of a row in a table

# (relative, absolute) tolerances for the numbers of a peer, which have rounding errors, and for exact numbers.
_ROUNDED = {"value": (1e-12, 1e-15), "gradient": (1e-9, 1e-14)}
_EXACT = {"value": (1e-12, 0.0), "gradient": (1e-12, 0.0)}
# Fields of a preset that change the value, and that are no options of losscli.
CONVENTIONS = ("counts_ignored", "factor", "last_axis", "row_mean", "signs", "swapped_axes", "weighted", "weights_ignored")
_NEEDS = ("loss", "roles", "expected", "peer", "version", "origin")


def vectors(loss: Loss, preset: Preset) -> list[dict[str, Any]]:
    """The vectors of a loss; under a framework's name, those of all names with the same conventions.

    Raises UsageError where there are none.
    """
    selected = [
        _vector(row)
        for row in rows(loss)
        if not preset.names or loss.name in preset.names or _conventions(_named(row)[2]) == _conventions(preset)
    ]
    if not selected:
        raise UsageError(f"{loss.name} has no vectors: only the losses of losscli have them")
    return selected


def _conventions(preset: Preset) -> dict[str, Any]:
    same_number = ("names", "empty_mean", "by_option", "instead", "role_words", "one_for_all", "none_reduction")
    return {k: v for k, v in vars(preset).items() if k not in same_number}


def rows(loss: Loss) -> Iterator[Row]:
    """The rows of a loss under all its names, from the table of its family. Raises InputError for a row that is incomplete."""
    package, _, family = loss.fn.__module__.rpartition(".")
    if package != "losscli.losses":
        return
    table = Path(__file__).with_name(f"{family}.yaml").read_text(encoding="utf-8")
    for block in re.split(r"^(?=- loss: )", table, flags=re.MULTILINE)[1:]:
        name = block.partition("\n")[0].removeprefix("- loss: ").strip('"')
        if loss not in _may_be(name):  # to parse the rows of other losses would take most of the time
            continue
        row = _row(block, f"{family}.yaml: {name}")
        if loss_of(row) is loss:
            yield row


def loss_of(row: Row) -> Loss:
    """The loss of a row: that of its name, or the one that an option of a framework chooses."""
    return _named(row)[1]


def _named(row: Row) -> tuple[str, Loss, Preset, dict[str, Any]]:
    """The name that the name of a row and its options mean, its loss and preset, and the other options."""
    name, options = name_by_option(row["loss"], row.get("options", {}))
    return name, *find(name), options


def _may_be(name: str) -> list[Loss]:
    """The losses that a name means: its own, and those that its options choose."""
    names = (other for others in options_of_names(name).values() for other in others.values())
    return [find(n)[0] for n in (name, *names)]


def _row(block: str, place: str) -> Row:
    """One row of a table. Raises InputError where it is not YAML, and where a key is missing."""
    import yaml

    try:
        parsed = yaml.load(block, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise InputError(f"{place}: not YAML: {getattr(error, 'problem', None) or error}") from None
    row = parsed[0] if isinstance(parsed, list) and len(parsed) == 1 and isinstance(parsed[0], dict) else {}
    if missing := [key for key in _NEEDS if row.get(key) is None]:
        raise InputError(f"{place}: a row of vectors needs {', '.join(_NEEDS)}: it has no {' and no '.join(missing)}")
    return row


def tolerance(row: Row) -> dict[str, dict[str, float]]:
    """The relative and the absolute tolerance of a row's value and gradient."""
    bounds = _EXACT if row["peer"].startswith("exact.") else _ROUNDED
    rtol, atol = ({field: pair[i] for field, pair in bounds.items()} for i in (0, 1))
    if "rtol" in row:
        rtol, atol = {field: max(row["rtol"], bound) for field, bound in rtol.items()}, atol | {"value": 0.0}
    return {"rtol": rtol, "atol": atol | row.get("atol", {})}


def _vector(row: Row) -> dict[str, Any]:
    """A row as a vector, with everything on which its value depends."""
    name, loss, preset, given = _named(row)
    bound = bind(loss, preset, given)
    preset, implied = bound.preset, bound.preset.by_reduction.get(row.get("reduction", ""), {}) or {}
    options = dict(bound.options) | {n: x for n, x in implied.items() if bound.options[n] == loss.options[n].default}
    conventions = {k: v for k in CONVENTIONS if (v := getattr(preset, k)) and (k != "factor" or v != 1)}
    words = {word: ours for word, ours in preset.general.items() if word in bound.general or ours == "class_axis"}
    words |= {word: "output_weights" for word, x in row.get("options", {}).items() if word in preset.settings and isinstance(x, list)}
    if words:
        conventions["words"] = words
    if preset.by_shape:
        conventions["by_shape"] = True
    if row["roles"].keys() & preset.role_words.keys() or preset.role_defaults.keys() - row["roles"].keys():
        conventions["roles"] = True  # under the framework's names of them, or left to its defaults
    if row.get("nothing"):  # the framework returns a number although no value takes part; losscli returns nan
        conventions["nothing"] = True
    settings = find(row["loss"])[1].settings  # those that set more than options are said by their own words
    said = {
        k: v
        for k, v in row.get("options", {}).items()
        if k in settings and (isinstance(v, list) or settings[k].fields.get(v, {}).keys() - {"options", "per", "reduction"})
    }
    vector = {
        "name": name,
        "roles": row["roles"],
        "params": {n: x.tolist() if hasattr(x, "tolist") else x for n, x in {**options, **bound.general, **said}.items()}
        | _settings(row, loss, preset, options),
        "convention": conventions,
        "value": row["expected"],
        "gradient": row.get("gradient"),
        "source": {k: row[k] for k in ("peer", "version", "origin")},
        **tolerance(row),
        "why": row.get("why"),
    }
    return {k: v for k, v in vector.items() if v is not None and v != {}}


def _settings(row: Row, loss: Loss, preset: Preset, options: Mapping[str, Any]) -> dict[str, Any]:
    """Settings on which the value depends, if the loss has them."""
    axis_is_said = any(preset.general.get(word) == "class_axis" for word in row.get("options", ()))
    has_classes = any(role.domain.classes for role in loss.roles.values())
    several = any(isinstance(x, list) for x in row["roles"].get(loss.first, ()))
    form = preset.by_shape.get("vectors" if several else "numbers")
    if form is not None and form.loss == loss.name:  # with a reduction of its own
        preset = preset.but(**form.differs)
    settings = {
        "reduction": row.get("reduction") or loss.implied_reduction(options) or preset.reduction or loss.reduction,
        "per": (row.get("per") or preset.per or loss.per) if loss.allows_per else row.get("per") or preset.per,
        "class_axis": row.get("class_axis", preset.class_axis) if has_classes and not axis_is_said else None,
        "sample_weight": row.get("sample_weight"),
    }
    return {k: v for k, v in settings.items() if v is not None}
