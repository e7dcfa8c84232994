"""Binding of options: the user's numbers or texts are checked, before any file is read, and become the values that the loss takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from losscli.catalogue.class_weights import WeightsFromCounts
from losscli.catalogue.given import in_forms
from losscli.catalogue.role_words import with_defaults
from losscli.domains import Range, Whole, any_or_infinite
from losscli.domains.values import INF
from losscli.errors import UsageError, suggest
from losscli.numeric.arrays import as_array, is_masked
from losscli.numeric.lazy import Array, np
from losscli.record import EMPTY, Record
from losscli.registry import OURS, Converted, Loss, Preset
from losscli.signature import Option, OptionKind

__all__ = ["BoundLoss", "bind", "check_option", "option_named", "options_of"]


class BoundLoss(Record):
    """A loss under one of its names, with a checked value for every option."""

    loss: Loss
    options: Mapping[str, Any]
    preset: Preset = OURS
    general: Mapping[str, Any] = EMPTY  # the framework's words for options that every loss has, such as weight, with their values
    notes: tuple[str, ...] = ()  # of options without effect


# What a framework's word for an option that every loss has takes; and for one that changes the numbers of a role before all else.
_GENERAL = {
    "sample_weight": Option("", "array", None, Range(ndim=1, least=0, below=INF), optional=True,
                            about="A weight for each value, in a shape that NumPy broadcasts to that of the values."),
    "row_weight": Option("", "array", None, Range(ndim=1, least=0, below=INF), optional=True, about="A weight for each row."),
    "class_axis": Option("", "int", None, optional=True, about="The axis that the loss sums over."),
    "factor": Option("", "array", None, Range(ndim=1, least=0, below=INF), optional=True, about="A factor of each number of target."),
    "where": Option("", "array", None, Range(ndim=1, least=0, most=1), optional=True, about="1 for the numbers that count, 0 for others."),
    "one_hot_smoothing": Option("", "float", 0.1, Range(least=0, below=1), about="Label smoothing of class indices."),
    "index_smoothing": Option("", "float", None, Range(least=0, below=1), optional=True,
                              about="Label smoothing of class indices; a number for each class stays as it is."),
    "smooth_dense": Option("", "bool", False, about="Smooth a target with a number for each class, too: towards ½."),
    "threshold": Option("", "float", None, optional=True, about="The target is 1 above this, else 0."),
    "labels": Option("", "array", None, Range(ndim=1, above=-INF, below=INF), optional=True,
                     about="The labels of the classes, as numbers: sorted, they are those of the columns of pred."),
    "pos_label": Option("", "float", None, optional=True, about="The positive label: the target is 1 where it is this number, else 0."),
    "count": Option("", "int", None, Whole(least=1, below=INF), optional=True,
                    about="The number of classes, labels or levels; it is that of the columns, and only checked."),
    "views": Option("", "int", 3, Whole(least=1, below=INF), about="The views of the rows, below each other."),
}  # fmt: skip


def bind(loss: Loss, preset: Preset, given: Mapping[str, Any]) -> BoundLoss:
    """The loss with a value for every option: the given ones (numbers or text), else the preset's, else the default.

    Class weights that are made from counts later are a WeightsFromCounts. Raises UsageError for an unknown option, for a value outside
    its domain, and for options that exclude each other.
    """
    preset, given = _settled(loss, preset, given)
    general = _general_options(loss, preset, given)
    ours = _in_our_names(loss, preset, given)
    for name, value in ours.items():
        if name not in loss.all_options or (name in preset.instead and value is not None):
            raise UsageError(_no_option(loss, preset, name))
    chosen = {n: o.default for n, o in loss.options.items()} | dict(preset.options) | ours
    values = {n: check_option(loss, o, chosen[n], preset.word(n)) for n, o in loss.options.items()}
    from_counts = {n: check_option(loss, o, ours[n], n) for n, o in loss.count_options.items() if ours.get(n) is not None}
    if from_counts:
        values[loss.weight_option] = _weights_from_counts(loss, preset, values[loss.weight_option], **from_counts)
    given_forms = _given_forms(loss, preset, values, ours)
    if refused := loss.refusal(values | given_forms, preset):
        raise UsageError(f"{loss.name}: {refused}")
    notes = _idle_options(loss, preset, values)
    return BoundLoss(
        in_forms(with_defaults(loss.for_options(values), preset), tuple(given_forms)), values | given_forms, preset, general, notes
    )


def _idle_options(loss: Loss, preset: Preset, values: Mapping[str, Any]) -> tuple[str, ...]:
    """A note for each option that has no effect beside the others, where the framework takes it. Raises UsageError for others."""
    notes = []
    for option in loss.options.values():
        needs, default = option.needs, preset.options.get(option.name, option.default)
        if needs is None or needs.name not in values or np.array_equal(values[option.name], default):
            continue
        given = values[needs.name]
        if given is not None and (not needs.values or given in needs.values):
            continue
        said = preset.in_words(f"--{option.name.replace('_', '-')} needs {needs.says}: it has no effect here")
        if not (preset.framework and needs.noted):
            raise UsageError(f"{loss.name}: {said}")
        notes.append(said)
    return tuple(notes)


def _general_options(loss: Loss, preset: Preset, given: dict[str, Any]) -> dict[str, Any]:
    """Take the framework's words for options that every loss has from the given options: their values, or their defaults."""
    found = {}
    for word, ours in preset.general.items():
        option = _GENERAL[ours].but(name=word)
        value = given.pop(word, None)
        value = option.default if value is None else check_option(loss, option, value, word)
        if value is not None and value is not False:
            found[word] = value
    return found


