"""Losses of predictions that have no labels: what they should become without, and which of them to label."""

from __future__ import annotations

from losscli.diagnostics import looks_like_probabilities
from losscli.domains import LogitVector, NonNegative, Probability
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax, softmax, softmax_cross_entropy, softmax_difference, zero_at_label
from losscli.numeric.steps import multiply_no_nan, nll_with_eps
from losscli.registry import loss

__all__ = ["confidence_margin", "consistency_mse", "entropy_min", "least_confidence", "pseudo_label_ce"]


def _probabilities(role: str = "pred"):
    return looks_like_probabilities("take their logarithms", role, vector=True)


@loss(
    "semi_supervised",
    aliases=("consistency_regularization", "pi_model", "softmax_mse"),
    reference="torch.nn.functional.mse_loss of the softmaxes",
    properties="differentiable symmetric zero",
    units="squared probability units",
    use="unlabelled rows seen twice, under noise or by a mean teacher, should be predicted alike",
    see={"distillation": "the divergence instead of the squared distance"},
    hints=(_probabilities("logits1"), _probabilities("logits2")),
)
def consistency_mse(logits1: LogitVector, logits2: LogitVector):
    """Squared distance of the probabilities that two views of a sample get, class by class.

    (softmax(x) − softmax(y))²

    >>> consistency_mse(np.array([[1000.0, 0.0]]), np.array([[0.0, 0.0]]))
    array([[0.25, 0.25]])
    """
    return softmax_difference(logits1, logits2) ** 2


@loss(
    "semi_supervised",
    aliases=("pseudo_labeling", "pseudo_label", "fixmatch_unsup", "self_training"),
    reference="torch.nn.functional.cross_entropy with the largest class as label",
    units="nats",
    use="unlabelled rows should teach, but only those predicted with confidence",
    see={"cross_entropy": "with labels that are known", "entropy_min": "without a threshold"},
    hints=(_probabilities(),),
)
def pseudo_label_ce(pred: LogitVector, *, threshold: Probability = 0.9):
    """Cross-entropy with a prediction's own largest class, and 0 where its probability is not above a threshold; the mean is over all rows.

    −log max_c softmax(x)_c where that maximum exceeds the threshold, else 0

    >>> pseudo_label_ce(np.array([[0.0, 4.0], [0.0, 1.0]]))
    (array([0.01814993, 0.        ]), None, array([ True, False]))
    """
    sure = softmax(pred).max(-1) > threshold
    return np.where(sure, softmax_cross_entropy(pred, pred.argmax(-1)), 0.0), None, sure


@loss(
    "semi_supervised",
    aliases=("entropy_minimization", "entropy", "conditional_entropy"),
    reference="the formula",
    properties="differentiable",
    units="nats",
    use="predictions for unlabelled rows, or for a new domain, should become decided",
    see={"pseudo_label_ce": "−log of the largest probability alone", "least_confidence": "for choosing rows to label, as this with eps 0"},
    hints=(_probabilities(),),
)
def entropy_min(pred: LogitVector, *, eps: NonNegative = 1e-8):
    """Entropy of a predicted distribution; eps inside the logarithm makes a certain one −eps, eps 0 is exact.

    −Σ_c p_c log(p_c + ε), p = softmax(x)

    >>> entropy_min(np.array([[0.0, 0.0]]), eps=0.0)
    array([0.69314718])
    """
    return multiply_no_nan(softmax(pred), nll_with_eps(neg_log_softmax(pred), eps)).sum(-1)


@loss(
    "semi_supervised",
    aliases=("least_confident", "classification_uncertainty", "classifier_uncertainty", "uncertainty_sampling"),
    reference="the formula (modAL.uncertainty.classifier_uncertainty)",
    units="1",
    use="rows to label next: those whose largest probability is small",
    see={"confidence_margin": "how near the second class is", "entropy_min": "all classes, with eps 0"},
    hints=(_probabilities(),),
)
def least_confidence(pred: LogitVector):
    """What the largest predicted probability leaves to the other classes, as their sum, so that near certainty no digit is lost.

    1 − max_c p_c, p = softmax(x)

    >>> least_confidence(np.array([[0.0, 0.0], [0.0, 40.0]]))
    array([5.00000000e-01, 4.24835426e-18])
    """
    return zero_at_label(softmax(pred), pred.argmax(-1)).sum(-1)


@loss(
    "semi_supervised",
    aliases=("margin_of_confidence", "margin_sampling", "best_versus_second_best"),
    reference="the formula (1 − modAL.uncertainty.classifier_margin)",
    units="1",
    use="rows to label next: those whose two largest probabilities are near each other",
    see={
        "least_confidence": "the largest probability alone",
        "modAL": "its classifier_margin is p₁ − p₂ itself, which is 1 less this, and small where a row is to be labelled",
    },
    hints=(_probabilities(),),
)
def confidence_margin(pred: LogitVector):
    """One less the lead of the largest predicted probability over the second: 1 where the two are equal, near 0 where a row is certain.

    1 − (p₁ − p₂), p₁ and p₂ the largest of softmax(x)

    >>> confidence_margin(np.array([[0.0, 0.0], [0.0, 40.0]]))
    array([1.00000000e+00, 8.49670851e-18])
    """
    rest = zero_at_label(softmax(pred), pred.argmax(-1))
    return rest.sum(-1) + rest.max(-1)
