"""The options of a loss as they are given, checked before anything is read: numbers or text in, what the loss takes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.catalogue.class_weights import WeightsFromCounts
from losscli.errors import UsageError, suggest
from losscli.numeric.arrays import as_array, is_masked
from losscli.numeric.lazy import np
from losscli.record import Record
from losscli.registry import OURS, Loss, Preset
from losscli.signature import Option

__all__ = ["BoundLoss", "bind", "check_option"]


class BoundLoss(Record):
    """A loss under a name of ours or of a framework, with a checked value for every option."""

    loss: Loss
    options: Mapping[str, Any]
    preset: Preset = OURS


def bind(known: Loss, preset: Preset, given: Mapping[str, Any]) -> BoundLoss:
    """The loss with all its options, checked: those given (numbers or text), the preset's, the defaults.

    Class weights that are to be made from counts are Balanced. Raises UsageError for an unknown option, a value outside its domain, and
    options that do not go together.
    """
    ours: dict[str, Any] = {}
    for n, v in given.items():
        name = preset.renames.get(n, n)
        if ours.get(name) is not None and v is not None:
            raise UsageError(f"{known.name}: {preset.word(name)} and {name} are one option here: give one of them")
        ours[name] = _converted(known, preset, n, v) if v is not None else ours.get(name)
    names = preset.words
    for name in ours:
        if name in preset.instead and name not in known.all_options:
            raise UsageError(f"{known.name} has no option {name!r}: {preset.instead[name]}")
        if name not in known.all_options:
            has = ", ".join(known.all_options) or "none"
            raise UsageError(f"{known.name} has no option {name!r}{suggest(name, known.all_options)}; its options: {has}")
    chosen = {n: o.default for n, o in known.options.items()} | dict(preset.options) | ours
    bound = {n: check_option(known, o, chosen[n], names.get(n, n)) for n, o in known.options.items()}
    how = {n: check_option(known, o, ours[n], n) for n, o in known.count_options.items() if ours.get(n) is not None}
    if how:
        bound[known.weight_option] = _balanced(
            known, bound[known.weight_option], names.get(known.weight_option, known.weight_option), **how
        )
    return BoundLoss(known, bound, preset)


def _converted(known: Loss, preset: Preset, name: str, value: Any) -> Any:
    """A value by a framework's word, in our units. Raises UsageError for one that the framework's word can't have."""
    how = preset.converted(name)
    return value if how is None else how.to(check_option(known, known.options[how], value, name))


def _balanced(known: Loss, weights: Any, written: str, *, class_counts: Any = None, beta: float | None = None) -> WeightsFromCounts:
    """What the class weights are to be made from. Raises UsageError where they are given as well, and where there is nothing to count."""
    counted = isinstance(weights, WeightsFromCounts)
    if class_counts is not None and (counted or not np.array_equal(weights, known.options[known.weight_option].default)):
        raise UsageError(f"{known.name}: {written} and class_counts both say what the classes weigh: leave one of them out")
    if class_counts is None and not counted:
        fix = f", or {written} balanced" if known.labels is not None else ""
        raise UsageError(f"{known.name}: beta makes class weights from counts: give class_counts{fix}")
    return WeightsFromCounts(class_counts, beta)


def check_option(known: Loss, option: Option, value: Any, written: str) -> Any:
    """The value of one option, as the loss takes it; `written` is what the user calls it. Raises UsageError."""
    if value is None and option.optional:
        return None
    if isinstance(value, str) and value in option.words:
        return WeightsFromCounts()
    try:
        value = _READ[option.kind](value, option)
    except (TypeError, ValueError, OverflowError):
        shown = value.tolist() if hasattr(value, "tolist") else value
        raise UsageError(f"{known.name}: {written} takes {option.says or 'true or false'}, not {shown!r}") from None
    if option.domain is not None:
        array = np.asarray(value, np.float64)
        if option.domain.wrong(array, {}).any():
            shown = value.tolist() if hasattr(value, "tolist") else value
            must = option.domain.says if np.isfinite(array).all() else "finite"
            raise UsageError(f"{known.name}: {written} must be {must}, not {shown!r}")
    return value


def _read_bool(value: Any, option: Option) -> bool:
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
    if isinstance(value, bool) or (isinstance(value, str) and "_" in value):  # 1_0 is 10 to Python alone
        raise ValueError
    number = float(value if isinstance(value, str | int | float) else as_array(option.name, value))
    if number != number or (option.domain is None and number in (float("inf"), float("-inf"))):
        raise ValueError
    return number


def _read_array(value: Any, option: Option) -> Any:
    array = np.asarray(as_array(option.name, value), np.float64)
    if array.size == 0 or is_masked(value) or any("_" in v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str)):
        raise ValueError
    if option.domain is None:  # of a user's function: as many as it likes
        return np.atleast_1d(array)
    return float(array) if array.ndim == 0 else array


def _read_text(value: Any, option: Option) -> str:
    return str(value)


_READ = {"text": _read_text, "bool": _read_bool, "choice": _read_choice, "int": _read_int, "float": _read_float, "array": _read_array}
