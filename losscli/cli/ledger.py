"""Append a line to a ledger: whole or not at all, and only if no other run has written since the ledger was read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from losscli.cli.messages import os_errors_as_output_errors
from losscli.errors import OutputError
from losscli.results.ledger import Entry, Ledger

__all__ = ["append"]


def append(ledger: Ledger, entry: Entry, verdict: str) -> None:
    """Append the line of an entry. Raises OutputError where another run has written meanwhile, and where the file cannot be written."""
    line = ledger.line(entry, verdict)
    with os_errors_as_output_errors(f"cannot write {ledger.path}"):
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
