"""Losses that compare a positive pair, two views or two rows with the same label, with the other rows or with given negatives."""

from __future__ import annotations

from losscli.aggregation import AllRows, RowIndex
from losscli.domains import NonNegative, Positive, SharedOrOwnVectors, Slope, Vector
from losscli.losses.metric_learning import LOWEST, masked_logsumexp
from losscli.numeric.distances import l2_normalize
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float
from losscli.numeric.softmax import logsumexp, neg_log_softmax, softmax, softmax_cross_entropy
from losscli.numeric.steps import softplus, stop_gradient
from losscli.pairs import Pairs, mean_or_zero, of_anchors, of_pairs, over_pairs
from losscli.pairs.terms import values_of
from losscli.registry import loss

__all__ = ["clip", "dcl", "dclw", "info_nce", "n_pairs", "nt_xent", "nt_xent_labels", "siglip", "sup_con"]


def negative_count(row, all_rows):
    """The number of other rows in the batch, for each row of the block."""
    return np.full(len(row), len(all_rows) - 1)


@loss(
    "contrastive",
    aliases=("contrastive_cross_entropy", "moco_loss"),
    reference="torch.nn.functional.cross_entropy of the similarities",
    properties="differentiable",
    units="nats",
    use="one positive is compared with given negatives, such as a queue or a memory bank",
    words=("contrastive learning", "retrieval", "sentence embeddings"),
    see={"nt_xent": "the negatives are all other views of the batch, in both directions"},
)
def info_nce(anchor: Vector, positive: Vector, negative: SharedOrOwnVectors = None, *, temperature: Positive = 0.1, normalize: bool = True):
    """Cross-entropy of the positive against K negatives: shared rows, K for each anchor, or by default the other positives of the batch.

    −log (e^{s(a,p)/T} / (e^{s(a,p)/T} + Σ_k e^{s(a,n_k)/T})), s the cosine if normalize, else the dot product

    >>> next(info_nce(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])))[0].column
    array([[1., 0.], [0., 1.]])
    """
    a, p = (l2_normalize(anchor), l2_normalize(positive)) if normalize else (anchor, positive)
    if negative is None:
        all_p, row = yield AllRows(p), RowIndex
        return softmax_cross_entropy(a @ all_p.T / temperature, row), None, negative_count(row, all_p)
    n = l2_normalize(negative) if normalize else negative
    negative_scores = a @ n.T if n.ndim == 2 else (n @ a[..., None])[..., 0]
    scores = np.concatenate([(a * p).sum(-1)[:, None], negative_scores], -1) / temperature
    return softmax_cross_entropy(scores, np.zeros(len(scores), int)), None, np.full(len(scores), negative_scores.shape[-1])


@loss(
    "contrastive",
    aliases=("NTXentLoss", "simclr", "nt_xent_loss"),
    reference="lightly.loss.NTXentLoss",
    properties="differentiable symmetric",
    units="nats",
    use="self-supervised learning from two views, with many negatives in the batch",
    words=("contrastive learning", "self-supervised", "simclr"),
    see={
        "info_nce": "one direction, with given negatives",
        "nt_xent_labels": "with class labels; optax.ntxent",
        "dcl": "without the positive in the denominator",
    },
)
def nt_xent(z_a: Vector, z_b: Vector, *, temperature: Positive = 0.5):
    """Cross-entropy of each view's counterpart among all other views of the batch: two values a row, one for each view.

    −log (e^{s_ij/T} / Σ_{k≠i} e^{s_ik/T}), s the cosine

    >>> next(nt_xent(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])))[0].column
    array([[1., 0.], [0., 1.]])
    """
    a, b = l2_normalize(z_a), l2_normalize(z_b)
    all_a, all_b, row = yield AllRows(a), AllRows(b), RowIndex
    itself = np.arange(len(all_a)) == row[:, None]

    def one_direction(view, same_views, other_views):
        scores = np.concatenate([view @ other_views.T, np.where(itself, -np.inf, view @ same_views.T)], -1)
        return softmax_cross_entropy(scores / temperature, row)

    return np.stack([one_direction(a, all_a, all_b), one_direction(b, all_b, all_a)], -1), None, negative_count(row, all_a)


@loss(
    "contrastive",
    aliases=("DCLLoss", "decoupled_contrastive", "decoupled_contrastive_learning"),
    reference="lightly.loss.DCLLoss",
    properties="differentiable symmetric",
    units="nats",
    use="self-supervised learning from two views, in batches too small for nt_xent",
    see={"nt_xent": "has the positive in the denominator too", "dclw": "weights the positives"},
)
def dcl(z_a: Vector, z_b: Vector, *, temperature: Positive = 0.1):
    """Similarity of each view to the views of all other rows, minus that to its counterpart: two values a row, which may be negative.

    −s_ij/T + log Σ_{k of other rows} e^{s_ik/T}, s the cosine

    >>> next(dcl(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])))[0].column
    array([[1., 0.], [0., 1.]])
    """
    a, b = l2_normalize(z_a), l2_normalize(z_b)
    all_a, all_b, row = yield AllRows(a), AllRows(b), RowIndex
    negatives = negatives_logsumexp(a, b, all_a, all_b, row, temperature)
    return negatives - (a * b).sum(-1)[:, None] / temperature, None, negative_count(row, all_a)


