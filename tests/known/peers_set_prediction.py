"""The peer of set_prediction.yaml: transformers' formulas in torch, from the source of its version 5.24.0, with scipy's assignment."""

import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import Tensor

PEERS = {}


def _corners(box: Tensor) -> Tensor:
    return torch.cat([box[..., :2] - box[..., 2:] / 2, box[..., :2] + box[..., 2:] / 2], -1)


def _overlaps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The IoU and the generalized IoU of boxes given by their centres."""
    a, b = _corners(a), _corners(b)
    area, other = ((x[..., 2:] - x[..., :2]).prod(-1) for x in (a, b))
    both = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp_min(0).prod(-1)
    around = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    union = area + other - both
    return both / union, both / union - (around - union) / around


def set_loss(
    pred: Tensor,
    boxes: Tensor,
    target: Tensor,
    target_boxes: Tensor,
    *,
    scores: str = "softmax",
    costs: tuple[float, float, float] = (1.0, 5.0, 2.0),
    coefs: tuple[float, float, float] = (1.0, 5.0, 2.0),
    empty_weight: float = 0.1,
) -> Tensor:
    """ForObjectDetectionLoss (softmax), DeformableDetrForObjectDetectionLoss (focal) or RTDetrForObjectDetectionLoss (varifocal)."""
    n, distances, gaps, classes = float((target >= 0).sum()), [], [], pred.shape[-1] - (scores == "softmax")
    labels, quality = torch.full(pred.shape[:2], classes), torch.zeros(pred.shape[:2], dtype=pred.dtype)
    for i in range(len(pred)):
        label, box = target[i][target[i] >= 0], target_boxes[i][target[i] >= 0]
        p = pred[i].softmax(-1) if scores == "softmax" else pred[i].sigmoid()
        known = -p if scores == "softmax" else 0.25 * (1 - p) ** 2 * -(p + 1e-8).log() - 0.75 * p**2 * -(1 - p + 1e-8).log()
        far = torch.cdist(boxes[i], box, p=1)
        cost = costs[0] * known[:, label] + costs[1] * far - costs[2] * _overlaps(boxes[i][:, None], box[None])[1]
        query, of = (torch.as_tensor(x) for x in linear_sum_assignment(cost.detach().numpy()))
        labels[i, query] = label[of]
        iou, giou = _overlaps(boxes[i, query], box[of])
        quality[i, query] = iou.detach()
        distances.append((boxes[i, query] - box[of]).abs().sum())
        gaps.append((1 - giou).sum())
    if scores == "softmax":
        weight = torch.ones(classes + 1, dtype=pred.dtype)
        weight[-1] = empty_weight
        of_classes = F.cross_entropy(pred.transpose(1, 2), labels, weight)
    else:
        t, p = F.one_hot(labels, classes + 1)[..., :-1].to(pred.dtype), pred.sigmoid()
        if scores == "focal":
            ce = F.binary_cross_entropy_with_logits(pred, t, reduction="none")
            of_classes = ((0.25 * t + 0.75 * (1 - t)) * ce * (1 - (p * t + (1 - p) * (1 - t))) ** 2).sum() / n
        else:
            q, p = quality[..., None] * t, p.detach()
            of_classes = F.binary_cross_entropy_with_logits(pred, q, weight=0.75 * p**2 * (1 - t) + q, reduction="sum") / n
    return coefs[0] * of_classes + (coefs[1] * sum(distances) + coefs[2] * sum(gaps)) / n
