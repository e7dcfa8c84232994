"""The registry of losses: a decorator that registers a function, and the dicts of losses by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal

from losscli.aggregation import Aggregation, AllRows, CrossProduct, Matrix
from losscli.diagnostics import Diagnostic, looks_like_corners
from losscli.forms import FormOption, form_options
from losscli.introspect import aggregations_in
from losscli.numeric.boxes import corners
from losscli.presets import OURS, Converted, Form, Preset, Setting, switch, times
from losscli.record import Record
from losscli.signature import BETA, BOX_FORMAT, CLASS_COUNTS, Option, Role, Signature, read_signature

__all__ = [
    "LOSSES", "MORE_PRESETS", "NAMES", "OURS", "PROPERTIES", "TASKS", "Converted", "Form", "Loss", "Preset", "Setting", "loss",
    "normalized", "switch", "times",
]  # fmt: skip

Kind = Literal["pointwise", "statistic", "batch"]
Mean = Literal["ratio of sums", "mean of ratios", "of terms"]

LOSSES: dict[str, Loss] = {}
TASKS = {
    "regression": "a number against a number",
    "probabilistic": "a predicted distribution against an observed value",
    "survival": "times until an event, some of them censored",
    "divergence": "a distribution against a distribution",
    "classification": "labels from logits or probabilities",
    "segmentation": "the overlap of two masks",
    "detection": "the overlap of two boxes",
    "image": "an image against an image",
    "audio": "a signal against a signal",
    "embedding": "distances between vectors",
    "contrastive": "pairs of views against the rest of the batch",
    "ranking": "the order of scores",
    "generative": "samples of a model against real ones",
    "semi_supervised": "predictions without labels",
    "preference": "which answer is better, and how far a policy may move",
    "sequence": "labels in order, at any place of a sequence",
    "penalty": "terms of an objective without a target",
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


class Loss(Record):
    """One loss: its function, and facts that its signature and code do not show."""

    fn: Callable[..., Any]
    task: str
    aliases: tuple[str, ...]
    reference: str
    properties: frozenset[str]
    units: str
    use: str  # when to choose it, in a phrase
    words: tuple[str, ...]  # what people call the problems it is for, where they look for it
    reduction: str
    mean: Mean  # "of terms" is a ratio of sums too, but 0 where a batch has no term
    per: str
    own_presets: tuple[Preset, ...]  # those of the decorator
    see: Mapping[str, str]
    own_hints: tuple[Diagnostic, ...]  # those of the decorator
    score: str  # the score that is 1 minus its value, and larger where it is better; "" for none

    def call(self, roles: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """What the function returns. It gets boxes as corners, in whatever format they are given."""
        boxes = self.signature.boxes
        if not boxes:
            return self.fn(**roles, **options)
        others = {name: value for name, value in options.items() if name != BOX_FORMAT.name}
        return self.fn(**{r: corners(x, options[BOX_FORMAT.name]) if r in boxes else x for r, x in roles.items()}, **others)

    @cached_property
    def hints(self) -> tuple[Diagnostic, ...]:
        """Warnings about rows that look wrong: those of the decorator, and those of boxes."""
        return (*self.own_hints, *((looks_like_corners(self.signature.boxes),) if self.signature.boxes else ()))

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
        """Whether it is a statistic for which `--per` chooses the axes that are kept: not one of whole matrices."""
        return self.kind == "statistic" and self.yields.isdisjoint({CrossProduct, Matrix})

    @property
    def takes_per(self) -> bool:
        """Whether the loss takes `--per`: also a pointwise loss does, for the means within rows or outputs."""
        return self.kind == "pointwise" or self.allows_per

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

    @cached_property
    def form_options(self) -> dict[str, FormOption]:
        """The options that say in which form a role is given, such as probabilities in place of logits."""
        return form_options(self.signature)

    @property
    def all_options(self) -> dict[str, Option]:
        """The options of the function, those of the forms of its roles, and those that make class weights from counts."""
        return {**self.options, **{n: said.option for n, said in self.form_options.items()}, **self.count_options}

    def refusal(self, options: Mapping[str, Any], preset: Preset) -> str:
        """What is wrong with some options beside others; '' for nothing."""
        refuse = getattr(self.fn, "refusal", None)
        return "" if refuse is None else preset.in_words(refuse(options, preset.framework))

    def for_options(self, options: Mapping[str, Any]) -> Loss:
        """The loss with the function that computes these options, where some need all rows and the usual ones do not."""
        variant = getattr(self.fn, "variant", None)
        fn = None if variant is None else variant(options)
        return self if fn is None else self.but(fn=fn)

    def implied_reduction(self, options: Mapping[str, Any]) -> str | None:
        """The reduction that the options imply, where they do."""
        implied = getattr(self.fn, "implied_reduction", None)
        return None if implied is None else implied(options)

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
    words: tuple[str, ...] = (),
    reduction: str = "mean",
    mean: Mean = "ratio of sums",
    per: str = "all",
    presets: tuple[Preset, ...] = (),
    see: Mapping[str, str] | None = None,
    hints: tuple[Diagnostic, ...] = (),
    score: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function under its own name, its aliases and the names of its presets, and return it unchanged.

    Raises ValueError for a name that another loss has, in any case, and for an unknown task or property.
    """

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        if task not in TASKS or not set(properties.split()) <= set(PROPERTIES):
            raise ValueError(f"{fn.__name__}: task {task!r} or one of the properties {properties!r} is unknown")
        property_set = frozenset(properties.split())
        entry = Loss(fn, task, aliases, reference, property_set, units, use, words, reduction, mean, per, presets, see or {}, hints, score)
        LOSSES[fn.__name__] = entry
        for preset, names in [*((p, p.names) for p in presets), (OURS, (fn.__name__, *aliases))]:
            for name in names:
                if NAMES.setdefault(normalized(name), (entry, preset))[0] is not entry:
                    raise ValueError(f"{name} names two losses: {NAMES[normalized(name)][0].name} and {fn.__name__}")
        return fn

    return register


def normalized(name: str) -> str:
    """The key of a name in NAMES: in lower case, each dash an underscore. Names without a dot lose dashes, underscores and blanks."""
    name = name.strip().casefold().replace("-", "_")
    return name if "." in name else "".join(name.replace("_", "").split())
