"""segmentation_models_pytorch: a mean, as in PyTorch; masks in the mode binary, multiclass or multilabel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import switch

__all__ = ["SHORT", "TABLES"]

SHORT = {"smp.": "segmentation_models_pytorch."}

_WORDS = {"eps": "floor", "smooth": "eps"}
_ALL = {"eps": 0.0, "floor": 1e-7, "absent": "zero", "soft_label": True, "ignore_index": None}
_OF_TVERSKY = {name: "TverskyLoss takes it" for name in ("alpha", "beta", "gamma")}  # noqa: C420 - its type is that of a Mapping[str, str]
_MULTICLASS, _MULTILABEL = {"activation": "softmax"}, {"activation": "sigmoid", "ignore_in_masks": "element"}


def _modes(name: str) -> Mapping[str, Mapping[str, str]]:
    """The option mode: binary is a mask, multiclass a label a pixel, and multilabel a mask for each class."""
    full = f"segmentation_models_pytorch.losses.{name}"
    return {"mode": {"binary": full, "multiclass": f"{full}.multiclass", "multilabel": f"{full}.multilabel"}}


def _overlap(name: str, instead: Mapping[str, str], **options: Any) -> tuple[Row, ...]:
    """A loss of the overlap in its three modes, from logits unless from_logits is false."""
    instead = {"classes": "to choose classes, --only-classes takes their indices", **instead}
    channels: dict[str, Any] = {
        "renames": _WORDS | {"class_weights": "class_weight"},
        "class_axis": 1,
        "settings": {"from_logits": switch(default=True, options={"activation": "none"})},
        "instead": instead,
    }
    shared = _ALL | options
    return (
        row("focal_tversky", name, options=shared | {"from_logits": True}, renames=_WORDS, by_option=_modes(name), instead=instead),
        row("multiclass_dice", f"{name}.multiclass", options=shared | {"average": "weighted"} | _MULTICLASS, **channels),
        row("multiclass_dice", f"{name}.multilabel", options=shared | {"average": "weighted"} | _MULTILABEL, **channels),
    )


def _focal() -> tuple[Row, ...]:
    """The focal loss in its three modes."""
    shared: dict[str, Any] = {"renames": {"reduced_threshold": "threshold"}, "by_reduction": {"sum": {"within": "sum"}, "none": None}}
    channels: dict[str, Any] = {**shared, "renames": shared["renames"] | {"class_weights": "class_weight"}, "class_axis": 1}
    return (
        row("reduced_focal", "FocalLoss", options={"ignore_index": None}, by_option=_modes("FocalLoss"), **shared),
        row("class_reduced_focal", "FocalLoss.multiclass", options={"ignore_index": None}, **channels),
        row("class_reduced_focal", "FocalLoss.multilabel", options={"ignore_index": None, "ignore_in_masks": "element"}, **channels),
    )


TABLES = (
    Table(
        "segmentation_models_pytorch.losses",
        rows=(
            row("wing", "_functional.wing_loss"),
            row("cross_entropy", "SoftCrossEntropyLoss", renames={"smooth_factor": "label_smoothing"}, weighted="elements"),
            row("mcc", "MCCLoss", options={"eps": 0.0, "smooth": 1e-5}, renames={"eps": "smooth"}),
            row("lovasz_hinge", "LovaszLoss", signs="target"),
            *_overlap("JaccardLoss", _OF_TVERSKY, alpha=1.0, beta=1.0),
            *_overlap("DiceLoss", _OF_TVERSKY, alpha=0.5, beta=0.5),
            *_overlap("TverskyLoss", {}, alpha=0.5, beta=0.5),
            *_focal(),
        ),
    ),
)
