"""The threads of NumPy's matrix products while several threads of ours compute blocks."""

from __future__ import annotations

from threading import Barrier, Thread

import numpy as np
import pytest

from losscli import parallel
from losscli.numeric import blas


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of threads that were set, in place of those of a BLAS; four at first."""
    said = [4]
    monkeypatch.setattr(blas, "_functions", lambda: (lambda: said[-1], said.append))
    return said


def test_a_product_takes_one_thread_while_blocks_are_computed_in_several(threads: list[int]) -> None:
    found = list(parallel.map_blocks(lambda block: (block, threads[-1]), range(5), 2))
    assert found == [(i, 1) for i in range(5)]
    assert threads == [4, 1, 4]


def test_one_thread_leaves_the_products_as_they_are(threads: list[int]) -> None:
    assert list(parallel.map_blocks(lambda block: threads[-1], range(5), 1)) == [4] * 5


def test_the_number_comes_back_after_an_error(threads: list[int]) -> None:
    with pytest.raises(ZeroDivisionError):
        list(parallel.map_blocks(lambda block: 1 / block, [1, 0], 2))
    assert threads == [4, 1, 4]


def test_the_last_of_several_at_once_sets_the_number_again(threads: list[int]) -> None:
    both = Barrier(2)

    def call() -> None:
        with blas.one_thread_a_product():
            both.wait(10)

    other = Thread(target=call)
    other.start()
    call()
    other.join()
    assert threads == [4, 1, 4]


@pytest.mark.skipif(blas._functions() is None, reason="NumPy has another BLAS here")
def test_the_functions_are_those_of_the_blas_of_numpy() -> None:
    functions = blas._functions()
    assert functions is not None
    get, _ = functions
    before = get()
    with blas.one_thread_a_product():
        assert get() == 1
        np.testing.assert_allclose(np.ones((300, 300)) @ np.ones((300, 300)), 300.0)
    assert get() == before >= 1
