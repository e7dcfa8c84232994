"""Scores of forecasts: of probabilities, means, intervals, quantiles and ensembles."""

from __future__ import annotations

from typing import Literal

from losscli.choices import CRPS_OF
from losscli.diagnostics import unnormalised
from losscli.domains import (
    Between0And1,
    ClassCosts,
    Ensemble,
    Label,
    Levels,
    NonNegative,
    OutsideInterval,
    Positive,
    Probability,
    ProbabilityVector,
    Real,
    Samples,
    TweedieMean,
    TweediePower,
    TweedieTarget,
    Vector,
)
from losscli.losses.regression import quantile, scaled_sums
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero, plain_array
from losscli.numeric.softmax import target_distribution
from losscli.numeric.special import ensemble_crps, gaussian_crps, tweedie_unit_deviance
from losscli.numeric.steps import relu
from losscli.registry import Preset, loss

__all__ = [
    "brier", "crps_ensemble", "crps_gaussian", "energy_score", "expected_cost", "interval_score", "multiclass_brier", "tweedie_deviance",
    "weighted_quantile",
]  # fmt: skip


@loss(
    "probabilistic",
    aliases=("brier_score", "brier_score_loss", "binary_brier"),
    reference="sklearn.metrics.brier_score_loss",
    properties="convex differentiable symmetric zero",
    units="squared probability units",
    use="yes-or-no forecasts are scored, and a confident mistake should cost at most 1",
    words=("calibration", "probability forecasts"),
    see={"multiclass_brier": "for a probability of each class", "bce": "gives a confident mistake an unbounded cost"},
)
def brier(pred: Probability, target: Probability, *, scale_by_half: bool | None = True):
    """Squared difference of a probability and its outcome, 0 or 1; without scale_by_half twice that, the sum over both outcomes.

    (p − t)², times 2 without scale_by_half; auto is with it

    >>> brier(np.array([0.75]), np.array([1.0]))
    array([0.0625])
    """
    return (pred - target) ** 2 * (2 if scale_by_half is False else 1)


@loss(
    "probabilistic",
    aliases=("brier_multiclass", "quadratic_score"),
    reference="sklearn.metrics.brier_score_loss, of three classes or more",
    properties="convex differentiable",
    units="squared probability units",
    use="class probabilities are scored, and a confident mistake should have a bounded cost",
    see={"brier": "for the probability of one outcome; for two classes scikit-learn halves this sum"},
    hints=(unnormalised("pred", lambda c: c["pred"], "give probabilities, softmax(logits)"),),
)
def multiclass_brier(pred: ProbabilityVector, target: Label, *, scale_by_half: bool | None = False):
    """Squared distance between the probabilities of all classes and the one-hot label, or a distribution over labels.

    Σ_c (p_c − q_c)², q = onehot(y); times ½ if scale_by_half; auto is for two classes alone

    >>> multiclass_brier(np.array([[0.5, 0.5, 0.0]]), np.array([1]))
    array([0.5])
    """
    half = pred.shape[-1] == 2 if scale_by_half is None else scale_by_half
    return ((pred - target_distribution(target, pred)) ** 2).sum(-1) * (0.5 if half else 1.0)


@loss(
    "classification",
    aliases=("classification_cost", "expected_misclassification_cost", "cost_sensitive_loss", "bayes_risk"),
    reference="yardstick::classification_cost",
    properties="differentiable",
    units="units of the costs",
    use="some confusions of classes cost more than others: what will the predictions cost?",
    words=("cost matrix", "cost sensitive", "misclassification cost", "decision"),
    see={
        "cross_entropy": "has a slope where a wrong class is certain, for training",
        "costs": "a matrix: a row for each label, a column for each predicted class; without it each wrong class costs 1",
    },
    hints=(unnormalised("pred", lambda c: c["pred"], "give probabilities, softmax(logits)"),),
)
def expected_cost(pred: ProbabilityVector, target: Label, costs: ClassCosts = None):
    """Costs of the classes, given the label, weighted by their probabilities; the label may be a distribution over labels.

    Σ_c p_c M[y, c]; without costs the probability of all other classes

    >>> expected_cost(np.array([[0.5, 0.5]]), np.array([1]), np.array([[0.0, 1.0], [4.0, 0.0]]))
    array([2.])
    """
    costs = 1 - np.eye(pred.shape[-1], dtype=pred.dtype) if costs is None else costs
    return (pred * (target_distribution(target, pred) @ costs)).sum(-1)


