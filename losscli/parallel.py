"""Threads that process blocks in parallel and return the results in the order of the blocks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from losscli.numeric.blas import one_thread_a_product

if TYPE_CHECKING:
    from queue import SimpleQueue

__all__ = ["WINDOW", "Workers", "address_space", "default_threads", "map_blocks", "workers"]

T = TypeVar("T")
R = TypeVar("R")

WINDOW = 4  # blocks for each thread in a window: to wake a thread for every block costs more than the block
MAX_THREADS = 256  # an upper limit on --threads, since each thread has blocks in memory
# glibc returns the memory of each large array to the system, and requests it again, page by page, for the next array. After an array of
# this size was freed, glibc keeps up to twice that size. Nothing is written to this array, so it takes no memory.
_LARGE_ARRAY = 2**25 - 2**13


def default_threads() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def address_space() -> int | None:
    """How many bytes of addresses the process may still use; None where it has no limit, or where that is not known."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        with open("/proc/self/statm", encoding="ascii") as numbers:
            return limit - int(numbers.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return None


def map_blocks(fn: Callable[[T], R], blocks: Iterable[T], threads: int, window_of_thread: int = WINDOW) -> Iterator[R]:
    """Call fn on every block and yield the results in order. The calling thread works too; at most one window of blocks is in memory.

    A window is `window_of_thread` blocks for each thread: few where a result is large.

    Raises what fn raises.
    """
    with suppress(MemoryError):
        np.empty(_LARGE_ARRAY, np.uint8)
    threads = min(threads, MAX_THREADS)
    blocks = iter(blocks)
    window: list[Any] = list(islice(blocks, 2))
    if threads == 1 or len(window) < 2:
        for block in chain(window, blocks):
            yield _quietly(fn, block)
        return
    others = workers(threads - 1)
    with one_thread_a_product():
        while window:
            window += islice(blocks, window_of_thread * threads - len(window))
            others.share(partial(_replace, fn, window), len(window), threads)
            yield from window
            window = list(islice(blocks, 1))


def _replace(fn: Callable[[Any], Any], window: list[Any], i: int) -> None:
    """Put the result in place of a block, which frees the block."""
    window[i] = _quietly(fn, window[i])


def _quietly(fn: Callable[[T], R], block: T) -> R:
    """Call fn on a block without NumPy's warnings. Each thread has its own settings of these."""
    with np.errstate(all="ignore"):
        return fn(block)


class Workers:
    """Threads that wait for work. Where the system has no memory for all of them, fewer are started; the results are the same."""

    def __init__(self, count: int) -> None:
        from queue import SimpleQueue

        self.count = 0
        self._new_queue = SimpleQueue
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._starting = Lock()
        self.grow(count)

    def grow(self, count: int) -> None:
        """Start threads until there are `count`."""
        if self.count >= count:
            return
        with self._starting:
            while self.count < count:
                try:
                    Thread(target=self._serve, daemon=True).start()
                except RuntimeError:  # no memory for another stack
                    return
                self.count += 1

    def _serve(self) -> None:
        while True:
            self._work.get()()

    def share(self, fn: Callable[[int], Any], pieces: int, threads: int = MAX_THREADS) -> None:
        """Call fn with each of 0 to `pieces` - 1. Each of `threads` threads, the calling one too, takes the next number when it is free.

        Raises what a call raises.
        """
        numbers = iter(range(pieces))
        helpers = max(0, min(self.count, pieces - 1, threads - 1))
        waiting = deque(range(helpers))  # the requests for help that no thread has answered yet
        done: SimpleQueue[BaseException | None] = self._new_queue()  # for this call only: several threads may call `share` at once

        def work() -> None:
            for i in numbers:
                fn(i)

        def help() -> None:
            if not _took_one(waiting):
                return
            try:
                work()
                done.put(None)
            except BaseException as error:  # it is raised again in the calling thread
                done.put(error)

        for _ in range(helpers):
            self._work.put(help)
        try:
            work()
        finally:
            deque(numbers, 0)  # uses up the numbers, so that the other threads stop after an error or Ctrl-C in this one
            while _took_one(waiting):  # not waited for: all threads may be waiting for others here
                helpers -= 1
            errors = [error for error in (done.get() for _ in range(helpers)) if error is not None]
        if errors:
            raise errors[0]


def _took_one(waiting: deque[int]) -> bool:
    """Whether a request was left, which no other thread gets then."""
    try:
        waiting.pop()
    except IndexError:
        return False
    return True


_KEPT: dict[int, Workers] = {}  # by process: a fork has none of the threads


def workers(count: int) -> Workers:
    """At least `count` threads, if the system has memory for them. They are kept: to start a thread takes as long as a block of numbers."""
    process = os.getpid()
    if process not in _KEPT:
        _KEPT.clear()
        _KEPT[process] = Workers(0)
    _KEPT[process].grow(count)
    return _KEPT[process]
