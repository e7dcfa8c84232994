"""Distances between a prediction and a number."""

from __future__ import annotations

from losscli.aggregation import Aligned, Max
from losscli.diagnostics import Diagnostic, any_of_row
from losscli.domains import AboveMinusOne, Level, NonNegative, Positive, Real
from losscli.frameworks import keras, optax, sklearn, torch
from losscli.numeric import steps
from losscli.numeric.lazy import np
from losscli.numeric.primitive import where
from losscli.numeric.scaling import SUM_SCALE, all_true, in_safe_range, power_of_two_scale
from losscli.numeric.steps import clamp_max, log1p_ratio, stop_gradient
from losscli.registry import Preset, loss

__all__ = ["half_squared_error", "huber", "log_cosh", "mae", "mape", "mse", "msle", "quantile", "rmse", "rmsle", "smooth_l1"]


def power_sums(sizes, p, *beside):
    """Σ x^p over all rows for each x ≥ 0 of `sizes`, as the unit that x is taken in and the sum; then what comes of the columns beside.

    The unit is 1 unless a power overflows or is rounded to 0: then x is taken by its largest value, in one more pass.
    """
    back = yield *(x**p for x in sizes), *beside
    sums, rest = back[: len(sizes)], back[len(sizes) :]
    held = [in_safe_range(s) for s in sums]
    if all(map(all_true, held)):
        return [(1.0, s) for s in sums], *rest
    largest = yield *(Aligned(Max(x)) for x in sizes), *(Max(x) for x in sizes)
    aligned, units = ([stop_gradient(power_of_two_scale(x)) for x in part] for part in (largest[: len(sizes)], largest[len(sizes) :]))
    again = yield tuple(clamp_max(x / u, 2) ** p for x, u in zip(sizes, aligned, strict=True))  # more is a row without weight
    lost = [stop_gradient(x) == np.inf for x in largest[len(sizes) :]]  # an x that is itself too large for float64
    again = [np.where(gone, np.inf, a) for gone, a in zip(lost, again, strict=True)]
    return [(np.where(h, 1.0, u), np.where(h, s, a)) for h, u, s, a in zip(held, units, sums, again, strict=True)], *rest


def sums(*columns):
    """The unit in which the sums of columns are taken, and the sums: 1 unless one of them overflows."""
    found = yield columns
    if all(all_true(s < np.inf) for s in found):
        return 1.0, *found
    found = yield tuple(c / SUM_SCALE for c in columns)
    return SUM_SCALE, *found


@loss(
    "regression",
    aliases=("mse_loss", "MSELoss", "mean_squared_error", "MeanSquaredError", "l2", "squared_error", "quadratic"),
    reference="torch.nn.functional.mse_loss",
    properties="convex differentiable symmetric zero",
    units="squared target units",
    use="the mean is wanted and large errors should count most, in clean data",
    presets=(
        torch("MSELoss", "functional.mse_loss"),
        keras("MeanSquaredError", "mean_squared_error"),
        optax("squared_error"),
        sklearn("mean_squared_error"),
        Preset(("weighted_mse",), weighted="elements"),
    ),
    see={
        "rmse": "its root, in the units of the target",
        "half_squared_error": "half of it, which optax calls l2_loss",
        "weighted_mse": "the same squares, but a weighted mean divides by their number, not by the sum of the weights",
    },
)
def mse(pred: Real, target: Real):
    """Squared distance.

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
    use="squared errors whose gradient should be the plain difference, without a factor 2",
    presets=(optax("l2_loss"),),
    see={"mse": "twice it, and what is called L2 elsewhere"},
)
def half_squared_error(pred: Real, target: Real):
    """Half of the squared distance.

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
    use="the median is wanted, or outliers should not rule",
    presets=(
        torch("L1Loss", "functional.l1_loss"),
        keras("MeanAbsoluteError", "mean_absolute_error"),
        sklearn("mean_absolute_error"),
    ),
    see={"quantile": "tau 0.5 gives half of it"},
)
def mae(pred: Real, target: Real):
    """Distance.

    |p − t|

    >>> mae(np.array([3.0]), np.array([1.0]))
    array([2.])
    """
    return abs(pred - target)


@loss(
    "regression",
    aliases=("root_mean_squared_error", "RootMeanSquaredError"),
    reference="sklearn.metrics.root_mean_squared_error",
    properties="convex symmetric zero",
    units="target units",
    use="squared errors are to be reported in the units of the target",
    per="channel",
    presets=(sklearn("root_mean_squared_error"),),
    see={"mse": "before the root; several outputs: the mean of their roots, not the root of the overall mean (--per all)"},
)
def rmse(pred: Real, target: Real):
    """Root of the mean squared distance, of each output.

    √ (Σ (p − t)² / N)

    >>> next(rmse(np.array([3.0]), np.array([1.0])))
    (array([4.]), 1)
    """
    ((unit, squares),), n = yield from power_sums([abs(pred - target)], 2, 1)
    return unit * np.sqrt(squares / n)


