"""Presets: what another name of a loss changes: the names and defaults of its options, the mean, the axes, and the loss for a shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from losscli.domains import Range
from losscli.record import EMPTY, Record
from losscli.signature import Option

__all__ = ["ALPHA_OF_LEVEL", "OURS", "ROW_SHAPES", "TINY", "Converted", "Form", "Made", "Preset", "Setting", "switch", "times"]

# The epsilon of a framework without one: the ratio is huge, but not infinite, where the target is 0.
TINY = 1e-100

Divisor = Literal["weights", "elements", "kept"]  # "kept": the elements that are not ignored
ROW_SHAPES = {
    "numbers": "one number a row",
    "vectors": "several numbers a row",
    "flags": "several numbers a row, with as many in the target,",
}


class Converted(str):
    """The name of one of our options whose values differ from those of a framework's option, with functions that convert the values."""

    to: Callable[[float], float]  # the framework's value -> ours
    back: Callable[[float], float]  # ours -> the framework's
    phrase: str  # the conversion in words, as in "our eps is the square root of its epsilon"

    @classmethod
    def make(cls, ours: str, to: Callable[[float], float], back: Callable[[float], float], phrase: str) -> Converted:
        name = cls(ours)
        name.to, name.back, name.phrase = to, back, phrase
        return name


def times(ours: str, factor: float) -> Converted:
    """The name of one of our options whose value is the framework's value times a factor."""
    return Converted.make(ours, lambda x: x * factor, lambda x: x / factor, f"{factor:g} times")


ALPHA_OF_LEVEL = Converted.make("alpha", lambda x: 1 - x / 100, lambda x: 100 * (1 - x), "the share outside, 1 − level / 100, of")


class Made(str):
    """The name of one of our roles whose numbers are made of those that a framework takes: the rate of its scale."""

    make: Callable[..., Any]  # the arrays of the framework's role, and of `others` -> ours
    others: tuple[str, ...]  # roles of ours that are needed too
    phrase: str  # the conversion in words, as in "our rate is 1 / its scale"

    @classmethod
    def of(cls, ours: str, make: Callable[..., Any], phrase: str, *others: str) -> Made:
        name = cls(ours)
        name.make, name.others, name.phrase = make, others, phrase
        return name


class Form(Record):
    """What a framework's name means for some shape: another loss, and the fields of the preset that differ then."""

    loss: str
    differs: Mapping[str, Any] = EMPTY


class Setting(Record):
    """An option of a framework that sets fields of the preset, such as several of our options: the fields under each of its values.

    One that chooses another loss is a row of `Preset.by_option`.
    """

    default: bool | str
    fields: Mapping[Any, Mapping[str, Any]]
    about: str = ""
    of_numbers: Mapping[str, Any] | None = None  # the fields where numbers are given instead of a word: the weights of the outputs

    def option(self, name: str) -> Option:
        """The option as the command line and the checks see it."""
        if isinstance(self.default, bool):
            return Option(name, "bool", self.default, about=self.about)
        if self.of_numbers is not None:
            weights = Range(ndim=1, least=0, below=float("inf"))
            return Option(name, "array", None, weights, optional=True, words=tuple(self.fields), about=self.about)
        return Option(name, "choice", self.default, choices=tuple(self.fields), about=self.about)


def switch(*, default: bool = False, about: str = "", **fields: Any) -> Setting:
    """A yes-or-no option of a framework, with the fields that differ where it is not the default."""
    return Setting(default, {not default: fields, default: {}}, about)


