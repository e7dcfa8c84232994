"""Losses of a batch of embeddings with labels, over all its pairs or triplets.

Each row of a block is an anchor. A row with the same label is a positive of the anchor, a row with another label a negative.
The value of a row is the sum over its terms (pairs or triplets), and its weight is the number of terms that count: so a mean is over
all terms of the batch. If the whole batch has no term, because it has no positive or no negative, there is no mean. What these losses
share is in losscli/pairs: the distance (`far`), reference rows, miners and reducers. Each body is the formula.
"""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.aggregation import AllRows
from losscli.domains import AcuteAngle, Positive, Slope
from losscli.numeric.distances import cdist
from losscli.numeric.lazy import Array, np
from losscli.numeric.primitive import plain_float
from losscli.numeric.softmax import logsumexp
from losscli.numeric.steps import clamp_min_straight_through, relu, softplus, stop_gradient
from losscli.pairs import OF_METRIC, Pairs, mean_or_zero, of_anchors, of_each_positive, of_pairs, over_pairs
from losscli.registry import loss

__all__ = [
    "angular",
    "beta_margin",
    "circle",
    "contrastive_all",
    "generalized_lifted_structure",
    "intra_pair_variance",
    "lifted_structure",
    "multi_similarity",
    "nca",
    "triplet_all",
    "tuplet_margin",
]

SwapFrom = Annotated[Literal["reference", "batch"], "With ref_emb, the positive whose distance --swap takes."]
LOWEST = -1e30  # replaces log 0 = -inf where a difference of two would be nan


def masked_logsumexp(n: Array, x: Array) -> Array:
    """log Σ n e^x, where n says how often an entry counts: once where a mask is true."""
    x = x if n.dtype == bool else x + np.log(np.where(n == 0, 1, n)).astype(x.dtype)
    return clamp_min_straight_through(logsumexp(np.where(n != 0, x, -np.inf)), LOWEST)


