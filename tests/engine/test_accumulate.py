"""Sums over blocks: large arrays are added in place, to the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.aggregation import Sum
from losscli.engine import accumulate
from losscli.engine.accumulate import Accumulator, BlockSums


def parts() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    found = [rng.normal(size=(37, 11)) * 10.0 ** rng.integers(-9, 9, (37, 11)) for _ in range(9)]
    found[4][3, 3], found[5][3, 4], found[6][3, 4] = np.inf, np.inf, -np.inf
    found[7][5, 5] = np.nan
    return [*found[:-1], np.asfortranarray(found[-1])]


def test_arrays_are_added_in_place_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    values, given = [], parts()
    for large in (2**40, 1000, 8):
        monkeypatch.setattr(accumulate, "LARGE", large)
        accumulator = Accumulator()
        with np.errstate(invalid="ignore"):
            for x in given:
                accumulator.add(Sum(x))
        values.append(np.asarray(accumulator.value).tobytes())
        assert accumulator.in_place == (large < 2**40)
    assert values == values[:1] * 3
    for x, same in zip(given, parts(), strict=True):
        np.testing.assert_array_equal(x, same)  # what was given is not written to


def test_the_sums_of_several_blocks_are_added_one_after_the_other() -> None:
    at_once, one_by_one = Accumulator(), Accumulator()
    sums = [1e100, 1.0, -1e100, 1e-30]
    at_once.add(Sum(BlockSums(sums)))
    for x in sums:
        one_by_one.add(Sum(x))
    assert at_once.value == one_by_one.value == 1.0
