"""The peer of guided.yaml: GISTEmbedLoss of Sentence Transformers, from its formula, since it takes models and texts."""

from typing import Any

import torch
import torch.nn.functional as F

__all__ = ["guided"]


def guided(pairs: tuple, guides: tuple, *, temperature: float = 0.01, bound: Any = lambda s: s, own: tuple = (True, True)) -> torch.Tensor:
    """Cross-entropy over all rows of a batch, without those that the guide finds more similar than `bound` of the positive."""
    n = len(pairs[0])
    x, g = ([F.normalize(v, dim=-1) for v in vectors] for vectors in (pairs, guides))
    places = [(0, 1), *([(0, 0)] if own[0] else []), *([(1, 1)] if own[1] else []), *([(0, 2)] if len(x) > 2 else [])]
    values = []
    for i in range(n):
        most = bound(g[0][i] @ g[1][i])
        logits = [x[0][i] @ x[1][i]]
        for at, (k, m) in enumerate(places):
            kept = [j for j in range(n) if g[k][i] @ g[m][j] <= most and not (at == 0 and j == i)]
            logits += [x[k][i] @ x[m][j] for j in kept]
        values.append(-torch.log_softmax(torch.stack(logits) / temperature, 0)[0])
    return torch.stack(values).mean()
