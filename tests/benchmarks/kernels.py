"""One loss on one side, in a process of its own: `python kernels.py losscli|torch CASE ELEMENTS THREADS`.

It makes its data, the same on both sides, and answers lines: `check value` warms up and gives numbers that must agree,
`time value` gives the seconds of one call; `gradient` instead of `value` is the gradient with respect to the first role.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CASES", "SETTINGS", "WARM_UPS"]

WARM_UPS = 2


@dataclass(frozen=True)
class Case:
    """A loss under torch's name for it, its data by role, and what torch does with them in that order."""

    loss: str
    data: Callable[[Any, int], dict[str, Any]]
    torch: Callable[..., Any]
    options: dict[str, Any] = field(default_factory=dict)


def _pair(rng: Any, n: int) -> dict[str, Any]:
    return {"pred": rng.normal(size=n), "target": rng.normal(size=n)}


def _probabilities(rng: Any, n: int) -> dict[str, Any]:
    return {"pred": rng.uniform(0.01, 0.99, size=n), "target": rng.integers(0, 2, size=n).astype(float)}


def _logits(rng: Any, n: int) -> dict[str, Any]:
    return {"pred": rng.normal(size=n), "target": rng.integers(0, 2, size=n).astype(float)}


def _counts(rng: Any, n: int) -> dict[str, Any]:
    return {"pred": rng.normal(size=n), "target": rng.poisson(3.0, size=n).astype(float)}


def _variances(rng: Any, n: int) -> dict[str, Any]:
    return {**_pair(rng, n), "var": rng.uniform(0.5, 2.0, size=n)}


def _signs(rng: Any, n: int) -> dict[str, Any]:
    return {"pred": rng.normal(size=n), "target": 2.0 * rng.integers(0, 2, size=n) - 1}