@loss(
    "probabilistic",
    aliases=("mean_tweedie_deviance", "tweedie"),
    reference="sklearn.metrics.mean_tweedie_deviance",
    properties="differentiable zero",
    units="target units to the power of 2 − power",
    use="skewed amounts: counts (power 1), claims with many zeros (1 to 2), gamma (2)",
    words=("insurance claims", "zero inflated amounts", "gamma regression"),
    presets=(
        Preset(("poisson_deviance", "mean_poisson_deviance"), options={"power": 1.0}),
        Preset(("gamma_deviance", "mean_gamma_deviance"), options={"power": 2.0}),
    ),
    see={"mse": "equal for power 0", "poisson_nll": "for power 1: twice it, minus twice its value at pred = target"},
)
def tweedie_deviance(pred: TweedieMean, target: TweedieTarget, *, power: TweediePower = 0.0):
    """Unit deviance of a distribution with variance ∝ mean^power: 0 Gaussian, 1 Poisson, 2 gamma, 3 inverse Gaussian.

    2 (max(t, 0)^(2−k) / ((1−k) (2−k)) − t p^(1−k) / (1−k) + p^(2−k) / (2−k));
    the limits are 2 (t log(t/p) − t + p) for k = 1 and 2 (log(p/t) + t/p − 1) for k = 2

    >>> tweedie_deviance(np.array([1.0]), np.array([2.0]), power=3.0)
    array([0.5])
    """
    return tweedie_unit_deviance(pred, target, power)


@loss(
    "probabilistic",
    aliases=("winkler", "winkler_score", "mean_interval_score"),
    reference="scoringrules.interval_score",
    properties="convex",
    units="target units",
    use="prediction intervals should be judged by width and coverage in one number",
    words=("prediction interval", "coverage and width"),
    see={"quantile": "the score is 2/α times its sum over both bounds, with tau ½ α and 1 − ½ α"},
)
def interval_score(
    lower: Real, upper: Real, target: Real, *, alpha: OutsideInterval = 0.05,
    lower_level: Between0And1 | None = None, upper_level: Between0And1 | None = None,
):  # fmt: skip
    """Width of an interval plus a penalty for a target outside; its minimum is the central interval with coverage 1 − alpha.

    (u − l) + 2/α max(0, l − t) + 2/α max(0, t − u), or 1/lower_level and 1/(1 − upper_level) for 2/α

    >>> interval_score(np.array([0.0]), np.array([2.0]), np.array([2.5]), alpha=0.5)
    array([4.])
    """
    below = 2 / alpha if lower_level is None else 1 / lower_level
    above = 2 / alpha if upper_level is None else 1 / (1 - upper_level)
    return (upper - lower) + (below * relu(lower - target) + above * relu(target - upper))


OverLevels = Literal["mean", "sum"]


def of_levels(losses, over_levels):
    """The mean or the sum of the losses of the quantiles on the last axis."""
    return losses.mean(-1) if over_levels == "mean" else losses.sum(-1)


