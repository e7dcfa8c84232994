"""Losses of the offsets, the shapes and the angles of boxes."""

from __future__ import annotations

from typing import Literal

from losscli.domains import Box, NonNegative, Positive, Real, RotatedBox
from losscli.losses.regression import smooth_l1
from losscli.numeric.boxes import areas, enclosing_sides, scaled_boxes, sides, turned_apart
from losscli.numeric.lazy import np
from losscli.numeric.primitive import explain_zero
from losscli.numeric.special import x_minus_log1p
from losscli.numeric.steps import multiply_no_nan
from losscli.registry import loss

__all__ = ["balanced_l1", "bounded_iou", "extended_iou", "prob_iou", "siou"]

ProbForm = Literal["distance", "divergence", "score"]
_EMPTY = "both boxes have the area 0"


@loss(
    "detection",
    aliases=("SIoULoss", "siou_loss", "scylla_iou"),
    reference="the formula (Gevorgyan 2022)",
    units="1",
    use="box centres should first move along one axis, then along the other",
    words=("bounding boxes", "bounding box regression", "yolo"),
    see={
        "ciou": "the distance and the aspect ratio without the angle",
        "neg_gamma": "the sign of the paper; without it (MMDetection's default) the distance lowers the loss",
        "eps_bounds": "MMDetection's: eps is also added to offsets and heights, and the value lies from 0 to 2",
    },
)
def siou(
    pred: Box,
    target: Box,
    *,
    eps: NonNegative = 1e-7,
    theta: NonNegative = 4.0,
    neg_gamma: bool = True,
    eps_bounds: bool = False,
):
    """1 − IoU of two boxes, plus costs of the distance of their centres, which depends on its angle, and of their shapes.

    1 − I / (U + ε) + ½ Σ (1 − e^(−γ ρ)) + ½ Σ (1 − e^(−ω))^θ, γ = 2 − sin 2α, ρ = d² / (D² + ε), ω = |w − v| / max(w, v)

    >>> siou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[2.0, 0.0, 4.0, 2.0]])).round(6)
    array([1.196735])
    """
    added = eps if eps_bounds else 0.0
    pred, target, eps = scaled_boxes(pred, target, eps)
    intersection, union, _ = areas(pred, target)
    iou_loss = (union - intersection + eps) / explain_zero(union + eps, _EMPTY)
    offset = np.abs((target[..., 2:] - pred[..., 2:] + (target[..., :2] - pred[..., :2])) / 2 + added)
    gamma = 2 - sine_of_twice_the_angle(offset)
    rho = squares_of_shares(offset, enclosing_sides(pred, target), added, np.asarray(eps)[..., None])
    distance = -np.expm1((-gamma if neg_gamma else gamma)[..., None] * rho)
    shape = (-np.expm1(-relative_difference(*(sides(box) + np.array([0.0, added], pred.dtype) for box in (pred, target))))) ** theta
    value = iou_loss + (distance + shape).sum(-1) / 2
    return np.clip(value, 0, 2) if eps_bounds else value


def sine_of_twice_the_angle(offset):
    """sin 2α = 2 x y / (x² + y²) for offsets of the angle α, from the ratio of the smaller to the larger; 0 without an offset."""
    largest = offset.max(-1)
    ratio = offset.min(-1) / np.where(largest > 0, largest, 1.0)
    return 2 * ratio / (1 + ratio * ratio)


def squares_of_shares(x, size, least, eps):
    """x² / (size² + ε), or where there is a least size x² / max(size, least)²."""
    squares = np.maximum(size, least) ** 2 if least else size * size + eps
    return x * x / np.where(squares > 0, squares, 1.0)


def relative_difference(a, b):
    """|a − b| / max(a, b), and 0 where both are 0."""
    largest = np.maximum(a, b)
    return np.abs(a - b) / np.where(largest > 0, largest, 1.0)


