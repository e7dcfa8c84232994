"""Hinge losses of probabilities, as torchmetrics computes them: the margin is that of a probability, not of a score."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import ByClass, EachClass
from losscli.domains import Flag, HardLabel, Probability, ProbabilityVector
from losscli.losses.focal import one_hot
from losscli.losses.margin import multiclass_hinge
from losscli.numeric.lazy import np
from losscli.registry import loss

__all__ = ["binary_probability_hinge", "multiclass_probability_hinge", "one_vs_all_probability_hinge"]


def _hinge(p, q, t, squared):
    """What a probability lacks of its label: q = 1 − p where t is 1, else 1 + p; or its square."""
    short = np.where(t > 0, q, 1 + p)
    return short**2 if squared else short


@loss(
    "classification",
    reference="torchmetrics.functional.classification.binary_hinge_loss",
    properties="convex",
    units="1",
    use="a hinge loss of torchmetrics should be reproduced, which takes the sigmoid of scores first",
    words=("support vector machine", "svm"),
    see={"hinge": "the loss of a support vector machine, of scores", "brier": "a proper score of probabilities"},
)
def binary_probability_hinge(pred: Probability, target: Flag, *, squared: bool = False):
    """Hinge loss of a probability: 1 minus it for a positive label, 1 plus it for a negative one.

    1 − p where y = 1, else 1 + p; squared: its square

    >>> binary_probability_hinge(np.array([0.75, 0.75]), np.array([1, 0]))
    array([0.25, 1.75])
    """
    return _hinge(pred, 1 - pred, target, squared)


@loss(
    "classification",
    reference="torchmetrics.functional.classification.multiclass_hinge_loss",
    properties="convex",
    units="1",
    use="the multiclass hinge loss of torchmetrics should be reproduced, whose scores are a softmax",
    see={
        "multiclass_hinge": "the loss of a support vector machine, of scores",
        "one_vs_all_probability_hinge": "each class against all others",
    },
)
def multiclass_probability_hinge(pred: ProbabilityVector, target: HardLabel, *, squared: bool = False):
    """How far the lead of the label's probability over the largest other one falls short of 1.

    1 + max_{c≠y} p_c − p_y; squared: its square

    >>> multiclass_probability_hinge(np.array([[0.75, 0.25]]), np.array([0]))
    array([0.5])
    """
    short = multiclass_hinge(pred, target)
    return short**2 if squared else short


@loss(
    "classification",
    reference="torchmetrics.functional.classification.multiclass_hinge_loss with multiclass_mode='one-vs-all'",
    properties="convex",
    units="1",
    use="the hinge loss of torchmetrics is wanted for each class, against all others",
    see={"multiclass_probability_hinge": "the label against the best other class"},
)
def one_vs_all_probability_hinge(
    pred: ProbabilityVector, target: HardLabel, *, squared: bool = False, average: Literal["macro", "none"] = "macro"
):
    """Mean hinge loss of the probability of each class, for which the other classes are the negative label.

    Σ h / N / C, h = 1 − p_c where y = c, else 1 + p_c; squared: h²; average none: Σ h / N of each class

    >>> next(one_vs_all_probability_hinge(np.array([[0.75, 0.25]]), np.array([0])))[0].column
    array([[0.25, 1.25]])
    """
    short = _hinge(pred, 1 - pred, one_hot(target, pred), squared)
    losses, n = yield ByClass(short), ByClass(np.ones_like(pred))
    losses = losses / n
    return (EachClass(losses), None, n) if average == "none" else (losses.sum(-1) / pred.shape[-1], None, n.sum(-1))
