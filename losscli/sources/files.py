"""The bytes of a file or of standard input, plain or gzipped, which can be read several times.

A file is refused if it is cut short (its gzip trailer is checked), if it changes between two passes, or if it needs too much memory.
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

__all__ = [
    "FIRST_ROWS",
    "MAX_BYTES",
    "PIECE",
    "InputFile",
    "TextReader",
    "batches",
    "check_size",
    "file_at",
    "file_of_bytes",
    "read_all",
    "similar_name",
]

FIRST_ROWS = 64  # rows of the first batch
MAX_BYTES = 2**30  # the default of --max-bytes: the largest line, or document that has to be in memory as a whole
FIRST_BYTES = 2**16  # of the first piece
GZIP = b"\x1f\x8b"  # the first bytes of a gzip file
PIECE = 2**20  # bytes of a text that are in memory at a time
T = TypeVar("T")


class InputFile(Record):
    """A file by its path, or the bytes of standard input or of a pipe."""

    label: str  # its name in messages
    path: Path | None = None
    data: bytes = b""
    max_bytes: int = MAX_BYTES  # in memory at once; 0 for no limit

    @cached_property
    def gzipped(self) -> bool:
        """Whether the suffix or the first bytes are those of gzip. No other input format begins with these bytes."""
        if self.path is None or self.path.suffix.casefold() == ".gz":
            return self.path is not None
        with self.path.open("rb") as stored:
            return stored.read(2) == GZIP

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the file and unpack it. Raises InputError for a file that changed since it was first opened, or that cannot be read."""
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
            self.check_unchanged()  # a change is the cause, not the damage that it looks like
            raise InputError(f"{self.label}: {_reason(error)}") from None

    @cached_property
    def _first_stamp(self) -> tuple[int, ...]:
        return self._stamp()

    def _stamp(self) -> tuple[int, ...]:
        """Numbers that differ when the file is replaced or written to; () for a device or a pipe."""
        if self.path is None:
            return ()
        status = self.path.stat()
        return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else ()

    def check_unchanged(self) -> None:
        """Raise InputError for a file that changed since it was first opened: two passes would read two versions of it."""
        read_before = "_first_stamp" in vars(self)
        try:
            changed = self._first_stamp != self._stamp()
        except FileNotFoundError as error:
            if read_before:
                raise InputError(f"{self.label} was removed while it was read: run it again when it is there") from None
            raise InputError(f"{self.label}: {_reason(error)}") from None
        except OSError as error:
            raise InputError(f"{self.label}: {_reason(error)}") from None
        if changed:
            raise InputError(f"{self.label} changed while it was read: run it again when nothing writes to that file")

    def read(self) -> bytes:
        """Read all bytes, including the gzip trailer. Raises InputError, also for more than `max_bytes`."""
        with self.open() as stored:
            data = read_all(stored.read, self.label, self.max_bytes)
        self.check_unchanged()
        return data

    def head(self, size: int) -> bytes:
        """The first bytes. Raises InputError."""
        with self.open() as stored:
            return stored.read(size)

    def refuse_empty(self) -> None:
        """Raise InputError where the file has no bytes."""
        if not self.head(1):
            raise InputError(f"{self.label} is empty")

    def text(self) -> str:
        """The text, as UTF-8 with or without a byte order mark. Raises InputError."""
        try:
            return self.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{self.label}: not UTF-8 text (byte {error.start}): convert the file to UTF-8") from None

    def pieces(self, size: int) -> Iterator[bytes]:
        """The bytes of a text in pieces of whole lines, without a byte order mark; the first piece is short, as in `batches`."""
        with self.open() as file:
            begun: list[bytes] = []  # the parts of a line that has not ended
            begun_size = 0
            first = True
            stored, total = getattr(file, "fileobj", file), self.size()
            while part := file.read(FIRST_BYTES if first else size):
                progress.report_bytes(self.label, stored.tell(), total)
                part = part.removeprefix(b"\xef\xbb\xbf") if first else part
                first = False
                end = _end_of_last_line(part)
                if end:
                    yield b"".join([*begun, memoryview(part)[:end]])
                    begun.clear()
                    begun_size = 0
                begun.append(part[end:])
                begun_size += len(part) - end
                check_size(begun_size, f"a line of {self.label}", self.max_bytes)
            self.check_unchanged()
            if rest := b"".join(begun):
                yield rest

    def size(self) -> int:
        """The number of stored bytes, before unpacking."""
        self.check_unchanged()
        return len(self.data) if self.path is None else self.path.stat().st_size


