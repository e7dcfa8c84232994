"""The peers of images.yaml: torchmetrics 1.9.0, MONAI 1.6.1, kornia 0.9.0, piq 0.8.0, scikit-image 0.26.0."""

import importlib
import logging
import sys
from importlib.metadata import distribution
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {
    "tm_image.": "torchmetrics",
    "tm_bands.": "torchmetrics",
    "tm_correlation(": "torchmetrics",
    "monai_image.": "monai",
    "monai_fields.": "monai",
    "monai_lncc.": "monai",
    "kornia_erosion.": "kornia",
    "kornia_image.": "kornia",
    "kornia_ms_ssim.": "kornia",
    "piq.": "piq",
    "skimage.": "scikit-image",
}


def _torchmetrics(module: str) -> ModuleType:
    names = module.split(".")
    for name in (".".join(names[:depth]) for depth in range(1, len(names))):
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(distribution(names[0]).locate_file(name.replace(".", "/")))]
        package._logger = logging.getLogger(name)  # type: ignore[attr-defined] # which torchmetrics' own modules ask for
    return importlib.import_module(module)


_TM = "torchmetrics.functional.image"
tm_image = SimpleNamespace(
    ssim=_torchmetrics(f"{_TM}.ssim").structural_similarity_index_measure,
    ms_ssim=_torchmetrics(f"{_TM}.ssim").multiscale_structural_similarity_index_measure,
    psnr=_torchmetrics(f"{_TM}.psnr").peak_signal_noise_ratio,
    total_variation=_torchmetrics(f"{_TM}.tv").total_variation,
    uqi=_torchmetrics(f"{_TM}.uqi").universal_image_quality_index,
    sam=_torchmetrics(f"{_TM}.sam").spectral_angle_mapper,
    rase=_torchmetrics(f"{_TM}.rase").relative_average_spectral_error,
    rmse_sw=_torchmetrics(f"{_TM}.rmse_sw").root_mean_squared_error_using_sliding_window,
    d_lambda=_torchmetrics(f"{_TM}.d_lambda").spectral_distortion_index,
    ergas=_torchmetrics(f"{_TM}.ergas").error_relative_global_dimensionless_synthesis,
)
_piq = sys.modules.setdefault("piq", ModuleType("piq"))
_piq.__path__ = [str(distribution("piq").locate_file("piq"))]
piq = SimpleNamespace(
    ssim=alone("piq.ssim").ssim,
    SSIMLoss=alone("piq.ssim").SSIMLoss,
    multi_scale_ssim=alone("piq.ms_ssim").multi_scale_ssim,
    MultiScaleSSIMLoss=alone("piq.ms_ssim").MultiScaleSSIMLoss,
    psnr=alone("piq.psnr").psnr,
    mdsi=alone("piq.mdsi").mdsi,
    MDSILoss=alone("piq.mdsi").MDSILoss,
    fsim=alone("piq.fsim").fsim,
    FSIMLoss=alone("piq.fsim").FSIMLoss,
    total_variation=alone("piq.tv").total_variation,
)
_metrics = importlib.import_module("monai.metrics.regression")


def _in_double(metric: Any, *images: torch.Tensor) -> torch.Tensor:
    """A metric of MONAI in double precision, where it converts to single precision."""
    torch.set_default_dtype(torch.float64)
    try:
        with mock.patch.object(_metrics, "convert_data_type", lambda x, **_: (x,)), mock.patch.object(torch, "float", torch.float64):
            return metric._compute_tensor(*images)
    finally:
        torch.set_default_dtype(torch.float32)


monai_image = SimpleNamespace(
    ssim=lambda p, t, **options: _in_double(_metrics.SSIMMetric(**{"spatial_dims": 2} | options), p, t),
    ms_ssim=lambda p, t, **options: _in_double(_metrics.MultiScaleSSIMMetric(**{"spatial_dims": 2} | options), p, t),
    psnr=lambda p, t, max_val: _in_double(_metrics.PSNRMetric(max_val), p, t),
)
kornia_image = SimpleNamespace(
    ssim_loss=alone("kornia.losses.ssim").ssim_loss,
    ssim3d_loss=alone("kornia.losses.ssim3d").ssim3d_loss,
    ssim=alone("kornia.metrics.ssim").ssim,
    psnr_loss=alone("kornia.losses.psnr").psnr_loss,
    total_variation=alone("kornia.losses.total_variation").total_variation,
    inverse_depth_smoothness_loss=alone("kornia.losses.depth_smooth").inverse_depth_smoothness_loss,
)
_similarity = importlib.import_module("skimage.metrics").structural_similarity
_psnr = importlib.import_module("skimage.metrics").peak_signal_noise_ratio
skimage = SimpleNamespace(
    structural_similarity=lambda p, t, **options: np.mean([_similarity(a, b, **options) for a, b in zip(p, t, strict=True)]),
    peak_signal_noise_ratio=lambda p, t, **options: np.mean([_psnr(b, a, **options) for a, b in zip(p, t, strict=True)]),
)
_fields = importlib.import_module("monai.losses.deform")


def _of_field(loss: Any, field: torch.Tensor) -> torch.Tensor:
    """A loss of MONAI in double precision, where it divides integers."""
    torch.set_default_dtype(torch.float64)
    try:
        return loss(field)
    finally:
        torch.set_default_dtype(torch.float32)


monai_fields = SimpleNamespace(
    bending=lambda p, **options: _of_field(_fields.BendingEnergyLoss(**options), p),
    diffusion=lambda p, **options: _of_field(_fields.DiffusionLoss(**options), p),
)
_dissimilarity = importlib.import_module("monai.losses.image_dissimilarity").LocalNormalizedCrossCorrelationLoss
monai_lncc = SimpleNamespace(of=lambda p, t, **options: _of_field(lambda x: _dissimilarity(**options)(x, t), p))
kornia_erosion = SimpleNamespace(
    two=lambda p, t, **options: _of_field(lambda x: alone("kornia.losses.hausdorff").HausdorffERLoss(**options)(x, t), p),
    three=lambda p, t, **options: _of_field(lambda x: alone("kornia.losses.hausdorff").HausdorffERLoss3D(**options)(x, t), p),
)
_correlation = _torchmetrics(f"{_TM}.scc").spatial_correlation_coefficient


def tm_correlation(pred: torch.Tensor, target: torch.Tensor, **options: Any) -> torch.Tensor:
    """torchmetrics' spatial correlation in double precision, where it converts to single precision."""
    with mock.patch.object(torch, "float32", torch.float64):
        return _correlation(pred, target, **options)


kornia_ms_ssim = SimpleNamespace(
    l1=lambda p, t, **options: _of_field(lambda x: alone("kornia.losses.ms_ssim").MS_SSIMLoss(**options)(x, t), p)
)
tm_bands = SimpleNamespace(d_lambda=lambda p, t, **options: _of_field(lambda x: tm_image.d_lambda(x, t, **options), p))


def silog(pred: torch.Tensor, target: torch.Tensor, *, eps: float = 1e-6, weight: float = 0.5) -> torch.Tensor:
    """√ (mean d² − λ (mean d)²) of each row, over the pixels above eps."""
    keep = target > eps
    d = (torch.where(keep, target, 1.0).clamp_min(eps).log() - torch.where(keep, pred, 1.0).clamp_min(eps).log()).flatten(1)
    n = keep.flatten(1).double().sum(1)
    return ((d**2).sum(1) / n - weight * (d.sum(1) / n) ** 2).sqrt()
