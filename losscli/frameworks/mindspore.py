"""MindSpore: a mean, as in PyTorch, except where the class has none."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

TABLES = (
    Table(
        "mindspore.nn",
        shared={"weighted": "elements"},
        rows=(
            row("mae", "L1Loss", "MAELoss"),
            row("mse", "MSELoss"),
            row("smooth_l1", "SmoothL1Loss", reduction="none"),
            row("soft_margin", "SoftMarginLoss"),
            row("cross_entropy", "SoftmaxCrossEntropyWithLogits", class_axis=-1, reduction="none"),
        ),
    ),
    Table(
        "mindspore.nn",
        shared={"per": "all"},
        rows=(
            row("rmse", "RMSELoss"),
            row(
                "dice",
                "DiceLoss",
                options={"eps": 1e-5, "smooth_numerator": False, "squared_pred": True},
                renames={"smooth": "eps"},
            ),
        ),
    ),
)

# Names that need more than arrays -> why, and what to use.
REFUSED = {
    "SampledSoftmaxLoss": "it draws classes at random, and has weights; cross_entropy takes the logits of the classes that you choose",
}
