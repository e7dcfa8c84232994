"""The peers of reference_preference.yaml: the formulas of TRL 1.10's DPOTrainer, in torch."""

import math

import torch
import torch.nn.functional as F


def of_pair(
    kind: str,
    u: torch.Tensor,
    v: torch.Tensor,
    beta: float = 0.1,
    *,
    label_smoothing: float = 1e-3,
    discopop_tau: float = 0.05,
    lengths: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> torch.Tensor:
    """The loss of a loss_type, from the log-ratios of the chosen and the rejected answer"""
    x, c, r = beta * (u - v), beta * u, beta * v
    if kind == "exo_pair":
        right, wrong = math.log1p(-label_smoothing), math.log(label_smoothing)
        return torch.sigmoid(x) * (F.logsigmoid(x) - right) + torch.sigmoid(-x) * (F.logsigmoid(-x) - wrong)
    if kind == "nca_pair":
        return -F.logsigmoid(c) - 0.5 * F.logsigmoid(-c) - 0.5 * F.logsigmoid(-r)
    if kind == "bco_pair":
        return -F.logsigmoid(c) - F.logsigmoid(-r)
    if kind == "sppo_hard":
        return (u - 0.5 / beta) ** 2 + (v + 0.5 / beta) ** 2
    if kind == "apo_zero":
        return 1 - torch.sigmoid(c) + torch.sigmoid(r)
    if kind == "apo_down":
        return torch.sigmoid(c) + 1 - torch.sigmoid(x)
    if kind == "discopop":
        share = torch.sigmoid(x / discopop_tau)
        return -F.logsigmoid(x) * (1 - share) + torch.exp(-x) * share
    if kind == "aot":  # u and v are what is sorted
        d = beta * (u.sort().values - v.sort().values)
        return -F.logsigmoid(d) * (1 - label_smoothing) - F.logsigmoid(-d) * label_smoothing
    n, m = (1, 1) if lengths is None else (k.clamp(min=1) for k in lengths)
    return -F.logsigmoid(beta * (u / n - v / m))


def trl_score(log_ratio: torch.Tensor, divergence: str, coefficient: float = 0.5) -> torch.Tensor:
    """The score of an answer under an f-divergence, without its constant, as the trainer of TRL 1.16 has it"""
    if divergence == "forward_kl":
        return -torch.exp(-log_ratio)
    if divergence == "js_divergence":
        return F.logsigmoid(log_ratio)
    if abs(coefficient - 1) < 1e-6:
        return log_ratio
    return torch.exp((coefficient - 1) * log_ratio) / (coefficient - 1)
