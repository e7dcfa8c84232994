"""Losses with a margin between scores, and error rates of labels."""

from __future__ import annotations

from losscli.domains import (
    AtLeastOne,
    ClassScores,
    Decision,
    Flag,
    HardLabel,
    Label,
    ListedLabels,
    Name,
    PerClass,
    Positive,
    Real,
    Sign,
    Vector,
)
from losscli.numeric.lazy import np
from losscli.numeric.softmax import sparsemax_loss, target_distribution, zero_at_label
from losscli.numeric.steps import relu, softplus
from losscli.registry import Preset, loss

__all__ = [
    "categorical_hinge", "hamming", "hinge", "multi_margin", "multiclass_hinge", "multiclass_perceptron", "multiclass_sparsemax",
    "multilabel_margin", "perceptron", "soft_margin", "sparsemax", "squared_hinge", "zero_one",
]  # fmt: skip


def _label_score(scores, y):
    """x_y: the score of the label of each row; the class axis stays, with length 1."""
    return np.take_along_axis(scores, y[..., None], -1)


@loss(
    "classification",
    aliases=("hinge_loss", "svm", "max_margin"),
    reference="optax.losses.hinge_loss",
    properties="convex robust",
    units="margin units",
    use="a support vector machine: only rows with a score within the margin should count",
    words=("support vector machine", "svm", "max margin"),
    see={
        "hinge_embedding": "for a distance, not a score",
        "multiclass_hinge": "sklearn's hinge_loss for more than two classes",
        "sklearn.metrics.hinge_loss": "treats labels that are all equal as -1, even if they are 1",
    },
)
def hinge(pred: Real, target: Sign, *, margin: Positive = 1.0):
    """How far a score is from a margin on the correct side of 0; 0 beyond it.

    max(0, margin − y x)

    >>> hinge(np.array([0.25]), np.array([1.0]))
    array([0.75])
    """
    return relu(margin - target * pred)


@loss(
    "classification",
    aliases=("SquaredHinge", "squared_hinge_loss", "l2_svm"),
    reference="keras.losses.squared_hinge",
    properties="convex differentiable",
    units="squared margin units",
    use="a support vector machine with a smooth loss, in which large mistakes count most",
    see={"hinge": "the same without the square"},
)
def squared_hinge(pred: Real, target: Sign):
    """Squared hinge loss: the square of how far a score is from a margin of 1 on the correct side of 0.

    max(0, 1 − y x)²

    >>> squared_hinge(np.array([0.5]), np.array([1.0]))
    array([0.25])
    """
    return relu(1 - target * pred) ** 2


@loss(
    "classification",
    aliases=("perceptron_loss",),
    reference="optax.losses.perceptron_loss",
    properties="convex robust",
    units="score units",
    use="only misclassified rows should count, with no margin, as in online learning",
    see={"hinge": "the same with a margin"},
)
def perceptron(pred: Real, target: Sign):
    """How far a score is on the wrong side of 0; 0 on the correct side.

    max(0, −y x)

    >>> perceptron(np.array([0.25]), np.array([-1.0]))
    array([0.25])
    """
    return relu(-target * pred)


@loss(
    "classification",
    aliases=("soft_margin_loss", "SoftMarginLoss", "logistic_pm1"),
    reference="torch.nn.functional.soft_margin_loss",
    properties="convex differentiable robust",
    units="nats",
    use="binary labels given as -1 and 1, each on its own, from logits",
    see={"bce_with_logits": "the same with labels 0 and 1"},
)
def soft_margin(pred: Real, target: Sign):
    """Negative log-probability of a label −1 or 1 from its logit. Unlike torch's, it does not overflow for a logit below −709.

    log(1 + e^(−y x))

    >>> soft_margin(np.array([-1000.0]), np.array([1.0]))
    array([1000.])
    """
    return softplus(-target * pred)


