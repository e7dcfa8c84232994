"""Errors of decisions: of labels that follow from a threshold or from the highest scores."""

from __future__ import annotations

from typing import Literal

from losscli.domains import ClassScores, Label, NonNegative, Period, Probability, ProbabilityOrLogit, Real, Sign
from losscli.numeric.lazy import np
from losscli.registry import Preset, loss

__all__ = ["binary_error", "critical_success_error", "num_errors", "sign_error", "top_k_error"]


@loss(
    "classification",
    aliases=("binary_error_rate", "threshold_error"),
    reference="1 − keras.metrics.BinaryAccuracy",
    units="1 (a share of the labels)",
    use="the error rate of yes-or-no decisions from probabilities should be reported or bounded",
    words=("error rate", "misclassification", "decision threshold"),
    presets=(Preset(("binary_accuracy",), score="accuracy"),),
    see={"zero_one": "of labels that are decided already", "bce": "a loss that a model can be trained with"},
)
def binary_error(pred: ProbabilityOrLogit, target: Probability, *, threshold: Probability = 0.5, from_logits: bool = False):
    """1 where a probability above the threshold has the label 0, or another probability the label 1; else 0: 1 − accuracy is its mean.

    1 where (p > threshold) ≠ t, else 0; p = sigmoid(x) with from_logits

    >>> binary_error(np.array([0.75, 0.25]), np.array([1.0, 1.0]))
    array([0., 1.])
    """
    bound = np.log(threshold) - np.log1p(-threshold) if from_logits else threshold
    return ((pred > bound) != target).astype(pred.dtype)


@loss(
    "classification",
    aliases=("topk_error", "top_k_error_rate"),
    reference="1 − keras.metrics.TopKCategoricalAccuracy",
    units="1 (a share of the rows)",
    use="a prediction counts as right if the label is among the k classes with the highest scores",
    words=("error rate", "misclassification", "imagenet", "recommendation", "hit rate"),
    presets=(
        Preset(("top_k_accuracy", "topk_accuracy", "top_k_accuracy_score"), score="top-k accuracy"),
        Preset(("categorical_accuracy", "sparse_categorical_accuracy"), options={"k": 1, "ties": "first"}, score="accuracy"),
    ),
    see={"zero_one": "of labels that are decided already", "cross_entropy": "a loss that a model can be trained with"},
)
def top_k_error(pred: ClassScores, target: Label, *, k: Period = 5, ties: Literal["label", "first", "last", "others"] = "label"):
    """1 where the label, or the most likely one, is not among the k highest scores, else 0; ties says whose place equal scores take.

    1 where #{c: x_c > x_y} + ties ≥ k, else 0; of equal scores the label comes first (label) or last (others), or the first or last class

    >>> top_k_error(np.array([[0.5, 0.25, 0.125]]), np.array([2]), k=2)
    array([1.])
    """
    y = (target.argmax(-1) if target.ndim == pred.ndim else target)[..., None]
    of_label, classes = np.take_along_axis(pred, y, -1), np.arange(pred.shape[-1])
    before = {"label": classes < 0, "first": classes < y, "last": classes > y, "others": classes != y}[ties]
    return (((pred > of_label) | ((pred == of_label) & before)).sum(-1) >= k).astype(pred.dtype)


@loss(
    "classification",
    aliases=("margin_error", "zero_one_margin"),
    reference="LossFunctions.jl's ZeroOneLoss",
    units="1 (a share of the rows)",
    use="the error rate of decisions by the sign of a score should be reported or bounded",
    words=("error rate", "misclassification"),
    see={"hinge": "a loss that a model can be trained with", "zero_one": "of labels that are decided already"},
)
def sign_error(pred: Real, target: Sign):
    """1 where the sign of the score is not that of the label, else 0; a score of 0 counts as right.

    1 where y x < 0, else 0

    >>> sign_error(np.array([0.5, -2.0]), np.array([1.0, 1.0]))
    array([0., 1.])
    """
    return (pred * target < 0).astype(pred.dtype)


@loss(
    "regression",
    aliases=("exceedance_rate", "errors_above"),
    reference="catboost's NumErrors",
    properties="symmetric zero",
    units="1 (a share of the numbers)",
    use="the share of predictions that are off by more than a tolerance should be bounded",
    words=("tolerance", "error rate", "outliers"),
    see={"epsilon_insensitive": "how far they are off, beyond the tolerance"},
)
def num_errors(pred: Real, target: Real, *, greater_than: NonNegative = 0.0):
    """1 where the absolute error is greater than a tolerance, else 0: the share of errors is its mean.

    1 where |p − t| > greater_than, else 0

    >>> num_errors(np.array([3.0, 1.0]), np.array([1.0, 0.5]), greater_than=1.0)
    array([1., 0.])
    """
    return (np.abs(pred - target) > greater_than).astype(pred.dtype)


@loss(
    "regression",
    aliases=("csi", "critical_success_index", "threat_score"),
    reference="1 − torchmetrics.functional.regression.critical_success_index",
    properties="symmetric zero",
    units="1 (a share of the events)",
    use="forecasts of events, as rain above a threshold: hits among all events",
    words=("weather", "precipitation", "nowcasting", "event"),
    score="CSI",
    see={"iou": "the same of masks, which may be probabilities", "binary_error": "numbers that are no event count, too"},
)
def critical_success_error(pred: Real, target: Real, *, threshold: Real = 0.5):
    """1 − the critical success index: the misses and false alarms among all events, which are numbers from the threshold on.

    (misses + false alarms) / (hits + misses + false alarms)

    >>> critical_success_error(np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    (array([0., 1.]), array([1., 1.]))
    """
    forecast, observed = pred >= threshold, target >= threshold
    return (forecast != observed).astype(pred.dtype), (forecast | observed).astype(pred.dtype)
