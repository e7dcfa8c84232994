"""Losses for one label of several classes, from logits or probabilities."""

from __future__ import annotations

from losscli.choices import NLL_OF
from losscli.diagnostics import above_zero, looks_like_probabilities, unnormalised
from losscli.domains import (
    ClassProbabilitiesOrLogits,
    HardLabel,
    Label,
    LinearBias,
    LinearLabel,
    LogitVector,
    LogProbabilityVector,
    NonNegative,
    PerClass,
    Probability,
    ProbabilityVector,
    SharedVector,
    Vector,
)
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_array, plain_float, where
from losscli.numeric.softmax import gather, neg_log_softmax, normalized_nll, softmax_cross_entropy, target_distribution
from losscli.numeric.steps import multiply_no_nan
from losscli.registry import Preset, loss

__all__ = [
    "categorical_cross_entropy", "categorical_focal", "cross_entropy", "linear_cross_entropy", "logloss", "nll", "softmax_focal",
]  # fmt: skip

_SOFT = unnormalised("target", lambda c: c["target"] if c["target"].ndim == c["pred"].ndim else None, "soft labels are probabilities")
_DIVIDED = unnormalised("pred", lambda c: None if c.get("from_logits") else c["pred"], "each row is divided by its sum")


def _at_label(x, y):
    """x_y: the entry of x at the label of each row."""
    return np.take_along_axis(x, y[..., None], -1)[..., 0]


def _weight_of_each_class(class_weight, pred):
    """The weights as an array of C numbers; 1 for each class where none are given."""
    return np.broadcast_to(plain_array(1.0 if class_weight is None else class_weight, pred.dtype), pred.shape[-1])


def _weighted_loss_of_label(loss_of_label, pred, target, w, ignore_index):
    """w_y loss_of_label(pred, y), and w_y; both are 0 where the label is ignore_index."""
    kept = target != ignore_index
    y = np.where(kept, target, 0)
    weight = np.where(kept, gather(w, y), 0.0)
    return np.where(kept, multiply_no_nan(weight, loss_of_label(pred, y)), 0.0), weight  # an ignored row has the gradient 0


def _label_or_distribution(loss_of_label, all_losses, pred, target, class_weight, ignore_index, label_smoothing):
    """The loss of the label, or for soft or smoothed labels the losses of all classes, averaged with the target distribution."""
    classes, w = pred.shape[-1], _weight_of_each_class(class_weight, pred)
    if target.ndim == pred.ndim:
        q = target_distribution(target, pred, label_smoothing) * w
        value = multiply_no_nan(q, all_losses(pred)).sum(-1)
        return value if np.all(w) else (value, None, q.sum(-1))
    value, weight = _weighted_loss_of_label(loss_of_label, pred, target, w, ignore_index)
    if not label_smoothing:
        return value, weight
    total = np.where(target == ignore_index, 0.0, multiply_no_nan(w, all_losses(pred)).sum(-1))
    return (1 - label_smoothing) * value + label_smoothing / classes * total, weight


@loss(
    "classification",
    aliases=(
        *(
            "CrossEntropyLoss",
            "softmax_cross_entropy",
            "softmax_cross_entropy_with_integer_labels",
            "multiclass_logistic_loss",
            "ce",
            "xent",
        ),
        *("weighted_cross_entropy", "class_weighted_cross_entropy"),
        *("soft_label_cross_entropy", "soft_target_cross_entropy", "SoftTargetCrossEntropy", "safe_softmax_cross_entropy"),
    ),
    reference="torch.nn.functional.cross_entropy",
    properties="convex differentiable",
    units="nats",
    use="one label of several classes, from logits",
    words=(
        "multi-class classification",
        "multiclass",
        "classification",
        "pick one from many",
        "pick one of many",
        "softmax",
        "language model",
        "image classification",
        "several classes",
    ),
    presets=(
        Preset(
            ("label_smoothing_cross_entropy", "LabelSmoothingCrossEntropy"),
            options={"label_smoothing": 0.1},
            renames={"smoothing": "label_smoothing"},
        ),
    ),
    see={
        "nll": "the same from log-probabilities",
        "categorical_cross_entropy": "the same from probabilities",
        "class_weight": "a mean is divided by the weights for class indices, but not for soft labels",
    },
    hints=(looks_like_probabilities(vector=True), _SOFT),
)
def cross_entropy(
    pred: LogitVector,
    target: Label,
    *,
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
    label_smoothing: Probability = 0.0,
):
    """Cross-entropy of a label, or of a distribution over labels, with the softmax of the logits.

    −Σ_c q_c w_c log softmax(x)_c, q = (1 − s) onehot(y) + s / C, s = label_smoothing

    >>> cross_entropy(np.array([[1000.0, 0.0]]), np.array([1]))
    (array([1000.]), array([1.]))
    """
    return _label_or_distribution(softmax_cross_entropy, neg_log_softmax, pred, target, class_weight, ignore_index, label_smoothing)


