"""What a framework's name changes in a loss, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from losscli.presets import ROW_SHAPES, Made
from losscli.registry import Preset, Setting
from losscli.render.cells import option_flag

__all__ = ["differences", "preset_differences", "short"]

_WITHOUT = {"rows": "without rows", "terms": "where nothing counts"}


def preset_differences(preset: Preset) -> str:
    """What a framework's name changes in a loss, in words."""
    return "; ".join(differences(preset)) or "no difference"


def differences(preset: Preset) -> list[str]:
    """What a framework's name changes, each in words of its own."""
    return list(_differences(preset))


def _differences(preset: Preset) -> Iterator[str]:
    yield from (f"{k}={short(v)}" for k, v in preset.options.items())
    yield from (_renamed(preset, theirs) for theirs in preset.renames)
    yield from _role_words(preset)
    yield from (line for name, setting in preset.settings.items() for line in _setting(name, setting))
    if preset.reduction:
        yield f"reduction {preset.reduction}"
    if preset.score:
        yield f"the value is the loss 1 - {preset.score}; the score is shown beside it"
    if preset.factor != 1:
        yield f"{preset.factor:g} times our value"
    if preset.weighted == "elements":
        yield "a weighted mean divides by the elements"
    if preset.weights_ignored:
        yield "sample weights have no effect"
    if preset.weight_note:
        yield f"{preset.weight_note}, where elements are weighed here"
    if preset.last_axis:
        yield f"takes the {preset.last_axis} of the last axis first"
    if preset.row_mean:
        yield "takes the mean of each row first"
    if preset.counts_ignored:
        yield "a mean without class weights counts ignored rows"
    if preset.signs:
        yield f"maps {preset.signs} 0 to -1"
    yield from (f"gives {value:g} {_WITHOUT[what]}" for what, value in preset.empty_mean.items())
    yield from _forms(preset)
    for reduction, options in preset.by_reduction.items():
        changed = ", ".join(f"{k}={short(v)}" for k, v in (options or {}).items())
        yield f"-r {reduction} sets {changed}" if options else f"no -r {reduction}"


def _forms(preset: Preset) -> Iterator[str]:
    """The forms that a shape or an option chooses, and the forms of the roles."""
    for shape, form in preset.by_shape.items():
        changed = ", ".join(f"{k}={short(v)}" for k, v in form.differs.get("options", {}).items())
        yield f"of {ROW_SHAPES[shape]} it is {form.loss}{f' with {changed}' if changed else ''}"
    for option, names in preset.by_option.items():
        others = {value: name for value, name in names.items() if name not in preset.names}
        what = f"{option_flag(option)} {'chooses the loss' if preset.framework else 'takes another loss'}"
        yield what if set(others) <= {"true", "false"} else f"{what}: {', '.join(others)}"
    if preset.swapped_axes:
        yield f"{preset.swapped_axes} has time first, (T, N, C), and rows first under our name, (N, T, C)"
    yield from (f"{role} may hold the labels of all rows, one row after the other" for role in preset.concatenated)
    yield from (
        f"its {theirs} is our --{ours.replace('_', '-')}"
        for theirs, ours in preset.general.items()
        if ours in ("class_axis", "sample_weight")
    )
    if preset.masks:
        yield "its where, --mask, leaves numbers out"


def _setting(name: str, setting: Setting) -> Iterator[str]:
    """What each value of a framework's option sets, other than the default: 'its sigmoid sets activation=sigmoid'."""
    for value, fields in setting.fields.items():
        changes = {**fields.get("options", {}), **{k: v for k, v in fields.items() if k == "per"}}
        said = ", ".join(f"{k}={short(v)}" for k, v in changes.items())
        word = name if value is True else f"{name}={short(value)}"
        if said and value != setting.default:
            yield f"its {word} sets {said}"


def _role_words(preset: Preset) -> Iterator[str]:
    """The framework's names of our roles, and the defaults of roles."""
    words: dict[str, list[str]] = {}
    for word, role in preset.role_words.items():
        if isinstance(role, Made):
            yield f"our {role} is {role.phrase}"
        else:
            words.setdefault(role, []).append(word)
    yield from (f"{role} is its {' or '.join(theirs)}" for role, theirs in words.items())
    yield from (f"{role} is {x:g} where it is not given" for role, x in preset.role_defaults.items())


def _renamed(preset: Preset, theirs: str) -> str:
    conversion = preset.converted(theirs)
    return (
        f"its {theirs} is our {preset.renames[theirs]}" if conversion is None else f"our {conversion} is {conversion.phrase} its {theirs}"
    )


def short(x: Any) -> str:
    """A value of an option for people: yes, none, or a number with four digits."""
    if isinstance(x, bool):
        return "yes" if x else "no"
    return "none" if x is None else f"{x:.4g}" if isinstance(x, float) else str(x)
