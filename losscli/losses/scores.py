"""Proper scores of a forecast: of probabilities, means, intervals, quantiles, ensembles."""

from __future__ import annotations

from losscli.diagnostics import unnormalised
from losscli.domains import (
    Ensemble,
    Label,
    Levels,
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
from losscli.frameworks import sklearn
from losscli.losses.regression import quantile, sums
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import target_distribution
from losscli.numeric.special import ensemble_crps, gaussian_crps, tweedie_unit_deviance
from losscli.numeric.steps import relu
from losscli.registry import Preset, loss

__all__ = [
    "brier", "crps_ensemble", "crps_gaussian", "energy_score", "interval_score", "multiclass_brier", "tweedie_deviance",
    "weighted_quantile",
]  # fmt: skip


@loss(
    "probabilistic",
    aliases=("brier_score", "brier_score_loss", "binary_brier"),
    reference="sklearn.metrics.brier_score_loss",
    properties="convex differentiable symmetric zero",
    units="squared probability units",
    use="yes-or-no forecasts are scored, and a confident mistake should cost at most 1",
    presets=(sklearn("brier_score_loss"),),
    see={"multiclass_brier": "of a probability for each class", "bce": "which a confident mistake costs without bound"},
)
def brier(pred: Probability, target: Probability, *, scale_by_half: bool = True):
    """Squared distance of a probability from what happened, 0 or 1; twice that, the sum over both outcomes, if not scale_by_half.

    (p − t)²

    >>> brier(np.array([0.75]), np.array([1.0]))
    array([0.0625])
    """
    return (pred - target) ** 2 * (1 if scale_by_half else 2)


@loss(
    "probabilistic",
    aliases=("brier_multiclass", "quadratic_score"),
    reference="sklearn.metrics.brier_score_loss, of three classes or more",
    properties="convex differentiable",
    units="squared probability units",
    use="class probabilities are scored, and a confident mistake should have a bounded cost",
    see={"brier": "of the probability of one outcome; for two classes scikit-learn halves this sum"},
    hints=(unnormalised("pred", lambda c: c["pred"], "give probabilities, softmax(logits)"),),
)
def multiclass_brier(pred: ProbabilityVector, target: Label, *, scale_by_half: bool = False):
    """Squared distance of the probabilities of all classes from the label, or from a distribution over labels.

    Σ_c (p_c − q_c)², q the one-hot label, times ½ if scale_by_half

    >>> multiclass_brier(np.array([[0.5, 0.5, 0.0]]), np.array([1]))
    array([0.5])
    """
    return ((pred - target_distribution(target, pred)) ** 2).sum(-1) * (0.5 if scale_by_half else 1.0)


@loss(
    "probabilistic",
    aliases=("mean_tweedie_deviance", "tweedie"),
    reference="sklearn.metrics.mean_tweedie_deviance",
    properties="differentiable zero",
    units="target units to the power of 2 − power",
    use="skewed amounts: counts (power 1), claims with many zeros (1 to 2), gamma (2)",
    presets=(
        sklearn("mean_tweedie_deviance"),
        Preset(("poisson_deviance", "mean_poisson_deviance", "sklearn.metrics.mean_poisson_deviance"), {"power": 1.0}),
        Preset(("gamma_deviance", "mean_gamma_deviance", "sklearn.metrics.mean_gamma_deviance"), {"power": 2.0}),
    ),
    see={"mse": "power 0", "poisson_nll": "power 1 is twice it, less its value at pred = target"},
)
def tweedie_deviance(pred: TweedieMean, target: TweedieTarget, *, power: TweediePower = 0.0):
    """Twice what the log density lacks where its variance is proportional to a power of the mean: 0 Gaussian, 1 Poisson, 2 gamma, 3 Wald.

    2 (max(t, 0)^(2−k) / ((1−k) (2−k)) − t p^(1−k) / (1−k) + p^(2−k) / (2−k));
    its limits 2 (t log(t/p) − t + p) at 1 and 2 (log(p/t) + t/p − 1) at 2

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
    use="prediction intervals are judged by width and coverage in one number",
    presets=(Preset(("scoringrules.interval_score",), reduction="none"),),
    see={"quantile": "the score is 2/α times the sum of that of both bounds, tau ½ α and 1 − ½ α"},
)
def interval_score(lower: Real, upper: Real, target: Real, *, alpha: OutsideInterval = 0.05):
    """The width of an interval, and a price for what lies outside; smallest for the central interval of coverage 1 − alpha.

    (u − l) + 2/α max(0, l − t) + 2/α max(0, t − u)

    >>> interval_score(np.array([0.0]), np.array([2.0]), np.array([2.5]), alpha=0.5)
    array([4.])
    """
    return (upper - lower) + 2 / alpha * (relu(lower - target) + relu(target - upper))


@loss(
    "probabilistic",
    aliases=("wql", "weighted_quantile_loss", "mean_weighted_quantile_loss"),
    reference="the formula (gluonts.ev.metrics.MeanWeightedSumQuantileLoss)",
    properties="convex",
    units="1",
    use="forecasts of several quantiles are compared on one scale over many series",
    see={"quantile": "of one level, not scaled", "wape": "of the median alone"},
)
def weighted_quantile(pred: Vector, target: Real, *, quantiles: Levels | None = None):
    """Twice the pinball losses of all quantile forecasts as a share of the targets, averaged over the levels (i / (Q + 1) if not given).

    2 Σ mean_q pinball_τ(p_q, t) / Σ |t|

    >>> next(weighted_quantile(np.array([[1.0, 3.0]]), np.array([2.0]), quantiles=[0.25, 0.75]))
    (array([0.5]), array([2.]))
    """
    q = pred.shape[-1]
    levels = np.arange(1, q + 1) / (q + 1) if quantiles is None else np.asarray(quantiles)
    _, pinball, sizes = yield from sums(2 * quantile(pred, target[..., None], tau=levels).mean(-1), np.abs(target))
    return pinball / explain_zero(sizes, "all targets are 0")


@loss(
    "probabilistic",
    aliases=("crps_normal", "gaussian_crps"),
    reference="properscoring.crps_gaussian",
    properties="convex differentiable robust symmetric",
    units="target units",
    use="a Gaussian forecast is scored in target units, and outliers rule less than in gaussian_nll",
    presets=(Preset(("properscoring.crps_gaussian", "scoringrules.crps_normal"), reduction="none"),),
    see={"crps_ensemble": "of samples", "gaussian_nll": "of the same forecast; it takes the variance"},
)
def crps_gaussian(pred: Real, target: Real, sigma: Positive):
    """Continuous ranked probability score of a Gaussian with mean pred and a deviation (not a variance) of its own.

    σ (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π), z = (t − p) / σ

    >>> crps_gaussian(np.array([0.0]), np.array([0.5]), np.array([1.0]))
    array([0.33140353])
    """
    return gaussian_crps(target - pred, sigma)


@loss(
    "probabilistic",
    aliases=("crps", "continuous_ranked_probability_score"),
    reference="properscoring.crps_ensemble",
    properties="robust",
    units="target units",
    use="members of an ensemble, or samples, forecast a number, as weather models do",
    presets=(
        Preset(("properscoring.crps_ensemble",), reduction="none"),
        Preset(
            (
                "torchmetrics.ContinuousRankedProbabilityScore",
                "torchmetrics.regression.ContinuousRankedProbabilityScore",
                "torchmetrics.functional.regression.continuous_ranked_probability_score",
            )
        ),
    ),
    see={"energy_score": "of vectors", "mae": "an ensemble of one member", "crps_gaussian": "of a Gaussian"},
)
def crps_ensemble(pred: Ensemble, target: Real, *, fair: bool = False):
    """Continuous ranked probability score of the members of an ensemble; fair: unbiased for members that are samples.

    mean_i |x_i − t| − ½ Σ_ij |x_i − x_j| / M², M (M − 1) instead of M² if fair

    >>> crps_ensemble(np.array([[0.0, 1.0, 2.0, 5.0]]), np.array([1.0]))
    array([0.5])
    """
    return ensemble_crps(pred, target, fair)


@loss(
    "probabilistic",
    aliases=("es", "energy_distance_score"),
    reference="scoringrules.es_ensemble",
    units="target units",
    use="an ensemble forecasts vectors, such as several places or steps at once",
    presets=(Preset(("scoringrules.es_ensemble", "scoringrules.energy_score"), reduction="none"),),
    see={"crps_ensemble": "of numbers"},
)
def energy_score(pred: Samples, target: Vector):
    """The score of an ensemble of vectors: how far they are from what happened, less half of how far they are from each other.

    mean_i ‖x_i − t‖ − ½ mean_ij ‖x_i − x_j‖

    >>> energy_score(np.array([[[0.0, 0.0], [0.0, 2.0]]]), np.array([[0.0, 1.0]]))
    array([0.5])
    """
    m = pred.shape[-2]
    apart = sum(norm(pred - np.roll(pred, k, -2)).mean(-1) for k in range(1, m)) / m
    return norm(pred - target[..., None, :]).mean(-1) - apart / 2
