"""Losses of a soft sort of the items of a list (NeuralSort); items with the relevance −1 are padding."""

from __future__ import annotations

from losscli.domains import NonNegative, PairedScores, Period, Positive, Relevances
from losscli.losses.listwise import LOG_2, pairwise_and
from losscli.losses.ranking import differences
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax
from losscli.numeric.steps import clamp_min
from losscli.registry import loss

__all__ = ["neural_ndcg"]

_LEAST_SUM = 1e-10  # of a row or a column, in allRank


def neural_sort(scores, is_item, temperature):
    """The soft permutation of a list: row i is the softmax, over the items, of being at place i; 0 at padding and behind the last item."""
    n, place = is_item.sum(-1, dtype=scores.dtype)[..., None], np.arange(1, is_item.shape[-1] + 1, dtype=scores.dtype)
    x = np.where(is_item, scores, 0.0)
    apart = np.where(pairwise_and(is_item), np.abs(differences(x)), 0.0).sum(-1)
    at_place = ((n + 1 - 2 * place)[..., :, None] * x[..., None, :] - apart[..., None, :]) / temperature
    used = (place <= n)[..., :, None] & is_item[..., None, :]
    some = (place <= n)[..., :, None]
    return np.where(used, softmax(np.where(used | ~some, np.where(used, at_place, 0.0), -np.inf)), 0.0)


def sinkhorn(p, max_iter, tol):
    """Columns and rows of a matrix, divided by their sums in turn until all sums are 1 but for tol; rows and columns of 0 stay 0."""
    done = np.zeros(p.shape[:-2], bool)
    for _ in range(max_iter):
        q = p / clamp_min(p.sum(-2)[..., None, :], _LEAST_SUM)
        q = q / clamp_min(q.sum(-1)[..., None], _LEAST_SUM)
        p = np.where(done[..., None, None], p, q)
        sums = [q.sum(axis) for axis in (-2, -1)]
        done = done | np.logical_and(*(((np.abs(s - 1) < tol) | (s == 0)).all(-1) for s in sums))
        if done.all():
            break
    return p


@loss(
    "ranking",
    aliases=("neuralNDCG", "neural_sort_ndcg", "pirank"),
    reference="allrank.models.losses.neuralNDCG",
    units="1 (a negated score, from −1 to 0)",
    use="NDCG should be optimised by gradients, through a soft permutation of the items",
    words=("learning to rank", "ndcg", "differentiable sorting", "neuralsort", "sinkhorn"),
    see={
        "approx_ndcg": "soft places in place of a soft permutation",
        "max_iter": "the steps of Sinkhorn's scaling: 0 is NeuralSort alone, as PiRank has it",
        "tol": "a list is done when its sums are 1 but for tol; allRank goes on until all lists of a batch are done",
    },
)
def neural_ndcg(
    pred: PairedScores, target: Relevances, *, temperature: Positive = 1.0, powered_relevancies: bool = True, k: Period | None = None,
    max_iter: NonNegative = 50, tol: NonNegative = 1e-6, eps: NonNegative = 1e-10,
):  # fmt: skip
    """Negative NDCG of the list sorted by NeuralSort: items are at a place by the doubly stochastic matrix P, of Sinkhorn's scaling.

    −Σ_i Σ_j P_ij G_j / log₂(1 + i) / (best DCG + ε), G = 2^t − 1, i ≤ k; P of softmax_j ((n + 1 − 2 i) x_j − Σ_k |x_j − x_k|) / T

    >>> neural_ndcg(np.array([[0.0, 0.0]]), np.array([[0.0, 2.0]]))
    (array([-0.81546488]), array([1.]))
    """
    t, places = clamp_min(target, 0), np.arange(target.shape[-1])
    discount = np.where(places < (k or len(places)), 1 / np.log2(places + 2.0), 0.0).astype(pred.dtype)
    top = t.max(-1)[..., None] * (1.0 if powered_relevancies else 0.0)  # gains are divided by 2^top, so that none overflows
    gain = np.exp2(t - top) * -np.expm1(-t * LOG_2) if powered_relevancies else t
    best = (-np.sort(-gain, axis=-1) * discount).sum(-1)
    p = sinkhorn(neural_sort(pred, target >= 0, temperature), int(max_iter), tol)
    value = ((p * gain[..., None, :]).sum(-1) * discount).sum(-1) / (best + np.where(best > 0, eps * np.exp2(-top)[..., 0], 1.0))
    return -value, (best > 0) * 1.0
