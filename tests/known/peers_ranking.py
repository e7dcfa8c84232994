"""The peers of ranking.yaml: RecBole 1.2.1, and formulas in torch."""

import torch
from recbole.model.loss import BPRLoss

__all__ = ["BPRLoss", "coverage_error", "label_ranking"]

PEERS = {"BPRLoss": "recbole"}


def label_ranking(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """#{(i, j): y_i = 1, y_j = 0, x_i ≤ x_j} / #{(i, j): y_i = 1, y_j = 0}"""
    pairs = (target[:, :, None] > target[:, None, :]).to(pred.dtype)
    wrong = pairs * (pred[:, :, None] <= pred[:, None, :])
    return wrong.sum((1, 2)) / pairs.sum((1, 2)).clamp(min=1) + 0 * pred.sum(1)


def coverage_error(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """#{j: x_j ≥ min {x_i: y_i = 1}}"""
    lowest = pred.masked_fill(target == 0, torch.inf).min(1, keepdim=True).values
    return (pred >= lowest).sum(1) + 0 * pred.sum(1)
