"""Scores of ensembles between two thresholds, by their moments or their smoothed density, and of the dependence within vectors."""

from __future__ import annotations

from losscli.domains import AnyOrInfinite, Ensemble, Positive, Real, Samples, SpanningSamples, Vector
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.probabilities import log_normal_interval
from losscli.numeric.softmax import logsumexp
from losscli.numeric.special import ensemble_crps
from losscli.registry import loss

__all__ = [
    "dawid_sebastiani",
    "ensemble_nll",
    "error_spread",
    "multivariate_dawid_sebastiani",
    "threshold_weighted_crps",
    "variogram_score",
]

INF = float("inf")
LOG_2PI = 1.83787706640934548356
ONE_MEMBER, NO_SPREAD = "an ensemble of one member has no variance", "all members of an ensemble are equal"


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


def _moments(members, bias=False):
    """The mean of the members, their distances from it, and their standard deviation."""
    m = members.shape[-1]
    mean = members.mean(-1)
    off = members - mean[..., None]
    return mean, off, explain_zero(norm(off), NO_SPREAD) / (m if bias else explain_zero(m - 1, ONE_MEMBER)) ** 0.5


@loss(
    "probabilistic",
    aliases=("dawid_sebastiani_score", "dss", "dssuv", "dssuv_ensemble"),
    reference="scoringrules.dssuv_ensemble",
    units="nats, twice, without log 2π",
    use="only the mean and the spread of an ensemble should be judged",
    words=("ensemble forecasts", "mean and variance", "weather forecasting"),
    see={
        "normal_nll": "half of it, plus ½ log 2π",
        "multivariate_dawid_sebastiani": "for vectors",
        "crps_ensemble": "judges the whole ensemble",
    },
)
def dawid_sebastiani(pred: Ensemble, target: Real, *, bias: bool = False):
    """Squared error of the ensemble's mean in units of its variance, plus the logarithm of the variance.

    (t − m)² / s² + log s², m the mean and s² the variance of the members, with M − 1 in its denominator; with M if bias

    >>> dawid_sebastiani(np.array([[0.0, 2.0]]), np.array([2.0]), bias=True)
    array([1.])
    """
    mean, _, deviation = _moments(pred, bias)
    return ((target - mean) / deviation) ** 2 + 2 * np.log(deviation)


@loss(
    "probabilistic",
    aliases=("multivariate_dawid_sebastiani_score", "dssmv", "dssmv_ensemble"),
    reference="scoringrules.dssmv_ensemble",
    units="nats, twice, without log 2π for each entry",
    use="only the mean and the covariance of an ensemble of vectors should be judged",
    words=("ensemble forecasts", "multivariate forecasts", "covariance"),
    see={"dawid_sebastiani": "for numbers", "energy_score": "judges the whole ensemble"},
)
def multivariate_dawid_sebastiani(pred: SpanningSamples, target: Vector, *, bias: bool = False):
    """Squared Mahalanobis distance of the target from the ensemble's mean, plus the log-determinant of its covariance.

    eᵀ C⁻¹ e + log det C, e = t − mean_i x_i, C the covariance of the members, with M − 1 in its denominator; with M if bias

    >>> multivariate_dawid_sebastiani(np.array([[[0.0, 0.0], [2.0, 0.0], [1.0, 3.0], [1.0, 1.0]]]), np.array([[1.0, 1.0]]), bias=True)
    array([-0.28768207])
    """
    mean, m = pred.mean(-2), pred.shape[-2]
    left, e, free = np.swapaxes(pred - mean[..., None, :], -1, -2), target - mean, m if bias else m - 1
    total = -left.shape[-2] * float(np.log(free))
    while left.shape[-2]:  # Gram–Schmidt: what is left of an entry is its part that those before it do not predict
        size = explain_zero(norm(left[..., 0, :]), "the covariance of an ensemble is singular")
        q, z = left[..., 0, :] / size[..., None], e[..., 0] / size
        ratio = (left[..., 1:, :] * q[..., None, :]).sum(-1)
        left, e = left[..., 1:, :] - ratio[..., None] * q[..., None, :], e[..., 1:] - ratio * z[..., None]
        total = total + free * z * z + 2 * np.log(size)
    return total


