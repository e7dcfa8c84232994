"""Losses of boxes."""

from __future__ import annotations

from losscli.domains import Box, Positive
from losscli.numeric import np, relu
from losscli.registry import loss, torchvision

__all__ = ["giou"]


def overlap(a, b):
    """The areas of the intersection, the union and the smallest box around both."""
    inner = relu(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]))
    outer = np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2])
    both, around, area_a, area_b = (s[..., 0] * s[..., 1] for s in (inner, outer, a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]))
    return both, area_a + area_b - both, around


@loss(
    "detection",
    aliases=("generalized_box_iou_loss", "generalized_iou", "BoxGIoULoss"),
    reference="torchvision.ops.generalized_box_iou_loss",
    properties="symmetric",
    units="1",
    presets=(torchvision("generalized_box_iou_loss"),),
    see={"iou": "of two masks"},
)
def giou(pred: Box, target: Box, *, eps: Positive = 1e-7):
    """One less the overlap of two boxes, plus the empty share of the smallest box around both: from 0 to 2.

    1 − I / (U + ε) + (C − U) / (C + ε)

    >>> giou(np.array([[1.0, 1.0, 3.0, 3.0]]), np.array([[2.0, 2.0, 4.0, 4.0]]))
    array([1.07936508])
    """
    both, union, around = overlap(pred, target)
    return 1 - both / (union + eps) + (around - union) / (around + eps)
