"""Losses of sets of predictions, each of which is matched with one target or with none."""

from __future__ import annotations

from typing import Annotated, Literal

from losscli.domains import ClassLogitList, Needs, NonNegative, ObjectBoxes, ObjectLabels, PredictedBoxes, Share0To1, Slope
from losscli.numeric.assignment import assigned
from losscli.numeric.boxes import areas, scaled_boxes, sides
from losscli.numeric.lazy import np
from losscli.numeric.softmax import neg_log_softmax
from losscli.numeric.steps import expit, sigmoid_cross_entropy, softplus, stop_gradient
from losscli.registry import loss

__all__ = ["detr"]

Scores = Literal["softmax", "focal", "varifocal"]
_UNIT_BOX = (0.0, 0.0, 1.0, 1.0)


def box_distance(a, b):
    """|Δx| + |Δy| + |Δwidth| + |Δheight| of two boxes, x and y of their centres."""
    offset = (a[..., 2:] - b[..., 2:] + (a[..., :2] - b[..., :2])) / 2
    return np.abs(offset).sum(-1) + np.abs(sides(a) - sides(b)).sum(-1)


def overlaps(a, b):
    """The IoU of two boxes, 0 where both are empty, and their GIoU loss."""
    a, b, _ = scaled_boxes(a, b, 0.0)
    intersection, union, enclosing = areas(a, b)
    size, outer = (np.where(area > 0, area, 1.0) for area in (union, enclosing))
    return intersection / size, 1 - intersection / size + (enclosing - union) / outer


def class_costs(logits, labels, scores):
    """What each prediction costs for the label of each target, without a derivative: (rows, predictions, targets)."""
    if scores == "softmax":
        costs = -np.exp(-neg_log_softmax(logits))
    else:
        p = expit(logits)
        costs = 0.25 * (1 - p) ** 2 * -np.log(p + 1e-8) - 0.75 * p**2 * -np.log(1 - p + 1e-8)
    return np.take_along_axis(costs, np.maximum(labels, 0)[..., None, :] + np.zeros((costs.shape[-2], 1), int), -1)


def of_softmax(logits, hits, empty_weight):
    """The cross-entropy of all predictions of a row, of which those without a target have the last class, and the sum of their weights."""
    empty = np.arange(logits.shape[-1]) == logits.shape[-1] - 1
    weights = np.where(hits.sum(-1)[..., None] > 0, hits, empty * empty_weight)
    return np.where(weights > 0, weights * neg_log_softmax(logits), 0.0).sum((-2, -1)), weights.sum((-2, -1))


def of_sigmoids(logits, hits, quality, alpha, gamma, slope):
    """The sum of the terms of a row: the class of a target has its quality as target, other classes α σ(x)^γ as weight.

    A quality of None stands for a focal loss of the class itself.
    """
    p = expit(logits)
    if quality is None:
        return (hits * alpha * (1 - p) ** gamma * softplus(-logits) + (1 - hits) * (1 - alpha) * p**gamma * softplus(logits)).sum((-2, -1))
    weight, q = (p, quality[..., None]) if slope == "exact" else (stop_gradient(p), stop_gradient(quality)[..., None])
    return np.where(hits > 0, q * sigmoid_cross_entropy(logits, q), alpha * weight**gamma * softplus(logits)).sum((-2, -1))


def box_costs(boxes, target_boxes, bbox_cost, giou_cost):
    """What the box of each prediction costs for each target: (rows, predictions, targets)."""
    a, b = boxes[..., :, None, :], target_boxes[..., None, :, :]
    return bbox_cost * box_distance(a, b) + giou_cost * overlaps(a, b)[1]


def pairs(boxes, target_boxes, match):
    """The box that is predicted for each target, and that of the target; one box twice where it has none."""
    of_target = (match[..., None] * boxes[..., :, None, :]).sum(-3)
    return (np.where(match.sum(-2)[..., None] > 0, x, np.asarray(_UNIT_BOX, x.dtype)) for x in (of_target, target_boxes))


