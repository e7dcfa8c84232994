"""What an annotation says: the domain of a role or of an option. It gives the check, the help text and the tests' data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from losscli.errors import UsageError
from losscli.numeric.lazy import np
from losscli.record import Record

__all__ = [
    "Boxes", "ByOption", "Domain", "Graded", "LabelIn", "LabelList", "Labelling", "OutsideUnit", "Range", "Sides", "Signed",
    "Switch", "UpTo", "Whole",
]  # fmt: skip

INF = float("inf")


class Domain(Record):
    """The values of a role. `ndim` axes of a row belong to one value: 0 an element, 1 a vector; all rows see a shared role whole."""

    ndim: int = 0
    shared: bool = False
    size: int | None = None  # of the last axis, where it is fixed
    classes: bool = False  # the last axis counts classes
    ragged: bool = False  # its rows hold any number of vectors, and only the length of these must agree
    free: bool = False  # its vectors need not be as long as those of other roles
    rows_of: str = ""  # a shared role with as many rows as this one
    paired: bool = False  # the loss meets every pair of its numbers: fewer rows go into a block
    own_rows: bool = False  # of a shared role: its rows are not those of other roles, whatever its shape
    takes_words: bool = False  # only whether two of its values are the same counts, so that words will do
    or_per_row: bool = False  # of a shared role: each row may have its own instead, with one axis more
    optional_only_if: tuple[str, Any] | None = None  # an optional role is needed after all, unless this option has this value
    named_by: tuple[
        str, ...
    ] = ()  # of an option: the role whose columns may be called by its numbers (q0.1), or the two ends of what it leaves out

    @property
    def says(self) -> str:
        """The domain in words, for help and messages."""
        return "any number"

    @property
    def pair(self) -> tuple[float, float] | None:
        """The two values that labels of two classes have here; None where there are others."""
        return None

    def of(self, context: Mapping[str, Any]) -> Domain:
        """The domain given the options."""
        return self

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        """Whether all values lie inside; cheap, and allowed to be false where `wrong` finds nothing."""
        return not self.wrong(x, context).any()

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        """Which values lie outside."""
        return np.zeros(x.shape, bool)

    def missing(self, x: Any) -> Any:
        """Which values are NaN or infinite, where they need not be: what `--nan propagate` lets through."""
        return ~np.isfinite(x)


class Range(Domain):
    """Numbers between bounds: `above` and `below` are open, `least` and `most` closed; an absent bound does not check."""

    above: float | None = None
    below: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def pair(self) -> tuple[float, float] | None:
        return (0.0, 1.0) if (self.least, self.most) == (0, 1) and not self.ndim else None

    @property
    def says(self) -> str:
        if self.takes_words:
            return "a number or a word"
        if self.least is not None and self.most is not None:
            return f"from {self.least:g} to {self.most:g}"
        parts = [
            f"above {self.above:g}" if self.above not in (None, -INF) else "",
            f"{self.least:g} or more" if self.least is not None else "",
            f"{self.most:g} or less" if self.most is not None else "",
            f"below {self.below:g}" if self.below not in (None, INF) else "",
        ]
        said = " and ".join(p for p in parts if p)
        if self.above is None and self.least is None and not said:
            return "finite, or -inf"
        return said or "finite"

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        if x.size == 0:
            return True
        if self.above == -INF and self.below == INF and self.least is self.most is None and x.dtype.kind == "f":
            return bool(np.isfinite(x.sum()))  # one pass; a false alarm, where the sum overflows, costs the slow look, no more
        hi = x.max()  # NaN comes through and compares false
        if not (hi == hi and (self.below is None or hi < self.below) and (self.most is None or hi <= self.most)):
            return False
        if self.above is self.least is None:
            return True
        lo = x.min()
        return bool((self.above is None or self.above < lo) and (self.least is None or self.least <= lo))

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        inside = np.isfinite(x) if self.above == -INF and self.below == INF else x == x
        if self.above not in (None, -INF):
            inside &= self.above < x
        if self.below is not None:
            inside &= x < self.below
        if self.least is not None:
            inside &= self.least <= x
        if self.most is not None:
            inside &= x <= self.most
        return ~inside


class Signed(Domain):
    """-1 or 1."""

    @property
    def pair(self) -> tuple[float, float] | None:
        return -1.0, 1.0

    @property
    def says(self) -> str:
        return "-1 or 1"

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        return np.abs(x) != 1


class LabelIn(Domain):
    """Class indices 0 .. C-1 over the last axis of the role `over`, or ignore_index; or, soft, a distribution in that role's shape."""

    over: str = "pred"
    axis: int = -1  # the axis of that role which counts the classes
    soft: bool = True
    beside: str = ""  # the role whose vectors it labels, where that is not `over`

    @property
    def says(self) -> str:
        return "class index from 0" + (", or a probability for each class" if self.soft else "")

    def count(self, context: Mapping[str, Any]) -> int:
        """How many classes there are."""
        return context[self.over].shape[self.axis]

    def is_soft(self, x: Any, context: Mapping[str, Any]) -> bool:
        """Whether the labels are probabilities for each class."""
        return self.soft and x.ndim == context[self.beside or self.over].ndim

    def ignored(self, x: Any, context: Mapping[str, Any]) -> Any:
        """Which labels are ignore_index, or None."""
        if "ignore_index" not in context or self.is_soft(x, context):
            return None
        return x == context["ignore_index"]

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        if x.size == 0:
            return True
        if self.is_soft(x, context):
            return bool(x.min() >= 0)
        if x.min() >= 0 and x.max() < self.count(context) and x.dtype.kind in "iu":
            return True
        return not self.wrong(x, context).any()

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        if self.is_soft(x, context):
            return ~((x >= 0) & (x < INF))
        known = (x >= 0) & (x < self.count(context)) & (x == np.rint(x))
        ignored = self.ignored(x, context)
        return ~known if ignored is None else ~(known | ignored)

    def missing(self, x: Any) -> Any:
        return np.zeros(x.shape, bool)  # an index that is not a number has no class to go to


