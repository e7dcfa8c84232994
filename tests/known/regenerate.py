"""Write the numbers of the peers into the tables of known values, losscli/vectors.

    python -m tests.tools vectors [TABLE.yaml ...]

It needs the packages of requirements.txt, which nothing else in the project imports. The `peer` of a row is a Python expression
over its roles and options by name, and its sample weights as `w`. Lists are arrays: int64 if all their numbers are integers, else
float64. A loss that no peer has is a formula in torch; if torch loses digits, a formula in 50 digits or a function of exact.py, which
needs only mpmath and can be run by itself. This program writes `version`, `expected` and `gradient` (of the sum of the expression, by
torch); everything else in a row is written by hand and kept.
"""

import importlib
import math
import os
import re
import runpy
import sys
from collections.abc import Callable
from importlib.metadata import distribution, version
from pathlib import Path
from types import ModuleType
from typing import Any

import exact
import jax
import mpmath as mp
import numpy as np
import optax
import sklearn.metrics as skm
import torch
import torch.nn.functional as F
from tables import TABLES, rewrite

ALL_ROLES_DIFFER = {"triplet_margin", "cosine_embedding", "margin_ranking", "info_nce", "nt_xent", "gaussian_nll"}
# Peers that take NumPy arrays; all others take tensors and give gradients.
ARRAYS = (
    *("keras", "optax", "scikit-learn", "mpmath", "scipy", "statsmodels", "properscoring", "scoringrules", "mlx", "paddlepaddle"),
    *("utilsforecast", "gluonts", "sktime", "lightgbm", "xgboost", "catboost", "darts", "scikit-image", "lifelines", "scikit-survival"),
    *("netcal", "uncertainty-calibration", "model-diagnostics"),
)
# The part of an expression that identifies the peer; without one it is torch.
PEERS = {
    "keras.": "keras",
    "optax.": "optax",
    "skm.": "scikit-learn",
    "mp_": "mpmath",
    "sigmoid_focal_loss": "torchvision",
    "generalized_box_iou_loss": "torchvision",
    "NTXentLoss": "lightly",
}

mp.mp.dps = 50
jax.config.update("jax_enable_x64", True)


def keras_in_float64() -> ModuleType:
    """Import Keras on torch, computing in float64."""
    os.environ["KERAS_BACKEND"] = "torch"
    keras = importlib.import_module("keras")
    keras.config.set_floatx("float64")
    # Whatever floatx says, promotion turns float64 into float32 on every backend but TensorFlow's: give torch that backend's rule.
    importlib.import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    return keras


def alone(module: str) -> ModuleType:
    """Import one module of an installed package without what the package imports around it."""
    names = module.split(".")
    for name in (".".join(names[:depth]) for depth in range(1, len(names))):
        package = sys.modules.setdefault(name, ModuleType(name))
        package.__path__ = [str(distribution(names[0]).locate_file(name.replace(".", "/")))]
    return importlib.import_module(module)


def torchvision_and_lightly() -> dict[str, Any]:
    """Return the losses of torchvision and lightly, which need neither compiled operators nor Pillow, as their packages do."""
    for unused in ("torchvision.utils", "lightly.models.utils"):
        sys.modules[unused] = ModuleType(unused)
    sys.modules["torchvision.utils"]._log_api_usage_once = lambda _: None
    alone("lightly.models.modules.memory_bank")
    return {
        "sigmoid_focal_loss": alone("torchvision.ops.focal_loss").sigmoid_focal_loss,
        "generalized_box_iou_loss": alone("torchvision.ops.giou_loss").generalized_box_iou_loss,
        "NTXentLoss": alone("lightly.loss.ntx_ent_loss").NTXentLoss,
    }


