"""Losses for binary labels, one or several a row, from probabilities or logits."""

from __future__ import annotations

from typing import Literal

from losscli.diagnostics import Diagnostic, any_in_row, looks_like_probabilities, swapped
from losscli.domains import (
    AlphaOrOff,
    Flags,
    LabelShares,
    Logit,
    Logits,
    NonNegative,
    PerClass,
    PerElement,
    Probability,
    ProbabilityOrLogit,
    Slope,
)
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_float, where
from losscli.numeric.softmax import softmax_cross_entropy
from losscli.numeric.steps import (
    binary_nll,
    expit,
    multiply_no_nan,
    relu,
    sigmoid_cross_entropy,
    softplus,
    torch_binary_nll,
    weighted_sigmoid_cross_entropy,
)
from losscli.registry import loss

__all__ = [
    "asymmetric_multilabel", "bce", "bce_with_logits", "focal", "focal_from_probs", "multilabel_soft_margin", "poly_bce", "zlpr",
]  # fmt: skip


def _smoothed(target, smoothing):
    """(1 − s) t + s / 2: label smoothing moves binary labels towards ½."""
    return (1 - smoothing) * target + smoothing / 2 if smoothing else target


def _class_balance(alpha, target):
    """α t + (1 − α) (1 − t): alpha for positive elements, 1 − alpha for negative ones."""
    return alpha * target + (1 - alpha) * (1 - target)


def _nll_with_eps(p, t, eps):
    """−t log(p + ε) − (1 − t) log(1 − p + ε), in which 1 − p is not rounded where p is small."""
    q = 1 - p
    log_p = where(p > 0.5, np.log1p(eps - q), np.log(p + eps))
    log_q = where(p > 0.5, np.log(q + eps), np.log1p(eps - p))
    return multiply_no_nan(-t, log_p) - multiply_no_nan(1 - t, log_q)


def _clamped(context):
    p, t, c = context["pred"], context["target"], context["clip"]
    if context["from_logits"] or (p.size and c < p.min() and p.max() < 1 - c):
        return np.zeros(len(p), bool)
    return any_in_row(((p <= c) & (t > 0)) | ((p >= 1 - c) & (t < 1)))


_CLAMPED = Diagnostic("W104", "pred gives the label the probability 0, so its logarithm is bounded by --floor or --clip", _clamped)

_PROBABILITIES = looks_like_probabilities()


@loss(
    "classification",
    aliases=("binary_cross_entropy", "BCELoss", "binary_crossentropy", "BinaryCrossentropy", "binary_log_loss"),
    reference="torch.nn.functional.binary_cross_entropy",
    properties="convex differentiable",
    units="nats",
    use="binary labels, each on its own, from probabilities",
    words=("binary classification", "2 classes", "two classes", "yes or no"),
    see={
        "bce_with_logits": "from logits: accurate in the tails, where a probability is rounded to 0 or 1",
        "slope": "exact is the derivative of the value; torch's is (p − t) / max(p (1 − p), 10⁻¹²)",
    },
    hints=(_CLAMPED, swapped()),
)
def bce(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    clip: Probability = 0.0,
    floor: float = -100.0,
    eps: Probability = 0.0,
    label_smoothing: Probability = 0.0,
    from_logits: bool = False,
    slope: Slope = "exact",
):
    """Binary cross-entropy of a probability with a label from 0 to 1; label_smoothing moves labels towards ½.

    −t max(log p, floor) − (1 − t) max(log(1 − p), floor), p clipped to [clip, 1 − clip]; with eps > 0 it is added to p and
    to 1 − p, and there is no floor; with from_logits neither floor nor clip nor eps applies

    >>> bce(np.array([0.25]), np.array([1.0]))
    array([1.38629436])
    """
    t = _smoothed(target, label_smoothing)
    if from_logits:
        return bce_with_logits(pred, t)
    p = np.clip(pred, clip, 1 - clip) if clip else pred
    if eps:
        return _nll_with_eps(p, t, eps)
    nll = binary_nll if slope == "exact" else torch_binary_nll
    return nll(p, t, floor)


@loss(
    "classification",
    aliases=(
        "binary_cross_entropy_with_logits",
        "BCEWithLogitsLoss",
        "sigmoid_binary_cross_entropy",
        "sigmoid_cross_entropy",
        "logistic",
        "binary_logistic_loss",
        "bce_pos_weight",
        "bce_with_logits_pos_weight",
    ),
    reference="torch.nn.functional.binary_cross_entropy_with_logits",
    properties="convex differentiable",
    units="nats",
    use="binary labels, each on its own, from logits",
    words=(
        "binary classification",
        "2 classes",
        "two classes",
        "yes/no questions",
        "yes or no",
        "multi-label",
        "multilabel classification",
        "several labels",
        "logistic regression",
        "click prediction",
    ),
    see={"bce": "from probabilities", "pos_weight": "multiplies the positive term only; --sample-weight multiplies the whole element"},
    hints=(looks_like_probabilities(), swapped()),
)
def bce_with_logits(pred: Logit, target: Probability, *, pos_weight: PerElement = 1.0):
    """Binary cross-entropy of a logit; pos_weight multiplies the positive term.

    w t log(1 + e^−x) + (1 − t) log(1 + e^x), w = pos_weight

    >>> bce_with_logits(np.array([1000.0]), np.array([0.0]))
    array([1000.])
    """
    if np.ndim(pos_weight) == 0 and pos_weight == 1:
        return sigmoid_cross_entropy(pred, target)
    value = weighted_sigmoid_cross_entropy(pred, pos_weight * target, 1 - target)
    return value if np.all(pos_weight) else (value, None, pos_weight * target + (1 - target))


