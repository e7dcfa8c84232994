"""The peers of robust.yaml, forecast.yaml, probabilistic.yaml and scores.yaml, and formulas in torch.

kornia 0.9.0, torchmetrics 1.9.0 with lightning-utilities, segmentation-models-pytorch 0.6.0, statsmodels 0.15.0, scipy 1.17.1,
properscoring 0.1, scoringrules 0.10.0.
"""

import logging
import math
import sys
from importlib import import_module
from importlib.metadata import distribution
from types import ModuleType
from typing import Any

import torch

PEERS = {
    "kornia_": "kornia",
    "torchmetrics_": "torchmetrics",
    "segmentation_wing": "segmentation_models_pytorch",
    "statsmodels_norms.": "statsmodels",
    "scipy_special.": "scipy",
    "properscoring.": "properscoring",
    "scoringrules.": "scoringrules",
}


def _alone(module: str) -> ModuleType:
    """One module of an installed package, without what the package imports around it."""
    names = module.split(".")
    for name in (".".join(names[:depth]) for depth in range(1, len(names))):
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(distribution(names[0]).locate_file(name.replace(".", "/")))]
        package._logger = logging.getLogger(name)  # which torchmetrics' own modules ask for
    return import_module(module)


def _without_package(package: str, module: str, name: str) -> Any:
    return getattr(_alone(f"{package}.{module}"), name)


kornia_charbonnier = _without_package("kornia", "losses.charbonnier", "charbonnier_loss")
kornia_cauchy = _without_package("kornia", "losses.cauchy", "cauchy_loss")
kornia_geman_mcclure = _without_package("kornia", "losses.geman_mcclure", "geman_mcclure_loss")
kornia_welsch = _without_package("kornia", "losses.welsch", "welsch_loss")
segmentation_wing = _without_package("segmentation_models_pytorch", "losses._functional", "wing_loss")
statsmodels_norms = _alone("statsmodels.robust.norms")
scipy_special = import_module("scipy.special")
properscoring = import_module("properscoring")
scoringrules = import_module("scoringrules")
torchmetrics_smape = _without_package("torchmetrics", "functional.regression.symmetric_mape", "symmetric_mean_absolute_percentage_error")
torchmetrics_wmape = _without_package("torchmetrics", "functional.regression.wmape", "weighted_mean_absolute_percentage_error")
torchmetrics_minkowski = _without_package("torchmetrics", "functional.regression.minkowski", "minkowski_distance")
torchmetrics_rse = _without_package("torchmetrics", "functional.regression.rse", "relative_squared_error")
torchmetrics_nrmse = _without_package("torchmetrics", "functional.regression.nrmse", "normalized_root_mean_squared_error")
torchmetrics_crps = _without_package("torchmetrics", "functional.regression.crps", "continuous_ranked_probability_score")


def learnable_huber(pred: torch.Tensor, target: torch.Tensor, delta: float) -> torch.Tensor:
    """½ e² / δ where |e| ≤ δ, else |e| − ½ δ"""
    e = (pred - target).abs()
    return torch.where(e <= delta, e**2 / (2 * delta), e - delta / 2)


def barron(pred: torch.Tensor, target: torch.Tensor, *, alpha: float = 1.0, c: float = 1.0) -> torch.Tensor:
    """The general adaptive robust loss: b/α (((e/c)²/b + 1)^(α/2) − 1), and its limits."""
    squares = ((pred - target) / c) ** 2
    if alpha in (2, 0):
        return squares / 2 if alpha else (squares / 2).log1p()
    if math.isinf(alpha):
        return -torch.expm1(-squares / 2) if alpha < 0 else torch.expm1(squares / 2)
    b = abs(alpha - 2)
    return b / alpha * ((squares / b + 1) ** (alpha / 2) - 1)


def expectile(pred: torch.Tensor, target: torch.Tensor, tau: float) -> torch.Tensor:
    """|τ − [t < p]| (t − p)²"""
    return (tau - (target < pred).double()).abs() * (target - pred) ** 2


def seasonal(history: torch.Tensor, m: int) -> torch.Tensor:
    """y_s − y_{s−m}"""
    return history[m:] - history[:-m]


def pinball(pred: torch.Tensor, target: torch.Tensor, tau: torch.Tensor | float) -> torch.Tensor:
    """τ u where u = t − p ≥ 0, else (τ − 1) u"""
    u = target - pred
    return torch.where(u >= 0, tau * u, (tau - 1) * u)


def interval(lower: torch.Tensor, upper: torch.Tensor, target: torch.Tensor, alpha: float = 0.05) -> torch.Tensor:
    """(u − l) + 2/α (l − t)₊ + 2/α (t − u)₊"""
    return upper - lower + 2 / alpha * ((lower - target).relu() + (target - upper).relu())


def crps_normal(pred: torch.Tensor, target: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """σ (z (2 Φ(z) − 1) + 2 φ(z) − 1/√π), z = (t − p) / σ"""
    z = (target - pred) / sigma
    density = (-(z**2) / 2).exp() / math.sqrt(2 * math.pi)
    return sigma * (z * (z / math.sqrt(2)).erf() + 2 * density - 1 / math.sqrt(math.pi))


def crps_members(pred: torch.Tensor, target: torch.Tensor, fair: bool = False) -> torch.Tensor:
    """mean |x_i − t| − ½ Σ |x_i − x_j| / M², or M (M − 1)"""
    m = pred.shape[-1]
    apart = (pred[..., None] - pred[..., None, :]).abs().sum((-1, -2)) / (m * (m - 1 if fair else m))
    return (pred - target[..., None]).abs().mean(-1) - apart / 2


def energy(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """mean ‖x_i − t‖ − ½ mean ‖x_i − x_j‖"""
    apart = (pred[..., None, :] - pred[..., None, :, :]).norm(dim=-1).mean((-1, -2))
    return (pred - target[..., None, :]).norm(dim=-1).mean(-1) - apart / 2


def deviance(pred: torch.Tensor, target: torch.Tensor, k: float) -> torch.Tensor:
    """The unit deviance of a Tweedie distribution."""
    if k in (0, 1, 2):
        halves = {
            0: lambda: (target - pred) ** 2 / 2,
            1: lambda: torch.xlogy(target, target / pred) - target + pred,
            2: lambda: (pred / target).log() + target / pred - 1,
        }
        return 2 * halves[int(k)]()
    terms = target.clamp(min=0) ** (2 - k) / ((1 - k) * (2 - k)) - target * pred ** (1 - k) / (1 - k) + pred ** (2 - k) / (2 - k)
    return 2 * terms


def negative_binomial(pred: torch.Tensor, target: torch.Tensor, total_count: torch.Tensor) -> torch.Tensor:
    """torch's distribution, of the mean."""
    logits = pred.log() - total_count.log()
    return -torch.distributions.NegativeBinomial(total_count, logits=logits, validate_args=False).log_prob(target)


def mixture(logits: torch.Tensor, mu: torch.Tensor, sigma: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Minus the log density of torch's mixture of Gaussians."""
    parts = torch.distributions.Normal(mu, sigma)
    return -torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=logits), parts).log_prob(target)


def cox(pred: torch.Tensor, time: torch.Tensor, event: torch.Tensor) -> torch.Tensor:
    """−(h_i − log Σ e^{h_j} over t_j ≥ t_i) of the events, 0 of the others."""
    at_risk = torch.where(time >= time[:, None], pred, -torch.inf)
    return torch.where(event == 1, at_risk.logsumexp(-1) - pred, 0.0)
