"""Lines on standard error: messages, warnings, code."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from losscli.errors import InputError, OutputError, Warned
from losscli.render.grid import clean

__all__ = ["reason_of", "reported", "say", "say_code", "warn"]

LONGEST = 1500  # characters of a line


def say(text: str) -> None:
    """One line on stderr, which no name, key or message in it can make two of; where there is no stderr, nothing."""
    _print(_cut(clean(text)))


def say_code(text: str) -> None:
    """The lines of a traceback or of a help, as they are."""
    _print(text)


def _cut(line: str) -> str:
    """What is too long for a line without its middle: a message says at its end how to mend it."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST * 2 // 3]} … {line[-LONGEST // 3 :]}"


def _print(text: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
        except OSError:
            pass


def warn(warnings: Iterable[Warned], *, quiet: bool, strict: bool) -> None:
    """The warnings on stderr, a line each. Raises InputError for the first where they are to be errors."""
    for w in warnings:
        if strict:
            raise InputError(f"{w.code} {w.message} (an error because of --strict)")
        if not quiet:
            say(f"warning: {w.code} {w.message}")


@contextmanager
def reported(where: str) -> Iterator[None]:
    """A file system's refusal as an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{where}: {reason_of(error)}") from None


def reason_of(error: OSError) -> str:
    """What the system says, as the end of a sentence."""
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]
