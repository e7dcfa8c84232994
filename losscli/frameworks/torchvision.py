"""torchvision: no reduction."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "torchvision.ops",
        shared={"reduction": "none"},
        rows=(
            row("focal", "sigmoid_focal_loss"),
            row("giou", "generalized_box_iou_loss", empty_mean={"rows": 0.0}),
            row("diou", "distance_box_iou_loss", empty_mean={"rows": 0.0}),
            row("ciou", "complete_box_iou_loss", options={"slope": "torch"}, empty_mean={"rows": 0.0}),
        ),
    ),
)
