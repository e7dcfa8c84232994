"""Losses of dense detectors: heat maps, distributions of box offsets, and gradients in harmony."""

from __future__ import annotations

from losscli.aggregation import AllRows, ByClass
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import (
    BinCount,
    ClassCounts,
    Flag,
    Flags,
    HardLabel,
    Logit,
    Logits,
    LogitVector,
    NonNegative,
    Place,
    Positive,
    Probability,
    Real,
    Slope,
)
from losscli.losses.focal import one_hot
from losscli.numeric.lazy import np
from losscli.numeric.log_probabilities import neg_log1m
from losscli.numeric.softmax import logsumexp, neg_log_softmax, softmax_cross_entropy
from losscli.numeric.steps import expit, multiply_no_nan, relu, sigmoid_cross_entropy, softplus, stop_gradient
from losscli.registry import loss

__all__ = [
    "distribution_focal", "gaussian_focal", "ghm_c", "ghm_r", "margin_l2", "multi_positive_cross_entropy", "seesaw",
]  # fmt: skip

_LOGITS = looks_like_probabilities("take their logits, log(p / (1 - p))")
_VECTORS = looks_like_probabilities("take their logarithms", vector=True)


@loss(
    "detection",
    aliases=("dfl", "DistributionFocalLoss", "distribution_focal_loss", "DFLoss"),
    reference="the formula (Li 2020)",
    properties="convex differentiable",
    units="nats",
    use="each side of a box is a distribution over bins, whose place lies between two of them",
    words=("object detection", "bounding box regression", "yolo"),
    see={
        "cross_entropy": "equal to it at whole places",
        "clamp": "Ultralytics' 0.01: places are first bounded to 0 and the number of bins − 1 − clamp",
    },
    hints=(_VECTORS,),
)
def distribution_focal(pred: Logits, target: Place, *, clamp: NonNegative | None = None):
    """Cross-entropy of the two bins next to a place, each weighted by its nearness.

    −(l + 1 − t) log p_l − (t − l) log p_(l + 1), p = softmax(x), l = ⌊t⌋

    >>> distribution_focal(np.array([[0.0, 0.0]]), np.array([0.25]))
    array([0.69314718])
    """
    last = pred.shape[-1] - 1
    t = target if clamp is None else np.clip(target, 0.0, last - clamp)
    left = np.minimum(np.floor(stop_gradient(t)), max(last - 1, 0))
    share, bins, losses = t - left, np.arange(last + 1), neg_log_softmax(pred)
    at = [np.where(bins == place[..., None], losses, 0.0).sum(-1) for place in (left, np.minimum(left + 1, last))]
    return multiply_no_nan(1 - share, at[0]) + multiply_no_nan(share, at[1])


@loss(
    "detection",
    aliases=("GaussianFocalLoss", "gaussian_focal_loss", "penalty_reduced_focal", "centernet_focal", "cornernet_focal"),
    reference="the formula (Law 2018)",
    units="nats",
    use="heat maps of centres or keypoints, where points near a centre should count less",
    words=("object detection", "heatmap", "keypoints"),
    see={
        "focal_from_probs": "labels of 0 and 1 without a neighbourhood",
        "-r": "CenterNet divides the sum by the number of centres: divide the result of -r sum by it",
    },
)
def gaussian_focal(
    pred: Probability,
    target: Probability,
    *,
    alpha: NonNegative = 2.0,
    gamma: NonNegative = 4.0,
    eps: NonNegative = 0.0,
    pos_weight: NonNegative = 1.0,
    neg_weight: NonNegative = 1.0,
):
    """Focal loss of a heat map: a place with the target 1 is positive, others are negative, with less weight the nearer it is to 1.

    −(1 − p)^α log(p + ε) where t = 1, else −(1 − t)^γ p^α log(1 − p + ε)

    >>> gaussian_focal(np.array([0.5, 0.5]), np.array([1.0, 0.5])).round(6)
    array([0.173287, 0.01083 ])
    """
    of_hit, of_miss = (-np.log(pred + eps), -np.log1p(eps - pred)) if eps else (-np.log(pred), neg_log1m(pred))
    hit = multiply_no_nan((1 - pred) ** alpha, of_hit)
    miss = multiply_no_nan((1 - target) ** gamma * pred**alpha, of_miss)
    return np.where(target == 1, pos_weight * hit, neg_weight * miss)


# --- gradients in harmony -----------------------------------------------------------------------------------------------------------


def mean_of_bins(values, length, bins):
    """The mean over the bins of gradient lengths, where they are not empty, of the mean of their values."""
    place = np.minimum(np.floor(stop_gradient(length) * bins), bins - 1)
    inside = place[..., None] == np.arange(bins)
    sums, counts = yield ByClass(np.where(inside, values[..., None], 0.0)), ByClass(inside * np.ones_like(values)[..., None])
    used = counts > 0
    means = np.where(used, sums / np.where(used, counts, 1.0), 0.0)
    return means.sum(-1) / np.maximum(used.sum(-1), 1), None, counts.sum(-1)


@loss(
    "detection",
    aliases=("GHMC", "ghm_classification", "GHMCLoss", "gradient_harmonizing"),
    reference="the formula (Li 2019)",
    units="nats",
    use="many easy and some very hard elements, which should not dominate the others",
    words=("class imbalance", "object detection"),
    see={
        "focal": "a fixed weight for easy elements",
        "bins": "of |σ(x) − t|, all of one width; momentum needs earlier batches and is left out",
    },
    hints=(_LOGITS,),
)
def ghm_c(pred: Logit, target: Flag, *, bins: BinCount = 10):
    """Binary cross-entropy in which each bin of gradient lengths that is not empty counts the same, whatever its number of elements.

    Σ_b mean of bce(x, t) in the bin b / number of bins that are not empty, bins of |σ(x) − t|

    >>> next(ghm_c(np.array([0.0]), np.array([1.0]), bins=2))[0].column
    array([[0.        , 0.69314718]])
    """
    return (yield from mean_of_bins(sigmoid_cross_entropy(pred, target), expit((1 - 2 * target) * pred), bins))


