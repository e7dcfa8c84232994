"""Detectron2: no reduction; its IoU losses are also in fvcore."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "detectron2.layers",
        shared={"reduction": "none", "empty_mean": {"rows": 0.0}},
        rows=(
            row("diou", "diou_loss", "losses.diou_loss"),
            row("ciou", "ciou_loss", "losses.ciou_loss", options={"slope": "torch"}),
        ),
    ),
)
