"""Transformers: the loss of a head, by the shape of its logits and labels; the classes are on the last axis."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Form

__all__ = ["REFUSED", "TABLES"]

_ITEMS = {"num_items_in_batch": "it replaces the denominator: divide the result of -r sum by it"}
_BOXES = {"num_boxes": "it is the number of rows here: divide the result of -r sum by another one"}
_DETR = {"bbox_loss_coefficient": "bbox_coef", "giou_loss_coefficient": "giou_coef", "eos_coefficient": "empty_weight"}
_RT_DETR = {
    **{f"matcher_{part}_cost": f"{part}_cost" for part in ("class", "bbox", "giou")},
    **{"weight_loss_vfl": "class_coef", "weight_loss_bbox": "bbox_coef", "weight_loss_giou": "giou_coef"},
    **{"focal_loss_alpha": "alpha", "focal_loss_gamma": "gamma"},
}
_LAYERS = {"auxiliary_loss": "compute each decoder layer by itself, and add the results"}

TABLES = (
    Table(
        "transformers.loss.loss_utils",
        rows=(
            row(
                "causal_lm",
                "ForCausalLMLoss",
                "ForCausalLM",
                renames={"num_items_in_batch": "num_items"},
                instead={"shift_labels": "give labels that are shifted already as the target, with --no-shift"},
            ),
        ),
    ),
    Table(
        "transformers.loss.loss_utils",
        shared={"class_axis": -1, "instead": _ITEMS},
        rows=(
            row("cross_entropy", "ForTokenClassification", "ForMaskedLMLoss", "ForMaskedLM", "fixed_cross_entropy"),
            row(
                "cross_entropy",
                "ForSequenceClassificationLoss",
                "ForSequenceClassification",
                "ForImageClassification",
                "ForVideoClassification",
                by_shape={
                    "numbers": Form("mse", {"class_axis": None}),
                    "flags": Form("bce_with_logits", {"class_axis": None, "weighted": "elements"}),
                },
                instead={"problem_type": "regression of several outputs is mse"},
            ),
        ),
    ),
    Table(
        "transformers.loss.loss_rnnt",
        rows=(
            # Its reduction mean_volume; the blank of Parakeet is the last token.
            row("rnnt", "rnnt_loss", "ParakeetForRNNTLoss", options={"average": "label", "blank": -1}, renames={"blank_token_id": "blank"}),
        ),
    ),
    Table(
        "transformers.loss.loss_tdt",
        rows=(row("tdt", "tdt_loss", "ParakeetForTDTLoss", renames={"blank_token_id": "blank"}),),
    ),
    Table(
        "transformers.loss.loss_for_object_detection",
        rows=(
            row(
                "dice",
                "dice_loss",
                options={"eps": 1.0, "from_logits": True},
                per="row",
                instead=_BOXES,
            ),
            row("focal", "sigmoid_focal_loss", last_axis="mean", instead=_BOXES),
        ),
    ),
    # The boxes are their centre, width and height, relative to the image. pred are the logits, boxes the pred_boxes.
    Table(
        "transformers.loss",
        shared={"options": {"box_format": "cxcywh"}, "renames": _DETR, "instead": _LAYERS},
        rows=(
            row("detr", "loss_for_object_detection.ForObjectDetectionLoss", "loss_utils.ForObjectDetection"),
            row(
                "detr",
                "loss_deformable_detr.DeformableDetrForObjectDetectionLoss",
                options={"scores": "focal"},
                renames={"focal_alpha": "alpha"},
            ),
            row(
                "detr",
                "loss_rt_detr.RTDetrForObjectDetectionLoss",
                "loss_rt_detr.RTDetrLoss",
                options={"scores": "varifocal", "class_cost": 2.0, "slope": "torch"},
                renames=_RT_DETR,
                instead={"use_focal_loss": "only True is available", "matcher_alpha": "only 0.25 is available"},
            ),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "DFineForObjectDetectionLoss DFineLoss": (
        "it needs the reference points and the distributions of several decoder layers; detr --scores varifocal is the loss of one"
    ),
    "Deimv2ForObjectDetectionLoss Deimv2Loss": (
        "it needs the reference points and the distributions of several decoder layers; detr --scores varifocal is the loss of one"
    ),
    "GroundingDinoForObjectDetectionLoss": (
        "its classes are tokens of a text, with a map and a mask for each; detr --scores focal is the loss of classes"
    ),
    "LwDetrForObjectDetectionLoss LwDetrImageLoss": (
        "it needs the outputs of its encoder and of groups of predictions too; detr --scores varifocal is a loss of one group"
    ),
    "RfDetrForSegmentationLoss": (
        "it draws random numbers at each call, the points of the masks; detr, dice and bce_with_logits are its parts"
    ),
    "DeformableDetrForSegmentationLoss ForSegmentationLoss": (
        "it resizes masks to those of the matched targets; detr is its loss of boxes, transformers.dice_loss and"
        " transformers.sigmoid_focal_loss those of its masks"
    ),
    "lsd_diagonal_loss lsd_distillation_loss PocketTTSForConditionalGenerationLoss": (
        "it calls the velocity network at times of its own, and needs the network's derivative by time; of computed velocities it is the"
        " sum of squared errors of each row: mse with -r none, summed over the last axis"
    ),
    "pair_wise_dice_loss": "it is a matrix of costs of pairs, not a loss: give each pair to transformers.dice_loss",
    "pair_wise_sigmoid_cross_entropy_loss pair_wise_sigmoid_focal_loss": (
        "it is a matrix of costs of pairs, not a loss: give each pair to bce_with_logits or focal with --per row"
    ),
    "DeformableDetrImageLoss GroundingDinoImageLoss ImageLoss RfDetrImageLoss": (
        "it returns the parts of a loss of detections by name; detr is their weighted sum"
    ),
    "end_of_speech_loss": "it is binary cross-entropy with a weight for the end of speech: bce_with_logits --pos-weight",
}
