"""The peers of tokens.yaml: the formulas of Transformers 5.9 and TRL 1.10, and torchtune 0.6's, in torch; torchmetrics itself."""

import torch
import torch.nn.functional as F
import torchmetrics.functional.text as text

PEERS = {"tm_text.": "torchmetrics"}
tm_text = text


def next_tokens(labels: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    """The label of each position: the token after it"""
    return F.pad(labels, (0, 1), value=ignore_index)[..., 1:]


def token_nll(logits: torch.Tensor, labels: torch.Tensor, ignore_index: int = -100) -> torch.Tensor:
    """The cross-entropy of each position, 0 where its label is ignored"""
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=ignore_index, reduction="none").reshape(labels.shape)


def at_tokens(losses: torch.Tensor) -> torch.Tensor:
    """The losses of the positions, each at the token after it; the first token has none"""
    return F.pad(losses, (1, 0))[..., :-1]


def for_causal_lm(logits: torch.Tensor, labels: torch.Tensor, items: float | None = None, ignore_index: int = -100) -> torch.Tensor:
    """A mean over the labels that are not ignored, or Σ / items"""
    y = next_tokens(labels, ignore_index)
    total = token_nll(logits, y, ignore_index).sum()
    return total / ((y != ignore_index).sum() if items is None else items)


def squared_log_z(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean of (log Σ e^x)² over the labels that are not ignored"""
    kept = next_tokens(labels) != -100
    return (torch.logsumexp(logits, -1) ** 2)[kept].mean()


def dft_tokens(logits: torch.Tensor, labels: torch.Tensor, *, detached: bool = False) -> torch.Tensor:
    """−p log p of each position"""
    losses = token_nll(logits, next_tokens(labels))
    p = torch.exp(-losses)
    return (p.detach() if detached else p) * losses


def generalized_jsd(student: torch.Tensor, teacher: torch.Tensor, beta: float) -> torch.Tensor:
    """β KL(q ‖ m) + (1 − β) KL(p ‖ m) of each token, m = β q + (1 − β) p; p of the student, q of the teacher"""
    p, q = student.log_softmax(-1), teacher.log_softmax(-1)
    m = torch.log(beta * q.exp() + (1 - beta) * p.exp())
    return (beta * q.exp() * (q - m) + (1 - beta) * p.exp() * (p - m)).sum(-1)
