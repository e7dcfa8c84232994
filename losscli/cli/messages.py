"""Lines on standard error: messages, warnings, verdicts, tracebacks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from losscli.errors import ExitCode, InputError, OutputError, Warned
from losscli.render.grid import clean

if TYPE_CHECKING:
    from losscli.results.checks import Verdict

__all__ = ["os_errors_as_output_errors", "reason_of", "report_verdicts", "say", "say_code", "warn"]

LONGEST = 1500  # characters of a line


def say(text: str) -> None:
    """One line on stderr; a line break in a name, a key or a message does not make two of it. Without stderr, nothing."""
    _print(_shortened(clean(text)))


def say_code(text: str) -> None:
    """The lines of a traceback or of a help, as they are."""
    _print(text)


def _shortened(line: str) -> str:
    """A line that is too long loses its middle: the end of a message says what to do."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST * 2 // 3]} … {line[-LONGEST // 3 :]}"


def _print(text: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
        except OSError:
            pass


def warn(warnings: Iterable[Warned], *, quiet: bool, strict: bool) -> None:
    """Each warning as a line on stderr. With `strict`, raises InputError for the first."""
    for w in warnings:
        if strict:
            raise InputError(f"{w.code} {w.message} (an error because of --strict)")
        if not quiet:
            say(f"warning: {w.code} {w.message}")


def report_verdicts(verdicts: Sequence[Verdict], *, quiet: bool) -> ExitCode:
    """Say how each check ended. The exit code says whether all passed."""
    for line in [] if quiet else [line for verdict in verdicts for line in verdict.lines()]:
        say(line)
    return ExitCode.DONE if all(verdict.passed for verdict in verdicts) else ExitCode.GATE


@contextmanager
def os_errors_as_output_errors(where: str) -> Iterator[None]:
    """Raises OutputError for what the system refuses meanwhile; `where` begins the message."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{where}: {reason_of(error)}") from None


def reason_of(error: OSError) -> str:
    """The system's reason, as the end of a sentence."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
