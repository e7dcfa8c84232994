"""MMDetection: a mean over all elements; weights multiply the losses and are not in the denominator."""

from __future__ import annotations

from losscli.frameworks import Table, row
from losscli.registry import times

__all__ = ["REFUSED", "TABLES"]

_COMMON = {
    "loss_weight": "it is a factor of the loss: multiply the result by it",
    "avg_factor": "it replaces the denominator: divide the result of -r sum by it",
}
_MOMENTUM = {"momentum": "it needs earlier batches: only 0 is available"}
_BINARY = "mmdet.models.losses.CrossEntropyLoss.use_sigmoid"

TABLES = (
    Table(
        "mmdet.models.losses",
        shared={"weighted": "elements", "instead": _COMMON},
        rows=(
            row(
                "cross_entropy",
                "CrossEntropyLoss",
                "cross_entropy",
                by_option={"use_sigmoid": {"true": _BINARY}},
                instead={"avg_non_ignore": "torch.CrossEntropyLoss divides by the labels that are not ignored"},
            ),
            row("bce_with_logits", "CrossEntropyLoss.use_sigmoid", "binary_cross_entropy", renames={"class_weight": "pos_weight"}),
            row("focal", "FocalLoss", "sigmoid_focal_loss", "py_sigmoid_focal_loss"),
            row("quality_focal", "QualityFocalLoss", "quality_focal_loss", last_axis="sum"),
            row("varifocal", "VarifocalLoss", "varifocal_loss", instead={"iou_weighted": "only True is available"}),
            row("mse", "MSELoss", "mse_loss"),
            row("mae", "L1Loss", "l1_loss"),
            row("smooth_l1", "SmoothL1Loss", "smooth_l1_loss"),
            row(
                "box_iou",
                "IoULoss",
                "iou_loss",
                options={"mode": "log", "eps": 1e-6, "eps_bounds": True},
                instead={"linear": "--mode linear"},
            ),
            row("giou", "GIoULoss", options={"eps": 1e-6, "eps_bounds": True}),
            row("giou", "giou_loss", options={"eps": 1e-7, "eps_bounds": True}),
            row("diou", "DIoULoss", options={"eps": 1e-6}),
            row("diou", "diou_loss"),
            row("ciou", "CIoULoss", options={"eps": 1e-6, "slope": "torch", "eps_bounds": True}),
            row("ciou", "ciou_loss", options={"eps": 1e-7, "slope": "torch", "eps_bounds": True}),
            row("extended_iou", "EIoULoss", options={"eps": 1e-6}, renames={"smooth_point": "beta"}),
            row("extended_iou", "eiou_loss", options={"eps": 1e-7}, renames={"smooth_point": "beta"}),
            row("siou", "SIoULoss", options={"eps": 1e-6, "neg_gamma": False, "eps_bounds": True}),
            row("siou", "siou_loss", options={"neg_gamma": False, "eps_bounds": True}),
            row("bounded_iou", "BoundedIoULoss", "bounded_iou_loss"),
            row("balanced_l1", "BalancedL1Loss", "balanced_l1_loss"),
            row("distribution_focal", "DistributionFocalLoss", "distribution_focal_loss"),
            row("gaussian_focal", "GaussianFocalLoss", "gaussian_focal_loss", options={"eps": 1e-12}),
            row("multi_positive_cross_entropy", "MultiPosCrossEntropyLoss"),
            row("seesaw", "seesaw_ce_loss", options={"slope": "torch"}, renames={"cum_samples": "class_counts"}),
            row("batch_hard_triplet", "TripletLoss", options={"margin": 0.3}, instead={"hard_mining": "only True is available"}),
            # Its 10⁻³ is added to each of the two sums of the denominator, and not to the numerator.
            row(
                "dice",
                "DiceLoss",
                options={"eps": 2e-3, "smooth_numerator": False, "squared_pred": True, "from_logits": True},
                renames={"eps": times("eps", 2), "use_sigmoid": "from_logits"},
                per="row",
                instead={"naive_dice": "only False is available"},
            ),
        ),
    ),
    Table(
        "mmdet.models.losses",
        shared={"instead": _COMMON},
        rows=(
            row("ghm_c", "GHMC", instead=_MOMENTUM | {"use_sigmoid": "only True is available"}, empty_mean={"rows": 0.0}),
            row("ghm_r", "GHMR", instead=_MOMENTUM, empty_mean={"rows": 0.0}),
            row(
                "margin_l2",
                *("MarginL2Loss", "L2Loss"),
                weighted="elements",
                weight_note="MMDetection divides by the number of weights above 0, losscli here by the number of elements",
                instead={
                    "neg_pos_ub": "it draws negative elements at random, which is not available",
                    "hard_mining": "leave out the negative elements that should not count",
                },
            ),
        ),
    ),
)

# Names that cannot be computed from arrays, and what to use instead.
REFUSED = {
    "EQLV2Loss": "its weights are the gradients of all earlier batches; without any, it is bce_with_logits summed over the classes",
    "SeesawLoss": (
        "it is two losses, of parts of pred: mmdet.seesaw_ce_loss of the classes, mmdet.CrossEntropyLoss of the last two columns"
    ),
    "AssociativeEmbeddingLoss": "it takes the embeddings of corners out of maps, and gives a pull and a push loss",
    "isr_p carl_loss": "it computes weights of boxes that a sampler chose: give them with -w",
    "DDQAuxLoss": "it assigns boxes to predictions with a state of its own; detr is the loss of a matching",
    "CrossEntropyCustomLoss FocalCustomLoss": "it is mmdet.CrossEntropyLoss or mmdet.FocalLoss with an activation for the scores",
    "KnowledgeDistillationKLDivLoss": "it is distillation --temperature 10, divided by the number of classes",
    "Accuracy": "it is a score; accuracy is 1 minus it",
    "mask_cross_entropy": "it takes one of the masks of each box: give that mask to bce_with_logits",
}
