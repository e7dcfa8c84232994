"""pytorch_toolbelt: the losses of segmentation_models_pytorch began here, so that the conventions are the same."""

from __future__ import annotations

from typing import Any

from losscli.frameworks import Table, row
from losscli.frameworks.segmentation_models_pytorch import overlap
from losscli.presets import switch, times

__all__ = ["TABLES"]

_IGNORED = {"ignore_index": "leave these rows out with --where"}
_CLIP = {"eps": "clip"}  # its F1 has an epsilon of its own
_NORMALIZED = {
    "normalized": {"false": "pytorch_toolbelt.losses.BinaryFocalLoss", "true": "pytorch_toolbelt.losses.BinaryFocalLoss.normalized"}
}
_WITHIN = {"sum": {"within": "sum"}, "none": None}
_FOCAL = {
    "ignore_index": "give these elements any label, and the sample weight 0: they are counted in its mean",
    "class_weights": "give the weight of each element as its sample weight",
    "activation": "only sigmoid is available",
    "softmax_dim": "only the activation sigmoid is available",
}
_CAPPED = {"reduced_threshold": "with normalized it is not available; BinaryFocalLoss has it without"}
_BY_FACTORS = {"normalized": "BinaryFocalLoss has it, with --alpha"}
_THRESHOLD = {"reduced_threshold": "threshold"}
_HALF = {"smooth": times("eps", 0.5), "eps": "floor"}  # it adds smooth to twice the overlap
_PER_IMAGE = {"per_image": switch(per="row", about="The mean of the losses of the images.")}
_VOID = {"ignore_index": "give those elements any label, and the sample weight 0"}
_IGNORE = {"ignore": "ignore_index"}
_OF_TVERSKY = {name: "smp.TverskyLoss takes it" for name in ("alpha", "beta", "gamma")}  # noqa: C420 - its type is that of a Mapping[str, str]
_TEMPERED: dict[str, Any] = {
    "options": {"num_iters": 5, "eps": 1e-10},
    "renames": {"smoothing": "label_smoothing"},
    "instead": {"ignore_index": "leave these rows out with --where and -r sum; its mean counts them"},
}

TABLES = (
    Table(
        "pytorch_toolbelt.losses",
        rows=(
            row("wing", "WingLoss", "functional.wing_loss"),
            row("log_cosh", "LogCoshLoss", "functional.log_cosh_loss"),
            row("quality_focal", "QualityFocalLoss"),
            row("capped_focal", "BinaryFocalLoss", renames=_THRESHOLD, weighted="elements", by_option=_NORMALIZED, instead=_FOCAL),
            row(
                "reduced_focal", "BinaryFocalLoss.normalized", options={"normalized": True}, by_reduction=_WITHIN, instead=_FOCAL | _CAPPED
            ),
            row(
                "capped_focal",
                *("functional.focal_loss_with_logits", "functional.sigmoid_focal_loss"),
                options={"alpha": 0.25},
                renames=_THRESHOLD,
                weighted="elements",
                instead=_FOCAL | _BY_FACTORS,
            ),
            row(
                "capped_focal",
                "functional.reduced_focal_loss",
                options={"threshold": 0.5},
                weighted="elements",
                instead={"alpha": "it has none; focal_loss_with_logits does"},
            ),
            row(
                "class_miss_focal",
                *("CrossEntropyFocalLoss", "FocalLoss", "functional.softmax_focal_loss_with_logits"),
                class_axis=1,
                renames=_THRESHOLD | {"class_weights": "class_weight"},
                options={"count": "all"},
                instead={"normalized": "divide -r sum or -r none by the sum of the factors of all classes"},
            ),
            row("soft_f1", "BinarySoftF1Loss", empty_mean={"rows": 0.0}, renames=_CLIP, instead=_IGNORED),
            row("multiclass_soft_f1", "SoftF1Loss", renames=_CLIP, instead=_IGNORED),
            row(
                "balanced_bce",
                *("BalancedBCEWithLogitsLoss", "functional.balanced_binary_cross_entropy_with_logits"),
                options={"eps": 1e-7},
                by_reduction={"sum": None, "none": None},
                instead=_IGNORED,
            ),
            row("focal_cosine", "FocalCosineLoss", by_reduction={"sum": None}),  # its sum adds the values of the rows to one number
            row("bi_tempered", "BiTemperedLogisticLoss", **_TEMPERED),
            row("bi_tempered", "bitempered_loss.bi_tempered_logistic_loss", options=_TEMPERED["options"]),
            # Its two logits are −x and x.
            row("binary_bi_tempered", "BinaryBiTemperedLogisticLoss", **_TEMPERED | {"options": {**_TEMPERED["options"], "scale": 2.0}}),
            row("lovasz_hinge", "BinaryLovaszLoss", signs="target", settings=_PER_IMAGE, instead=_VOID),
            row("lovasz_softmax", "LovaszLoss", class_axis=1, options={"from_probs": True}, renames=_IGNORE, settings=_PER_IMAGE),
            row("cross_entropy", "SoftCrossEntropyLoss", renames={"smooth_factor": "label_smoothing"}, weighted="elements"),
            row("soft_bce", "SoftBCEWithLogitsLoss", options={"count": "all"}, weighted="elements"),
        ),
    ),
    Table(
        "pytorch_toolbelt.losses",
        rows=(
            *overlap("JaccardLoss", _OF_TVERSKY, "pytorch_toolbelt", alpha=1.0, beta=1.0),
            *overlap("DiceLoss", _OF_TVERSKY, "pytorch_toolbelt", _HALF, alpha=0.5, beta=0.5),
        ),
    ),
)