@loss(
    "classification",
    aliases=("multilabel_soft_margin_loss", "MultiLabelSoftMarginLoss"),
    reference="torch.nn.functional.multilabel_soft_margin_loss",
    properties="convex differentiable",
    units="nats",
    use="any number of labels a row, averaged over the classes, from logits",
    words=("multi-label", "multilabel classification", "several labels"),
    see={"bce_with_logits": "the same without the mean over the classes"},
    hints=(_PROBABILITIES,),
)
def multilabel_soft_margin(pred: Logits, target: LabelShares, *, class_weight: PerClass = 1.0):
    """Binary cross-entropy of one logit for each class, averaged over the C classes of a row.

    Σ_c w_c (t_c log(1 + e^−x_c) + (1 − t_c) log(1 + e^x_c)) / C

    >>> multilabel_soft_margin(np.array([[0.0, 1000.0]]), np.array([[0.0, 0.0]]))
    array([500.34657359])
    """
    value = (class_weight * bce_with_logits(pred, target)).sum(-1) / pred.shape[-1]
    return value if np.any(class_weight) else (value, None, np.zeros(value.shape))


@loss(
    "classification",
    aliases=("sigmoid_focal_loss", "focal_loss", "binary_focal", "focal_loss_with_logits", "BinaryFocalLoss"),
    reference="torchvision.ops.sigmoid_focal_loss",
    properties="differentiable",
    units="nats",
    use="imbalanced binary labels: rare positives among many easy negatives",
    words=("imbalanced data", "class imbalance", "rare class", "object detection", "dense detection", "fraud"),
    see={
        "bce_with_logits": "equal for gamma 0 and alpha -1",
        "focal_from_probs": "from probabilities, as Keras does",
        "softmax_focal": "for one label of several classes",
    },
    hints=(looks_like_probabilities(),),
)
def focal(
    pred: Logit,
    target: Probability,
    *,
    alpha: AlphaOrOff = 0.25,
    gamma: NonNegative = 2.0,
    alpha_mode: Literal["balanced", "constant"] = "balanced",
):
    """Binary cross-entropy with less weight on easy elements; alpha weighs positive elements (all, if constant), or nothing if below 0.

    α_t (1 − p_t)^γ bce(x, t), p_t the probability of the label, α_t = α t + (1 − α) (1 − t)

    >>> focal(np.array([0.0]), np.array([1.0]), alpha=-1.0)
    array([0.1732868])
    """
    miss = expit(pred) * (1 - target) + expit(-pred) * target
    weight = _class_balance(alpha, target) if alpha_mode == "balanced" else alpha
    value = (weight if alpha >= 0 else 1.0) * miss**gamma * bce_with_logits(pred, target)
    return (value, None, weight + np.zeros(value.shape)) if alpha in (0, 1) else value  # for 0 and 1 some elements have the weight 0


@loss(
    "classification",
    aliases=("binary_focal_crossentropy", "BinaryFocalCrossentropy"),
    reference="keras.losses.binary_focal_crossentropy",
    properties="differentiable",
    units="nats",
    use="imbalanced binary labels, from probabilities, as Keras computes it",
    see={"focal": "from logits, accurate in the tails; there alpha balances the classes by default"},
)
def focal_from_probs(
    pred: ProbabilityOrLogit,
    target: Probability,
    *,
    alpha: Probability = 0.25,
    gamma: NonNegative = 2.0,
    apply_class_balancing: bool = False,
    clip: Probability = 1e-7,
    eps: Probability = 0.0,
    label_smoothing: Probability = 0.0,
    from_logits: bool = False,
):
    """Focal loss of a probability, or of a logit with from_logits; alpha is used only with apply_class_balancing.

    (1 − p_t)^γ bce(p, t), where only the bce clips p; with apply_class_balancing times α t + (1 − α) (1 − t)

    >>> focal_from_probs(np.array([0.5]), np.array([1.0]))
    array([0.1732868])
    """
    p, q = (expit(pred), expit(-pred)) if from_logits else (pred, 1 - pred)
    t = _smoothed(target, label_smoothing)
    weight = _class_balance(alpha, t) if apply_class_balancing else 1.0
    cross_entropy = _clipped_bce_with_logits(pred, t, clip) if from_logits and not eps else bce(p, t, clip=clip, eps=eps)
    return weight * (p * (1 - t) + q * t) ** gamma * cross_entropy


