"""The peers of views.yaml: lightly 1.6.0, which takes a list of views, and Sinkhorn's iterations with a gradient, in torch."""

import importlib
import math
from typing import Any

import torch
import torch.nn.functional as F

PEERS = {"lightly_of(": "lightly", "lightly_msn(": "lightly", "lightly_tico(": "lightly"}


def _lightly(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"lightly.loss.{module}"), name)


LOSSES = {
    "SwaV": _lightly("swav_loss", "SwaVLoss"),
    "FroSSL": _lightly("frossl_loss", "FroSSLLoss"),
    "DirectCLR": _lightly("directclr_loss", "DirectCLRLoss"),
    "MACL": _lightly("macl_loss", "MACLLoss"),
    "MSN": _lightly("msn_loss", "MSNLoss"),
    "PMSN": _lightly("pmsn_loss", "PMSNCustomLoss"),
    "TiCo": _lightly("tico_loss", "TiCoLoss"),
}


def lightly_of(name: str, *views: torch.Tensor, **options: Any) -> torch.Tensor:
    """lightly's number of (rows, views, features), given as lists of views, or of two views (rows, features)"""
    return LOSSES[name](**options)(*(list(v.unbind(1)) if v.ndim == 3 else v for v in views)).squeeze()


def lightly_msn(
    name: str, anchors: torch.Tensor, targets: torch.Tensor, prototypes: torch.Tensor, shares: torch.Tensor | None = None, **options: Any
) -> torch.Tensor:
    """lightly's number of (rows, views, features): it has the views one after the other, and the power law in single precision"""
    if name == "PMSN":
        power = torch.arange(1, len(prototypes) + 1, dtype=torch.float64) ** -options.pop("power_law_exponent", 0.25)
        options["target_distribution"] = lambda _: power / power.sum() if shares is None else shares
    sharpen = {k: options.pop(k) for k in ("target_sharpen_temperature",) if k in options}
    return LOSSES[name](**options)(anchors.transpose(0, 1).flatten(0, 1), targets, prototypes, **sharpen)


def lightly_tico(z_a: torch.Tensor, z_b: torch.Tensor, covariance: torch.Tensor | None = None, **options: Any) -> torch.Tensor:
    """lightly's number, with the matrix of the steps before"""
    loss = LOSSES["TiCo"](**options)
    loss.C = covariance
    return loss(z_a, z_b)


def sinkhorn(log_scores: torch.Tensor, iterations: int) -> torch.Tensor:
    """Each prototype gets the same share of all rows, then each row is a distribution again"""
    for _ in range(iterations):
        log_scores = log_scores.log_softmax(0).log_softmax(1)
    return log_scores.exp()


def swav(high: torch.Tensor, low: torch.Tensor, temperature: float = 0.1, epsilon: float = 0.05, iterations: int = 3) -> torch.Tensor:
    """SwAV's losses of the rows, differentiable through the assignments too"""
    views, found = [*high.unbind(1), *low.unbind(1)], []
    for i in range(high.shape[1]):
        q = sinkhorn(high[:, i] / epsilon, iterations)
        found += [-(q * (z / temperature).log_softmax(1)).sum(1) for v, z in enumerate(views) if v != i]
    return torch.stack(found).mean(0)


def mmpretrain_swav(high: torch.Tensor, low: torch.Tensor, epsilon: float, temperature: float) -> torch.Tensor:
    """mmpretrain's loss of scores: Sinkhorn's iterations on the matrix itself, the mean over crops with assignments, then over crops"""
    crops, found = [*high.unbind(1), *low.unbind(1)], torch.zeros((), dtype=high.dtype)
    for i in range(high.shape[1]):
        q = (crops[i].detach() / epsilon).exp().T
        for _ in range(3):
            q = q / q.sum(1, keepdim=True) / len(q)
            q = q / q.sum(0, keepdim=True) / q.shape[1]
        q = q.T * q.shape[1]
        parts = [-(q * (x / temperature).log_softmax(1)).sum(1).mean() for v, x in enumerate(crops) if v != i]
        found = found + sum(parts) / len(parts)
    return found / high.shape[1]


def msn(anchors: torch.Tensor, targets: torch.Tensor, prototypes: torch.Tensor, w: float = 1.0) -> torch.Tensor:
    """MSN, differentiable through the assignments too"""
    a, t, c = (F.normalize(x, dim=-1) for x in (anchors, targets, prototypes))
    q = sinkhorn((t @ c.T / 0.1 / 0.25).log_softmax(1), 3)
    p = (a @ c.T / 0.1).softmax(-1)
    mean = p.mean((0, 1))
    return -(q[:, None] * p.log()).sum(-1).mean() + w * ((mean * mean.log()).sum() + math.log(len(mean)))


def tico(z_a: torch.Tensor, z_b: torch.Tensor, beta: float = 0.9, rho: float = 8.0) -> torch.Tensor:
    """TiCo's first step, differentiable through the matrix too"""
    a, b = F.normalize(z_a, dim=1), F.normalize(z_b, dim=1)
    moments = a.T @ a / len(a)
    return 1 - (a * b).sum(1).mean() + rho * (1 - beta) * (moments**2).sum()


def macl(z_a: torch.Tensor, z_b: torch.Tensor, temperature: float = 0.1, alpha: float = 0.5, a_0: float = 0.0) -> torch.Tensor:
    """MACL, differentiable through the temperature and the weights too: (N, 2)"""
    a, b = F.normalize(z_a, dim=-1), F.normalize(z_b, dim=-1)
    t, own = temperature * (1 + alpha * ((a * b).sum(-1).mean() - a_0)), torch.arange(len(a))
    off = torch.zeros(len(a), len(a), dtype=a.dtype).fill_diagonal_(-torch.inf)
    nll = [F.cross_entropy(torch.cat([x @ y.T / t, x @ x.T / t + off], 1), own, reduction="none") for x, y in ((a, b), (b, a))]
    nll = torch.stack(nll, -1)
    return nll / (1 - torch.exp(-nll) + 1e-8)
