"""The pairs of a block, which a formula gets, and its terms, which a reducer makes a mean of."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import cached_property
from typing import Any, Literal

from losscli.aggregation import AllRows, Sum
from losscli.errors import UsageError
from losscli.numeric.lazy import Array, np
from losscli.numeric.miners import Mined, each_positive
from losscli.pairs.metric import Metric
from losscli.record import Record

__all__ = [
    "Kind",
    "Pairs",
    "Terms",
    "mean_or_zero",
    "of_anchors",
    "of_each_positive",
    "of_labels",
    "of_pairs",
    "sum_and_count",
    "values_of",
]

Kind = Literal["element", "pair", "triplet"]


def values_of(x: Any) -> Array:
    """The numbers of an array, also while derivatives are computed."""
    return getattr(x, "value", x)


class Pairs(Record):
    """The pairs of the anchors of a block with all rows, or with all reference rows."""

    metric: Metric
    x: Array  # the vectors of the anchors, as the metric compares them
    all_x: Array  # those of all rows
    all_raw: Any  # the same as they were given, where the formula needs them; else None
    target: Array  # the labels of the anchors
    labels: Array  # those of all rows
    row: Array  # the indices of the anchors
    referred: bool  # whether `all_x` are reference rows
    own_x: Any = None  # the vectors of all rows of the batch, also where `all_x` are reference rows
    mined: Mined | None = None
    sorted_by: Any = None  # the numbers by which the miner sorts the pairs of an anchor, if not by the place of the row

    @cached_property
    def far(self) -> Array:
        """The distances, or the similarities with a minus sign."""
        return self.metric.far(self.x, self.all_x)

    @property
    def sign(self) -> float:
        """1 for a distance, −1 for a similarity: what is m for the metric is sign · m for `far`."""
        return self.metric.sign

    @cached_property
    def same(self) -> Array:
        """Whether the labels of anchor and row are equal."""
        return self.target[:, None] == self.labels

    @cached_property
    def itself(self) -> Array:
        """Whether the row is the anchor."""
        return np.zeros(self.same.shape, bool) if self.referred else np.arange(len(self.labels)) == self.row[:, None]

    @cached_property
    def positive(self) -> Array:
        """Whether the row is a positive of the anchor; with a miner of triplets, how often."""
        return self.same & ~self.itself if self.mined is None else self.mined.positive

    @cached_property
    def negative(self) -> Array:
        """Whether the row is a negative of the anchor; with a miner of triplets, how often."""
        return ~self.same if self.mined is None else self.mined.negative

    def negatives_of(self, p: Array) -> Array:
        """Which rows are negatives in triplets with a given positive: the index of a row for each anchor."""
        return self.negative if self.mined is None else self.mined.negatives_of(p)

    def far_from_positive(self, p: Array, of: str) -> Array:
        """The distances from a positive of each anchor to all rows. `of` "batch" takes the row of the batch with its number.

        Raises UsageError where the batch has no such row.
        """
        if not self.referred or of == "reference":
            return self.metric.far(self.all_x[p], self.all_x)
        rows = len(values_of(self.own_x))
        if self.positive[:, rows:].any():
            at = rows + int(self.positive[:, rows:].any(0).argmax())
            raise UsageError(
                f"--swap-from batch: reference row {at} is a positive, but the batch has no row {at}: give at most {rows} of them"
            )
        return self.metric.far(self.own_x[np.minimum(p, rows - 1)], self.all_x)

    def has_both(self) -> Generator[Any, Any, bool]:
        """Whether the whole batch has a positive pair and a negative pair."""
        if self.mined is None and not self.referred:
            return 1 < len(np.unique(self.labels)) < len(self.labels)
        (found,) = yield Sum(np.array([self.positive.any(), self.negative.any()], float))
        return bool((values_of(found) > 0).all())

    def times_mined(self) -> Generator[Any, Any, Array | float]:
        """How often a miner chose each anchor, in any place of its pairs, as a share of the largest number; 1 without a miner."""
        if self.mined is None:
            return 1.0
        times = self.mined.anchors.astype(float)
        all_times, in_pairs = yield AllRows(times), Sum(self.mined.positive.sum(0) + self.mined.negative.sum(0) + 0.0)
        all_times, in_pairs = values_of(all_times), values_of(in_pairs)
        if not self.referred:
            times, all_times = times + in_pairs[self.row], all_times + in_pairs
        largest = all_times.max(initial=0)
        return (times / largest if largest else np.ones(len(times))).astype(self.x.dtype)


class Terms(Record):
    """The terms of a part of a loss, some for each anchor: arrays (anchors, terms) of their values, and of how often each counts."""

    kind: Kind
    chunks: Iterable[tuple[Array, Array | None]]  # None: each counts once
    possible: Array | None = None  # how many terms each anchor could have, where the labels of its pairs do not say it


def of_anchors(values: Array, counts: Array | None = None, possible: Array | None = None) -> Terms:
    """A term for each anchor."""
    return Terms("element", [(values[:, None], None if counts is None else counts[:, None])], possible)


def of_pairs(values: Array, counts: Array) -> Terms:
    """A term for each pair."""
    return Terms("pair", [(values, counts)])


def of_each_positive(pairs: Pairs, terms: Callable[[Array], tuple[Array, Array]], kind: Kind) -> Terms:
    """Terms for one positive of each anchor after the other: `terms` gets the row index of the positive."""

    def chunks() -> Iterable[tuple[Array, Array]]:
        for p, has in each_positive(pairs.positive):
            values, counts = terms(p)
            yield values, np.where(has[:, None], counts, np.zeros((), counts.dtype))

    return Terms(kind, chunks())


# --- reducers ------------------------------------------------------------------------------------------------------------------


def mean_or_zero(total: Array, count: Array) -> Array:
    """total / count, and 0 where count is 0."""
    return total / np.where(count == 0, 1, count).astype(total.dtype)


def sum_and_count(terms: Terms, reducer: str, low: float | None, high: float | None) -> tuple[Array, Array | None]:
    """Σ of the terms of each anchor, and how many count in a mean; None: one for each anchor."""
    total: Any = 0
    count: Any = 0
    n: Any
    for x, n in terms.chunks:
        if reducer in ("avg_non_zero", "threshold"):
            inside = (True if low is None else ~(x <= low)) & (True if high is None else ~(x >= high))  # with nan, so that a mean is nan
            n = inside if n is None else np.where(inside, n, np.zeros((), n.dtype))
        elif n is None:
            return x[:, 0], None
        n = n != 0 if reducer == "per_anchor" else n
        kept = np.where(n != 0, x, 0)
        total, count = total + (kept if n.dtype == bool else kept * n.astype(x.dtype)).sum(-1), count + n.sum(-1)
    return (mean_or_zero(total, count), None) if reducer == "per_anchor" and terms.kind == "pair" else (total, count)


def of_labels(weights: Any, target: Array) -> Array:
    """The weight of each label. Raises UsageError for a label without one."""
    weights = np.atleast_1d(weights)
    wrong = target[(target < 0) | (target >= len(weights))]
    if len(wrong):
        raise UsageError(f"weights has a number for each label from 0 to {len(weights) - 1}, but target has the label {wrong[0]}")
    return weights[target]