class TextReader:
    """Reads a text in pieces of whole lines. A caller takes the rest of a piece at once, or line by line."""

    def __init__(self, file: InputFile, size: int = PIECE) -> None:
        self.label, self.pieces = file.label, file.pieces(size)
        self.piece, self.position = b"", 0
        self.line = 0  # the number of lines that were read
        self.blank_lines: list[int] = []  # their numbers; they are rows if another row follows

    @property
    def piece_is_done(self) -> bool:
        """Whether all bytes of the current piece were taken."""
        return self.position == len(self.piece)

    def rest(self) -> bytes:
        """The bytes of the current piece that were not taken, or the next piece; b"" at the end of the text."""
        if self.piece_is_done:
            self.piece, self.position = next(self.pieces, b""), 0
        return self.piece[self.position :]

    def skip(self, size: int, lines: int) -> None:
        """Take `size` bytes of the rest, which are `lines` lines."""
        self.position += size
        self.line += lines

    def lines(self) -> Iterator[str]:
        """Take line by line, each with its end. Raises InputError for one that is not UTF-8."""
        while rest := self.rest():
            for line in rest.splitlines(True):
                self.position += len(line)
                self.line += 1
                try:
                    yield line.decode()
                except UnicodeDecodeError:
                    raise InputError(f"{self.label}:{self.line}: not UTF-8 text: convert the file to UTF-8") from None


def read_all(read: Callable[[int], bytes], label: str, max_bytes: int) -> bytes:
    """Call `read` until it returns no bytes, and join them. Raises InputError for more than `max_bytes`; 0 is no limit."""
    if not max_bytes:
        return read(-1)
    buffer = io.BytesIO()
    while piece := read(min(PIECE, max_bytes + 1 - buffer.tell())):  # one large read would allocate the whole limit
        buffer.write(piece)
        check_size(buffer.tell(), label, max_bytes)
    return buffer.getvalue()


def check_size(size: int, what: str, max_bytes: int) -> None:
    """Raise InputError for more bytes than may be in memory at once. A small file can unpack to more memory than the machine has."""
    if max_bytes and size > max_bytes:
        raise InputError(
            f"{what} has more than {max_bytes:,} bytes, which have to be in memory at once: --max-bytes N allows more, 0 any number"
        )


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or "it ends too early"
    return text[0].lower() + text[1:]


def _end_of_last_line(part: bytes) -> int:
    """The end of the last line that is certainly whole; 0 without one."""
    return part.rfind(b"\n") + 1 or part.rfind(b"\r", 0, -1) + 1  # a line feed may follow a carriage return at the end


def batches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items. The first list is short, since planning reads it only to find the shapes."""
    batch = list(islice(items, min(size, FIRST_ROWS)))
    while batch:
        yield batch
        batch = list(islice(items, size))


def file_at(path: str, max_bytes: int = MAX_BYTES) -> InputFile:
    """The file at a path. A pipe is read completely. Raises InputError where there is no such file."""
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(f"{path} is a folder, not a file")
        if not file.exists():
            whole, colons, part = path.partition("::")
            if colons and Path(whole).is_file():
                raise InputError(f"no file {path}: DATA is the file alone; a part of it belongs to a role, as -p {whole}::{part}")
            raise InputError(f"no file {path}{similar_name(file)}")
        if not file.is_file():  # a pipe, as <(…) makes one, can be read only once
            with file.open("rb") as pipe:
                return file_of_bytes(read_all(pipe.read, path, max_bytes), path, max_bytes)
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}") from None
    return InputFile(path, file, b"", max_bytes)


def similar_name(file: Path) -> str:
    """' (did you mean NAME?)' for a file that is not there; '' if its folder has none of a similar name."""
    from losscli.errors import suggest

    try:
        return suggest(file.name, [f.name for f in file.parent.iterdir()])
    except OSError:
        return ""


def file_of_bytes(data: bytes, label: str = "-", max_bytes: int = MAX_BYTES) -> InputFile:
    """The bytes of a pipe as a file that can be read again, unpacked if they are gzipped. Raises InputError for none."""
    name = "standard input" if label == "-" else label
    if data[:2] == GZIP:
        import gzip

        try:
            data = read_all(gzip.GzipFile(fileobj=io.BytesIO(data)).read, name, max_bytes)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{name}: {_reason(error)}") from None
    if not data.strip():
        raise InputError(f"{name} is empty")
    return InputFile(label, None, data, max_bytes)
