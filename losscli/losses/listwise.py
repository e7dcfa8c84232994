"""Losses of the order of a list of items with relevances; items with the relevance −1 are padding."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.domains import Needs, NonNegative, PairedScores, Period, Positive, Relevances, Scores
from losscli.losses.ranking import differences
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float
from losscli.numeric.softmax import neg_log_softmax, softmax, softmax_cross_entropy
from losscli.numeric.steps import clamp_max, clamp_min, expit, multiply_no_nan, nll_with_eps, softplus
from losscli.registry import loss

__all__ = ["approx_ndcg", "lambdarank", "listmle", "listnet", "ranking_softmax", "ranknet"]

ItemWeight = Literal["none", "dcg", "ndcg"]
TopN = Annotated[Period | None, Needs("lambda_weight", ("ndcg",))]
NO_GAIN = 1e-290  # the least DCG that gains are divided by: a list without a relevant item has no gain
LOG_2 = 0.69314718055994530942


def list_weight(relevance):
    """1 for a list with items, 0 for a list that is all padding: its weight in a mean."""
    return (relevance >= 0).any(-1) * 1.0


def without_padding(scores, relevance):
    """The scores with −∞ at padding, and the relevances with 0 there; a list that is all padding gets scores of 0."""
    empty = (relevance < 0).all(-1)[..., None]
    return np.where((relevance < 0) & ~empty, -np.inf, np.where(empty, 0.0, scores)), clamp_min(relevance, 0)


@loss(
    "ranking",
    aliases=("ranking_softmax_loss", "softmax_ranking"),
    reference="optax.losses.ranking_softmax_loss",
    properties="convex differentiable",
    units="nats",
    use="lists have one or a few relevant items each, such as clicks",
    words=("recommendation", "click data", "ranking items"),
    see={
        "listnet": "takes the softmax of the relevances",
        "lambda_weight": "dcg: t_j / place in place of t_j; ndcg: (2^t_j − 1) / log₂(1 + place) / best DCG of the first topn places",
        "optax.losses.ranking_softmax_loss": "also takes weights and a mask; here the relevance -1 marks an item that does not count",
    },
)
def ranking_softmax(
    pred: Scores, target: Relevances, *, temperature: Positive = 1.0, lambda_weight: ItemWeight = "none", topn: TopN = None
):
    """Cross-entropy of the softmax of a list's scores over a temperature with its relevances, which are not normalized.

    −Σ_j t_j log softmax(x / T)_j

    >>> ranking_softmax(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([1.38629436]), array([1.]), array([2.]))
    """
    x, t = without_padding(pred / temperature, target)
    t = t if lambda_weight == "none" else discounted_gains(lambda_weight, x, t, topn)
    return multiply_no_nan(t, neg_log_softmax(x)).sum(-1), list_weight(target), t.sum(-1)


@loss(
    "ranking",
    aliases=("list_net", "ListNetLoss"),
    reference="allrank.models.losses.listNet",
    properties="differentiable",
    units="nats",
    use="lists have graded relevances, and the first place matters most",
    words=("learning to rank",),
    see={
        "ranking_softmax": "takes the relevances themselves, not their softmax",
        "binary": "for relevances 0 and 1, of which a few are 1",
        "allrank.models.losses.listNet": "gives nan if any list is all padding; here such a list is ignored",
    },
)
def listnet(pred: Scores, target: Relevances, *, eps: NonNegative = 1e-10, binary: bool = False):
    """Cross-entropy of the softmax of a list's scores with the softmax of its relevances.

    −Σ_j softmax(t)_j log(softmax(x)_j + ε); with binary t_j / Σ t in place of softmax(t)_j

    >>> listnet(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([0.69314718]), array([1.]))
    """
    (x, relevance), (t, _) = without_padding(pred, target), without_padding(target, target)
    relevant = relevance.sum(-1)[..., None]
    q = relevance / np.where(relevant > 0, relevant, 1.0) if binary else np.where(target < 0, 0.0, softmax(t))
    return multiply_no_nan(q, nll_with_eps(neg_log_softmax(x), eps)).sum(-1), list_weight(target)


@loss(
    "ranking",
    aliases=("list_mle", "ListMLELoss", "plackett_luce"),
    reference="allrank.models.losses.listMLE",
    properties="convex",
    units="nats",
    use="the full order of each list is known and should be reproduced",
    see={"listnet": "only the probabilities of the first place"},
)
def listmle(pred: PairedScores, target: Relevances, *, eps: NonNegative = 1e-10):
    """Negative log-probability, under the Plackett-Luce model, of the order by relevance; items with equal relevance keep their order.

    Σ_i log (Σ_{j≥i} e^{x_j − m} + ε) − (x_i − m), items by falling relevance, m = max x

    >>> listmle(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([0.69314718]), array([1.]))
    """
    order = np.argsort(-target, axis=-1, kind="stable")
    is_item = np.take_along_axis(target, order, -1) >= 0
    x, place = np.take_along_axis(without_padding(pred, target)[0], order, -1), np.arange(target.shape[-1])
    x_i, step = np.where(is_item, x, 0.0)[..., None, :], differences(place)
    remaining = np.where(step < 0, x[..., None, :], np.where(step == 0, x_i, -np.inf))
    value = softmax_cross_entropy(remaining, np.broadcast_to(place, x.shape))
    gap = x.max(-1)[..., None] - x_i[..., 0, :] - value  # log(S + ε) − x_i = value + log(1 + ε / S), S = Σ e^(x_j − m)
    return np.where(is_item, value + (softplus(plain_float(np.log(eps)) + gap) if eps else 0.0), 0.0).sum(-1), list_weight(target)


def pairwise_and(flags):
    """Whether a flag is true for both items of each pair, of shape (…, n, n)."""
    return flags[..., :, None] & flags[..., None, :]


def ordered_pairs(target):
    """Which pairs (i, j) have t_i > t_j, without padding."""
    return (differences(target) > 0) & pairwise_and(target >= 0)


@loss(
    "ranking",
    aliases=("rank_net", "RankNetLoss"),
    reference="allrank.models.losses.rankNet",
    properties="convex differentiable",
    units="nats",
    use="every wrongly ordered pair of a list should count the same, at any place",
    see={
        "lambdarank": "pairs weighted by the change of the NDCG",
        "mean": "is over all pairs; none gives a sum for each list",
    },
)
def ranknet(pred: PairedScores, target: Relevances, *, weight_by_diff: bool = False, weight_by_diff_powed: bool = False):
    """Negative log-probability that the more relevant item of a pair ranks first, summed over the pairs of a list.

    Σ_{t_i > t_j} w log (1 + e^−(x_i − x_j)), w = 1, t_i − t_j (weight_by_diff) or t_i² − t_j² (weight_by_diff_powed)

    >>> ranknet(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([0.69314718]), array([1.]))
    """
    pairs, t = ordered_pairs(target), clamp_min(target, 0)
    w = differences(t) if weight_by_diff else differences(t * t) if weight_by_diff_powed else 1.0
    value = np.where(pairs, w * softplus(-differences(pred)), 0.0)
    return value.sum((-2, -1)), np.where(pairs, 1.0, 0.0).sum((-2, -1))


def gains(relevance, eps, k=None):
    """(2^t − 1) / max(the best possible DCG of the first k places, eps)."""
    top = relevance.max(-1)[..., None]  # all are divided by 2^top, so that no relevance overflows
    gain = np.exp2(relevance - top) * -np.expm1(-relevance * LOG_2)
    best = -np.sort(-gain, axis=-1) / np.log2(np.arange(2, relevance.shape[-1] + 2, dtype=relevance.dtype))
    return gain / clamp_min(best[..., :k].sum(-1)[..., None], eps * np.exp2(-top))


def discounted_gains(kind, x, t, topn):
    """What each item of a list adds to the DCG at its place by the scores, or to the NDCG."""
    place = np.argsort(np.argsort(-x, axis=-1, kind="stable"), axis=-1).astype(t.dtype) + 1
    return t / place if kind == "dcg" else gains(t, NO_GAIN, topn) / np.log2(place + 1)


def _ndcg_loss2_weight(gain, rank):
    """|1/D(d) − 1/D(d + 1)| |G_i − G_j| for items d = |rank_i − rank_j| places apart, D(k) = log₂(1 + k)."""
    d = np.abs(differences(rank))
    step = 1 / np.log2(np.maximum(d, 1) + 1.0) - 1 / np.log2(d + 2.0)
    return np.where(d > 0, step, 0.0) * np.abs(differences(gain))


def _lambdarank_weight(gain, rank):
    """|1/D_i − 1/D_j| |G_i − G_j|: the change of the NDCG if two items exchange their places."""
    return np.abs(differences(1 / np.log2(rank + 2.0))) * np.abs(differences(gain))


_SCHEMES = {
    "none": lambda gain, rank, t, mu: 1.0,
    "ndcgLoss1_scheme": lambda gain, rank, t, mu: (gain / np.log2(rank + 2.0))[..., :, None],
    "ndcgLoss2_scheme": lambda gain, rank, t, mu: _ndcg_loss2_weight(gain, rank),
    "lambdaRank_scheme": lambda gain, rank, t, mu: _lambdarank_weight(gain, rank),
    "ndcgLoss2PP_scheme": lambda gain, rank, t, mu: mu * _ndcg_loss2_weight(gain, rank) + _lambdarank_weight(gain, rank),
    "rankNet_scheme": lambda gain, rank, t, mu: 1.0,
    "rankNetWeightedByGTDiff_scheme": lambda gain, rank, t, mu: np.abs(differences(t)),
    "rankNetWeightedByGTDiffPowed_scheme": lambda gain, rank, t, mu: np.abs(differences(t * t)),
}


@loss(
    "ranking",
    aliases=("lambda_rank", "lambdaLoss", "LambdaRankLoss", "lambda_loss"),
    reference="allrank.models.losses.lambdaLoss",
    units="bits (nats with --reduction-log natural)",
    use="search results are evaluated by NDCG, so the top of a list should count most",
    words=("learning to rank", "search", "ndcg"),
    reduction="sum",
    see={
        "ranknet": "equal for the weighing scheme none and eps 0, in bits instead of nats",
        "weighing_scheme": "the names are those of allRank; mu is for ndcgLoss2PP_scheme",
    },
)
def lambdarank(
    pred: PairedScores,
    target: Relevances,
    *,
    sigma: Positive = 1.0,
    k: int | None = None,
    mu: NonNegative = 10.0,
    eps: NonNegative = 1e-10,
    weighing_scheme: Literal[
        "lambdaRank_scheme",
        "ndcgLoss1_scheme",
        "ndcgLoss2_scheme",
        "ndcgLoss2PP_scheme",
        "rankNet_scheme",
        "rankNetWeightedByGTDiff_scheme",
        "rankNetWeightedByGTDiffPowed_scheme",
        "none",
    ] = "lambdaRank_scheme",
    reduction_log: Literal["binary", "natural"] = "binary",
):
    """RankNet with each pair weighted by the change of the NDCG if its items exchange places; k limits it to the first k places.

    −Σ_{t_i > t_j} log₂ max(σ(s (x_i − x_j))^w, ε), w = |1/D_i − 1/D_j| |G_i − G_j|, D = log₂(1 + place), G = (2^t − 1) / best DCG

    >>> lambdarank(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([0.36907025]), array([1.]))
    """
    t, bound = clamp_min(target, 0), plain_float(-np.log(eps)) if eps else np.inf
    rank = np.argsort(np.argsort(-without_padding(pred, target)[0], axis=-1, kind="stable"), axis=-1).astype(pred.dtype)
    pairs = pairwise_and(target >= 0) if weighing_scheme == "ndcgLoss1_scheme" else ordered_pairs(target)
    pairs = pairs & pairwise_and(rank < (k or rank.shape[-1]))
    w = _SCHEMES[weighing_scheme](gains(t, eps, k), rank, t, mu)
    value = clamp_max(w * clamp_max(softplus(-sigma * differences(pred)), bound), bound)
    value = np.where(pairs, value, 0.0).sum((-2, -1)) / (LOG_2 if reduction_log == "binary" else 1.0)
    return value, np.where(pairs, 1.0, 0.0).sum((-2, -1))


@loss(
    "ranking",
    aliases=("approxNDCGLoss", "approx_ndcg_loss"),
    reference="allrank.models.losses.approxNDCGLoss",
    units="1 (a negated score, from −1 to 0)",
    use="NDCG itself, not a bound on it, should be optimised by gradients",
    words=("learning to rank", "ndcg"),
    see={"lambdarank": "a bound on the NDCG, not the NDCG of soft places"},
)
def approx_ndcg(pred: PairedScores, target: Relevances, *, alpha: Positive = 1.0, eps: NonNegative = 1e-10):
    """Negative NDCG with soft places: the place of an item is 1 plus the sum of the probabilities that others rank before it.

    −Σ_i G_i / log₂(1 + r_i), r_i = 1 + Σ_{j≠i} max(σ(−α (x_i − x_j)), ε), G = (2^t − 1) / best DCG

    >>> approx_ndcg(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([-0.7564708]), array([1.]), array([2.]))
    """
    others = pairwise_and(target >= 0) & ~np.eye(target.shape[-1], dtype=bool)
    before = np.where(others, clamp_min(expit(-alpha * differences(pred)), eps), 0.0)
    t = clamp_min(target, 0)
    return -(gains(t, eps) / np.log2(2 + before.sum(-1))).sum(-1), list_weight(target), t.sum(-1)
