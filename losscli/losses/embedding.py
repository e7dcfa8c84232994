"""Losses of distances and angles between vectors, and of two scores in order."""

from __future__ import annotations

from losscli.domains import Cosine, Positive, Real, Sign, Vector
from losscli.numeric import TINY, above, norm, np
from losscli.registry import loss, torch

__all__ = ["cosine_embedding", "margin_ranking", "triplet_margin"]


@loss(
    "embedding",
    aliases=("triplet_margin_loss", "TripletMarginLoss", "triplet", "triplet_loss"),
    reference="torch.nn.functional.triplet_margin_loss",
    units="embedding units",
    presets=(torch("TripletMarginLoss", "functional.triplet_margin_loss"),),
    see={"info_nce": "against many negatives at once"},
)
def triplet_margin(
    anchor: Vector,
    positive: Vector,
    negative: Vector,
    *,
    margin: Positive = 1.0,
    p: Positive = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
):
    """How much less than a margin the positive is nearer to the anchor than the negative; swap: to either of the two.

    max(0, d(a, p) − d(a, n) + margin), d(x, y) = ‖x − y + ε‖_p

    >>> triplet_margin(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), np.array([[0.0, 5.5]]), eps=0.0)
    array([0.5])
    """
    far = norm(anchor - negative + eps, p)
    far = np.minimum(far, norm(positive - negative + eps, p)) if swap else far
    return above(norm(anchor - positive + eps, p) - far + margin, 0)


@loss(
    "embedding",
    aliases=("cosine_embedding_loss", "CosineEmbeddingLoss"),
    reference="torch.nn.functional.cosine_embedding_loss",
    properties="symmetric",
    units="1",
    presets=(torch("CosineEmbeddingLoss", "functional.cosine_embedding_loss"),),
)
def cosine_embedding(input1: Vector, input2: Vector, target: Sign, *, margin: Cosine = 0.0):
    """Vectors of label 1 should point one way, vectors of label −1 differ by more than a margin.

    1 − cos where y = 1, max(0, cos − margin) where y = −1; cos = a·b / √((‖a‖² + 10⁻¹²) (‖b‖² + 10⁻¹²))

    >>> cosine_embedding(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([1.0]))
    array([1.])
    """
    a, b = (input1 * input1).sum(-1) + TINY, (input2 * input2).sum(-1) + TINY
    u, v = input1 / np.sqrt(a)[..., None], input2 / np.sqrt(b)[..., None]
    apart = (((u - v) ** 2).sum(-1) + TINY / a + TINY / b) / 2  # 1 - u·v, which would cancel where the two point one way
    return np.where(target > 0, apart, above((u * v).sum(-1) - margin, 0))


@loss(
    "ranking",
    aliases=("margin_ranking_loss", "MarginRankingLoss", "pairwise_hinge_ranking"),
    reference="torch.nn.functional.margin_ranking_loss",
    properties="convex robust",
    units="score units",
    presets=(torch("MarginRankingLoss", "functional.margin_ranking_loss"),),
)
def margin_ranking(input1: Real, input2: Real, target: Sign, *, margin: float = 0.0):
    """How much less than a margin the one that should score higher (1: the first, −1: the second) does.

    max(0, −y (a − b) + margin)

    >>> margin_ranking(np.array([1.0]), np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    return above(-target * (input1 - input2) + margin, 0)