def _classes(classes: int) -> Callable[[Any, int], dict[str, Any]]:
    return lambda rng, n: {"pred": rng.normal(size=(n // classes, classes)), "target": rng.integers(0, classes, size=n // classes)}


def _distributions(rng: Any, n: int) -> dict[str, Any]:
    import numpy as np

    pred, target = rng.normal(size=(n // 10, 10)), np.exp(rng.normal(size=(n // 10, 10)))
    pred -= np.log(np.exp(pred).sum(1, keepdims=True))
    return {"pred": pred, "target": target / target.sum(1, keepdims=True)}


def _triplets(rng: Any, n: int) -> dict[str, Any]:
    return {role: rng.normal(size=(n // 128, 128)) for role in ("anchor", "positive", "negative")}


def _vectors(rng: Any, n: int) -> dict[str, Any]:
    return {
        "input1": rng.normal(size=(n // 128, 128)),
        "input2": rng.normal(size=(n // 128, 128)),
        "target": 2.0 * rng.integers(0, 2, size=n // 128) - 1,
    }


def _log_cosh(f: Any, pred: Any, target: Any) -> Any:
    e = (pred - target).abs()
    return (e + f.softplus(-2 * e) - math.log(2)).mean()


F = "torch.nn.functional."
CASES = {
    "mse": Case(F + "mse_loss", _pair, lambda f, p, t: f.mse_loss(p, t)),
    "mae": Case(F + "l1_loss", _pair, lambda f, p, t: f.l1_loss(p, t)),
    "huber": Case(F + "huber_loss", _pair, lambda f, p, t: f.huber_loss(p, t)),
    "smooth_l1": Case(F + "smooth_l1_loss", _pair, lambda f, p, t: f.smooth_l1_loss(p, t)),
    "log_cosh": Case("log_cosh", _pair, _log_cosh),  # torch has none: its formula without overflow
    "bce": Case(F + "binary_cross_entropy", _probabilities, lambda f, p, t: f.binary_cross_entropy(p, t)),
    "bce_with_logits": Case(F + "binary_cross_entropy_with_logits", _logits, lambda f, p, t: f.binary_cross_entropy_with_logits(p, t)),
    "poisson_nll": Case(F + "poisson_nll_loss", _counts, lambda f, p, t: f.poisson_nll_loss(p, t)),
    "gaussian_nll": Case(F + "gaussian_nll_loss", _variances, lambda f, p, t, v: f.gaussian_nll_loss(p, t, v)),
    "soft_margin": Case(F + "soft_margin_loss", _signs, lambda f, p, t: f.soft_margin_loss(p, t)),
    "hinge_embedding": Case(F + "hinge_embedding_loss", _signs, lambda f, p, t: f.hinge_embedding_loss(p, t)),
    "cross_entropy, 10 classes": Case(F + "cross_entropy", _classes(10), lambda f, p, t: f.cross_entropy(p, t)),
    "cross_entropy, 100 classes": Case(F + "cross_entropy", _classes(100), lambda f, p, t: f.cross_entropy(p, t)),
    "kl_div, 10 wide": Case(
        F + "kl_div", _distributions, lambda f, p, t: f.kl_div(p, t, reduction="batchmean"), {"reduction": "batchmean"}
    ),
    "multi_margin, 10 classes": Case(F + "multi_margin_loss", _classes(10), lambda f, p, t: f.multi_margin_loss(p, t)),
    "triplet_margin, 128 wide": Case(F + "triplet_margin_loss", _triplets, lambda f, a, p, n: f.triplet_margin_loss(a, p, n)),
    "cosine_embedding, 128 wide": Case(F + "cosine_embedding_loss", _vectors, lambda f, a, b, t: f.cosine_embedding_loss(a, b, t)),
}


def _weighted(make: Callable[[Any, int], dict[str, Any]]) -> Callable[[Any, int], dict[str, Any]]:
    """The same data, and a weight for each sample."""

    def made(rng: Any, n: int) -> dict[str, Any]:
        data = make(rng, n)
        return {**data, "sample_weight": rng.uniform(0.5, 2.0, size=len(data["target"]))}

    return made


def _float32(make: Callable[[Any, int], dict[str, Any]]) -> Callable[[Any, int], dict[str, Any]]:
    return lambda rng, n: {role: x.astype("float32") if x.dtype == float else x for role, x in make(rng, n).items()}


def _some_ignored(rng: Any, n: int) -> dict[str, Any]:
    data = _classes(10)(rng, n)
    data["target"][rng.random(len(data["target"])) < 0.1] = -100
    return data


CLASS_WEIGHTS = [0.25 * k for k in range(1, 11)]


def _class_weighted(f: Any, pred: Any, target: Any) -> Any:
    return f.cross_entropy(pred, target, weight=pred.new_tensor(CLASS_WEIGHTS))


# What a loss is computed with beside its defaults. torch takes float32 as it is, and its value has the digits of float32.
SETTINGS = {
    "cross_entropy, class weights": Case(F + "cross_entropy", _classes(10), _class_weighted, {"weight": CLASS_WEIGHTS}),
    "cross_entropy, ignored labels": Case(F + "cross_entropy", _some_ignored, lambda f, p, t: f.cross_entropy(p, t)),
    "cross_entropy, label smoothing": Case(
        F + "cross_entropy", _classes(10), lambda f, p, t: f.cross_entropy(p, t, label_smoothing=0.1), {"label_smoothing": 0.1}
    ),
    "cross_entropy, sample weights": Case(
        "cross_entropy", _weighted(_classes(10)), lambda f, p, t, w: (f.cross_entropy(p, t, reduction="none") * w).sum() / w.sum()
    ),
    "bce, sample weights": Case(
        "bce", _weighted(_probabilities), lambda f, p, t, w: (f.binary_cross_entropy(p, t, reduction="none") * w).sum() / w.sum()
    ),
    "huber, sample weights": Case("huber", _weighted(_pair), lambda f, p, t, w: (f.huber_loss(p, t, reduction="none") * w).sum() / w.sum()),
    "cross_entropy, float32": Case(F + "cross_entropy", _float32(_classes(10)), lambda f, p, t: f.cross_entropy(p, t)),
    "bce, float32": Case(F + "binary_cross_entropy", _float32(_probabilities), lambda f, p, t: f.binary_cross_entropy(p, t)),
    "huber, float32": Case(F + "huber_loss", _float32(_pair), lambda f, p, t: f.huber_loss(p, t)),
}


def _two_views(*roles: str) -> Callable[[Any, int], dict[str, Any]]:
    """Vectors of 128 numbers, and the same with some noise."""

    def made(rng: Any, n: int) -> dict[str, Any]:
        first = rng.normal(size=(n // 128, 128))
        return dict(zip(roles, (first, first + 0.1 * rng.normal(size=first.shape)), strict=True))

    return made


def _labelled(rng: Any, n: int) -> dict[str, Any]:
    return {"pred": rng.normal(size=(n // 128, 128)), "target": rng.integers(0, n // 1024, size=n // 128)}


def _nt_xent(f: Any, a: Any, b: Any) -> Any:
    import torch

    z, n = f.normalize(torch.cat([a, b])), len(a)
    scores = (z @ z.T / 0.5).masked_fill(torch.eye(2 * n, dtype=torch.bool), -math.inf)
    return f.cross_entropy(scores, torch.arange(2 * n).roll(n))


def _clip(f: Any, image: Any, text: Any) -> Any:
    import torch

    scores, own = f.normalize(image) @ f.normalize(text).T / 0.07, torch.arange(len(image))
    return (f.cross_entropy(scores, own) + f.cross_entropy(scores.T, own)) / 2


def _info_nce(f: Any, anchor: Any, positive: Any) -> Any:
    import torch

    return f.cross_entropy(f.normalize(anchor) @ f.normalize(positive).T / 0.1, torch.arange(len(anchor)))


def _positives(target: Any) -> tuple[Any, Any]:
    """Which pairs of two rows have the same label, and which are a row with itself."""
    import torch

    itself = torch.eye(len(target), dtype=torch.bool)
    return (target[:, None] == target) & ~itself, itself


def _sup_con(f: Any, pred: Any, target: Any) -> Any:
    import torch

    (same, itself), z = _positives(target), f.normalize(pred)
    nll = -torch.log_softmax((z @ z.T / 0.1).masked_fill(itself, -math.inf), -1)
    losses = nll.masked_fill(~same, 0).sum(-1)[same.any(-1)] / same.sum(-1)[same.any(-1)]
    return losses[losses > 0].mean()


def _triplet_all(f: Any, pred: Any, target: Any) -> Any:
    same, itself = _positives(target)
    z = f.normalize(pred)
    far = (2 - 2 * z @ z.T).masked_fill(itself, 1).clamp(min=0).sqrt()
    anchor, positive = same.nonzero().T
    losses = (far[anchor, positive][:, None] - far[anchor] + 0.05)[~same[anchor] & ~itself[anchor]].relu()
    return losses[losses > 0].mean()


def _multi_similarity(f: Any, pred: Any, target: Any) -> Any:
    import torch

    (same, itself), z = _positives(target), f.normalize(pred)
    excess = z @ z.T - 0.5
    pull = torch.logsumexp((-2 * excess).masked_fill(~same, -math.inf), -1)
    push = torch.logsumexp((50 * excess).masked_fill(same | itself, -math.inf), -1)
    losses = f.softplus(pull) / 2 + f.softplus(push, threshold=700) / 50
    return losses[losses > 0].mean()


# Losses that compare all rows, beside their formula for whole matrices.
PAIRS = {
    "nt_xent": Case("nt_xent", _two_views("z_a", "z_b"), _nt_xent),
    "clip": Case("clip", _two_views("image", "text"), _clip),
    "info_nce": Case("info_nce", _two_views("anchor", "positive"), _info_nce),
    "sup_con": Case("sup_con", _labelled, _sup_con),
    "triplet_all": Case("triplet_all", _labelled, _triplet_all),
    "multi_similarity": Case("multi_similarity", _labelled, _multi_similarity),
}


def _of_losscli(case: Case, data: dict[str, Any], threads: int) -> dict[str, Callable[[], Any]]:
    import losscli

    return {
        "value": lambda: losscli.compute(case.loss, **data, **case.options, threads=threads).value,
        "gradient": lambda: losscli.gradient(case.loss, **data, **case.options, threads=threads),
    }


def _of_torch(case: Case, data: dict[str, Any], threads: int) -> dict[str, Callable[[], Any]]:
    import torch
    import torch.nn.functional

    torch.set_num_threads(threads)
    tensors = [torch.from_numpy(x) for x in data.values()]

    def gradient() -> Any:
        first = tensors[0].requires_grad_(True)
        first.grad = None
        case.torch(torch.nn.functional, first, *tensors[1:]).backward()
        return first.grad.numpy()

    def value() -> float:
        with torch.no_grad():
            return float(case.torch(torch.nn.functional, *tensors))

    return {"value": value, "gradient": gradient}


def _fingerprint(found: Any) -> list[float]:
    """A value, or three sums of a gradient: its sizes, its sizes by place, its positive part. None of them cancels."""
    import numpy as np

    if np.ndim(found) == 0:
        return [float(found)]
    flat = np.ravel(found)
    return [float(np.abs(flat).sum()), float(np.abs(flat) @ np.linspace(0, 1, flat.size)), float(np.maximum(flat, 0).sum())]


def _main(side: str, name: str, elements: str, threads: str) -> None:
    import numpy as np

    case = {**CASES, **SETTINGS, **PAIRS}[name]
    calls = {"losscli": _of_losscli, "torch": _of_torch}[side](case, case.data(np.random.default_rng(0), int(elements)), int(threads))
    for line in sys.stdin:
        what, mode = line.split()
        call = calls[mode]
        if what == "check":
            for _ in range(WARM_UPS - 1):
                call()
            answer: Any = _fingerprint(call())
        else:
            begun = time.perf_counter()
            call()
            answer = time.perf_counter() - begun
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
