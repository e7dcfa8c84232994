"""The model confidence set against arch, and where models have equal losses."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.statistics.model_set import Statistic, model_set, replicates


def numbers(seed: int, count: int) -> np.ndarray:
    """Whole numbers below 2²³ of a generator that every language can write."""
    found = []
    for _ in range(count):
        seed = (1103515245 * seed + 12345) % 2**31
        found.append(seed >> 8)
    return np.array(found)


ROWS, MODELS, RESAMPLES = 60, 6, 499
LOSSES = -np.log((numbers(7, ROWS * MODELS).reshape(ROWS, MODELS) + 0.5) / 2**23) * np.array([1, 1.05, 1.1, 1.5, 1.2, 1.9])
NOISE = LOSSES[numbers(11, RESAMPLES * ROWS).reshape(RESAMPLES, ROWS) % ROWS].mean(1) - LOSSES.mean(0)

# arch 8.0.0, arch.bootstrap.MCS(LOSSES, size=0.1, reps=499, method=…) with these resamples of rows in place of its own:
# its p-values times 499, the number of resamples with a larger statistic
ARCH = {"range": [440, 440, 499, 13, 440, 91], "max": [452, 452, 499, 46, 452, 77]}


@pytest.mark.parametrize("statistic", ["range", "max"])
def test_p_values_are_those_of_arch(statistic: Statistic) -> None:
    p = model_set(LOSSES.mean(0), NOISE, statistic)
    expected = [1.0 if count == RESAMPLES else (1 + count) / (1 + RESAMPLES) for count in ARCH[statistic]]
    assert p == expected


@pytest.mark.parametrize("statistic", ["range", "max"])
def test_equal_models_stay_together(statistic: Statistic) -> None:
    losses = LOSSES[:, [0, 0, 0, 3]]
    same = model_set(losses.mean(0), NOISE[:, [0, 0, 0, 3]], statistic)
    assert same[:3] == [1, 1, 1]
    assert same[3] < 0.1
    assert model_set(losses[:, :3].mean(0), NOISE[:, [0, 0, 0]], statistic) == [1, 1, 1]


@pytest.mark.parametrize("statistic", ["range", "max"])
def test_a_constant_difference_is_seen_and_one_model_is_the_best(statistic: Statistic) -> None:
    p = model_set(np.array([1.0, 1.5]), np.linspace(-1, 1, 99)[:, None] * [1.0, 1.0], statistic)
    assert p == [1, 0.01]
    assert model_set(np.array([1.0]), np.ones((9, 1)), statistic) == [1]


@pytest.mark.parametrize("statistic", ["range", "max"])
def test_the_set_holds_the_best_model_as_often_as_it_says(statistic: Statistic) -> None:
    """Three equal best models of five: at 10 %, all three are in at least 87 % of the sets (90 % less two standard errors)."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        means = np.array([0, 0, 0, 2, 6]) + rng.standard_normal(5)
        held += min(model_set(means, rng.standard_normal((499, 5)), statistic)[:3]) > 0.1
    assert held / 300 >= 0.865


def errors_of(losses: np.ndarray) -> np.ndarray:
    """The standard errors of the differences of each two mean losses."""
    differences = losses[:, :, None] - losses[:, None, :]
    return differences.std(0, ddof=1) / np.sqrt(len(losses))


def test_replicates_have_the_standard_errors_of_the_rows() -> None:
    noise = replicates(errors_of(LOSSES), np.inf, count=200_000)
    differences = noise[:, :, None] - noise[:, None, :]
    np.testing.assert_allclose(np.sqrt((differences**2).mean(0)), errors_of(LOSSES), rtol=0.01)
    few = replicates(errors_of(LOSSES), 10, count=200_000)
    assert (few**2).sum() / (noise**2).sum() == pytest.approx(10 / 8, rel=0.03)  # the variance of t is df / (df − 2)


def test_p_values_without_resamples_are_near_those_of_arch() -> None:
    p = model_set(LOSSES.mean(0), replicates(errors_of(LOSSES), ROWS - 1))
    np.testing.assert_allclose(p, np.array(ARCH["range"]) / RESAMPLES, atol=0.05)


def test_replicates_of_equal_models_are_equal() -> None:
    losses = LOSSES[:, [0, 0, 3]]
    p = model_set(losses.mean(0), replicates(errors_of(losses), ROWS - 1))
    assert p[:2] == [1, 1]


def test_a_model_far_from_all_hides_nothing() -> None:
    """The second model is a little worse than the first, by 1 with a standard error of 10: it stays, and the diverged one goes."""
    errors = np.array([[0, 10, 1e9], [10, 0, 1e9], [1e9, 1e9, 0.0]])
    p = model_set(np.array([1.0, 2.0, 1e11]), replicates(errors, 50))
    assert p[2] < 0.01 < 0.5 < p[1] <= p[0] == 1
