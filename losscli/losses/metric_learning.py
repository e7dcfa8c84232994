"""Losses of a batch of embeddings with labels: all pairs, or all triplets, of rows that share a label or do not.

The rows of a block are anchors; each meets all rows of the batch. A row's value is the sum over its terms (its pairs, its triplets) and
weighs as many as are counted, so that a mean is one over all terms of the batch. A third array says how many terms there are, counted
or not: where there is none in the whole batch (no positive, no negative), there is no mean.
"""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import AcuteAngle, Group, Positive, Slope, Vector
from losscli.frameworks import keras, pml
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

LOWEST = -1e30  # stands for log 0 where -inf would make a nan of a difference


def alike(target, labels, row):
    """Which of all rows have the label of a row, without itself, and which have another."""
    same = target[:, None] == labels
    return same & (np.arange(len(labels)) != row[:, None]), ~same


def among(mask, x):
    """log Σ e^x over those of the mask."""
    return clamp_min_straight_through(logsumexp(np.where(mask, x, -np.inf)), LOWEST)


def over(mask, x):
    """Σ x over those of the mask, and how many they are."""
    return np.where(mask, x, 0).sum(-1), mask.sum(-1)


def triplets(same, other):
    """How many triplets each row is the anchor of: a loss that holds its positives against its negatives needs one."""
    return same.sum(-1) * other.sum(-1)


def positives(same):
    """The first positive of each row, then the second, and so on: which row it is, and whether there is one."""
    order, count = np.argsort(~same, -1, kind="stable"), same.sum(-1)
    for k in range(max(1, count.max(initial=0))):
        yield order[:, k], count > k


def each_share(total, count):
    """What each row adds to a mean over all rows' terms, 0 where there is no term."""
    return total / np.where(count == 0, 1, count).astype(total.dtype)