def spread(w: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Repeat weights of the leading axes over the trailing ones."""
    return w.reshape(w.shape + (1,) * (values.ndim - w.ndim)).expand_as(values)


def weighted(values: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """s v"""
    return spread(w, values) * values


def averaged(values: torch.Tensor, w: torch.Tensor, counts: torch.Tensor | float = 1.0) -> torch.Tensor:
    """Σ s v / Σ s u"""
    return weighted(values, w).sum() / (spread(w, values) * counts).sum()


def total(x: torch.Tensor, per: str, w: torch.Tensor | None) -> torch.Tensor:
    """Σ s x over all axes, or all but the first (row) or the second (channel)."""
    kept = {"all": None, "row": 0, "channel": 1}[per]
    return (x if w is None else weighted(x, w)).sum([axis for axis in range(x.ndim) if axis != kept])


def dice(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    eps: float = 1e-6,
    squared_pred: bool = False,
    from_logits: bool = False,
    per: str = "all",
    w: torch.Tensor | None = None,
) -> torch.Tensor:
    """1 − (2 Σ p t + ε) / (Σ p + Σ t + ε)"""
    p = pred.sigmoid() if from_logits else pred
    sizes = p**2 + target**2 if squared_pred else p + target
    return 1 - (2 * total(p * target, per, w) + eps) / (total(sizes, per, w) + eps)


def iou(pred: torch.Tensor, target: torch.Tensor, *, eps: float = 1e-6, per: str = "all", w: torch.Tensor | None = None) -> torch.Tensor:
    """1 − (Σ p t + ε) / (Σ p + Σ t − Σ p t + ε)"""
    both = total(pred * target, per, w)
    return 1 - (both + eps) / (total(pred + target, per, w) - both + eps)


def tversky(
    pred: torch.Tensor,
    target: torch.Tensor,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    eps: float = 1e-6,
    per: str = "all",
    w: torch.Tensor | None = None,
) -> torch.Tensor:
    """1 − (TP + ε) / (TP + α FP + β FN + ε)"""
    tp, fp, fn = (total(x, per, w) for x in (pred * target, pred * (1 - target), (1 - pred) * target))
    return 1 - (tp + eps) / (tp + alpha * fp + beta * fn + eps)


def info_nce(
    anchor: torch.Tensor,
    positive: torch.Tensor,
    negative: torch.Tensor | None = None,
    *,
    temperature: float = 0.1,
    normalize: bool = True,
    reduction: str = "mean",
) -> torch.Tensor:
    """Cross-entropy of the positive against the negatives, or by default against the other positives of the batch."""
    unit = (lambda x: F.normalize(x, dim=-1)) if normalize else (lambda x: x)
    a, p = unit(anchor), unit(positive)
    if negative is None:
        return F.cross_entropy(a @ p.T / temperature, torch.arange(len(a)), reduction=reduction)
    n = unit(negative)
    far = a @ n.T if n.ndim == 2 else torch.einsum("nd,nkd->nk", a, n)
    logits = torch.cat([(a * p).sum(-1, keepdim=True), far], 1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(a), dtype=torch.int64), reduction=reduction)


def nt_xent_values(z_a: torch.Tensor, z_b: torch.Tensor, *, temperature: float = 0.5) -> torch.Tensor:
    """The 2N losses whose mean lightly returns, as (N, 2): the anchors of view a, those of view b."""
    z = F.normalize(torch.cat([z_a, z_b]), dim=-1)
    others = (z @ z.T / temperature).masked_fill(torch.eye(len(z), dtype=torch.bool), -torch.inf)
    return F.cross_entropy(others, torch.arange(len(z)).roll(len(z_a)), reduction="none").reshape(2, -1).T


def mp_each(formula: Callable, *arrays: np.ndarray) -> Any:
    """Apply a formula of 50-digit numbers to each element."""
    if np.ndim(arrays[0]) == 0:
        return formula(*(mp.mpf(float(x)) for x in arrays))
    return [mp_each(formula, *elements) for elements in zip(*arrays, strict=True)]


def mp_rows(formula: Callable, rows: np.ndarray, labels: np.ndarray) -> list:
    """Apply a formula of a vector of 50-digit numbers and an index to each row."""
    return [formula([mp.mpf(float(x)) for x in row], label) for row, label in zip(rows, labels, strict=True)]


SCOPE = torchvision_and_lightly() | {
    "F": F,
    "averaged": averaged,
    "dice": dice,
    "info_nce": info_nce,
    "iou": iou,
    "jnp": jax.numpy,
    "keras": keras_in_float64(),
    "mp": mp,
    "mp_each": mp_each,
    "mp_rows": mp_rows,
    "np": np,
    "nt_xent_values": nt_xent_values,
    "optax": optax,
    "skm": skm,
    "torch": torch,
    "tversky": tversky,
    "weighted": weighted,
}


# Peers that need more than one call are in peers_*.py.
for _file in sorted(Path(__file__).parent.glob("peers_*.py")):
    _names = runpy.run_path(str(_file))
    PEERS |= _names.pop("PEERS", {})
    SCOPE |= {name: value for name, value in _names.items() if not name.startswith("_")}


def array(values: Any) -> np.ndarray:
    """Turn nested lists into an array, int64 only if every number is an integer; "inf" and "nan" may be strings."""
    found = np.array(values)
    return found.astype(np.int64 if found.dtype.kind == "i" else np.float64)


def plain(value: Any) -> Any:
    """Turn a result into nested lists of floats, with names for what is not finite."""
    if isinstance(value, list):
        return [plain(x) for x in value]
    if np.ndim(value):
        return plain(list(value))
    number = float(value)
    return number if math.isfinite(number) else str(number)


def differs(row: dict[str, Any]) -> list[str]:
    """Name the roles that a row's gradient is with respect to."""
    by_default = [r for r in row["roles"] if r != "target"] if row["loss"] in ALL_ROLES_DIFFER else list(row["roles"])[:1]
    return row.get("wrt", by_default)


def generate(row: dict[str, Any]) -> dict[str, Any]:
    """Evaluate a row's expression and return the generated fields."""
    peer = next((package for mark, package in PEERS.items() if re.search(rf"(?<![a-z]){re.escape(mark)}", row["peer"])), "torch")
    tensors = peer not in ARRAYS
    convert = (lambda x: torch.tensor(array(x))) if tensors else array
    roles = {name: convert(values) for name, values in row["roles"].items()}
    options = {name: convert(value) if isinstance(value, list) else value for name, value in row.get("options", {}).items()}
    w = {"w": convert(row["sample_weight"])} if "sample_weight" in row else {}
    leaves = {name: roles[name].requires_grad_() for name in differs(row)} if tensors else {}
    # The tables are ours and reviewed, so that a row may be an expression.
    value = eval(row["peer"], SCOPE | roles | options | w)
    fields = {"version": f"{peer} {version(peer).partition('+')[0]}", "expected": plain(value.detach() if tensors else value)}
    if leaves:
        gradients = torch.autograd.grad(value.sum(), list(leaves.values()), allow_unused=True, materialize_grads=True)
        fields["gradient"] = {name: plain(gradient) for name, gradient in zip(leaves, gradients, strict=True)}
    return fields


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:] or sorted(TABLES.glob("*.yaml"))):
        print(f"{path.name}: {len(rewrite(path, lambda row: exact.generated(row) or generate(row)))} rows")
