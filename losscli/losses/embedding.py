"""Losses of distances and angles between vectors."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Cosine, NonNegative, NonNegativeOrInfinite, Positive, PositiveOrInfinite, Probability, Real, Sign, Slope, Vector
from losscli.numeric.distances import norm, one_minus_cosine
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero, where
from losscli.numeric.steps import TORCH_EPS, clamp_max, clamp_min, clamp_min_straight_through
from losscli.registry import loss

__all__ = [
    "contrastive",
    "cosine_distance",
    "cosine_embedding",
    "cosine_similarity",
    "distance_contrastive",
    "hinge_embedding",
    "pairwise_distance",
    "triplet_margin",
]

EpsOf = Literal["norms", "product"]


def vector_distance(x, y, distance="pairwise", p=2.0, eps=1e-6, eps_in_root=False):
    """‖x − y + ε‖_p, or (Σ |x − y|^p + ε)^{1/p} with eps_in_root, or 1 − cos."""
    if distance == "cosine":
        return cosine_distance(x, y)
    return ((np.abs(x - y) ** p).sum(-1) + eps) ** (1 / p) if eps_in_root else norm(x - y + eps, p)


@loss(
    "embedding",
    aliases=(
        "triplet_margin_loss",
        "TripletMarginLoss",
        "triplet",
        "triplet_loss",
        "triplet_margin_with_distance",
        "TripletMarginWithDistanceLoss",
    ),
    reference="torch.nn.functional.triplet_margin_loss",
    units="embedding units",
    use="triplets of anchor, positive and negative are given",
    words=("face matching", "learn embeddings", "metric learning", "similarity learning"),
    see={"info_nce": "many negatives at once", "triplet_all": "all triplets of a batch with labels"},
)
def triplet_margin(
    anchor: Vector,
    positive: Vector,
    negative: Vector,
    *,
    margin: Positive = 1.0,
    p: PositiveOrInfinite = 2.0,
    eps: NonNegative = 1e-6,
    swap: bool = False,
    distance: Literal["pairwise", "cosine"] = "pairwise",
    eps_in_root: bool = False,
):
    """The positive should be nearer to the anchor than the negative by a margin; with swap the negative is compared with the positive too.

    max(0, d(a, p) − d(a, n) + margin), d(x, y) = ‖x − y + ε‖_p, (Σ |x − y|^p + ε)^{1/p} or 1 − cos; swap: min(d(a, n), d(p, n))

    >>> triplet_margin(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), np.array([[0.0, 5.5]]), eps=0.0)
    array([0.5])
    """
    kind = (distance, p, eps, eps_in_root)
    d_negative = vector_distance(anchor, negative, *kind)
    d_negative = np.minimum(d_negative, vector_distance(positive, negative, *kind)) if swap else d_negative
    return clamp_min(vector_distance(anchor, positive, *kind) - d_negative + margin, 0)


@loss(
    "embedding",
    aliases=("PairwiseDistance", "vector_distance"),
    reference="torch.nn.functional.pairwise_distance",
    units="embedding units",
    use="the distance of two vectors should be reported, or be small",
    words=("euclidean distance", "manhattan distance", "chebyshev distance"),
    see={"minkowski": "one number for all rows", "cosine_distance": "where only the directions count", "eps": "0 is the true distance"},
)
def pairwise_distance(pred: Vector, target: Vector, *, p: NonNegativeOrInfinite = 2.0, eps: NonNegative = 1e-6):
    """Distance of two vectors: the p-norm of their difference, to each number of which eps is added.

    ‖x − y + ε‖_p = (Σ_d |x_d − y_d + ε|^p)^{1/p}, the largest |x_d − y_d + ε| for p = inf, how many are not 0 for p = 0

    >>> pairwise_distance(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]]), eps=0.0)
    array([5.])
    """
    difference = pred - target + eps
    return norm(difference, p) if p != 0 else (difference != 0).astype(pred.dtype).sum(-1)


@loss(
    "embedding",
    aliases=("cosine_embedding_loss", "CosineEmbeddingLoss"),
    reference="torch.nn.functional.cosine_embedding_loss",
    properties="symmetric",
    units="1",
    use="pairs of vectors are labelled similar or different, and their lengths do not matter",
    words=("measuring similarity", "similar or different", "sentence similarity"),
)
def cosine_embedding(input1: Vector, input2: Vector, target: Sign, *, margin: Cosine = 0.0, eps: NonNegative = TORCH_EPS):
    """Vectors with label 1 should have the same direction, those with label −1 a cosine below a margin.

    1 − cos where y = 1, max(0, cos − margin) where y = −1; cos = a·b / √((‖a‖² + ε) (‖b‖² + ε))

    >>> cosine_embedding(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([1.0]))
    array([1.])
    """
    a, b = (np.hypot(norm(v), eps**0.5)[..., None] for v in (input1, input2))
    cosine = (input1 / a * (input2 / b)).sum(-1)
    return np.where(target > 0, one_minus_cosine(input1, input2, eps), clamp_min(cosine - margin, 0))


@loss(
    "embedding",
    aliases=("cos_sim", "CosineSimilarity"),
    reference="torch.nn.functional.cosine_similarity",
    properties="symmetric",
    units="1",
    use="the similarity of two directions should be reported, or maximised",
    words=("measuring similarity", "similarity of vectors"),
    see={
        "neg_cosine_similarity": "its negative, which is a loss; keras.losses.CosineSimilarity",
        "cosine_distance": "1 − cosine_similarity",
        "slope": "exact is the derivative of the value; torch's gradient ignores the lower bound eps of a norm",
    },
)
def cosine_similarity(pred: Vector, target: Vector, *, eps: NonNegative = 1e-8, eps_of: EpsOf = "norms", slope: Slope = "exact"):
    """Cosine of the angle between two vectors: 1 for the same direction. It is a similarity: higher is better.

    p·t / (max(‖p‖, ε) max(‖t‖, ε)), or p·t / max(‖p‖ ‖t‖, ε) with eps_of product

    >>> cosine_similarity(np.array([[3.0, 4.0]]), np.array([[2.0, 0.0]]))
    array([0.6])
    """
    if eps_of == "product":
        return _cosine_of_bounded_product(pred, target, eps)
    bound = clamp_min if slope == "exact" else clamp_min_straight_through
    return (unit_vector(pred, eps, bound) * unit_vector(target, eps, bound)).sum(-1)


def _cosine_of_bounded_product(x, y, eps):
    """x·y / max(‖x‖ ‖y‖, eps), as the cosine times min(‖x‖ ‖y‖ / eps, 1), so that no product of large numbers overflows."""
    a, b = norm(x), norm(y)
    cosine = (x / where(a > 0, a, 1.0)[..., None] * (y / where(b > 0, b, 1.0)[..., None])).sum(-1)
    return cosine * clamp_max(a * b / explain_zero(eps + np.zeros(a.shape), "eps is 0"), 1.0)


def unit_vector(x, eps, bound=clamp_min):
    """x / max(‖x‖, eps); `bound` computes the maximum, and its gradient."""
    return x / explain_zero(bound(norm(x), eps), "a vector of zeros has no direction")[..., None]


@loss(
    "embedding",
    aliases=("cosine_dissimilarity",),
    reference="optax.losses.cosine_distance",
    properties="symmetric",
    units="1",
    use="vectors should have the same direction, and their lengths do not matter",
    see={
        "neg_cosine_similarity": "neg_cosine_similarity = cosine_distance − 1",
        "cosine_embedding": "with labels",
    },
)
def cosine_distance(pred: Vector, target: Vector, *, eps: NonNegative = 1e-8):
    """1 − cosine of the angle between two vectors: 0 for the same direction, 2 for opposite directions.

    1 − p·t / (max(‖p‖, ε) max(‖t‖, ε))

    >>> cosine_distance(np.array([[3.0, 4.0]]), np.array([[2.0, 0.0]]))
    array([0.4])
    """
    u, v = unit_vector(pred, eps), unit_vector(target, eps)
    above_eps = (norm(pred) >= max(eps, 5e-324)) & (norm(target) >= max(eps, 5e-324))
    x, y = (np.where(above_eps[..., None], w, 1.0) for w in (pred, target))
    return np.where(above_eps, one_minus_cosine(x, y, 0.0), 1 - (u * v).sum(-1))


@loss(
    "embedding",
    aliases=("hinge_embedding_loss", "HingeEmbeddingLoss"),
    reference="torch.nn.functional.hinge_embedding_loss",
    properties="convex robust",
    units="distance units",
    use="distances of pairs labelled similar or different are already computed",
    see={"contrastive": "from the vectors, with squares"},
)
def hinge_embedding(pred: Real, target: Sign, *, margin: float = 1.0):
    """The distance for similar pairs (1); the margin minus the distance, at least 0, for different pairs (−1).

    p where y = 1, max(0, margin − p) where y = −1

    >>> hinge_embedding(np.array([0.3, 0.3]), np.array([1.0, -1.0]))
    array([0.3, 0.7])
    """
    return where(target > 0, pred, clamp_min(margin - pred, 0))


@loss(
    "embedding",
    aliases=("contrastive_of_distances",),
    reference="tensorflow_addons.losses.contrastive_loss",
    units="squared distance units",
    use="distances of labelled pairs are already computed, and similar pairs that are far cost most",
    words=("siamese network", "similarity learning", "duplicate detection"),
    see={
        "contrastive": "from the vectors",
        "hinge_embedding": "without the squares",
        "similar": "1 where the label 1 means similar, 0 where the label 0 does, as in Flux",
    },
)
def distance_contrastive(pred: NonNegative, target: Probability, *, margin: NonNegative = 1.0, similar: Literal["1", "0"] = "1"):
    """The squared distance for similar pairs; the square of the margin minus the distance, at least 0, for different pairs.

    y p² + (1 − y) max(0, margin − p)², y = t, or 1 − t where similar is 0

    >>> distance_contrastive(np.array([0.5, 0.5]), np.array([1.0, 0.0]), margin=2.0)
    array([0.25, 2.25])
    """
    near, far = (target, 1 - target) if similar == "1" else (1 - target, target)
    return near * pred**2 + far * clamp_min(margin - pred, 0) ** 2


@loss(
    "embedding",
    aliases=("contrastive_loss", "siamese_contrastive", "siamese_loss"),
    reference="the formula, with torch.nn.functional.pairwise_distance",
    units="squared distance units",
    use="pairs of vectors are labelled same or different, as in siamese networks",
    words=("siamese network", "learn embeddings", "similarity learning", "duplicate detection"),
    see={"contrastive_all": "all pairs of a batch, linear in the distance", "info_nce": "many negatives at once"},
)
def contrastive(
    input1: Vector,
    input2: Vector,
    target: Probability,
    *,
    margin: Positive = 1.0,
    half: bool = False,
    eps: NonNegative = 1e-6,
    distance: Literal["pairwise", "cosine"] = "pairwise",
):
    """Vectors with label 1 should be close, those with label 0 at least a margin apart; half gives Hadsell's form.

    y d² + (1 − y) max(0, margin − d)², d = ‖a − b + ε‖ or 1 − cos; times ½ if half

    >>> contrastive(np.array([[0.0, 0.0]]), np.array([[0.3, 0.4]]), np.array([1.0]), eps=0.0)
    array([0.25])
    """
    d = vector_distance(input1, input2, distance, eps=eps)
    return (target * d**2 + (1 - target) * clamp_min(margin - d, 0) ** 2) * (0.5 if half else 1.0)
