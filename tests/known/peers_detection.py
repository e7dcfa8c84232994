"""The peers of detection that are more than a call: torchvision 0.28.0, and formulas in torch."""

import torch
import torch.nn.functional as F

from __main__ import alone  # type: ignore[attr-defined]

PEERS = {"distance_box_iou_loss": "torchvision", "complete_box_iou_loss": "torchvision"}
distance_box_iou_loss = alone("torchvision.ops.diou_loss").distance_box_iou_loss
complete_box_iou_loss = alone("torchvision.ops.ciou_loss").complete_box_iou_loss


def box_iou(pred: torch.Tensor, target: torch.Tensor, *, mode: str = "linear", eps: float = 1e-7) -> torch.Tensor:
    """1 − s, 1 − s² or −log max(s, ε), s = I / (U + ε)"""
    width, height = (torch.minimum(pred[:, i + 2], target[:, i + 2]) - torch.maximum(pred[:, i], target[:, i]) for i in (0, 1))
    both = torch.where((width > 0) & (height > 0), width * height, 0.0)
    area, other = ((x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (pred, target))
    s = both / (area + other - both + eps)
    return {"linear": 1 - s, "square": 1 - s**2, "log": -s.clamp_min(eps).log()}[mode]


def eiou(pred: torch.Tensor, target: torch.Tensor, *, eps: float = 1e-7) -> torch.Tensor:
    """diou(p, t) + (w_p − w_t)² / (W² + ε) + (h_p − h_t)² / (H² + ε)"""
    around = torch.maximum(pred[:, 2:], target[:, 2:]) - torch.minimum(pred[:, :2], target[:, :2])
    differ = (pred[:, 2:] - pred[:, :2]) - (target[:, 2:] - target[:, :2])
    return distance_box_iou_loss(pred, target, eps=eps) + (differ**2 / (around**2 + eps)).sum(-1)


def ciou(pred: torch.Tensor, target: torch.Tensor, *, eps: float = 1e-7) -> torch.Tensor:
    """diou(p, t) + a v as torchvision has it, but with the derivative of a = v / (1 − I / U + v + ε)"""
    (w, h), (v, u) = ((x[:, 2:] - x[:, :2]).unbind(-1) for x in (pred, target))
    differ = 4 / torch.pi**2 * (torch.atan(v / u) - torch.atan(w / h)) ** 2
    return distance_box_iou_loss(pred, target) + differ * differ / (box_iou(pred, target) + differ + eps)


def quality_focal(pred: torch.Tensor, target: torch.Tensor, *, beta: float = 2.0) -> torch.Tensor:
    """|y − σ(x)|^β bce(x, y)"""
    return (target - pred.sigmoid()).abs() ** beta * F.binary_cross_entropy_with_logits(pred, target, reduction="none")


def varifocal(pred: torch.Tensor, target: torch.Tensor, *, alpha: float = 0.75, gamma: float = 2.0) -> torch.Tensor:
    """w bce(x, y), w = y where y > 0, else α σ(x)^γ"""
    weight = torch.where(target > 0, target, alpha * pred.sigmoid() ** gamma)
    return weight * F.binary_cross_entropy_with_logits(pred, target, reduction="none")
