"""Differences without a true difference, with and without dependence; and what the advice of the alarm makes of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.statistics.alarm import GroupSums, alarm, estimate
from losscli.statistics.dependence import t_p
from losscli.statistics.series import series_sums

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
ICC, RHO, SIZE = 0.3, 0.5, 10  # of clusters, of the autoregression, and the rows of a cluster


def ar1(rng: np.random.Generator, n: int, rho: float = RHO) -> np.ndarray:
    """A stationary autoregression of order 1, with variance 1."""
    z = rng.standard_normal(n) * np.sqrt(1 - rho**2)
    z[0] = rng.standard_normal()
    for i in range(1, n):
        z[i] += rho * z[i - 1]
    return z


def clusters(rng: np.random.Generator, n: int, layout: str) -> np.ndarray:
    """The cluster of each row: in order, one after the other in turn, or anywhere."""
    codes = np.arange(n) // SIZE if layout == "in runs" else np.arange(n) % (n // SIZE)
    return rng.permutation(codes) if layout == "scattered" else codes


def clustered(rng: np.random.Generator, n: int, layout: str, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    codes = clusters(rng, n, layout)
    return np.sqrt(ICC) * rng.standard_normal(n)[codes] + np.sqrt(1 - ICC) * noise, codes


def plain(draw: Callable[[np.random.Generator, int], np.ndarray]) -> Draw:
    return lambda rng, n: (draw(rng, n), clusters(rng, n, "scattered"))


def normal(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.standard_normal(n)


def in_clusters(layout: str, noise: Callable[[np.random.Generator, int], np.ndarray]) -> Draw:
    return lambda rng, n: clustered(rng, n, layout, noise(rng, n))


LAYOUTS = ("in runs", "in turn", "scattered")
NULLS: dict[str, Draw] = {
    "iid": plain(normal),
    "skewed": plain(lambda rng, n: rng.exponential(size=n) - 1),
    "heteroscedastic": plain(lambda rng, n: rng.standard_normal(n) * np.linspace(0.5, 2, n)),
    "AR(1)": plain(ar1),
    **{f"clusters {layout}": in_clusters(layout, normal) for layout in LAYOUTS},
    **{f"both, {layout}": in_clusters(layout, ar1) for layout in LAYOUTS},
}


def group_sums(name: str, codes: np.ndarray, e: np.ndarray) -> GroupSums:
    """The sums of e over groups, in the order of first appearance."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    code = np.argsort(np.argsort(first))[inverse]
    return GroupSums(name, np.bincount(code).astype(float), np.bincount(code, e), 1 + int(np.count_nonzero(np.diff(code))))


def after_advice(e: np.ndarray, codes: np.ndarray, other: np.ndarray) -> tuple[float, str]:
    """p of a mean of 0 after following the advice, and the advice. `other` is a column that means nothing."""
    series = series_sums(e[:, None])
    groups = {"c": group_sums("c", codes, e), "other": group_sums("other", other, e)}
    advice = alarm(series, tuple(groups.values())).advice
    chosen = groups[advice.cluster[0]] if advice.cluster else None
    return t_p(float(e.mean()), estimate(series, 0, chosen, advice.lag_auto)), " ".join([*advice.cluster, "lag" * advice.lag_auto])


def rejections(null: str, n: int, repeats: int, seed: int) -> tuple[float, dict[str, int]]:
    """The share of p below 5 %, and how often each advice was given."""
    rng, rejected, said = np.random.default_rng([seed, n]), 0, dict[str, int]()
    for _ in range(repeats):
        e, codes = NULLS[null](rng, n)
        p, words = after_advice(e, codes, rng.integers(0, n // 5, n))
        rejected += p < 0.05
        said[words] = said.get(words, 0) + 1
    return rejected / repeats, said
