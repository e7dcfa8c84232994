"""Threads that are kept between calls: nested calls, forks, errors."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import losscli
from losscli import parallel
from losscli.parallel import Workers, map_blocks, workers


def test_threads_are_kept_for_the_next_call() -> None:
    list(map_blocks(abs, range(20), 3))
    before = threading.active_count()
    for _ in range(5):
        assert list(map_blocks(lambda x: -x, range(20), 3)) == [-x for x in range(20)]
    assert threading.active_count() == before
    assert workers(1) is workers(2)


def test_a_call_takes_as_many_threads_as_it_asks_for() -> None:
    workers(7)
    used: set[int] = set()
    barrier = threading.Barrier(2)

    def one(i: int) -> None:
        used.add(threading.get_ident())
        if i < 2:
            barrier.wait(60)  # both threads have come

    workers(1).share(one, 100, 2)
    assert len(used) == 2


def test_calls_inside_of_calls_do_not_wait_for_each_other() -> None:
    pool = Workers(2)
    found = [[0] * 8 for _ in range(8)]

    def outer(i: int) -> None:
        pool.share(lambda k: found[i].__setitem__(k, i * k), 8)

    with ThreadPoolExecutor(4) as others:
        assert all(x.result(120) is None for x in [others.submit(pool.share, outer, 8) for _ in range(4)])
    assert found == [[i * k for k in range(8)] for i in range(8)]


def test_an_error_in_any_thread_is_raised() -> None:
    def one(i: int) -> None:
        if i == 37:
            raise ValueError("thirty-seven")

    with pytest.raises(ValueError, match="thirty-seven"):
        workers(3).share(one, 100)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_starts_threads_of_its_own() -> None:
    x = np.arange(600_000.0)
    expected = losscli.compute("mse", pred=x, target=x / 3, threads=2).value
    child = os.fork()
    if child == 0:
        same = losscli.compute("mse", pred=x, target=x / 3, threads=2).value == expected
        os._exit(0 if same and [*parallel._KEPT] == [os.getpid()] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
