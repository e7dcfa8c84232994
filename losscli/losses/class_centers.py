"""Classifiers of embeddings by their angles to vectors of the classes, with margins, or with several vectors for each class."""

from __future__ import annotations

from math import comb

from losscli.domains import Degrees, NonNegative, Period, Positive, ProxyLabel, SharedCenters, SharedVector, Vector
from losscli.losses.adjusted import cosface
from losscli.losses.proxies import far_from
from losscli.numeric.distances import l2_normalize, norm, one_minus_cosine
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float, where
from losscli.numeric.softmax import softmax, softmax_cross_entropy
from losscli.pairs import OF_MINER
from losscli.pairs.classes import ANGLE_ONLY, over_classes
from losscli.registry import Preset, loss

__all__ = ["large_margin_softmax", "p2s_grad", "proxy_arcface", "proxy_cosface", "soft_triple", "sub_center_arcface"]

NO_REDUCER = (*ANGLE_ONLY, *OF_MINER, "reducer", "low", "high", "weights", "weight_regularizer", "weight_reg_weight", "weight_reg_p",
              "weight_reg_power")  # fmt: skip
LEAST = 5e-324  # the least length by which a vector is divided


def without_cosine(x, y):
    """1 − cos, which is 1 where a vector is 0."""
    zero = (x == 0).all(-1) | (y == 0).all(-1)
    x, y = (np.where(zero[..., None], 1.0, v) for v in (x, y))
    return np.where(zero, 1.0, one_minus_cosine(x, y, 0.0))


