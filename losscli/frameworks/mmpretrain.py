"""MMPretrain: a mean over all elements; weights multiply the losses and are not in the denominator."""

from __future__ import annotations

from losscli.frameworks import Table, row

__all__ = ["REFUSED", "TABLES"]

_COMMON = {
    "loss_weight": "it is a factor of the loss: multiply the result by it",
    "avg_factor": "it replaces the denominator: divide the result of -r sum by it",
}
_BINARY = "mmpretrain.models.losses.CrossEntropyLoss.use_sigmoid"
_PROTOTYPES = "give the scores of each view for each prototype, which are its features times the prototypes of unit length"
_SIGMOID = {"use_sigmoid": "only True is available"}

TABLES = (
    Table(
        "mmpretrain.models.losses",
        shared={"weighted": "elements", "instead": _COMMON},
        rows=(
            row(
                "cross_entropy",
                "CrossEntropyLoss",
                "cross_entropy",
                "soft_cross_entropy",
                by_option={"use_sigmoid": {"true": _BINARY}},
                instead={"use_soft": "a probability for each class as target is taken as one"},
            ),
            row("bce_with_logits", "CrossEntropyLoss.use_sigmoid", "binary_cross_entropy"),
            row(
                "cross_entropy",
                "LabelSmoothLoss",
                renames={"label_smooth_val": "label_smoothing"},
                instead={"mode": "only original is available"},
            ),
            row("focal", "FocalLoss", "sigmoid_focal_loss"),
            row(
                "seesaw",
                "SeesawLoss",
                options={"slope": "torch"},
                renames={"cum_samples": "class_counts"},
                instead={"num_classes": "it is the number of logits", "use_sigmoid": "only False is available"},
            ),
            row("asymmetric_multilabel", "AsymmetricLoss", options={"gamma_pos": 0.0}, reduction="mean", instead=_SIGMOID),
            row("asymmetric_multilabel", "asymmetric_loss", reduction="mean", instead=_SIGMOID),
        ),
    ),
    Table(
        "mmpretrain.models.losses",
        rows=(
            row(
                "swav",
                "SwAVLoss",
                options={"slope": "torch"},
                renames={"epsilon": "sinkhorn_epsilon"},
                instead={
                    "feat_dim": _PROTOTYPES,
                    "num_prototypes": _PROTOTYPES,
                    "crops_for_assign": "give these crops as high, the others as low",
                    "num_crops": "give each crop as a view of high or low",
                },
            ),
            row(
                "neg_cosine_similarity",
                "CosineSimilarityLoss",
                options={"eps": 1e-12},
                instead={"shift_factor": "it is added to the loss", "scale_factor": "it is a factor of the loss"},
            ),
        ),
    ),
)

REFUSED = {
    "convert_to_one_hot": "it is a helper, not a loss: the losses here take class indices",
    "reduce_loss weight_reduce_loss weighted_loss": (
        "it is the reduction of a loss that it takes: name that loss, with --reduction and --sample-weight"
    ),
}
