"""The peers of divergence that are more than a call: formulas in torch, and in 50 digits."""

from collections.abc import Callable, Iterable

import mpmath as mp
import numpy as np
import torch
import torch.nn.functional as F
from scipy import stats

PEERS = {"[mp.": "mpmath"}


def js_divergence(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """½ KL(p ‖ m) + ½ KL(q ‖ m)"""
    log_m = ((p + q) / 2).log()
    return (F.kl_div(log_m, p, reduction="none") + F.kl_div(log_m, q, reduction="none")).sum(-1) / 2


def clipped_kl(pred: torch.Tensor, target: torch.Tensor, epsilon: float = 1e-7) -> torch.Tensor:
    """Σ t log (t / p), as Keras has it"""
    p, t = pred.clamp(epsilon, 1), target.clamp(epsilon, 1)
    return (t * (t / p).log()).sum(-1)


def gaussian_kl(mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """torch.distributions' divergence of N(μ, e^v) from N(0, 1), summed over the last axis"""
    one = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    return torch.distributions.kl_divergence(torch.distributions.Normal(mu, (logvar / 2).exp()), one).sum(-1)


def distillation(
    pred: torch.Tensor, teacher: torch.Tensor, target: torch.Tensor | None = None, *, temperature: float = 1.0, alpha: float = 1.0
) -> torch.Tensor:
    """α T² KL(softmax(z/T) ‖ softmax(x/T)) + (1 − α) cross_entropy(x, y)"""
    student = (pred / temperature).log_softmax(-1)
    soft = F.kl_div(student, (teacher / temperature).softmax(-1), reduction="none").sum(-1)
    hard = 0.0 if target is None else (1 - alpha) * F.cross_entropy(pred, target, reduction="none")
    return alpha * temperature**2 * soft + hard


def scipy_emd(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """scipy's distance of two histograms over the bins 0, 1, 2 …"""
    bins = range(pred.shape[-1])
    found = [stats.wasserstein_distance(bins, bins, p, t) for p, t in zip(pred.detach(), target.detach(), strict=True)]
    return torch.tensor(found, dtype=torch.float64)


def mp_vectors(formula: Callable, *arrays: np.ndarray) -> list:
    """Apply a formula of vectors of 50-digit numbers to each row"""
    return [formula(*([mp.mpf(float(x)) for x in row] for row in rows)) for rows in zip(*arrays, strict=True)]


def mp_softmax(x: Iterable[float]) -> list:
    """e^x / Σ e^x in 50 digits"""
    powers = [mp.exp(mp.mpf(float(number))) for number in x]
    return [power / mp.fsum(powers) for power in powers]


def mp_softmax_kl(x: list, z: list) -> mp.mpf:
    """KL(softmax(z) ‖ softmax(x)) in 50 digits"""
    p, q = mp_softmax(x), mp_softmax(z)
    return mp.fsum(b * mp.log(b / a) for a, b in zip(p, q, strict=True))
