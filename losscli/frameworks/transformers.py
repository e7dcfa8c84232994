"""Transformers: the loss of a head, by the shape of its logits and labels; the classes are on the last axis."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Form

__all__ = ["TABLES"]

_ITEMS = {"num_items_in_batch": "it replaces the denominator: divide the result of -r sum by it"}
_BOXES = {"num_boxes": "it is the number of rows here: divide the result of -r sum by another one"}

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
)
