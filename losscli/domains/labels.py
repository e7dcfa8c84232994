"""Domains bounded by the shape of another role: class indices, sequences and lists of class indices, and lengths."""

from __future__ import annotations

from losscli.domains.values import INF, Context, Domain, Graded, Range, Whole
from losscli.errors import InputError, UsageError, counted
from losscli.numeric.lazy import Array, np

__all__ = [
    "CauseIn",
    "IntervalIn",
    "LabelIn",
    "LabelList",
    "Labelling",
    "NextToken",
    "OfClasses",
    "OfItems",
    "OfTimes",
    "OrIgnored",
    "PaddedLabels",
    "UpTo",
]


class LabelIn(Domain):
    """Class indices from 0 to C-1, where C is the length of an axis of the role `over`; or ignore_index, where the loss has that option.

    Where `soft`, the labels may also be distributions over the classes, in the shape of the role `over`.
    """

    over: str = "pred"
    axis: int = -1  # the class axis of `over`
    soft: bool = True
    beside: str = ""  # the role whose rows have these labels, if it is not `over`

    @property
    def says(self) -> str:
        return "class index from 0" + (", or a probability for each class" if self.soft else "")

    def count(self, context: Context) -> int:
        """The number of classes."""
        return context[self.over].shape[self.axis]

    def is_soft(self, x: Array, context: Context) -> bool:
        """Whether the labels are probabilities for each class."""
        return self.soft and x.ndim == context[self.beside or self.over].ndim

    def ignored(self, x: Array, context: Context) -> Array | None:
        """Which labels are ignore_index; None where there is no such option, or the labels are soft."""
        if "ignore_index" not in context or self.is_soft(x, context):
            return None
        return x == context["ignore_index"]

    def holds(self, x: Array, context: Context) -> bool:
        if x.size == 0:
            return True
        if self.is_soft(x, context) and x.min() >= 0:
            return True
        if x.min() >= 0 and x.max() < self.count(context) and x.dtype.kind in "iu":
            return True
        return not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        if self.is_soft(x, context):
            ignored = x == context["ignore_index"] if context.get("ignore_in_masks") == "element" else False
            return ~((x >= 0) & (x < INF) | ignored)
        if (outside := getattr(x, "outside", None)) is not None and x.dtype.kind == "i":  # it is traced
            wrong = outside(0, self.count(context) - 1)
        else:
            wrong = ~((x >= 0) & (x < self.count(context)) & (x == np.rint(x)))
        ignored = self.ignored(x, context)
        return wrong if ignored is None else wrong & ~ignored

    def missing(self, x: Array) -> Array:
        return np.zeros(x.shape, bool)  # an index has no missing value: without a class there is nothing to compute


class NextToken(LabelIn):
    """The tokens of a sequence. With the option `shift` each has its logits at the token before it, so that the first counts as ignored."""

    def ignored(self, x: Array, context: Context) -> Array | None:
        return (x == context["ignore_index"]) | (context["shift"] & (np.arange(x.shape[-1]) == 0))

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | ~np.isfinite(x) | (x != np.rint(x))  # also of the first token


class OfItems(Graded):
    """A relevance or a click for each item of the role `over`, whose last axis is another one."""

    over: str = "pred"

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        over = context.get(self.over)
        if over is not None and x.ndim == over.ndim - 1 and x.shape[-1] != (items := over.shape[-2]):
            raise InputError(
                f"a row of {self.over} has {counted(items, 'item')}, but {counted(x.shape[-1], 'label')}: give one for each item"
            )
        return super().wrong(x, context)


class OrIgnored(Range):
    """A range of numbers, or the loss's option ignore_index, which marks an element that does not count."""

    def ignored(self, x: Array, context: Context) -> Array:
        """Which elements are ignored."""
        return x == context["ignore_index"]

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) & (x != context["ignore_index"])


class UpTo(Whole):
    """Lengths from 0 to the size of an axis of the role `over`."""

    over: str = "pred"
    axis: int = -1

    @property
    def says(self) -> str:
        return f"a whole number, from {self.least or 0:g} to the length of {self.over}"

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | (x > context[self.over].shape[self.axis])