@loss(
    "regression",
    aliases=("huber_loss", "HuberLoss"),
    reference="torch.nn.functional.huber_loss",
    properties="convex differentiable robust symmetric zero",
    units="squared target units",
    use="regression with some outliers, where a smooth minimum matters",
    presets=(
        torch("HuberLoss", "functional.huber_loss", weighted="elements"),
        keras("Huber", "huber"),
        optax("huber_loss"),
    ),
    see={"smooth_l1": "huber(δ) = δ · smooth_l1(β = δ): the same only at 1"},
)
def huber(pred: Real, target: Real, *, delta: Positive = 1.0):
    """Quadratic within delta of the target, linear beyond it.

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
    use="box offsets of a detector, or outliers, with a slope of at most 1 whatever beta is",
    presets=(
        torch("SmoothL1Loss", "functional.smooth_l1_loss"),
        Preset(("learnable_huber", "huber_learnable_delta"), renames={"init_delta": "beta", "delta": "beta"}),
    ),
    see={"huber": "huber(δ) = δ · smooth_l1(β = δ): the same only at 1", "mae": "beta 0"},
)
def smooth_l1(pred: Real, target: Real, *, beta: NonNegative = 1.0):
    """Quadratic within beta of the target, the distance less ½ beta beyond it.

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
    use="a loss like huber is wanted, but with no threshold to tune",
    presets=(keras("LogCosh", "log_cosh"), optax("log_cosh")),
    see={"huber": "quadratic near the target and linear far off as well, without a delta to choose"},
)
def log_cosh(pred: Real, target: Real):
    """Nearly ½ e² near the target, nearly |e| − log 2 far from it.

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
    use="a quantile of the target is wanted, such as a stock level or the bound of an interval",
    presets=(sklearn("mean_pinball_loss", renames={"alpha": "tau"}),),
    see={"mae": "tau 0.5 gives half of it"},
)
def quantile(pred: Real, target: Real, *, tau: Level = 0.5):
    """Distance, times tau above the prediction and 1 − tau below it: smallest at the tau-quantile.

    τ u where u = t − p ≥ 0, else (τ − 1) u

    >>> quantile(np.array([1.0]), np.array([3.0]), tau=0.75)
    array([1.5])
    """
    u = target - pred
    return where(u >= 0, tau * u, (tau - 1) * u)


_SMALL_TARGET = Diagnostic(
    "W104",
    "target is smaller than epsilon, so epsilon stands in for it and the result is huge: consider wape, smape or mae",
    lambda c: any_of_row(np.abs(c["target"]) < c["epsilon"]),
)


@loss(
    "regression",
    aliases=("mean_absolute_percentage_error", "MeanAbsolutePercentageError"),
    reference="sklearn.metrics.mean_absolute_percentage_error",
    properties="convex robust zero",
    units="1 (a fraction), or percent",
    use="relative errors are to be reported, and no target is near 0",
    presets=(
        sklearn("mean_absolute_percentage_error"),
        keras("MeanAbsolutePercentageError", "mean_absolute_percentage_error", options={"epsilon": 1e-7, "percent": True}),
    ),
    hints=(_SMALL_TARGET,),
)
def mape(pred: Real, target: Real, *, epsilon: Positive = 2.0**-52, percent: bool = False):
    """Distance as a share of the target.

    |p − t| / max(|t|, ε), times 100 if percent

    >>> mape(np.array([90.0]), np.array([100.0]))
    array([0.1])
    """
    return np.abs(pred - target) / np.maximum(np.abs(target), epsilon) * (100 if percent else 1)


def _below_clip(context):
    p, t, c = context["pred"], context["target"], context["clip"]
    return any_of_row((p < c) | (t < c)) if c is not None else np.zeros(len(p), bool)


@loss(
    "regression",
    aliases=("mean_squared_log_error", "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"),
    reference="sklearn.metrics.mean_squared_log_error",
    properties="differentiable symmetric zero",
    units="squared log units",
    use="targets from 0 up span orders of magnitude, and relative errors should count",
    presets=(
        sklearn("mean_squared_log_error"),
        keras("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", options={"clip": 1e-7}),
    ),
    see={"mse": "of log1p of both: relative errors count, and too low costs more than too high"},
    hints=(Diagnostic("W104", "pred or target is below --clip, which stands in for it", _below_clip),),
)
def msle(pred: AboveMinusOne, target: AboveMinusOne, *, clip: AboveMinusOne | None = None):
    """Squared distance of the logarithms; below clip, if there is one, both are taken as clip.

    (log(1 + p) − log(1 + t))²

    >>> msle(np.array([1.0]), np.array([0.0]))
    array([0.48045301])
    """
    p, t = (pred, target) if clip is None else (np.maximum(pred, clip), np.maximum(target, clip))
    return log1p_ratio(p, t) ** 2


@loss(
    "regression",
    aliases=("root_mean_squared_log_error", "root_mean_squared_logarithmic_error"),
    reference="sklearn.metrics.root_mean_squared_log_error",
    properties="symmetric zero",
    units="log units",
    use="a score of relative errors is to be reported, as for sales, prices or durations",
    per="channel",
    presets=(sklearn("root_mean_squared_log_error"),),
    see={"msle": "before the root; several outputs: the mean of their roots"},
)
def rmsle(pred: AboveMinusOne, target: AboveMinusOne):
    """Root of the mean squared distance of the logarithms, of each output.

    √ (Σ (log(1 + p) − log(1 + t))² / N)

    >>> next(rmsle(np.array([1.0]), np.array([0.0])))
    (array([0.48045301]), 1)
    """
    ((unit, squares),), n = yield from power_sums([abs(log1p_ratio(pred, target))], 2, 1)
    return unit * np.sqrt(squares / n)
