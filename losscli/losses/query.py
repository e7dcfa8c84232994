"""Losses of the items of queries, as CatBoost has them; items with the relevance −1 are padding."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.domains import Graded, NonNegative, Positive, Relevances, Scores, Share0To1
from losscli.losses.listwise import without_padding
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.query_shift import query_shift
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.steps import multiply_no_nan, relu, sigmoid_cross_entropy
from losscli.registry import loss

__all__ = ["query_cross_entropy", "query_quantile", "query_rmse", "query_softmax"]

ItemLabels = Annotated[Any, Graded(ndim=1, least=0, most=1)]


@loss(
    "ranking",
    aliases=("queryrmse",),
    reference="catboost's QueryRMSE",
    properties="",
    units="relevance units",
    use="relevances of a query's items should be right but for a constant of the query",
    words=("learning to rank", "search engine"),
    see={"rmse": "without the constant of each query", "query_softmax": "only the relevant items of a query"},
)
def query_rmse(pred: Scores, target: Relevances):
    """Root mean squared error of the items after the mean error of each query is subtracted.

    √ (Σ_q Σ_i (t_i − x_i − m_q)² / Σ_q n_q), m_q = mean_i (t_i − x_i)

    >>> next(query_rmse(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]])))
    (array([[1., 1.]]), array([[1., 1.]]))
    """
    is_item = target >= 0
    error, n = np.where(is_item, target - pred, 0.0), is_item.sum(-1)[..., None]
    rest = np.where(is_item, error - error.sum(-1)[..., None] / np.maximum(n, 1), 0.0)
    ((scale, squares),), items = yield from scaled_power_sums([np.abs(rest)], 2, is_item * 1.0)
    return scale * np.sqrt(squares / items)


@loss(
    "ranking",
    aliases=("querysoftmax",),
    reference="catboost's QuerySoftMax",
    properties="convex differentiable",
    units="nats",
    use="each query has one or a few relevant items, which should come first",
    words=("learning to rank", "search engine"),
    see={"ranking_softmax": "its mean is over the lists, not over the relevances"},
)
def query_softmax(pred: Scores, target: Relevances, *, beta: Positive = 1.0):
    """Cross-entropy of the softmax of a query's scores with its relevances; a mean divides by the sum of all relevances.

    −Σ_i t_i log softmax(β x)_i

    >>> query_softmax(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([1.38629436]), array([2.]))
    """
    x, t = without_padding(pred, target)
    scaled = np.where(np.isinf(x), -np.inf, beta * np.where(np.isinf(x), 0.0, x))  # the score of padding has no derivative by beta
    return multiply_no_nan(t, neg_log_softmax(scaled)).sum(-1), t.sum(-1)


@loss(
    "ranking",
    aliases=("querycrossentropy",),
    reference="catboost's QueryCrossEntropy",
    properties="convex differentiable",
    units="nats",
    use="items are relevant or not, and some queries have more relevant items than others",
    words=("learning to rank", "search engine", "click data"),
    see={
        "item_cross_entropy": "alpha 0: without the shift",
        "alpha": "the share of the cross-entropy with the shift, which is 0 for a query whose labels are all equal",
        "query_softmax": "of the order of a query alone",
    },
)
def query_cross_entropy(pred: Scores, target: ItemLabels, *, alpha: Share0To1 = 0.95):
    """Cross-entropy of items, in part after a shift of all scores of a query that makes it least; the shift is at most 20.

    Σ_i (1 − α) H(x_i, t_i) + α H(x_i + s, t_i), H(x, t) = log(1 + e^x) − t x

    >>> query_cross_entropy(np.array([[2.0, 2.0]]), np.array([[0.0, 1.0]]), alpha=1.0)
    (array([1.38629436]), array([2.]))
    """
    is_item = target >= 0
    x, t = np.where(is_item, pred, 0.0), np.where(is_item, target, 0.0)
    shift = query_shift(x, t, is_item, 20.0)[..., None]
    labels_differ = target.max(-1) > np.where(is_item, target, 2.0).min(-1)
    shifted = np.where(labels_differ[..., None], sigmoid_cross_entropy(x + shift, t), 0.0)
    mixed = (1 - alpha) * sigmoid_cross_entropy(x, t) + alpha * shifted
    return np.where(is_item, mixed, 0.0).sum(-1), is_item.sum(-1) * 1.0


@loss(
    "ranking",
    aliases=("group_quantile", "groupquantile"),
    reference="catboost's GroupQuantile",
    properties="convex robust",
    units="relevance units",
    use="a quantile is predicted for items of groups, and only differences within a group count",
    words=("learning to rank", "pinball loss", "groups"),
    see={
        "quantile": "without the constant of each group",
        "query_rmse": "with squares",
        "target": "-1 is padding: add a constant to targets below 0, which leaves this loss as it is",
    },
)
def query_quantile(pred: Scores, target: Relevances, *, tau: Share0To1 = 0.5, epsilon: NonNegative = 0.0):
    """Quantile loss of the items after the mean error of each query is subtracted; an error up to epsilon costs nothing.

    Σ_i w_i max(0, |u_i| − ε), u_i = t_i − x_i − mean_j (t_j − x_j), w_i = τ if u_i > 0, else 1 − τ

    >>> query_quantile(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]), tau=0.75)
    (array([1.]), array([2.]))
    """
    is_item = target >= 0
    error, n = np.where(is_item, target - pred, 0.0), is_item.sum(-1).astype(pred.dtype)
    rest = np.where(is_item, error - (error.sum(-1) / np.maximum(n, 1))[..., None], 0.0)
    size = relu(np.abs(rest) - epsilon)
    return np.where(rest > 0, tau * size, (1 - tau) * size).sum(-1), n
