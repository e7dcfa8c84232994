"""The peers of binary, multiclass, adjusted and margin: timm, pytorch-metric-learning (with tqdm) and smp, and formulas in torch.

timm 1.0.31, pytorch-metric-learning 2.9.0, segmentation_models_pytorch 0.6.0.
"""

import functools
import importlib
import sys
from collections.abc import Callable
from importlib.metadata import distribution
from types import ModuleType, SimpleNamespace
from unittest import mock

import torch
import torch.nn.functional as F

PEERS = {
    "timm.": "timm",
    "metric_learning(": "pytorch-metric-learning",
    "SoftCrossEntropyLoss": "segmentation_models_pytorch",
    "SoftBCEWithLogitsLoss": "segmentation_models_pytorch",
}


def _module(name: str) -> ModuleType:
    """Import one module of an installed package without what the package imports around it."""
    for depth in (1, 2):
        package = ".".join(name.split(".")[:depth])
        if package not in sys.modules:
            sys.modules[package] = ModuleType(package)
            sys.modules[package].__path__ = [str(distribution(name.split(".")[0]).locate_file(package.replace(".", "/")))]
    return importlib.import_module(name)


def _timm() -> SimpleNamespace:
    """timm's losses, in double precision also where they say float()."""

    def in_double(loss: type) -> Callable:
        def build(*args: object, **options: object) -> Callable:
            with mock.patch.object(torch, "float32", torch.float64):
                built = loss(*args, **options)
            return mock.patch.object(torch.Tensor, "float", torch.Tensor.double)(built.__call__)

        return functools.wraps(loss, updated=())(build)

    homes = {
        "asymmetric_loss": ("AsymmetricLossMultiLabel", "AsymmetricLossSingleLabel"),
        "binary_cross_entropy": ("BinaryCrossEntropy",),
        "cross_entropy": ("LabelSmoothingCrossEntropy", "SoftTargetCrossEntropy"),
        "jsd": ("JsdCrossEntropy",),
        "poly_loss": ("PolyBinaryCrossEntropy", "PolyCrossEntropy"),
        "zlpr_loss": ("ZlprLoss",),
        "two_way_loss": ("TwoWayLoss",),
        "distribution_balanced_loss": ("DistributionBalancedLoss",),
    }
    found = {name: in_double(getattr(_module(f"timm.loss.{home}"), name)) for home, names in homes.items() for name in names}
    return SimpleNamespace(**found)


timm = _timm()
SoftCrossEntropyLoss = _module("segmentation_models_pytorch.losses.soft_ce").SoftCrossEntropyLoss
_soft_bce = _module("segmentation_models_pytorch.losses.soft_bce").SoftBCEWithLogitsLoss


def SoftBCEWithLogitsLoss(pos_weight: float | torch.Tensor) -> torch.nn.Module:
    return _soft_bce(pos_weight=torch.as_tensor(pos_weight, dtype=torch.float64))


def metric_learning(name: str, cosines: torch.Tensor, target: torch.Tensor, **options: float) -> torch.Tensor:
    """The losses of one of pytorch-metric-learning's large margins, given the cosines that it would make of embeddings."""
    losses = importlib.import_module("pytorch_metric_learning.losses")
    module = getattr(losses, name)(cosines.shape[1], 1, **options).double()
    with mock.patch.object(module, "get_cosine", lambda cosines: cosines):
        return module.compute_loss(cosines, target, None, cosines, target)["loss"]["losses"]


