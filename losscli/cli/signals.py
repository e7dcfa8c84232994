"""End the command after a signal, without a message and without a half-written file."""

from __future__ import annotations

import _thread
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["end_also_in_libraries", "end_cleanly", "undo_on_failure"]

PATIENCE = 0.5  # seconds that the main thread has to act on a signal

_UNDO: list[Callable[[], object]] = []


@contextmanager
def undo_on_failure(undo: Callable[[], object]) -> Iterator[None]:
    """Call `undo` when the block ends with an error, or when a signal ends the process."""
    _UNDO.append(undo)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            undo()
        raise
    finally:
        _UNDO.remove(undo)


def end_cleanly() -> None:
    """From now on SIGINT, SIGHUP and SIGTERM call every `undo` of a running block and end the process at once.

    A signal raises no exception, since it could be raised where no code can catch it: in an import, or while an object is deleted.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # a signal that nohup ignores stays ignored
            signal.signal(number, _end)


def end_also_in_libraries() -> None:
    """From now on a signal ends the process also while the main thread is inside of a library: Python calls no function of ours then.

    A thread waits for signals too, and acts where the main thread does not. Where addresses are limited there is none: it takes 100 MB.
    """
    if _addresses_are_limited():
        return
    received, sent = os.pipe()
    os.set_blocking(sent, False)
    try:
        _thread.start_new_thread(_end_later, (received,))
    except RuntimeError:
        os.close(received)
        os.close(sent)
        return
    signal.set_wakeup_fd(sent, warn_on_full_buffer=False)


def _addresses_are_limited() -> bool:
    try:
        import resource
    except ImportError:  # not on Windows
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _end_later(received: int) -> None:
    while number := os.read(received, 1):
        if signal.getsignal(number[0]) is _end:
            time.sleep(PATIENCE)
            _undo_all()
            os._exit(128 + number[0])


def _end(number: int, frame: object) -> None:
    _undo_all()
    if number == signal.SIGINT:
        os._exit(130)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _undo_all() -> None:
    for undo in reversed(_UNDO):
        with suppress(Exception):
            undo()
