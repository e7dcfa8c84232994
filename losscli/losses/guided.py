"""Contrastive losses of sentence embeddings, in which another model, the guide, says which rows of a batch are no negatives."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import GuidedNegative, GuideOfNegative, Positive, Vector
from losscli.numeric.distances import l2_normalize
from losscli.numeric.lazy import np
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.registry import loss

__all__ = ["gist"]

LEAST = 5e-324  # the least length by which a vector is divided


@loss(
    "contrastive",
    aliases=("GISTEmbedLoss", "guided_in_batch_negatives"),
    reference="sentence_transformers.losses.GISTEmbedLoss (Solatorio 2024)",
    units="nats",
    use="a batch may have false negatives, and a better model can tell which they are",
    words=("sentence embeddings", "false negatives", "dense retrieval", "knowledge distillation"),
    see={
        "info_nce": "all other rows are negatives",
        "guide_anchor": "vectors of another length: zeros at the end of the shorter ones change no cosine",
    },
)
def gist(
    anchor: Vector,
    positive: Vector,
    guide_anchor: Vector,
    guide_positive: Vector,
    negative: GuidedNegative = None,
    guide_negative: GuideOfNegative = None,
    *,
    temperature: Positive = 0.01,
    margin_strategy: Literal["absolute", "relative"] = "absolute",
    margin: float = 0.0,
    contrast_anchors: bool = True,
    contrast_positives: bool = True,
):
    """Cross-entropy of the positive among the rows of a batch that the guide finds no more similar to the anchor than the positive.

    −log (e^{cos(a, p)/T} / Σ e^{s/T}), s the cosines cos(a, p_j), cos(a, a_j), cos(p, p_j) and cos(a, n_j) whose guide's is at most
    cos(g_a, g_p) − m, or with relative (1 − m) cos(g_a, g_p); the positive always counts

    >>> next(gist(np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])))[0].column
    array([[1., 0.]])
    """
    a, p, g_a, g_p = (l2_normalize(x, LEAST) for x in (anchor, positive, guide_anchor, guide_positive))
    more = [] if negative is None else [AllRows(l2_normalize(negative, LEAST)), AllRows(l2_normalize(guide_negative, LEAST))]
    all_a, all_p, all_ga, all_gp, row, *others = yield AllRows(a), AllRows(p), AllRows(g_a), AllRows(g_p), RowIndex, *more
    similar = (g_a * g_p).sum(-1)[:, None]
    most = similar - margin if margin_strategy == "absolute" else similar * (1 - margin)
    itself = np.arange(len(all_p)) == row[:, None]
    scores = [np.where((g_a @ all_gp.T <= most) | itself, a @ all_p.T, -np.inf)]
    if contrast_anchors:
        scores.append(np.where(g_a @ all_ga.T <= most, a @ all_a.T, -np.inf))
    if contrast_positives:
        scores.append(np.where(g_p @ all_gp.T <= most, p @ all_p.T, -np.inf))
    if others:
        scores.append(np.where(g_a @ others[1].T <= most, a @ others[0].T, -np.inf))
    return softmax_cross_entropy(np.concatenate(scores, -1) / temperature, row), None, np.full(len(scores[0]), len(all_p))
