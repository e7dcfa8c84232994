"""fvcore: no reduction."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "fvcore.nn",
        shared={"reduction": "none"},
        rows=(
            row("focal", "sigmoid_focal_loss", "focal_loss.sigmoid_focal_loss", "sigmoid_focal_loss_jit", options={"alpha": -1.0}),
            row(
                "focal_star",
                "sigmoid_focal_loss_star",
                "focal_loss.sigmoid_focal_loss_star",
                "sigmoid_focal_loss_star_jit",
            ),
            row("giou", "giou_loss", "giou_loss.giou_loss", empty_mean={"rows": 0.0}),
            row("smooth_l1", "smooth_l1_loss", "smooth_l1_loss.smooth_l1_loss", empty_mean={"rows": 0.0}),
        ),
    ),
)
