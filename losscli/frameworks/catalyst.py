"""Catalyst: the losses of catalyst.contrib, which are reduced as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "catalyst.contrib.losses",
        rows=(
            row("cross_entropy", "NaiveCrossEntropyLoss", reduction="batchmean"),
            row("focal", "FocalLossBinary"),
            row("lovasz_hinge", "LovaszLossBinary", signs="target"),
            row("lovasz_hinge", "LovaszLossMultiLabel", signs="target", per="channel"),
            row("nt_xent", "NTXentLoss", renames={"tau": "temperature"}),
            row("info_nce", "ContrastivePairwiseEmbeddingLoss", options={"normalize": False, "temperature": 1.0}),
            row("bpr", "BPRLoss"),
            row("huber", "HuberLossV0", renames={"clip_delta": "delta"}, last_axis="mean", weighted="elements"),
            row("wing", "WingLoss"),
            row(
                "dice",
                "SmoothingDiceLoss",
                options={"eps": 1e-7, "smooth_numerator": False, "squared_pred": True},
                per="channel",
            ),
        ),
    ),
)
