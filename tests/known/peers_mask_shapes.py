"""The peers of mask_shapes.yaml: MONAI 1.6.1, and a formula with SciPy's distance transform."""

import importlib
from types import SimpleNamespace
from typing import Any
from unittest import mock

import scipy.ndimage
import torch

PEERS = {"monai_masks.": "monai", "wasserstein_dice(": "monai", "kervadec(": "scipy"}
_losses = importlib.import_module("monai.losses")


def _in_double(loss: Any, *arrays: torch.Tensor) -> torch.Tensor:
    """A loss in double precision also where it says float()."""
    with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
        return loss(*arrays)


monai_masks = SimpleNamespace(
    hausdorff=lambda p, t, **options: _in_double(_losses.HausdorffDTLoss(**options), p, t),
    log_hausdorff=lambda p, t, **options: _in_double(_losses.LogHausdorffDTLoss(**options), p, t),
    cl_dice=lambda p, t, **options: _losses.SoftclDiceLoss(**options)(p, t),
    dice_cl_dice=lambda p, t, **options: _losses.SoftDiceclDiceLoss(**options)(p, t),
    unified_focal=lambda p, t, **options: _losses.AsymmetricUnifiedFocalLoss(**options)(p, t),
)


def kervadec(pred: Any, target: Any) -> Any:
    """mean(p φ) of each image"""
    edt = scipy.ndimage.distance_transform_edt
    return [(p * ((edt(t < 0.5)) * (t < 0.5) - (edt(t > 0.5) - 1) * (t > 0.5))).mean() for p, t in zip(pred, target, strict=True)]


def wasserstein_dice(pred: torch.Tensor, target: torch.Tensor, dist_matrix: torch.Tensor, **options: Any) -> torch.Tensor:
    """MONAI's generalized Wasserstein Dice loss in double precision."""
    return _in_double(_losses.GeneralizedWassersteinDiceLoss(dist_matrix, **options), pred, target)


def ohem(
    pred: torch.Tensor, target: torch.Tensor, *, thres: float = 0.7, min_kept: int = 100000, weight: Any = None, ignore: int = 255
) -> torch.Tensor:
    """The mean of the losses of the pixels below the threshold, or below the min_kept-th smallest probability, as in MMSegmentation."""
    loss = torch.nn.functional.cross_entropy(pred, target, weight=weight, ignore_index=ignore, reduction="none").flatten()
    kept = (target != ignore).flatten()
    p = pred.softmax(1).gather(1, torch.where(target == ignore, 0, target)[:, None]).flatten()[kept]
    bound = max(float(p.sort().values[min(max(1, min_kept), p.numel() - 1)]), thres)
    return loss[kept][p < bound].mean()
