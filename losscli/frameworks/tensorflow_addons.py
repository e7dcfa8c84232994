"""TensorFlow Addons: losses of Keras, with Keras' means."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import Setting

__all__ = ["REFUSED", "SHORT", "TABLES"]

SHORT = {"tfa.": "tensorflow_addons."}

_METRIC = {
    "distance_metric": Setting(
        "L2",
        {"L2": {}, "squared-L2": {"options": {"distance": "squared"}}, "angular": {"options": {"distance": "cosine"}}},
        "The distance between two rows.",
    )
}

TABLES = (
    Table(
        "tensorflow_addons.losses",
        shared={"weighted": "elements", "class_axis": -1, "empty_mean": {"terms": 0.0}},
        rows=(
            # Keras 2 clips the probability, and adds the same number again inside the logarithm.
            row(
                "focal_from_probs",
                "SigmoidFocalCrossEntropy",
                "sigmoid_focal_crossentropy",
                options={"apply_class_balancing": True, "eps": 1e-7},
                reduction="none",
                last_axis="sum",
            ),
            row("quantile", "PinballLoss", "pinball_loss", reduction="sum_over_batch_size", last_axis="mean"),
            # Its boxes are y1, x1, y2, x2, which gives the same.
            row(
                "giou",
                "GIoULoss",
                "giou_loss",
                options={"eps": 0.0},
                reduction="sum_over_batch_size",
                by_option={"mode": {"giou": "tensorflow_addons.losses.GIoULoss", "iou": "tensorflow_addons.losses.GIoULoss.iou"}},
            ),
            row("box_iou", "GIoULoss.iou", "giou_loss.iou", options={"eps": 0.0}, reduction="sum_over_batch_size"),
            row("distance_contrastive", "ContrastiveLoss", reduction="sum_over_batch_size"),
            row("distance_contrastive", "contrastive_loss", reduction="none"),
            row("batch_hard_triplet", "TripletHardLoss", "triplet_hard_loss", options={"alone": "zero"}, settings=_METRIC, weighted=None),
            row("semi_hard_triplet", "TripletSemiHardLoss", "triplet_semihard_loss", settings=_METRIC, weighted=None),
            row(
                "weighted_kappa",
                "WeightedKappaLoss",
                options={"epsilon": 1e-6},
                weighted=None,
                empty_mean={},
                general={"num_classes": "count"},
            ),
            # Its labels are one-hot.
            row("multiclass_sparsemax", "SparsemaxLoss", reduction="sum_over_batch_size"),
            row(
                "lifted_structure",
                "LiftedStructLoss",
                "lifted_struct_loss",
                options={"normalize": False},
                renames={"margin": "neg_margin"},
                weighted=None,
            ),
        ),
    ),
)

_SOFT = "it is cross_entropy of the similarities of all rows with soft labels, each row divided by its sum: {} of two rows"
# Names that need more than arrays -> why, and what to use.
REFUSED = {
    "NpairsLoss npairs_loss": _SOFT.format("1 for equal labels, 0 for other labels"),
    "NpairsMultilabelLoss npairs_multilabel_loss": _SOFT.format("the number of labels in common"),
}
