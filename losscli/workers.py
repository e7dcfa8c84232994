"""Threads that share the pieces of some work with the one that asks: as many as can be had."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import Any

__all__ = ["Workers", "workers"]


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
