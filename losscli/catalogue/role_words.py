"""Roles in the words of a framework: scoringrules calls a target obs, and takes the scale of a distribution where we take its rate."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from losscli.errors import UsageError
from losscli.presets import Made
from losscli.record import EMPTY
from losscli.registry import Loss, Preset
from losscli.signature import Signature

__all__ = ["LossOfRoles", "in_our_roles", "with_defaults"]


class LossOfRoles(Loss):
    """A loss with other roles than its function says."""

    takes: Signature = Signature(EMPTY, EMPTY)  # type: ignore[arg-type]

    @cached_property
    def signature(self) -> Signature:
        return self.takes


def in_our_roles(loss: Loss, preset: Preset, given: Mapping[str, Any]) -> tuple[Preset, dict[str, Any]]:
    """What was given, with our names of the roles; the preset knows which of them have to be made of other numbers.

    Raises UsageError for a role that is given under two names.
    """
    if not preset.role_words:
        return preset, dict(given)
    ours, made, words = dict[str, Any](), dict[str, Made](), dict[str, str]()
    for word, value in given.items():
        role = preset.role_words.get(word, word)
        if value is None:
            ours.setdefault(str(role), None)
            continue
        if (other := words.setdefault(str(role), word)) != word:
            raise UsageError(f"{loss.name}: {other} and {word} are one role here: give one of them")
        ours[str(role)] = value
        if isinstance(role, Made):
            made[str(role)] = role
    return preset.but(made=made), ours


def with_defaults(loss: Loss, preset: Preset) -> Loss:
    """The loss, whose roles with a default under this name are optional."""
    if not preset.role_defaults:
        return loss
    roles = {n: r.but(optional=True) if n in preset.role_defaults else r for n, r in loss.roles.items()}
    fields = {name: getattr(loss, name) for name in Loss._names}
    return LossOfRoles(**fields, takes=loss.signature.but(roles=roles))
