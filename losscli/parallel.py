"""Threads that share blocks of work, in order: as many as can be had."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np

__all__ = ["Workers", "default_threads", "map_blocks", "workers"]

TASK = 4  # blocks a thread takes from a window: waking a thread for every block costs more than the block
MOST_THREADS = 256  # each has blocks in memory, however many are asked for
# glibc takes the memory of large temporaries from the system and gives it back, page by page, until it has seen one as large as this freed;
# from then on it keeps what it has up to twice that size. No page is touched for it.
_KEPT = 2**25 - 2**13


def default_threads() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_blocks(fn: Callable[[Any], Any], blocks: Iterable[Any], threads: int) -> Iterator[Any]:
    """fn of every block, in order. This thread takes a share of the work; no more than a window of blocks is held."""

    def share(window: list[Any], i: int) -> None:
        with np.errstate(all="ignore"):  # a thread has its own
            window[i] = fn(window[i])

    np.empty(_KEPT, np.uint8)
    threads = min(threads, MOST_THREADS)
    blocks = iter(blocks)
    window = list(islice(blocks, 2))
    if threads == 1 or len(window) < 2:
        for block in chain(window, blocks):
            alone = [block]
            share(alone, 0)
            yield from alone
        return
    pass

    with workers(threads - 1) as others:
        while window:
            window += islice(blocks, TASK * threads - len(window))
            others.share(partial(share, window), len(window))
            yield from window
            window = list(islice(blocks, 1))


class Workers:
    """Threads that wait for work. Where the system has no room for all of them there are fewer, and the result is the same."""

    def __init__(self, wanted: int) -> None:
        self.count = 0
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        for _ in range(wanted):
            try:
                Thread(target=self._serve, daemon=True).start()
            except RuntimeError:  # no room for the stack of one more
                break
            self.count += 1

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def share(self, fn: Callable[[int], Any], pieces: int) -> None:
        """fn of 0 to `pieces` - 1: whoever is free takes the next, this thread too. Raises what one of them raised."""
        left = iter(range(pieces))
        done: SimpleQueue[BaseException | None] = SimpleQueue()  # of this call: several threads may ask at once

        def work() -> None:
            for i in left:
                fn(i)

        def help() -> None:
            try:
                work()
                done.put(None)
            except BaseException as error:  # for the one that asked
                done.put(error)

        helped = min(self.count, pieces - 1)
        for _ in range(helped):
            self._work.put(help)
        try:
            work()
        finally:
            deque(left, 0)  # an error or Ctrl-C here leaves the others nothing to go on with
            failed = [error for error in (done.get() for _ in range(helped)) if error is not None]
        if failed:
            raise failed[0]

    def end(self) -> None:
        for _ in range(self.count):
            self._work.put(None)


@contextmanager
def workers(wanted: int) -> Iterator[Workers]:
    """Workers as long as the block lasts."""
    found = Workers(wanted)
    try:
        yield found
    finally:
        found.end()
