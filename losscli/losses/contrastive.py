"""Losses of pairs of views, against a batch or a set of negatives."""

from __future__ import annotations

from losscli.domains import Positive, SharedVector, Vector
from losscli.marks import Gathered, OwnRows
from losscli.numeric import log_softmax_loss, norm, np
from losscli.registry import loss

__all__ = ["info_nce", "nt_xent"]


def unit(x):
    """Vectors of length one (torch's normalize, eps 1e-12)."""
    return x / np.maximum(norm(x, 2.0)[..., None], 1e-12)


@loss(
    "contrastive",
    aliases=("contrastive_cross_entropy", "moco_loss"),
    reference="torch.nn.functional.cross_entropy of the similarities",
    properties="differentiable",
    units="nats",
    see={"nt_xent": "the negatives are all other views of the batch, both ways"},
)
def info_nce(anchor: Vector, positive: Vector, negative: SharedVector = None, *, temperature: Positive = 0.1, normalize: bool = True):
    """Cross-entropy of the positive among itself and the negatives: K shared rows, K for each anchor, or the batch's other positives.

    −log (e^{s(a,p)/T} / (e^{s(a,p)/T} + Σ_k e^{s(a,n_k)/T})), s the cosine if normalize, else the inner product

    >>> next(info_nce(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])))[0].of
    array([[1., 0.]])
    """
    a, p = (unit(anchor), unit(positive)) if normalize else (anchor, positive)
    if negative is None:
        all_p, row = yield Gathered(p), OwnRows
        return log_softmax_loss(a @ all_p.T / temperature, row)
    n = unit(negative) if normalize else negative
    away = a @ n.T if n.ndim == 2 else (n @ a[..., None])[..., 0]
    scores = np.concatenate([(a * p).sum(-1)[:, None], away], -1) / temperature
    return log_softmax_loss(scores, np.zeros(len(scores), int))


@loss(
    "contrastive",
    aliases=("NTXentLoss", "simclr", "nt_xent_loss"),
    reference="lightly.loss.NTXentLoss",
    properties="differentiable symmetric",
    units="nats",
    see={"info_nce": "one way, against negatives of your own"},
)
def nt_xent(z_a: Vector, z_b: Vector, *, temperature: Positive = 0.5):
    """Cross-entropy of a view's other half among all other views of the batch, both ways: two values a row.

    −log (e^{s_ij/T} / Σ_{k≠i} e^{s_ik/T}), s the cosine

    >>> next(nt_xent(np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]])))[0].of
    array([[1., 0.]])
    """
    a, b = unit(z_a), unit(z_b)
    all_a, all_b, row = yield Gathered(a), Gathered(b), OwnRows
    itself = np.arange(len(all_a)) == row[:, None]

    def against_all(view, same, other):
        scores = np.concatenate([view @ other.T, np.where(itself, -np.inf, view @ same.T)], -1)
        return log_softmax_loss(scores / temperature, row)

    return np.stack([against_all(a, all_a, all_b), against_all(b, all_b, all_a)], -1)
