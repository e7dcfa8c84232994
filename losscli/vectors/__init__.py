"""Test vectors: for every loss inputs, parameters, value, gradient and whose numbers they are, in a table of rows for each family.

The tables stand beside this file. Rows are written by hand, but for the numbers: those are what the peer that a row names says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from losscli.catalogue.binding import bind
from losscli.catalogue.lookup import find
from losscli.errors import InputError, UsageError
from losscli.registry import Loss, Preset

__all__ = ["CONVENTIONS", "rows", "tolerance", "vectors"]

# How close is close: relative and absolute, of a peer's numbers, which are rounded on their way, and of those that are not.
_ROUNDED = {"value": (1e-12, 1e-15), "gradient": (1e-9, 1e-14)}
_EXACT = {"value": (1e-12, 0.0), "gradient": (1e-12, 0.0)}
# What no option says of a framework's way to a value.
CONVENTIONS = ("last_axis", "signs", "weighted")


def vectors(known: Loss, preset: Preset) -> list[dict[str, Any]]:
    """The vectors of a loss; by the name of a framework, those under names of the same conventions.

    Raises UsageError where there are none.
    """
    found = []
    for row in rows(known):
        by = find(row["loss"])[1]
        if not preset.names or _differs(by) == _differs(preset):
            found.append(_vector(row, known, by))
    if not found:
        raise UsageError(f"{known.name} has no vectors: they are of the losses that come with losscli")
    return found


def _differs(preset: Preset) -> dict[str, Any]:
    return {k: v for k, v in vars(preset).items() if k not in ("names", "empty_mean")}


def rows(known: Loss) -> Iterator[dict[str, Any]]:
    """The rows of a loss under all its names, as they stand in the table of its family."""
    package, _, family = known.fn.__module__.rpartition(".")
    if package != "losscli.losses":
        return
    table = Path(__file__).with_name(f"{family}.yaml").read_text(encoding="utf-8")
    for block in re.split(r"^(?=- loss: )", table, flags=re.MULTILINE)[1:]:
        name = block.partition("\n")[0].removeprefix("- loss: ").strip('"')
        if find(name)[0] is known:  # before the rest of the row is read: most of the time would go there
            yield _row(block, f"{family}.yaml: {name}")


_NEEDS = ("loss", "roles", "expected", "peer", "version", "origin")


def _row(block: str, place: str) -> dict[str, Any]:
    """One row of a table. Raises InputError for one that is not written to its end."""
    import yaml

    try:
        found = yaml.load(block, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    except yaml.YAMLError as error:
        raise InputError(f"{place}: not YAML: {getattr(error, 'problem', None) or error}") from None
    row = found[0] if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict) else {}
    if missing := [key for key in _NEEDS if row.get(key) is None]:
        raise InputError(f"{place}: a row of vectors needs {', '.join(_NEEDS)}: it has no {' and no '.join(missing)}")
    return row


def tolerance(row: dict[str, Any]) -> dict[str, dict[str, float]]:
    """How close a value and a gradient should come to those of a row."""
    near = _EXACT if row["peer"].startswith("exact.") else _ROUNDED
    rtol, atol = ({of: bounds[i] for of, bounds in near.items()} for i in (0, 1))
    if "rtol" in row:
        rtol, atol = {of: max(row["rtol"], bound) for of, bound in rtol.items()}, atol | {"value": 0.0}
    return {"rtol": rtol, "atol": atol | row.get("atol", {})}


def _vector(row: dict[str, Any], known: Loss, preset: Preset) -> dict[str, Any]:
    """A row with nothing left to be known from elsewhere."""
    options = bind(known, preset, row.get("options", {})).options
    vector = {
        "name": row["loss"],
        "roles": row["roles"],
        "params": {n: x.tolist() if hasattr(x, "tolist") else x for n, x in options.items()} | _settings(row, known, preset),
        "convention": {k: getattr(preset, k) for k in CONVENTIONS if getattr(preset, k) is not None} | _of_nothing(row),
        "value": row["expected"],
        "gradient": row.get("gradient"),
        "source": {k: row[k] for k in ("peer", "version", "origin")},
        **tolerance(row),
        "why": row.get("why"),
    }
    return {k: v for k, v in vector.items() if v is not None and v != {}}


def _of_nothing(row: dict[str, Any]) -> dict[str, Any]:
    """Of a row from which nothing is to be computed: that the framework has a number for it all the same, where ours is nan."""
    return {"nothing": True} if row.get("nothing") else {}


def _settings(row: dict[str, Any], known: Loss, preset: Preset) -> dict[str, Any]:
    """What else the value depends on, where the loss can take it."""
    classes = any(role.domain.classes for role in known.roles.values())
    said = {
        "reduction": row.get("reduction") or preset.reduction or known.reduction,
        "per": (row.get("per") or preset.per or known.per) if known.allows_per else None,
        "class_axis": row.get("class_axis", preset.class_axis) if classes else None,
        "sample_weight": row.get("sample_weight"),
    }
    return {k: v for k, v in said.items() if v is not None}
