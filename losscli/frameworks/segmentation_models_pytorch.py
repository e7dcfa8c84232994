"""segmentation_models_pytorch: a mean, as in PyTorch; masks in the mode binary, multiclass or multilabel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import Setting, switch

__all__ = ["SHORT", "TABLES"]

SHORT = {"smp.": "segmentation_models_pytorch."}

_MODE = "binary: a mask; multiclass: a label a pixel; multilabel: a mask for each class."
_WORDS = {"eps": "floor", "smooth": "eps"}
_ALL = {"eps": 0.0, "floor": 1e-7, "absent": "zero", "soft_label": True, "ignore_index": None}


def _modes(binary: Mapping[str, Any], classes: Mapping[str, Any], multiclass: Mapping[str, Any], multilabel: Mapping[str, Any]) -> Setting:
    """The setting mode: binary is the name's own loss, the other modes are one loss of channels."""
    return Setting(
        "binary",
        {
            "binary": binary,
            "multiclass": {**classes, "options": {**classes["options"], **multiclass}},
            "multilabel": {**classes, "options": {**classes["options"], **multilabel}},
        },
        _MODE,
    )


_OF_TVERSKY = {name: "TverskyLoss takes it" for name in ("alpha", "beta", "gamma")}  # noqa: C420 - its type is that of a Mapping[str, str]


def _overlap(name: str, instead: Mapping[str, str], **options: Any) -> Row:
    """A loss of the overlap in its three modes, from logits unless from_logits is false."""
    instead = {"classes": "--only-classes takes their indices", **instead}
    classes = {
        "loss": "multiclass_dice",
        "renames": _WORDS | {"class_weights": "class_weight"},
        "options": _ALL | options | {"average": "weighted"},
        "class_axis": 1,
        "settings": {"from_logits": switch(default=True, options={"activation": "none"})},
        "instead": instead,
    }
    multilabel = {"activation": "sigmoid", "ignore_in_masks": "element"}
    return row(
        "focal_tversky",
        name,
        options=_ALL | options | {"from_logits": True},
        renames=_WORDS,
        settings={"mode": _modes({}, classes, {"activation": "softmax"}, multilabel)},
        instead=instead,
    )


TABLES = (
    Table(
        "segmentation_models_pytorch.losses",
        rows=(
            row("wing", "_functional.wing_loss"),
            row("cross_entropy", "SoftCrossEntropyLoss", renames={"smooth_factor": "label_smoothing"}, weighted="elements"),
            row("mcc", "MCCLoss", options={"eps": 0.0, "smooth": 1e-5}, renames={"eps": "smooth"}),
            row("lovasz_hinge", "LovaszLoss", signs="target"),
            _overlap("JaccardLoss", _OF_TVERSKY, alpha=1.0, beta=1.0),
            _overlap("DiceLoss", _OF_TVERSKY, alpha=0.5, beta=0.5),
            _overlap("TverskyLoss", {}, alpha=0.5, beta=0.5),
            row(
                "reduced_focal",
                "FocalLoss",
                options={"ignore_index": None},
                renames={"reduced_threshold": "threshold"},
                by_reduction={"sum": {"within": "sum"}, "none": None},
                settings={
                    "mode": _modes(
                        {},
                        {
                            "loss": "class_reduced_focal",
                            "options": {"ignore_index": None},
                            "renames": {"reduced_threshold": "threshold", "class_weights": "class_weight"},
                            "class_axis": 1,
                            "by_reduction": {"sum": {"within": "sum"}, "none": None},
                        },
                        {},
                        {"ignore_in_masks": "element"},
                    )
                },
            ),
        ),
    ),
)
