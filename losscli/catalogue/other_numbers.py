"""Bare names under which a framework gives another number: dice_loss, kl_div. The table is in other_numbers.json.

`derived` makes it from the tables of the frameworks: two presets of one loss differ where a switch or a choice, the reduction or a factor
differs, and the names of two losses where both take the same roles. Numbers in options (delta, eps) are no other convention: the result
shows them. `python -m tests.tools index` writes the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from losscli.record import EMPTY, Record
from losscli.registry import LOSSES, NAMES, OURS, Loss, Preset, normalized

__all__ = ["FILE", "Other", "derived", "name_note", "others_of"]

FILE = Path(__file__).with_name("other_numbers.json")
SHOWN = 2  # names in a note
# The libraries whose names people mean first; the others follow in the order of the alphabet.
_FIRST = ("torch", "keras", "sklearn", "optax", "tensorflow", "torchmetrics", "monai", "mlx")
# Their names are objectives of raw scores, or words of another language: nobody who types a bare name means them.
_APART = ("catboost", "lightgbm", "xgboost", "flux", "lossfunctions", "burn")
# Options that only change what happens near 0, or the derivative.
_GUARDS = ("smooth_numerator", "absent", "eps_in_root", "eps_in", "eps_of", "at_zero", "slope", "side", "odd", "downsample", "force_finite")
# Two differences that give one number: the share of wrong pairs of a risk is the share of right pairs of the time that it stands for.
_CANCELLING = ({"higher": ("risk", "time"), "form": ("loss", "score")},)
# Losses with one number at their defaults, and of one series.
_SAME = ({"huber", "smooth_l1"}, {"focal", "capped_focal"}, *({x, "series_scaled_error"} for x in ("mase", "msse", "rmsse")))
# What no table of a framework says: our loss -> the loss of most others.
_WHOLE = {"l2loss": "mse"}


class Other(Record):
    """A name with another number: each thing that differs -> ours, theirs."""

    name: str
    differs: Mapping[str, Any]

    def holds(self, options: Mapping[str, Any], reduction: str | None) -> bool:
        """Whether the number still differs with these options and this reduction: the user may have chosen theirs."""
        return any(
            theirs != (reduction or ours) if what == "reduction" else what not in options or options[what] != theirs
            for what, (ours, theirs) in self.differs.items()
        )

    @property
    def here(self) -> list[str]:
        """What differs, as it is here: 'percent=no'."""
        return [f"{k}={_said(ours)}" for k, (ours, _) in self.differs.items() if k not in _OF_ITS_OWN]

    @property
    def there(self) -> str:
        """What differs, as it is there: 'has percent=yes'."""
        has = ", ".join(f"{k}={_said(theirs)}" for k, (_, theirs) in self.differs.items() if k not in _OF_ITS_OWN)
        own = [say.format(self.differs[k][1]) for k, say in _OF_ITS_OWN.items() if k in self.differs]
        return " and ".join([*own, f"has {has}"] if has else own)


_OF_ITS_OWN = {"loss": "is {}", "factor": "is {:g} times it", "last_axis": "takes the {} of the last axis"}


def _said(x: Any) -> str:
    return ("yes" if x else "no") if isinstance(x, bool) else str(x)


@cache
def _entries(key: str) -> list[list[Any]]:
    """What the file says of a name. It is parsed for a name that stands in it, so that other names do not pay for that."""
    try:
        text = FILE.read_bytes()
        if f'"{key}":'.encode("utf-8", "surrogatepass") not in text:
            return []
        import json

        return json.loads(text).get(key, [])
    except (OSError, ValueError):  # the file is missing or damaged
        return []


def others_of(name: str) -> list[Other]:
    """The names of frameworks that end in this bare name and give another number, the best known first; none for most names."""
    return [] if "." in name or "::" in name else [Other(*entry) for entry in _entries(normalized(name))]


def name_note(name: Any, loss: str, options: Mapping[str, Any] = EMPTY, reduction: str | None = None) -> str:
    """Which number a bare name means here, and the names of others; '' for a name that has one meaning."""
    others = [o for o in others_of(name) if o.holds(options, reduction)] if isinstance(name, str) else []
    if not others:
        return ""
    here = ", ".join(dict.fromkeys(said for o in others[:SHOWN] for said in o.here))
    is_loss = "" if normalized(name) == normalized(loss) else f"is {loss} here{', with ' if here else ''}"
    own = f"{is_loss}{here}" if is_loss else f"has {here} here" if here else "is ours here"
    return f"{name} {own}; " + "; ".join(f"{o.name} {o.there}" for o in others[:SHOWN])


# --- the table, from those of the frameworks ------------------------------------------------------------------------------------


def derived() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Each bare name with another number -> the framework's names and what differs, one name for each difference."""
    from losscli.catalogue.lookup import load_all

    load_all()
    theirs = _by_last_word()
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for key, (loss, preset) in NAMES.items():
        if preset is not OURS:
            continue
        entries = [(_WHOLE[key], {"loss": (loss.name, "the whole square")})] if key in _WHOLE else []
        entries += [(n, differs) for n, other, p in theirs.get(key, ()) if (differs := _differences(loss, LOSSES[other], p))]
        if kept := list({repr(differs): (n, differs) for n, differs in reversed(entries)}.values()):
            found[key] = kept[::-1]
    return found


def _by_last_word() -> dict[str, list[tuple[str, str, Preset]]]:
    from losscli.frameworks import libraries, rows_of

    order = [*_FIRST, *(x for x in libraries() if x not in _FIRST and x not in _APART)]
    found: dict[str, list[tuple[str, str, Preset]]] = {}
    for library in order:
        for loss, preset in rows_of(library):
            for name in preset.names:
                found.setdefault(normalized(name.rpartition(".")[2]), []).append((name, loss, preset))
    return found


def _differences(ours: Loss, theirs: Loss, preset: Preset) -> dict[str, Any]:
    """What makes the number of a framework's name another; empty where it is the same, or where both cannot take the same data."""
    if theirs is not ours:
        both = [{r.name for r in loss.roles.values() if not r.optional} for loss in (ours, theirs)]
        labels = ours.labels is not None and (theirs.labels is None or theirs.labels.domain.ndim != ours.labels.domain.ndim)
        same = {ours.name, theirs.name} in _SAME or (ours.name == "bce_with_logits" and preset.options.get("from_logits"))
        return {} if both[0] != both[1] or labels or same else {"loss": (ours.name, theirs.name)}
    found = dict(_differing(ours, preset))
    return {} if found in _CANCELLING else found


def _differing(loss: Loss, preset: Preset) -> Iterator[tuple[str, Any]]:
    for name, value in preset.options.items():
        option = loss.options[name]
        if option.kind in ("bool", "choice") and value != option.default and name not in _GUARDS:
            yield name, (option.default, value)
    if preset.factor != 1:
        yield "factor", (1, preset.factor)
    if preset.reduction in ("sum", "mean") and preset.reduction != loss.reduction:
        yield "reduction", (loss.reduction, preset.reduction)
    if preset.last_axis == "sum" and not loss.roles[loss.first].domain.ndim:
        yield "last_axis", (None, "sum")
