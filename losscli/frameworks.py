"""One function for each framework that makes its presets: `keras("Huber", "huber")` is a preset with two names of Keras losses.

Each preset begins with the fields that all losses of the framework share. A keyword replaces such a field; `options` and `instead` are
merged with the shared ones. The functions `…_overlap` are for losses of the overlap of two masks, which share more fields.
"""

from __future__ import annotations

from typing import Any

from losscli.registry import Preset

__all__ = [
    "MONAI", "allrank", "keras", "keras_overlap", "kornia", "lightly", "monai", "monai_overlap", "optax", "pml", "properscoring",
    "scoringrules", "sklearn", "smp", "smp_overlap", "timm", "torch", "torchmetrics", "torchvision", "trl",
]  # fmt: skip


def _preset(package: str, names: tuple[str, ...], common: dict[str, Any], differs: dict[str, Any]) -> Preset:
    """The preset of some names in a package: the common fields, and those that differ."""
    added = {field: common[field] | differs[field] for field in ("options", "instead") if field in common and field in differs}
    return Preset(tuple(f"{package}.{name}" for name in names), **(common | differs | added))


# --- general frameworks ---


def torch(*names: str, **differs: Any) -> Preset:
    """PyTorch: its conventions are also ours."""
    return _preset("torch.nn", names, {}, differs)


def keras(*names: str, **differs: Any) -> Preset:
    """Keras: a mean over the last axis first, then over the number of values: weights are not in the denominator. No terms give 0."""
    common = {
        "reduction": "sum_over_batch_size",
        "weighted": "elements",
        "last_axis": "mean",
        "class_axis": -1,
        "empty_mean": {"terms": 0.0},
    }
    return _preset("keras.losses", names, common, differs)


def keras_overlap(*names: str, **differs: Any) -> Preset:
    """Keras: one number for the batch, with 1e-7 in the denominator alone, so that two empty masks give 1, not 0."""
    options = {"eps": 1e-7, "smooth_numerator": False}
    note = "multiplies its one number by the weights"
    return _preset("keras.losses", names, {"options": options, "empty_mean": {"rows": 1.0, "terms": 0.0}, "weight_note": note}, differs)


def optax(*names: str, **differs: Any) -> Preset:
    """Optax: no reduction, and the classes are on the last axis."""
    return _preset("optax.losses", names, {"reduction": "none", "class_axis": -1}, differs)


def sklearn(*names: str, **differs: Any) -> Preset:
    """scikit-learn: a weighted mean over the rows, as ours."""
    return _preset("sklearn.metrics", names, {}, differs)


def torchmetrics(name: str, function: str, **differs: Any) -> Preset:
    """TorchMetrics: each metric is a class under two names, and a function."""
    return _preset("torchmetrics", (name, f"regression.{name}", f"functional.{function}"), {}, differs)


# --- images ---


def torchvision(*names: str, **differs: Any) -> Preset:
    """torchvision: no reduction."""
    return _preset("torchvision.ops", names, {"reduction": "none"}, differs)


def timm(*names: str, **differs: Any) -> Preset:
    """timm: a mean, as in PyTorch."""
    return _preset("timm.loss", names, {}, differs)


def kornia(*names: str, **differs: Any) -> Preset:
    """Kornia: no reduction. Its losses of masks (reduction=None) give a mean over the images, which are rows here."""
    return _preset("kornia.losses", names, {"reduction": "none"}, differs)


# Options of MONAI's losses of masks that we do not have.
MONAI = {
    "softmax": "give softmax(logits) over the channels as pred",
    "include_background": "leave channel 0 out of pred and of target",
    "to_onehot_y": "give target with a channel for each class",
    "batch": "--per channel takes each channel over all images",
}


def monai(*names: str, **differs: Any) -> Preset:
    """MONAI: each image is reduced separately."""
    return _preset("monai.losses", names, {"per": "row"}, differs)


def monai_overlap(*names: str, **differs: Any) -> Preset:
    """MONAI: each channel of each image is reduced separately, with 1e-5 added to numerator and denominator."""
    return _preset("monai.losses", names, {"per": "row,channel", "options": {"eps": 1e-5}, "instead": MONAI}, differs)


def smp(*names: str, **differs: Any) -> Preset:
    """segmentation_models_pytorch: a mean, as in PyTorch."""
    return _preset("segmentation_models_pytorch.losses", names, {}, differs)


def smp_overlap(*names: str, **differs: Any) -> Preset:
    """segmentation_models_pytorch in its mode "binary": from logits, with nothing added, and 0 where the target is empty."""
    options = {"eps": 0.0, "from_logits": True, "absent": "zero"}
    return _preset("segmentation_models_pytorch.losses", names, {"options": options, "renames": {"smooth": "eps"}}, differs)


# --- embeddings, lists, forecasts, preferences ---


def pml(*names: str, **differs: Any) -> Preset:
    """PyTorch Metric Learning: the mean of no rows is 0."""
    return _preset("pytorch_metric_learning.losses", names, {"empty_mean": {"rows": 0.0}}, differs)


def lightly(*names: str, **differs: Any) -> Preset:
    """Lightly: a mean over the rows."""
    return _preset("lightly.loss", names, {}, differs)


def allrank(*names: str, **differs: Any) -> Preset:
    """allRank: a mean over the lists."""
    return _preset("allrank.models.losses", names, {}, differs)


def properscoring(*names: str, **differs: Any) -> Preset:
    """properscoring: a score for each forecast."""
    return _preset("properscoring", names, {"reduction": "none"}, differs)


def scoringrules(*names: str, **differs: Any) -> Preset:
    """scoringrules: a score for each forecast."""
    return _preset("scoringrules", names, {"reduction": "none"}, differs)


def trl(*names: str, **differs: Any) -> Preset:
    """TRL: the loss that a trainer minimises, a mean over the rows."""
    return _preset("trl", names, {}, differs)
