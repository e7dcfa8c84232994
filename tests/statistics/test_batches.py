"""Batches of rows: their sums, and the same bits however the rows arrive."""

from __future__ import annotations

import numpy as np
import pytest

from losscli.statistics.batches import Batches

X = np.random.default_rng(0).standard_normal((2, 1003))


def batches(pieces: list[int], **limits: int) -> tuple[np.ndarray, np.ndarray]:
    found = Batches(2, **limits)
    for part in np.split(X, np.cumsum(pieces)[:-1], axis=1):
        found.add(part)
    return found.sums()


@pytest.mark.parametrize(("limits", "size"), [({}, 1), ({"least": 10}, 16), ({"most": 8}, 128), ({"most": 64, "least": 3}, 16)])
def test_the_sums_of_consecutive_rows(limits: dict[str, int], size: int) -> None:
    sums, rows = batches([1003], **limits)
    starts = np.arange(0, 1003, size)
    np.testing.assert_allclose(sums, np.add.reduceat(X, starts, axis=1), rtol=0, atol=1e-13)
    np.testing.assert_array_equal(rows, np.diff([*starts, 1003]))


@pytest.mark.parametrize("limits", [{}, {"least": 4}, {"most": 8}, {"most": 32, "least": 3}])
def test_the_bits_do_not_depend_on_the_pieces(limits: dict[str, int]) -> None:
    expected, rows = batches([1003], **limits)
    for pieces in ([1] * 1003, [0, 500, 503], [7] * 143 + [2], [1002, 1]):
        sums, counts = batches(pieces, **limits)
        np.testing.assert_array_equal(sums, expected)
        np.testing.assert_array_equal(counts, rows)


def test_rows_in_memory_that_is_used_again() -> None:
    found, memory = Batches(2, least=4), np.empty((2, 1))
    for row in X.T:
        memory[:, 0] = row
        found.add(memory)
    np.testing.assert_array_equal(found.sums()[0], batches([1003], least=4)[0])


def test_no_rows() -> None:
    sums, rows = Batches(3).sums()
    assert sums.shape == (3, 0)
    assert len(rows) == 0
