"""Presets of each framework: how its names are written, and what all of them share."""

from __future__ import annotations

from typing import Any

from losscli.registry import Preset

__all__ = ["MONAI"]


def lightly(*names: str, **differs: Any) -> Preset:
    return Preset(tuple(f"lightly.loss.{n}" for n in names), **differs)


def torchmetrics(name: str, function: str, **differs) -> Preset:
    return Preset((f"torchmetrics.{name}", f"torchmetrics.regression.{name}", f"torchmetrics.functional.{function}"), **differs)


def allrank(*names: str, **differs) -> Preset:
    return Preset(tuple(f"allrank.models.losses.{n}" for n in names), **differs)


def pml(name: str, **differs: Any) -> Preset:
    return Preset((f"pytorch_metric_learning.losses.{name}",), **({"empty_mean": {"rows": 0.0}} | differs))


MONAI = {
    "softmax": "give softmax(logits) over the channels as pred",
    "include_background": "leave channel 0 out of pred and of target",
    "to_onehot_y": "give target with a channel for each class",
    "batch": "--per channel takes each channel over all images",
}


def monai(name: str, **differs) -> Preset:
    """MONAI takes each channel of each image on its own, and adds 1e-5 above and below the line."""
    options = {"eps": 1e-5} | differs.pop("options", {})
    instead = MONAI | differs.pop("instead", {})
    return Preset((f"monai.losses.{name}",), options=options, per="row,channel", instead=instead, **differs)


def smp(name: str, **differs) -> Preset:
    """segmentation_models_pytorch in its mode "binary": from logits, nothing added, and nothing lost where the target is empty."""
    options = {"eps": 0.0, "from_logits": True, "absent": "zero"} | differs.pop("options", {})
    return Preset((f"segmentation_models_pytorch.losses.{name}",), options=options, renames={"smooth": "eps"}, **differs)


def kornia(*names: str) -> Preset:
    return Preset(tuple(f"kornia.losses.{n}" for n in names), reduction="none")


def torch(*names: str, **differs: Any) -> Preset:
    return Preset(tuple(f"torch.nn.{n}" for n in names), **differs)


def keras(*names: str, **differs: Any) -> Preset:
    ours: dict[str, Any] = {"reduction": "sum_over_batch_size", "last_axis": "mean", "class_axis": -1, "empty_mean": {"terms": 0.0}}
    ours["weighted"] = "elements"  # its "mean" is its "sum_over_batch_size"
    return Preset(tuple(f"keras.losses.{n}" for n in names), **(ours | differs))


def optax(*names: str, **differs: Any) -> Preset:
    ours: dict[str, Any] = {"reduction": "none", "class_axis": -1}
    return Preset(tuple(f"optax.losses.{n}" for n in names), **(ours | differs))


def sklearn(*names: str, **differs: Any) -> Preset:
    return Preset(tuple(f"sklearn.metrics.{n}" for n in names), **differs)


def torchvision(*names: str, **differs: Any) -> Preset:
    ours: dict[str, Any] = {"reduction": "none"}
    return Preset(tuple(f"torchvision.ops.{n}" for n in names), **(ours | differs))