@loss(
    "embedding",
    aliases=("batch_contrastive", "pairwise_contrastive"),
    reference="pytorch_metric_learning.losses.ContrastiveLoss",
    units="embedding units",
    use="classes are labelled, and all pairs of a batch should count, with two margins",
    reduction="sum",
    see={"contrastive": "for given pairs, with squared distances"},
)
@over_pairs("pair", needs="pairs", reducer="avg_non_zero")
def contrastive_all(pairs: Pairs, *, pos_margin: float = 0.0, neg_margin: float = 1.0):
    """Positive pairs should be closer than pos_margin, negative pairs farther than neg_margin; a value is what one anchor adds to the loss.

    mean max(0, d_ap − m₊) + mean max(0, m₋ − d_an), each mean over the terms above 0; d of unit vectors if normalize

    >>> next(contrastive_all(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    pull, push = relu(pairs.far - pairs.sign * pos_margin), relu(pairs.sign * neg_margin - pairs.far)
    return [of_pairs(pull, pairs.positive), of_pairs(push, pairs.negative)]


@loss(
    "embedding",
    aliases=("batch_all_triplet", "batch_all_triplet_loss"),
    reference="pytorch_metric_learning.losses.TripletMarginLoss",
    units="embedding units",
    use="classes are labelled, and all triplets of a batch that violate a margin should count",
    mean="of terms",
    see={
        "triplet_margin": "for given triplets",
        "swap_from": "where a positive is a reference row: batch takes the row of the batch with its number, as the framework",
    },
)
@over_pairs("triplet", reducer="avg_non_zero")
def triplet_all(pairs: Pairs, *, margin: float = 0.05, swap: bool = False, swap_from: SwapFrom = "reference", smooth: bool = False):
    """Mean of the triplet loss over all triplets of a batch with a loss above 0; smooth replaces max(0, x) by log(1 + e^x).

    mean max(0, d_ap − d_an + m) over the terms above 0, with min(d_an, d_pn) if swap; d of unit vectors if normalize

    >>> next(triplet_all(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    hinge, far = softplus if smooth else relu, pairs.far

    def violations(p):
        far_negative = np.minimum(far, pairs.far_from_positive(p, swap_from)) if swap else far
        return hinge(np.take_along_axis(far, p[:, None], -1) - far_negative + margin), pairs.negatives_of(p)

    return of_each_positive(pairs, violations, "triplet")


@loss(
    "embedding",
    aliases=("ms_loss", "MultiSimilarityLoss"),
    reference="pytorch_metric_learning.losses.MultiSimilarityLoss",
    properties="differentiable",
    units="cosine",
    mean="of terms",
    use="image retrieval with class labels, where the hardest pairs should count most",
    words=("image retrieval", "learn embeddings"),
)
@over_pairs("element", needs="pairs", crosses=True, distance="cosine")
def multi_similarity(pairs: Pairs, *, alpha: Positive = 2.0, beta: Positive = 50.0, base: float = 0.5):
    """Positives should be more similar to an anchor than a base, negatives less; soft maxima give the hardest pairs the most weight.

    1/α log (1 + Σ_p e^{−α (s_ap − b)}) + 1/β log (1 + Σ_n e^{β (s_an − b)}), s the cosine

    >>> next(multi_similarity(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    excess = pairs.far - pairs.sign * base
    pull, push = masked_logsumexp(pairs.positive != 0, alpha * excess), masked_logsumexp(pairs.negative != 0, -beta * excess)
    return of_anchors(softplus(pull) / alpha + softplus(push) / beta)


@loss(
    "embedding",
    aliases=("LiftedStructureLoss", "lifted_structured"),
    reference="pytorch_metric_learning.losses.LiftedStructureLoss",
    units="squared embedding units",
    use="each positive pair should be compared with all negatives of both its rows",
    mean="of terms",
)
@over_pairs("pair", crosses=True)
def lifted_structure(pairs: Pairs, *, neg_margin: float = 1.0, pos_margin: float = 0.0):
    """Squared hinge loss of each positive pair: its distance against the soft minimum of the distances of both rows to their negatives.

    ½ max(0, d_ap − m₊ + log (Σ_n e^{m₋ − d_an} + Σ_n e^{m₋ − d_pn}))², d of unit vectors if normalize

    >>> next(lifted_structure(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    push = masked_logsumexp(pairs.negative, pairs.sign * neg_margin - pairs.far)
    all_push, both = yield from push_of_all(pairs, push)
    all_push = np.logaddexp(push[:, None], all_push)
    all_push = np.where(all_push > LOWEST / 2, all_push, 0.0 if both else LOWEST)
    return of_pairs(relu(pairs.far - pairs.sign * pos_margin + all_push) ** 2 / 2, pairs.positive)


def push_of_all(pairs, push):
    """`push` of each row as a positive, and whether the batch has pairs of both kinds.

    A reference row has none of its own: as in pytorch-metric-learning, it has that of the anchor with its index.
    """
    both = yield from pairs.has_both()
    (all_push,) = yield AllRows(push)
    if not pairs.referred:
        return all_push, both
    at = np.arange(len(pairs.labels))
    known = (at < len(all_push)) & (at != pairs.row[:, None])
    return np.where(known, all_push[np.minimum(at, len(all_push) - 1)], LOWEST), both


@loss(
    "embedding",
    aliases=("GeneralizedLiftedStructureLoss", "batch_all_lifted"),
    reference="pytorch_metric_learning.losses.GeneralizedLiftedStructureLoss",
    units="embedding units",
    use="soft maxima over all positives and all negatives of an anchor should be compared",
    mean="of terms",
    see={"lifted_structure": "each positive pair alone, squared"},
)
@over_pairs("element", crosses=True)
def generalized_lifted_structure(pairs: Pairs, *, neg_margin: float = 1.0, pos_margin: float = 0.0):
    """The soft maximum of the distances to an anchor's positives should be below the soft minimum of those to its negatives.

    max(0, log Σ_p e^{d_ap − m₊} + log Σ_n e^{m₋ − d_an}), a logarithm without terms is 0; d of unit vectors if normalize

    >>> next(generalized_lifted_structure(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    positive, negative = pairs.positive != 0, pairs.negative != 0
    pull = masked_logsumexp(positive, pairs.far - pairs.sign * pos_margin)
    push = masked_logsumexp(negative, pairs.sign * neg_margin - pairs.far)
    return of_anchors(relu(np.where(positive.any(-1), pull, 0) + np.where(negative.any(-1), push, 0)))


@loss(
    "embedding",
    aliases=("MarginLoss", "distance_weighted_margin"),
    reference="pytorch_metric_learning.losses.MarginLoss",
    units="embedding units",
    use="positives and negatives should lie on two sides of one distance",
    mean="of terms",
    see={"triplet_all": "compares the two distances with each other", "contrastive_all": "a mean for each kind of pair"},
)
@over_pairs("triplet", reducer="avg_non_zero", without=("reducer", "low", "high", "weights"))
def beta_margin(pairs: Pairs, *, margin: float = 0.2, beta: float = 1.2):
    """The pairs of all triplets: positives should be closer than beta − margin, negatives farther than beta + margin.

    mean of max(0, d_ap − β + m) and max(0, β − d_an + m) over the triplets, of those above 0; d of unit vectors if normalize

    >>> next(beta_margin(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    push = relu(pairs.sign * beta - pairs.far + margin)

    def both(p):
        pull = relu(np.take_along_axis(pairs.far, p[:, None], -1) - pairs.sign * beta + margin)
        triplets = pairs.negatives_of(p)
        return np.concatenate([np.where(triplets, pull, 0), push], -1), np.concatenate([triplets, triplets], -1)

    return of_each_positive(pairs, both, "triplet")


@loss(
    "embedding",
    aliases=("neighbourhood_components", "neighborhood_components", "NCALoss"),
    reference="pytorch_metric_learning.losses.NCALoss",
    properties="differentiable",
    units="nats",
    use="embeddings are trained for a nearest-neighbour classifier",
)
@over_pairs("element", power=None)
def nca(pairs: Pairs, *, softmax_scale: Positive = 1.0):
    """Negative log-probability that a random neighbour, drawn by distance, has the label of the anchor; for anchors with a positive.

    −log (Σ_p e^{−k d_ap²} / Σ_{j ≠ a} e^{−k d_aj²}), d of unit vectors if normalize

    >>> next(nca(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    positive, logits = pairs.same & ~pairs.itself, -softmax_scale * pairs.far
    losses = softplus(masked_logsumexp(~pairs.same, logits) - masked_logsumexp(positive, logits))
    times = yield from pairs.times_mined()
    return of_anchors(losses * times, np.any(positive, -1))


@loss(
    "embedding",
    aliases=("AngularLoss", "angular_loss"),
    reference="pytorch_metric_learning.losses.AngularLoss",
    properties="differentiable",
    units="nats",
    use="clusters differ in scale, so that no margin on distances fits them all",
    mean="of terms",
)
@over_pairs("pair", raw=True, crosses=True, without=OF_METRIC)
def angular(pairs: Pairs, *, alpha: AcuteAngle = 40.0):
    """Triangles of a positive pair and a negative should have an angle below alpha degrees at the negative; over all positive pairs.

    log (1 + Σ_n e^{4 tan²α (a + p)·n − 2 (1 + tan²α) a·p}), a and p unit vectors, n not normalized

    >>> next(angular(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8],
           [0.8, 0.6],
           [0. , 1. ]])
    """
    x, t = pairs.x, plain_float(np.tan(np.radians(alpha))) ** 2

    def pair_loss(p):
        y = pairs.all_x[p]
        excess = 4 * t * ((x + y) @ pairs.all_raw.T) - 2 * (1 + t) * (x * y).sum(-1)[:, None]
        return softplus(masked_logsumexp(~pairs.same, excess))[:, None], np.take_along_axis(pairs.positive, p[:, None], -1)

    return of_each_positive(pairs, pair_loss, "pair")


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
@over_pairs("pair", crosses=True, without=OF_METRIC)
def tuplet_margin(pairs: Pairs, *, margin: float = 5.73, scale: Positive = 64.0):
    """Negatives should have a larger angle to the anchor than a positive, whose angle is first reduced by a slack of margin degrees.

    log (1 + Σ_n e^{k (cos θ_an − cos (θ_ap − m))})

    >>> next(tuplet_margin(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    m, (cosine, sine) = plain_float(np.radians(margin)), cosine_and_sine(pairs.x, pairs.all_x)
    with_slack = cosine * plain_float(np.cos(m)) + sine * plain_float(np.sin(m))
    losses = softplus(masked_logsumexp(pairs.negative, scale * cosine)[:, None] - scale * with_slack)
    return of_pairs(losses, pairs.positive)


@loss(
    "embedding",
    aliases=("IntraPairVarianceLoss",),
    reference="pytorch_metric_learning.losses.IntraPairVarianceLoss",
    units="squared cosine",
    use="a term beside another metric loss, which makes the similarities of pairs more even",
    reduction="sum",
)
@over_pairs("pair", needs="pairs", distance="cosine")
def intra_pair_variance(pairs: Pairs, *, pos_eps: float = 0.01, neg_eps: float = 0.01):
    """Penalty for positive pairs below their mean similarity and negative pairs above theirs; a value is what one anchor adds to the loss.

    mean max(0, (1 − ε₊) s̄₊ − s_ap)² + mean max(0, s_an − (1 + ε₋) s̄₋)², each over its pairs, s̄ their mean cosine

    >>> next(intra_pair_variance(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    far, positive, negative = pairs.far, pairs.positive, pairs.negative
    sum_p, n_p, sum_n, n_n = yield (far * positive).sum(-1), positive.sum(-1), (far * negative).sum(-1), negative.sum(-1)
    mean_p, mean_n = (mean_or_zero(*m).astype(far.dtype) for m in ((sum_p, n_p), (sum_n, n_n)))
    pull, push = far - (1 + pairs.sign * pos_eps) * mean_p, (1 - pairs.sign * neg_eps) * mean_n - far
    return [of_pairs(relu(pull) ** 2, positive), of_pairs(relu(push) ** 2, negative)]


@loss(
    "embedding",
    aliases=("circle_loss", "CircleLoss"),
    reference="keras.losses.Circle; pytorch_metric_learning.losses.CircleLoss",
    units="nats",
    use="classes are labelled, and pairs far from their optimum should get larger gradients",
    mean="of terms",
    see={
        "slope": "exact is the derivative of the value (Keras); torch treats the factors max(0, …) as constants",
        "ref_diagonal": "without it row i is no pair of reference row i, as in Keras",
    },
)
@over_pairs("element", crosses=True, reducer="avg_non_zero", distance="dot_product", without=("distance", "p", "power"))
def circle(
    pairs: Pairs,
    *,
    gamma: Positive = 80.0,
    margin: float = 0.4,
    remove_diagonal: bool = True,
    ref_diagonal: bool = True,
    slope: Slope = "exact",
):
    """Positives should be closer than a margin m, negatives farther than 1 − m; each pair is weighted by its distance from its optimum.

    log (1 + Σ_p e^{γ max(0, m + d) (d − m)} · Σ_n e^{γ max(0, 1 + m − d) (1 − m − d)}), d = max(0, 1 − cos); mean of those above 0

    >>> next(circle(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    d = np.maximum(1 + pairs.far, 0)
    w_p, w_n = np.maximum(margin + d, 0), np.maximum(1 + margin - d, 0)  # at 0 with half the slope, as in Keras
    w_p, w_n = (w_p, w_n) if slope == "exact" else (stop_gradient(w_p), stop_gradient(w_n))
    pull, push = gamma * w_p * (d - margin), gamma * w_n * (1 - margin - d)
    positive = (pairs.positive != 0) | (pairs.itself & (not remove_diagonal))
    positive = positive & (np.arange(len(pairs.labels)) != pairs.row[:, None]) if remove_diagonal and not ref_diagonal else positive
    return of_anchors(softplus(masked_logsumexp(positive, pull) + masked_logsumexp(pairs.negative != 0, push)))
