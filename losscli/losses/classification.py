"""Losses of labels, from probabilities or logits."""

from __future__ import annotations

from typing import Literal

from losscli.domains import (
    AlphaOrOff,
    HardLabel,
    Hint,
    Label,
    Logit,
    LogitVector,
    LogProbabilityVector,
    NonNegative,
    PerClass,
    Positive,
    Probability,
    Real,
    Sign,
    above_zero,
    looks_like_probabilities,
    unnormalised,
)
from losscli.numeric import binary_nll, expit, log_softmax_loss, log_softmax_losses, np, relu, times
from losscli.registry import keras, loss, optax, sklearn, torch, torchvision

__all__ = ["bce", "bce_with_logits", "cross_entropy", "focal", "hinge", "nll"]


def _clamped(context):
    p, t, c = context["pred"], context["target"], context["clip"]
    return (((p <= c) & (t > 0)) | ((p >= 1 - c) & (t < 1))).reshape(len(p), -1).any(-1)


@loss(
    "classification",
    aliases=("binary_cross_entropy", "BCELoss", "binary_crossentropy", "BinaryCrossentropy", "binary_log_loss"),
    reference="torch.nn.functional.binary_cross_entropy",
    properties="convex differentiable",
    units="nats",
    presets=(
        torch("BCELoss", "functional.binary_cross_entropy", weighted="elements"),
        keras("BinaryCrossentropy", "binary_crossentropy", options={"clip": 1e-7}),
    ),
    see={"bce_with_logits": "from logits: exact in the tails, where a probability has no digits left"},
    hints=(Hint("W104", "pred gives the label probability 0, so its logarithm is bounded by --floor or --clip", _clamped),),
)
def bce(pred: Probability, target: Probability, *, clip: Probability = 0.0, floor: float = -100.0):
    """Minus the log of the probability given to a yes-or-no label, or to a share of yes.

    −t max(log p, floor) − (1 − t) max(log(1 − p), floor), p clipped to [clip, 1 − clip]

    >>> bce(np.array([0.25]), np.array([1.0]))
    array([1.38629436])
    """
    return binary_nll(np.clip(pred, clip, 1 - clip) if clip else pred, target, floor)


@loss(
    "classification",
    aliases=(
        "binary_cross_entropy_with_logits",
        "BCEWithLogitsLoss",
        "sigmoid_binary_cross_entropy",
        "sigmoid_cross_entropy",
        "logistic",
        "binary_logistic_loss",
    ),
    reference="torch.nn.functional.binary_cross_entropy_with_logits",
    properties="convex differentiable",
    units="nats",
    presets=(
        torch("BCEWithLogitsLoss", "functional.binary_cross_entropy_with_logits", weighted="elements"),
        optax("sigmoid_binary_cross_entropy"),
    ),
    see={"bce": "from probabilities", "pos_weight": "multiplies the positive term only; --sample-weight counts a whole element more"},
    hints=(looks_like_probabilities("use bce for probabilities"),),
)
def bce_with_logits(pred: Logit, target: Probability, *, pos_weight: PerClass = 1.0):
    """Binary cross-entropy of a logit; pos_weight multiplies the positive term.

    w t log(1 + e^−x) + (1 − t) log(1 + e^x)

    >>> bce_with_logits(np.array([1000.0]), np.array([0.0]))
    array([1000.])
    """
    yes, no = pos_weight * target, 1 - target
    rest = np.log1p(np.exp(-np.abs(pred)))  # log(1 + e^x) = max(x, 0) + rest, and max(-x, 0) + rest of -x: nothing cancels
    return (yes + no) * rest + times(yes, np.maximum(-pred, 0)) + no * np.maximum(pred, 0)


