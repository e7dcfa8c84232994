"""Miners: the pairs and triplets of a batch that count, chosen by the distances between its rows, as in pytorch-metric-learning.

`far` are distances of anchors from all rows, or similarities with a minus sign; `positive` and `negative` are masks of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from losscli.numeric.lazy import Array, np
from losscli.record import Record

__all__ = ["Mined", "each_positive", "mine"]


class Mined(Record):
    """What a miner chose. A pair that stands in several triplets counts once for each of them."""

    positive: Array  # how often each row is chosen as a positive of each anchor
    negative: Array
    anchors: Array  # how often each anchor is chosen
    negatives_of: Callable[[Array], Array]  # the row index of a positive for each anchor -> which rows are negatives of its triplets


def mine(miner: str, far: Array, positive: Array, negative: Array, margin: float, epsilon: float) -> Mined:
    """The pairs and triplets that a miner chooses: `margin` is that of the miners of triplets, `epsilon` that of multi_similarity."""
    if miner == "batch_hard":
        return _hardest(far, positive, negative)
    if miner == "multi_similarity":
        return _near_the_hardest(far, positive, negative, epsilon)
    return _by_margin(far, positive, negative, miner, margin)


def each_positive(positive: Array) -> Iterator[tuple[Array, Array]]:
    """For k = 0, 1, …: the row index of the k-th positive of each anchor, and whether the anchor has that many."""
    order, count = np.argsort(positive == 0, -1, kind="stable"), (positive != 0).sum(-1)
    for k in range(max(1, count.max(initial=0))):
        yield order[:, k], count > k


def _hardest(far, positive, negative):
    """The farthest positive and the nearest negative of each anchor that has both."""
    both = positive.any(-1) & negative.any(-1)
    places = np.where(positive, far, -np.inf).argmax(-1), np.where(negative, far, np.inf).argmin(-1)
    hardest, nearest = ((np.arange(far.shape[-1]) == at[:, None]) & both[:, None] for at in places)
    return Mined(hardest, nearest, both, lambda p: nearest)


def _by_margin(far, positive, negative, kind, margin):
    """Triplets whose negative is farther than the positive by no more than a margin: hard by none, semihard by some; easy by more."""

    def negatives_of(p):
        gap = far - np.take_along_axis(far, p[:, None], -1)
        chosen = gap > margin if kind == "easy" else gap <= margin
        return negative & chosen & (True if kind in ("all", "easy") else gap <= 0 if kind == "hard" else gap > 0)

    as_positive, as_negative = np.zeros(far.shape, np.int64), np.zeros(far.shape, np.int64)
    for p, has in each_positive(positive):
        triplets = negatives_of(p) & has[:, None]
        as_negative += triplets
        as_positive[np.arange(len(p)), p] += triplets.sum(-1)
    return Mined(as_positive, as_negative, as_positive.sum(-1), negatives_of)


def _near_the_hardest(far, positive, negative, epsilon):
    """Positives nearly as far as the nearest negative, or farther; negatives nearly as near as the farthest positive, or nearer."""
    nearest, farthest = np.where(negative, far, np.inf).min(-1), np.where(positive, far, -np.inf).max(-1)
    near = negative & (far - epsilon < farthest[:, None])
    chosen = positive & (far + epsilon > nearest[:, None])
    return Mined(chosen, near, chosen.sum(-1) + near.sum(-1), lambda p: near)
