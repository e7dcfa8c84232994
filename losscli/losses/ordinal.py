"""Losses of the probabilities of classes in an order, where a near class is a smaller mistake."""

from __future__ import annotations

from typing import Literal

from losscli.aggregation import ByClass
from losscli.diagnostics import unnormalised
from losscli.domains import FreeVector, Label, NonNegative, PositionCount, Positive, ProbabilityVector, Real
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.softmax import target_distribution
from losscli.numeric.steps import xlogy
from losscli.registry import loss

__all__ = ["distance_diff", "ranked_log_score", "ranked_probability_score", "weighted_kappa"]

_SUM = unnormalised("pred", lambda c: c["pred"], "give probabilities, softmax(logits)")


@loss(
    "probabilistic",
    aliases=("rps", "ranked_prob_score"),
    reference="scoringrules.rps_score",
    properties="convex differentiable",
    units="squared probability units",
    use="probabilities of classes in an order, where a near class is a smaller mistake",
    words=("ordinal classification", "ordinal regression", "ordered classes", "ratings"),
    see={"multiclass_brier": "where every wrong class is the same mistake", "crps_ensemble": "for a number, from samples"},
    hints=(_SUM,),
)
def ranked_probability_score(pred: ProbabilityVector, target: Label, *, normalize: bool = False):
    """Squared distance between the cumulative probabilities of ordered classes and those of the label; divided by C − 1 if normalize.

    Σ_k (Σ_{c≤k} p_c − 1[y ≤ k])²

    >>> ranked_probability_score(np.array([[0.5, 0.25, 0.25]]), np.array([2]))
    array([0.8125])
    """
    d = (pred - target_distribution(target, pred)).cumsum(-1)
    return (d * d).sum(-1) / (max(pred.shape[-1] - 1, 1) if normalize else 1)


@loss(
    "probabilistic",
    aliases=("ranked_logarithmic_score", "rls", "rls_score"),
    reference="scoringrules.rls_score",
    properties="differentiable",
    units="nats",
    use="classes are ordered, and a confident forecast of a wrong side should cost much",
    words=("ordinal", "ordered classes", "log score"),
    see={"ranked_probability_score": "with squares instead of logarithms", "cross_entropy": "for classes without an order"},
    hints=(_SUM,),
)
def ranked_log_score(pred: ProbabilityVector, target: Label):
    """Sum over all thresholds of −log of the probability given to the side that the label is on.

    −Σ_k log(Σ_{c≤k} p_c if y ≤ k else Σ_{c>k} p_c)

    >>> ranked_log_score(np.array([[0.5, 0.25, 0.25]]), np.array([0]))
    array([0.98082925])
    """
    q, above = target_distribution(target, pred).cumsum(-1), np.flip(np.flip(pred, -1).cumsum(-1), -1)
    return -xlogy(q, pred.cumsum(-1)).sum(-1) - xlogy(1 - q[..., :-1], above[..., 1:]).sum(-1)


@loss(
    "probabilistic",
    aliases=("WeightedKappaLoss", "kappa_loss", "cohen_kappa_loss"),
    reference="tensorflow_addons.losses.WeightedKappaLoss; doi:10.1016/j.patrec.2017.05.018",
    units="1",
    use="grades are in an order, and the model is judged by Cohen's weighted kappa",
    words=("ordinal classification", "ordinal regression", "quadratic weighted kappa", "qwk", "ratings"),
    see={
        "ranked_probability_score": "a score of each row",
        "epsilon": "the kappa is 1 − e^loss + epsilon: a loss of 0 is that of chance",
    },
    hints=(_SUM,),
)
def weighted_kappa(
    pred: ProbabilityVector, target: Label, *, weightage: Literal["quadratic", "linear"] = "quadratic", epsilon: NonNegative = 0.0
):
    """Logarithm of 1 − weighted kappa: the mean cost of the predicted classes, divided by that of classes drawn without looking at the row.

    log(N Σ_n Σ_ij w_ij t_ni p_nj / Σ_ij w_ij T_i P_j + ε), w = (i − j)² or |i − j|; T, P the sums of t and p over the N rows

    >>> next(weighted_kappa(np.array([[0.5, 0.5]]), np.array([1])))[3]
    1
    """
    t = target_distribution(target, pred)
    apart = np.abs(np.arange(pred.shape[-1])[:, None] - np.arange(pred.shape[-1])).astype(pred.dtype)
    w = apart if weightage == "linear" else apart**2
    cost, labels, predicted, n = yield ((t @ w) * pred).sum(-1), ByClass(t), ByClass(pred), 1
    chance = explain_zero((labels @ w * predicted).sum(-1), "all labels and predictions are of one class")
    return np.log(explain_zero(n * cost / chance + epsilon, "every prediction is the label"))


@loss(
    "probabilistic",
    aliases=("distance_diff_loss", "distance_difference"),
    reference="speechbrain.nnet.losses.distance_diff_loss",
    properties="convex",
    units="1",
    use="a position, such as a length, is predicted by a weight for each, and far ones are worse",
    words=("positions", "lengths", "end of sequence", "ordinal regression"),
    see={
        "ranked_probability_score": "a proper score",
        "lengths": "how many positions a row has; the rest is padding",
        "max_weight": "the largest cost of a position, however far it is",
    },
)
def distance_diff(pred: FreeVector, target: Real, lengths: PositionCount = None, *, beta: NonNegative = 0.25, max_weight: Positive = 100.0):
    """Sum over the positions of a row of their weight times a cost, which grows exponentially with the distance to the right position.

    Σ_i p_i min(e^(β |i − y|) − 1, largest); a mean is divided by the positions of all rows

    >>> distance_diff(np.array([[0.5, 0.5]]), np.array([0.0]), beta=1.0)[0].round(6)
    array([0.859141])
    """
    places = np.arange(pred.shape[-1])
    n = np.full(pred.shape[:-1], pred.shape[-1]) if lengths is None else lengths
    away = np.abs(places.astype(pred.dtype) - target[..., None])
    costs = pred * np.minimum(np.expm1(np.minimum(beta * away, 700.0)), max_weight)
    return np.where(places < n[..., None], costs, 0.0).sum(-1), n