@loss(
    "classification",
    aliases=(
        "CrossEntropyLoss",
        "softmax_cross_entropy",
        "softmax_cross_entropy_with_integer_labels",
        "multiclass_logistic_loss",
        "ce",
        "xent",
    ),
    reference="torch.nn.functional.cross_entropy",
    properties="convex differentiable",
    units="nats",
    presets=(
        torch("CrossEntropyLoss", "functional.cross_entropy", renames={"weight": "class_weight"}),
        optax("softmax_cross_entropy", "softmax_cross_entropy_with_integer_labels"),
    ),
    see={"nll": "the same from log-probabilities", "class_weight": "enters the denominator with class indices, not with soft labels"},
    hints=(
        looks_like_probabilities("use nll on their logarithms", vector=True),
        unnormalised("target", lambda c: c["target"] if c["target"].ndim == c["pred"].ndim else None, "soft labels are probabilities"),
    ),
)
def cross_entropy(
    pred: LogitVector,
    target: Label,
    *,
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
    label_smoothing: Probability = 0.0,
):
    """Minus the log of the softmax probability of the label, or of a distribution over labels.

    −Σ_c q_c w_c log softmax(x)_c, where q = (1 − s) onehot(y) + s / C

    >>> cross_entropy(np.array([[1000.0, 0.0]]), np.array([1]))
    (array([1000.]), array([1.]))
    """
    classes, w = pred.shape[-1], _of_classes(class_weight, pred)
    if target.ndim == pred.ndim:
        q = (1 - label_smoothing) * target + label_smoothing / classes
        return times(q * w, log_softmax_losses(pred)).sum(-1)
    value, weight = _of_label(log_softmax_loss, pred, target, w, ignore_index)
    if not label_smoothing:
        return value, weight
    spread = np.where(target == ignore_index, 0.0, times(w, log_softmax_losses(pred)).sum(-1))
    return (1 - label_smoothing) * value + label_smoothing / classes * spread, weight


def _of_classes(class_weight, pred):
    """A weight for each class, 1 where none are given."""
    return np.broadcast_to(np.asarray(1.0 if class_weight is None else class_weight, pred.dtype), pred.shape[-1])


def _of_label(value, pred, target, w, ignore_index):
    """value(pred, label) times the class's weight, and that weight; both 0 where the label is to be ignored."""
    kept = target != ignore_index
    y = np.where(kept, target, 0)
    weight = np.where(kept, w[y], 0.0)
    return np.where(kept, times(weight, value(pred, y)), 0.0), weight  # so that no gradient comes back to an ignored one


@loss(
    "classification",
    aliases=("nll_loss", "NLLLoss", "negative_log_likelihood"),
    reference="torch.nn.functional.nll_loss",
    properties="convex differentiable",
    units="nats",
    presets=(torch("NLLLoss", "functional.nll_loss", renames={"weight": "class_weight"}),),
    see={"cross_entropy": "the same from logits"},
    hints=(above_zero(),),
)
def nll(pred: LogProbabilityVector, target: HardLabel, *, class_weight: PerClass | None = None, ignore_index: int = -100):
    """Minus the log-probability of the label.

    −w_y x_y

    >>> nll(np.array([[-0.5, -1.0]]), np.array([1]))
    (array([1.]), array([1.]))
    """
    own = lambda x, y: -np.take_along_axis(x, y[..., None], -1)[..., 0]
    return _of_label(own, pred, target, _of_classes(class_weight, pred), ignore_index)


@loss(
    "classification",
    aliases=("hinge_loss", "svm", "max_margin"),
    reference="optax.losses.hinge_loss",
    properties="convex robust",
    units="margin units",
    presets=(keras("Hinge", "hinge", signs="target"), optax("hinge_loss"), sklearn("hinge_loss", signs="target")),
    see={"hinge_embedding": "of a distance, not of a score"},
)
def hinge(pred: Real, target: Sign, *, margin: Positive = 1.0):
    """How much less than a margin a score lies on the right side of 0.

    max(0, margin − y x)

    >>> hinge(np.array([0.25]), np.array([1.0]))
    array([0.75])
    """
    return relu(margin - target * pred)


@loss(
    "classification",
    aliases=("sigmoid_focal_loss", "focal_loss", "binary_focal", "focal_loss_with_logits", "BinaryFocalLoss"),
    reference="torchvision.ops.sigmoid_focal_loss",
    properties="differentiable",
    units="nats",
    presets=(torchvision("sigmoid_focal_loss"),),
    see={"bce_with_logits": "gamma 0 and alpha -1"},
    hints=(looks_like_probabilities("take their logits, log(p / (1 - p))"),),
)
def focal(
    pred: Logit,
    target: Probability,
    *,
    alpha: AlphaOrOff = 0.25,
    gamma: NonNegative = 2.0,
    alpha_mode: Literal["balanced", "constant"] = "balanced",
):
    """Binary cross-entropy that counts the easy elements less; alpha weighs the positive ones (all of them if constant), below 0 is off.

    α_t (1 − p_t)^γ bce(x, t), α_t = α t + (1 − α) (1 − t)

    >>> focal(np.array([0.0]), np.array([1.0]), alpha=-1.0)
    array([0.1732868])
    """
    miss = expit(pred) * (1 - target) + expit(-pred) * target
    balanced = alpha * target + (1 - alpha) * (1 - target) if alpha_mode == "balanced" else alpha
    return (balanced if alpha >= 0 else 1.0) * miss**gamma * bce_with_logits(pred, target)
