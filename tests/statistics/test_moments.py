"""Sums over the rows of columns: the expected numbers come from NumPy on whole arrays, and the same bits however the rows arrive."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.numeric.lazy import Array
from losscli.statistics import moments
from losscli.statistics.moments import Moments, Sums

N, LAGS = 1003, 10
X = np.random.default_rng(0).normal([[5], [0], [-2]], 1, (3, N))
PART = np.random.default_rng(1).random((3, N)) < 0.8
PART[:, :200] = PART[:, 600:] = True  # some pieces without a row left out, before and after those with some
LAGGED = np.array([False, True, True])


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "PIECE", 64)
    monkeypatch.setattr(moments, "MOST_BATCHES", 64)


def sums(takes_part: Array | None = None, pieces: tuple[int, ...] = (N,), lags: int = LAGS) -> Sums:
    """Of X, where whole pieces without a row left out come without `takes_part`."""
    found, at = Moments(3, lags), 0
    found.lagged = LAGGED
    for rows in pieces:
        part = None if takes_part is None or takes_part[:, at : at + rows].all() else takes_part[:, at : at + rows]
        found.add(X[:, at : at + rows], part, None, {})
        at += rows
    return found.sums()


@pytest.mark.parametrize("takes_part", [None, PART], ids=["all rows", "some rows"])
@pytest.mark.parametrize("lags", [1, LAGS, 100, 1500])
def test_against_whole_arrays(takes_part: Array | None, lags: int) -> None:
    found = sums(takes_part, (N,) if takes_part is None else (64,) * 15 + (43,), lags)
    part = np.ones(X.shape, bool) if takes_part is None else takes_part
    mean = np.array([x[p].mean() for x, p in zip(X, part, strict=True)])
    d = np.where(part, X - mean[:, None], 0)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(found.squares, (d**2).sum(1), rtol=1e-12)
    np.testing.assert_array_equal(found.rows, part.sum(1))
    assert np.isnan(found.neighbours[:, 0]).all()
    assert np.isnan(found.batches[0]).all()
    for q in (1, 2):
        starts = np.arange(0, N, 16)
        np.testing.assert_allclose(found.batches[q], np.add.reduceat(d[q], starts), atol=1e-12)
        np.testing.assert_array_equal(found.rows_of_batch[q], np.add.reduceat(part[q].astype(float), starts))
        if takes_part is None:
            products = [d[q, :-k] @ d[q, k:] if k < N else 0 for k in range(1, lags + 1)]
            np.testing.assert_allclose(found.neighbours[:, q], products, atol=1e-10)


@pytest.mark.parametrize("pieces", [(1,) * N, (64, 939), (1000, 3), (7,) * 143 + (2,)])
def test_the_bits_do_not_depend_on_the_pieces(pieces: tuple[int, ...]) -> None:
    for takes_part in (None, PART):
        expected, found = sums(takes_part), sums(takes_part, pieces)
        for name in ("rows", "mean", "squares", "neighbours", "batches", "rows_of_batch", "below", "above"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
