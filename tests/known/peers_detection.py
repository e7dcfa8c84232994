"""The peers of detection that are more than a call: torchvision 0.28.0, and formulas in torch."""

import itertools
from typing import Any

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


# --- MMDetection's and Ultralytics' formulas, from their sources ------------------------------------------------------------------------


def siou_of_mmdet(pred: torch.Tensor, target: torch.Tensor, *, eps: float, neg_gamma: bool = False) -> torch.Tensor:
    """1 − clamp(IoU − ½ (distance + shape)), eps added to the union, to the heights and to the offsets of the centres."""
    area = lambda box: (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    inner = (torch.minimum(pred[:, 2:], target[:, 2:]) - torch.maximum(pred[:, :2], target[:, :2])).clamp_min(0).prod(-1)
    around = (torch.maximum(pred[:, 2:], target[:, 2:]) - torch.minimum(pred[:, :2], target[:, :2])).clamp_min(eps)
    apart = (target[:, :2] + target[:, 2:] - pred[:, :2] - pred[:, 2:]) / 2 + eps
    sine = (apart.abs() / apart.norm(dim=-1, keepdim=True)).min(-1).values
    gamma = 2 - torch.cos(2 * torch.asin(sine) - torch.pi / 2)
    distance = 2 - torch.exp((-gamma if neg_gamma else gamma)[:, None] * (apart / around) ** 2).sum(-1)
    tall = torch.tensor([0.0, eps], dtype=torch.float64)
    w, v = (box[:, 2:] - box[:, :2] + tall for box in (pred, target))
    shape = ((1 - torch.exp(-(w - v).abs() / torch.maximum(w, v))) ** 4).sum(-1)
    return 1 - (inner / (area(pred) + area(target) - inner + eps) - (distance + shape) / 2).clamp(-1, 1)


def bounded_iou(pred: torch.Tensor, target: torch.Tensor, *, beta: float = 0.2, eps: float = 1e-3) -> torch.Tensor:
    """smooth_l1 of 1 − max(0, (w − 2 |Δ|) / (w + 2 |Δ| + ε)) and of 1 − min(w / (v + ε), v / (w + ε))"""
    apart = ((target[:, :2] + target[:, 2:]) / 2 - (pred[:, :2] + pred[:, 2:]) / 2).abs()
    w, v = (box[:, 2:] - box[:, :2] for box in (pred, target))
    centre = 1 - ((v - 2 * apart) / (v + 2 * apart + eps)).clamp_min(0)
    both = torch.cat([centre, 1 - torch.minimum(v / (w + eps), w / (v + eps))], 1)
    return torch.where(both < beta, both**2 / (2 * beta), both - beta / 2)


def balanced_l1(pred: torch.Tensor, target: torch.Tensor, *, alpha: float = 0.5, gamma: float = 1.5, beta: float = 1.0) -> torch.Tensor:
    """α / b (b e + 1) log(b e / β + 1) − α e, or γ e + γ / b − α β"""
    e, b = (pred - target).abs(), torch.e ** (gamma / alpha) - 1
    return torch.where(e < beta, alpha / b * (b * e + 1) * torch.log(b * e / beta + 1) - alpha * e, gamma * e + gamma / b - alpha * beta)


def dfl(pred: torch.Tensor, target: torch.Tensor, clamp: float | None = None) -> torch.Tensor:
    """CE(x, l) (l + 1 − t) + CE(x, l + 1) (t − l), l = ⌊t⌋"""
    t = (target if clamp is None else target.clamp(0, pred.shape[-1] - 1 - clamp)).reshape(-1)
    x, left = pred.reshape(-1, pred.shape[-1]), t.long()
    loss = F.cross_entropy(x, left, reduction="none") * (left + 1 - t) + F.cross_entropy(x, left + 1, reduction="none") * (t - left)
    return loss.reshape(target.shape)


def gaussian_focal(pred: torch.Tensor, target: torch.Tensor, *, alpha: float = 2.0, gamma: float = 4.0, eps: float = 1e-12) -> torch.Tensor:
    """−log(p + ε) (1 − p)^α [t = 1] − log(1 − p + ε) p^α (1 − t)^γ"""
    return -(pred + eps).log() * (1 - pred) ** alpha * (target == 1) - (1 - pred + eps).log() * pred**alpha * (1 - target) ** gamma


def _in_bins(loss: torch.Tensor, g: torch.Tensor, bins: int) -> torch.Tensor:
    weights, edges = torch.zeros_like(g), [k / bins for k in range(bins)] + [1e3]
    masks = [(g >= low) & (g < high) for low, high in itertools.pairwise(edges)]
    for mask in masks:
        weights[mask] = g.numel() / max(1, mask.sum().item())
    return (loss * weights / sum(m.any().item() for m in masks)).sum() / g.numel()


def ghm_c(pred: torch.Tensor, target: torch.Tensor, *, bins: int = 10) -> torch.Tensor:
    """The weight of an element is N over the number of elements in its bin of |σ(x) − t|, divided by the bins that are not empty."""
    t = target.double()
    return _in_bins(F.binary_cross_entropy_with_logits(pred, t, reduction="none"), (pred.detach().sigmoid() - t).abs(), bins)


def ghm_r(pred: torch.Tensor, target: torch.Tensor, *, mu: float = 0.02, bins: int = 10) -> torch.Tensor:
    """The same of √(e² + μ²) − μ, with bins of |e| / √(e² + μ²)."""
    root = ((pred - target) ** 2 + mu**2).sqrt()
    return _in_bins(root - mu, ((pred - target).abs() / root).detach(), bins)


def seesaw(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    class_counts: Any = None,
    p: float = 0.8,
    q: float = 2.0,
    eps: float = 0.01,
    slope: str = "exact",
) -> torch.Tensor:
    """CE(x + log s, y), s = min(1, n_j / n_y)^p max(1, σ_j / max(σ_y, ε))^q for the other classes"""
    onehot = F.one_hot(target, pred.shape[-1])
    n = (onehot.sum(0) if class_counts is None else torch.as_tensor(class_counts)).double().clamp_min(1)
    scores = (pred if slope == "exact" else pred.detach()).softmax(-1)
    factor = (n[None] / n[target][:, None]).clamp_max(1) ** p
    factor = factor * (scores / scores.gather(1, target[:, None]).clamp_min(eps)).clamp_min(1) ** q
    return F.cross_entropy(pred + factor.log() * (1 - onehot), target, reduction="none")


def multi_positive(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """log(1 + Σ e^(x_n − x_p)) over all pairs"""
    pairs = (target[:, :, None] == 0) & (target[:, None, :] > 0)
    return torch.log1p((torch.exp(pred[:, :, None] - pred[:, None, :]) * pairs).sum((1, 2)))


def margin_l2(pred: torch.Tensor, target: torch.Tensor, *, pos_margin: float = 0.0, neg_margin: float = 0.0) -> torch.Tensor:
    """(clamp(p − margin) − t)²"""
    return ((pred - (target * pos_margin + (1 - target) * neg_margin)).clamp(0, 1) - target) ** 2


def keypoint_loss(
    pred: torch.Tensor, target: torch.Tensor, area: torch.Tensor, visible: torch.Tensor, sigmas: Any, eps: float = 1e-9
) -> torch.Tensor:
    """K / (Σ [v ≠ 0] + ε) mean over the points of v (1 − e^(−d² / ((2σ)² (A + ε) 2))), of each row"""
    e = ((pred - target) ** 2).sum(-1) / ((2 * torch.as_tensor(sigmas)) ** 2 * (area[:, None] + eps) * 2)
    return (visible.shape[1] / ((visible != 0).double().sum(1) + eps)) * ((1 - torch.exp(-e)) * visible).mean(1)


def rle_loss(error: torch.Tensor, sigma: torch.Tensor, log_phi: torch.Tensor, *, residual: bool = True) -> torch.Tensor:
    """Σ_d log σ − log φ + log 2σ + |e|"""
    loss = sigma.log() - log_phi[:, None]
    return (loss + (2 * sigma).log() + error.abs() if residual else loss).sum(-1)


def probiou(pred: torch.Tensor, target: torch.Tensor, *, eps: float = 1e-7) -> torch.Tensor:
    """1 − √(1 − e^(−B) + ε) from the covariances of two boxes, as Ultralytics has it."""
    (a, b, c), (d, e, f) = (
        (w2 * cos**2 + h2 * sin**2, w2 * sin**2 + h2 * cos**2, (w2 - h2) * cos * sin)
        for w2, h2, cos, sin in ((x[:, 2] ** 2 / 12, x[:, 3] ** 2 / 12, x[:, 4].cos(), x[:, 4].sin()) for x in (pred, target))
    )
    x, y = (pred[:, i] - target[:, i] for i in (0, 1))
    det = (a + d) * (b + e) - (c + f) ** 2
    t = ((a + d) * y**2 + (b + e) * x**2) / (det + eps) / 4 - (c + f) * x * y / (det + eps) / 2
    t = t + (det / (4 * ((a * b - c**2).clamp_min(0) * (d * e - f**2).clamp_min(0)).sqrt() + eps) + eps).log() / 2
    return 1 - (1 - torch.exp(-t.clamp(eps, 100)) + eps).sqrt()


def ciou_of_mmdet(pred: torch.Tensor, target: torch.Tensor, *, eps: float) -> torch.Tensor:
    """1 − clamp(IoU − d² / D² − a v), a = v / (1 − IoU + v) where the IoU is above ½, without a derivative."""
    area = lambda box: (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    both = (torch.minimum(pred[:, 2:], target[:, 2:]) - torch.maximum(pred[:, :2], target[:, :2])).clamp_min(0).prod(-1)
    iou = both / (area(pred) + area(target) - both + eps)
    around = (torch.maximum(pred[:, 2:], target[:, 2:]) - torch.minimum(pred[:, :2], target[:, :2])).clamp_min(0)
    offset = (target[:, :2] + target[:, 2:]) - (pred[:, :2] + pred[:, 2:])
    angle = lambda box: torch.atan((box[:, 2] - box[:, 0]) / (box[:, 3] - box[:, 1] + eps))
    v = 4 / torch.pi**2 * (angle(target) - angle(pred)) ** 2
    a = ((iou > 0.5) * v / (1 - iou + v)).detach()
    return 1 - (iou - ((offset**2 / 4).sum(-1) / ((around**2).sum(-1) + eps) + a * v)).clamp(-1, 1)


def eiou_of_mmdet(pred: torch.Tensor, target: torch.Tensor, *, eps: float, smooth_point: float = 0.1) -> torch.Tensor:
    """Smooth L1 of 1 − the extended IoU, whose intersection is written as four areas from the corner that encloses both boxes."""
    corner, last = torch.maximum(pred[:, :2], target[:, :2]), torch.minimum(pred[:, 2:], target[:, 2:])
    first = torch.minimum(pred[:, :2], target[:, :2])
    (x1, y1), (x2, y2) = ((point - first).unbind(-1) for point in (corner, last))
    low_x, high_x, low_y, high_y = torch.minimum(x1, x2), torch.maximum(x1, x2), torch.minimum(y1, y2), torch.maximum(y1, y2)
    both = x2 * y2 + low_x * low_y - x1 * high_y - high_x * y1
    area, other = ((box[:, 2:] - box[:, :2]).prod(-1) for box in (pred, target))
    return F.smooth_l1_loss(1 - both / (area + other - both + eps), torch.zeros_like(both), reduction="none", beta=smooth_point)


def triplet_of_mmdet(pred: torch.Tensor, target: torch.Tensor, *, margin: float = 0.3) -> torch.Tensor:
    """The farthest row with the same label, this one too, against the nearest with another."""
    far, same = torch.cdist(pred, pred).clamp_min(1e-6), target[:, None] == target
    hardest, nearest = far.masked_fill(~same, -torch.inf).amax(1), far.masked_fill(same, torch.inf).amin(1)
    return F.margin_ranking_loss(nearest, hardest, torch.ones_like(hardest), margin=margin)
