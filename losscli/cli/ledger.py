"""The ledger of `compare --fail-if-worse`: its bets decide, and a line is appended, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from losscli.cli.destination import refuse_link
from losscli.cli.messages import os_errors_as_output_errors
from losscli.errors import OutputError
from losscli.results.ledger import Entry, Ledger

if TYPE_CHECKING:
    from losscli.cli.request import CompareRequest
    from losscli.experiment.comparing import Ran
    from losscli.results.comparison import Comparison

__all__ = ["append", "with_ledger"]


def with_ledger(request: CompareRequest, ran: Ran, comparison: Comparison) -> Comparison:
    """The comparison with the decisions of the bets, after they were written to the ledger.

    Raises UsageError and InputError for a file that is no ledger of this gate, OutputError where it cannot be written.
    """
    from datetime import UTC, datetime

    from losscli.experiment.questions import questions_of
    from losscli.results.ledger import entry_of, read_ledger
    from losscli.results.ledger_gate import in_doubt, outcome_of, signature_of, with_bets

    allowed = request.margins.worse
    if request.ledger is None or allowed is None:
        raise AssertionError("a ledger without --fail-if-worse")
    ledger = read_ledger(request.ledger, signature_of(comparison, allowed.text))
    doubted = in_doubt(comparison)
    questions = [q for q in questions_of(ran, comparison, allowed) if (q.prediction, q.loss) not in doubted]
    if not questions:
        return comparison
    entry, known = entry_of(ledger, questions, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    decided = with_bets(comparison, entry, ledger.path, known or len(ledger.entries) + 1, repeated=known is not None)
    if known is None:
        append(ledger, entry, outcome_of(decided))
    return decided


def append(ledger: Ledger, entry: Entry, verdict: str) -> None:
    """Append the line of an entry. Raises OutputError where another run has written meanwhile, and where the file cannot be written."""
    line = ledger.line(entry, verdict)
    with os_errors_as_output_errors(f"cannot write {ledger.path}"):
        refuse_link(ledger.path)
        file = os.open(ledger.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with _locked(file):
                if os.fstat(file).st_size != ledger.size:
                    raise OutputError(f"another run has written to {ledger.path} meanwhile: run this gate again")
                _write(file, line, ledger)
        finally:
            os.close(file)


def _write(file: int, line: bytes, ledger: Ledger) -> None:
    """Write a line with one call, or undo it. Raises OSError, and OutputError for a full disk that took a part."""
    written = os.write(file, line)
    if written != len(line):
        os.ftruncate(file, ledger.size)
        raise OutputError(f"cannot write {ledger.path}: no space left on device")


@contextmanager
def _locked(file: int) -> Iterator[None]:
    """Keep other runs from writing, where the system has such locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)
