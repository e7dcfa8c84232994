"""Errors that a user can correct, each with its exit code; warnings; and phrases that several messages use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any

from losscli.record import Record
from losscli.text import shortened

__all__ = [
    "FOR_SCORES",
    "DataWarning",
    "ExitCode",
    "InputError",
    "LossError",
    "OutputError",
    "UsageError",
    "counted",
    "errors_at",
    "errors_by_name",
    "fits_in_memory",
    "shape_or_type",
    "suggest",
]  # fmt: skip


FOR_SCORES = (  # where decided labels are expected
    "binary_accuracy takes probabilities of one class (--threshold), categorical_accuracy and top_k_accuracy a score for each class"
)
SIMILAR = 0.6  # twice the letters that two words have in common, divided by all their letters
MANY = 2000  # names: comparing a word with more names takes over a tenth of a second


class ExitCode(IntEnum):
    """The exit codes of the command."""

    DONE = 0
    GATE = 1
    USAGE = 2
    INPUT = 3
    OUTPUT = 4
    INTERNAL = 70
    INTERRUPTED = 130


class LossError(Exception):
    """An error that the user can correct. The message says what is wrong, where, and how to correct it."""

    code = ExitCode.INTERNAL

    def __init__(self, message: str = "") -> None:
        super().__init__(shortened(message))  # a name in it may have megabytes


class UsageError(LossError, ValueError):
    """A wrong option, name of a loss or of a parameter, or value of a parameter."""

    code = ExitCode.USAGE


class InputError(LossError, ValueError):
    """A wrong file, column, shape, value or number of rows."""

    code = ExitCode.INPUT


class OutputError(LossError):
    """The result could not be written."""

    code = ExitCode.OUTPUT


@contextmanager
def errors_at(place: str) -> Iterator[None]:
    """Put a place ('objective.yaml:5: name') before the message of every LossError that the block raises."""
    try:
        yield
    except LossError as error:
        raise type(error)(f"{place}: {error}") from error.__cause__


@contextmanager
def errors_by_name(loss: str, asked: str) -> Iterator[None]:
    """Put the name that was asked for, such as accuracy, where the message of a LossError begins with the loss's own, zero_one.

    A framework's name, and a function of a file, stay as they are.
    """
    try:
        yield
    except LossError as error:
        text = str(error)
        if text.startswith((f"{loss}:", f"{loss} ")) and "." not in asked and "::" not in asked:
            error.args = (asked + text.removeprefix(loss),)
        raise


@contextmanager
def fits_in_memory(what: str, instead: str) -> Iterator[None]:
    """Turn a MemoryError of the block into an InputError that says what does not fit in memory, and what would."""
    try:
        yield
    except MemoryError as error:
        error.__traceback__ = None  # its frames hold what there is no memory for
        raise InputError(f"not enough memory for {what}{_asked_for(error)}: {instead}") from None


def _asked_for(error: MemoryError) -> str:
    """' (7.45 GiB at once)' for an error of NumPy; '' for another, which does not say how much."""
    size, found, _ = str(error).removeprefix("Unable to allocate ").partition(" for an array")
    return f" ({size} at once)" if found else ""


class DataWarning(Record):
    """A warning: its code, which never changes, and a message that says what looks wrong and what to do."""

    code: str
    message: str

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, shortened(message))


def suggest(word: str, choices: Iterable[str]) -> str:
    """' (did you mean x?)' with the choices that are most similar to the word; '' where no choice is similar."""
    from difflib import get_close_matches

    as_written = {c.casefold(): c for c in choices}
    candidates = list(as_written)
    if len(candidates) > MANY:
        candidates = [c for c in candidates if c[:1] == word[:1].casefold() and abs(len(c) - len(word)) < 3][:MANY]
    least, most = SIMILAR / (2 - SIMILAR) * len(word), (2 - SIMILAR) / SIMILAR * len(word)
    candidates = [c for c in candidates if least <= len(c) <= most]  # others cannot be similar, and comparing takes long for long words
    similar = get_close_matches(word.casefold(), candidates, n=2, cutoff=SIMILAR)
    return f" (did you mean {' or '.join(as_written[c] for c in similar)}?)" if similar else ""


def counted(number: int, noun: str) -> str:
    """A number with its noun: '1 row', '2 rows'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shape_or_type(x: Any) -> str:
    """Describe a value: 'shape (3, 2) of float64', 'a value of type dict', 'None'; for a tuple, each of its parts."""
    if isinstance(x, tuple):
        return "(" + ", ".join(map(shape_or_type, x)) + ")"
    if hasattr(x, "shape") and hasattr(x, "dtype"):
        return f"shape {x.shape} of {x.dtype}"
    return "None" if x is None else f"a value of type {type(x).__name__}"
