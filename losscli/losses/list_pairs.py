"""Losses of the pairs and places of a list of items, as TensorFlow Ranking has them; items with the relevance −1 are padding."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.domains import Needs, NonNegative, PairedScores, Period, Positive, Relevances, Scores, Share0To1
from losscli.losses.listwise import (
    LOG_2,
    NO_GAIN,
    ItemWeight,
    gains,
    list_weight,
    ordered_pairs,
    pairwise_and,
    ranking_softmax,
    without_padding,
)
from losscli.losses.listwise import TopN as OfNdcg
from losscli.losses.ranking import differences
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.numeric.steps import clamp_min, expit, multiply_no_nan, relu, softplus
from losscli.registry import loss

__all__ = ["approx_mrr", "calibrated_softmax", "pairwise_mse", "pairwise_ranking", "unique_softmax"]

LambdaWeight = Literal["none", "label_diff", "dcg", "ndcg", "ndcg_v2", "yeti_dcg", "precision"]
TopN = Annotated[Period | None, Needs("lambda_weight", ("dcg", "ndcg", "ndcg_v2", "yeti_dcg", "precision"))]
SmoothFraction = Annotated[Share0To1, Needs("lambda_weight", ("dcg", "ndcg"))]
_WEIGHTS = {
    "lambda_weight": "TensorFlow Ranking's weights by name: dcg has the gain t and the discount 1 / place, ndcg 2^t − 1 and 1 / log₂",
    "topn": "the first places, which alone count in the metric; without it all places",
    "smooth_fraction": "0 takes the places between two items as LambdaLoss does, 1 their own places as LambdaMART does",
}


def lambda_weights(kind, pred, target, topn, smooth_fraction):
    """How much a pair of a list counts, by its relevances and places: the change of a metric, times the length of the list."""
    if kind == "none":
        return 1.0
    t, n = clamp_min(target, 0), target.shape[-1]
    if kind == "label_diff":
        return np.abs(differences(t))
    place = np.argsort(np.argsort(-without_padding(pred, target)[0], axis=-1, kind="stable"), axis=-1) + 1
    if kind == "precision":
        return np.where((differences((t >= 1) * 1) != 0) & (differences((place <= (topn or n)) * 1) != 0), 1.0, 0.0)
    gain = t if kind == "dcg" else np.exp2(t) * -np.expm1(-t * LOG_2) if kind == "yeti_dcg" else gains(t, NO_GAIN, topn)
    return n * np.abs(differences(gain)) * _discounts(kind, place.astype(pred.dtype), topn or n, smooth_fraction)


def _discounts(kind, place, topn, smooth_fraction):
    """The difference of the discounts of the places of two items, or of places as far apart as these; 0 for an item and itself."""

    def discount(r):
        return 1 / r if kind == "dcg" else 1 / np.log2(r + 1)

    first, last = (f(place[..., :, None], place[..., None, :]) for f in (np.minimum, np.maximum))
    apart = np.maximum(last - first, 1)
    by_distance = np.where(last > first, np.abs(discount(apart) - discount(apart + 1)), 0.0)
    if kind in ("dcg", "ndcg"):
        own = np.where(place <= topn, discount(place), 0.0)
        return np.where(first <= topn, (1 - smooth_fraction) * by_distance + smooth_fraction * np.abs(differences(own)), 0.0)
    by_distance = np.where(last > topn, by_distance / (1 - discount(np.maximum(last, 2))), by_distance)
    return np.where(last - first == 1, by_distance, 0.0) if kind == "yeti_dcg" else by_distance


def refusal(options, framework):
    """What is wrong with the options of the weights."""
    if options["lambda_weight"] == "precision" and options["topn"] is None:
        return "--lambda-weight precision needs --topn: precision is the share of relevant items in the first places"
    return ""


_OF_MARGIN = {
    "logistic": lambda d: softplus(-d),
    "hinge": lambda d: relu(1 - d),
    "soft_zero_one": lambda d: expit(-d),
    "zero_one": lambda d: (d <= 0) * 1.0,
}


@loss(
    "ranking",
    aliases=("pairwise_logistic", "pairwise_logistic_loss", "lambda_pairwise"),
    reference="tensorflow_ranking.keras.losses.PairwiseLogisticLoss",
    properties="",
    units="nats; score units for hinge, a share of pairs for the others",
    use="each pair of a list whose items are in the wrong order should cost something",
    words=("learning to rank", "pairwise ranking", "search", "ndcg", "lambda loss"),
    see={
        "ranknet": "the logistic form, with one number for each list",
        "mean": "is over the pairs; none gives a number for each item: the sum over the items that are less relevant",
        **_WEIGHTS,
    },
)
def pairwise_ranking(
    pred: PairedScores, target: Relevances, *, form: Literal["logistic", "hinge", "soft_zero_one", "zero_one"] = "logistic",
    lambda_weight: LambdaWeight = "none", topn: TopN = None, smooth_fraction: SmoothFraction = 0.0, temperature: Positive = 1.0,
):  # fmt: skip
    """Cost of an item's margin over each less relevant item of its list, summed over these items, with a weight for each pair.

    Σ_{j: t_i > t_j} w φ((x_i − x_j) / T), φ(d) = log (1 + e^−d), hinge max(0, 1 − d), soft_zero_one 1 / (1 + e^d), zero_one 1[d ≤ 0]

    >>> pairwise_ranking(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([[0.        , 0.69314718]]), array([[0., 1.]]))
    """
    pairs = ordered_pairs(target)
    w = lambda_weights(lambda_weight, pred, target, topn, smooth_fraction)
    return np.where(pairs, w * _OF_MARGIN[form](differences(pred / temperature)), 0.0).sum(-1), np.where(pairs, 1.0, 0.0).sum(-1)


def _exact_differences(x):
    """x_i − x_j for all pairs, and what was rounded off: with it nothing cancels where scores and relevances nearly agree."""
    a, b = x[..., :, None], x[..., None, :]
    d = a - b
    return d, (a - (d - (d - a))) - (b + (d - a))


@loss(
    "ranking",
    aliases=("pairwise_mean_squared_error", "pairwise_squared_error"),
    reference="tensorflow_ranking.keras.losses.PairwiseMSELoss",
    properties="zero",
    units="squared score units",
    use="differences of the scores of a list should be those of its relevances, as in distillation",
    words=("learning to rank", "pairwise ranking", "distillation"),
    see={
        "query_rmse": "the same but for a factor in its square, without weights",
        "mean": "is over the pairs; none gives a number for each item, the sum over the other items",
        **_WEIGHTS,
    },
)
def pairwise_mse(
    pred: PairedScores, target: Relevances, *, lambda_weight: LambdaWeight = "none", topn: TopN = None,
    smooth_fraction: SmoothFraction = 0.0, temperature: Positive = 1.0,
):  # fmt: skip
    """Squared error of the difference of two items' scores, summed over the other items of the list, with a weight for each pair.

    Σ_{j≠i} w ((x_i − x_j) / T − (t_i − t_j))²

    >>> pairwise_mse(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([[4., 4.]]), array([[1., 1.]]))
    """
    pairs = pairwise_and(target >= 0) & ~np.eye(target.shape[-1], dtype=bool)
    w = lambda_weights(lambda_weight, pred, target, topn, smooth_fraction)
    (apart, rounded), (graded, rounded_too) = _exact_differences(pred / temperature), _exact_differences(target)
    return np.where(pairs, w * (apart - graded + (rounded - rounded_too)) ** 2, 0.0).sum(-1), np.where(pairs, 1.0, 0.0).sum(-1)


pairwise_ranking.refusal = pairwise_mse.refusal = refusal  # type: ignore[attr-defined]


@loss(
    "ranking",
    aliases=("unique_rating_softmax", "uRank"),
    reference="tensorflow_ranking.keras.losses.UniqueSoftmaxLoss",
    properties="convex differentiable",
    units="nats",
    use="lists have few different relevances, and items of the same one need no order",
    words=("learning to rank",),
    see={"ranking_softmax": "an item competes with all items, also those of the same relevance"},
)
def unique_softmax(pred: PairedScores, target: Relevances, *, temperature: Positive = 1.0):
    """Softmax cross-entropy of each item among itself and the less relevant items of its list, times its gain.

    Σ_i (2^t_i − 1) (log (e^{x_i / T} + Σ_{t_j < t_i} e^{x_j / T}) − x_i / T)

    >>> unique_softmax(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([2.07944154]), array([1.]), array([2.]))
    """
    t, is_item = clamp_min(target, 0), target >= 0
    x = np.where(is_item, pred / temperature, 0.0)
    itself = np.eye(target.shape[-1], dtype=bool)
    rivals = np.where(ordered_pairs(target) | itself, x[..., None, :], -np.inf)
    nll = softmax_cross_entropy(rivals, np.broadcast_to(np.arange(target.shape[-1]), x.shape))
    return multiply_no_nan(nll, np.exp2(t) * -np.expm1(-t * LOG_2)).sum(-1), list_weight(target), t.sum(-1)


@loss(
    "ranking",
    aliases=("calibrated_softmax_loss", "scale_calibrated_softmax"),
    reference="tensorflow_ranking.keras.losses.CalibratedSoftmaxLoss",
    properties="convex differentiable",
    units="nats",
    use="scores should rank the items and keep their scale: 0 is the score of no relevance",
    words=("learning to rank", "calibration", "click data"),
    see={"ranking_softmax": "without the item of score 0: only differences of scores count; its lambda_weight is the same"},
)
def calibrated_softmax(
    pred: Scores, target: Relevances, *, virtual_label: NonNegative = 0.0, temperature: Positive = 1.0,
    lambda_weight: ItemWeight = "none", topn: OfNdcg = None,
):  # fmt: skip
    """Softmax cross-entropy of a list with one more item, of score 0 and the relevance virtual_label.

    −Σ_j t_j log (e^{x_j / T} / (1 + Σ_k e^{x_k / T})) + t₀ log (1 + Σ_k e^{x_k / T})

    >>> calibrated_softmax(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([2.19722458]), array([1.]), array([2.]))
    """
    one = np.zeros((*target.shape[:-1], 1), pred.dtype)
    x, t = np.concatenate([pred, one], -1), np.concatenate([target, one + virtual_label], -1)
    value, _, relevant = ranking_softmax(x, t, temperature=temperature, lambda_weight=lambda_weight, topn=topn)
    return value, list_weight(target), relevant


@loss(
    "ranking",
    aliases=("approx_mrr_loss", "approx_mean_reciprocal_rank"),
    reference="tensorflow_ranking.keras.losses.ApproxMRRLoss",
    units="1 (a negated score, from −1 to 0)",
    use="the place of the first relevant item counts: the mean reciprocal rank, for gradients",
    words=("learning to rank", "mean reciprocal rank", "mrr", "question answering"),
    see={"approx_ndcg": "graded relevances, and places below the first count more"},
)
def approx_mrr(pred: PairedScores, target: Relevances, *, alpha: Positive = 1.0):
    """Negative reciprocal of the soft place of the relevant items, weighted by relevance; a place is as in approx_ndcg.

    −Σ_i t_i / r_i / Σ_i t_i, r_i = 1 + Σ_{j≠i} σ(−α (x_i − x_j))

    >>> approx_mrr(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([-0.66666667]), array([1.]), array([2.]))
    """
    t, others = clamp_min(target, 0), pairwise_and(target >= 0) & ~np.eye(target.shape[-1], dtype=bool)
    before = np.where(others, expit(-alpha * differences(pred)), 0.0).sum(-1)
    relevant = t.sum(-1)
    return -(t / (1 + before)).sum(-1) / np.where(relevant > 0, relevant, 1.0), list_weight(target), relevant
