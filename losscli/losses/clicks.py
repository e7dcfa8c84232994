"""Losses of clicks and of levels of relevance; an item with the label −1 is padding."""

from __future__ import annotations

from typing import Literal

from losscli.domains import (
    ClickLogits,
    Clicks,
    Grade,
    Logit,
    Logits,
    ModelLogits,
    NonNegative,
    Positive,
    Real,
    Relevances,
    Scores,
    UpToZero,
)
from losscli.losses.listwise import list_weight
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax
from losscli.numeric.steps import (
    clamp_max,
    clamp_min,
    expit,
    sigmoid_cross_entropy,
    softplus,
    stop_gradient,
    weighted_sigmoid_cross_entropy,
)
from losscli.registry import loss

__all__ = ["click_em", "item_cross_entropy", "item_squared_error", "mixture_em", "ordinal_levels", "pointwise_rmse"]

Steps = Literal["exact", "em"]
_STEPS = {"slope": "exact is the derivative of the value; em takes what the expectation step gives as constants"}


@loss(
    "ranking",
    aliases=("click_em_loss", "position_bias_em"),
    reference="tensorflow_ranking.keras.losses.ClickEMLoss",
    properties="differentiable",
    units="nats",
    use="clicks have position bias: an item is clicked if it is both seen and relevant",
    words=("click data", "position bias", "unbiased learning to rank", "click model"),
    see={"mixture_em": "several models of whole lists", **_STEPS},
)
def click_em(
    pred: ClickLogits, target: Grade, *, exam_loss_weight: NonNegative = 1.0, rel_loss_weight: NonNegative = 1.0, slope: Steps = "exact"
):
    """Cross-entropy of the probabilities that an item is seen and is relevant with those given the click; pred has both logits.

    w_e H(q_e, σ(e)) + w_r H(q_r, σ(r)), q = 1 for a click, else q_e = σ(e − log (1 + e^r)) and q_r = σ(r − log (1 + e^e))

    >>> click_em(np.array([[0.0, 0.0]]), np.array([1.0]))
    (array([1.38629436]), array([1.]))
    """
    e, r, clicked = pred[..., 0], pred[..., 1], target >= 1
    logits = ((x, x - softplus(y)) for x, y in ((e, r), (r, e)))
    both = ((x, np.where(clicked, 1.0, expit(q)), np.where(clicked, 0.0, expit(-q))) for x, q in logits)
    of_seen, of_relevant = (weighted_sigmoid_cross_entropy(x, *(map(stop_gradient, q) if slope == "em" else q)) for x, *q in both)
    return np.where(target >= 0, exam_loss_weight * of_seen + rel_loss_weight * of_relevant, 0.0), (target >= 0) * 1.0


@loss(
    "ranking",
    aliases=("mixture_em_loss",),
    reference="tensorflow_ranking.keras.losses.MixtureEMLoss",
    properties="differentiable",
    units="nats",
    use="the clicks of a list follow one of several models, and it is not known which one",
    words=("click data", "unbiased learning to rank", "mixture of experts"),
    see={"click_em": "clicks of items that are seen and relevant", **_STEPS},
)
def mixture_em(pred: ModelLogits, target: Clicks, *, alpha: NonNegative = 1.0, slope: Steps = "exact"):
    """Mean of the models' cross-entropies of a list, weighted by the probability of each model; pred has a logit for each item and model.

    Σ_k p_k L_k, p_k = e^{−α L_k} / Σ_m e^{−α L_m}, L_k = Σ_i log (1 + e^{x_ik}) − t_i x_ik

    >>> mixture_em(np.array([[[0.0, 0.0]]]), np.array([[1.0]]))
    (array([0.69314718]), array([1.]))
    """
    t = clamp_min(target, 0)
    of_item = np.where((target >= 0)[..., None], sigmoid_cross_entropy(pred, np.broadcast_to(t[..., None], pred.shape)), 0.0)
    of_model, has_click = of_item.sum(-2), t.sum(-1) > 0
    p = softmax(-alpha * of_model)
    p = p if slope == "exact" else stop_gradient(p)
    return np.where(has_click, (p * of_model).sum(-1), 0.0), has_click * 1.0


