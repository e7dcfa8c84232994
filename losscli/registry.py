"""The losses by name: a decorator and two dicts. What a signature says is read when it is asked for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from losscli.diagnostics import Diagnostic
from losscli.domains import LabelIn
from losscli.record import Record
from losscli.signature import BETA, CLASS_COUNTS, Option, Role, countable, option_of, without_none

__all__ = ["LOSSES", "NAMES", "PROPERTIES", "REDUCTIONS", "TASKS", "Converted", "Loss", "Preset", "loss", "normalized", "times"]

LOSSES: dict[str, Loss] = {}
REDUCTIONS = ("none", "mean", "sum", "batchmean", "sum_over_batch_size")
PER: dict[str, tuple[int, ...]] = {"all": (), "row": (0,), "channel": (1,), "row,channel": (0, 1)}  # the axes that are kept
TASKS = {
    "regression": "a number against a number",
    "probabilistic": "a predicted distribution against what happened",
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
    "sequence": "labels in order, wherever in a sequence they stand",
    "own": "functions that installed packages bring along, or of your own",
}
PROPERTIES = {
    "convex": "convex in its first role",
    "differentiable": "differentiable everywhere in its first role",
    "robust": "grows no faster than the error itself, so that an outlier does not rule it",
    "symmetric": "the same when the first two roles change places",
    "zero": "0 where the first two roles are equal",
}

# Every way of writing a name, case-blind, to the loss and the preset it stands for.
NAMES: dict[str, tuple[Loss, Preset]] = {}


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Converted(str):
    """Our word for an option whose value is another than a framework's: how to go there and back, and that in words."""

    to: Callable[[float], float]
    back: Callable[[float], float]
    said: str

    @classmethod
    def by(cls, ours: str, to: Callable[[float], float], back: Callable[[float], float], said: str) -> Converted:
        found = cls(ours)
        found.to, found.back, found.said = to, back, said
        return found


def times(ours: str, factor: float) -> Converted:
    """Our word for an option that is so many times a framework's."""
    return Converted.by(ours, lambda x: x * factor, lambda x: x / factor, f"{factor:g} times")


class Preset(Record):
    """How the loss of a framework's name differs from ours."""

    names: tuple[str, ...] = ()
    options: Mapping[str, Any] = _NOTHING  # our options, with that framework's defaults
    renames: Mapping[str, str] = _NOTHING  # its word for an option -> ours, Converted where the value is another
    reduction: str | None = None
    weighted: str | None = None  # what a weighted mean divides by: "weights" (ours), "elements", or "kept" (those not ignored)
    weight_note: str = ""  # what it does with weights, where that is not what weights do here: a warning
    last_axis: str | None = None  # "mean" or "sum": taken over the last axis before anything else (keras, optax)
    signs: str | None = None  # a role whose labels 0/1 become -1/+1
    class_axis: int | None = None
    per: str | None = None
    empty_mean: Mapping[str, float] = (
        _NOTHING  # its mean of no "rows", and of rows without "terms" or weights, where it is another than ours
    )
    scalar_loss: str = ""  # the loss that it is where the first role has one number a row and no class axis
    instead: Mapping[str, str] = _NOTHING  # its word for what is another loss here -> how to have that
    swapped_axes: str = ""  # a role whose first two axes that framework has the other way round
    by_reduction: Mapping[str, Mapping[str, Any] | None] = _NOTHING  # our options with a reduction; None where it has no such reduction

    @property
    def framework(self) -> bool:
        """Whether it is that of a framework, and not of another name of ours."""
        return any("." in name for name in self.names)

    @property
    def words(self) -> dict[str, str]:
        """Our word for an option -> its own."""
        return {ours: theirs for theirs, ours in self.renames.items()}

    def default(self, option: Option) -> Any:
        """What an option is where it is not given, in the framework's units."""
        value, how = self.options.get(option.name, option.default), self.converted(self.words.get(option.name, ""))
        return value if how is None else how.back(value)

    def converted(self, theirs: str) -> Converted | None:
        """How its value of an option becomes ours; None where it is ours."""
        ours = self.renames.get(theirs)
        return ours if isinstance(ours, Converted) else None

    def word(self, option: str) -> str:
        """What this framework calls one of our options."""
        return self.words.get(option, option)

    def in_words(self, text: str) -> str:
        """A text about our options, in this framework's words."""
        for theirs, ours in self.renames.items():
            text = re.sub(rf"--{ours.replace('_', '-')}(?![\w-])", f"--{theirs.replace('_', '-')}", text)
        return text


