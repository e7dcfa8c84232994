"""Losses of distances and angles between vectors."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Cosine, NonNegative, Positive, Probability, Real, Sign, Slope, Vector
from losscli.frameworks import optax, torch
from losscli.numeric.distances import norm, one_minus_cosine
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero, where
from losscli.numeric.steps import TORCH_EPS, clamp_min, clamp_min_straight_through
from losscli.registry import Converted, loss

__all__ = ["contrastive", "cosine_distance", "cosine_embedding", "cosine_similarity", "hinge_embedding", "triplet_margin"]


# optax takes the root of what it takes for squared lengths at least.
_OPTAX = {"epsilon": Converted.by("eps", lambda x: x**0.5, lambda x: x * x, "the root of")}


def apart(x, y, distance="pairwise", p=2.0, eps=1e-6, eps_in_root=False):
    """The distance of vectors: ‖x − y + ε‖_p, (Σ |x − y|^p + ε)^{1/p}, or one less the cosine."""
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
    use="triplets of anchor, positive and negative are at hand",
    presets=(
        torch("TripletMarginLoss", "functional.triplet_margin_loss"),
        torch("TripletMarginWithDistanceLoss", "functional.triplet_margin_with_distance_loss"),
        optax("triplet_margin_loss", options={"eps_in_root": True}, renames={"norm_degree": "p"}),
    ),
    see={"info_nce": "against many negatives at once", "triplet_all": "all triplets of a batch with labels"},
)
def triplet_margin(
    anchor: Vector,
    positive: Vector,
    negative: Vector,
    *,
    margin: Positive = 1.0,
    p: Positive = 2.0,
    eps: NonNegative = 1e-6,
    swap: bool = False,
    distance: Literal["pairwise", "cosine"] = "pairwise",
    eps_in_root: bool = False,
):
    """How much less than a margin the positive is nearer to the anchor than the negative; swap: to either of the two.

    max(0, d(a, p) − d(a, n) + margin), d(x, y) = ‖x − y + ε‖_p, (Σ |x − y|^p + ε)^{1/p} if eps_in_root, or 1 − cos

    >>> triplet_margin(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), np.array([[0.0, 5.5]]), eps=0.0)
    array([0.5])
    """
    kind = (distance, p, eps, eps_in_root)
    far = apart(anchor, negative, *kind)
    far = np.minimum(far, apart(positive, negative, *kind)) if swap else far
    return clamp_min(apart(anchor, positive, *kind) - far + margin, 0)


@loss(
    "embedding",
    aliases=("cosine_embedding_loss", "CosineEmbeddingLoss"),
    reference="torch.nn.functional.cosine_embedding_loss",
    properties="symmetric",
    units="1",
    use="pairs of vectors are labelled alike or different, and their lengths mean nothing",
    presets=(torch("CosineEmbeddingLoss", "functional.cosine_embedding_loss"),),
)
def cosine_embedding(input1: Vector, input2: Vector, target: Sign, *, margin: Cosine = 0.0):
    """Vectors of label 1 should point one way, vectors of label −1 differ by more than a margin.

    1 − cos where y = 1, max(0, cos − margin) where y = −1; cos = a·b / √((‖a‖² + 10⁻¹²) (‖b‖² + 10⁻¹²))

    >>> cosine_embedding(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([1.0]))
    array([1.])
    """
    a, b = (np.hypot(norm(v), TORCH_EPS**0.5)[..., None] for v in (input1, input2))
    cosine = (input1 / a * (input2 / b)).sum(-1)
    return np.where(target > 0, one_minus_cosine(input1, input2, TORCH_EPS), clamp_min(cosine - margin, 0))


@loss(
    "embedding",
    aliases=("cos_sim", "CosineSimilarity"),
    reference="torch.nn.functional.cosine_similarity",
    properties="symmetric",
    units="1",
    use="how alike two directions are is to be read, or maximised",
    presets=(
        torch("CosineSimilarity", "functional.cosine_similarity", options={"slope": "torch"}, reduction="none"),
        optax("cosine_similarity", options={"eps": 0.0}, renames=_OPTAX),
    ),
    see={
        "neg_cosine_similarity": "its negative, a loss; keras.losses.CosineSimilarity",
        "cosine_distance": "one less it",
        "slope": "exact is the derivative of the value; torch's does not see the bound eps of a length",
    },
)
def cosine_similarity(pred: Vector, target: Vector, *, eps: NonNegative = 1e-8, slope: Slope = "exact"):
    """The cosine of the angle between two vectors: 1 where they point one way. A similarity: more is better.

    p·t / (max(‖p‖, ε) max(‖t‖, ε))

    >>> cosine_similarity(np.array([[3.0, 4.0]]), np.array([[2.0, 0.0]]))
    array([0.6])
    """
    bound = clamp_min if slope == "exact" else clamp_min_straight_through
    return (along(pred, eps, bound) * along(target, eps, bound)).sum(-1)


def along(x, eps, bound=clamp_min):
    """A vector over its length, which is at least eps; `floored`: the derivative does not see that bound."""
    return x / explain_zero(bound(norm(x), eps), "a vector of zeros has no direction")[..., None]


@loss(
    "embedding",
    aliases=("cosine_dissimilarity",),
    reference="optax.losses.cosine_distance",
    properties="symmetric",
    units="1",
    use="vectors should point the same way, whatever their lengths",
    presets=(optax("cosine_distance", options={"eps": 0.0}, renames=_OPTAX),),
    see={"neg_cosine_similarity": "neg_cosine_similarity = cosine_distance − 1", "cosine_embedding": "with labels of alike and different"},
)
def cosine_distance(pred: Vector, target: Vector, *, eps: NonNegative = 1e-8):
    """One less the cosine of the angle between two vectors, from 0 where they point one way to 2.

    1 − p·t / (max(‖p‖, ε) max(‖t‖, ε))

    >>> cosine_distance(np.array([[3.0, 4.0]]), np.array([[2.0, 0.0]]))
    array([0.4])
    """
    u, v = along(pred, eps), along(target, eps)
    long = (norm(pred) >= max(eps, 5e-324)) & (norm(target) >= max(eps, 5e-324))
    x, y = (np.where(long[..., None], w, 1.0) for w in (pred, target))
    return np.where(long, one_minus_cosine(x, y, 0.0), 1 - (u * v).sum(-1))


@loss(
    "embedding",
    aliases=("hinge_embedding_loss", "HingeEmbeddingLoss"),
    reference="torch.nn.functional.hinge_embedding_loss",
    properties="convex robust",
    units="distance units",
    use="distances of pairs labelled alike or different are already computed",
    presets=(torch("HingeEmbeddingLoss", "functional.hinge_embedding_loss"),),
    see={"contrastive": "of the vectors, with squares"},
)
def hinge_embedding(pred: Real, target: Sign, *, margin: float = 1.0):
    """A distance itself where two things are alike (1), how much it falls short of a margin where they differ (−1).

    p where y = 1, max(0, margin − p) where y = −1

    >>> hinge_embedding(np.array([0.3, 0.3]), np.array([1.0, -1.0]))
    array([0.3, 0.7])
    """
    return where(target > 0, pred, clamp_min(margin - pred, 0))


@loss(
    "embedding",
    aliases=("contrastive_loss", "siamese_contrastive", "siamese_loss"),
    reference="the formula, with torch.nn.functional.pairwise_distance",
    units="squared distance units",
    use="pairs are labelled same or different, as in siamese networks",
    see={"contrastive_all": "all pairs of a batch, linear in the distance", "info_nce": "against many negatives at once"},
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
    """Vectors of label 1 should be near each other, vectors of label 0 a margin apart; half of it if `half` (Hadsell's form).

    y d² + (1 − y) max(0, margin − d)², d = ‖a − b + ε‖ or 1 − cos

    >>> contrastive(np.array([[0.0, 0.0]]), np.array([[0.3, 0.4]]), np.array([1.0]), eps=0.0)
    array([0.25])
    """
    d = apart(input1, input2, distance, eps=eps)
    return (target * d**2 + (1 - target) * clamp_min(margin - d, 0) ** 2) * (0.5 if half else 1.0)
