"""losscli: the number that PyTorch, Keras, scikit-learn or optax would give, without any of them.

`compute` and `gradient` take arrays, `class_weights` counts; `find` gives what is known of a loss; `LOSSES` holds them all by name.
"""

from __future__ import annotations

from losscli.version import __version__

TYPE_CHECKING = False  # typing takes milliseconds, in which a Ctrl-C would end the command in a traceback
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
    """The loss of a name, an alias or a framework-qualified name, in any case; or of a function. Raises a UsageError for none."""
    from losscli.catalogue.lookup import find

    return find(name)[0]


def __getattr__(name: str) -> Any:
    """Names on first use: `import losscli` alone loads no NumPy."""
    from importlib import import_module

    if name == "LOSSES":
        import_module("losscli.catalogue.lookup").load_all()
        return import_module("losscli.registry").LOSSES
    if name in _HOMES:
        return getattr(import_module(f"losscli.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")
