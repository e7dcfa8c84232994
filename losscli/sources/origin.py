"""Where bytes come from: a file or standard input, plain or gzipped, opened as often as it is needed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, TypeVar

from losscli import meter
from losscli.errors import InputError
from losscli.record import Record

__all__ = ["FIRST", "PIECE", "Origin", "Text", "of_bytes", "of_file", "parts"]

FIRST = 64  # rows
FIRST_BYTES = 2**16
PIECE = 2**20  # bytes that are held of a text at a time
T = TypeVar("T")


class Origin(Record):
    """A file by its path, or the bytes of standard input."""

    label: str
    path: Path | None = None
    data: bytes = b""

    @property
    def gzipped(self) -> bool:
        return self.path is not None and self.path.suffix.casefold() == ".gz"

    def open(self) -> IO[bytes]:
        """The bytes, unpacked. Raises InputError where the file cannot be opened."""
        if self.path is None:
            return io.BytesIO(self.data)
        try:
            if self.gzipped:
                import gzip

                return gzip.open(self.path, "rb")  # type: ignore[return-value]
            return self.path.open("rb")
        except OSError as error:
            raise InputError(f"{self.label}: {_reason(error)}") from None

    def read(self) -> bytes:
        return self.begins(-1)

    def begins(self, size: int) -> bytes:
        """The first bytes, or all of them for -1. Raises InputError."""
        try:
            with self.open() as file:
                return file.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{self.label}: {_reason(error)}") from None

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
            first = True
            try:
                stored, all_ = getattr(file, "fileobj", file), self.size()
                while part := file.read(FIRST_BYTES if first else size):
                    meter.files(self.label, stored.tell(), all_)
                    part = part.removeprefix(b"\xef\xbb\xbf") if first else part
                    first = False
                    cut = _after_a_line(part)
                    if cut:
                        yield b"".join([*held, memoryview(part)[:cut]])
                        held.clear()
                    held.append(part[cut:])
            except (OSError, EOFError, zlib.error) as error:
                raise InputError(f"{self.label}: {_reason(error)}") from None
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


def of_file(path: str) -> Origin:
    """The origin of a path. Raises InputError where there is no such file."""
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(f"{path} is a folder, not a file")
        if not file.exists():
            close = _like(file)
            raise InputError(f"no file {path}{close}")
        if not file.is_file():  # a pipe, as <(…) makes one, can be read only once
            return of_bytes(file.read_bytes(), path)
    except OSError as error:
        raise InputError(f"{path}: {_reason(error)}") from None
    return Origin(path, file)


def _like(file: Path) -> str:
    from losscli.errors import suggest

    try:
        return suggest(file.name, [f.name for f in file.parent.iterdir()])
    except OSError:
        return ""


def of_bytes(data: bytes, label: str = "-") -> Origin:
    """What a pipe gives, kept, so that it can be read as often as a file; unpacked if it is gzipped. Raises InputError for nothing."""
    said = "standard input" if label == "-" else label
    if data[:2] == b"\x1f\x8b":
        import gzip

        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"{said}: {_reason(error)}") from None
    if not data.strip():
        raise InputError(f"{said} is empty")
    return Origin(label, None, data)
