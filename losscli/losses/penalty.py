"""Terms of an objective without a target: penalties on the weights of a model, and numbers that were computed elsewhere."""

from __future__ import annotations

from losscli.domains import AtLeastOne, NonNegative, Positive, Real, Vector
from losscli.losses.regression import scaled_power_sums
from losscli.numeric.lazy import np
from losscli.numeric.steps import relu
from losscli.registry import Preset, loss, times

__all__ = ["elastic_net", "embedding_margin", "embedding_penalty", "given", "l1_penalty", "l2_penalty", "norm_penalty"]


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
    aliases=("RegLoss", "frobenius_penalty"),
    reference="recbole.model.loss.RegLoss",
    properties="convex",
    units="units of the weights",
    use="the weights of a model should be small, by their norm and not its square",
    words=("regularization", "frobenius norm", "recommendation"),
    see={"l2_penalty": "the square of it", "several": "a term of an objective for each array of weights"},
)
def norm_penalty(weights: Real, *, p: AtLeastOne = 2.0):
    """The p-norm of all weights.

    (Σ |w|^p)^(1/p)

    >>> next(norm_penalty(np.array([3.0]), p=3.0))
    (array([27.]),)
    """
    ((scale, powers),) = (yield from scaled_power_sums([np.abs(weights)], p))[0]
    return scale * powers ** (1 / p)


@loss(
    "penalty",
    aliases=("EmbLoss", "embedding_regularization"),
    reference="recbole.model.loss.EmbLoss",
    properties="convex",
    units="units of the embeddings; with require_pow, to the power norm",
    use="embeddings of the users and items of a batch should be small",
    words=("regularization", "recommendation", "collaborative filtering"),
    see={
        "norm_penalty": "not divided by the number of rows",
        "several": "a term of an objective for each array of embeddings; RecBole divides by the rows of the last array",
    },
)
def embedding_penalty(pred: Vector, *, norm: AtLeastOne = 2.0, require_pow: bool = False):
    """The norm of all embeddings divided by the number of rows N; with require_pow the sum of powers, divided by the norm's p as well.

    (Σ |x|^p)^(1/p) / N, with require_pow Σ |x|^p / (p N), p = norm

    >>> next(embedding_penalty(np.array([[3.0, 4.0]])))[0]
    array([[ 9., 16.]])
    """
    ((scale, powers),), n = yield from scaled_power_sums([np.abs(pred)], norm, np.ones(len(pred)))
    return scale**norm * powers / norm / n if require_pow else scale * powers ** (1 / norm) / n


@loss(
    "penalty",
    aliases=("EmbMarginLoss",),
    reference="recbole.model.loss.EmbMarginLoss",
    units="embedding units, to the power",
    use="embeddings should stay within the unit ball",
    words=("regularization", "recommendation", "unit ball"),
    reduction="sum",
    see={"embedding_penalty": "also shorter embeddings cost something", "power": "RecBole's sum of powers is signed for odd powers"},
)
def embedding_margin(pred: Vector, *, power: Positive = 2.0):
    """How far the sum of the powers of an embedding's numbers is above 1.

    max(0, Σ_d x_d^power − 1)

    >>> embedding_margin(np.array([[1.0, 2.0]]))
    array([4.])
    """
    return relu((pred**power).sum(-1) - 1)


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
