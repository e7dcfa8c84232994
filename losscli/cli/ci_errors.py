"""Errors for CI: with -f github an annotation, with -f junit a test suite with one error, beside the message on stderr."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

__all__ = ["report_error"]

_OURS = b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="losscli"'  # how a report of ours begins


def report_error(message: str, argv: list[str]) -> None:
    """Write the error in the format of the CI that the command line asks for, if it does.

    An annotation goes to standard output, a test suite to the file of -o. No other file than an earlier report of ours is replaced.
    """
    format, output = _value(argv, "-f", "--format"), _value(argv, "-o", "--output")
    if format is None and output is not None and output.casefold().endswith(".xml"):
        format = "junit"
    if format not in ("github", "junit"):
        return
    from losscli.render.ci import github_error, junit_error

    if format == "github":
        _to_stdout(github_error(message))
    elif output in (None, "-"):
        _to_stdout(junit_error(message))
    elif output is not None:
        _to_file(Path(output), junit_error(message))


def _value(argv: list[str], short: str, long: str) -> str | None:
    """The value of an option on a command line that may be wrong."""
    for word, following in itertools.pairwise([*argv, ""]):
        if word in (short, long):
            return following
        if word.startswith(f"{long}="):
            return word.partition("=")[2]
        if word.startswith(short) and not word.startswith("--"):
            return word.removeprefix(short).removeprefix("=")
    return None


def _to_stdout(text: str) -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError:
        pass


def _to_file(path: Path, text: str) -> None:
    """Write a report, whole or not at all. The message on stderr stays, so a file that cannot be written is no second error."""
    temporary = path.with_name(f".losscli-{os.urandom(12).hex()}.tmp")
    try:
        if path.exists() and not (path.is_file() and path.read_bytes()[: len(_OURS)] == _OURS):
            return
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
