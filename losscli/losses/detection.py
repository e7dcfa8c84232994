"""Losses of boxes, and of how well they are scored."""

from __future__ import annotations

from typing import Literal

from losscli.diagnostics import looks_like_probabilities
from losscli.domains import Box, Logit, NonNegative, Probability, Slope
from losscli.frameworks import torchvision
from losscli.losses.binary import bce_with_logits
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.scaling import power_of_two_scale
from losscli.numeric.steps import clamp_min, expit, relu, stop_gradient
from losscli.registry import loss

__all__ = ["box_iou", "ciou", "diou", "eiou", "giou", "quality_focal", "varifocal"]

HALF_PI = 1.5707963267948966
TORCHVISION_EPS = 1e-7
BoxFormat = Literal["xyxy", "xywh", "cxcywh"]
_EMPTY = "both boxes have no area"


def corners(box, box_format):
    """x1, y1, x2, y2 of a box that is written so, or as x, y, width, height of its upper left corner or (cxcywh) of its centre."""
    if box_format in (None, "xyxy"):
        return box
    at, size = box[..., :2], box[..., 2:]
    first = at if box_format == "xywh" else at - size / 2
    return np.concatenate([first, first + size], -1)


def in_reach(a, b, eps):
    """Boxes, and what is added to their areas, by a unit in which no area overflows or is rounded to 0: 1 unless they are huge or tiny."""
    largest = np.maximum(np.abs(a).max(-1), np.abs(b).max(-1))
    tiny = (largest < 1e-150) & np.equal(eps, 0)  # beside an eps they have no area
    unit = np.where((largest > 1e150) | tiny, power_of_two_scale(largest), 1.0)
    return a / unit[..., None], b / unit[..., None], eps / unit / unit


def overlap(a, b):
    """The areas of the intersection, the union and the smallest box around both."""
    inner = relu(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]))
    both, around, area_a, area_b = (s[..., 0] * s[..., 1] for s in (inner, sides_around(a, b), sides(a), sides(b)))
    return both, area_a + area_b - both, around


def sides(box):
    """Width and height."""
    return box[..., 2:] - box[..., :2]


def sides_around(a, b):
    """Width and height of the smallest box around both."""
    return np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2])


def _shape(box):
    """Width and height, of which no product overflows or is rounded to 0."""
    largest = sides(box).max(-1)
    unit = np.where((largest < 1e-70) | (largest > 1e70), power_of_two_scale(largest), 1.0)
    return sides(box) / unit[..., None]


def angle_between(a, b):
    """The angle between the diagonals of two boxes, from one arctangent, so that nothing cancels; 0 where one of them has no size."""
    (w, h), (v, u) = ((s[..., 0], s[..., 1]) for s in (_shape(a), _shape(b)))
    across, along = v * h - w * u, w * v + h * u
    return np.where(along > 0, np.arctan(across / np.where(along > 0, along, 1.0)), HALF_PI * np.sign(across))


@loss(
    "detection",
    aliases=("iou_box_loss", "linear_iou", "box_iou_loss"),
    reference="the formula; torchvision.ops.box_iou for the overlap",
    properties="symmetric",
    units="1",
    use="boxes already overlap, or the IoU itself is to be reported",
    see={"iou": "of two masks", "giou": "tells apart boxes that do not overlap"},
)
def box_iou(
    pred: Box,
    target: Box,
    *,
    mode: Literal["linear", "square", "log"] = "linear",
    eps: NonNegative = 1e-7,
    box_format: BoxFormat | None = None,
):
    """One less the overlap of two boxes, or its square; or minus its log, where the overlap is taken as at least eps.

    1 − s, 1 − s² or −log max(s, ε), s = I / (U + ε)

    >>> box_iou(np.array([[0.0, 0.0, 2.0, 1.0]]), np.array([[0.0, 0.0, 1.0, 1.0]])).round(6)
    array([0.5])
    """
    least = eps
    pred, target, eps = in_reach(corners(pred, box_format), corners(target, box_format), eps)
    both, union, _ = overlap(pred, target)
    score = both / (union + eps)
    if mode == "log":
        return -np.log(clamp_min(score, least))
    missed = (union - both + eps) / explain_zero(union + eps, _EMPTY)
    return missed if mode == "linear" else missed * (1 + score)


