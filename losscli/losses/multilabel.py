"""Losses of several labels a row: hard positives against hard negatives in rows and in classes, and long-tailed labels."""

from __future__ import annotations

from typing import Annotated

from losscli.aggregation import Matrix, Pooled
from losscli.diagnostics import Diagnostic, looks_like_probabilities
from losscli.domains import LabelShares, Logits, NonNegative, PerClass, Positive, Share0To1, TrainingRows
from losscli.domains.values import Needs
from losscli.numeric.lazy import np
from losscli.numeric.primitive import plain_array
from losscli.numeric.softmax import logsumexp
from losscli.numeric.steps import expit, multiply_no_nan, softplus, stop_gradient
from losscli.registry import loss

__all__ = ["distribution_balanced", "two_way"]
_PROBABILITIES = looks_like_probabilities("take their logits, log(p / (1 - p))")


def _counts(message, wrong):
    """W109: a warning about the options class_counts and num_samples together."""
    return Diagnostic("W109", message, lambda c: np.full(len(c["pred"]), wrong(c["class_counts"], c["num_samples"])), every=True, least=1)


_OF_COUNTS = (
    _counts("no --class-counts: all classes count the same, and the logits are not shifted", lambda n, rows: n is None),
    _counts("no --num-samples: the logits are not shifted", lambda n, rows: n is not None and rows is None),
    _counts(
        "a class of --class-counts has more rows than --num-samples: there is no loss",
        lambda n, rows: rows is not None and bool(np.any(np.asarray(n) > rows)),
    ),
)


def _soft_largest(x, inside, weight, temperature):
    """max x and T log Σ w e^((x − max x) / T) over the entries inside of the last axis; numbers without meaning where there are none."""
    some = inside.any(-1)[..., None]
    most = stop_gradient(np.where(inside, x, -np.inf)).max(-1)[..., None]
    most = np.where(some, most, 0.0)
    exponent = np.where(some, (np.where(inside, x, most) - most) / temperature + np.log(np.where(inside, weight, 1.0)), 0.0)
    return most[..., 0], temperature * logsumexp(np.where(inside | ~some, exponent, -np.inf))


def _hard_pairs(x, positive, weight, tp, tn):
    """softplus of the soft largest negative entry minus the soft least positive one of each row; and where a row has a positive one."""
    positive, negative = positive & (weight > 0), ~positive & (weight > 0)
    (most, above), (minus_least, below) = _soft_largest(x, negative, weight, tn), _soft_largest(-x, positive, weight, tp)
    both = positive.any(-1) & negative.any(-1)
    return np.where(both, softplus(np.where(both, (most + minus_least) + (above + below), 0.0)), 0.0), positive.any(-1)


@loss(
    "classification",
    aliases=("TwoWayLoss", "two_way_multilabel"),
    reference="timm.loss.TwoWayLoss (Kobayashi 2023)",
    units="logits",
    use="several labels a row: true ones above all others, in each row and in each class",
    words=("multi-label", "multilabel classification", "several labels", "ranking of labels"),
    see={
        "multi_positive_cross_entropy": "the rows alone, at temperatures of 1",
        "zlpr": "with a threshold of 0 between true and other labels",
        "target": "an entry above 0.5 is a true label",
        "tp": "the temperature of true labels: the smaller, the more the least logit counts",
    },
)
def two_way(pred: Logits, target: LabelShares, *, tp: Positive = 4.0, tn: Positive = 1.0):
    """Softplus of the soft largest negative logit minus the soft least positive one: its mean over rows, plus its mean over classes.

    mean_i h(x_i) + mean_c h(x_·c), h(x) = log(1 + e^(Tₙ log Σ_n e^(x_n / Tₙ) + Tₚ log Σ_p e^(−x_p / Tₚ))), of rows and classes with a p

    >>> next(two_way(np.array([[0.0, 1.0]]), np.array([[1, 0]])))[0].column
    array([[0., 1.]])
    """
    x, t, weight = yield Matrix(pred), Matrix(target), Pooled(1)
    weight, positive = weight.reshape(x.shape), t > 0.5
    by_row, row = _hard_pairs(x, positive, np.where(weight > 0, 1.0, 0.0), tp, tn)
    by_class, some = _hard_pairs(x.T, positive.T, weight.T, tp, tn)
    rows, some = np.where(row, weight[:, 0], 0.0), np.where(some, 1.0, 0.0)
    n, classes = (np.where(x.sum() > 0, x.sum(), np.nan) for x in (rows, some))
    return (rows * by_row).sum() / n + by_class.sum() / classes, None, rows.sum()


@loss(
    "classification",
    aliases=("DistributionBalancedLoss", "db_loss"),
    reference="timm.loss.DistributionBalancedLoss (Wu 2020)",
    units="nats",
    use="several labels a row from a long-tailed training set whose counts are known",
    words=("multi-label", "long tail", "class imbalance", "rare class"),
    see={
        "class_counts": "how many rows of the training set have each label",
        "num_samples": "how many rows the training set has; without it the logits are not shifted",
        "asymmetric_multilabel": "without counts",
        "focal_balance": "a factor of the loss; without effect for --focal-gamma 0",
    },
    hints=(_PROBABILITIES, *_OF_COUNTS),
)
def distribution_balanced(
    pred: Logits,
    target: LabelShares,
    *,
    class_counts: PerClass | None = None,
    num_samples: Annotated[TrainingRows | None, Needs("class_counts")] = None,
    map_alpha: NonNegative = 0.1,
    map_beta: NonNegative = 10.0,
    map_mu: float = 0.2,
    neg_scale: Positive = 2.0,
    init_bias: NonNegative = 0.05,
    focal_gamma: NonNegative = 2.0,
    focal_balance: NonNegative = 2.0,
    label_smoothing: Share0To1 = 0.0,
):
    """Focal loss of each label, whose logit is shifted by the prior of its class, times a weight for how rare it is among those of its row.

    (α + σ(β (r − μ))) b (y σ(−z)^γ log(1 + e^−z) + (1 − y) σ(λz)^γ log(1 + e^λz) / λ), r = 1/n_c / Σ_j y_j/n_j, z = x − κ/λ log(N/n_c − 1)

    >>> distribution_balanced(np.array([[0.0]]), np.array([[1]]), focal_gamma=0.0, map_alpha=0.5, map_mu=1.0)
    array([[0.69314718]])
    """
    n = plain_array(np.ones(pred.shape[-1]) if class_counts is None else class_counts, pred.dtype)
    n = np.maximum(n if num_samples is None else np.where(n > num_samples, np.nan, np.minimum(n, num_samples - 1.0)), 1.0)
    z = pred if num_samples is None else pred - init_bias / neg_scale * np.log(num_samples / n - 1)
    of_row = (target / n).sum(-1)[..., None]
    rare = np.where(of_row > 0, expit(map_beta * (1 / (n * np.where(of_row > 0, of_row, 1.0)) - map_mu)), 1.0)
    y, balance = (1 - label_smoothing) * target + label_smoothing / 2, focal_balance if np.any(focal_gamma > 0) else 1.0
    positive = multiply_no_nan(y, expit(-z) ** focal_gamma * softplus(-z))
    negative = multiply_no_nan(1 - y, expit(neg_scale * z) ** focal_gamma * softplus(neg_scale * z) / neg_scale)
    return (map_alpha + rare) * balance * (positive + negative)
