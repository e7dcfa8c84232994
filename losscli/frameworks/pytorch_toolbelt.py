"""pytorch_toolbelt: the losses of segmentation_models_pytorch began here, so that the conventions are the same."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_IGNORED = {"ignore_index": "leave these rows out with --where"}
_TEMPERED: dict[str, Any] = {
    "options": {"num_iters": 5, "eps": 1e-10},
    "renames": {"smoothing": "label_smoothing"},
    "instead": {"ignore_index": "leave these rows out with --where and -r sum; its mean counts them"},
}

TABLES = (
    Table(
        "pytorch_toolbelt.losses",
        rows=(
            row("wing", "WingLoss", "functional.wing_loss"),
            row("log_cosh", "LogCoshLoss", "functional.log_cosh_loss"),
            row("quality_focal", "QualityFocalLoss"),
            row("focal", "BinaryFocalLoss", options={"alpha": -1.0}),
            row("focal", "functional.focal_loss_with_logits", "functional.sigmoid_focal_loss"),
            row("soft_f1", "BinarySoftF1Loss", empty_mean={"rows": 0.0}, instead=_IGNORED),
            row("multiclass_soft_f1", "SoftF1Loss", instead=_IGNORED),
            row(
                "balanced_bce",
                *("BalancedBCEWithLogitsLoss", "functional.balanced_binary_cross_entropy_with_logits"),
                options={"eps": 1e-7},
                instead=_IGNORED,
            ),
            row("focal_cosine", "FocalCosineLoss"),
            row("bi_tempered", "BiTemperedLogisticLoss", **_TEMPERED),
            row("bi_tempered", "bitempered_loss.bi_tempered_logistic_loss", options=_TEMPERED["options"]),
            # Its two logits are −x and x.
            row("binary_bi_tempered", "BinaryBiTemperedLogisticLoss", **_TEMPERED | {"options": {**_TEMPERED["options"], "scale": 2.0}}),
            row("lovasz_hinge", "BinaryLovaszLoss", signs="target"),
            row("cross_entropy", "SoftCrossEntropyLoss", renames={"smooth_factor": "label_smoothing"}, weighted="elements"),
            row("soft_bce", "SoftBCEWithLogitsLoss", options={"count": "all"}, weighted="elements"),
        ),
    ),
    # In the mode "binary": from logits, with nothing added, and 0 where the target is empty.
    Table(
        "pytorch_toolbelt.losses",
        shared={"options": {"eps": 0.0, "from_logits": True, "absent": "zero"}, "renames": {"smooth": "eps"}},
        rows=(row("iou", "JaccardLoss"), row("tversky", "DiceLoss", options={"alpha": 0.5, "beta": 0.5})),
    ),
)
