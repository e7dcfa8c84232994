"""The sign-flip test and the bootstrap against scipy; random numbers by position."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from losscli.statistics import random_numbers
from losscli.statistics.bootstrap import (
    bca_interval,
    jackknife_sums,
    multinomial_sums,
    percentile_interval,
    poisson_sums,
    poisson_sums_of_block,
)
from losscli.statistics.random_numbers import BLOCK, GROUP, poisson_weights, random_signs
from losscli.statistics.sign_flip import all_signs, flipped_sums, flipped_sums_of_block, p_value

RNG = np.random.default_rng(5)
FEW = RNG.normal(0.4, 1, 10)
MANY = RNG.normal(0.15, 1, 60)


def peer(d: np.ndarray, resamples: float) -> float:
    """scipy's permutation test of paired samples, which flips signs where there is one sample."""
    result = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=resamples, random_state=0)
    return float(result.pvalue)


@pytest.mark.parametrize("d", [FEW, FEW[:3], np.array([1.0, 2, 3, -1, -6]), np.array([0.1, 0.2, -0.3]), np.full(5, 0.7)])
def test_all_patterns_give_the_p_of_scipy(d: np.ndarray) -> None:
    assert p_value(d.sum(), all_signs(d.size) @ d, True, 1e-12) == pytest.approx(peer(d, math.inf), rel=1e-14)


def test_random_patterns_give_the_p_of_scipy() -> None:
    p = p_value(MANY.sum(), flipped_sums(MANY[:, None], 99_999, 3)[:, 0], False, 1e-12)
    assert p == pytest.approx(peer(MANY, 99_999), abs=4 * math.sqrt(0.25 / 99_999))


def test_no_p_is_0_and_nan_is_no_evidence() -> None:
    assert p_value(1.0, np.zeros(999), False, 0.0) == 1 / 1000
    assert p_value(0.0, np.zeros(1), True, 0.0) == 1
    assert p_value(1.0, np.full(9, math.nan), False, 0.0) == 1


def test_a_difference_of_nothing_but_rounding_has_p_1() -> None:
    d = np.tile([0.1, 0.2, -0.3], 5)  # its sum is 8e-16, those of other patterns are exactly 0
    assert p_value(d.sum(), all_signs(15) @ d, True, 1e-13) == 1


# --- random numbers --------------------------------------------------------------------------------------------------------


def test_the_weights_are_poisson_numbers() -> None:
    counts = np.array(random_numbers._COUNTS)
    k = np.arange(len(counts))
    assert (counts.sum(), (counts * k).sum(), (counts * (k - 1) ** 2).sum()) == (65536, 65536, 65536)  # mean 1 and variance 1, exactly
    assert np.abs(counts / 65536 - stats.poisson.pmf(k, 1)).sum() / 2 + stats.poisson.sf(k[-1], 1) < 4e-5
    drawn = np.bincount(np.concatenate([poisson_weights(1, b, 0, BLOCK).ravel() for b in range(4)]).astype(int), minlength=len(counts))
    assert (
        stats.chisquare(drawn[:8], 4 * BLOCK * GROUP * counts[:8] / 65536 * drawn[:8].sum() / (4 * BLOCK * GROUP * (1 - 1 / 65536))).pvalue
        > 1e-3
    )


def test_signs_are_fair_and_independent_of_the_weights() -> None:
    signs, weights = random_signs(1, 0, 0, BLOCK), poisson_weights(1, 0, 0, BLOCK)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert abs(signs.mean()) < 4 / math.sqrt(signs.size)
    assert abs(np.corrcoef(signs.ravel(), weights.ravel())[0, 1]) < 4 / math.sqrt(signs.size)


@pytest.mark.parametrize("change", [(2, 0, 0), (1, 1, 0), (1, 0, 1)])
def test_another_seed_block_or_group_has_other_numbers(change: tuple[int, int, int]) -> None:
    for draw in (poisson_weights, random_signs):
        one, other = draw(1, 0, 0, BLOCK), draw(*change, BLOCK)
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 5 / math.sqrt(one.size)
        assert (draw(1, 0, 0, 7) == one[:7]).all()  # a shorter block has the first of the same numbers


def test_the_sums_do_not_depend_on_what_is_computed_beside_them() -> None:
    columns = RNG.normal(size=(2 * BLOCK + 5, 2))
    blocks = [columns[i : i + BLOCK] for i in range(0, len(columns), BLOCK)]
    for whole, of_block in ((poisson_sums, poisson_sums_of_block), (flipped_sums, flipped_sums_of_block)):
        shares = [of_block(columns, 300, 9, block) for block, columns in reversed(list(enumerate(blocks)))]
        assert (whole(columns, 300, 9) == shares[2] + shares[1] + shares[0]).all()
        np.testing.assert_array_equal(whole(columns, 10, 9), whole(columns, 300, 9)[:10])
    assert (multinomial_sums(columns[:50], 10, 9) == multinomial_sums(columns[:50], 20, 9)[:10]).all()


# --- intervals -------------------------------------------------------------------------------------------------------------


def bootstrap_of_scipy(method: str) -> tuple[stats._resampling.BootstrapResult, np.ndarray]:
    data = np.random.default_rng(2).exponential(size=40)
    found = stats.bootstrap((data,), np.mean, n_resamples=1999, method=method, confidence_level=0.9, random_state=np.random.default_rng(1))
    return found, data


def test_the_percentile_interval_is_that_of_scipy() -> None:
    found, _ = bootstrap_of_scipy("percentile")
    ours = percentile_interval(found.bootstrap_distribution, 0.9)
    assert (ours.low, ours.high) == pytest.approx(tuple(found.confidence_interval), rel=1e-12)


def test_the_bca_interval_is_that_of_scipy() -> None:
    found, data = bootstrap_of_scipy("BCa")
    columns = np.stack([data, np.ones(len(data))], 1)
    without = jackknife_sums(columns)
    ours = bca_interval(found.bootstrap_distribution, data.mean(), without[:, 0] / without[:, 1], 0.9)
    assert (ours.low, ours.high) == pytest.approx(tuple(found.confidence_interval), rel=1e-9)
    plain = percentile_interval(found.bootstrap_distribution, 0.9)
    assert ours.low > plain.low * 1.01 and ours.high > plain.high * 1.01  # skewed data: it is moved


def test_bca_of_a_constant_and_of_nan() -> None:
    same = bca_interval(np.zeros(10), 0.0, np.zeros(5), 0.95)
    assert (same.low, same.high) == (0, 0)
    assert math.isnan(bca_interval(np.array([1.0, math.nan]), 1.0, np.ones(3), 0.95).low)
    assert math.isnan(bca_interval(np.array([1.0, 2.0]), 3.0, np.ones(3), 0.95).low)  # no replicate on the other side
    assert math.isnan(percentile_interval(np.array([1.0, math.nan]), 0.95).low)


@pytest.mark.parametrize("draw", [poisson_sums, multinomial_sums])
def test_replicates_of_a_mean_spread_as_its_standard_error(draw: Callable[..., np.ndarray]) -> None:
    data = np.random.default_rng(4).exponential(size=5000)
    sums = draw(np.stack([data, np.ones(5000)], 1), 2000, 7)
    means = sums[:, 0] / sums[:, 1]
    error = data.std() / math.sqrt(5000)
    assert means.std() == pytest.approx(error, rel=4 / math.sqrt(2 * 2000))
    assert means.mean() == pytest.approx(data.mean(), abs=4 * error / math.sqrt(2000))
