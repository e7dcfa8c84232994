"""fvcore: no reduction."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.presets import Converted

__all__ = ["TABLES"]

# A tiny beta is 0 there: no square at all.
_TINY_BETA = {"beta": Converted.make("beta", lambda x: 0.0 if x < 1e-5 else x, lambda x: x, "0 below 1e-05, else")}

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
            row("smooth_l1", "smooth_l1_loss", "smooth_l1_loss.smooth_l1_loss", empty_mean={"rows": 0.0}, renames=_TINY_BETA),
        ),
    ),
)
