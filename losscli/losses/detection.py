"""Losses of bounding boxes, and of the scores that predict their quality."""

from __future__ import annotations

from typing import Literal

from losscli.diagnostics import looks_like_probabilities
from losscli.domains import Box, Logit, NonNegative, Probability, Slope
from losscli.losses.binary import bce_with_logits
from losscli.numeric.boxes import HALF_PI, areas, diagonal_angle, enclosing_sides, scaled_boxes, sides, with_eps
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero, plain_array
from losscli.numeric.steps import clamp_min, expit, stop_gradient
from losscli.registry import loss

__all__ = ["box_iou", "ciou", "diou", "eiou", "giou", "quality_focal", "varifocal"]

TORCHVISION_EPS = 1e-7
_EMPTY = "both boxes have the area 0"


@loss(
    "detection",
    aliases=("iou_box_loss", "linear_iou", "box_iou_loss"),
    reference="the formula; torchvision.ops.box_iou for the overlap",
    properties="symmetric",
    units="1",
    use="boxes overlap already, or the IoU itself should be reported",
    words=("bounding boxes", "overlap of boxes"),
    see={"iou": "for two masks", "giou": "has a gradient for boxes that do not overlap, too"},
)
def box_iou(
    pred: Box,
    target: Box,
    *,
    mode: Literal["linear", "square", "log"] = "linear",
    eps: NonNegative = 1e-7,
    eps_bounds: bool = False,
):
    """1 − IoU of two boxes, 1 − IoU² (square), or −log IoU (log), where the IoU is clamped to at least eps.

    1 − s, 1 − s² or −log max(s, ε), s = I / (U + ε), or I / max(U, ε) with eps_bounds; I and U the areas of intersection and union

    >>> box_iou(np.array([[0.0, 0.0, 2.0, 1.0]]), np.array([[0.0, 0.0, 1.0, 1.0]])).round(6)
    array([0.5])
    """
    lowest_iou = eps
    pred, target, eps = scaled_boxes(pred, target, eps)
    intersection, union, _ = areas(pred, target)
    size = with_eps(union, eps, eps_bounds)
    iou = intersection / size
    if mode == "log":
        return -np.log(clamp_min(iou, lowest_iou))
    one_minus_iou = (size - intersection) / explain_zero(size, _EMPTY)
    return one_minus_iou if mode == "linear" else one_minus_iou * (1 + iou)


@loss(
    "detection",
    aliases=("generalized_box_iou_loss", "generalized_iou", "BoxGIoULoss"),
    reference="torchvision.ops.generalized_box_iou_loss",
    properties="symmetric",
    units="1",
    use="boxes may not overlap at first, where the gradient of the IoU alone is 0",
    words=("bounding box regression", "bounding boxes", "object detection"),
    see={"iou": "for two masks"},
)
def giou(pred: Box, target: Box, *, eps: NonNegative = 1e-7, eps_bounds: bool = False):
    """1 − IoU of two boxes, plus the empty fraction of their smallest enclosing box; from 0 to 2.

    1 − I / (U + ε) + (C − U) / (C + ε), C the area of the enclosing box; max(U, ε) and max(C, ε) with eps_bounds

    >>> giou(np.array([[1.0, 1.0, 3.0, 3.0]]), np.array([[2.0, 2.0, 4.0, 4.0]]))
    array([1.07936508])
    """
    pred, target, eps = scaled_boxes(pred, target, eps)
    intersection, union, enclosing = areas(pred, target)
    size, outer = (explain_zero(with_eps(area, eps, eps_bounds), _EMPTY) for area in (union, enclosing))
    return 1 - intersection / size + (enclosing - union) / outer


@loss(
    "detection",
    aliases=("distance_box_iou_loss", "distance_iou", "DIoULoss"),
    reference="torchvision.ops.distance_box_iou_loss",
    properties="symmetric",
    units="1",
    use="box centres should converge fast, even if one box contains the other",
    see={"giou": "uses the enclosing box instead of the distance", "ciou": "adds the aspect ratio", "eiou": "adds width and height"},
)
def diou(pred: Box, target: Box, *, eps: NonNegative = 1e-7):
    """1 − IoU of two boxes, plus the squared ratio of their centre distance and the diagonal of their enclosing box; from 0 to 2.

    1 − I / (U + ε) + d² / (D² + ε), d the centre distance, D the diagonal of the enclosing box

    >>> diou(np.array([[1.0, 1.0, 3.0, 3.0]]), np.array([[2.0, 2.0, 4.0, 4.0]]))
    array([0.96825397])
    """
    pred, target, eps = scaled_boxes(pred, target, eps)
    intersection, union, _ = areas(pred, target)
    offset = (pred[..., 2:] + pred[..., :2] - (target[..., 2:] + target[..., :2])) / 2
    enclosing = enclosing_sides(pred, target)
    diagonal = explain_zero((enclosing * enclosing).sum(-1) + eps, _EMPTY)
    return (union - intersection + eps) / explain_zero(union + eps, _EMPTY) + (offset * offset).sum(-1) / diagonal


