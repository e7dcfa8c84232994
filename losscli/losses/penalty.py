"""Terms of an objective without a target: penalties on the weights of a model, and numbers that were computed elsewhere."""

from __future__ import annotations

from losscli.domains import NonNegative, Real
from losscli.numeric.lazy import np
from losscli.registry import Preset, loss, times

__all__ = ["elastic_net", "given", "l1_penalty", "l2_penalty"]


@loss(
    "penalty",
    aliases=("l1_regularization", "l1_norm_penalty", "lasso_penalty"),
    reference="keras.regularizers.L1",
    properties="convex robust",
    units="units of the weights",
    use="a model should have few weights that are not 0",
    words=("sparsity", "regularization", "lasso"),
    reduction="sum",
    see={"mae": "l1_loss: the distance of two arrays", "elastic_net": "together with squares"},
)
def l1_penalty(weights: Real, *, l1: NonNegative = 1.0):
    """Sum of the absolute weights, times l1.

    λ Σ |w|, λ = l1

    >>> l1_penalty(np.array([3.0, -1.0]), l1=0.5)
    array([1.5, 0.5])
    """
    return l1 * np.abs(weights)


@loss(
    "penalty",
    aliases=("l2_regularization", "ridge_penalty", "squared_l2_penalty"),
    reference="keras.regularizers.L2",
    properties="convex differentiable",
    units="squared units of the weights",
    use="the weights of a model should be small",
    words=("weight decay", "regularization", "ridge"),
    reduction="sum",
    presets=(Preset(("weight_decay",), options={"l2": 0.5}, renames={"weight_decay": times("l2", 0.5)}),),
    see={
        "weight_decay": "½ λ Σ w², whose gradient is λ w: the weight_decay of an optimiser",
        "mse": "l2_loss: the distance of two arrays",
        "elastic_net": "together with absolute values",
    },
)
def l2_penalty(weights: Real, *, l2: NonNegative = 1.0):
    """Sum of the squared weights, times l2.

    λ Σ w², λ = l2

    >>> l2_penalty(np.array([3.0, -1.0]), l2=0.5)
    array([4.5, 0.5])
    """
    return l2 * weights**2


@loss(
    "penalty",
    aliases=("elastic_net_penalty", "l1_l2", "l1_l2_penalty", "elasticnet"),
    reference="keras.regularizers.L1L2",
    properties="convex",
    units="units of the weights, and their squares",
    use="few weights should not be 0, and weights that belong together should be alike",
    words=("regularization",),
    reduction="sum",
    see={"sklearn.linear_model.ElasticNet": "l1 is its alpha · l1_ratio, and l2 is ½ alpha (1 − l1_ratio)"},
)
def elastic_net(weights: Real, *, l1: NonNegative = 1.0, l2: NonNegative = 1.0):
    """Sum of the absolute weights, times l1, and of the squared weights, times l2.

    λ₁ Σ |w| + λ₂ Σ w², λ₁ = l1, λ₂ = l2

    >>> elastic_net(np.array([3.0, -1.0]), l1=0.5, l2=0.1)
    array([2.4, 0.6])
    """
    return np.abs(weights) * (l1 + l2 * np.abs(weights))


@loss(
    "penalty",
    aliases=("precomputed", "given_values"),
    reference="the mean of the numbers",
    properties="convex differentiable",
    units="those of the numbers",
    use="another program has computed the losses of the rows, or one number",
    see={"value": "a term of an objective that has `value: 12.5` in place of a loss is this loss"},
)
def given(value: Real):
    """Losses that were computed elsewhere, as they are.

    v

    >>> given(np.array([12.5]))
    array([12.5])
    """
    return value