class Whole(Range):
    """Whole numbers: counts, lengths, the names of groups."""

    @property
    def pair(self) -> tuple[float, float] | None:
        return (0.0, 1.0) if (self.least, self.most) == (0, 1) else None

    @property
    def says(self) -> str:
        if self.takes_words:
            return "a whole number or a word"
        bounds = super().says
        return "a whole number" + ("" if bounds.startswith("finite") else f", {bounds}")

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        return x.dtype.kind in "iu" and super().holds(x, context)

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        return super().wrong(x, context) | (x != np.rint(x))


class Graded(Range):
    """Relevances, with -1 after the end of a list that is shorter than the others."""

    @property
    def says(self) -> str:
        return f"{super().says}, or -1 for padding"

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        return super().wrong(x, context) & (x != -1)


class UpTo(Whole):
    """Lengths: at most the size of an axis of another role."""

    over: str = "pred"
    axis: int = -1

    @property
    def says(self) -> str:
        return f"a whole number, from 0 to the length of {self.over}"

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        return not self.wrong(x, context).any()

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        return super().wrong(x, context) | (x > context[self.over].shape[self.axis])


class Labelling(Whole):
    """Sequences of class indices over the last axis of the role `over`, none of them the blank; any whole number after their lengths."""

    over: str = "pred"
    lengths: str = "target_lengths"

    @property
    def says(self) -> str:
        return f"a class of {self.over} other than the blank"

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        return not self.wrong(x, context).any()

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        classes, blank = context[self.over].shape[-1], context["blank"]
        if not 0 <= blank < classes:
            raise UsageError(f"blank is {blank}, but class indices go from 0 to {classes - 1}")
        known = (x >= 0) & (x < classes) & (x != blank)
        if self.lengths in context:
            known |= np.arange(x.shape[-1]) >= context[self.lengths][..., None]
        elif context.get("padding") is not None:
            known |= x == context["padding"]
        return super().wrong(x, context) | ~known


class LabelList(Whole):
    """The labels of a row, class indices over the last axis of the role `over`: a list that ends at its first -1, or is full."""

    over: str = "pred"

    @property
    def says(self) -> str:
        return "class indices from 0, ended by -1"

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        return super().holds(x, context) and not self.wrong(x, context).any()

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        return super().wrong(x, context) | (x >= context[self.over].shape[-1])


class Boxes(Range):
    """x1, y1, x2, y2 with x1 <= x2 and y1 <= y2."""

    @property
    def says(self) -> str:
        return "x1, y1, x2, y2 with x1 ≤ x2 and y1 ≤ y2"

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        return super().holds(x, context) and bool((x[..., :2] <= x[..., 2:]).all())

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        turned = x[..., :2] > x[..., 2:]
        return super().wrong(x, context) | np.concatenate([turned, turned], -1)


