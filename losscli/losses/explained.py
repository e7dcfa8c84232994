"""Scores of what a model explains, R², D² and their kin, as losses: 1 minus the score, a ratio to the loss of a constant prediction."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import Aligned, ByClass, Max, Pooled
from losscli.domains import (
    HardLabel,
    Level,
    NonNegative,
    Probability,
    ProbabilityVector,
    Real,
    TweedieMean,
    TweediePower,
    TweedieTarget,
)
from losscli.losses.binary import bce
from losscli.losses.forecast import quantile_of
from losscli.losses.multiclass import logloss
from losscli.losses.regression import quantile, scaled_power_sums
from losscli.losses.scores import multiclass_brier
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.softmax import target_distribution
from losscli.numeric.special import tweedie_unit_deviance
from losscli.numeric.steps import stop_gradient
from losscli.registry import Preset, loss

__all__ = ["d2_binary_log_loss", "d2_brier", "d2_log_loss", "d2_pinball", "d2_tweedie", "explained_variance", "r2"]

_CONSTANT = "target does not vary, so that there is nothing to explain"


def unexplained(own, constant, force_finite, tolerance=0.0):
    """The loss of the predictions divided by that of a constant; with force_finite it is 0 where both are 0, else 1 where the second is."""
    if not force_finite:
        return own / explain_zero(constant, _CONSTANT)
    explains, errs = constant > tolerance, own > tolerance
    return np.where(explains & errs, own / np.where(explains, constant, 1.0), np.where(errs, 1.0, 0.0))


def unexplained_squares(errors, deviations, force_finite, tolerance=0.0):
    """`unexplained` of sums of squares, which cannot overflow; and the second sum."""
    (sums,) = yield from scaled_power_sums([np.abs(errors), np.abs(deviations)], 2)
    (scale, squares), (total_scale, total) = sums
    safe = np.where(total > 0, total_scale, scale)
    share = unexplained(squares * scale / safe * scale / safe, total * total_scale / safe * total_scale / safe, force_finite, tolerance)
    return share, total * total_scale**2


@loss(
    "regression",
    aliases=("r2_loss", "r2_score", "r_squared", "coefficient_of_determination"),
    reference="1 − sklearn.metrics.r2_score",
    properties="convex differentiable zero",
    units="1 (a share of the variance)",
    use="the share of the variance that a regression does not explain should be reported or bounded",
    words=("r squared", "variance explained", "goodness of fit", "regression score"),
    score="R²",
    per="channel",
    see={
        "rse": "the same ratio, with a floor epsilon for the variance of the target",
        "explained_variance": "does not count a bias, the same error in every row",
        "average": "of several outputs: uniform is the mean of their ratios, variance the ratio of their summed squares",
    },
)
def r2(
    pred: Real,
    target: Real,
    *,
    average: Literal["uniform", "variance"] = "uniform",
    force_finite: bool = False,
    tolerance: NonNegative = 0.0,
):
    """Sum of squared errors divided by that of the mean target, for each output: 1 − R², where R² is the score.

    Σ (p − t)² / Σ (t − mean t)²; with force_finite 0 where both sums are at most the tolerance, and 1 where the second alone is

    >>> r2(np.array([3.0]), np.array([1.0])).gi_code.co_name
    'r2'
    """
    total, n = yield Aligned(target), Aligned(1)
    share, variance = yield from unexplained_squares(pred - target, target - total / n, force_finite, tolerance)
    return (share, variance) if average == "variance" else share


@loss(
    "regression",
    aliases=("explained_variance_loss", "explained_variance_score"),
    reference="1 − sklearn.metrics.explained_variance_score",
    properties="differentiable",
    units="1 (a share of the variance)",
    use="the spread of the errors matters, and the same error in every row does not",
    words=("variance explained", "regression score"),
    score="explained variance",
    per="channel",
    see={"r2": "counts a bias too; equal where the mean error is 0"},
)
def explained_variance(pred: Real, target: Real, *, average: Literal["uniform", "variance"] = "uniform", force_finite: bool = False):
    """Variance of the errors divided by that of the target, for each output: 1 − explained variance, which is the score.

    Σ (e − mean e)² / Σ (t − mean t)², e = t − p

    >>> explained_variance(np.array([3.0]), np.array([1.0])).gi_code.co_name
    'explained_variance'
    """
    error, total, n = yield Aligned(target - pred), Aligned(target), Aligned(1)
    share, variance = yield from unexplained_squares(target - pred - error / n, target - total / n, force_finite)
    return (share, variance) if average == "variance" else share


@loss(
    "regression",
    aliases=("d2_pinball_loss", "d2_pinball_score", "d2_quantile"),
    reference="1 − sklearn.metrics.d2_pinball_score",
    properties="convex zero",
    units="1 (a share of the loss)",
    use="a predicted quantile should be compared with the quantile of all targets",
    words=("quantile regression", "regression score"),
    score="D² of the pinball loss",
    per="channel",
    presets=(Preset(("d2_absolute_error", "d2_absolute_error_loss", "d2_absolute_error_score"), score="D² of the absolute error"),),
    see={
        "quantile": "the loss in target units",
        "r2": "the same with squared errors and the mean",
        "tau": "0.5 is D² of the absolute error",
    },
)
def d2_pinball(pred: Real, target: Real, *, tau: Level = 0.5, force_finite: bool = False):
    """Pinball loss divided by that of the tau-quantile of the targets, for each output: 1 − D², where D² is the score.

    Σ pinball(p, t) / Σ pinball(q, t), q the quantile of all t, with sample weights

    >>> next(d2_pinball(np.array([3.0]), np.array([1.0])))[2]
    array([1.])
    """
    t, w, own = yield Pooled(target), Pooled(1), quantile(pred, target, tau=tau)
    constant = quantile_of(t, w, tau)
    return unexplained(own, (w * quantile(constant[..., None], t, tau=tau)).sum(-1), force_finite)


@loss(
    "probabilistic",
    aliases=("d2_tweedie_loss", "d2_tweedie_score"),
    reference="1 − sklearn.metrics.d2_tweedie_score",
    units="1 (a share of the deviance)",
    use="a model of counts or amounts should be compared with predicting their mean",
    words=("insurance claims", "fraction of deviance explained", "count data"),
    score="D² of the Tweedie deviance",
    per="channel",
    presets=(
        Preset(("d2_poisson", "d2_poisson_score"), options={"power": 1.0}, score="D² of the Poisson deviance"),
        Preset(("d2_gamma", "d2_gamma_score"), options={"power": 2.0}, score="D² of the gamma deviance"),
    ),
    see={"tweedie_deviance": "the deviance itself", "r2": "equal for power 0"},
)
def d2_tweedie(pred: TweedieMean, target: TweedieTarget, *, power: TweediePower = 0.0):
    """Tweedie deviance divided by that of the mean target, for each output: 1 − D², where D² is the score.

    Σ d(p, t) / Σ d(mean t, t)

    >>> next(d2_tweedie(np.array([3.0]), np.array([1.0])))[0].column
    array([1.])
    """
    total, n, largest = yield Aligned(target), Aligned(1), Aligned(Max(np.maximum(np.abs(pred), np.abs(target))))
    u = stop_gradient(power_of_two_scale(largest))  # the ratio does not change with the unit
    p, t = pred / u, target / u
    own, constant = yield tweedie_unit_deviance(p, t, power), tweedie_unit_deviance(total / n / u + 0 * t, t, power)
    return unexplained(own, constant, False)


@loss(
    "classification",
    aliases=("d2_log_loss_score", "d2_logloss"),
    reference="1 − sklearn.metrics.d2_log_loss_score",
    properties="convex",
    units="1 (a share of the loss)",
    use="class probabilities should be compared with predicting the frequency of each class",
    words=("probability forecasts", "classification score"),
    score="D² of the log loss",
    see={"logloss": "the loss in nats", "d2_binary_log_loss": "one probability a row", "d2_brier": "the same with squared errors"},
)
def d2_log_loss(pred: ProbabilityVector, target: HardLabel, *, clip: Probability = 2.0**-52):
    """Log loss divided by that of the frequencies of the classes: 1 − D², where D² is the score.

    Σ −log p_y / Σ −log f_y, f_c the share of class c among the targets; p and f clipped to [clip, 1 − clip]

    >>> next(d2_log_loss(np.array([[0.5, 0.5]]), np.array([1])))[1]
    array([0.69314718])
    """
    counts, own = yield ByClass(target_distribution(target, pred)), logloss(pred, target, clip=clip)
    shares = np.clip(counts / counts.sum(-1, keepdims=True), clip, 1 - clip)
    return unexplained(own, -(counts * np.log(np.where(shares > 0, shares, 1.0))).sum(-1), False)


@loss(
    "classification",
    aliases=("d2_bce",),
    reference="1 − sklearn.metrics.d2_log_loss_score, of one probability a row",
    properties="convex",
    units="1 (a share of the loss)",
    use="probabilities of yes-or-no outcomes should be compared with predicting their share",
    words=("probability forecasts", "mcfadden", "pseudo r squared"),
    score="D² of the log loss",
    per="channel",
    see={"bce": "the loss in nats", "d2_log_loss": "a probability of each class"},
)
def d2_binary_log_loss(pred: Probability, target: Probability, *, clip: Probability = 2.0**-52):
    """Binary cross-entropy divided by that of the mean target: 1 − D², where D² is the score, McFadden's pseudo-R².

    Σ bce(p, t) / Σ bce(mean t, t); p and mean t clipped to [clip, 1 − clip]

    >>> next(d2_binary_log_loss(np.array([0.5]), np.array([1.0])))[0].column
    array([1.])
    """
    total, n = yield Aligned(target), Aligned(1)
    own, constant = yield bce(pred, target, clip=clip), bce(total / n + 0 * target, target, clip=clip)
    return unexplained(own, constant, False)


@loss(
    "probabilistic",
    aliases=("d2_brier_loss", "d2_brier_score", "brier_skill"),
    reference="1 − sklearn.metrics.d2_brier_score",
    properties="convex",
    units="1 (a share of the loss)",
    use="class probabilities are compared with the frequencies, at a bounded cost of mistakes",
    words=("brier skill score", "probability forecasts", "climatology"),
    score="D² of the Brier score",
    see={"multiclass_brier": "the score itself", "r2": "of one probability of a yes-or-no outcome it is this"},
)
def d2_brier(pred: ProbabilityVector, target: HardLabel):
    """Brier score divided by that of the frequencies of the classes: 1 − D², where D² is the score, the Brier skill score.

    Σ Σ_c (p_c − q_c)² / Σ Σ_c (f_c − q_c)², q = onehot(y), f_c the share of class c among the targets

    >>> next(d2_brier(np.array([[0.5, 0.5]]), np.array([1])))[1]
    array([0.5])
    """
    counts, own = yield ByClass(target_distribution(target, pred)), multiclass_brier(pred, target)
    n = counts.sum(-1, keepdims=True)
    return unexplained(own, (counts * ((n - counts) / n)).sum(-1), False)
