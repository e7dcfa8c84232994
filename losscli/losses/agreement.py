"""Agreement of predictions and targets, as a loss: 1 minus a coefficient that is 1 where each number is predicted exactly."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import Aligned, Max
from losscli.domains import NonNegative, Real
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.steps import stop_gradient
from losscli.registry import loss

__all__ = ["concordance_correlation"]


@loss(
    "regression",
    aliases=("ccc", "ccc_loss", "concordance_loss", "lins_concordance", "concordance_correlation_coefficient", "concordance_corrcoef"),
    reference="the formula (Lin 1989)",
    properties="symmetric zero",
    units="1",
    use="predictions should agree with the targets in order, spread and level, whatever the unit",
    words=("agreement", "emotion recognition", "valence and arousal", "correlation", "reproducibility"),
    score="concordance correlation",
    per="channel",
    see={
        "r2": "the same squared errors, divided by the variance of the target alone",
        "concordance_survival": "the c-index, of pairs of survival times",
        "variance": "population divides squares by N, as Lin does; sample by N − 1",
    },
)
def concordance_correlation(pred: Real, target: Real, *, variance: Literal["population", "sample"] = "population", eps: NonNegative = 0.0):
    """Mean squared error divided by what it would be without correlation, for each output: 1 − Lin's concordance correlation.

    (var (p − t) + b² + ε) / (var p + var t + b² + ε), b = mean p − mean t; that is 1 − 2 cov(p, t) / (var p + var t + b² + ε)

    >>> concordance_correlation(np.array([3.0]), np.array([1.0])).gi_code.co_name
    'concordance_correlation'
    """
    largest = Max(np.maximum(np.abs(pred), np.abs(target)))
    *totals, n, largest = yield Aligned(pred), Aligned(target), Aligned(pred - target), Aligned(1), Aligned(largest)
    u = stop_gradient(power_of_two_scale(np.maximum(largest, float(np.sqrt(eps)))))  # the ratio does not change with the unit
    p, t, e = ((x - total / n) / u for x, total in zip((pred, target, pred - target), totals, strict=True))
    apart, spread, bias, floor, n = yield e**2, p**2 + t**2, (pred - target) / u, eps / u / u + 0 * e, 1
    rows = n if variance == "population" else explain_zero(np.maximum(n - 1, 0.0), "one row has no sample variance")
    level = (bias / n) ** 2 + floor / n
    return (apart / rows + level) / explain_zero(spread / rows + level, "pred and target are the same number in each row")
