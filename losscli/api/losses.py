"""Losses as Python names them: a name, a name with options, or a function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from losscli.catalogue.lookup import find, name_by_option
from losscli.catalogue.loss_text import loss_with_options
from losscli.registry import Loss, Preset

__all__ = ["NamedLosses", "named_losses"]

OneLoss = str | Callable[..., Any] | tuple[str, Mapping[str, Any]]
NamedLosses = OneLoss | Sequence[OneLoss]


def named_losses(losses: NamedLosses) -> list[tuple[str, Any, tuple[Loss, Preset], Mapping[str, Any]]]:
    """Each loss: its text for a table, the name or function, the loss itself, and its options."""
    one = isinstance(losses, str) or callable(losses)
    return [_named(x) for x in ([losses] if one else losses)]  # type: ignore[union-attr]


def _named(loss: Any) -> tuple[str, Any, tuple[Loss, Preset], Mapping[str, Any]]:
    if isinstance(loss, str):
        definition, options = loss_with_options(loss)
        return loss, loss, definition, options
    name, options = loss if isinstance(loss, tuple) else (loss, {})
    name, options = name_by_option(name, options)
    text = name if isinstance(name, str) else getattr(name, "__name__", str(name))
    return ":".join([text, *([",".join(f"{k}={v}" for k, v in options.items())] if options else [])]), name, find(name), options
