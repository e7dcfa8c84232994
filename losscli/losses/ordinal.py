"""Scores of the probabilities of classes in an order, where a near class is a smaller mistake."""

from __future__ import annotations

from losscli.diagnostics import unnormalised
from losscli.domains import Label, ProbabilityVector
from losscli.numeric.lazy import np
from losscli.numeric.softmax import target_distribution
from losscli.numeric.steps import xlogy
from losscli.registry import loss

__all__ = ["ranked_log_score", "ranked_probability_score"]

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
