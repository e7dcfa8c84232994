"""Where a result goes and in which format, decided before the work begins."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from losscli.choices import COLOR, Choice
from losscli.cli.messages import reported
from losscli.errors import OutputError, UsageError
from losscli.render.formats import FORMATS, SUFFIXES, Format, Style

__all__ = ["Destination", "destination", "refuse_to_overwrite"]


class Destination:
    """Where a result goes and how it is written, decided before the work begins."""

    def __init__(self, path: str | None, format: Format, style: Style) -> None:
        self.path, self.format, self.style = path, format, style


def destination(*, format: str | None, output: str | None, precision: int | None, color: str, rows: str = "10") -> Destination:
    """Raises UsageError for options that do not go together, OutputError for a place that cannot be written."""
    names = [f.name for f in FORMATS.values() if not f.binary]
    if format is not None:
        Choice(tuple(names)).check(format, "-f")
    COLOR.check(color, "--color")
    if precision is not None and not 1 <= precision <= 17:
        raise UsageError(f"--precision takes 1 to 17 significant digits, not {precision}")
    shown = None if rows == "all" else int(rows) if rows.isdecimal() and rows.isascii() else -1
    if shown == -1:
        raise UsageError(f"--rows takes a number or all, not {rows!r}")
    if output == "-" or output in _STDOUT:
        output = None
    written = FORMATS[format or "table"]
    if output is not None:
        suffix = Path(output).suffix.casefold()
        if format is None and suffix not in SUFFIXES:
            raise UsageError(f"-o {output}: the suffix {suffix!r} says no format: add -f {'|'.join(names)}, or use {', '.join(SUFFIXES)}")
        written = FORMATS[format] if format is not None else SUFFIXES[suffix]
        with reported(f"cannot write {output}"):
            _check_place(output)
    terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    colour = {"always": True, "never": False}.get(color)
    if colour is None:
        colour = bool(os.environ.get("FORCE_COLOR")) or (terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
    import shutil

    width = shutil.get_terminal_size().columns if terminal else 10_000  # a pipe does not wrap
    drawn = written.colour and output is None
    return Destination(output, written, Style(precision, shown, drawn and (terminal or colour), drawn and colour, width))


def _check_place(output: str) -> None:
    """Raises OutputError, or what the system says, where no file can be made or replaced."""
    file = Path(output)
    if not file.parent.is_dir():
        raise OutputError(f"cannot write {output}: there is no folder {file.parent}")
    if file.is_dir() or output.endswith(("/", os.sep)):
        raise OutputError(f"cannot write {output}: it is a folder")
    if file.exists() and not _writable(file):
        raise OutputError(f"cannot write {output}: it is read-only")


def _writable(file: Path) -> bool:
    """Whether whoever made the file lets it be written: a new one in its place would not ask, nor would the system ask root."""
    return bool(file.stat().st_mode & 0o222) and os.access(file, os.W_OK)


_STDOUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")


def refuse_to_overwrite(output: str | None, inputs: Iterable[str]) -> None:
    """Raise UsageError where the result would take the place of what it is made from, or judged by, whatever that is called here."""
    if output is None:
        return
    try:
        there = os.stat(output)
    except OSError:
        return  # nothing is there yet
    if not stat.S_ISREG(there.st_mode):
        return
    code = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    for name in (*inputs, 0, *code):  # 0 is standard input
        try:
            same = name is not None and os.path.samestat(os.stat(name), there)
        except (OSError, ValueError):
            continue
        if same:
            raise UsageError(f"-o {output} is read as well: write the result to another file")
