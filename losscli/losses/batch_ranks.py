"""Losses of labelled embeddings that rank a batch by similarity: average precision, and the share of pairs in the wrong order."""

from __future__ import annotations

from typing import Any, Literal

from losscli.aggregation import AllRows, ByClass
from losscli.domains import BinCount, Cosine, NonNegative, Positive, PositiveOrInfinite, Share0To1
from losscli.numeric.lazy import np
from losscli.numeric.miners import each_positive
from losscli.numeric.special import x_minus_log1p
from losscli.numeric.steps import expit, relu
from losscli.pairs import OF_METRIC, OF_MINER, Pairs, mean_or_zero, of_anchors, of_pairs, over_pairs
from losscli.pairs.terms import values_of
from losscli.registry import loss

__all__ = ["fast_ap", "histogram_loss", "pnp", "ranked_list", "smooth_ap", "threshold_consistent_margin"]

_REDUCER = ("reducer", "low", "high", "weights")


def pulse(x, node, width):
    """The share of a number that belongs to a node of a grid: 1 at the node, 0 at its neighbours."""
    return relu(1 - np.abs(x - node) / width)


@loss(
    "embedding",
    aliases=("FastAPLoss", "fastap"),
    reference="pytorch_metric_learning.losses.FastAPLoss (Cakir 2019)",
    units="1 (1 − average precision)",
    mean="of terms",
    use="embeddings are learned for retrieval, and average precision should be optimised",
    words=("image retrieval", "average precision"),
    see={"smooth_ap": "ranks from sigmoids in place of a histogram"},
)
@over_pairs("element", power=2.0, without=("ref", "distance", "p", "normalize"))
def fast_ap(pairs: Pairs, *, num_bins: BinCount = 10):
    """1 minus the average precision of each row as a query, from soft histograms of its squared distances to positives and to others.

    1/P Σ_l h⁺_l H⁻_l / H_l, where h⁺ are the positives in bin l, H⁻ the negatives up to it and H all rows up to it; d of unit vectors

    >>> next(fast_ap(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    positive, width = pairs.same & ~pairs.itself, 2**pairs.metric.power / num_bins
    found: Any = 0.0
    near, others = found, found
    for k in range(num_bins + 1):
        inside = pulse(pairs.far, k * width, width)
        here = np.where(positive, inside, 0).sum(-1)
        near, others = near + here, others + np.where(pairs.same, 0, inside).sum(-1)
        found = found + here * mean_or_zero(others, near + others)
    times = yield from pairs.times_mined()
    has: Any = positive.any(-1)
    return of_anchors(mean_or_zero(found, positive.sum(-1)) * times, has)


@loss(
    "embedding",
    aliases=("SmoothAPLoss",),
    reference="Brown et al. 2020, Smooth-AP",
    properties="differentiable",
    units="1 (1 − average precision)",
    mean="of terms",
    use="embeddings are learned for retrieval, and a smooth average precision should be optimised",
    words=("image retrieval", "average precision"),
    see={"fast_ap": "from a histogram of distances", "pnp": "only the negatives before a positive count"},
)
@over_pairs("element", distance="cosine", without=("ref", *OF_METRIC))
def smooth_ap(pairs: Pairs, *, temperature: Positive = 0.01):
    """1 minus the smooth average precision of each row as a query; its positives are all rows of its label, itself too.

    1/P Σ_p n_p / (1 + n_p + m_p), n_p = Σ_n σ((s_an − s_ap)/T) over the negatives, m_p the same over the other positives; s the cosine

    >>> next(smooth_ap(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    total: Any = 0.0
    for p, has in each_positive(pairs.same):
        before = expit((np.take_along_axis(pairs.far, p[:, None], -1) - pairs.far) / temperature)
        wrong, itself = np.where(pairs.same, 0, before).sum(-1), np.arange(len(pairs.labels)) == p[:, None]
        right = np.where(pairs.same & ~itself, before, 0).sum(-1)
        total = total + np.where(has, wrong / (1 + wrong + right), 0)
    times = yield from pairs.times_mined()
    others: Any = (~pairs.same).any(-1) * 1
    return of_anchors(total / pairs.same.sum(-1).astype(total.dtype) * times, None, others)


@loss(
    "embedding",
    aliases=("PNPLoss", "penalizing_negatives_before_positives"),
    reference="pytorch_metric_learning.losses.PNPLoss (Li 2021)",
    properties="differentiable",
    units="1",
    mean="of terms",
    use="embeddings are learned for retrieval, and negatives before positives should be penalised",
    words=("image retrieval", "average precision"),
    see={
        "smooth_ap": "the positives before a positive count too",
        "limit": "a bound of the exponent, which pytorch-metric-learning has at 50",
    },
)
@over_pairs("element", distance="cosine", without=("ref", *OF_METRIC, *OF_MINER, *_REDUCER))
def pnp(
    pairs: Pairs,
    *,
    variant: Literal["O", "Ds", "Dq", "Iu", "Ib"] = "O",
    b: Positive = 2.0,
    alpha: Positive = 1.0,
    anneal: Positive = 0.01,
    limit: PositiveOrInfinite = float("inf"),
):
    """Mean over a row and its positives of a function of the smooth number r of negatives that are more similar; for rows with a positive.

    r = Σ_n σ((s_an − s_ap)/T); O: r, Ds: log(1 + r), Dq: 1 − (1 + r)^−α, Iu: (1 + r) log(1 + r), Ib: (b r − log(1 + b r)) / b²

    >>> next(pnp(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    total: Any = 0.0
    for p, has in each_positive(pairs.same):
        gap = (np.take_along_axis(pairs.far, p[:, None], -1) - pairs.far) / anneal
        r = np.where(pairs.same, 0, expit(gap if limit == float("inf") else np.clip(gap, -limit, limit))).sum(-1)
        total = total + np.where(has, _of_rank(r, variant, b, alpha), 0)
    with_positive: Any = pairs.positive.any(-1)
    return of_anchors(total / pairs.same.sum(-1).astype(total.dtype), with_positive)


def _of_rank(r, variant, b, alpha):
    """What a positive with r negatives before it adds to `pnp`."""
    if variant == "Ib":
        return x_minus_log1p(b * r) / b**2
    log = np.log1p(r)
    return {"O": lambda: r, "Ds": lambda: log, "Dq": lambda: -np.expm1(-alpha * log), "Iu": lambda: (1 + r) * log}[variant]()


@loss(
    "embedding",
    aliases=("HistogramLoss", "soft_histogram"),
    reference="pytorch_metric_learning.losses.HistogramLoss (Ustinova 2016)",
    units="1 (a probability)",
    mean="of terms",
    use="similarities of positive and of negative pairs of a batch should not overlap",
    words=("metric learning", "overlap of distributions", "re-identification"),
    see={"fast_ap": "a histogram for each row as a query"},
)
@over_pairs("pair", distance="cosine", without=("ref", *OF_METRIC, *_REDUCER))
def histogram_loss(pairs: Pairs, *, n_bins: BinCount = 100):
    """Probability that a random negative pair is more similar than a random positive pair, from a soft histogram of the positive pairs.

    mean over the negative pairs of Φ(s), where Φ is the share of positive pairs up to s, between the nodes −1, −1 + 2/n, …, 1; s the cosine

    >>> next(histogram_loss(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    width, s, x = 2 / n_bins, -pairs.far, pairs.far.dtype
    positive, negative = yield from _each_pair_once(pairs)
    positive, negative = positive.astype(x), negative.astype(x)
    nodes = [k * width - 1 for k in range(n_bins + 1)]
    here = np.stack([(pulse(s, t, width) * positive).sum(-1) for t in nodes], -1)
    counts, size = yield ByClass(here), positive.sum(-1)
    counts = counts.astype(x)
    up_to: Any = 0.0
    share: Any = np.zeros(s.shape, x)
    for k, t in enumerate(nodes):
        up_to = up_to + counts[k]
        share = share + pulse(s, t, width) * up_to
    return of_pairs(mean_or_zero(share, size), negative)


def _each_pair_once(pairs):
    """How often each pair in a triplet counts, positive and negative: half, where both its rows have it."""
    positive, negative = (m > 0 for m in (pairs.positive, pairs.negative))
    both = positive.any(-1, keepdims=True) & negative.any(-1, keepdims=True)
    positive, negative = positive & both, negative & both
    if pairs.mined is None:
        _, at, times = np.unique(pairs.labels, return_inverse=True, return_counts=True)
        has_positive = times[at.reshape(-1)] > 1
        return positive * 0.5, negative * np.where(has_positive, 0.5, 1.0)
    all_positive, all_negative = yield AllRows(positive * 1.0), AllRows(negative * 1.0)
    columns = (values_of(x).T[values_of(pairs.row)] > 0 for x in (all_positive, all_negative))
    return tuple(m * np.where(c, 0.5, 1.0) for m, c in zip((positive, negative), columns, strict=True))


@loss(
    "embedding",
    aliases=("RankedListLoss", "rll"),
    reference="pytorch_metric_learning.losses.RankedListLoss (Wang 2019)",
    units="embedding units",
    mean="of terms",
    use="positives should lie within a ball and negatives outside, the hardest counting most",
    words=("image retrieval", "metric learning"),
    see={
        "contrastive_all": "pairs have no weights",
        "eps": "is added to each weight in the denominators, also to those that are 0",
        "coincident": "off: negatives at the distance 0 do not count, as in pytorch-metric-learning",
    },
)
@over_pairs("element", needs="pairs", without=("ref", *OF_MINER))
def ranked_list(
    pairs: Pairs,
    *,
    margin: float = 0.4,
    neg_temperature: NonNegative = 10.0,
    imbalance: Share0To1 = 0.5,
    alpha: float | None = None,
    pos_temperature: NonNegative = 0.0,
    eps: NonNegative = 0.0,
    coincident: bool = True,
):
    """Positives should be closer than alpha − margin, negatives farther than alpha; means of each row, the hardest weighing most.

    (1 − λ) Σ_p w_p (d_ap − α + m) / Σ w + λ Σ_n w_n (α − d_an) / Σ w over the terms above 0, w = e^{T x} of the term x; α = 1 + m/2

    >>> next(ranked_list(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    alpha = 1 + margin / 2 if alpha is None else alpha
    d = pairs.sign * pairs.far
    negative = pairs.negative if coincident else pairs.negative & (values_of(d) > 0)
    pull = _hard_mean(d - (alpha - margin), pairs.positive, pos_temperature, eps)
    return of_anchors((1 - imbalance) * pull + imbalance * _hard_mean(alpha - d, negative, neg_temperature, eps))


def _hard_mean(x, chosen, temperature, eps):
    """The mean of the chosen numbers above 0 with weights e^{T x}; eps is added to the weight of every number of a row."""
    x = np.where(chosen & (x > 0), x, 0.0)
    largest = temperature * x.max(-1)
    w = np.where(x > 0, np.exp(temperature * x - largest[:, None]), 0.0)
    return mean_or_zero((w * x).sum(-1), w.sum(-1) + x.shape[-1] * eps * np.exp(-largest))


@loss(
    "embedding",
    aliases=("ThresholdConsistentMarginLoss", "tcm"),
    reference="pytorch_metric_learning.losses.ThresholdConsistentMarginLoss (Zhang 2024)",
    units="cosine",
    reduction="sum",
    use="one threshold of the similarity should fit all classes: a term beside another metric loss",
    words=("face verification", "one threshold"),
    see={"contrastive_all": "distances or similarities, with reducers"},
)
@over_pairs("pair", needs="pairs", distance="cosine", reducer="avg_non_zero", without=("ref", *OF_METRIC, *_REDUCER))
def threshold_consistent_margin(
    pairs: Pairs,
    *,
    lambda_plus: NonNegative = 1.0,
    lambda_minus: NonNegative = 1.0,
    margin_plus: Cosine = 0.9,
    margin_minus: Cosine = 0.5,
):
    """Positive pairs should have a cosine above one margin, negative pairs below another; a value is what one anchor adds to the loss.

    λ₊ mean max(0, m₊ − s_ap) + λ₋ mean max(0, s_an − m₋), each mean over the terms above 0, s the cosine

    >>> next(threshold_consistent_margin(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    pull, push = relu(pairs.far + margin_plus), relu(-margin_minus - pairs.far)
    return [of_pairs(lambda_plus * pull, pairs.positive), of_pairs(lambda_minus * push, pairs.negative)]
