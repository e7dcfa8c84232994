"""Losses of masks over classes, from logits, and of sorted errors."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import AllRows, ByClass, Pooled
from losscli.diagnostics import looks_like_probabilities
from losscli.domains import HardLabel, Label, LogitVector, NonNegative, PerClass, ProbabilityVector, Real, Sign
from losscli.frameworks import MONAI, optax
from losscli.losses.multiclass import cross_entropy
from losscli.losses.overlap import smoothed
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import softmax
from losscli.numeric.steps import expit, relu
from losscli.registry import Preset, loss, times

__all__ = ["dice_ce", "generalized_dice", "lovasz_hinge", "lovasz_softmax", "multiclass_dice", "multiclass_generalized_dice"]

_PROBABILITIES = (looks_like_probabilities("take their logarithms", vector=True),)


def probabilities(x):
    """Of the classes of the last axis; a class on its own is there or not."""
    return softmax(x) if x.shape[-1] > 1 else expit(x)


def one_hot(target, pred):
    """A mask for each class, of class indices or of what is one already."""
    return target if target.ndim == pred.ndim else (target[..., None] == np.arange(pred.shape[-1])).astype(pred.dtype)


@loss(
    "segmentation",
    aliases=("optax_dice", "multiclass_tversky", "softmax_dice"),
    reference="optax.losses.dice_loss",
    properties="differentiable",
    units="1",
    use="overlap of several classes, one label a pixel, from logits",
    presets=(
        optax("dice_loss", options={"eps": 1.0}, renames={"smooth": "eps", "class_weights": "class_weight"}, per="row"),
        Preset(
            ("kornia.losses.DiceLoss", "kornia.losses.dice_loss"),
            options={"eps": 5e-9, "smooth_numerator": False, "average": "micro"},
            renames={"eps": times("eps", 0.5)},
            per="row",
        ),
        Preset(
            ("kornia.losses.TverskyLoss", "kornia.losses.tversky_loss"),
            options={"eps": 1e-8, "smooth_numerator": False, "average_over": "present"},
            per="row",
        ),
    ),
    see={"dice": "of one mask; with eps in twice the fraction: eps 2 there is eps 1 here"},
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
    """Tversky loss of each class (Dice with alpha = beta = ½), averaged over all of them or those present; micro: of all their elements.

    Σ_c w_c (1 − (TP_c + ε) / (TP_c + α FP_c + β FN_c + ε)) / C, of softmax probabilities

    >>> next(multiclass_dice(np.array([[0.0, 0.0]]), np.array([1])))[0].of
    array([[0. , 0.5]])
    """
    kept = _kept(target, pred, ignore_index)
    p, t = np.where(kept, probabilities(pred), 0.0), np.where(kept, one_hot(target, pred), 0.0)
    sums = yield ByClass(p * t), ByClass(p * (1 - t)), ByClass((1 - p) * t)
    tp, fp, fn = sums if average == "macro" else (x.sum(-1, keepdims=True) for x in sums)
    sizes = explain_zero(tp + alpha * fp + beta * fn + eps, "a class is in neither mask")
    missed = 1 - (tp + eps * smooth_numerator) / sizes
    return _over_classes(missed, tp + fn > 0, average_over, class_weight)


def _kept(target, pred, ignore_index):
    """Whether an element counts, as wide as its classes."""
    return np.full(pred.shape, True) if target.ndim == pred.ndim else (target != ignore_index)[..., None]


def _over_classes(losses, present, average_over, class_weight):
    """Their weighted sum over the number of classes, and what all weigh; where only those present count and none is, 1 and 0."""
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
    use="imbalanced classes in a mask, the small to count as much as the large, from probabilities",
    presets=(
        Preset(
            ("monai.losses.GeneralizedDiceLoss",),
            per="row",
            elsewhere=MONAI | {"sigmoid": "give sigmoid(logits) as pred", "batch": "--per all takes all images together"},
        ),
    ),
    see={"multiclass_generalized_dice": "weighs the classes' losses, not the terms of one fraction"},
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
    """Dice of all classes in one fraction, each weighed by the inverse of the square of its size (simple: of its size) in the target.

    1 − (2 Σ_c w_c Σ p t + ε) / (Σ_c w_c Σ (p + t) + ε), w_c = 1 / (Σ t)²; the largest other weight for an empty class

    >>> next(generalized_dice(np.array([[0.5, 0.5]]), np.array([[0.0, 1.0]])))[0].of
    array([[0. , 0.5]])
    """
    both, sizes, size_t = yield ByClass(pred * target), ByClass(pred + target), ByClass(target)
    power = {"square": 2, "simple": 1, "uniform": 0}[w_type]
    w = 1 / np.where(size_t > 0, size_t, np.inf) ** power
    w = np.where(w > 0, w, w.max(-1)[..., None])
    over, under = smoothed(2 * (w * both).sum(-1), (w * sizes).sum(-1), eps, smooth_nr, smooth_dr)
    return 1 - over / explain_zero(under, "both masks are empty"), None, w.sum(-1)


@loss(
    "segmentation",
    aliases=("multiclass_generalized_dice_loss",),
    reference="optax.losses.multiclass_generalized_dice_loss",
    properties="differentiable",
    units="1",
    use="imbalanced classes in masks, their sizes taken over the whole batch, from logits",
    presets=(optax("multiclass_generalized_dice_loss", reduction="mean"),),
    see={"generalized_dice": "one fraction of all classes: the published formula"},
    hints=_PROBABILITIES,
)
def multiclass_generalized_dice(pred: LogitVector, target: Label, *, smooth: NonNegative = 1.0):
    """Dice of each class of each row, weighed by the inverse of the square of the class's size in the whole batch.

    Σ_c w_c (1 − (Σ p t + s) / (½ Σ (p + t) + s)) / C, w_c = C / (n_c² + 10⁻⁷) over the sum of these

    >>> next(multiclass_generalized_dice(np.array([[0.0, 0.0]]), np.array([1]))).of
    array([[0., 1.]])
    """
    p, t = probabilities(pred), one_hot(target, pred)
    both, size_p, size_t = (x.reshape(len(x), -1, x.shape[-1]).sum(1) for x in (p * t, p, t))
    (in_all,) = yield AllRows(size_t)
    w = 1 / (in_all.sum(0) ** 2 + 1e-7)
    return (w / w.sum() * (1 - (both + smooth) / ((size_p + size_t) / 2 + smooth))).sum(-1)


@loss(
    "segmentation",
    aliases=("DiceCELoss", "dice_ce_loss", "dice_cross_entropy"),
    reference="monai.losses.DiceCELoss with softmax=True",
    properties="differentiable",
    units="1 and nats",
    use="a first choice for masks of several classes: overlap and single pixels together",
    presets=(
        Preset(
            ("monai.losses.DiceCELoss",),
            options={"softmax": False},
            per="row",
            by_reduction={"sum": {"within": "sum"}, "none": None},
            elsewhere={"sigmoid": "only its softmax is here"},
        ),
    ),
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
    """Mean Dice of the classes' softmax probabilities (of what is given, without softmax) and cross-entropy, each times its weight.

    λ_dice Σ_c (1 − (2 Σ p t + ε) / (Σ (p + t) + ε)) / C + λ_ce Σ cross_entropy(x, y) / N; within sum: divided by neither C nor N

    >>> next(dice_ce(np.array([[0.0, 0.0]]), np.array([1])))[2]
    array([0.69314718])
    """
    p, t, nats = probabilities(pred) if softmax else pred, one_hot(target, pred), cross_entropy(pred, target)
    both, sizes, surprise, n = yield ByClass(p * t), ByClass(p + t), nats[0] if isinstance(nats, tuple) else nats, 1
    over, under = smoothed(2 * both, sizes, eps, smooth_nr, smooth_dr)
    missed, classes = 1 - over / explain_zero(under, "a class is in neither mask"), pred.shape[-1]
    total = lambda_dice * missed.sum(-1), lambda_ce * surprise
    return total[0] / classes + total[1] / n if within == "mean" else total[0] + total[1]


# --- sorted errors ---------------------------------------------------------------------------------------------------------


def lovasz(errors, hit, weight):
    """Lovász' extension of the Jaccard loss along the last axis: each error times what adding its element to the wrong ones costs."""
    order = np.argsort(-errors, axis=-1, kind="stable")
    e, inside, w = (np.take_along_axis(np.broadcast_to(x, errors.shape), order, -1) for x in (errors, hit, weight))
    size = (w * inside).sum(-1)[..., None]
    union = size + np.cumsum(w * (1 - inside), -1)
    lost = np.where(union > 0, 1 - (size - np.cumsum(w * inside, -1)) / np.where(union > 0, union, 1.0), 0.0)
    return (e * np.concatenate([lost[..., :1], np.diff(lost)], -1)).sum(-1)


