"""The peers of generative and semi_supervised: formulas in torch."""

import torch
import torch.nn.functional as F


def bce(logits: torch.Tensor, label: float) -> torch.Tensor:
    """Binary cross-entropy of logits that all have one label"""
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label), reduction="none")


def mean_rbf(x: torch.Tensor, y: torch.Tensor, sigma: float = 1.0) -> torch.Tensor:
    """mean_j e^(−‖x − y_j‖² / 2σ²)"""
    return torch.exp((x[:, None] - y).square().sum(-1) / (-2 * sigma**2)).mean(-1)


def mmd_rows(x: torch.Tensor, y: torch.Tensor, sigma: float = 1.0) -> torch.Tensor:
    """The share of each row of x in the biased squared maximum mean discrepancy"""
    return mean_rbf(x, x, sigma) - 2 * mean_rbf(x, y, sigma) + mean_rbf(y, y, sigma).mean()


def pseudo_label_ce(pred: torch.Tensor, threshold: float = 0.9) -> torch.Tensor:
    """cross_entropy(x, argmax x) where max softmax(x) exceeds the threshold, else 0"""
    sure, label = pred.softmax(-1).max(-1)
    return (sure > threshold) * -pred.log_softmax(-1).gather(-1, label[..., None])[..., 0]


def entropy(pred: torch.Tensor, eps: float = 1e-8) -> torch.Tensor:
    """−Σ_c p_c log(p_c + ε)"""
    p = pred.softmax(-1)
    return -(p * (pred.log_softmax(-1) if eps == 0 else (p + eps).log())).sum(-1)
