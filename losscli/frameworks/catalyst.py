"""Catalyst: the losses of catalyst.contrib, which are reduced as in PyTorch."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_ATOMS = {"num_atoms": "it is the number of columns of pred"}

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
            row("pair_margin", "MarginLoss", options={"skip_labels": -1.0, "with_itself": True, "eps": 1e-8}),
            row("categorical_projection", "CategoricalRegressionLoss", options={"slope": "torch"}, instead=_ATOMS),
            row(
                "dice",
                "SmoothingDiceLoss",
                options={"eps": 1e-7, "smooth_numerator": False, "squared_pred": True},
                per="channel",
            ),
        ),
    ),
)

# Names that need more than arrays -> why, and what to use.
REFUSED = {
    "RocStarLoss": "it compares with earlier batches, which begin as random numbers; ranknet and bpr compare the scores of a batch",
    "WARPLoss": "it draws negatives at random; margin_ranking and ranknet compare the scores that you give",
    "AdaptiveHingeLoss": "it is margin_ranking --margin 1, of the positive score, the largest negative score, and 1 as the target",
    "TripletMarginLossWithSampler": "it draws triplets at random; triplet_margin takes them, and triplet_all has all triplets of a batch",
    "SelfSupervisedLoss": "it wraps a loss; nt_xent, dcl and barlow_twins take two views",
}
