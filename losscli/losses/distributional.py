"""Losses of distributions of returns, as distributional reinforcement learning has them."""

from __future__ import annotations

from losscli.domains import Slope, Vector
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax, softmax
from losscli.numeric.steps import relu, stop_gradient
from losscli.registry import loss

__all__ = ["categorical_projection"]


@loss(
    "preference",
    aliases=("c51", "CategoricalRegressionLoss", "categorical_dqn", "distributional_bellman"),
    reference="catalyst.contrib.losses.CategoricalRegressionLoss (Bellemare 2017)",
    properties="differentiable",
    units="nats",
    use="a value network gives a probability for each of several fixed returns, as C51 does",
    words=("reinforcement learning", "distributional", "value distribution", "projection", "dqn"),
    see={
        "cross_entropy": "where the projected probabilities are given",
        "target": "the returns after the step, such as reward + discount · z; they are clipped to the range",
        "slope": "torch takes the projected probabilities as constants",
    },
)
def categorical_projection(
    pred: Vector, next_logits: Vector, target: Vector, *, v_min: float = -10.0, v_max: float = 10.0, slope: Slope = "exact"
):
    """Cross-entropy with the next distribution, whose returns are moved to fixed ones: each is shared between its two neighbours.

    −Σ_i q_i log softmax(x)_i, q_i = Σ_j softmax(y)_j max(0, 1 − |t_j − z_i| / Δ), z from v_min to v_max in steps of Δ

    >>> categorical_projection(np.array([[0.0, 0.0]]), np.array([[0.0, 0.0]]), np.array([[0.0, 4.0]])).round(8)
    array([0.69314718])
    """
    step, place = (v_max - v_min) / max(pred.shape[-1] - 1, 1), np.arange(-1, pred.shape[-1] + 1, dtype=pred.dtype)
    z, t = v_min + place * step, np.clip(target, v_min, v_max)[..., None, :]  # with a return beyond each end
    # 1 − |t − z_i| / Δ from the neighbours of z_i, so that nothing cancels where it is small
    shares = relu(np.minimum(t - z[:-2, None], z[2:, None] - t) / step)
    q = (shares * softmax(next_logits)[..., None, :]).sum(-1)
    return ((q if slope == "exact" else stop_gradient(q)) * neg_log_softmax(pred)).sum(-1)


def _no_range(options, framework):
    """What is wrong with the range of the returns."""
    return "" if options["v_min"] < options["v_max"] else f"--v-max {options['v_max']:g} must be above --v-min {options['v_min']:g}"


categorical_projection.refusal = _no_range  # type: ignore[attr-defined]
