"""Losses of the whole order of a list of items, in which the first places count more; items with the relevance −1 are padding."""

from __future__ import annotations

from typing import Literal

from losscli.domains import NonNegative, PairedScores, Positive, Relevances
from losscli.losses.listwise import list_weight, without_padding
from losscli.losses.ranking import differences
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.numeric.steps import softplus
from losscli.registry import loss

__all__ = ["p_listmle"]

COUNTED_AS = 1e-10  # e to the score that padding has, where it is counted


@loss(
    "ranking",
    aliases=("PListMLELoss", "position_aware_list_mle", "p_list_mle"),
    reference="sentence_transformers.cross_encoder.losses.PListMLELoss (Lan 2014)",
    units="nats",
    use="the full order of each list is known, and its first places matter most",
    words=("learning to rank", "reranking"),
    see={
        "listmle": "all places count the same",
        "places": "paper has 2^(n − i) − 1 as weights for i = 1, 2, …, so that the last place counts nothing, equal the weight 1 for each",
        "normalize": "without it, the weights are not divided by their sum",
        "padding": "ignored, or as libraries have it: in the sums with the score 0 (zero), or as items with the score log 1e-10 (counted)",
        "eps": "is added to the sums of exponentials and of weights, as Sentence Transformers does",
    },
)
def p_listmle(
    pred: PairedScores,
    target: Relevances,
    *,
    places: Literal["first", "paper", "equal"] = "first",
    normalize: bool = True,
    respect_input_order: bool = False,
    padding: Literal["ignored", "zero", "counted"] = "ignored",
    temperature: Positive = 1.0,
    eps: NonNegative = 0.0,
):
    """Negative log-probabilities of the items of a list, each at its place, with weights that halve from place to place.

    Σ_i w_i (log (Σ_{j≥i} e^{x_j / T} + ε) − x_i / T) / (Σ w + ε), w_i = 2^{n−i} − 1 for i = 0, 1, …

    >>> p_listmle(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([0.51986039]), array([1.]), array([1.]))
    """
    is_item, x = target >= 0, without_padding(pred / temperature, target)[0]
    if padding == "counted":
        is_item, x = np.ones_like(is_item), np.where(is_item, x, float(np.log(COUNTED_AS)))
    order = np.argsort(~(target >= 0) if respect_input_order else -target, axis=-1, kind="stable")
    x, is_item = (np.take_along_axis(a, order, -1) for a in (x, is_item))
    place, x_i = np.arange(target.shape[-1]), np.where(is_item, x, 0.0)
    step = differences(place)
    remaining = np.where(step < 0, x[..., None, :], np.where(step == 0, x_i[..., None, :], -np.inf))
    value = softmax_cross_entropy(remaining, np.broadcast_to(place, x.shape))
    more = eps + ((~is_item).sum(-1, keepdims=True) * 1.0 if padding == "zero" else np.zeros((*x.shape[:-1], 1)))
    value = value + log_of_more(value + x_i, more.astype(value.dtype))
    w, total = _weights_of_places(is_item, places, eps, value.dtype, normalize=normalize)
    counted = list_weight(target)
    return np.where(is_item, value * w, 0.0).sum(-1) / total, counted if padding == "ignored" else np.ones_like(counted), counted


def log_of_more(log_sum, more):
    """log (S + more) − log S"""
    by_log = softplus(np.log(np.where(more > 0, more, 1.0)) - log_sum)
    return np.where(more > 0, by_log, more * np.exp(-np.maximum(log_sum, -700.0)))  # the derivative by more is 1 / S at 0


def _weights_of_places(is_item, places, eps, dtype, *, normalize):
    """The weight of each place, and what their sum is divided by: both times 2^−n, so that nothing overflows."""
    if places == "equal":
        w = is_item.astype(dtype)
        return w, np.ones((), dtype) if not normalize else w.sum(-1) + eps + (w.sum(-1) == 0)
    place, n = np.arange(is_item.shape[-1]) + (places == "paper"), is_item.sum(-1, keepdims=True)
    if not normalize:
        return np.where(is_item, np.exp2(np.asarray(n - place, dtype)) - 1, 0.0).astype(dtype), np.ones((), dtype)
    last = 0.5**n
    w = np.where(is_item, 0.5**place - last, 0.0).astype(dtype)
    return w, w.sum(-1) + eps * last[..., 0].astype(dtype) + (w.sum(-1) == 0)
