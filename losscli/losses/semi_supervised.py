"""Losses of predictions that have no labels."""

from __future__ import annotations

from losscli.domains import LogitVector, NonNegative, Probability
from losscli.hints import looks_like_probabilities
from losscli.numeric import log_softmax_loss, log_softmax_losses, nll_with_floor, np, softmax, softmax_gap, times
from losscli.registry import loss

__all__ = ["consistency_mse", "entropy_min", "pseudo_label_ce"]


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
    return softmax_gap(logits1, logits2) ** 2


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
    array([0.01814993, 0.        ])
    """
    sure = softmax(pred).max(-1) > threshold
    return np.where(sure, log_softmax_loss(pred, pred.argmax(-1)), 0.0)


@loss(
    "semi_supervised",
    aliases=("entropy_minimization", "entropy", "conditional_entropy"),
    reference="the formula",
    properties="differentiable",
    units="nats",
    use="predictions for unlabelled rows, or for a new domain, should become decided",
    see={"pseudo_label_ce": "−log of the largest probability alone"},
    hints=(_probabilities(),),
)
def entropy_min(pred: LogitVector, *, eps: NonNegative = 1e-8):
    """Entropy of a predicted distribution; eps inside the logarithm makes a certain one −eps, eps 0 is exact.

    −Σ_c p_c log(p_c + ε), p = softmax(x)

    >>> entropy_min(np.array([[0.0, 0.0]]), eps=0.0)
    array([0.69314718])
    """
    return times(softmax(pred), nll_with_floor(log_softmax_losses(pred), eps)).sum(-1)