@loss(
    "classification",
    aliases=("sparsemax_loss", "binary_sparsemax_loss"),
    reference="optax.losses.sparsemax_loss",
    properties="convex differentiable robust",
    units="score units",
    use="binary labels, where a clear score should mean a probability of exactly 0 or 1",
    see={"multiclass_sparsemax": "for one label of several classes", "squared_hinge": "stays quadratic for large errors"},
)
def sparsemax(pred: Real, target: Flag):
    """Smooth hinge loss: 0 beyond a margin of 1 on the correct side of 0, linear beyond 1 on the wrong side, quadratic between.

    0 where z ≤ −1, ¼ (z + 1)² where |z| < 1, z where z ≥ 1; z = −x for label 1, x for label 0

    >>> sparsemax(np.array([0.0, 3.0]), np.array([1, 0]))
    array([0.25, 3.  ])
    """
    z = np.where(target == 1, -pred, pred)
    return (np.clip(z, -1, 1) + 1) ** 2 / 4 + relu(z - 1)


@loss(
    "classification",
    aliases=("CategoricalHinge",),
    reference="keras.losses.categorical_hinge",
    properties="convex",
    units="margin units",
    use="a margin between several classes, from one-hot labels, as Keras computes it",
    see={"multiclass_hinge": "compares with the best other class even if its score is below 0"},
)
def categorical_hinge(pred: ClassScores, target: Label):
    """How far the lead of the label over the best other class, or over 0 if that is higher, falls short of a margin of 1.

    max(0, 1 + max_c (1 − t_c) x_c − Σ_c t_c x_c)

    >>> categorical_hinge(np.array([[-0.5, -1.0]]), np.array([0]))
    array([1.5])
    """
    t = target_distribution(target, pred)
    return np.maximum(1 + (((1 - t) * pred).max(-1) - (t * pred).sum(-1)), 0)


@loss(
    "classification",
    aliases=("multiclass_hinge_loss", "crammer_singer"),
    reference="optax.losses.multiclass_hinge_loss",
    properties="convex",
    units="margin units",
    use="a multiclass support vector machine: the label should lead every other class by 1",
    see={
        "hinge": "for two classes; sklearn.metrics.hinge_loss is multiclass_hinge for more classes",
        "multi_margin": "the sum over all other classes",
    },
)
def multiclass_hinge(pred: ClassScores, target: HardLabel):
    """How far the lead of the label over the best other class falls short of a margin of 1.

    max(0, 1 + max_{c≠y} x_c − x_y)

    >>> multiclass_hinge(np.array([[0.5, 0.25]]), np.array([0]))
    array([0.75])
    """
    others = np.where(target[..., None] == np.arange(pred.shape[-1]), -np.inf, pred)
    return relu(1 + (others.max(-1) - _label_score(pred, target)[..., 0]))


@loss(
    "classification",
    aliases=("multiclass_perceptron_loss",),
    reference="optax.losses.multiclass_perceptron_loss",
    properties="convex",
    units="score units",
    use="several classes, where it is enough that the label has the highest score",
    see={"multiclass_hinge": "the same with a margin"},
)
def multiclass_perceptron(pred: ClassScores, target: HardLabel):
    """How far the score of the label is below the highest score.

    max_c x_c − x_y

    >>> multiclass_perceptron(np.array([[0.5, 0.25]]), np.array([1]))
    array([0.25])
    """
    return pred.max(-1) - _label_score(pred, target)[..., 0]


@loss(
    "classification",
    aliases=("multiclass_sparsemax_loss",),
    reference="optax.losses.multiclass_sparsemax_loss",
    properties="convex differentiable",
    units="score units",
    use="one label of several classes, most of which should get the probability 0",
    see={"cross_entropy": "the same with softmax instead of sparsemax"},
)
def multiclass_sparsemax(pred: ClassScores, target: HardLabel):
    """The counterpart of cross-entropy for sparsemax, the projection p of the scores onto the simplex; 0 where the label leads by 1.

    Σ_c p_c (x_c − x_y) + ½ (1 − Σ_c p_c²)

    >>> multiclass_sparsemax(np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([1, 0]))
    array([0.25, 0.  ])
    """
    return sparsemax_loss(pred, target)


