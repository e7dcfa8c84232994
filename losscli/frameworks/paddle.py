"""PaddlePaddle: as PyTorch, but weights are not in the denominator, and the classes of cross-entropy are on the last axis."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

_EPSILON = {"epsilon": "eps"}
_WEIGHT = {"weight": "class_weight"}
_FASTEMIT = {
    "fastemit_lambda": "it changes no value, only the derivatives by the labels' log-probabilities, which are times 1 + fastemit_lambda"
}

TABLES = (
    Table(
        "paddle.nn",
        shared={"weighted": "elements"},
        rows=(
            row("mse", "MSELoss", "functional.mse_loss"),
            row("mse", "functional.square_error_cost", reduction="none"),
            row("mae", "L1Loss", "functional.l1_loss"),
            # Its delta is Huber's; with is_huber=False the loss is divided by delta.
            row(
                "huber",
                "SmoothL1Loss",
                "HuberLoss",
                "functional.smooth_l1_loss",
                instead={"is_huber": "is_huber=False is smooth_l1, whose beta is its delta"},
            ),
            row("poisson_nll", "PoissonNLLLoss", "functional.poisson_nll_loss", renames=_EPSILON),
            row("gaussian_nll", "GaussianNLLLoss", "functional.gaussian_nll_loss", options={"slope": "torch"}, renames=_EPSILON),
            row("kl_div", "KLDivLoss", "functional.kl_div", reduction="mean"),
            row("bce", "BCELoss", "functional.binary_cross_entropy"),
            row("bce", "functional.log_loss", options={"eps": 1e-4}, renames=_EPSILON, reduction="none"),
            row("bce_with_logits", "BCEWithLogitsLoss", "functional.binary_cross_entropy_with_logits"),
            row("focal", "functional.sigmoid_focal_loss", reduction="sum", instead={"normalizer": "divide the result by it"}),
            row("multilabel_soft_margin", "MultiLabelSoftMarginLoss", "functional.multi_label_soft_margin_loss", renames=_WEIGHT),
            row("soft_margin", "SoftMarginLoss", "functional.soft_margin_loss"),
            row("multi_margin", "MultiMarginLoss", "functional.multi_margin_loss", renames=_WEIGHT),
            row("multilabel_margin", "MultiLabelMarginLoss", "functional.multi_label_margin_loss"),
            row("triplet_margin", "TripletMarginLoss", "functional.triplet_margin_loss", renames=_EPSILON),
            row("triplet_margin", "TripletMarginWithDistanceLoss", "functional.triplet_margin_with_distance_loss"),
            row("cosine_embedding", "CosineEmbeddingLoss", "functional.cosine_embedding_loss", options={"eps": 1e-11}),
            row("cosine_similarity", "CosineSimilarity", "functional.cosine_similarity", options={"eps_of": "product"}, reduction="none"),
            row("hinge_embedding", "HingeEmbeddingLoss", "functional.hinge_embedding_loss"),
            row("margin_ranking", "MarginRankingLoss", "functional.margin_ranking_loss"),
            # Masks are given with a channel for each class here, where paddle takes labels.
            row(
                "dice", "functional.dice_loss", options={"eps": 1e-5, "smooth_numerator": False}, renames=_EPSILON, per="row", weighted=None
            ),
        ),
    ),
    Table(
        "paddle.nn",
        rows=(
            # On a CPU it takes log-probabilities, as its documentation says; on a GPU it makes them of logits.
            row("rnnt", "RNNTLoss", "functional.rnnt_loss", options={"from_logits": False}, instead=_FASTEMIT),
            row("nll", "NLLLoss", "functional.nll_loss", renames=_WEIGHT),
            row("cross_entropy", "CrossEntropyLoss", "functional.cross_entropy", renames=_WEIGHT, class_axis=-1, counts_ignored=True),
            row("cross_entropy", "functional.softmax_with_cross_entropy", class_axis=-1, reduction="none"),
            row("ctc", "CTCLoss", "functional.ctc_loss", options={"from_logits": True}, swapped_axes="pred"),
        ),
    ),
)