def negatives_logsumexp(a, b, all_a, all_b, row, temperature):
    """log Σ e^{s/T} over both views of all other rows, for each of the two views of a row."""
    itself = np.arange(len(all_a)) == row[:, None]

    def one_view(view):
        scores = [np.where(itself, -np.inf, view @ all_z.T / temperature) for all_z in (all_a, all_b)]
        return logsumexp(np.concatenate(scores, -1))

    return np.stack([one_view(a), one_view(b)], -1)


@loss(
    "contrastive",
    aliases=("DCLWLoss", "weighted_decoupled_contrastive"),
    reference="lightly.loss.DCLWLoss",
    properties="differentiable symmetric",
    units="nats",
    use="self-supervised learning in small batches, where dissimilar pairs should count most",
    see={
        "dcl": "all positives have the weight 1",
        "slope": "exact is the derivative of the value; lightly treats the weights as constants",
    },
)
def dclw(z_a: Vector, z_b: Vector, *, temperature: Positive = 0.1, sigma: Positive = 0.5, slope: Slope = "exact"):
    """Decoupled contrastive loss in which positives with dissimilar views have a larger weight.

    −(2 − N softmax_i(s_ii/σ)) s_ii/T + log Σ_{k of other rows} e^{s_ik/T}, s the cosine

    >>> next(dclw(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])))[0].column
    array([[1., 0.], [0., 1.]])
    """
    a, b = l2_normalize(z_a), l2_normalize(z_b)
    s = (a * b).sum(-1)
    all_a, all_b, all_s, row = yield AllRows(a), AllRows(b), AllRows(s), RowIndex
    weight = 2 - len(all_s) * softmax(all_s / sigma)[row]
    weight = weight if slope == "exact" else stop_gradient(weight)
    negatives = negatives_logsumexp(a, b, all_a, all_b, row, temperature)
    return negatives - (weight * s)[:, None] / temperature, None, negative_count(row, all_a)


@loss(
    "contrastive",
    aliases=("clip_loss", "ClipLoss", "symmetric_info_nce", "contrastive_language_image"),
    reference="Radford et al. 2021, Learning Transferable Visual Models, figure 3",
    properties="differentiable symmetric",
    units="nats",
    use="images and texts should be matched, in large batches",
    words=("image and text", "multimodal", "vision language"),
    see={"info_nce": "one direction, or with given negatives", "siglip": "a sigmoid for each pair"},
)
def clip(image: Vector, text: Vector, *, temperature: Positive = 0.07, normalize: bool = True):
    """Cross-entropy of each image's text among all texts of the batch, and of each text's image among all images: two values a row.

    −log (e^{s_ii/T} / Σ_j e^{s_ij/T}) and −log (e^{s_ii/T} / Σ_j e^{s_ji/T}), s the cosine if normalize, else the dot product

    >>> next(clip(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])))[0].column
    array([[1., 0.], [0., 1.]])
    """
    x, y = (l2_normalize(image), l2_normalize(text)) if normalize else (image, text)
    all_x, all_y, row = yield AllRows(x), AllRows(y), RowIndex
    losses = softmax_cross_entropy(x @ all_y.T / temperature, row), softmax_cross_entropy(y @ all_x.T / temperature, row)
    return np.stack(losses, -1), None, negative_count(row, all_x)


@loss(
    "contrastive",
    aliases=("siglip_loss", "SigLipLoss", "sigmoid_contrastive"),
    reference="Zhai et al. 2023, Sigmoid Loss for Language Image Pre-Training, algorithm 1",
    properties="differentiable symmetric",
    units="nats",
    use="images and texts should be matched pair by pair, which works in smaller batches too",
    words=("image and text", "multimodal", "vision language"),
    see={"clip": "a softmax over all texts of the batch"},
)
def siglip(image: Vector, text: Vector, *, logit_scale: Positive = 10.0, logit_bias: float = -10.0, normalize: bool = True):
    """Binary cross-entropy of whether an image and a text match, summed over all texts of the batch for each image.

    Σ_j log (1 + e^{−z_ij (t s_ij + b)}), z_ij = 1 where i = j, else −1; s the cosine if normalize, else the dot product

    >>> next(siglip(np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]])))[0].column
    array([[0., 1.]])
    """
    x, y = (l2_normalize(image), l2_normalize(text)) if normalize else (image, text)
    all_y, row = yield AllRows(y), RowIndex
    logits = logit_scale * (x @ all_y.T) + logit_bias
    return softplus(np.where(np.arange(len(all_y)) == row[:, None], -logits, logits)).sum(-1)


