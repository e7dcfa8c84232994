"""Further functions of the error p − t, as boosters and LossFunctions.jl have them: fair, powers, periodic, of a logarithm."""

from __future__ import annotations

from losscli.domains import AtLeastOne, Level, NonNegative, Positive, Real, Vector
from losscli.losses.regression import quantile, scaled_power_sums
from losscli.numeric import steps
from losscli.numeric.distances import norm
from losscli.numeric.lazy import np
from losscli.numeric.special import x_minus_log1p
from losscli.numeric.steps import relu
from losscli.registry import loss

__all__ = ["fair", "log_lin_quantile", "logit_dist", "lq", "multi_rmse", "periodic", "squared_epsilon_insensitive"]


@loss(
    "regression",
    aliases=("fair_loss", "FairLoss"),
    reference="lightgbm's fair",
    properties="convex differentiable robust symmetric zero",
    units="squared target units",
    use="outliers should count less, with a second derivative that boosting can use everywhere",
    words=("outliers", "robust regression", "boosting"),
    see={"huber": "has a second derivative of 0 for large errors", "log_cosh": "grows towards the absolute error faster"},
)
def fair(pred: Real, target: Real, *, c: Positive = 1.0):
    """About ½ e² for errors below c, about c times the error for large ones.

    c² (|e|/c − log(1 + |e|/c))

    >>> fair(np.array([3.0]), np.array([2.0]))
    array([0.30685282])
    """
    return c * c * x_minus_log1p(np.abs(pred - target) / c)


@loss(
    "regression",
    aliases=("squared_eps_insensitive", "l2_epsilon_insensitive"),
    reference="the squared_epsilon_insensitive loss of sklearn.svm.LinearSVR",
    properties="convex differentiable symmetric zero",
    units="squared target units",
    use="errors within a tolerance should cost nothing, and large errors should count most",
    words=("support vector regression", "svr"),
    see={"epsilon_insensitive": "the same without the square", "mse": "equal for epsilon 0"},
)
def squared_epsilon_insensitive(pred: Real, target: Real, *, epsilon: NonNegative = 0.1):
    """Square of the part of the absolute error that is above epsilon; 0 for smaller errors.

    max(0, |p − t| − ε)²

    >>> squared_epsilon_insensitive(np.array([3.0]), np.array([1.0]), epsilon=0.5)
    array([2.25])
    """
    return relu(np.abs(pred - target) - epsilon) ** 2


@loss(
    "regression",
    aliases=("logistic_distance", "logit_dist_loss"),
    reference="the formula (LossFunctions.LogitDistLoss)",
    properties="convex differentiable robust symmetric zero",
    units="target units",
    use="errors follow a logistic distribution, with heavier tails than a Gaussian",
    see={"log_cosh": "the same with half of the scale: twice log_cosh of half the error"},
)
def logit_dist(pred: Real, target: Real):
    """Negative log-density of a logistic distribution around the prediction, 0 at its maximum.

    −log(4 e^r / (1 + e^r)²), r = p − t

    >>> logit_dist(np.array([1000.0]), np.array([0.0]))
    array([998.61370564])
    """
    return 2 * steps.log_cosh((pred - target) / 2)


@loss(
    "regression",
    aliases=("periodic_loss", "circular", "cosine_of_error"),
    reference="the formula (LossFunctions.PeriodicLoss)",
    properties="symmetric zero robust",
    units="1 (from 0 to 2)",
    use="targets are angles, times of day or other values that start again after a period",
    words=("angles", "circular data", "time of day", "direction"),
    see={"mse": "does not know that 359 and 1 degrees are near"},
)
def periodic(pred: Real, target: Real, *, c: Positive = 1.0):
    """Distance on a circle with the circumference c: 0 for errors that are multiples of c, 2 half way between.

    1 − cos(2 π (p − t) / c)

    >>> periodic(np.array([350.0]), np.array([10.0]), c=360.0)
    array([0.06030738])
    """
    turns = (pred - target) / c
    return 2 * np.sin(np.pi * (turns - np.rint(turns))) ** 2  # 1 − cos would cancel near a multiple of the period


@loss(
    "regression",
    aliases=("lq_loss", "power_of_error"),
    reference="catboost's Lq",
    properties="convex symmetric zero",
    units="target units to the power of q",
    use="one exponent should set how much large errors count: 1 as mae, 2 as mse",
    see={"mae": "equal for q 1", "mse": "equal for q 2", "minkowski": "the q-th root of the sum"},
)
def lq(pred: Real, target: Real, *, q: AtLeastOne = 2.0):
    """A power of the absolute error.

    |p − t|^q

    >>> lq(np.array([3.0]), np.array([1.0]), q=3.0)
    array([8.])
    """
    return np.abs(pred - target) ** q


@loss(
    "regression",
    aliases=("loglin_quantile",),
    reference="catboost's LogLinQuantile",
    properties="",
    units="target units",
    use="a quantile of an amount above 0 is predicted by its logarithm",
    words=("quantile regression", "pinball loss"),
    see={"quantile": "of the amount itself"},
)
def log_lin_quantile(pred: Real, target: Real, *, tau: Level = 0.5):
    """Pinball loss of a quantile whose logarithm is predicted.

    τ u where u = t − e^p ≥ 0, else (τ − 1) u

    >>> log_lin_quantile(np.array([0.0]), np.array([3.0]), tau=0.75)
    array([1.5])
    """
    return quantile(np.exp(pred), target, tau=tau)


@loss(
    "regression",
    aliases=("multivariate_rmse", "rmse_of_vectors"),
    reference="catboost's MultiRMSE",
    properties="convex symmetric zero",
    units="target units",
    use="several outputs are one prediction, and the length of its error vector should be small",
    words=("several outputs", "multi-output", "multivariate regression"),
    see={"rmse": "a root for each output, or with --per all one that is smaller by the root of the number of outputs"},
)
def multi_rmse(pred: Vector, target: Vector):
    """Root mean square of the length of the error vector.

    √ (Σ_i ‖p_i − t_i‖² / N)

    >>> next(multi_rmse(np.array([[3.0, 4.0]]), np.array([[0.0, 0.0]])))
    (array([25.]), 1)
    """
    ((scale, squares),), n = yield from scaled_power_sums([norm(pred - target)], 2, 1)
    return scale * np.sqrt(squares / n)
