"""The loss of a name: its own, an alias, a framework's, a function in a file or of an installed package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from losscli.errors import UsageError
from losscli.registry import LOSSES, NAMES, OURS, Loss, Preset, normalized

__all__ = ["all_names", "find", "instead_of", "is_objective", "key_of", "load_all"]

_SHORT = {
    "f.": "torch.nn.functional.",
    "nn.": "torch.nn.",
    "functional.": "torch.nn.functional.",
    "tf.keras.": "keras.",
    "tensorflow.keras.": "keras.",
}
_LONG = {"keras.": "keras.losses.", "optax.": "optax.losses.", "sklearn.": "sklearn.metrics.", "torchvision.": "torchvision.ops."}


@cache
def load_all() -> None:
    """Import every family, and set LOSSES in their order, whichever was loaded first."""
    from losscli.losses import FAMILIES

    for family in FAMILIES:
        import_module(f"losscli.losses.{family}")
    place = {f"losscli.losses.{family}": i for i, family in enumerate(FAMILIES)}
    for known in sorted(LOSSES.values(), key=lambda known: place.get(known.fn.__module__, len(place))):
        LOSSES[known.name] = LOSSES.pop(known.name)


@cache
def _load(key: str) -> None:
    """Import families until one registers the name: those that mention it, then all, so that where to look is never the answer.

    Nothing is looked up before the import is over: another thread may be in the middle of it.
    """
    from losscli.losses import mentioning

    for family in mentioning(key):
        import_module(f"losscli.losses.{family}")
        if key in NAMES:
            return
    load_all()


def all_names() -> list[str]:
    """Every name that `find` takes, written as declared."""
    load_all()
    return [n for known in LOSSES.values() for n in (known.name, *known.aliases, *(n for p in known.presets for n in p.names))]


def key_of(name: str) -> str:
    """What all ways of writing a name have in common."""
    key = normalized(name.strip())
    for short, long in _SHORT.items():
        if key.startswith(short):
            key = long + key.removeprefix(short)
    for short, long in _LONG.items():
        if key.startswith(short) and not key.startswith(long):
            key = long + key.removeprefix(short)
    return key


def is_objective(name: str) -> bool:
    """Whether what stands for a loss is the name of a file with several, an objective."""
    return name.casefold().endswith((".yaml", ".yml"))


def find(name: str | Callable[..., Any]) -> tuple[Loss, Preset]:
    """The loss of a name, alias or framework-qualified name, in any case; and how that framework differs.

    Or of a function: FILE::FUNCTION, the entry point of an installed package, or the function itself.
    Raises UsageError for a name that no loss has, InputError for a user's function that is no loss.
    """
    from losscli.catalogue import custom

    if not isinstance(name, str):
        return next((known for known in LOSSES.values() if known.fn is name), None) or custom.of_function(name), OURS
    if custom.is_file(name):
        return custom.of_file(name), OURS
    key = key_of(name)
    _load(key)
    if key in NAMES:
        return NAMES[key]
    points = [p for p in custom.installed() if key_of(p.name) == key]
    if len(points) > 1:
        raise UsageError(f"{name!r} is a loss of several packages: {' and '.join(p.value for p in points)}; name one as FILE::FUNCTION")
    if points:
        return custom.of_package(points[0]), OURS
    raise UsageError(_no_loss(name))


def _no_loss(name: str) -> str:
    """Why no loss has this name, and what comes near to it."""
    return instead_of(name) or f"no loss is called {name!r}{_nearest(name)}; `losscli list` shows them all"


def instead_of(name: str) -> str | None:
    """What to say of a name that is known, but not as a loss: a metric, or a dotted name that cards give as their reference."""
    from losscli.catalogue.metrics import metric

    if (said := metric(name)) is not None:
        return f"{name} is a metric, not a loss: {said}"
    if "." not in name:
        return None
    load_all()
    key = key_of(name)
    of = [known.name for known in LOSSES.values() if key in (key_of(word.strip(",;()")) for word in known.reference.split())]
    return f"no loss is called {name!r}; it is the reference of {', '.join(of)}: name one of these" if of else None


def _nearest(name: str) -> str:
    """' (did you mean huber?)': the losses whose names are nearest, each once."""
    from difflib import get_close_matches

    from losscli.catalogue.custom import installed

    written = {n.casefold(): n for n in (*all_names(), *(p.name for p in installed()))}
    close = [written[c] for c in get_close_matches(name.casefold(), written, n=6, cutoff=0.6)]
    if "." not in name:
        close = list(dict.fromkeys(NAMES[normalized(c)][0].name if normalized(c) in NAMES else c for c in close))
    return f" (did you mean {' or '.join(close[:2])}?)" if close else ""
