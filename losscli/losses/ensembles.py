"""Scores of ensembles between two thresholds, and of the dependence between the entries of their vectors."""

from __future__ import annotations

from losscli.domains import AnyOrInfinite, Ensemble, Positive, Real, Samples, Vector
from losscli.numeric.lazy import np
from losscli.numeric.special import ensemble_crps
from losscli.registry import loss

__all__ = ["threshold_weighted_crps", "variogram_score"]

INF = float("inf")


@loss(
    "probabilistic",
    aliases=("twcrps", "twcrps_ensemble"),
    reference="scoringrules.twcrps_ensemble",
    properties="robust",
    units="target units",
    use="ensemble forecasts are compared above a threshold, as of heavy rain, or between two",
    words=("extreme events", "ensemble forecasts", "weather forecasting", "threshold"),
    see={"crps_ensemble": "of all values: equal without bounds"},
)
def threshold_weighted_crps(pred: Ensemble, target: Real, *, a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF, fair: bool = False):
    """Continuous ranked probability score between two thresholds: values below a count as a, values above b as b.

    ∫ (F(z) − [t ≤ z])² dz from a to b

    >>> threshold_weighted_crps(np.array([[0.0, 1.0, 2.0, 5.0]]), np.array([1.0]), a=2.0)
    array([0.1875])
    """
    return ensemble_crps(np.clip(pred, a, b), np.clip(target, a, b), fair)


@loss(
    "probabilistic",
    aliases=("vs_ensemble",),
    reference="scoringrules.vs_ensemble",
    units="target units to the power of 2 p",
    use="an ensemble of vectors should have the right dependence between its places or times",
    words=("ensemble forecasts", "multivariate forecasts", "spatial forecasts", "dependence"),
    see={"energy_score": "is less sensitive to a wrong dependence"},
)
def variogram_score(pred: Samples, target: Vector, *, p: Positive = 0.5):
    """Squared errors of the mean p-th powers of the differences between all pairs of entries, of an ensemble of vectors.

    Σ_ij (|t_i − t_j|^p − mean_k |x_ki − x_kj|^p)²

    >>> variogram_score(np.array([[[0.0, 0.0], [0.0, 4.0]]]), np.array([0.0, 1.0]))
    array([0.])
    """
    observed = np.abs(target[..., :, None] - target[..., None, :]) ** p
    expected = (np.abs(pred[..., :, None] - pred[..., None, :]) ** p).mean(-3)
    return ((observed - expected) ** 2).sum((-2, -1))
