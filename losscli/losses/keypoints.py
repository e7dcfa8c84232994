"""Losses of keypoints: their similarity to the true ones, and the likelihood of their errors."""

from __future__ import annotations

from losscli.domains import Keypoints, NonNegative, PerPoint, Positive, PositiveVector, Real, Vector, Visible
from losscli.numeric.lazy import np
from losscli.registry import loss

__all__ = ["keypoint_oks", "residual_log_likelihood"]

LOG_2 = 0.6931471805599453
# The spread of human annotations of COCO's 17 keypoints, from the nose to the ankles.
COCO_SIGMAS = (0.026, 0.025, 0.025, *(0.035,) * 2, *(0.079,) * 2, *(0.072,) * 2, *(0.062,) * 2, *(0.107,) * 2, *(0.087,) * 2, *(0.089,) * 2)


def spreads(sigmas, points):
    """The spread of each keypoint: the given ones, COCO's for 17 keypoints, or 1 / K for K others."""
    return (COCO_SIGMAS if points == 17 else (1 / points,) * points) if sigmas is None else sigmas


@loss(
    "detection",
    aliases=("oks", "oks_loss", "KeypointLoss", "object_keypoint_similarity"),
    reference="the formula of the COCO evaluation",
    properties="symmetric zero",
    units="1",
    use="keypoints, whose errors should count by the size of the object and by the point",
    words=("keypoints", "pose estimation", "human pose", "landmarks"),
    see={
        "area": "of the object, in squared pixels",
        "visible": "0 for a point without a label, other numbers are weights; an object without visible points counts as 0",
        "sigmas": "COCO's where a row has 17 points, else 1 / points each",
        "wing": "landmarks without an object's area",
    },
)
def keypoint_oks(
    pred: Keypoints,
    target: Keypoints,
    area: Positive,
    visible: Visible = None,
    *,
    sigmas: PerPoint | None = None,
    eps: NonNegative = 0.0,
):
    """1 − the object keypoint similarity (OKS): the mean of 1 − e^(−d² / (2 A (2σ)²)) over the visible points of an object.

    Σ v (1 − e^(−d² / (8 A σ²))) / Σ [v ≠ 0]

    >>> keypoint_oks(np.array([[[0.0, 0.0]]]), np.array([[[3.0, 4.0]]]), np.array([100.0]), sigmas=np.array([0.25]))[0].round(6)
    array([0.393469])
    """
    v = np.ones(pred.shape[:-1], pred.dtype) if visible is None else visible
    e = (pred - target) / np.asarray(spreads(sigmas, pred.shape[-2]), pred.dtype).reshape(-1, 1)
    misses = -np.expm1(-(e / (8 * (area[..., None, None] + eps)) * e).sum(-1))
    n = np.asarray((v != 0).sum(-1), pred.dtype)
    return (v * misses).sum(-1) / np.where(n + eps > 0, n + eps, 1.0), None, n


@loss(
    "detection",
    aliases=("rle", "RLELoss", "residual_log_likelihood_estimation"),
    reference="the formula (Li 2021)",
    units="nats",
    use="keypoints with a predicted spread, whose density a flow gives",
    words=("keypoints", "pose estimation", "human pose"),
    see={
        "laplace_nll": "the likelihood of the error alone",
        "error": "(pred − target) / sigma",
        "log_phi": "the log density of the flow at the error; leave it out for 0",
    },
)
def residual_log_likelihood(error: Vector, sigma: PositiveVector, log_phi: Real = None, *, residual: bool = True):
    """Negative log-likelihood of keypoints: of their errors in units of a predicted spread, with the density of a flow.

    Σ_d (log σ − log φ + log 2σ + |e|); without residual Σ_d (log σ − log φ)

    >>> residual_log_likelihood(np.array([[1.0, -1.0]]), np.array([[1.0, 1.0]]))
    array([3.38629436])
    """
    terms = LOG_2 + 2 * np.log(sigma) + np.abs(error) if residual else np.log(sigma)
    return (terms if log_phi is None else terms - log_phi[..., None]).sum(-1)
