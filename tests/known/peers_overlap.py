"""The peers of overlap and segmentation: MONAI 1.6.1, segmentation_models_pytorch 0.6.0, kornia 0.9.0, and formulas in torch."""

import importlib
from types import SimpleNamespace
from typing import Any
from unittest import mock

import torch
import torch.nn.functional as F

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {
    "monai.": "monai",
    "smp.": "segmentation_models_pytorch",
    "lovasz_softmax(": "segmentation_models_pytorch",
    "kornia.": "kornia",
}
monai = importlib.import_module("monai.losses")
SMP = "segmentation_models_pytorch.losses"
smp = SimpleNamespace(
    DiceLoss=alone(f"{SMP}.dice").DiceLoss,
    FocalLoss=alone(f"{SMP}.focal").FocalLoss,
    JaccardLoss=alone(f"{SMP}.jaccard").JaccardLoss,
    LovaszLoss=alone(f"{SMP}.lovasz").LovaszLoss,
    MCCLoss=alone(f"{SMP}.mcc").MCCLoss,
    SoftBCEWithLogitsLoss=alone(f"{SMP}.soft_bce").SoftBCEWithLogitsLoss,
    TverskyLoss=alone(f"{SMP}.tversky").TverskyLoss,
)
kornia = SimpleNamespace(
    dice_loss=alone("kornia.losses.dice").dice_loss,
    focal_loss=alone("kornia.losses.focal").focal_loss,
    binary_focal_loss_with_logits=alone("kornia.losses.focal").binary_focal_loss_with_logits,
    lovasz_hinge_loss=alone("kornia.losses.lovasz_hinge").lovasz_hinge_loss,
    lovasz_softmax_loss=alone("kornia.losses.lovasz_softmax").lovasz_softmax_loss,
    tversky_loss=alone("kornia.losses.tversky").tversky_loss,
)


def in_double(loss: Any, *arrays: torch.Tensor) -> torch.Tensor:
    """A loss in double precision also where it says float(), and where it makes tensors of numbers."""
    default = torch.get_default_dtype()
    if getattr(loss, "class_weights", None) is not None:
        loss.class_weights = loss.class_weights.double()
    torch.set_default_dtype(torch.float64)
    try:
        with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
            return loss(*arrays)
    finally:
        torch.set_default_dtype(default)


def lovasz_softmax(pred: torch.Tensor, target: torch.Tensor, **options: Any) -> torch.Tensor:
    """Of images whose elements have any shape"""
    images = pred.reshape(*pred.shape[:2], -1, 1), target.reshape(len(target), -1, 1)
    return in_double(smp.LovaszLoss("multiclass", **options), *images)


def _sum(x: torch.Tensor, per: str, w: torch.Tensor | None) -> torch.Tensor:
    """Σ s x over all axes, or all but the first, or all but the first two"""
    x = x if w is None else x * w.reshape(w.shape + (1,) * (x.ndim - w.ndim))
    kept = {"all": 0, "row": 1, "row,channel": 2}[per]
    return x.sum(list(range(kept, x.ndim))) if x.ndim > kept else x


def _class_sum(x: torch.Tensor, per: str, w: torch.Tensor | None) -> torch.Tensor:
    """Σ s x for each class, which axis 1 counts"""
    x = x.movedim(1, -1)
    x = x if w is None else x * w.reshape(w.shape + (1,) * (x.ndim - w.ndim))
    return x.reshape(-1, x.shape[-1]).sum(0) if per == "all" else x.reshape(len(x), -1, x.shape[-1]).sum(1)


def _one_hot(target: torch.Tensor, pred: torch.Tensor) -> torch.Tensor:
    return target if target.ndim == pred.ndim else F.one_hot(target.clamp_min(0), pred.shape[1]).movedim(-1, 1).to(pred.dtype)


def log_dice(
    pred: torch.Tensor, target: torch.Tensor, *, smooth: float = 0.0, eps: float = 1e-7, per: str = "all", w: torch.Tensor | None = None
) -> torch.Tensor:
    """−log max(ε, (Σ p t + s) / max(ε, ½ (Σ p + Σ t) + s))"""
    under = (_sum(pred + target, per, w) / 2 + smooth).clamp_min(eps)
    return -((_sum(pred * target, per, w) + smooth) / under).clamp_min(eps).log()


def mcc(
    pred: torch.Tensor, target: torch.Tensor, *, eps: float = 1e-5, smooth: float = 0.0, per: str = "all", w: torch.Tensor | None = None
) -> torch.Tensor:
    """1 − (TP TN − FP FN) / √ ((TP + FP) (TP + FN) (TN + FP) (TN + FN) + ε)"""
    columns = pred * target, (1 - pred) * (1 - target), pred * (1 - target), (1 - pred) * target
    tp, tn, fp, fn = (_sum(x, per, w) + smooth for x in columns)
    return 1 - (tp * tn - fp * fn) / torch.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn) + eps)


