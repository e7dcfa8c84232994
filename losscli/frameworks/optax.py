"""Optax: no reduction, and the classes are on the last axis."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Table, row
from losscli.registry import Converted, switch, times

__all__ = ["REFUSED", "TABLES"]

# The epsilon of optax is a lower bound of squared norms, our eps one of norms.
_EPSILON = {"epsilon": Converted.make("eps", lambda x: x**0.5, lambda x: x * x, "the square root of")}

_MASK = {"where": "where", "mask": "where"}
_AXIS = {"axis": "class_axis", **_MASK}
_MASKS = {
    "apply_softmax": switch(default=True, options={"activation": "none"}, about="Whether the numbers are logits, not probabilities."),
    "ignore_background": switch(options={"include_background": False}, about="Leave out the first class."),
}
_WHERE_0: dict[str, Any] = {"general": _AXIS, "masks": {"pred": 0.0, "target": 0.0}}

_PADDINGS = {
    "logit_paddings": "--input-lengths has the number of frames of each row",
    "label_paddings": "--target-lengths has the number of labels of each row",
}

TABLES = (
    Table(
        "optax.losses",
        shared={"reduction": "none", "class_axis": -1},
        rows=(
            row("mse", "squared_error"),
            row("half_squared_error", "l2_loss"),
            row("huber", "huber_loss"),
            row("log_cosh", "log_cosh"),
            row("kl_div", "kl_divergence", last_axis="sum", **_WHERE_0),
            row(
                "kl_div",
                "kl_divergence_with_log_targets",
                options={"log_target": True},
                last_axis="sum",
                general=_AXIS,
                masks={"pred": 0.0, "target": float("-inf")},
            ),
            row(
                "generalized_kl",
                "generalized_kl_divergence",
                "convex_kl_divergence",
                general=_AXIS,
                masks={"pred": float("-inf"), "target": 0.0},
            ),
            row("bce_with_logits", "sigmoid_binary_cross_entropy", "binary_logistic_loss"),
            row("focal", "sigmoid_focal_loss", options={"alpha": -1.0}),
            row("cross_entropy", "softmax_cross_entropy", general=_AXIS, masks={"pred": float("-inf"), "target": 0.0}),
            row("cross_entropy", "safe_softmax_cross_entropy"),
            row("cross_entropy", "softmax_cross_entropy_with_integer_labels", general=_AXIS, masks={"pred": float("-inf")}),
            row("cross_entropy", "multiclass_logistic_loss"),
            row("poly_cross_entropy", "poly_loss_cross_entropy", general=_AXIS, masks={"pred": float("-inf"), "target": 0.0}),
            row("hinge", "hinge_loss"),
            row("perceptron", "perceptron_loss"),
            row("sparsemax", "sparsemax_loss", "binary_sparsemax_loss"),
            row("multiclass_hinge", "multiclass_hinge_loss"),
            row("multiclass_perceptron", "multiclass_perceptron_loss"),
            row("multiclass_sparsemax", "multiclass_sparsemax_loss"),
            # Its smooth = 1 is added to numerator and denominator that are half of ours.
            row(
                "dice",
                "binary_dice_loss",
                options={"eps": 2.0, "from_logits": True},
                renames={"apply_sigmoid": "from_logits", "smooth": times("eps", 2)},
                per="row",
            ),
            row(
                "multiclass_dice",
                "dice_loss",
                options={"eps": 1.0},
                renames={"smooth": "eps", "class_weights": "class_weight"},
                per="row",
                instead={"axis": "only its default is available, all axes between the rows and the classes"},
                settings=_MASKS,
            ),
            row("multiclass_generalized_dice", "multiclass_generalized_dice_loss", reduction="mean", settings=_MASKS),
            row(
                "triplet_margin",
                "triplet_margin_loss",
                options={"eps_in_root": True},
                renames={"norm_degree": "p"},
                general={"axis": "class_axis"},
            ),
            row("cosine_similarity", "cosine_similarity", options={"eps": 0.0}, renames=_EPSILON, **_WHERE_0),
            row("cosine_distance", "cosine_distance", options={"eps": 0.0}, renames=_EPSILON, **_WHERE_0),
            row("nt_xent_labels", "ntxent", reduction="mean", empty_mean={"terms": float("nan")}),
            row(
                "ranking_softmax",
                "ranking_softmax_loss",
                reduction="mean",
                empty_mean={"rows": 0.0, "terms": 0.0},
                general={**_MASK, "weights": "factor"},
                masks={"target": -1.0},
            ),
            row(
                "ctc",
                "ctc_loss",
                "ctc_loss_with_forward_probs",
                options={"from_logits": True},
                renames={"blank_id": "blank"},
                instead=_PADDINGS,
            ),
        ),
    ),
)

REFUSED = {
    "make_fenchel_young_loss": "it makes a loss of a function: give the function, losscli compute FILE.py::FUNCTION",
    "smooth_labels": "it smooths labels, and is no loss: cross_entropy --label-smoothing does both",
}