class DurationLogits(Range):
    """The logits of durations of each node of the lattice `over`, in the order of the option durations."""

    over: str = "pred"

    def holds(self, x: Array, context: Context) -> bool:
        expected = (*context[self.over].shape[-3:-1], len(context["durations"]))
        if x.shape[-3:] != expected:
            raise InputError(
                f"a row of duration_logits has the shape {x.shape[-3:]}, but its frames, the labels + 1 and the durations are {expected}"
            )
        return super().holds(x, context)


class IntervalIn(Whole):
    """The index of a time interval: a number of the last axis of the role `over`."""

    over: str = "pred"

    @property
    def says(self) -> str:
        return f"the number of a column of {self.over}, from 0"

    def count(self, context: Context) -> int:
        """How many numbers are inside."""
        return context[self.over].shape[-1]

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | (x >= self.count(context))


class CauseIn(IntervalIn):
    """The cause of an event, from 1 to the number of vectors that a row of the role `over` has; 0 where there was none."""

    @property
    def says(self) -> str:
        return f"a cause, from 1 to the number of vectors in a row of {self.over}, or 0 for a censored row"

    def count(self, context: Context) -> int:
        return context[self.over].shape[-2] + 1


class Labelling(Whole):
    """Sequences of class indices over the last axis of the role `over`, without the blank.

    The role `lengths` has the length of each sequence: after it any whole number is valid. Without it, the option padding fills the rest.
    """

    over: str = "pred"
    lengths: str = "target_lengths"
    lattice: bool = False  # whether `over` has a column for each number of labels before it; a blank of -1 is then the last class

    @property
    def says(self) -> str:
        return f"a class of {self.over} other than the blank"

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        classes, blank = context[self.over].shape[-1], context["blank"]
        if self.lattice:
            blank = classes - 1 if blank == -1 else blank
            self._check_columns(x, context)
        if not 0 <= blank < classes:
            raise UsageError(f"blank is {blank}, but class indices go from 0 to {classes - 1}")
        valid = (x >= 0) & (x < classes) & (x != blank)
        if self.lengths in context:
            valid |= np.arange(x.shape[-1]) >= context[self.lengths][..., None]
        elif context.get("padding") is not None:
            valid |= x == context["padding"]
        return super().wrong(x, context) | ~valid

    def _check_columns(self, x: Array, context: Context) -> None:
        columns, longest = context[self.over].shape[-2], x.shape[-1]
        if self.lengths in context:
            longest = int(context[self.lengths].max(initial=0))
        if longest >= columns:
            of_labels = f"{self.over} has {columns} columns (of 0 to {columns - 1} labels)"
            raise InputError(f"{of_labels}, and a row of the target has {longest} labels: it needs {longest + 1}")


class LabelList(Whole):
    """The labels of a row: class indices over the last axis of the role `over`. The list ends at its first -1."""

    over: str = "pred"

    @property
    def says(self) -> str:
        return "class indices from 0, ended by -1"

    def holds(self, x: Array, context: Context) -> bool:
        return super().holds(x, context) and not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | (x >= context[self.over].shape[-1])


class PaddedLabels(Whole):
    """The labels of the objects of a row: class indices over the last axis of `over`, -1 where there is no object.

    Where the option scores is softmax, the last class of `over` is no object, and no label.
    """

    over: str = "pred"

    @property
    def says(self) -> str:
        return "a class index from 0, below the last class where that is no object, or -1 for no box"

    def holds(self, x: Array, context: Context) -> bool:
        return super().holds(x, context) and not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | (x >= context[self.over].shape[-1] - (context["scores"] == "softmax"))


class OfTimes(Range):
    """One weight for each row, or one for each of its times, which the role pred has on its last axis."""

    def wrong(self, x: Array, context: Context) -> Array:
        times = context["pred"].shape[-1]
        if x.shape[-1] not in (1, times):
            raise InputError(f"a row has {counted(times, 'time')}, but {counted(x.shape[-1], 'weight')}: give one for each, or one for all")
        return super().wrong(x, context)

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()


class OfClasses(Range):
    """A matrix with a row and a column for each class of the role `over`."""

    over: str = "pred"

    @property
    def says(self) -> str:
        return f"{super().says}, a row and a column for each class"

    def wrong(self, x: Array, context: Context) -> Array:
        classes = context[self.over].shape[-1]
        if x.shape != (classes, classes):
            raise InputError(f"a matrix of {classes} classes has the shape ({classes}, {classes}), not {x.shape}")
        return super().wrong(x, context)

    def holds(self, x: Array, context: Context) -> bool:
        return not self.wrong(x, context).any()
