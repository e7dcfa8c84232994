"""The peers of image_quality.yaml and image_statistics.yaml: piq 0.8.0, kornia 0.9.0, MONAI 1.6.1, and a formula in torch."""

import importlib
import sys
from importlib.metadata import distribution
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {"piq_quality.": "piq", "kornia_information.": "kornia", "monai_pixels.": "monai"}
_piq = sys.modules.setdefault("piq", ModuleType("piq"))
_piq.__path__ = [str(distribution("piq").locate_file("piq"))]
piq_quality = SimpleNamespace(gmsd=alone("piq.gmsd").gmsd, haarpsi=alone("piq.haarpsi").haarpsi)
_information = alone("kornia.losses.mutual_information")
kornia_information = SimpleNamespace(
    plain_2d=_information.mutual_information_loss_2d,
    plain_3d=_information.mutual_information_loss_3d,
    normalized_2d=_information.normalized_mutual_information_loss_2d,
    normalized_3d=_information.normalized_mutual_information_loss_3d,
)


def _in_double(loss: Any, **options: Any) -> Any:
    """A loss of MONAI whose constants are of double precision."""

    def made(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        torch.set_default_dtype(torch.float64)
        try:
            return loss(**options)(pred, target)
        finally:
            torch.set_default_dtype(torch.float32)

    return made


monai_pixels = SimpleNamespace(
    information=lambda p, t, **o: _in_double(importlib.import_module("monai.losses").GlobalMutualInformationLoss, **o)(p, t),
    jukebox=lambda p, t, **o: _in_double(importlib.import_module("monai.losses").JukeboxLoss, **o)(p, t),
)


def vif_of(
    pred: torch.Tensor, target: torch.Tensor, windows: Any, *, noise: float = 2.0, eps: float = 0.0, ratio_eps: float = 0.0
) -> torch.Tensor:
    """VIF of each image (rows, 1, H, W), values from 0 to 255, as piq and torchmetrics compute it with windows of 17, 9, 5 and 3."""
    x, y, kept, whole = pred, target, 0.0, 0.0
    for scale, side in enumerate(int(n) for n in windows):
        g = torch.exp(-((torch.arange(side, dtype=pred.dtype) - (side - 1) / 2) ** 2) / (2 * (side / 5) ** 2))
        kernel = (g[:, None] * g / g.sum() ** 2)[None, None]
        if scale:
            x, y = (F.conv2d(z, kernel)[:, :, ::2, ::2] for z in (x, y))
        mx, my = F.conv2d(x, kernel), F.conv2d(y, kernel)
        vx, vy, both = F.conv2d((x) ** 2, kernel) - mx**2, F.conv2d(y**2, kernel) - my**2, F.conv2d(x * y, kernel) - mx * my
        gain = both / (vy + eps)
        rest = torch.where(gain > 0, vx - gain * both, vx).clamp_min(eps)
        gain = gain.clamp_min(0)
        kept = kept + torch.log10(1 + gain**2 * vy / (rest + noise)).sum((1, 2, 3))
        whole = whole + torch.log10(1 + vy / noise).sum((1, 2, 3))
    return (kept + ratio_eps) / (whole + ratio_eps)
