"""losscli: the exact value of a loss, as PyTorch, Keras, scikit-learn or optax computes it, without any of them.

`compute` and `gradient` take arrays, `class_weights` takes counts. `find` gives a loss by its name, and `LOSSES` has all of them.
"""

from __future__ import annotations

from losscli.version import __version__

TYPE_CHECKING = False  # to import typing takes milliseconds, in which Ctrl-C would show a traceback
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from losscli.api import compute, gradient
    from losscli.catalogue.class_weights import class_weights
    from losscli.registry import LOSSES, Loss
    from losscli.results.result import Result

__all__ = ["LOSSES", "Loss", "Result", "__version__", "class_weights", "compute", "find", "gradient"]
_HOMES = {
    "compute": "api",
    "gradient": "api",
    "class_weights": "catalogue.class_weights",
    "Result": "results.result",
    "Loss": "registry",
}


def find(name: str | Callable[..., Any]) -> Loss:
    """The loss of a name, an alias or a framework's name, in any case; or of a function.

    Raises UsageError for an unknown name, InputError for a function that cannot be a loss.
    """
    from losscli.catalogue.lookup import find

    return find(name)[0]


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that `import losscli` alone does not load NumPy."""
    from importlib import import_module

    if name == "LOSSES":
        import_module("losscli.catalogue.lookup").load_all()
        return import_module("losscli.registry").LOSSES
    if name in _HOMES:
        return getattr(import_module(f"losscli.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")
