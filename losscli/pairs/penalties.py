"""Penalties on the vectors of a batch and on those of the classes, as the regularizers of pytorch-metric-learning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from losscli.errors import UsageError
from losscli.numeric.distances import l2_normalize, norm
from losscli.numeric.lazy import Array, np

__all__ = ["penalty_of_proxies", "penalty_of_rows"]


def penalty_of_rows(pred: Array, chosen: Mapping[str, Any]) -> Array | None:
    """What the regularizer gives for each row, times its weight; None without one."""
    if chosen["embedding_regularizer"] is None:
        return None
    of_rows = _zero_mean if chosen["embedding_regularizer"] == "zero_mean" else _lp
    return of_rows(pred, chosen["reg_p"], chosen["reg_power"]) * chosen["embedding_reg_weight"]


def penalty_of_proxies(proxies: Array, chosen: Mapping[str, Any]) -> Array | float:
    """What the regularizer gives for the vectors of the classes, times its weight: one number, 0 without one."""
    kind = chosen["weight_regularizer"]
    if kind is None:
        return 0.0
    if kind == "sparse_centers":
        return _sparse_centers(proxies) * chosen["weight_reg_weight"]
    proxies = proxies.reshape(-1, proxies.shape[-1])
    return _OF_EACH[kind](proxies, chosen["weight_reg_p"], chosen["weight_reg_power"]).mean() * chosen["weight_reg_weight"]


def _lp(x: Array, p: float, power: float) -> Array:
    """‖x‖_p^power"""
    return norm(x, p) if power == 1 else norm(x, p) ** power


def _zero_mean(x: Array, p: float, power: float) -> Array:
    return np.abs(x.sum(-1))


def _center_invariant(x: Array, p: float, power: float) -> Array:
    """¼ (‖x‖² − mean ‖x‖²)²"""
    squares = (x * x).sum(-1)
    return (squares - squares.mean()) ** 2 / 4


def _regular_face(x: Array, p: float, power: float) -> Array:
    """The cosine of each vector and the one that is nearest to it."""
    unit = l2_normalize(x)
    plain = getattr(unit, "value", unit)
    nearest = np.where(np.eye(len(plain), dtype=bool), -np.inf, plain @ plain.T).argmax(-1)
    return (unit * unit[nearest]).sum(-1)


def _sparse_centers(x: Array) -> Array:
    """Half of the mean distance of the vectors of one class, of length 1. Raises UsageError where a class has one vector only."""
    if x.shape[1] < 2:
        raise UsageError("--weight-regularizer sparse_centers takes several vectors for each class, and proxies has one")
    first, second = np.triu_indices(x.shape[1], 1)
    unit = l2_normalize(x)
    return norm(unit[:, first] - unit[:, second]).mean() / 2


_OF_EACH: dict[str, Callable[[Array, float, float], Array]] = {
    "lp": _lp,
    "zero_mean": _zero_mean,
    "center_invariant": _center_invariant,
    "regular_face": _regular_face,
}
