"""Burn: a mean, as in PyTorch; weights are not in the denominator."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["TABLES"]

TABLES = (
    Table(
        "burn.nn.loss",
        shared={"weighted": "elements"},
        rows=(
            row("mse", "MseLoss"),
            row("huber", "HuberLoss"),
            row("smooth_l1", "SmoothL1Loss"),
            row(
                "bce",
                "BinaryCrossEntropyLoss",
                renames={"logits": "from_logits"},
                instead={"smoothing": "for one label a row it is --label-smoothing; for several give t (1 - s) + s / C as target"},
            ),
            row("gaussian_nll", "GaussianNLLLoss"),
            row("poisson_nll", "PoissonNllLoss"),
            row("kl_div", "KLDivLoss"),
            row("cosine_embedding", "CosineEmbeddingLoss", options={"eps": 2.0**-252}),
            row("hinge_embedding", "HingeEmbeddingLoss"),
            row("margin_ranking", "MarginRankingLoss"),
            row("multi_margin", "MultiMarginLoss"),
            row("soft_margin", "SoftMarginLoss"),
            row("triplet_margin", "TripletMarginLoss", options={"eps": 0.0}),
        ),
    ),
    Table(
        "burn.nn.loss",
        rows=(
            row(
                "cross_entropy",
                "CrossEntropyLoss",
                renames={"smoothing": "label_smoothing", "weights": "class_weight"},
                counts_ignored=True,
                instead={"pad_tokens": "--ignore-index takes one", "logits": "logits=False is nll of their logarithms"},
            ),
            row("rnnt", "RNNTLoss", renames={"logits": "from_logits"}),
            row("ctc", "CTCLoss", swapped_axes="pred", concatenated={"target": "target_lengths"}),
        ),
    ),
)
