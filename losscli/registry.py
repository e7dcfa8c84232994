"""The losses by name: a decorator and two dicts. What a signature says is read when it is asked for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib import import_module
from types import MappingProxyType
from typing import Any, get_args

from losscli.domains import Domain, LabelIn, Range, Whole
from losscli.errors import UsageError
from losscli.hints import Hint
from losscli.record import Record

__all__ = [
    "LOSSES",
    "PROPERTIES",
    "REDUCTIONS",
    "SCHEMA",
    "TASKS",
    "Converted",
    "Loss",
    "Option",
    "Preset",
    "Role",
    "countable",
    "find",
    "instead_of",
    "is_objective",
    "key_of",
    "known_names",
    "load_all",
    "loss",
    "times",
]

WEIGHTS = ("class_weight", "alpha")  # options that, where they take a number for each class, are its weights
BALANCED = "balanced"  # in place of such weights: made from the counts of the labels
SCHEMA = "losscli/1"  # of everything that is written as JSON
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
_NAMES: dict[str, tuple[Loss, Preset]] = {}
_SHORT = {
    "f.": "torch.nn.functional.",
    "nn.": "torch.nn.",
    "functional.": "torch.nn.functional.",
    "tf.keras.": "keras.",
    "tensorflow.keras.": "keras.",
}
_LONG = {"keras.": "keras.losses.", "optax.": "optax.losses.", "sklearn.": "sklearn.metrics.", "torchvision.": "torchvision.ops."}


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Role(Record):
    """A positional parameter of a loss: an array."""

    name: str
    domain: Domain
    optional: bool = False

    def may_be_absent(self, options: Mapping[str, Any]) -> bool:
        """Whether it need not be given with these options."""
        unless = self.domain.unless
        return self.optional and (unless is None or options[unless[0]] == unless[1])


class Option(Record):
    """A keyword-only parameter of a loss. `kind`: float, int, bool, choice, text, or array (a number or one for each class)."""

    name: str
    kind: str
    default: Any
    domain: Range | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    words: tuple[str, ...] = ()  # what it takes instead of numbers
    about: str = ""

    @property
    def says(self) -> str:
        """The kind and the domain in words: 'FLOAT above 0'."""
        if self.kind == "choice":
            return "|".join(self.choices)
        kind = {"float": "FLOAT", "int": "INTEGER", "bool": "", "text": "TEXT", "array": "NUMBERS"}[self.kind]
        bound = "" if self.domain is None or self.domain.says == "finite" else f" {self.domain.says}"
        return kind + bound + "".join(f", or {word}" for word in self.words)

    @property
    def weighs(self) -> bool:
        """Whether it holds a weight for each class."""
        return self.name in WEIGHTS and self.kind == "array" and self.domain is not None

    def is_source(self, value: Any) -> bool:
        """Whether a value of one number a class is text that names a SOURCE."""
        return self.kind == "array" and isinstance(value, str) and value != BALANCED


# What class weights can be made from, in place of being given.
_COUNTS = Option("class_counts", "array", None, Range(ndim=1, least=0, below=float("inf")), optional=True,
                 about="How often each class occurs: the weights are their inverses.")  # fmt: skip
_BETA = Option("beta", "float", None, Range(least=0, most=1), optional=True,
               about="With counts: weights by the effective number of samples, 0 all alike, 1 inverse counts.")  # fmt: skip


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
    unweighted: str = ""  # what it does with weights, where that is not what weights do here: a warning
    last_axis: str | None = None  # "mean" or "sum": taken over the last axis before anything else (keras, optax)
    signs: str | None = None  # a role whose labels 0/1 become -1/+1
    class_axis: int | None = None
    per: str | None = None
    nothing: Mapping[str, float] = _NOTHING  # its mean of no "rows", and of rows without "terms" or weights, where it is another than ours
    of_numbers: str = ""  # the loss that it is where the first role has one number a row and no class axis
    elsewhere: Mapping[str, str] = _NOTHING  # its word for what is another loss here -> how to have that
    turned: str = ""  # a role whose first two axes that framework has the other way round
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
    hints: tuple[Hint, ...]

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
    def settled(self) -> bool:
        """Whether the kind is known for certain: what a user's function yields is seen when it is called."""
        return True

    @cached_property
    def kind(self) -> str:
        """pointwise (no yield), statistic, or batch (all rows gathered): read from the code."""
        fn = inspect.unwrap(self.fn)
        if not inspect.isgeneratorfunction(fn):
            return "pointwise"
        return "batch" if "Gathered" in fn.__code__.co_names else "statistic"

    @cached_property
    def divides(self) -> bool:
        """Whether it can be taken per row and per channel: a statistic can, but not one of all products of two columns."""
        return self.kind == "statistic" and "Products" not in inspect.unwrap(self.fn).__code__.co_names

    @cached_property
    def _parameters(self) -> list[tuple[inspect.Parameter, Any]]:
        scope = self.fn.__globals__
        return [(p, eval(p.annotation, scope)) for p in inspect.signature(self.fn).parameters.values()]  # noqa: S307 - our own annotations

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The positional parameters, in order."""
        return {
            p.name: Role(p.name, _bare(hint)[0].__metadata__[0], p.default is None)
            for p, hint in self._parameters
            if p.kind is p.POSITIONAL_OR_KEYWORD
        }

    @cached_property
    def options(self) -> dict[str, Option]:
        """The keyword-only parameters, in order."""
        return countable({p.name: _option(p, hint) for p, hint in self._parameters if p.kind is p.KEYWORD_ONLY}, self.labels)

    @cached_property
    def labels(self) -> Role | None:
        """The role that holds class indices, if there is one."""
        return next((r for r in self.roles.values() if isinstance(r.domain, LabelIn)), None)

    @cached_property
    def weighs(self) -> str:
        """The option that holds a weight for each class, '' for none."""
        return next((o.name for o in self.options.values() if o.weighs), "")

    @cached_property
    def balancing(self) -> dict[str, Option]:
        """Options that class weights can be made from; one that the loss has for something else is not among them."""
        return {o.name: o for o in (_COUNTS, _BETA) if self.weighs and o.name not in self.options and o.name not in self.roles}

    @property
    def taken(self) -> dict[str, Option]:
        """All options that can be given."""
        return self.options | self.balancing

    @property
    def first(self) -> str:
        return next(iter(self.roles))


def _bare(hint: Any) -> tuple[Any, bool]:
    """X and True of `X | None`, X and False of X."""
    args = get_args(hint)
    if type(None) not in args:
        return hint, False
    return next(a for a in args if a is not type(None)), True


def countable(options: Mapping[str, Option], labels: Role | None) -> dict[str, Option]:
    """The options of a loss, of which that of class weights can be made from the counts of its labels."""
    return {n: o.but(words=(BALANCED,)) if labels is not None and o.weighs else o for n, o in options.items()}


def _option(p: inspect.Parameter, hint: Any) -> Option:
    hint, optional = _bare(hint)
    if hint in (bool, int, float):
        return Option(p.name, hint.__name__, p.default, optional=optional)
    if (domain := getattr(hint, "__metadata__", (None,))[0]) is not None:
        kind = "array" if domain.ndim else "int" if isinstance(domain, Whole) else "float"
        return Option(p.name, kind, p.default, domain, optional=optional)
    return Option(p.name, "choice", p.default, choices=get_args(hint), optional=optional)


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
    hints: tuple[Hint, ...] = (),
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
                if _NAMES.setdefault(_key(name), (known, preset))[0] is not known:
                    raise ValueError(f"{name} names two losses: {_NAMES[_key(name)][0].name} and {fn.__name__}")
        return fn

    return register


def torch(*names: str, **differs: Any) -> Preset:
    return Preset(tuple(f"torch.nn.{n}" for n in names), **differs)


def keras(*names: str, **differs: Any) -> Preset:
    ours: dict[str, Any] = {"reduction": "sum_over_batch_size", "last_axis": "mean", "class_axis": -1, "nothing": {"terms": 0.0}}
    ours["weighted"] = "elements"  # its "mean" is its "sum_over_batch_size"
    return Preset(tuple(f"keras.losses.{n}" for n in names), **(ours | differs))


def optax(*names: str, **differs: Any) -> Preset:
    ours: dict[str, Any] = {"reduction": "none", "class_axis": -1}
    return Preset(tuple(f"optax.losses.{n}" for n in names), **(ours | differs))


def sklearn(*names: str, **differs: Any) -> Preset:
    return Preset(tuple(f"sklearn.metrics.{n}" for n in names), **differs)


def torchvision(*names: str, **differs: Any) -> Preset:
    ours: dict[str, Any] = {"reduction": "none"}
    return Preset(tuple(f"torchvision.ops.{n}" for n in names), **(ours | differs))


def _key(name: str) -> str:
    return name.casefold().replace("-", "_").replace("_", "") if "." not in name else name.casefold().replace("-", "_")


@cache
def load_all() -> None:
    """Import every family, and set LOSSES in their order, whichever was loaded first."""
    from losscli.losses import FAMILIES

    for family in FAMILIES:
        import_module(f"losscli.losses.{family}")
    place = {f"losscli.losses.{family}": i for i, family in enumerate(FAMILIES)}
    for known in sorted(LOSSES.values(), key=lambda known: place.get(known.fn.__module__, len(place))):
        LOSSES[known.name] = LOSSES.pop(known.name)


@cache
def _load(key: str) -> None:
    """Import families until one registers the name: those that mention it, then all, so that where to look is never the answer.

    Nothing is looked up before the import is over: another thread may be in the middle of it.
    """
    from losscli.losses import mentioning

    for family in mentioning(key):
        import_module(f"losscli.losses.{family}")
        if key in _NAMES:
            return
    load_all()


def known_names() -> list[str]:
    """Every name that `find` takes, written as declared."""
    load_all()
    return [n for known in LOSSES.values() for n in (known.name, *known.aliases, *(n for p in known.presets for n in p.names))]


def key_of(name: str) -> str:
    """What all ways of writing a name have in common."""
    key = _key(name.strip())
    for short, long in _SHORT.items():
        if key.startswith(short):
            key = long + key.removeprefix(short)
    for short, long in _LONG.items():
        if key.startswith(short) and not key.startswith(long):
            key = long + key.removeprefix(short)
    return key


def is_objective(name: str) -> bool:
    """Whether what stands for a loss is the name of a file with several, an objective."""
    return name.casefold().endswith((".yaml", ".yml"))


def find(name: str | Callable[..., Any]) -> tuple[Loss, Preset]:
    """The loss of a name, alias or framework-qualified name, in any case; and how that framework differs.

    Or of a function: FILE::FUNCTION, the entry point of an installed package, or the function itself.
    Raises UsageError for a name that no loss has, InputError for a user's function that is no loss.
    """
    from losscli import own

    if not isinstance(name, str):
        return next((known for known in LOSSES.values() if known.fn is name), None) or own.of_function(name), OURS
    if own.is_file(name):
        return own.of_file(name), OURS
    key = key_of(name)
    _load(key)
    if key in _NAMES:
        return _NAMES[key]
    points = [p for p in own.installed() if key_of(p.name) == key]
    if len(points) > 1:
        raise UsageError(f"{name!r} is a loss of several packages: {' and '.join(p.value for p in points)}; name one as FILE::FUNCTION")
    if points:
        return own.of_package(points[0]), OURS
    raise UsageError(_no_loss(name))


def _no_loss(name: str) -> str:
    """Why no loss has this name, and what comes near to it."""
    return instead_of(name) or f"no loss is called {name!r}{_nearest(name)}; `losscli list` shows them all"


def instead_of(name: str) -> str | None:
    """What to say of a name that is known, but not as a loss: a metric, or a dotted name that cards give as their reference."""
    from losscli.metrics import metric

    if (said := metric(name)) is not None:
        return f"{name} is a metric, not a loss: {said}"
    if "." not in name:
        return None
    load_all()
    key = key_of(name)
    of = [known.name for known in LOSSES.values() if key in (key_of(word.strip(",;()")) for word in known.reference.split())]
    return f"no loss is called {name!r}; it is the reference of {', '.join(of)}: name one of these" if of else None


def _nearest(name: str) -> str:
    """' (did you mean huber?)': the losses whose names are nearest, each once."""
    from difflib import get_close_matches

    from losscli.own import installed

    written = {n.casefold(): n for n in (*known_names(), *(p.name for p in installed()))}
    close = [written[c] for c in get_close_matches(name.casefold(), written, n=6, cutoff=0.6)]
    if "." not in name:
        close = list(dict.fromkeys(_NAMES[_key(c)][0].name if _key(c) in _NAMES else c for c in close))
    return f" (did you mean {' or '.join(close[:2])}?)" if close else ""