@loss(
    "detection",
    aliases=("GHMR", "ghm_regression", "GHMRLoss"),
    reference="the formula (Li 2019)",
    properties="symmetric zero",
    units="target units",
    use="box offsets with outliers, where each size of the gradient should count the same",
    see={"charbonnier": "the same loss of an element, plus mu, without bins", "smooth_l1": "without bins"},
)
def ghm_r(pred: Real, target: Real, *, mu: Positive = 0.02, bins: BinCount = 10):
    """Smooth absolute error in which each bin of gradient lengths that is not empty counts the same.

    Σ_b mean of √(e² + μ²) − μ in the bin b / number of bins that are not empty, bins of |e| / √(e² + μ²)

    >>> next(ghm_r(np.array([0.0]), np.array([0.0]), bins=2))[0].column
    array([[0., 0.]])
    """
    e = np.abs(pred - target)
    length = e / np.hypot(e, mu)
    return (yield from mean_of_bins(e * (e / (np.hypot(e, mu) + mu)), length, bins))


# --- several classes ----------------------------------------------------------------------------------------------------------------


@loss(
    "classification",
    aliases=("SeesawLoss", "seesaw_ce_loss", "seesaw_cross_entropy"),
    reference="the formula (Wang 2021)",
    units="nats",
    use="long-tailed classes, where rare ones should not be pushed down by frequent ones",
    words=("long tail", "class imbalance"),
    see={
        "class_counts": "how often each class occurred so far; without them the labels of all rows are counted",
        "slope": "exact is the derivative of the value; torch's takes the factors as constants",
        "logit_adjusted_ce": "the prior of the classes alone",
    },
    hints=(_VECTORS,),
)
def seesaw(
    pred: LogitVector,
    target: HardLabel,
    *,
    class_counts: ClassCounts | None = None,
    p: NonNegative = 0.8,
    q: NonNegative = 2.0,
    eps: Positive = 0.01,
    slope: Slope = "exact",
):
    """Cross-entropy in which the other classes have factors: less weight for rare ones, more for those with a higher probability.

    cross_entropy(x + log s, y), s_j = min(1, n_j / n_y)^p max(1, σ_j / max(σ_y, ε))^q for j ≠ y, σ = softmax(x)

    >>> seesaw(np.array([[0.0, 0.0]]), np.array([0]), class_counts=np.array([2.0, 1.0])).send(None).column
    array([0])
    """
    (labels,) = yield AllRows(target)
    onehot, counts = one_hot(target, pred), one_hot(labels, pred).sum(0)
    n = np.maximum(counts if class_counts is None else np.asarray(class_counts, pred.dtype), 1.0)
    mitigation = p * np.minimum(np.log(n) - np.log((n * onehot).sum(-1))[..., None], 0.0)
    losses = neg_log_softmax(pred)
    of_label = np.where(onehot > 0, losses, 0.0).sum(-1)[..., None]
    compensation = q * relu(np.minimum(of_label, float(-np.log(eps))) - losses)
    factors = mitigation + (compensation if slope == "exact" else stop_gradient(compensation))
    return softmax_cross_entropy(pred + np.where(onehot > 0, 0.0, factors), target)


@loss(
    "classification",
    aliases=("MultiPosCrossEntropyLoss", "multi_pos_cross_entropy"),
    reference="the formula (Pang 2021)",
    properties="convex differentiable",
    units="nats",
    use="each row has several positive entries, and each should be above each negative one",
    words=("tracking", "several positives"),
    see={"zlpr": "with a threshold of 0 between positive and negative entries", "bpr": "for pairs that are given"},
)
def multi_positive_cross_entropy(pred: Logits, target: Flags):
    """Logarithm of 1 plus the sum, over all pairs of a positive and a negative entry of a row, of e^(negative − positive).

    log(1 + Σ_n Σ_p e^(x_n − x_p)); 0 for a row without positive or without negative entries

    >>> multi_positive_cross_entropy(np.array([[0.0, 0.0]]), np.array([[1, 0]]))
    array([0.69314718])
    """
    pairs = ((target == 0).any(-1) & (target != 0).any(-1))[..., None]
    negative = logsumexp(np.where((target == 0) | ~pairs, pred, -np.inf))
    positive = logsumexp(np.where((target != 0) | ~pairs, -pred, -np.inf))
    return np.where(pairs[..., 0], softplus(negative + positive), 0.0)


@loss(
    "detection",
    aliases=("MarginL2Loss",),
    reference="the formula (Pang 2021)",
    units="1",
    use="similarities of pairs, which need not be nearer to 0 and 1 than a margin",
    words=("tracking", "similarity"),
    see={"mse": "without margins and bounds", "pos_margin": "0 for none, as for neg_margin"},
)
def margin_l2(pred: Real, target: Flag, *, pos_margin: NonNegative = 0.0, neg_margin: NonNegative = 0.0):
    """Squared error of a similarity, less its margin and bounded to 0 and 1, against the labels 1 and 0.

    (min(1, max(0, p − m)) − t)², m = pos_margin where t = 1, neg_margin where t = 0

    >>> margin_l2(np.array([0.5]), np.array([0.0]), neg_margin=0.25)
    array([0.0625])
    """
    margin = np.asarray(np.where(target == 1, pos_margin, neg_margin), pred.dtype)
    return (np.clip(pred - margin, 0.0, 1.0) - target.astype(pred.dtype)) ** 2
