"""The peers of policy.yaml: formulas in torch."""

import torch


def surrogate(logp: torch.Tensor, old_logp: torch.Tensor, advantage: torch.Tensor, low: float = 0.2, high: float = 0.2) -> torch.Tensor:
    """−min(r A, clip(r, 1 − ε, 1 + ε_high) A)"""
    ratio = torch.exp(logp - old_logp)
    return -torch.min(ratio * advantage, torch.clamp(ratio, 1 - low, 1 + high) * advantage)


def clipped_value(value: torch.Tensor, old: torch.Tensor, returns: torch.Tensor, eps: float = 0.2) -> torch.Tensor:
    """½ max((v − R)², (clip(v, v_old − ε, v_old + ε) − R)²)"""
    held = torch.clamp(value, old - eps, old + eps)
    return 0.5 * torch.max((value - returns) ** 2, (held - returns) ** 2)


def by_mask(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Σ m v / Σ m"""
    return (values * mask).sum() / mask.sum()


def by_sequence(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Σ m v / max(Σ m, 1) of each row"""
    return (values * mask).sum(-1) / mask.sum(-1).clamp(min=1)
