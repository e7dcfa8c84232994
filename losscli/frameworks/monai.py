"""MONAI: each image is reduced separately."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

# Options of MONAI's losses of masks that we do not have.
_INSTEAD = {
    "softmax": "give softmax(logits) over the channels as pred",
    "include_background": "leave channel 0 out of pred and of target",
    "to_onehot_y": "give target with a channel for each class",
    "batch": "--per channel takes each channel over all images",
}

TABLES = (
    Table(
        "monai.losses",
        shared={"per": "row"},
        rows=(
            row(
                "generalized_dice",
                "GeneralizedDiceLoss",
                instead=_INSTEAD | {"sigmoid": "give sigmoid(logits) as pred", "batch": "--per all combines all images"},
            ),
            row(
                "dice_ce",
                "DiceCELoss",
                options={"softmax": False},
                by_reduction={"sum": {"within": "sum"}, "none": None},
                instead={"sigmoid": "only its softmax is available"},
            ),
        ),
    ),
    # Each channel of each image is reduced separately, with 1e-5 added to numerator and denominator.
    Table(
        "monai.losses",
        shared={"per": "row,channel", "options": {"eps": 1e-5}, "instead": _INSTEAD},
        rows=(
            row("dice", "DiceLoss", renames={"sigmoid": "from_logits"}),
            row("tversky", "TverskyLoss", options={"alpha": 0.5, "beta": 0.5}, renames={"sigmoid": "from_logits"}),
            row("mcc", "MCCLoss", renames={"smooth_dr": "eps"}, instead={"sigmoid": "give sigmoid(logits) as pred"}),
            row(
                "dice_focal",
                "DiceFocalLoss",
                options={"sigmoid": False},
                by_reduction={"none": None},
                instead={"softmax": "only its sigmoid is available"},
            ),
        ),
    ),
)
