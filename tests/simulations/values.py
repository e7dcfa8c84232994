"""Coverage of the 95 % interval of values that are functions of sums, by the influence of each row, with and without dependence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from losscli.statistics.alarm import estimate
from losscli.statistics.dependence import t_interval
from tests.simulations.nulls import column_sums

KINDS = ("rows", "clusters", "moving average")  # clusters of 5 with ICC 0.3; an average of 3 rows
Value = Callable[[np.random.Generator, np.ndarray], tuple[float, np.ndarray, float]]


def mean(rng: np.random.Generator, e: np.ndarray) -> tuple[float, np.ndarray, float]:
    """A value, n times the influence of each row on it, and the true value; e are standard normal errors."""
    return float(e.mean()), e - e.mean(), 0.0


def weighted_mean(rng: np.random.Generator, e: np.ndarray) -> tuple[float, np.ndarray, float]:
    w = rng.uniform(0.5, 2, len(e))
    value = float(np.average(e, weights=w))
    return value, w * (e - value) / w.mean(), 0.0


def rmse(rng: np.random.Generator, e: np.ndarray) -> tuple[float, np.ndarray, float]:
    value = float(np.sqrt((e**2).mean()))
    return value, (e**2 - value**2) / (2 * value), 1.0


def wape(rng: np.random.Generator, e: np.ndarray) -> tuple[float, np.ndarray, float]:
    t = rng.uniform(2, 4, len(e))
    value = float(np.abs(e).sum() / t.sum())
    return value, (np.abs(e) - value * t) / t.mean(), float(np.sqrt(2 / np.pi) / 3)


def dice(rng: np.random.Generator, e: np.ndarray) -> tuple[float, np.ndarray, float]:
    p = special.ndtr(e)
    t = (rng.uniform(size=len(e)) < p).astype(float)
    value = float(1 - 2 * (p * t).sum() / (p + t).sum())
    return value, -(2 * p * t - (1 - value) * (p + t)) / (p + t).mean(), 1 / 3


VALUES: dict[str, Value] = {"mean": mean, "weighted mean": weighted_mean, "rmse": rmse, "wape": wape, "dice": dice}


def errors(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    """Standard normal errors."""
    if kind == "clusters":
        return np.sqrt(0.3) * rng.standard_normal(n)[np.arange(n) // 5] + np.sqrt(0.7) * rng.standard_normal(n)
    if kind == "moving average":
        return np.convolve(rng.standard_normal(n + 2), np.ones(3) / np.sqrt(3), "valid")
    return rng.standard_normal(n)


def coverage(value: str, kind: str, n: int, repeats: int, seed: int, lag: str | int = 3) -> float:
    """The share of intervals that contain the true value."""
    rng, inside = np.random.default_rng([seed, n]), 0
    for _ in range(repeats):
        found, influence, true = VALUES[value](rng, errors(rng, n, kind))
        sums = column_sums(influence, c=np.arange(n) // 5)
        options = {"clusters": {"clusters": ("c",)}, "moving average": {"lag": lag}}.get(kind, {})
        low, high = t_interval(found, estimate(sums, **options), 0.95)
        inside += low <= true <= high
    return inside / repeats