@loss(
    "probabilistic",
    aliases=("wql", "weighted_quantile_loss", "mean_weighted_quantile_loss"),
    reference="the formula (gluonts.ev.metrics.MeanWeightedSumQuantileLoss)",
    properties="convex",
    units="1",
    use="forecasts of several quantiles are compared on one scale over many series",
    see={"quantile": "for one level, not scaled", "wape": "for the median alone"},
)
def weighted_quantile(
    pred: Vector, target: Real, *, quantiles: Levels | None = None, over_levels: OverLevels = "mean", epsilon: NonNegative = 0.0
):  # fmt: skip
    """Sum of twice the pinball loss, averaged over Q quantile levels, divided by the sum of |t|; levels default to i / (Q + 1).

    2 Σ mean_q pinball_τ(p_q, t) / (Σ |t| + ε), or the sum over q

    >>> next(weighted_quantile(np.array([[1.0, 3.0]]), np.array([2.0]), quantiles=[0.25, 0.75]))
    (array([0.5]), array([2.]))
    """
    q = pred.shape[-1]
    levels = np.arange(1, q + 1) / (q + 1) if quantiles is None else plain_array(quantiles)
    losses = of_levels(quantile(pred, target[..., None], tau=levels), over_levels)
    scale, pinball, sizes = yield from scaled_sums(2 * losses, np.abs(target))
    return pinball / explain_zero(sizes + epsilon / scale, "all targets are 0")


@loss(
    "probabilistic",
    aliases=("gaussian_crps",),
    presets=(Preset(("crps_normal",), instead={"mu": "it is --pred here", "mean": "it is --pred here"}),),
    reference="properscoring.crps_gaussian",
    properties="convex differentiable robust symmetric",
    units="target units",
    use="a Gaussian forecast is scored in target units, with less influence of outliers",
    words=("probabilistic forecasting",),
    see={"crps_ensemble": "for samples", "gaussian_nll": "for the same forecast; it takes the variance, and outliers dominate it more"},
)
def crps_gaussian(pred: Real, target: Real, sigma: Positive):
    """Continuous ranked probability score of a Gaussian with mean pred and standard deviation sigma (not the variance).

    σ (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π), z = (t − p) / σ

    >>> crps_gaussian(np.array([0.0]), np.array([0.5]), np.array([1.0]))
    array([0.33140353])
    """
    return gaussian_crps(target - pred, sigma)


@loss(
    "probabilistic",
    presets=(Preset(("crps", "continuous_ranked_probability_score"), by_option={"dist": CRPS_OF}),),
    reference="properscoring.crps_ensemble",
    properties="robust",
    units="target units",
    use="the forecast of a number is an ensemble or a set of samples, as from weather models",
    words=("weather forecasting", "ensemble forecasts", "probabilistic forecasting"),
    see={"energy_score": "for vectors", "mae": "equal for an ensemble of one member", "crps_gaussian": "for a Gaussian"},
)
def crps_ensemble(pred: Ensemble, target: Real, *, fair: bool = False):
    """Continuous ranked probability score of an ensemble with M members; fair is the unbiased estimate for members that are samples.

    mean_i |x_i − t| − ½ Σ_ij |x_i − x_j| / M², with M (M − 1) instead of M² if fair

    >>> crps_ensemble(np.array([[0.0, 1.0, 2.0, 5.0]]), np.array([1.0]))
    array([0.5])
    """
    return ensemble_crps(pred, target, fair)


@loss(
    "probabilistic",
    aliases=("es", "energy_distance_score"),
    reference="scoringrules.es_ensemble",
    units="target units",
    use="the forecast is an ensemble of vectors, such as several places or steps at once",
    see={"crps_ensemble": "for numbers"},
)
def energy_score(pred: Samples, target: Vector):
    """Mean distance of an ensemble of vectors from the target, minus half of the mean distance of its members from each other.

    mean_i ‖x_i − t‖ − ½ mean_ij ‖x_i − x_j‖

    >>> energy_score(np.array([[[0.0, 0.0], [0.0, 2.0]]]), np.array([[0.0, 1.0]]))
    array([0.5])
    """
    m = pred.shape[-2]
    spread = sum(norm(pred - np.roll(pred, k, -2)).mean(-1) for k in range(1, m)) / m
    return norm(pred - target[..., None, :]).mean(-1) - spread / 2