def by_row(loss: Callable, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The loss of each row alone."""
    return torch.stack([loss(p[None], t[None]) for p, t in zip(pred, target, strict=True)])


def one_label(pred: torch.Tensor, target: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
    """(1 − s) onehot(y) + s / C; soft labels likewise"""
    q = target if target.ndim == pred.ndim else F.one_hot(target, pred.shape[-1]).to(pred.dtype)
    return (1 - smoothing) * q + smoothing / pred.shape[-1]


def clipped_shares(pred: torch.Tensor, *, from_logits: bool = False, clip: float = 1e-7) -> torch.Tensor:
    """x / Σ x or softmax(x), clipped"""
    p = pred.softmax(-1) if from_logits else pred / pred.sum(-1, keepdim=True)
    return p.clip(clip, 1 - clip)


def of_shares(pred: torch.Tensor, target: torch.Tensor, smoothing: float = 0.0, clip: float = 1e-7) -> torch.Tensor:
    """−Σ_c q_c log p_c"""
    return -(one_label(pred, target, smoothing) * clipped_shares(pred, clip=clip).log()).sum(-1)


def focal_of_shares(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    alpha: torch.Tensor | float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
    from_logits: bool = False,
) -> torch.Tensor:
    """−Σ_c α_c q_c (1 − p_c)^γ log p_c"""
    p = clipped_shares(pred, from_logits=from_logits)
    return -(alpha * one_label(pred, target, smoothing) * (1 - p) ** gamma * p.log()).sum(-1)


def focal_of_label(pred: torch.Tensor, target: torch.Tensor, *, alpha: torch.Tensor | float = 0.25, gamma: float = 2.0) -> torch.Tensor:
    """−α_y (1 − p_y)^γ log p_y"""
    loss = F.cross_entropy(pred, target, reduction="none")
    weight = alpha[target] if isinstance(alpha, torch.Tensor) and alpha.ndim else alpha
    return weight * (1 - torch.exp(-loss)) ** gamma * loss


def focal_of_probability(
    pred: torch.Tensor, target: torch.Tensor, *, alpha: float | None = None, gamma: float = 2.0, smoothing: float = 0.0, clip: float = 1e-7
) -> torch.Tensor:
    """[α_t] (1 − p_t)^γ bce(p, t)"""
    t = target * (1 - smoothing) + smoothing / 2
    miss = 1 - (t * pred + (1 - t) * (1 - pred))
    weight = 1.0 if alpha is None else t * alpha + (1 - t) * (1 - alpha)
    return weight * miss**gamma * F.binary_cross_entropy(pred.clip(clip, 1 - clip), t, reduction="none")


def of_label(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """x_y"""
    return x.gather(-1, y[..., None])[..., 0]


def best_other(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """max_{c≠y} x_c"""
    return x.masked_fill(F.one_hot(y, x.shape[-1]).bool(), -torch.inf).amax(-1)


def onto_simplex(x: torch.Tensor) -> torch.Tensor:
    """The nearest point of the simplex"""
    ordered = x.sort(-1, descending=True).values
    k = torch.arange(1, x.shape[-1] + 1)
    over = (ordered.cumsum(-1) - 1) / k
    return (x - over.gather(-1, (ordered > over).sum(-1, keepdim=True) - 1)).relu()


def sparsemax_of_label(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Σ_c p_c (x_c − x_y) + ½ (1 − Σ_c p_c²)"""
    p = onto_simplex(x)
    return (p * (x - of_label(x, y)[..., None])).sum(-1) + (1 - (p * p).sum(-1)) / 2


def symmetric(pred: torch.Tensor, target: torch.Tensor, *, alpha: float = 0.1, beta: float = 1.0, clip: float = 1e-4) -> torch.Tensor:
    """α ce + β rce, rce = −Σ_c p_c log clip(onehot(y), A, 1)"""
    rce = -(pred.softmax(-1) * one_label(pred, target).clip(clip, 1).log()).sum(-1)
    return alpha * F.cross_entropy(pred, target, reduction="none") + beta * rce


def with_margins(pred: torch.Tensor, target: torch.Tensor, counts: torch.Tensor, *, max_m: float = 0.5, s: float = 30.0) -> torch.Tensor:
    """cross_entropy(s (x − m_y)), m = n^−¼ scaled to a largest of max_m"""
    m = counts**-0.25
    m = m * (max_m / m.max())
    return F.cross_entropy(s * (pred - m * one_label(pred, target)), target, reduction="none")


def linear(
    pred: torch.Tensor, linear_weight: torch.Tensor, target: torch.Tensor, linear_bias: torch.Tensor | None = None, **options: object
) -> torch.Tensor:
    """torch.nn.functional.linear_cross_entropy"""
    return F.linear_cross_entropy(pred, linear_weight, target, linear_bias=linear_bias, **options)


def weighted_kappa(p: torch.Tensor, labels: torch.Tensor, weightage: str = "quadratic", epsilon: float = 1e-6) -> torch.Tensor:
    """The formula of tensorflow_addons.losses.WeightedKappaLoss"""
    t, k = F.one_hot(labels, p.shape[1]).to(p.dtype), torch.arange(p.shape[1], dtype=p.dtype)
    w = (k[:, None] - k).abs() ** (1 if weightage == "linear" else 2)
    cost = ((labels[:, None] - k).abs() ** (1 if weightage == "linear" else 2) * p).sum()
    return torch.log(cost / (t.sum(0) @ w @ p.sum(0) / len(p)) + epsilon)
