"""Differences without a true difference, with and without dependence; and what the advice of the alarm makes of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from losscli.statistics.alarm import LAGS, alarm, estimate
from losscli.statistics.dependence import t_p
from losscli.statistics.moments import ColumnSums, Moments

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


def column_sums(e: np.ndarray, lags: int = LAGS, **codes: np.ndarray) -> ColumnSums:
    """The sums of one series, with groups by name."""
    moments = Moments(1, lags, tuple(codes))
    moments.add(e[None], None, np.full((1, len(e)), np.nan), {name: in_order(x) for name, x in codes.items()})
    return moments.sums().column(0)


def in_order(codes: np.ndarray) -> np.ndarray:
    """The codes of groups in the order of their first rows."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse]


def after_advice(e: np.ndarray, codes: np.ndarray, other: np.ndarray) -> tuple[float, str]:
    """p of a mean of 0 after following the advice, and the advice. `other` is a column that means nothing."""
    sums = column_sums(e, c=codes, other=other, both=codes * len(e) + other)
    advice = alarm(sums.but(groups={k: sums.groups[k] for k in ("c", "other")})).advice
    clusters = (*advice.cluster, "both") if len(advice.cluster) == 2 else advice.cluster
    found = estimate(sums, clusters, "auto" if advice.lag_auto else None)
    return t_p(float(e.mean()), found), " ".join([*advice.cluster, *["lag"] * advice.lag_auto])


def rejections(null: str, n: int, repeats: int, seed: int) -> tuple[float, dict[str, int]]:
    """The share of p below 5 %, and how often each advice was given."""
    rng, rejected, said = np.random.default_rng([seed, n]), 0, dict[str, int]()
    for _ in range(repeats):
        e, codes = NULLS[null](rng, n)
        p, words = after_advice(e, codes, rng.integers(0, n // 5, n))
        rejected += p < 0.05
        said[words] = said.get(words, 0) + 1
    return rejected / repeats, said