@loss(
    "embedding",
    aliases=("batch_contrastive", "pairwise_contrastive"),
    reference="pytorch_metric_learning.losses.ContrastiveLoss",
    units="embedding units",
    use="classes are labelled, and all pairs of a batch should teach, by two margins",
    reduction="sum",
    presets=(pml("ContrastiveLoss"),),
    see={"contrastive": "of given pairs, with squared distances"},
)
def contrastive_all(pred: Vector, target: Group, *, pos_margin: float = 0.0, neg_margin: float = 1.0, normalize: bool = True):
    """How far all pairs of one label are apart, plus how much nearer than a margin those of two labels are; a value is an anchor's share.

    mean_{>0} max(0, d_ap − m₊) + mean_{>0} max(0, m₋ − d_an), each over its pairs that are not 0; d of unit vectors if normalize

    >>> next(contrastive_all(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    d = cdist(x, all_x)
    near, far = np.where(same, relu(d - pos_margin), 0), np.where(other, relu(neg_margin - d), 0)
    nears, fars = yield (near > 0).sum(-1), (far > 0).sum(-1)
    return each_share(near.sum(-1), nears) + each_share(far.sum(-1), fars), None, (same | other).sum(-1)


@loss(
    "embedding",
    aliases=("batch_all_triplet", "batch_all_triplet_loss"),
    reference="pytorch_metric_learning.losses.TripletMarginLoss",
    units="embedding units",
    use="classes are labelled, and all triplets of a batch that still err should teach",
    mean="of terms",
    presets=(pml("TripletMarginLoss", renames={"smooth_loss": "smooth"}),),
    see={"triplet_margin": "of given triplets"},
)
def triplet_all(pred: Vector, target: Group, *, margin: float = 0.05, swap: bool = False, smooth: bool = False, normalize: bool = True):
    """How much less than a margin a positive is nearer than a negative, over all triplets of a batch that are not 0; smooth: softplus.

    mean_{>0} max(0, d_ap − d_an + m), with min(d_an, d_pn) if swap; d of unit vectors if normalize

    >>> next(triplet_all(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    d = cdist(x, all_x)

    def violations(p, there):
        far = np.minimum(d, cdist(all_x[p], all_x)) if swap else d
        rise = np.take_along_axis(d, p[:, None], -1) - far + margin
        there = other & there[:, None]
        v = np.where(there, softplus(rise) if smooth else relu(rise), 0)
        return v.sum(-1), (v > 0).sum(-1), there.sum(-1)

    return tuple(map(sum, zip(*(violations(*k) for k in positives(same)), strict=True)))


@loss(
    "embedding",
    aliases=("ms_loss", "MultiSimilarityLoss"),
    reference="pytorch_metric_learning.losses.MultiSimilarityLoss",
    properties="differentiable",
    units="cosine",
    use="image retrieval with class labels, where the hardest pairs should weigh most",
    presets=(pml("MultiSimilarityLoss"),),
)
def multi_similarity(pred: Vector, target: Group, *, alpha: Positive = 2.0, beta: Positive = 50.0, base: float = 0.5):
    """A soft count of the positives that are less similar than a base, and of the negatives that are more, for each anchor.

    1/α log (1 + Σ_p e^{−α (s_ap − b)}) + 1/β log (1 + Σ_n e^{β (s_an − b)}), s the cosine

    >>> next(multi_similarity(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred)
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    s = x @ all_x.T - base
    return softplus(among(same, -alpha * s)) / alpha + softplus(among(other, beta * s)) / beta, None, (same | other).sum(-1)


@loss(
    "embedding",
    aliases=("LiftedStructureLoss", "lifted_structured"),
    reference="pytorch_metric_learning.losses.LiftedStructureLoss",
    units="squared embedding units",
    use="each positive pair should be held against all negatives of both its ends",
    mean="of terms",
    presets=(pml("LiftedStructureLoss"),),
)
def lifted_structure(pred: Vector, target: Group, *, neg_margin: float = 1.0, pos_margin: float = 0.0, normalize: bool = True):
    """How far a positive pair is apart beside all the negatives of either end, squared, over all positive pairs.

    ½ max(0, d_ap − m₊ + log (Σ_n e^{m₋ − d_an} + Σ_n e^{m₋ − d_pn}))², d of unit vectors if normalize

    >>> next(lifted_structure(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    d = cdist(x, all_x)
    crowd = among(other, neg_margin - d)
    (all_crowds,) = yield AllRows(crowd)
    return *over(same, relu(d - pos_margin + np.logaddexp(crowd[:, None], all_crowds)) ** 2 / 2), triplets(same, other)


@loss(
    "embedding",
    aliases=("neighbourhood_components", "neighborhood_components", "NCALoss"),
    reference="pytorch_metric_learning.losses.NCALoss",
    properties="differentiable",
    units="nats",
    use="embeddings will serve a nearest-neighbour classifier",
    presets=(pml("NCALoss"),),
)
def nca(pred: Vector, target: Group, *, softmax_scale: Positive = 1.0, normalize: bool = True):
    """How unlikely a neighbour drawn by distance is to have an anchor's label, over the anchors that have a positive.

    −log (Σ_p e^{−k d_ap²} / Σ_{j ≠ a} e^{−k d_aj²}), d of unit vectors if normalize

    >>> next(nca(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    near = -softmax_scale * cdist(x, all_x) ** 2
    return *over(same.any(-1)[:, None], softplus(among(other, near) - among(same, near))[:, None]), triplets(same, other)


@loss(
    "embedding",
    aliases=("AngularLoss", "angular_loss"),
    reference="pytorch_metric_learning.losses.AngularLoss",
    properties="differentiable",
    units="nats",
    use="clusters differ in scale, so that no margin of the distance fits them all",
    mean="of terms",
    presets=(pml("AngularLoss"),),
)
def angular(pred: Vector, target: Group, *, alpha: AcuteAngle = 40.0):
    """How large the angle at a negative of the triangle with a positive pair is, against alpha degrees, over all positive pairs.

    log (1 + Σ_n e^{4 tan²α (a + p)·n − 2 (1 + tan²α) a·p}), a and p unit vectors, n as given

    >>> next(angular(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[3., 4.], [4., 3.], [0., 1.]])
    """
    x, t = l2_normalize(pred), float(np.tan(np.radians(alpha))) ** 2
    raw, all_x, labels, row = yield AllRows(pred), AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)

    def pair(p, there):
        y = all_x[p]
        rise = 4 * t * ((x + y) @ raw.T) - 2 * (1 + t) * (x * y).sum(-1)[:, None]
        return np.where(there, softplus(among(other, rise)), 0), there

    return *map(sum, zip(*(pair(*k) for k in positives(same)), strict=True)), triplets(same, other)


@loss(
    "embedding",
    aliases=("TupletMarginLoss", "tuplet"),
    reference="pytorch_metric_learning.losses.TupletMarginLoss",
    units="nats",
    use="each positive pair against all negatives at once, with slack (in degrees) for hard ones",
    mean="of terms",
    presets=(pml("TupletMarginLoss"),),
)
def tuplet_margin(pred: Vector, target: Group, *, margin: float = 5.73, scale: Positive = 64.0):
    """A soft count of the negatives that are nearer than a positive, whose angle is first made smaller by a slack of margin degrees.

    log (1 + Σ_n e^{k (cos θ_an − cos (θ_ap − m))})

    >>> next(tuplet_margin(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x, m = l2_normalize(pred), float(np.radians(margin))
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    d = cdist(x, all_x)
    astray = (x == 0).all(-1)[:, None] | (all_x == 0).all(-1)  # a vector of zeros is at right angles to all
    cosine = np.where(astray, x @ all_x.T, 1 - d**2 / 2)
    sine = np.where(astray, 1.0, d * np.sqrt(relu(1 - d**2 / 4)))  # from the distance, since 1 - cos² cancels where two are near
    within = cosine * float(np.cos(m)) + sine * float(np.sin(m))
    return *over(same, softplus(among(other, scale * cosine)[:, None] - scale * within)), triplets(same, other)


@loss(
    "embedding",
    aliases=("IntraPairVarianceLoss",),
    reference="pytorch_metric_learning.losses.IntraPairVarianceLoss",
    units="squared cosine",
    use="added to another metric loss, to even out the similarities of pairs",
    reduction="sum",
    presets=(pml("IntraPairVarianceLoss"),),
)
def intra_pair_variance(pred: Vector, target: Group, *, pos_eps: float = 0.01, neg_eps: float = 0.01):
    """How far positive pairs lie below their mean similarity, and negative pairs above theirs, squared; a value is an anchor's share.

    mean max(0, (1 − ε₊) s̄₊ − s_ap)² + mean max(0, s_an − (1 + ε₋) s̄₋)², each over its pairs, s̄ their mean cosine

    >>> next(intra_pair_variance(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred)
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row)
    s = x @ all_x.T
    sum_p, n_p, sum_n, n_n = yield *over(same, s), *over(other, s)
    mean_p, mean_n = (each_share(*m).astype(s.dtype) for m in ((sum_p, n_p), (sum_n, n_n)))
    near = over(same, relu((1 - pos_eps) * mean_p - s) ** 2)[0]
    far = over(other, relu(s - (1 + neg_eps) * mean_n) ** 2)[0]
    return each_share(near, n_p) + each_share(far, n_n), None, (same | other).sum(-1)


@loss(
    "embedding",
    aliases=("circle_loss", "CircleLoss"),
    reference="keras.losses.Circle; pytorch_metric_learning.losses.CircleLoss",
    units="nats",
    use="classes are labelled, and each pair should pull by how far it is from its best",
    mean="of terms",
    presets=(
        keras("Circle", "circle", options={"normalize": False}, reduction="mean", weighted="kept", last_axis=None),
        pml("CircleLoss", options={"slope": "torch"}, renames={"m": "margin"}),
    ),
    see={"slope": "exact is the derivative of the value, and Keras'; pytorch_metric_learning's takes the factors max(0, …) for constants"},
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
    """How much an anchor's positives are farther than a margin and its negatives nearer than the rest, each weighted by how much.

    log (1 + Σ_p e^{γ max(0, m + d) (d − m)} · Σ_n e^{γ max(0, 1 + m − d) (1 − m − d)}), d = max(0, 1 − cos); mean over those not 0

    >>> next(circle(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].of
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    x = l2_normalize(pred) if normalize else pred
    all_x, labels, row = yield AllRows(x), AllRows(target), RowIndex
    same, other = alike(target, labels, row if remove_diagonal else np.full(len(row), -1))
    d = np.maximum(1 - x @ all_x.T, 0)
    slow, fast = relu(margin + d), relu(1 + margin - d)
    slow, fast = (slow, fast) if slope == "exact" else (stop_gradient(slow), stop_gradient(fast))
    near, far = gamma * slow * (d - margin), gamma * fast * (1 - margin - d)
    v = softplus(among(same, near) + among(other, far))
    return v, (v > 0).astype(float), triplets(same, other)