@loss(
    "classification",
    aliases=("nll_loss", "NLLLoss"),
    presets=(Preset(("nll", "negative_log_likelihood"), by_option={"dist": NLL_OF}),),
    reference="torch.nn.functional.nll_loss",
    properties="convex differentiable",
    units="nats",
    use="one label of several classes, from log-probabilities (after log_softmax)",
    words=("multi-class classification", "log softmax"),
    see={"cross_entropy": "the same from logits"},
    hints=(
        above_zero(instead=": --from-logits takes logits, --from-probs probabilities"),
        unnormalised("pred", lambda c: np.exp(c["pred"]), "give log-probabilities, or --from-logits with logits"),
    ),
)
def nll(pred: LogProbabilityVector, target: HardLabel, *, class_weight: PerClass | None = None, ignore_index: int = -100):
    """Negative log-probability of the label.

    −w_y x_y

    >>> nll(np.array([[-0.5, -1.0]]), np.array([1]))
    (array([1.]), array([1.]))
    """
    return _weighted_loss_of_label(lambda x, y: -_at_label(x, y), pred, target, _weight_of_each_class(class_weight, pred), ignore_index)


@loss(
    "classification",
    aliases=("LinearCrossEntropyLoss",),
    reference="torch.nn.functional.linear_cross_entropy",
    properties="convex differentiable",
    units="nats",
    use="so many classes, as in a vocabulary, that all logits at once would not fit in memory",
    see={"cross_entropy": "the same from the logits themselves"},
)
def linear_cross_entropy(
    pred: Vector,
    linear_weight: SharedVector,
    target: LinearLabel,
    linear_bias: LinearBias = None,
    *,
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
    label_smoothing: Probability = 0.0,
):
    """Cross-entropy of logits W x + b from features x; the matrix W has a row for each class. The logits are computed block by block.

    cross_entropy(W x + b, y)

    >>> linear_cross_entropy(np.array([[10.0, 0.0]]), np.array([[1.0, 0.0], [-99.0, 0.0]]), np.array([1]))
    (array([1000.]), array([1.]))
    """
    ignored = (target == ignore_index)[..., None] if target.ndim < pred.ndim else False
    logits = np.where(ignored, 0.0, pred) @ linear_weight.T
    logits = logits if linear_bias is None else logits + linear_bias
    return cross_entropy(logits, target, class_weight=class_weight, ignore_index=ignore_index, label_smoothing=label_smoothing)


def _clipped_nll(losses, clip):
    """Losses −log p as if p were clipped to [clip, 1 − clip]."""
    return np.clip(losses, plain_float(-np.log1p(-clip)), plain_float(-np.log(clip)))


@loss(
    "classification",
    aliases=("CategoricalCrossentropy", "sparse_categorical_cross_entropy", "SparseCategoricalCrossentropy"),
    reference="keras.losses.categorical_crossentropy",
    properties="differentiable",
    units="nats",
    use="one label of several classes, from probabilities, as Keras computes it",
    words=("multi-class classification", "one-hot labels"),
    see={"cross_entropy": "from logits, without clipping", "logloss": "does not divide by the sum of the probabilities"},
    hints=(_DIVIDED, _SOFT),
)
def categorical_cross_entropy(
    pred: ClassProbabilitiesOrLogits,
    target: Label,
    *,
    from_logits: bool = False,
    clip: Probability = 1e-7,
    class_weight: PerClass | None = None,
    ignore_index: int = -100,
    label_smoothing: Probability = 0.0,
):
    """Cross-entropy of a label, or of a distribution over labels, with probabilities that are divided by their sum.

    −Σ_c q_c w_c log p_c, p = x / Σ x clipped to [clip, 1 − clip], or softmax(x) from logits; q = (1 − s) onehot(y) + s / C

    >>> categorical_cross_entropy(np.array([[0.25, 0.25]]), np.array([1]))
    (array([0.69314718]), array([1.]))
    """
    all_losses = neg_log_softmax if from_logits else lambda x: _clipped_nll(normalized_nll(x), clip)
    label_loss = lambda x, y: _at_label(all_losses(x), y)
    return _label_or_distribution(label_loss, all_losses, pred, target, class_weight, ignore_index, label_smoothing)


