"""The peers of listwise.yaml: allRank 1.4.3, of which nothing but the losses is imported, and a formula in torch."""

import functools
import importlib
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from unittest import mock

import torch

PEERS = {"allrank.": "allRank", "mp.fsum": "mpmath", "mp.log1p": "mpmath"}


def _allrank() -> SimpleNamespace:
    """allRank's losses without what its package imports around them, and in double precision, where it goes over to single."""
    for name, of in {
        "data": {},
        "data.dataset_loading": {"PADDED_Y_VALUE": -1},
        "models.model_utils": {"get_torch_device": lambda: torch.device("cpu")},
    }.items():
        vars(sys.modules.setdefault(f"allrank.{name}", ModuleType(name))).update(of)
    losses = importlib.import_module("allrank.models.losses")

    def in_double(loss: Callable) -> Callable:
        single = (
            mock.patch.multiple(torch, float32=torch.float64, float=torch.float64),
            mock.patch.object(torch.Tensor, "float", torch.Tensor.double),
        )
        return functools.wraps(loss)(single[0](single[1](loss)))

    names = (
        *("approxNDCGLoss", "lambdaLoss", "listMLE", "listNet", "rankNet", "rankNet_weightByGTDiff", "rankNet_weightByGTDiff_pow"),
        *("neuralNDCG", "neuralNDCG_transposed", "ordinal", "pointwise_rmse", "binary_listNet"),
    )
    return SimpleNamespace(**{name: in_double(getattr(losses, name)) for name in names})


allrank = _allrank()


def each(loss: Callable, pred: torch.Tensor, target: torch.Tensor, **options: object) -> torch.Tensor:
    """The loss of each list alone."""
    return torch.stack([loss(p[None], t[None], **options) for p, t in zip(pred, target, strict=True)])


def plackett_luce(pred: torch.Tensor, target: torch.Tensor, eps: float = 1e-10) -> torch.Tensor:
    """Σ_i log (Σ_{j≥i} e^{x_j − m} + ε) − (x_i − m), items by falling relevance, those of one relevance in their order"""
    x = pred.gather(1, target.sort(dim=1, descending=True, stable=True).indices)
    x = x - x.max(1, keepdim=True).values
    return sum(torch.log(x[:, i:].exp().sum(1) + eps) - x[:, i] for i in range(x.shape[1]))
