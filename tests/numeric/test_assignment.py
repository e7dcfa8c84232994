"""The assignment of least cost beside all assignments, tried one after the other."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from losscli.numeric.assignment import assigned, least_cost


@pytest.mark.parametrize("whole", [False, True], ids=["real costs", "costs with ties"])
def test_the_sum_of_the_costs_is_the_least_of_all(whole: bool) -> None:
    rng = np.random.default_rng(1)
    for _ in range(150):
        rows = int(rng.integers(1, 5))
        columns = int(rng.integers(rows, 6))
        cost = rng.integers(0, 4, (rows, columns)).astype(float) if whole else rng.normal(size=(rows, columns))
        found = least_cost(cost)
        each = np.arange(rows)
        assert len(set(found.tolist())) == rows
        assert cost[each, found].sum() == pytest.approx(min(cost[each, list(p)].sum() for p in permutations(range(columns), rows)))


def test_targets_that_do_not_count_get_no_prediction() -> None:
    cost = np.array([[[0.0, 5.0, 1.0], [1.0, 5.0, 0.0]]])
    assert assigned(cost, np.array([[True, False, True]])).tolist() == [[[1, 0, 0], [0, 0, 1]]]
    assert not assigned(cost, np.array([[False, False, False]])).any()


def test_with_fewer_predictions_than_targets_each_prediction_gets_one() -> None:
    assert assigned(np.array([[[3.0, 1.0, 2.0]]]), np.ones((1, 3), bool)).tolist() == [[[0, 1, 0]]]


def test_a_cost_that_is_no_number_is_taken_last() -> None:
    cost = np.array([[[np.nan, 9.0], [7.0, np.nan]]])
    assert assigned(cost, np.ones((1, 2), bool)).tolist() == [[[0, 1], [1, 0]]]
