"""losscli computes the exact value of a loss as PyTorch, Keras, scikit-learn or optax does, and needs none of them.

`compute`, `gradient` and `compare` take arrays, as does `match`, which finds the loss that gives a number. `class_weights` takes counts.
`find` returns a loss by its name. `LOSSES` is the dict of all losses.
"""

from __future__ import annotations

from losscli.version import __version__

TYPE_CHECKING = False  # importing typing takes milliseconds, and Ctrl-C during them would show a traceback
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from losscli.api.compare import compare
    from losscli.api.compute import compute, gradient
    from losscli.api.match import match
    from losscli.catalogue.class_weights import class_weights
    from losscli.registry import LOSSES, Loss
    from losscli.results.result import Result

__all__ = ["LOSSES", "Loss", "Result", "__version__", "class_weights", "compare", "compute", "find", "gradient", "match"]
_MODULES = {
    "compare": "api.compare",
    "compute": "api.compute",
    "gradient": "api.compute",
    "match": "api.match",
    "class_weights": "catalogue.class_weights",
    "Result": "results.result",
    "Loss": "registry",
}


def find(name: str | Callable[..., Any]) -> Loss:
    """Find a loss by its name, an alias or a framework's name (case does not matter), or make one from a function.

    Raises UsageError for an unknown name, InputError for a function that cannot be a loss.
    """
    from losscli.catalogue.lookup import find

    return find(name)[0]


def __dir__() -> list[str]:
    """The names of the interface, and no others."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that `import losscli` alone does not load NumPy."""
    from importlib import import_module

    if name == "LOSSES":
        import_module("losscli.catalogue.lookup").load_all()
        return import_module("losscli.registry").LOSSES
    if name in ("errors", "testing"):  # the documentation names them after `import losscli`
        return import_module(f"losscli.{name}")
    if name in _MODULES:
        return getattr(import_module(f"losscli.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'losscli' has no attribute {name!r}")
