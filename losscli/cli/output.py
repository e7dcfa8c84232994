"""The only place that writes: results to stdout or to a file that appears whole or not at all, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from losscli.errors import InputError, OutputError, UsageError, Warned, suggest
from losscli.render import FORMATS, SUFFIXES, Report, Style, write_format

__all__ = ["Destination", "destination", "emit", "refuse_to_overwrite", "say", "stdout_guarded", "warn"]


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
    shown = None if rows == "all" else int(rows) if rows.isdecimal() and rows.isascii() else -1
    if shown == -1:
        raise UsageError(f"--rows takes a number or all, not {rows!r}")
    if output == "-" or output in _STDOUT:
        output, format = None, format or "table"
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

    width = shutil.get_terminal_size().columns if terminal else 10_000  # a pipe does not wrap
    style = Style(precision, shown, terminal or (colour and output is None), colour and output is None, width)
    return Destination(output, format or "table", style)


def emit(report: Report, to: Destination, values: Any = None) -> None:
    """Write the report. Raises OutputError; a reader that has gone away is no error."""
    if to.format == "npy":
        _write_file(to.path or "", _npy(values))
    elif to.path is not None:
        _write_file(to.path, (piece.encode() for piece in write_format(to.format, report, to.style)))
    else:
        _write_stdout(write_format(to.format, report, to.style), exact=to.format not in ("table", "markdown"))


def _npy(values: Any) -> Iterable[bytes]:
    if values is None:
        raise UsageError("an NPY file holds the values of the elements: add -r none")
    from io import BytesIO

    import numpy as np

    buffer = BytesIO()
    np.save(buffer, np.asarray(values))
    yield buffer.getvalue()


def _write_stdout(pieces: Iterable[str], exact: bool) -> None:
    """What a machine reads goes out as UTF-8 whatever the terminal's alphabet is: an id is data, and must not become a question mark."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    raw = getattr(sys.stdout, "buffer", None) if exact else None
    with stdout_guarded():
        for piece in pieces:
            if raw is None:
                sys.stdout.write(piece)
            else:
                raw.write(piece.encode())
        sys.stdout.flush()


@contextmanager
def stdout_guarded() -> Iterator[None]:
    """A reader that has gone away ends the writing quietly; a full disk is an OutputError."""
    try:
        yield
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - so that the interpreter's own flush at exit finds a place to go
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"cannot write to standard output: {_reason(error)}") from None


_STDOUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def _write_file(path: str, pieces: Iterable[bytes]) -> None:
    """By way of a neighbour that takes the file's place when it is complete; devices and pipes are written as they are."""
    target = Path(os.path.realpath(path))
    plain = not Path(path).exists() or target.is_file()
    beside = target.with_name(f".{target.name}.{os.getpid()}.tmp") if plain else Path(path)
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


def refuse_to_overwrite(output: str | None, inputs: Iterable[str]) -> None:
    """Raise UsageError where the result would take the place of what it is made from."""
    for name in inputs:
        if output is not None and Path(output).exists() and Path(name).exists() and Path(output).samefile(name):
            raise UsageError(f"-o {output} is read as well: write the result to another file")


def _reason(error: OSError) -> str:
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


def say(text: str) -> None:
    """A line on stderr; where there is none, nothing."""
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
