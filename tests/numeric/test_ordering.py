"""The order by several keys beside `np.lexsort`: with the compiled sort and without."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.numeric import ordering
from losscli.numeric.ordering import lower_after, order_by, stable_order

WAYS = [pytest.param(True, marks=pytest.mark.skipif(not ordering.AVAILABLE, reason="_sorts is not compiled here")), False]
FLOATS = (0.0, -0.0, 1.0, 1 + 2**-52, 1 + 2**-30, -1.0, -1 - 2**-52, 5e-324, -5e-324, 1e308, float("inf"), float("-inf"))
float_keys = st.lists(st.sampled_from(FLOATS) | st.floats(allow_nan=False), min_size=1, max_size=9)
whole_keys = st.lists(st.sampled_from((0, 1, -1, 2**15, 2**16, 2**62, -(2**63))) | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=9)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "AVAILABLE", request.param)
        patch.setattr(ordering, "FEW", 1)
        yield


@settings(deadline=None)
@given(st.lists(float_keys.map(np.array) | whole_keys.map(np.array), min_size=1, max_size=4), st.integers(1, 60), st.integers(0, 99))
@pytest.mark.parametrize("available", WAYS)
def test_rows_go_by_the_keys_one_after_the_other_and_by_their_places(available: bool, values: list[Any], n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    keys = [rng.choice(x, n) for x in values]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "AVAILABLE", available)
        patch.setattr(ordering, "FEW", 1)
        assert order_by(*keys).tolist() == np.lexsort(keys[::-1]).tolist()


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("n", [1, 2, 1000, 2**16, 70_000])
def test_many_rows_with_many_and_few_equal_keys(n: int) -> None:
    rng = np.random.default_rng(n)
    x, codes, steps = rng.normal(size=n), rng.integers(-3, 4, n), rng.normal(size=n).round(2)
    near = 1e6 + rng.integers(0, 50, n) * 2.0**-30  # equal in the bits of a first sort
    for keys in (
        [x],
        [steps, x],
        [codes, x],
        [codes, steps, near],
        [near, codes],
        [codes],
        [np.zeros(n), np.zeros(n)],
        [codes > 0, -np.arange(n)],
    ):
        assert np.array_equal(order_by(*keys), np.lexsort(keys[::-1]))


def test_no_rows_have_an_order() -> None:
    assert order_by(np.zeros(0)).tolist() == []


@pytest.mark.skipif(not ordering.AVAILABLE, reason="_sorts is not compiled here")
def test_the_compiled_sort_checks_its_buffers() -> None:
    from losscli.numeric import _sorts

    x, first = np.arange(5, dtype=np.uint64)[::-1].copy(), 0
    room = np.empty_like(x)
    assert (room if _sorts.sort(x, room, first) else x).tolist() == [0, 1, 2, 3, 4]
    for bad in ((x, room[:2], 0), (x.view(np.uint8)[:9], room.view(np.uint8)[:9], 0), (x, room, 64), (x, room, -1)):
        with pytest.raises(ValueError, match="two buffers"):
            _sorts.sort(*bad)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("n", [1, 2, 3, 1000, 70_000])
def test_whole_numbers_keep_the_order_of_equal_ones(n: int) -> None:
    for codes in (np.arange(n)[::-1], np.random.default_rng(n).integers(0, max(n // 3, 1), n), np.zeros(n, np.int64)):
        assert np.array_equal(stable_order(codes), np.argsort(codes, kind="stable"))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("n", [1, 2, 3, 17, 200])
def test_later_places_of_lower_rank_are_those_that_are_written_out(n: int) -> None:
    rng = np.random.default_rng(n)
    for rank in (rng.permutation(n), rng.integers(0, 5, n), np.arange(n), np.zeros(n, np.int64)):
        w = rng.integers(0, 9, n) / 8  # sums of eighths are exact
        assert lower_after(rank, w).tolist() == [float(w[i + 1 :][rank[i + 1 :] < rank[i]].sum()) for i in range(n)]


@pytest.mark.skipif(not ordering.AVAILABLE, reason="_sorts is not compiled here")
def test_the_sums_over_later_places_have_the_same_bits_in_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rank, w = rng.permutation(3000), rng.random(3000) ** 9
    compiled = lower_after(rank, w)
    monkeypatch.setattr(ordering, "AVAILABLE", False)
    assert compiled.tobytes() == lower_after(rank, w).tobytes()
