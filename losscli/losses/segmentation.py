"""Losses of the overlap of two masks."""

from __future__ import annotations

from losscli.domains import NonNegative, Probability, ProbabilityOrLogit
from losscli.numeric import expit
from losscli.registry import Preset, loss

__all__ = ["dice", "iou", "tversky"]


def keras_overlap(name: str, function: str, **differs) -> Preset:
    """Keras puts its 1e-7 in the denominator alone: two empty masks give 1, not 0."""
    options = {"eps": 1e-7, "smooth_numerator": False} | differs.pop("options", {})
    return Preset((f"keras.losses.{name}", f"keras.losses.{function}"), options=options, **differs)


@loss(
    "segmentation",
    aliases=("dice_loss", "DiceLoss", "cube_loss", "soft_dice", "sorensen_dice", "f1_loss", "binary_dice_loss"),
    reference="the formula; keras.losses.Dice",
    properties="differentiable symmetric",
    units="1",
    presets=(keras_overlap("Dice", "dice"),),
    see={"tversky": "dice is alpha = beta = 0.5", "iou": "iou = dice / (2 − dice), in scores and without eps"},
)
def dice(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    eps: NonNegative = 1e-6,
    smooth_numerator: bool = True,
    squared_pred: bool = False,
    from_logits: bool = False,
):
    """One less twice the overlap over the sum of the sizes; eps above the line only if smooth_numerator.

    1 − (2 Σ p t + ε) / (Σ p + Σ t + ε), and p², t² below the line if squared_pred

    >>> next(dice(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.5]), array([1.]))
    """
    p, power = expit(pred) if from_logits else pred, 2 if squared_pred else 1
    both, size_p, size_t = yield p * target, p**power, target**power
    return 1 - (2 * both + eps * smooth_numerator) / (size_p + size_t + eps)


@loss(
    "segmentation",
    aliases=("jaccard", "jaccard_loss", "JaccardLoss", "soft_iou", "iou_loss"),
    reference="the formula",
    properties="differentiable symmetric",
    units="1",
    see={"tversky": "iou is alpha = beta = 1", "giou": "for boxes given by their corners"},
)
def iou(pred: Probability, target: Probability, *, eps: NonNegative = 1e-6):
    """One less the overlap of two masks over their union.

    1 − (I + ε) / (Σ p + Σ t − I + ε), I = Σ p t

    >>> next(iou(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.5]), array([1.]))
    """
    both, size_p, size_t = yield pred * target, pred, target
    return 1 - (both + eps) / (size_p + size_t - both + eps)


@loss(
    "segmentation",
    aliases=("tversky_loss", "TverskyLoss"),
    reference="the formula; keras.losses.Tversky",
    properties="differentiable",
    units="1",
    presets=(keras_overlap("Tversky", "tversky", options={"alpha": 0.5, "beta": 0.5}, renames={"alpha": "beta", "beta": "alpha"}),),
    see={"dice": "alpha = beta = 0.5", "keras.losses.Tversky": "its alpha is our beta"},
)
def tversky(
    pred: Probability,
    target: Probability,
    *,
    alpha: NonNegative = 0.3,
    beta: NonNegative = 0.7,
    eps: NonNegative = 1e-6,
    smooth_numerator: bool = True,
):
    """Dice with a price for false positives (alpha) and one for false negatives (beta).

    1 − (TP + ε) / (TP + α FP + β FN + ε), TP = Σ p t, FP = Σ p (1 − t), FN = Σ (1 − p) t

    >>> next(tversky(np.array([0.5]), np.array([1.0])))
    (array([0.5]), array([0.]), array([0.5]))
    """
    tp, fp, fn = yield pred * target, pred * (1 - target), (1 - pred) * target
    return 1 - (tp + eps * smooth_numerator) / (tp + alpha * fp + beta * fn + eps)
