"""Keywords of every call that mean another thing under a framework's name: Keras' reduction=None, and classes of segmentation models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.catalogue.lookup import find
from losscli.errors import UsageError
from losscli.registry import OURS

__all__ = ["OF_LOSS", "in_framework_words"]

OF_LOSS = ""  # the reduction of the loss


def in_framework_words(name: Any, given: Mapping[str, Any], reduction: str | None, classes: Any) -> tuple[dict[str, Any], str | None, Any]:
    """The roles and options, the reduction (None for that of the loss), and the words of labels, as the framework of a name means them.

    Raises UsageError for reduction=None where the framework has no such reduction.
    """
    preset = find(name)[1] if isinstance(name, str) and (reduction is None or classes is not None) else OURS
    if reduction is None and preset.none_reduction == "error":
        raise UsageError(f"{name}: reduction=None is an error in {preset.names[0].partition('.')[0]} too: give 'none', 'mean' or 'sum'")
    if reduction is None and preset.none_reduction == "none":
        reduction = "none"
    if classes is not None and ("classes" in preset.renames or "classes" in preset.instead):
        return {**given, "classes": classes}, reduction or None, None
    return dict(given), reduction or None, classes
