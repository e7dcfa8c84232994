"""Ultralytics: the mean over the classes of a row, summed over the rows."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

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

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "v8DetectionLoss v8OBBLoss v8PoseLoss v8SegmentationLoss E2EDetectLoss E2ELoss TVPDetectLoss TVPSegmentLoss SegmentLoss26 PoseLoss26": (
        "it assigns the boxes of a whole batch to the places of a grid first: give the boxes that were assigned to"
        " ultralytics.VarifocalLoss, ultralytics.DFLoss and ciou, or to detr where each is matched with one prediction"
    ),
    "BboxLoss": "it is two sums over the assigned boxes: ciou and ultralytics.DFLoss, both with -w (the score of the target)",
    "RotatedBboxLoss": ("it is two sums over the assigned boxes: prob_iou and ultralytics.DFLoss, both with -w (the score of the target)"),
    "SemanticSegmentationLoss": (
        "it is a sum of two losses, with weights of its model: cross_entropy and multiclass_dice; write an objective"
    ),
    "DepthLoss DepthLoss26": "it is a sum with weights of its model, of silog and of gradients at several sizes",
    "v8ClassificationLoss": "it is torch.nn.functional.cross_entropy",
    "BCEDiceLoss": (
        "it resizes the masks first, then it is a weighted sum of bce_with_logits and ultralytics.MultiChannelDiceLoss: write an objective"
    ),
}
