"""timm: a mean, as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "timm.loss",
        rows=(
            row("bce_with_logits", "BinaryCrossEntropy", weighted="elements"),
            row("poly_bce", "PolyBinaryCrossEntropy", renames={"smoothing": "label_smoothing"}),
            row("asymmetric_multilabel", "AsymmetricLossMultiLabel", renames={"smoothing": "label_smoothing"}),
            row("zlpr", "ZlprLoss"),
            row("cross_entropy", "LabelSmoothingCrossEntropy", options={"label_smoothing": 0.1}, renames={"smoothing": "label_smoothing"}),
            row("cross_entropy", "SoftTargetCrossEntropy"),
            row("poly_cross_entropy", "PolyCrossEntropy", renames={"smoothing": "label_smoothing"}),
            row("asymmetric_singlelabel", "AsymmetricLossSingleLabel", renames={"eps": "label_smoothing"}),
        ),
    ),
)
