"""Bets of many gates: their stakes, their e-values, and the error rate of simulated projects."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from losscli.statistics.betting import ERROR_RATE, alarming_mean, can_alarm, is_alarm, log_e_value, stake, units_of
from tests.simulations import ledger

SIZES = [9, 5, 3, 3, 2, 1, 0.5, 0.1, 0]  # two of the same size, and no difference


def test_the_stakes_are_those_of_the_formula_and_add_up_to_1() -> None:
    unspent, stakes = 1.0, []
    for _ in range(1000):
        stakes.append(stake(unspent))
        unspent -= stakes[-1]
    np.testing.assert_allclose(stakes, [1 / math.log10(t + 9) - 1 / math.log10(t + 10) for t in range(1, 1001)], rtol=1e-10)
    assert sum(stakes[:90]) == pytest.approx(0.5)
    assert unspent == pytest.approx(1 / math.log10(1010))


@pytest.mark.parametrize("unspent", [1e-3, 1e-300, 0.0, -1e-20])
def test_a_capital_that_is_spent_stakes_nothing(unspent: float) -> None:
    assert stake(unspent) == 0.0
    assert not is_alarm(1e300, ERROR_RATE * stake(unspent))


@pytest.mark.parametrize("level", [0.05, 1e-3, 1e-6, 1e-30])
def test_a_bet_is_fair_for_symmetric_differences(level: float) -> None:
    """The mean over all signs is 1, exactly: for any sizes, also of outliers."""
    signs = product([1, -1], repeat=len(SIZES))
    assert np.mean([math.exp(log_e_value(np.array(SIZES) * s, level)) for s in signs]) == pytest.approx(1, rel=1e-12)


def test_the_bets_by_hand() -> None:
    """2 of 100 is the most that a row loses of two, and the later row is bet on with the loss of the largest improvement."""
    most = 2 / 102
    assert log_e_value(np.array([2.0, -1.0]), 0.05) == pytest.approx(math.log1p(most) + math.log1p(-most))
    # many rows: the bet of √(2 ln(1/level) / Σ x²) is within the bounds
    x = np.tile([1.0, -0.5], 5000)
    bet = math.sqrt(2 * math.log(1000) / 6250)
    assert log_e_value(x, 1e-3) == pytest.approx(5000 * (math.log1p(bet) + math.log1p(-bet / 2)), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-5, 1e300])
def test_the_unit_of_the_differences_does_not_matter(scale: float) -> None:
    x = np.array([1.0, -2, 3, 4, 5])
    assert log_e_value(x * scale, 0.01) == pytest.approx(log_e_value(x, 0.01), rel=1e-12)
    assert alarming_mean(x * scale, 0.01) == pytest.approx(alarming_mean(x, 0.01) * scale, rel=1e-12)


def test_what_cannot_be_computed_is_no_alarm() -> None:
    for x in ([], [1, math.nan], [1, math.inf]):
        assert math.isnan(log_e_value(np.array(x), 0.05))
        assert math.isnan(alarming_mean(np.array(x), 0.05))
        assert not is_alarm(log_e_value(np.array(x), 0.05), 0.05)
    assert log_e_value(np.zeros(5), 0.05) == 0
    assert math.isnan(alarming_mean(np.ones(5), 0.05))


def test_rounding_is_no_difference() -> None:
    x = np.array([1.0, -2.0, 3.0])
    assert log_e_value(np.append(x, 1e-16), 0.01) == pytest.approx(log_e_value(x, 0.01), rel=1e-14)
    assert [units_of(np.array(x)) for x in ([], [0, 0], [1, 1e-16, 0, 1e-9], [1, np.nan], [0, np.inf])] == [0, 0, 2, 2, 2]


def test_few_rows_cannot_give_an_alarm() -> None:
    level = ERROR_RATE * stake(1.0)
    assert [can_alarm(n, level) for n in (1, 12, 29, 30, 1000)] == [False, False, False, True, True]
    assert is_alarm(log_e_value(np.ones(30), level), level)
    assert not is_alarm(log_e_value(np.ones(29), level), level)


def test_the_alarming_mean_is_where_the_alarms_begin() -> None:
    x = np.random.default_rng(1).standard_normal(10_000)
    level = 1e-4
    mean = alarming_mean(x, level)
    assert mean == pytest.approx(math.sqrt(2 * math.log(1 / level) / 10_000), rel=0.02)
    assert is_alarm(log_e_value(x - x.mean() + 1.05 * mean, level), level)
    assert not is_alarm(log_e_value(x - x.mean() + 0.95 * mean, level), level)


@pytest.mark.parametrize("kind", ledger.PROJECTS)
def test_projects_without_a_worse_commit_see_no_alarm(kind: str) -> None:
    """40 projects of 200 commits: at 5 % a project, more than 6 would be seen once in 100 times. `simulate ledger` has 1,000 projects."""
    assert ledger.false_alarm_rate(kind, ledger.NULLS["normal"], 100, 40) <= 6 / 40


def test_a_product_of_e_values_is_no_test_of_the_same_rows() -> None:
    """The same luck is multiplied at each commit: about one project in nine, whose first e-value is above 1, ends in an alarm."""
    assert ledger.false_alarm_rate("same change", ledger.NULLS["normal"], 100, 100, ledger.product_alarms) >= 0.1


def test_a_regression_is_seen_at_its_commit() -> None:
    assert ledger.power(ledger.NULLS["normal"], 1000, 7 / math.sqrt(1000), 10) > 0.8
    assert ledger.power(ledger.NULLS["normal"], 1000, 0, 10) == 0