@loss(
    "segmentation",
    aliases=("lovasz", "lovasz_hinge_loss", "LovaszLoss", "LovaszHingeLoss"),
    reference="segmentation_models_pytorch.losses.LovaszLoss",
    properties="convex",
    units="margin units",
    use="the IoU of one mask is the goal, through a convex surrogate",
    presets=(
        Preset(("segmentation_models_pytorch.losses.LovaszLoss",), signs="target"),
        Preset(("kornia.losses.LovaszHingeLoss", "kornia.losses.lovasz_hinge_loss"), signs="target", per="row"),
    ),
    see={"lovasz_softmax": "for more than two classes", "hinge": "the plain mean of the same errors"},
)
def lovasz_hinge(pred: Real, target: Sign):
    """Hinge loss that counts an element as much as it costs of the overlap: the convex surrogate of 1 − IoU.

    Σ_i max(0, e_i) (J(1…i) − J(1…i−1)), e = 1 − y x in falling order, J the Jaccard loss of having these wrong

    >>> [c.of for c in next(lovasz_hinge(np.array([0.25]), np.array([1.0])))]
    [array([0.75]), array([1.]), 1]
    """
    errors, hit, weight = yield Pooled(1 - pred * target), Pooled((target > 0) * 1.0), Pooled(1)
    return lovasz(relu(errors), hit, weight)