class Sides(Range):
    """A corner or the centre, then width and height, both 0 or more."""

    @property
    def says(self) -> str:
        return "a width or a height of 0 or more"

    def holds(self, x: Any, context: Mapping[str, Any]) -> bool:
        return super().holds(x, context) and bool((x[..., 2:] >= 0).all())

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        negative = x[..., 2:] < 0
        return super().wrong(x, context) | np.concatenate([np.zeros(negative.shape, bool), negative], -1)


class Switch(Domain):
    """One domain where an option is set, another where it is not."""

    option: str = ""
    yes: Domain = Domain()
    no: Domain = Domain()

    @property
    def says(self) -> str:
        return f"{self.no.says}; with --{self.option.replace('_', '-')} {self.yes.says}"

    def of(self, context: Mapping[str, Any]) -> Domain:
        return self.yes if context[self.option] else self.no


class ByOption(Domain):
    """The domain that the value of an option asks for."""

    words: str = ""
    choose: Callable[[Mapping[str, Any]], Domain] = lambda context: Domain()

    @property
    def says(self) -> str:
        return self.words

    def of(self, context: Mapping[str, Any]) -> Domain:
        return self.choose(context)


class OutsideUnit(Range):
    """All numbers but those between 0 and 1: a power of the mean for which a Tweedie distribution exists."""

    @property
    def says(self) -> str:
        return "0 or less, or 1 or more"

    def wrong(self, x: Any, context: Mapping[str, Any]) -> Any:
        return super().wrong(x, context) | ((x > 0) & (x < 1))


finite = Range(above=-INF, below=INF)
nonnegative = Range(least=0, below=INF)
probability = Range(least=0, most=1)
logit = Range(below=INF)

# Roles and, where they stand behind the star, options.
Real = Annotated[Any, finite]
Positive = Annotated[Any, Range(above=0, below=INF)]
NonNegative = Annotated[Any, nonnegative]
AboveMinusOne = Annotated[Any, Range(above=-1, below=INF)]
Probability = Annotated[Any, probability]
Logit = Annotated[Any, logit]
LogProbability = Annotated[Any, logit]
NegativeLog = Annotated[Any, Range(above=-INF, below=0)]
Sign = Annotated[Any, Signed()]
Label = Annotated[Any, LabelIn()]
HardLabel = Annotated[Any, LabelIn(soft=False)]
LabelUnlessAlpha1 = Annotated[Any, LabelIn(soft=False, optional_only_if=("alpha", 1.0))]
LogitVector = Annotated[Any, Range(ndim=1, classes=True, below=INF)]
LogProbabilityVector = Annotated[Any, Range(ndim=1, classes=True, below=INF)]
Vector = Annotated[Any, Range(ndim=1, above=-INF, below=INF)]
SharedVector = Annotated[Any, Range(ndim=1, shared=True, above=-INF, below=INF)]
SharedOrOwnVectors = Annotated[Any, Range(ndim=1, shared=True, or_per_row=True, above=-INF, below=INF)]
RateOrLog = Annotated[Any, Switch(option="log_input", yes=finite, no=nonnegative)]
WeightOrLog = Annotated[Any, Switch(option="log_target", yes=logit, no=nonnegative)]
ProbabilityOrLogit = Annotated[Any, Switch(option="from_logits", yes=logit, no=probability)]

ProbabilityVector = Annotated[Any, Range(ndim=1, classes=True, least=0, most=1)]
WeightVector = Annotated[Any, Range(ndim=1, classes=True, least=0, below=INF)]
Scores = Annotated[Any, Range(ndim=1, above=-INF, below=INF)]
PairedScores = Annotated[Any, Range(ndim=1, paired=True, above=-INF, below=INF)]
Relevances = Annotated[Any, Graded(ndim=1, least=0, below=INF)]
Flags = Annotated[Any, Whole(ndim=1, least=0, most=1)]
Flag = Annotated[Any, Whole(least=0, most=1)]
Frames = Annotated[Any, Range(ndim=2, free=True, below=INF)]
Labels = Annotated[Any, Labelling(ndim=1, free=True, above=-INF, below=INF)]
FrameCount = Annotated[Any, UpTo(over="pred", axis=-2, least=0)]
LabelCount = Annotated[Any, UpTo(over="target", least=0)]
Ensemble = Annotated[Any, Range(ndim=1, free=True, above=-INF, below=INF)]
Ensembles = Annotated[Any, Range(ndim=2, free=True, above=-INF, below=INF)]
FreeVector = Annotated[Any, Range(ndim=1, free=True, above=-INF, below=INF)]
SharedVectors = Annotated[Any, Range(ndim=1, free=True, shared=True, above=-INF, below=INF)]
SharedReal = Annotated[Any, Range(shared=True, own_rows=True, optional_only_if=("side", "g"), above=-INF, below=INF)]
Series = Annotated[Any, Range(shared=True, above=-INF, below=INF)]
Views = Annotated[Any, Range(ndim=2, ragged=True, above=-INF, below=INF)]
Group = Annotated[Any, Whole(takes_words=True, above=-INF, below=INF)]
Name = Annotated[Any, Range(takes_words=True, above=-INF, below=INF)]
Count = Annotated[Any, Whole(least=0, below=INF)]
History = Annotated[Any, Range(shared=True, or_per_row=True, above=-INF, below=INF)]
PositiveVector = Annotated[Any, Range(ndim=1, above=0, below=INF)]
Samples = Annotated[Any, Range(ndim=2, above=-INF, below=INF)]


