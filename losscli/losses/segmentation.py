"""Losses of masks of several classes, and losses of sorted errors (Lovász)."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, ByClass, Pooled
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import HardLabel, Label, LogitVector, NonNegative, PerClass, ProbabilityVector, Real, Sign
from losscli.losses.multiclass import cross_entropy
from losscli.losses.overlap import apart, less, smooth_terms
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import complement, softmax
from losscli.numeric.steps import expit, relu
from losscli.registry import loss

__all__ = ["dice_ce", "generalized_dice", "lovasz_hinge", "lovasz_softmax", "multiclass_dice", "multiclass_generalized_dice"]

_PROBABILITIES = (looks_like_probabilities("take their logarithms", vector=True),)


def probabilities(x):
    """Softmax over the last axis, or the sigmoid if there is only one class; and 1 minus it."""
    if x.shape[-1] == 1:
        return expit(x), expit(-x)
    p = softmax(x)
    return p, complement(p)


def one_hot(target, pred):
    """Class indices as a mask for each class; a target of such masks is returned unchanged."""
    return target if target.ndim == pred.ndim else (target[..., None] == np.arange(pred.shape[-1])).astype(pred.dtype)


@loss(
    "segmentation",
    aliases=("optax_dice", "multiclass_tversky", "softmax_dice"),
    reference="optax.losses.dice_loss",
    properties="differentiable",
    units="1",
    use="the overlap of masks of several classes, one label a pixel, from logits",
    words=("semantic segmentation",),
    see={"dice": "for one mask; numerator and denominator are twice those here, so eps 2 there is eps 1 here"},
    hints=_PROBABILITIES,
)
def multiclass_dice(
    pred: LogitVector,
    target: Label,
    *,
    alpha: NonNegative = 0.5,
    beta: NonNegative = 0.5,
    eps: NonNegative = 1e-6,
    smooth_numerator: bool = True,
    average: Literal["macro", "micro"] = "macro",
    average_over: Literal["all", "present"] = "all",
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
):
    """Tversky loss of each class (Dice for alpha = beta = ½), averaged over all or the present classes; micro: of all classes together.

    Σ_c w_c (1 − (TP_c + ε) / (TP_c + α FP_c + β FN_c + ε)) / C, p = softmax(x)

    >>> next(multiclass_dice(np.array([[0.0, 0.0]]), np.array([1])))[0].column
    array([[0. , 0.5]])
    """
    kept = _not_ignored(target, pred, ignore_index)
    p, q, t = (np.where(kept, x, 0.0) for x in (*probabilities(pred), one_hot(target, pred)))
    sums = yield ByClass(p * t), ByClass(p * (1 - t)), ByClass(q * t)
    tp, fp, fn = sums if average == "macro" else (x.sum(-1, keepdims=True) for x in sums)
    wrong = alpha * fp + beta * fn
    losses = (wrong + (0.0 if smooth_numerator else eps)) / explain_zero(tp + wrong + eps, "a class is in neither mask")
    return _mean_over_classes(losses, tp + fn > 0, average_over, class_weight)


def _not_ignored(target, pred, ignore_index):
    """Whether each element counts, with a class axis; soft labels are never ignored."""
    return np.full(pred.shape, True) if target.ndim == pred.ndim else (target != ignore_index)[..., None]


def _mean_over_classes(losses, present, average_over, class_weight):
    """The weighted sum of the losses over the number of classes, and the sum of the weights; 1 and 0 if no class counts."""
    counted = present if average_over == "present" else np.full(present.shape, True)
    total = np.where(counted, losses if class_weight is None else losses * class_weight, 0.0).sum(-1)
    n = counted.sum(-1)
    weight = n if class_weight is None else np.where(counted, class_weight, 0.0).sum(-1)
    return np.where(n > 0, total / np.maximum(n, 1), 1.0), None, weight


@loss(
    "segmentation",
    aliases=("GeneralizedDiceLoss", "generalized_dice_loss", "generalised_dice", "gdl"),
    reference="monai.losses.GeneralizedDiceLoss",
    properties="differentiable",
    units="1",
    use="imbalanced classes in a mask, where small ones should count as much as large ones",
    words=("medical imaging", "class imbalance"),
    see={"multiclass_generalized_dice": "weighs the losses of the classes, not the terms of one fraction"},
)
def generalized_dice(
    pred: ProbabilityVector,
    target: ProbabilityVector,
    *,
    w_type: Literal["square", "simple", "uniform"] = "square",
    eps: NonNegative = 1e-5,
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
):
    """Dice loss with all classes in one fraction; a class is weighted by 1 / size² in the target (1 / size if simple, 1 if uniform).

    1 − (2 Σ_c w_c Σ p t + ε) / (Σ_c w_c Σ (p + t) + ε), w_c = 1 / (Σ t)²; an empty class gets the largest other weight

    >>> next(generalized_dice(np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])))[0].column
    array([[0.5, 0.5]])
    """
    differences, sizes, size_t = yield ByClass(apart(pred, 1 - pred, target)), ByClass(pred + target), ByClass(target)
    power = {"square": 2, "simple": 1, "uniform": 0}[w_type]
    w = 1 / np.where(size_t > 0, size_t, np.inf) ** power
    w = np.where(w > 0, w, w.max(-1)[..., None])
    nr, dr = smooth_terms(eps, smooth_nr, smooth_dr)
    denominator = explain_zero((w * sizes).sum(-1) + dr, "both masks are empty")
    return less((w * differences).sum(-1), nr, dr) / denominator, None, w.sum(-1)


@loss(
    "segmentation",
    aliases=("multiclass_generalized_dice_loss",),
    reference="optax.losses.multiclass_generalized_dice_loss",
    properties="differentiable",
    units="1",
    use="imbalanced classes in masks, weighted by their size in the whole batch, from logits",
    see={"generalized_dice": "the published formula, with one fraction for all classes"},
    hints=_PROBABILITIES,
)
def multiclass_generalized_dice(pred: LogitVector, target: Label, *, smooth: NonNegative = 1.0):
    """Weighted mean of the Dice losses of the classes of a row; a class is weighted by 1 / size² in the whole batch.

    Σ_c w_c (1 − (Σ p t + s) / (½ Σ (p + t) + s)) / Σ_c w_c, w_c = 1 / (n_c² + 10⁻⁷), p = softmax(x)

    >>> next(multiclass_generalized_dice(np.array([[0.0, 0.0]]), np.array([1]))).column
    array([[0., 1.]])
    """
    (p, q), t = probabilities(pred), one_hot(target, pred)
    difference, size_p, size_t = (x.reshape(len(x), -1, x.shape[-1]).sum(1) for x in (apart(p, q, t), p, t))
    (all_sizes,) = yield AllRows(size_t)
    w = 1 / (all_sizes.sum(0) ** 2 + 1e-7)
    return (w / w.sum() * (difference / (size_p + size_t + 2 * smooth))).sum(-1)


@loss(
    "segmentation",
    aliases=("DiceCELoss", "dice_ce_loss", "dice_cross_entropy"),
    reference="monai.losses.DiceCELoss with softmax=True",
    properties="differentiable",
    units="1 and nats",
    use="masks of several classes, as a first choice: overlap and single pixels together",
    words=("semantic segmentation", "medical imaging"),
    see={"dice_focal": "with the focal loss of each mask"},
    hints=_PROBABILITIES,
)
def dice_ce(
    pred: LogitVector,
    target: Label,
    *,
    lambda_dice: NonNegative = 1.0,
    lambda_ce: NonNegative = 1.0,
    eps: NonNegative = 1e-5,
    softmax: bool = True,
    within: Literal["mean", "sum"] = "mean",
    smooth_nr: NonNegative | None = None,
    smooth_dr: NonNegative | None = None,
):
    """Weighted sum of the mean Dice loss of the classes, p = softmax(x), or x itself without softmax, and the mean cross-entropy.

    λ_dice Σ_c (1 − (2 Σ p t + ε) / (Σ (p + t) + ε)) / C + λ_ce Σ cross_entropy(x, y) / N; with within sum, not divided by C and N

    >>> next(dice_ce(np.array([[0.0, 0.0]]), np.array([1])))[2]
    array([0.69314718])
    """
    (p, q), t, ce = probabilities(pred) if softmax else (pred, 1 - pred), one_hot(target, pred), cross_entropy(pred, target)
    differences, sizes, ce_sum, n = yield ByClass(apart(p, q, t)), ByClass(p + t), ce[0] if isinstance(ce, tuple) else ce, 1
    nr, dr = smooth_terms(eps, smooth_nr, smooth_dr)
    dice_losses = less(differences, nr, dr) / explain_zero(sizes + dr, "a class is in neither mask")
    dice_term, ce_term = lambda_dice * dice_losses.sum(-1), lambda_ce * ce_sum
    return dice_term / pred.shape[-1] + ce_term / n if within == "mean" else dice_term + ce_term


# --- sorted errors ---------------------------------------------------------------------------------------------------------


def lovasz(errors, foreground, weight):
    """The Lovász extension of the Jaccard loss along the last axis: Σ e_i (J(1…i) − J(1…i−1)), with the errors e in falling order."""
    order = np.argsort(-errors, axis=-1, kind="stable")
    e, t, w = (np.take_along_axis(np.broadcast_to(x, errors.shape), order, -1) for x in (errors, foreground, weight))
    size = (w * t).sum(-1)[..., None]
    union = size + np.cumsum(w * (1 - t), -1)
    jaccard = np.where(union > 0, 1 - (size - np.cumsum(w * t, -1)) / np.where(union > 0, union, 1.0), 0.0)
    return (e * np.concatenate([jaccard[..., :1], np.diff(jaccard)], -1)).sum(-1)


@loss(
    "segmentation",
    aliases=("lovasz", "lovasz_hinge_loss", "LovaszLoss", "LovaszHingeLoss"),
    reference="segmentation_models_pytorch.losses.LovaszLoss",
    properties="convex",
    units="margin units",
    use="the IoU of one mask should be optimised, through a convex surrogate",
    see={"lovasz_softmax": "for several classes", "hinge": "the mean of the same errors"},
)
def lovasz_hinge(pred: Real, target: Sign):
    """Convex surrogate of 1 − IoU: hinge errors, each weighted by the increase of the Jaccard loss when its element is wrong.

    Σ_i max(0, e_i) (J(1…i) − J(1…i−1)), e = 1 − y x in falling order, J(S) the Jaccard loss if the elements S are wrong

    >>> [c.column for c in next(lovasz_hinge(np.array([0.25]), np.array([1.0])))]
    [array([0.75]), array([1.]), 1]
    """
    errors, foreground, weight = yield Pooled(1 - pred * target), Pooled((target > 0) * 1.0), Pooled(1)
    return lovasz(relu(errors), foreground, weight)


@loss(
    "segmentation",
    aliases=("lovasz_softmax_loss", "LovaszSoftmaxLoss"),
    reference="segmentation_models_pytorch.losses.LovaszLoss",
    units="1",
    use="the mean IoU of several classes should be optimised, as in fine-tuning",
    words=("semantic segmentation",),
    see={"lovasz_hinge": "for one mask", "multiclass_dice": "from sums, without sorting"},
    hints=_PROBABILITIES,
)
def lovasz_softmax(
    pred: LogitVector,
    target: HardLabel,
    *,
    average_over: Literal["present", "all"] = "present",
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
):
    """Surrogate of 1 − mean IoU: the Lovász extension of the Jaccard loss of each class, averaged over the present classes, or all.

    Σ_c w_c Σ_i e_i (J_c(1…i) − J_c(1…i−1)) / C, e = |1[y = c] − softmax(x)_c| in falling order

    >>> next(lovasz_softmax(np.array([[0.0, 0.0]]), np.array([1])))[2].column
    array([[0.5, 0.5]])
    """
    t = one_hot(target, pred)
    errors = np.abs(t - softmax(pred))
    kept, weight, errors, t = yield Pooled(target != ignore_index), Pooled(1), Pooled(errors, True), Pooled(t, True)
    t, weight = np.swapaxes(t, -1, -2), np.where(kept, weight, 0.0)[..., None, :]
    losses = lovasz(np.swapaxes(errors, -1, -2), t, weight)
    return _mean_over_classes(losses, (weight * t).sum(-1) > 0, average_over, class_weight)
