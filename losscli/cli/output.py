"""The only place that writes: results to stdout or to a file that appears whole or not at all, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from losscli.errors import InputError, OutputError, UsageError, Warned, suggest
from losscli.render import FORMATS, SUFFIXES, Report, Style, write_format

__all__ = ["Destination", "destination", "emit", "say", "warn"]


class Destination:
    """Where a result goes and how it is written, decided before the work begins."""

    def __init__(self, path: str | None, format: str, style: Style) -> None:
        self.path, self.format, self.style = path, format, style


def destination(*, format: str | None, output: str | None, precision: int | None, color: str, rows: str = "10") -> Destination:
    """Raises UsageError for options that do not go together, OutputError for a place that cannot be written."""
    if format is not None and format not in FORMATS:
        raise UsageError(f"-f takes {', '.join(FORMATS)}, not {format!r}{suggest(format, FORMATS)}")
    if color not in ("auto", "always", "never"):
        raise UsageError(f"--color takes auto, always or never, not {color!r}")
    if precision is not None and not 1 <= precision <= 17:
        raise UsageError(f"--precision takes 1 to 17 significant digits, not {precision}")
    shown = None if rows == "all" else int(rows) if rows.isdigit() else -1
    if shown == -1:
        raise UsageError(f"--rows takes a number or all, not {rows!r}")
    if output is not None:
        suffix = Path(output).suffix.casefold()
        if format is None and suffix not in SUFFIXES:
            raise UsageError(f"-o {output}: the suffix {suffix!r} says no format: add -f {'|'.join(FORMATS)}, or use {', '.join(SUFFIXES)}")
        format = format or SUFFIXES[suffix]
        folder = Path(output).parent
        if not folder.is_dir():
            raise OutputError(f"cannot write {output}: there is no folder {folder}")
        if Path(output).is_dir():
            raise OutputError(f"cannot write {output}: it is a folder")
    terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    colour = {"always": True, "never": False}.get(color)
    if colour is None:
        colour = bool(os.environ.get("FORCE_COLOR")) or (terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
    import shutil

    width = shutil.get_terminal_size().columns if terminal else 100
    style = Style(precision, shown, terminal or (colour and output is None), colour and output is None, width)
    return Destination(output, format or "table", style)


def emit(report: Report, to: Destination, values: Any = None) -> None:
    """Write the report. Raises OutputError; a reader that has gone away is no error."""
    if to.format == "npy":
        _write_file(to.path or "", _npy(values))
        return
    pieces = (piece.encode() for piece in write_format(to.format, report, to.style))
    if to.path is not None:
        _write_file(to.path, pieces)
    else:
        _write_stdout(write_format(to.format, report, to.style))


def _npy(values: Any) -> Iterable[bytes]:
    if values is None:
        raise UsageError("an NPY file holds the values of the elements: add -r none")
    from io import BytesIO

    import numpy as np

    buffer = BytesIO()
    np.save(buffer, np.asarray(values))
    yield buffer.getvalue()


def _write_stdout(pieces: Iterable[str]) -> None:
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Unicode gets a ? for a √
    try:
        for piece in pieces:
            sys.stdout.write(piece)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - so that the interpreter's own flush at exit finds a place to go
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        raise OutputError(f"cannot write to standard output: {_reason(error)}") from None


def _write_file(path: str, pieces: Iterable[bytes]) -> None:
    """By way of a neighbour that takes the file's place when it is complete; devices and pipes are written as they are."""
    target = Path(os.path.realpath(path))
    plain = not target.exists() or target.is_file()
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp") if plain else target
    try:
        try:
            with beside.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
            if plain:
                if target.exists():
                    beside.chmod(target.stat().st_mode & 0o7777)
                beside.replace(target)
        except BaseException:
            if plain:
                beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


def say(text: str) -> None:
    """A line on stderr; where there is none, nothing."""
    if sys.stderr is not None:
        try:
            if hasattr(sys.stderr, "reconfigure"):
                sys.stderr.reconfigure(errors="replace")
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
