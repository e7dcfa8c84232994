"""Errors of logarithms: relative errors of predictions and targets that are not negative."""

from __future__ import annotations

from losscli.diagnostics import Diagnostic, any_in_row
from losscli.domains import AboveMinusOne, AboveMinusOneOrClipped, NonNegative, Positive
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.steps import log1p_ratio, log_ratio
from losscli.registry import loss

__all__ = ["log_mse", "msle", "rmsle"]


def _below_clip(context):
    p, t, c = context["pred"], context["target"], context["clip"]
    return any_in_row((p < c) | (t < c)) if c is not None else np.zeros(len(p), bool)


@loss(
    "regression",
    aliases=("mean_squared_log_error", "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"),
    reference="sklearn.metrics.mean_squared_log_error",
    properties="differentiable symmetric zero",
    units="squared log units",
    use="targets ≥ 0 span orders of magnitude, and relative errors should count",
    see={"mse": "msle is the mse of log(1 + p) and log(1 + t); a prediction that is too low costs more than one too high"},
    hints=(Diagnostic("W104", "pred or target is below --clip, so it is replaced by it", _below_clip),),
)
def msle(pred: AboveMinusOneOrClipped, target: AboveMinusOneOrClipped, *, clip: AboveMinusOne | None = None):
    """Squared difference of the logarithms of 1 + x; values below clip, if given, are replaced by clip.

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
    use="relative errors of sales, prices or durations should be reported as one score",
    per="channel",
    see={"msle": "without the root; several outputs give the mean of their roots"},
)
def rmsle(pred: AboveMinusOne, target: AboveMinusOne):
    """Square root of the mean squared difference of the logarithms of 1 + x, for each output.

    √ (Σ (log(1 + p) − log(1 + t))² / N)

    >>> next(rmsle(np.array([1.0]), np.array([0.0])))
    (array([0.48045301]), 1)
    """
    ((scale, squares),), n = yield from scaled_power_sums([abs(log1p_ratio(pred, target))], 2, 1)
    return scale * np.sqrt(squares / n)


@loss(
    "regression",
    aliases=("mean_squared_log_ratio",),
    reference="Flux.Losses.msle",
    properties="differentiable symmetric zero",
    units="squared log units",
    use="relative errors should count in the same way for small and large targets",
    words=("relative error", "orders of magnitude"),
    see={"msle": "of 1 + x, so that errors of small targets hardly count", "silog": "of depth maps, whose scale counts less"},
)
def log_mse(pred: NonNegative, target: NonNegative, *, epsilon: Positive = 2.0**-52):
    """Squared difference of the logarithms of ε + x.

    (log(p + ε) − log(t + ε))²

    >>> log_mse(np.array([2.0]), np.array([1.0])).round(8)
    array([0.48045301])
    """
    size = target + epsilon
    apart = (pred - target) / size
    near = np.abs(apart) < 0.5  # p + ε would round away a small difference
    return np.where(near, np.log1p(np.where(near, apart, 0.0)), log_ratio(pred + epsilon, size)) ** 2
