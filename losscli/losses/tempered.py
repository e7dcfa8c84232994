"""Classification losses for noisy labels, with tempered logarithms and exponentials."""

from __future__ import annotations

from losscli.domains import ClassScores, Label, NonNegative, Period, Probability, Real
from losscli.numeric.lazy import np
from losscli.numeric.softmax import target_distribution
from losscli.numeric.tempered import tempered_divergence, tempered_log_softmax
from losscli.registry import loss

__all__ = ["bi_tempered", "binary_bi_tempered"]


def _tempered_log(p, t):
    return np.log(p) if t == 1 else (p ** (1 - t) - 1) / (1 - t)


_NOISE = ("label noise", "noisy labels", "wrong labels", "outliers", "mislabelled")


@loss(
    "classification",
    aliases=("bi_tempered_logistic", "bi_tempered_logistic_loss", "bitempered"),
    reference="the formula (Amid 2019, arXiv:1906.03361)",
    units="1",
    use="noisy labels of several classes: t1 bounds the loss, t2 gives the softmax heavy tails",
    words=_NOISE,
    see={
        "cross_entropy": "equal for t1 1 and t2 1",
        "generalized_cross_entropy": "bounded too, of a softmax",
        "binary_bi_tempered": "of two classes",
    },
)
def bi_tempered(
    pred: ClassScores,
    target: Label,
    *,
    t1: Probability = 0.8,
    t2: NonNegative = 1.2,
    label_smoothing: Probability = 0.0,
    num_iters: Period | None = None,
    eps: NonNegative = 0.0,
):
    """Divergence of the tempered softmax from the label: bounded if t1 < 1, heavy tails if t2 > 1, finite support if t2 < 1.

    Σ_c q_c (log_t₁ q_c − log_t₁ p_c) − (q_c^(2−t₁) − p_c^(2−t₁)) / (2 − t₁), p_c = exp_t₂(x_c − n), Σ p = 1,
    q = (1 − s C / (C − 1)) onehot(y) + s / (C − 1); num_iters: n by so many iterations; eps is added to q in its logarithm

    >>> bi_tempered(np.array([[0.0, 0.0]]), np.array([1]), t1=0.0)
    array([0.25])
    """
    others = max(pred.shape[-1] - 1, 1)
    q = target_distribution(target, pred, label_smoothing * pred.shape[-1] / others)
    some = np.where(q > 0, q, 1.0)
    added = q * (_tempered_log(some + eps, t1) - _tempered_log(some, t1))
    return (tempered_divergence(tempered_log_softmax(pred, t2, num_iters), q, t1) + added).sum(-1)


@loss(
    "classification",
    reference="bi_tempered of the logits 0 and x",
    units="1",
    use="noisy binary labels: t1 bounds the loss, t2 gives the sigmoid heavy tails",
    words=_NOISE,
    see={"bce_with_logits": "equal for t1 1 and t2 1", "bi_tempered": "several classes"},
)
def binary_bi_tempered(
    pred: Real,
    target: Probability,
    *,
    t1: Probability = 0.8,
    t2: NonNegative = 1.2,
    label_smoothing: Probability = 0.0,
    num_iters: Period | None = None,
    eps: NonNegative = 0.0,
    scale: NonNegative = 1.0,
):
    """Divergence of a tempered sigmoid from a binary label: bounded if t1 < 1, with heavy tails if t2 > 1.

    bi_tempered((0, scale x), (1 − y, y))

    >>> binary_bi_tempered(np.array([0.0]), np.array([1]), t1=0.0)
    array([0.25])
    """
    logits, labels = np.stack([0 * pred, scale * pred], -1), np.stack([1 - target, target + 0.0], -1)
    return bi_tempered(logits, labels, t1=t1, t2=t2, label_smoothing=label_smoothing, num_iters=num_iters, eps=eps)
