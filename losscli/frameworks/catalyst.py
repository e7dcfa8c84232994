"""Catalyst: the losses of catalyst.contrib, which are reduced as in PyTorch."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Table, row
from losscli.presets import Setting, switch

__all__ = ["REFUSED", "TABLES"]

_ATOMS = {"num_atoms": "it is the number of columns of pred"}

_PER_IMAGE = {"per_image": switch(per="row", about="The mean of the losses of the images.")}
_VOID = {"ignore": "give those elements any label, and the sample weight 0"}
_IGNORE = {"ignore": "ignore_index"}
_FOCAL = {
    "ignore": "leave these elements out with --where",
    "reduced": "segmentation_models_pytorch.FocalLoss --reduced-threshold has such factors",
    "threshold": "segmentation_models_pytorch.FocalLoss --reduced-threshold has such factors",
}
_DICE = {"eps": 1e-7, "smooth_numerator": False, "absent": "agree"}
_MODE = {"mode": Setting("macro", {"macro": {}, "micro": {"per": "all"}}, "The mean over the channels, or all as one.")}
_OVERLAP: dict[str, Any] = {
    "per": "channel",
    "settings": _MODE,
    "instead": {
        "weights": "multiply the values of -r none by them, for its mode weighted",
        "class_dim": "it is 1",
    },
}

TABLES = (
    Table(
        "catalyst.contrib.losses",
        rows=(
            row(
                "cross_entropy",
                "NaiveCrossEntropyLoss",
                reduction="batchmean",
                settings={
                    "size_average": switch(default=True, reduction="sum", about="The sum over the classes, then the mean over the rows.")
                },
            ),
            row("focal", "FocalLossBinary", instead=_FOCAL),
            row("lovasz_hinge", "LovaszLossBinary", signs="target", settings=_PER_IMAGE, instead=_VOID),
            row("lovasz_softmax", "LovaszLossMultiClass", class_axis=1, options={"from_probs": True}, renames=_IGNORE, settings=_PER_IMAGE),
            row("lovasz_hinge", "LovaszLossMultiLabel", signs="target", per="channel"),
            row("nt_xent", "NTXentLoss", renames={"tau": "temperature"}),
            row("info_nce", "ContrastivePairwiseEmbeddingLoss", options={"normalize": False, "temperature": 1.0}),
            row("bpr", "BPRLoss"),
            row(
                "distance_contrastive",
                "ContrastiveDistanceLoss",
                options={"similar": "0"},
                factor=0.5,
                by_reduction={"sum": None, "none": None},
            ),
            row("huber", "HuberLossV0", renames={"clip_delta": "delta"}, last_axis="mean", weighted="elements"),
            row("wing", "WingLoss"),
            row("pair_margin", "MarginLoss", options={"skip_labels": -1.0, "with_itself": True, "eps": 1e-8}),
            row("categorical_projection", "CategoricalRegressionLoss", options={"slope": "torch"}, instead=_ATOMS),
            row("dice", "SmoothingDiceLoss", options=_DICE | {"squared_pred": True, "absent": "count"}, **_OVERLAP),
            row("dice", "DiceLoss", options=_DICE, **_OVERLAP),
            row("tversky", "IoULoss", options=_DICE | {"alpha": 1.0, "beta": 1.0}, **_OVERLAP),
            row("batch_hard_triplet", "TripletLoss", options={"margin": 0.3, "distance": "squared", "alone": "zero"}),
        ),
    ),
)

# Names that need more than arrays -> why, and what to use.
REFUSED = {
    "BarlowTwinsLoss": "its correlations are (N − 1) / N of those of a batch of N rows; barlow_twins has the correlations themselves",
    "CircleLoss": "it is one number of all pairs of a batch together; circle has a number for each row",
    "ContrastiveEmbeddingLoss": "it is catalyst.ContrastiveDistanceLoss of the distances of the vectors",
    "FocalLossMultiClass": "it is catalyst.FocalLossBinary of one-hot labels with -r batchmean",
    "FocalTrevskyLoss": "it is the mean over the images of powers of TrevskyLoss: raise the values of -r none to gamma",
    "GradientPenaltyLoss": "it needs the gradients of a network at random points; gradient_penalty takes gradients",
    "HingeLoss": "it is margin_ranking --margin 1, of the positive score, the negative score, and 1 as the target",
    "LogisticLoss": "it is the mean of σ(negative score), plus 1, minus the mean of σ(positive score); bpr has the logarithm",
    "MaskCrossEntropyLoss": "it is torch.nn.CrossEntropyLoss with the mask as --sample-weight, where no class weights are given",
    "MeanOutputLoss": "it is the mean of the numbers",
    "QuantileRegressionLoss": "it compares all atoms with all atoms; huber_multi_quantile compares quantiles with one target",
    "RSquareLoss": "it is R², which is larger where it is better; r2 is 1 minus it",
    "TrevskyLoss": "it is catalyst.IoULoss with other weights: tversky --eps 1e-7 --no-smooth-numerator --per channel, with"
    " its alpha as --beta and its beta, or 1 − its alpha, as --alpha",
    "SupervisedContrastiveLoss": "with its mean outside of the logarithm it is sup_con --reducer mean; only this one is available",
    "SymmetricCrossEntropyLoss": "it takes probabilities and smooths the label by 1e-4 in both terms; symmetric_ce takes logits",
    "TripletLossV2": "it has the triplets of labels of its own numbering; triplet_all has all triplets of a batch",
    "TripletPairwiseEmbeddingLoss": "it is margin_ranking of the similarity of each pair, of the largest one to another row, and of 1",
    "RocStarLoss": "it compares with earlier batches, which begin as random numbers; ranknet and bpr compare the scores of a batch",
    "WARPLoss": "it draws negatives at random; margin_ranking and ranknet compare the scores that you give",
    "AdaptiveHingeLoss": "it is margin_ranking --margin 1, of the positive score, the largest negative score, and 1 as the target",
    "TripletMarginLossWithSampler": "it draws triplets at random; triplet_margin takes them, and triplet_all has all triplets of a batch",
    "SelfSupervisedLoss": "it wraps a loss; nt_xent, dcl and barlow_twins take two views",
}