@loss(
    "detection",
    aliases=("complete_box_iou_loss", "complete_iou", "CIoULoss"),
    reference="torchvision.ops.complete_box_iou_loss",
    properties="symmetric",
    units="1",
    use="boxes should have the right aspect ratio too; a common choice for YOLO detectors",
    words=("bounding boxes", "bounding box regression", "yolo"),
    see={
        "diou": "the same without the aspect ratio",
        "eps": "used in a only, as in torchvision; the diou part uses 10⁻⁷",
        "slope": "exact is the derivative of the value; torch's treats a as a constant",
        "eps_bounds": "MMDetection's: a counts only where the IoU is above ½, eps is in each part, and the value lies from 0 to 2",
        "torchvision.ops.complete_box_iou_loss": "gives nan for boxes without height; here the angle is 0",
    },
)
def ciou(pred: Box, target: Box, *, eps: NonNegative = 1e-7, slope: Slope = "exact", eps_bounds: bool = False):
    """DIoU loss plus the squared difference of the aspect ratios v, with the weight a.

    diou(p, t) + a v, v = (2/π (arctan w_t/h_t − arctan w_p/h_p))², a = v / (1 − I / U + v + ε)

    >>> ciou(np.array([[0.0, 0.0, 2.0, 4.0]]), np.array([[0.0, 0.0, 4.0, 2.0]])).round(6)
    array([0.762918])
    """
    least = eps if eps_bounds else TORCHVISION_EPS
    v = (diagonal_angle(*((taller(box, eps) if eps_bounds else box) for box in (pred, target))) / HALF_PI) ** 2
    *boxes, diou_eps = scaled_boxes(pred, target, least)
    intersection, union, _ = areas(*boxes)
    apart = (union - intersection + diou_eps) / (union + diou_eps)
    a = np.where(apart < 0.5, v / (apart + v), 0.0) if eps_bounds else v / (apart + v + eps)
    value = diou(pred, target, eps=least) + (a if slope == "exact" else stop_gradient(a)) * v
    return np.clip(value, 0, 2) if eps_bounds else value


def taller(box, eps):
    """A box whose height is larger by eps."""
    return box + np.array([0.0, 0.0, 0.0, 1.0], box.dtype) * eps


@loss(
    "detection",
    aliases=("efficient_iou", "EIoULoss"),
    reference="the formula (Zhang 2021)",
    properties="symmetric",
    units="1",
    use="width and height of boxes should each be right, not only their ratio",
    see={"ciou": "uses the aspect ratio instead of width and height"},
)
def eiou(pred: Box, target: Box, *, eps: NonNegative = 1e-7):
    """DIoU loss plus the squared differences of width and height, relative to the enclosing box.

    diou(p, t) + (w_p − w_t)² / (W² + ε) + (h_p − h_t)² / (H² + ε), W and H the sides of the enclosing box

    >>> eiou(np.array([[0.0, 0.0, 2.0, 4.0]]), np.array([[0.0, 0.0, 4.0, 2.0]])).round(6)
    array([1.229167])
    """
    pred, target, eps = scaled_boxes(pred, target, eps)
    enclosing, difference = enclosing_sides(pred, target), sides(pred) - sides(target)
    eps = plain_array(eps)[..., None]
    return diou(pred, target, eps=eps[..., 0]) + (difference * difference / (enclosing * enclosing + eps)).sum(-1)


@loss(
    "detection",
    aliases=("qfl", "QualityFocalLoss", "quality_focal_loss"),
    reference="the formula (Li 2020)",
    properties="differentiable",
    units="nats",
    use="one score should predict both the class and the quality of a box (dense detectors)",
    see={"focal": "for labels 0 and 1", "varifocal": "weights positive elements by their quality"},
    hints=(looks_like_probabilities(),),
)
def quality_focal(pred: Logit, target: Probability, *, beta: NonNegative = 2.0):
    """Binary cross-entropy of a score with the quality y of its box (its IoU), with less weight where the two are close.

    |y − σ(x)|^β bce(x, y)

    >>> quality_focal(np.array([0.0]), np.array([1.0]))
    array([0.1732868])
    """
    difference = target * expit(-pred) - (1 - target) * expit(pred)
    return np.abs(difference) ** beta * bce_with_logits(pred, target)


@loss(
    "detection",
    aliases=("vfl", "VarifocalLoss", "varifocal_loss"),
    reference="the formula (Zhang 2021)",
    properties="differentiable",
    units="nats",
    use="boxes are ranked by a score that predicts their IoU, and good boxes should count most",
    see={"focal": "treats positive and negative elements the same", "quality_focal": "gives less weight to accurate positive elements too"},
    hints=(looks_like_probabilities(),),
)
def varifocal(pred: Logit, target: Probability, *, alpha: NonNegative = 0.75, gamma: NonNegative = 2.0):
    """Binary cross-entropy of a score with the quality y of its box; positive elements have the weight y, easy negatives less weight.

    w bce(x, y), w = y if y > 0, else α σ(x)^γ

    >>> varifocal(np.array([0.0]), np.array([0.0]))
    array([0.1299651])
    """
    return np.where(target > 0, target, alpha * expit(pred) ** gamma) * bce_with_logits(pred, target)
