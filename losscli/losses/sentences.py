"""Losses of sentence embeddings: of pairs with a score of their similarity, and of the hardest pairs and triplets of a batch."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, ByClass, Pooled, RowIndex
from losscli.domains import Flag, Group, Positive, Real, Vector
from losscli.losses.binary import bce_with_logits
from losscli.numeric.distances import cdist, l2_normalize, norm, one_minus_cosine
from losscli.numeric.lazy import np
from losscli.numeric.primitive import primitive
from losscli.numeric.steps import relu, softplus
from losscli.registry import loss

__all__ = [
    "batch_hard_triplet",
    "contrastive_tension",
    "cosent",
    "cosine_mse",
    "flops",
    "margin_mse",
    "mega_batch_margin",
    "online_contrastive",
    "score_margin_mse",
    "semi_hard_triplet",
]

RowDistance = Literal["euclidean", "squared", "cosine"]
Similarity = Literal["cosine", "angle"]
Alone = Literal["skip", "zero"]


def row_distances(x, all_x, distance):
    """The distances of some rows to all rows; 1 − cos is half the squared distance of the unit vectors."""
    if distance == "cosine":
        return cdist(l2_normalize(x, 0.0), l2_normalize(all_x, 0.0)) ** 2 / 2
    d = cdist(x, all_x)
    return d**2 if distance == "squared" else d


def hardest(d, chosen, other):
    """The largest number of each row among the chosen ones; `other` where none is chosen."""
    return np.where(chosen.any(-1), np.where(chosen, d, -np.inf).max(-1), other)


@loss(
    "embedding",
    aliases=("hard_triplet", "triplet_hard", "batch_hard", "TripletHardLoss"),
    reference="sentence_transformers.losses.BatchHardTripletLoss (Hermans 2017)",
    units="embedding units",
    use="classes are labelled, and only the hardest positive and negative of each row should count",
    words=("face recognition", "re-identification", "hard negatives", "sentence similarity"),
    mean="of terms",
    see={
        "triplet_all": "all triplets of the batch; with a miner the same as here for unit vectors",
        "semi_hard_triplet": "negatives that are farther than the positive",
        "alone": "zero: a row without a positive has the distance 0 to it, one without a negative that of the farthest row",
    },
)
def batch_hard_triplet(
    pred: Vector, target: Group, *, margin: float = 1.0, soft: bool = False, distance: RowDistance = "euclidean", alone: Alone = "skip"
):
    """The farthest row with the same label should be nearer than the nearest row with another label, by a margin.

    max(0, max_p d(a, p) − min_n d(a, n) + margin), or with soft log(1 + e^(max_p d − min_n d)); a mean over the rows that have both

    >>> next(batch_hard_triplet(np.array([[0.0], [1.0], [3.0]]), np.array([0, 0, 1])))[0].column
    array([[0.],
           [1.],
           [3.]])
    """
    all_x, labels, row = yield AllRows(pred), AllRows(target), RowIndex
    d, same, itself = row_distances(pred, all_x, distance), target[:, None] == labels, np.arange(len(labels)) == row[:, None]
    positive, negative = hardest(d, same & ~itself, 0.0), -hardest(-d, ~same, -d.max(-1))
    values = softplus(positive - negative) if soft else relu(positive - negative + margin)
    kept = np.full(len(d), True) if alone == "zero" else (same & ~itself).any(-1) & (~same).any(-1)
    return np.where(kept, values, 0.0), kept.astype(d.dtype)


@loss(
    "embedding",
    aliases=("batch_semi_hard_triplet", "triplet_semihard", "triplet_semi_hard", "TripletSemiHardLoss"),
    reference="sentence_transformers.losses.BatchSemiHardTripletLoss (Schroff 2015)",
    units="embedding units",
    use="classes are labelled, and a positive should meet the nearest negative beyond it (FaceNet)",
    words=("face recognition", "hard negatives"),
    mean="of terms",
    see={"batch_hard_triplet": "only the hardest positive and negative of each row", "triplet_all": "all triplets"},
)
def semi_hard_triplet(pred: Vector, target: Group, *, margin: float = 1.0, distance: RowDistance = "euclidean"):
    """Each positive should be nearer than the nearest negative beyond it (or, without one, the farthest negative), by a margin.

    max(0, d(a, p) − d(a, n) + margin), n the nearest negative with d(a, n) > d(a, p); a mean over the pairs of one label

    >>> next(semi_hard_triplet(np.array([[0.0], [1.0], [3.0]]), np.array([0, 0, 1])))[0].column
    array([[0.],
           [1.],
           [3.]])
    """
    all_x, labels, row = yield AllRows(pred), AllRows(target), RowIndex
    d, same = row_distances(pred, all_x, distance), target[:, None] == labels
    pairs = same & (np.arange(len(labels)) != row[:, None]) & (~same).any(-1)[:, None]
    negative = np.take_along_axis(d, nearest_beyond(getattr(d, "value", d), same), -1)
    return np.where(pairs, relu(d - negative + margin), 0.0).sum(-1), pairs.sum(-1).astype(d.dtype)


def nearest_beyond(d, same):
    """For each number of a row, the place of the next larger one that is not `same`; without one, that of the largest that is not."""
    order = np.argsort(d, -1, kind="stable")
    others = np.take_along_axis(~same, order, -1)  # in the order of the distances
    last = np.where(others, np.arange(d.shape[-1]), -1).max(-1, keepdims=True)
    following = np.where(others, np.arange(d.shape[-1]), d.shape[-1])
    following = np.minimum.accumulate(following[:, ::-1], -1)[:, ::-1]  # from each place on, the first of another label
    found = np.empty_like(order)
    for row, (at, ranks) in enumerate(zip(order, following, strict=True)):
        larger = np.searchsorted(d[row, at], d[row], "right")  # equal distances are not beyond
        place = np.append(ranks, d.shape[-1])[larger]
        found[row] = at[np.where(place < d.shape[-1], place, last[row])]
    return found


def pair_similarity(x, y, similarity):
    """The cosine of two vectors, or |cos + sin| of their halves as complex numbers (Li 2024)."""
    x, y = l2_normalize(x), l2_normalize(y)
    cosine = (x * y).sum(-1)
    if similarity == "cosine":
        return cosine
    half = (x.shape[-1] + 1) // 2
    (a, b), (c, d) = ((v[..., :half], v[..., half:]) for v in (x, y))
    n = b.shape[-1]
    return np.abs(cosine + (b * c[..., :n]).sum(-1) - (a[..., :n] * d).sum(-1))


def _sums_in_order(s, y, w):
    """For each row the log of Σ w e^−s over the rows with a larger y, and of Σ w e^s over those with a smaller one."""
    order = np.argsort(y, -1, kind="stable")
    s, y, w = (np.take_along_axis(np.broadcast_to(x, s.shape), order, -1) for x in (s, y, w))
    log_w = np.log(np.where(w > 0, w, 1)) + np.where(w > 0, 0, -np.inf)
    above = np.flip(np.logaddexp.accumulate(np.flip(log_w - s, -1), -1), -1)
    below = np.logaddexp.accumulate(log_w + s, -1)
    found = []
    for k in np.ndindex(s.shape[:-1]):  # the first row with a larger y, and the number of rows with a smaller one
        after, before = (np.searchsorted(y[k], y[k], side) for side in ("right", "left"))
        found.append((np.append(above[k], -np.inf)[after], np.append(-np.inf, below[k])[before]))
    ends = (np.reshape(x, s.shape) for x in zip(*found, strict=True))
    back = np.argsort(order, -1, kind="stable")
    return tuple(np.take_along_axis(x, back, -1) for x in ends)


def _wrong_order_by_s(g, out, s, y, w):
    above, below = _sums_in_order(s, y, w)
    return g[..., None] * w * (np.exp(s + above - out[..., None]) - np.exp(below - s - out[..., None]))


@primitive(_wrong_order_by_s, None, None)
def wrong_order(s, y, w):
    """log (1 + Σ_{y_i < y_j} w_i w_j e^{s_i − s_j}) over the last axis, from sums in the order of y, in N log N steps."""
    above = _sums_in_order(s, y, w)[0]
    terms = np.where(w > 0, np.log(np.where(w > 0, w, 1)) + s + above, -np.inf)
    largest = np.maximum(terms.max(-1, initial=-np.inf), 0)
    return largest + np.log(np.exp(terms - largest[..., None]).sum(-1) + np.exp(-largest))


@loss(
    "embedding",
    aliases=("CoSENTLoss", "cosine_sentence"),
    reference="sentence_transformers.losses.CoSENTLoss",
    properties="differentiable",
    units="nats",
    use="pairs of texts have scores of their similarity, whose order should be that of the cosines",
    words=("sentence similarity", "semantic textual similarity", "sts"),
    see={"cosine_mse": "each cosine should be its score", "similarity": "angle: AnglE, for cosines that saturate"},
)
def cosent(input1: Vector, input2: Vector, target: Real, *, scale: Positive = 20.0, similarity: Similarity = "cosine"):
    """Pairs with a higher score should be more similar: a log of a sum over all two pairs of a batch in the wrong order.

    log (1 + Σ_{y_i < y_j} e^{scale (s_i − s_j)}), s the cosine of a pair

    >>> next(cosent(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]]), np.array([1.0])))[0].column
    array([20.])
    """
    s, scores, weight = yield Pooled(scale * pair_similarity(input1, input2, similarity)), Pooled(target), Pooled(1)
    scores, counts = (getattr(x, "value", x) for x in (scores, weight > 0))
    several = np.where(counts, scores, -np.inf).max(-1) > np.where(counts, scores, np.inf).min(-1)
    return wrong_order(s, scores, getattr(weight, "value", weight)), None, several + 0.0


@loss(
    "embedding",
    aliases=("CosineSimilarityLoss", "cosine_similarity_mse"),
    reference="sentence_transformers.losses.CosineSimilarityLoss",
    properties="differentiable",
    units="squared target units",
    use="pairs of texts have scores of their similarity, and each cosine should be its score",
    words=("sentence similarity", "semantic textual similarity", "sts"),
    see={"cosent": "only the order of the scores counts", "cosine_embedding": "labels 1 and −1, with a margin"},
)
def cosine_mse(input1: Vector, input2: Vector, target: Real):
    """Squared difference of the cosine of two vectors and a score.

    (cos(a, b) − y)²

    >>> cosine_mse(np.array([[3.0, 4.0]]), np.array([[1.0, 0.0]]), np.array([0.5])).round(12)
    array([0.01])
    """
    return (1 - one_minus_cosine(input1, input2, 0.0) - target) ** 2


@loss(
    "embedding",
    aliases=("MarginMSELoss", "margin_mse_loss"),
    reference="sentence_transformers.losses.MarginMSELoss (Hofstätter 2020)",
    properties="differentiable",
    units="squared target units",
    use="a teacher gives how much better one passage fits a query than another",
    words=("knowledge distillation", "dense retrieval", "search"),
    see={"score_margin_mse": "from scores, as of a cross-encoder"},
)
def margin_mse(query: Vector, positive: Vector, negative: Vector, target: Real):
    """Squared difference of the margin between two dot products and the margin of a teacher.

    (q·p − q·n − y)²

    >>> margin_mse(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([1.5]))
    array([0.25])
    """
    return ((query * (positive - negative)).sum(-1) - target) ** 2


@loss(
    "ranking",
    aliases=("margin_mse_of_scores",),
    reference="sentence_transformers.cross_encoder.losses.MarginMSELoss",
    properties="convex differentiable",
    units="squared target units",
    use="a teacher gives how much higher one score should be than another",
    words=("knowledge distillation", "reranking"),
    see={"margin_mse": "from embeddings", "margin_ranking": "only the sign of the difference is known"},
)
def score_margin_mse(positive: Real, negative: Real, target: Real):
    """Squared difference of the margin between two scores and the margin of a teacher.

    (s₊ − s₋ − y)²

    >>> score_margin_mse(np.array([2.0]), np.array([0.5]), np.array([1.0]))
    array([0.25])
    """
    return (positive - negative - target) ** 2


@loss(
    "embedding",
    aliases=("OnlineContrastiveLoss", "hard_contrastive"),
    reference="sentence_transformers.losses.OnlineContrastiveLoss",
    units="squared embedding units",
    use="pairs are labelled similar or not, and only the hard ones of a batch should count",
    words=("hard negatives", "duplicate detection"),
    reduction="sum",
    see={"contrastive": "all pairs count"},
)
def online_contrastive(
    input1: Vector, input2: Vector, target: Flag, *, margin: float = 0.5, distance: Literal["cosine", "euclidean"] = "cosine"
):
    """Contrastive loss of the hard pairs: similar ones farther than the nearest other pair, others nearer than the farthest similar pair.

    y d² for similar pairs with d > min d of the others; max(0, margin − d)² for others with d < max d of the similar; without any of the
    other kind the mean of its own kind is the bound

    >>> next(online_contrastive(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([1])))[0].column
    array([1.])
    """
    d = one_minus_cosine(input1, input2, 0.0) if distance == "cosine" else norm(input1 - input2 + 1e-6)
    all_d, labels = yield AllRows(d), AllRows(target)
    all_d = getattr(all_d, "value", all_d)
    similar, others = all_d[labels == 1], all_d[labels == 0]
    near = others.min() if others.size else similar.mean() if similar.size else 0.0
    far = similar.max() if similar.size else others.mean() if others.size else 0.0
    hard = np.where(target == 1, d > near, d < far)
    return np.where(hard, np.where(target == 1, d**2, relu(margin - d) ** 2), 0.0), None, hard


@loss(
    "embedding",
    aliases=("ContrastiveTensionLoss",),
    reference="sentence_transformers.losses.ContrastiveTensionLoss (Carlsson 2021)",
    properties="differentiable",
    units="nats",
    use="two encoders of unlabelled sentences should agree on the same sentence, not on two",
    words=("unsupervised sentence embeddings",),
    reduction="sum",
    see={"clip": "in-batch negatives, as ContrastiveTensionLossInBatchNegatives"},
)
def contrastive_tension(input1: Vector, input2: Vector, target: Flag):
    """Binary cross-entropy of the dot product of two vectors as a logit.

    log(1 + e^z) − y z, z = a·b

    >>> contrastive_tension(np.array([[1.0, 1.0]]), np.array([[1.0, -1.0]]), np.array([1])).round(8)
    array([0.69314718])
    """
    return bce_with_logits((input1 * input2).sum(-1), target.astype(input1.dtype))


@loss(
    "embedding",
    aliases=("MegaBatchMarginLoss",),
    reference="sentence_transformers.losses.MegaBatchMarginLoss (Wieting 2018)",
    units="1",
    use="pairs with the same meaning are given, and the hardest other of a batch should be far",
    words=("paraphrase", "hard negatives"),
    see={"info_nce": "all other rows count, by a softmax"},
)
def mega_batch_margin(anchor: Vector, positive: Vector, *, positive_margin: float = 0.8, negative_margin: float = 0.3):
    """The cosine of a pair should be above a margin, and that with the most similar positive of another row below one.

    max(0, m₊ − cos(a_i, p_i)) + max(0, max_{j ≠ i} cos(a_i, p_j) − m₋)

    >>> next(mega_batch_margin(np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]])))[0].column
    array([[0., 1.]])
    """
    a, p = l2_normalize(anchor), l2_normalize(positive)
    all_p, row = yield AllRows(p), RowIndex
    cosines = np.where(np.arange(len(all_p)) == row[:, None], -np.inf, a @ all_p.T)
    return relu(positive_margin - (a * p).sum(-1)) + relu(cosines.max(-1) - negative_margin)


@loss(
    "embedding",
    aliases=("FlopsLoss", "flops_regularizer"),
    reference="sentence_transformers.sparse_encoder.losses.FlopsLoss (Paria 2020)",
    properties="convex differentiable",
    units="squared activation units",
    use="sparse embeddings (SPLADE) should have few and evenly used dimensions",
    words=("sparse embeddings", "splade", "retrieval"),
    see={"l1_penalty": "sparse, but not evenly used"},
)
def flops(pred: Vector):
    """Sum over the dimensions of the squared mean activation of a batch.

    Σ_j (mean_i x_ij)²

    >>> next(flops(np.array([[1.0, 2.0]])))[0].column
    array([[1., 2.]])
    """
    total, ones = yield ByClass(pred), ByClass(np.ones_like(pred))
    return ((total / ones) ** 2).sum(-1)