@loss(
    "classification",
    aliases=("log_loss", "multiclass_log_loss"),
    reference="sklearn.metrics.log_loss",
    properties="convex differentiable",
    units="nats",
    use="class probabilities of a trained model should be scored as scikit-learn does",
    see={"bce": "one probability a row: sklearn's log_loss is then bce --clip 2.220446049250313e-16", "cross_entropy": "from logits"},
    hints=(unnormalised("pred", lambda c: c["pred"], "they are used without normalization"), _SOFT),
)
def logloss(pred: ProbabilityVector, target: Label, *, clip: Probability = 2.0**-52, eps: Probability = 0.0):
    """Negative logarithm of the probability of the label; the probabilities are used without normalization.

    −log (min(max(p_y, clip), 1 − clip) + ε); for soft labels −Σ_c q_c log (min(max(p_c, clip), 1 − clip) + ε)

    >>> logloss(np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([0, 1]))
    array([ 1.38629436, 36.04365339])
    """
    p = np.clip(pred, clip, 1 - clip)
    log_p = where(p > 0.5, np.log1p(eps - (1 - p)), np.log(p + eps)) if eps else np.log(p)
    return -_at_label(log_p, target) if target.ndim < pred.ndim else -multiply_no_nan(target, log_p).sum(-1)


@loss(
    "classification",
    aliases=("multiclass_focal", "softmax_focal_loss", "softmax_focal_loss_with_logits", "focal_cross_entropy"),
    reference="the formula",
    properties="differentiable",
    units="nats",
    use="imbalanced classes, one label a row, with many easy rows, from logits",
    words=("imbalanced data", "class imbalance"),
    see={"cross_entropy": "equal for gamma 0 and alpha 1", "focal": "binary labels", "categorical_focal": "soft labels, as in Keras"},
    hints=(looks_like_probabilities(vector=True),),
)
def softmax_focal(pred: LogitVector, target: HardLabel, *, alpha: PerClass = 0.25, gamma: NonNegative = 2.0, ignore_index: int = -100):
    """Cross-entropy with less weight on easy rows; alpha, one number or one for each class, is a factor that a mean does not divide by.

    −α_y (1 − p_y)^γ log p_y, p = softmax(x)

    >>> softmax_focal(np.array([[0.0, 0.0]]), np.array([1]), alpha=1.0)
    (array([0.1732868]), array([1.]))
    """

    def focal_of_label(x, y):
        ce = softmax_cross_entropy(x, y)
        return (-np.expm1(-ce)) ** gamma * ce

    value, weight = _weighted_loss_of_label(focal_of_label, pred, target, _weight_of_each_class(alpha, pred), ignore_index)
    kept = np.where(target == ignore_index, 0.0, 1.0)
    return (value, kept) if np.all(alpha) else (value, kept, weight)


@loss(
    "classification",
    aliases=("categorical_focal_crossentropy", "CategoricalFocalCrossentropy"),
    reference="keras.losses.categorical_focal_crossentropy",
    properties="differentiable",
    units="nats",
    use="imbalanced classes, with soft labels or from probabilities, as Keras computes it",
    see={"softmax_focal": "from logits, without clipping", "categorical_cross_entropy": "equal for gamma 0 and alpha 1"},
    hints=(_DIVIDED, _SOFT),
)
def categorical_focal(
    pred: ClassProbabilitiesOrLogits,
    target: Label,
    *,
    alpha: PerClass = 0.25,
    gamma: NonNegative = 2.0,
    from_logits: bool = False,
    clip: Probability = 1e-7,
    label_smoothing: Probability = 0.0,
):
    """Categorical cross-entropy with less weight on easy classes; alpha, one number or one for each class, is a factor.

    −Σ_c α_c q_c (1 − p_c)^γ log p_c, p = x / Σ x or softmax(x), clipped to [clip, 1 − clip]; q = (1 − s) onehot(y) + s / C

    >>> categorical_focal(np.array([[0.5, 0.5]]), np.array([1]), alpha=1.0)
    array([0.1732868])
    """
    losses = _clipped_nll(neg_log_softmax(pred) if from_logits else normalized_nll(pred), clip)
    q = _weight_of_each_class(alpha, pred) * target_distribution(target, pred, label_smoothing)
    value = (q * (-np.expm1(-losses)) ** gamma * losses).sum(-1)
    return value if np.all(alpha) else (value, None, q.sum(-1))
