"""Counts of floats in bins that adapt, beside np.histogram; round numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.statistics.float_counts import CAPACITY, FloatCounts
from losscli.statistics.round_numbers import between, covering, labels

RNG = np.random.default_rng(0)
MANY = 300_000
SAMPLES = {
    "few": np.array([0.0, -0.0, 1.0, 1.0, -2.5]),
    "normal": RNG.normal(size=MANY),
    "skewed": RNG.exponential(size=MANY) ** 4,
    "narrow, far from 0": 1e3 + 1e-9 * RNG.normal(size=MANY),
    "all magnitudes": np.exp(100 * RNG.normal(size=MANY)) * RNG.choice([-1, 1], MANY),
    "subnormal": RNG.integers(-5, 6, MANY) * 5e-324,
    "the largest": np.array([1.7e308, -1.7e308, 0.0, 1.0]),
}


def counted(x: np.ndarray, w: np.ndarray | None = None, chunk: int = 2**16) -> FloatCounts:
    counts = FloatCounts()
    for a in range(0, len(x), chunk):
        counts.add(x[a : a + chunk], None if w is None else w[a : a + chunk])
    return counts


@pytest.mark.parametrize("x", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("most", [3, 20])
def test_the_counts_between_edges_are_those_of_numpy(x: np.ndarray, most: int) -> None:
    counts = counted(x)
    assert counts.bins.size <= CAPACITY and (counts.min, counts.max) == (x.min(), x.max())
    edges = counts.edges(covering(np.quantile(x, 0.1), np.quantile(x, 0.9), most))
    below, inside, above = counts.between(edges)
    if len(edges) > 1:
        expected = np.histogram(x[x < edges[-1]], np.append(edges[:-1], edges[-1]))[0]  # [a, b) for the last interval too
        assert inside.tolist() == expected.tolist()
    assert (below, above) == ((x < edges[0]).sum(), (x >= edges[-1]).sum())


@pytest.mark.parametrize("x", SAMPLES.values(), ids=SAMPLES)
def test_the_order_and_the_chunks_change_nothing(x: np.ndarray) -> None:
    one, other = counted(x), counted(np.sort(x)[::-1], chunk=7919)
    assert (one.shift, one.bins.tolist(), one.weights.tolist()) == (other.shift, other.bins.tolist(), other.weights.tolist())


def test_weights() -> None:
    x, w = RNG.normal(size=MANY), RNG.integers(0, 4, MANY).astype(float)
    counts = counted(x, w)
    edges = counts.edges([-1.0, 0.0, 0.3, 1.0])
    below, inside, above = counts.between(edges)
    expected = np.histogram(x[x < edges[-1]], edges, weights=w[x < edges[-1]])[0]
    assert inside.tolist() == expected.tolist()
    assert below + inside.sum() + above == w.sum() and counts.count == np.count_nonzero(w)


def test_nan_and_infinities_are_counted_apart() -> None:
    counts = counted(np.array([np.nan, np.inf, np.inf, -np.inf, 2.0]))
    assert (counts.nan, counts.above, counts.below, counts.total, counts.count) == (1, 2, 1, 1, 5)


def test_few_values_keep_their_own_bins() -> None:
    values = counted(np.repeat([0.1, 0.2, -3.0], [5, 2, 1])).values
    assert values is not None and values.tolist() == [-3.0, 0.1, 0.2]
    assert counted(RNG.normal(size=MANY)).values is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_every_finite_float(values: list[float]) -> None:
    x = np.array(values)
    counts = counted(x)
    assert counts.values is not None and counts.values.tolist() == np.unique(x + 0.0).tolist()
    edges = counts.edges(covering(x.min(), x.max(), 5))
    below, inside, above = counts.between(edges)
    assert below == 0 and inside.sum() + above == x.size


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False), st.integers(2, 20))
def test_round_numbers(a: float, b: float, most: int) -> None:
    low, high = min(a, b), max(a, b)
    outside, inside = covering(low, high, most), between(low, high, most)
    assert outside[0] <= low and outside[-1] >= high and len(outside) <= most + 1
    assert all(low <= x <= high for x in inside) and len(inside) <= most
    assert sorted(outside) == outside and sorted(inside) == inside


COVERING = {
    (0.0, 1.0, 5): [0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
    (0.0, 1.0, 4): [0.0, 0.5, 1.0],
    (-3.0, 161.0, 20): [10.0 * k for k in range(-1, 18)],
    (0.299, 0.301, 3): [0.299, 0.3, 0.301],
    (7.0, 7.0, 5): [7.0, 7.0],
}


@pytest.mark.parametrize(("asked", "expected"), COVERING.items())
def test_covering(asked: tuple[float, float, int], expected: list[float]) -> None:
    assert covering(*asked) == expected


def test_labels() -> None:
    assert labels([0.0, 0.5, 1.0]) == ["0.0", "0.5", "1.0"]
    assert labels([0.0, 2e6, 4e6]) == ["0", "2e+06", "4e+06"]
    assert labels([1e-7, 2e-7]) == ["1e-07", "2e-07"]
    assert labels([1000.0, 1000.0002]) == ["1000.0000", "1000.0002"]
    assert labels([5.25]) == ["5.25"] and labels([]) == []
