"""Ultralytics: the mean over the classes of a row, summed over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "ultralytics.utils.loss",
        rows=(
            row("varifocal", "VarifocalLoss", last_axis="mean", reduction="sum"),
            row("focal", "FocalLoss", options={"gamma": 1.5}, last_axis="mean", reduction="sum"),
            row(
                "dice",
                "MultiChannelDiceLoss",
                options={"from_logits": True},
                renames={"smooth": "eps"},
                per="row,channel",
                by_reduction={"sum": None, "none": None},
            ),
        ),
    ),
)
