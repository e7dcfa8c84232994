"""The peers of batch_pairs.yaml, distributional.yaml and penalty.yaml: losses of catalyst and RecBole, in double precision."""

from typing import Any

import torch
from catalyst.contrib.losses import functional as _catalyst
from catalyst.contrib.losses.regression import CategoricalRegressionLoss
from recbole.model import loss as recbole

__all__ = ["categorical_regression", "emb_loss", "margin_in_double", "recbole"]

PEERS = {"recbole.": "recbole", "emb_loss": "recbole", "margin_in_double": "catalyst", "categorical_regression": "catalyst"}


def categorical_regression(num_atoms: int, v_min: float, v_max: float) -> Any:
    """The loss with its fixed returns in double precision."""
    loss = CategoricalRegressionLoss(num_atoms, v_min, v_max)
    loss.z = torch.linspace(v_min, v_max, num_atoms, dtype=torch.float64)
    return loss


def margin_in_double(pred: torch.Tensor, target: torch.Tensor, alpha: float, beta: float, skip_labels: Any) -> torch.Tensor:
    """catalyst's margin loss, whose count of pairs is in single precision: a whole number and 1e-8, which is added apart."""
    value = _catalyst.margin_loss(pred, target, alpha=alpha, beta=beta, skip_labels=skip_labels)
    pairs = _catalyst._skip_labels_mask(target, skip_labels).double().sum()
    single = (pairs.float() + 1e-8).double()
    return value * single / (pairs + 1e-8)


def emb_loss(pred: torch.Tensor, norm: float = 2.0, *, require_pow: bool = False) -> torch.Tensor:
    """EmbLoss, whose sum begins with a zero of the default precision."""
    torch.set_default_dtype(torch.float64)
    try:
        return recbole.EmbLoss(norm=norm)(pred, require_pow=require_pow).sum()
    finally:
        torch.set_default_dtype(torch.float32)