@loss(
    "detection",
    aliases=("generalized_box_iou_loss", "generalized_iou", "BoxGIoULoss"),
    reference="torchvision.ops.generalized_box_iou_loss",
    properties="symmetric",
    units="1",
    use="boxes need not overlap at first, where the IoU alone has no gradient",
    presets=(torchvision("generalized_box_iou_loss", nothing={"rows": 0.0}),),
    see={"iou": "of two masks"},
)
def giou(pred: Box, target: Box, *, eps: NonNegative = 1e-7, box_format: BoxFormat | None = None):
    """One less the overlap of two boxes, plus the empty share of the smallest box around both: from 0 to 2.

    1 − I / (U + ε) + (C − U) / (C + ε)

    >>> giou(np.array([[1.0, 1.0, 3.0, 3.0]]), np.array([[2.0, 2.0, 4.0, 4.0]]))
    array([1.07936508])
    """
    pred, target, eps = in_reach(corners(pred, box_format), corners(target, box_format), eps)
    both, union, around = overlap(pred, target)
    return 1 - both / explain_zero(union + eps, _EMPTY) + (around - union) / explain_zero(around + eps, _EMPTY)


@loss(
    "detection",
    aliases=("distance_box_iou_loss", "distance_iou", "DIoULoss"),
    reference="torchvision.ops.distance_box_iou_loss",
    properties="symmetric",
    units="1",
    use="centres of boxes should close in fast, also where one box holds the other",
    presets=(torchvision("distance_box_iou_loss", nothing={"rows": 0.0}),),
    see={"giou": "sees the empty space around, not the distance", "ciou": "and the aspect ratio", "eiou": "and width and height"},
)
def diou(pred: Box, target: Box, *, eps: NonNegative = 1e-7, box_format: BoxFormat | None = None):
    """One less the overlap of two boxes, plus the squared distance of their centres over the diagonal around both: from 0 to 2.

    1 − I / (U + ε) + d² / (D² + ε)

    >>> diou(np.array([[1.0, 1.0, 3.0, 3.0]]), np.array([[2.0, 2.0, 4.0, 4.0]]))
    array([0.96825397])
    """
    pred, target, eps = in_reach(corners(pred, box_format), corners(target, box_format), eps)
    both, union, _ = overlap(pred, target)
    apart = (pred[..., 2:] + pred[..., :2] - (target[..., 2:] + target[..., :2])) / 2
    around = sides_around(pred, target)
    diagonal = explain_zero((around * around).sum(-1) + eps, _EMPTY)
    return (union - both + eps) / explain_zero(union + eps, _EMPTY) + (apart * apart).sum(-1) / diagonal


@loss(
    "detection",
    aliases=("complete_box_iou_loss", "complete_iou", "CIoULoss"),
    reference="torchvision.ops.complete_box_iou_loss",
    properties="symmetric",
    units="1",
    use="boxes should agree in aspect ratio too: a common choice for YOLO detectors",
    presets=(torchvision("complete_box_iou_loss", options={"slope": "torch"}, nothing={"rows": 0.0}),),
    see={
        "diou": "without the aspect ratio",
        "eps": "as in torchvision of a only: in the diou part ε is 10⁻⁷",
        "slope": "exact is the derivative of the value; torch's takes a for a constant",
        "torchvision.ops.complete_box_iou_loss": "gives nan for boxes without height, where the angle is taken as 0 here",
    },
)
def ciou(pred: Box, target: Box, *, eps: NonNegative = 1e-7, slope: Slope = "exact", box_format: BoxFormat | None = None):
    """DIoU plus the squared difference of the aspect ratios, weighed by a.

    diou(p, t) + a v, v = (2/π (arctan w_t/h_t − arctan w_p/h_p))², a = v / (1 − I / U + v + ε)

    >>> ciou(np.array([[0.0, 0.0, 2.0, 4.0]]), np.array([[0.0, 0.0, 4.0, 2.0]])).round(6)
    array([0.762918])
    """
    pred, target = corners(pred, box_format), corners(target, box_format)
    v = (angle_between(pred, target) / HALF_PI) ** 2
    *boxes, least = in_reach(pred, target, TORCHVISION_EPS)
    both, union, _ = overlap(*boxes)
    a = v / ((union - both + least) / (union + least) + v + eps)
    return diou(pred, target, eps=TORCHVISION_EPS) + (a if slope == "exact" else stop_gradient(a)) * v


