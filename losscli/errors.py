"""What can go wrong, with the exit code of each; and the warnings, which do not stop anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum

from losscli.record import Record

__all__ = ["ExitCode", "InputError", "LossError", "OutputError", "UsageError", "Warned", "counted", "errors_at", "suggest"]


MANY = 2000  # names: comparing a word with as many takes a tenth of a second


class ExitCode(IntEnum):
    """What the command's exit code says."""

    DONE = 0
    GATE = 1
    USAGE = 2
    INPUT = 3
    OUTPUT = 4
    INTERNAL = 70
    INTERRUPTED = 130


class LossError(Exception):
    """Something that the user can mend; the message says what, where and how."""

    code = ExitCode.INTERNAL


class UsageError(LossError, ValueError):
    """An option, the name of a loss or of a parameter, or a parameter's value."""

    code = ExitCode.USAGE


class InputError(LossError, ValueError):
    """A file, a column, a shape, a value or a number of rows."""

    code = ExitCode.INPUT


class OutputError(LossError):
    """The result could not be written."""

    code = ExitCode.OUTPUT


@contextmanager
def errors_at(place: str) -> Iterator[None]:
    """What is raised meanwhile says where it was asked for."""
    try:
        yield
    except LossError as error:
        raise type(error)(f"{place}: {error}") from error.__cause__


class Warned(Record):
    """Something that looks wrong: a stable code, and what to do instead."""

    code: str
    message: str


def suggest(word: str, choices: Iterable[str]) -> str:
    """' (did you mean x?)' where something close to the word is among the choices, else ''."""
    from difflib import get_close_matches

    written = {c.casefold(): c for c in choices}
    near = list(written)
    if len(near) > MANY:
        near = [c for c in near if c[:1] == word[:1].casefold() and abs(len(c) - len(word)) < 3][:MANY]
    close = get_close_matches(word.casefold(), near, n=2, cutoff=0.6)
    return f" (did you mean {' or '.join(written[c] for c in close)}?)" if close else ""


def counted(number: int, noun: str) -> str:
    """'1 row', '2 rows'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
