"""The peers of batch_ranks.yaml and class_centers.yaml: formulas in torch, and losses of pytorch-metric-learning in double precision."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import torch
import torch.nn.functional as F

__all__ = ["as_float64", "exact_binomials", "ranked_list", "smooth_ap", "with_weight"]


def exact_binomials(loss: Any) -> Any:
    """A loss that keeps its whole numbers in double precision."""
    for name in ("n_range", "margin_choose_n", "cos_powers", "alternating"):
        setattr(loss, name, getattr(loss, name).double())
    return loss


def as_float64(loss: Callable) -> Callable:
    """A loss whose own numbers are in double precision, too."""

    def call(*arguments: Any) -> torch.Tensor:
        torch.set_default_dtype(torch.float64)
        try:
            with mock.patch.object(torch.Tensor, "float", torch.Tensor.double):
                return loss(*arguments)
        finally:
            torch.set_default_dtype(torch.float32)

    return call


def with_weight(loss: Any, weight: torch.Tensor) -> Any:
    """P2SGradLoss with given vectors of the classes, in double precision."""
    loss.weight = torch.nn.Parameter(weight.detach().clone())
    return loss


def smooth_ap(pred: torch.Tensor, target: torch.Tensor, temperature: float) -> torch.Tensor:
    """1 − 1/P Σ_p rank of p among the positives / rank among all rows, with the row itself among its positives."""
    s = F.normalize(pred) @ F.normalize(pred).T
    before = torch.sigmoid((s[:, None, :] - s[:, :, None]) / temperature) * (1 - torch.eye(len(s), dtype=s.dtype))
    same = (target[:, None] == target).to(s.dtype)
    shares = (1 + (before * same[:, None, :]).sum(-1)) / (1 + before.sum(-1))
    return 1 - (shares * same).sum(-1) / same.sum(-1)


def ranked_list(pred: torch.Tensor, target: torch.Tensor, *options: float) -> torch.Tensor:
    """(1 − λ) Σ_p w_p (d_ap − α + m) / Σ w + λ Σ_n w_n (α − d_an) / Σ w, each over the terms above 0, and 0 without any."""
    margin, alpha, t_n, t_p, share = options
    d = torch.cdist(F.normalize(pred), F.normalize(pred), compute_mode="donot_use_mm_for_euclid_dist")
    same = target[:, None] == target
    values = []
    for i in range(len(d)):
        mine = torch.tensor([j for j in range(len(d)) if same[i, j] and j != i and d[i, j] > alpha - margin], dtype=torch.long)
        others = torch.tensor([j for j in range(len(d)) if not same[i, j] and d[i, j] < alpha], dtype=torch.long)
        pull, push = d[i, mine] - (alpha - margin), alpha - d[i, others]
        mean = lambda x, t: (torch.softmax(t * x, 0) * x).sum()
        values.append((1 - share) * mean(pull, t_p) + share * mean(push, t_n))
    return torch.stack(values)
