"""PyTorch: its conventions are also ours."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "SHORT", "TABLES"]

SHORT = {"F.": "torch.nn.functional.", "functional.": "torch.nn.functional.", "nn.": "torch.nn."}

_WEIGHT = {"weight": "sample_weight"}  # of each element

TABLES = (
    Table(
        "torch.nn",
        shared={"none_reduction": "error"},
        rows=(
            row("mse", "MSELoss", "functional.mse_loss", general=_WEIGHT),
            row("mae", "L1Loss", "functional.l1_loss", general=_WEIGHT),
            row("huber", "HuberLoss", "functional.huber_loss", weighted="elements", general=_WEIGHT),
            row("smooth_l1", "SmoothL1Loss", "functional.smooth_l1_loss"),
            row("poisson_nll", "PoissonNLLLoss", "functional.poisson_nll_loss"),
            row("gaussian_nll", "GaussianNLLLoss", "functional.gaussian_nll_loss", options={"slope": "torch"}),
            row("kl_div", "KLDivLoss", "functional.kl_div", reduction="mean"),
            row("bce", "BCELoss", "functional.binary_cross_entropy", options={"slope": "torch"}, weighted="elements", general=_WEIGHT),
            row(
                "bce_with_logits",
                "BCEWithLogitsLoss",
                "functional.binary_cross_entropy_with_logits",
                weighted="elements",
                general=_WEIGHT,
            ),
            row(
                "multilabel_soft_margin",
                "MultiLabelSoftMarginLoss",
                "functional.multilabel_soft_margin_loss",
                renames={"weight": "class_weight"},
            ),
            row("cross_entropy", "CrossEntropyLoss", "functional.cross_entropy", renames={"weight": "class_weight"}),
            row("nll", "NLLLoss", "functional.nll_loss", renames={"weight": "class_weight"}),
            row("linear_cross_entropy", "LinearCrossEntropyLoss", "functional.linear_cross_entropy", renames={"weight": "class_weight"}),
            row("soft_margin", "SoftMarginLoss", "functional.soft_margin_loss"),
            row("multi_margin", "MultiMarginLoss", "functional.multi_margin_loss", renames={"weight": "class_weight"}),
            row("multilabel_margin", "MultiLabelMarginLoss", "functional.multilabel_margin_loss"),
            row("triplet_margin", "TripletMarginLoss", "functional.triplet_margin_loss"),
            row("triplet_margin", "TripletMarginWithDistanceLoss", "functional.triplet_margin_with_distance_loss"),
            row("cosine_embedding", "CosineEmbeddingLoss", "functional.cosine_embedding_loss"),
            row(
                "cosine_similarity",
                "CosineSimilarity",
                "functional.cosine_similarity",
                options={"slope": "torch"},
                reduction="none",
                class_axis=1,
                general={"dim": "class_axis"},
            ),
            row(
                "pairwise_distance",
                "PairwiseDistance",
                "functional.pairwise_distance",
                reduction="none",
                instead={"keepdim": "the values are (N,), one for each row; with keepdim torch gives them as (N, 1)"},
            ),
            row("hinge_embedding", "HingeEmbeddingLoss", "functional.hinge_embedding_loss"),
            row("margin_ranking", "MarginRankingLoss", "functional.margin_ranking_loss"),
            row(
                "ctc",
                "CTCLoss",
                "functional.ctc_loss",
                options={"slope": "torch"},
                swapped_axes="pred",
                concatenated={"target": "target_lengths"},
            ),
        ),
    ),
)

REFUSED = {
    "AdaptiveLogSoftmaxWithLoss": "it holds the weights of its layers, which are trained; cross_entropy takes their logits",
}
