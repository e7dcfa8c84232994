"""Losses of embeddings with labels against a vector for each class (a proxy), in place of the other rows of a batch."""

from __future__ import annotations

from losscli.aggregation import ByClass
from losscli.domains import NonNegative, Positive, ProxyLabel, SharedVector, Vector
from losscli.numeric.distances import cdist, l2_normalize
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.registry import loss

__all__ = ["normalized_softmax", "proxy_anchor", "proxy_nca"]


@loss(
    "embedding",
    aliases=("NormalizedSoftmaxLoss", "normface", "cosine_softmax"),
    reference="pytorch_metric_learning.losses.NormalizedSoftmaxLoss (Zhai 2019)",
    properties="differentiable",
    units="nats",
    use="embeddings are learned by a classifier of their directions, with a vector for each class",
    words=("face recognition", "image retrieval", "class weights as proxies"),
    see={"linear_cross_entropy": "without normalization", "arcface": "from cosines, with a margin"},
)
def normalized_softmax(pred: Vector, proxies: SharedVector, target: ProxyLabel, *, temperature: Positive = 0.05):
    """Cross-entropy of the cosines of an embedding and the vector of each class, over a temperature.

    −log (e^{cos(x, w_y) / T} / Σ_c e^{cos(x, w_c) / T})

    >>> normalized_softmax(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([1])).round(6)
    array([20.])
    """
    return softmax_cross_entropy(l2_normalize(pred) @ l2_normalize(proxies).T / temperature, target)


@loss(
    "embedding",
    aliases=("ProxyNCALoss", "proxy_neighbourhood_components"),
    reference="pytorch_metric_learning.losses.ProxyNCALoss (Movshovitz-Attias 2017)",
    properties="differentiable",
    units="nats",
    use="embeddings are learned with a proxy for each class, so that no triplets are sampled",
    words=("image retrieval", "metric learning"),
    see={"nca": "the other rows of the batch in place of proxies", "proxy_anchor": "each proxy against all rows"},
)
def proxy_nca(pred: Vector, proxies: SharedVector, target: ProxyLabel, *, softmax_scale: Positive = 1.0):
    """Cross-entropy of the squared distances from the unit vector of an embedding to those of the proxies.

    −log (e^{−s d²(x, w_y)} / Σ_c e^{−s d²(x, w_c)})

    >>> proxy_nca(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([1])).round(6)
    array([2.126928])
    """
    d = cdist(l2_normalize(pred).reshape(-1, pred.shape[-1]), l2_normalize(proxies)).reshape(*pred.shape[:-1], len(proxies))
    return softmax_cross_entropy(-softmax_scale * d**2, target)


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
def proxy_anchor(pred: Vector, proxies: SharedVector, target: ProxyLabel, *, margin: NonNegative = 0.1, alpha: Positive = 32.0):
    """Each proxy is pulled to the rows of its class and pushed from the others, the more the harder they are.

    mean_{c with rows} log (1 + Σ_{y = c} e^{−α (s − δ)}) + mean_c log (1 + Σ_{y ≠ c} e^{α (s + δ)}), s the cosine of row and proxy

    >>> next(proxy_anchor(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([1])))[0].column.round(6)
    array([[0., 1.]])
    """
    s, own = l2_normalize(pred) @ l2_normalize(proxies).T, target[..., None] == np.arange(len(proxies))
    most = alpha * (1 + margin)  # no exponent is larger, so that nothing overflows
    pull, push = np.where(own, np.exp(-alpha * (s - margin) - most), 0.0), np.where(own, 0.0, np.exp(alpha * (s + margin) - most))
    rows, pulls, pushes = yield ByClass(own * 1.0), ByClass(pull), ByClass(push)
    pulled, pushed = (most + np.log(x + np.exp(-most)) for x in (pulls, pushes))
    with_rows = (rows > 0) * 1.0
    return (pulled * with_rows).sum(-1) / np.maximum(with_rows.sum(-1), 1) + pushed.sum(-1) / len(proxies), None, with_rows.sum(-1)
