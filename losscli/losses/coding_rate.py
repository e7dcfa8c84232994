"""Losses of several views of one sample by singular values: how many directions the features of a batch fill."""

from __future__ import annotations

from losscli.aggregation import Matrix, Pooled
from losscli.domains import NonNegative, Positive, Views
from losscli.losses.embedding import cosine_similarity
from losscli.numeric.lazy import np
from losscli.numeric.singular_values import singular_values
from losscli.numeric.special import log1p_squared_ratio
from losscli.registry import loss

__all__ = ["emp_ssl", "mmcr"]


@loss(
    "contrastive",
    aliases=("EMPSSLLoss", "total_coding_rate"),
    reference="lightly.loss.EMPSSLLoss; arXiv:2304.03977",
    units="nats",
    use="self-supervised learning in few epochs from many patches of each image (EMP-SSL)",
    words=("self-supervised", "multi-crop", "coding rate", "log determinant"),
    see={
        "mmcr": "singular values of centroids",
        "views": "(rows, views, features): lightly has a list of views",
        "inv_coef": "its term is -inv_coef where all views agree, so that the loss is mostly below 0",
    },
)
def emp_ssl(views: Views, *, tcr_eps: Positive = 0.2, inv_coef: NonNegative = 200.0):
    """Half the log-determinant of the second moments of each view, minus a multiple of the cosine of each view and the mean view.

    mean_v ½ log det (I + D/(N ε) Z_vᵀ Z_v) − w mean cos(z_v, z̄), z̄ the mean of the views of a row; N rows of D features

    >>> next(emp_ssl(np.array([[[1.0, 2.0]]])))[0].column
    array([[1., 2.]])
    """
    cosines = cosine_similarity(views, np.broadcast_to(views.mean(1)[:, None], views.shape)).mean(-1)
    *pooled, weight = yield *(Matrix(views[:, v]) for v in range(views.shape[1])), Pooled(1)
    total, n = yield cosines, 1
    sizes = np.stack([singular_values(z * np.sqrt(weight).reshape(z.shape)) for z in pooled])
    rates = log1p_squared_ratio(sizes, np.sqrt(n * tcr_eps / views.shape[-1])).sum(-1)
    return rates.mean() / 2 - inv_coef * total / n


@loss(
    "contrastive",
    aliases=("MMCRLoss", "maximum_manifold_capacity"),
    reference="lightly.loss.MMCRLoss; arXiv:2303.03307",
    units="embedding units",
    use="self-supervised learning where the centroids of views should fill many directions (MMCR)",
    words=("self-supervised", "manifold capacity", "nuclear norm"),
    see={
        "emp_ssl": "log-determinants of views",
        "lmda": "the name of lightly for the weight of the spread of views within a row",
        "online": "(rows, views, features), of unit length in the paper; lightly does not normalize either",
    },
)
def mmcr(online: Views, momentum: Views, *, lmda: NonNegative = 5e-3):
    """Minus the nuclear norm of the centroids of all rows, plus a multiple of the mean nuclear norm of the views of a row.

    −‖C‖_* + λ mean_i ‖Z_i‖_*, ‖·‖_* the sum of singular values; Z_i the views of row i, both online and momentum, and C_i their mean

    >>> next(mmcr(np.array([[[3.0, 4.0]]]), np.array([[[3.0, 4.0]]])))[0].column
    array([[3., 4.]])
    """
    z = np.concatenate([online, momentum], 1)
    centroids, weight = yield Matrix(z.mean(1)), Pooled(1)
    spread, n = yield singular_values(z).sum(-1), 1
    return lmda * spread / n - singular_values(centroids * np.sqrt(weight).reshape(centroids.shape)).sum()
