"""The Domain class, and the domains of numbers: ranges, signs, whole numbers, and domains that depend on an option."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import nextafter
from typing import Any

from losscli.numeric.lazy import Array, np
from losscli.record import Record

__all__ = [
    "INF", "Bound", "ByOption", "Context", "Decided", "Domain", "Graded", "Needs", "Odd",
    "OutsideUnit", "Range", "Signed", "Switch", "Whole",
]  # fmt: skip

INF = float("inf")
Context = Mapping[str, Any]  # the arrays of the roles and the values of the options, by name


class Domain(Record):
    """The values and the shape that a role or an option takes. The base class takes any number."""

    ndim: int = 0  # the number of axes of one value in a row: 0 an element, 1 a vector, 2 a matrix
    size: int | None = None  # the length of the last axis, where it is fixed
    classes: bool = False  # the last axis counts classes
    ragged: bool = False  # a row holds any number of vectors; only their length must agree
    free: bool = False  # the length of its last axis may differ from that of other roles
    or_row: bool = False  # where a row has several numbers of other roles, it may have one for all of them
    or_number: bool = False  # a row may be one number, which is a vector of length 1
    paired: bool = False  # the loss computes every pair of its numbers, so a block has fewer rows
    takes_words: bool = False  # the loss only compares its values for equality, so that they may be words
    shared: bool = False  # one array for all rows: each block gets it whole
    rows_of: str = ""  # the role that has as many rows as this shared role
    own_rows: bool = False  # of a shared role: its rows are independent of those of other roles, for any shape
    only_with: str = ""  # the optional role that must be given where this one is, and only there
    or_per_row: bool = False  # of a shared role: it may also have one more axis, a value for each row
    of_values: bool = False  # and it enters the values of its row, which are summed over all rows: the loss is no number a row
    optional_only_if: tuple[str, Any] | None = None  # (option, value): an optional role must be given unless the option has this value
    # Of an option: the role whose columns its numbers may name (q0.1 is a level), or the two roles between which a share lies.
    named_by: tuple[str, ...] = ()
    form: str = ""  # logits, probs or log_probs: what the numbers are, where they can be given in the other two forms as well
    together: bool = False  # the numbers of the last axis are of one distribution, and not each on its own
    single: bool = False  # but one number there is on its own: its probability is the sigmoid
    opposed: int | None = None  # an axis that may have two sides, background and foreground: their logits are those of one distribution

    @property
    def says(self) -> str:
        """The domain in words, for help and messages: 'above 0'."""
        return "any number"

    @property
    def pair(self) -> tuple[float, float] | None:
        """The values of the two classes, where the domain holds labels of two classes; else None."""
        return None

    def of(self, context: Context) -> Domain:
        """The domain with these options: the domain itself, unless it depends on an option."""
        return self

    def holds(self, x: Array, context: Context) -> bool:
        """Whether all values lie inside. It is fast: where it is False, `wrong` may still find no value outside."""
        return not self.wrong(x, context).any()

    def wrong(self, x: Array, context: Context) -> Array:
        """Which values lie outside: booleans in the shape of x."""
        return np.zeros(x.shape, bool)

    def missing(self, x: Array) -> Array:
        """Which values are missing, since they are not finite. `--nan propagate` allows them."""
        return ~np.isfinite(x)


class Needs(Record):
    """Of an option: what it has no effect without, a role or an option that is given, or one of some values of an option."""

    name: str
    values: tuple[str, ...] = ()
    noted: bool = False  # frameworks take the option without effect: a note under their names, not an error

    @property
    def says(self) -> str:
        """What to give: '--window gaussian', or '--ref-logp'."""
        *first, last = self.values or ("",)
        return f"--{self.name.replace('_', '-')} {', '.join(first)}{' or ' if first else ''}{last}".rstrip()


class Range(Domain):
    """Numbers between bounds. `above` and `below` are open bounds, `least` and `most` closed ones; None is no bound."""

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
        bounds = " and ".join(p for p in parts if p)
        if self.above is None and self.least is None and not bounds:
            return "finite, or -inf"
        return bounds or "finite"

    def holds(self, x: Array, context: Context) -> bool:
        if x.size == 0:
            return True
        if self.above == -INF and self.below == INF and self.least is self.most is None and x.dtype.kind == "f":
            return bool(np.isfinite(x.sum()))  # one pass; where the sum overflows, `wrong` decides
        hi = x.max()  # NaN where any value is NaN, and then every comparison is False
        if not (hi == hi and (self.below is None or hi < self.below) and (self.most is None or hi <= self.most)):
            return False
        if self.above is self.least is None:
            return True
        lo = x.min()
        return bool((self.above is None or self.above < lo) and (self.least is None or self.least <= lo))

    def _closed(self) -> tuple[float, float]:
        """The bounds as closed ones, for doubles."""
        finite = self.above == -INF and self.below == INF
        above = self.above if finite or self.above != -INF else None  # -inf is excluded only together with inf
        least = [-INF, *([] if self.least is None else [self.least]), *([] if above is None else [nextafter(above, INF)])]
        most = [INF, *([] if self.most is None else [self.most]), *([] if self.below is None else [nextafter(self.below, -INF)])]
        return max(least), min(most)

    def wrong(self, x: Array, context: Context) -> Array:
        if (outside := getattr(x, "outside", None)) is not None:  # it is traced
            return outside(*self._closed())
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


class Bound(Range):
    """An upper bound, which may be infinite: nothing is known then, and no value is missing."""

    @property
    def says(self) -> str:
        return f"{super().says}, or inf"

    def missing(self, x: Array) -> Array:
        return np.isnan(x)


class Signed(Domain):
    """-1 or 1."""

    @property
    def pair(self) -> tuple[float, float] | None:
        return -1.0, 1.0

    @property
    def says(self) -> str:
        return "-1 or 1"

    def wrong(self, x: Array, context: Context) -> Array:
        return np.abs(x) != 1

    def missing(self, x: Array) -> Array:
        return np.zeros(x.shape, bool)  # as of Whole


class Whole(Range):
    """Whole numbers: counts, lengths, the identifiers of groups."""

    @property
    def pair(self) -> tuple[float, float] | None:
        return (0.0, 1.0) if (self.least, self.most) == (0, 1) else None

    @property
    def says(self) -> str:
        if self.takes_words:
            return "a whole number or a word"
        bounds = super().says
        return "a whole number" + ("" if bounds.startswith("finite") else f", {bounds}")

    def holds(self, x: Array, context: Context) -> bool:
        return x.dtype.kind in "iu" and super().holds(x, context)

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | (x != np.rint(x))

    def missing(self, x: Array) -> Array:
        return np.zeros(x.shape, bool)  # a group, a flag or an index cannot be nan: comparisons and look-ups would make a number of it


class Decided(Range):
    """Labels that are compared with those of another role: beside a whole number, a number such as 0.7 is a score, not a label.

    Ratings in halves (1.5, 3.5) are labels.
    """

    beside: str = ""  # the other role

    def holds(self, x: Array, context: Context) -> bool:
        return super().holds(x, context) and bool((x == np.rint(x)).all())

    def wrong(self, x: Array, context: Context) -> Array:
        label = context[self.beside]
        half = (x >= 1) & (2 * x == np.rint(2 * x))
        return super().wrong(x, context) | ((x != np.rint(x)) & (label == np.rint(label)) & ~half)


class Odd(Whole):
    """Odd numbers: the sides of windows, which have a middle."""

    @property
    def says(self) -> str:
        return "an odd number, 1 or more"

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | (x % 2 != 1)


class Graded(Range):
    """Relevances of a list, with -1 for padding where the list is shorter than others."""

    @property
    def says(self) -> str:
        return f"{super().says}, or -1 for padding"

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) & (x != -1)

    def missing(self, x: Array) -> Array:
        return np.zeros(x.shape, bool)  # as of Whole


class OutsideUnit(Range):
    """All numbers except those between 0 and 1: the powers of the mean for which a Tweedie distribution exists."""

    @property
    def says(self) -> str:
        return "0 or less, or 1 or more"

    def wrong(self, x: Array, context: Context) -> Array:
        return super().wrong(x, context) | ((x > 0) & (x < 1))


class Switch(Domain):
    """The domain `yes` where a boolean option is true, `no` where it is false."""

    option: str = ""
    yes: Domain = Domain()
    no: Domain = Domain()

    @property
    def says(self) -> str:
        return f"{self.no.says}; with --{self.option.replace('_', '-')} {self.yes.says}"

    def of(self, context: Context) -> Domain:
        return self.yes if context[self.option] else self.no


class ByOption(Domain):
    """The domain that `choose` returns for the options; `words` describe it."""

    words: str = ""
    choose: Callable[[Context], Domain] = lambda context: Domain()

    @property
    def says(self) -> str:
        return self.words

    def of(self, context: Context) -> Domain:
        return self.choose(context)
