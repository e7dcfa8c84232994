"""Losses of the items of queries, as CatBoost has them; items with the relevance −1 are padding."""

from __future__ import annotations

from losscli.domains import Positive, Relevances, Scores
from losscli.losses.listwise import without_padding
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.steps import multiply_no_nan
from losscli.registry import loss

__all__ = ["query_rmse", "query_softmax"]


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