@loss(
    "probabilistic",
    aliases=("error_spread_score", "ess"),
    reference="scoringrules.error_spread_score",
    units="target units to the power of 4",
    use="the spread and the skewness of an ensemble should predict its squared error",
    words=("ensemble forecasts", "reliability", "spread and error", "weather forecasting"),
    see={"dawid_sebastiani": "is proper for the mean and the variance", "crps_ensemble": "judges the whole ensemble"},
)
def error_spread(pred: Ensemble, target: Real):
    """Squared difference between the variance of an ensemble and its squared error, with the skewness of the ensemble.

    (s² − e² − e s g)², e = m − t, m the mean, s² = Σ d²/(M − 1), g = Σ (d/s)³ / ((M − 1) (M − 2)), d = x_i − m

    >>> error_spread(np.array([[0.0, 1.0, 2.0]]), np.array([1.0]))
    array([1.])
    """
    (mean, off, s), m = _moments(pred), pred.shape[-1]
    r, d = (mean - target) / s, off / s[..., None]
    skewness = (d * d * d).sum(-1) / (m - 1) / explain_zero(m - 2, "an ensemble of two members has no skewness")
    return (s * ((1 - r) * (1 + r) - r * skewness) * s) ** 2


def _silverman(members):
    """Silverman's bandwidth: 1.06 M^(−1/5) times the lesser of the standard deviation and the distance of the quartiles over 1.34."""
    m, y = members.shape[-1], np.sort(members, -1)
    at = lambda q: y[..., int(q)] + (q % 1) * (y[..., min(int(q) + 1, m - 1)] - y[..., int(q)])
    quartiles = (at(0.75 * (m - 1)) - at(0.25 * (m - 1))) / 1.34
    return (
        1.06
        * m**-0.2
        * explain_zero(np.minimum(_moments(members)[2], quartiles), "half of the members of an ensemble are equal: give --bw")
    )


@loss(
    "probabilistic",
    aliases=("logs_ensemble", "kde_nll", "ensemble_log_score", "censored_likelihood_score", "clogs_ensemble", "clogs"),
    reference="scoringrules.logs_ensemble, clogs_ensemble",
    units="nats",
    use="an ensemble is scored by its density, smoothed by a Gaussian kernel",
    words=(
        "ensemble forecasts",
        "kernel density estimate",
        "log score",
        "logarithmic score",
        "extreme events",
        "conditional likelihood score",
    ),
    see={"crps_ensemble": "needs no bandwidth", "mixture_gaussian_nll": "with a weight and a width for each component"},
)
def ensemble_nll(
    pred: Ensemble, target: Real, bw: Positive = None, *, a: AnyOrInfinite = -INF, b: AnyOrInfinite = INF, cens: bool = True
):  # fmt: skip
    """Negative log-density of an ensemble with a Gaussian kernel of the bandwidth bw, Silverman's by default; and its parts within bounds.

    −log p, p = mean_i N(t; x_i, bw²), for a < t < b, else −log(1 − P), P the probability from a to b;
    without cens −log(p / P) for a < t < b, else 0

    >>> ensemble_nll(np.array([[0.0, 0.0]]), np.array([0.0]), np.array([1.0]))
    array([0.91893853])
    """
    width = (_silverman(pred) if bw is None else bw)[..., None]
    log_m = float(np.log(pred.shape[-1]))
    density = np.log(width[..., 0]) + LOG_2PI / 2 + log_m - logsumexp(-(((target[..., None] - pred) / width) ** 2) / 2)
    if (a, b) == (-INF, INF):
        return density
    low, high = (a - pred) / width, (b - pred) / width
    inside, outside = logsumexp(log_normal_interval(low, high)) - log_m, logsumexp(_log_outside(low, high)) - log_m
    return np.where((a < target) & (target < b), density if cens else density + inside, -outside if cens else 0.0 * density)


def _log_outside(low, high):
    """log(Φ(low) + Φ(−high))"""
    return np.logaddexp(log_normal_interval(-INF + 0 * low, low), log_normal_interval(high, INF + 0 * high))
