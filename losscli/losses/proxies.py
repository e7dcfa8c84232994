"""Losses of embeddings with labels against a vector for each class (a proxy), in place of the other rows of a batch."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import ByClass, Max
from losscli.domains import NonNegative, Positive, ProxyLabel, SharedVector, Vector
from losscli.numeric.distances import lp_normalize
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.numeric.steps import softplus
from losscli.pairs.classes import Parts, over_classes
from losscli.pairs.terms import values_of
from losscli.registry import loss

__all__ = ["normalized_softmax", "proxy_anchor", "proxy_nca"]


@loss(
    "embedding",
    aliases=("NormalizedSoftmaxLoss", "normface", "cosine_softmax"),
    reference="pytorch_metric_learning.losses.NormalizedSoftmaxLoss (Zhai 2019)",
    properties="differentiable",
    units="nats",
    mean="of terms",
    use="embeddings are learned by a classifier of their directions, with a vector for each class",
    words=("face recognition", "image retrieval", "class weights as proxies"),
    see={"linear_cross_entropy": "without normalization", "arcface": "from cosines, with a margin"},
)
@over_classes(distance="dot_product")
def normalized_softmax(pred: Vector, proxies: SharedVector, target: ProxyLabel, metric, *, temperature: Positive = 0.05):
    """Cross-entropy of the cosines of an embedding and the vector of each class, over a temperature.

    −log (e^{cos(x, w_y) / T} / Σ_c e^{cos(x, w_c) / T})

    >>> normalized_softmax(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([1])).round(6)
    array([20.])
    """
    return softmax_cross_entropy(-far_from(pred, lp_normalize(proxies, metric.p), metric) / temperature, target)


@loss(
    "embedding",
    aliases=("ProxyNCALoss", "proxy_neighbourhood_components"),
    reference="pytorch_metric_learning.losses.ProxyNCALoss (Movshovitz-Attias 2017)",
    properties="differentiable",
    units="nats",
    mean="of terms",
    use="embeddings are learned with a proxy for each class, so that no triplets are sampled",
    words=("image retrieval", "metric learning"),
    see={"nca": "the other rows of the batch in place of proxies", "proxy_anchor": "each proxy against all rows"},
)
@over_classes(anchors_only=True, power=None)
def proxy_nca(pred: Vector, proxies: SharedVector, target: ProxyLabel, metric, *, softmax_scale: Positive = 1.0):
    """Cross-entropy of the squared distances from the unit vector of an embedding to those of the proxies.

    −log (e^{−s d²(x, w_y)} / Σ_c e^{−s d²(x, w_c)})

    >>> proxy_nca(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([1])).round(6)
    array([2.126928])
    """
    return softmax_cross_entropy(-softmax_scale * far_from(pred, proxies, metric), target)


@loss(
    "embedding",
    aliases=("ProxyAnchorLoss",),
    reference="pytorch_metric_learning.losses.ProxyAnchorLoss (Kim 2020)",
    properties="differentiable",
    units="nats",
    use="embeddings are learned with a proxy for each class, and hard rows should count more",
    words=("image retrieval", "metric learning"),
    see={"proxy_nca": "each row against all proxies"},
)
@over_classes(distance="cosine", without=("weights",))
def proxy_anchor(
    pred: Vector,
    proxies: SharedVector,
    target: ProxyLabel,
    metric,
    *,
    margin: NonNegative = 0.1,
    alpha: Positive = 32.0,
    reducer: Literal["divisor", "mean", "per_anchor", "avg_non_zero", "threshold", "sum"] = "divisor",
    times=1.0,
):
    """Each proxy is pulled to the rows of its class and pushed from the others, the more the harder they are.

    mean_{c with rows} log (1 + Σ_{y = c} e^{−α (s − δ)}) + mean_c log (1 + Σ_{y ≠ c} e^{α (s + δ)}), s the cosine of row and proxy

    >>> next(proxy_anchor(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([1])))[0].column.round(6)
    array([[0., 1.]])
    """
    far, own, delta = far_from(pred, proxies, metric), target[..., None] == np.arange(len(proxies)), metric.sign * margin
    extra = np.asarray(times - 1.0, far.dtype)[..., None]
    pull, push = alpha * (far - delta) + extra, alpha * (-far - delta) + extra
    if metric.kind == "cosine" and metric.normalize and metric.p == 2:  # no exponent is larger, so that nothing overflows
        most_pull = most_push = alpha * (1 + margin)
    else:
        most_pull, most_push = (yield from largest(np.where(own, pull, 0.0))), (yield from largest(np.where(own, 0.0, push)))
    pull, push = np.where(own, pull - most_pull, -np.inf), np.where(own, -np.inf, push - most_push)
    rows, pulls, pushes = yield ByClass(own * 1.0), ByClass(np.exp(pull)), ByClass(np.exp(push))
    with_rows = (rows > 0) * 1.0
    parts = [(log_1_plus(pulls, most_pull), with_rows.sum(-1)), (log_1_plus(pushes, most_push), len(proxies))]
    return Parts(parts, with_rows.sum(-1))


def far_from(x, proxies, metric):
    """How far vectors are from the proxies, of shape (…, proxies): a similarity has a minus sign."""
    rows = metric.far(metric.vectors(x).reshape(-1, x.shape[-1]), metric.vectors(proxies))
    return rows.reshape(*x.shape[:-1], len(proxies))


def largest(x):
    """The largest number of each column of all rows, as a constant."""
    found = yield tuple(Max(column) for column in np.moveaxis(values_of(x), -1, 0))
    return np.array([values_of(m) for m in found])


def log_1_plus(x, most):
    """log (1 + x e^most), and 0 where x is 0."""
    return np.where(x == 0, 0.0, softplus(np.log(np.where(x == 0, 1.0, x)) + most))
