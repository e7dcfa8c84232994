"""Losses of the margin y x between a score and a label of −1 or 1, as boosting and stochastic gradient descent use them."""

from __future__ import annotations

from losscli.domains import Positive, Real, Sign
from losscli.numeric.lazy import np
from losscli.numeric.steps import expit, relu
from losscli.registry import loss

__all__ = ["dwd_margin", "exponential", "l2_margin", "modified_huber", "sigmoid_margin", "smooth_hinge"]


@loss(
    "classification",
    aliases=("exponential_loss", "exp_loss", "adaboost"),
    reference="sklearn.ensemble.GradientBoostingClassifier(loss='exponential')",
    properties="convex differentiable",
    units="1",
    use="boosting as in AdaBoost: labels without noise, where each mistake should weigh heavily",
    words=("boosting", "adaboost"),
    see={"soft_margin": "grows like −y x, so that mislabelled rows count less"},
)
def exponential(pred: Real, target: Sign):
    """The loss of AdaBoost: exponential in how far a score is on the wrong side of 0.

    e^(−y x)

    >>> exponential(np.array([0.0]), np.array([1.0]))
    array([1.])
    """
    return np.exp(-target * pred)


@loss(
    "classification",
    aliases=("modified_huber_loss", "huber_hinge"),
    reference="sklearn.linear_model.SGDClassifier(loss='modified_huber')",
    properties="convex differentiable robust",
    units="squared margin units",
    use="binary labels with some that are wrong, and a loss that is smooth and gives probabilities",
    words=("outliers", "label noise"),
    see={"squared_hinge": "equal for scores that are not far on the wrong side", "smooth_hinge": "bends within the margin"},
)
def modified_huber(pred: Real, target: Sign):
    """Squared hinge loss that is linear for scores beyond 1 on the wrong side of 0.

    max(0, 1 − y x)² where y x ≥ −1, else −4 y x

    >>> modified_huber(np.array([0.5, -3.0]), np.array([1.0, 1.0]))
    array([ 0.25, 12.  ])
    """
    m = target * pred
    return relu(1 - np.maximum(m, -1)) ** 2 + 4 * relu(-1 - m)


@loss(
    "classification",
    aliases=("smoothed_hinge", "smooth_hinge_loss", "smoothed_l1_hinge"),
    reference="the formula (LossFunctions.SmoothedL1HingeLoss)",
    properties="convex differentiable robust",
    units="margin units",
    use="a support vector machine whose loss should have a gradient everywhere",
    words=("support vector machine", "svm"),
    see={"hinge": "the limit as gamma tends to 0", "sparsemax": "bends between −1 and 1"},
)
def smooth_hinge(pred: Real, target: Sign, *, gamma: Positive = 1.0):
    """Hinge loss with a quadratic piece of the width gamma before the margin.

    e² / (2 γ) where e = max(0, 1 − y x) < γ, else e − ½ γ

    >>> smooth_hinge(np.array([0.5, -1.0]), np.array([1.0, 1.0]))
    array([0.125, 1.5  ])
    """
    e = relu(1 - target * pred)
    q = np.minimum(e, gamma)
    return q / gamma * (e - q / 2)


@loss(
    "classification",
    aliases=("distance_weighted_discrimination", "dwd"),
    reference="the formula (LossFunctions.DWDMarginLoss)",
    properties="convex differentiable robust",
    units="margin units",
    use="fewer rows than columns, where a support vector machine piles rows up on its margin",
    words=("high dimension", "few samples"),
    see={"hinge": "the limit for large q"},
)
def dwd_margin(pred: Real, target: Sign, *, q: Positive = 1.0):
    """Distance weighted discrimination: linear up to a margin, then a falling power, so that every row counts.

    1 − m where m = y x ≤ q / (q + 1), else q^q / (q + 1)^(q + 1) / m^q

    >>> dwd_margin(np.array([0.0, 1.0]), np.array([1.0, 1.0]))
    array([1.  , 0.25])
    """
    m, bend = target * pred, q / (q + 1)
    return np.where(m <= bend, 1 - m, (bend / np.maximum(m, bend)) ** q / (q + 1))


@loss(
    "classification",
    aliases=("sigmoid_loss", "tanh_margin"),
    reference="the formula (LossFunctions.SigmoidLoss)",
    properties="differentiable robust",
    units="1 (from 0 to 2)",
    use="a smooth bounded loss near the error rate, where many labels are wrong",
    words=("label noise", "noisy labels"),
    see={"zero_one": "half of it, for scores of large size", "soft_margin": "convex, and not bounded"},
)
def sigmoid_margin(pred: Real, target: Sign):
    """A smooth error rate: near 0 for scores clearly on the correct side of 0, near 2 on the wrong side.

    1 − tanh(y x)

    >>> sigmoid_margin(np.array([0.0]), np.array([1.0]))
    array([1.])
    """
    return 2 * expit(-2 * target * pred)  # 1 − tanh would cancel where the score is right


@loss(
    "classification",
    aliases=("squared_margin", "least_squares_margin"),
    reference="the formula (LossFunctions.L2MarginLoss)",
    properties="convex differentiable",
    units="squared margin units",
    use="least squares for labels of −1 and 1, although scores beyond the label cost too",
    see={"squared_hinge": "0 beyond the margin", "mse": "equal to it for labels −1 and 1"},
)
def l2_margin(pred: Real, target: Sign):
    """Squared distance of the margin from 1, on both sides.

    (1 − y x)²

    >>> l2_margin(np.array([3.0]), np.array([1.0]))
    array([4.])
    """
    return (1 - target * pred) ** 2
