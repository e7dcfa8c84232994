"""Focal losses whose factors have a threshold, of elements; and of the sigmoid of each class with factors of the softmax."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from losscli.diagnostics import looks_like_probabilities
from losscli.domains import HardLabel, Logit, LogitVector, NonNegative, PerClass, Probability, Range, Share
from losscli.losses.focal import one_hot
from losscli.numeric.lazy import np
from losscli.numeric.softmax import complement, softmax
from losscli.numeric.steps import expit, sigmoid_cross_entropy
from losscli.registry import loss

__all__ = ["capped_focal", "class_miss_focal"]

BelowOne = Annotated[Any, Range(least=0, below=1)]


@loss(
    "classification",
    reference="pytorch_toolbelt.losses.BinaryFocalLoss",
    units="nats",
    use="rare positives, where all elements below a probability should count in full",
    words=("class imbalance", "rare class", "object detection", "reduced focal loss"),
    see={
        "focal": "equal without a threshold; there alpha is 0.25 by default",
        "reduced_focal": "divides by the threshold, which is the same for 0.5; and by the factors, with normalized",
    },
    hints=(looks_like_probabilities(),),
)
def capped_focal(
    pred: Logit,
    target: Probability,
    *,
    alpha: Probability | None = None,
    gamma: NonNegative = 2.0,
    threshold: BelowOne | None = None,
):
    """Binary cross-entropy with less weight on easy elements; with a threshold, elements of a probability below it have the weight 1.

    α_t (1 − p_t)^γ bce(x, t), or α_t min(1, (1 − p_t) / (1 − θ))^γ bce(x, t), α_t = α t + (1 − α) (1 − t)

    >>> capped_focal(np.array([0.0]), np.array([1.0]), threshold=0.5)
    array([0.69314718])
    """
    miss = expit(pred) * (1 - target) + expit(-pred) * target
    factor = miss if threshold is None else np.minimum(miss / (1 - threshold), 1.0)
    value = factor**gamma * sigmoid_cross_entropy(pred, target)
    if alpha is None:
        return value
    weight = alpha * target + (1 - alpha) * (1 - target)
    return (weight * value, None, weight) if alpha in (0, 1) else weight * value


@loss(
    "classification",
    reference="pytorch_toolbelt.losses.CrossEntropyFocalLoss",
    units="nats",
    use="results of pytorch_toolbelt's focal loss of several classes should be repeated",
    words=("class imbalance",),
    see={
        "softmax_focal": "the usual focal loss of classes: the cross-entropy of the softmax",
        "class_focal": "factors of the sigmoid of each class",
        "threshold": "the factors are 1 for a smaller miss, and above 1 for a larger one",
        "count": "what a mean is divided by: the rows that are kept, or all rows",
    },
    hints=(looks_like_probabilities(vector=True),),
)
def class_miss_focal(
    pred: LogitVector,
    target: HardLabel,
    *,
    gamma: NonNegative = 2.0,
    threshold: Share | None = None,
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
    count: Literal["kept", "all"] = "kept",
):
    """The sum over the classes of the binary cross-entropy of each, times a power of its miss in the softmax.

    Σ_c w_c f_c bce(x_c, t_c), f = m^γ, or max(1, m / θ)^γ; m_c = |p_c − t_c|, p = softmax(x), t the one-hot label

    >>> class_miss_focal(np.array([[0.0, 0.0]]), np.array([1]))[0]
    array([0.34657359])
    """
    t, p = one_hot(target, pred), softmax(pred)
    miss = np.where(t == 1, complement(p), p)
    factor = miss if threshold is None else np.maximum(miss / threshold, 1.0)
    weight = 1.0 if class_weight is None else class_weight
    kept = np.where(target == ignore_index, 0.0, 1.0)
    value = np.where(kept > 0, (weight * factor**gamma * sigmoid_cross_entropy(pred, t)).sum(-1), 0.0)
    counted = kept if count == "kept" else np.ones_like(kept)
    return (value, counted) if np.any(weight) else (value, counted, 0 * kept)
