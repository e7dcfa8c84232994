"""segmentation_models_pytorch: a mean, as in PyTorch; masks in the mode binary, multiclass or multilabel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from losscli.frameworks import Row, Table, row
from losscli.registry import switch

__all__ = ["SHORT", "TABLES", "overlap"]

SHORT = {"smp.": "segmentation_models_pytorch."}

_WORDS = {"eps": "floor", "smooth": "eps"}
_ALL = {"eps": 0.0, "floor": 1e-7, "absent": "zero", "soft_label": True, "ignore_index": None}
_OF_TVERSKY = {name: "TverskyLoss takes it" for name in ("alpha", "beta", "gamma")}  # noqa: C420 - its type is that of a Mapping[str, str]
_MULTICLASS, _MULTILABEL = {"activation": "softmax"}, {"activation": "sigmoid", "ignore_in_masks": "element"}

_FROM_LOGITS = {"from_logits": switch(default=True, options={"from_probs": True}, about="Whether pred holds logits, not probabilities.")}
_LOGARITHMS = dict.fromkeys(
    ("from_logits", "from_probs", "from_log_probs"),
    "pred holds logits; with from_logits false the logarithms of probabilities take their place there: give log(p) as pred",
)


def _modes(name: str, library: str = "segmentation_models_pytorch") -> Mapping[str, Mapping[str, str]]:
    """The option mode: binary is a mask, multiclass a label a pixel, and multilabel a mask for each class."""
    full = f"{library}.losses.{name}"
    return {"mode": {"binary": full, "multiclass": f"{full}.multiclass", "multilabel": f"{full}.multilabel"}}


def overlap(
    name: str, instead: Mapping[str, str], library: str = "segmentation_models_pytorch", words: Mapping[str, str] = _WORDS, **options: Any
) -> tuple[Row, ...]:
    """A loss of the overlap in its three modes, from logits unless from_logits is false. `words` are its names of our options."""
    binary = {"classes": "it chooses classes of the modes multiclass and multilabel", **instead}
    channels: dict[str, Any] = {
        "renames": {**words, "class_weights": "class_weight", "classes": "only_classes"},
        "class_axis": 1,
        "settings": {"from_logits": switch(default=True, options={"activation": "none"})},
        "instead": instead,
    }
    shared = _ALL | options
    return (
        row("focal_tversky", name, options=shared | {"from_logits": True}, renames=words, by_option=_modes(name, library), instead=binary),
        row("multiclass_dice", f"{name}.multiclass", options=shared | {"average": "weighted"} | _MULTICLASS, **channels),
        row("multiclass_dice", f"{name}.multilabel", options=shared | {"average": "weighted"} | _MULTILABEL, **channels),
    )


def _focal() -> tuple[Row, ...]:
    """The focal loss in its three modes."""
    shared: dict[str, Any] = {
        "renames": {"reduced_threshold": "threshold"},
        "by_reduction": {"sum": {"within": "sum"}, "none": None},
        "none_reduction": "none",
    }
    channels: dict[str, Any] = {**shared, "renames": shared["renames"] | {"class_weights": "class_weight"}, "class_axis": 1}
    return (
        row("reduced_focal", "FocalLoss", options={"ignore_index": None}, by_option=_modes("FocalLoss"), settings=_FROM_LOGITS, **shared),
        row("class_reduced_focal", "FocalLoss.multiclass", options={"ignore_index": None}, instead=_LOGARITHMS, **channels),
        row(
            "class_reduced_focal",
            "FocalLoss.multilabel",
            options={"ignore_index": None, "ignore_in_masks": "element"},
            settings=_FROM_LOGITS,
            **channels,
        ),
    )


def _lovasz() -> tuple[Row, ...]:
    """The Lovász losses: of one mask, or of all masks as one, and of several classes."""
    per_image = {"per_image": switch(per="row", about="The mean of the losses of the images.")}
    return (
        row(
            "lovasz_hinge",
            "LovaszLoss",
            signs="target",
            settings=per_image,
            by_option={"mode": {**_modes("LovaszLoss")["mode"], "multilabel": "segmentation_models_pytorch.losses.LovaszLoss"}},
            instead={"ignore_index": "give those elements any label, and the sample weight 0", "from_logits": "it has no effect there"},
        ),
        row(
            "lovasz_softmax",
            "LovaszLoss.multiclass",
            class_axis=1,
            settings=per_image,
            instead={"from_logits": "it has no effect there"},
        ),
    )


TABLES = (
    Table(
        "segmentation_models_pytorch.losses",
        rows=(
            row("wing", "_functional.wing_loss"),
            row("cross_entropy", "SoftCrossEntropyLoss", renames={"smooth_factor": "label_smoothing"}, weighted="elements"),
            row("mcc", "MCCLoss", options={"eps": 0.0, "smooth": 1e-5}, renames={"eps": "smooth"}),
            row(
                "soft_bce",
                "SoftBCEWithLogitsLoss",
                options={"count": "all"},
                weighted="elements",
                general={"weight": "sample_weight"},
                none_reduction="none",
            ),
            *_lovasz(),
            *overlap("JaccardLoss", _OF_TVERSKY, alpha=1.0, beta=1.0),
            *overlap("DiceLoss", _OF_TVERSKY, alpha=0.5, beta=0.5),
            *overlap("TverskyLoss", {}, alpha=0.5, beta=0.5),
            *_focal(),
        ),
    ),
)
