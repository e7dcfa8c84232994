"""End the command after a signal, without a message and without a half-written file."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["end_cleanly", "undo_on_failure"]

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


def _end(number: int, frame: object) -> None:
    for undo in reversed(_UNDO):
        with suppress(Exception):
            undo()
    if number == signal.SIGINT:
        os._exit(130)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