@loss(
    "detection",
    aliases=("set_prediction", "set_criterion", "hungarian_loss", "detr_loss", "bipartite_matching_loss", "DetrLoss"),
    reference="transformers.loss.loss_for_object_detection.ForObjectDetectionLoss",
    units="1",
    use="a detector predicts a set of boxes, in any order, as DETR and its kin do",
    words=("hungarian matching", "bipartite matching", "object detection", "bounding boxes", "set prediction"),
    see={
        "target": "the classes of the boxes of an image, with -1 where it has fewer boxes than others",
        "scores": "softmax: the last class is no object (DETR); focal: sigmoids (Deformable DETR); varifocal: of the IoU (RT-DETR)",
        "giou": "of boxes that are matched already",
        "alpha": "0.25 for focal, 0.75 for varifocal, unless you say otherwise",
        "slope": "exact is the derivative of the value; torch's takes the IoU and the weights of varifocal for constants",
    },
)
def detr(
    pred: ClassLogitList,
    boxes: PredictedBoxes,
    target: ObjectLabels,
    target_boxes: ObjectBoxes,
    *,
    scores: Scores = "softmax",
    class_cost: NonNegative = 1.0,
    bbox_cost: NonNegative = 5.0,
    giou_cost: NonNegative = 2.0,
    class_coef: NonNegative = 1.0,
    bbox_coef: NonNegative = 5.0,
    giou_coef: NonNegative = 2.0,
    empty_weight: Annotated[NonNegative, Needs("scores", ("softmax",), noted=True)] = 0.1,
    alpha: Annotated[Share0To1 | None, Needs("scores", ("focal", "varifocal"), noted=True)] = None,
    gamma: Annotated[NonNegative, Needs("scores", ("focal", "varifocal"), noted=True)] = 2.0,
    slope: Annotated[Slope, Needs("scores", ("varifocal",), noted=True)] = "exact",
):
    """Class loss of all predictions of an image, plus the L1 distance and the GIoU loss of those that are matched with its boxes.

    a Σ_q w ce / Σ_q w + (b Σ_m |Δ(x, y, w, h)| + c Σ_m giou) / M; the matching has the least Σ_m a' (−p) + b' |Δ| + c' giou

    >>> [c.tolist() for c in next(detr(np.zeros((1, 1, 2)), np.array([[[0.0, 0, 1, 1]]]), np.array([[0]]), np.array([[[0.0, 0, 1, 2]]])))]
    [[0.6931471805599453], [1.0], [1.5], [0.5], [1.0], [1.0]]
    """
    counts = target >= 0
    costs = class_cost * class_costs(stop_gradient(pred), target, scores)
    match = assigned(costs + box_costs(stop_gradient(boxes), target_boxes, bbox_cost, giou_cost), counts)
    p, t = pairs(boxes, target_boxes, match)
    iou, gaps = overlaps(p, t)
    has, n = match.sum(-2), counts.sum(-1).astype(pred.dtype)
    hits = np.matmul(match, (target[..., None] == np.arange(pred.shape[-1])).astype(pred.dtype))
    if scores == "softmax":
        classes, weights = of_softmax(pred, hits, empty_weight)
    else:
        quality = (match * iou[..., None, :]).sum(-1) if scores == "varifocal" else None
        share = {"focal": 0.25, "varifocal": 0.75}[scores] if alpha is None else alpha
        classes, weights = of_sigmoids(pred, hits, quality, share, gamma, slope), n
    columns = classes, weights, (has * box_distance(p, t)).sum(-1), (has * gaps).sum(-1), n, np.ones_like(n)
    classes, weights, distance, gap, n, rows = yield columns
    one = np.where(n > 0, n, 1.0)
    value = class_coef * classes / np.where(weights > 0, weights, 1.0) + (bbox_coef * distance + giou_coef * gap) / one
    return value, None, rows
