"""The peers of self_supervised.yaml and of two views in contrastive.yaml: lightly 1.6.0, and formulas in torch and in 50 digits."""

import importlib
from typing import Any

import mpmath as mp
import numpy as np
import torch
import torch.nn.functional as F

__all__ = [
    "BarlowTwinsLoss", "DCLLoss", "DCLWLoss", "KoLeoLoss", "NegativeCosineSimilarity", "VICRegLoss", "barlow_twins", "clip", "dcl_values",
    "dino", "koleo_values", "lightly_dino", "mp_cosine_distance", "siglip", "vicreg",
]  # fmt: skip

PEERS = {
    "BarlowTwinsLoss(": "lightly", "DCLLoss(": "lightly", "DCLWLoss(": "lightly", "KoLeoLoss(": "lightly",
    "NegativeCosineSimilarity(": "lightly", "VICRegLoss(": "lightly", "lightly_dino(": "lightly",
}  # fmt: skip


def _lightly(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"lightly.loss.{module}"), name)


BarlowTwinsLoss = _lightly("barlow_twins_loss", "BarlowTwinsLoss")
DCLLoss = _lightly("dcl_loss", "DCLLoss")
DCLWLoss = _lightly("dcl_loss", "DCLWLoss")
DINOLoss = _lightly("dino_loss", "DINOLoss")
KoLeoLoss = _lightly("koleo_loss", "KoLeoLoss")
NegativeCosineSimilarity = _lightly("negative_cosine_similarity", "NegativeCosineSimilarity")
VICRegLoss = _lightly("vicreg_loss", "VICRegLoss")


def lightly_dino(teacher: torch.Tensor, student: torch.Tensor, *, teacher_temp: float = 0.04, student_temp: float = 0.1, center: Any = 0.0):
    """lightly's number of (rows, views, features), with temperatures that it does not round to single precision."""
    loss = DINOLoss(teacher.shape[-1], student_temp=student_temp)
    loss.center = torch.as_tensor(center, dtype=torch.float64).expand(1, 1, teacher.shape[-1])
    loss.update_center = lambda _: None
    return loss(list(teacher.unbind(1)), list(student.unbind(1)), teacher_temp=torch.tensor(teacher_temp, dtype=torch.float64))


def dino(teacher: torch.Tensor, student: torch.Tensor, *, teacher_temp: float = 0.04, student_temp: float = 0.1, center: Any = 0.0):
    """The loss of each row."""
    share = ((teacher - center) / teacher_temp).softmax(-1)
    cross = -torch.einsum("ntd,nsd->nts", share, (student / student_temp).log_softmax(-1))
    others = ~torch.eye(*cross.shape[1:], dtype=torch.bool)
    return cross[:, others].mean(-1)


def dcl_values(z_a: torch.Tensor, z_b: torch.Tensor, *, temperature: float = 0.1, sigma: float | None = None) -> torch.Tensor:
    """The losses whose mean lightly returns, as (N, 2); with sigma weighted, and differentiable through the weights too."""
    a, b = F.normalize(z_a, dim=-1), F.normalize(z_b, dim=-1)
    s = (a * b).sum(-1)
    weight = 1 if sigma is None else 2 - len(s) * (s / sigma).softmax(0)
    off = ~torch.eye(len(s), dtype=torch.bool)
    rest = [torch.cat([(x @ y.T)[off].reshape(len(s), -1) for y in (a, b)], 1).div(temperature).logsumexp(1) for x in (a, b)]
    return torch.stack(rest, -1) - (weight * s / temperature)[:, None]


def koleo_values(z_a: torch.Tensor, *, p: float = 2, eps: float = 1e-8) -> torch.Tensor:
    """The losses whose mean lightly returns."""
    z = F.normalize(z_a, dim=-1, eps=eps)
    nearest = (z @ z.T).fill_diagonal_(-2).argmax(1)
    return -(F.pairwise_distance(z, z[nearest], p=p, eps=eps) + eps).log()


def barlow_twins(z_a: torch.Tensor, z_b: torch.Tensor, *, w: torch.Tensor, lambda_param: float = 0.005, eps: float = 1e-5) -> torch.Tensor:
    """With sample weights, which lightly does not take."""
    a, b = (z - (w[:, None] * z).sum(0) / w.sum() for z in (z_a, z_b))
    var = [(w[:, None] * z**2).sum(0) / w.sum() + eps for z in (a, b)]
    c = torch.einsum("n,ni,nj->ij", w, a, b) / w.sum() / torch.outer(*var).sqrt()
    off = ~torch.eye(len(c), dtype=torch.bool)
    return (c.diagonal() - 1).square().sum() + lambda_param * c[off].square().sum()


def vicreg(z_a: torch.Tensor, z_b: torch.Tensor, *, w: torch.Tensor, eps: float = 1e-4) -> torch.Tensor:
    """With sample weights that count how often a row is there, which lightly does not take."""
    found = 25 * (w[:, None] * (z_a - z_b) ** 2).sum() / w.sum() / z_a.shape[1]
    for z in (z_a, z_b):
        x = z - (w[:, None] * z).sum(0) / w.sum()
        cov = torch.einsum("n,ni,nj->ij", w, x, x) / (w.sum() - 1)
        off = ~torch.eye(len(cov), dtype=torch.bool)
        found = found + 12.5 * F.relu(1 - (cov.diagonal() + eps).sqrt()).mean() + cov[off].square().sum() / len(cov)
    return found


def clip(image: torch.Tensor, text: torch.Tensor, *, temperature: float = 0.07, normalize: bool = True) -> torch.Tensor:
    """The paper's pseudo-code, before its means: (N, 2)."""
    x, y = (F.normalize(image, dim=-1), F.normalize(text, dim=-1)) if normalize else (image, text)
    logits, own = x @ y.T / temperature, torch.arange(len(x))
    return torch.stack([F.cross_entropy(logits, own, reduction="none"), F.cross_entropy(logits.T, own, reduction="none")], -1)


def siglip(image: torch.Tensor, text: torch.Tensor, *, logit_scale: float = 10, logit_bias: float = -10, normalize: bool = True):
    """The paper's pseudo-code, before its sum: of each image."""
    x, y = (F.normalize(image, dim=-1), F.normalize(text, dim=-1)) if normalize else (image, text)
    sign = 2 * torch.eye(len(x), dtype=x.dtype) - 1
    return -F.logsigmoid(sign * (logit_scale * x @ y.T + logit_bias)).sum(-1)


def mp_cosine_distance(pred: np.ndarray, target: np.ndarray) -> list:
    """1 − cos of each row."""
    rows = [([mp.mpf(float(x)) for x in p], [mp.mpf(float(x)) for x in t]) for p, t in zip(pred, target, strict=True)]
    return [1 - mp.fdot(p, t) / mp.sqrt(mp.fdot(p, p) * mp.fdot(t, t)) for p, t in rows]
