"""segmentation_models_pytorch: a mean, as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["SHORT", "TABLES"]

SHORT = {"smp.": "segmentation_models_pytorch."}

TABLES = (
    Table(
        "segmentation_models_pytorch.losses",
        rows=(
            row("wing", "_functional.wing_loss"),
            row("cross_entropy", "SoftCrossEntropyLoss", renames={"smooth_factor": "label_smoothing"}, weighted="elements"),
            row("mcc", "MCCLoss", options={"eps": 0.0, "smooth": 1e-5}, renames={"eps": "smooth"}),
            row("lovasz_hinge", "LovaszLoss", signs="target"),
        ),
    ),
    # In the mode "binary": from logits, with nothing added, and 0 where the target is empty.
    Table(
        "segmentation_models_pytorch.losses",
        shared={"options": {"eps": 0.0, "from_logits": True, "absent": "zero"}, "renames": {"smooth": "eps"}},
        rows=(
            row("iou", "JaccardLoss"),
            row("tversky", "DiceLoss", options={"alpha": 0.5, "beta": 0.5}),
            row("focal_tversky", "TverskyLoss"),
        ),
    ),
)