@loss(
    "segmentation",
    aliases=("lovasz_softmax_loss", "LovaszSoftmaxLoss"),
    reference="segmentation_models_pytorch.losses.LovaszLoss",
    units="1",
    use="mean IoU over classes is the goal, as in fine-tuning after cross-entropy",
    presets=(
        Preset(
            ("kornia.losses.LovaszSoftmaxLoss", "kornia.losses.lovasz_softmax_loss"),
            options={"average_over": "all"},
            renames={"weight": "class_weight"},
            per="row",
        ),
    ),
    see={"lovasz_hinge": "for one mask", "multiclass_dice": "of sums, without sorting"},
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
    """Surrogate of 1 − mean IoU: Lovász' extension of each class's Jaccard loss, averaged over the classes present, or all.

    Σ_c w_c Σ_i e_i (J_c(1…i) − J_c(1…i−1)) / C, e = |1[y = c] − softmax(x)_c| in falling order

    >>> next(lovasz_softmax(np.array([[0.0, 0.0]]), np.array([1])))[2].of
    array([[0.5, 0.5]])
    """
    own = one_hot(target, pred)
    errors = np.abs(own - softmax(pred))
    kept, weight, errors, own = yield Pooled(target != ignore_index), Pooled(1), Pooled(errors, True), Pooled(own, True)
    own, weight = np.swapaxes(own, -1, -2), np.where(kept, weight, 0.0)[..., None, :]
    losses = lovasz(np.swapaxes(errors, -1, -2), own, weight)
    return _over_classes(losses, (weight * own).sum(-1) > 0, average_over, class_weight)
