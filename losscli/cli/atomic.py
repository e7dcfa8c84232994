"""Write an output completely, or not at all."""

from __future__ import annotations

import io
import os
import sys
from codecs import iterdecode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from losscli.cli.destination import Destination
from losscli.cli.messages import os_errors_as_output_errors, reason_of, say_code
from losscli.cli.signals import undo_on_failure
from losscli.errors import OutputError
from losscli.render.cells import encoded
from losscli.render.formats import Report

__all__ = ["Pending", "emit", "pending", "show_beside", "stdout_guarded"]

BUFFER_LIMIT = 2**25  # bytes of a result that are buffered in memory; a larger result is buffered on disk


class Pending:
    """An output that is written piece by piece and appears when it is complete. Raises OutputError for a piece that cannot be written."""

    def __init__(self, to: Destination, file: IO[bytes], where: str) -> None:
        self.to, self.file, self.where = to, file, where
        self.log = b""  # for standard output, beside a file

    def report(self, report: Report) -> None:
        """Write a whole report in the format of the destination. The lines of its log come first, or on standard output beside a file."""
        format = self.to.format
        log = encoded("" if format.log is None else format.log(report))
        if self.to.path is None:
            self.write(log + b"\n" * bool(log))
            log = b""
        try:
            for piece in format.pieces(report, self.to.style):
                self.write(piece)
        except MemoryError:
            instead = "-f jsonl writes the values of the elements as they are computed"
            raise OutputError(f"not enough memory for the result as {format.name}: {instead}") from None
        self.log = log

    def write(self, piece: bytes | memoryview) -> None:
        with os_errors_as_output_errors(self.where):
            self.file.write(piece)

    def write_first(self, piece: bytes) -> None:
        """Replace the first bytes, which depend on all others."""
        with os_errors_as_output_errors(self.where):
            self.file.seek(0)
            self.file.write(piece)
            self.file.seek(0, os.SEEK_END)


class _Buffered(Pending):
    """An output that is buffered until it is complete: in memory, or on disk if it is large."""

    def __init__(self, to: Destination) -> None:
        super().__init__(to, io.BytesIO(), "")

    def write(self, piece: bytes | memoryview) -> None:
        if isinstance(self.file, io.BytesIO) and self.file.tell() + len(piece) > BUFFER_LIMIT:
            self._to_disk(self.file)
        super().write(piece)

    def _to_disk(self, buffer: io.BytesIO) -> None:
        import tempfile

        self.where = f"cannot buffer the output in {tempfile.gettempdir()} (-o FILE needs no space there; TMPDIR sets another folder)"
        with os_errors_as_output_errors(self.where):
            self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `pending`
            self.file.write(buffer.getbuffer())

    def pieces(self) -> Iterator[bytes]:
        with os_errors_as_output_errors(self.where):
            self.file.seek(0)
        while piece := self.file.read(BUFFER_LIMIT // 32):
            yield piece


@contextmanager
def pending(to: Destination) -> Iterator[Pending]:
    """An output that appears when the block ends without an error. After an error nothing appears. Raises OutputError."""
    with _appearing(to) as out:
        yield out
    if out.log:
        _write_stdout([out.log], exact=True)


@contextmanager
def _appearing(to: Destination) -> Iterator[Pending]:
    if to.path is not None and not to.append and (Path(to.path).is_file() or not Path(to.path).exists()):
        where = f"cannot write {to.path}"
        with os_errors_as_output_errors(where):
            target = Path(os.path.realpath(to.path))
        with _temporary_file(target, where) as file:
            yield Pending(to, file, where)
        return
    if (to.path is None or to.format.log is not None) and sys.stdout is None:
        raise OutputError("standard output is closed")
    buffer = _Buffered(to)
    try:
        yield buffer
        if to.path is None:
            _write_stdout(buffer.pieces(), exact=not to.format.for_people)
            return
        with os_errors_as_output_errors(f"cannot write {to.path}"), Path(to.path).open("ab" if to.append else "wb") as device:
            device.writelines(buffer.pieces())
    finally:
        buffer.file.close()


@contextmanager
def _temporary_file(target: Path, where: str) -> Iterator[IO[bytes]]:
    """A new file in the folder of the target, which replaces the target when it is complete. Its name cannot be guessed."""
    temporary = target.with_name(f".losscli-{os.urandom(12).hex()}.tmp")
    with undo_on_failure(lambda: temporary.unlink(missing_ok=True)):
        with os_errors_as_output_errors(where):
            mode = target.stat().st_mode & 0o777 if target.exists() else None
            file = os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o666 if mode is None else mode), "wb")
        try:
            if mode is not None:
                temporary.chmod(mode)  # before the file has any content
            yield file
        finally:
            with os_errors_as_output_errors(where):
                file.close()
        with os_errors_as_output_errors(where):
            temporary.replace(target)


_FLAGS = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def _write_stdout(pieces: Iterable[bytes], exact: bool) -> None:
    """Write to standard output. `exact` writes UTF-8 in any terminal: an id is data, and must not become a ?."""
    raw = getattr(sys.stdout, "buffer", None) if exact else None
    with stdout_guarded():
        if raw is None:
            sys.stdout.writelines(iterdecode(pieces, "utf-8"))
        else:
            raw.writelines(pieces)
        sys.stdout.flush()


@contextmanager
def stdout_guarded() -> Iterator[None]:
    """End without a message when the reading program has closed the pipe. Raises OutputError for a full disk and other errors."""
    try:
        yield
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - Python flushes standard output at exit, which must not fail
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"cannot write to standard output: {reason_of(error)}") from None


def emit(report: Report, to: Destination) -> None:
    """Write a report to its destination. Raises OutputError, but not for a pipe that was closed by the reading program."""
    with pending(to) as out:
        out.report(report)


def show_beside(report: Report, to: Destination) -> None:
    """Show the tables of a report on standard error, where they go to a file and there is someone to read them."""
    if to.beside is not None:
        from losscli.render.formats import FORMATS

        say_code(FORMATS["table"].encode(report, to.beside).decode().rstrip())
