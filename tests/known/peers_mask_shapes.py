"""The peers of mask_shapes.yaml: MONAI 1.6.1, and a formula with SciPy's distance transform."""

import importlib
from types import SimpleNamespace
from typing import Any
from unittest import mock

import scipy.ndimage
import torch

PEERS = {"monai_masks.": "monai", "kervadec(": "scipy"}
_losses = importlib.import_module("monai.losses")


def _in_double(loss: Any, *arrays: torch.Tensor) -> torch.Tensor:
    """A loss in double precision also where it says float()."""
    with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
        return loss(*arrays)


monai_masks = SimpleNamespace(
    hausdorff=lambda p, t, **options: _in_double(_losses.HausdorffDTLoss(**options), p, t),
    log_hausdorff=lambda p, t, **options: _in_double(_losses.LogHausdorffDTLoss(**options), p, t),
    cl_dice=lambda p, t, **options: _losses.SoftclDiceLoss(**options)(p, t),
    unified_focal=lambda p, t, **options: _losses.AsymmetricUnifiedFocalLoss(**options)(p, t),
)


def kervadec(pred: Any, target: Any) -> Any:
    """mean(p φ) of each image"""
    edt = scipy.ndimage.distance_transform_edt
    return [(p * ((edt(t < 0.5)) * (t < 0.5) - (edt(t > 0.5) - 1) * (t > 0.5))).mean() for p, t in zip(pred, target, strict=True)]
