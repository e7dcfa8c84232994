"""The peers of token_policy.yaml: the formulas of TRL 1.10 and of verl (August 2026), whose trainers hold them, in torch."""

import torch


def agg_loss(losses: torch.Tensor, mask: torch.Tensor, mode: str, items: float | None = None, longest: float | None = None) -> torch.Tensor:
    """The modes of verl's agg_loss"""
    if mode == "token-mean":
        return (losses * mask).sum() / (mask.sum() if items is None else items)
    sums, tokens = (losses * mask).sum(-1), mask.sum(-1)
    values = sums / tokens.clamp(min=1) if mode == "seq-mean-token-mean" else sums
    mean = values.sum() / (len(values) if items is None else items)
    return mean / (losses.shape[-1] if longest is None else longest) if mode == "seq-mean-token-sum-norm" else mean


def token_surrogate(
    logp: torch.Tensor, old: torch.Tensor, advantage: torch.Tensor, low: float = 0.2, high: float = 0.2, delta: float | None = None
) -> torch.Tensor:
    """−min(min(r, δ) A, clip(r) A) of each token"""
    gain = advantage[:, None] if advantage.ndim == 1 else advantage
    ratio = torch.exp(logp - old)
    most = ratio if delta is None else torch.clamp(ratio, max=delta)
    return -torch.min(most * gain, torch.clamp(ratio, 1 - low, 1 + high) * gain)


