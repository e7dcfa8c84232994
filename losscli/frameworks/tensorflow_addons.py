"""TensorFlow Addons: losses of Keras, with Keras' means."""

from __future__ import annotations

from collections.abc import Callable

from losscli.errors import InputError
from losscli.frameworks import Table, row
from losscli.numeric.lazy import Array
from losscli.presets import Made
from losscli.registry import Setting

__all__ = ["SHORT", "TABLES"]

SHORT = {"tfa.": "tensorflow_addons."}

_METRIC = {
    "distance_metric": Setting(
        "L2",
        {"L2": {}, "squared-L2": {"options": {"distance": "squared"}}, "angular": {"options": {"distance": "cosine"}}},
        "The distance between two rows.",
    )
}


def _shares_of_equal(labels: Array) -> Array:
    """For each row 1 for each row with the same label, divided by their number: (rows, rows)."""
    if labels.ndim > 1 and labels[0].size != 1:
        raise InputError(f"target holds {labels[0].size} numbers a row, and each row has one label; NpairsMultilabelLoss takes several")
    same = (labels.reshape(-1, 1) == labels.reshape(-1)) * 1.0
    return same / same.sum(1, keepdims=True)


def _shares_of_common(labels: Array) -> Array:
    """For each row the number of labels that it has in common with each row, divided by their sum."""
    flags = labels.reshape(len(labels), -1)  # a 0 or 1 for each label
    common = flags @ flags.T
    return common / common.sum(1, keepdims=True)


def _of_rows(make: Callable[[Array], Array], phrase: str) -> dict[str, Made]:
    """The target that is made of the labels of the rows."""
    return {"target": Made.of("target", make, f"{phrase} of two rows, each row divided by its sum")}


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
            # pred are the similarities of all rows, (rows, rows).
            row(
                "cross_entropy",
                "NpairsLoss",
                "npairs_loss",
                weighted=None,
                empty_mean={},
                role_words=_of_rows(_shares_of_equal, "1 for equal and 0 for other labels"),
            ),
            row(
                "cross_entropy",
                "NpairsMultilabelLoss",
                "npairs_multilabel_loss",
                weighted=None,
                empty_mean={},
                role_words=_of_rows(_shares_of_common, "the number of common labels"),
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
