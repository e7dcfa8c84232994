"""Losses of a batch of embeddings with labels, over all its pairs or triplets.

Each row of a block is an anchor. A row with the same label is a positive of the anchor, a row with another label a negative.
The value of a row is the sum over its terms (pairs or triplets), and its weight is the number of terms that count: so a mean is over
all terms of the batch. The third array is the number of all terms, whether they count or not: if the whole batch has none, because it
has no positive or no negative, there is no mean.
"""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import AcuteAngle, Group, Positive, Slope, Vector
from losscli.numeric.distances import cdist, l2_normalize
from losscli.numeric.lazy import np
from losscli.numeric.softmax import logsumexp
from losscli.numeric.steps import clamp_min_straight_through, relu, softplus, stop_gradient
from losscli.registry import loss

__all__ = [
    "angular",
    "circle",
    "contrastive_all",
    "intra_pair_variance",
    "lifted_structure",
    "multi_similarity",
    "nca",
    "triplet_all",
    "tuplet_margin",
]

LOWEST = -1e30  # replaces log 0 = -inf where a difference of two would be nan


def positives_and_negatives(target, labels, row):
    """Two masks of shape (anchors, all rows): rows with the label of the anchor, except itself, and rows with another label."""
    same = target[:, None] == labels
    return same & (np.arange(len(labels)) != row[:, None]), ~same


def masked_logsumexp(mask, x):
    """log Σ e^x over the entries of x where the mask is true."""
    return clamp_min_straight_through(logsumexp(np.where(mask, x, -np.inf)), LOWEST)


def masked_sum_and_count(mask, x):
    """Σ x over the entries where the mask is true, and their number."""
    return np.where(mask, x, 0).sum(-1), mask.sum(-1)


def triplet_count(positive, negative):
    """The number of triplets of each anchor."""
    return positive.sum(-1) * negative.sum(-1)


def each_positive(positive):
    """For k = 0, 1, …: the row index of the k-th positive of each anchor, and whether the anchor has that many."""
    order, count = np.argsort(~positive, -1, kind="stable"), positive.sum(-1)
    for k in range(max(1, count.max(initial=0))):
        yield order[:, k], count > k


def mean_or_zero(total, count):
    """total / count, and 0 where count is 0."""
    return total / np.where(count == 0, 1, count).astype(total.dtype)