def dice_focal(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    lambda_dice: float = 1.0,
    lambda_focal: float = 1.0,
    gamma: float = 2.0,
    alpha: float = -1.0,
    eps: float = 1e-5,
    per: str = "all",
    w: torch.Tensor | None = None,
) -> torch.Tensor:
    """λ_dice dice(σ(x), t) + λ_focal Σ focal(x, t) / N"""
    p = pred.sigmoid()
    dice = 1 - (2 * _sum(p * target, per, w) + eps) / (_sum(p + target, per, w) + eps)
    nats = F.binary_cross_entropy_with_logits(pred, target, reduction="none")
    balance = alpha * target + (1 - alpha) * (1 - target) if alpha >= 0 else 1.0
    focal = balance * (p * (1 - target) + (1 - p) * target) ** gamma * nats
    return lambda_dice * dice + lambda_focal * _sum(focal, per, w) / _sum(torch.ones_like(focal), per, w)


def multiclass_dice(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    alpha: float = 0.5,
    beta: float = 0.5,
    eps: float = 1e-6,
    average: str = "macro",
    classes: str = "all",
    class_weight: torch.Tensor | None = None,
    ignore_index: int = -100,
    per: str = "all",
    w: torch.Tensor | None = None,
) -> torch.Tensor:
    """Σ_c w_c (1 − (TP_c + ε) / (TP_c + α FP_c + β FN_c + ε)) / C"""
    kept = (target != ignore_index)[:, None] if target.ndim < pred.ndim else torch.ones_like(pred, dtype=torch.bool)
    p, t = pred.softmax(1) * kept, _one_hot(target, pred) * kept
    tp, fp, fn = (_class_sum(x, per, w) for x in (p * t, p * (1 - t), (1 - p) * t))
    if average == "micro":
        tp, fp, fn = (x.sum(-1, keepdim=True) for x in (tp, fp, fn))
    losses = (1 - (tp + eps) / (tp + alpha * fp + beta * fn + eps)) * (1.0 if class_weight is None else class_weight)
    counted = (tp + fn > 0) if classes == "present" else torch.ones_like(losses)
    return (losses * counted).sum(-1) / counted.sum(-1)


def generalized_dice(
    pred: torch.Tensor, target: torch.Tensor, *, w_type: str = "square", eps: float = 1e-5, per: str = "all", w: torch.Tensor | None = None
) -> torch.Tensor:
    """1 − (2 Σ_c w_c Σ p t + ε) / (Σ_c w_c Σ (p + t) + ε)"""
    size = _class_sum(target, per, w)
    weight = {"square": size**-2.0, "simple": size**-1.0, "uniform": torch.ones_like(size)}[w_type]
    weight = torch.where(weight.isinf(), torch.where(weight.isinf(), 0.0, weight).amax(-1, keepdim=True), weight)
    both, sizes = (_class_sum(x, per, w) for x in (pred * target, pred + target))
    return 1 - (2 * (weight * both).sum(-1) + eps) / ((weight * sizes).sum(-1) + eps)


def multiclass_generalized_dice(pred: torch.Tensor, target: torch.Tensor, *, smooth: float = 1.0) -> torch.Tensor:
    """Σ_c w_c (1 − (Σ p t + s) / (½ Σ (p + t) + s)) / C, w_c = C / (n_c² + 10⁻⁷) over the sum of these"""
    p, t = pred.softmax(1), _one_hot(target, pred)
    weight = 1 / (_class_sum(t, "all", None) ** 2 + 1e-7)
    both, sizes = (_class_sum(x, "row", None) for x in (p * t, p + t))
    return (weight / weight.sum() * (1 - (both + smooth) / (sizes / 2 + smooth))).sum(-1)


def dice_ce(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    lambda_dice: float = 1.0,
    lambda_ce: float = 1.0,
    eps: float = 1e-5,
    per: str = "all",
    w: torch.Tensor | None = None,
) -> torch.Tensor:
    """λ_dice Σ_c (1 − (2 Σ p t + ε) / (Σ (p + t) + ε)) / C + λ_ce Σ cross_entropy(x, y) / N"""
    p, t = pred.softmax(1), _one_hot(target, pred)
    both, sizes = (_class_sum(x, per, w) for x in (p * t, p + t))
    nats = F.cross_entropy(pred, target, reduction="none")
    ce = _sum(nats, per, w) / _sum(torch.ones_like(nats), per, w)
    return lambda_dice * (1 - (2 * both + eps) / (sizes + eps)).mean(-1) + lambda_ce * ce


def repeated(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Each row as often as its weight says"""
    return x.repeat_interleave(w.to(torch.int64), 0)


def multiclass_dice_of(p: torch.Tensor, t: torch.Tensor, eps: float) -> torch.Tensor:
    """1 − (Σ p t + ε) / (½ Σ (p + t) + ε), sums over all that is given"""
    return 1 - ((p * t).sum() + eps) / ((p + t).sum() / 2 + eps)
