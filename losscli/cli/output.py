"""The only place that writes: results to stdout or to a file that appears whole or not at all, everything else to stderr."""

from __future__ import annotations

import io
import os
import stat
import sys
from codecs import iterdecode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from losscli.ending import undone
from losscli.errors import InputError, OutputError, UsageError, Warned, suggest
from losscli.render import FORMATS, SUFFIXES, Report, Style
from losscli.render.cells import encoded
from losscli.render.grid import clean

if TYPE_CHECKING:
    from losscli.blocks import Block
    from losscli.job import View
    from losscli.render.elements import Elements

__all__ = [
    "Chosen",
    "Destination",
    "Pending",
    "Written",
    "destination",
    "emit",
    "pending",
    "refuse_to_overwrite",
    "say",
    "say_code",
    "stdout_guarded",
    "warn",
]

HELD = 2**25  # bytes of a result that are held back in memory
PART = 2**16  # elements whose text is made at once: a few MB, still in cache


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
        with _told(f"cannot write {output}"):
            _check_place(output)
    terminal = output is None and sys.stdout is not None and sys.stdout.isatty()
    colour = {"always": True, "never": False}.get(color)
    if colour is None:
        colour = bool(os.environ.get("FORCE_COLOR")) or (terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
    import shutil

    width = shutil.get_terminal_size().columns if terminal else 10_000  # a pipe does not wrap
    style = Style(precision, shown, terminal or (colour and output is None), colour and output is None, width)
    return Destination(output, format or "table", style)


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


def emit(report: Report, to: Destination) -> None:
    """Write the report. Raises OutputError; a reader that has gone away is no error."""
    with pending(to) as out:
        out.report(report)


# --- whole or not at all ---------------------------------------------------------------------------------------------------


class Pending:
    """A result on its way, piece by piece. Raises OutputError where a piece cannot be kept."""

    def __init__(self, to: Destination, file: IO[bytes], where: str) -> None:
        self.to, self.file, self.where = to, file, where

    def report(self, report: Report) -> None:
        """All of a report, in the format asked for."""
        self.write(encoded(FORMATS[self.to.format](report, self.to.style)))

    def write(self, piece: bytes | memoryview) -> None:
        with _told(self.where):
            self.file.write(piece)

    def write_first(self, piece: bytes) -> None:
        """What the first bytes turn out to be, now that the others are known."""
        with _told(self.where):
            self.file.seek(0)
            self.file.write(piece)
            self.file.seek(0, os.SEEK_END)


class _Held(Pending):
    """A result that nobody may see in part: in memory, or on disk where it is large."""

    def __init__(self, to: Destination) -> None:
        super().__init__(to, io.BytesIO(), "")

    def write(self, piece: bytes | memoryview) -> None:
        if isinstance(self.file, io.BytesIO) and self.file.tell() + len(piece) > HELD:
            self._to_disk(self.file)
        super().write(piece)

    def _to_disk(self, held: io.BytesIO) -> None:
        import tempfile

        self.where = f"cannot hold back the output in {tempfile.gettempdir()} (-o FILE needs no room there; TMPDIR names another place)"
        with _told(self.where):
            self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with what holds it
            self.file.write(held.getbuffer())

    def pieces(self) -> Iterator[bytes]:
        with _told(self.where):
            self.file.seek(0)
        while piece := self.file.read(HELD // 32):
            yield piece


@contextmanager
def pending(to: Destination) -> Iterator[Pending]:
    """A result that shows, all of it, when the block has ended well; else nothing does. Raises OutputError."""
    if to.path is not None and (Path(to.path).is_file() or not Path(to.path).exists()):
        where = f"cannot write {to.path}"
        with _told(where):
            target = Path(os.path.realpath(to.path))
        with _neighbour(target, where) as file:
            yield Pending(to, file, where)
        return
    if to.path is None and sys.stdout is None:
        raise OutputError("standard output is closed")
    held = _Held(to)
    try:
        yield held
        if to.path is None:
            _write_stdout(held.pieces(), exact=to.format not in ("table", "markdown"))
            return
        with _told(f"cannot write {to.path}"), Path(to.path).open("wb") as device:
            device.writelines(held.pieces())
    finally:
        held.file.close()


@contextmanager
def _neighbour(target: Path, where: str) -> Iterator[IO[bytes]]:
    """A file beside the target, which takes its place when it is complete. Its name is nobody's guess, and it is new."""
    beside = target.with_name(f".losscli-{os.urandom(12).hex()}.tmp")
    with undone(lambda: beside.unlink(missing_ok=True)):
        with _told(where):
            mode = target.stat().st_mode & 0o777 if target.exists() else None
            file = os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAINLY, 0o666 if mode is None else mode), "wb")
        try:
            if mode is not None:
                beside.chmod(mode)  # before there is anything to read
            yield file
        finally:
            with _told(where):
                file.close()
        with _told(where):
            beside.replace(target)


_PLAINLY = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class Written:
    """A watcher that writes the values of the elements, or the columns that are made of a block and its values, as they come."""

    def __init__(
        self, out: Pending, elements: Elements, columns: Callable[[View, Any], Mapping[str, Any]] = lambda view, values: {"loss": values}
    ) -> None:
        self.out, self.elements, self.columns, self.begun = out, elements, columns, False

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        columns = self.columns(view, values)
        for part in block.split(max(1, PART // max(1, sum(x[:1].size for x in columns.values())))):
            at = part.start - block.start
            body = self.elements.body(part, {name: x[at : at + part.rows] for name, x in columns.items()})
            if not self.begun:
                self.out.write(self.elements.header())
                self.begun = True
            self.out.write(body)

    def end(self) -> None:
        self.out.write_first(self.elements.header())


class Chosen:
    """A watcher that writes the largest values, when all have come by."""

    def __init__(self, out: Pending, elements: Elements, top: int) -> None:
        from losscli.seen import Seen

        self.out, self.elements, self.seen = out, elements, Seen(top=top, summary=False)

    def __call__(self, block: Block, view: View, values: Any, ignored: Any) -> None:
        self.seen(block, view, values, ignored)

    def end(self) -> None:
        largest = self.seen.largest
        body = b"" if largest is None else self.elements.chosen(largest)
        self.out.write(self.elements.header())  # known in full now
        self.out.write(body)


def _write_stdout(pieces: Iterable[bytes], exact: bool) -> None:
    """What a machine reads goes out as UTF-8 whatever the terminal's alphabet is: an id is data, and must not become a question mark."""
    raw = getattr(sys.stdout, "buffer", None) if exact else None
    with stdout_guarded():
        if raw is None:
            sys.stdout.writelines(iterdecode(pieces, "utf-8"))
        else:
            raw.writelines(pieces)
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


@contextmanager
def _told(where: str) -> Iterator[None]:
    """A file system's refusal as an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{where}: {_reason(error)}") from None


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


def _reason(error: OSError) -> str:
    said = error.strerror or str(error)
    return said[:1].lower() + said[1:]


LONGEST = 1500  # characters of a line


def say(text: str) -> None:
    """One line on stderr, which no name, key or message in it can make two of; where there is no stderr, nothing."""
    _print(_cut(clean(text)))


def say_code(text: str) -> None:
    """The lines of a traceback or of a help, as they are."""
    _print(text)


def _cut(line: str) -> str:
    """What is too long for a line without its middle: a message says at its end how to mend it."""
    return line if len(line) <= LONGEST else f"{line[: LONGEST * 2 // 3]} … {line[-LONGEST // 3 :]}"


def _print(text: str) -> None:
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