@loss(
    "embedding",
    aliases=("batch_contrastive", "pairwise_contrastive"),
    reference="pytorch_metric_learning.losses.ContrastiveLoss",
    units="embedding units",
    use="classes are labelled, and all pairs of a batch should count, with two margins",
    reduction="sum",
    see={"contrastive": "for given pairs, with squared distances"},
)
def contrastive_all(pred: Vector, target: Group, *, pos_margin: float = 0.0, neg_margin: float = 1.0, normalize: bool = True):
    """Positive pairs should be closer than pos_margin, negative pairs farther than neg_margin; a value is what one anchor adds to the loss.

    mean max(0, d_ap − m₊) + mean max(0, m₋ − d_an), each mean over the terms above 0; d of unit vectors if normalize

    >>> next(contrastive_all(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    d = cdist(x, all_x)
    pull, push = np.where(positive, relu(d - pos_margin), 0), np.where(negative, relu(neg_margin - d), 0)
    pull_count, push_count = yield (pull > 0).sum(-1), (push > 0).sum(-1)
    return mean_or_zero(pull.sum(-1), pull_count) + mean_or_zero(push.sum(-1), push_count), None, (positive | negative).sum(-1)


@loss(
    "embedding",
    aliases=("batch_all_triplet", "batch_all_triplet_loss"),
    reference="pytorch_metric_learning.losses.TripletMarginLoss",
    units="embedding units",
    use="classes are labelled, and all triplets of a batch that violate a margin should count",
    mean="of terms",
    see={"triplet_margin": "for given triplets"},
)
def triplet_all(pred: Vector, target: Group, *, margin: float = 0.05, swap: bool = False, smooth: bool = False, normalize: bool = True):
    """Mean of the triplet loss over all triplets of a batch with a loss above 0; smooth replaces max(0, x) by log(1 + e^x).

    mean max(0, d_ap − d_an + m) over the terms above 0, with min(d_an, d_pn) if swap; d of unit vectors if normalize

    >>> next(triplet_all(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    d = cdist(x, all_x)

    def violations(p, has_positive):
        d_negative = np.minimum(d, cdist(all_x[p], all_x)) if swap else d
        excess = np.take_along_axis(d, p[:, None], -1) - d_negative + margin
        triplet = negative & has_positive[:, None]
        v = np.where(triplet, softplus(excess) if smooth else relu(excess), 0)
        return v.sum(-1), (v > 0).sum(-1), triplet.sum(-1)

    return tuple(map(sum, zip(*(violations(*k) for k in each_positive(positive)), strict=True)))


@loss(
    "embedding",
    aliases=("ms_loss", "MultiSimilarityLoss"),
    reference="pytorch_metric_learning.losses.MultiSimilarityLoss",
    properties="differentiable",
    units="cosine",
    use="image retrieval with class labels, where the hardest pairs should count most",
    words=("image retrieval", "learn embeddings"),
)
def multi_similarity(pred: Vector, target: Group, *, alpha: Positive = 2.0, beta: Positive = 50.0, base: float = 0.5):
    """Positives should be more similar to an anchor than a base, negatives less; soft maxima give the hardest pairs the most weight.

    1/α log (1 + Σ_p e^{−α (s_ap − b)}) + 1/β log (1 + Σ_n e^{β (s_an − b)}), s the cosine

    >>> next(multi_similarity(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred)
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    s = x @ all_x.T - base
    pull, push = masked_logsumexp(positive, -alpha * s), masked_logsumexp(negative, beta * s)
    return softplus(pull) / alpha + softplus(push) / beta, None, (positive | negative).sum(-1)


@loss(
    "embedding",
    aliases=("LiftedStructureLoss", "lifted_structured"),
    reference="pytorch_metric_learning.losses.LiftedStructureLoss",
    units="squared embedding units",
    use="each positive pair should be compared with all negatives of both its rows",
    mean="of terms",
)
def lifted_structure(pred: Vector, target: Group, *, neg_margin: float = 1.0, pos_margin: float = 0.0, normalize: bool = True):
    """Squared hinge loss of each positive pair: its distance against the soft minimum of the distances of both rows to their negatives.

    ½ max(0, d_ap − m₊ + log (Σ_n e^{m₋ − d_an} + Σ_n e^{m₋ − d_pn}))², d of unit vectors if normalize

    >>> next(lifted_structure(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    d = cdist(x, all_x)
    push = masked_logsumexp(negative, neg_margin - d)
    (all_push,) = yield AllRows(push)
    losses = relu(d - pos_margin + np.logaddexp(push[:, None], all_push)) ** 2 / 2
    return *masked_sum_and_count(positive, losses), triplet_count(positive, negative)


@loss(
    "embedding",
    aliases=("neighbourhood_components", "neighborhood_components", "NCALoss"),
    reference="pytorch_metric_learning.losses.NCALoss",
    properties="differentiable",
    units="nats",
    use="embeddings are trained for a nearest-neighbour classifier",
)
def nca(pred: Vector, target: Group, *, softmax_scale: Positive = 1.0, normalize: bool = True):
    """Negative log-probability that a random neighbour, drawn by distance, has the label of the anchor; for anchors with a positive.

    −log (Σ_p e^{−k d_ap²} / Σ_{j ≠ a} e^{−k d_aj²}), d of unit vectors if normalize

    >>> next(nca(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    logits = -softmax_scale * cdist(x, all_x) ** 2
    losses = softplus(masked_logsumexp(negative, logits) - masked_logsumexp(positive, logits))
    return *masked_sum_and_count(positive.any(-1)[:, None], losses[:, None]), triplet_count(positive, negative)


@loss(
    "embedding",
    aliases=("AngularLoss", "angular_loss"),
    reference="pytorch_metric_learning.losses.AngularLoss",
    properties="differentiable",
    units="nats",
    use="clusters differ in scale, so that no margin on distances fits them all",
    mean="of terms",
)
def angular(pred: Vector, target: Group, *, alpha: AcuteAngle = 40.0):
    """Triangles of a positive pair and a negative should have an angle below alpha degrees at the negative; over all positive pairs.

    log (1 + Σ_n e^{4 tan²α (a + p)·n − 2 (1 + tan²α) a·p}), a and p unit vectors, n not normalized

    >>> next(angular(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[3., 4.], [4., 3.], [0., 1.]])
    """
    x, t = l2_normalize(pred), float(np.tan(np.radians(alpha))) ** 2
    raw, all_x, labels, row = yield AllRows(pred), AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)

    def pair_loss(p, has_positive):
        y = all_x[p]
        excess = 4 * t * ((x + y) @ raw.T) - 2 * (1 + t) * (x * y).sum(-1)[:, None]
        return np.where(has_positive, softplus(masked_logsumexp(negative, excess)), 0), has_positive

    return *map(sum, zip(*(pair_loss(*k) for k in each_positive(positive)), strict=True)), triplet_count(positive, negative)


def cosine_and_sine(x, y):
    """Cosine and sine of the angles between unit vectors, from their distances: 1 − cos² would cancel for close vectors."""
    d = cdist(x, y)
    zero = (x == 0).all(-1)[:, None] | (y == 0).all(-1)  # a vector of zeros has the cosine 0 with every vector
    return np.where(zero, x @ y.T, 1 - d**2 / 2), np.where(zero, 1.0, d * np.sqrt(relu(1 - d**2 / 4)))


@loss(
    "embedding",
    aliases=("TupletMarginLoss", "tuplet"),
    reference="pytorch_metric_learning.losses.TupletMarginLoss",
    units="nats",
    use="each positive pair against all negatives, with a slack angle for hard positives",
    mean="of terms",
)
def tuplet_margin(pred: Vector, target: Group, *, margin: float = 5.73, scale: Positive = 64.0):
    """Negatives should have a larger angle to the anchor than a positive, whose angle is first reduced by a slack of margin degrees.

    log (1 + Σ_n e^{k (cos θ_an − cos (θ_ap − m))})

    >>> next(tuplet_margin(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x, m = l2_normalize(pred), float(np.radians(margin))
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    cosine, sine = cosine_and_sine(x, all_x)
    with_slack = cosine * float(np.cos(m)) + sine * float(np.sin(m))
    losses = softplus(masked_logsumexp(negative, scale * cosine)[:, None] - scale * with_slack)
    return *masked_sum_and_count(positive, losses), triplet_count(positive, negative)


@loss(
    "embedding",
    aliases=("IntraPairVarianceLoss",),
    reference="pytorch_metric_learning.losses.IntraPairVarianceLoss",
    units="squared cosine",
    use="a term beside another metric loss, which makes the similarities of pairs more even",
    reduction="sum",
)
def intra_pair_variance(pred: Vector, target: Group, *, pos_eps: float = 0.01, neg_eps: float = 0.01):
    """Penalty for positive pairs below their mean similarity and negative pairs above theirs; a value is what one anchor adds to the loss.

    mean max(0, (1 − ε₊) s̄₊ − s_ap)² + mean max(0, s_an − (1 + ε₋) s̄₋)², each over its pairs, s̄ their mean cosine

    >>> next(intra_pair_variance(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred)
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row)
    s = x @ all_x.T
    sum_p, n_p, sum_n, n_n = yield *masked_sum_and_count(positive, s), *masked_sum_and_count(negative, s)
    mean_p, mean_n = (mean_or_zero(*m).astype(s.dtype) for m in ((sum_p, n_p), (sum_n, n_n)))
    pull, _ = masked_sum_and_count(positive, relu((1 - pos_eps) * mean_p - s) ** 2)
    push, _ = masked_sum_and_count(negative, relu(s - (1 + neg_eps) * mean_n) ** 2)
    return mean_or_zero(pull, n_p) + mean_or_zero(push, n_n), None, (positive | negative).sum(-1)


@loss(
    "embedding",
    aliases=("circle_loss", "CircleLoss"),
    reference="keras.losses.Circle; pytorch_metric_learning.losses.CircleLoss",
    units="nats",
    use="classes are labelled, and pairs far from their optimum should get larger gradients",
    mean="of terms",
    see={"slope": "exact is the derivative of the value (Keras); torch treats the factors max(0, …) as constants"},
)
def circle(
    pred: Vector,
    target: Group,
    *,
    gamma: Positive = 80.0,
    margin: float = 0.4,
    remove_diagonal: bool = True,
    normalize: bool = True,
    slope: Slope = "exact",
):
    """Positives should be closer than a margin m, negatives farther than 1 − m; each pair is weighted by its distance from its optimum.

    log (1 + Σ_p e^{γ max(0, m + d) (d − m)} · Σ_n e^{γ max(0, 1 + m − d) (1 − m − d)}), d = max(0, 1 − cos); mean of those above 0

    >>> next(circle(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    positive, negative = positives_and_negatives(target, labels, row if remove_diagonal else np.full(len(row), -1))
    d = np.maximum(1 - x @ all_x.T, 0)
    w_p, w_n = np.maximum(margin + d, 0), np.maximum(1 + margin - d, 0)  # at 0 with half the slope, as in Keras
    w_p, w_n = (w_p, w_n) if slope == "exact" else (stop_gradient(w_p), stop_gradient(w_n))
    pull, push = gamma * w_p * (d - margin), gamma * w_n * (1 - margin - d)
    v = softplus(masked_logsumexp(positive, pull) + masked_logsumexp(negative, push))
    return v, (v > 0).astype(float), triplet_count(positive, negative)