def falling_multiple(cosine, m):
    """ψ(θ) = (−1)^k cos mθ − 2k, with k the number of π/m that are below θ: it falls from 1 to 1 − 2m, as θ goes from 0 to π."""
    values = getattr(cosine, "value", cosine)
    k = sum((values < float(np.cos(np.pi * j / m))) * 1 for j in range(1, m)) + np.zeros(values.shape, int)
    squared_sine = (1 - cosine) * (1 + cosine)
    multiple = sum((-1) ** n * comb(m, 2 * n) * cosine ** (m - 2 * n) * squared_sine**n for n in range(m // 2 + 1))
    return np.where(k % 2, -1, 1).astype(values.dtype) * multiple - (2 * k).astype(values.dtype)


def with_added_angle(missing, margin):
    """cos (θ + m) where θ ≤ π − m, else cos θ − m sin m, from 1 − cos θ: so that the sine does not cancel near 0."""
    m, cosine, sine = (plain_float(f(np.radians(margin))) for f in (np.positive, np.cos, np.sin))
    off = missing > 0  # at the angle 0 the sine has the gradient 0
    inside = (1 - missing) * cosine - np.where(off, np.sqrt(np.where(off, missing * (2 - missing), 1.0)), 0.0) * sine
    return np.where(missing <= 1 + cosine, inside, 1 - missing - m * sine)


@loss(
    "embedding",
    aliases=("LargeMarginSoftmaxLoss", "l_softmax"),
    reference="pytorch_metric_learning.losses.LargeMarginSoftmaxLoss (Liu 2016)",
    units="nats",
    mean="of terms",
    use="embeddings are learned by a classifier, with a margin that multiplies the angle",
    words=("face recognition", "face verification", "metric learning"),
    presets=(Preset(("sphereface", "a_softmax", "angular_softmax"), options={"unit_proxies": True}),),
    see={"arcface": "an angle is added", "unit_proxies": "on: SphereFace, in which only the length of the embedding counts"},
)
@over_classes(without=ANGLE_ONLY)
def large_margin_softmax(
    pred: Vector, proxies: SharedVector, target: ProxyLabel, *, margin: Period = 4, scale: Positive = 1.0, unit_proxies: bool = False
):
    """Cross-entropy of the logits of a linear classifier, in which the angle of the label is multiplied by a whole number, the margin.

    cross_entropy(s ‖x‖ ‖w_c‖ cos θ_c, y), for the label (−1)^k cos mθ − 2k in place of cos θ, k = ⌊mθ/π⌋

    >>> large_margin_softmax(np.array([[2.0, 0.0]]), np.array([[0.5, 0.0], [0.0, 1.0]]), np.array([0])).round(8)
    array([0.31326169])
    """
    cosine = l2_normalize(pred) @ l2_normalize(proxies).T
    own = target[..., None] == np.arange(len(proxies))
    logits = scale * np.where(own, falling_multiple(cosine, margin), cosine) * norm(pred)[..., None]
    return softmax_cross_entropy(logits if unit_proxies else logits * norm(proxies), target)


@loss(
    "embedding",
    aliases=("SubCenterArcFaceLoss", "subcenter_arcface"),
    reference="pytorch_metric_learning.losses.SubCenterArcFaceLoss (Deng 2020)",
    units="nats",
    mean="of terms",
    use="labels are noisy or classes have several looks, so that each class gets several vectors",
    words=("face recognition", "label noise", "several vectors for each class"),
    see={"arcface": "one vector for each class; from cosines", "soft_triple": "a soft maximum over the vectors of a class"},
)
@over_classes(without=ANGLE_ONLY)
def sub_center_arcface(pred: Vector, proxies: SharedCenters, target: ProxyLabel, *, scale: Positive = 64.0, margin: Degrees = 28.6):
    """ArcFace of the largest cosine with the vectors of each class; proxies have the shape (classes, vectors of a class, numbers).

    cross_entropy(s x', y), x_c = max_k cos(x, w_ck) = cos θ_c, x'_y = cos(θ_y + m) if θ_y ≤ π − m, else cos θ_y − m sin m

    >>> sub_center_arcface(np.array([[2.0, 0.0]]), np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [-1.0, 0.0]]]), np.array([0]),
    ...                    margin=60.0, scale=2.0).round(8)
    array([0.31326169])
    """
    cosines = (l2_normalize(proxies, LEAST) @ l2_normalize(pred, LEAST)[..., None, :, None])[..., 0]
    y = target[..., None, None]
    nearest = np.take_along_axis(getattr(cosines, "value", cosines), y, -2)[..., 0, :].argmax(-1)
    own = with_added_angle(without_cosine(pred, proxies[target, nearest]), margin)[..., None]
    return softmax_cross_entropy(scale * np.where(y[..., 0] == np.arange(len(proxies)), own, cosines.max(-1)), target)


@loss(
    "embedding",
    aliases=("arcface_of_embeddings",),
    reference="pytorch_metric_learning.losses.ArcFaceLoss (Deng 2018)",
    units="nats",
    mean="of terms",
    use="face recognition or retrieval, from embeddings and the vectors of the classes",
    words=("face recognition", "face verification", "identity"),
    see={"arcface": "from the cosines", "proxy_cosface": "a margin on the cosine"},
)
@over_classes(without=ANGLE_ONLY)
def proxy_arcface(pred: Vector, proxies: SharedVector, target: ProxyLabel, *, scale: Positive = 64.0, margin: Degrees = 28.6):
    """ArcFace of embeddings: cross-entropy of scaled cosines with the vector of each class; a margin is added to the label's angle.

    cross_entropy(s x', y), x_c = cos θ_c, x'_y = cos(θ_y + m) if θ_y ≤ π − m, else cos θ_y − m sin m

    >>> proxy_arcface(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([0]), margin=60.0, scale=2.0).round(8)
    array([0.31326169])
    """
    cosines = l2_normalize(pred, LEAST) @ l2_normalize(proxies, LEAST).T
    own = with_added_angle(without_cosine(pred, proxies[target]), margin)[..., None]
    return softmax_cross_entropy(scale * np.where(target[..., None] == np.arange(len(proxies)), own, cosines), target)


@loss(
    "embedding",
    aliases=("cosface_of_embeddings",),
    reference="pytorch_metric_learning.losses.CosFaceLoss (Wang 2018)",
    units="nats",
    mean="of terms",
    use="face verification with a margin on the cosine, from embeddings and class vectors",
    words=("face recognition", "face verification", "identity"),
    see={"cosface": "from the cosines", "proxy_arcface": "a margin on the angle"},
)
@over_classes(without=ANGLE_ONLY)
def proxy_cosface(pred: Vector, proxies: SharedVector, target: ProxyLabel, *, scale: Positive = 64.0, margin: NonNegative = 0.35):
    """CosFace of embeddings: cross-entropy of scaled cosines with the vector of each class; a margin is taken from the label's.

    cross_entropy(s (x − m onehot(y)), y), x_c the cosine of the embedding and the vector of class c

    >>> proxy_cosface(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 3.0]]), np.array([0]), margin=0.5, scale=2.0).round(8)
    array([0.31326169])
    """
    return cosface(l2_normalize(pred, LEAST) @ l2_normalize(proxies, LEAST).T, target, scale=scale, margin=margin)


@loss(
    "embedding",
    aliases=("SoftTripleLoss",),
    reference="pytorch_metric_learning.losses.SoftTripleLoss (Qian 2019)",
    properties="differentiable",
    units="nats",
    mean="of terms",
    use="embeddings are learned with several vectors for each class, without triplets",
    words=("image retrieval", "metric learning", "several vectors for each class"),
    see={"sub_center_arcface": "the largest cosine, with a margin on the angle", "normalized_softmax": "one vector for each class"},
)
@over_classes(distance="cosine")
def soft_triple(
    pred: Vector,
    proxies: SharedCenters,
    target: ProxyLabel,
    metric,
    *,
    la: Positive = 20.0,
    gamma: Positive = 0.1,
    margin: NonNegative = 0.01,
):
    """Cross-entropy of soft maxima of the cosines with the vectors of each class; proxies are (classes, vectors of a class, numbers).

    cross_entropy(λ (s − m onehot(y)), y), s_c = Σ_k softmax(cos(x, w_c)/γ)_k cos(x, w_ck)

    >>> soft_triple(np.array([[2.0, 0.0]]), np.array([[[1.0, 0.0]], [[0.0, 1.0]]]), np.array([0]), la=2.0, margin=0.5).round(8)
    array([0.31326169])
    """
    centers = proxies.reshape(-1, proxies.shape[-1])
    cosines = -far_from(pred, centers, metric).reshape(*pred.shape[:-1], *proxies.shape[:2])
    return cosface((softmax(cosines / gamma) * cosines).sum(-1), target, scale=la, margin=margin)


@loss(
    "embedding",
    aliases=("P2SGradLoss", "p2s_grad_mse"),
    reference="pytorch_metric_learning.losses.P2SGradLoss (Zhang 2019)",
    units="squared cosine",
    use="face or speaker verification, without a scale or a margin to choose",
    words=("face recognition", "speaker verification", "spoofing detection"),
    see={"normalized_softmax": "cross-entropy of the cosines", "eps": "is added to the norm of each class's vector"},
)
@over_classes(without=NO_REDUCER)
def p2s_grad(pred: Vector, proxies: SharedVector, target: ProxyLabel, *, eps: NonNegative = 0.0):
    """Squared error of the cosines with the vector of each class: 1 for the class of the label, 0 for the others.

    (cos(x, w_c) − 1[c = y])², with ‖w_c‖ + ε as the length of w_c

    >>> p2s_grad(np.array([[3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1])).round(8)
    array([[0.36, 0.04]])
    """
    lengths = norm(proxies)
    cosine, share = l2_normalize(pred) @ l2_normalize(proxies).T, lengths / where(lengths > 0, lengths + eps, 1.0)
    missing = without_cosine(pred, proxies[target])[..., None]
    own = target[..., None] == np.arange(len(proxies))
    return np.where(own, missing + cosine * (1 - share), cosine * share) ** 2
