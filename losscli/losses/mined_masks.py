"""Losses of masks that count hard pixels, leave pixels out, or know how far classes are apart."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, ByClass
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import (
    Between0And1,
    ClassDistances,
    Count,
    HardLabel,
    Logit,
    LogitVector,
    NonNegative,
    PerClass,
    PerElement,
    Probability,
    ProbabilityOrIgnored,
)
from losscli.losses.binary import bce_with_logits
from losscli.losses.focal import one_hot
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import gather, softmax, softmax_cross_entropy
from losscli.registry import loss

__all__ = ["generalized_wasserstein_dice", "ohem_cross_entropy", "soft_bce"]

_PROBABILITIES = (looks_like_probabilities("take their logarithms", vector=True),)


@loss(
    "segmentation",
    aliases=("OhemCrossEntropy", "ohem_ce", "ohem_cross_entropy_loss"),
    reference="the formula (PIDNet, MMSegmentation)",
    units="nats",
    use="most pixels are easy, and those below a probability should count, or at least some",
    words=("hard example mining", "semantic segmentation", "class imbalance"),
    see={
        "bootstrapped_ce": "a share or a number of the hardest rows, without a probability",
        "class_weight": "a factor of the loss, not in the denominator",
    },
    hints=_PROBABILITIES,
)
def ohem_cross_entropy(
    pred: LogitVector,
    target: HardLabel,
    *,
    threshold: Between0And1 = 0.7,
    min_kept: Count = 100000,
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
):
    """Mean cross-entropy of the pixels whose label has a probability below a threshold; if they are fewer than min_kept, of the hardest.

    mean of w_y (−log p_y) where p_y < max(threshold, the min_kept-th smallest p_y, counted from 0)

    >>> ohem_cross_entropy(np.array([[0.0, 0.0]]), np.array([1])).send(None).column
    array([0.69314718])
    """
    kept = target != ignore_index
    y = np.where(kept, target, 0)
    ce = np.where(kept, softmax_cross_entropy(pred, y), -1.0)  # a pixel that is ignored is easier than all others
    (all_ce,) = yield AllRows(ce)
    rising, counted = np.sort(all_ce.ravel()), int((all_ce >= 0).sum())
    hard = kept & (ce > np.minimum(rising[-1 - min(max(min_kept, 1), max(counted - 1, 0))], float(-np.log(threshold))))
    w = gather(np.broadcast_to(np.asarray(1.0 if class_weight is None else class_weight, pred.dtype), pred.shape[-1]), y)
    return np.where(hard, w * ce, 0.0), np.asarray(hard, pred.dtype), np.where(hard, w, 0.0)


@loss(
    "segmentation",
    aliases=("GeneralizedWassersteinDiceLoss", "wasserstein_dice", "gwdl"),
    reference="monai.losses.GeneralizedWassersteinDiceLoss",
    units="1",
    use="some classes of a mask are more alike than others, so that some errors are worse",
    words=("medical imaging", "class imbalance"),
    see={
        "multiclass_dice": "all errors alike",
        "dist_matrix": "the distance of each class from each other, (C, C); it is divided by its largest number",
        "weighting_mode": "default: class 0 is the background, which has no true positives; GDL: 1 / (size + 1) of each class",
    },
    hints=_PROBABILITIES,
)
def generalized_wasserstein_dice(
    pred: LogitVector,
    target: HardLabel,
    dist_matrix: ClassDistances,
    *,
    weighting_mode: Literal["default", "GDL"] = "default",
    smooth_nr: NonNegative = 1e-5,
    smooth_dr: NonNegative = 1e-5,
):
    """Dice loss in which a wrong class counts by its distance from the right one.

    1 − (2 T + ε) / (2 T + E + ε), E = Σ W, T = Σ α_y (1 − W), W = Σ_c M[y, c] softmax(x)_c; with GDL E = Σ α_y W

    >>> np.round(next(generalized_wasserstein_dice(np.array([[0.0, 0.0]]), np.array([1]), np.array([[0.0, 1.0], [1.0, 0.0]])))[0].column, 2)
    array([[0. , 0.5]])
    """
    p, onehot = softmax(pred), one_hot(target, pred)
    m = onehot @ (dist_matrix / explain_zero(dist_matrix.max(), "all classes are the same"))
    far, near = ((share * p).sum(-1)[..., None] * onehot for share in (m, 1 - m))
    errors, hits, sizes = yield ByClass(far), ByClass(near), ByClass(onehot)
    gdl = weighting_mode == "GDL"
    alpha = 1 / (sizes + 1) if gdl else np.where(np.arange(pred.shape[-1]) > 0, 1.0, 0.0)
    error, twice_true = ((alpha if gdl else 1.0) * errors).sum(-1), 2 * (alpha * hits).sum(-1)
    denominator = explain_zero(twice_true + error + smooth_dr, "all pixels are background")
    return (error + (smooth_dr - smooth_nr)) / denominator, None, sizes.sum(-1)


@loss(
    "segmentation",
    aliases=("SoftBCEWithLogitsLoss", "soft_bce_with_logits", "masked_bce"),
    reference="segmentation_models_pytorch.losses.SoftBCEWithLogitsLoss",
    properties="differentiable",
    units="nats",
    use="some pixels of a mask have no label, or labels may be wrong",
    words=("ignore label", "label smoothing", "unlabelled pixels", "label noise"),
    see={
        "bce_with_logits": "equal without ignored labels and smooth_factor",
        "smooth_factor": "the share of the other label: a target of 1 becomes 1 − s, and 0 becomes s",
        "count": "what a mean is divided by: the pixels that are kept, or all, as segmentation_models_pytorch does",
    },
)
def soft_bce(
    pred: Logit,
    target: ProbabilityOrIgnored,
    *,
    smooth_factor: Probability = 0.0,
    ignore_index: int | None = -100,
    pos_weight: PerElement = 1.0,
    count: Literal["kept", "all"] = "kept",
):
    """Binary cross-entropy of a logit and a label that is moved towards the other one; 0 for an ignored label.

    −w u log σ(x) − (1 − u) log σ(−x), u = (1 − s) t + s (1 − t), w = pos_weight

    >>> soft_bce(np.array([0.0, 3.0]), np.array([1.0, -100.0]))[0].round(6)
    array([0.693147, 0.      ])
    """
    kept = target != ignore_index
    t = np.where(kept, target, 0.0)
    found = bce_with_logits(pred, t * (1 - smooth_factor) + (1 - t) * smooth_factor, pos_weight=pos_weight)
    values = np.where(kept, found[0] if isinstance(found, tuple) else found, 0.0)
    return values, (kept if count == "kept" else np.ones_like(kept)) * 1.0, kept * 1.0
