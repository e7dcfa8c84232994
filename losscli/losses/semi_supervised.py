"""Losses of predictions without labels: for training on them, and for choosing which rows to label."""

from __future__ import annotations

from losscli.diagnostics import looks_like_probabilities
from losscli.domains import LogitVector, NonNegative, Probability
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax, softmax, softmax_cross_entropy, softmax_difference, zero_at_label
from losscli.numeric.steps import multiply_no_nan, nll_with_eps
from losscli.registry import loss

__all__ = ["confidence_margin", "consistency_mse", "entropy_min", "least_confidence", "pseudo_label_ce"]


def _probabilities(role: str = "pred"):
    name = "--from-probs" if role != "logits2" else "--logits2-from-probs"
    return looks_like_probabilities(f"{name} takes probabilities", role, vector=True)


@loss(
    "semi_supervised",
    aliases=("consistency_regularization", "pi_model", "softmax_mse"),
    reference="torch.nn.functional.mse_loss of the softmaxes",
    properties="differentiable symmetric zero",
    units="squared probability units",
    use="two noisy views of an unlabelled row should get the same prediction",
    words=("semi-supervised", "unlabelled data", "mean teacher", "pi model"),
    see={"distillation": "the divergence instead of the squared difference"},
    hints=(_probabilities("logits1"), _probabilities("logits2")),
)
def consistency_mse(logits1: LogitVector, logits2: LogitVector):
    """Squared difference of the predicted probabilities of two views, for each class.

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
    use="unlabelled rows should be used for training, if they are predicted with confidence",
    words=("semi-supervised", "unlabelled data", "fixmatch", "self-training"),
    see={"cross_entropy": "with given labels", "entropy_min": "without a threshold"},
    hints=(_probabilities(),),
)
def pseudo_label_ce(pred: LogitVector, *, threshold: Probability = 0.9):
    """Cross-entropy with the most probable class as label; 0 if its probability is not above a threshold. The mean is over all rows.

    −log max_c softmax(x)_c if that maximum exceeds the threshold, else 0

    >>> pseudo_label_ce(np.array([[0.0, 4.0], [0.0, 1.0]]))
    (array([0.01814993, 0.        ]), None, array([ True, False]))
    """
    confident = softmax(pred).max(-1) > threshold
    return np.where(confident, softmax_cross_entropy(pred, pred.argmax(-1)), 0.0), None, confident


@loss(
    "semi_supervised",
    aliases=("entropy_minimization", "entropy", "conditional_entropy"),
    reference="the formula",
    properties="differentiable",
    units="nats",
    use="predictions for unlabelled rows, or for a new domain, should become more certain",
    words=("semi-supervised", "domain adaptation", "test time adaptation"),
    see={
        "pseudo_label_ce": "−log of the largest probability only",
        "least_confidence": "for choosing rows to label, as this with eps 0",
    },
    hints=(_probabilities(),),
)
def entropy_min(pred: LogitVector, *, eps: NonNegative = 1e-8):
    """Entropy of a predicted distribution, with eps inside the logarithm; eps 0 is exact.

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
    use="rows to label next are chosen: those whose largest probability is small",
    words=("active learning", "which rows to label"),
    see={"confidence_margin": "compares the two largest probabilities", "entropy_min": "uses all classes, with eps 0"},
    hints=(_probabilities(),),
)
def least_confidence(pred: LogitVector):
    """1 − largest predicted probability, as the sum of all others, so that it is accurate for confident predictions.

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
    use="rows to label next are chosen: those whose two largest probabilities are close",
    words=("active learning", "which rows to label"),
    see={
        "least_confidence": "uses the largest probability only",
        "modAL": "its classifier_margin is p₁ − p₂, which is 1 minus this loss: small for rows to label",
    },
    hints=(_probabilities(),),
)
def confidence_margin(pred: LogitVector):
    """1 − difference of the two largest predicted probabilities: 1 if they are equal, near 0 for a confident prediction.

    1 − (p₁ − p₂), p₁ and p₂ the largest of softmax(x)

    >>> confidence_margin(np.array([[0.0, 0.0], [0.0, 40.0]]))
    array([1.00000000e+00, 8.49670851e-18])
    """
    others = zero_at_label(softmax(pred), pred.argmax(-1))
    return others.sum(-1) + others.max(-1)
