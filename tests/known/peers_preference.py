"""The peers of preference.yaml: the formulas of TRL 1.16.0, whose trainers hold them between a model and an optimiser, in torch."""

import math

import torch
import torch.nn.functional as F


def scores(logratio: torch.Tensor, divergence: str = "reverse_kl", coefficient: float = 0.5) -> torch.Tensor:
    """f'(e^u) of an f-divergence"""
    if divergence == "forward_kl":
        return 1 - torch.exp(-logratio)
    if divergence == "js_divergence":
        return math.log(2) + F.logsigmoid(logratio)
    if divergence == "alpha_divergence":
        return (torch.exp((coefficient - 1) * logratio) - 1) / (coefficient - 1)
    return logratio


def pair(chosen: torch.Tensor, rejected: torch.Tensor, ref_chosen: torch.Tensor, ref_rejected: torch.Tensor, **f: object) -> torch.Tensor:
    """The difference of the scores of two answers"""
    return scores(chosen - ref_chosen, **f) - scores(rejected - ref_rejected, **f)


def logistic(x: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """−(1 − s) log σ(x) − s log σ(−x)"""
    return -F.logsigmoid(x) * (1 - smoothing) - F.logsigmoid(-x) * smoothing


def robust(x: torch.Tensor, smoothing: float) -> torch.Tensor:
    """(−(1 − s) log σ(x) + s log σ(−x)) / (1 − 2 s)"""
    return (-(1 - smoothing) * F.logsigmoid(x) + smoothing * F.logsigmoid(-x)) / (1 - 2 * smoothing)


def rewards(chosen: torch.Tensor, rejected: torch.Tensor, alpha: float) -> torch.Tensor:
    """AlphaPO's difference of (1 − p^−α) / α"""
    return (1 - chosen.exp().pow(-alpha)) / alpha - (1 - rejected.exp().pow(-alpha)) / alpha


def log1mexp(x: torch.Tensor) -> torch.Tensor:
    """log (1 − e^x)"""
    return torch.where(x < -math.log(2), torch.log1p(-torch.exp(x)), torch.log(-torch.expm1(x)))


def odds_ratio(chosen: torch.Tensor, rejected: torch.Tensor, beta: float = 0.1) -> torch.Tensor:
    """−β log σ of the log odds ratio"""
    return -beta * F.logsigmoid((chosen - rejected) - (log1mexp(chosen) - log1mexp(rejected)))


def kto(
    u: torch.Tensor, label: torch.Tensor, kl: torch.Tensor | float = 0.0, *, beta: float = 0.1, good: float = 1.0, bad: float = 1.0
) -> torch.Tensor:
    """w_d (1 − σ(β (u − k))) or w_u (1 − σ(β (k − u)))"""
    return kto_of(u, label, torch.as_tensor(kl, dtype=u.dtype).mean().detach().clamp(min=0), beta, good, bad)


def kto_of(u: torch.Tensor, label: torch.Tensor, k: torch.Tensor, beta: float = 0.1, good: float = 1.0, bad: float = 1.0) -> torch.Tensor:
    """The same of a divergence that has a derivative."""
    return torch.where(label == 1, good * (1 - torch.sigmoid(beta * (u - k))), bad * (1 - torch.sigmoid(beta * (k - u))))
