"""Isotonic regression and the CORP decomposition, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

from losscli.statistics.calibration import Reliability, log_score, reliability
from losscli.statistics.isotonic import isotonic

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("n", [1, 2, 3, 10, 300])
def test_isotonic_as_scikit_learn(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    y = np.round(rng.normal(size=n) + np.linspace(0, 2, n), 1 if seed % 2 else 17)
    w = rng.integers(1, 5, n) + 0.5 * (seed % 3)
    expected = IsotonicRegression().fit_transform(np.arange(n), y, sample_weight=w)
    np.testing.assert_allclose(isotonic(y, w), expected, rtol=1e-12, atol=1e-12)


def test_isotonic_by_hand() -> None:
    """2 and 1 decrease: their mean is 1.5; with weights 1 and 3 it is 1.25. All decreasing values are one pool."""
    assert isotonic(np.array([0.0, 2.0, 1.0, 3.0]), np.ones(4)).tolist() == [0.0, 1.5, 1.5, 3.0]
    assert isotonic(np.array([0.0, 2.0, 1.0, 3.0]), np.array([1.0, 1.0, 3.0, 1.0])).tolist() == [0.0, 1.25, 1.25, 3.0]
    assert isotonic(np.array([4.0, 3.0, 2.0]), np.ones(3)).tolist() == [3.0, 3.0, 3.0]
    assert isotonic(np.zeros(0), np.zeros(0)).tolist() == []


def sample(seed: int, n: int, digits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities, many of them equal where there are few digits; events; weights, some 0."""
    rng = np.random.default_rng(seed)
    p = np.round(rng.uniform(0.01, 0.99, n), digits)
    y = (rng.uniform(size=n) < p**1.5).astype(float)
    return p, y, rng.integers(0, 4, n).astype(float)


@pytest.mark.parametrize(("n", "digits"), [(50, 1), (400, 2), (2000, 9)])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weighted", [False, True])
def test_the_parts_as_scikit_learn(seed: int, n: int, digits: int, weighted: bool) -> None:
    """The scores of the probabilities, of those recalibrated by scikit-learn's isotonic regression, and of the share of events."""
    p, y, w = sample(seed, n, digits)
    w = w if weighted else np.ones(n)
    p, y, kept = p[w > 0], y[w > 0], w[w > 0]
    got = reliability(*sample(seed, n, digits)[:2], w if weighted else None)
    best = IsotonicRegression(y_min=0, y_max=1).fit(p, y, sample_weight=kept).predict(p)
    share = np.full(p.shape, np.average(y, weights=kept))
    assert got.event_share == pytest.approx(share[0], rel=1e-12)
    for parts, score in ((got.brier, brier_score_loss), (got.log, log_loss)):
        given_score, least, constant = (score(y, q, sample_weight=kept) for q in (p, best, share))
        assert parts.score == pytest.approx(given_score, rel=1e-10)
        assert parts.miscalibration == pytest.approx(given_score - least, rel=1e-8, abs=1e-10)
        assert parts.discrimination == pytest.approx(constant - least, rel=1e-8, abs=1e-10)
        assert parts.uncertainty == pytest.approx(constant, rel=1e-10)
    at = np.searchsorted(got.upper, p)
    np.testing.assert_allclose(got.share[at], best, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(np.bincount(at, kept), got.weight, rtol=1e-12)


def holds(r: Reliability) -> None:
    """What is true for all probabilities."""
    for parts in (r.brier, r.log):
        assert parts.miscalibration >= 0 and parts.discrimination >= 0
        whole = parts.miscalibration - parts.discrimination + parts.uncertainty
        assert parts.score == whole or parts.score == pytest.approx(whole, rel=1e-12, abs=1e-14)
    assert (np.diff(r.share) > 0).all() and (r.lower <= r.upper).all() and (r.upper[:-1] < r.lower[1:]).all()


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.3]), st.sampled_from([0.0, 1.0, 2.5])), min_size=1, max_size=40))
def test_the_identities(rows: list[tuple[float, float, float]]) -> None:
    p, y, w = (np.array(column) for column in zip(*rows, strict=True))
    if w.sum() > 0:
        holds(reliability(p, y, w))


def test_a_weight_is_a_repetition() -> None:
    p, y, w = sample(1, 100, 2)
    whole, repeated = reliability(p, y, w), reliability(np.repeat(p, w.astype(int)), np.repeat(y, w.astype(int)))
    for name in ("share", "lower", "upper", "weight"):
        np.testing.assert_allclose(getattr(whole, name), getattr(repeated, name), rtol=1e-12)
    assert whole.brier.miscalibration == pytest.approx(repeated.brier.miscalibration, rel=1e-10)


def test_perfect_and_useless() -> None:
    """Certain and right: no miscalibration, all uncertainty is resolved. The share of events for all: nothing is discriminated."""
    perfect = reliability(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0, 0.0]))
    assert vars(perfect.brier) == {"score": 0.0, "miscalibration": 0.0, "discrimination": 0.25, "uncertainty": 0.25}
    assert perfect.log.discrimination == perfect.log.uncertainty == pytest.approx(np.log(2))
    useless = reliability(np.full(4, 0.5), np.array([0.0, 1.0, 1.0, 0.0]))
    assert vars(useless.brier) == {"score": 0.25, "miscalibration": 0.0, "discrimination": 0.0, "uncertainty": 0.25}


def test_an_impossible_event_costs_an_infinite_log_score() -> None:
    r = reliability(np.array([0.0, 0.5]), np.array([1.0, 1.0]))
    assert (r.log.score, r.log.miscalibration, r.log.uncertainty) == (np.inf, np.inf, 0.0)
    assert log_score(np.array([0.0, 1.0]), np.array([0.0, 1.0])).tolist() == [0.0, 0.0]
