"""The peers of sentences.yaml: the formulas of Sentence Transformers and TensorFlow Addons in torch, pair by pair."""

from typing import Any

import torch
import torch.nn.functional as F

__all__ = ["angle_similarity", "cosent", "hard_triplets", "mega_batch", "online_pairs", "semi_hard_triplets"]


def _distance(x: torch.Tensor, y: torch.Tensor, kind: str) -> torch.Tensor:
    if kind == "cosine":
        return 1 - F.cosine_similarity(x, y, dim=0)
    squared = ((x - y) ** 2).sum()
    return squared if kind == "squared" else squared.sqrt() if squared > 0 else squared


def _of_rows(x: torch.Tensor, y: torch.Tensor, a: int, kind: str) -> tuple[list[Any], list[Any]]:
    """The distances of a row to its positives, and to its negatives."""
    others = [j for j in range(len(x)) if j != a]
    positive, negative = ([_distance(x[a], x[j], kind) for j in others if bool(y[j] == y[a]) == same] for same in (True, False))
    return positive, negative


def hard_triplets(
    x: torch.Tensor, y: torch.Tensor, margin: float | None, kind: str = "euclidean", *, all_rows: bool = True
) -> torch.Tensor:
    """The mean over the rows (or those with both) of the farthest positive minus the nearest negative; margin None: softplus."""
    terms = []
    for a in range(len(x)):
        positive, negative = _of_rows(x, y, a, kind)
        if not all_rows and not (positive and negative):
            continue
        farthest = torch.stack(positive).max() if positive else torch.zeros((), dtype=x.dtype)
        nearest = torch.stack(negative).min() if negative else torch.stack(positive).max()
        terms.append(F.softplus(farthest - nearest) if margin is None else F.relu(farthest - nearest + margin))
    return torch.stack(terms).mean()


def semi_hard_triplets(x: torch.Tensor, y: torch.Tensor, margin: float, kind: str = "euclidean") -> torch.Tensor:
    """The mean over the pairs of one label of the triplet with the nearest negative beyond the positive, else with the farthest."""
    terms = []
    for a in range(len(x)):
        positive, negative = _of_rows(x, y, a, kind)
        for d in positive:
            beyond = [n for n in negative if n > d]
            n = torch.stack(beyond).min() if beyond else torch.stack(negative).max()
            terms.append(F.relu(d - n + margin))
    return torch.stack(terms).mean()


def angle_similarity(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """|Re + Im| of z w*, z and w the unit vectors whose halves are the real and the imaginary parts."""
    x, y = (F.normalize(F.pad(v, (0, v.shape[1] % 2))) for v in (x, y))
    z, w = (torch.complex(*v.chunk(2, 1)) for v in (x, y))
    product = (z * w.conj()).sum(1)
    return (product.real + product.imag).abs()


def cosent(s: torch.Tensor, y: torch.Tensor, scale: float = 20.0) -> torch.Tensor:
    """log (1 + Σ e^{scale (s_i − s_j)}) over the pairs with y_i < y_j"""
    n = range(len(s))
    terms = [scale * (s[i] - s[j]) for i in n for j in n if y[i] < y[j]]
    return torch.logsumexp(torch.stack([torch.zeros((), dtype=s.dtype), *terms]), 0)


def online_pairs(d: torch.Tensor, y: torch.Tensor, margin: float = 0.5) -> torch.Tensor:
    """The squared distances of the hard similar pairs, and the squared gaps of the hard other pairs."""
    similar, others = d[y == 1], d[y == 0]
    near = others.min() if len(others) else similar.mean()
    far = similar.max() if len(similar) else others.mean()
    return (similar[similar > near] ** 2).sum() + (F.relu(margin - others[others < far]) ** 2).sum()


def mega_batch(anchor: torch.Tensor, positive: torch.Tensor, m_pos: float = 0.8, m_neg: float = 0.3) -> torch.Tensor:
    """The mean over the anchors, each with its most similar other positive."""
    c = F.normalize(anchor) @ F.normalize(positive).T
    n = range(len(c))
    terms = [F.relu(m_pos - c[i, i]) + F.relu(torch.stack([c[i, j] for j in n if j != i]).max() - m_neg) for i in n]
    return torch.stack(terms).mean()