@loss(
    "detection",
    aliases=("BoundedIoULoss", "bounded_iou_loss", "biou"),
    reference="the formula (Tychsen-Smith 2018)",
    units="1",
    use="each of x, y, width and height should count by the IoU that it leaves possible",
    see={"smooth_l1": "of the offsets themselves", "beta": "as in smooth_l1; 0 for the bounds as they are"},
)
def bounded_iou(pred: Box, target: Box, *, beta: NonNegative = 0.2, eps: NonNegative = 1e-3):
    """Smooth L1 of 1 − the largest IoU that the error of x, y, width or height alone leaves possible: four numbers a box.

    smooth_l1(c, 0, β), c = min(1, (4 |Δ| + ε) / (w_t + 2 |Δ| + ε)) of a centre, (|w_p − w_t| ± ε) / (max(w_p, w_t) + ε) of a side

    >>> bounded_iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 4.0, 2.0]]), eps=0.0)
    array([[0.56666667, 0.        , 0.4       , 0.        ]])
    """
    offset = np.abs(target[..., 2:] - pred[..., 2:] + (target[..., :2] - pred[..., :2]))
    w, v = sides(pred), sides(target)
    of_centre = np.minimum((2 * offset + eps) / explain_zero(v + offset + eps, "a target has no width or height"), 1.0)
    of_size = np.maximum((w - v + eps) / (w + eps), (v - w + eps) / (v + eps))
    return smooth_l1(np.concatenate([of_centre, of_size], -1), 0.0, beta=beta)


@loss(
    "detection",
    aliases=("extended_iou_loss", "smooth_eiou", "yunet_eiou"),
    reference="the formula (Peng 2021)",
    units="1",
    use="small boxes, such as of faces, which may not overlap at first",
    words=("bounding boxes", "face detection"),
    see={
        "eiou": "the efficient IoU, which is another loss of this short name",
        "beta": "a quadratic start, as in smooth_l1; 0 for 1 − the signed IoU itself",
    },
)
def extended_iou(pred: Box, target: Box, *, beta: NonNegative = 0.1, eps: NonNegative = 1e-7):
    """Smooth L1 of 1 − an IoU that is negative where two boxes do not overlap: the gap between them counts as an area below 0.

    smooth_l1(1 − I / (U + ε), 0, β), I = w h of the signed sides of the overlap, extended to the corner that encloses both where one is < 0

    >>> extended_iou(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[2.0, 0.0, 3.0, 1.0]]), beta=0.0).round(6)
    array([1.333333])
    """
    pred, target, eps = scaled_boxes(pred, target, eps)
    intersection, union = signed_areas(pred, target)
    return smooth_l1((union + eps - intersection) / explain_zero(union + eps, _EMPTY), 0.0, beta=beta)


def signed_areas(a, b):
    """The signed area of the overlap of two boxes, and what is left of the sum of their areas.

    X1 and X2 are the distances of the left and the right end of the overlap from the left end of both boxes. Where X2 < X1 there is a gap:
    the area is (X2 − X1) (Y1 + Y2), and 2 (X2 Y2 − X1 Y1) where there is one in both directions.
    """
    first = np.minimum(a[..., :2], b[..., :2])
    start, end = np.maximum(a[..., :2], b[..., :2]) - first, np.minimum(a[..., 2:], b[..., 2:]) - first
    width, height = ((end - start)[..., k] for k in (0, 1))
    gap_x, gap_y = width < 0, height < 0
    along = np.where(gap_y, 2 * (width * end[..., 1] + start[..., 0] * height), width * (start[..., 1] + end[..., 1]))
    area = np.where(gap_x, along, np.where(gap_y, height * (start[..., 0] + end[..., 0]), width * height))
    return area, sides(a).prod(-1) + sides(b).prod(-1) - area


