"""Losses of a chosen item against sampled ones, as recommenders such as GRU4Rec have them: a row has a score and those of its negatives."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Controls, NonNegative, Positive, Real
from losscli.numeric.lazy import np
from losscli.numeric.softmax import logsumexp, neg_log_softmax, softmax, softmax_cross_entropy
from losscli.numeric.steps import expit, nll_with_eps, softplus
from losscli.registry import loss

__all__ = ["bpr_max", "sampled_softmax", "top1", "top1_max"]

_WORDS = ("recommendation", "recommender system", "session-based", "implicit feedback", "gru4rec")


@loss(
    "ranking",
    aliases=("top1_loss", "TOP1"),
    reference="the formula (Hidasi et al. 2016, GRU4Rec)",
    properties="differentiable",
    units="1 (a mean of probabilities)",
    use="recommendation: a chosen item should score above sampled ones, whose scores stay near 0",
    words=_WORDS,
    see={"top1_max": "the highest negatives count most", "bpr": "without the penalty of the negatives' scores"},
)
def top1(positive: Real, negative: Controls):
    """Mean probability that a negative ranks above the positive, with a penalty of the negatives' scores.

    mean_j σ(n_j − p) + σ(n_j²)

    >>> top1(np.array([0.0]), np.array([[0.0, 0.0]]))
    array([1.])
    """
    return _costs(positive, negative).mean(-1)


@loss(
    "ranking",
    aliases=("top1_max_loss", "TOP1-max"),
    reference="the formula (Hidasi and Karatzoglou 2018, GRU4Rec)",
    properties="differentiable",
    units="1 (a mean of probabilities)",
    use="as top1, with many sampled items, of which only the highest say much",
    words=_WORDS,
    see={"top1": "all negatives count the same", "bpr_max": "the logarithm of a probability"},
)
def top1_max(positive: Real, negative: Controls):
    """Mean of top1's terms over the negatives, weighted by the softmax of their scores.

    Σ_j s_j (σ(n_j − p) + σ(n_j²)), s = softmax(n)

    >>> top1_max(np.array([0.0]), np.array([[0.0, 0.0]]))
    array([1.])
    """
    return (softmax(negative) * _costs(positive, negative)).sum(-1)


def _costs(positive, negative):
    """σ(n − p) + σ(n²) of each negative."""
    return expit(negative - positive[..., None]) + expit(negative * negative)


@loss(
    "ranking",
    aliases=("bpr_max_loss", "BPR-max"),
    reference="the formula (Hidasi and Karatzoglou 2018, GRU4Rec)",
    properties="differentiable",
    units="nats",
    use="recommendation with many sampled items, of which only the highest say much",
    words=_WORDS,
    see={"bpr": "one negative for each positive", "top1_max": "a probability in place of its logarithm"},
)
def bpr_max(positive: Real, negative: Controls, *, bpreg: NonNegative = 1.0, eps: NonNegative = 0.0):
    """Negative log-probability that the positive ranks above a negative drawn by the softmax of their scores, with a penalty of the scores.

    −log (Σ_j s_j σ(p − n_j) + ε) + bpreg Σ_j s_j n_j², s = softmax(n)

    >>> bpr_max(np.array([0.0]), np.array([[0.0, 0.0]]))
    array([0.69314718])
    """
    margin, share = negative - positive[..., None], softmax(negative)
    wrong = (share * expit(margin)).sum(-1)  # 1 minus it is the probability in the logarithm, which is near 1 where it is small
    nll = np.where(wrong < 0.5, -np.log1p(-np.minimum(wrong, 0.5)), -logsumexp(-neg_log_softmax(negative) - softplus(margin)))
    return nll_with_eps(nll, eps) + bpreg * (share * negative * negative).sum(-1)


@loss(
    "ranking",
    aliases=("sampled_softmax_loss", "sampled_cross_entropy", "softmax_of_negatives"),
    reference="the formula (cross-entropy among the chosen and the sampled items)",
    properties="convex differentiable",
    units="nats",
    use="the softmax over all items is too large: the chosen one is compared with sampled ones",
    words=(*_WORDS, "extreme classification", "negative sampling"),
    see={
        "info_nce": "takes vectors, not scores",
        "correction": "subtract the logarithm of each item's probability to be sampled from its score before",
    },
)
def sampled_softmax(
    positive: Real, negative: Controls, *, temperature: Positive = 1.0, activation: Literal["none", "sigmoid", "tanh"] = "none"
):
    """Negative log-probability of the chosen item in the softmax of its score and those of its negatives, over a temperature.

    log (1 + Σ_j e^{(a(n_j) − a(p)) / T}), a the activation

    >>> sampled_softmax(np.array([0.0]), np.array([[0.0, 0.0]]))
    array([1.09861229])
    """
    rows = np.concatenate([positive[..., None], negative], -1)
    rows = rows if activation == "none" else expit(rows) if activation == "sigmoid" else np.tanh(rows)
    return softmax_cross_entropy(rows / temperature, np.zeros(positive.shape, int))
