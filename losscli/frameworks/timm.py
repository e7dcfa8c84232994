"""timm: a mean, as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import switch

__all__ = ["TABLES"]

TABLES = (
    Table(
        "timm.loss",
        rows=(
            row(
                "bce_with_logits",
                "BinaryCrossEntropy",
                weighted="elements",
                general={
                    "smoothing": "one_hot_smoothing",
                    "target_threshold": "threshold",
                    "smooth_dense": "smooth_dense",
                    "weight": "sample_weight",
                },
                settings={
                    "sum_classes": switch(
                        reduction="batchmean",
                        by_reduction={"mean": None, "sum": None, "none": None},
                        about="The sum over the classes, then the mean over the rows.",
                    )
                },
            ),
            row("poly_bce", "PolyBinaryCrossEntropy", renames={"smoothing": "label_smoothing"}),
            row(
                "asymmetric_multilabel",
                "AsymmetricLossMultiLabel",
                renames={"smoothing": "label_smoothing"},
                weighted="elements",
                general={"weight": "sample_weight"},
                instead={"disable_torch_grad_focal_loss": "it changes the gradient alone, and --grad is the derivative of the value"},
            ),
            row("jsd_ce", "JsdCrossEntropy", renames={"smoothing": "label_smoothing"}, general={"num_splits": "views"}),
            row("zlpr", "ZlprLoss"),
            row("two_way", "TwoWayLoss", empty_mean={"terms": 0.0}, by_reduction=dict.fromkeys(("sum", "none"))),
            row("distribution_balanced", "DistributionBalancedLoss", renames={"smoothing": "label_smoothing"}),
            row("cross_entropy", "LabelSmoothingCrossEntropy", options={"label_smoothing": 0.1}, renames={"smoothing": "label_smoothing"}),
            row("cross_entropy", "SoftTargetCrossEntropy"),
            row("poly_cross_entropy", "PolyCrossEntropy", general={"smoothing": "index_smoothing"}),
            row(
                "asymmetric_singlelabel",
                "AsymmetricLossSingleLabel",
                renames={"eps": "label_smoothing"},
                by_reduction={"sum": None},  # any word but mean is none there
            ),
        ),
    ),
)
