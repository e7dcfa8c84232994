"""The peers of metric_learning.yaml and of labels in contrastive.yaml: pytorch-metric-learning 2.9.0 (which imports scipy and tqdm), its
terms gathered by anchor, and formulas in torch and in 50 digits.
"""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import mpmath as mp
import numpy as np
import pytorch_metric_learning.losses as pml
import torch
import torch.nn.functional as F
from pytorch_metric_learning import distances, miners, reducers, regularizers
from pytorch_metric_learning.distances import DotProductSimilarity, LpDistance
from pytorch_metric_learning.reducers import DoNothingReducer, SumReducer

__all__ = [
    "DotProductSimilarity", "LpDistance", "SumReducer", "anchors", "circle_terms", "distances", "exact_beta", "intra_pair_variance",
    "miners", "mp_contrastive_all", "mp_log_loss", "mp_nca", "mp_triplet_all", "mp_tuplet", "over_pairs", "pml", "reducers",
    "regularizers", "shares", "weighted_terms", "with_proxies",
]  # fmt: skip

PEERS = {"pml.": "pytorch-metric-learning"}


def _terms(loss: Callable, pred: torch.Tensor, target: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The terms of each part of a loss, and their anchors."""
    loss.reducer = DoNothingReducer()
    for part in loss(pred, target).values():
        at = part["indices"]
        yield part["losses"].reshape(-1), at[0] if isinstance(at, tuple | list) else at


def over_pairs(loss: Callable, pred: torch.Tensor, target: torch.Tensor, *ref: torch.Tensor, miner: Callable | None = None) -> torch.Tensor:
    """A loss of the pairs that a miner chooses, with a reference set or without."""
    return loss(pred, target, None if miner is None else miner(pred, target, *ref), *ref)


def with_proxies(loss: Any, name: str, proxies: torch.Tensor) -> Any:
    """A loss whose vectors of the classes are given: with a derivative by them."""
    del loss._parameters[name]
    setattr(loss, name, proxies)
    loss.cast_types = lambda dtype, device: None
    return loss


def exact_beta(loss: Any, beta: float = 1.2) -> Any:
    """MarginLoss with its beta, which it rounds to single precision."""
    loss.beta = torch.tensor([beta], dtype=torch.float64)
    return loss


def anchors(loss: Callable, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Σ of each anchor's terms."""
    ((terms, at),) = _terms(loss, pred, target)
    return torch.zeros(len(pred), dtype=pred.dtype).index_add(0, at, terms)


def weighted_terms(loss: Callable, pred: torch.Tensor, target: torch.Tensor, w: torch.Tensor, positive: bool = False) -> torch.Tensor:
    """The mean of the terms (of those above 0, if `positive`), each weighing what its anchor does."""
    ((terms, at),) = _terms(loss, pred, target)
    kept = terms > 0 if positive else torch.ones_like(terms, dtype=torch.bool)
    return (w[at] * terms).sum() / w[at][kept].sum()


def shares(loss: Callable, pred: torch.Tensor, target: torch.Tensor, w: Any = None, positive: bool = False) -> torch.Tensor:
    """What each anchor adds to the sum of the means of the parts of a loss."""
    found = torch.zeros(len(pred), dtype=pred.dtype)
    w = torch.ones(len(pred), dtype=pred.dtype) if w is None else w
    for terms, at in _terms(loss, pred, target):
        kept = terms > 0 if positive else torch.ones_like(terms, dtype=torch.bool)
        found = found.index_add(0, at, w[at] * terms / w[at][kept].sum())
    return found


def circle_terms(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    gamma: float = 80,
    margin: float = 0.4,
    normalize: bool = True,
    remove_diagonal: bool = True,
) -> torch.Tensor:
    """The circle loss of each anchor, differentiable through its weights too, as in Keras."""
    x = F.normalize(pred, dim=-1) if normalize else pred
    d = (1 - x @ x.T).clamp(min=0)
    same = target[:, None] == target
    near = same & ~torch.eye(len(x), dtype=torch.bool) if remove_diagonal else same
    pull = (gamma * F.relu(margin + d) * (d - margin)).masked_fill(~near, -torch.inf).logsumexp(1)
    push = (gamma * F.relu(1 + margin - d) * (1 - margin - d)).masked_fill(same, -torch.inf).logsumexp(1)
    return F.softplus(pull + push)


def intra_pair_variance(pred: torch.Tensor, target: torch.Tensor, w: torch.Tensor, eps: float = 0.01) -> torch.Tensor:
    """With sample weights, which count an anchor's pairs also in the mean similarities."""
    s = F.normalize(pred, dim=-1) @ F.normalize(pred, dim=-1).T
    same, u = target[:, None] == target, w[:, None].expand_as(s)
    near, far = (mask.to(s.dtype) * u for mask in (same & ~torch.eye(len(s), dtype=torch.bool), ~same))
    mean = lambda x, v: (v * x).sum() / v.sum()
    return mean(F.relu((1 - eps) * mean(s, near) - s) ** 2, near) + mean(F.relu(s - (1 + eps) * mean(s, far)) ** 2, far)


def _units(pred: np.ndarray) -> list:
    rows = [[mp.mpf(float(x)) for x in row] for row in pred]
    return [[x / mp.sqrt(mp.fdot(row, row)) for x in row] for row in rows]


def _distances(pred: np.ndarray) -> Callable:
    x = _units(pred)
    return lambda i, j: mp.sqrt(mp.fsum((a - b) ** 2 for a, b in zip(x[i], x[j], strict=True)))


def _mean(terms: list, positive: bool = True) -> Any:
    kept = [t for t in terms if t > 0 or not positive]
    return mp.fsum(kept) / len(kept)


def mp_contrastive_all(pred: np.ndarray, target: np.ndarray) -> Any:
    """mean_{>0} d_ap + mean_{>0} max(0, 1 − d_an)"""
    d, pairs = _distances(pred), list(permutations(range(len(pred)), 2))
    near = _mean([d(i, j) for i, j in pairs if target[i] == target[j]])
    return near + _mean([1 - d(i, j) for i, j in pairs if target[i] != target[j]])


def mp_triplet_all(pred: np.ndarray, target: np.ndarray, margin: float) -> Any:
    """mean_{>0} max(0, d_ap − d_an + m)"""
    d = _distances(pred)
    triplets = [t for t in permutations(range(len(pred)), 3) if target[t[0]] == target[t[1]] != target[t[2]]]
    return _mean([d(a, p) - d(a, n) + mp.mpf(margin) for a, p, n in triplets])


def mp_nca(pred: np.ndarray, target: np.ndarray, scale: float) -> Any:
    """−log (Σ_p e^{−k d_ap²} / Σ_{j ≠ a} e^{−k d_aj²})"""
    d, n = _distances(pred), len(pred)
    e = [[mp.exp(-mp.mpf(scale) * d(i, j) ** 2) if i != j else mp.mpf(0) for j in range(n)] for i in range(n)]
    return _mean([-mp.log(mp.fsum(e[i][j] for j in range(n) if target[i] == target[j]) / mp.fsum(e[i])) for i in range(n)], False)


def mp_tuplet(pred: np.ndarray, target: np.ndarray, margin: float, scale: float) -> Any:
    """log (1 + Σ_n e^{k (cos θ_an − cos (θ_ap − m))})"""
    d, n = _distances(pred), len(pred)
    cos = lambda i, j: 1 - d(i, j) ** 2 / 2
    inside = lambda i, j: mp.cos(2 * mp.asin(d(i, j) / 2) - mp.radians(mp.mpf(margin)))
    others = lambda i: [k for k in range(n) if target[k] != target[i]]
    return _mean([
        mp.log(1 + mp.fsum(mp.exp(mp.mpf(scale) * (cos(i, k) - inside(i, j))) for k in others(i)))
        for i, j in permutations(range(n), 2) if target[i] == target[j]
    ])  # fmt: skip


def mp_log_loss(pred: np.ndarray, i: int, j: int, temperature: float) -> Any:
    """−log (e^{s_ij/T} / Σ_{k ≠ i} e^{s_ik/T})"""
    x = _units(pred)
    return mp.log(
        1 + mp.fsum(mp.exp((mp.fdot(x[i], x[k]) - mp.fdot(x[i], x[j])) / mp.mpf(temperature)) for k in range(len(x)) if k not in (i, j))
    )
