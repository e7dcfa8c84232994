"""Losses of all pairs of a batch: of two views whose rows belong together, and of rows with labels, on two sides of one distance."""

from __future__ import annotations

from typing import Annotated, Any

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import Group, NonNegative, Share0To1, Vector, Whole
from losscli.numeric.distances import cdist, l2_normalize
from losscli.numeric.divergence import kl_div_log_input
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.steps import multiply_no_nan, relu
from losscli.pairs.terms import values_of
from losscli.registry import loss

__all__ = ["pair_margin", "sdml"]

INF = float("inf")
SkippedLabels = Annotated[Any, Whole(ndim=1, free=True, above=-INF, below=INF)]


@loss(
    "contrastive",
    aliases=("SDMLLoss", "smoothed_deep_metric_learning"),
    reference="mxnet.gluon.loss.SDMLLoss (Bonadiman 2019)",
    properties="",
    units="nats, divided by the number of rows",
    use="rows of two views belong together, and some of the others may belong to them as well",
    words=("paraphrases", "question retrieval", "sentence embeddings", "label smoothing"),
    see={"info_nce": "without smoothing; by cosines", "eps": "is added to the smoothed label in its logarithm"},
)
def sdml(input1: Vector, input2: Vector, *, smoothing: Share0To1 = 0.3, eps: NonNegative = 0.0):
    """Mean over the rows of the second view of the terms of a divergence: of the smoothed label from a softmax of squared distances.

    1/N Σ_j q_j log (q_j / p_j), p = softmax(−‖a − b_j‖²), q = 1 − s for the row's own b, s / (N − 1) for the others

    >>> next(sdml(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])))[0].column
    array([[1., 0.], [0., 1.]])
    """
    all_b, row = yield AllRows(input2), RowIndex
    n = len(all_b)
    own = row[:, None] == np.arange(n)
    q = np.where(own, 1 - smoothing, smoothing / max(n - 1, 1))
    terms = kl_div_log_input(-neg_log_softmax(-(cdist(input1, all_b) ** 2)), q.astype(input1.dtype))
    more = multiply_no_nan(q, np.log1p(eps / np.where(q > 0, q, 1.0))) if eps else 0.0
    return (terms + more).sum(-1) / n, None, np.full(len(row), n - 1)


@loss(
    "embedding",
    aliases=("margin_of_pairs", "wu_margin"),
    reference="catalyst.contrib.losses.MarginLoss (Wu 2017)",
    properties="",
    units="squared embedding units",
    use="rows with one label should lie within a distance of each other, and others beyond it",
    words=("metric learning", "image retrieval"),
    mean="of terms",
    see={
        "beta_margin": "the pairs of all triplets, by the distance and not its square",
        "skip_labels": "pairs of two rows with these labels do not count",
        "with_itself": "whether a row is compared with itself, too",
        "eps": "is added to the number of pairs",
    },
)
def pair_margin(
    pred: Vector,
    target: Group,
    *,
    alpha: float = 0.2,
    beta: float = 1.0,
    skip_labels: SkippedLabels | None = None,
    with_itself: bool = False,
    eps: NonNegative = 0.0,
):
    """Squared distances of unit vectors should be below β − α for rows with one label, and above β + α for others; over all pairs.

    mean of max(0, α + (d² − β)) for equal labels, of max(0, α − (d² − β)) for others

    >>> next(pair_margin(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8],
           [0.8, 0.6],
           [0. , 1. ]])
    """
    x = l2_normalize(pred)
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    skipped = np.atleast_1d(() if skip_labels is None else skip_labels)
    target, labels, row = values_of(target), values_of(labels), values_of(row)
    counts = ~(np.isin(target, skipped)[:, None] & np.isin(labels, skipped))
    counts = counts if with_itself else counts & (row[:, None] != np.arange(len(labels)))
    side = np.where(target[:, None] == labels, 1.0, -1.0).astype(x.dtype)
    values = np.where(counts, relu(alpha + side * (cdist(x, all_x) ** 2 - beta)), 0.0).sum(-1)
    pairs = counts.sum(-1).astype(x.dtype)
    if not eps:
        return values, pairs, pairs
    (n,) = yield (pairs,)
    return values, pairs * (1 + eps / np.maximum(n, 1)), pairs