_CORNERS, _SIDES = Boxes(ndim=1, size=4, above=-INF, below=INF), Sides(ndim=1, size=4, above=-INF, below=INF)


def _box(context: Mapping[str, Any]) -> Domain:
    return _CORNERS if context["box_format"] in (None, "xyxy") else _SIDES


Box = Annotated[Any, ByOption(ndim=1, size=4, words=f"{_CORNERS.says}, unless --box-format says otherwise", choose=_box)]


def _tweedie_mean(context: Mapping[str, Any]) -> Domain:
    return finite if context["power"] == 0 else Range(above=0, below=INF)


def _tweedie_target(context: Mapping[str, Any]) -> Domain:
    power = context["power"]
    return finite if power <= 0 else nonnegative if power < 2 else Range(above=0, below=INF)


TweedieMean = Annotated[Any, ByOption(words="above 0; with --power 0 any number", choose=_tweedie_mean)]
TweedieTarget = Annotated[
    Any, ByOption(words="any number up to --power 0, 0 or more up to --power 2, above 0 from there on", choose=_tweedie_target)
]

# Of several labels a row the classes come last, so there is no class axis to look for.
ClassScores = Annotated[Any, Range(ndim=1, classes=True, above=-INF, below=INF)]
ClassCosines = Annotated[Any, Range(ndim=1, classes=True, least=-1, most=1)]
ClassProbabilitiesOrLogits = Annotated[
    Any,
    Switch(
        ndim=1,
        classes=True,
        option="from_logits",
        yes=Range(ndim=1, classes=True, below=INF),
        no=Range(ndim=1, classes=True, least=0, most=1),
    ),
]
Logits = Annotated[Any, Range(ndim=1, below=INF)]
LogitViews = Annotated[Any, Range(ndim=2, below=INF)]
LabelShares = Annotated[Any, Range(ndim=1, least=0, most=1)]
ListedLabels = Annotated[Any, LabelList(ndim=1, least=-1, below=INF)]
LinearBias = Annotated[Any, Range(shared=True, rows_of="linear_weight", above=-INF, below=INF)]
LinearLabel = Annotated[Any, LabelIn(over="linear_weight", axis=0, beside="pred")]

# Options only.
Slope = Literal["exact", "torch"]  # the derivative of the value, or torch's where that is another
AtLeastOne = Annotated[Any, Range(least=1, below=INF)]
AnyOrInfinite = Annotated[Any, Range(least=-INF, most=INF)]
Between0And1 = Annotated[Any, Range(above=0, below=1)]
Levels = Annotated[Any, Range(ndim=1, least=0, most=1, named_by=("pred",))]
Level = Annotated[Any, Range(least=0, most=1, named_by=("pred",))]
OutsideInterval = Annotated[Any, Range(above=0, below=1, named_by=("lower", "upper"))]
Period = Annotated[Any, Whole(least=1, below=INF)]
TweediePower = Annotated[Any, OutsideUnit(above=-INF, below=INF)]
Share = Annotated[Any, Range(above=0, most=1)]
Degrees = Annotated[Any, Range(least=0, most=180)]
ClassCounts = Annotated[Any, Range(ndim=1, above=0, below=INF)]
BelowHalf = Annotated[Any, Range(least=0, below=0.5)]
PerClass = Annotated[Any, Range(ndim=1, least=0, below=INF)]
AlphaOrOff = Annotated[Any, Range(most=1, above=-INF)]
Cosine = Annotated[Any, Range(least=-1, most=1)]
AcuteAngle = Annotated[Any, Range(above=0, below=90)]
