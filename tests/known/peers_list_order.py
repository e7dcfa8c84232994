"""The peers of list_order.yaml: listwise losses of Sentence Transformers and TensorFlow Ranking, from their formulas.

The first take a model and texts, and the second need TensorFlow.
"""

from collections.abc import Callable

import torch

__all__ = ["discounted_gains", "list_mle_with_padding", "place_by_place", "softmax_of_items"]


def place_by_place(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    sort: bool = True,
    equal: bool = False,
    first: int = 0,
    eps: float = 0.0,
    zero: bool = False,
) -> torch.Tensor:
    """The loss of each list: its items, the first one first, with the weights 2^(n − i) − 1; `zero`: padding has the score 0."""
    values = []
    for scores, relevance in zip(pred, target, strict=True):
        items = [i for i in range(len(scores)) if relevance[i] >= 0]
        items = sorted(items, key=lambda i: -float(relevance[i])) if sort else items
        x, n = scores[items], len(items)
        more = eps + (len(scores) - n if zero else 0)
        logs = torch.stack([torch.log(torch.exp(x[i:]).sum() + more) - x[i] for i in range(n)])
        weights = torch.tensor([1.0 if equal else 2.0 ** (n - i) - 1 for i in range(first, n + first)], dtype=x.dtype)
        values.append((logs * weights).sum() / (1.0 if equal else weights.sum() + eps))
    return torch.stack(values)


def list_mle_with_padding(pred: torch.Tensor, target: torch.Tensor, *, temperature: float = 1.0, weighted: bool = False) -> torch.Tensor:
    """Padding is items with the score log 1e-10 behind the others; weights 2^(columns − i) − 1 for i = 1, 2, … if `weighted`."""
    x = torch.where(target >= 0, pred / temperature, torch.log(torch.tensor(1e-10, dtype=pred.dtype)))
    x = x.gather(1, target.sort(dim=1, descending=True, stable=True).indices)
    logs = x.flip(1).logcumsumexp(1).flip(1) - x
    n = x.shape[1]
    weights = 2.0 ** (n - torch.arange(1, n + 1, dtype=x.dtype)) - 1 if weighted else torch.ones(n)
    return (logs * weights.to(x.dtype)).sum(1)


def softmax_of_items(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """−log softmax of the items of each list, 0 at padding"""
    return torch.where(target >= 0, -torch.where(target >= 0, pred, -torch.inf).log_softmax(1), 0.0)


def discounted_gains(pred: torch.Tensor, target: torch.Tensor, gain: Callable, discount: Callable, topn: int | None = None) -> torch.Tensor:
    """The gain of each item times the discount of its place by the scores; the gain 2^t − 1 is divided by the best DCG."""
    x, t = torch.where(target >= 0, pred, -torch.inf), target.clamp(min=0)
    place = x.argsort(1, descending=True).argsort(1).to(pred.dtype) + 1
    g = gain(t)
    if float(gain(torch.tensor(2.0))) == 3:
        best = g.sort(1, descending=True).values[:, :topn]
        g = g / (best * discount(torch.arange(1, best.shape[1] + 1, dtype=pred.dtype))).sum(1, keepdim=True)
    return g * discount(place)
