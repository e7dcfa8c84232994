"""Lookup of losses by name: its own name, an alias, a framework's name, or a function in a file or an installed package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from losscli.errors import UsageError
from losscli.frameworks import in_full, named, refusal
from losscli.record import EMPTY
from losscli.registry import LOSSES, NAMES, OURS, Loss, Preset, normalized

__all__ = [
    "all_names", "explain_no_loss", "find", "is_objective", "key_of", "load_all", "name_by_option", "options_of_names", "spellings",
]  # fmt: skip


@cache
def load_all() -> None:
    """Import every family, and sort LOSSES by family, whatever the order of the imports was."""
    from losscli.losses import FAMILIES

    for family in FAMILIES:
        import_module(f"losscli.losses.{family}")
    place = {f"losscli.losses.{family}": i for i, family in enumerate(FAMILIES)}
    for entry in sorted(LOSSES.values(), key=lambda entry: place.get(entry.fn.__module__, len(place))):
        LOSSES[entry.name] = LOSSES.pop(entry.name)


@cache
def _load(key: str) -> None:
    """Import families until one registers the name: first those whose text mentions it, then all of them."""
    from losscli.losses import mentioning

    if key in NAMES:  # to look for it in the text of all families takes milliseconds
        return
    for family in mentioning(key):
        import_module(f"losscli.losses.{family}")  # also waits for another thread that is importing it
        if key in NAMES:
            return
    load_all()


def all_names() -> list[str]:
    """Every name of every built-in loss, as it is declared."""
    load_all()
    names = (n for entry in LOSSES.values() for n in (entry.name, *entry.aliases, *(n for p in entry.presets for n in p.names)))
    return list(dict.fromkeys(names))  # a preset may have a loss's own name


def key_of(name: str) -> str:
    """The key in NAMES of the loss that a name means: a framework's name has that of its loss."""
    key = normalized(name)
    return normalized(found[0]) if (found := named(key)) else key


def spellings(name: str) -> list[str]:
    """The ways in which a name may be meant, as `normalized` writes them: Huber Loss, and Huber. The name of a metric is no loss."""
    from losscli.catalogue.metrics import metric

    key = normalized(name)
    if "." in key or metric(name) is not None:
        return [key]
    return list(dict.fromkeys([key, key.removesuffix("loss") or key, f"{key}loss"]))


def is_objective(name: str) -> bool:
    """Whether the name of a loss is that of an objective: a YAML file of several losses."""
    return name.casefold().endswith((".yaml", ".yml"))


def find(name: str | Callable[..., Any]) -> tuple[Loss, Preset]:
    """The loss with a name, and the preset of the framework whose name it is, else OURS.

    A name is a loss's own, an alias or a framework's, in any case; FILE::FUNCTION; or the entry point of an installed package. A function
    is its own loss. Raises UsageError for an unknown name, InputError for a user's function that cannot be a loss.
    """
    from losscli.catalogue import custom

    if not isinstance(name, str):
        return next((entry for entry in LOSSES.values() if entry.fn is name), None) or custom.of_function(name), OURS
    if custom.is_file(name):
        return custom.of_file(name), OURS
    if (known := _known(name)) is not None:
        return known
    points = [p for p in custom.installed() if normalized(p.name.strip()) == normalized(name)]
    if len(points) > 1:
        raise UsageError(f"{name!r} is a loss of several packages: {' and '.join(p.value for p in points)}; name one as FILE::FUNCTION")
    if points:
        return custom.of_package(points[0]), OURS
    raise UsageError(_no_loss(name))


def options_of_names(name: Any) -> Mapping[str, Mapping[str, str]]:
    """The options of a name that choose another name, with the name for each value; empty for most names."""
    if not isinstance(name, str) or is_objective(name) or "::" in name:
        return EMPTY
    key = normalized(name)
    found = named(key) if "." in key else _known(name)
    return found[1].by_option if found else EMPTY


def name_by_option(name: Any, given: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The name that an option chooses, as trl.DPO with loss_type ipo is trl.DPO.ipo, and the other options.

    Raises UsageError for a value that chooses no name.
    """
    rest = dict(given)
    for option, names in options_of_names(name).items():
        value = rest.pop(option, None)
        word = str(value).casefold()
        if value is not None and word not in names and not ("true" in names and word == "false"):
            raise UsageError(f"{name}: {option} takes {' or '.join(names)} here, not {value!r}")
        name = names.get(word, name)
    return name, rest


def _known(name: str) -> tuple[Loss, Preset] | None:
    """The built-in loss with a name, and its preset. A framework's name imports the table of its library first, which says the loss."""
    key = normalized(name)
    if "." not in key:
        _load(key)
        return NAMES[key] if key in NAMES else next((NAMES[k] for k in spellings(name) if k in NAMES), None)
    if (found := named(key)) is None:
        return None
    loss, preset = found
    _load(normalized(loss))
    return LOSSES[loss], preset


def _no_loss(name: str) -> str:
    """The message for an unknown name, with the most similar ones."""
    alone, _, options = name.partition(":")
    pairs = [pair.partition("=") for pair in options.split(",")]
    if options and all(word.isidentifier() and value for word, _, value in pairs) and _known(alone):
        written = " ".join(f"--{word.replace('_', '-')} {value}" for word, _, value in pairs)
        return f"no loss is called {name!r}: give the options of {alone} apart, as {written}"
    return explain_no_loss(name) or f"no loss is called {name!r}{_nearest(name)}; `losscli list` shows them all"


def explain_no_loss(name: str) -> str | None:
    """The message for a metric, for a loss that cannot be computed here, and for the reference of a loss; None for other names."""
    from losscli.catalogue.metrics import metric

    has_dot = "." in name
    if has_dot and (reason := refusal(normalized(name))) is not None:
        return f"{name} cannot be computed here: {reason}"
    if (advice := metric(name)) is not None:
        return f"{name} is a metric, not a loss: {advice}"
    if not has_dot:
        reason = refusal(normalized(name))
        return None if reason is None else f"{name} cannot be computed here: {reason}"
    load_all()
    key = in_full(normalized(name))
    losses = [entry.name for entry in LOSSES.values() if any(key in _ways_to_write(w.strip(",;()")) for w in entry.reference.split())]
    return f"no loss is called {name!r}; it is the reference of {', '.join(losses)}: name one of these" if losses else None


def _ways_to_write(reference: str) -> tuple[str, str]:
    """The keys of a reference: library.path.Name and library.Name."""
    key = normalized(reference)
    return key, f"{key.partition('.')[0]}.{key.rpartition('.')[2]}"


def _nearest(name: str) -> str:
    """' (did you mean huber?)' with the losses whose names are most similar, each once."""
    from difflib import get_close_matches

    from losscli.catalogue.custom import installed

    written = {n.casefold(): n for n in (*all_names(), *(p.name for p in installed()))}
    close = [written[c] for c in get_close_matches(name.casefold(), written, n=6, cutoff=0.6)]
    if "." not in name:
        close = list(dict.fromkeys(known[0].name if (known := _known(c)) else c for c in close))
    return f" (did you mean {' or '.join(close[:2])}?)" if close else ""
