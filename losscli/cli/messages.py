"""Lines on standard error: messages, warnings, verdicts, tracebacks."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from losscli.cli.colours import chosen_color, wants_colour
from losscli.errors import DataWarning, ExitCode, InputError, OutputError
from losscli.text import clean, one_line

if TYPE_CHECKING:
    from losscli.results.checks import Verdict
    from losscli.results.noninferiority import Outcome

__all__ = ["note_names", "os_errors_as_output_errors", "reason_of", "report_verdicts", "say", "say_code", "say_lines", "warn"]

SLICES = 20  # verdicts of slices that are printed
_RED, _GREEN, _YELLOW, _CYAN = "1;31", "1;32", "1;33", "1;36"
_COLOURS = defaultdict(
    lambda: _RED, {"warning:": _YELLOW, "note:": _CYAN, "gate passed": _GREEN, "gate inconclusive": _YELLOW}
)  # an error or a failed gate is red


def say(text: str) -> None:
    """Print one line on stderr. A line break in a name, a key or a message is removed. Where stderr is closed, nothing is printed."""
    line = one_line(text)
    _print(_coloured(line) if wants_colour(sys.stderr, chosen_color()) else line)


def say_lines(text: str) -> None:
    """Print the lines of a traceback on stderr, without characters that act on a terminal."""
    _print("\n".join(map(clean, text.split("\n"))))


def say_code(text: str) -> None:
    """Print text that is ready to be shown, with its colours: a help, tables."""
    _print(text)


def _coloured(line: str) -> str:
    """The line with its first words in the colour of what they say."""
    beginning = re.match(r"(?:internal )?error:|warning:|note:|no match:|gate [a-z]+(?=:)", line)
    if beginning is None:
        return line
    return f"\x1b[{_COLOURS[beginning[0]]}m{beginning[0]}\x1b[0m{line[beginning.end() :]}"


def _print(text: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
        except OSError:
            sys.stderr = None  # what it has buffered cannot be written: Python would try it again at the end, and exit with 120


def warn(warnings: Iterable[DataWarning], *, quiet: bool, strict: bool) -> None:
    """Print each warning as a line on stderr. With `strict`, raises InputError for the first."""
    for w in warnings:
        if strict:
            raise InputError(f"{w.code} {w.message} (an error because of --strict)")
        if not quiet:
            say(f"warning: {w.code} {w.message}")


def note_names(notes: Iterable[str], *, quiet: bool) -> None:
    """Print once each note on a name that has several meanings."""
    for text in () if quiet else dict.fromkeys(filter(None, notes)):
        say(f"note: {text}")


def report_verdicts(verdicts: Sequence[Verdict], of_slices: Sequence[Verdict] = (), *, quiet: bool) -> ExitCode:
    """Print the outcome of each check, of many slices the worst; with `quiet` those that failed. The exit code says whether one did."""
    shown, rest = of_slices, ""
    if len(of_slices) > SLICES:
        worst_first = sorted(of_slices, key=lambda v: ("fail", "inconclusive", "pass").index(v.outcome))
        shown, left = worst_first[:SLICES], Counter(v.outcome for v in worst_first[SLICES:])
        words: dict[Outcome, str] = {"fail": "failed", "inconclusive": "inconclusive", "pass": "passed"}
        rest = f"… {len(of_slices) - SLICES:,} more gates of slices: " + ", ".join(f"{left[o]:,} {w}" for o, w in words.items() if left[o])
    gates = [gate for verdict in [*verdicts, *shown] for gate in verdict.gates()]
    for line in [gate.line for gate in gates if gate.outcome == "fail" or not quiet] + [rest] * bool(rest and not quiet):
        say(line)
    return ExitCode.GATE if any(verdict.failed for verdict in [*verdicts, *of_slices]) else ExitCode.DONE


@contextmanager
def os_errors_as_output_errors(where: str) -> Iterator[None]:
    """Turn an OSError of the block into an OutputError, whose message begins with `where`."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{where}: {reason_of(error)}") from None


def reason_of(error: OSError) -> str:
    """The reason of the operating system, as the end of a sentence."""
    reason = error.strerror or str(error)
    return reason[:1].lower() + reason[1:]
