"""Keep standard output for the result: the prints of a user's code go to stderr, and so do its warnings, as lines of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any

__all__ = ["fill_closed", "to_stderr", "warnings_as_lines"]

OUT, ERR = 1, 2  # file descriptors


def fill_closed() -> None:
    """Open the null device for every closed standard stream: else the next opened file gets its number, and messages go into that file."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


@contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Show the warnings of Python that a user's function or a library gives as one line each: `warning: FILE:LINE: …`."""
    import warnings

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: str | None = None
    ) -> None:
        from losscli.cli.messages import say

        say(f"warning: {filename}:{lineno}: {category.__name__}: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


@contextmanager
def to_stderr() -> Iterator[None]:
    """Send prints, and output of C code to standard output, to stderr until the block ends."""
    with redirect_stdout(sys.stderr):
        if sys.__stdout__ is None or _number(sys.__stdout__) != OUT:
            yield
            return
        with suppress(OSError, ValueError):
            sys.__stdout__.flush()
        original = os.dup(OUT)
        try:
            _point(OUT)
            yield
        finally:
            with suppress(OSError, ValueError):
                sys.__stdout__.flush()
            os.dup2(original, OUT)
            os.close(original)


def _point(number: int) -> None:
    """Make a file descriptor a copy of stderr, or of the null device where there is no stderr."""
    if sys.__stderr__ is not None and _number(sys.__stderr__) == ERR:
        os.dup2(ERR, number)
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, number)
    os.close(nothing)


def _number(stream: object) -> int | None:
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return None
