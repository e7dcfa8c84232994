"""The registry of losses: a decorator that registers a function, and the dicts of losses by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from losscli.aggregation import Aggregation, AllRows, CrossProduct
from losscli.diagnostics import Diagnostic
from losscli.introspect import aggregations_in
from losscli.record import Record
from losscli.signature import BETA, CLASS_COUNTS, Option, Role, Signature, read_signature

__all__ = ["LOSSES", "MORE_PRESETS", "NAMES", "PROPERTIES", "TASKS", "Converted", "Loss", "Preset", "loss", "normalized", "times"]

Kind = Literal["pointwise", "statistic", "batch"]
Mean = Literal["ratio of sums", "mean of ratios", "of terms"]
Divisor = Literal["weights", "elements", "kept"]  # "kept": the elements that are not ignored

LOSSES: dict[str, Loss] = {}
TASKS = {
    "regression": "a number against a number",
    "probabilistic": "a predicted distribution against an observed value",
    "divergence": "a distribution against a distribution",
    "classification": "labels from logits or probabilities",
    "segmentation": "the overlap of two masks",
    "detection": "the overlap of two boxes",
    "embedding": "distances between vectors",
    "contrastive": "pairs of views against the rest of the batch",
    "ranking": "the order of scores",
    "generative": "samples of a model against real ones",
    "semi_supervised": "predictions without labels",
    "preference": "which answer is better, and how far a policy may move",
    "sequence": "labels in order, at any place of a sequence",
    "own": "functions of installed packages, or your own",
}
PROPERTIES = {
    "convex": "convex in its first role",
    "differentiable": "differentiable everywhere in its first role",
    "robust": "grows no faster than the error itself, so that no outlier dominates it",
    "symmetric": "the same when the first two roles are exchanged",
    "zero": "0 where the first two roles are equal",
}

# Each name that stands in a decorator, as `normalized` writes it -> its loss and its preset.
NAMES: dict[str, tuple[Loss, Preset]] = {}
# Functions from a loss's name to the presets that stand elsewhere. `losscli.frameworks` adds one: the registry imports no table.
MORE_PRESETS: list[Callable[[str], tuple[Preset, ...]]] = []

_NO_ITEMS: Mapping[str, Any] = MappingProxyType({})


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


class Preset(Record):
    """The differences between a framework's version of a loss and ours: names and defaults of options, the mean, the axes."""

    names: tuple[str, ...] = ()
    options: Mapping[str, Any] = _NO_ITEMS  # our option -> its default in the framework
    renames: Mapping[str, str] = _NO_ITEMS  # the framework's name of an option -> ours; Converted where the values differ
    reduction: str | None = None  # the default reduction of the framework
    weighted: Divisor | None = None  # what a weighted mean is divided by; None for the weights
    weight_note: str = ""  # text for a warning: how the framework uses weights, where it does not multiply each element by its weight
    last_axis: Literal["mean", "sum"] | None = None  # a reduction of the last axis before all others (keras, optax)
    signs: str | None = None  # the role whose labels 0 and 1 become -1 and 1
    class_axis: int | None = None
    per: str | None = None
    empty_mean: Mapping[str, float] = (
        _NO_ITEMS  # the framework's mean of no "rows", and of rows without "terms" or weights, where it is not ours
    )
    scalar_loss: str = ""  # the loss to compute instead where the first role has one number per row and no class axis
    instead: Mapping[str, str] = _NO_ITEMS  # the framework's options that we do not have -> what to do instead
    swapped_axes: str = ""  # the role whose first two axes the framework has in the other order
    by_reduction: Mapping[str, Mapping[str, Any] | None] = (
        _NO_ITEMS  # a reduction -> our options under it; None: the framework has no such reduction
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
        return value if conversion is None else conversion.back(value)

    def converted(self, theirs: str) -> Converted | None:
        """The conversion between the values of the framework's option and ours; None where they are the same."""
        ours = self.renames.get(theirs)
        return ours if isinstance(ours, Converted) else None

    def word(self, option: str) -> str:
        """The framework's name of one of our options."""
        return self.words.get(option, option)

    def in_words(self, text: str) -> str:
        """Replace the names of our options in a text (`--eps`) by the framework's names."""
        for theirs, ours in self.renames.items():
            text = re.sub(rf"--{ours.replace('_', '-')}(?![\w-])", f"--{theirs.replace('_', '-')}", text)
        return text


OURS = Preset()


class Loss(Record):
    """One loss: its function, and facts that its signature and code do not show."""

    fn: Callable[..., Any]
    task: str
    aliases: tuple[str, ...]
    reference: str
    properties: frozenset[str]
    units: str
    use: str  # when to choose it, in a phrase
    reduction: str
    mean: Mean  # "of terms" is a ratio of sums too, but 0 where a batch has no term
    per: str
    own_presets: tuple[Preset, ...]  # those of the decorator
    see: Mapping[str, str]
    hints: tuple[Diagnostic, ...]

    @property
    def name(self) -> str:
        return self.fn.__name__

    @property
    def presets(self) -> tuple[Preset, ...]:
        """All presets: those of the decorator, and those of the frameworks, whose tables are imported for it."""
        return (*self.own_presets, *(preset for more in MORE_PRESETS for preset in more(self.name)))

    @cached_property
    def _doc(self) -> tuple[str, str, str]:
        text, _, example = inspect.cleandoc(self.fn.__doc__ or "").partition("\n>>> ")
        summary, _, formula = text.partition("\n\n")
        return " ".join(summary.split()), formula.strip(), ">>> " + example if example else ""

    @property
    def summary(self) -> str:
        return self._doc[0]

    @property
    def formula(self) -> str:
        return self._doc[1]

    @property
    def example(self) -> str:
        return self._doc[2]

    @cached_property
    def yields(self) -> frozenset[type[Aggregation]]:
        """The aggregations of the columns that the function yields, read from its code; empty for a function without a yield."""
        return aggregations_in(self.fn)

    @property
    def kind_is_certain(self) -> bool:
        """Whether `kind` cannot change. The kind of a user's function is certain only after its first call."""
        return True

    @cached_property
    def kind(self) -> Kind:
        """Pointwise (without a yield), batch (it yields all rows), or statistic (it yields sums)."""
        return "batch" if AllRows in self.yields else "statistic" if self.yields else "pointwise"

    @cached_property
    def allows_per(self) -> bool:
        """Whether the loss takes `--per row` and `--per channel`: a statistic does, unless it sums products of two whole columns."""
        return self.kind == "statistic" and CrossProduct not in self.yields

    @cached_property
    def signature(self) -> Signature:
        return read_signature(self.fn)

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The arrays that the loss takes, in order."""
        return self.signature.roles

    @cached_property
    def options(self) -> dict[str, Option]:
        """The options in the signature of the function, in order."""
        return self.signature.options

    @property
    def labels(self) -> Role | None:
        """The role that holds class indices, if there is one."""
        return self.signature.labels

    @cached_property
    def weight_option(self) -> str:
        """The option that holds a weight for each class, '' for none."""
        return next((o.name for o in self.options.values() if o.is_class_weight), "")

    @cached_property
    def count_options(self) -> dict[str, Option]:
        """The options that make class weights from counts, except those whose name the loss already uses."""
        return {o.name: o for o in (CLASS_COUNTS, BETA) if self.weight_option and o.name not in {*self.options, *self.roles}}

    @property
    def all_options(self) -> dict[str, Option]:
        """The options of the function, and those that make class weights from counts."""
        return {**self.options, **self.count_options}

    @cached_property
    def first(self) -> str:
        """The name of the first role."""
        return next(iter(self.roles))


def loss(
    task: str,
    *,
    aliases: tuple[str, ...] = (),
    reference: str,
    properties: str = "",
    units: str,
    use: str,
    reduction: str = "mean",
    mean: Mean = "ratio of sums",
    per: str = "all",
    presets: tuple[Preset, ...] = (),
    see: Mapping[str, str] | None = None,
    hints: tuple[Diagnostic, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function under its own name, its aliases and the names of its presets, and return it unchanged.

    Raises ValueError for a name that another loss has, in any case, and for an unknown task or property.
    """

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        if task not in TASKS or not set(properties.split()) <= set(PROPERTIES):
            raise ValueError(f"{fn.__name__}: task {task!r} or one of the properties {properties!r} is unknown")
        property_set = frozenset(properties.split())
        entry = Loss(fn, task, aliases, reference, property_set, units, use, reduction, mean, per, presets, see or {}, hints)
        LOSSES[fn.__name__] = entry
        for preset, names in [(OURS, (fn.__name__, *aliases)), *((p, p.names) for p in presets)]:
            for name in names:
                if NAMES.setdefault(normalized(name), (entry, preset))[0] is not entry:
                    raise ValueError(f"{name} names two losses: {NAMES[normalized(name)][0].name} and {fn.__name__}")
        return fn

    return register


def normalized(name: str) -> str:
    """The key of a name in NAMES: in lower case, each dash an underscore. Names without a dot lose their dashes and underscores."""
    name = name.casefold().replace("-", "_")
    return name if "." in name else name.replace("_", "")
