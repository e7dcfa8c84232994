"""Where a result is written and in which format. This is decided before anything is computed."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from losscli.cli.colours import wants_colour
from losscli.cli.messages import os_errors_as_output_errors
from losscli.errors import OutputError, UsageError
from losscli.record import EMPTY, Record
from losscli.render.formats import FORMATS, SUFFIXES, Format, Style

__all__ = ["Destination", "destination", "refuse_link", "refuse_to_overwrite"]


class Destination(Record):
    """Where and how a result is written."""

    path: str | None  # None for standard output
    format: Format
    style: Style
    append: bool = False  # to a file that other steps of the CI write too
    beside: Style | None = None  # of the tables on standard error beside a file; None: nothing is shown there


def destination(
    *,
    format: str | None,
    output: str | None,
    precision: int | None,
    color: str,
    rows: int | None,
    configuration: Mapping[str, Any] = EMPTY,
) -> Destination:
    """The destination from the values of options. `configuration` says which of all options a file or a variable set.
    Beside a file the tables are shown on standard error, where it is a terminal.

    Raises UsageError for a file whose suffix names no format, OutputError for a file that cannot be written.
    """
    path = None if output == "-" or output in _STDOUT else output
    chosen = _format(format, path)
    append = path is None and chosen.log is not None and bool(os.environ.get("GITHUB_STEP_SUMMARY"))
    path = os.environ["GITHUB_STEP_SUMMARY"] if append else path
    if path is not None:
        with os_errors_as_output_errors(f"cannot write {path}"):
            _check_place(path)
    style = _style(chosen, path, precision, color, rows).but(configuration=configuration)
    return Destination(path, chosen, style, append, None if path is None or append else _beside(color, rows, precision))


_STDOUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def _format(name: str | None, path: str | None) -> Format:
    """The format from -f, or else from the suffix of the file."""
    if name is not None or path is None:
        return FORMATS[name or "table"]
    suffix = Path(path).suffix.casefold()
    if suffix not in SUFFIXES:
        names = "|".join(f.name for f in FORMATS.values() if not f.binary)
        raise UsageError(f"-o {path}: the suffix {suffix!r} names no format: add -f {names}, or use {', '.join(SUFFIXES)}")
    return SUFFIXES[suffix]


def _style(format: Format, path: str | None, precision: int | None, color: str, rows: int | None) -> Style:
    """The style of tables: lines that fit a terminal, and colours there unless the user or the environment turns them off."""
    import shutil

    terminal = path is None and sys.stdout is not None and sys.stdout.isatty()
    colour = wants_colour(sys.stdout if path is None else None, color)
    drawn = format.colour and path is None
    width = shutil.get_terminal_size().columns if terminal else 10_000  # a pipe does not wrap
    return Style(precision, rows, drawn and (terminal or colour), drawn and colour, width, path is None and not _has_unicode(sys.stdout))


def _beside(color: str, rows: int | None, precision: int | None) -> Style | None:
    """The style of tables on standard error; None where it is no terminal."""
    import shutil

    if sys.stderr is None or not sys.stderr.isatty():
        return None
    width = shutil.get_terminal_size().columns
    return Style(precision, rows, True, wants_colour(sys.stderr, color), width, not _has_unicode(sys.stderr))


def _has_unicode(stream: IO[str] | None) -> bool:
    """Whether a stream takes every character."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


def _check_place(output: str) -> None:
    """Raise OutputError, or the OSError of the system, where the file cannot be created or replaced."""
    file = Path(output)
    if not file.parent.is_dir():
        raise OutputError(f"cannot write {output}: there is no folder {file.parent}")
    if file.is_dir() or output.endswith(("/", os.sep)):
        raise OutputError(f"cannot write {output}: it is a folder")
    refuse_link(output)
    if file.exists() and not _writable(file):
        raise OutputError(f"cannot write {output}: it is read-only")


def refuse_link(output: str) -> None:
    """Raise OutputError for a link to a file in another folder, whoever made it. Links to folders and to devices are followed."""
    file, real = Path(output), Path(os.path.realpath(output))
    if file.is_symlink() and (real.is_file() or not real.exists()) and real.parent != Path(os.path.realpath(file.parent)):
        raise OutputError(f"cannot write {output}: it is a link to a file in another folder: -o {real} would write that file")


def _writable(file: Path) -> bool:
    """Whether the permissions of the file allow writing. Replacing a file does not check them, and root may write in any case."""
    return bool(file.stat().st_mode & 0o222) and os.access(file, os.W_OK)


def refuse_to_overwrite(output: str | None, inputs: Iterable[str]) -> None:
    """Raise UsageError where the output is a file that the command reads or code that it runs, also under another name."""
    if output is None:
        return
    try:
        status = os.stat(output)
    except OSError:
        return  # the file does not exist yet
    if not stat.S_ISREG(status.st_mode):
        return
    code = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    for name in (*inputs, 0, *code):  # 0 is standard input
        try:
            same = name is not None and os.path.samestat(os.stat(name), status)
        except (OSError, ValueError):
            continue
        if same:
            raise UsageError(f"-o {output} is also a file that is read: write the result to another file")
