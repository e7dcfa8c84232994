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
            row(
                "distribution_focal",
                "DFLoss",
                options={"clamp": 0.01},
                last_axis="mean",
                reduction="none",
                instead={"reg_max": "it is the length of the last axis of pred"},
            ),
            row("keypoint_oks", "KeypointLoss", options={"eps": 1e-9}, empty_mean={"rows": 0.0, "terms": 0.0}),
            row(
                "residual_log_likelihood",
                "RLELoss",
                weighted="elements",
                instead={"use_target_weight": "it is whether you give -w", "size_average": "-r mean for True, -r sum for False"},
            ),
        ),
    ),
    Table(
        "ultralytics.utils.metrics",
        shared={"reduction": "none"},
        rows=(row("prob_iou", "probiou", options={"eps": 1e-7, "form": "score"}, instead={"CIoU": "only False is available"}),),
    ),
)