@loss(
    "ranking",
    aliases=("ordinal_loss", "ordinal_logistic", "cumulative_link", "ordinal_regression"),
    reference="tensorflow_ranking.keras.losses.OrdinalLoss",
    properties="differentiable",
    units="nats",
    use="ratings or relevances are levels in an order, with a logit for reaching each level",
    words=("ordinal regression", "ordinal classification", "ordered classes", "ratings", "coral"),
    see={"ranked_probability_score": "takes a probability for each level"},
)
def ordinal_levels(pred: Logits, target: Grade, *, use_fraction_label: bool = False, floor: UpToZero = float("-inf")):
    """Cross-entropy of the questions whether the label reaches level 1, 2, …, summed; floor bounds the logarithm of a probability.

    Σ_k log (1 + e^{x_k}) − y_k x_k, y_k = 1[t ≥ k], or with use_fraction_label min(1, max(0, t − k + 1))

    >>> ordinal_levels(np.array([[0.0, 0.0]]), np.array([1.0]))
    (array([1.38629436]), array([1.]))
    """
    above = target[..., None] - np.arange(1, pred.shape[-1] + 1, dtype=pred.dtype)
    y = clamp_max(clamp_min(above + 1, 0), 1) if use_fraction_label else (above >= 0).astype(pred.dtype)
    value = clamp_max(sigmoid_cross_entropy(pred, y), -floor)
    return np.where(target >= 0, value.sum(-1), 0.0), (target >= 0) * 1.0


@loss(
    "ranking",
    aliases=("rmse_of_lists", "listwise_rmse"),
    reference="allrank.models.losses.pointwise_rmse",
    units="relevance units",
    use="scores should be the relevances themselves, and each list counts the same",
    words=("learning to rank", "pointwise ranking"),
    see={"query_rmse": "without the mean error of each list; one root for all", "rmse": "one root for all rows"},
)
def pointwise_rmse(pred: Scores, target: Relevances, *, no_of_levels: Positive = 1.0):
    """Root mean squared error of a list; the scores times no_of_levels should be its relevances.

    √ (Σ_i (t_i − L x_i)² / n)

    >>> pointwise_rmse(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([1.41421356]), array([1.]))
    """
    is_item = target >= 0
    error, n = np.where(is_item, target - no_of_levels * pred, 0.0), is_item.sum(-1, dtype=pred.dtype)
    return norm(error) / np.sqrt(np.maximum(n, 1)), list_weight(target)


@loss(
    "ranking",
    aliases=("pointwise_squared_error", "item_mse"),
    reference="tensorflow_ranking.keras.losses.MeanSquaredLoss",
    properties="convex differentiable",
    units="squared relevance units",
    use="scores should be the relevances themselves, and lists are padded to one length",
    words=("learning to rank", "pointwise ranking"),
    see={"pointwise_rmse": "a root for each list", "mse": "the same where nothing is padding"},
)
def item_squared_error(pred: Real, target: Grade):
    """Squared error of an item's score and its relevance.

    (x − t)²

    >>> item_squared_error(np.array([3.0]), np.array([1.0]))
    (array([4.]), array([1.]))
    """
    return np.where(target >= 0, (pred - target) ** 2, 0.0), (target >= 0) * 1.0


@loss(
    "ranking",
    aliases=("pointwise_cross_entropy",),
    reference="tensorflow_ranking.keras.losses.SigmoidCrossEntropyLoss",
    properties="convex differentiable",
    units="nats",
    use="each item is relevant or has a number of clicks, and lists are padded to one length",
    words=("learning to rank", "pointwise ranking", "click data"),
    see={"bce_with_logits": "the same for labels from 0 to 1, without padding"},
)
def item_cross_entropy(pred: Logit, target: Grade):
    """Cross-entropy of the sigmoid of an item's score with its relevance, which may be above 1.

    log (1 + e^x) − t x

    >>> item_cross_entropy(np.array([0.0]), np.array([2.0]))
    (array([0.69314718]), array([1.]))
    """
    return np.where(target >= 0, weighted_sigmoid_cross_entropy(pred, target, 1 - target), 0.0), (target >= 0) * 1.0
