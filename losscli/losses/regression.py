"""Errors of a predicted number: squared, absolute, relative, logarithmic."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import Aligned, Max
from losscli.diagnostics import DIVIDED_BY_TARGET
from losscli.domains import Level, NonNegative, Positive, Real
from losscli.numeric import steps
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero, where
from losscli.numeric.scaling import SUM_SCALE, all_true, in_safe_range, power_of_two_scale
from losscli.numeric.steps import clamp_max, relu, stop_gradient
from losscli.registry import Preset, loss

__all__ = ["half_squared_error", "huber", "log_cosh", "mae", "mape", "mse", "quantile", "rmse", "smooth_l1"]


def scaled_power_sums(columns, p, *others):
    """For each column x ≥ 0 a pair (u, Σ (x/u)^p) over all rows, so that the sum cannot overflow; then the sums of the other columns.

    The scale u is 1, unless a sum of powers overflows or underflows: then it is near the largest x, and costs one more pass.
    """
    n = len(columns)
    merged = yield *(x**p for x in columns), *others
    sums, other_sums = merged[:n], merged[n:]
    safe = [in_safe_range(s) for s in sums]
    if all(map(all_true, safe)):
        return [(1.0, s) for s in sums], *other_sums
    largest = yield *(Aligned(Max(x)) for x in columns), *(Max(x) for x in columns)
    aligned, scales = ([stop_gradient(power_of_two_scale(x)) for x in part] for part in (largest[:n], largest[n:]))
    scaled = yield tuple(clamp_max(x / u, 2) ** p for x, u in zip(columns, aligned, strict=True))  # above 2 only with sample weight 0
    infinite = [stop_gradient(x) == np.inf for x in largest[n:]]
    scaled = [np.where(i, np.inf, s) for i, s in zip(infinite, scaled, strict=True)]
    return [(np.where(k, 1.0, u), np.where(k, s, r)) for k, u, s, r in zip(safe, scales, sums, scaled, strict=True)], *other_sums


def scaled_sums(*columns):
    """A scale u, and Σ x/u over all rows for each column x; u is 1 unless a sum overflows."""
    totals = yield columns
    if all(all_true(s < np.inf) for s in totals):
        return 1.0, *totals
    totals = yield tuple(c / SUM_SCALE for c in columns)
    return SUM_SCALE, *totals


@loss(
    "regression",
    aliases=("mse_loss", "MSELoss", "mean_squared_error", "MeanSquaredError", "l2", "squared_error", "quadratic"),
    reference="torch.nn.functional.mse_loss",
    properties="convex differentiable symmetric zero",
    units="squared target units",
    use="the prediction should be the mean of the target, and large errors should count most",
    words=("regression", "squared loss", "least squares", "image reconstruction", "autoencoder"),
    presets=(Preset(("weighted_mse",), weighted="elements"),),
    see={
        "rmse": "the square root of its mean, in the units of the target",
        "half_squared_error": "half of it; optax calls that l2_loss",
        "weighted_mse": "the same, but a weighted mean is divided by the number of elements, not by the sum of the weights",
    },
)
def mse(pred: Real, target: Real):
    """Squared error.

    (p − t)²

    >>> mse(np.array([3.0]), np.array([1.0]))
    array([4.])
    """
    return (pred - target) ** 2


@loss(
    "regression",
    aliases=("l2_loss", "half_mse"),
    reference="optax.losses.l2_loss",
    properties="convex differentiable symmetric zero",
    units="squared target units",
    use="squared errors, where the gradient should be the difference p − t without a factor of 2",
    see={"mse": "twice it; most other libraries call that the L2 loss"},
)
def half_squared_error(pred: Real, target: Real):
    """Half of the squared error.

    ½ (p − t)²

    >>> half_squared_error(np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    return (pred - target) ** 2 / 2


@loss(
    "regression",
    aliases=("l1_loss", "L1Loss", "mean_absolute_error", "MeanAbsoluteError", "l1", "absolute_error"),
    reference="torch.nn.functional.l1_loss",
    properties="convex robust symmetric zero",
    units="target units",
    use="the prediction should be the median of the target, or outliers should count little",
    words=("regression", "absolute deviation", "least absolute deviations"),
    see={"quantile": "half of it for tau 0.5"},
)
def mae(pred: Real, target: Real):
    """Absolute error.

    |p − t|

    >>> mae(np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    return abs(pred - target)


@loss(
    "regression",
    aliases=("root_mean_squared_error", "RootMeanSquaredError", "mcrmse", "mean_columnwise_rmse"),
    reference="sklearn.metrics.root_mean_squared_error",
    properties="convex symmetric zero",
    units="target units",
    use="squared errors should be reported in the units of the target",
    per="channel",
    see={"mse": "without the root; several outputs give the mean of their roots, --per all the root of the overall mean"},
)
def rmse(pred: Real, target: Real):
    """Square root of the mean squared error, for each output.

    √ (Σ (p − t)² / N)

    >>> next(rmse(np.array([3.0]), np.array([1.0])))
    (array([4.]), 1)
    """
    ((scale, squares),), n = yield from scaled_power_sums([abs(pred - target)], 2, 1)
    return scale * np.sqrt(squares / n)


@loss(
    "regression",
    aliases=("huber_loss", "HuberLoss"),
    reference="torch.nn.functional.huber_loss",
    properties="convex differentiable robust symmetric zero",
    units="squared target units",
    use="regression with some outliers, where the loss should be smooth at its minimum",
    words=("outliers", "robust regression", "noisy targets"),
    see={"smooth_l1": "huber(δ) = δ · smooth_l1(β = δ): they are equal only for δ = 1"},
)
def huber(pred: Real, target: Real, *, delta: Positive = 1.0):
    """Quadratic for errors up to delta, linear for larger ones.

    ½ e² where e = |p − t| ≤ δ, else δ (e − ½ δ)

    >>> huber(np.array([3.0]), np.array([0.0]), delta=2.0)
    array([4.])
    """
    e = abs(pred - target)
    q = np.minimum(e, delta)
    return q * (e - 0.5 * q)


@loss(
    "regression",
    aliases=("smooth_l1_loss", "SmoothL1Loss", "clean_l1"),
    reference="torch.nn.functional.smooth_l1_loss",
    properties="convex differentiable robust symmetric zero",
    units="target units",
    use="box offsets of a detector, or outliers, with a gradient of at most 1 for any beta",
    words=("bounding box regression", "object detection", "keypoints"),
    presets=(Preset(("learnable_huber", "huber_learnable_delta"), renames={"init_delta": "beta", "delta": "beta"}),),
    see={"huber": "huber(δ) = δ · smooth_l1(β = δ): they are equal only for δ = 1", "mae": "equal to it for beta 0"},
)
def smooth_l1(pred: Real, target: Real, *, beta: NonNegative = 1.0):
    """Quadratic for errors below beta, the absolute error minus ½ beta for larger ones.

    ½ e² / β where e = |p − t| < β, else e − ½ β

    >>> smooth_l1(np.array([3.0]), np.array([0.0]), beta=2.0)
    array([2.])
    """
    e = abs(pred - target)
    q = np.minimum(e, beta)
    return q / beta * (e - 0.5 * q) if beta else e


@loss(
    "regression",
    aliases=("logcosh",),
    reference="optax.losses.log_cosh",
    properties="convex differentiable robust symmetric zero",
    units="target units",
    use="a smooth robust loss like huber, but without a threshold to tune",
    see={"huber": "has the same shape, with a threshold delta"},
)
def log_cosh(pred: Real, target: Real):
    """About ½ e² for small errors e, about |e| − log 2 for large ones.

    log cosh (p − t)

    >>> log_cosh(np.array([1000.0]), np.array([0.0]))
    array([999.30685282])
    """
    return steps.log_cosh(pred - target)


@loss(
    "regression",
    aliases=("pinball", "quantile_loss", "pinball_loss", "mean_pinball_loss"),
    reference="sklearn.metrics.mean_pinball_loss",
    properties="convex robust zero",
    units="target units",
    use="the prediction should be a quantile of the target, such as a stock level or a bound",
    words=("forecasting", "pinball loss", "prediction interval", "quantile regression"),
    see={"mae": "twice this loss for tau 0.5"},
)
def quantile(pred: Real, target: Real, *, tau: Level = 0.5, epsilon: NonNegative = 0.0):
    """Absolute error, times tau for targets above the prediction and 1 − tau for targets below; its minimum is the tau-quantile.

    τ u where u = t − p ≥ 0, else (τ − 1) u; with ε an error up to ε costs nothing, and a larger one is ε less

    >>> quantile(np.array([1.0]), np.array([3.0]), tau=0.75)
    array([1.5])
    """
    u = target - pred
    if epsilon:
        size = relu(np.abs(u) - epsilon)
        return where(u >= 0, tau * size, (1 - tau) * size)
    return where(u >= 0, tau * u, (tau - 1) * u)


AtZero = Literal["epsilon", "zero", "omit", "defined", "missing"]


@loss(
    "regression",
    aliases=("mean_absolute_percentage_error", "MeanAbsolutePercentageError"),
    reference="sklearn.metrics.mean_absolute_percentage_error",
    properties="convex robust zero",
    units="1 (a fraction), or percent",
    use="relative errors should be reported, and no target is near 0",
    see={"at_zero": "of a target of 0: omit leaves it out; defined and missing are 0 for a prediction of 0, else left out, or nan"},
    words=("forecasting", "percentage error", "demand"),
    hints=DIVIDED_BY_TARGET,
)
def mape(pred: Real, target: Real, *, epsilon: Positive = 2.0**-52, percent: bool = False, at_zero: AtZero = "epsilon"):
    """Absolute error divided by the absolute value of the target; at_zero says what it is where the target is 0.

    |p − t| / max(|t|, ε), times 100 if percent

    >>> mape(np.array([90.0]), np.array([100.0]))
    array([0.1])
    """
    value = np.abs(pred - target) / np.maximum(np.abs(target), epsilon) * (100 if percent else 1)
    if at_zero == "epsilon":
        return value
    undefined, value = (target == 0) & ((pred != 0) | (at_zero == "omit")), np.where(target == 0, 0.0, value)
    if at_zero in ("zero", "missing"):
        return value / explain_zero(np.where(undefined, target, 1.0), "a target is 0") if at_zero == "missing" else value
    return value, np.where(undefined, 0.0, 1.0).astype(value.dtype)
