"""MMSegmentation: a mean over all pixels, also over those that are ignored; weights are not in the denominator."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_COMMON = {
    "loss_weight": "it is a factor of the loss: multiply the result by it",
    "avg_factor": "it replaces the denominator: divide the result of -r sum by it",
}
_BINARY = "mmseg.models.losses.CrossEntropyLoss.use_sigmoid"

TABLES = (
    Table(
        "mmseg.models.losses",
        shared={"instead": _COMMON},
        rows=(
            row(
                "cross_entropy",
                "CrossEntropyLoss",
                "cross_entropy",
                weighted="elements",
                by_option={"use_sigmoid": {"true": _BINARY}},
                instead={
                    "avg_non_ignore": "torch.CrossEntropyLoss divides by the labels that are not ignored",
                    "class_weight": "its denominator is then that of torch.CrossEntropyLoss --weight",
                },
            ),
            row(
                "bce_with_logits",
                "CrossEntropyLoss.use_sigmoid",
                "binary_cross_entropy",
                weighted="elements",
                renames={"class_weight": "pos_weight"},
            ),
            row(
                "ohem_cross_entropy",
                "OhemCrossEntropy",
                options={"ignore_index": 255},
                renames={"thres": "threshold", "ignore_label": "ignore_index"},
            ),
            row("balanced_bce", "BoundaryLoss"),
            row("silog", "SiLogLoss", options={"eps": 1e-6}, per="row"),
            row("silog", "silog_loss", options={"eps": 1e-4}, per="row"),
            row("focal", "FocalLoss", options={"alpha": 0.5}, weighted="elements"),
            row(
                "multiclass_dice",
                "TverskyLoss",
                options={"alpha": 0.3, "beta": 0.7, "eps": 1.0, "ignore_index": 255},
                renames={"smooth": "eps"},
                per="row",
            ),
            row(
                "lovasz_softmax",
                "LovaszLoss",
                options={"ignore_index": 255},
                by_option={
                    "loss_type": {"binary": "mmseg.models.losses.LovaszLoss.binary", "multi_class": "mmseg.models.losses.LovaszLoss"}
                },
                instead={"per_image": "--per row", "classes": "--average-over takes present or all"},
            ),
            row(
                "lovasz_hinge",
                "LovaszLoss.binary",
                signs="target",
                instead={"per_image": "--per row", "ignore_index": "leave out the pixels"},
            ),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "HuasdorffDisstanceLoss": "it takes the index of a class for a mask; hausdorff_dt takes a mask for each class",
    "Accuracy": "it is the share of right labels in percent: accuracy is the share itself",
}