@loss(
    "detection",
    aliases=("efficient_iou", "EIoULoss"),
    reference="the formula (Zhang 2021)",
    properties="symmetric",
    units="1",
    use="width and height of boxes should each be right, not only their ratio",
    see={"ciou": "the aspect ratio instead of width and height"},
)
def eiou(pred: Box, target: Box, *, eps: NonNegative = 1e-7, box_format: BoxFormat | None = None):
    """DIoU plus the squared differences of width and height over those of the smallest box around both.

    diou(p, t) + (w_p − w_t)² / (W² + ε) + (h_p − h_t)² / (H² + ε)

    >>> eiou(np.array([[0.0, 0.0, 2.0, 4.0]]), np.array([[0.0, 0.0, 4.0, 2.0]])).round(6)
    array([1.229167])
    """
    pred, target, eps = in_reach(corners(pred, box_format), corners(target, box_format), eps)
    around, differ = sides_around(pred, target), sides(pred) - sides(target)
    eps = np.asarray(eps)[..., None]
    return diou(pred, target, eps=eps[..., 0]) + (differ * differ / (around * around + eps)).sum(-1)


@loss(
    "detection",
    aliases=("qfl", "QualityFocalLoss", "quality_focal_loss"),
    reference="the formula (Li 2020)",
    properties="differentiable",
    units="nats",
    use="one score should say both the class and the quality of a box, in dense detectors",
    see={"focal": "for labels 0 and 1", "varifocal": "weighs positive elements by their quality"},
    hints=(looks_like_probabilities("take their logits, log(p / (1 - p))"),),
)
def quality_focal(pred: Logit, target: Probability, *, beta: NonNegative = 2.0):
    """Binary cross-entropy of a score with the quality of its box (its IoU), counting the less the nearer the two are.

    |y − σ(x)|^β bce(x, y)

    >>> quality_focal(np.array([0.0]), np.array([1.0]))
    array([0.1732868])
    """
    apart = target * expit(-pred) - (1 - target) * expit(pred)
    return np.abs(apart) ** beta * bce_with_logits(pred, target)


@loss(
    "detection",
    aliases=("vfl", "VarifocalLoss", "varifocal_loss"),
    reference="the formula (Zhang 2021)",
    properties="differentiable",
    units="nats",
    use="candidate boxes are ranked by a score that predicts their IoU, good ones counting most",
    see={"focal": "treats positive and negative elements alike", "quality_focal": "counts positive elements near their quality less"},
    hints=(looks_like_probabilities("take their logits, log(p / (1 - p))"),),
)
def varifocal(pred: Logit, target: Probability, *, alpha: NonNegative = 0.75, gamma: NonNegative = 2.0):
    """Binary cross-entropy of a score with the quality of its box: positive elements count by their quality, easy negative ones less.

    w bce(x, y), w = y where y > 0, else α σ(x)^γ

    >>> varifocal(np.array([0.0]), np.array([0.0]))
    array([0.1299651])
    """
    return np.where(target > 0, target, alpha * expit(pred) ** gamma) * bce_with_logits(pred, target)
