"""Losses of the order of scores: of two scores, and of the labels of a row."""

from __future__ import annotations

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import Flags, NonNegative, PairedScores, Real, Scores, Sign
from losscli.numeric.lazy import np
from losscli.numeric.steps import clamp_min, expit, nll_with_eps, softplus
from losscli.registry import loss

__all__ = ["bpr", "coverage_error", "label_ranking", "margin_ranking"]


# --- two scores ------------------------------------------------------------------------------------------------------------


@loss(
    "ranking",
    aliases=("margin_ranking_loss", "MarginRankingLoss", "pairwise_hinge_ranking"),
    reference="torch.nn.functional.margin_ranking_loss",
    properties="convex robust",
    units="score units",
    use="pairs of scores are given, and labels say which of the two should be higher",
    words=("ranking items", "learning to rank", "pairwise ranking"),
    see={"bpr": "smooth, without a margin", "ranknet": "all pairs of a list"},
)
def margin_ranking(input1: Real, input2: Real, target: Sign, *, margin: float = 0.0):
    """The first score should be higher by a margin for label 1, the second for label −1.

    max(0, margin − y (a − b))

    >>> margin_ranking(np.array([1.0]), np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    return clamp_min(-target * (input1 - input2) + margin, 0)


def _below_gamma(context):
    d = context["positive"] - context["negative"]
    return any_in_row(expit(d) < context["gamma"])


_BOUNDED = Diagnostic(
    "W104", "the negative scores so much higher that --gamma bounds the loss and its gradient is nearly 0; 0 is exact", _below_gamma
)


@loss(
    "ranking",
    aliases=("BPRLoss", "bayesian_personalized_ranking"),
    reference="recbole.model.loss.BPRLoss",
    properties="differentiable",
    units="nats",
    use="recommendation from clicks: a chosen item should score above a random one",
    words=("recommendation", "recommender system", "implicit feedback", "collaborative filtering"),
    see={"ranknet": "all pairs of a list", "reward_bradley_terry": "equal for gamma 0"},
    hints=(_BOUNDED,),
)
def bpr(positive: Real, negative: Real, *, gamma: NonNegative = 1e-10):
    """Negative logarithm of gamma plus the probability that the positive item ranks above the negative one.

    −log (γ + 1 / (1 + e^−(p − n)))

    >>> bpr(np.array([1.0]), np.array([1.0]), gamma=0.0)
    array([0.69314718])
    """
    return nll_with_eps(softplus(negative - positive), gamma)


# --- the labels of a row ---------------------------------------------------------------------------------------------------


def differences(x):
    """x_i − x_j for all pairs of the last axis, of shape (…, n, n)."""
    return x[..., :, None] - x[..., None, :]


@loss(
    "ranking",
    aliases=("label_ranking_loss",),
    reference="sklearn.metrics.label_ranking_loss",
    units="fraction of pairs",
    use="a ranking of labels is evaluated by its share of wrongly ordered pairs",
    see={"coverage_error": "counts labels, not pairs", "ranknet": "a smooth surrogate"},
)
def label_ranking(pred: PairedScores, target: Flags):
    """Share of the pairs of a relevant and an irrelevant label whose scores are in the wrong order; 0 if there is no such pair.

    #{(i, j): y_i = 1, y_j = 0, x_i ≤ x_j} / #{(i, j): y_i = 1, y_j = 0}

    >>> label_ranking(np.array([[0.75, 0.5, 1.0]]), np.array([[1, 0, 0]]))
    (array([0.5]), None, array([2.]))
    """
    pair = differences(target) > 0
    wrong = pair & (differences(pred) <= 0)
    pairs = pair.sum((-2, -1), dtype=pred.dtype)
    return wrong.sum((-2, -1), dtype=pred.dtype) / np.maximum(pairs, 1), None, pairs


@loss(
    "ranking",
    reference="sklearn.metrics.coverage_error",
    units="labels",
    use="the depth of a ranking at which all relevant labels are found should be reported",
    see={"label_ranking": "the share of wrongly ordered pairs"},
)
def coverage_error(pred: Scores, target: Flags):
    """Number of labels that must be read, best first, to find all relevant ones; 0 if none is relevant.

    #{j: x_j ≥ min {x_i: y_i = 1}}

    >>> coverage_error(np.array([[0.75, 0.5, 1.0]]), np.array([[1, 0, 0]]))
    (array([2.]), None, array([1]))
    """
    lowest = np.where(target > 0, pred, np.inf).min(-1)
    return (pred >= lowest[..., None]).sum(-1, dtype=pred.dtype), None, (target > 0).sum(-1)
