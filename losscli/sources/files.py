"""Where bytes come from: a file or standard input, plain or gzipped, opened as often as it is needed.

A file is read whole or refused: to the end of its gzip trailer, as the same file in every pass, and within a limit where it has to be held.
"""

from __future__ import annotations

import io
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar

from losscli.data import progress
from losscli.errors import InputError
from losscli.record import Record

__all__ = ["FIRST", "MOST", "PIECE", "Origin", "Text", "of_bytes", "of_file", "parts", "within"]

FIRST = 64  # rows
MOST = 2**30  # bytes of a line, or of a document that has to be held whole, unless --max-bytes says otherwise
FIRST_BYTES = 2**16
GZIP = b"\x1f\x8b"  # how it begins
PIECE = 2**20  # bytes that are held of a text at a time
T = TypeVar("T")


class Origin(Record):
    """A file by its path, or the bytes of standard input."""

    label: str
    path: Path | None = None
    data: bytes = b""
    most: int = MOST  # bytes that are held at once; 0 for any number

    @cached_property
    def gzipped(self) -> bool:
        """By its suffix, or as it begins: nothing else that is read here begins so."""
        if self.path is None or self.path.suffix.casefold() == ".gz":
            return self.path is not None
        with self.path.open("rb") as stored:
            return stored.read(2) == GZIP

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The bytes, unpacked, of the file as it was when it was opened first. Raises InputError for what cannot be read meanwhile."""
        if self.path is None:
            yield io.BytesIO(self.data)
            return
        try:
            self.check_unchanged()
            with self.path.open("rb") as stored:
                if self.gzipped:
                    import gzip

                    with gzip.GzipFile(fileobj=stored) as unpacked:
                        yield unpacked  # type: ignore[misc]
                else:
                    yield stored
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.label}: {_reason(error)}") from None

    @cached_property
    def _first(self) -> tuple[int, ...]:
        return self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        """What tells that a file is another; nothing for a device or a pipe."""
        if self.path is None:
            return ()
        found = self.path.stat()
        return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else ()

    def check_unchanged(self) -> None:
        """Raise InputError where the file is not as it was when it was opened first: two passes would see two states of it."""
        try:
            changed = self._first != self._stamp()
        except OSError as error:
            raise InputError(f"{self.label}: {_reason(error)}") from None
        if changed:
            raise InputError(f"{self.label} changed while it was read: run it again when nothing writes to that file")

    def read(self) -> bytes:
        """All of it, to the end of the gzip trailer. Raises InputError, also for more than may be held."""
        with self.open() as file:
            data = within(file.read, self.label, self.most)
        self.check_unchanged()
        return data

    def begins(self, size: int) -> bytes:
        """The first bytes. Raises InputError."""
        with self.open() as file:
            return file.read(size)

    def text(self) -> str:
        """The text, as UTF-8 with or without a byte order mark."""
        try:
            return self.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.label}: not UTF-8 text (byte {error.start}): convert the file to UTF-8") from None

    def pieces(self, size: int) -> Iterator[bytes]:
        """The bytes of a text in pieces of whole lines, without a byte order mark; the first one short, as in `parts`."""
        with self.open() as file:
            held: list[bytes] = []
            waiting = 0
            first = True
            stored, all_ = getattr(file, "fileobj", file), self.size()
            while part := file.read(FIRST_BYTES if first else size):
                progress.report_bytes(self.label, stored.tell(), all_)
                part = part.removeprefix(b"\xef\xbb\xbf") if first else part
                first = False
                cut = _after_a_line(part)
                if cut:
                    yield b"".join([*held, memoryview(part)[:cut]])
                    held.clear()
                    waiting = 0
                held.append(part[cut:])
                waiting += len(part) - cut
                check_held(waiting, f"a line of {self.label}", self.most)
            self.check_unchanged()
            if rest := b"".join(held):
                yield rest

    def size(self) -> int:
        """How many bytes there are, as they are stored."""
        return len(self.data) if self.path is None else self.path.stat().st_size


class Text:
    """A text under way: pieces of whole lines, taken whole or by the line."""

    def __init__(self, origin: Origin, size: int = PIECE) -> None:
        self.label, self.pieces = origin.label, origin.pieces(size)
        self.piece, self.at = b"", 0
        self.line = 0  # lines taken
        self.blank: list[int] = []  # blank lines that are rows if another row follows

    @property
    def whole(self) -> bool:
        """Whether nothing of a piece is left over."""
        return self.at == len(self.piece)

    def rest(self) -> bytes:
        """What is left of the piece under way, or the next one; b"" at the end."""
        if self.whole:
            self.piece, self.at = next(self.pieces, b""), 0
        return self.piece[self.at :]

    def skip(self, size: int, lines: int) -> None:
        """Go on behind so many bytes of the rest, and lines."""
        self.at += size
        self.line += lines

    def lines(self) -> Iterator[str]:
        """The lines from here on, with their ends. Raises InputError for one that is not UTF-8."""
        while rest := self.rest():
            for line in rest.splitlines(True):
                self.at += len(line)
                self.line += 1
                try:
                    yield line.decode()
                except UnicodeDecodeError:
                    raise InputError(f"{self.label}:{self.line}: not UTF-8 text: convert the file to UTF-8") from None


def within(read: Callable[[int], bytes], label: str, most: int) -> bytes:
    """All that can be read. Raises InputError for more than may be held."""
    if not most:
        return read(-1)
    held = io.BytesIO()
    while piece := read(min(PIECE, most + 1 - held.tell())):  # asked for at once, that many bytes would be taken from the machine
        held.write(piece)
        check_held(held.tell(), label, most)
    return held.getvalue()


def check_held(size: int, what: str, most: int) -> None:
    """Raise InputError for more bytes than may be held at once: a small file can unpack to more than the machine has."""
    if most and size > most:
        raise InputError(f"{what} has more than {most:,} bytes, which have to be held at once: --max-bytes N allows more, 0 any number")


def _reason(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or "it ends too early"
    return said[0].lower() + said[1:]


def _after_a_line(part: bytes) -> int:
    """Where the last line that is known to be whole ends; 0 for none."""
    return part.rfind(b"\n") + 1 or part.rfind(b"\r", 0, -1) + 1  # a line feed may follow a return that comes last


def parts(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the first one short: a look at the shapes, which every job of a comparison takes, then reads little."""
    part = list(islice(items, min(size, FIRST)))
    while part:
        yield part
        part = list(islice(items, size))


def of_file(path: str, most: int = MOST) -> Origin:
    """The origin of a path. Raises InputError where there is no such file."""
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(f"{path} is a folder, not a file")
        if not file.exists():
            close = _like(file)
            raise InputError(f"no file {path}{close}")
        if not file.is_file():  # a pipe, as <(…) makes one, can be read only once
            with file.open("rb") as pipe:
                return of_bytes(within(pipe.read, path, most), path, most)
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}") from None
    return Origin(path, file, b"", most)


def _like(file: Path) -> str:
    from losscli.errors import suggest

    try:
        return suggest(file.name, [f.name for f in file.parent.iterdir()])
    except OSError:
        return ""


def of_bytes(data: bytes, label: str = "-", most: int = MOST) -> Origin:
    """What a pipe gives, kept, so that it can be read as often as a file; unpacked if it is gzipped. Raises InputError for nothing."""
    said = "standard input" if label == "-" else label
    if data[:2] == GZIP:
        import gzip

        try:
            data = within(gzip.GzipFile(fileobj=io.BytesIO(data)).read, said, most)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{said}: {_reason(error)}") from None
    if not data.strip():
        raise InputError(f"{said} is empty")
    return Origin(label, None, data, most)
