"""Blocks of an array that are put end to end: in memory, or in a temporary file where they are many."""

from __future__ import annotations

from typing import IO
from weakref import finalize

from losscli.errors import OutputError
from losscli.numeric.lazy import Array, np

__all__ = ["Stored"]

LIMIT = 2**24  # bytes in memory; more go to a file


class Stored:
    """Blocks of equal shape behind the first axis. The array of many is a map of a file, so that memory does not grow with the rows."""

    def __init__(self) -> None:
        self._parts: list[Array] = []
        self._bytes = 0
        self._rows = 0
        self._file: IO[bytes] | None = None

    def add(self, block: Array) -> None:
        """Add a block. Raises OutputError where the temporary file cannot be written."""
        self._parts.append(block)
        self._bytes += block.nbytes
        self._rows += len(block)
        if self._bytes > LIMIT:
            self._to_file()

    def array(self) -> Array:
        """All blocks as one array, which is read-only where it is in a file."""
        if self._file is None:
            return _end_to_end(self._parts) if self._parts else np.zeros(0)
        last = self._parts[0]
        if self._bytes:
            self._to_file()
        return np.memmap(self._file, last.dtype, "r", shape=(self._rows, *last.shape[1:]))

    def _to_file(self) -> None:
        """Write the blocks in memory to the file. The last stays, without rows, for its shape."""
        import tempfile

        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this object; a map of it stays
                finalize(self, self._file.close)
            for part in self._parts:
                self._file.write(np.ascontiguousarray(part).data)
            self._file.flush()
        except OSError as error:
            reason = error.strerror or str(error)
            where = f"cannot buffer the values in {tempfile.gettempdir()} (-f jsonl needs no space there; TMPDIR sets another folder)"
            raise OutputError(f"{where}: {reason[:1].lower() + reason[1:]}") from None
        self._parts, self._bytes = [self._parts[-1][:0].copy()], 0


def _end_to_end(parts: list[Array]) -> Array:
    """The parts as one array, which replaces them in the list. Each part is freed when it is copied, so that memory is not doubled."""
    if len(parts) > 1:
        end = sum(map(len, parts))
        whole = np.empty((end, *parts[0].shape[1:]), np.result_type(*{p.dtype for p in parts}))
        while parts:
            part = parts.pop()
            whole[end - len(part) : end] = part
            end -= len(part)
        parts.append(whole)
    return parts[0]