def _clipped_bce_with_logits(x, t, clip):
    """The cross-entropy of σ(x) clipped to [clip, 1 − clip], without a logarithm of σ(x), which is rounded where it is near 1."""
    if not clip:
        return bce_with_logits(x, t)
    least, most = plain_float(-np.log1p(-clip)), plain_float(-np.log(clip))
    return t * np.clip(softplus(-x), least, most) + (1 - t) * np.clip(softplus(x), least, most)


@loss(
    "classification",
    aliases=("PolyBinaryCrossEntropy",),
    reference="timm.loss.PolyBinaryCrossEntropy",
    properties="differentiable",
    units="nats",
    use="binary labels, where one more coefficient can be tuned to improve on bce",
    see={"focal": "equal for epsilon 0", "poly_cross_entropy": "for one label of several classes"},
    hints=(_PROBABILITIES,),
)
def poly_bce(
    pred: Logit,
    target: Probability,
    *,
    epsilon: float = 2.0,
    gamma: NonNegative = 0.0,
    alpha: Probability | None = None,
    label_smoothing: Probability = 0.0,
):
    """Binary cross-entropy (focal for gamma > 0) with extra weight epsilon on the first term of its series in 1 − p_t.

    (1 − p_t)^γ (bce(x, t) + ε (1 − p_t)), times α t + (1 − α) (1 − t) if alpha is given

    >>> poly_bce(np.array([0.0]), np.array([1.0]), epsilon=1.0)
    array([1.19314718])
    """
    t = _smoothed(target, label_smoothing)
    miss = expit(pred) * (1 - t) + expit(-pred) * t
    return (1.0 if alpha is None else _class_balance(alpha, t)) * miss**gamma * (bce_with_logits(pred, t) + epsilon * miss)


@loss(
    "classification",
    aliases=("asl", "AsymmetricLossMultiLabel"),
    reference="timm.loss.AsymmetricLossMultiLabel",
    units="nats",
    use="few true labels among very many classes, and some negatives are mislabelled",
    words=("multi-label", "extreme classification"),
    reduction="batchmean",
    see={"focal": "one gamma for positive and negative labels, and no clip"},
    hints=(_PROBABILITIES,),
)
def asymmetric_multilabel(
    pred: Logit,
    target: Probability,
    *,
    gamma_neg: NonNegative = 4.0,
    gamma_pos: NonNegative = 1.0,
    clip: Probability | None = 0.05,
    eps: Probability = 1e-8,
    pos_weight: PerClass = 1.0,
    label_smoothing: Probability = 0.0,
):
    """Focal loss with one gamma for positive and one for negative labels; negatives with a probability below clip cost nothing.

    −(w t log p + (1 − t) log q) (1 − p t − q (1 − t))^(γ₊ t + γ₋ (1 − t)), q = min(1 − p + clip, 1), each logarithm at least log ε

    >>> asymmetric_multilabel(np.array([0.0, -9.0]), np.array([1.0, 0.0]))
    array([0.34657359, 0.        ])
    """
    t, p, bound = _smoothed(target, label_smoothing), expit(pred), plain_float(-np.log(eps))
    clip = 0.0 if clip is None else clip
    one_minus_q = relu(p - clip)
    nll_q = np.where(p < 0.5, -np.log1p(-np.where(p < 0.5, one_minus_q, 0.0)), -np.log(np.minimum(expit(-pred) + clip, 1)))
    value = pos_weight * t * np.minimum(softplus(-pred), bound) + (1 - t) * np.minimum(nll_q, bound)
    return (t * expit(-pred) + (1 - t) * one_minus_q) ** (gamma_pos * t + gamma_neg * (1 - t)) * value


@loss(
    "classification",
    aliases=("ZlprLoss", "multilabel_zlpr"),
    reference="timm.loss.ZlprLoss",
    properties="convex differentiable",
    units="nats",
    use="any number of labels a row that compete with each other, with 0 as the threshold",
    see={"bce_with_logits": "each class on its own", "cross_entropy": "exactly one label a row"},
    hints=(_PROBABILITIES,),
)
def zlpr(pred: Logits, target: Flags):
    """Softmax cross-entropy for any number of labels a row: labels should have logits above 0, all other classes below 0.

    log(1 + Σ_{t_c = 0} e^x_c) + log(1 + Σ_{t_c = 1} e^−x_c)

    >>> zlpr(np.array([[0.0, 0.0]]), np.array([[1, 0]]))
    array([1.38629436])
    """
    zero = np.zeros_like(pred[..., :1])

    def log1p_sum_exp(x):
        return softmax_cross_entropy(np.concatenate([zero, x], -1), np.zeros(x.shape[:-1], int))

    return log1p_sum_exp(np.where(target == 1, -np.inf, pred)) + log1p_sum_exp(np.where(target == 1, -pred, -np.inf))