OURS = Preset()


class Loss(Record):
    """One loss: its function, and what the function cannot say of itself."""

    fn: Callable[..., Any]
    task: str
    aliases: tuple[str, ...]
    reference: str
    properties: frozenset[str]
    units: str
    use: str  # when to take it, in a phrase
    reduction: str
    mean: str  # "ratio of sums"; "mean of ratios"; "of terms": a ratio of sums too, but 0 where a batch has no term
    per: str
    presets: tuple[Preset, ...]
    see: Mapping[str, str]
    hints: tuple[Diagnostic, ...]

    @property
    def name(self) -> str:
        return self.fn.__name__

    @cached_property
    def _doc(self) -> tuple[str, ...]:
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

    @property
    def kind_is_certain(self) -> bool:
        """Whether the kind is known for certain: what a user's function yields is seen when it is called."""
        return True

    @cached_property
    def kind(self) -> str:
        """pointwise (no yield), statistic, or batch (all rows gathered): read from the code."""
        fn = inspect.unwrap(self.fn)
        if not inspect.isgeneratorfunction(fn):
            return "pointwise"
        return "batch" if "AllRows" in fn.__code__.co_names else "statistic"

    @cached_property
    def allows_per(self) -> bool:
        """Whether it can be taken per row and per channel: a statistic can, but not one of all products of two columns."""
        return self.kind == "statistic" and "CrossProduct" not in inspect.unwrap(self.fn).__code__.co_names

    @cached_property
    def _parameters(self) -> list[tuple[inspect.Parameter, Any]]:
        scope = self.fn.__globals__
        return [(p, eval(p.annotation, scope)) for p in inspect.signature(self.fn).parameters.values()]  # noqa: S307 - our own annotations

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The positional parameters, in order."""
        return {
            p.name: Role(p.name, without_none(hint)[0].__metadata__[0], p.default is None)
            for p, hint in self._parameters
            if p.kind is p.POSITIONAL_OR_KEYWORD
        }

    @cached_property
    def options(self) -> dict[str, Option]:
        """The keyword-only parameters, in order."""
        return countable({p.name: option_of(p, hint) for p, hint in self._parameters if p.kind is p.KEYWORD_ONLY}, self.labels)

    @cached_property
    def labels(self) -> Role | None:
        """The role that holds class indices, if there is one."""
        return next((r for r in self.roles.values() if isinstance(r.domain, LabelIn)), None)

    @cached_property
    def weight_option(self) -> str:
        """The option that holds a weight for each class, '' for none."""
        return next((o.name for o in self.options.values() if o.is_class_weight), "")

    @cached_property
    def count_options(self) -> dict[str, Option]:
        """Options that class weights can be made from; one that the loss has for something else is not among them."""
        return {o.name: o for o in (CLASS_COUNTS, BETA) if self.weight_option and o.name not in self.options and o.name not in self.roles}

    @property
    def all_options(self) -> dict[str, Option]:
        """All options that can be given."""
        return self.options | self.count_options

    @property
    def first(self) -> str:
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
    mean: str = "ratio of sums",
    per: str = "all",
    presets: tuple[Preset, ...] = (),
    see: Mapping[str, str] | None = None,
    hints: tuple[Diagnostic, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function under its own name, its aliases and the names of its presets; the function itself is untouched.

    Raises ValueError for a name that another loss has, in any case, and for a task or a property that is not known.
    """

    def register(fn: Callable[..., Any]) -> Callable[..., Any]:
        if task not in TASKS or not set(properties.split()) <= set(PROPERTIES):
            raise ValueError(f"{fn.__name__}: task {task!r} or one of the properties {properties!r} is unknown")
        has = frozenset(properties.split())
        known = Loss(fn, task, aliases, reference, has, units, use, reduction, mean, per, presets, see or {}, hints)
        LOSSES[fn.__name__] = known
        for preset, names in [(OURS, (fn.__name__, *aliases)), *((p, p.names) for p in presets)]:
            for name in names:
                if NAMES.setdefault(normalized(name), (known, preset))[0] is not known:
                    raise ValueError(f"{name} names two losses: {NAMES[normalized(name)][0].name} and {fn.__name__}")
        return fn

    return register


def normalized(name: str) -> str:
    """What a name is registered under: case and dashes do not count, nor do underscores where there is no dot."""
    return name.casefold().replace("-", "_").replace("_", "") if "." not in name else name.casefold().replace("-", "_")
