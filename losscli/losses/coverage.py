"""How often intervals and quantiles hold, and how wide intervals are."""

from __future__ import annotations

from losscli.aggregation import ByClass
from losscli.domains import Levels, Real, Vector
from losscli.losses.quantiles import levels_of
from losscli.numeric.lazy import np
from losscli.numeric.steps import relu
from losscli.registry import loss

__all__ = ["interval_coverage", "interval_miss", "interval_violation", "interval_width", "quantile_coverage", "quantile_coverage_error"]


@loss(
    "probabilistic",
    aliases=("coverage", "picp", "empirical_coverage", "share_inside"),
    reference="utilsforecast.losses.coverage",
    units="1 (a share)",
    use="the share of targets inside prediction intervals is compared with the promised level",
    words=("prediction interval", "coverage", "calibration", "conformal prediction"),
    see={"interval_miss": "the share outside: lower is better", "interval_score": "with the width too", "coverage_error": "of labels"},
)
def interval_coverage(lower: Real, upper: Real, target: Real):
    """1 for a target inside its interval, bounds included, else 0: the mean is the share inside (for gates: --min 0.9).

    1 if l ≤ t ≤ u, else 0

    >>> interval_coverage(np.array([0.0]), np.array([2.0]), np.array([2.0]))
    array([1.])
    """
    return np.where((lower <= target) & (target <= upper), 1.0 + 0 * target, 0.0)


@loss(
    "probabilistic",
    aliases=("miscoverage", "share_outside"),
    reference="1 − utilsforecast.losses.coverage",
    units="1 (a share)",
    use="at most a share of the targets may be outside prediction intervals",
    words=("prediction interval", "coverage", "calibration", "conformal prediction"),
    see={"interval_coverage": "the share inside", "interval_score": "with the width too"},
)
def interval_miss(lower: Real, upper: Real, target: Real):
    """1 for a target outside its interval, else 0: the mean is the share outside (for gates: --max 0.1).

    0 if l ≤ t ≤ u, else 1

    >>> interval_miss(np.array([0.0]), np.array([2.0]), np.array([2.5]))
    array([1.])
    """
    return np.where((lower <= target) & (target <= upper), 0 * target, 1.0)


@loss(
    "probabilistic",
    aliases=("constraint_violation", "distance_outside"),
    reference="sktime.performance_metrics.forecasting.probabilistic.ConstraintViolation",
    properties="convex robust",
    units="target units",
    use="what counts is how far targets are outside their intervals",
    words=("prediction interval", "coverage", "constraint"),
    see={"interval_miss": "each target outside counts 1", "interval_score": "with the width too, and a penalty by the level"},
)
def interval_violation(lower: Real, upper: Real, target: Real):
    """Distance of a target from its interval, 0 inside.

    l − t where t < l, plus t − u where t > u

    >>> interval_violation(np.array([0.0]), np.array([2.0]), np.array([2.5]))
    array([0.5])
    """
    return relu(lower - target) + relu(target - upper)


@loss(
    "probabilistic",
    aliases=("sharpness", "mean_interval_width", "mpiw"),
    reference="darts.metrics.miw",
    properties="convex",
    units="target units",
    use="intervals of the same coverage are compared by their width",
    words=("prediction interval", "sharpness", "width"),
    see={"interval_score": "with a penalty for targets outside"},
)
def interval_width(lower: Real, upper: Real):
    """Width of an interval.

    u − l

    >>> interval_width(np.array([0.5]), np.array([2.0]))
    array([1.5])
    """
    return upper - lower


@loss(
    "probabilistic",
    aliases=("share_below", "empirical_level"),
    reference="utilsforecast.losses.calibration",
    units="1 (a share)",
    use="the share of targets at or below a predicted quantile is compared with its level",
    words=("calibration", "quantile forecasts", "coverage"),
    see={"quantile_coverage_error": "how far the shares of several quantiles are from their levels"},
)
def quantile_coverage(pred: Real, target: Real):
    """1 for a target at or below its predicted quantile, else 0: the mean should be the level of the quantile.

    1 if t ≤ p, else 0

    >>> quantile_coverage(np.array([2.0]), np.array([2.0]))
    array([1.])
    """
    return np.where(target <= pred, 1.0 + 0 * pred, 0.0)


@loss(
    "probabilistic",
    aliases=("mae_coverage", "coverage_mae", "quantile_calibration_error"),
    reference="gluonts.ev.metrics.MAECoverage",
    units="1 (a share)",
    use="quantiles of several levels should hold as often as their levels say",
    words=("calibration", "quantile forecasts", "coverage"),
    see={"quantile_coverage": "the share for one level", "wis": "a proper score, with the width too"},
)
def quantile_coverage_error(pred: Vector, target: Real, *, quantiles: Levels | None = None):
    """Mean over the levels of how far the share of targets at or below a quantile is from its level.

    mean_q |share(t ≤ p_q) − τ_q|

    >>> next(quantile_coverage_error(np.array([[1.0, 3.0]]), np.array([2.0])))[0].column
    array([[0., 1.]])
    """
    below, n = yield ByClass(np.where(target[..., None] <= pred, 1.0 + 0 * pred, 0.0)), ByClass(np.ones(pred.shape, pred.dtype))
    return np.abs(below / n - levels_of(pred, quantiles)).mean(-1)