def _given_forms(loss: Loss, preset: Preset, values: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, bool]:
    """The form options that change something. Raises UsageError where two options say what one role holds."""
    usual = {} if any(ours.get(n) for n in loss.form_options) else preset.options  # a framework's form, unless another one is given
    given = [n for n, said in loss.form_options.items() if check_option(loss, said.option, ours.get(n, usual.get(n)) or False, n)]
    says: dict[str, str] = {}
    if ours.get("from_logits") is not None and "from_logits" in loss.options and values["from_logits"]:
        says[loss.first] = preset.word("from_logits")
    for name in given:
        role = loss.form_options[name].role
        if (other := says.setdefault(role, name)) != name:
            raise UsageError(f"{loss.name}: {other} and {name} both say what {role} holds: leave one of them out")
        if not loss.roles[role].domain.of(values).form:
            raise UsageError(f"{loss.name}: with these options {role} is taken as it is: leave {name} out")
    for name, said in loss.form_options.items():
        if ours.get(name) is not None and name not in given and said.role not in says and said.form == said.takes:
            check_option(loss, said.option, ours[name], name)
            others = " or ".join(n for n, o in loss.form_options.items() if o.role == said.role and n != name)
            raise UsageError(f"{loss.name}: {name} is false: say what {said.role} holds, with {others}")
    return {n: True for n in given if loss.form_options[n].form != loss.roles[loss.form_options[n].role].domain.of(values).form}


def options_of(loss: Loss, preset: Preset) -> dict[str, Option]:
    """The options of a name by the words of its framework: those of the loss, and the settings.

    An option is left out if the framework uses its name for another option, or does not take it.
    """
    left_out = {*preset.renames.keys() - set(preset.renames.values()), *preset.instead}
    found = {preset.word(o.name): o for o in loss.all_options.values() if o.name not in left_out}
    # The command has a --where of its own: there the mask is --mask.
    general = {word: _GENERAL[ours].but(name=word) for word, ours in preset.general.items() if word != "where"}
    return found | general | {name: setting.option(name) for name, setting in preset.settings.items()}


def option_named(loss: Loss, preset: Preset, word: str) -> Option | None:
    """The option that a word means under a name: the framework's word, or ours; None for no option."""
    return options_of(loss, preset).get(word) or loss.all_options.get(preset.renames.get(word, word))


def _settled(loss: Loss, preset: Preset, given: Mapping[str, Any]) -> tuple[Preset, dict[str, Any]]:
    """The preset under the settings that are given, and the other options. Raises UsageError for two that set the same option."""
    others, set_by = dict(given), dict[str, str]()
    for name, setting in preset.settings.items():
        value = others.pop(name, None)
        if setting.of_numbers is not None and value is not None and not (isinstance(value, str) and value in setting.fields):
            preset = preset.but(**setting.of_numbers, output_weights=_output_weights(loss, setting.option(name), value))
            continue
        if value is not None and setting.of_numbers is None:  # else it is one of the words
            value = check_option(loss, setting.option(name), value, name)
        if value is None or value == setting.default:
            continue
        options = setting.fields[value].get("options", {})
        for option in options:
            other = next((w for w in (preset.word(option), option) if given.get(w) is not None), set_by.setdefault(option, name))
            if other != name:
                raise UsageError(f"{preset.names[0]}: {other} and {name} exclude each other: leave one of them out")
        preset = preset.but(**{**setting.fields[value], "options": {**preset.options, **options}})
    return preset, others


def _output_weights(loss: Loss, option: Option, value: Any) -> tuple[float, ...]:
    """The weights of the outputs. A plain list of them does not load NumPy."""
    if isinstance(value, list) and value and all(type(x) in (int, float) and 0 <= x < INF for x in value):
        return tuple(map(float, value))
    return tuple(np.atleast_1d(check_option(loss, option, value, option.name)).tolist())