def weighted_sequences(losses: torch.Tensor, mask: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Σ s v / Σ s over the means of the sequences"""
    return (w * (losses * mask).sum(-1) / mask.sum(-1)).sum() / w.sum()


def _k3(logp: torch.Tensor, ref: torch.Tensor) -> torch.Tensor:
    return torch.exp(ref - logp) - (ref - logp) - 1


def grpo_of(
    kind: str,
    logp: torch.Tensor,
    old: torch.Tensor,
    advantage: torch.Tensor,
    mask: torch.Tensor,
    ref: torch.Tensor | None = None,
    *,
    beta: float = 0.0,
    low: float = 0.2,
    high: float = 0.2,
    delta: float | None = None,
    level: str = "token",
    items: float | None = None,
    longest: float = 256,
    tau: tuple[float, float] = (1.0, 1.05),
    gamma: tuple[tuple[float, float], tuple[float, float]] = ((2.0, 3.0), (3.0, 2.0)),
) -> torch.Tensor:
    """The loss of trl.GRPOTrainer for a loss_type"""
    gain, log_ratio = advantage[:, None], logp - old
    if level == "sequence":
        log_ratio = ((log_ratio * mask).sum(-1) / mask.sum(-1).clamp(min=1.0))[:, None]
    ratio = torch.exp(log_ratio)
    if kind == "cispo":
        losses = -torch.clamp(ratio, max=high).detach() * gain * logp
    elif kind == "vespo":
        w = torch.exp((log_ratio * mask).sum(-1, keepdim=True)).detach()
        k, lam = (torch.where(gain >= 0, torch.tensor(a, dtype=logp.dtype), torch.tensor(b, dtype=logp.dtype)) for a, b in gamma)
        losses = -(torch.exp(lam) * w**k * torch.exp(-lam * w)) * gain * logp
    elif kind == "sapo":
        t = torch.where(gain > 0, *(torch.tensor(x, dtype=logp.dtype) for x in tau))
        losses = -torch.sigmoid(t * (ratio - 1)) * 4 / t * gain
    else:
        most = ratio if delta is None else torch.clamp(ratio, max=delta)
        losses = -torch.min(most * gain, torch.clamp(ratio, 1 - low, 1 + high) * gain)
    losses = losses if ref is None else losses + beta * _k3(logp, ref)
    if kind == "luspo":
        return (losses * mask.sum(1, keepdim=True)).mean()
    losses = losses * mask
    if kind in ("grpo", "sapo"):
        return (losses.sum(-1) / mask.sum(-1).clamp(min=1.0)).mean()
    divisors = {"bnpo": mask.sum(), "dr_grpo": len(logp) * longest}
    return losses.sum() / divisors.get(kind, mask.sum() if items is None else items)


def gspo_verl(logp: torch.Tensor, old: torch.Tensor, advantage: torch.Tensor, mask: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """GSPO with a ratio for each token whose value is that of its sequence"""
    means = ((logp - old) * mask).sum(-1) / mask.sum(-1).clamp(min=1)
    ratio = torch.exp(logp - logp.detach() + means.detach()[:, None])
    gain = advantage[:, None]
    return agg_loss(torch.maximum(-gain * ratio, -gain * torch.clamp(ratio, 1 - low, 1 + high)), mask, "seq-mean-token-mean")


def vanilla_verl(logp: torch.Tensor, old: torch.Tensor, advantage: torch.Tensor, mask: torch.Tensor, c: float = 3.0) -> torch.Tensor:
    """PPO with the dual clip: at most c |A| where A < 0"""
    losses = token_surrogate(logp, old, advantage)
    gain = advantage[:, None]
    return agg_loss(torch.where(gain < 0, torch.min(-gain * c, losses), losses), mask, "token-mean")


def geo_mean_verl(
    logp: torch.Tensor,
    old: torch.Tensor,
    advantage: torch.Tensor,
    mask: torch.Tensor,
    low: float = 0.2,
    high: float = 0.2,
    *,
    mean: bool = True,
) -> torch.Tensor:
    """GMPO: log-ratios bounded on the side where they gain, and their mean over the tokens"""
    gain = (advantage[:, None] if advantage.ndim == 1 else advantage) * torch.ones_like(logp)
    sign, x = torch.sign(gain.detach()), logp - old
    bounded = sign * torch.min(sign * x, sign * torch.clamp(x, -low, high))
    tokens = mask.sum(-1)
    values = -(gain * mask).sum(-1) / tokens * torch.exp((bounded * mask).sum(-1) / tokens)
    return values.mean() if mean else values


def kl_cov_verl(
    logp: torch.Tensor,
    old: torch.Tensor,
    advantage: torch.Tensor,
    mask: torch.Tensor,
    share: float,
    coefficient: float = 0.1,
    mode: str = "token-mean",
) -> torch.Tensor:
    """KL-Cov: a penalty on the tokens with the largest covariances of advantage and log-probability"""
    counted = mask > 0
    a, x = advantage.detach()[counted], logp.detach()[counted]
    covariance = torch.full_like(logp, -torch.inf)
    covariance[counted] = (a - a.mean()) * (x - x.mean())
    top = torch.topk(covariance.flatten(), max(1, int(len(a) * share))).indices
    chosen = torch.zeros(logp.numel(), dtype=torch.bool).index_fill(0, top, True).reshape(logp.shape)
    penalty = torch.where(chosen, coefficient * (logp - old).abs(), 0.0)
    return agg_loss(-advantage * torch.exp(logp - old) + penalty, mask, mode)


def sequence_log_ratio(logp: torch.Tensor, old: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean of log (new / old) over the tokens of each sequence"""
    return (((logp - old) * mask).sum(-1) / mask.sum(-1).clamp(min=1))[:, None]


def openrlhf_policy(
    logp: torch.Tensor, old: torch.Tensor, advantage: torch.Tensor, mask: torch.Tensor, dual: float | None = None, level: str = "token"
) -> torch.Tensor:
    """OpenRLHF's PolicyLoss with a mean for each sequence"""
    ratio, gain = torch.exp(logp - old if level == "token" else sequence_log_ratio(logp, old, mask)), advantage[:, None]
    losses = torch.min(ratio * gain, ratio.clamp(0.8, 1.2) * gain)
    losses = losses if dual is None else torch.where(gain < 0, torch.max(losses, dual * gain), losses)
    return ((-losses * mask).sum(-1) / mask.sum(-1)).mean()
