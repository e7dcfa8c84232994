"""The peers of sequence.yaml: torch's ctc_loss of a batch with rows first, and the definition."""

import itertools

import numpy as np
import torch
import torch.nn.functional as F

PEERS = {"paddle_rnnt(": "paddlepaddle"}


def ctc(
    log_p: torch.Tensor, target: torch.Tensor, frames: torch.Tensor | None = None, labels: torch.Tensor | None = None, **options: object
) -> torch.Tensor:
    """torch.nn.functional.ctc_loss"""
    rows = len(log_p)
    frames = torch.full((rows,), log_p.shape[1]) if frames is None else frames
    labels = torch.full((rows,), target.shape[1]) if labels is None else labels
    return F.ctc_loss(log_p.transpose(0, 1), target, frames, labels, **({"reduction": "none"} | options))


def by_paths(log_p: torch.Tensor, target: torch.Tensor, blank: int = 0) -> torch.Tensor:
    """−log Σ_π Π_t p_t(π_t), written out: every π of as many frames, of which those count that collapse to the labels"""

    def collapsed(path: tuple[int, ...]) -> list[int]:
        return [k for k, _ in itertools.groupby(path) if k != blank]

    frames, classes = log_p.shape[1:]
    values = []
    for p, y in zip(log_p, target.tolist(), strict=True):
        paths = [path for path in itertools.product(range(classes), repeat=frames) if collapsed(path) == y]
        values.append(-torch.logsumexp(torch.stack([p[torch.arange(frames), list(path)].sum() for path in paths]), 0))
    return torch.stack(values)


def rnnt(
    logits: torch.Tensor,
    target: torch.Tensor,
    frames: torch.Tensor | None = None,
    labels: torch.Tensor | None = None,
    blank: int = 0,
    log_probs: bool = False,
) -> torch.Tensor:
    """−log Σ_π Π p(step), written out: every order of the blanks and labels, of which the last is a blank; one for each row."""
    log_p = logits if log_probs else F.log_softmax(logits, -1)
    found = []
    for k in range(len(log_p)):
        t_max = log_p.shape[1] if frames is None else int(frames[k])
        u_max = target.shape[1] if labels is None else int(labels[k])
        paths = []
        for places in itertools.combinations(range(t_max - 1 + u_max), u_max):
            t, u, steps = 0, 0, []
            for i in range(t_max - 1 + u_max):
                if i in places:
                    steps.append(log_p[k, t, u, int(target[k, u])])
                    u += 1
                else:
                    steps.append(log_p[k, t, u, blank])
                    t += 1
            paths.append(torch.stack([*steps, log_p[k, t, u, blank]]).sum())
        found.append(-torch.logsumexp(torch.stack(paths), 0))
    return torch.stack(found)


def paddle_rnnt(pred: np.ndarray, target: np.ndarray, frames: np.ndarray, labels: np.ndarray, **options: object) -> np.ndarray:
    """Paddle's number on a CPU, where it takes log-probabilities"""
    import paddle

    x, (y, t, u) = paddle.to_tensor(pred), (paddle.to_tensor(a, dtype="int32") for a in (target, frames, labels))
    return paddle.nn.functional.rnnt_loss(x, y, t, u, **options).numpy()


def tdt(
    pred: torch.Tensor,
    duration_logits: torch.Tensor,
    target: torch.Tensor,
    frames: torch.Tensor,
    labels: torch.Tensor,
    durations: list[int],
    *,
    blank: int,
    sigma: float = 0.0,
) -> torch.Tensor:
    """−log Σ_π Π p(step) p(duration) e^−σ, every path written out, as transformers 5.24.0 defines it; one for each row."""
    log_p, log_d = pred.log_softmax(-1) - sigma, duration_logits.log_softmax(-1)

    def paths(k: int, t: int, u: int) -> list[torch.Tensor]:
        """The log-probabilities of all paths from a node to the end"""
        found = []
        for i, d in enumerate(durations):
            if d and t + d == frames[k] and u == labels[k]:
                found.append(log_p[k, t, u, blank] + log_d[k, t, u, i])
            if t + d < frames[k]:
                found += [log_p[k, t, u, blank] + log_d[k, t, u, i] + rest for rest in (paths(k, t + d, u) if d else [])]
                if u < labels[k]:
                    found += [log_p[k, t, u, int(target[k, u])] + log_d[k, t, u, i] + rest for rest in paths(k, t + d, u + 1)]
        return found

    return torch.stack([-torch.logsumexp(torch.stack(paths(k, 0, 0)), 0) for k in range(len(pred))])