def _in_our_names(loss: Loss, preset: Preset, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given options under our names and in our units. Raises UsageError for one that is given under two names."""
    ours: dict[str, Any] = {}
    for n, value in given.items():
        name = preset.renames.get(n, n)
        if value is None:
            ours.setdefault(name, None)
            continue
        if ours.get(name) is not None:
            raise UsageError(f"{loss.name}: {preset.word(name)} and {name} are one option here: give one of them")
        conversion = preset.converted(n)
        ours[name] = value if conversion is None else _converted(loss, conversion, value, n)
    return ours


def _converted(loss: Loss, conversion: Converted, value: Any, theirs: str) -> float:
    """A framework's value of an option as ours. Raises UsageError for one that is then outside the option's domain."""
    option = loss.options[conversion]
    ours = conversion.to(check_option(loss, option.but(domain=any_or_infinite), value, theirs))
    if option.domain is not None and option.domain.wrong(np.asarray(ours, np.float64), {}).any():
        raise UsageError(f"{loss.name}: {theirs} {_plain(value)} makes our {conversion} {ours:g}, which must be {option.domain.says}")
    return ours


def _no_option(loss: Loss, preset: Preset, name: str) -> str:
    """The message for an option that the loss does not have."""
    if name in preset.instead:
        named = preset.names[0] if name in loss.all_options else loss.name
        return f"{named} has no option {name!r}: {preset.instead[name]}"
    names = [*loss.all_options, *preset.general, *preset.settings]
    return f"{loss.name} has no option {name!r}{suggest(name, names)}; its options: {', '.join(names) or 'none'}"


def _weights_from_counts(
    loss: Loss, preset: Preset, weights: Any, *, class_counts: Any = None, beta: float | None = None
) -> WeightsFromCounts:
    """Class weights from counts. Raises UsageError where class weights are given too, or no counts are given."""
    option, balanced = preset.word(loss.weight_option), isinstance(weights, WeightsFromCounts)
    if class_counts is not None and (balanced or not np.array_equal(weights, loss.options[loss.weight_option].default)):
        raise UsageError(f"{loss.name}: {option} and class_counts both set the weights of the classes: leave one of them out")
    if class_counts is None and not balanced:
        fix = f", or {option} balanced" if loss.labels is not None else ""
        raise UsageError(f"{loss.name}: beta makes class weights from counts: give class_counts{fix}")
    return WeightsFromCounts(class_counts, beta)


def check_option(loss: Loss, option: Option, value: Any, written: str) -> Any:
    """The value of one option as the loss takes it; `written` is the user's name of the option.

    Raises UsageError for a value of another kind and for one outside the option's domain.
    """
    if option.optional and (value is None or (option.kind in ("float", "int") and value == "none")):
        return None
    if isinstance(value, str) and value in option.words:
        return WeightsFromCounts()
    try:
        value = _READ[option.kind](value, option)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(f"{loss.name}: {written} takes {option.takes}, not {_plain(value)!r}") from None
    if option.domain is not None:
        array = np.asarray(value, np.float64)
        if option.domain.wrong(array, {}).any():
            must = option.domain.says if np.isfinite(array).all() else "finite"
            raise UsageError(f"{loss.name}: {written} must be {must}, not {_plain(value)!r}")
    return value


def _plain(value: Any) -> Any:
    """A value as a message shows it: an array as a list."""
    return value.tolist() if hasattr(value, "tolist") else value


# --- a reader for each kind of option, which raises TypeError, ValueError or OverflowError ---


def _read_bool(value: Any, option: Option) -> bool | None:
    if value == "auto" and option.optional:
        return None
    if isinstance(value, str):
        value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(value.casefold(), value)
    if value not in (True, False):
        raise ValueError
    return bool(value)


def _read_choice(value: Any, option: Option) -> str:
    if value not in option.choices:
        raise ValueError
    return str(value)


def _read_int(value: Any, option: Option) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value) or (not isinstance(value, str) and int(value) != value):
        raise ValueError
    return int(value)


def _read_float(value: Any, option: Option) -> float:
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):  # only Python reads 1_0 as 10
        raise ValueError
    number = float(value if isinstance(value, str | int | float) else as_array(option.name, value))
    if number != number or (option.domain is None and number in (float("inf"), float("-inf"))):
        raise ValueError
    return number


def _read_array(value: Any, option: Option) -> Array | float:
    array = np.asarray(as_array(option.name, value), np.float64)
    if array.size == 0 or is_masked(value) or any("_" in v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)):
        raise ValueError
    if option.domain is None or isinstance(option.default, list):  # of a user's function, or one number for each of several
        return np.atleast_1d(array)
    return float(array) if array.ndim == 0 else array


def _read_text(value: Any, option: Option) -> str:
    return str(value)


_READ: dict[OptionKind, Callable[[Any, Option], Any]] = {
    "text": _read_text,
    "bool": _read_bool,
    "choice": _read_choice,
    "int": _read_int,
    "float": _read_float,
    "array": _read_array,
}