@loss(
    "detection",
    aliases=("BalancedL1Loss", "balanced_l1_loss", "libra_l1"),
    reference="the formula (Pang 2019)",
    properties="convex differentiable robust symmetric zero",
    units="target units",
    use="box offsets, where accurate boxes should count more than smooth L1 lets them",
    words=("bounding box regression", "object detection"),
    see={"smooth_l1": "a slope that grows linearly up to beta", "beta": "a bound other than 1 makes a step at it, as in MMDetection"},
)
def balanced_l1(pred: Real, target: Real, *, alpha: Positive = 0.5, gamma: Positive = 1.5, beta: Positive = 1.0):
    """Slope α log(b e + 1) for errors e below beta, the slope γ for larger errors.

    α / b (b e + 1) log(b e / β + 1) − α e where e = |p − t| < β, else γ e + γ / b − α β; b = e^(γ / α) − 1

    >>> balanced_l1(np.array([3.0]), np.array([0.0])).round(6)
    array([4.078594])
    """
    b, e = float(np.expm1(gamma / alpha)), np.abs(pred - target)
    near = np.minimum(e, beta)
    u = b * near / beta
    # (1 + b e) log(1 + u) − b e, and for small u (1 + u) log(1 + u) − u as (1 + u) (v − log(1 + v)), v = −u / (1 + u)
    small = np.minimum(u, 1.0)
    inner = np.where(u < 1, (1 + u) * x_minus_log1p(-small / (1 + small)), (1 + u) * np.log1p(u) - u) + (
        0.0 if beta == 1 else (beta - 1) * (u * np.log1p(u) - u)
    )
    return np.where(e < beta, alpha / b * inner, gamma * e + (gamma / b - alpha * beta))


@loss(
    "detection",
    aliases=("probiou", "ProbIoULoss", "gaussian_box_iou"),
    reference="the formula (Llerena 2021)",
    properties="symmetric",
    units="1",
    use="rotated boxes, whose IoU has no simple derivative",
    words=("oriented bounding boxes", "rotated bounding boxes", "aerial images"),
    see={
        "box_iou": "boxes along the axes",
        "form": "distance is the Hellinger distance of the two Gaussians, divergence −log(1 − distance²), score 1 − distance",
        "eps": "as in Ultralytics: added to each denominator, and to the arguments of the logarithm and the root",
    },
)
def prob_iou(pred: RotatedBox, target: RotatedBox, *, form: ProbForm = "distance", eps: NonNegative = 0.0):
    """Hellinger distance of two rotated boxes (x, y, width, height, angle in radians), each taken as a Gaussian; from 0 to 1.

    √(1 − e^(−B)), B = ¼ dᵀ (Σ_p + Σ_t)⁻¹ d + ½ log(|Σ_p + Σ_t| / (4 √(|Σ_p| |Σ_t|))), Σ = R diag(w², h²) Rᵀ / 12

    >>> prob_iou(np.array([[0.0, 0.0, 2.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 1.0, 2.0, 0.0]])).round(6)
    array([0.447214])
    """
    gap, spread, product = turned_apart(pred, target)
    share = 1.0 if not eps else 4 * product * (1 + spread) / (4 * product * (1 + spread) + eps)
    ratio = spread if not eps else (4 * product * spread - eps + eps * (4 * product + eps)) / (4 * product + eps)
    b = multiply_no_nan(share, gap) + np.log1p(ratio) / 2
    b = np.clip(b, eps, 100.0) if eps else b
    if form == "divergence":
        return b
    square = eps + np.where(b < 1, -np.expm1(-b), 1 - np.exp(-b))  # the derivative of the second does not cancel where it is tiny
    distance = np.where(square == 0, 0.0, np.sqrt(np.where(square == 0, 1.0, square)))
    if form == "distance":
        return distance
    similarity = np.exp(-b) if eps else np.exp(-gap) / np.sqrt(1 + ratio)
    return (similarity - eps) / (1 + distance)  # 1 − distance, which would cancel