class Preset(Record):
    """The differences between a framework's version of a loss and ours: names and defaults of options, the mean, the axes."""

    names: tuple[str, ...] = ()
    options: Mapping[str, Any] = EMPTY  # our option -> its default in the framework
    renames: Mapping[str, str] = EMPTY  # the framework's name of an option -> ours; Converted where the values differ
    reduction: str | None = None  # the default reduction of the framework
    # What reduction=None means there, in Python: the default, no reduction, or an error.
    none_reduction: Literal["default", "none", "error"] = "default"
    weighted: Divisor | None = None  # what a weighted mean is divided by; None for the weights
    weight_note: str = ""  # text for a warning: how the framework uses weights, where it does not multiply each element by its weight
    # What weights of the items of lists are: of values, of lists (their mean by relevance), or factors of the relevances.
    item_weights: Literal["values", "lists", "gains"] | None = None
    weights_ignored: bool = False  # the framework takes weights without effect
    factor: float = 1.0  # the framework's value divided by ours: 2 for a pinball loss that is twice ours
    last_axis: Literal["mean", "sum"] | None = None  # a reduction of the last axis before all others (keras, optax)
    row_mean: bool = False  # the mean of each row's values before all reductions (mxnet)
    counts_ignored: bool = False  # a mean without class weights is divided by all rows, also those that are ignored (paddle, burn)
    signs: str | None = None  # the role whose labels 0 and 1 become -1 and 1
    two_labels: bool = False  # any two labels of rows that are numbers are the negative and the positive one, in their order
    lone_negative: bool = False  # and a label that all rows have is the negative one
    class_axis: int | None = None
    per: str | None = None
    score: str = ""  # the framework's number, if it is 1 minus the value here: a score, larger where it is better
    # The framework's mean of no "rows", and of rows without "terms" or weights, where it is not ours.
    empty_mean: Mapping[str, float] = EMPTY
    by_shape: Mapping[str, Form] = EMPTY  # one of ROW_SHAPES -> what the name means for such rows of the first role, if another loss
    settings: Mapping[str, Setting] = EMPTY  # the framework's options that set several of ours, or --per
    by_option: Mapping[str, Mapping[str, str]] = EMPTY  # a framework's option -> for each of its values the name that means it
    # Options of the framework that we do not have or that mean another thing here, and roles that the name does not take -> what to do.
    instead: Mapping[str, str] = EMPTY
    output_weights: tuple[float, ...] = ()  # the weight of each output in the mean over them
    swapped_axes: str = ""  # the role whose first two axes the framework has in the other order
    concatenated: Mapping[str, str] = EMPTY  # a role that may hold the labels of all rows, one row after the other -> that of their lengths
    general: Mapping[str, str] = EMPTY  # the framework's name of an option of every loss -> ours, or what it does to a role: `binding`
    masks: Mapping[str, float] = EMPTY  # role -> what takes the place of its numbers where the framework's `where` is false
    role_words: Mapping[str, str] = EMPTY  # the framework's name of a role -> ours; Made where the numbers differ
    role_defaults: Mapping[str, float] = EMPTY  # role -> the number that it is where it is not given
    made: Mapping[str, Made] = EMPTY  # of `role_words`, those that were given, by our role
    one_for_all: bool = False  # one number of a role is that of all rows
    by_reduction: Mapping[str, Mapping[str, Any] | None] = (
        EMPTY  # a reduction -> our options under it; None: the framework has no such reduction
    )

    @property
    def framework(self) -> bool:
        """Whether this preset belongs to a framework, and is not just another name of ours."""
        return any("." in name for name in self.names)

    @property
    def words(self) -> dict[str, str]:
        """Our name of each renamed option -> the framework's."""
        return {ours: theirs for theirs, ours in self.renames.items()}

    def default(self, option: Option) -> Any:
        """The default of an option, in the framework's units."""
        value, conversion = self.options.get(option.name, option.default), self.converted(self.words.get(option.name, ""))
        return value if conversion is None or value is None else conversion.back(value)

    def converted(self, theirs: str) -> Converted | None:
        """The conversion between the values of the framework's option and ours; None where they are the same."""
        ours = self.renames.get(theirs)
        return ours if isinstance(ours, Converted) else None

    def word(self, option: str) -> str:
        """The framework's name of one of our options."""
        return self.words.get(option, option)

    def our_role(self, word: str) -> str:
        """Our name of a role that has the framework's name, and the same numbers; other words are unchanged."""
        role = self.role_words.get(word, word)
        return word if isinstance(role, Made) else role

    def in_words(self, text: str) -> str:
        """Replace the names of our options in a text (`--eps`) by the framework's names."""
        for theirs, ours in self.renames.items():
            text = re.sub(rf"--(no-)?{ours.replace('_', '-')}(?![\w-])", rf"--\g<1>{theirs.replace('_', '-')}", text)
        return text

    def flag(self, name: str, value: Any) -> str:
        """What to type for a value of one of our options: `--sigmoid`, where the framework has a setting for it."""
        for theirs, setting in self.settings.items():
            if next((v for v, fields in setting.fields.items() if fields.get("options", {}).get(name) == value), None) is True:
                return f"--{theirs.replace('_', '-')}"
        return f"--{self.word(name).replace('_', '-')} {value}"


OURS = Preset()