@loss(
    "embedding",
    aliases=("npairs", "n_pairs_loss", "NPairsLoss", "multi_class_n_pair"),
    reference="pytorch_metric_learning.losses.NPairsLoss",
    properties="differentiable",
    units="nats",
    use="a batch has many classes with two rows of each",
    mean="of terms",
    see={"info_nce": "for given pairs"},
)
@over_pairs("element", distance="dot_product", normalize=True, without=("ref",))
def n_pairs(pairs: Pairs):
    """Cross-entropy of an anchor's positive among the positives of all labels; the pair of a label is its first one, of its first two rows.

    log (1 + Σ_{c ≠ a} e^{x_a·p_c − x_a·p_a}), of unit vectors if normalize; with a miner, of the first pair of a label that it chooses

    >>> next(n_pairs(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0], [1.0, 0.0]]), np.array([0, 0, 1, 1])))[0].column
    array([[0.6, 0.8],
           [0.8, 0.6],
           [0. , 1. ],
           [1. , 0. ]])
    """
    chosen = pairs.positive != 0
    places = np.arange(len(pairs.labels)) if pairs.sorted_by is None else pairs.sorted_by
    paired, first = yield AllRows(chosen.any(-1)), AllRows(np.where(chosen, places, np.inf).argmin(-1))
    rows, first = np.flatnonzero(values_of(paired)), values_of(first)
    anchors = np.sort(rows[np.unique(values_of(pairs.labels)[rows], return_index=True)[1]])  # the first of each label
    candidates = first[anchors]
    far, positive = pairs.metric.far(pairs.x, pairs.all_x[candidates]), pairs.same[:, candidates]
    anchor = np.isin(pairs.row, anchors)
    losses = softplus(masked_logsumexp(~positive, -far) + np.where(positive, far, 0).sum(-1))
    return of_anchors(losses, anchor, anchor * (~positive).any(-1))


@loss(
    "contrastive",
    aliases=("supervised_ntxent", "supervised_nt_xent"),
    reference="optax.losses.ntxent; pytorch_metric_learning.losses.NTXentLoss",
    properties="differentiable",
    units="nats",
    use="contrastive learning with class labels, where each positive pair counts the same",
    mean="of terms",
    see={"nt_xent": "for two views; all other views are in the denominator", "sup_con": "a mean for each anchor first"},
)
@over_pairs("pair", distance="cosine")
def nt_xent_labels(pairs: Pairs, *, temperature: Positive = 0.07, eps: NonNegative = 0.0):
    """Cross-entropy of each positive of an anchor against the anchor's negatives, over all positive pairs.

    −log (e^{s_ap/T} / (e^{s_ap/T} + Σ_n e^{s_an/T}) + ε), s the cosine

    >>> next(nt_xent_labels(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    s = -pairs.far / temperature
    losses = softplus(masked_logsumexp(pairs.negative, s)[:, None] - s)
    return of_pairs(losses if eps == 0 else -np.logaddexp(-losses, plain_float(np.log(eps))), pairs.positive)


@loss(
    "contrastive",
    aliases=("supcon", "SupConLoss", "supervised_contrastive"),
    reference="pytorch_metric_learning.losses.SupConLoss",
    properties="differentiable",
    units="nats",
    use="contrastive pretraining with class labels, where each anchor counts the same",
    words=("contrastive learning", "supervised contrastive"),
    mean="of terms",
    see={"nt_xent_labels": "without the other positives in the denominator; each pair counts the same"},
)
@over_pairs("element", reducer="avg_non_zero", distance="cosine")
def sup_con(pairs: Pairs, *, temperature: Positive = 0.1):
    """Mean cross-entropy of an anchor's positives among all other rows; a mean is over the anchors with a loss above 0.

    −1/P Σ_p log (e^{s_ap/T} / Σ_{j ≠ a} e^{s_aj/T}), s the cosine; 0 without a negative

    >>> next(sup_con(np.array([[3.0, 4.0], [4.0, 3.0], [0.0, 1.0]]), np.array([0, 0, 1])))[0].column
    array([[0.6, 0.8], [0.8, 0.6], [0. , 1. ]])
    """
    positive, negative = pairs.positive != 0, pairs.negative != 0
    both = yield from pairs.has_both()
    s = np.where(positive | negative, -pairs.far / temperature, LOWEST)
    losses = np.where(positive & both, neg_log_softmax(s), 0)
    return of_anchors(mean_or_zero(losses.sum(-1), positive.sum(-1)))
