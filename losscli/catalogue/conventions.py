"""The conventions of a loss: the names under which its number differs, and one option at a time that changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from losscli.catalogue.binding import BoundLoss, bind
from losscli.record import EMPTY, Record
from losscli.registry import OURS, Loss, Preset
from losscli.signature import Option

__all__ = ["Convention", "conventions"]

UNUSUAL = 3.0  # bits for a loss that no framework has; one less for each framework that has it
FRAMEWORK, OPTION = 0.5, 2.0  # bits for a framework's own settings, and for an option that is not the default
LABEL_SMOOTHING = 0.1  # the value that papers and tutorials use
_NO_CONVENTION = ("slope", "side")  # options that change the derivative, or choose another quantity


class Convention(Record):
    """A loss under one of its names, with its options. `bits` says how much there is to say about it: fewer for what is common."""

    loss: Loss
    preset: Preset
    named: str  # the name to type
    names: tuple[str, ...]  # the other names with the same settings
    options: Mapping[str, Any]  # those that are not the default of this name, by its words
    bits: float

    def bound(self) -> BoundLoss:
        """The loss with a value for every option."""
        return bind(self.loss, self.preset, self.options)


def conventions(loss: Loss, only: Preset | None = None, given: Mapping[str, Any] = EMPTY) -> Iterator[Convention]:
    """The conventions of a loss: each name with its own settings, then the same with one option changed.

    `only` is the preset of the name that the user gave, and `given` the options, which stay as they are.
    """
    unusual = max(0.0, UNUSUAL - len(_frameworks(loss)))
    presets = _by_settings(loss) if only is None else [(only, _names(loss, only))]
    known = {repr(_settings(loss, preset)) for preset, _ in presets}
    for preset, names in presets:
        bits = unusual + FRAMEWORK * (preset is not OURS)
        plain = Convention(loss, preset, names[0], names[1:], given, bits)
        yield plain
        for name, value in _changed_options(loss, preset, given):
            settings = repr(_settings(loss, preset, {name: value}))
            if settings not in known:
                known.add(settings)
                yield plain.but(options={**given, preset.word(name): value}, bits=bits + OPTION)


def _frameworks(loss: Loss) -> set[str]:
    return {name.partition(".")[0] for preset in loss.presets for name in preset.names if "." in name}


def _names(loss: Loss, preset: Preset) -> tuple[str, ...]:
    return preset.names or (loss.name,)


def _by_settings(loss: Loss) -> list[tuple[Preset, tuple[str, ...]]]:
    """The presets that differ in what is computed, each with all names; ours is first."""
    found: dict[str, tuple[Preset, tuple[str, ...]]] = {}
    for preset in (OURS, *loss.presets):
        key = repr(_settings(loss, preset))
        first, names = found.get(key, (preset, ()))
        found[key] = (first, (*names, *_names(loss, preset)))
    return list(found.values())


def _settings(loss: Loss, preset: Preset, changed: Mapping[str, Any] = EMPTY) -> tuple[Any, ...]:
    """What of a preset changes the number, beyond the choice of the reduction; with some options changed."""
    options = {n: o.default for n, o in loss.options.items()} | dict(preset.options) | dict(changed)
    options = {n: v for n, v in options.items() if n not in _NO_CONVENTION}
    axis = preset.class_axis if any(role.domain.classes for role in loss.roles.values()) else None
    means = preset.factor, preset.weighted, preset.last_axis, preset.row_mean, preset.counts_ignored
    return options, means, preset.signs, axis, preset.per, (dict(preset.by_shape), dict(preset.by_reduction), dict(preset.settings))


def _changed_options(loss: Loss, preset: Preset, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each option that a convention may set otherwise, by our name, with another value."""
    for option in loss.options.values():
        word = preset.word(option.name)
        if option.name in _NO_CONVENTION or {word, option.name} & {*given, *preset.instead} or preset.converted(word) is not None:
            continue
        yield from ((option.name, value) for value in _other_values(option, preset.default(option)))


def _other_values(option: Option, default: Any) -> list[Any]:
    if option.kind == "bool":
        return [not default]
    if option.kind == "choice":
        return [c for c in option.choices if c != default]
    return [LABEL_SMOOTHING] if option.name == "label_smoothing" and default == 0 else []