@loss(
    "classification",
    aliases=("multi_margin_loss", "MultiMarginLoss"),
    reference="torch.nn.functional.multi_margin_loss",
    properties="convex",
    units="margin units, to the power p",
    use="one label of several classes, where every other class within the margin should count",
    see={"multiclass_hinge": "compares with the best other class only"},
)
def multi_margin(pred: ClassScores, target: HardLabel, *, p: AtLeastOne = 1.0, margin: float = 1.0, class_weight: PerClass | None = None):
    """How far the lead of the label over each other class falls short of a margin; the sum, divided by the number of classes C.

    w_y Σ_{c≠y} max(0, margin − x_y + x_c)^p / C

    >>> multi_margin(np.array([[0.5, 0.25]]), np.array([0]))
    array([0.375])
    """
    violation = relu(margin + (pred - _label_score(pred, target))) ** p
    value = zero_at_label(violation, target).sum(-1) / pred.shape[-1]
    if class_weight is None:
        return value
    w = np.broadcast_to(class_weight, pred.shape[-1])[target]
    return w * value, None, w


@loss(
    "classification",
    aliases=("multilabel_margin_loss", "MultiLabelMarginLoss"),
    reference="torch.nn.functional.multilabel_margin_loss",
    properties="convex",
    units="margin units",
    use="several labels a row, listed by index, which should score above all other classes",
    see={"multilabel_soft_margin": "takes 0 or 1 for each class, not a list of labels"},
)
def multilabel_margin(pred: Vector, target: ListedLabels):
    """How far the lead of each listed label over each other class falls short of 1; the sum, divided by the number of classes C.

    Σ_{y ∈ L} Σ_{c ∉ L} max(0, 1 − (x_y − x_c)) / C, L the labels before the first −1

    >>> multilabel_margin(np.array([[0.5, 0.25, 1.0]]), np.array([[0, 2, -1]]))
    (array([0.33333333]), None, array([ True]))
    """
    classes = pred.shape[-1]
    valid = np.cumsum(target < 0, -1) == 0
    is_label = np.zeros((*target.shape[:-1], classes + 1), bool)
    np.put_along_axis(is_label, np.where(valid, target, classes), True, -1)  # padding goes to an extra class
    total = np.zeros_like(pred)
    for k in range(int(valid.sum(-1).max(initial=0))):
        violation = relu(1 + (pred - _label_score(pred, np.where(valid, target, 0)[..., k])))
        total = total + np.where(valid[..., k, None] & ~is_label[..., :-1], violation, 0.0)
    return total.sum(-1) / classes, None, valid.any(-1)


@loss(
    "classification",
    aliases=("zero_one_loss", "error_rate", "misclassification"),
    reference="sklearn.metrics.zero_one_loss",
    properties="symmetric zero",
    units="1 (a fraction)",
    use="the error rate should be reported; a row is wrong if any of its labels is wrong",
    presets=(Preset(("accuracy", "accuracy_score", "subset_accuracy", "exact_match"), score="accuracy"),),
    see={"hamming": "counts each label of a row separately"},
)
def zero_one(pred: Decision, target: Name):
    """1 for a row with a wrong label, else 0.

    1 where p ≠ t, else 0

    >>> zero_one(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    array([0., 1.])
    """
    return hamming(pred, target).reshape(len(pred), -1).max(-1)


@loss(
    "classification",
    aliases=("hamming_loss",),
    reference="sklearn.metrics.hamming_loss",
    properties="symmetric zero",
    units="1 (a fraction)",
    use="the share of wrong labels should be reported, and a row has several labels",
    see={"zero_one": "one wrong label makes the whole row wrong"},
)
def hamming(pred: Decision, target: Name):
    """1 for each wrong label, else 0.

    1 where p ≠ t, else 0

    >>> hamming(np.array([[1.0, 2.0]]), np.array([[1.0, 3.0]]))
    array([[0., 1.]])
    """
    return (pred != target).astype(pred.dtype)
